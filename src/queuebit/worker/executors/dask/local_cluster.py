"""A Dask cluster on this machine, which begins and ends with the executor."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import dask
from distributed import LocalCluster, Status

from queuebit.worker.executors.dask import local_worker

_logger = logging.getLogger(__name__)

# The cluster shares the processors with its runs. What a user has configured goes before.
_DEFAULTS = {
    "distributed": {
        # No profile of threads that only wait, a hundred times a second.
        "worker": {"profile": {"enabled": False}},
        # Nobody sees what is noted of event loops, fifty times a second, and of the system, of each process twice.
        "admin": {"tick": {"interval": "500ms"}, "system-monitor": {"interval": "10s"}},
        # Results are fetched once and forgotten.
        "scheduler": {"active-memory-manager": {"start": False}},
        # A worker's memory isn't given back to the system, to be asked for again with the next message.
        "nanny": {
            "pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": 2**25, "MALLOC_MMAP_THRESHOLD_": 2**25},
        },
        # On a busy machine, a worker takes longer to begin than the usual 15 s.
        "deploy": {"lost-worker-timeout": "60s"},
    }
}

_LOOK_S = 2.0


@asynccontextmanager
async def local_cluster(num_workers: int) -> AsyncIterator[str]:
    """Have a cluster while the context lasts, and give its scheduler's address.

    Args:
        num_workers: how many workers it has, each for one run at a time.
    """
    dask.config.update_defaults(_DEFAULTS)
    async with LocalCluster(
        n_workers=num_workers,
        threads_per_worker=1,
        # Runs are in children, whose memory the jobs' limits are for.
        memory_limit=0,
        processes=True,
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        asynchronous=True,
        silence_logs=logging.ERROR,
        preload=[local_worker.__name__],
    ) as cluster:
        keeping = asyncio.create_task(_keep_workers(cluster, num_workers))
        try:
            yield cluster.scheduler_address
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


async def _keep_workers(cluster: LocalCluster, num_workers: int) -> None:
    """Start workers in place of those that Dask gives up.

    A worker that dies is started again by Dask; but if it isn't there when a worker of its name has been lost some time
    ago, or can't begin, that is all.
    """
    while True:
        await asyncio.sleep(_LOOK_S)
        for name, nanny in list(cluster.workers.items()):
            if nanny.status in (Status.closed, Status.failed):
                del cluster.workers[name]
        if len(cluster.workers) < num_workers:
            _logger.warning("Dask has given up a worker on this machine; starting another one")
            try:
                await cluster  # starts those that it lacks, and waits for them
            except Exception:
                _logger.exception("no worker can be started on this machine; trying again")
