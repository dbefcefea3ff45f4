"""The exact distribution of a circuit's outcomes, by following every path: the oracle for circuits that measure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import CASE_DEFAULT, CircuitInstruction, ClassicalRegister, Clbit, Parameter, Qubit
from qiskit.quantum_info import Operator, Statevector

NEGLIGIBLE = 1e-14
"""Paths less probable than this are rounding."""

MOST_ITERATIONS = 50
"""Of a `while` loop: what still runs after so many is a mistake in the circuit."""


@dataclass(frozen=True)
class Path:
    """One sequence of measurement outcomes.

    Attributes:
        probability: How probable it is.
        state: The state after it, of norm 1.
        memory: The classical bits after it; clbit 0 is the least significant bit.
        leaving: "break_loop" or "continue_loop" on the way to the end of the loop or of its body.
    """

    probability: float
    state: Statevector
    memory: int = 0
    leaving: str | None = None


@dataclass(frozen=True)
class _Bits:
    """Which qubits and clbits of the whole circuit the bits of a block are."""

    qubits: Mapping[Qubit, int]
    clbits: Mapping[Clbit, int]

    def inside(self, block: QuantumCircuit, item: CircuitInstruction) -> _Bits:
        return _Bits(
            {inner: self.qubits[outer] for inner, outer in zip(block.qubits, item.qubits, strict=True)},
            {inner: self.clbits[outer] for inner, outer in zip(block.clbits, item.clbits, strict=True)},
        )

    def value(self, target: Clbit | ClassicalRegister, memory: int) -> int:
        bits = target if isinstance(target, ClassicalRegister) else (target,)
        return sum((memory >> self.clbits[bit] & 1) << i for i, bit in enumerate(bits))


def exact_paths(circuit: QuantumCircuit) -> list[Path]:
    """Return all paths through a circuit that have a probability.

    It knows gates, measurements, resets and control flow whose conditions are bits or registers. Everything is done
    with `qiskit.quantum_info.Statevector`.

    Args:
        circuit: The circuit.
    """
    bits = _Bits(
        {qubit: index for index, qubit in enumerate(circuit.qubits)},
        {clbit: index for index, clbit in enumerate(circuit.clbits)},
    )
    return _after_block(circuit, bits, [Path(1.0, Statevector.from_int(0, 2**circuit.num_qubits))])


def exact_distribution(circuit: QuantumCircuit) -> dict[int, float]:
    """Return the probability of each content of the classical memory that has one.

    Args:
        circuit: As for `exact_paths()`.
    """
    distribution: dict[int, float] = {}
    for path in exact_paths(circuit):
        distribution[path.memory] = distribution.get(path.memory, 0.0) + path.probability
    return distribution


def _after_block(block: QuantumCircuit, bits: _Bits, paths: Iterable[Path]) -> list[Path]:
    phase = np.exp(1j * float(block.global_phase))
    paths = [replace(path, state=phase * path.state) for path in paths]
    for item in block.data:
        paths = [after for path in paths for after in _after(item, bits, path)]
    return paths


def _after(item: CircuitInstruction, bits: _Bits, path: Path) -> Iterable[Path]:
    if path.leaving:
        return [path]
    match item.operation.name:
        case "measure":
            return _measured(bits.qubits[item.qubits[0]], bits.clbits[item.clbits[0]], path)
        case "reset":
            return _reset(bits.qubits[item.qubits[0]], path)
        case "break_loop" | "continue_loop" as leaving:
            return [replace(path, leaving=leaving)]
        case "if_else" | "switch_case":
            block = _chosen(item.operation, bits, path.memory)
            return [path] if block is None else _after_block(block, bits.inside(block, item), [path])
        case "for_loop":
            return _after_for(item, bits, path)
        case "while_loop":
            return _after_while(item, bits, path)
        case "box":
            return _after_block(item.operation.body, bits.inside(item.operation.body, item), [path])
        case "barrier" | "delay":
            return [path]
    qubits = [bits.qubits[qubit] for qubit in item.qubits]
    return [replace(path, state=path.state.evolve(Operator(item.operation), qubits))]


def _outcomes(qubit: int, path: Path) -> Iterator[tuple[int, Path]]:
    for outcome in (0, 1):
        kept = path.state.data * ((np.arange(len(path.state.data)) >> qubit & 1) == outcome)
        weight = float(np.vdot(kept, kept).real)
        if weight > NEGLIGIBLE:
            state = Statevector(kept / np.sqrt(weight))
            yield outcome, replace(path, state=state, probability=path.probability * weight)


def _measured(qubit: int, clbit: int, path: Path) -> list[Path]:
    return [
        replace(after, memory=after.memory & ~(1 << clbit) | outcome << clbit)
        for outcome, after in _outcomes(qubit, path)
    ]


def _reset(qubit: int, path: Path) -> list[Path]:
    paths = []
    for outcome, after in _outcomes(qubit, path):
        amplitudes = after.state.data
        flipped = amplitudes[np.arange(len(amplitudes)) ^ (outcome << qubit)]
        paths.append(replace(after, state=Statevector(flipped)))
    return paths


def _chosen(operation: Any, bits: _Bits, memory: int) -> QuantumCircuit | None:
    """Return the block that runs, or None."""
    if operation.name == "if_else":
        target, wanted = operation.condition
        blocks = (*operation.blocks, None)
        return blocks[0] if bits.value(target, memory) == wanted else blocks[1]
    value = bits.value(operation.target, memory)
    for values, block in operation.cases_specifier():
        if value in values or CASE_DEFAULT in values:
            return block
    return None


def _after_for(item: CircuitInstruction, bits: _Bits, path: Path) -> list[Path]:
    values, parameter, body = item.operation.params
    bound = isinstance(parameter, Parameter) and parameter in body.parameters
    bodies = [body.assign_parameters({parameter: value}) if bound else body for value in values]
    return _after_iterations(bodies, item, bits, [path])


def _after_iterations(
    bodies: Sequence[QuantumCircuit], item: CircuitInstruction, bits: _Bits, paths: list[Path]
) -> list[Path]:
    gone: list[Path] = []
    for body in bodies:
        after = _after_block(body, bits.inside(body, item), paths)
        gone += [replace(path, leaving=None) for path in after if path.leaving == "break_loop"]
        paths = [replace(path, leaving=None) for path in after if path.leaving != "break_loop"]
    return gone + paths


def _after_while(item: CircuitInstruction, bits: _Bits, path: Path) -> list[Path]:
    target, wanted = item.operation.condition
    (body,) = item.operation.blocks
    inside = bits.inside(body, item)
    done, paths = [], [path]
    for _ in range(MOST_ITERATIONS):
        done += [path for path in paths if bits.value(target, path.memory) != wanted]
        paths = [path for path in paths if bits.value(target, path.memory) == wanted]
        after = _after_block(body, inside, paths)
        done += [replace(path, leaving=None) for path in after if path.leaving == "break_loop"]
        paths = [replace(path, leaving=None) for path in after if path.leaving != "break_loop"]
    assert sum(path.probability for path in paths) < 1e-9, "a while loop goes on"
    return done
