"""How runs end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from queuebit.store import Claim, JobRecord, JobState, JobStore, Limits, StoredResult, Usage
from queuebit.testing.store_checks.fixtures import RESULT, StoreFixtures, new_job

ERROR: dict[str, object] = {"type": "QiskitError", "message": "no such gate\nin line 2", "circuit_index": 0}

End = Callable[[JobStore, Claim], JobRecord | None]
ENDS: dict[str, End] = {
    "finish": lambda store, claim: store.finish([(claim, [RESULT], Usage())])[0],
    "fail": lambda store, claim: store.fail(claim, ERROR),
    "cancelled": lambda store, claim: store.cancelled(claim),
    "release": lambda store, claim: store.release(claim, "stopping"),
    "lose": lambda store, claim: store.lose(claim, "SIGSEGV"),
}


class FinishChecks(StoreFixtures):
    """`finish()` ends runs well, several in one transaction."""

    def test_a_finished_job_is_done(self) -> None:
        """A run that ended well makes the job DONE, with its results, its time and nobody at it."""
        claim = self.running()
        job = self.finish(claim)
        assert (job.state, job.worker_id, job.error) == (JobState.DONE, None, None)
        assert job.finished_us is not None
        assert job.finished_us >= (claim.job.started_us or 0)
        assert self.store.results(job.job_id) == [RESULT]
        assert job == self.store.get(job.job_id)

    def test_several_are_finished_at_once(self) -> None:
        """Each claim has its own results and its own record, in order."""
        self.store.submit([new_job() for _ in range(3)])
        claims = self.store.claim(self.worker_id, 3)
        contents = [str(number).encode() for number in range(3)]
        jobs = self.store.finish(
            [
                (claim, [StoredResult(index=0, content=content)], Usage())
                for claim, content in zip(claims, contents, strict=True)
            ]
        )
        assert [job.job_id for job in jobs if job] == [claim.job.job_id for claim in claims]
        assert [self.store.results(claim.job.job_id)[0].content for claim in claims] == contents

    def test_a_lost_claim_is_none_and_the_others_are_finished(self) -> None:
        """A claim that was lost gets None, and nothing of it is kept."""
        self.store.submit([new_job() for _ in range(3)])
        first, lost, last = self.store.claim(self.worker_id, 3)
        self.store.release(lost, "stopping")
        ended = self.store.finish([(claim, [RESULT], Usage(cpu_s=1.0)) for claim in (first, lost, last)])
        assert [job and job.state for job in ended] == [JobState.DONE, None, JobState.DONE]
        assert self.store.results(lost.job.job_id) == []
        assert self.store.get(lost.job.job_id).cpu_s == 0.0

    def test_one_claim_is_finished_once(self) -> None:
        """A claim that is given twice holds the first time only."""
        claim = self.running()
        other = StoredResult(index=0, content=b"other")
        first, second = self.store.finish([(claim, [RESULT], Usage()), (claim, [other], Usage())])
        assert first is not None
        assert second is None
        assert self.store.results(claim.job.job_id) == [RESULT]

    def test_finish_of_nothing_is_nothing(self) -> None:
        """An empty list of claims ends nothing."""
        assert self.store.finish([]) == []

    def test_results_that_are_kept_stay(self) -> None:
        """A run ends with the results that were kept before and those that come with the end."""
        claim = self.running(circuits=(b"a", b"b"))
        self.store.keep_results(claim, [RESULT])
        second = StoredResult(index=1, content=b"second")
        self.finish(claim, [second])
        assert self.store.results(claim.job.job_id) == [RESULT, second]


class EndChecks(StoreFixtures):
    """Runs that don't end well."""

    def test_a_failed_job_is_in_error(self) -> None:
        """A run that raised makes the job ERROR, with the error as it was told and the results that there are."""
        job = self.store.fail(self.running(circuits=(b"a", b"b")), ERROR, [RESULT])
        assert (job.state, job.error, job.worker_id) == (JobState.ERROR, ERROR, None)
        assert job.finished_us is not None
        assert self.store.results(job.job_id) == [RESULT]
        assert job == self.store.get(job.job_id)

    def test_a_failure_is_not_tried_again(self) -> None:
        """The same would happen again, so nobody gets the job."""
        self.store.fail(self.running(), ERROR)
        assert self.store.claim(self.worker_id, 1) == []

    def test_a_stopped_job_is_cancelled(self) -> None:
        """A run that was stopped makes the job CANCELLED, and what it has done is kept."""
        claim = self.running(circuits=(b"a", b"b"))
        job = self.store.cancelled(claim, [RESULT])
        assert (job.state, job.worker_id, job.error) == (JobState.CANCELLED, None, None)
        assert job.finished_us is not None
        assert self.store.results(job.job_id) == [RESULT]

    @pytest.mark.parametrize("end", ["release", "lose"])
    def test_usage_adds_up_over_attempts(self, end: str) -> None:
        """Processor time is the sum of all attempts, memory the most of any."""
        first = self.running()
        usage = Usage(cpu_s=1.5, peak_memory_bytes=100)
        if end == "release":
            self.store.release(first, "stopping", usage)
        else:
            self.store.lose(first, "SIGSEGV", usage)
        (job,) = self.store.finish([(self.claim(), [RESULT], Usage(cpu_s=2.0, peak_memory_bytes=50))])
        assert job is not None
        assert (job.cpu_s, job.peak_memory_bytes) == (3.5, 100)

    def test_usage_of_each_end_is_kept(self) -> None:
        """Runs that fail or are stopped have used something, too."""
        usage = Usage(cpu_s=0.5, peak_memory_bytes=7)
        failed = self.store.fail(self.running(), ERROR, (), usage)
        stopped = self.store.cancelled(self.running(), (), usage)
        assert {(job.cpu_s, job.peak_memory_bytes) for job in (failed, stopped)} == {(0.5, 7)}

    def test_an_error_that_is_not_json_leaves_the_run(self) -> None:
        """An error that can't be kept raises `TypeError`, and the job still runs."""
        claim = self.running()
        with pytest.raises(TypeError):
            self.store.fail(claim, {"type": object()})
        assert self.finish(claim).state is JobState.DONE


class CancelledEndChecks(StoreFixtures):
    """A job that was to be cancelled is, however its run ends."""

    @pytest.mark.parametrize("how", ENDS)
    def test_every_end_of_a_run_to_be_cancelled_cancels(self, how: str) -> None:
        """Once cancelling was requested, finish, failure, giving back and a worker's death all make it CANCELLED."""
        claim = self.running()
        self.store.request_cancel([claim.job.job_id])
        job = ENDS[how](self.store, claim)
        assert job is not None
        assert (job.state, job.error, job.worker_id) == (JobState.CANCELLED, None, None)
        assert job.finished_us is not None
        assert self.store.claim(self.worker_id, 1) == []

    def test_the_last_death_of_a_job_to_be_cancelled_cancels(self) -> None:
        """A job that would be given up is CANCELLED when that was requested."""
        claim = self.running(limits=Limits(max_attempts=1))
        self.store.request_cancel([claim.job.job_id])
        (job,) = self.store.recover(lambda worker: False)
        assert (job.state, job.error) == (JobState.CANCELLED, None)

    def test_what_a_run_to_be_cancelled_has_done_is_kept(self) -> None:
        """Results that come with the end are kept all the same."""
        claim = self.running()
        self.store.request_cancel([claim.job.job_id])
        assert self.finish(claim).state is JobState.CANCELLED
        assert self.store.results(claim.job.job_id) == [RESULT]
