"""Many threads on one store."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from queuebit.store import JobState, Usage
from queuebit.testing.store_checks.fixtures import RESULT, StoreFixtures, new_job, new_worker

THREADS = 8
JOBS = 25
Returned = TypeVar("Returned")


class SharingChecks(StoreFixtures):
    """Threads may do anything at the same time."""

    def in_threads(self, work: Callable[[int], Returned]) -> list[Returned]:
        """Do something in several threads at once, and return what each returned."""
        with ThreadPoolExecutor(THREADS) as executor:
            return list(executor.map(work, range(THREADS)))

    def test_threads_submit_at_once(self) -> None:
        """Each submission is there, once, with a sequence of its own."""
        submitted = self.in_threads(lambda _: [self.submit().job_id for _ in range(JOBS)])
        wanted = {job_id for job_ids in submitted for job_id in job_ids}
        assert len(wanted) == THREADS * JOBS
        assert {job.job_id for job in self.store.jobs(limit=None)} == wanted

    def test_one_idempotency_key_in_many_threads_is_one_job(self) -> None:
        """Who comes second gets the first one's job."""
        jobs = self.in_threads(lambda _: self.submit(idempotency_key="k"))
        assert len({job.job_id for job in jobs}) == 1
        assert self.store.count() == 1

    def test_each_job_is_taken_once(self) -> None:
        """However many take jobs, each job is run once, and only its own worker ends it."""
        self.store.submit([new_job() for _ in range(THREADS * JOBS)])

        def run(_: int) -> list[str]:
            worker = new_worker()
            self.store.register_worker(worker)
            taken = []
            while claims := self.store.claim(worker.worker_id, 3):
                ended = self.store.finish([(claim, [RESULT], Usage()) for claim in claims])
                taken += [job.job_id for job in ended if job is not None]
            return taken

        taken = [job_id for job_ids in self.in_threads(run) for job_id in job_ids]
        assert len(taken) == len(set(taken)) == THREADS * JOBS
        assert self.store.statistics()[JobState.DONE] == THREADS * JOBS

    def test_a_refused_write_does_not_hurt_its_neighbours(self) -> None:
        """What one thread does wrong is its own error, also when others are writing at that moment."""
        taken = self.submit()

        def submit(number: int) -> list[bool]:
            return [self.try_to_submit(taken.job_id if number % 2 else None) for _ in range(JOBS)]

        outcomes = self.in_threads(submit)
        assert outcomes == [[number % 2 == 0] * JOBS for number in range(THREADS)]
        assert self.store.count() == 1 + THREADS // 2 * JOBS

    def try_to_submit(self, job_id: str | None) -> bool:
        """Submit a job, with an id of its own or a given one, and return whether that went well."""
        try:
            self.submit(**({} if job_id is None else {"job_id": job_id}))
        except Exception:
            return False
        return True
