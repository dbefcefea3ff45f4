"""A client that does by chance what clients do: ``python -m tests.torture.chaos_client PATH TOLD SEED MOST``.

It writes down what it is told, and ends with its standard input.
"""

import random
import select
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from queuebit import JobQueue
from queuebit.providers.exceptions import JobTimeoutError
from queuebit.queue import QueueJob
from queuebit.store import FINAL_STATES, JobState, StoreError, UnknownJobError

from .chaos_jobs import KINDS, NUM_SEEDS, Kind
from .laboratory import bell
from .witness import Witness


class ChaosClient:
    """Does one thing after another; submits nothing while ``most`` jobs wait."""

    def __init__(self, path: Path, told: Path, seed: int, most: int) -> None:
        self._most = most
        self._folder = path.parent
        self._pick = random.Random(seed)
        self._witness = Witness(told)
        # Some clients start services, as those of a user do; the others leave it to somebody else.
        self._queue = JobQueue(path, start_worker=self._pick.random() < 0.3)
        self._backends = {
            kind.name: self._queue.get_backend(kind.backend, **dict(kind.backend_options)) for kind in KINDS
        }
        self._mine: list[QueueJob] = []
        self._meant: str | None = None
        self._actions: list[tuple[Callable[[], object], int]] = [
            (self._run, 30),
            (self._run_many, 6),
            (self._run_by_key, 6),
            (self._cancel, 8),
            (self._update, 5),
            (self._rerun, 3),
            (self._delete, 3),
            (self._result, 15),
            (self._look, 30),
            (self._list, 3),
        ]

    def act(self) -> None:
        """Do something."""
        actions, weights = zip(*self._actions, strict=True)
        (action,) = self._pick.choices(actions, weights)
        try:
            action()
        except JobTimeoutError:
            return
        except Exception:
            if not self._is_gone():
                self._witness.wrong(traceback.format_exc())
        if len(self._mine) > 300:
            del self._mine[:100]

    def _is_gone(self) -> bool:
        """Tell whether somebody has deleted the job that was meant."""
        try:
            return self._meant is not None and not self._queue.job(self._meant)
        except UnknownJobError:
            return True

    def _job(self) -> QueueJob:
        """Return a job: mostly one of this client's, now and then anybody's."""
        self._meant = None
        others = self._queue.jobs(limit=20) if not self._mine or self._pick.random() < 0.2 else []
        if not others and not self._mine:
            self._mine.append(self._run_bell())
        job = self._pick.choice(others or self._mine)
        self._meant = job.job_id()
        return job

    # Submitting.

    def _kind(self) -> Kind:
        return self._pick.choices(KINDS, [kind.weight for kind in KINDS])[0]

    def _is_full(self) -> bool:
        return self._queue.store.statistics()[JobState.QUEUED] > self._most

    def _run(self) -> None:
        if self._is_full():
            return
        kind = self._kind()
        circuits, arguments = kind.circuits(self._pick, self._folder), kind.arguments(self._pick)
        job = self._backends[kind.name].run(circuits, **arguments)
        told = kind.told(arguments)
        self._mine.append(self._witness.submitted(job, num_circuits=len(circuits), **told))

    def _run_many(self) -> None:
        if self._is_full():
            return
        prepared, told = [], []
        for _ in range(self._pick.randrange(2, 30)):
            kind = self._kind()
            circuits, arguments = kind.circuits(self._pick, self._folder), kind.arguments(self._pick)
            prepared.append(self._backends[kind.name].prepare(circuits, **arguments))
            told.append({"num_circuits": len(circuits), **kind.told(arguments)})
        for job, of_job in zip(self._queue.run_many(prepared), told, strict=True):
            self._mine.append(self._witness.submitted(job, **of_job))

    def _run_by_key(self) -> None:
        """Submit something that another client may submit, too, or has already."""
        number = self._pick.randrange(2000)
        key = f"key {number}"
        job = self._backends["bell"].run(
            bell(), seed_simulator=number % NUM_SEEDS, shots=100, idempotency_key=key, tags=["bell"], max_attempts=50
        )
        told = {"seed": number % NUM_SEEDS, "num_circuits": 1, "idempotency_key": key}
        self._mine.append(self._witness.submitted(job, **told))

    def _run_bell(self) -> QueueJob:
        job = self._backends["bell"].run(bell(), seed_simulator=1, shots=100, tags=["bell"], max_attempts=50)
        return self._witness.submitted(job, seed=1, num_circuits=1)

    def _rerun(self) -> None:
        job = self._job()
        if "alone" in job.tags:
            return  # its lock is of one job only
        errors = {error for kind in KINDS if kind.name in job.tags for error in kind.errors}
        told = {"num_circuits": len(job.circuits()), "errors": ["worker_lost", *errors]}
        seed = job.options().get("seed_simulator")
        self._mine.append(self._witness.submitted(job.rerun(), seed=seed, **told))

    # Everything else.

    def _cancel(self) -> None:
        job = self._job()
        if job.cancel():
            self._witness.tell(job.job_id(), cancelled=True)

    def _update(self) -> None:
        job = self._job()
        job.update(name=f"name {self._pick.random()}", priority=self._pick.randrange(-2, 3))

    def _delete(self) -> None:
        job = self._job()
        if self._witness.look(job) in FINAL_STATES:
            self._witness.tell(job.job_id(), may_be_gone=True)
            self._queue.delete_job(job)
            self._witness.tell(job.job_id(), may_be_gone=True, is_gone=True)

    def _look(self) -> None:
        job = self._job()
        self._witness.look(job)
        job.events()
        job.logs()
        job.partial_result()

    def _result(self) -> None:
        job = self._job()
        if self._pick.random() < 0.5:
            job.wait_for_final_state(0.5)
        if self._witness.look(job) is JobState.DONE:
            self._witness.has_result(job)

    def _list(self) -> None:
        self._queue.jobs(limit=50, status=self._pick.choice(["DONE", "QUEUED", "RUNNING"]), tags=["bell"])
        self._queue.statistics()


def main(path: Path, told: Path, seed: int, most: int) -> None:
    """Act until the standard input is closed."""
    client = ChaosClient(path, told, seed, most)
    pause = random.Random(seed)
    while not select.select([sys.stdin], [], [], pause.expovariate(50))[0]:
        client.act()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    except StoreError:
        Witness(Path(sys.argv[2])).wrong(traceback.format_exc())
        raise
