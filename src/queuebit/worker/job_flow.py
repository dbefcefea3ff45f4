"""The way of a job through a worker service: claimed, started, followed, written down.

Everything here happens in steps that never wait, so that it can be stepped through without processes and without time.
"""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from queuebit.store.array_files import delete_files
from queuebit.store.exceptions import LostClaimError, StoreCorruptError, StoreError, StoreUnusableError
from queuebit.store.records import Claim, StoredResult
from queuebit.store.states import JobState
from queuebit.store.store import JobStore
from queuebit.worker.backlog import LONGEST_WAIT_S, Backlog
from queuebit.worker.endings import GATHER_S, Ending, Endings, EndKind
from queuebit.worker.executor import CircuitReport, EndReport, Executor, RunEnd, RunKey
from queuebit.worker.running_job import RunningJob

_logger = logging.getLogger(__name__)

# A store that can't be written to, because its disk is full, is tried again so much later.
_PAUSE_S = 1.0

_KINDS = {
    RunEnd.FINISHED: EndKind.FINISH,
    RunEnd.FAILED: EndKind.FAIL,
    RunEnd.STOPPED: EndKind.CANCEL,
    RunEnd.DIED: EndKind.LOSE,
}


class JobFlow:
    """Takes jobs from the store to the executor, and what becomes of them back.

    Attributes:
        has_changed: whether a commit has changed a job since the owner last set this to False.
        has_released: likewise, whether a job was given back that another service could take.
    """

    def __init__(self, store: JobStore, executor: Executor, worker_id: str, clock: Callable[[], float]) -> None:
        """Begin without a job.

        Args:
            store: where the jobs are.
            executor: where they run; it is open.
            worker_id: the registered worker that claims them.
            clock: seconds that only go forward.
        """
        self.has_changed = self.has_released = False
        self._store = store
        self._executor = executor
        self._worker_id = worker_id
        self._clock = clock
        self._backlog = Backlog()
        self._running: dict[RunKey, RunningJob] = {}
        self._endings = Endings(store, self._on_lost)
        self._is_claiming = True
        self._may_have_more = True
        self._is_hinted = False
        self._claimed_at = -math.inf
        self._pause_until = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether there is no job here, nor anything to be written down of one."""
        return not (self._running or len(self._backlog) or len(self._endings))

    def step(self, *, look: bool) -> None:
        """Do everything that can be done now.

        Args:
            look: whether there may be something new in the store.
        """
        self._executor.tick()
        for report in self._executor.take_reports():
            self._on_report(report)
        # First work for whoever has none, then the disk.
        self._start()
        self._is_hinted = self._is_hinted or look
        with self._pausing():
            is_looking = self._is_hinted and self._clock() >= self._next_look()
            if is_looking:
                self._stop_cancelled()
                self._is_hinted = False
            self._write()
            self._claim(look=is_looking)
        self._start()

    def _next_look(self) -> float:
        """Return when to look into the store after a hint.

        Of jobs that come one by one while others run, several are claimed at once: each commit holds up who submits.
        """
        return max(self._pause_until, -math.inf if self.is_empty else self._claimed_at + GATHER_S)

    @contextmanager
    def _pausing(self) -> Iterator[None]:
        """Skip over what the store can't do; it is tried again later."""
        try:
            yield
        except (StoreCorruptError, StoreUnusableError):
            raise
        except StoreError as error:
            _logger.warning("the store can't be written now, trying again: %s", error)
            self._pause_until = self._clock() + _PAUSE_S

    # From the store to the executor.

    def _claim(self, *, look: bool) -> None:
        self._may_have_more = self._may_have_more or look
        if not (self._is_claiming and self._may_have_more) or self._is_pausing():
            return
        limit = self._backlog.num_to_claim(self._executor.num_free(), self._executor.num_parallel())
        if limit > 0:
            self._claimed_at = self._clock()
            claims = self._store.claim(self._worker_id, limit)
            self._may_have_more = len(claims) == limit
            self._backlog.add(claims, self._clock())
            self.has_changed = self.has_changed or bool(claims)
        if look or limit > 0:
            self._ask_for_room()

    def _ask_for_room(self) -> None:
        """Have the executor get ready for the jobs that wait."""
        num_waiting = len(self._backlog) - self._executor.num_free()
        if self._may_have_more:
            num_waiting += self._store.statistics()[JobState.QUEUED]
        if num_waiting > 0:
            self._executor.prepare(num_waiting)

    def _start(self) -> None:
        while len(self._backlog) and self._executor.num_free():
            claim, now = self._backlog.take(), self._clock()
            ours = Claim(job=claim.job, circuits=(), finished=frozenset())
            if len(claim.finished) == claim.job.num_circuits:
                # Its worker died between the last result and the end.
                self._endings.add(Ending(claim=ours, kind=EndKind.FINISH), now)
                continue
            self._running[claim.key] = RunningJob(ours, begun=now)
            self._executor.start(claim)

    def _stop_cancelled(self) -> None:
        for job_id in self._store.cancel_requests(self._worker_id):
            waiting = self._backlog.take_job(job_id)
            if waiting is not None:
                self._endings.add(Ending(claim=waiting, kind=EndKind.CANCEL), self._clock())
            for key in [key for key in self._running if key[0] == job_id]:
                self._executor.stop(key)

    # From the executor to the store.

    def _on_report(self, report: CircuitReport | EndReport) -> None:
        job = self._running.get(report.key)
        if job is None:
            # The claim was lost, and the run was ended for that.
            self._delete_files([report.result] if report.result else [])
        elif isinstance(report, CircuitReport):
            job.add(report.result, self._clock())
        else:
            del self._running[report.key]
            self._on_end(job, report)

    def _on_end(self, job: RunningJob, report: EndReport) -> None:
        now, kind = self._clock(), _KINDS[report.end]
        self._backlog.note_run(now - job.begun)
        if kind is EndKind.CANCEL and job.release_reason:
            kind = EndKind.RELEASE
        if kind in (EndKind.LOSE, EndKind.RELEASE):
            self._may_have_more = self.has_released = True
        done, total = job.progress
        progress = (total if kind is EndKind.FINISH else done, total)
        printed = job.unwritten + report.printed
        ending = Ending(
            claim=job.claim,
            kind=kind,
            results=[*job.take_results(), *([report.result] if report.result else [])],
            usage=report.usage,
            error=report.error,
            reason=job.release_reason or report.reason,
            progress=progress if printed or progress != job.progress else None,
            printed=printed,
        )
        self._endings.add(ending, now)

    def _write(self) -> None:
        now = self._clock()
        if self._is_pausing():
            return
        if self._backlog.waited_too_long(now):
            self._backlog.note_run(LONGEST_WAIT_S)
            self._give_back_waiting("it was claimed ahead, but no process became free for it")
        if self._endings and now >= self._endings_due():
            self._endings.write()
            self.has_changed = True
        for job in list(self._running.values()):
            try:
                self._write_running(job, now)
            except LostClaimError:
                self._on_lost(job.claim, job.results)

    def _write_running(self, job: RunningJob, now: float) -> None:
        if job.must_keep(now):
            self._store.keep_results(job.claim, job.results)
            job.take_results()
            self.has_changed = True
        if job.must_report(now):
            progress = self._executor.progress(job.claim.key)
            job.unwritten = job.unwritten or self._executor.printed(job.claim.key)
            if job.unwritten or progress != job.progress:
                self._store.report(job.claim, progress_done=progress[0], progress_total=progress[1], log=job.unwritten)
                job.progress, job.unwritten = progress, ""
                self.has_changed = True

    def _on_lost(self, claim: Claim, results: Sequence[StoredResult]) -> None:
        """Forget a job that somebody else has, and stop its run."""
        _logger.warning("job %s, attempt %d, isn't this worker's any more", claim.job.job_id, claim.job.attempt)
        if self._running.pop(claim.key, None) is not None:
            self._executor.kill(claim.key)
        self._delete_files(results)

    def _delete_files(self, results: Sequence[StoredResult]) -> None:
        delete_files(self._store.files, [name for result in results for name in result.files])

    # The end.

    def stop_claiming(self, reason: str) -> None:
        """Take no more jobs, and give back those that haven't begun.

        Args:
            reason: why, for the jobs' stories.
        """
        self._is_claiming = False
        self._give_back_waiting(reason)

    def give_back_running(self, reason: str) -> None:
        """Stop all runs now, and give their jobs back with the results that are there.

        Args:
            reason: why, for the jobs' stories.
        """
        for key, job in list(self._running.items()):
            job.release_reason = reason
            self._executor.kill(key)

    def _give_back_waiting(self, reason: str) -> None:
        for claim in self._backlog.take_all():
            self._endings.add(Ending(claim=claim, kind=EndKind.RELEASE, reason=reason), self._clock())
            self._may_have_more = self.has_released = True

    def next_step_s(self) -> float:
        """Return in how many seconds there is something to do, if nothing happens before; infinity if nothing will."""
        now = self._clock()
        times = [job.next_change() for job in self._running.values()]
        times += [self._endings_due(), self._backlog.next_change()]
        if self._is_hinted:
            times.append(self._next_look())
        writing = max(min(times), self._pause_until)
        return max(0.0, min(writing - now, self._executor.next_tick_s()))

    def _endings_due(self) -> float:
        return self._endings.due(more_to_come=len(self._backlog) > 0 or (self._is_hinted and self._is_claiming))

    def _is_pausing(self) -> bool:
        return self._clock() < self._pause_until
