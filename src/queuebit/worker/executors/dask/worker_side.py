"""What is called in a Dask worker: a service comes, has runs done, asks what has become of them, and leaves.

A service has one runner in each worker, kept as a plugin, so that it ends with the worker.
"""

import asyncio
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

from distributed import Worker, WorkerPlugin, get_worker

from queuebit import __version__
from queuebit.worker.executors.dask.frames import Frame, as_frame
from queuebit.worker.executors.dask.labels import THREADS
from queuebit.worker.executors.dask.runner import Runner
from queuebit.worker.executors.dask.wire import decode_orders, encode_happenings, pack, unpack
from queuebit.worker.executors.process import ProcessExecutor
from queuebit.worker.module_path import module_path


class RunnerPlugin(WorkerPlugin):
    """Holds the runner of a service, and answers it.

    The worker learns an operation for that, named as the session is: to have it call a function would be a line in its
    log, three times a second.

    Attributes:
        runner: the runner.
    """

    def __init__(self, runner: Runner, session: str) -> None:
        self.runner = runner
        self._session = session

    def setup(self, worker: Worker) -> None:
        """Begin to answer."""
        worker.handlers[self._session] = self.exchange

    def teardown(self, worker: Worker) -> None:
        """End the runner, because the service leaves or the worker closes, which is told."""
        worker.handlers.pop(self._session, None)
        worker.log_event(self._session, worker.address)
        self.runner.close()

    def exchange(self, message: bytes) -> bytes:
        """Take in which runs shall end, and tell what has happened.

        Args:
            message: packed: the ``runner`` that is meant, and what :meth:`Runner.exchange` takes.

        Returns:
            Packed: what that returns; None if that runner isn't here any more.
        """
        request, _ = unpack(message)
        if self.runner.is_closed or self.runner.runner_id != request["runner"]:
            return pack(None)
        happenings, progress, unknown = self.runner.exchange(request["confirmed"], **request["ask"])
        fields, blobs = encode_happenings(happenings)
        return pack({"happenings": fields, "progress": list(progress.items()), "unknown": unknown}, blobs)


async def greet(message: bytes, dask_worker: Worker) -> bytes:
    """Make a runner for a service, and tell what the service has to know.

    Args:
        message: packed: the service's ``session``, its ``previous`` ones, its folder of ``files`` with the name and the
            content of a ``probe`` in it, and its ``module_path``.
        dask_worker: the worker.
    """
    hello, _ = unpack(message)
    for session in hello["previous"]:
        # Its network was cut, which the scheduler needn't have noticed: its runs would take threads from the new ones.
        await leave(session, dask_worker)
    shares_files = await asyncio.to_thread(_sees, Path(hello["files"]) / hello["probe"], hello["content"])
    runner_id = str(uuid4())
    files = Path(hello["files"]) / runner_id if shares_files else Path(mkdtemp(prefix="queuebit-"))
    files.mkdir(exist_ok=True)
    resources = dict(dask_worker.state.total_resources)
    nthreads = dask_worker.state.nthreads
    executor = ProcessExecutor(
        files,
        processes=nthreads,
        threads=max(1, int(resources.get(THREADS, nthreads)) // nthreads),
        module_path=list(dict.fromkeys([*module_path(), *hello["module_path"]])),
    )
    runner = Runner(runner_id, executor, files, sends_files=not shares_files)
    await dask_worker.plugin_add(RunnerPlugin(runner, hello["session"]), name=hello["session"])
    answer = {"runner": runner.runner_id, "nthreads": nthreads, "resources": resources, "shares_files": shares_files}
    return pack({**answer, "queuebit": __version__})


def _sees(probe: Path, content: str) -> bool:
    try:
        return probe.read_text(encoding="ascii") == content
    except (OSError, ValueError):
        return False


def run_batch(message: Frame) -> Frame:
    """Do runs, in a task: it ends with the last of them.

    Args:
        message: a frame, packed: the service's ``session``, the ``runner`` that it means, and the ``orders``.

    Returns:
        A frame, packed: what has happened; None if that runner isn't here any more.
    """
    batch, circuits = unpack(message.data)
    worker = get_worker()
    runner = _runner(worker, batch)
    if runner is None:
        return as_frame(pack(None))
    key = worker.get_current_task()
    happenings = runner.run(decode_orders(batch["orders"], circuits), lambda: _is_wanted(worker, key))
    return as_frame(pack(None) if happenings is None else pack(*encode_happenings(happenings)))


async def leave(session: str, dask_worker: Worker) -> None:
    """End all that runs for a service, and wait for its end.

    Args:
        session: the service's.
        dask_worker: the worker.
    """
    plugin = dask_worker.plugins.get(session)
    if isinstance(plugin, RunnerPlugin):
        await asyncio.to_thread(plugin.runner.close)
        await dask_worker.plugin_remove(name=session)


def _runner(worker: Worker, message: Any) -> Runner | None:
    plugin = worker.plugins.get(message["session"])
    runner = plugin.runner if isinstance(plugin, RunnerPlugin) else None
    return runner if runner is not None and runner.runner_id == message["runner"] and not runner.is_closed else None


def _is_wanted(worker: Worker, key: Any) -> bool:
    """Tell whether the scheduler still waits for a task that runs: it doesn't when the service has let go of it."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state != "cancelled"
