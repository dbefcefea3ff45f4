// Phase estimation with one qubit in place of four: the lowest bit of the phase is measured first, the
// qubit is reset, and each bit that is known turns the qubit before the next one is measured.
// Expect: 1011 (11/16 of a full turn, as in phase_estimation.qasm), always.
OPENQASM 3.0;
include "stdgates.inc";

gate unknown q {
  p(2 * pi * 11 / 16) q;
}

qubit reading;
qubit eigenstate;
bit[4] sixteenths;

x eigenstate;

h reading;
ctrl @ pow(8) @ unknown reading, eigenstate;
h reading;
sixteenths[0] = measure reading;

reset reading;
h reading;
ctrl @ pow(4) @ unknown reading, eigenstate;
if (sixteenths[0]) { p(-pi/2) reading; }
h reading;
sixteenths[1] = measure reading;

reset reading;
h reading;
ctrl @ pow(2) @ unknown reading, eigenstate;
if (sixteenths[0]) { p(-pi/4) reading; }
if (sixteenths[1]) { p(-pi/2) reading; }
h reading;
sixteenths[2] = measure reading;

reset reading;
h reading;
ctrl @ unknown reading, eigenstate;
if (sixteenths[0]) { p(-pi/8) reading; }
if (sixteenths[1]) { p(-pi/4) reading; }
if (sixteenths[2]) { p(-pi/2) reading; }
h reading;
sixteenths[3] = measure reading;
