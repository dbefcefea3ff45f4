"""Writes circuits for Stim whose random outcomes come from outside.

A stabilizer simulation follows one sample of the circuit, the reference, and for each shot the Pauli operator by which
it differs. What makes outcomes random is that a qubit in an eigenstate of Z doesn't notice another Z: in each shot one
is there or not, at random, and later gates turn it into flipped outcomes (C. Gidney, "Stim: a fast stabilizer circuit
simulator", Quantum 5, 497, 2021). Here these Z are in the circuit, each under control of a bit of the measurement
record that was put there before the run. So a shot's outcomes are a function of its random bits, wherever these are
from, and nothing in the simulation draws numbers.
"""

from collections.abc import Sequence

import stim

from queuebit.engines.clifford_gates import StimGates
from queuebit.engines.exceptions import EngineLimitError
from queuebit.engines.parities import Parity

# A part is what runs between two looks at the cancel flag. Measured: for 16,384 shots at once a gate takes 0.2 us; in
# the simulation of one sample 10 ns, and more with the number of qubits.
_MOST_GATES_A_PART = 8192
_MOST_SECONDS_A_PART = 10e-3
_GATE_SECONDS = 10e-9
_GATE_SECONDS_PER_QUBIT = 30e-12

# Measured, in the simulation of one sample, of measurements and resets with random outcomes, where many gates came
# before; times the square of the number of qubits. The first of several that follow each other takes the most.
_FIRST_COLLAPSE_SECONDS = 330e-12
_COLLAPSE_SECONDS = 15e-12

# Cutting between measurements that follow each other makes another one the first. After so many for each qubit this
# pays, also where few gates came before and those that follow take nearly no time: 10,000 qubits and one gate on each
# take 2 s instead of 0.2 s.
_FEWEST_IN_A_ROW = 1 / 32

# Stim counts back in 24 bits.
_MOST_RECORDS = 2**24 - 1


class StabilizerWriter:
    """Writes lines of Stim's language, and cuts them into parts none of which takes long.

    Attributes:
        num_sources: how many random bits a shot needs. They are at the beginning of the measurement record, the last
            one first.
        num_measurements: how many measurements there are. They follow in the record.
        seconds: about how long the simulation of one sample takes, at most.
    """

    def __init__(self, num_qubits: int) -> None:
        """Begin a circuit of so many qubits, all 0."""
        self.num_sources = 0
        self.num_measurements = 0
        self.seconds = 0.0
        self._finished_lines = 0
        self._lines: list[str] = []
        self._parts: list[stim.Circuit] = []
        # Whether each qubit is in an eigenstate of Z whose random Z is still to come. It comes as late as possible,
        # because for most measurements it needn't.
        self._settled = bytearray(b"\1" * num_qubits)
        self._num_qubits = num_qubits
        self._fewest_in_a_row = num_qubits * _FEWEST_IN_A_ROW
        self._in_a_row = 0
        self._part_began_s = 0.0

    @property
    def num_lines(self) -> int:
        """How many lines there are."""
        return self._finished_lines + len(self._lines)

    def gates(self, gates: StimGates, qubits: Sequence[int]) -> None:
        """Write gates.

        Args:
            gates: the gates.
            qubits: what their positions stand for.
        """
        settled, lines = self._settled, self._lines
        for name, positions, turned in gates:
            for position in turned:
                if settled[qubits[position]]:
                    self._unsettle(qubits[position])
            if len(positions) == 1:
                lines.append(f"{name} {qubits[positions[0]]}")
            else:
                lines.append(f"{name} {qubits[positions[0]]} {qubits[positions[1]]}")

    def conditioned_paulis(self, gates: StimGates, qubits: Sequence[int], condition: Parity) -> None:
        """Write Pauli gates that act where a parity of measurements is odd.

        Args:
            gates: the gates; each is X, Y or Z.
            qubits: what their positions stand for.
            condition: the parity.
        """
        for name, (position,), _ in gates:
            qubit = qubits[position]
            if condition.odd:
                self._lines.append(f"{name} {qubit}")
            for measurement in sorted(condition.measurements):
                self._lines.append(f"C{name} rec[-{self.num_measurements - measurement}] {qubit}")

    def measure(self, qubit: int) -> int:
        """Write a measurement of a qubit and return its number."""
        self._collapse("M", qubit)
        self.num_measurements += 1
        return self.num_measurements - 1

    def reset(self, qubit: int) -> None:
        """Write a reset of a qubit."""
        self._collapse("R", qubit)

    def finish(self) -> tuple[stim.Circuit, ...]:
        """Return the parts of the circuit, in order.

        Raises:
            EngineLimitError: if there are more records than Stim can count back.
        """
        self._end_part()
        if self.num_sources + self.num_measurements > _MOST_RECORDS:
            raise EngineLimitError(
                f"{self.num_measurements} measurements and {self.num_sources} random bits are more than "
                f"{_MOST_RECORDS}, which is as far as Stim counts back"
            )
        return tuple(self._parts)

    def _unsettle(self, qubit: int) -> None:
        """Write a qubit's random Z, before it becomes something else."""
        self._settled[qubit] = 0
        self._lines.append(f"CZ rec[-{self.num_measurements + 1 + self.num_sources}] {qubit}")
        self.num_sources += 1

    def _collapse(self, name: str, qubit: int) -> None:
        follows = bool(self._lines) and self._lines[-1][0] == name
        if not follows:
            self._in_a_row = 0
        if (
            self.seconds - self._part_began_s > _MOST_SECONDS_A_PART
            and self._in_a_row >= self._fewest_in_a_row * follows
        ):
            self._end_part()
            follows = False
        self.seconds += (_COLLAPSE_SECONDS if follows else _FIRST_COLLAPSE_SECONDS) * self._num_qubits**2
        self._lines.append(f"{name} {qubit}")
        self._settled[qubit] = 1
        self._in_a_row += 1

    def _end_part(self) -> None:
        for start in range(0, len(self._lines), _MOST_GATES_A_PART):
            self._parts.append(stim.Circuit("\n".join(self._lines[start : start + _MOST_GATES_A_PART])))
        self._finished_lines += len(self._lines)
        self.seconds += len(self._lines) * (_GATE_SECONDS + _GATE_SECONDS_PER_QUBIT * self._num_qubits)
        self._lines.clear()
        self._in_a_row, self._part_began_s = 0, self.seconds
