"""What a Dask worker that the service has started on this machine loads first; see Dask's option ``--preload``."""

import signal

from distributed import Worker


def dask_setup(worker: Worker) -> None:
    """Leave Ctrl-C to the service.

    In a terminal it goes to all processes. The service lets runs end for some seconds, and ends the workers then.

    Args:
        worker: the worker.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
