"""The way of a job through the service, step by step: no process, no time but the test's."""

import itertools
from dataclasses import dataclass, field

import pytest

from queuebit.store import JobEvent, JobState, MemoryStore, StoredResult, StoreError, Usage
from queuebit.store.records import Claim, Part, ShotRange
from queuebit.worker.endings import GATHER_S
from queuebit.worker.executor import CircuitReport, EndReport, Executor, RunEnd
from queuebit.worker.executors.run_watch import took_too_long
from queuebit.worker.job_flow import JobFlow
from queuebit.worker.liveness import this_worker

WORKER = "worker"


@dataclass
class ScriptedExecutor(Executor):
    """Does what the test says."""

    slots: int = 2
    runs: dict = field(default_factory=dict)
    reports: list = field(default_factory=list)
    stopped: list = field(default_factory=list)
    killed: list = field(default_factory=list)
    prepared: list = field(default_factory=list)
    progresses: dict = field(default_factory=dict)
    outputs: dict = field(default_factory=dict)

    def open(self, selector):
        pass

    def num_free(self):
        return self.slots - len(self.runs)

    def num_parallel(self):
        return self.slots

    def prepare(self, num_waiting):
        self.prepared.append(num_waiting)

    def start(self, assignment):
        assert self.num_free() > 0
        self.runs[self.name(assignment.key, assignment.job)] = assignment

    @staticmethod
    def name(key, job):
        """Return what the test calls a run: its job, of one that is cut with the number of the part."""
        return job.job_id if job.num_parts == 1 else (job.job_id, key.part)

    def stop(self, key):
        self.stopped.append(key[0])

    def kill(self, key):
        self.killed.append(key[0])
        (name,) = [name for name, assignment in self.runs.items() if assignment.key == key]
        self.end(name, RunEnd.STOPPED)

    def progress(self, key):
        return self.progresses.get(key[0], (0, 0))

    def printed(self, key):
        return self.outputs.pop(key[0], "")

    def tick(self):
        pass

    def next_tick_s(self):
        return float("inf")

    def take_reports(self):
        reports, self.reports = self.reports, []
        return reports

    def close(self):
        pass

    # What the test says.

    def circuit(self, name, index, content=b"r", files=()):
        self.reports.append(
            CircuitReport(key=self.runs[name].key, result=StoredResult(index=index, content=content, files=files))
        )

    def end(self, name, end=RunEnd.FINISHED, index=None, **facts):
        run = self.runs.pop(name)
        result = None if index is None else StoredResult(index=index, content=b"r", shots=run.shots)
        self.reports.append(EndReport(key=run.key, end=end, result=result, **facts))


class CountingStore(MemoryStore):
    """Counts its commits, and can be out of order."""

    def __init__(self):
        super().__init__()
        self.commits = []
        self.is_full = False

    def _count(self, name, *args, **kwargs):
        if self.is_full:
            raise StoreError("the disk is full")
        self.commits.append(name)
        return getattr(MemoryStore, name)(self, *args, **kwargs)

    def claim(self, *args, **kwargs):
        return self._count("claim", *args, **kwargs)

    def keep_results(self, *args):
        return self._count("keep_results", *args)

    def report(self, *args, **kwargs):
        return self._count("report", *args, **kwargs)

    def finish(self, *args):
        return self._count("finish", *args)

    def fail(self, *args):
        return self._count("fail", *args)


class Stepper:
    """A flow, its surroundings, and the time."""

    def __init__(self, new_job, bell):
        self.now = 100.0
        self.store = CountingStore()
        self.store.register_worker(this_worker(WORKER, 0))
        self.executor = ScriptedExecutor()
        self.flow = JobFlow(self.store, self.executor, WORKER, lambda: self.now)
        self._new_job, self._bell = new_job, bell

    def submit(self, num_jobs=1, num_circuits=1, **fields):
        jobs = [self._new_job([self._bell] * num_circuits, **fields) for _ in range(num_jobs)]
        ids = [record.job_id for record in self.store.submit(jobs)]
        return ids if num_jobs > 1 else ids[0]

    def step(self, after_s=0.0, *, look=False):
        self.now += after_s
        self.flow.step(look=look)

    def state(self, job_id):
        return self.store.get(job_id).state

    def claim(self, job_id):
        return Claim(job=self.store.get(job_id), circuits=(), finished=frozenset())

    def last_event(self, job_id):
        return self.store.events(job_id)[-1]

    def commits(self):
        commits, self.store.commits = self.store.commits, []
        return commits

    def run_tiny_jobs(self, num_jobs=20):
        """Let the flow learn that jobs are tiny."""
        for job_id in [self.submit() for _ in range(num_jobs)]:
            self.step(look=True)
            self.executor.end(job_id, index=0)
            self.step(after_s=0.001)
        self.step(after_s=1.0)
        self.commits()


@pytest.fixture
def stepper(new_job, bell):
    return Stepper(new_job, bell)


def test_a_job_goes_through(stepper):
    job_id = stepper.submit()
    stepper.step(look=True)
    assert stepper.state(job_id) is JobState.RUNNING
    assert stepper.executor.runs[job_id].circuits
    stepper.executor.end(job_id, index=0, usage=Usage(cpu_s=2.0, peak_memory_bytes=7))
    stepper.step()
    record = stepper.store.get(job_id)
    assert (record.state, record.cpu_s, record.peak_memory_bytes) == (JobState.DONE, 2.0, 7)
    assert [result.index for result in stepper.store.results(job_id)] == [0]
    assert stepper.flow.is_empty
    assert stepper.flow.has_changed


def test_without_a_look_nothing_is_asked_of_the_store(stepper):
    stepper.step(look=True)
    stepper.commits()
    stepper.step()
    assert stepper.commits() == []


def test_no_more_is_claimed_than_can_be_started_as_long_as_nothing_is_known(stepper):
    ids = stepper.submit(5)
    stepper.step(look=True)
    assert [stepper.state(job_id) for job_id in ids] == [JobState.RUNNING] * 2 + [JobState.QUEUED] * 3
    assert stepper.executor.prepared[-1] == 3


def test_the_next_job_is_claimed_without_another_look(stepper):
    ids = stepper.submit(3)
    stepper.step(look=True)
    stepper.executor.end(ids[0], index=0)
    stepper.step()
    assert stepper.state(ids[2]) is JobState.RUNNING


def test_tiny_jobs_are_claimed_ahead_and_finished_together(stepper):
    stepper.run_tiny_jobs()
    ids = stepper.submit(40)
    stepper.step(look=True)
    assert stepper.commits() == ["claim"]
    for job_id in ids:
        stepper.executor.end(job_id, index=0)
        stepper.step(after_s=0.0005)
    stepper.step(after_s=0.1)
    assert all(stepper.state(job_id) is JobState.DONE for job_id in ids)
    assert len(stepper.commits()) < 15


def test_a_lone_end_doesnt_wait(stepper):
    stepper.run_tiny_jobs()
    job_id = stepper.submit()
    stepper.step(look=True)
    stepper.executor.end(job_id, index=0)
    stepper.step()
    assert stepper.state(job_id) is JobState.DONE


def test_long_jobs_arent_claimed_ahead(stepper):
    for _ in range(3):
        job_id = stepper.submit()
        stepper.step(look=True)
        stepper.executor.end(job_id, index=0)
        stepper.step(after_s=10)
    ids = stepper.submit(4)
    stepper.step(look=True)
    assert sum(stepper.state(job_id) is JobState.RUNNING for job_id in ids) == 2


def test_jobs_claimed_ahead_are_given_back_when_their_turn_doesnt_come(stepper):
    stepper.run_tiny_jobs()
    ids = stepper.submit(10)
    stepper.step(look=True)
    assert all(stepper.state(job_id) is JobState.RUNNING for job_id in ids)
    stepper.step(after_s=1.5)
    assert [stepper.state(job_id) for job_id in ids] == [JobState.RUNNING] * 2 + [JobState.QUEUED] * 8
    assert "claimed ahead" in stepper.last_event(ids[-1]).reason
    assert stepper.flow.has_released


def test_results_of_a_long_job_are_kept_now_and_then(stepper):
    job_id = stepper.submit(num_circuits=1000)
    stepper.step(look=True)
    stepper.commits()
    for index in range(999):
        stepper.executor.circuit(job_id, index)
        stepper.step(after_s=0.001)
    assert 2 <= stepper.commits().count("keep_results") <= 5
    assert len(stepper.store.results(job_id)) >= 700
    stepper.executor.end(job_id, index=999)
    stepper.step()
    assert len(stepper.store.results(job_id)) == 1000
    assert stepper.commits() == ["report", "finish"]


def test_a_large_result_is_kept_at_once(stepper):
    job_id = stepper.submit(num_circuits=3)
    stepper.step(look=True)
    stepper.executor.circuit(job_id, 0, content=b"x" * 2**20)
    stepper.step()
    assert [result.index for result in stepper.store.results(job_id)] == [0]


def test_progress_and_output_are_reported_now_and_then(stepper):
    job_id = stepper.submit()
    stepper.step(look=True)
    stepper.commits()
    for done in itertools.count(1):
        stepper.executor.progresses[job_id] = (done, 2000)
        stepper.step(after_s=0.001)
        if done == 1000:
            break
    assert 2 <= stepper.commits().count("report") <= 4
    assert stepper.store.get(job_id).progress_done > 500
    stepper.executor.outputs[job_id] = "words"
    stepper.step(after_s=0.5)
    assert stepper.store.logs(job_id) == "words"


@pytest.mark.parametrize("is_over", [False, True])
def test_what_was_printed_while_the_store_couldnt_be_written_is_in_the_log(stepper, is_over):
    job_id = stepper.submit()
    stepper.step(look=True)
    stepper.store.is_full = True
    for text in ("one\n", "two\n"):
        stepper.executor.outputs[job_id] = stepper.executor.outputs.get(job_id, "") + text
        stepper.step(2.0)
    if is_over:
        stepper.executor.end(job_id, index=0, printed=stepper.executor.outputs.pop(job_id, "") + "three\n")
        stepper.step(2.0)
    stepper.store.is_full = False
    for _ in range(3):
        stepper.step(2.0)
    assert stepper.store.logs(job_id) == "one\ntwo\n" + ("three\n" if is_over else "")


def test_nothing_is_reported_when_nothing_has_changed(stepper):
    job_id = stepper.submit()
    stepper.step(look=True)
    stepper.executor.progresses[job_id] = (1, 2)
    stepper.step(after_s=0.5)
    stepper.commits()
    stepper.step(after_s=0.5)
    assert stepper.commits() == []


def test_the_progress_of_a_finished_job_is_whole(stepper):
    job_id = stepper.submit()
    stepper.step(look=True)
    stepper.executor.progresses[job_id] = (1, 9)
    stepper.step(after_s=0.5)
    stepper.executor.end(job_id, index=0, printed="last words")
    stepper.step()
    record = stepper.store.get(job_id)
    assert (record.state, record.progress_done, record.progress_total) == (JobState.DONE, 9, 9)
    assert stepper.store.logs(job_id) == "last words"


def test_jobs_that_come_one_by_one_while_others_run_share_commits(stepper):
    stepper.run_tiny_jobs()
    ids = []
    for moment in range(200):
        if moment < 40:
            ids.append(stepper.submit())
        stepper.step(after_s=0.0005, look=moment < 40)
        for job_id in list(stepper.executor.runs):
            stepper.executor.end(job_id, index=0)
    assert all(stepper.state(job_id) is JobState.DONE for job_id in ids)
    commits = stepper.commits()
    assert commits.count("claim") < 10
    assert commits.count("finish") < 10


def test_a_hint_that_has_to_wait_is_the_next_step(stepper):
    stepper.submit()
    stepper.step(look=True)
    stepper.step(look=True)
    assert 0 < stepper.flow.next_step_s() <= GATHER_S


def test_a_cancel_request_stops_the_run(stepper):
    job_id = stepper.submit(num_circuits=2)
    stepper.step(look=True)
    stepper.store.request_cancel([job_id])
    stepper.step(after_s=GATHER_S, look=True)
    assert stepper.executor.stopped == [job_id]
    stepper.executor.circuit(job_id, 0)
    stepper.executor.end(job_id, RunEnd.STOPPED)
    stepper.step()
    assert stepper.state(job_id) is JobState.CANCELLED
    assert [result.index for result in stepper.store.results(job_id)] == [0]


def test_a_cancel_request_for_a_job_that_waits_here_is_done_at_once(stepper):
    stepper.run_tiny_jobs()
    ids = stepper.submit(5)
    stepper.step(look=True)
    stepper.store.request_cancel(ids[4:])
    stepper.step(after_s=GATHER_S, look=True)
    assert stepper.state(ids[4]) is JobState.CANCELLED
    assert ids[4] not in stepper.executor.runs


def test_a_failed_run_is_an_error_with_the_results_that_are_there(stepper):
    job_id = stepper.submit(num_circuits=2)
    stepper.step(look=True)
    stepper.executor.circuit(job_id, 0)
    stepper.executor.end(job_id, RunEnd.FAILED, error={"type": "E", "message": "m"})
    stepper.step()
    record = stepper.store.get(job_id)
    assert (record.state, record.error["type"]) == (JobState.ERROR, "E")
    assert len(stepper.store.results(job_id)) == 1


def test_a_run_whose_process_died_goes_on_with_what_is_left(stepper):
    job_id = stepper.submit(num_circuits=3)
    stepper.step(look=True)
    stepper.executor.circuit(job_id, 1)
    stepper.executor.end(job_id, RunEnd.DIED, reason="SIGSEGV")
    stepper.step()
    assert stepper.store.events(job_id)[-2].reason == "SIGSEGV"
    run = stepper.executor.runs[job_id]
    assert (run.key.attempt, run.indices) == (2, (0, 2))


def test_a_job_that_needs_no_more_runs_is_finished(stepper):
    job_id = stepper.submit()
    stepper.step(look=True)
    stepper.executor.circuit(job_id, 0)
    stepper.executor.end(job_id, RunEnd.DIED, reason="SIGKILL")
    stepper.step()
    stepper.step()
    assert stepper.state(job_id) is JobState.DONE
    assert stepper.executor.runs == {}


def test_the_run_of_a_lost_claim_is_ended_and_its_files_deleted(stepper):
    job_id = stepper.submit(num_circuits=2)
    stepper.step(look=True)
    files = [stepper.store.files / name for name in ("kept-too-late.npy", "later.npy")]
    for file in files:
        file.touch()
    stepper.executor.circuit(job_id, 0, files=[files[0].name])
    stepper.store.recover(lambda worker: False)
    stepper.store.register_worker(this_worker("other", 0))
    stepper.store.claim("other", 1)
    stepper.executor.circuit(job_id, 1, files=[files[1].name])
    stepper.step(after_s=0.5)
    stepper.step(after_s=0.5)
    assert stepper.executor.killed == [job_id]
    assert stepper.flow.is_empty
    assert stepper.store.get(job_id).worker_id == "other"
    assert not any(file.exists() for file in files)


def test_an_end_of_a_lost_claim_among_others_hinders_nobody(stepper):
    ids = stepper.submit(2)
    stepper.step(look=True)
    lost = stepper.claim(ids[0])
    stepper.store.release(lost, "taken away")
    for job_id in ids:
        stepper.executor.end(job_id, index=0)
    stepper.step()
    assert stepper.state(ids[1]) is JobState.DONE
    assert stepper.state(ids[0]) is not JobState.DONE


@pytest.mark.parametrize("end", [RunEnd.FINISHED, RunEnd.FAILED])
def test_a_store_that_cant_be_written_is_tried_again_and_nothing_is_lost(stepper, end):
    job_id = stepper.submit(num_circuits=2)
    stepper.step(look=True)
    stepper.executor.circuit(job_id, 0)
    stepper.store.is_full = True
    stepper.step(after_s=0.5)
    stepper.executor.end(job_id, end, index=1, error={"type": "E"}, printed="words")
    for _ in range(5):
        stepper.step(after_s=0.5, look=True)
    assert stepper.state(job_id) is JobState.RUNNING
    assert not stepper.flow.is_empty
    stepper.store.is_full = False
    stepper.step(after_s=2)
    assert stepper.state(job_id) is (JobState.DONE if end is RunEnd.FINISHED else JobState.ERROR)
    assert len(stepper.store.results(job_id)) == 2
    assert stepper.store.logs(job_id) == "words"


def test_a_stop_gives_back_what_waits_and_lets_runs_end(stepper):
    stepper.run_tiny_jobs()
    ids = stepper.submit(6)
    stepper.step(look=True)
    stepper.flow.stop_claiming("going")
    stepper.step(look=True)
    assert [stepper.state(job_id) for job_id in ids] == [JobState.RUNNING] * 2 + [JobState.QUEUED] * 4
    for job_id in ids[:2]:
        stepper.executor.end(job_id, index=0)
    stepper.step(look=True)
    assert stepper.flow.is_empty
    assert stepper.state(ids[2]) is JobState.QUEUED


def test_runs_are_given_back_with_their_results_and_the_reason(stepper):
    job_id = stepper.submit(num_circuits=2)
    stepper.step(look=True)
    stepper.executor.circuit(job_id, 0)
    stepper.step()
    stepper.flow.stop_claiming("going")
    stepper.flow.give_back_running("going")
    stepper.step()
    assert stepper.last_event(job_id).event is JobEvent.RELEASE
    assert stepper.last_event(job_id).reason == "going"
    assert [result.index for result in stepper.store.results(job_id)] == [0]


def test_a_run_that_is_given_back_though_it_should_be_cancelled_is_cancelled(stepper):
    job_id = stepper.submit()
    stepper.step(look=True)
    stepper.store.request_cancel([job_id])
    stepper.flow.give_back_running("going")
    stepper.step()
    assert stepper.state(job_id) is JobState.CANCELLED


def test_the_next_step_is_known_beforehand(stepper):
    assert stepper.flow.next_step_s() == float("inf")
    job_id = stepper.submit(num_circuits=2)
    stepper.step(look=True)
    assert 0 < stepper.flow.next_step_s() <= 0.3
    stepper.executor.circuit(job_id, 0)
    stepper.step()
    assert 0 < stepper.flow.next_step_s() <= 0.25


def test_a_commit_that_held_though_it_seemed_to_fail_keeps_its_files(stepper):
    job_id = stepper.submit()
    stepper.step(look=True)
    file = stepper.store.files / "whole.npy"
    file.touch()
    result = StoredResult(index=0, content=b"r", files=(file.name,))
    stepper.store.finish([(stepper.claim(job_id), [result], Usage())])
    stepper.executor.circuit(job_id, 0, files=[file.name])
    stepper.executor.end(job_id)
    stepper.step()
    stepper.step(after_s=1.0)
    assert stepper.state(job_id) is JobState.DONE
    assert file.exists()


def test_a_job_whose_parts_fill_all_room_is_claimed_alone(stepper):
    first, second = (stepper.submit(num_circuits=4, parts=[Part(index) for index in range(4)]) for _ in range(2))
    stepper.step(look=True)
    assert stepper.state(first) is JobState.RUNNING
    assert stepper.state(second) is JobState.QUEUED


# Jobs in parts.

FOUR_PARTS = (Part(0, 2), Part(2, 2), Part(4, 1, ShotRange(0, 10)), Part(4, 1, ShotRange(10, 10)))


@pytest.fixture
def cut_job(stepper):
    job_id = stepper.submit(num_circuits=5, parts=FOUR_PARTS)
    stepper.step(look=True)
    return job_id


def running_parts(stepper):
    return sorted(name[1] for name in stepper.executor.runs)


def results(stepper, job_id):
    return [(result.index, result.shots and result.shots.first) for result in stepper.store.results(job_id)]


def test_the_parts_of_a_job_run_side_by_side_in_order(stepper, cut_job):
    assert running_parts(stepper) == [0, 1]
    assert stepper.executor.runs[cut_job, 1].indices == (2, 3)
    stepper.executor.circuit((cut_job, 1), 2)
    stepper.executor.end((cut_job, 1), index=3)
    stepper.step()
    assert running_parts(stepper) == [0, 2]
    assert stepper.executor.runs[cut_job, 2].shots == ShotRange(0, 10)


def test_a_cut_job_is_done_when_all_parts_are(stepper, cut_job):
    stepper.executor.circuit((cut_job, 0), 0)
    for part, index in ((0, 1), (1, 3), (2, 4)):
        if part == 1:
            stepper.executor.circuit((cut_job, 1), 2)
        stepper.executor.end((cut_job, part), index=index, usage=Usage(cpu_s=1.0, peak_memory_bytes=part))
        stepper.step()
        assert stepper.state(cut_job) is JobState.RUNNING
    stepper.executor.end((cut_job, 3), index=4, usage=Usage(cpu_s=1.0, peak_memory_bytes=1), printed="words")
    stepper.step()
    record = stepper.store.get(cut_job)
    assert (record.state, record.cpu_s, record.peak_memory_bytes) == (JobState.DONE, 4.0, 2)
    assert results(stepper, cut_job) == [(0, None), (1, None), (2, None), (3, None), (4, 0), (4, 10)]
    assert stepper.store.logs(cut_job) == "words"
    assert stepper.flow.is_empty


def test_progress_counts_circuits_that_are_whole(stepper, cut_job):
    stepper.executor.circuit((cut_job, 0), 0)
    stepper.executor.end((cut_job, 0), index=1)
    stepper.step()
    stepper.executor.end((cut_job, 2), index=4)
    stepper.step(after_s=0.5)
    record = stepper.store.get(cut_job)
    assert (record.progress_done, record.progress_total) == (2, 5)


def test_progress_of_a_single_circuit_counts_its_parts(stepper):
    job_id = stepper.submit(parts=[Part(0, 1, ShotRange(first, 5)) for first in (0, 5, 10)])
    stepper.step(look=True)
    stepper.executor.end((job_id, 1), index=0)
    stepper.step(after_s=0.5)
    record = stepper.store.get(job_id)
    assert (record.progress_done, record.progress_total) == (1, 3)


def test_a_part_whose_process_died_runs_again_with_what_is_left(stepper, cut_job):
    stepper.executor.circuit((cut_job, 0), 0)
    stepper.executor.end((cut_job, 0), RunEnd.DIED, reason="SIGKILL", usage=Usage(cpu_s=1.0))
    stepper.step()
    assert stepper.executor.runs[cut_job, 0].indices == (1,)
    event = stepper.last_event(cut_job)
    assert event.event is JobEvent.LOSE_PART
    assert event.reason == "part 1 of 4 runs again: SIGKILL"
    record = stepper.store.get(cut_job)
    assert (record.attempt, record.crashes, record.cpu_s) == (1, 0, 1.0)


def test_a_part_that_ends_its_process_each_time_fails_the_job_and_the_others_are_kept(stepper, cut_job):
    for _ in range(3):
        stepper.executor.end((cut_job, 0), RunEnd.DIED, reason="SIGSEGV")
        stepper.step()
    assert running_parts(stepper) == [1, 2]
    stepper.executor.circuit((cut_job, 1), 2)
    for part, index in ((1, 3), (2, 4), (3, 4)):
        stepper.executor.end((cut_job, part), index=index)
        stepper.step()
    record = stepper.store.get(cut_job)
    assert (record.state, record.error["type"], record.error["circuit_index"]) == (JobState.ERROR, "worker_lost", 0)
    assert "SIGSEGV" in record.error["message"]
    assert results(stepper, cut_job) == [(2, None), (3, None), (4, 0), (4, 10)]


def test_what_the_executor_returns_runs_again_and_isnt_held_against_it(stepper, cut_job):
    for _ in range(10):
        stepper.executor.end((cut_job, 0), RunEnd.RETURNED, reason="the scheduler is gone")
        stepper.step()
    assert running_parts(stepper) == [0, 1]
    assert "the scheduler is gone" in stepper.last_event(cut_job).reason
    job_id = stepper.submit(priority=1)
    stepper.executor.circuit((cut_job, 1), 2)
    stepper.executor.end((cut_job, 1), index=3)
    stepper.step(look=True)
    stepper.executor.end(job_id, RunEnd.RETURNED, reason="the scheduler is gone")
    stepper.step()
    assert stepper.store.get(job_id).crashes == 0
    assert job_id in stepper.executor.runs


def test_a_failing_circuit_fails_the_job_when_the_others_have_run(stepper, cut_job):
    error = {"type": "E", "message": "m", "circuit_index": 1, "num_failed": 1}
    stepper.executor.circuit((cut_job, 0), 0)
    stepper.executor.end((cut_job, 0), RunEnd.FAILED, error=error)
    stepper.executor.end((cut_job, 1), RunEnd.FAILED, error={**error, "circuit_index": 2, "num_failed": 2})
    stepper.step()
    for part in (2, 3):
        assert stepper.state(cut_job) is JobState.RUNNING
        stepper.executor.end((cut_job, part), index=4)
        stepper.step()
    record = stepper.store.get(cut_job)
    assert (record.state, record.error["circuit_index"], record.error["num_failed"]) == (JobState.ERROR, 1, 3)
    assert results(stepper, cut_job) == [(0, None), (4, 0), (4, 10)]


def test_what_would_fail_all_parts_stops_them(stepper, cut_job):
    stepper.executor.end((cut_job, 0), RunEnd.FAILED, error={"type": "TimeLimitError", "message": "m"})
    stepper.step()
    assert stepper.executor.stopped == [cut_job]
    stepper.executor.end((cut_job, 1), RunEnd.STOPPED)
    stepper.step()
    assert stepper.store.get(cut_job).error["type"] == "TimeLimitError"
    assert not stepper.executor.runs


@pytest.fixture
def cut_circuits(stepper):
    """A job of two circuits, each in four parts of ten shots."""
    parts = [Part(circuit, 1, ShotRange(first, 10)) for circuit in (0, 1) for first in (0, 10, 20, 30)]
    job_id = stepper.submit(num_circuits=2, parts=parts)
    stepper.step(look=True)
    return job_id


def test_a_circuit_that_fails_in_one_part_isnt_run_in_others_and_fails_once(stepper, cut_circuits):
    error = {"type": "E", "message": "m", "circuit_index": 0, "num_failed": 1}
    for part in (0, 1):
        stepper.executor.end((cut_circuits, part), RunEnd.FAILED, error={**error, "message": f"{part}"})
    stepper.step()
    assert running_parts(stepper) == [4, 5]
    for part in (4, 5, 6, 7):
        assert stepper.state(cut_circuits) is JobState.RUNNING
        stepper.executor.end((cut_circuits, part), index=1)
        stepper.step()
    record = stepper.store.get(cut_circuits)
    assert (record.state, record.error) == (JobState.ERROR, {**error, "message": "0"})
    assert results(stepper, cut_circuits) == [(1, 0), (1, 10), (1, 20), (1, 30)]


def test_a_part_of_a_circuit_that_has_failed_isnt_run_again(stepper, cut_circuits):
    stepper.executor.end((cut_circuits, 0), RunEnd.FAILED, error={"type": "E", "circuit_index": 0})
    stepper.executor.end((cut_circuits, 1), RunEnd.DIED, reason="SIGKILL", usage=Usage(cpu_s=1.0))
    stepper.step()
    assert running_parts(stepper) == [4, 5]
    assert stepper.last_event(cut_circuits).event is JobEvent.CLAIM
    for part in (4, 5, 6, 7):
        stepper.executor.end((cut_circuits, part), index=1)
        stepper.step()
    assert stepper.store.get(cut_circuits).cpu_s == 1.0


def test_what_parts_have_used_that_died_is_counted_however_the_job_ends(stepper, cut_job):
    usage = Usage(cpu_s=1.0, peak_memory_bytes=5)
    for _ in range(3):
        stepper.executor.end((cut_job, 0), RunEnd.DIED, reason="SIGSEGV", usage=usage)
        stepper.step()
    stepper.store.request_cancel([cut_job])
    stepper.step(after_s=GATHER_S, look=True)
    for part in (1, 2):
        stepper.executor.end((cut_job, part), RunEnd.DIED, reason="SIGKILL", usage=usage)
    stepper.step()
    record = stepper.store.get(cut_job)
    assert (record.state, record.cpu_s, record.peak_memory_bytes) == (JobState.CANCELLED, 5.0, 5)


def test_a_death_is_written_down_before_the_end_of_its_job(stepper):
    job_id = stepper.submit(num_circuits=2, parts=[Part(0), Part(1)])
    stepper.step(look=True)
    stepper.executor.end((job_id, 1), index=1)
    stepper.step()
    stepper.executor.end((job_id, 0), RunEnd.DIED, reason="SIGKILL", usage=Usage(cpu_s=1.0))
    stepper.executor.slots = 0
    stepper.store.request_cancel([job_id])
    stepper.step(after_s=GATHER_S, look=True)
    stepper.step(after_s=1.0)
    story = [event.event for event in stepper.store.events(job_id)]
    assert story[-3:] == [JobEvent.REQUEST_CANCEL, JobEvent.LOSE_PART, JobEvent.CANCEL]
    assert stepper.store.get(job_id).cpu_s == 1.0


def test_a_part_whose_process_died_behind_its_last_result_isnt_run_again(stepper, cut_job):
    stepper.executor.circuit((cut_job, 0), 0)
    stepper.executor.circuit((cut_job, 0), 1)
    stepper.executor.end((cut_job, 0), RunEnd.DIED, reason="SIGKILL")
    stepper.step()
    assert running_parts(stepper) == [1, 2]


def test_the_circuit_that_ends_its_process_each_time_is_named(stepper, cut_job):
    stepper.executor.circuit((cut_job, 0), 0)
    for _ in range(3):
        stepper.executor.end((cut_job, 0), RunEnd.DIED, reason="SIGSEGV")
        stepper.step()
    stepper.executor.circuit((cut_job, 1), 2)
    for part, index in ((1, 3), (2, 4), (3, 4)):
        stepper.executor.end((cut_job, part), index=index)
        stepper.step()
    assert stepper.store.get(cut_job).error["circuit_index"] == 1


def test_a_job_that_isnt_cut_and_is_returned_begins_again(stepper):
    job_id = stepper.submit()
    stepper.step(look=True)
    stepper.executor.end(job_id, RunEnd.RETURNED, reason="the scheduler is gone")
    stepper.step()
    assert stepper.last_event(job_id).reason == "it runs again: the scheduler is gone"


def test_a_time_limit_is_told_as_it_was_set(stepper):
    job_id = stepper.submit(num_circuits=3, parts=[Part(0), Part(1), Part(2)], time_limit_s=10.0)
    stepper.step(look=True)
    stepper.executor.end((job_id, 0), index=0)
    stepper.step(after_s=4.0)
    error = {"type": "TimeLimitError", "message": took_too_long(6.0)}
    stepper.executor.end((job_id, 2), RunEnd.FAILED, error=error)
    stepper.executor.end((job_id, 1), RunEnd.STOPPED)
    stepper.step()
    assert stepper.store.get(job_id).error["message"] == took_too_long(10.0)


def test_a_cancelled_job_stops_all_its_parts_and_keeps_what_is_there(stepper, cut_job):
    stepper.executor.circuit((cut_job, 0), 0)
    stepper.store.request_cancel([cut_job])
    stepper.step(after_s=GATHER_S, look=True)
    assert stepper.executor.stopped == [cut_job, cut_job]
    for part in (0, 1):
        stepper.executor.end((cut_job, part), RunEnd.STOPPED)
    stepper.step()
    assert stepper.state(cut_job) is JobState.CANCELLED
    assert results(stepper, cut_job) == [(0, None)]
    assert not stepper.executor.runs


def test_a_job_that_is_given_back_goes_on_with_the_parts_that_are_left(stepper, cut_job):
    stepper.executor.circuit((cut_job, 0), 0)
    stepper.executor.end((cut_job, 0), index=1)
    stepper.step()
    stepper.executor.end((cut_job, 2), index=4)
    stepper.step()
    stepper.flow.give_back_running("going")
    stepper.step()
    stepper.step()
    assert stepper.last_event(cut_job).event in (JobEvent.RELEASE, JobEvent.CLAIM)
    stepper.step(look=True)
    assert running_parts(stepper) == [1, 3]


def test_a_more_urgent_job_overtakes_parts_that_wait(stepper, cut_job):
    urgent, usual = stepper.submit(priority=1), stepper.submit()
    stepper.executor.circuit((cut_job, 0), 0)
    stepper.executor.end((cut_job, 0), index=1)
    stepper.step()
    assert urgent in stepper.executor.runs
    assert usual not in stepper.executor.runs


def test_parts_share_the_time_limit_of_their_job(stepper):
    job_id = stepper.submit(num_circuits=3, parts=[Part(0), Part(1), Part(2)], time_limit_s=10.0)
    stepper.step(look=True)
    assert stepper.executor.runs[job_id, 0].job.limits.time_limit_s == 10.0
    stepper.executor.end((job_id, 0), index=0)
    stepper.step(after_s=4.0)
    assert stepper.executor.runs[job_id, 2].job.limits.time_limit_s == 6.0


def test_a_lost_claim_ends_all_parts(stepper, cut_job):
    stepper.store.release(stepper.claim(cut_job), "taken away")
    stepper.executor.circuit((cut_job, 0), 0)
    stepper.step()
    stepper.step(after_s=1.0)
    assert stepper.executor.killed.count(cut_job) == 2
