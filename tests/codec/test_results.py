"""What backends answer goes through the codec and stays what it is."""

from datetime import UTC, date, datetime
from enum import StrEnum

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import CXGate
from qiskit.providers.basic_provider import BasicSimulator
from qiskit.quantum_info import Clifford, DensityMatrix, Operator, Pauli, StabilizerState, Statevector, SuperOp
from qiskit.result import ProbDistribution, QuasiDistribution
from qiskit.result.models import ExperimentResult, ExperimentResultData, MeasLevel, MeasReturnType

from queuebit.codec.exceptions import NotStorableError
from queuebit.codec.results import MAX_INLINE_ARRAY_BYTES, encode_result
from queuebit.providers.basic_provider import BasicProvider
from queuebit.providers.basicaer import BasicAer


def bell(*, measured=True, name="bell", metadata=None):
    circuit = QuantumCircuit(2, name=name, metadata=metadata)
    circuit.h(0)
    circuit.cx(0, 1)
    if measured:
        circuit.measure_all()
    return circuit


def result_of(data=None, **fields):
    return ExperimentResult(shots=1, success=True, data=ExperimentResultData(**(data or {})), **fields)


def assert_same_answers(read, result, same):
    assert [same(new.to_dict(), old.to_dict()) for new, old in zip(read.results, result.results, strict=True)] == [
        True
    ] * len(result.results)
    for index, experiment in enumerate(result.results):
        if "counts" in experiment.data.to_dict():
            assert read.get_counts(index) == result.get_counts(index)
        if "memory" in experiment.data.to_dict():
            assert read.get_memory(index) == result.get_memory(index)


@pytest.mark.parametrize("memory", [False, True])
@pytest.mark.parametrize(
    "backend",
    [BasicProvider().get_backend("basic_simulator"), BasicAer.get_backend("qasm_simulator"), BasicSimulator()],
)
def test_counts_and_memory_stay_the_same(backend, memory, all_there_and_back, same):
    circuits = [bell(), bell(name="other")]
    result = backend.run(circuits, shots=300, memory=memory, seed_simulator=2**31 - 1).result()
    read = all_there_and_back(result)
    assert_same_answers(read, result, same)
    assert read.get_counts("other") == result.get_counts("other")
    assert read.results[0].time_taken == result.results[0].time_taken


def test_a_seed_that_no_float_holds_stays_the_same(all_there_and_back, same):
    seed = 2**63 - 1
    result = BasicProvider().get_backend("basic_simulator").run(bell(), seed_simulator=seed).result()
    read = all_there_and_back(result)
    assert_same_answers(read, result, same)
    assert read.results[0].seed_simulator == read.results[0].seed == seed


@pytest.mark.parametrize("num_qubits", [2, 11])
def test_a_statevector_stays_the_same(num_qubits, all_there_and_back, same):
    circuit = QuantumCircuit(num_qubits)
    circuit.ry(0.3, range(num_qubits))
    circuit.t(0)
    result = BasicAer.get_backend("statevector_simulator").run(circuit).result()
    read = all_there_and_back(result)
    assert_same_answers(read, result, same)
    assert same(read.get_statevector(), result.get_statevector())
    assert same(read.get_statevector(decimals=3), result.get_statevector(decimals=3))


@pytest.mark.parametrize("num_qubits", [1, 6])
def test_a_unitary_stays_the_same(num_qubits, all_there_and_back, same):
    circuit = QuantumCircuit(num_qubits)
    circuit.ry(0.3, range(num_qubits))
    result = BasicAer.get_backend("unitary_simulator").run(circuit).result()
    read = all_there_and_back(result)
    assert_same_answers(read, result, same)
    assert same(read.get_unitary(), result.get_unitary())


def test_metadata_of_a_circuit_stay_what_they_are(all_there_and_back, same):
    metadata = {
        "angle": np.float64(0.1),
        "index": np.int64(2**53 + 1),
        "flag": np.bool_(True),
        "phase": np.complex64(1 - 2j),
        "amplitude": 1e-300 - 0.0j,
        "when": datetime(2024, 2, 29, 12, 30, 1, 7, tzinfo=UTC),
        "day": date(2024, 2, 29),
        "grid": np.arange(6, dtype=np.int16).reshape(2, 3),
        "names": np.array(["a", "ü"]),
        "pair": (1, [2, (3,)]),
        "by_number": {1: "a", (2, 3): "b"},
        "lookalike": {"$tuple": [1]},
        "limits": [float("inf"), float("-inf"), float("nan"), -0.0],
        "nothing": None,
        "text": "\ud800 \0 \n ü",
        "raw": b"\0\xff",
        "large": 3**200,
    }
    result = BasicProvider().get_backend("basic_simulator").run(bell(metadata=metadata)).result()
    read = all_there_and_back(result)
    assert_same_answers(read, result, same)
    assert same(read.results[0].header["metadata"], metadata)


class Colour(StrEnum):
    RED = "red"


class Record(dict):
    pass


@pytest.mark.parametrize(("value", "expected"), [(Colour.RED, "red"), (Record(a=1), {"a": 1}), (MeasLevel.RAW, 0)])
def test_what_derives_from_a_plain_class_comes_back_as_that(value, expected, there_and_back, same):
    assert same(there_and_back(result_of({"x": value})).data.x, expected)


def test_fields_that_are_not_there_stay_away(there_and_back):
    read = there_and_back(result_of())
    assert not hasattr(read, "header")
    assert not hasattr(read, "seed")
    assert read.data.to_dict() == {}
    assert read.meas_level is MeasLevel.CLASSIFIED


def test_levels_and_kinds_of_measurement_stay_the_same(there_and_back):
    result = result_of({"memory": [[1.0, 2.0], [0.5, -1.0]]}, meas_level=MeasLevel.KERNELED, meas_return="avg")
    read = there_and_back(result)
    assert read.meas_level == MeasLevel.KERNELED
    assert read.meas_return == MeasReturnType.AVERAGE
    assert read.data.memory == [[1.0, 2.0], [0.5, -1.0]]


def test_a_range_of_shots_stays_a_tuple(there_and_back):
    assert there_and_back(ExperimentResult((0, 100), True, ExperimentResultData())).shots == (0, 100)


STATE = np.array([0.6, 0, 0, 0.8j])


@pytest.mark.parametrize(
    "value",
    [
        Statevector(STATE),
        Statevector(np.ones(6) / np.sqrt(6), dims=(2, 3)),
        DensityMatrix(np.outer(STATE, STATE.conj())),
        Operator(np.ones((2, 6)), input_dims=(2, 3), output_dims=(2,)),
        SuperOp(np.eye(16)),
    ],
)
def test_states_and_operators_stay_the_same(value, there_and_back, same):
    read = there_and_back(result_of({"saved": value, "all": [value, value], "by_memory": {"0x1": value}})).data
    assert same(read.to_dict(), {"saved": value, "all": [value, value], "by_memory": {"0x1": value}})


@pytest.mark.parametrize("value", [Clifford(CXGate()), StabilizerState(Pauli("XYZ"))])
def test_stabilizers_stay_the_same(value, there_and_back):
    read = there_and_back(result_of({"saved": value})).data.saved
    assert type(read) is type(value)
    assert read == value


@pytest.mark.parametrize("kind", [ProbDistribution, QuasiDistribution])
@pytest.mark.parametrize("data", [{0: 0.25, 5: 0.75}, {"0011": 0.5, "0100": 0.5}, {}])
def test_distributions_stay_the_same(kind, data, there_and_back):
    value = kind(data, shots=7)
    read = there_and_back(result_of({"saved": value})).data.saved
    assert type(read) is kind
    assert (read, read.shots) == (value, 7)
    assert read.binary_probabilities() == value.binary_probabilities()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(0),
        np.array(1.5),
        np.zeros((0, 3), np.int8),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12)[::-2],
        np.arange(3, dtype=">i4"),
        np.array([True, False]),
        np.array(["2024-02-29"], dtype="M8[D]"),
        np.array([np.nan, -0.0, np.inf], np.float16),
        np.zeros((2, MAX_INLINE_ARRAY_BYTES), np.int8),
        np.asfortranarray(np.arange(10_000.0).reshape(100, 100)),
        np.arange(20_000)[::2],
        np.broadcast_to(np.float64(1), (100, 100)),
    ],
    ids=lambda array: f"{array.dtype}-{array.shape}",
)
def test_arrays_of_any_kind_stay_the_same_and_are_read_only(array, there_and_back, same):
    read = there_and_back(result_of({"x": array})).data.x
    assert same(read, array)
    assert not read.flags.writeable


class Opaque:
    pass


@pytest.mark.parametrize(
    ("data", "way", "kind"),
    [
        ({"x": Opaque()}, "['data']['x']", "a Opaque"),
        ({"x": [1, {"y": (2, Opaque())}]}, "['data']['x'][1]['y'][1]", "a Opaque"),
        ({"x": {1: {2, 3}}}, "['data']['x'][1]", "a set"),
        ({"x": np.array([Opaque()])}, "['data']['x']", "dtype object"),
        ({"x": np.zeros(1, "i4,f8")}, "['data']['x']", "dtype [('f0'"),
        ({"x": np.ma.masked_array([1, 2], [True, False])}, "['data']['x']", "a MaskedArray"),
        ({"x": np.datetime64("2024-02-29")}, "['data']['x']", "dtype datetime64[D]"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_the_way_to_it(data, way, kind, tmp_path):
    with pytest.raises(NotStorableError) as refused:
        encode_result(result_of(data), 3, tmp_path, "x")
    assert str(refused.value).startswith(f"the result of circuit 3{way} can't be stored: it is a")
    assert kind in str(refused.value)
    assert "What can be: None, True and False, numbers" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_what_contains_itself_is_refused(tmp_path):
    ring = []
    ring.append(ring)
    with pytest.raises(NotStorableError, match="contains itself"):
        encode_result(result_of({"x": ring}), 0, tmp_path, "x")


def test_an_integer_that_cannot_be_read_again_is_refused(tmp_path):
    with pytest.raises(NotStorableError, match="4300 digits"):
        encode_result(result_of({"x": 10**5000}), 0, tmp_path, "x")


def test_a_bell_result_is_small(tmp_path):
    result = BasicProvider().get_backend("basic_simulator").run(bell(), shots=1024, memory=True).result()
    assert len(encode_result(result.results[0], 0, tmp_path, "x").content) < 300
