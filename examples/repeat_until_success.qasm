// Repeat until success: a rotation that Clifford gates and two Toffolis can't make outright (its cosine
// is 3/5) is made by trying. A herald says whether a try worked, which it does five times in eight; a try
// that failed leaves the state as it was, so the loop tries again. (Nielsen and Chuang, exercise 4.41.)
// At the end the rotation is undone with rz: the check bit reads 0 if it was the right one.
// Expect: one outcome, 0 1: the check (first) 0, and accepted (last) 1, for the loop ends in no other way.
OPENQASM 3.0;
include "stdgates.inc";

qubit[2] ancilla;
qubit herald;
qubit target;
bit[1] accepted;
bit[1] check;

h target;
while (!accepted[0]) {
  reset ancilla;
  reset herald;
  h ancilla;
  ccx ancilla[0], ancilla[1], target;
  s target;
  ccx ancilla[0], ancilla[1], target;
  z target;
  h ancilla;
  // The herald turns to 1 when both ancillas are 0.
  x ancilla;
  ccx ancilla[0], ancilla[1], herald;
  accepted[0] = measure herald;
}
rz(2.214297435588181) target;  // pi - arccos(3/5)
h target;
check[0] = measure target;
