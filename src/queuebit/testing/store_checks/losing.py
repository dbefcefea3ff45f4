"""Jobs that come back: given back by their worker, or taken from a dead one."""

from __future__ import annotations

from queuebit.store import JobState, Limits
from queuebit.testing.store_checks.fixtures import StoreFixtures, new_job, new_worker


class ReleaseChecks(StoreFixtures):
    """`release()` gives a job back unfinished."""

    def test_a_released_job_is_queued_again(self) -> None:
        """It is QUEUED with nobody at it, in the attempt that it was in, and no worker has died."""
        job = self.store.release(self.running(), "stopping")
        assert (job.state, job.worker_id, job.attempt, job.crashes) == (JobState.QUEUED, None, 1, 0)
        assert job.finished_us is None
        assert job == self.store.get(job.job_id)

    def test_releasing_is_no_crash(self) -> None:
        """However often a job is given back, it isn't given up."""
        self.submit(limits=Limits(max_attempts=1))
        for attempt in range(1, 6):
            claim = self.claim()
            assert claim.job.attempt == attempt
            assert self.store.release(claim, "stopping").crashes == 0

    def test_a_released_job_has_its_old_place(self) -> None:
        """It comes before those that were submitted after it."""
        claim = self.running()
        self.submit()
        self.store.release(claim, "stopping")
        assert self.claim().job.job_id == claim.job.job_id


class LoseChecks(StoreFixtures):
    """`lose()` notes that what ran a job died."""

    def test_a_lost_job_is_queued_again(self) -> None:
        """It is QUEUED with nobody at it, and the death is counted."""
        job = self.store.lose(self.running(), "SIGSEGV")
        assert (job.state, job.worker_id, job.attempt, job.crashes) == (JobState.QUEUED, None, 1, 1)
        assert job.finished_us is None
        assert job == self.store.get(job.job_id)

    def test_a_job_is_given_up_after_max_attempts_deaths(self) -> None:
        """The death that reaches `max_attempts` makes it ERROR, and the error says how the last one was."""
        self.submit(limits=Limits(max_attempts=2))
        self.store.lose(self.claim(), "SIGSEGV")
        self.store.release(self.claim(), "stopping")
        job = self.store.lose(self.claim(), "exit code 3")
        assert (job.state, job.attempt, job.crashes, job.worker_id) == (JobState.ERROR, 3, 2, None)
        assert job.finished_us is not None
        assert job.error is not None
        assert job.error["type"] == "worker_lost"
        assert "exit code 3" in job.error["message"]
        assert "2 times" in job.error["message"]
        assert self.store.claim(self.worker_id, 1) == []


class RecoverChecks(StoreFixtures):
    """`recover()` takes jobs from workers that are dead."""

    def test_jobs_of_a_dead_worker_are_queued_again(self) -> None:
        """Its jobs come back in the order of their submission, as they are now, and it is forgotten."""
        self.store.submit([new_job() for _ in range(3)])
        claims = self.store.claim(self.worker_id, 2)
        recovered = self.store.recover(lambda worker: False)
        assert [job.job_id for job in recovered] == [claim.job.job_id for claim in claims]
        assert recovered == [self.store.get(job.job_id) for job in recovered]
        assert {(job.state, job.crashes, job.worker_id) for job in recovered} == {(JobState.QUEUED, 1, None)}
        assert self.store.workers() == []
        assert len(self.store.claim(self.worker_again(), 3)) == 3

    def test_jobs_of_a_living_worker_are_left(self) -> None:
        """A worker that lives keeps its jobs, while another's are taken."""
        self.store.submit([new_job(), new_job()])
        alive = new_worker(pid=1)
        self.store.register_worker(alive)
        (kept,) = self.store.claim(alive.worker_id, 1)
        lost = self.claim()
        recovered = self.store.recover(lambda worker: worker == alive)
        assert [job.job_id for job in recovered] == [lost.job.job_id]
        assert self.store.get(kept.job.job_id) == kept.job
        assert self.store.workers() == [alive]

    def test_jobs_of_a_worker_that_is_not_registered_are_taken(self) -> None:
        """Nobody can tell whether such a worker lives, so it doesn't."""
        claim = self.running()
        self.store.unregister_worker(self.worker_id)
        (job,) = self.store.recover(lambda worker: True)
        assert (job.job_id, job.state) == (claim.job.job_id, JobState.QUEUED)

    def test_recovering_counts_as_a_death(self) -> None:
        """A job whose workers have died `max_attempts` times is ERROR."""
        claim = self.running(limits=Limits(max_attempts=1))
        (job,) = self.store.recover(lambda worker: False)
        assert (job.state, job.crashes) == (JobState.ERROR, 1)
        assert job.error is not None
        assert job.error["type"] == "worker_lost"
        assert str(claim.job.worker_id) in job.error["message"]
        assert "4711" in job.error["message"]

    def test_recovering_twice_takes_nothing_more(self) -> None:
        """What has been taken isn't taken again."""
        self.running()
        assert len(self.store.recover(lambda worker: False)) == 1
        assert self.store.recover(lambda worker: False) == []

    def test_recovering_asks_about_each_worker(self) -> None:
        """Each registered worker is shown as it was registered; one that is dead without a job is forgotten, too."""
        workers = [new_worker(pid=pid, started_us=pid) for pid in (1, 2, 3)]
        for worker in workers:
            self.store.register_worker(worker)
        seen = []

        def is_alive(worker: object) -> bool:
            seen.append(worker)
            return worker != workers[1]

        assert self.store.recover(is_alive) == []
        assert seen == workers
        assert self.store.workers() == [workers[0], workers[2]]

    def worker_again(self) -> str:
        """Register a new worker."""
        worker = new_worker()
        self.store.register_worker(worker)
        return worker.worker_id
