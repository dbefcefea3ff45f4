// A Bell pair: two qubits that agree, whatever they say.
// Expect: 00 and 11, about half each; never 01 or 10.
OPENQASM 2.0;
include "qelib1.inc";

qreg q[2];
creg c[2];

h q[0];
cx q[0], q[1];
measure q -> c;
