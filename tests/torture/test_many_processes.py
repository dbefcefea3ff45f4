"""Eight client processes submit, cancel, look, change and delete at once; then the whole history is checked."""

import sys
from pathlib import Path

import pytest

from queuebit.store import JobState

from .conftest import IS_WHOLE
from .laboratory import PATIENCE_S, Laboratory
from .witness import read_witnesses

NUM_CLIENTS = 8

SECONDS = 30.0 if IS_WHOLE else 1.0

# Of each client.
FEWEST_JOBS = 75 if IS_WHOLE else 10


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(3) if IS_WHOLE else range(1))
def test_the_history_of_a_crowd_of_clients_is_right(lab: Laboratory, tmp_path: Path, seed: int) -> None:
    services = [lab.serve() for _ in range(2)]
    arguments = [str(lab.path), str(seed), str(SECONDS), str(NUM_CLIENTS), str(FEWEST_JOBS)]
    crowd = lab.start([sys.executable, "-m", "tests.torture.crowd", *arguments])
    assert crowd.wait(SECONDS + 2 * PATIENCE_S) == 0, lab.log()
    lab.until_final(job.job_id for job in lab.store.jobs(limit=None))
    assert [lab.stop(service) for service in services] == [0, 0]

    told, violations = read_witnesses(tmp_path.glob("lab.db.*.told"))
    assert violations == []
    # Those with keys are of several clients; one may delete what another has been given.
    lab.told.update(told)
    report = lab.check()
    assert len(list(tmp_path.glob("lab.db.*.told"))) == NUM_CLIENTS
    assert report.looked_at["acknowledged jobs"] >= NUM_CLIENTS * FEWEST_JOBS
    states = lab.store.statistics()
    assert min(states[JobState.DONE], states[JobState.CANCELLED]) > 0
    assert states[JobState.ERROR] == 0
