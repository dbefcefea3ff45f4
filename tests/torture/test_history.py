"""The judge: it finds nothing in a history that is right, and whatever is wrong in one that isn't."""

import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from queuebit.codec.results import encode_result
from queuebit.engines import Control
from queuebit.registry import get_backend
from queuebit.store import Claim, JobState, StoredResult, Usage
from queuebit.store.records import Part
from queuebit.testing.store_checks.fixtures import new_worker

from .history import Acknowledged, check_history, together
from .laboratory import Laboratory, bell, branching, of_shots, states
from .undisturbed import AER

CIRCUITS = [bell(), branching(1.0), branching(2.0)]
PARTS = (Part(0, 2), *of_shots(2, 40, 2))


class Past:
    """A queue whose jobs were run by hand."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.worker = new_worker()
        lab.store.register_worker(self.worker)

    def claim(self, **options: object) -> Claim:
        """A Bell job that runs; only its id is noted of what was told."""
        job_id = self.lab.run(bell(), **{"shots": 20, "seed_simulator": 5, **options})
        self.lab.told = {job_id: Acknowledged()}
        (claim,) = self.lab.store.claim(self.worker.worker_id, 1)
        return claim

    def finish(self, claim: Claim, seed: int = 5) -> str:
        """End a run with the result of a seed."""
        (experiment,) = get_backend().run(bell(), shots=20, seed_simulator=seed).result().results
        result = encode_result(experiment, 0, self.lab.store.files, claim.job.job_id)
        self.lab.store.finish([(claim, [result], Usage())])
        return claim.job.job_id

    def claim_parts(self) -> Claim:
        """A job in three parts that runs: two circuits, and twice 20 shots of another one."""
        job_id = self.lab.run_in_parts(CIRCUITS, PARTS, shots=40, seed_simulator=5)
        self.lab.told = {job_id: Acknowledged()}
        (claim,) = self.lab.store.claim(self.worker.worker_id, 1)
        return claim

    def results(self, claim: Claim, part: Part, seed: int = 5) -> list[StoredResult]:
        """The results of a part."""
        run = get_backend().one_by_one(Control(), usual_threads=1, shots=40, seed_simulator=seed)
        results = []
        for index in range(part.first, part.first + part.number):
            experiment = run.run(run.prepare(CIRCUITS[index]), index, part.shots)
            stored = encode_result(experiment, index, self.lab.store.files, claim.job.job_id)
            results.append(replace(stored, shots=part.shots))
        return results

    def tell(self, job_id: str, **told: object) -> None:
        self.lab.told[job_id] = Acknowledged(**told)

    def change(self, statement: str) -> None:
        """Change the database behind the store's back."""
        connection = apsw.Connection(str(self.lab.path))
        assert connection.execute(statement) is not None
        assert connection.total_changes() > 0
        connection.close()

    def violations(self, *, is_drained: bool = True) -> list[str]:
        return check_history(self.lab.path, self.lab.told, is_drained=is_drained)


@pytest.fixture
def past(lab: Laboratory) -> Past:
    return Past(lab)


def test_a_good_history_has_no_violation(past: Past) -> None:
    counts = get_backend().run(bell(), shots=20, seed_simulator=5).result().results[0].data.counts
    job_id = past.finish(past.claim())
    told = {"attempt": 1, "seed": 5, "num_circuits": 1, "counts": (counts,)}
    past.tell(job_id, final=JobState.DONE, **told)
    past.lab.store.update(job_id, name="named later")
    assert past.violations() == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"final": JobState.CANCELLED}, "was told that it is cancelled, now it is done"),
        ({"attempt": 2}, "saw attempt 2, now it is 1"),
        ({"cancelled": True}, "its cancellation was acknowledged, and it is done"),
        ({"may_be_gone": True, "is_gone": True}, "though its deletion was acknowledged"),
        ({"num_circuits": 2}, "1 circuits instead of 2"),
        ({"seed": 6}, "its seed is 5 instead of 6"),
        ({"counts": ({"0x0": 20},)}, "counts is"),
        ({"idempotency_key": "k"}, "its key is None instead of 'k'"),
    ],
)
def test_what_was_told_must_hold(past: Past, told: dict, words: str) -> None:
    past.tell(past.finish(past.claim()), **told)
    (violation,) = past.violations()
    assert words in violation


def test_an_acknowledged_job_must_be_there(past: Past) -> None:
    past.tell(str(uuid.uuid4()))
    past.tell(str(uuid.uuid4()), may_be_gone=True)
    (violation,) = past.violations()
    assert "was acknowledged and isn't there" in violation


def test_a_key_is_one_jobs(past: Past) -> None:
    for number in range(2):
        past.tell(str(uuid.uuid4()), idempotency_key="k", may_be_gone=number == 0)
    assert not any("several jobs" in violation for violation in past.violations())
    past.tell(str(uuid.uuid4()), idempotency_key="k")
    assert any("several jobs" in violation for violation in past.violations())


def test_a_result_of_another_seed_is_wrong(past: Past) -> None:
    past.finish(past.claim(), seed=6)
    (violation,) = past.violations()
    assert "the result of circuit 0 is wrong: memory is" in violation or "counts is" in violation


def test_what_is_left_is_stuck_when_there_was_time(past: Past) -> None:
    past.lab.run(bell(), seed_simulator=5)
    assert past.violations(is_drained=False) == []
    (violation,) = past.violations()
    assert "it is stuck: still queued" in violation


def test_what_a_dead_service_left_is_stuck_when_there_was_time(past: Past) -> None:
    past.claim()
    past.lab.store.unregister_worker(past.worker.worker_id)
    assert past.violations(is_drained=False) == []
    assert any("it is stuck: still running" in violation for violation in past.violations())
    assert any(violation.startswith("doctor: ") for violation in past.violations())


def test_an_error_that_nobody_expected_is_wrong(past: Past) -> None:
    claim = past.claim()
    past.lab.store.fail(claim, {"type": "ValueError", "message": "no"})
    assert ["it failed with ValueError: no" in violation for violation in past.violations()] == [True]
    past.tell(claim.job.job_id, errors=frozenset({"ValueError"}))
    assert past.violations() == []


def test_orphans_are_collected(past: Past) -> None:
    job_id = past.finish(past.claim())
    orphan = past.lab.store.files / f"{job_id}-1-0-0.npy"
    orphan.write_bytes(b"half")
    assert past.violations() == []
    assert not orphan.exists()


def test_a_strange_file_is_a_violation(past: Past) -> None:
    (past.lab.store.files / "mine").touch()
    assert len(past.violations()) == 2


def test_a_missing_array_file_is_a_violation(past: Past) -> None:
    past.lab.run(states(1), "statevector_simulator")
    (claim,) = past.lab.store.claim(past.worker.worker_id, 1)
    (experiment,) = get_backend("statevector_simulator").run(states(1)).result().results
    result: StoredResult = encode_result(experiment, 0, past.lab.store.files, f"{claim.job.job_id}-1-0")
    past.lab.store.finish([(claim, [result], Usage())])
    assert past.violations() == []
    (past.lab.store.files / result.files[0]).unlink()
    assert any("can't be read" in violation for violation in past.violations())


def test_what_is_to_be_cancelled_is_not_taken_again(past: Past) -> None:
    claim = past.claim()
    past.lab.store.request_cancel([claim.job.job_id])
    past.lab.store.lose(claim, "died")
    assert past.violations() == []
    past.change("UPDATE events SET event = 'lose', state = 'queued' WHERE event = 'cancel'")
    past.change("UPDATE jobs SET state = 'queued', finished_us = NULL")
    past.lab.store.claim(past.worker.worker_id, 1)
    assert any("taken again after somebody had asked" in violation for violation in past.violations())


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE events SET attempt = 2 WHERE event IN ('claim', 'finish')", "its attempts are [2]"),
        ("UPDATE events SET worker_id = 'another' WHERE event = 'finish'", "by worker another, while"),
        ("UPDATE events SET event = 'fail' WHERE event = 'finish'", "it is done after fail"),
        ("DELETE FROM events WHERE event = 'claim'", "finish after queued"),
        ("UPDATE jobs SET crashes = 1", "it counts 1 crashes, its story tells 0"),
        ("UPDATE jobs SET attempt = 0", "the story of job"),
        ("DELETE FROM results", "it is done with 0 results of 1"),
    ],
)
def test_a_story_must_be_legal(past: Past, statement: str, words: str) -> None:
    past.finish(past.claim())
    past.change(statement)
    assert any(words in violation for violation in past.violations())


def test_a_good_history_of_a_job_in_parts_has_no_violation(past: Past) -> None:
    whole = get_backend().run(CIRCUITS, shots=40, seed_simulator=5).result()
    claim = past.claim_parts()
    past.lab.store.keep_results(claim, past.results(claim, PARTS[1]))
    past.lab.store.lose_part(claim, "part 3 of 3 runs again: SIGKILL", Usage())
    assert past.violations(is_drained=False) == []
    past.lab.store.lose(claim, "the worker died")
    (claim,) = past.lab.store.claim(past.worker.worker_id, 1)
    results = [result for part in (PARTS[0], PARTS[2]) for result in past.results(claim, part)]
    past.lab.store.finish([(claim, results, Usage())])
    past.tell(claim.job.job_id, num_circuits=3, counts=tuple(result.data.counts for result in whole.results))
    assert past.violations() == []


def test_some_shots_of_another_seed_are_wrong(past: Past) -> None:
    claim = past.claim_parts()
    seeds = zip(PARTS, (5, 5, 6), strict=True)
    results = [result for part, seed in seeds for result in past.results(claim, part, seed)]
    past.lab.store.finish([(claim, results, Usage())])
    assert all("the result of circuit 2 is wrong" in violation for violation in past.violations())
    assert past.violations()


def test_shots_that_are_left_out_are_missed(past: Past) -> None:
    claim = past.claim_parts()
    past.lab.store.finish([(claim, [result for part in PARTS for result in past.results(claim, part)], Usage())])
    past.change("DELETE FROM shot_results WHERE first_shot = 20")
    assert any("it is done without part 3 of 3, Part(first=2" in violation for violation in past.violations())


def test_a_part_that_the_job_does_not_have_is_not_lost(past: Past) -> None:
    claim = past.claim_parts()
    past.lab.store.lose_part(claim, "part 4 of 3 runs again: SIGKILL", Usage())
    (violation,) = past.violations(is_drained=False)
    assert "of its 3 parts one was lost, as 'part 4 of 3" in violation


def test_what_aer_gives_in_parts_is_known(past: Past) -> None:
    pytest.importorskip("qiskit_aer")
    job_id = past.lab.run_in_parts(
        [bell(), branching()], (Part(0), *of_shots(1, 40, 2)), AER, shots=40, seed_simulator=5
    )
    past.lab.drain()
    assert past.lab.check().looked_at["results of some shots"] == 2
    past.lab.told[job_id] = replace(past.lab.told[job_id], counts=({"0x0": 40}, {"0x0": 40}))
    assert len(past.violations()) == 2


def test_what_several_clients_were_told_must_agree() -> None:
    told, violations = together(
        [
            ("a", Acknowledged(attempt=2, seed=1)),
            ("a", Acknowledged(attempt=1, final=JobState.DONE)),
            ("a", Acknowledged(final=JobState.ERROR, cancelled=True)),
            ("b", Acknowledged()),
        ]
    )
    assert told["a"] == Acknowledged(attempt=2, seed=1, final=JobState.DONE, cancelled=True)
    assert violations == ["job a: one was told final done, another error"]


HOLDER = """
import fcntl, os, sys, time
file = open(sys.argv[1], "a+")
fcntl.flock(file, fcntl.LOCK_EX)
file.write(str(os.getpid()))
file.flush()
print("held", flush=True)
time.sleep(60)
"""


def test_two_runs_of_one_job_are_noticed_and_one_that_dies_is_none(tmp_path: Path) -> None:
    from torture_backends import _lock

    path = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        with path.open("a+") as file:
            assert not _lock(file)
            # It is dying, or dead and nobody has asked how yet.
            holder.kill()
            assert _lock(file)
    finally:
        holder.kill()
        holder.communicate()
