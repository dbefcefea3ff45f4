"""Cutting a job's work into parts that can run side by side, by an estimate of what its circuits cost.

How a job is cut depends on what is submitted alone, not on who will run it: so the same job gives the same result on a
laptop and on a cluster, and a job that is run again is cut as before.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qiskit.circuit import ControlFlowOp, QuantumCircuit
from qiskit.providers import BackendV2

from queuebit.engines.cost import RunCost, num_collapses, num_instructions
from queuebit.store.records import Part, ShotRange

# Shorter work is done before it has been handed to several processes.
_WORTH_CUTTING_S = 0.1

# A part shall take about a second, so that little is lost with the process that runs it; of shorter work there shall be
# parts for some processes all the same, but none so short that handing it over costs more than a few per cent.
_LONGEST_PART_S = 1.0
_SHORTEST_PART_S = 0.04
_PARTS_OF_SHORT_WORK = 16

# Towards the end parts become shorter, so that all processes end at about the same time: each is such a share of what
# is left, and not less than such a share of the longest (C. D. Polychronopoulos and D. J. Kuck, "Guided
# self-scheduling", 1987; there the share is one by the number of processes, which a plan doesn't know).
_SHARE_OF_REST = 1 / 8
_LEAST_OF_LONGEST = 1 / 8

# Without those that the end has more.
_MOST_PARTS = 4032

# Of a backend that isn't ours: in the order of Aer.
_CALL_S = 1e-3
_INSTRUCTION_S = 0.5e-6
_AMPLITUDE_S = 2e-9
_WIDEST_STATE = 28  # what is wider is simulated in another way

# Methods of Aer: without single shots, and without a state vector. Some of these take much longer, which nobody knows
# beforehand.
_MIXED_METHODS = frozenset({"density_matrix", "superop", "unitary"})
_COMPACT_METHODS = frozenset({"stabilizer", "extended_stabilizer", "matrix_product_state", "tensor_network"})

# What these give can't be put together from several runs.
_KEPT_APART = ("save_", "snapshot")

# The level of measurement at which outcomes are bits.
_CLASSIFIED = 2


def plan(costs: Sequence[RunCost], shots: int | None) -> tuple[Part, ...]:
    """Return the parts that circuits are cut into; none when one process may as well run them all.

    Args:
        costs: what each circuit costs.
        shots: how many shots each has, or None if that isn't known.

    Example:
        >>> plan([RunCost(0.5), RunCost(0.5), RunCost(32.0, is_by_shot=True)], shots=1024)[:3]
        (Part(first=0, number=2, shots=None), Part(first=2, number=1, shots=ShotRange(first=0, number=32)), \
Part(first=2, number=1, shots=ShotRange(first=32, number=32)))
    """
    whole_s = sum(cost.seconds for cost in costs)
    if whole_s < _WORTH_CUTTING_S:
        return ()
    parts = tuple(_Cutting(costs, shots or 1, whole_s).parts())
    return parts if len(parts) > 1 else ()


class _Cutting:
    """Goes through a job's circuits and takes off one part after another."""

    def __init__(self, costs: Sequence[RunCost], shots: int, whole_s: float) -> None:
        self._costs = costs
        self._shots = shots
        self._left_s = whole_s
        usual_s = min(max(whole_s / _PARTS_OF_SHORT_WORK, _SHORTEST_PART_S), _LONGEST_PART_S)
        self._longest_s = max(usual_s, whole_s / _MOST_PARTS)
        self._shortest_s = max(self._longest_s * _LEAST_OF_LONGEST, _SHORTEST_PART_S)

    def parts(self) -> Iterator[Part]:
        first, part_s = 0, 0.0
        for index, cost in enumerate(self._costs):
            is_cut = self._is_cut(cost)
            if index > first and (is_cut or part_s + cost.seconds > self._next_s()):
                yield Part(first, index - first)
                self._left_s -= part_s
                first, part_s, is_cut = index, 0.0, self._is_cut(cost)
            if is_cut:
                yield from (Part(index, 1, shot_range) for shot_range in self._ranges(cost.seconds))
                first = index + 1
            else:
                part_s += cost.seconds
        if first < len(self._costs):
            yield Part(first, len(self._costs) - first)

    def _next_s(self) -> float:
        """Return how long the next part shall take."""
        return min(max(self._left_s * _SHARE_OF_REST, self._shortest_s), self._longest_s)

    def _is_cut(self, cost: RunCost) -> bool:
        return cost.is_by_shot and self._shots > 1 and cost.seconds > self._next_s()

    def _ranges(self, circuit_s: float) -> Iterator[ShotRange]:
        first, shot_s = 0, circuit_s / self._shots
        while first < self._shots:
            left = self._shots - first
            # As long as parts don't become shorter, all are equal but for a shot.
            number = math.ceil(left / math.ceil(left * shot_s / self._next_s()))
            yield ShotRange(first, number)
            first += number
            self._left_s -= number * shot_s


def foreign_cost(circuit: QuantumCircuit, backend: BackendV2, options: Mapping[str, Any], shots: int) -> RunCost:
    """Return what a circuit costs on a backend that isn't ours, by its size.

    Args:
        circuit: the circuit.
        backend: the backend.
        options: what it will be run with.
        shots: how many shots.
    """
    method = _option("method", backend, options)
    amplitudes = _num_amplitudes(circuit.num_qubits, method)
    once_s = num_instructions(circuit) * (_INSTRUCTION_S + amplitudes * _AMPLITUDE_S)
    is_by_shot = method not in _MIXED_METHODS and _goes_by_shot(circuit, backend, options)
    seconds = _CALL_S + once_s * (shots if is_by_shot else 1)
    return RunCost(seconds, is_by_shot=is_by_shot and _is_counted(circuit, backend, options))


def _option(name: str, backend: BackendV2, options: Mapping[str, Any]) -> Any:
    """Return the value that an option has in a run; None for one that there isn't."""
    return options.get(name, getattr(backend.options, name, None))


def _num_amplitudes(num_qubits: int, method: object) -> float:
    if method in _MIXED_METHODS:
        return 4.0 ** min(num_qubits, _WIDEST_STATE // 2)
    if method in _COMPACT_METHODS or num_qubits > _WIDEST_STATE:
        return float(num_qubits**2)
    return 2.0**num_qubits


def _goes_by_shot(circuit: QuantumCircuit, backend: BackendV2, options: Mapping[str, Any]) -> bool:
    if _option("noise_model", backend, options) is not None or _has_errors(backend):
        return True
    return num_collapses(circuit) > 0 or bool(circuit.has_control_flow_op())


def _has_errors(backend: BackendV2) -> bool:
    """Return whether a backend says of its gates how often they fail, as those do that imitate a device."""
    target = backend.target
    for name in ("cx", "cz", "ecr", "sx", "x"):
        if name in target.operation_names:
            return any(properties is not None and properties.error for properties in target[name].values())
    return False


def _is_counted(circuit: QuantumCircuit, backend: BackendV2, options: Mapping[str, Any]) -> bool:
    """Return whether a run gives counts alone, which those of several runs can be added up to."""
    if _option("meas_level", backend, options) not in (None, _CLASSIFIED):
        return False
    return not any(name.startswith(_KEPT_APART) for name in _names(circuit))


def _names(circuit: QuantumCircuit) -> set[str]:
    """Return the names of a circuit's operations, also of those inside of its control flow."""
    names = set(circuit.count_ops())
    for instruction in circuit.data:
        if isinstance(instruction.operation, ControlFlowOp):
            names.update(*map(_names, instruction.operation.blocks))
    return names
