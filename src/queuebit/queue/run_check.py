"""What can be known of a run before it is submitted: whether its backend would refuse it, and what it would remark."""

import inspect
import numbers
from collections.abc import Mapping
from typing import Any, NamedTuple

from qiskit.circuit import QuantumCircuit
from qiskit.exceptions import QiskitError
from qiskit.providers import BackendV2

from queuebit.engines import EngineError, Output
from queuebit.engines.memory import format_bytes
from queuebit.providers.local.backend import LocalBackend, checked_circuits
from queuebit.queue.planning import foreign_cost, plan
from queuebit.store.records import Limits, Part

TRANSPILER_OPTIONS = frozenset({"optimization_level", "seed_transpiler"})
"""What the worker does with the circuits before the backend gets them."""


class AcceptedRun(NamedTuple):
    """A run that nothing is known to be wrong with.

    Attributes:
        circuits: what runs.
        options: with what; a local backend's shots and seed are always among them.
        remarks: what its submitter should be warned about.
        parts: what its work can be cut into; none when that isn't worth it.
    """

    circuits: list[QuantumCircuit]
    options: dict[str, Any]
    remarks: list[str]
    parts: tuple[Part, ...]


def accepted_run(backend: BackendV2, run_input: object, options: dict[str, Any], limits: Limits) -> AcceptedRun:
    """Refuse a run that can't be.

    Args:
        backend: what will run it.
        run_input: what the user gave as circuits.
        options: what the user gave as options.
        limits: what the run may use.

    Raises:
        QiskitError: of a local backend, its own error class, for whatever its ``run`` would refuse, and for a circuit
            that needs more memory than the limit; of any backend, if there are no circuits, or something isn't one.
        ValueError: if an option for the transpiler has a value that can't be.
    """
    _check_transpiler_options(options)
    for_backend = {name: value for name, value in options.items() if name not in TRANSPILER_OPTIONS}
    if isinstance(backend, LocalBackend):
        checked = backend.check_run(run_input, **for_backend)
        _check_memory(backend, checked.memory_bytes, limits)
        complete = {"shots": backend.options.shots, **options, "seed_simulator": checked.seed}
        # A run that doesn't count is one shot, whatever was asked for.
        shots = int(complete["shots"]) if backend.output is Output.COUNTS else 1
        return AcceptedRun(checked.circuits, complete, checked.remarks, plan(checked.costs, shots))
    try:
        circuits = checked_circuits(run_input)
    except EngineError as error:
        raise QiskitError(error.message) from error
    return AcceptedRun(circuits, options, _remarks_of(backend, for_backend), _foreign_plan(backend, circuits, options))


def _check_transpiler_options(options: Mapping[str, Any]) -> None:
    level, seed = options.get("optimization_level"), options.get("seed_transpiler")
    if level is not None and (isinstance(level, bool) or level not in (0, 1, 2, 3)):
        raise ValueError(f"optimization_level must be 0, 1, 2, 3 or None; got {level!r}")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or seed < 0):
        raise ValueError(f"seed_transpiler must be a whole number, 0 or more, or None; got {seed!r}")


def _check_memory(backend: LocalBackend, needed_bytes: int, limits: Limits) -> None:
    limit_bytes = limits.memory_limit_bytes
    if limit_bytes is not None and needed_bytes > limit_bytes:
        raise backend.error_class(
            f"the run needs about {format_bytes(needed_bytes)} of memory, its memory_limit is "
            f"{format_bytes(limit_bytes)}. Raise the limit, or use fewer qubits or shots."
        )


def _foreign_plan(backend: BackendV2, circuits: list[QuantumCircuit], options: Mapping[str, Any]) -> tuple[Part, ...]:
    shots = foreign_shots(backend, options)
    return plan([foreign_cost(circuit, backend, options, shots) for circuit in circuits], shots)


def foreign_shots(backend: BackendV2, options: Mapping[str, Any]) -> int:
    """Return how many shots each circuit has on a backend that isn't ours; 1 where that can't be known.

    Args:
        backend: the backend.
        options: what it will be run with.
    """
    shots = options.get("shots", getattr(backend.options, "shots", None))
    if isinstance(shots, bool) or not isinstance(shots, numbers.Integral) or shots < 1:
        return 1  # the backend will say what is wrong, or use its own
    return int(shots)


def _remarks_of(backend: BackendV2, options: Mapping[str, Any]) -> list[str]:
    """Return warnings about options that somebody else's backend doesn't say that it has; it gets them all the same."""
    known = {*{**backend.options}, *inspect.signature(backend.run).parameters}
    return [
        f"Option {name} is not among the options of {backend.name}, to which it is passed on"
        for name in sorted(options.keys() - known)
    ]
