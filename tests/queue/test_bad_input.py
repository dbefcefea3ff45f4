"""What is refused before anything is submitted, and how: naming the thing, its value, and what it must be."""

import contextlib
import datetime as dt
import sqlite3
from collections import Counter

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Instruction, Parameter
from qiskit.exceptions import QiskitError

import queuebit
from queuebit import JobQueue
from queuebit.providers import QiskitBackendNotFoundError
from queuebit.providers.basic_provider import BasicProviderError
from queuebit.providers.basicaer import BasicAerError
from queuebit.queue import submission
from queuebit.queue.limits import size_bytes
from queuebit.registry import Step
from queuebit.store import StoreError, StoreUnusableError, UnknownJobError
from queuebit.worker.liveness import this_worker


@pytest.fixture(autouse=True)
def _nothing_is_submitted(queue):
    yield
    if not queue.is_closed:
        assert queue.jobs() == []


def unbound():
    circuit = QuantumCircuit(1, name="ansatz")
    circuit.rx(Parameter("alpha"), 0)
    circuit.measure_all()
    return circuit


def exotic():
    circuit = QuantumCircuit(1, 1, name="exotic")
    circuit.append(Instruction("frobnicate", 1, 0, []), [0])
    circuit.measure(0, 0)
    return circuit


def measured():
    circuit = QuantumCircuit(1, name="measured")
    circuit.h(0)
    circuit.measure_all()
    return circuit


def wide():
    circuit = QuantumCircuit(200, name="wide")
    circuit.t(range(200))
    circuit.measure_all()
    return circuit


def of_24_qubits():
    circuit = QuantumCircuit(24)
    circuit.t(range(24))
    circuit.measure_all()
    return circuit


# What a direct run would refuse


@pytest.mark.parametrize(
    ("run_input", "options"),
    [
        ([], {}),
        (None, {}),
        ("bell.qasm", {}),
        ([measured(), 7], {}),
        (unbound(), {}),
        (exotic(), {}),
        (measured(), {"shots": 0}),
        (measured(), {"shots": 2.5}),
        (measured(), {"seed_simulator": -1}),
        (measured(), {"memory": "yes"}),
        (measured(), {"initial_statevector": [1, 1]}),
    ],
)
def test_a_local_backend_refuses_what_a_direct_run_does_with_the_same_error(simulator, run_input, options):
    with pytest.raises(BasicProviderError) as directly:
        simulator.wrapped.run(run_input, **options)
    with pytest.raises(BasicProviderError) as refused:
        simulator.run(run_input, **options)
    assert str(refused.value) == str(directly.value)


def test_another_family_refuses_with_its_own_error(queue):
    with pytest.raises(BasicAerError, match="measure"):
        queue.get_backend("statevector_simulator").run(measured())


def test_a_circuit_that_this_machine_can_never_hold_is_refused_with_both_figures(simulator):
    with pytest.raises(BasicProviderError, match=r"'wide' of 200 qubits.*needs about .* of memory, this machine has"):
        simulator.run(wide())


def test_what_does_not_fit_now_may_fit_when_its_turn_comes(simulator, monkeypatch):
    circuit = of_24_qubits()
    monkeypatch.setattr("queuebit.engines.memory.available_bytes", lambda: 2**20)
    with pytest.raises(BasicProviderError, match=r"1\.0 MiB are free"):
        simulator.wrapped.run(circuit)
    assert len(simulator.prepare(circuit).job.circuits) == 1


def test_a_circuit_above_the_memory_limit_is_refused_with_both_figures(simulator):
    with pytest.raises(BasicProviderError, match=r"needs about .* of memory, its memory_limit is 10\.0 MiB"):
        simulator.run(of_24_qubits(), memory_limit="10 MiB")


@pytest.mark.parametrize("run_input", [[], None, [measured(), 7]])
def test_any_backend_refuses_what_is_no_circuit(queue, gated_backends, run_input):
    with pytest.raises(QiskitError, match=r"run\(\)"):
        queue.get_backend(gated_backends).run(run_input)


def test_a_circuit_larger_than_the_queue_takes_is_refused_with_its_name(simulator, monkeypatch):
    monkeypatch.setattr(submission, "MAX_CIRCUIT_BYTES", 300)
    circuit = measured()
    for _ in range(100):
        circuit.h(0)
    with pytest.raises(ValueError, match=r"circuit 1 \('measured'\) has .* the queue takes 300 bytes at most"):
        simulator.run([QuantumCircuit(1, 1, name="small"), circuit])


# Options and description


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"time_limit": 0}, ValueError, "time_limit must be finite and more than 0 seconds, got 0"),
        ({"time_limit": -1.5}, ValueError, "time_limit"),
        ({"time_limit": float("nan")}, ValueError, "time_limit"),
        ({"time_limit": 10**400}, ValueError, "time_limit must be finite"),
        ({"time_limit": "long"}, TypeError, "time_limit must be a number of seconds, got str: 'long'"),
        ({"memory_limit": 0}, ValueError, "memory_limit must be more than 0 bytes"),
        ({"memory_limit": -5}, ValueError, "memory_limit"),
        ({"memory_limit": "much"}, ValueError, "such as '2 GiB' or '500 MB', got 'much'"),
        ({"memory_limit": "2 GiBs"}, ValueError, "memory_limit"),
        ({"memory_limit": 1.5}, TypeError, "memory_limit"),
        ({"threads": 0}, ValueError, "threads must be 1 or more, got 0"),
        ({"threads": 1025}, ValueError, "threads must be 1024 or less, got 1025"),
        ({"threads": 1.0}, TypeError, "threads"),
        ({"max_attempts": 0}, ValueError, "max_attempts must be 1 or more, got 0"),
        ({"max_attempts": 2**31}, ValueError, "max_attempts must be 2147483647 or less"),
        ({"max_attempts": True}, TypeError, "max_attempts"),
        ({"priority": "high"}, TypeError, "priority must be a whole number, got str: 'high'"),
        ({"name": 5}, TypeError, "name must be a text, got int: 5"),
        ({"tags": "bell"}, TypeError, r"tags must be a list of texts, such as \['calibration'\]; got str: 'bell'"),
        ({"tags": ["bell", 3]}, TypeError, "it has 3, which is of type int"),
        ({"tags": 3}, TypeError, "tags"),
        ({"tags": {"bell": 1}}, TypeError, "got dict"),
        ({"metadata": ["a"]}, TypeError, "the metadata must be a dict"),
        ({"metadata": []}, TypeError, "the metadata must be a dict"),
        ({"metadata": 0}, TypeError, "the metadata must be a dict"),
        ({"metadata": {"f": print}}, TypeError, r"the metadata\['f'\] can't be stored: it is a builtin"),
        ({"idempotency_key": ""}, ValueError, "idempotency_key is empty"),
        ({"idempotency_key": 7}, TypeError, "idempotency_key"),
        ({"optimization_level": 4}, ValueError, "optimization_level must be 0, 1, 2, 3 or None; got 4"),
        ({"seed_transpiler": -1}, ValueError, "seed_transpiler"),
    ],
)
def test_a_bad_argument_is_named_with_its_value(simulator, arguments, error, text):
    for submit in (simulator.run, simulator.prepare):
        with pytest.raises(error, match=text):
            submit(measured(), **arguments)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"name": "\udcff"}, "the name of job .* isn't Unicode: it has a lone surrogate"),
        ({"tags": ["\udcff"]}, "a tag of job .* isn't Unicode"),
        ({"idempotency_key": "\udcff"}, "the idempotency key of job .* isn't Unicode"),
        ({"priority": 2**63}, "the priority of job .* is 9223372036854775808; it must be a 64-bit integer"),
    ],
)
def test_a_value_that_no_store_can_keep_is_a_bad_value_and_an_error_of_the_store(simulator, arguments, text):
    for error in (ValueError, StoreError):
        with pytest.raises(error, match=text):
            simulator.run(measured(), **arguments)


def test_an_option_that_can_not_be_stored_is_named_with_the_way_to_it(queue, gated_backends):
    backend = queue.get_backend(gated_backends)
    with pytest.raises(TypeError, match=r"the run's options\['noise'\]\['model'\] can't be stored: it is a object"):
        backend.run(measured(), noise={"model": object()})


def test_sizes_are_read_as_people_write_them():
    assert [size_bytes(text) for text in ("100", "1kB", "2 MB", "1.5 GiB", " 3 tib ")] == [
        100,
        1000,
        2_000_000,
        3 * 2**29,
        3 * 2**40,
    ]


# Backends


@pytest.mark.parametrize(
    ("name", "options", "step", "text"),
    [
        ("nowhere", {}, Step.NAME, "there is no backend 'nowhere'; there are: basic_simulator"),
        ("no module:factory", {}, Step.NAME, "write module:factory"),
        ("nowhere_at_all:Backend", {}, Step.MODULE, "there is no module 'nowhere_at_all'"),
        ("gated_backends:Missing", {}, Step.ATTRIBUTE, "has no attribute 'Missing'"),
        ("gated_backends:_POOL", {}, Step.ATTRIBUTE, "can't be called"),
        ("gated_backends:GatedBackend", {"colour": "red"}, Step.FACTORY, "raised AttributeError: .*colour"),
        ("builtins:dict", {}, Step.BACKEND, "returned a dict, not a qiskit.providers.BackendV2"),
        ("basic_simulator", {"colour": "red"}, Step.OPTIONS, "has no option 'colour'"),
    ],
)
def test_a_backend_that_can_not_be_made_is_refused_with_the_step(queue, name, options, step, text):
    with pytest.raises(QiskitBackendNotFoundError, match=text) as refused:
        queue.get_backend(name, **options)
    assert refused.value.step is step


def test_backend_options_that_can_not_be_stored_are_named(queue, gated_backends):
    with pytest.raises(TypeError, match=r"the options of backend '.*'\['noise'\] can't be stored: it is a object"):
        queue.get_backend(gated_backends, noise=object())


def test_a_backend_itself_is_refused_with_the_cure(queue, simulator):
    with pytest.raises(TypeError, match="takes a backend's name, such as 'basic_simulator'"):
        queue.get_backend(simulator.wrapped)


# Jobs


def test_an_unknown_id_is_named(queue):
    with pytest.raises(UnknownJobError, match="there is no job 0123"):
        queue.job("0123")
    with pytest.raises(KeyError):
        queue.job("00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize("job_id", [None, 7, b"abc"])
def test_an_id_of_another_type_is_refused(queue, job_id):
    with pytest.raises(TypeError, match="a job's id is a text"):
        queue.job(job_id)


@pytest.mark.parametrize("job_id", ["%", "*", "a\0b", "\udcff", "\udcff" * 36, "g" * 36, "a" * 10_000])
def test_what_can_be_no_id_is_an_unknown_one(queue, simulator, job_id):
    for call in (queue.job, queue.rerun, queue.delete_job, lambda job: queue.cancel_jobs([job])):
        with pytest.raises(UnknownJobError, match="there is no job"):
            call(job_id)


def test_nothing_has_a_name_or_a_tag_that_can_not_be_stored(queue):
    for which in ({"name": "\udcff"}, {"tags": ["\udcff"]}, {"backend_name": "\udcff"}):
        assert queue.jobs(**which) == []


def test_the_beginning_of_several_ids_is_refused_with_the_ids(tmp_path):
    with JobQueue(tmp_path / "several.db", start_worker=False) as queue:
        backend = queue.get_backend("basic_simulator")
        ids = [job.job_id() for job in queue.run_many(backend.prepare(measured()) for _ in range(17))]
        first = Counter(job_id[0] for job_id in ids).most_common(1)[0][0]
        for call in (queue.job, queue.rerun, queue.delete_job, lambda job: queue.cancel_jobs([job])):
            with pytest.raises(
                UnknownJobError, match=f"several jobs begin with {first}: .*; give more of the id"
            ) as told:
                call(first)
            assert sum(job_id in str(told.value) for job_id in ids) >= 2
        assert len(queue.jobs(limit=None, status="QUEUED")) == 17


def test_a_job_that_waits_or_runs_can_not_be_deleted(tmp_path):
    with JobQueue(tmp_path / "running.db", start_worker=False) as queue:
        backend = queue.get_backend("basic_simulator")
        jobs = queue.run_many(backend.prepare(measured(), priority=-number) for number in range(2))
        queue.store.register_worker(this_worker("w", 0))
        queue.store.claim("w", 1)
        for job, state in zip(jobs, ("running", "queued"), strict=True):
            with pytest.raises(
                StoreError, match=f"job {job.job_id()} is {state} and can't be deleted; cancel it first"
            ):
                queue.delete_job(job)
        assert len(queue.jobs()) == 2


def test_an_empty_id_is_refused(queue):
    with pytest.raises(UnknownJobError, match="empty"):
        queue.job("")


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            {"status": "finished"},
            ValueError,
            "there is no status 'finished'; a job of a queue is QUEUED, RUNNING, DONE",
        ),
        ({"status": 3}, TypeError, "status must be a JobStatus"),
        ({"status": [3]}, TypeError, "status must be a JobStatus"),
        ({"limit": -1}, ValueError, "limit is -1"),
        ({"limit": "ten"}, TypeError, "limit must be a whole number, or None for all jobs; got str: 'ten'"),
        ({"limit": 1.5}, TypeError, "limit must be a whole number"),
        ({"skip": None}, TypeError, "skip must be a whole number; got NoneType: None"),
        ({"skip": -1}, ValueError, "skip is -1"),
        ({"tags": "bell"}, TypeError, "tags must be a list of texts"),
        ({"name": 3}, TypeError, "name must be a text"),
        ({"backend_name": 3}, TypeError, "backend_name must be a text"),
        ({"created_after": "yesterday"}, TypeError, "created_after must be a datetime, got str: 'yesterday'"),
        ({"created_before": dt.date(2026, 1, 1)}, TypeError, "created_before must be a datetime"),
    ],
)
def test_a_bad_filter_is_named_with_its_value(queue, arguments, error, text):
    with pytest.raises(error, match=text):
        queue.jobs(**arguments)


@pytest.mark.parametrize(
    ("age", "error"),
    [("old", TypeError), (None, TypeError), (True, TypeError), (-1, ValueError), (float("nan"), ValueError),
     (dt.timedelta(days=-1), ValueError), (1e300, ValueError)],
)  # fmt: skip
def test_a_bad_age_is_refused(queue, age, error):
    with pytest.raises(error, match="older_than"):
        queue.prune(age)


def test_what_is_not_prepared_can_not_be_submitted(queue, simulator):
    with pytest.raises(TypeError, match=r"backend\.prepare\(circuits, \.\.\.\) returns; entry 1 of the list is"):
        queue.run_many([simulator.prepare(measured()), measured()])


def test_what_was_prepared_for_another_queue_is_refused(queue, tmp_path):
    with JobQueue(tmp_path / "other.db", start_worker=False) as other:
        prepared = other.get_backend("basic_simulator").prepare(measured())
        with pytest.raises(ValueError, match=r"prepared for .*other"):
            queue.run_many([prepared])


def test_one_id_is_no_list_of_ids(queue):
    with pytest.raises(TypeError, match="takes a list of jobs or ids"):
        queue.cancel_jobs("0123")


# The queue's place


def others(folder):
    """What is in a folder beside the queue that each test has."""
    return [path.name for path in folder.iterdir() if not path.name.startswith("lab.db")]


@pytest.mark.parametrize("url", ["https://queue.example.org", "HTTP://localhost:80/x", "tcp://localhost:8786"])
def test_a_url_is_refused(url):
    for connect in (queuebit.connect, JobQueue):
        with pytest.raises(ValueError, match=f"the queue's path is the URL '{url}'; this release has no server"):
            connect(url)


@pytest.mark.parametrize("path", [3, b"lab.db", ["lab.db"]])
def test_a_path_of_another_type_is_refused(path):
    with pytest.raises(TypeError, match=r"the queue's path must be a text or a pathlib\.Path"):
        queuebit.connect(path)


def test_an_empty_path_is_refused():
    with pytest.raises(ValueError, match="the queue's path is empty"):
        queuebit.connect(" ")


@pytest.mark.parametrize("path", ["lab\0.db", "lab\udcff.db"])
def test_what_can_be_no_name_of_a_database_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"the queue's path is 'lab.*\.db', which can't be the name of a database"):
        queuebit.connect(path)
    assert others(tmp_path) == []


def test_no_queue_is_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"is ':memory:', but a queue is a file.*queuebit\.BasicProvider"):
        queuebit.connect(":memory:")
    assert others(tmp_path) == []


def test_a_path_that_leads_nowhere_is_refused(tmp_path):
    loop = tmp_path / "loop.db"
    loop.symlink_to(loop)
    for path in (loop, tmp_path / ("a" * 300)):
        with pytest.raises(StoreUnusableError, match=r"can't be that of a store: .*; give another path"):
            queuebit.connect(path)


def test_a_users_folder_that_can_not_be_made_is_told_with_the_cure(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for variable in ("XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "file"))
    monkeypatch.delenv("QUEUEBIT_STORE", raising=False)
    with pytest.raises(OSError, match="Name a file, or set QUEUEBIT_STORE"):
        JobQueue()


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "photos.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photos (name)")
    before = path.read_bytes()
    with pytest.raises(StoreUnusableError, match=r"photos\.db is a database of another program.*it was left as it is"):
        queuebit.connect(path)
    assert path.read_bytes() == before
    assert others(tmp_path) == ["photos.db"]


def test_a_folder_is_refused_and_left_alone(tmp_path):
    with pytest.raises(StoreUnusableError, match=str(tmp_path)):
        queuebit.connect(tmp_path)
    assert others(tmp_path) == []


def test_what_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk" * 100)
    with pytest.raises(StoreUnusableError, match=r"notes\.txt"):
        queuebit.connect(path)
    assert path.read_text() == "remember the milk" * 100


def test_a_closed_queue_says_so(queue, simulator):
    queue.close()
    for call in (queue.jobs, lambda: simulator.run(measured()), queue.statistics):
        with pytest.raises(StoreError, match="closed; open it again"):
            call()


def test_closing_twice_is_no_error(queue):
    queue.close()
    queue.close()
