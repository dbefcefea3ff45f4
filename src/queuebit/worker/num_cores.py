"""How many cores there are."""

import os


def num_cores() -> int:
    """Return how many cores this process may use."""
    # As queuebit.providers.local_executor says, which would import Qiskit into the service.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
