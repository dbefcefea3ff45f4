"""What the engine found for one circuit, in the shape of Qiskit's results."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import QuantumCircuit
from qiskit.result.models import ExperimentResult, ExperimentResultData

from queuebit.codec.shot_data import ShotData
from queuebit.codec.shot_list import IndexedShots
from queuebit.engines import Outcome, Program
from queuebit.providers.local.options import RunOptions


@dataclass(slots=True)
class Experiment:
    """A circuit on its way from program to result. It lets go of the program when the result is there.

    Attributes:
        header: what Qiskit's ``Result`` needs to format the outcomes.
        program: the compiled circuit, or None when it has run.
        result: the result, or None before the run.
    """

    header: dict[str, Any]
    program: Program | None
    result: ExperimentResult | None = None

    @property
    def name(self) -> str:
        """The circuit's name."""
        return str(self.header["name"])

    def succeed(self, program: Program, outcome: Outcome, options: RunOptions, time_taken_s: float) -> None:
        """Keep the outcome as the result."""
        self.program = None
        self.result = ExperimentResult(
            shots=options.shots,
            success=True,
            data=_data(program, outcome, options),
            status="DONE",
            seed=options.seed,
            header=self.header,
            name=self.name,
            seed_simulator=options.seed,
            time_taken=time_taken_s,
            metadata=_metadata(outcome, options),
        )

    def fail(self, status: str, options: RunOptions) -> None:
        """Keep an unsuccessful result with a status for people."""
        self.program = None
        self.result = self.unsuccessful(status, options)

    def unsuccessful(self, status: str, options: RunOptions) -> ExperimentResult:
        """Return a result without data."""
        return ExperimentResult(
            shots=options.shots,
            success=False,
            data=ExperimentResultData(),
            status=status,
            seed=options.seed,
            header=self.header,
            name=self.name,
            seed_simulator=options.seed,
        )


def header_of(circuit: QuantumCircuit) -> dict[str, Any]:
    """Return the header that Qiskit's simulators give a circuit's result.

    Qiskit formats counts by ``creg_sizes``, and takes for granted that the registers lie side by side and hold every
    classical bit. Where they don't, it would drop or shift bits; then the sizes are left out, and an outcome is one
    string of all bits.
    """
    registers = [bit for register in circuit.cregs for bit in register]
    side_by_side = registers == list(circuit.clbits)
    return {
        "name": circuit.name,
        "n_qubits": circuit.num_qubits,
        "qreg_sizes": [[register.name, register.size] for register in circuit.qregs],
        "creg_sizes": [[register.name, register.size] for register in circuit.cregs] if side_by_side else [],
        "qubit_labels": [[register.name, index] for register in circuit.qregs for index in range(register.size)],
        "clbit_labels": [[register.name, index] for register in circuit.cregs for index in range(register.size)],
        "memory_slots": circuit.num_clbits,
        "global_phase": float(circuit.global_phase),
        "metadata": dict(circuit.metadata or {}),
    }


def _metadata(outcome: Outcome, options: RunOptions) -> dict[str, Any]:
    """Return the facts about a run: its engine, and where that has a choice, the precision."""
    precision = {"precision": options.choice.precision.value} if outcome.metadata["engine"] == "statevector" else {}
    return {**outcome.metadata, **precision}


def _data(program: Program, outcome: Outcome, options: RunOptions) -> ExperimentResultData:
    fields: dict[str, Any] = {}
    if program.writes_memory:
        fields["counts"] = dict(zip(map(hex, outcome.memory_values), outcome.numbers(), strict=True))
    else:
        if outcome.statevector is None and outcome.unitary is None:
            fields["counts"] = {}
        if options.memory:
            fields["memory"] = []
    if outcome.statevector is not None:
        fields["statevector"] = _chopped(outcome.statevector, options.chop_threshold)
    if outcome.unitary is not None:
        fields["unitary"] = _chopped(outcome.unitary, options.chop_threshold)
    if options.memory and program.writes_memory:
        return ShotData(IndexedShots(outcome.memory_values, outcome.memory_index), **fields)
    return ExperimentResultData(**fields)


def _chopped(array: NDArray[np.complex128], threshold: float) -> NDArray[np.complex128]:
    array[np.abs(array) < threshold] = 0
    return array
