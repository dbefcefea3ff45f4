"""The way of a job through a worker service: claimed, started whole or in parts, followed, written down.

Everything here happens in steps that never wait, so that it can be stepped through without processes and without time.
"""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from queuebit.store.array_files import delete_files
from queuebit.store.endings import worker_lost_error
from queuebit.store.exceptions import LostClaimError, StoreCorruptError, StoreError, StoreUnusableError, UnknownJobError
from queuebit.store.records import Claim, StoredResult, Usage
from queuebit.store.states import JobState
from queuebit.store.store import JobStore
from queuebit.worker.backlog import LONGEST_WAIT_S, Backlog
from queuebit.worker.endings import GATHER_S, Ending, Endings, EndKind
from queuebit.worker.executor import Assignment, CircuitReport, EndReport, Executor, RunEnd, RunKey
from queuebit.worker.executors.run_watch import TIME_LIMIT_ERROR, took_too_long
from queuebit.worker.running_job import RunningJob, first_in_line

_logger = logging.getLogger(__name__)

# A store that can't be written to, because its disk is full, is tried again so much later.
_PAUSE_S = 1.0

ClaimKey = tuple[str, int, str | None]


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
        self._running: dict[ClaimKey, RunningJob] = {}
        # Of those, the ones that have parts which wait; and when something of one has to be written down.
        self._unstarted: dict[ClaimKey, RunningJob] = {}
        self._next_writing = math.inf
        self._endings = Endings(store, self._on_lost)
        self._losses: list[tuple[Claim, str, Usage]] = []
        self._is_claiming = True
        self._may_have_more = True
        self._is_hinted = False
        self._claimed_at = -math.inf
        self._pause_until = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether there is no job here, nor anything to be written down of one."""
        return not (self._running or len(self._backlog) or len(self._endings) or self._losses)

    def step(self, *, look: bool) -> None:
        """Do everything that can be done now.

        Args:
            look: whether there may be something new in the store.
        """
        self._executor.tick()
        for report in self._executor.take_reports():
            self._on_report(report)
        # First work for whoever has none, then the disk.
        with self._pausing():
            self._claim_urgent()
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
        has_claimed, most = False, 1
        while self._may_have_more and (limit := self._num_to_claim()) > 0:
            if self._backlog.may_be_cut(self._executor.num_parallel()):
                limit, most = min(limit, most), 2 * most
            has_claimed, self._claimed_at = True, self._clock()
            claims = self._store.claim(self._worker_id, limit)
            self._may_have_more = len(claims) == limit
            self._backlog.add(claims, self._clock())
            self.has_changed = self.has_changed or bool(claims)
            # Perhaps the parts of these fill all room.
            self._start()
        if look or has_claimed:
            self._ask_for_room()

    def _num_to_claim(self) -> int:
        return self._backlog.num_to_claim(self._executor.num_free(), self._executor.num_parallel())

    def _claim_urgent(self) -> None:
        """Let jobs of a greater priority overtake the parts that wait here."""
        first = first_in_line(self._unstarted.values())
        num_free = self._executor.num_free()
        if first is None or not num_free or not self._is_claiming or self._is_pausing():
            return
        claims = self._store.claim(self._worker_id, num_free, above=first.claim.job.priority)
        self._backlog.add_first(claims, self._clock())
        self.has_changed = self.has_changed or bool(claims)

    def _ask_for_room(self) -> None:
        """Have the executor get ready for what waits."""
        num_waiting = len(self._backlog) - self._executor.num_free()
        num_waiting += sum(len(job.waiting) for job in self._unstarted.values())
        if self._may_have_more:
            num_waiting += self._store.statistics()[JobState.QUEUED]
        if num_waiting > 0:
            self._executor.prepare(num_waiting)

    def _start(self) -> None:
        while self._executor.num_free():
            job = self._next_job()
            if job is None:
                return
            if job.is_over:
                # Its worker died between the last result and the end.
                self._end(job)
                continue
            assignment = job.begin_part(self._clock())
            self._note_waiting(job)
            self._executor.start(self._limited(assignment))

    def _next_job(self) -> RunningJob | None:
        """Return the job whose next part shall start: of those that have begun, or the one that was claimed first."""
        begun = first_in_line(self._unstarted.values())
        claim = self._backlog.first()
        if claim is None or (begun is not None and begun.place <= (-claim.job.priority, claim.job.sequence)):
            return begun
        claim = self._backlog.take()
        job = self._running[claim.key] = RunningJob.of(claim, self._clock())
        self._note_waiting(job)
        self._note_writing(job)
        return job

    def _note_waiting(self, job: RunningJob) -> None:
        if job.waiting:
            self._unstarted[job.claim.key] = job
        else:
            self._unstarted.pop(job.claim.key, None)

    def _note_writing(self, job: RunningJob) -> None:
        self._next_writing = min(self._next_writing, job.next_change())

    def _limited(self, assignment: Assignment) -> Assignment:
        """Return a part with what is left of its job's time."""
        job, claim = self._running[assignment.key[:3]], assignment.job
        if claim.limits.time_limit_s is None or not job.is_cut:
            return assignment
        left_s = max(0.0, claim.limits.time_limit_s - (self._clock() - job.begun))
        return replace(assignment, job=replace(claim, limits=replace(claim.limits, time_limit_s=left_s)))

    def _stop_cancelled(self) -> None:
        for job_id in self._store.cancel_requests(self._worker_id):
            waiting = self._backlog.take_job(job_id)
            if waiting is not None:
                self._endings.add(Ending(claim=waiting, kind=EndKind.CANCEL), self._clock())
            for job in [job for job in self._running.values() if job.claim.job.job_id == job_id]:
                self._stop(job, self._executor.stop)

    def _stop(self, job: RunningJob, stop: Callable[[RunKey], None]) -> None:
        """Have nothing of a job run any more."""
        self._stop_runs(job, stop)
        if job.is_over:
            self._end(job)

    def _stop_runs(self, job: RunningJob, stop: Callable[[RunKey], None]) -> None:
        job.drop_waiting()
        self._note_waiting(job)
        for key in job.running:
            stop(key)

    # From the executor to the store.

    def _on_report(self, report: CircuitReport | EndReport) -> None:
        job = self._running.get(report.key[:3])
        if job is None or report.key not in job.running:
            # The claim was lost, and the run was ended for that.
            self._delete_files(report.key.job_id, [report.result] if report.result else [])
            return
        if report.result is not None:
            job.add(report.result, report.key.part, self._clock())
            self._note_writing(job)
        if isinstance(report, EndReport):
            self._on_end(job, report)

    def _on_end(self, job: RunningJob, report: EndReport) -> None:
        assignment, begun = job.end_part(report.key)
        self._backlog.note_run(self._clock() - begun)
        job.printed += report.printed
        match report.end:
            case RunEnd.FAILED:
                self._on_failure(job, report)
            case RunEnd.STOPPED:
                job.is_stopping = True
            case RunEnd.DIED | RunEnd.RETURNED if job.is_cut or report.end is RunEnd.RETURNED:
                self._run_again(job, assignment, report)
                report = replace(report, usage=Usage())
            case RunEnd.DIED:
                job.lost_reason = report.reason
        job.use(report.usage)
        if job.is_over:
            self._end(job)

    def _on_failure(self, job: RunningJob, report: EndReport) -> None:
        error = report.error or {}
        if error.get("circuit_index") is not None:
            job.fail(error)
            return
        limit_s = job.claim.job.limits.time_limit_s
        if limit_s is not None and error.get("type") == TIME_LIMIT_ERROR:
            # The part has had what was left of it.
            error = {**error, "message": took_too_long(limit_s)}
        job.fail(error)
        # It isn't about a circuit: all other parts would fail alike.
        self._stop_runs(job, self._executor.stop)

    def _run_again(self, job: RunningJob, assignment: Assignment, report: EndReport) -> None:
        """Have what is left of a part run once more, unless it has ended its process too often."""
        part, num_parts = assignment.key.part, job.claim.job.num_parts
        deaths = job.deaths[part] = job.deaths.get(part, 0) + (report.end is RunEnd.DIED)
        left = [index for index in assignment.indices if index in job.left[part]]
        if deaths >= job.claim.job.limits.max_attempts and left:
            job.fail({**worker_lost_error(deaths, report.reason), "circuit_index": left[0]})
        if job.is_stopping or not left or left[0] in job.errors:
            job.use(report.usage)
            return
        job.put_back(assignment)
        self._note_waiting(job)
        which = f"part {part + 1} of {num_parts}" if job.is_cut else "it"
        self._losses.append((job.claim, f"{which} runs again: {report.reason}", report.usage))

    def _end(self, job: RunningJob) -> None:
        """Have the end of a job written down."""
        del self._running[job.claim.key]
        kind = self._kind_of_end(job)
        if kind in (EndKind.LOSE, EndKind.RELEASE):
            self._may_have_more = self.has_released = True
        progress = job.progress
        if kind is EndKind.FINISH:
            progress = (progress[1], progress[1])
        printed, job.printed = job.printed, ""
        ending = Ending(
            claim=job.claim,
            kind=kind,
            results=job.take_results(),
            usage=job.usage,
            error=job.error() if job.errors else None,
            reason=job.release_reason or job.lost_reason,
            progress=progress if printed or progress != job.progress else None,
            printed=printed,
        )
        self._endings.add(ending, self._clock())

    def _kind_of_end(self, job: RunningJob) -> EndKind:
        if job.lost_reason:
            return EndKind.LOSE
        if job.is_stopping and job.release_reason:
            return EndKind.RELEASE
        if job.errors:
            return EndKind.FAIL
        return EndKind.CANCEL if job.is_stopping else EndKind.FINISH

    def _write(self) -> None:
        now = self._clock()
        if self._is_pausing():
            return
        if self._backlog.waited_too_long(now):
            self._backlog.note_run(LONGEST_WAIT_S)
            self._give_back_waiting("it was claimed ahead, but no process became free for it")
        # Before the ends of their jobs.
        self._write_losses()
        if self._endings and now >= self._endings_due():
            self._endings.write()
            self.has_changed = True
        if now >= self._next_writing:
            self._write_all_running(now)

    def _write_all_running(self, now: float) -> None:
        for job in list(self._running.values()):
            try:
                self._write_running(job, now)
            except LostClaimError:
                self._on_lost(job.claim, job.results)
        self._next_writing = min((job.next_change() for job in self._running.values()), default=math.inf)

    def _write_losses(self) -> None:
        while self._losses:
            claim, reason, usage = self._losses[0]
            try:
                self._store.lose_part(claim, reason, usage)
            except LostClaimError:
                self._on_lost(claim, ())
            del self._losses[0]
            self.has_changed = True

    def _write_running(self, job: RunningJob, now: float) -> None:
        if job.must_keep(now):
            self._store.keep_results(job.claim, job.results)
            job.take_results()
            self.has_changed = True
        if job.must_report(now):
            progress = self._progress(job)
            # What couldn't be written down the last time comes first, so that there is never much of it.
            job.printed = job.printed or "".join(map(self._executor.printed, job.running))
            if job.printed or progress != job.progress:
                done, total = progress
                self._store.report(job.claim, progress_done=done, progress_total=total, log=job.printed)
                job.progress, job.printed = progress, ""
                self.has_changed = True

    def _progress(self, job: RunningJob) -> tuple[int, int]:
        if job.claim.job.num_circuits == 1 and not job.is_cut:
            return next(map(self._executor.progress, job.running), job.progress)
        return job.counted()

    def _on_lost(self, claim: Claim, results: Sequence[StoredResult]) -> None:
        """Forget a job that somebody else has, and stop its runs."""
        _logger.warning("job %s, attempt %d, isn't this worker's any more", claim.job.job_id, claim.job.attempt)
        job = self._running.pop(claim.key, None)
        self._unstarted.pop(claim.key, None)
        for key in job.running if job is not None else ():
            self._executor.kill(key)
        self._delete_files(claim.job.job_id, results)

    def _delete_files(self, job_id: str, results: Sequence[StoredResult]) -> None:
        """Delete what nobody will name; what isn't deleted now is collected as orphans."""
        names = {name for result in results for name in result.files}
        if not names:
            return
        try:
            # A commit that was said to have failed may be there all the same, after a fault of the disk.
            kept = {name for result in self._store.results(job_id) for name in result.files}
        except UnknownJobError:
            kept = set()
        except StoreError:
            return
        delete_files(self._store.files, sorted(names - kept))

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
        for job in list(self._running.values()):
            job.release_reason = reason
            self._stop(job, self._executor.kill)

    def _give_back_waiting(self, reason: str) -> None:
        for claim in self._backlog.take_all():
            self._endings.add(Ending(claim=claim, kind=EndKind.RELEASE, reason=reason), self._clock())
            self._may_have_more = self.has_released = True

    def next_step_s(self) -> float:
        """Return in how many seconds there is something to do, if nothing happens before; infinity if nothing will."""
        now = self._clock()
        times = [self._next_writing, self._endings_due(), self._backlog.next_change()]
        if self._is_hinted:
            times.append(self._next_look())
        writing = max(min(times), self._pause_until)
        return max(0.0, min(writing - now, self._executor.next_tick_s()))

    def _endings_due(self) -> float:
        return self._endings.due(more_to_come=len(self._backlog) > 0 or (self._is_hinted and self._is_claiming))

    def _is_pausing(self) -> bool:
        return self._clock() < self._pause_until
