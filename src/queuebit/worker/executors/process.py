"""Runs jobs in children of this process: spawned, warm, one run at a time each."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from selectors import BaseSelector

from queuebit.store.records import Json, StoredResult, Usage
from queuebit.worker.executor import Assignment, CircuitReport, EndReport, Executor, Report, RunEnd, RunKey
from queuebit.worker.executors.child_pool import Child, ChildPool, ChildRun
from queuebit.worker.executors.child_process import Death
from queuebit.worker.executors.children import Children
from queuebit.worker.executors.run_watch import RunWatch, Step
from queuebit.worker.messages import CircuitDone, Ended, Message, Ready, Run, Warm

# A child that has grown by so much since it was ready gives the memory back by another one taking its place.
_MOST_GROWTH_BYTES = 512 * 2**20


class ProcessExecutor(Executor):
    """Runs each part of a job in a child, and ends that when there is no other way to stop the run."""

    def __init__(
        self,
        files: Path,
        *,
        processes: int,
        threads: int,
        module_path: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create the executor; :meth:`open` starts the first children.

        Args:
            files: the folder where children write results' arrays.
            processes: the most children at a time.
            threads: how many threads a run may use, where its job doesn't say.
            module_path: folders of the user's own modules.
            clock: seconds that only go forward.
        """
        self._pool = ChildPool(files, most=processes, threads=threads, module_path=module_path, clock=clock)
        self._threads = threads
        self._clock = clock
        self._busy: dict[RunKey, Child] = {}
        self._reports: list[Report] = []

    def open(self, selector: BaseSelector) -> None:
        """Start the first children."""
        self._children = Children(
            self._pool, selector, clock=self._clock, on_message=self._on_message, on_end=self._on_end
        )
        self._children.fill()

    def num_free(self) -> int:
        """Return how many children are idle."""
        return len(self._pool.idle())

    def num_parallel(self) -> int:
        """Return how many children are ready, busy or not."""
        return self._pool.num_ready()

    def prepare(self, num_waiting: int) -> None:
        """Start more children, as far as there may be more."""
        self._pool.want(num_waiting)
        self._children.fill()

    def start(self, assignment: Assignment) -> None:
        """Hand a run to the child that fits best; that may be one that has to start first."""
        job, run_key = assignment.job, assignment.key
        threads = job.limits.threads or self._threads
        backend = Warm(backend_name=job.backend_name, backend_options=job.backend_options)
        # The local backends are told; other libraries read it from the environment, once, when they are loaded.
        key = backend.key
        child = self._pool.choose(key, threads if ":" in job.backend_name else None)
        child = child or self._in_place_of_idle(threads)
        if child is None:
            reason = "the system gave no process to run it in"
            self._reports.append(EndReport(key=run_key, end=RunEnd.DIED, reason=reason))
            return
        watch = RunWatch(job.limits, begun=self._clock() if child.is_ready else math.inf)
        child.run = ChildRun(run_key, backend, watch, num_circuits=len(assignment.indices))
        child.backends.add(key)
        self._busy[run_key] = child
        child.process.block.clear()
        if child.is_ready:
            # What a thread of an earlier run has printed meanwhile may not have been read yet.
            child.process.output.drop()
        self._children.send(child, _run_message(assignment, threads))

    def _in_place_of_idle(self, threads: int) -> Child | None:
        """Start a child with another number of threads in place of an idle one."""
        child = self._children.start(threads=threads)
        if child is not None:
            self._children.end(self._pool.idle()[0])
        return child

    def stop(self, key: RunKey) -> None:
        """Set the flag that engines poll, and have the child cancel; if that doesn't help, end the child."""
        child = self._busy.get(key)
        if child is not None and child.run is not None and child.run.watch.stop_asked is None:
            child.run.watch.stop_asked = self._clock()
            child.process.request_cancel()

    def kill(self, key: RunKey) -> None:
        """End the run's child now."""
        self.stop(key)
        if key in self._busy:
            self._children.end(self._busy[key])

    def progress(self, key: RunKey) -> tuple[int, int]:
        """Return the circuits done, or, of a single one, the instructions."""
        child = self._busy[key]
        if child.run is not None and child.run.num_circuits > 1:
            return child.run.num_done, child.run.num_circuits
        return child.process.block.progress

    def printed(self, key: RunKey) -> str:
        """Return what the child has printed since the last call."""
        return self._busy[key].process.output.take()

    def take_reports(self) -> list[Report]:
        """Return what has happened since the last call."""
        reports, self._reports = self._reports, []
        return reports

    def _on_message(self, child: Child, message: Message) -> None:
        run = child.run
        match message:
            case Ready() if run is not None:
                run.watch.begun = self._clock()
            case CircuitDone() if run is not None:
                run.num_done += 1
                self._reports.append(CircuitReport(key=run.key, result=message.result))
            case Ended() if run is not None:
                self._on_ended(child, message)

    def _on_ended(self, child: Child, ended: Ended) -> None:
        # What the run has printed was in the pipe before this message was sent.
        child.process.output.read()
        usage = Usage(cpu_s=ended.cpu_s, peak_memory_bytes=ended.peak_memory_bytes)
        self._report_end(child, RunEnd(ended.how), usage, error=ended.error, result=ended.result)
        child.cpu_s = ended.process_cpu_s
        child.idle_since = self._clock()
        if ended.memory_bytes > child.first_memory_bytes + _MOST_GROWTH_BYTES:
            self._children.end(child)

    def _on_end(self, child: Child, death: Death) -> None:
        run = child.run
        if run is not None:
            usage = Usage(cpu_s=max(0.0, death.cpu_s - child.cpu_s), peak_memory_bytes=death.peak_memory_bytes)
            end = RunEnd.DIED if run.watch.stop_asked is None else RunEnd.STOPPED
            self._report_end(child, end, usage, reason=child.fault or death.reason)
        # A backend whose making ends the process must not end the next one before it has a job.
        self._children.fill(warm=run.backend if run is not None and child.is_ending else None)

    def _report_end(
        self,
        child: Child,
        end: RunEnd,
        usage: Usage,
        *,
        error: Json | None = None,
        result: StoredResult | None = None,
        reason: str = "",
    ) -> None:
        run, child.run = child.run, None
        if run is None:
            return
        del self._busy[run.key]
        if run.watch.broken_limit is not None and end is not RunEnd.FINISHED:
            end, error = RunEnd.FAILED, dict(zip(("type", "message"), run.watch.broken_limit, strict=True))
        if run.watch.peak_memory_bytes > usage.peak_memory_bytes:
            usage = Usage(cpu_s=usage.cpu_s, peak_memory_bytes=run.watch.peak_memory_bytes)
        if run.watch.has_successor:
            self._children.look_again()
        printed = child.process.output.take_last()
        self._reports.append(
            EndReport(key=run.key, end=end, usage=usage, result=result, error=error, reason=reason, printed=printed)
        )

    def tick(self) -> None:
        """Watch the runs and the children."""
        now = self._clock()
        for child in list(self._busy.values()):
            if child.run is not None and not child.is_ending:
                self._watch(child, child.run, now)
        self._children.tick()

    def _watch(self, child: Child, run: ChildRun, now: float) -> None:
        memory_bytes = child.process.memory_bytes() if run.watch.wants_memory(now) else None
        match run.watch.look(now, memory_bytes):
            case Step.STOP:
                self.stop(run.key)
            case Step.SUCCESSOR:
                run.watch.has_successor = True
                self._children.fill(warm=run.backend)
            case Step.KILL:
                self._children.end(child)

    def next_tick_s(self) -> float:
        """Return the seconds until a limit has to be looked at, or a child."""
        watches = [child.run.watch for child in self._busy.values() if child.run is not None and not child.is_ending]
        times = [watch.next_look() for watch in watches]
        return max(0.0, min([self._children.next_tick(), *times]) - self._clock())

    def close(self) -> None:
        """End all children and wait for their ends."""
        self._children.close()


def _run_message(assignment: Assignment, threads: int) -> Run:
    job = assignment.job
    return Run(
        job_id=job.job_id,
        attempt=job.attempt,
        backend_name=job.backend_name,
        backend_options=job.backend_options,
        options=job.options,
        num_circuits=job.num_circuits,
        indices=assignment.indices,
        circuits=assignment.circuits,
        threads=threads,
        shots=assignment.shots,
    )
