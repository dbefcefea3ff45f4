"""A queue that starts its own service has it use a cluster."""

import os
import pickle
import signal

from queuebit import JobQueue, connect


def test_jobs_of_a_queue_run_on_the_cluster_that_it_names(cluster, tmp_path, bell):
    with connect(tmp_path / "lab.db", dask=cluster.address) as queue:
        job = queue.get_backend("basic_simulator").run(bell, shots=50)
        try:
            assert sum(job.result(timeout=30).get_counts().values()) == 50
            assert cluster.address in (tmp_path / "lab.db.worker.log").read_text()
        finally:
            for worker in queue.store.workers():
                os.kill(worker.pid, signal.SIGKILL)


def test_the_cluster_is_known_to_pickles(tmp_path):
    with JobQueue(tmp_path / "lab.db", start_worker=False, dask="tcp://10.0.0.1:8786") as queue:
        pickled = pickle.dumps(queue)
    with pickle.loads(pickled) as again:
        assert again.address == queue.address == (str(tmp_path / "lab.db"), False, "tcp://10.0.0.1:8786")
