"""The provider families and the registry: which backends there are, and how they are found."""

import pytest
import qiskit.providers
from qiskit.providers import BackendV2

import queuebit
from queuebit import registry
from queuebit.engines import Output
from queuebit.providers import JobV1, QiskitBackendNotFoundError
from queuebit.providers.basic_provider import BasicProvider, BasicProviderError, BasicProviderJob, BasicSimulator
from queuebit.providers.basicaer import (
    BasicAer,
    BasicAerError,
    BasicAerJob,
    BasicAerProvider,
    QasmSimulatorPy,
    StatevectorSimulatorPy,
    UnitarySimulatorPy,
)

BASIC_AER = {
    "qasm_simulator": QasmSimulatorPy,
    "statevector_simulator": StatevectorSimulatorPy,
    "unitary_simulator": UnitarySimulatorPy,
}


def test_the_basic_provider_has_one_simulator():
    (simulator,) = BasicProvider().backends()
    assert type(simulator) is BasicSimulator
    assert simulator.name == "basic_simulator"


def test_basic_aer_has_its_three_simulators():
    assert {simulator.name: type(simulator) for simulator in BasicAer.backends()} == BASIC_AER


@pytest.mark.parametrize("name", BASIC_AER)
def test_a_backend_is_found_by_its_name(name):
    assert type(BasicAer.get_backend(name)) is BASIC_AER[name]
    assert BasicAer.get_backend(name=name) is BasicAer.get_backend(name)


def test_the_only_backend_needs_no_name():
    assert BasicProvider().get_backend().name == "basic_simulator"


@pytest.mark.parametrize("name", ["qasm_simulater", "", "QASM_SIMULATOR", 3])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(QiskitBackendNotFoundError, match="qasm_simulator, statevector_simulator, unitary_simulator"):
        BasicAer.get_backend(name)
    with pytest.raises(QiskitBackendNotFoundError, match="basic_simulator"):
        BasicProvider().get_backend(name)


def test_the_refusal_is_qiskits_own():
    assert QiskitBackendNotFoundError is qiskit.providers.QiskitBackendNotFoundError


def test_several_fitting_backends_are_refused_with_their_names():
    with pytest.raises(QiskitBackendNotFoundError, match="found: qasm_simulator, statevector_simulator"):
        BasicAer.get_backend()


def test_no_fitting_backend_is_refused_with_the_known_ones():
    with pytest.raises(QiskitBackendNotFoundError, match="found: none; there are: basic_simulator"):
        BasicProvider().get_backend(filters=lambda simulator: False)


def test_backends_are_filtered_by_a_function():
    found = BasicAer.backends(filters=lambda simulator: simulator.output is not Output.COUNTS)
    assert [simulator.name for simulator in found] == ["statevector_simulator", "unitary_simulator"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"output": "unitary"}, ["unitary_simulator"]),
        ({"output": Output.COUNTS}, ["qasm_simulator"]),
        ({"shots": 1}, ["statevector_simulator", "unitary_simulator"]),
        ({"shots": 1, "memory": False}, ["statevector_simulator"]),
        ({"shots": 2}, []),
        ({"no_such_attribute": None}, []),
        ({"name": "qasm_simulator", "shots": 1}, []),
    ],
)
def test_backends_are_filtered_by_attributes_and_options(wanted, names):
    assert [simulator.name for simulator in BasicAer.backends(**wanted)] == names


def test_a_backend_is_found_by_what_it_returns():
    assert BasicAer.get_backend(output="statevector").name == "statevector_simulator"


def test_every_backend_is_a_backend_of_qiskit_that_says_what_it_is(any_backend):
    assert isinstance(any_backend, BackendV2)
    assert any_backend.description
    assert any_backend.backend_version == queuebit.__version__
    assert any_backend.max_circuits is None
    assert any_backend.num_qubits is None


def test_a_backend_knows_its_provider():
    provider = BasicProvider()
    assert provider.get_backend("basic_simulator").provider is provider
    assert BasicAer.get_backend("qasm_simulator").provider is BasicAer
    assert BasicSimulator().provider is None


def test_a_unitary_is_as_large_as_a_state_of_twice_the_qubits():
    states, unitaries = StatevectorSimulatorPy().max_qubits(), UnitarySimulatorPy().max_qubits()
    assert 20 < states < 50
    assert abs(states - 2 * unitaries) <= 2


def test_the_jobs_and_errors_are_the_familys_own(bell):
    assert type(BasicSimulator().run(bell)) is BasicProviderJob
    assert type(QasmSimulatorPy().run(bell)) is BasicAerJob
    for job in (BasicProviderJob, BasicAerJob):
        assert issubclass(job, JobV1)
        assert issubclass(job, qiskit.providers.JobV1)
    assert issubclass(BasicProviderError, qiskit.providers.basic_provider.BasicProviderError)
    assert not issubclass(BasicAerError, BasicProviderError)


def test_providers_show_what_they_have():
    assert repr(BasicProvider()) == "<BasicProvider: basic_simulator>"
    assert repr(BasicAer) == "<BasicAerProvider: qasm_simulator, statevector_simulator, unitary_simulator>"
    assert str(BasicAer) == "BasicAerProvider"
    assert isinstance(BasicAer, BasicAerProvider)


def test_the_registry_knows_every_backend_of_the_families():
    assert registry.backend_names() == ("basic_simulator", *BASIC_AER)
    for name in registry.backend_names():
        assert registry.get_backend(name).name == name


def test_the_registrys_default_is_the_basic_simulator():
    assert registry.get_backend().name == "basic_simulator"


@pytest.mark.parametrize("name", ["aer_simulator", "", None, 3])
def test_the_registry_refuses_an_unknown_name_with_the_known_ones(name):
    with pytest.raises(QiskitBackendNotFoundError, match="basic_simulator, qasm_simulator") as refused:
        registry.get_backend(name)
    assert repr(name) in refused.value.message


def test_the_package_offers_the_families_and_the_registry():
    assert queuebit.get_backend is registry.get_backend
    assert queuebit.BasicAer is BasicAer
    assert queuebit.BasicProvider is BasicProvider
