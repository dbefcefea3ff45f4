"""Eight processes on one store at once: each job is run once, and nothing acknowledged is lost."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from queuebit.store import FINAL_STATES, JobEvent, open_store
from queuebit.testing.store_checks.invariants import assert_consistent

PROCESSES = 8

WORK = """
import json, random, sys, time, uuid
from queuebit.store import *

store = open_store(sys.argv[1])
number = int(sys.argv[2])
pick = random.Random(number)
me = WorkerRecord(worker_id=str(uuid.uuid4()), pid=number, process_started=1.0, boot_id="b", port=0, started_us=1)
store.register_worker(me)
print("ready", flush=True)
sys.stdin.readline()
submitted, finished, lost = [], [], 0
mine = []
for _ in range(30):
    what = pick.random()
    if what < 0.4:
        tags = tuple(pick.sample("stu", 2))
        new = [NewJob(job_id=str(uuid.uuid4()), backend_name="b", circuits=(b"c",), tags=tags) for _ in range(3)]
        submitted += [job.job_id for job in store.submit(new)]
    elif what < 0.7:
        store.register_worker(me)  # others may have forgotten it
        try:
            mine += store.claim(me.worker_id, 4)
        except StoreError as error:
            assert "isn't registered" in str(error)
    elif what < 0.75:
        store.request_cancel(pick.sample(submitted, min(2, len(submitted))))
    elif what < 0.8:
        # Somebody takes half of all workers for dead: their jobs run again, and they must notice.
        store.recover(lambda worker: worker == me or pick.random() < 0.5)
    else:
        claims, mine = mine, []
        result = StoredResult(index=0, content=me.worker_id.encode())
        ended = store.finish([(claim, [result], Usage()) for claim in claims])
        finished += [(job.job_id, job.attempt) for job in ended if job is not None and job.state is JobState.DONE]
        lost += ended.count(None)
store.unregister_worker(me.worker_id)
store.close()
print(json.dumps({"submitted": submitted, "finished": finished, "lost": lost, "worker_id": me.worker_id}))
"""


def test_processes_share_a_store(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    open_store(path).close()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, str(path), str(number)],
            env={"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    told = [process.communicate("go\n", timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, told
    reports = [json.loads(stdout) for stdout, _ in told]

    store = open_store(path)
    store.recover(lambda worker: False)
    jobs = {job.job_id: job for job in store.jobs(limit=None)}
    assert set(jobs) == {job_id for report in reports for job_id in report["submitted"]}
    assert_consistent(store)
    finished = {job_id: (report["worker_id"], attempt) for report in reports for job_id, attempt in report["finished"]}
    assert len(finished) == sum(len(report["finished"]) for report in reports), "a job was finished twice"
    for job_id, (worker_id, attempt) in finished.items():
        assert [result.content for result in store.results(job_id)] == [worker_id.encode()]
        assert jobs[job_id].attempt == attempt
        assert jobs[job_id].state in FINAL_STATES
    ends = Counter(event.event for job_id in jobs for event in store.events(job_id))
    assert ends[JobEvent.FINISH] == len(finished)
    assert ends[JobEvent.SUBMIT] == len(jobs)
    store.close()
