"""A client that submits jobs and awaits them, one after another.

``python -m tests.torture.streaming_client PATH TOLD`` writes down what it is told, and ends with its standard input.
"""

import select
import sys
from pathlib import Path

from queuebit import JobQueue

from .laboratory import bell
from .witness import Witness


def main(path: Path, told: Path) -> None:
    """Submit and await."""
    witness = Witness(told)
    with JobQueue(path, start_worker=False) as queue:
        simulator = queue.get_backend("basic_simulator")
        seed = 0
        # Ready when it is closed: nobody writes to it.
        while not select.select([sys.stdin], [], [], 0)[0]:
            seed += 1
            job = witness.submitted(simulator.run(bell(), seed_simulator=seed), seed=seed, num_circuits=1)
            job.wait_for_final_state(60)
            witness.look(job)
            witness.has_result(job)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
