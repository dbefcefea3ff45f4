"""The simulator of the basic provider."""

from typing import Any

from qiskit.providers import Options
from qiskit.transpiler import Target

from queuebit.engines import Output
from queuebit.providers.basic_provider.basic_provider_job import BasicProviderJob
from queuebit.providers.basic_provider.exceptions import BasicProviderError
from queuebit.providers.local import LocalBackend
from queuebit.providers.local.options import ENGINE_OPTIONS


class BasicSimulator(LocalBackend):
    """Runs circuits and returns the counts of their classical bits.

    Options of :meth:`run` and of the constructor:

    * ``shots``: 1 or more, default 1024.
    * ``memory``: whether the result holds each shot's outcome, default True.
    * ``seed_simulator``: 0 to ``2**63 - 1``; by default a random one, which the result tells.
    * ``initial_statevector``: amplitudes to begin with instead of all qubits 0; shape ``(2**n,)``, index bit q is
    qubit q.
    * ``method``: the engine: ``"statevector"`` (native), ``"reference"`` (NumPy), ``"clifford"``, or ``"automatic"``,
    the default: the best one for each circuit. The result's metadata tell which one ran.
    * ``precision``: of amplitudes, ``"double"``, the default, or ``"single"``.
    * ``threads``: how many threads a simulation may use, 1 to 1024; by default the cores that other runs leave.
    """

    output = Output.COUNTS
    job_class = BasicProviderJob
    error_class = BasicProviderError

    def __init__(self, provider: Any = None, target: Target | None = None, **fields: Any) -> None:
        """Create the simulator.

        Args:
            provider: the provider that it is from, if any.
            target: what ``transpile`` shall aim at, instead of everything that the simulator can do.
            fields: default options to change.

        Raises:
            AttributeError: if a field isn't an option.
        """
        super().__init__(
            provider,
            name="basic_simulator",
            description="Simulates any circuit and returns counts",
            target=target,
            **fields,
        )

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1024, memory=True, seed_simulator=None, initial_statevector=None, **ENGINE_OPTIONS)
