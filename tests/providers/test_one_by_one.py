"""Circuits of a job that are run one at a time: as in a run of them all."""

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import quantum_volume

from queuebit.engines import Control, RunCancelledError


@pytest.fixture
def circuits():
    circuits = [quantum_volume(3, seed=number) for number in range(4)]
    for circuit in circuits:
        circuit.measure_all()
    return circuits


def comparable(experiment):
    fields = experiment.to_dict()
    del fields["time_taken"]
    return fields


def test_each_circuit_gives_what_it_gives_among_all_in_any_order(counting_backend, circuits):
    expected = counting_backend.run(circuits, shots=300, seed_simulator=11).result().results
    run = counting_backend.one_by_one(Control(), shots=300, seed_simulator=11)
    for index in (2, 0, 3, 1):
        result = run.run(run.prepare(circuits[index]), index)
        assert comparable(result) == comparable(expected[index])


def test_circuits_share_a_seed_when_none_is_given(backend, circuits):
    run = backend.one_by_one(Control())
    assert {run.run(run.prepare(circuit), index).seed_simulator for index, circuit in enumerate(circuits)} == {run.seed}


def test_the_control_counts_and_cancels(backend, circuits):
    control = Control()
    run = backend.one_by_one(control)
    experiment = run.prepare(circuits[0])
    run.run(experiment, 0)
    assert control.done > 0
    control.cancel()
    with pytest.raises(RunCancelledError):
        run.run(run.prepare(circuits[1]), 1)


def test_an_experiment_runs_once(backend, circuits):
    run = backend.one_by_one(Control())
    experiment = run.prepare(circuits[0])
    run.run(experiment, 0)
    with pytest.raises(ValueError, match="has run already"):
        run.run(experiment, 0)


def test_what_a_run_refuses_is_refused(backend, refusal):
    with pytest.raises(refusal, match="shots must be a whole number"):
        backend.one_by_one(Control(), shots=0)
    with pytest.raises(refusal):
        backend.one_by_one(Control(), initial_statevector=[1, 0]).prepare(QuantumCircuit(2))


def test_what_a_run_warns_of_is_warned_of(backend):
    with pytest.warns(UserWarning, match="Option other is not used by this backend"):
        run = backend.one_by_one(Control(), other=1)
    with pytest.warns(UserWarning, match='No measurements in circuit "bare"') as caught:
        run.prepare(QuantumCircuit(1, name="bare"))
    assert caught[0].filename == __file__
