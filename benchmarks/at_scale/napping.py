"""A backend whose runs take a given time and no processor."""

import time
from typing import Any

from qiskit.providers import BackendV2, Options
from qiskit.transpiler import Target

from queuebit.providers.basic_provider import BasicSimulator

NAME = f"{__name__}:Nap"
"""What ``JobQueue.get_backend`` takes."""


class Nap(BackendV2):
    """The default simulator, but it sleeps before each run.

    A queue takes it for somebody else's, because it isn't one of the local backends' own kind.
    """

    def __init__(self, seconds: float) -> None:
        """Make a backend.

        Args:
            seconds: how long it sleeps.
        """
        super().__init__(name="nap", description="Sleeps, then simulates")
        self._seconds = seconds
        self._simulator = BasicSimulator()

    @property
    def target(self) -> Target:
        """The simulator's."""
        return self._simulator.target

    @property
    def max_circuits(self) -> None:
        """None: any number."""
        return

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1024)

    def run(self, run_input: Any, **options: Any) -> Any:
        """Sleep, then run.

        Args:
            run_input: a circuit.
            options: the simulator's.
        """
        time.sleep(self._seconds)
        return self._simulator.run(run_input, **options)
