"""Two services on one store: they share its jobs, and never run one at the same time, whatever becomes of either."""

import random
import signal
import time
from pathlib import Path

import pytest

from queuebit.store import JobEvent, JobState

from .conftest import IS_WHOLE
from .laboratory import TORTURE, Laboratory, odd

NUM_JOBS = 2000

KILLING_S = 30.0


WHOLE = pytest.mark.skipif(not IS_WHOLE, reason="a part of the whole torture")


class Load:
    """Jobs that notice when they run twice at the same time, and count their runs."""

    def __init__(self, lab: Laboratory, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        self.ran: dict[str, Path] = {}

    def submit(self, number: int, *, seconds: float, max_attempts: int = 3) -> list[str]:
        """Submit jobs of two circuits, in one commit."""
        backend = self.lab.queue.get_backend(TORTURE)
        paths = [self.folder / f"{len(self.ran) + place}" for place in range(number)]
        prepared = [
            backend.prepare(
                odd([f"exclusive:{path}.lock:{seconds}", f"write:{path}.ran"]),
                max_attempts=max_attempts,
                priority=random.Random(str(path)).randrange(3),
            )
            for path in paths
        ]
        jobs = self.lab.queue.run_many(prepared)
        for job, path in zip(jobs, paths, strict=True):
            self.lab.note(job)
            self.ran[job.job_id()] = path.with_name(f"{path.name}.ran")
        return [job.job_id() for job in jobs]

    def overlaps(self) -> list[str]:
        """What runs have noticed of others that ran at the same time."""
        return [path.read_text() for path in self.folder.glob("*.overlap")]

    def runs(self, job_id: str) -> int:
        """How often a job's last circuit has run."""
        return len(self.ran[job_id].read_text().splitlines())


@pytest.fixture
def load(lab: Laboratory, tmp_path: Path) -> Load:
    folder = tmp_path / "runs"
    folder.mkdir()
    return Load(lab, folder)


@WHOLE
def test_two_services_share_much_work_and_run_each_job_once(lab: Laboratory, load: Load) -> None:
    """With less work: ``tests/worker/test_service.py``."""
    services = [lab.serve(processes=2) for _ in range(2)]
    lab.until(lambda: len(lab.services()) == 2, "two services")
    job_ids = [job_id for _ in range(NUM_JOBS // 50) for job_id in load.submit(50, seconds=0.003)]
    lab.until_final(job_ids)
    assert load.overlaps() == []
    workers = set()
    for job_id in job_ids:
        assert lab.state(job_id) is JobState.DONE
        assert load.runs(job_id) == 1
        story = lab.store.events(job_id)
        assert {event.event for event in story} <= {
            JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.RELEASE, JobEvent.FINISH
        }  # fmt: skip
        workers.add(story[-1].worker_id)
    assert len(workers) == 2, "one had nothing to do"
    assert [lab.stop(service) for service in services] == [0, 0]
    lab.check()


def test_a_service_that_is_held_up_keeps_its_jobs(lab: Laboratory, load: Load, tmp_path: Path) -> None:
    go_on = tmp_path / "go on"
    held = lab.serve()
    job_id = lab.odd(f"await_file:{go_on}", max_attempts=1)
    lab.until_running(job_id)
    held.send_signal(signal.SIGSTOP)
    other = lab.serve()
    # The other has looked for dead workers meanwhile: it does at its start, before it takes a job.
    lab.until_final(load.submit(10, seconds=0.01))
    assert lab.state(job_id) is JobState.RUNNING
    assert len(lab.services()) == 2
    held.send_signal(signal.SIGCONT)
    go_on.touch()
    lab.until_final([job_id])
    assert lab.story(job_id) == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.FINISH]
    assert [lab.stop(service) for service in (held, other)] == [0, 0]
    assert load.overlaps() == []
    lab.check()


@WHOLE
def test_services_that_die_and_come_never_run_a_job_that_still_runs(lab: Laboratory, load: Load) -> None:
    """Otherwise the chaos has jobs that notice when they run twice at the same time."""
    pick = random.Random(7)
    services = [lab.serve(processes=2) for _ in range(2)]
    deadline, deaths = time.monotonic() + KILLING_S, 0
    while time.monotonic() < deadline or deaths < 2:
        # So many attempts that none is given up: which service dies is left to chance.
        job_ids = load.submit(20, seconds=0.02, max_attempts=100)
        lab.until(lambda ids=job_ids: sum(lab.store.get(job_id).is_final for job_id in ids) >= 5, "some of the jobs")
        victim = pick.choice(services)
        victim.kill()
        victim.wait()
        deaths += 1
        services[services.index(victim)] = lab.serve(processes=2)
    lab.until_final(load.ran)
    assert load.overlaps() == []
    stories = {job_id: lab.story(job_id) for job_id in load.ran}
    for job_id, story in stories.items():
        assert lab.state(job_id) is JobState.DONE
        # It may have run in an attempt that was lost before the result was kept, and not more often.
        assert 1 <= load.runs(job_id) <= story.count(JobEvent.CLAIM) - story.count(JobEvent.RELEASE)
    assert any(JobEvent.LOSE in story for story in stories.values()), "nobody died of consequence"
    assert [lab.stop(service) for service in services] == [0, 0]
    lab.check()
