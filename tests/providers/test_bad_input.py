"""What run() refuses, and how: the family's error, at once, naming the thing and its value; nothing runs."""

import sys
import warnings

import numpy as np
import pytest
import qiskit.providers.basic_provider
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction, Parameter, ParameterVector
from qiskit.circuit.classical import types
from qiskit.exceptions import QiskitError

from queuebit.providers.basicaer import BasicAerError, StatevectorSimulatorPy, UnitarySimulatorPy
from queuebit.providers.local_executor import LOCAL_EXECUTOR

NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture(autouse=True)
def _nothing_runs():
    yield
    assert not list(LOCAL_EXECUTOR._unfinished)


@pytest.fixture
def hadamard() -> QuantumCircuit:
    """A circuit that every backend takes, with a warning where it returns counts."""
    circuit = QuantumCircuit(1, name="hadamard")
    circuit.h(0)
    return circuit


# Circuits


@pytest.mark.parametrize("circuits", [[], (), iter([])], ids=["list", "tuple", "iterator"])
def test_no_circuit_is_refused(any_backend, refusal, circuits):
    with pytest.raises(refusal, match="no circuit to run"):
        any_backend.run(circuits)


@pytest.mark.parametrize(
    ("thing", "kind"),
    [
        (None, "NoneType: None"),
        (3, "int: 3"),
        ("bell.qasm", "str: 'bell.qasm'"),
        (b"OPENQASM", "bytes: b'OPENQASM'"),
        (QuantumCircuit, "type: <class"),
        (Gate("frob", 1, []), "Gate: Instruction"),
    ],
)
def test_what_is_not_a_circuit_is_refused_by_its_type_and_value(any_backend, refusal, thing, kind):
    with pytest.raises(refusal) as refused:
        any_backend.run(thing)
    assert f"got {kind}" in refused.value.message


@pytest.mark.parametrize(
    ("thing", "kind"), [(None, "NoneType: None"), (7, "int: 7"), ("x", "str: 'x'"), ([], "list: []")]
)
def test_an_entry_that_is_not_a_circuit_is_refused_by_its_place(any_backend, refusal, hadamard, thing, kind):
    with pytest.raises(refusal) as refused:
        any_backend.run([hadamard, thing, hadamard])
    assert f"entry 1 of the list is {kind}" in refused.value.message


def test_a_long_value_does_not_flood_the_error(backend, refusal):
    with pytest.raises(refusal) as refused:
        backend.run("OPENQASM 2.0;\n" * 1000)
    assert len(refused.value.message) < 200


def test_unbound_parameters_are_named(any_backend, refusal):
    circuit = QuantumCircuit(2, name="ansatz")
    circuit.rx(Parameter("alpha"), 0)
    circuit.ry(ParameterVector("beta", 3)[1], 1)
    with pytest.raises(refusal, match=r"'ansatz' has parameters without a value: alpha, beta\[1\]"):
        any_backend.run(circuit)


def test_a_parameter_in_the_global_phase_is_named(any_backend, refusal):
    circuit = QuantumCircuit(1, name="phased", global_phase=Parameter("phi"))
    with pytest.raises(refusal, match="'phased' has parameters without a value: phi"):
        any_backend.run(circuit)


def test_input_variables_without_a_value_are_named(backend, refusal):
    circuit = QuantumCircuit(1, 1, name="remote")
    circuit.add_input("limit", types.Uint(8))
    circuit.measure(0, 0)
    with pytest.raises(refusal, match="'remote' has input variables without a value: limit"):
        backend.run(circuit)


def test_an_unknown_instruction_is_named_with_its_qubits(any_backend, refusal):
    circuit = QuantumCircuit(4, name="exotic")
    circuit.append(Instruction("frobnicate", 2, 0, []), [3, 1])
    with pytest.raises(refusal, match=r"'exotic' has an unknown instruction 'frobnicate' on qubits \[3, 1\]"):
        any_backend.run(circuit)


def test_an_unknown_instruction_inside_another_is_named_with_the_circuits_qubits(any_backend, refusal):
    inner = QuantumCircuit(2, name="inner")
    inner.append(Instruction("frobnicate", 1, 0, []), [1])
    circuit = QuantumCircuit(4, name="exotic")
    circuit.append(inner.to_instruction(), [0, 3])
    with pytest.raises(refusal, match=r"unknown instruction 'frobnicate' on qubits \[3\]"):
        any_backend.run(circuit)


@pytest.mark.parametrize(
    "num_qubits",
    [
        40,
        100,
        2000,
    ],
)
def test_too_many_qubits_are_refused_with_both_figures(any_backend, refusal, num_qubits):
    circuit = QuantumCircuit(num_qubits, name="wide")
    circuit.t(0)  # which no engine but those of the whole state takes
    with pytest.raises(refusal, match=rf"'wide' of {num_qubits} qubits .* needs about .*iB of memory, .*iB are free"):
        any_backend.run(circuit)


def test_one_circuit_that_is_refused_refuses_the_whole_list(any_backend, refusal, hadamard):
    exotic = QuantumCircuit(1, name="exotic")
    exotic.append(Instruction("frobnicate", 1, 0, []), [0])
    with pytest.raises(refusal, match="frobnicate"):
        any_backend.run([hadamard, exotic])


def test_a_measurement_at_the_end_has_no_statevector(bell):
    with pytest.raises(BasicAerError, match=r"'bell' measures at its end.*remove_final_measurements"):
        StatevectorSimulatorPy().run(bell)


@pytest.mark.parametrize("name", ["measure", "reset"])
def test_what_has_no_unitary_is_named_with_its_qubit(name):
    circuit = QuantumCircuit(3, 1, name="collapse")
    circuit.measure(2, 0) if name == "measure" else circuit.reset(2)
    with pytest.raises(BasicAerError, match=f"'collapse' has a {name} on qubit 2"):
        UnitarySimulatorPy().run(circuit)


# Options


@pytest.mark.parametrize("shots", [0, -1, 1.0, 1024.5, "100", True, None, NAN, [10], 1j, np.float64(4), np.array(4)])
def test_shots_that_are_not_a_number_of_shots_are_refused(any_backend, refusal, hadamard, shots):
    with pytest.raises(refusal) as refused:
        any_backend.run(hadamard, shots=shots)
    assert refused.value.message == f"shots must be a whole number, 1 or more; got {shots!r}"


@pytest.mark.parametrize("shots", [10**18, 10**30])
def test_more_shots_than_the_memory_holds_are_refused_with_both_figures(counting_backend, refusal, bell, shots):
    with pytest.raises(refusal, match=rf"with {shots} shots needs about .*iB of memory, .*iB are free"):
        counting_backend.run(bell, shots=shots)


@pytest.mark.parametrize("seed", [-1, 2**63, 10**400, 1.0, "7", True, NAN, [7], np.uint64(2**63), np.float64(7)])
def test_a_seed_out_of_range_or_of_another_type_is_refused(any_backend, refusal, hadamard, seed):
    with pytest.raises(refusal) as refused:
        any_backend.run(hadamard, seed_simulator=seed)
    assert f"from 0 to {2**63 - 1}, or None; got {seed!r}" in refused.value.message


@pytest.mark.parametrize("memory", [1, 0, "yes", None, [True]])
def test_memory_that_is_not_a_truth_value_is_refused(counting_backend, refusal, bell, memory):
    with pytest.raises(refusal) as refused:
        counting_backend.run(bell, memory=memory)
    assert refused.value.message == f"memory must be True or False; got {memory!r}"


@pytest.mark.parametrize("threshold", [-1e-9, NAN, INFINITY, "tiny", None, True, 1j])
@pytest.mark.parametrize("simulator", [StatevectorSimulatorPy, UnitarySimulatorPy])
def test_a_chop_threshold_that_is_not_a_size_is_refused(simulator, hadamard, threshold):
    with pytest.raises(BasicAerError) as refused:
        simulator().run(hadamard, chop_threshold=threshold)
    assert refused.value.message == f"chop_threshold must be a number, 0 or more; got {threshold!r}"


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ([1, 0], "incorrect length: it has 2 rows, circuit 'bell' of 2 qubits needs 4"),
        ([0.5] * 8, r"incorrect length|norm"),
        ([1, 1, 0, 0], r"not normalized: norm 1.414"),
        ([0, 0, 0, 0], r"not normalized: norm 0.0"),
        ([1 + 1e-9, 0, 0, 0], "not normalized"),
        ([], "not normalized"),
        ([NAN, 0, 0, 0], "must be finite"),
        ([INFINITY, 0, 0, 0], "must be finite"),
        ([[1, 0, 0, 0]], r"one dimension; its shape is \(1, 4\)"),
        (np.eye(4), r"one dimension; its shape is \(4, 4\)"),
        (1, r"one dimension; its shape is \(\)"),
        ([[1], [0], [0, 0]], "array of complex numbers"),
        ("1000", "array of complex numbers"),
        (["1", "0", "0", "0"], "array of complex numbers"),
        ([b"1", b"0", b"0", b"0"], "array of complex numbers"),
        ([None, 0, 0, 0], "array of complex numbers"),
        ([True, False, False, False], "array of complex numbers"),
        ({"00": 1}, "array of complex numbers"),
    ],
)
def test_an_initial_statevector_that_is_none_is_refused(counting_backend, refusal, bell, state, why):
    with pytest.raises(refusal, match=rf"initial_statevector .*{why}"):
        counting_backend.run(bell, initial_statevector=state)


@pytest.mark.parametrize(
    ("matrix", "why"),
    [
        (np.eye(4), "incorrect length: it has 4 rows, circuit 'hadamard' of 1 qubits needs 2"),
        (2 * np.eye(2), "not unitary"),
        ([[1, 1], [1, 1]], "not unitary"),
        ([[NAN, 0], [0, 1]], "must be finite"),
        ([[INFINITY, 0], [0, 1]], "must be finite"),
        ([1, 0], r"square matrix; its shape is \(2,\)"),
        (np.zeros((2, 3)), r"square matrix; its shape is \(2, 3\)"),
        ([[[1]]], r"square matrix; its shape is \(1, 1, 1\)"),
        (np.zeros((0, 0)), "incorrect length"),
        ([["1", "0"], ["0", "1"]], "array of complex numbers"),
        ("identity", "array of complex numbers"),
        ([[1, 0], [0]], "array of complex numbers"),
    ],
)
def test_an_initial_unitary_that_is_none_is_refused(hadamard, matrix, why):
    with pytest.raises(BasicAerError, match=f"initial_unitary .*{why}"):
        UnitarySimulatorPy().run(hadamard, initial_unitary=matrix)


def test_an_initial_statevector_must_fit_every_circuit(backend, refusal, bell, endless):
    with pytest.raises(refusal, match="circuit 'endless' of 1 qubits needs 2"):
        backend.run([bell, endless], initial_statevector=[1, 0, 0, 0])


def test_an_option_that_was_set_wrongly_is_refused_by_the_run(any_backend, refusal, hadamard):
    any_backend.set_options(shots=0)
    with pytest.raises(refusal, match="shots must be"):
        any_backend.run(hadamard)


# The errors themselves


def test_a_refusal_is_an_error_of_qiskit_and_reads_as_plain_text(any_backend, refusal):
    with pytest.raises(QiskitError) as refused:
        any_backend.run([])
    assert type(refused.value) is refusal
    assert str(refused.value) == refused.value.message


def test_programs_that_catch_qiskits_own_error_catch_ours(backend, bell):
    with pytest.raises(qiskit.providers.basic_provider.BasicProviderError):
        backend.run(bell, shots=0)


# Warnings


def test_an_unknown_option_is_warned_about_at_the_callers_line(any_backend, bell, hadamard):
    circuit = bell if any_backend.output == "counts" else hadamard
    line = sys._getframe().f_lineno + 2
    with pytest.warns(UserWarning, match="Option") as caught:
        job = any_backend.run(circuit, shotz=100)
    assert job.result().success
    (warning,) = caught
    assert str(warning.message) == "Option shotz is not used by this backend"
    assert (warning.filename, warning.lineno) == (__file__, line)


def test_each_unknown_option_is_warned_about(backend, bell):
    with pytest.warns(UserWarning, match="Option") as caught:
        backend.run(bell, noise_model=None, device="GPU").result()
    assert [str(warning.message) for warning in caught] == [
        "Option device is not used by this backend",
        "Option noise_model is not used by this backend",
    ]


def test_options_of_another_backend_are_unknown(bell, hadamard):
    for option, value in {"memory": True, "initial_statevector": [1, 0]}.items():
        with pytest.warns(UserWarning, match=f"Option {option} is not used by this backend"):
            UnitarySimulatorPy().run(hadamard, **{option: value}).result()


@pytest.mark.parametrize("simulator", [StatevectorSimulatorPy, UnitarySimulatorPy])
def test_shots_that_a_state_does_not_need_are_warned_about(simulator, hadamard):
    with pytest.warns(UserWarning, match="one shot; shots=100 is not used") as caught:
        result = simulator().run(hadamard, shots=100).result()
    assert caught[0].filename == __file__
    assert result.results[0].shots == 1


def test_a_warning_made_an_error_stops_the_run(backend, bell):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="shotz"):
            backend.run(bell, shotz=100)


@pytest.mark.parametrize("num_clbits", [0, 2])
def test_a_circuit_without_measurement_is_warned_about_and_has_no_counts(counting_backend, num_clbits):
    circuit = QuantumCircuit(2, num_clbits, name="silent")
    circuit.h(0)
    line = sys._getframe().f_lineno + 2
    with pytest.warns(UserWarning, match="No measurements") as caught:
        result = counting_backend.run(circuit, shots=10, memory=True).result()
    (warning,) = caught
    assert str(warning.message) == ('No measurements in circuit "silent", classical register will remain all zeros.')
    assert (warning.filename, warning.lineno) == (__file__, line)
    assert result.success
    assert result.get_counts() == {}
    assert result.get_memory() == []


def test_each_circuit_without_measurement_is_named(backend, bell):
    silent = [QuantumCircuit(1, name="silent"), bell, QuantumCircuit(1, name="mute")]
    with pytest.warns(UserWarning, match="No measurements") as caught:
        counts = backend.run(silent, shots=10).result().get_counts()
    assert [str(warning.message).split('"')[1] for warning in caught] == ["silent", "mute"]
    assert [sum(each.values()) for each in counts] == [0, 10, 0]


def test_a_circuit_of_no_qubits_has_no_counts(counting_backend):
    with pytest.warns(UserWarning, match='No measurements in circuit "empty"'):
        result = counting_backend.run(QuantumCircuit(name="empty")).result()
    assert result.get_counts() == {}


def test_a_circuit_of_no_qubits_is_its_global_phase():
    circuit = QuantumCircuit(global_phase=np.pi / 2)
    state = StatevectorSimulatorPy().run(circuit).result().get_statevector()
    unitary = UnitarySimulatorPy().run(circuit).result().get_unitary()
    np.testing.assert_allclose(np.asarray(state), [1j], atol=1e-15)
    np.testing.assert_allclose(np.asarray(unitary), [[1j]], atol=1e-15)


def test_a_gate_whose_matrix_is_not_unitary_is_named(any_backend, refusal):
    class Shear(Gate):
        def __init__(self):
            super().__init__("shear", 1, [])

        def __array__(self, dtype=None, copy=None):
            return np.array([[1, 1], [0, 1]], complex)

    circuit = QuantumCircuit(2, name="sheared")
    circuit.append(Shear(), [1])
    with pytest.raises(refusal, match=r"'sheared' has a non-unitary instruction 'shear' on qubits \[1\]"):
        any_backend.run(circuit)
