"""Clients that all do everything to one queue at once.

``python -m tests.torture.crowd PATH SEED SECONDS NUMBER FEWEST`` starts them. Each is a process. Each writes down what
it is told, in ``PATH.N.told``. What nobody would end is cancelled at last.
"""

import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from queuebit import JobQueue
from queuebit.queue import QueueJob
from queuebit.store import FINAL_STATES, JobState, UnknownJobError
from queuebit.store.records import Part

from .laboratory import TORTURE, bell, branching, odd, of_shots, run_in_parts
from .witness import Witness

# Keys that clients have in common, so that they get each other's jobs.
NUM_KEYS = 20

SPARED = "spared"
"""A tag of jobs that no client cancels."""

# How many jobs of a client may wait or run; otherwise the service would fall behind for good.
MOST_UNFINISHED = 40


class Client:
    """One client.

    Attributes:
        mine: the jobs that it has submitted and not deleted.
    """

    def __init__(self, path: Path, number: int, seed: int) -> None:
        self.mine: list[QueueJob] = []
        self._num_submitted = 0
        self._pick = random.Random(f"{seed} {number}")
        self._witness = Witness(path.with_name(f"{path.name}.{number}.told"))
        self._queue = JobQueue(path, start_worker=False)
        self._simulator = self._queue.get_backend("basic_simulator")
        self._torture = self._queue.get_backend(TORTURE)

    def live(self, seconds: float, fewest: int) -> None:
        """Do one thing after another for so long, and until so many jobs have been submitted."""
        deadline = time.monotonic() + seconds
        weights: dict[Callable[[], None], int] = {
            self.submit: 10, self.submit_many: 3, self.submit_with_key: 3, self.submit_endless: 3,
            self.submit_in_parts: 3, self.cancel: 8, self.cancel_somebodys: 3, self.look: 10, self.update: 3,
            self.rerun: 1, self.delete: 3,
        }  # fmt: skip
        while time.monotonic() < deadline or self._num_submitted < fewest:
            self._pick.choices(list(weights), list(weights.values()))[0]()
            if sum(not job.in_final_state() for job in self.mine[-MOST_UNFINISHED:]) >= MOST_UNFINISHED:
                self.mine[-MOST_UNFINISHED].cancel()
        self._end()

    def _end(self) -> None:
        """Wait for what ends, and cancel what doesn't; the last job is in parts, and spared by all."""
        for job in self.mine:
            if job.backend().source == TORTURE:
                self._cancel(job)
        self.submit_in_parts(tags=[SPARED], max_attempts=100)
        for job in self.mine:
            job.wait_for_final_state(90)
            self._look(job)
        self._queue.close()

    # Submitting.

    def submit(self) -> None:
        seed = self._pick.randrange(5)
        job = self._simulator.run(bell(), seed_simulator=seed, priority=self._pick.randrange(-1, 2))
        self._note(job, seed=seed, num_circuits=1)

    def submit_many(self) -> None:
        seeds = [self._pick.randrange(5) for _ in range(5)]
        jobs = [self._simulator.prepare([bell()] * 3, seed_simulator=seed, shots=50) for seed in seeds]
        for job, seed in zip(self._queue.run_many(jobs), seeds, strict=True):
            self._note(job, seed=seed, num_circuits=3)

    def submit_in_parts(self, **options: object) -> None:
        seed = self._pick.randrange(5)
        parts = [Part(0, 2), *of_shots(2, 60, 3), *of_shots(3, 60, 2), Part(4, 1)]
        circuits = [bell(), bell(), branching(1.0), branching(2.0), bell()]
        self._note(
            run_in_parts(self._simulator, circuits, parts, seed_simulator=seed, shots=60, **options),
            seed=seed,
            num_circuits=5,
        )

    def submit_with_key(self) -> None:
        number = self._pick.randrange(NUM_KEYS)
        job = self._simulator.run(bell(), seed_simulator=number, idempotency_key=f"key {number}")
        # It may be another client's, who may delete it.
        self._witness.tell(job.job_id(), seed=number, num_circuits=1, idempotency_key=f"key {number}")

    def submit_endless(self) -> None:
        self._note(self._torture.run(odd(["nothing", "wait:600"])), num_circuits=2)

    def rerun(self) -> None:
        if self.mine:
            job = self._pick.choice(self.mine)
            self._note(job.rerun(), num_circuits=len(job.circuits()))

    def _note(self, job: QueueJob, **told: object) -> None:
        self._witness.submitted(job, **told)
        self.mine.append(job)
        self._num_submitted += 1

    # What becomes of jobs.

    def cancel(self) -> None:
        if self.mine:
            self._cancel(self._pick.choice(self.mine[-30:]))

    def cancel_somebodys(self) -> None:
        """Cancel whatever is there, whoever submitted it, but for what is tagged to be spared."""
        for job in self._queue.jobs(limit=2, status=["QUEUED", "RUNNING"], skip=self._pick.randrange(10)):
            try:
                if SPARED not in job.tags:
                    self._cancel(job)
            except UnknownJobError:  # deleted meanwhile
                continue

    def _cancel(self, job: QueueJob) -> None:
        if job.cancel():
            self._witness.tell(job.job_id(), cancelled=True)

    def look(self) -> None:
        for job in self._pick.sample(self.mine[-30:], min(3, len(self.mine[-30:]))):
            self._look(job)

    def _look(self, job: QueueJob) -> None:
        if self._witness.look(job) is JobState.DONE:
            self._witness.has_result(job)

    def update(self) -> None:
        if self.mine:
            job = self._pick.choice(self.mine)
            job.update(tags=[f"t{self._pick.randrange(4)}"], name=f"n{self._pick.randrange(4)}", priority=1)

    def delete(self) -> None:
        finished = [job for job in self.mine if job.in_final_state()]
        if not finished:
            return
        job = self._pick.choice(finished)
        assert self._witness.look(job) in FINAL_STATES
        self.mine.remove(job)
        self._witness.tell(job.job_id(), may_be_gone=True)
        self._queue.delete_job(job)
        self._witness.tell(job.job_id(), may_be_gone=True, is_gone=True)


def main(path: Path, seed: int, seconds: float, number: int, fewest: int) -> int:
    """Have clients live, and return how many have failed."""
    # Forked before anything is opened; what they import is imported once.
    clients = []
    for place in range(number):
        client = os.fork()
        if client == 0:
            os._exit(_life(path, place, seed, seconds, fewest))
        clients.append(client)
    return sum(os.waitpid(client, 0)[1] != 0 for client in clients)


def _life(path: Path, place: int, seed: int, seconds: float, fewest: int) -> int:
    try:
        Client(path, place, seed).live(seconds, fewest)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])))
