"""What ``run`` puts into the queue, and that it is there when ``run`` returns."""

import warnings

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile

from queuebit import BasicAer, BasicProvider, JobQueue
from queuebit.providers import JobError, JobStatus
from queuebit.queue import QueueJob

LOCAL = {"basic_simulator": BasicProvider(), **dict.fromkeys(("qasm_simulator", "statevector_simulator"), BasicAer)}


def test_a_job_is_committed_when_run_returns(simulator, bell):
    job = simulator.run(bell, shots=100, seed_simulator=7)
    with JobQueue(simulator.queue.path, start_worker=False) as other:
        found = other.job(job.job_id())
        assert found.status() is JobStatus.QUEUED
        assert found.circuits() == [bell]
        assert found.options() == {"shots": 100, "seed_simulator": 7}


def test_what_describes_a_job_is_kept_with_it(simulator, bell):
    metadata = {"angles": (0.5, 1 + 2j), "grid": np.arange(3)}
    job = simulator.run(bell, name="night run", tags=["bell", "lab", "bell"], metadata=metadata, priority=3)
    found = simulator.queue.job(job.job_id())
    assert (found.name, found.tags, found.priority) == ("night run", ("bell", "lab"), 3)
    assert found.metadata["angles"] == (0.5, 1 + 2j)
    assert found.metadata["grid"].tolist() == [0, 1, 2]


def test_limits_reach_the_store(simulator, bell):
    job = simulator.run(bell, time_limit=2, memory_limit="1.5 GiB", threads=2, max_attempts=5)
    limits = simulator.queue.store.get(job.job_id()).limits
    assert (limits.time_limit_s, limits.memory_limit_bytes) == (2.0, 3 * 2**29)
    assert (limits.threads, limits.max_attempts) == (2, 5)


@pytest.mark.parametrize("name", LOCAL)
def test_the_result_is_that_of_a_direct_run(served, name, bell):
    circuits = [bell, bell.copy("again")]
    if name == "statevector_simulator":
        circuits = [circuit.remove_final_measurements(inplace=False) for circuit in circuits]
    options = {} if name == "statevector_simulator" else {"shots": 300, "memory": True}
    job = served.get_backend(name).run(circuits, seed_simulator=11, **options)
    direct = LOCAL[name].get_backend(name).run(circuits, seed_simulator=11, **options).result()
    result = job.result(timeout=30)
    assert result.success
    assert [entry.header for entry in result.results] == [entry.header for entry in direct.results]
    if name == "statevector_simulator":
        assert np.array_equal(result.get_statevector(1), direct.get_statevector(1))
    else:
        assert result.get_memory(1) == direct.get_memory(1)
        assert result.get_counts() == direct.get_counts()


def test_a_local_job_without_a_seed_is_given_one_that_it_keeps(served, bell):
    job = served.get_backend("basic_simulator").run(bell, shots=50)
    seed = job.options()["seed_simulator"]
    assert isinstance(seed, int)
    assert job.result(timeout=30).results[0].seed_simulator == seed
    assert job.rerun().result(timeout=30).get_memory() == job.result().get_memory()


def test_options_set_on_the_backend_hold_for_its_runs(queue, bell):
    backend = queue.get_backend("basic_simulator")
    backend.set_options(shots=77)
    assert backend.run(bell).options()["shots"] == 77
    assert backend.run(bell, shots=5).options()["shots"] == 5
    assert queue.get_backend("basic_simulator").run(bell).options()["shots"] == 1024


def test_options_that_the_backend_is_made_with_hold_for_its_runs(served, bell):
    backend = served.get_backend("basic_simulator", shots=60)
    assert sum(backend.run(bell).result(timeout=30).get_counts().values()) == 60


def test_an_initial_state_travels(served):
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    job = served.get_backend("basic_simulator").run(circuit, shots=10, initial_statevector=np.array([0, 1j]))
    assert job.options()["initial_statevector"].tolist() == [0, 1j]
    assert job.result(timeout=30).get_counts() == {"1": 10}


def test_an_unknown_option_is_warned_about_on_the_callers_line(simulator, bell):
    for submit in (simulator.run, simulator.prepare):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            submit(bell, noise="pink")
        assert [str(warning.message) for warning in caught] == ["Option noise is not used by this backend"]
        assert caught[0].filename == __file__


def test_a_circuit_without_measurements_is_warned_about(simulator):
    with pytest.warns(UserWarning, match='No measurements in circuit "idle"'):
        simulator.run(QuantumCircuit(1, 1, name="idle"))


def test_the_worker_transpiles_if_asked(served, bell):
    backend = served.get_backend("qiskit.providers.fake_provider:GenericBackendV2", num_qubits=3, seed=1)
    job = backend.run(bell, optimization_level=1, shots=200, seed_simulator=3)
    assert set(job.result(timeout=60).get_counts()) >= {"00", "11"}


def test_a_transpiled_circuit_runs(served, bell):
    backend = served.get_backend("basic_simulator")
    job = backend.run(transpile(bell, backend, optimization_level=1), shots=20)
    assert set(job.result(timeout=30).get_counts()) <= {"00", "11"}


def test_the_same_key_gives_the_same_job(simulator, bell):
    first = simulator.run(bell, idempotency_key="monday")
    second = simulator.run(bell, shots=5, idempotency_key="monday")
    other = simulator.run(bell, idempotency_key="tuesday")
    assert second.job_id() == first.job_id() != other.job_id()
    assert second.options()["shots"] == 1024
    assert simulator.queue.statistics()[JobStatus.QUEUED] == 2


def test_a_key_of_another_backends_job_gives_that_job_with_its_backend(queue, bell):
    first = queue.get_backend("qasm_simulator").run(bell, idempotency_key="monday")
    second = queue.get_backend("basic_simulator").run(bell, idempotency_key="monday")
    assert second.backend().name == first.backend().name == "qasm_simulator"


def test_many_jobs_are_submitted_in_one_commit(simulator, bell, monkeypatch):
    commits = []
    submit = simulator.queue.store.submit
    monkeypatch.setattr(simulator.queue.store, "submit", lambda jobs: commits.append(len(jobs)) or submit(jobs))
    jobs = simulator.queue.run_many(simulator.prepare(bell, seed_simulator=seed) for seed in range(300))
    assert commits == [300]
    assert [job.options()["seed_simulator"] for job in jobs] == list(range(300))
    assert simulator.queue.statistics()[JobStatus.QUEUED] == 300


def test_preparing_submits_nothing(simulator, bell):
    simulator.prepare(bell)
    assert simulator.queue.jobs() == []
    assert simulator.queue.run_many([]) == []


def test_the_circuits_are_those_at_the_time_of_run(simulator, bell):
    job = simulator.run(bell)
    before = bell.copy()
    bell.x(0)
    assert job.circuits() == [before]


def test_a_job_is_submitted_once(simulator, bell):
    job = simulator.run(bell)
    with pytest.raises(JobError, match=r"submitted already; rerun\(\)"):
        job.submit()


def test_greater_priority_and_greater_age_run_earlier(simulator, bell):
    jobs = {name: simulator.run(bell, priority=priority) for name, priority in (("a", 0), ("b", 0), ("c", 5))}
    assert [jobs[name].queue_position() for name in "cab"] == [1, 2, 3]
    jobs["b"].update(priority=9)
    assert [jobs[name].queue_position() for name in "bca"] == [1, 2, 3]


def test_a_job_is_a_queue_job_of_its_queue(simulator, bell):
    job = simulator.run(bell)
    assert isinstance(job, QueueJob)
    assert job.queue is simulator.queue
    assert job.backend() is simulator
