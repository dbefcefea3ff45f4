"""The queue's backends stand in for the ones that they wrap."""

import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.primitives import BackendEstimatorV2, BackendSamplerV2
from qiskit.providers import BackendV2
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import generate_preset_pass_manager

from queuebit import JobQueue
from queuebit.providers import JobFailedError
from queuebit.queue import QueueBackend
from queuebit.registry import backend_names

LIMIT_S = 60
GENERIC = "qiskit.providers.fake_provider:GenericBackendV2"


def test_the_local_backends_are_listed(queue):
    assert [backend.name for backend in queue.backends()] == list(backend_names())
    assert [backend.name for backend in queue.backends("unitary_simulator")] == ["unitary_simulator"]
    assert all(isinstance(backend, (QueueBackend, BackendV2)) for backend in queue.backends())


def test_a_backend_looks_like_the_one_that_it_wraps(queue):
    backend = queue.get_backend(GENERIC, num_qubits=5, coupling_map=[[0, 1], [1, 2], [2, 3], [3, 4]], seed=1)
    wrapped = backend.wrapped
    assert backend.target is wrapped.target
    assert backend.num_qubits == 5
    assert list(backend.coupling_map) == list(wrapped.coupling_map)
    assert backend.operation_names == wrapped.operation_names
    assert backend.qubit_properties(1).t1 == wrapped.qubit_properties(1).t1 > 0
    assert (backend.dt, backend.dtm, backend.meas_map) == (wrapped.dt, wrapped.dtm, wrapped.meas_map)
    assert {**backend.options} == {**wrapped.options}
    assert (backend.name, backend.description) == (wrapped.name, wrapped.description)
    assert backend.provider is queue
    assert GENERIC in repr(backend)


def test_what_only_the_backend_has_is_reached(queue, gated_backends):
    backend = queue.get_backend(gated_backends, num_qubits=4)
    assert backend.only_mine() == "gated of 4 qubits"
    with pytest.raises(AttributeError, match="nothing_like_that"):
        backend.nothing_like_that  # noqa: B018


def test_transpiling_for_it_is_transpiling_for_the_wrapped_one(queue, bell):
    backend = queue.get_backend(GENERIC, num_qubits=3, seed=1)
    ours = transpile(bell, backend, seed_transpiler=5, optimization_level=1)
    theirs = transpile(bell, backend.wrapped, seed_transpiler=5, optimization_level=1)
    assert ours == theirs
    assert generate_preset_pass_manager(1, backend, seed_transpiler=5).run(bell) == theirs


def test_a_found_job_has_its_backend(queue, bell):
    job = queue.get_backend(GENERIC, num_qubits=3, seed=1).run(bell)
    with JobQueue(queue.path, start_worker=False) as other:
        found = other.job(job.job_id())
        assert found.backend().num_qubits == 3
        assert found.backend() is other.job(job.job_id()).backend()
        assert GENERIC in repr(found)


def test_a_found_job_of_a_backend_that_is_not_here_can_be_looked_at(queue, bell, gated_backends, monkeypatch):
    job = queue.get_backend(gated_backends).run(bell)
    monkeypatch.setattr("queuebit.queue.job_queue.make_backend", lambda *_: pytest.fail("it was made"))
    with JobQueue(queue.path, start_worker=False) as other:
        (found,) = other.jobs()
        assert gated_backends in repr(found)
        assert found.circuits() == job.circuits()


def test_aer_runs_by_its_name(served, bell):
    pytest.importorskip("qiskit_aer")
    backend = served.get_backend("qiskit_aer:AerSimulator", method="matrix_product_state")
    result = backend.run(bell, shots=100, seed_simulator=3).result(LIMIT_S)
    assert result.get_counts() == backend.wrapped.run(bell, shots=100, seed_simulator=3).result().get_counts()
    assert result.results[0].metadata["method"] == "matrix_product_state"


def test_an_option_that_somebody_elses_backend_does_not_name_is_passed_on_with_a_remark(queue, gated_backends, bell):
    with pytest.warns(UserWarning, match="Option colour is not among the options of gated, to which it is passed on"):
        job = queue.get_backend(gated_backends).run(bell, colour="red")
    assert job.options() == {"colour": "red"}


def test_a_backend_that_only_the_worker_can_not_make_fails_the_job_with_the_step(served, bell, gated_backends):
    backend = served.get_backend(gated_backends)
    backend.source = "gated_backends:NotThere"
    with pytest.raises(JobFailedError, match="has no attribute 'NotThere'"):
        backend.run(bell).result(LIMIT_S)


def test_the_sampler_runs_through_the_queue(served, bell):
    backend = served.get_backend("basic_simulator")
    sampler = BackendSamplerV2(backend=backend, options={"seed_simulator": 5})
    through = sampler.run([bell, bell], shots=100).result()
    direct = BackendSamplerV2(backend=backend.wrapped, options={"seed_simulator": 5}).run([bell, bell], shots=100)
    assert [pub.data.meas.get_bitstrings() for pub in through] == [
        pub.data.meas.get_bitstrings() for pub in direct.result()
    ]
    assert served.jobs(1)[0].circuits()[0].num_qubits == 2


def test_the_estimator_runs_through_the_queue(served):
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    observables = SparsePauliOp(["ZZ", "XX", "ZI"])
    backend = served.get_backend("qasm_simulator")
    estimator = BackendEstimatorV2(backend=backend, options={"default_precision": 0.02, "seed_simulator": 4})
    values = estimator.run([(circuit, [[pauli] for pauli in observables.paulis])]).result()[0].data.evs
    assert values[0] == values[1] == 1
    assert abs(values[2]) < 0.15
