"""Everything that Aer can save goes through the codec."""

import subprocess
import sys

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Pauli, Statevector
from qiskit.result.models import ExperimentResult, ExperimentResultData

from queuebit.codec.results import decode_result, encode_result

pytest.importorskip("qiskit_aer")

from qiskit_aer import AerSimulator


def bell():
    circuit = QuantumCircuit(2, name="bell", metadata={"a": 1})
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def saving(*names, **options):
    circuit = bell()
    for name in names:
        getattr(circuit, name)(**options)
    return circuit


def saving_much():
    circuit = bell()
    circuit.save_statevector()
    circuit.save_statevector("each", pershot=True)
    circuit.save_statevector_dict("dict")
    circuit.save_density_matrix([0], label="part")
    circuit.save_density_matrix(label="by memory", conditional=True)
    circuit.save_probabilities(label="p")
    circuit.save_probabilities_dict(label="pd")
    circuit.save_amplitudes([0, 3], label="am")
    circuit.save_amplitudes_squared([0, 3], label="am2")
    circuit.save_expectation_value(Pauli("ZZ"), [0, 1], label="ev")
    circuit.save_expectation_value_variance(Pauli("ZZ"), [0, 1], label="evv")
    circuit.save_state("state")
    circuit.measure_all()
    return circuit


@pytest.mark.parametrize(
    ("method", "circuit"),
    [
        ("automatic", saving("measure_all")),
        ("statevector", saving_much()),
        ("density_matrix", saving("save_density_matrix", "measure_all")),
        ("matrix_product_state", saving("save_matrix_product_state", "measure_all")),
        ("unitary", saving("save_unitary")),
        ("superop", saving("save_superop")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_aer_saves_stays_the_same(method, circuit, all_there_and_back, same):
    result = AerSimulator(method=method).run(circuit, shots=40, memory=True, seed_simulator=5).result()
    assert result.success, result.status
    read = all_there_and_back(result)
    assert same(read.results[0].to_dict(), result.results[0].to_dict())
    if "counts" in result.data():
        assert (read.get_counts(), read.get_memory()) == (result.get_counts(), result.get_memory())
    if "statevector" in result.data():
        assert same(read.get_statevector(), result.get_statevector())
    if "unitary" in result.data():
        assert same(read.get_unitary(), result.get_unitary())


def test_stabilizers_of_aer_stay_the_same(all_there_and_back):
    result = AerSimulator(method="stabilizer").run(saving("save_stabilizer", "save_clifford")).result()
    read = all_there_and_back(result)
    for name in ("stabilizer", "clifford"):
        assert type(read.data()[name]) is type(result.data()[name])
        assert read.data()[name] == result.data()[name]


def test_a_failed_run_of_aer_stays_the_same(all_there_and_back, same):
    wide = QuantumCircuit(40)
    wide.t(range(40))
    wide.measure_all()
    result = AerSimulator(method="statevector").run(wide).result()
    read = all_there_and_back(result)
    assert not read.results[0].success
    assert same(read.results[0].to_dict(), result.results[0].to_dict())


def test_a_statevector_of_many_qubits_is_mapped(tmp_path):
    circuit = QuantumCircuit(12)
    circuit.h(range(12))
    circuit.save_statevector()
    result = AerSimulator(method="statevector").run(circuit).result()
    stored = encode_result(result.results[0], 0, tmp_path, "x")
    read = decode_result(stored, tmp_path).data.statevector
    assert stored.files == ("x-0.npy",)
    assert np.array_equal(read.data, result.get_statevector().data)
    assert not read.data.flags.writeable
    assert read.evolve(Pauli("X" * 12)) == result.get_statevector()


READ = """
import sys
sys.modules["qiskit_aer"] = None
from pathlib import Path
from queuebit.codec.results import decode_result
from queuebit.store.records import StoredResult
content = bytes.fromhex(sys.argv[1])
state = decode_result(StoredResult(index=0, content=content), Path(".")).data.state
print(type(state).__module__, type(state).__name__, state.data.tolist())
"""


def test_where_aer_is_not_installed_its_states_are_those_of_qiskit(tmp_path):
    from qiskit_aer.backends import compatibility

    data = ExperimentResultData(state=compatibility.Statevector([1, 0]))
    content = encode_result(ExperimentResult(shots=1, success=True, data=data), 0, tmp_path, "x").content
    read = subprocess.run([sys.executable, "-c", READ, content.hex()], capture_output=True, text=True, check=True)
    assert read.stdout.split() == [Statevector.__module__, "Statevector", "[(1+0j),", "0j]"]
