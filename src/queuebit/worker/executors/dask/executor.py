"""Runs jobs on a Dask cluster: keeps the books of what is where, in the service's thread."""

import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from selectors import EVENT_READ, BaseSelector

from queuebit.worker.executor import Assignment, EndReport, Executor, Report, RunEnd, RunKey
from queuebit.worker.executors.dask.batching import LONGEST_WAIT_S, WAITED, Batching
from queuebit.worker.executors.dask.events import Ask, Batch
from queuebit.worker.executors.dask.exceptions import ClusterError, require_dask
from queuebit.worker.executors.dask.mailbox import Mailbox
from queuebit.worker.executors.dask.members import Member, ask_interval_s, least_busy
from queuebit.worker.executors.dask.wire import Happening, Order, Printed

LOCAL = "local"
"""The address that stands for a cluster on this machine, which begins and ends with the executor."""

# So often a worker is asked if there is nothing to ask, so that it knows that somebody still may come.
_IDLE_ASK_S = 30.0

# A worker that didn't answer is asked again so much later.
_SILENCE_S = 0.5


@dataclass(slots=True, eq=False)
class _DaskRun:
    """A run in hand."""

    number: int
    assignment: Assignment
    batch: Batch | None = None
    sent: float = math.inf
    progress: tuple[int, int] = (0, 0)
    printed: str = ""
    is_stopping: bool = False
    has_begun: bool = False

    @property
    def key(self) -> RunKey:
        return self.assignment.key


class DaskExecutor(Executor):
    """Gives runs to the workers of a Dask cluster, several short ones at a time.

    A run that ends because its worker was lost has DIED, since it may have begun; if the worker was meant to leave, or
    the scheduler is gone, it is RETURNED.
    """

    def __init__(
        self,
        files: Path,
        address: str,
        *,
        processes: int = 1,
        module_path: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create the executor; :meth:`open` connects.

        Args:
            files: the store's folder of array files. Workers that see it write there, others send what they'd write.
            address: the scheduler's, as ``tcp://host:8786``, or its file's, ``….json``; ``local`` for a cluster on this
                machine, which begins and ends with the executor.
            processes: how many workers a cluster on this machine has.
            module_path: folders of the user's own modules, where workers have them too.
            clock: seconds that only go forward.

        Raises:
            ClusterError: if Dask isn't installed.
            ValueError: if the address is empty.
        """
        require_dask()
        self._files = files
        self._address = address
        self._processes = processes
        self._module_path = module_path
        self._clock = clock
        self._mailbox = Mailbox()
        self._batching = Batching()
        self._numbers = itertools.count(1)
        self._members: list[Member] = []
        self._runs: dict[int, _DaskRun] = {}
        self._by_key: dict[RunKey, _DaskRun] = {}
        self._pending: deque[_DaskRun] = deque()
        self._left: dict[str, set[int]] = {}
        self._reports: list[Report] = []
        self._error: ClusterError | None = None
        if not address:
            raise ValueError("the address of the Dask scheduler is empty; it is like tcp://host:8786, or `local`")

    def open(self, selector: BaseSelector) -> None:
        """Begin to connect with the cluster."""
        # Imported here: it takes a third of a second.
        from queuebit.worker.executors.dask.link import Link

        self._selector = selector
        selector.register(self._mailbox, EVENT_READ, self._mailbox.read)
        self._link = Link(
            self._address,
            self._files,
            local_processes=self._processes if self._address == LOCAL else 0,
            module_path=self._module_path,
            mailbox=self._mailbox,
            listener=self,
        )

    def num_free(self) -> int:
        """Return how many more runs the workers take, those included that would wait there because they are short."""
        return max(0, self.num_parallel() * self._batching.each - len(self._runs))

    def num_parallel(self) -> int:
        """Return how many threads all workers have."""
        return sum(member.nthreads for member in self._members)

    def prepare(self, num_waiting: int) -> None:
        """Do nothing: workers start their children by themselves, and how many workers there are is the cluster's."""

    def start(self, assignment: Assignment) -> None:
        """Take a run; it goes to a worker with the next :meth:`tick`, together with others."""
        run = _DaskRun(next(self._numbers), assignment)
        self._runs[run.number] = self._by_key[run.key] = run
        self._pending.append(run)

    def stop(self, key: RunKey) -> None:
        """Have the run's worker stop it."""
        self._request(key, kill=False)

    def kill(self, key: RunKey) -> None:
        """Have the run's worker end it now."""
        self._request(key, kill=True)

    def _request(self, key: RunKey, *, kill: bool) -> None:
        run = self._by_key.get(key)
        if run is None:
            return
        if run.batch is None:
            self._pending.remove(run)
            self._end(run, RunEnd.STOPPED)
        elif kill or not run.is_stopping:
            run.is_stopping = True
            member = run.batch.member
            (member.kill if kill else member.stop).add(run.number)
            member.ask_at = -math.inf

    def progress(self, key: RunKey) -> tuple[int, int]:
        """Return how much was done when the worker was asked last."""
        run = self._by_key.get(key)
        return run.progress if run is not None else (0, 0)

    def printed(self, key: RunKey) -> str:
        """Return what the worker has told of what was printed."""
        run = self._by_key.get(key)
        if run is None:  # it has ended, which is about to be taken
            return ""
        printed, run.printed = run.printed, ""
        return printed

    def take_reports(self) -> list[Report]:
        """Return what has happened since the last call."""
        reports, self._reports = self._reports, []
        return reports

    def tick(self) -> None:
        """Give runs to workers, and ask them.

        Raises:
            ClusterError: if the cluster can't be used.
        """
        if self._error is not None:
            raise self._error
        self._send()
        now = self._clock()
        for member in self._members:
            if now >= member.ask_at:
                self._ask(member, now)

    def next_tick_s(self) -> float:
        """Return the seconds until a run can be sent, or a worker asked."""
        if self._error is not None or self._can_send():
            return 0.0
        return max(0.0, min((member.ask_at for member in self._members), default=math.inf) - self._clock())

    def close(self) -> None:
        """End all runs, leave the cluster, and wait for that."""
        self._link.close()
        self._selector.unregister(self._mailbox)
        self._mailbox.close()

    # To the workers.

    def _can_send(self) -> bool:
        return bool(self._pending) and any(member.room(self._batching.each) for member in self._members)

    def _send(self) -> None:
        blocked: list[_DaskRun] = []
        while self._can_send():
            run = self._pending.popleft()
            member = least_busy(self._members, self._batching.each, run.assignment.job.limits)
            if member is not None:
                self._send_batch(run, member)
            elif any(each.suffices(run.assignment.job.limits) for each in self._members):
                blocked.append(run)
            else:
                self._refuse(run)
        self._pending.extendleft(reversed(blocked))

    def _send_batch(self, first: _DaskRun, member: Member) -> None:
        share = self._batching.share(len(self._pending) + 1, self.num_parallel())
        runs = [first, *self._companions(first, min(share, member.room(self._batching.each)) - 1)]
        job, now = first.assignment.job, self._clock()
        key = f"{job.job_id}-{job.attempt}-{first.key.part}-{first.number}"
        orders = tuple(Order(run.number, run.assignment) for run in runs)
        batch = Batch(key=key, member=member, orders=orders, priority=job.priority, limits=job.limits)
        for run in runs:
            run.batch, run.sent = batch, now
        self._left[key] = {run.number for run in runs}
        member.in_hand |= self._left[key]
        member.tasks.add(key)
        member.ask_at = min(member.ask_at, now + ask_interval_s(len(self._members)))
        self._link.send(batch)

    def _companions(self, first: _DaskRun, most: int) -> list[_DaskRun]:
        """Take more runs that may go in the same task."""
        found: list[_DaskRun] = []
        num_bytes = sum(map(len, first.assignment.circuits))
        job = first.assignment.job
        while self._pending and len(found) < most:
            other = self._pending[0].assignment
            num_bytes += sum(map(len, other.circuits))
            if num_bytes > self._batching.most_bytes or (other.job.priority, other.job.limits) != (
                job.priority,
                job.limits,
            ):
                break
            found.append(self._pending.popleft())
        return found

    def _refuse(self, run: _DaskRun) -> None:
        limits = run.assignment.job.limits
        error = {
            "type": "ClusterError",
            "message": (
                "no worker of the Dask cluster is labelled with enough for this job: it wants "
                f"threads={limits.threads}, memory={limits.memory_limit_bytes} bytes; the workers have "
                f"{', '.join(str(dict(member.resources)) for member in self._members)}. Ask for less, or start workers "
                "with more, as in `dask worker --resources 'threads=8 memory=64e9'`"
            ),
        }
        self._end(run, RunEnd.FAILED, error=error)

    def _ask(self, member: Member, now: float) -> None:
        ask = Ask(stop=tuple(member.stop), kill=tuple(member.kill), recall=self._overdue(member, now))
        member.stop.clear()
        member.kill.clear()
        member.ask_at = now + (ask_interval_s(len(self._members)) if member.in_hand else _IDLE_ASK_S)
        self._link.ask(member, ask)

    def _overdue(self, member: Member, now: float) -> tuple[int, ...]:
        """Return the runs that wait at a worker for too long, because others keep all its threads busy."""
        since = now - LONGEST_WAIT_S
        runs = [self._runs[number] for number in member.in_hand]
        if member.ended_at > since or sum(run.has_begun for run in runs) < member.nthreads:
            return ()
        return tuple(run.number for run in runs if not run.has_begun and run.sent <= since)

    # From the cluster; see Listener.

    def on_member(self, member: Member) -> None:
        """Take a worker in."""
        member.ask_at = self._clock() + _IDLE_ASK_S
        self._members.append(member)

    def on_gone(self, member: Member, reason: str, *, expected: bool) -> None:
        """Report the end of what ran on a worker."""
        if member in self._members:
            self._members.remove(member)
        end = RunEnd.RETURNED if expected else RunEnd.DIED
        for number in list(member.in_hand):
            self._end(self._runs[number], end, reason)

    def on_happenings(self, happenings: Sequence[Happening]) -> None:
        """Report what has happened."""
        for each in happenings:
            run = self._runs.get(each.number)
            if run is not None:
                self._on_happening(run, each)

    def _on_happening(self, run: _DaskRun, happening: Happening) -> None:
        what = happening.what
        run.has_begun = True
        if isinstance(what, Printed):
            run.printed += what.text
        elif isinstance(what, EndReport):
            if what.end is RunEnd.RETURNED:
                self._give_back_pending()
            elif happening.seconds:
                self._batching.note(happening.seconds)
            self._forget(run)
            self._reports.append(replace(what, key=run.key, printed=run.printed + what.printed))
        else:
            self._reports.append(replace(what, key=run.key))

    def on_answer(self, member: Member, progress: Mapping[int, tuple[int, int]], unknown: Sequence[int]) -> None:
        """Take in how far runs are, and which won't begin."""
        for number, done in progress.items():
            if number in self._runs:
                run = self._runs[number]
                run.has_begun, run.progress = True, max(done, run.progress)
        for run in [self._runs[number] for number in unknown if number in self._runs]:
            if not run.is_stopping:
                self._give_back_pending()
            self._end(run, RunEnd.RETURNED, WAITED)

    def _give_back_pending(self) -> None:
        """Give back what hasn't been sent: it was taken because runs seemed to be shorter than they are."""
        self._batching.note(LONGEST_WAIT_S)
        while self._pending:
            self._end(self._pending.popleft(), RunEnd.RETURNED, WAITED)

    def on_silence(self, member: Member, ask: Ask) -> None:
        """Ask again, soon."""
        member.stop |= member.in_hand.intersection(ask.stop)
        member.kill |= member.in_hand.intersection(ask.kill)
        if member.stop or member.kill:
            member.ask_at = min(member.ask_at, self._clock() + _SILENCE_S)

    def on_broken(self, batch: Batch, reason: str) -> None:
        """Report that a task's runs are lost."""
        for number in list(self._left.get(batch.key, ())):
            self._end(self._runs[number], RunEnd.DIED, reason)

    def on_disconnected(self, reason: str) -> None:
        """Give back everything."""
        self._members.clear()
        self._pending.clear()
        for run in list(self._runs.values()):
            self._end(run, RunEnd.RETURNED, reason)

    def on_failed(self, error: ClusterError) -> None:
        """Have the next :meth:`tick` raise it."""
        self._error = error

    # Ends.

    def _end(self, run: _DaskRun, end: RunEnd, reason: str = "", *, error: Mapping[str, object] | None = None) -> None:
        """Report the end of a run of which nobody else will tell."""
        if run.is_stopping and end in (RunEnd.DIED, RunEnd.RETURNED):
            end = RunEnd.STOPPED
        self._forget(run)
        self._reports.append(EndReport(key=run.key, end=end, reason=reason, error=error, printed=run.printed))

    def _forget(self, run: _DaskRun) -> None:
        del self._runs[run.number]
        if self._by_key.get(run.key) is run:
            del self._by_key[run.key]
        batch = run.batch
        if batch is None:
            return
        batch.member.ended_at = self._clock()
        for numbers in (batch.member.in_hand, batch.member.stop, batch.member.kill, self._left[batch.key]):
            numbers.discard(run.number)
        if not self._left[batch.key]:
            del self._left[batch.key]
            batch.member.tasks.discard(batch.key)
            self._link.forget(batch.key, [order.number for order in batch.orders])
