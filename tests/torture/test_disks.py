"""Disks that are full or fail, and files that are damaged: it is told clearly, and nothing acknowledged is lost."""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from queuebit import JobQueue
from queuebit.codec.exceptions import CodecError
from queuebit.providers import JobFailedError
from queuebit.store import JobEvent, JobState, StoreCorruptError, StoreError, WorkerRecord
from queuebit.store.doctor import FindingKind, examine

from .conftest import IS_WHOLE
from .laboratory import PATIENCE_S, REPOSITORY, Laboratory, bell, environment, odd, states

ARRAYS = "disk_backends:ArrayBackend"

NO_SPACE = r"there is no space left for the store .*lab\.db; nothing of this was stored\. Make room, and do it again"

UNDISTURBED = [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.FINISH]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The folder of a disk of 8 MB, where the system lets this process mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("there is no mount here")
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "queuebit-test", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    # The log of the processes stays outside: there must be room for it.
    (folder / "processes.log").symlink_to(tmp_path / "processes.log")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def cramped(small_disk: Path) -> Iterator[Laboratory]:
    """A queue on the small disk."""
    lab = Laboratory(small_disk / "lab.db")
    yield lab
    lab.close()


def fill(disk: Path) -> Path:
    """Use all the room that a disk has, and return the file that has it."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    assert shutil.disk_usage(disk).free == 0
    return ballast


def submit_until_refused(lab: Laboratory) -> None:
    """Submit jobs until there is no space: in its log SQLite may have kept some."""
    refusals = []
    while not refusals:
        try:
            lab.run(bell(), seed_simulator=len(lab.told))
        except StoreError as error:
            refusals.append(str(error))
    assert re.match(NO_SPACE, refusals[0])


def command(lab: Laboratory, *arguments: str, failpoint: str = "") -> "subprocess.CompletedProcess[str]":
    """Call the command line."""
    call = [sys.executable, "-m", "queuebit", *arguments, "--store", str(lab.path)]
    environ = environment(failpoint)
    return subprocess.run(call, capture_output=True, text=True, env=environ, cwd=REPOSITORY, timeout=PATIENCE_S)


def whole_log(lab: Laboratory) -> str:
    return lab.path.with_name("processes.log").read_text(errors="replace")


# Full, truly.


def test_on_a_full_disk_everybody_is_told_and_all_goes_on_when_there_is_room(
    cramped: Laboratory, small_disk: Path, tmp_path: Path
) -> None:
    lab, go_on, ran = cramped, tmp_path / "go on", tmp_path / "ran"
    service = lab.serve(processes=2)
    job_ids = [
        lab.odd(f"write:{ran}", f"await_file:{go_on}", "nothing"),
        lab.run(odd([f"await_file:{go_on}"]), ARRAYS),
    ]
    for job_id in job_ids:
        lab.until_running(job_id)
    lab.until(lambda: lab.store.results(job_ids[0]), "the first result")

    ballast = fill(small_disk)
    submit_until_refused(lab)
    with pytest.raises(StoreError, match=NO_SPACE):
        lab.queue.job(job_ids[0]).cancel()
    go_on.touch()
    lab.until(lambda: "trying again: there is no space left" in whole_log(lab), "the service's complaint")
    (tmp_path / "bell.qasm").write_text('OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; measure q -> c;')
    submitted = command(lab, "submit", str(tmp_path / "bell.qasm"), "--no-worker")
    assert submitted.returncode == 74
    assert "there is no space left for the store" in submitted.stderr
    assert command(lab, "jobs").returncode == 0, "reading needs no space"

    ballast.unlink()
    lab.until_final(lab.told)
    for job_id in job_ids:
        assert lab.state(job_id) is JobState.DONE
        assert lab.story(job_id) == UNDISTURBED
    assert len(ran.read_text().splitlines()) == 1, "what had run ran again"
    assert "waits for room on the disk" in lab.store.logs(job_ids[1])
    assert lab.stop(service) == 0
    lab.check()


def test_a_queue_that_nobody_has_open_says_that_its_disk_is_full(cramped: Laboratory, small_disk: Path) -> None:
    lab = cramped
    lab.run(bell(), seed_simulator=1)
    lab.queue.close()
    ballast = fill(small_disk)
    with pytest.raises(StoreError, match=NO_SPACE):
        JobQueue(lab.path)
    looked = command(lab, "doctor")
    assert looked.returncode == 1
    assert "there is no space left" in looked.stdout
    service = lab.serve()
    assert service.wait(PATIENCE_S) == 1
    assert "no space left" in lab.log()
    assert "Traceback" not in lab.log()
    ballast.unlink()
    lab.check(is_drained=False)


# Failing, by the system's own limit on the size of files.


def limit_files(pid: int, size_bytes: int | None) -> None:
    """Let a process write no file beyond a size; None for any."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size_bytes is None else size_bytes, hard))


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux changes another process's limits")
def test_a_service_that_the_system_lets_write_no_more_keeps_what_it_has_and_goes_on_when_it_can(
    lab: Laboratory, tmp_path: Path
) -> None:
    service, go_on = lab.serve(processes=2), tmp_path / "go on"
    counted = lab.odd(f"await_file:{go_on}")
    large = lab.run(odd([f"await_file:{go_on}", "nothing"]), ARRAYS, errors={"OSError"})
    for job_id in (counted, large):
        lab.until_running(job_id)
    limited = [service.pid, *lab.children(service.pid)]
    for pid in limited:
        limit_files(pid, 4096)
    go_on.touch()
    lab.until(lambda: "trying again: the store" in whole_log(lab), "the service's complaint")
    assert "can't be read or written" in whole_log(lab)
    assert lab.state(counted) is JobState.RUNNING
    limit_files(service.pid, None)
    lab.until_final([counted])
    assert lab.story(counted) == UNDISTURBED
    error = lab.error(large)
    assert (error["type"], error["circuit_index"]) == ("OSError", 0)
    assert "File too large" in error["message"]
    assert str(lab.store.files) in error["message"]
    for pid in lab.children(service.pid):
        limit_files(pid, None)
    lab.run(states(1), "statevector_simulator")
    lab.until_final(lab.told)
    assert lab.stop(service) == 0
    lab.check()


# Failing at one commit or file.

PROVOKED = ("recover", "claim", "keep_results", "report", "finish", "fail", "cancelled", "lose")
AT_THE_END = ("release", "unregister_worker")

# After each one that fails the service pauses for a second.
FAILING = (*PROVOKED, *AT_THE_END) if IS_WHOLE else ("recover", "keep_results", "finish", "release")


def io_errors(writes: Sequence[str], count: int) -> str:
    return ",".join(f"{write}.before_commit:io_error@{count}" for write in writes)


def provoke(lab: Laboratory, tmp_path: Path) -> dict[str, list[JobEvent]]:
    """Submit jobs for which a service makes all its writes, and return the stories that they must have."""
    # Of another boot, it can't be alive.
    dead = WorkerRecord(worker_id="dead", pid=1, process_started=0.0, boot_id="before", port=0, started_us=0)
    lab.store.register_worker(dead)
    job_ids = {"recovered": lab.run(bell(), seed_simulator=1)}
    assert lab.store.claim("dead", 1)
    job_ids |= {
        "kept": lab.odd("nothing", "wait:0.4", "nothing", "wait:0.4", "nothing"),
        "failed": lab.odd("nothing", "raise:no", errors={"ArithmeticError"}),
        "cancelled": lab.odd("nothing", "wait:90"),
        "lost": lab.odd("nothing", f"die_once:{tmp_path / 'died'}"),
        "large": lab.run(states(2), "statevector_simulator"),
    }
    if "report" in FAILING:
        job_ids["printing"] = lab.odd("nothing", "print:words", f"wait:{2 * len(FAILING)}")
    again = [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.LOSE, JobEvent.CLAIM, JobEvent.FINISH]
    stories = {"kept": UNDISTURBED, "large": UNDISTURBED, "printing": UNDISTURBED, "recovered": again, "lost": again}
    stories["failed"] = [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.FAIL]
    stories["cancelled"] = [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.REQUEST_CANCEL, JobEvent.CANCEL]
    return {job_id: stories[name] for name, job_id in job_ids.items()}


@pytest.mark.parametrize("count", [1, 2, 3] if IS_WHOLE else [1])
def test_a_service_makes_each_write_again_that_failed(lab: Laboratory, tmp_path: Path, count: int) -> None:
    stories = provoke(lab, tmp_path)
    service = lab.serve(processes=2, failpoint=io_errors(FAILING, count))
    to_cancel = next(job_id for job_id, story in stories.items() if JobEvent.REQUEST_CANCEL in story)
    lab.until_running(to_cancel)
    lab.cancel(to_cancel)
    lab.until_final(lab.told)
    for job_id, story in stories.items():
        assert lab.story(job_id) == story
    held = lab.odd("wait:90")
    lab.until_running(held)
    # At once: two signals of one kind might arrive as one.
    service.send_signal(signal.SIGINT)
    assert lab.stop(service) == 0
    assert lab.story(held)[1:3] == [JobEvent.CLAIM, JobEvent.RELEASE]
    if count == 1:
        for write in FAILING:
            assert f"Input/output error at the failpoint {write}.before_commit" in whole_log(lab)
    lab.cancel(held)
    lab.check()


def test_a_service_that_can_not_register_says_why_and_leaves_no_job_behind(lab: Laboratory) -> None:
    job_id = lab.run(bell(), seed_simulator=1)
    service = lab.serve(failpoint="register_worker.before_commit:io_error")
    assert service.wait(PATIENCE_S) == 1
    assert "can't be read or written: [Errno 5] Input/output error" in lab.log()
    assert "Traceback" not in lab.log()
    assert lab.story(job_id) == [JobEvent.SUBMIT]


def test_a_child_waits_for_room_and_says_what_else_is_wrong_with_a_file(lab: Laboratory) -> None:
    job_id = lab.run(states(3), "statevector_simulator", errors={"OSError"})
    service = lab.serve(failpoint="files.before_write:disk_full@1,files.before_rename:io_error@2")
    error = lab.error(job_id)
    assert (error["type"], error["circuit_index"], error["num_failed"]) == ("OSError", 1, 1)
    assert "Input/output error" in error["message"]
    assert [result.index for result in lab.store.results(job_id)] == [0, 2], "the others ran"
    assert "circuit 0 waits for room on the disk" in lab.store.logs(job_id)
    with pytest.raises(JobFailedError, match="Input/output error"):
        lab.queue.job(job_id).result()
    again = lab.queue.job(job_id).rerun()
    lab.note(again)
    lab.until_final([again.job_id()])
    assert again.result().success
    assert lab.stop(service) == 0
    assert lab.check().orphans == 0


def test_a_submission_that_fails_is_told_and_can_be_made_again(lab: Laboratory, tmp_path: Path) -> None:
    (tmp_path / "bell.qasm").write_text('OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; measure q -> c;')
    arguments = ("submit", str(tmp_path / "bell.qasm"), "--no-worker", "--key", "once")
    for action, said in (("io_error", "can't be read or written"), ("disk_full", "there is no space left")):
        refused = command(lab, *arguments, failpoint=f"submit.before_commit:{action}")
        assert refused.returncode == 74
        assert said in refused.stderr
        assert "nothing of this was stored" in refused.stderr
        assert lab.store.count() == 0
    # Killed after the commit, nobody was told; the key makes it safe to try again.
    assert command(lab, *arguments, failpoint="submit.after_commit:kill").returncode == -signal.SIGKILL
    assert command(lab, *arguments).returncode == 0
    assert lab.store.count() == 1


# Damaged.


def damage(path: Path) -> None:
    """Overwrite the middle of a file, as a failing disk would."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 8192 * 4096)


@pytest.mark.parametrize("harm", [damage, cut])
def test_a_damaged_database_is_told_to_everybody_and_a_backup_is_all_that_is_needed(
    lab: Laboratory, harm: Callable[[Path], None]
) -> None:
    for seed in range(50):
        lab.run(bell(), seed_simulator=seed, name=f"{seed}")
    lab.queue.close()
    backup = lab.path.read_bytes()
    harm(lab.path)
    harmed = lab.path.read_bytes()

    with pytest.raises(StoreCorruptError, match=r"lab\.db is damaged: .*; run: queuebit doctor --store"):
        JobQueue(lab.path).jobs(limit=None)
    assert {finding.kind for finding in examine(lab.path)} == {FindingKind.DAMAGED}
    looked = command(lab, "doctor", "--fix")
    assert looked.returncode == 1
    assert "restore a backup" in looked.stdout
    assert command(lab, "jobs").returncode == 74
    service = lab.serve()
    assert service.wait(PATIENCE_S) == 1
    assert "is damaged" in lab.log()
    assert "Traceback" not in lab.log()
    assert lab.path.read_bytes() == harmed, "what is left of it was changed"

    for trace in ("-wal", "-shm"):
        Path(f"{lab.path}{trace}").unlink(missing_ok=True)
    lab.path.write_bytes(backup)
    lab.check(is_drained=False)


def test_a_service_whose_database_is_damaged_ends_and_says_why_and_waits_end(lab: Laboratory) -> None:
    service = lab.serve()
    job_id = lab.odd("wait:90")
    lab.until_running(job_id)
    for path in (lab.path, Path(f"{lab.path}-wal")):
        os.truncate(path, 0)
    with pytest.raises(StoreCorruptError, match=r"lab\.db is damaged: .*; run: queuebit doctor"):
        lab.queue.job(job_id).result(timeout=PATIENCE_S)
    assert service.wait(PATIENCE_S) == 1
    assert "is damaged" in lab.log()
    assert "Traceback" not in lab.log()


def test_damaged_array_files_are_told_with_the_cure_and_the_cure_works(lab: Laboratory) -> None:
    job_id = lab.run(states(3), "statevector_simulator", seed_simulator=1)
    service = lab.serve()
    lab.until_final([job_id])
    before = lab.queue.job(job_id).result().get_statevector(2).copy()
    first, second, _ = (lab.store.files / result.files[0] for result in lab.store.results(job_id))
    whole = first.read_bytes()
    for harm in (lambda: os.truncate(first, 5000), lambda: os.truncate(first, 0), first.unlink):
        harm()
        with (
            JobQueue(lab.path, start_worker=False) as queue,
            pytest.raises(CodecError, match=f"circuit 0 can't be read: its array file {first}.*queuebit rerun"),
        ):
            queue.job(job_id).result()
    second.write_bytes(whole[:-8])
    looked = command(lab, "doctor", "--fix")
    assert looked.returncode == 1
    assert f"{first.name} of job {job_id} can't be read: it isn't there" in looked.stdout
    assert f"it has {len(whole) - 8} bytes instead of {len(whole)}" in looked.stdout
    assert f"queuebit rerun {job_id}" in looked.stdout
    shown = command(lab, "result", job_id)
    assert shown.returncode == 74
    assert "queuebit doctor" in shown.stderr

    rerun = command(lab, "rerun", job_id)
    assert rerun.returncode == 0
    again = lab.queue.job(rerun.stdout.strip())
    assert (again.result(timeout=PATIENCE_S).get_statevector(2) == before).all()
    assert command(lab, "delete", job_id).returncode == 0
    assert command(lab, "doctor").returncode == 0
    lab.told.clear()
    lab.note(again)
    assert lab.stop(service) == 0
    lab.check()
