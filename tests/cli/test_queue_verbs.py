"""The verbs of the queue, on a queue that a service serves and on one that nobody serves."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from queuebit.store import JobEvent, JobState, JobStore, NewJob, Part, ShotRange, StoreUnusableError, open_store
from queuebit.worker.liveness import this_worker
from queuebit.worker.service import WorkerService

Call = Callable[..., Result]
Document = Callable[..., dict[str, Any]]

PATIENCE_S = 60.0
UNKNOWN = "00000000-0000-4000-8000-000000000000"


class Service:
    """A worker service in a thread of this process; its children are processes."""

    def __init__(self, path: Path) -> None:
        self._store = open_store(path)
        self._service = WorkerService(self._store, processes=1)
        self._thread = threading.Thread(target=self._service.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + PATIENCE_S
        while not self._store.workers():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def stop(self) -> None:
        self._service.request_stop()
        self._service.request_stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self._store.close()


@pytest.fixture(scope="module")
def served_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("served") / "lab.db"
    service = Service(path)
    yield path
    service.stop()


@pytest.fixture
def served(served_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a queue whose jobs run; it is the default one."""
    monkeypatch.setenv("QUEUEBIT_STORE", str(served_path))
    return served_path


@pytest.fixture
def idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobStore]:
    """A queue that nobody serves; it is the default one."""
    monkeypatch.setenv("QUEUEBIT_STORE", str(tmp_path / "idle.db"))
    store = open_store(tmp_path / "idle.db")
    yield store
    store.close()


def put(store: JobStore, number: int, **fields: Any) -> str:
    """Put a job into a store that only listing verbs will look at, and return its id."""
    job_id = f"{number:08x}-0000-4000-8000-000000000000"
    store.submit([NewJob(**{"job_id": job_id, "backend_name": "basic_simulator", "circuits": (b"c",), **fields})])
    return job_id


def end(store: JobStore, job_id: str, *, error: dict[str, object] | None = None) -> None:
    """Have a worker run a job, the next one that waits."""
    worker = this_worker("w", 0)
    store.register_worker(worker)
    (claim,) = store.claim("w", 1)
    assert claim.job.job_id == job_id
    if error is None:
        store.cancelled(claim)
    else:
        store.fail(claim, error)
    store.unregister_worker("w")


# From a file to the result.


def test_a_job_is_submitted_waited_for_and_its_result_is_that_of_run(
    served: Path, queuebit: Call, document: Document
) -> None:
    submitted = queuebit(
        "submit", "bell.qasm", "flip.qasm", "--seed", "7", "--shots", "100", "--tag", "a", "--name", "n"
    )
    assert submitted.exit_code == 0
    job_id = submitted.stdout.strip()
    waited = queuebit("wait", job_id[:8], "--timeout", str(PATIENCE_S))
    assert (waited.exit_code, waited.stdout.split()[:3]) == (0, [job_id[:8], "DONE", "n"])
    found = document("result", job_id[:8])
    ran = document("run", "bell.qasm", "flip.qasm", "--seed", "7", "--shots", "100")
    assert found["job_id"] == job_id
    for key in ("status", "shots", "seed", "backend", "error"):
        assert found[key] == ran[key], key
    for key in ("name", "file", "counts", "status"):
        assert [c[key] for c in found["circuits"]] == [c[key] for c in ran["circuits"]], key
    assert "memory" not in found["circuits"][0]


def test_submit_with_wait_shows_the_result(served: Path, queuebit: Call) -> None:
    result = queuebit("submit", "flip.qasm", "--wait", "--seed", "1", "--shots", "50")
    assert result.exit_code == 0
    assert "flip  flip.qasm" in result.stdout
    assert "100.0 %" in result.stdout
    assert "basic_simulator: 50 shots; repeat with --seed 1" in result.stdout


def test_result_writes_the_document_and_the_picture(served: Path, document: Document) -> None:
    job_id = document("submit", "bell.qasm", "--seed", "1")["job"]["job_id"]
    shown = document("result", job_id, "--output", "r.json", "--plot", "c.png")
    assert json.loads(Path("r.json").read_text()) == shown
    assert Path("c.png").read_bytes().startswith(b"\x89PNG")


def test_options_reach_the_job(idle: JobStore, document: Document) -> None:
    arguments = ["--backend-option", "shots=5", "--option", "method=reference", "--memory", "--priority", "3"]
    limits = ["--time-limit", "9", "--memory-limit", "1 GiB", "--threads", "2", "--max-attempts", "4"]
    more = ["--key", "k", "--optimization-level", "1", "--tag", "a", "--tag", "b", "--no-worker"]
    job = document("submit", "bell.qasm", *arguments, *limits, *more)["job"]
    assert job["backend_options"] == {"shots": 5}
    assert job["options"].items() >= {"shots": 5, "method": "reference", "memory": True}.items()
    assert job["options"]["optimization_level"] == 1
    assert (job["priority"], job["tags"], job["idempotency_key"]) == (3, ["a", "b"], "k")
    assert job["limits"] == {"time_limit_s": 9, "memory_limit_bytes": 2**30, "threads": 2, "max_attempts": 4}
    assert job["metadata"] == {"files": ["bell.qasm"]}
    again = document("submit", "bell.qasm", "--key", "k", "--no-worker")["job"]
    assert again["job_id"] == job["job_id"]
    assert sum(idle.statistics().values()) == 1
    assert idle.workers() == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nowhere.qasm"], "there is no such file"),
        (["bell.qasm", "--backend", "no_such"], "there is no backend 'no_such'"),
        (["bell.qasm", "--backend", "no_such_module:Thing"], "there is no module 'no_such_module'"),
        (["bell.qasm", "--backend-option", "shots=1", "--backend-option", "shots=2"], "shots is given twice"),
        (["bell.qasm", "--option", "shots"], "must be NAME=VALUE"),
        (["bell.qasm", "--option", "priority=1"], "no option of the backend"),
        (["bell.qasm", "--option", "split=false"], "no option of the backend"),
        (["bell.qasm", "--memory-limit", "much"], "memory_limit must be bytes"),
        (["bell.qasm", "--memory-limit", "0"], "more than 0 bytes"),
        (["bell.qasm", "--time-limit", "0"], "greater than 0"),
        (["bell.qasm", "--optimization-level", "4"], "from 0 to 3"),
        (["bell.qasm", "--key", ""], "key"),
        (["bell.qasm", "--tag", "\udcff"], "isn't Unicode"),
        (["bell.qasm", "--name", "\udcff"], "isn't Unicode"),
        (["bell.qasm", "--threads", "0"], "from 1 to 1024"),
        (["bell.qasm", "--max-attempts", "0"], "whole number from 1"),
        (["bell.qasm", "--time-limit", "-1"], "greater than 0"),
        (["bell.qasm", "--backend-option", "shots=-1"], "1 or more; got -1"),
        (["bell.qasm", "--backend", "builtins:dict"], "not a qiskit.providers.BackendV2"),
        (["bell.qasm", "--backend", "os.path:nothing"], "has no attribute 'nothing'"),
        (["bell.qasm", "--backend", "math:factorial"], "raised TypeError"),
        (["bell.qasm", "--backend", "a b"], "no backend 'a b'"),
        (["bell.qasm", "--seed", str(2**80)], "--seed must be at most"),
        (["bell.qasm", "--wait"], "don't go together"),
        (["bell.qasm", "--store", "."], "is a folder"),
        (["bell.qasm", "--store", "no/such/lab.db"], "isn't there"),
        (["bell.qasm", "--store", "https://example.org"], "is the URL"),
        (["bell.qasm", "--store", "bell.qasm"], "no database"),
        (["bell.qasm", "--store", "bell.qasm/lab.db"], "is a file"),
        (["bell.qasm", "--store", ":memory:"], "a queue is a file"),
        (["bell.qasm", "--store", "lab\udcff.db"], "must be Unicode"),
        (["bell.qasm", "--store", "a" * 300], "too long"),
    ],
)
def test_what_cannot_be_submitted_is_bad_input(
    idle: JobStore, document: Document, args: list[str], message: str
) -> None:
    found = document("submit", *args, "--no-worker")
    assert found["exit_code"] == 2
    assert message in found["error"]["message"]
    assert found["error"]["cure"]
    assert sum(idle.statistics().values()) == 0


def test_a_job_that_fails_gives_what_finished_and_why(served: Path, document: Document, queuebit: Call) -> None:
    job_id = document("submit", "flip.qasm", "failing.qasm")["job"]["job_id"]
    waited = queuebit("wait", job_id)
    assert waited.exit_code == 1
    assert "ERROR" in waited.stdout
    found = document("result", job_id)
    assert (found["exit_code"], found["error"]["kind"]) == (1, "circuit_failed")
    assert [circuit["status"] for circuit in found["circuits"]] == ["DONE", "ERROR"]
    shown = queuebit("show", job_id).stdout
    assert "circuit 'failing'" in shown
    assert "fail " in shown


def test_a_running_job_is_seen_cancelled_and_its_part_stays(served: Path, document: Document, queuebit: Call) -> None:
    job_id = document("submit", "flip.qasm", "endless.qasm")["job"]["job_id"]
    deadline = time.monotonic() + PATIENCE_S
    while len([c for c in document("result", job_id, "--now")["circuits"] if c["status"] == "DONE"]) < 1:
        assert time.monotonic() < deadline
    now = document("result", job_id, "--now")
    assert (now["exit_code"], now["error"]["kind"]) == (124, "timeout")
    assert [circuit["status"] for circuit in now["circuits"]] == ["DONE", "RUNNING"]
    waited = document("wait", job_id, "--timeout", "0.05")
    assert (waited["exit_code"], waited["jobs"][0]["status"]) == (124, "RUNNING")
    assert queuebit("wait", job_id, "--timeout", "0.05").stderr == "timeout after 0.05 s: the job goes on\n"
    assert queuebit("cancel", job_id[:8], "--reason", "enough").exit_code == 0
    assert document("wait", job_id)["exit_code"] == 1
    ended = document("result", job_id)
    assert (ended["status"], ended["error"]["kind"]) == ("CANCELLED", "cancelled")
    assert [circuit["status"] for circuit in ended["circuits"]] == ["DONE", "CANCELLED"]
    assert "enough" in [event["reason"] for event in document("show", job_id)["events"]]


def test_rerun_gives_a_new_job_with_the_same_counts(served: Path, document: Document, queuebit: Call) -> None:
    first = document("submit", "bell.qasm", "--tag", "again")["job"]["job_id"]
    again = queuebit("rerun", first[:8]).stdout.strip()
    assert again != first
    counts = [document("result", job_id)["circuits"][0]["counts"] for job_id in (first, again)]
    assert counts[0] == counts[1]
    assert document("rerun", first, "--wait")["circuits"][0]["counts"] == counts[0]
    assert len(document("jobs", "--tag", "again")["jobs"]) == 3


def test_every_shot_is_kept_and_shown_when_asked_for(served: Path, document: Document, queuebit: Call) -> None:
    job_id = queuebit("submit", "flip.qasm", "--memory", "--shots", "3").stdout.strip()
    assert document("result", job_id, "--memory")["circuits"][0]["memory"] == ["1", "1", "1"]
    assert "memory" not in document("result", job_id)["circuits"][0]
    assert "shot by shot: 1 1 1" in queuebit("submit", "flip.qasm", "--memory", "--shots", "3", "--wait").stdout


def test_a_backend_of_somebody_else_is_built_and_its_circuits_transpiled(served: Path, document: Document) -> None:
    made = ["--backend-option", "num_qubits=3", "--backend-option", 'basis_gates=["rz", "sx", "cx"]']
    factory = ["--backend", "qiskit.providers.fake_provider:GenericBackendV2", *made]
    found = document("submit", "bell.qasm", *factory, "--optimization-level", "1", "--shots", "100", "--wait")
    assert (found["status"], found["backend"]) == ("DONE", factory[1])
    (circuit,) = found["circuits"]
    assert sum(circuit["counts"].values()) == 100
    assert circuit["counts"].get("00", 0) + circuit["counts"].get("11", 0) > 60, "it is noisy at most"


# Looking.


def test_jobs_are_filtered_and_paged(idle: JobStore, document: Document) -> None:
    first = put(idle, 1, name="one", tags=("x", "y"))
    put(idle, 2, tags=("x",), backend_name="a:b")
    third = put(idle, 3)
    idle.request_cancel([third])

    def ids(*args: str) -> list[int]:
        return [int(job["job_id"][:8], 16) for job in document("jobs", *args)["jobs"]]

    assert ids() == [3, 2, 1]
    assert ids("--oldest-first") == [1, 2, 3]
    assert ids("--limit", "1", "--skip", "1") == [2]
    assert ids("--tag", "x") == [2, 1]
    assert ids("--tag", "x", "--tag", "y") == [1]
    assert ids("--name", "one") == [1]
    assert ids("--backend", "a:b") == [2]
    assert ids("--status", "cancelled") == [3]
    assert ids("--status", "cancelled", "--status", "queued") == [3, 2, 1]
    assert ids("--after", "1h") == [3, 2, 1]
    assert ids("--before", "1h") == []
    assert ids("--before", "2001-01-01") == []
    assert document("show", first[:8])["queue_position"] == 1


def test_the_table_of_jobs_fits_and_says_how_many_more_there_are(idle: JobStore, queuebit: Call) -> None:
    for number in range(1, 4):
        put(idle, number, name=f"a name that is longer than the room that a terminal has for it, number {number}")
    lines = queuebit("jobs", "--limit", "2").stdout.splitlines()
    assert all(len(line) <= 80 for line in lines[:-1])
    assert [line.split()[:3] for line in lines[2:4]] == [
        ["00000003", "QUEUED", "basic_simulator"],
        ["00000002", "QUEUED", "basic_simulator"],
    ]
    assert lines[-1].startswith("2 of 3 jobs in ") or "2 of 3 jobs in" in " ".join(lines)


def test_an_empty_queue_says_so(idle: JobStore, queuebit: Call) -> None:
    result = queuebit("jobs")
    assert result.exit_code == 0
    assert result.stdout.startswith("no jobs in ")


def test_show_tells_the_story_and_why_it_failed(idle: JobStore, queuebit: Call, document: Document) -> None:
    job_id = put(idle, 1, name="poison\x1b[31m", metadata={"why": "because"}, tags=("t",))
    end(idle, job_id, error={"type": "ValueError", "message": "bad\nthing", "traceback": "Traceback\n  line"})
    text = queuebit("show", "00000001").stdout
    for part in (job_id, "ERROR", "bad thing", "poison\\x1b[31m", '{"why": "because"}', "  Traceback"):
        assert part in text, part
    found = document("show", "00000001")
    assert [event["event"] for event in found["events"]] == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.FAIL]
    assert found["job"]["error"]["message"] == "bad\nthing"
    assert found["queue_position"] is None


def test_show_tells_of_parts_and_of_those_that_were_lost(idle: JobStore, queuebit: Call, document: Document) -> None:
    parts = (Part(0, 1, ShotRange(0, 5)), Part(0, 1, ShotRange(5, 5)))
    job_id = put(idle, 1, parts=parts)
    idle.register_worker(this_worker("w", 0))
    (claim,) = idle.claim("w", 1)
    idle.lose_part(claim, "SIGKILL")
    lines = queuebit("show", "00000001").stdout.splitlines()
    assert any(line.split() == ["parts", "2,", "which", "run", "side", "by", "side"] for line in lines)
    (lost,) = [line for line in lines if "lose part" in line]
    assert "RUNNING" in lost
    assert "SIGKILL" in lost
    found = document("show", job_id)
    assert found["job"]["num_parts"] == 2
    assert found["events"][-1].items() >= {"event": "lose_part", "status": "RUNNING"}.items()
    put(idle, 2)
    assert document("show", "00000002")["job"]["num_parts"] == 1
    assert not any(line.startswith("parts") for line in queuebit("show", "00000002").stdout.splitlines())


def test_long_work_is_cut_unless_it_mustnt_be(idle: JobStore, document: Document) -> None:
    body = "".join(f"h q; measure q -> c; rz(0.{number}) q;" for number in range(1, 9))
    Path("long.qasm").write_text(f'OPENQASM 2.0; include "qelib1.inc"; qreg q[10]; creg c[10]; {body} h q;')
    arguments = ["submit", "long.qasm", "--shots", "20000", "--no-worker"]
    job = document(*arguments)["job"]
    assert job["num_parts"] == len(idle.parts(job["job_id"])) > 1
    assert document(*arguments, "--no-split")["job"]["num_parts"] == 1


@pytest.mark.parametrize("verb", ["show", "wait", "result", "cancel", "rerun", "delete"])
def test_ids_that_name_no_job_or_several_are_bad_input(idle: JobStore, document: Document, verb: str) -> None:
    put(idle, 0x10)
    put(idle, 0x11)
    for text, message in (
        (UNKNOWN, "there is no job"),
        ("ffff", "there is no job"),
        ("0000001", "several jobs"),
        ("", "empty"),
        ("\udcff", "there is no job"),
        ("%", "there is no job"),
    ):
        found = document(verb, text)
        assert found["exit_code"] == 2, text
        assert message in found["error"]["message"]
    assert idle.statistics()[JobState.QUEUED] == 2


@pytest.mark.parametrize(
    "args",
    [
        ["jobs"],
        ["show", "a"],
        ["wait", "a"],
        ["result", "a"],
        ["cancel", "--all"],
        ["rerun", "a"],
        ["delete", "a"],
        ["statistics"],
        ["doctor", "--fix"],
    ],
)
def test_a_queue_that_is_not_there_is_bad_input_and_stays_so(document: Document, args: list[str]) -> None:
    found = document(*args, "--store", "typo.db")
    assert found["exit_code"] == 2
    assert "there is no queue" in found["error"]["message"]
    assert not Path("typo.db").exists()


def test_the_default_queue_is_made_among_the_users_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, queuebit: Call
) -> None:
    monkeypatch.delenv("QUEUEBIT_STORE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert queuebit("jobs").exit_code == 0
    assert list(tmp_path.rglob("jobs.db"))


@pytest.mark.parametrize(
    "args",
    [
        ["jobs", "--watch"],
        ["jobs", "--until-done"],
        ["jobs", "--status", "odd"],
        ["jobs", "--after", "yesterday"],
        ["jobs", "--limit", "0"],
        ["cancel"],
        ["cancel", "--all", "a"],
        ["delete"],
        ["delete", "a", "--older-than", "1"],
        ["delete", "--older-than", "-1"],
        ["result", "a", "--now", "--timeout", "1"],
        ["result", "a", "--plot", "x.gif"],
        ["wait"],
    ],
)
def test_options_that_make_no_sense_are_bad_input(idle: JobStore, document: Document, args: list[str]) -> None:
    found = document(*args)
    assert found["exit_code"] == 2
    assert found["error"]["cure"]


def test_watching_into_a_pipe_gives_a_line_for_each_new_status(served: Path, queuebit: Call) -> None:
    job_id = queuebit("submit", "flip.qasm", "--tag", "watched").stdout.strip()
    lines = queuebit("jobs", "--tag", "watched", "--watch", "--until-done").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [job_id[:8]] * len(lines)
    assert lines[-1].split()[1] == "DONE"
    assert len({line.split()[1] for line in lines}) == len(lines)


# Ending.


def test_cancel_ends_what_waits_and_tells_what_had_ended(idle: JobStore, queuebit: Call, document: Document) -> None:
    first, second = put(idle, 1), put(idle, 2)
    end(idle, first, error={"type": "E", "message": "m"})
    assert queuebit("cancel", "00000002").exit_code == 0
    assert idle.get(second).state is JobState.CANCELLED
    assert queuebit("cancel", "00000002").exit_code == 0, "it is what was wanted"
    late = queuebit("cancel", "00000001")
    assert late.exit_code == 1
    assert "had ended before" in late.stdout
    put(idle, 3)
    assert [job["status"] for job in document("cancel", "--all")["jobs"]] == ["CANCELLED"]
    assert "no job waits or runs" in queuebit("cancel", "--all").stdout


def test_delete_takes_what_has_ended_and_nothing_else(idle: JobStore, document: Document, queuebit: Call) -> None:
    first, second = put(idle, 1), put(idle, 2)
    idle.request_cancel([first])
    refused = document("delete", "00000001", "00000002")
    assert refused["exit_code"] == 2
    assert "QUEUED" in refused["error"]["message"]
    assert sum(idle.statistics().values()) == 2
    assert document("delete", "--older-than", "1")["deleted"] == 0
    assert queuebit("delete", "00000001").stdout == "1 job deleted\n"
    idle.request_cancel([second])
    assert document("delete", "--older-than", "0")["deleted"] == 1


def test_statistics_count_jobs_and_workers(served: Path, document: Document, queuebit: Call) -> None:
    found = document("statistics")
    assert set(found["jobs"]) == {state.name for state in JobState}
    assert [worker["pid"] for worker in found["workers"]] == [os.getpid()]
    assert found["database_bytes"] > 0
    assert f"process {os.getpid()}" in queuebit("statistics").stdout


# The doctor.


def test_the_doctor_finds_and_mends(idle: JobStore, tmp_path: Path, document: Document, queuebit: Call) -> None:
    assert "is sound" in queuebit("doctor").stdout
    put(idle, 1)
    worker = this_worker("gone", 0)
    idle.register_worker(worker)
    idle.claim("gone", 1)
    idle.unregister_worker("gone")
    found = document("doctor")
    assert (found["exit_code"], [f["kind"] for f in found["findings"]]) == (1, ["dead_claim"])
    text = queuebit("doctor").stdout
    assert "with --fix the job will be queued again" in text
    assert "1 thing wrong" in text
    fixed = document("doctor", "--fix")
    assert (fixed["exit_code"], fixed["findings"]) == (0, [])
    assert [f["kind"] for f in fixed["mended"]] == ["dead_claim"]
    assert idle.statistics()[JobState.QUEUED] == 1


def test_the_doctor_tells_what_it_cannot_mend(tmp_path: Path, document: Document) -> None:
    Path("text.db").write_text("no database at all " * 20)
    found = document("doctor", "--fix", "--store", "text.db")
    assert (found["exit_code"], [f["kind"] for f in found["findings"]]) == (1, ["unusable"])
    with pytest.raises(StoreUnusableError):
        open_store("text.db")
    assert document("jobs", "--store", "text.db")["exit_code"] == 2


def test_a_damaged_queue_is_no_bad_input(idle: JobStore, tmp_path: Path, document: Document) -> None:
    put(idle, 1)
    idle.close()
    path = tmp_path / "idle.db"
    data = bytearray(path.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    path.write_bytes(data)
    found = document("jobs")
    assert (found["exit_code"], found["error"]["kind"]) == (74, "store_failed")
    assert "queuebit doctor" in found["error"]["message"]
    assert [f["kind"] for f in document("doctor")["findings"]] == ["damaged"]
