// Teleportation: a state moves from Alice's qubit to Bob's with one Bell pair, two measured bits, and
// gates that wait for those bits (feed-forward). At the end Bob undoes the preparation: if what he got is
// the state that Alice had, his check bit reads 0.
// Expect: the check bit (the first of each outcome) always 0; Alice's two bits 00, 01, 10 and 11, a
// quarter each. Without the two corrections the check would fail in half of the shots.
OPENQASM 3.0;
include "stdgates.inc";

// Some state with nothing special about it.
gate prepare q {
  ry(1.2) q;
  rz(0.7) q;
}

qubit message;
qubit alice;
qubit bob;
bit[2] sent;
bit[1] check;

prepare message;

// The Bell pair that Alice and Bob share.
h alice;
cx alice, bob;

// Alice measures in the Bell basis and sends two bits.
cx message, alice;
h message;
sent[0] = measure message;
sent[1] = measure alice;

// Bob corrects.
if (sent[1]) {
  x bob;
}
if (sent[0]) {
  z bob;
}

inv @ prepare bob;
check[0] = measure bob;
