"""The service as a whole: recovering, draining, leaving when idle, two at a time, and what it can't do without."""

import subprocess
import sys
import uuid
from dataclasses import replace

import pytest

from queuebit.store import JobEvent, JobState, StoredResult
from queuebit.store.array_files import stem
from queuebit.worker import service as service_module
from queuebit.worker.executor import EndReport, Executor, RunEnd
from queuebit.worker.executors import child_pool
from queuebit.worker.executors.child_pool import ChildStartError
from queuebit.worker.hints import HintListener
from queuebit.worker.liveness import process_started, this_worker
from queuebit.worker.service import WorkerService


class InstantExecutor(Executor):
    """Every run is over as soon as it is looked at. For what doesn't depend on how runs go."""

    def __init__(self):
        self.started = []
        self._reports = []

    def open(self, selector):
        pass

    def num_free(self):
        return 1

    def num_parallel(self):
        return 1

    def prepare(self, num_waiting):
        pass

    def start(self, assignment):
        self.started.append(assignment.job.job_id)
        result = StoredResult(index=0, content=b"")
        self._reports.append(EndReport(key=assignment.key, end=RunEnd.FINISHED, result=result))

    def stop(self, key):
        pass

    def kill(self, key):
        pass

    def progress(self, key):
        return 0, 0

    def printed(self, key):
        return ""

    def tick(self):
        pass

    def next_tick_s(self):
        return 0.0 if self._reports else float("inf")

    def take_reports(self):
        reports, self._reports = self._reports, []
        return reports

    def close(self):
        pass


@pytest.fixture
def serve_instantly(serve, monkeypatch):
    """Starts a service without children, which looks around more often."""
    monkeypatch.setattr(service_module, "_LOOK_S", 0.05)
    return lambda **options: serve(processes=None, executor=InstantExecutor(), **options)


def is_done(lab, job_id):
    return lab.until_final(job_id).state is JobState.DONE


def only_worker(lab):
    lab.until(lambda: len(lab.store.workers()) == 1, "a worker")
    return lab.store.workers()[0]


def register_dead(lab):
    lab.store.register_worker(replace(this_worker("dead", 0), process_started=0.5))


def test_jobs_of_a_dead_worker_are_taken_over_at_the_start(lab, serve_instantly, bell):
    register_dead(lab)
    job_id = lab.submit(bell)
    lab.store.claim("dead", 1)
    serve_instantly()
    assert is_done(lab, job_id)
    assert lab.story(job_id) == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.LOSE, JobEvent.CLAIM, JobEvent.FINISH]
    assert "dead" not in {worker.worker_id for worker in lab.store.workers()}


@pytest.fixture
def dies_with_a_job(lab, bell):
    """Has a worker beside the one that serves die with a job, whose id is returned, and perhaps a file of it."""

    def die(leave_file=lambda job_id: None):
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        try:
            started = process_started(process.pid)
            lab.store.register_worker(replace(this_worker("dying", 0), pid=process.pid, process_started=started))
            while True:
                job_id = lab.submit(bell)
                leave_file(job_id)
                # The one that serves may be faster.
                if [claim.job.job_id for claim in lab.store.claim("dying", 1)] == [job_id]:
                    return job_id
        finally:
            process.kill()
            process.communicate()

    return die


def test_jobs_of_a_worker_that_dies_later_are_taken_over(lab, serve_instantly, dies_with_a_job):
    serve_instantly()
    worker = only_worker(lab)
    job_id = dies_with_a_job()
    assert is_done(lab, job_id)
    assert lab.store.events(job_id)[-1].worker_id == worker.worker_id


def test_files_that_a_dead_worker_left_are_deleted_at_the_start_and_no_others(lab, serve_instantly, bell):
    register_dead(lab)
    lab.store.register_worker(this_worker("alive", 0))
    lost, written = lab.submit(bell), lab.submit(bell)
    lab.store.claim("dead", 1)
    # This one is being written by a child of another service, which is alive: here it is this process.
    assert [claim.job.job_id for claim in lab.store.claim("alive", 1)] == [written]
    left, kept = (lab.store.files / f"{stem(job_id, 1)}-0.npy.0a1b.tmp" for job_id in (lost, written))
    unknown = lab.store.files / f"{stem(str(uuid.uuid4()), 1)}-0.npy"
    foreign = lab.store.files / "notes.txt"
    for path in (left, kept, unknown, foreign):
        path.touch()
    serve_instantly()
    lab.until(lambda: not (left.exists() or unknown.exists()), "the files deleted")
    assert kept.exists()
    assert foreign.exists()
    assert is_done(lab, lost)


def test_files_that_a_worker_left_that_dies_later_are_deleted(lab, serve_instantly, dies_with_a_job):
    def file_of(job_id):
        return lab.store.files / f"{stem(job_id, 1)}-0.npy"

    serve_instantly()
    only_worker(lab)
    job_id = dies_with_a_job(lambda job_id: file_of(job_id).touch())
    assert is_done(lab, job_id)
    lab.until(lambda: not file_of(job_id).exists(), "the file deleted")


def test_a_folder_of_files_that_cant_be_read_stops_no_service(lab, serve_instantly, bell, caplog):
    lab.store.files.rmdir()
    serve_instantly()
    lab.until(lambda: "can't be collected" in caplog.text, "the warning")
    assert is_done(lab, lab.submit(bell))
    lab.store.files.mkdir()


def test_a_job_whose_circuits_have_all_run_is_finished_without_running_again(lab, serve_instantly, bell):
    register_dead(lab)
    job_id = lab.submit(bell)
    # As if its worker had died between its last result and the end.
    (claim,) = lab.store.claim("dead", 1)
    lab.store.keep_results(claim, [StoredResult(index=0, content=b"kept")])
    service = serve_instantly()
    assert is_done(lab, job_id)
    assert service.service._executor.started == []
    assert lab.store.results(job_id)[0].content == b"kept"


def test_the_worker_is_registered_as_long_as_it_serves(lab, serve_instantly):
    service = serve_instantly()
    assert only_worker(lab).worker_id == service.service.worker_id
    service.stop()
    assert lab.store.workers() == []


def test_a_worker_that_was_taken_for_dead_registers_again(lab, serve_instantly, bell):
    serve_instantly()
    lab.store.unregister_worker(only_worker(lab).worker_id)
    assert is_done(lab, lab.submit(bell))
    assert len(lab.store.workers()) == 1


def test_a_polite_stop_lets_runs_end_and_takes_no_more(lab, serve, tmp_path):
    service = serve()
    go_on = tmp_path / "go on"
    running = lab.submit_odd(f"await_file:{go_on}")
    lab.until_running(running)
    waiting = lab.submit_odd("nothing")
    service.service.request_stop()
    lab.until(lambda: service.service._stops_heard, "the stop")
    go_on.touch()
    service.join()
    assert lab.store.get(running).state is JobState.DONE
    assert lab.store.get(waiting).state is JobState.QUEUED
    assert lab.store.workers() == []


def test_runs_that_take_too_long_for_a_polite_stop_are_given_back_with_what_they_have(lab, serve):
    service = serve(drain_s=0.4)
    job_id = lab.submit_odd("nothing", "ignore:60")
    lab.until(lambda: lab.store.results(job_id), "the first result")
    service.service.request_stop()
    service.join()
    record = lab.store.get(job_id)
    assert (record.state, record.crashes) == (JobState.QUEUED, 0)
    assert [result.index for result in lab.store.results(job_id)] == [0]
    assert lab.store.events(job_id)[-1].reason == "the worker stopped"


def test_a_second_stop_gives_runs_back_at_once(lab, serve):
    service = serve(drain_s=60)
    job_id = lab.submit_odd("wait:60")
    lab.until_running(job_id)
    service.service.request_stop()
    service.service.request_stop()
    service.join(5)
    assert lab.story(job_id)[-1] is JobEvent.RELEASE
    assert lab.store.get(job_id).state is JobState.QUEUED


def test_an_idle_service_ends(lab, serve_instantly, bell):
    service = serve_instantly(idle_timeout_s=0.2)
    assert is_done(lab, lab.submit(bell))
    service.join()
    assert lab.store.workers() == []


def test_a_service_with_something_to_do_isnt_idle(lab, serve):
    service = serve(idle_timeout_s=0.2)
    job_id = lab.submit_odd("wait:0.4")
    lab.until_running(job_id)
    lab.done(job_id)
    service.join()


def test_a_job_submitted_while_an_idle_service_leaves_is_run(lab, serve_instantly, bell):
    job_ids = []
    # After this nobody may count on the worker; before, one who has seen it registered submits a job.
    service = serve_instantly(idle_timeout_s=0.1, on_idle=lambda: job_ids or job_ids.append(lab.submit(bell)))
    lab.until(lambda: job_ids, "the leaving")
    assert is_done(lab, job_ids[0])
    service.join()


def test_an_obsolete_service_ends_at_once(lab, serve_instantly):
    obsolete = []
    service = serve_instantly(is_obsolete=lambda: bool(obsolete))
    lab.submit_odd("wait:60")
    only_worker(lab)
    obsolete.append(True)
    service.join()


def test_two_services_share_the_work_and_no_job_runs_twice(lab, serve, tmp_path):
    serve(processes=2)
    serve(processes=2)
    lab.until(lambda: len(lab.store.workers()) == 2, "two workers")
    written = tmp_path / "ran"
    job_ids, workers = [], set()
    for _ in range(50):
        # The children of one may be ready long before those of the other.
        job_ids += (batch := [lab.submit_odd(f"write:{written}", "wait:0.02") for _ in range(40)])
        for job_id in batch:
            lab.done(job_id)
            assert lab.story(job_id).count(JobEvent.FINISH) == 1
            workers |= {event.worker_id for event in lab.store.events(job_id)} - {None}
        if len(workers) == 2:
            break
    assert len(workers) == 2
    assert len(written.read_text().splitlines()) == sum(lab.story(job_id).count(JobEvent.CLAIM) for job_id in job_ids)


def test_a_long_job_doesnt_hold_up_those_that_were_claimed_with_it(lab, serve):
    serve(processes=1)
    for _ in range(30):
        job_id = lab.submit_odd("nothing")
    lab.done(job_id)
    long = lab.submit_odd("wait:60", priority=1)
    lab.until_running(long)
    others = [lab.submit_odd("nothing") for _ in range(3)]
    lab.until(lambda: all(lab.store.get(job).state is JobState.QUEUED for job in others), "the others given back")
    lab.cancel(long)
    for job_id in others:
        lab.done(job_id)


def test_a_lost_claim_stops_the_run(lab, serve, tmp_path, is_running, monkeypatch):
    monkeypatch.setattr(service_module, "_LOOK_S", 0.05)
    serve()
    written = tmp_path / "ran"
    job_id = lab.submit_odd(f"write:{written}", f"write:{written}", "wait:600")
    lab.until(lambda: lab.store.results(job_id), "the first result")
    pid = int(written.read_text().split()[0])
    # Somebody takes this worker for dead, and its job.
    lab.store.recover(lambda worker: False)
    lab.until(lambda: lab.store.get(job_id).attempt == 2, "another attempt")
    lab.until(lambda: not is_running(pid), "the end of the run that lost its claim", 10.0)
    lab.cancel(job_id)
    assert lab.until_final(job_id).state is JobState.CANCELLED


def test_waiters_are_told_of_every_change(lab, serve_instantly, bell):
    serve_instantly()
    port = only_worker(lab).port
    with HintListener() as listener:
        listener.subscribe([port])
        assert listener.wait(60), "no answer to the subscription"
        job_id = lab.submit(bell)
        seen = set()
        while lab.store.get(job_id).state is not JobState.DONE:
            assert listener.wait(60)
            seen.add(lab.store.get(job_id).state)
        assert JobState.DONE in seen


def test_without_hints_jobs_are_found_all_the_same(lab, serve_instantly, bell):
    serve_instantly()
    only_worker(lab)
    (record,) = lab.store.submit([lab.new_job(bell)])
    assert is_done(lab, record.job_id)


def test_a_service_whose_children_cant_start_says_why(lab, serve, bell, monkeypatch, tmp_path):
    (tmp_path / "qiskit.py").write_text("raise ImportError('this is not Qiskit')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(child_pool, "_FIRST_PAUSE_S", 0.001)
    job_id = lab.submit(bell)
    service = serve()
    service.join()
    error, service.error = service.error, None
    assert isinstance(error, ChildStartError)
    assert "this is not Qiskit" in str(error)
    assert lab.store.workers() == []
    assert lab.story(job_id) == [JobEvent.SUBMIT], "the job was lost for that"


@pytest.mark.parametrize(
    ("options", "words"),
    [({"processes": 0}, "processes must be 1 or more"), ({"idle_timeout_s": -1}, "idle_timeout_s must be 0 or more")],
)
def test_impossible_settings_are_refused(lab, options, words):
    with pytest.raises(ValueError, match=words):
        WorkerService(lab.store, **options)
