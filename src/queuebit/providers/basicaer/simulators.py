"""The simulators of the BasicAer provider."""

from typing import Any

from qiskit.providers import Options
from qiskit.transpiler import Target

from queuebit.engines import Output
from queuebit.providers.basicaer.basicaerjob import BasicAerJob
from queuebit.providers.basicaer.exceptions import BasicAerError
from queuebit.providers.local import LocalBackend
from queuebit.providers.local.options import ENGINE_OPTIONS

# Below this an amplitude is rounding noise in double precision.
_CHOP_THRESHOLD = 1e-15


class _BasicAerBackend(LocalBackend):
    job_class = BasicAerJob
    error_class = BasicAerError


class QasmSimulatorPy(_BasicAerBackend):
    """Runs circuits and returns the counts of their classical bits.

    Options of :meth:`run` and of the constructor:

    * ``shots``: 1 or more, default 1024.
    * ``memory``: whether the result holds each shot's outcome, default False.
    * ``seed_simulator``: 0 to ``2**63 - 1``; by default a random one, which the result tells.
    * ``initial_statevector``: amplitudes to begin with instead of all qubits 0; shape ``(2**n,)``, index bit q is
    qubit q.
    * ``method``: the engine: ``"statevector"`` (native), ``"reference"`` (NumPy), ``"clifford"``, or ``"automatic"``,
    the default: the best one for each circuit. The result's metadata tell which one ran.
    * ``precision``: of amplitudes, ``"double"``, the default, or ``"single"``.
    * ``threads``: how many threads a simulation may use, 1 to 1024; by default the cores that other runs leave.
    """

    output = Output.COUNTS

    def __init__(self, provider: Any = None, target: Target | None = None, **fields: Any) -> None:
        """Create the simulator; the arguments are those of :class:`LocalBackend`."""
        super().__init__(
            provider,
            name="qasm_simulator",
            description="Simulates any circuit and returns counts",
            target=target,
            **fields,
        )

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1024, memory=False, seed_simulator=None, initial_statevector=None, **ENGINE_OPTIONS)


class StatevectorSimulatorPy(_BasicAerBackend):
    """Runs circuits and returns their final statevector.

    A measurement or reset in mid-circuit collapses the state at random; one at the end is refused, because what it
    leaves isn't the circuit's state.

    Options of :meth:`run` and of the constructor:

    * ``shots``: 1, since one run gives one state.
    * ``memory``: whether the result holds the outcome of measurements in mid-circuit, default False.
    * ``seed_simulator``: 0 to ``2**63 - 1``; by default a random one, which the result tells.
    * ``initial_statevector``: amplitudes to begin with instead of all qubits 0; shape ``(2**n,)``, index bit q is
    qubit q.
    * ``chop_threshold``: smaller amplitudes become 0, default 1e-15.
    * ``method``: the engine: ``"statevector"`` (native), ``"reference"`` (NumPy), or ``"automatic"``, the default: the
    best one that there is. The result's metadata tell which one ran.
    * ``precision``: of amplitudes, ``"double"``, the default, or ``"single"``.
    * ``threads``: how many threads a simulation may use, 1 to 1024; by default the cores that other runs leave.
    """

    output = Output.STATEVECTOR

    def __init__(self, provider: Any = None, target: Target | None = None, **fields: Any) -> None:
        """Create the simulator; the arguments are those of :class:`LocalBackend`."""
        super().__init__(
            provider,
            name="statevector_simulator",
            description="Simulates any circuit and returns its final statevector",
            target=target,
            **fields,
        )

    @classmethod
    def _default_options(cls) -> Options:
        return Options(
            shots=1,
            memory=False,
            seed_simulator=None,
            initial_statevector=None,
            chop_threshold=_CHOP_THRESHOLD,
            **ENGINE_OPTIONS,
        )


class UnitarySimulatorPy(_BasicAerBackend):
    """Runs circuits without measurement and reset, and returns their unitary matrix.

    Options of :meth:`run` and of the constructor:

    * ``shots``: 1, since there is nothing to repeat.
    * ``initial_unitary``: a matrix to begin with instead of the identity; shape ``(2**n, 2**n)``, index bit q is
    qubit q.
    * ``chop_threshold``: smaller entries become 0, default 1e-15.
    * ``method``: the engine: ``"statevector"`` (native), ``"reference"`` (NumPy), or ``"automatic"``, the default: the
    best one that there is. The result's metadata tell which one ran.
    * ``precision``: of amplitudes, ``"double"``, the default, or ``"single"``.
    * ``threads``: how many threads a simulation may use, 1 to 1024; by default the cores that other runs leave.
    """

    output = Output.UNITARY

    def __init__(self, provider: Any = None, target: Target | None = None, **fields: Any) -> None:
        """Create the simulator; the arguments are those of :class:`LocalBackend`."""
        super().__init__(
            provider,
            name="unitary_simulator",
            description="Simulates circuits without measurement and returns their unitary matrix",
            target=target,
            **fields,
        )

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1, initial_unitary=None, chop_threshold=_CHOP_THRESHOLD, **ENGINE_OPTIONS)
