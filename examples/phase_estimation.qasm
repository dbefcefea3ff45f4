// Quantum phase estimation: four bits of the phase that a gate gives to its eigenstate. The gate turns
// |1> by 11/16 of a full turn, and 11 = 1011 in binary fits four bits, so the reading is exact.
// Expect: 1011, always.
OPENQASM 3.0;
include "stdgates.inc";

gate unknown q {
  p(2 * pi * 11 / 16) q;
}

gate inverse_qft4 a, b, c, d {
  swap b, c;
  swap a, d;
  h a;
  cp(-pi/2) a, b;
  h b;
  cp(-pi/4) a, c;
  cp(-pi/2) b, c;
  h c;
  cp(-pi/8) a, d;
  cp(-pi/4) b, d;
  cp(-pi/2) c, d;
  h d;
}

qubit[4] reading;
qubit eigenstate;
bit[4] sixteenths;

x eigenstate;
h reading;
ctrl @ unknown reading[0], eigenstate;
ctrl @ pow(2) @ unknown reading[1], eigenstate;
ctrl @ pow(4) @ unknown reading[2], eigenstate;
ctrl @ pow(8) @ unknown reading[3], eigenstate;
inverse_qft4 reading[0], reading[1], reading[2], reading[3];
sixteenths = measure reading;
