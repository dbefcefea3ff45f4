"""Children that end in the middle of a job: the job goes on where it was, or ends as documented; others go on."""

import os
import signal

import pytest

from queuebit.store import JobEvent, JobState


def reasons(lab, job_id):
    return [event.reason for event in lab.store.events(job_id) if event.event in (JobEvent.LOSE, JobEvent.GIVE_UP)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("segfault", "SIGSEGV"),
        ("signal:SIGKILL", "SIGKILL"),
        ("signal:SIGINT", "SIGINT"),
        ("exit:3", "exit code 3"),
        ("exit:0", "exit code 0"),
        ("close_descriptors", "closed its connection"),
        ("scribble", "wrote to the connection"),
    ],
)
def test_a_job_whose_child_always_dies_is_given_up(served, name, reason):
    other = served.submit_odd("nothing")
    job_id = served.submit_odd("nothing", name, max_attempts=2)
    error = served.error(job_id)
    assert error["type"] == "worker_lost"
    assert reason in error["message"]
    record = served.store.get(job_id)
    assert (record.attempt, record.crashes) == (2, 2)
    assert served.story(job_id)[1:] == [JobEvent.CLAIM, JobEvent.LOSE, JobEvent.CLAIM, JobEvent.GIVE_UP]
    assert [result.index for result in served.store.results(job_id)] == [0]
    assert served.done(other)


def test_a_job_goes_on_with_the_circuit_at_which_its_child_died(served, tmp_path):
    ran = tmp_path / "ran"
    job_id = served.submit_odd(f"write:{ran}", f"die_once:{tmp_path / 'died'}", f"write:{ran}")
    results = served.done(job_id)
    assert [result.header["name"].partition(":")[0] for result in results] == ["write", "die_once", "write"]
    assert len(ran.read_text().splitlines()) == 2, "the first circuit ran again"
    assert served.story(job_id)[1:] == [JobEvent.CLAIM, JobEvent.LOSE, JobEvent.CLAIM, JobEvent.FINISH]
    assert reasons(served, job_id) == ["its process ended with exit code 7"]


def test_what_a_dying_child_printed_is_in_the_log(served):
    job_id = served.submit_odd("exit:3", max_attempts=1)
    served.error(job_id)
    assert "about to exit" in served.store.logs(job_id)


def test_the_place_of_a_segfault_is_in_the_log(served):
    job_id = served.submit_odd("segfault", max_attempts=1)
    served.error(job_id)
    assert "do_segfault" in served.store.logs(job_id)


def test_an_idle_child_that_dies_is_replaced(served):
    pid = served.pid()
    os.kill(pid, signal.SIGKILL)
    served.until(lambda: served.pid() != pid, "another child")


def test_what_a_child_had_started_ends_with_it(served, tmp_path, is_running):
    written = tmp_path / "pid"
    served.error(served.submit_odd(f"start_process:{written}", max_attempts=1))
    served.until(lambda: not is_running(int(written.read_text())), "the end of the grandchild")


def test_a_stopped_child_goes_on_when_it_is_continued(served):
    pid = served.pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        jobs = [served.submit_odd("nothing") for _ in range(3)]
        served.until(lambda: sum(served.store.get(job).is_final for job in jobs) >= 2, "the other child's jobs")
    finally:
        os.kill(pid, signal.SIGCONT)
    for job in jobs:
        assert served.until_final(job).state is JobState.DONE
