"""A client that dies in the middle of each thing that a client may do.

``python -m tests.torture.dying_client PATH ARCHIVE POINTS``: for each failpoint of the list (JSON) a process of its own
does all there is to do to the queue, writes down what it was told, and dies at the point. Prints how each ended.
"""

import json
import os
import sys
from pathlib import Path

from queuebit import JobQueue
from queuebit.queue import QueueJob
from queuebit.store import FINAL_STATES
from queuebit.store.failpoints import switch_on

from .laboratory import bell
from .witness import Witness

# Together more than SQLite's log takes before it is moved to the database.
NUM_LARGE, LARGE_CHARACTERS = 24, 2**20


def live(path: Path, archive: Path, point: str) -> None:
    """Do all that a client does."""
    witness = Witness(path.with_name(f"{point}.told"))
    if point.startswith(("migrate", "create")):
        JobQueue(path.with_name(f"{point}.db"), start_worker=False)
        return
    if point.startswith(("restore", "checkpoint")):
        _bring_much(path, archive, witness, point)
        return
    queue = JobQueue(path, start_worker=False)
    simulator = queue.get_backend("basic_simulator")
    keys = [f"{point} {number}" for number in range(3)]
    several = [simulator.prepare(bell(), seed_simulator=5, idempotency_key=key) for key in keys]
    for job in queue.run_many(several):
        witness.submitted(job, seed=5, num_circuits=1)
    mine = [witness.submitted(simulator.run(bell(), seed_simulator=seed), seed=seed) for seed in range(4)]
    mine[0].update(name="mine", tags=["a", "b"], priority=2)
    witness.submitted(mine[0].rerun(), seed=0)
    if mine[1].cancel():
        witness.tell(mine[1].job_id(), cancelled=True)
    _delete(queue, mine[1], witness)
    done = next(job for job in queue.jobs(status="DONE", backend_name="statevector_simulator"))
    _delete(queue, done, witness)


def _delete(queue: JobQueue, job: QueueJob, witness: Witness) -> None:
    assert witness.look(job) in FINAL_STATES
    witness.tell(job.job_id(), may_be_gone=True)
    queue.delete_job(job)
    witness.tell(job.job_id(), may_be_gone=True, is_gone=True)


def _bring_much(path: Path, archive: Path, witness: Witness, point: str) -> None:
    if point.startswith("restore"):
        for job in JobQueue(path.with_name("imported.db"), start_worker=False).import_(archive):
            witness.look(job)
        return
    simulator = JobQueue(path, start_worker=False).get_backend("basic_simulator")
    for number in range(NUM_LARGE):
        large = {"large": f"{number}" * LARGE_CHARACTERS}
        witness.submitted(simulator.run(bell(), seed_simulator=number, metadata=large), seed=number)


if __name__ == "__main__":
    for failpoint in json.loads(sys.argv[3]):
        child = os.fork()
        if child == 0:
            switch_on(f"{failpoint}:kill")
            live(Path(sys.argv[1]), Path(sys.argv[2]), failpoint)
            os._exit(0)
        print(os.waitpid(child, 0)[1], flush=True)
