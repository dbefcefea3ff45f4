"""Dying at any commit or deletion loses nothing that was acknowledged, and leaves nothing half done."""

import json
import signal
from pathlib import Path

import pytest

from queuebit.store import FINAL_STATES, JobState, JobStore, Usage, open_store
from queuebit.store.array_files import collect_orphans
from queuebit.store.doctor import examine
from queuebit.store.failpoints import Failpoint, FailpointError, parse, switch_on, switched_on
from queuebit.testing.store_checks.invariants import assert_consistent

from .builders import RESULT, new_worker, run_python

WRITES = (
    *("submit", "request_cancel", "update", "delete", "register_worker", "unregister_worker", "recover", "claim"),
    *("keep_results", "report", "finish", "fail", "cancelled", "release", "lose", "restore"),
)
POINTS = (
    *(f"{write}.{when}_commit" for write in WRITES for when in ("before", "after")),
    *("migrate.before_commit", "create.before_log", "checkpoint.before", "files.before_delete"),
)

DEATHS = """
import json, os, sys
from queuebit.store import *
from queuebit.store.failpoints import switch_on
from queuebit.store.sqlite import writer
from queuebit.store.array_files import stem
import numpy

def live(folder):
    writer.CHECKPOINT_PAGES = 20
    acknowledged = {}
    told = open(folder + "/acknowledged", "w")

    def tell(*jobs):
        for job in jobs:
            told.write(json.dumps([job.job_id, job.state, job.attempt]) + "\\n")
        told.flush()

    store = open_store(folder + "/lab.db")
    worker = WorkerRecord(worker_id="w", pid=1, process_started=1.0, boot_id="b", port=0, started_us=1)
    store.register_worker(worker)
    ids = [f"00000000-0000-4000-8000-{number:012d}" for number in range(10)]
    tell(*store.submit([NewJob(job_id=i, backend_name="b", circuits=(b"c", i.encode()), tags=("t",)) for i in ids]))
    claims = store.claim("w", 8)
    tell(*(claim.job for claim in claims))

    def result(claim, index=0):
        name = stem(claim.job.job_id, claim.job.attempt) + f"-{index}.npy"
        numpy.save(store.files / name, numpy.arange(5))
        return StoredResult(index=index, content=b"r", files=(name,))

    store.report(claims[0], progress_done=1, progress_total=2, log="hello")
    store.keep_results(claims[0], [result(claims[0])])
    tell(*store.finish([(claims[0], [result(claims[0], 1)], Usage()), (claims[1], [result(claims[1])], Usage())]))
    tell(store.fail(claims[2], {"type": "E", "message": "m"}, [result(claims[2])]))
    tell(*store.request_cancel([claims[3].job.job_id, ids[9]]))
    tell(store.cancelled(claims[3]))
    tell(store.release(claims[4], "stopping"))
    tell(store.lose(claims[5], "died"))
    tell(store.update(ids[8], name="n", tags=["u"], priority=3))
    tell(*store.recover(lambda w: False))
    moved = ArchivedJob(
        record=store.get(ids[3]),
        circuits=store.circuits(ids[3]),
        results=tuple(store.results(ids[3])),
        events=tuple(store.events(ids[3])),
        log=store.logs(ids[3]),
    )
    store.delete([ids[0], ids[3]])
    tell(*store.restore([moved]))
    tell(*[job for job in store.jobs(limit=None)])
    store.unregister_worker("w")
    store.close()

if __name__ == "__main__":
    for number, point in enumerate(json.loads(sys.argv[2])):
        folder = f"{sys.argv[1]}/{number}"
        os.mkdir(folder)
        child = os.fork()
        if child == 0:
            switch_on(point + ":kill")
            live(folder)
            os._exit(0)
        print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for each failpoint, in which a process has died at it."""
    folder = tmp_path_factory.mktemp("deaths")
    ran = run_python(DEATHS, folder, json.dumps(POINTS), QUEUEBIT_FAILPOINT="")
    assert ran.returncode == 0, ran.stderr
    assert dict(zip(POINTS, map(int, ran.stdout.split()), strict=True)) == dict.fromkeys(POINTS, int(signal.SIGKILL))
    return {point: folder / str(number) for number, point in enumerate(POINTS)}


@pytest.mark.parametrize("point", POINTS)
def test_a_death_loses_nothing_and_leaves_nothing_half_done(point: str, deaths: dict[str, Path]) -> None:
    folder = deaths[point]
    last = {}
    for line in (folder / "acknowledged").read_text().splitlines():
        job_id, state, attempt = json.loads(line)
        last[job_id] = state, attempt
    store = open_store(folder / "lab.db")
    jobs = {job.job_id: job for job in store.jobs(limit=None)}
    assert len(jobs) in ((0, 10) if not last else (8, 9, 10))
    for job_id, (state, attempt) in last.items():
        if job_id not in jobs:
            assert point.startswith(("delete", "files", "restore", "unregister", "checkpoint"))
            assert JobState(state) in FINAL_STATES
            continue
        assert jobs[job_id].attempt >= attempt
        if JobState(state) in FINAL_STATES:
            assert jobs[job_id].state == state
    assert_consistent(store)
    finish_all(store)
    assert_consistent(store)
    collect_orphans(store)
    named = {name for job in store.jobs(limit=None) for result in store.results(job.job_id) for name in result.files}
    assert {path.name for path in store.files.iterdir()} == named
    store.close()
    assert examine(folder / "lab.db") == []


def finish_all(store: JobStore) -> None:
    store.recover(lambda worker: False)
    worker = new_worker()
    store.register_worker(worker)
    while claims := store.claim(worker.worker_id, 3):
        assert all(job is not None for job in store.finish([(claim, [RESULT], Usage()) for claim in claims]))
    store.unregister_worker(worker.worker_id)
    assert {job.state for job in store.jobs(limit=None)} <= FINAL_STATES


class TestParsing:
    def test_a_point_kills_unless_something_else_is_said(self) -> None:
        points = parse("a, b:raise@3 ,,c@2")
        assert {name: point.countdown for name, point in points.items()} == {"a": 1, "b": 3, "c": 2}
        assert points["a"].action is points["c"].action is not points["b"].action

    @pytest.mark.parametrize("text", ["a:explode", "a:raise@0", "a@x", "a:kill@-1"])
    def test_what_can_not_be_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="QUEUEBIT_FAILPOINT="):
            parse(text)

    def test_a_point_acts_once_at_its_count(self) -> None:
        point: dict[str, Failpoint] = parse("a:raise@2")
        failpoint = switched_on(point)
        failpoint("a")
        failpoint("other")
        with pytest.raises(FailpointError, match="the failpoint a is switched on"):
            failpoint("a")
        failpoint("a")

    @pytest.mark.parametrize(("action", "text"), [("io_error", "Input/output"), ("disk_full", "No space left")])
    def test_errors_of_the_system_are_what_the_system_raises(self, action: str, text: str) -> None:
        with pytest.raises(OSError, match=f"{text}.* at the failpoint a"):
            switched_on(parse(f"a:{action}"))("a")

    def test_nothing_can_be_switched_on_in_an_ordinary_process(self) -> None:
        with pytest.raises(RuntimeError, match="was started without QUEUEBIT_FAILPOINT"):
            switch_on("a")
