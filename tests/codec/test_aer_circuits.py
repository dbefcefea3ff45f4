"""Aer's instructions outlive being stored, and run as before."""

import subprocess
import sys

import numpy as np
import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.quantum_info import Clifford, DensityMatrix, Operator, SparsePauliOp, Statevector, SuperOp

from queuebit.codec.circuits import decode_circuit, encode_circuit
from queuebit.codec.exceptions import CodecError, NotStorableError

aer = pytest.importorskip("qiskit_aer")

from qiskit_aer import AerSimulator, library
from qiskit_aer.noise import depolarizing_error

OBSERVABLE = SparsePauliOp.from_list([("ZZ", 1.5), ("XX", -1)])
PRODUCT = ([(np.array([[1]]), np.array([[0]]))] * 2, [np.array([1.0])])

INSTRUCTIONS = [
    library.SaveStatevector(2),
    library.SaveStatevector(2, label="each", pershot=True, conditional=True),
    library.SaveDensityMatrix(2, unnormalized=True),
    library.SaveProbabilities(2),
    library.SaveProbabilitiesDict(2),
    library.SaveAmplitudes(2, [0, 3]),
    library.SaveAmplitudesSquared(2, [0, 3]),
    library.SaveStatevectorDict(2),
    library.SaveExpectationValue(OBSERVABLE),
    library.SaveExpectationValueVariance(OBSERVABLE),
    library.SaveMatrixProductState(2),
    library.SaveClifford(2),
    library.SaveStabilizer(2),
    library.SaveUnitary(2),
    library.SaveSuperOp(2),
    library.SaveState(2),
    library.SetStatevector(Statevector([1, 0, 0, 0])),
    library.SetDensityMatrix(DensityMatrix(np.eye(4) / 4)),
    library.SetUnitary(Operator(np.eye(4))),
    library.SetSuperOp(SuperOp(np.eye(16))),
    library.SetStabilizer(Clifford(np.eye(4, dtype=bool))),
    library.SetMatrixProductState(PRODUCT),
]


@pytest.mark.parametrize("instruction", INSTRUCTIONS, ids=lambda instruction: instruction.name)
def test_each_instruction_of_aer_comes_back_as_it_was(instruction, same):
    circuit = QuantumCircuit(2, 1, name="saving", metadata={"a": (1,)})
    circuit.h(0)
    circuit.append(instruction, [1, 0])
    circuit.measure(0, 0)
    read = decode_circuit(encode_circuit(circuit))
    made = read.data[1].operation
    assert type(made) is type(instruction)
    state, expected = vars(made), vars(instruction)
    assert state.keys() == expected.keys()
    assert all(same(state[name], expected[name]) for name in expected if name != "_definition")
    assert [read.find_bit(qubit).index for qubit in read.data[1].qubits] == [1, 0]
    assert (read.name, read.metadata) == ("saving", {"a": (1,)})
    if qpy.QPY_VERSION >= 18:
        assert len({encode_circuit(circuit) for _ in range(5)}) == 1


def saving_in_branches():
    circuit = QuantumCircuit(2, 2, name="branches")
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)) as otherwise:
        circuit.x(1)
        circuit.save_probabilities(label="one", pershot=True)
    with otherwise:
        circuit.h(1)
        with circuit.if_test((circuit.clbits[1], 0)):
            circuit.save_expectation_value(OBSERVABLE, [0, 1], label="other", pershot=True)
    circuit.save_statevector(pershot=True)
    circuit.measure([0, 1], [0, 1])
    return circuit


def test_instructions_in_branches_come_back_and_run_as_before(same):
    circuit = saving_in_branches()
    read = decode_circuit(encode_circuit(circuit))
    answers = [
        AerSimulator(method="statevector").run(each, shots=20, memory=True, seed_simulator=5).result()
        for each in (circuit, read)
    ]
    assert answers[0].success
    assert all(same(answers[1].data()[name], answers[0].data()[name]) for name in answers[0].data())


def test_the_circuit_itself_is_not_changed():
    circuit = saving_in_branches()
    before = circuit.copy()
    encode_circuit(circuit)
    assert circuit == before
    assert type(circuit.data[-3].operation) is library.SaveStatevector


def test_noise_in_a_circuit_is_refused_with_the_cure():
    circuit = QuantumCircuit(1, name="noisy")
    circuit.append(depolarizing_error(0.1, 1).to_instruction(), [0])
    with pytest.raises(NotStorableError) as refused:
        encode_circuit(circuit)
    assert str(refused.value) == (
        "circuit 'noisy' can't be stored: its instruction 'quantum_channel' is a QuantumChannelInstruction of Aer, "
        "which can't be written down. Give noise to the backend as a noise model instead."
    )


READ = """
import sys
sys.modules["qiskit_aer"] = None
from queuebit.codec.circuits import decode_circuit
from queuebit.codec.exceptions import CodecError
try:
    decode_circuit(bytes.fromhex(sys.argv[1]), "circuit 3")
except CodecError as error:
    print(error)
"""


def test_where_aer_is_not_installed_the_error_says_so():
    content = encode_circuit(saving_in_branches())
    ran = subprocess.run([sys.executable, "-c", READ, content.hex()], capture_output=True, text=True, check=True)
    assert ran.stdout == "circuit 3 can't be read: it has instructions of Aer. Install qiskit-aer.\n"
    assert issubclass(CodecError, Exception)
