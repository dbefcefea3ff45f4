"""A backend that does nothing for long, so that others can be watched while they wait for it."""

import time
from typing import Any

from qiskit_aer import AerSimulator

SECONDS = 600.0

NAME = f"{__name__}:Sleeper"
"""What ``JobQueue.get_backend`` takes."""


class Sleeper(AerSimulator):
    """Aer, but it sleeps before each run; sleeping uses no processor time."""

    def run(self, *arguments: Any, **options: Any) -> Any:
        """Sleep, then run.

        Args:
            arguments: those of Aer.
            options: likewise.
        """
        time.sleep(SECONDS)
        return super().run(*arguments, **options)
