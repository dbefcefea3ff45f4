"""What a job's run gives: the same as a direct run, on any backend; and what it prints, warns and raises."""

import json

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import quantum_volume

from queuebit.registry import backend_names, get_backend
from queuebit.store import JobEvent, JobState

ODD = "odd_backends:OddBackend"


def random_circuits(num_circuits, *, measured):
    circuits = []
    for number in range(num_circuits):
        circuit = quantum_volume(4, seed=number)
        if measured:
            circuit.measure_all()
        circuits.append(circuit)
    return circuits


def comparable(experiment):
    """A result's contents, without its time and, where nothing is random, without its seed."""
    fields = experiment.to_dict()
    del fields["time_taken"]
    if "counts" not in fields["data"]:
        del fields["seed"], fields["seed_simulator"]
    return json.loads(json.dumps(fields, default=lambda value: np.asarray(value).view(float).tolist()))


@pytest.mark.parametrize("name", backend_names())
def test_a_local_backend_gives_what_a_direct_run_of_the_whole_list_gives(served, name):
    gives_counts = name in ("basic_simulator", "qasm_simulator")
    circuits = random_circuits(3, measured=gives_counts)
    options = {"shots": 200, "seed_simulator": 42} if gives_counts else {}
    expected = get_backend(name).run(circuits, **options).result()
    found = served.done(served.submit(circuits, name, options=options))
    assert [comparable(result) for result in found] == [comparable(result) for result in expected.results]


def test_aer_gives_what_a_direct_run_of_the_whole_list_gives(served):
    aer = pytest.importorskip("qiskit_aer")
    circuits = random_circuits(3, measured=True)
    options = {"shots": 200, "seed_simulator": 42}
    expected = aer.AerSimulator(method="statevector").run(circuits, **options).result()
    job_id = served.submit(
        circuits, "qiskit_aer:AerSimulator", backend_options={"method": "statevector"}, options=options
    )
    found = served.done(job_id)
    assert [result.data.counts for result in found] == [result.data.counts for result in expected.results]
    assert [result.seed_simulator for result in found] == [result.seed_simulator for result in expected.results]


def test_circuits_of_a_job_without_a_seed_share_one(served, bell):
    results = served.done(served.submit([bell, bell], options={"shots": 50}))
    seeds = {result.seed_simulator for result in results}
    assert len(seeds) == 1
    expected = get_backend().run([bell, bell], shots=50, seed_simulator=seeds.pop()).result()
    assert [result.data.counts for result in results] == [result.data.counts for result in expected.results]


def test_options_that_are_arrays_arrive(served):
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    (result,) = served.done(served.submit(circuit, options={"shots": 7, "initial_statevector": np.array([0, 1j])}))
    assert result.data.counts == {"0x1": 7}


def test_options_of_a_local_backend_are_its_defaults(served, bell):
    (result,) = served.done(served.submit(bell, backend_options={"shots": 11, "memory": False}))
    assert sum(result.data.counts.values()) == 11
    assert not hasattr(result.data, "memory")


def test_a_factory_gets_the_options(served):
    (result,) = served.done(served.submit_odd("nothing", backend_options={"label": "mine"}, options={"shots": 3}))
    assert result.metadata["label"] == "mine"
    assert sum(result.data.counts.values()) == 3


def test_a_foreign_backends_circuits_have_seeds_of_their_own(served):
    for options, backend_options in [({"seed_simulator": 5}, {}), ({}, {"seed_simulator": 5})]:
        results = served.done(served.submit_odd("nothing", "nothing", options=options, backend_options=backend_options))
        seeds = [result.metadata["seed"] for result in results]
        assert seeds[0] == 5
        assert seeds[1] != 5
    assert [result.metadata["seed"] for result in served.done(served.submit_odd("nothing", "nothing"))] == [None, None]


def test_a_circuit_is_transpiled_if_that_is_asked_for(served, bell):
    bell.name = "nothing"
    plain, transpiled = (
        served.done(served.submit(bell, "odd_backends:NoGates", options=options))[0].metadata["gates"]
        for options in ({}, {"optimization_level": 1})
    )
    assert "h" in plain
    assert not set(transpiled) - {"rz", "sx", "cx", "measure"}


def test_a_local_backend_transpiles_too(served, bell):
    (result,) = served.done(served.submit(bell, options={"optimization_level": 2, "shots": 5}))
    assert sum(result.data.counts.values()) == 5


def test_a_backend_stays_warm(served):
    job_ids = [served.submit_odd("nothing", backend_options={"label": "warm"}) for _ in range(4)]
    pids = [served.done(job_id)[0].metadata["pid"] for job_id in job_ids]
    assert len(set(pids)) <= 2


def test_what_a_run_prints_and_warns_is_its_log(served):
    job_id = served.submit_odd("print:some words", "nothing")
    served.done(job_id)
    log = served.store.logs(job_id)
    assert sorted(log.splitlines()) == sorted(["some words", "to stderr", "to descriptor 1", "UserWarning: a warning"])


def test_a_warning_is_given_to_each_job(served, bell):
    bell.remove_final_measurements()
    logs = []
    for _ in range(3):
        job_id = served.submit(bell, options={"no_such_option": 1})
        served.done(job_id)
        logs.append(served.store.logs(job_id))
    assert len(set(logs)) == 1
    assert "UserWarning: Option no_such_option is not used by this backend" in logs[0]
    assert 'UserWarning: No measurements in circuit "bell"' in logs[0]


def test_what_was_printed_for_one_job_isnt_in_the_next_ones_log(served):
    first, second = served.submit_odd("print:first"), served.submit_odd("print:second")
    served.done(first)
    served.done(second)
    assert "second" not in served.store.logs(first)
    assert "first" not in served.store.logs(second)


def test_a_flood_of_output_is_cut(served):
    job_id = served.submit_odd("flood:64")
    served.done(job_id)
    log = served.store.logs(job_id)
    assert log.startswith("0123456789abcdef")
    assert log.endswith("the last words\n")
    assert "characters are left out here" in log
    assert len(log) < 4 * 2**20


def test_an_exception_is_the_jobs_error(served):
    job_id = served.submit_odd("nothing", "raise:by zero", "raise:by one", "nothing")
    error = served.error(job_id)
    assert error["type"] == "ArithmeticError"
    assert error["message"] == "by zero"
    assert (error["circuit_index"], error["circuit_name"]) == (1, "raise:by zero")
    assert "do_raise" in error["traceback"]
    assert error["num_failed"] == 2
    assert [result.index for result in served.store.results(job_id)] == [0, 3]
    assert served.story(job_id) == [JobEvent.SUBMIT, JobEvent.CLAIM, JobEvent.FAIL], "a deterministic error was retried"


def test_an_exit_in_a_run_is_an_error_and_the_child_goes_on(served):
    error = served.error(served.submit_odd("leave:3"))
    assert (error["type"], error["message"]) == ("SystemExit", "3")
    assert served.done(served.submit_odd("nothing"))


def test_a_result_that_says_it_is_none_is_an_error(served):
    error = served.error(served.submit_odd("nothing", backend="odd_backends:Unsuccessful"))
    assert "ERROR: too many qubits" in error["message"]
    assert error["circuit_index"] == 0


def test_what_a_local_backend_refuses_is_an_error_that_names_the_circuit(served, bell):
    error = served.error(served.submit([bell, bell], options={"initial_statevector": [1, 0]}))
    assert error["type"] == "BasicProviderError"
    assert "incorrect length" in error["message"]
    assert (error["circuit_index"], error["circuit_name"]) == (0, "bell")


def test_an_option_with_an_impossible_value_is_an_error_of_the_whole_job(served, bell):
    error = served.error(served.submit([bell, bell], options={"shots": 0}))
    assert "shots must be a whole number" in error["message"]
    assert error["circuit_index"] is None


def test_a_run_that_cant_fit_into_memory_is_refused_with_both_figures(served):
    wide = QuantumCircuit(60, name="wide")
    wide.rx(0.1, range(60))
    wide.measure_all()
    error = served.error(served.submit(wide))
    assert "needs about" in error["message"]
    assert "are free" in error["message"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no_such_module_anywhere:make", "there is no module 'no_such_module_anywhere'"),
        ("odd_backends:NoSuchClass", "has no attribute 'NoSuchClass'"),
        ("odd_backends:raises", "raised LookupError: no key for {'key': 1}"),
        ("odd_backends:leaves", "raised TypeError"),
        ("odd_backends:not_callable", "can't be called"),
        ("broken_module:make", "raised RuntimeError: the licence has expired"),
        ("qasm_simulator_", "there is no backend 'qasm_simulator_'"),
    ],
)
def test_a_backend_that_cant_be_made_is_an_error_that_says_which_step_failed(served, bell, name, words):
    error = served.error(served.submit(bell, name, backend_options={"key": 1}))
    assert error["type"] == "BackendUnavailableError"
    assert words in error["message"]


def test_usage_and_progress_are_known_afterwards(served, bell):
    job_id = served.submit([bell, bell], options={"shots": 10})
    served.done(job_id)
    record = served.store.get(job_id)
    assert record.cpu_s > 0
    assert record.peak_memory_bytes > 2**24
    assert record.state is JobState.DONE


def test_a_large_state_is_in_a_file_of_the_store(served):
    circuit = quantum_volume(13, 2, seed=1)
    job_id = served.submit(circuit, "statevector_simulator")
    (result,) = served.done(job_id)
    expected = get_backend("statevector_simulator").run(circuit).result().get_statevector()
    assert np.array_equal(np.asarray(result.data.statevector), np.asarray(expected))
    (stored,) = served.store.results(job_id)
    assert len(stored.files) == 1
    assert (served.store.files / stored.files[0]).is_file()


def test_a_foreign_backend_reads_its_number_of_threads_from_the_environment(served):
    (usual,) = served.done(served.submit_odd("nothing"))
    (many,) = served.done(served.submit_odd("nothing", threads=7))
    assert usual.metadata["threads"] != "7"
    assert many.metadata["threads"] == "7"
    assert served.done(served.submit_odd("nothing"))[0].metadata["threads"] == usual.metadata["threads"]


@pytest.mark.parametrize("threads", [None, 1])
def test_the_reference_engine_runs_whatever_threads_it_may_have(served, bell, threads):
    options = {"shots": 50, "method": "reference", "seed_simulator": 3}
    (result,) = served.done(served.submit(bell, options=options, threads=threads))
    assert result.data.counts == get_backend("basic_simulator").run(bell, **options).result().data()["counts"]
