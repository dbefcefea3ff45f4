// A GHZ state: five qubits in one superposition of all 0 and all 1.
// Expect: 00000 and 11111, about half each, and nothing else.
OPENQASM 2.0;
include "qelib1.inc";

qreg q[5];
creg c[5];

h q[0];
cx q[0], q[1];
cx q[1], q[2];
cx q[2], q[3];
cx q[3], q[4];
measure q -> c;
