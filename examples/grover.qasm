// Grover's search for one marked item among eight, with the two rounds that are best for eight.
// Expect: 101 (the marked item) in 94.5 % of the shots, each other outcome in 0.8 %.
OPENQASM 2.0;
include "qelib1.inc";

// Turns the sign of 111.
gate sign_of_111 a, b, c {
  h c;
  ccx a, b, c;
  h c;
}

// Turns the sign of the marked item, 101.
gate oracle a, b, c {
  x b;
  sign_of_111 a, b, c;
  x b;
}

// Reflects the amplitudes about their mean.
gate diffuser a, b, c {
  h a; h b; h c;
  x a; x b; x c;
  sign_of_111 a, b, c;
  x a; x b; x c;
  h a; h b; h c;
}

qreg q[3];
creg c[3];

h q;
oracle q[0], q[1], q[2];
diffuser q[0], q[1], q[2];
oracle q[0], q[1], q[2];
diffuser q[0], q[1], q[2];
measure q -> c;
