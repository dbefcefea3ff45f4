"""The options that say how to simulate: ``method``, ``precision`` and ``threads``."""

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from queuebit.engines import list_engines
from queuebit.engines.choosing import MAX_THREADS
from queuebit.providers.basic_provider import BasicSimulator
from queuebit.providers.basicaer import BasicAerError, StatevectorSimulatorPy, UnitarySimulatorPy

NATIVE = {info.name: info.available for info in list_engines()}["statevector"]
needs_core = pytest.mark.skipif(not NATIVE, reason="no native core was built here")


def ghz(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits, name="ghz")
    circuit.h(0)
    for qubit in range(num_qubits - 1):
        circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


def metadata_of(backend, circuit, **options) -> dict:
    return backend.run(circuit, **options).result().results[0].metadata


# The choice is visible


@needs_core
def test_the_engine_and_its_precision_are_in_the_metadata(counting_backend, bell):
    assert metadata_of(counting_backend, bell) == {"engine": "statevector", "precision": "double"}
    assert metadata_of(counting_backend, bell, precision="single") == {"engine": "statevector", "precision": "single"}
    assert metadata_of(counting_backend, bell, method="reference") == {"engine": "reference"}
    assert metadata_of(counting_backend, bell, method="clifford") == {"engine": "clifford"}
    assert metadata_of(counting_backend, ghz(40)) == {"engine": "clifford"}


def test_circuits_of_one_job_may_go_to_different_engines(counting_backend, bell):
    results = counting_backend.run([bell, ghz(100)]).result().results
    assert results[0].metadata["engine"] != "clifford"
    assert results[1].metadata["engine"] == "clifford"


# Where options are given


@pytest.mark.parametrize("options", [{"method": "clifford"}, {"method": "reference"}])
def test_a_method_is_an_option_of_the_constructor_of_the_backend_and_of_a_run(bell, options):
    engine = {"engine": options["method"]}
    assert metadata_of(BasicSimulator(**options), bell) == engine
    backend = BasicSimulator()
    assert metadata_of(backend, bell, **options) == engine
    backend.set_options(**options)
    assert metadata_of(backend, bell) == engine
    assert metadata_of(backend, bell, method="automatic")["engine"] == ("statevector" if NATIVE else "reference")


def test_every_backend_has_the_options_and_their_defaults(any_backend):
    options = any_backend.options
    assert (options.method, options.precision, options.threads) == ("automatic", "double", None)


@needs_core
@pytest.mark.parametrize("backend", [StatevectorSimulatorPy(), UnitarySimulatorPy()])
def test_states_have_a_precision(backend):
    circuit = QuantumCircuit(2)
    circuit.rx(0.3, 0)
    circuit.cx(0, 1)
    name = "statevector" if isinstance(backend, StatevectorSimulatorPy) else "unitary"
    double, single = (
        np.asarray(backend.run(circuit, precision=precision).result().data()[name])
        for precision in ("double", "single")
    )
    assert 1e-12 < np.abs(double - single).max() < 1e-6
    assert metadata_of(backend, circuit, precision="single", threads=1)["precision"] == "single"


@needs_core
def test_counts_do_not_depend_on_the_threads(counting_backend):
    circuit = ghz(17)
    circuit.remove_final_measurements()
    circuit.ry(np.linspace(0.1, 1.5, 17)[3], range(17))
    circuit.measure_all()
    counts = [
        counting_backend.run(circuit, seed_simulator=4, threads=threads).result().get_counts()
        for threads in (1, 2, None)
    ]
    assert counts[0] == counts[1] == counts[2]


def test_numbers_of_numpy_are_numbers_of_threads(counting_backend):
    assert counting_backend.run(ghz(40), threads=np.int64(2)).result().success


# What is refused


@pytest.mark.parametrize("method", ["stabilizer", "", "Clifford", None, 3, True, ["clifford"]])
def test_a_method_that_there_is_not_is_refused_with_the_names(any_backend, refusal, bell, method):
    names = "'automatic', 'statevector', 'clifford', 'reference'"
    with pytest.raises(refusal, match=f"method must be one of {names}; got ") as refused:
        any_backend.run(bell, method=method)
    assert repr(method) in str(refused.value)


@pytest.mark.parametrize("precision", ["half", None, 64, np.float32])
def test_a_precision_that_there_is_not_is_refused_with_the_names(any_backend, refusal, bell, precision):
    with pytest.raises(refusal, match="precision must be one of 'double', 'single'; got "):
        any_backend.run(bell, precision=precision)


@pytest.mark.parametrize("threads", [0, -1, True, 1.0, "2", MAX_THREADS + 1, 10**30])
def test_a_number_of_threads_that_can_not_be_is_refused(any_backend, refusal, bell, threads):
    with pytest.raises(refusal, match=f"threads must be a whole number from 1 to {MAX_THREADS}, or None; got "):
        any_backend.run(bell, threads=threads)


def test_what_the_clifford_engine_can_not_take_is_refused_by_the_run(counting_backend, refusal, bell):
    bell.remove_final_measurements()
    bell.t(1)
    bell.measure_all()
    with pytest.raises(
        refusal, match=r"method 'clifford': circuit 'bell' has 't' on qubits \[1\] \(circuit\.data\[2\]\)"
    ):
        counting_backend.run(bell, method="clifford")
    state = np.array([1, 0, 0, 0])
    with pytest.raises(refusal, match="method 'clifford' begins with all qubits 0"):
        counting_backend.run(ghz(2), method="clifford", initial_statevector=state)


@pytest.mark.parametrize("backend", [StatevectorSimulatorPy(), UnitarySimulatorPy()])
def test_backends_that_return_states_have_no_clifford_engine(backend):
    with pytest.raises(
        BasicAerError, match=f"method 'clifford': the clifford engine gives counts, and no {backend.output}"
    ):
        backend.run(QuantumCircuit(1, name="one"), method="clifford")


def test_an_initial_state_is_begun_with_also_on_wide_clifford_circuits(counting_backend):
    circuit = QuantumCircuit(16)
    circuit.x(0)
    circuit.measure_all()
    state = np.zeros(2**16)
    state[0b110] = 1
    counts = counting_backend.run(circuit, initial_statevector=state).result().get_counts()
    assert counts == {f"{0b111:016b}": 1024}


# Many classical bits


def test_a_thousand_bits_in_several_registers_are_formatted(counting_backend):
    sizes = [1, 499, 300, 200]
    registers = [ClassicalRegister(size, f"c{number}") for number, size in enumerate(sizes)]
    circuit = QuantumCircuit(QuantumRegister(1000), *registers)
    circuit.h(0)
    for qubit in range(1, 1000):
        circuit.cx(0, qubit)
    circuit.x(500)
    circuit.measure(range(1000), range(1000))
    result = counting_backend.run(circuit, memory=True, shots=200).result()
    ones = ["1" * 200, "1" * 300, "1" * 499, "1"]
    other = ["0" * 200, "0" * 299 + "1", "0" * 499, "0"]
    ones[1] = "1" * 299 + "0"
    assert result.get_counts().keys() == {" ".join(ones), " ".join(other)}
    assert set(result.get_memory()) == result.get_counts().keys()
    assert len(result.get_memory()) == 200


def test_max_qubits_is_for_circuits_of_any_kind(any_backend):
    assert any_backend.max_qubits() < 60
