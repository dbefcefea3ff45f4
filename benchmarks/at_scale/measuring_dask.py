"""What runs on a Dask cluster take: a real scheduler and a worker, as processes of this machine."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec

import psutil

from benchmarks.at_scale.bell_job import assignments
from benchmarks.at_scale.measuring_executor import Taken, drive
from benchmarks.at_scale.service_times import Transport
from benchmarks.durable.served import fresh_folder, wait_until
from queuebit.store import Limits, MemoryStore
from queuebit.worker.executors.dask.executor import DaskExecutor
from queuebit.worker.executors.dask.members import Member, least_busy

_ALONE = 300
_TOGETHER = 2000
_WARM_UP = 100
_ASKS = 100
_MEMBERS = 2000
_LOOKS = 50
_START_S = 60.0


def is_installed() -> bool:
    """Tell whether there is Dask to be measured."""
    return find_spec("distributed") is not None


def dask(children: Transport) -> Transport:
    """Return what runs on a Dask cluster take.

    Args:
        children: what they take in children of the service, such as each worker has, too.
    """
    with _cluster() as (address, scheduler):
        alone, together = _runs(address, scheduler)
        ask = _ask(address, scheduler)
    return replace(
        children,
        name="dask",
        run_s=together.service_s,
        # With one worker, that is what the next run waits for.
        worker_run_s=max(children.worker_run_s, together.wall_s),
        task_s=max(0.0, alone.service_s - together.service_s),
        scheduler_task_s=max(1e-6, alone.others_s - together.others_s),
        ask_s=ask.service_s,
        scheduler_ask_s=ask.others_s,
        member_s=_member_s(),
    )


def _runs(address: str, scheduler: int) -> tuple[Taken, Taken]:
    """Return what runs take in a task each, and many in a task."""
    executor = DaskExecutor(fresh_folder(), address)
    with selectors.DefaultSelector() as selector, closing(MemoryStore()) as store:
        executor.open(selector)
        try:
            drive(executor, selector, assignments(store, _WARM_UP))
            together = drive(executor, selector, assignments(store, _TOGETHER), [scheduler])
            alone = drive(executor, selector, assignments(store, _ALONE, mixed=True), [scheduler])
        finally:
            executor.close()
    return alone, together


def _ask(address: str, scheduler: int) -> Taken:
    """Return what a question to a worker takes."""
    from distributed import Client

    watched = psutil.Process(scheduler)
    with Client(address, set_as_default=False) as client:
        client.run(os.getpid)
        before, started, client_s = watched.cpu_times(), time.perf_counter(), time.process_time()
        for _ in range(_ASKS):
            client.run(os.getpid)
        after = watched.cpu_times()
        others_s = after.user + after.system - before.user - before.system
        return Taken(
            (time.perf_counter() - started) / _ASKS, (time.process_time() - client_s) / _ASKS, others_s / _ASKS
        )


def _member_s() -> float:
    """Return what each member of a cluster adds to what the executor does again and again."""
    executor = DaskExecutor(fresh_folder(), "tcp://nobody:1")
    members = [Member(f"tcp://worker:{number}", str(number), 1) for number in range(_MEMBERS)]
    for member in members:
        executor.on_member(member)
    looks: tuple[Callable[[], object], ...] = (
        executor.num_free,
        lambda: least_busy(members, 1, Limits()),
        partial(_tick, executor),
    )
    return sum(map(_thread_s, looks)) / len(looks) / _MEMBERS


def _tick(executor: DaskExecutor) -> None:
    executor.tick()
    executor.next_tick_s()


def _thread_s(look: Callable[[], object]) -> float:
    started = time.thread_time()
    for _ in range(_LOOKS):
        look()
    return (time.thread_time() - started) / _LOOKS


@contextmanager
def _cluster() -> Iterator[tuple[str, int]]:
    """Have a scheduler with a worker; yields its address and its process's id."""
    folder = fresh_folder()
    found = folder / "scheduler.json"
    with (folder / "cluster.log").open("wb") as log, ExitStack() as running:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
            process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            running.callback(_end, process)
            return process

        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(found))
        wait_until(lambda: found.exists() and found.read_text(), "the scheduler's file", timeout_s=_START_S)
        address = json.loads(found.read_text())["address"]
        start("worker", address, "--no-nanny", "--nthreads", "1", "--memory-limit", "0")
        yield address, scheduler.pid


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_START_S / 4)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
