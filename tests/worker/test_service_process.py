"""The service as a process of its own: signals, its death, and who it takes along."""

import os
import signal
import subprocess
import sys

import pytest

from queuebit.store import JobEvent, JobState


@pytest.fixture
def start_process(lab, tmp_path):
    """Starts ``python -m queuebit.worker`` for the lab."""
    started = []

    def start(*options, processes=1):
        command = [sys.executable, "-m", "queuebit.worker", str(lab.path), "--processes", str(processes), *options]
        log = (tmp_path / "service.log").open("ab")
        with log:
            # In a session of its own, so that a test can send to its whole group what a terminal sends.
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def running_job(lab, *names):
    job_id = lab.submit_odd(*names)
    lab.until_running(job_id)
    return job_id


def test_sigterm_lets_the_runs_end(lab, start_process, tmp_path, children_of, is_running):
    service = start_process()
    go_on = tmp_path / "go on"
    job_id = running_job(lab, f"await_file:{go_on}")
    children = children_of(service.pid)
    service.terminate()
    go_on.touch()
    assert service.wait(30) == 0
    assert lab.store.get(job_id).state is JobState.DONE
    assert lab.store.workers() == []
    assert children
    assert not any(is_running(child) for child in children)


def test_a_second_signal_stops_at_once(lab, start_process):
    service = start_process()
    job_id = running_job(lab, "nothing", "ignore:60")
    service.send_signal(signal.SIGTERM)
    service.send_signal(signal.SIGINT)
    assert service.wait(30) == 0
    assert lab.story(job_id) == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.RELEASE]


def test_ctrl_c_at_the_terminal_reaches_the_service_and_not_its_children(lab, start_process, tmp_path):
    service = start_process()
    go_on = tmp_path / "go on"
    job_id = running_job(lab, f"await_file:{go_on}")
    os.killpg(service.pid, signal.SIGINT)
    go_on.touch()
    assert service.wait(30) == 0
    assert lab.store.get(job_id).state is JobState.DONE
    assert JobEvent.LOSE not in lab.story(job_id)


def test_children_end_with_a_service_that_is_killed_and_the_next_one_goes_on(
    lab, start_process, tmp_path, children_of, is_running
):
    service = start_process()
    written = tmp_path / "ran"
    job_id = lab.submit_odd(f"write:{written}", f"await_file:{tmp_path / 'go on'}")
    lab.until(lambda: lab.store.results(job_id), "the first result")
    children = children_of(service.pid)
    assert children
    service.kill()
    service.wait()
    lab.until(lambda: not any(is_running(child) for child in children), "the end of the children")
    (tmp_path / "go on").touch()
    start_process()
    lab.done(job_id)
    assert lab.story(job_id) == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.LOSE, JobEvent.CLAIM, JobEvent.FINISH]
    assert len(written.read_text().splitlines()) == 1, "the circuit that was kept ran again"


def test_a_service_that_was_stopped_and_continued_goes_on(lab, start_process):
    service = start_process()
    running_job(lab, "nothing")
    service.send_signal(signal.SIGSTOP)
    job_id = lab.submit_odd("nothing")
    service.send_signal(signal.SIGCONT)
    lab.done(job_id)
    assert lab.story(job_id) == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.FINISH]


def test_an_idle_service_uses_next_to_nothing(lab, start_process):
    import psutil

    service = psutil.Process(start_process().pid)
    lab.pid()
    before = sum(service.cpu_times()[:2])
    # As long as it takes to tell 1 % from nothing in the system's ticks of 10 ms.
    service_is_idle_s = 2.0
    with pytest.raises(psutil.TimeoutExpired):
        service.wait(service_is_idle_s)
    assert sum(service.cpu_times()[:2]) - before <= 0.02 * service_is_idle_s


def test_the_service_never_imports_qiskit(tmp_path):
    code = (
        "import sys, queuebit.worker.service, queuebit.worker.__main__, queuebit.worker.launcher;"
        "print([name for name in sys.modules if name.partition('.')[0] in ('qiskit', 'numpy')])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "usage: python -m queuebit.worker PATH"),
        (["lab.db", "--processes", "many"], 2, "many"),
        (["lab.db", "--processes", "0"], 2, "processes must be 1 or more"),
        (["."], 1, "folder"),
    ],
)
def test_what_it_cant_do_it_says(tmp_path, arguments, code, words):
    command = [sys.executable, "-m", "queuebit.worker", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert ended.returncode == code
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
