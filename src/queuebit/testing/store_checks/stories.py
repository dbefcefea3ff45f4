"""The story of a job: each thing that happened to it, with its time and reason."""

from __future__ import annotations

from queuebit.store import JobEvent, JobState, Limits
from queuebit.testing.store_checks.ending import ERROR
from queuebit.testing.store_checks.fixtures import RESULT, StoreFixtures


class StoryChecks(StoreFixtures):
    """`events()` returns what happened to a job, from the beginning."""

    def story(self, job_id: str) -> list[tuple[JobEvent, JobState, int]]:
        """Return what happened, without times."""
        return [(event.event, event.state, event.attempt) for event in self.store.events(job_id)]

    def test_a_job_that_goes_well(self) -> None:
        """Submitted, taken, finished."""
        job = self.done()
        assert self.story(job.job_id) == [
            (JobEvent.SUBMIT, JobState.QUEUED, 0),
            (JobEvent.CLAIM, JobState.RUNNING, 1),
            (JobEvent.FINISH, JobState.DONE, 1),
        ]

    def test_times_are_those_of_the_job(self) -> None:
        """The times of the story are the times that the job shows."""
        job = self.done()
        times = [event.time_us for event in self.store.events(job.job_id)]
        assert times == [job.created_us, job.started_us, job.finished_us]
        assert times == sorted(times)

    def test_a_story_names_the_worker(self) -> None:
        """What a worker did has its name; what users did has none."""
        claim = self.running()
        self.store.request_cancel([claim.job.job_id])
        self.store.update(claim.job.job_id, name="n")
        self.store.cancelled(claim)
        named = [event.worker_id for event in self.store.events(claim.job.job_id)]
        assert named == [None, self.worker_id, None, None, self.worker_id]

    def test_a_story_gives_reasons(self) -> None:
        """Reasons are there as they were told; a failure's is its kind and its first line."""
        claim = self.running()
        self.store.release(claim, "the service stops")
        self.store.lose(self.claim(), "SIGSEGV")
        self.store.update(claim.job.job_id, name="n", priority=1)
        last = self.claim()
        self.store.request_cancel([claim.job.job_id], "Ctrl-C")
        self.store.cancelled(last)
        reasons = [event.reason for event in self.store.events(claim.job.job_id)]
        assert reasons == ["", "", "the service stops", "", "SIGSEGV", "name, priority", "", "Ctrl-C", ""]
        failed = self.store.fail(self.running(), ERROR)
        assert self.store.events(failed.job_id)[-1].reason == "QiskitError: no such gate"

    def test_a_long_reason_is_cut(self) -> None:
        """A failure's reason in the story is short; the error itself is whole."""
        failed = self.store.fail(self.running(), {"type": "E", "message": "x" * 10_000})
        assert len(self.store.events(failed.job_id)[-1].reason) == 200
        assert failed.error == {"type": "E", "message": "x" * 10_000}

    def test_a_job_that_is_given_up(self) -> None:
        """Deaths are told one by one, and the last is a giving up."""
        self.submit(limits=Limits(max_attempts=2))
        self.store.lose(self.claim(), "SIGSEGV")
        claim = self.claim()
        self.store.recover(lambda worker: False)
        assert self.story(claim.job.job_id) == [
            (JobEvent.SUBMIT, JobState.QUEUED, 0),
            (JobEvent.CLAIM, JobState.RUNNING, 1),
            (JobEvent.LOSE, JobState.QUEUED, 1),
            (JobEvent.CLAIM, JobState.RUNNING, 2),
            (JobEvent.GIVE_UP, JobState.ERROR, 2),
        ]
        assert self.worker_id in self.store.events(claim.job.job_id)[-1].reason

    def test_a_run_that_ends_after_a_request_is_a_cancel(self) -> None:
        """Whatever the run came to, the story says that it was cancelled."""
        claim = self.running()
        self.store.request_cancel([claim.job.job_id])
        self.finish(claim)
        assert self.story(claim.job.job_id)[2:] == [
            (JobEvent.REQUEST_CANCEL, JobState.RUNNING, 1),
            (JobEvent.CANCEL, JobState.CANCELLED, 1),
        ]

    def test_results_and_reports_are_no_events(self) -> None:
        """What doesn't change the state isn't in the story."""
        claim = self.running()
        before = self.story(claim.job.job_id)
        self.store.keep_results(claim, [RESULT])
        self.store.report(claim, progress_done=1, progress_total=2, log="hello")
        assert self.story(claim.job.job_id) == before

    def test_a_reason_may_be_any_text(self) -> None:
        """A reason that UTF-8 can't hold doesn't stop what it is the reason of."""
        (job,) = self.store.request_cancel([self.submit().job_id], "because of \udc80 and 世界")
        assert self.store.events(job.job_id)[-1].reason == "because of \\udc80 and 世界"
