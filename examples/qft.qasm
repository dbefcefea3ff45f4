// The quantum Fourier transform finds a period, as in Shor's algorithm. The input is the superposition
// of 1, 5, 9 and 13: period 4, and a start that the transform turns into phases, which measuring forgets.
// Expect: the multiples of 16 / 4, that is 0000, 0100, 1000 and 1100, a quarter each; nothing else.
OPENQASM 2.0;
include "qelib1.inc";

gate exchange a, b {
  cx a, b;
  cx b, a;
  cx a, b;
}

gate qft4 a, b, c, d {
  h d;
  cu1(pi/2) c, d;
  cu1(pi/4) b, d;
  cu1(pi/8) a, d;
  h c;
  cu1(pi/2) b, c;
  cu1(pi/4) a, c;
  h b;
  cu1(pi/2) a, b;
  h a;
  exchange a, d;
  exchange b, c;
}

qreg q[4];
creg c[4];

x q[0];
h q[2];
h q[3];
barrier q;
qft4 q[0], q[1], q[2], q[3];
measure q -> c;
