"""Before anything is timed: do all simulators, as they are called here, give the same states and counts?"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector

import queuebit
from benchmarks.circuits import bell, ghz, ladder, measured, qft, teleportation, volume
from benchmarks.simulators import jobs, qsim, qulacs
from benchmarks.suite import DisagreementError

# How much of the exact state each must have; the rest is rounding, in single precision a thousand gates' worth.
_DOUBLE, _SINGLE = 1 - 1e-10, 1 - 1e-4

# Samples of an exact distribution on 32 outcomes differ from it by about 0.01 at this many shots.
_SHOTS, _FARTHEST = 20_000, 0.03

_STATES = queuebit.get_backend("statevector_simulator")
_UNITARIES = queuebit.get_backend("unitary_simulator")


def check() -> Iterator[str]:
    """Compare everything, and give a line for each comparison.

    Raises:
        DisagreementError: with the figures, where two disagree.
    """
    for circuit in (bell(), volume(5), volume(8), volume(10), qft(7), ladder(9)):
        yield from _check_states(circuit)
    yield from _check_unitaries(volume(5))
    yield from _check_counts(volume(5))
    yield from _check_certain_outcomes()


def _check_states(circuit: QuantumCircuit) -> Iterator[str]:
    exact = Statevector(circuit).data
    states = {
        "queuebit": _STATES.run(circuit).result().get_statevector(),
        "queuebit in single": _STATES.run(circuit, precision="single").result().get_statevector(),
        "Aer": jobs.result(jobs.AER, jobs.with_saved(circuit, "statevector")).get_statevector(),
    }
    least = dict.fromkeys(states, _DOUBLE) | {"queuebit in single": _SINGLE, "qsim": _SINGLE}
    states["qsim"] = qsim.statevector(circuit)
    if circuit.name.startswith("volume"):
        states |= {
            f"qulacs in form {form}": qulacs.statevector(optimised)
            for form, optimised in enumerate(qulacs.optimised(circuit))
        }
    for name, state in states.items():
        fidelity = abs(np.vdot(exact, np.asarray(state, dtype=complex))) ** 2
        _require(abs(1 - fidelity) <= 1 - least.get(name, _DOUBLE), f"{name}, {circuit.name}: fidelity {fidelity}")
    yield f"the state of {circuit.name}: {', '.join(states)}"


def _check_unitaries(circuit: QuantumCircuit) -> Iterator[str]:
    exact = Operator(circuit).data
    unitaries = {
        "queuebit": _UNITARIES.run(circuit).result().get_unitary(),
        "Aer": jobs.result(jobs.AER_UNITARY, jobs.with_saved(circuit, "unitary")).get_unitary(),
    }
    for name, unitary in unitaries.items():
        distance = np.abs(np.asarray(unitary) - exact).max()
        _require(distance < 1e-10, f"{name}, {circuit.name}: an entry of the unitary is {distance} off")
    yield f"the unitary of {circuit.name}: {', '.join(unitaries)}"


def _check_counts(circuit: QuantumCircuit) -> Iterator[str]:
    exact = np.abs(Statevector(circuit).data) ** 2
    counted = {
        "queuebit": _counts(jobs.QUEUEBIT, measured(circuit)),
        "Aer": _counts(jobs.AER, measured(circuit)),
        "BasicSimulator": _counts(jobs.BASIC_SIMULATOR, measured(circuit)),
        "qsim": qsim.counts(measured(circuit), _SHOTS),
    }
    for name, counts in counted.items():
        found = np.array([counts.get(outcome, 0) / _SHOTS for outcome in range(exact.size)])
        distance = np.abs(found - exact).sum() / 2
        _require(distance < _FARTHEST, f"{name}, {circuit.name}: the counts are {distance} from the distribution")
    yield f"the counts of {circuit.name}: {', '.join(counted)}"


def _check_certain_outcomes() -> Iterator[str]:
    width = 60
    for backend in (jobs.QUEUEBIT, jobs.AER):
        ends = _counts(backend, measured(ghz(width)))
        _require(set(ends) == {0, 2**width - 1}, f"{backend.name}: a GHZ state of {width} qubits ended with {ends}")
        sent = {outcome >> 2 for outcome in _counts(backend, teleportation())}
        _require(sent == {0}, f"{backend.name}: the teleported qubit ended with {sent}")
        yield f"GHZ {width} and teleportation: {backend.name}"


def _counts(backend: Any, circuit: QuantumCircuit) -> Mapping[int, int]:
    counts: Mapping[int, int] = jobs.result(backend, circuit, shots=_SHOTS).get_counts().int_outcomes()
    return counts


def _require(agrees: bool, what: str) -> None:
    if not agrees:
        raise DisagreementError(what)
