"""The Clifford engine: stabilizer circuits of thousands of qubits, with Stim."""

from collections.abc import Iterator

import numpy as np
import stim
from numpy.typing import NDArray
from qiskit.circuit import QuantumCircuit

from queuebit.engines.control import Control
from queuebit.engines.cost import RunCost
from queuebit.engines.engine import Engine, Outcome, Output, Program
from queuebit.engines.exceptions import EngineError, EngineLimitError
from queuebit.engines.memory import require_bytes
from queuebit.engines.packed_bits import PackedBits, PackedMemories, random_bits, transposed
from queuebit.engines.stabilizer_circuit import StabilizerCircuit, stabilizer_circuit

# Shots that are simulated together: few enough that their bits stay in the cache and cancelling is soon heard.
_MOST_SHOTS_AT_ONCE = 2**14
_FEWEST_SHOTS_AT_ONCE = 2**8
_BITS_AT_ONCE = 2**25

# Per shot: where its outcome stands, twice, and for a new one the entry in the dictionary and the number, beside its
# bits.
_SHOT_BYTES = 24
_DISTINCT_BYTES = 200

# Longer ones are followed in parts, so that cancelling is heard.
_BRIEF_REFERENCE_S = 30e-3

# Of Stim's circuit, and of the reference sample as a list.
_INSTRUCTION_BYTES = 32
_RECORD_BYTES = 10


# Measured; the reference sample is taken anew by each run of some of the shots.
_SECONDS_PER_SHOT_AND_INSTRUCTION = 0.1e-9
_SECONDS_PER_SHOT_AND_RECORD = 8e-9
_MOSTLY = 10


class CliffordEngine(Engine):
    """Simulates Clifford circuits with measurements, resets and Pauli feed-forward, on any number of qubits."""

    name = "clifford"

    def unsupported(self, circuit: QuantumCircuit, *, output: Output = Output.COUNTS) -> str | None:
        """See :meth:`Engine.unsupported`."""
        try:
            _translated(circuit, output)
        except EngineLimitError as error:
            return str(error)
        except EngineError:  # which no engine can take
            return None
        return None

    def compile(self, circuit: QuantumCircuit, *, output: Output = Output.COUNTS) -> Program:
        """See :meth:`Engine.compile`.

        Raises:
            EngineLimitError: for what :meth:`unsupported` tells.
        """
        return CliffordProgram(_translated(circuit, output))


def _translated(circuit: QuantumCircuit, output: Output) -> StabilizerCircuit:
    if output is not Output.COUNTS:
        raise EngineLimitError(f"the clifford engine gives counts, and no {output} of circuit {circuit.name!r}")
    return stabilizer_circuit(circuit)


class CliffordProgram(Program):
    """A circuit for Stim."""

    def __init__(self, circuit: StabilizerCircuit) -> None:
        self.num_qubits = circuit.num_qubits
        self.num_clbits = circuit.num_clbits
        self.num_instructions = circuit.num_instructions
        self.writes_memory = circuit.writes_memory
        self.output = Output.COUNTS
        self._circuit = circuit
        self._num_records = circuit.num_sources + circuit.num_measurements
        self._memory_bytes = -(-circuit.num_clbits // 8)

    def memory_bytes(self, shots: int) -> int:
        """See :meth:`Program.memory_bytes`."""
        tableau = self.num_qubits**2 // 2
        instructions = _INSTRUCTION_BYTES * sum(map(len, self._circuit.parts))
        batch = min(shots, self._shots_at_once()) * self._bits_per_shot() // 4
        distinct = min(shots, 1 << min(self._circuit.num_sources, 63))
        contents = _SHOT_BYTES * shots + (_DISTINCT_BYTES + 2 * self._memory_bytes) * distinct
        return int(tableau + instructions + _RECORD_BYTES * self._num_records + batch + contents)

    def cost(self, shots: int) -> RunCost:
        """See :meth:`Program.cost`: one sample is taken as a reference, and the shots are flips of it."""
        one_shot_s = self.num_instructions * _SECONDS_PER_SHOT_AND_INSTRUCTION
        one_shot_s += self._num_records * _SECONDS_PER_SHOT_AND_RECORD
        of_shots = shots * one_shot_s
        return RunCost(self._circuit.seconds + of_shots, is_by_shot=of_shots > _MOSTLY * self._circuit.seconds)

    def _bits_per_shot(self) -> int:
        return 2 * (self.num_qubits + self._num_records + self._circuit.num_sources) + self.num_clbits

    def _shots_at_once(self) -> int:
        fitting = _BITS_AT_ONCE // max(1, self._bits_per_shot())
        return min(max(fitting // 8 * 8, _FEWEST_SHOTS_AT_ONCE), _MOST_SHOTS_AT_ONCE)

    def run(
        self,
        shots: int,
        seed: int,
        control: Control,
        *,
        circuit_index: int = 0,
        first_shot: int = 0,
        initial_state: NDArray[np.complex128] | None = None,
    ) -> Outcome:
        """See :meth:`Program.run`.

        Raises:
            EngineLimitError: if there is an initial state.
        """
        control.raise_if_cancelled()
        name = self._circuit.name
        if initial_state is not None:
            raise EngineLimitError(
                f"the clifford engine begins with all qubits 0; circuit {name!r} has an initial state"
            )
        require_bytes(self.memory_bytes(shots), f"circuit {name!r} ({self.num_qubits} qubits, {shots} shots)")
        run = _Run(self._circuit, control, range(first_shot, first_shot + shots), self._shots_at_once())
        values, index = run.memories(seed, circuit_index)
        return Outcome(memory_values=values, memory_index=index, metadata={"engine": CliffordEngine.name})


class _Run:
    """One run of a program: the reference sample, then the shots in portions."""

    def __init__(self, circuit: StabilizerCircuit, control: Control, shots: range, shots_at_once: int) -> None:
        self._circuit = circuit
        self._control = control
        self._shots = shots
        self._shots_at_once = shots_at_once
        self._done_before = control.done
        self._done_parts = 0
        self._all_parts = len(circuit.parts) * (1 + -(-len(shots) // shots_at_once))
        self._clbits = np.array(sorted(circuit.measured), dtype=np.intp)
        self._records = np.array([circuit.measured[clbit] for clbit in sorted(circuit.measured)], dtype=np.intp)
        self._records += circuit.num_sources

    def memories(self, seed: int, circuit_index: int) -> tuple[tuple[int, ...], NDArray[np.int64]]:
        """Return the distinct contents of the classical memory, and for each shot the position of its content."""
        if len(self._clbits) == 0:
            self._control.done = self._done_before + self._circuit.num_instructions
            return (0,), np.zeros(len(self._shots), dtype=np.int64)
        reference = self._reference()
        memories = PackedMemories(len(self._shots))
        for first in range(0, len(self._shots), self._shots_at_once):
            shots = self._shots[first : first + self._shots_at_once]
            memories.add(first, self._contents(shots, seed, circuit_index, reference)[: len(shots)])
        self._control.done = self._done_before + self._circuit.num_instructions
        return memories.collect()

    def _reference(self) -> NDArray[np.uint8]:
        """Return a sample of the outcomes that end in the classical memory, for shots whose random bits are all 0."""
        sources = stim.Circuit("MPAD" + " 0" * self._circuit.num_sources)
        if self._circuit.seconds < _BRIEF_REFERENCE_S:
            # What is random is 0 in this one: Stim says so, whatever the version.
            whole = sources
            for part in self._parts():
                whole += part
            record = whole.reference_sample()
        else:
            simulator = stim.TableauSimulator(seed=0)
            simulator.do(sources)
            for part in self._parts():
                simulator.do(part)
            record = simulator.current_measurement_record()
        return np.array(record, dtype=np.uint8)[self._records]

    def _contents(self, shots: range, seed: int, circuit_index: int, reference: NDArray[np.uint8]) -> PackedBits:
        """Return what the classical memory holds at the end of shots: for each a row, packed along the bits."""
        circuit = self._circuit
        whole_bytes = range(shots.start, shots.start + -(-len(shots) // 8) * 8)
        sources = random_bits(seed, circuit_index, whole_bytes, circuit.num_sources)
        simulator = stim.FlipSimulator(
            batch_size=len(whole_bytes), num_qubits=circuit.num_qubits, disable_stabilizer_randomization=True
        )
        simulator.append_measurement_flips(np.ascontiguousarray(sources[::-1]))
        for part in self._parts():
            simulator.do(part)
        flips = simulator.get_measurement_flips(bit_packed=True)[self._records]
        memory = np.zeros((-(-circuit.num_clbits // 8) * 8, len(whole_bytes) // 8), dtype=np.uint8)
        memory[self._clbits] = flips ^ (reference * np.uint8(0xFF))[:, None]
        return transposed(memory)

    def _parts(self) -> Iterator[stim.Circuit]:
        """Go through the parts of the circuit; looks at the cancel flag before each, and counts it after."""
        for part in self._circuit.parts:
            self._control.raise_if_cancelled()
            yield part
            self._done_parts += 1
            progress = self._circuit.num_instructions * self._done_parts // self._all_parts
            self._control.done = self._done_before + progress
