"""Qiskit's backend primitives on the counting backends: values against the exact ones."""

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import BackendEstimatorV2, BackendSamplerV2
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit.transpiler import generate_preset_pass_manager
from scipy.stats import chisquare


def ansatz() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("a"), 0)
    circuit.cx(0, 1)
    circuit.rx(Parameter("b"), 1)
    return circuit


def test_the_sampler_draws_from_the_exact_distribution(counting_backend):
    circuit, values = ansatz(), [0.9, 0.4]
    expected = Statevector(circuit.assign_parameters(values)).probabilities_dict()
    sampler = BackendSamplerV2(backend=counting_backend, options={"seed_simulator": 5})
    counts = sampler.run([(circuit.measure_all(inplace=False), values)], shots=4000).result()[0].data.meas.get_counts()
    observed = [counts.get(outcome, 0) for outcome in expected]
    assert sum(observed) == 4000
    assert chisquare(observed, [4000 * probability for probability in expected.values()]).pvalue > 1e-4


def test_the_sampler_takes_several_circuits_each_with_several_values(counting_backend):
    flip = QuantumCircuit(1)
    flip.ry(Parameter("angle"), 0)
    flip.measure_all()
    fixed = QuantumCircuit(3)
    fixed.x(2)
    fixed.measure_all()
    result = BackendSamplerV2(backend=counting_backend).run([(flip, [[0.0], [np.pi]]), fixed], shots=20).result()
    assert [result[0].data.meas.get_counts(index) for index in (0, 1)] == [{"0": 20}, {"1": 20}]
    assert result[1].data.meas.get_counts() == {"100": 20}


def test_the_sampler_keeps_registers_and_shots_together(counting_backend):
    circuit = QuantumCircuit(2)
    circuit.add_register(ClassicalRegister(1, "early"), ClassicalRegister(1, "late"))
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.cx(0, 1)
    circuit.measure(1, 1)
    data = BackendSamplerV2(backend=counting_backend).run([circuit], shots=200).result()[0].data
    assert data.early.get_bitstrings() == data.late.get_bitstrings()
    assert set(data.early.get_bitstrings()) == {"0", "1"}


def test_the_sampler_follows_the_seed(counting_backend, bell):
    sampler = BackendSamplerV2(backend=counting_backend, options={"seed_simulator": 5})
    first, second = (sampler.run([bell], shots=50).result()[0].data.meas.get_bitstrings() for _ in range(2))
    assert first == second


def test_the_sampler_takes_feed_forward(counting_backend):
    circuit = QuantumCircuit(2, name="feed_forward")
    circuit.add_register(ClassicalRegister(2, "c"))
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    circuit.measure(1, 1)
    isa = generate_preset_pass_manager(2, backend=counting_backend).run(circuit)
    counts = BackendSamplerV2(backend=counting_backend).run([isa], shots=200).result()[0].data.c.get_counts()
    assert set(counts) == {"00", "11"}


@pytest.mark.parametrize("values", [[0.0, 0.0], [0.9, 0.4], [2.0, -1.1]])
def test_the_estimators_values_are_near_the_exact_ones(counting_backend, values):
    circuit = generate_preset_pass_manager(1, backend=counting_backend).run(ansatz())
    observables = [SparsePauliOp("ZZ"), SparsePauliOp("XX"), SparsePauliOp(["IZ", "YI"], [0.5, -2.0])]
    estimator = BackendEstimatorV2(backend=counting_backend)
    estimator.options.seed_simulator = 5
    result = estimator.run([(circuit, observables, values)], precision=0.02).result()[0]
    state = Statevector(ansatz().assign_parameters(values))
    exact = [state.expectation_value(observable).real for observable in observables]
    # Six standard errors, with the coefficients of the last observable.
    np.testing.assert_allclose(result.data.evs, exact, atol=6 * 0.02 * 2.5)


def test_the_estimators_values_of_eigenstates_are_exact(counting_backend):
    circuit = QuantumCircuit(2)
    circuit.x(1)
    result = BackendEstimatorV2(backend=counting_backend).run([(circuit, ["ZI", "IZ", "ZZ"])]).result()[0]
    np.testing.assert_array_equal(result.data.evs, [-1, 1, -1])
    np.testing.assert_array_equal(result.data.stds, [0, 0, 0])
