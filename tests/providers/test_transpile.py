"""Qiskit's transpiler takes each backend, at every level, and what it makes runs and means the same."""

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import AnnotatedOperation, ControlModifier, InverseModifier, PowerModifier
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import PhaseGate, UnitaryGate, XGate, efficient_su2, quantum_volume
from qiskit.quantum_info import Operator, random_unitary
from qiskit.transpiler import CouplingMap, InstructionProperties, Target, generate_preset_pass_manager
from qiskit.transpiler.exceptions import TranspilerError

from queuebit.providers.basic_provider import BasicSimulator
from queuebit.providers.basicaer import QasmSimulatorPy, StatevectorSimulatorPy, UnitarySimulatorPy

LEVELS = pytest.mark.parametrize("level", [0, 1, 2, 3])


def gates() -> QuantumCircuit:
    circuit = quantum_volume(4, seed=2)
    circuit.mcx([0, 1, 2], 3)
    circuit.append(
        AnnotatedOperation(PhaseGate(0.3), [InverseModifier(), PowerModifier(3), ControlModifier(1)]), [1, 0]
    )
    circuit.append(UnitaryGate(random_unitary(4, seed=1)), [2, 0])
    circuit.append(XGate().control(2, annotated=True), [3, 1, 2])
    circuit.barrier()
    return circuit


def control_flow() -> tuple[QuantumCircuit, str]:
    """Return a circuit that goes every way that there is, and its only outcome."""
    circuit = QuantumCircuit(4, 4, name="control_flow")
    bits = circuit.clbits
    circuit.x(0)
    circuit.measure(0, 0)
    with circuit.if_test((bits[0], 1)) as otherwise:
        circuit.x(1)
    with otherwise:
        circuit.x(2)
    with circuit.switch(circuit.cregs[0]) as case:
        with case(0, 2):
            circuit.x(3)
        with case(case.DEFAULT):
            circuit.x(2)
    with circuit.for_loop(range(3)):
        circuit.x(1)
        with circuit.if_test((bits[0], 1)):
            circuit.continue_loop()
        circuit.x(2)
    with circuit.for_loop(range(3)):
        circuit.x(3)
        with circuit.if_test((bits[0], 1)):
            circuit.break_loop()
    with circuit.while_loop((bits[0], 1)):
        circuit.reset(0)
        circuit.measure(0, 0)
    with circuit.box():
        circuit.x(0)
    circuit.measure([0, 1, 2, 3], [0, 1, 2, 3])
    # x on 0: 1, then reset, then x. 1: once, then three times. 2: in the switch alone. 3: in one iteration.
    return circuit, "1101"


def variables() -> tuple[QuantumCircuit, str]:
    """Return a circuit that computes with variables, and its only outcome."""
    circuit = QuantumCircuit(2, 2, name="variables")
    count = circuit.add_var("count", expr.lift(3, types.Uint(8)))
    found = circuit.add_var("found", False)
    circuit.x(0)
    circuit.measure(0, 0)
    with circuit.while_loop(expr.less(count, 6)):
        circuit.store(count, expr.add(count, expr.lift(1, types.Uint(8))))
        circuit.x(1)
    circuit.store(found, expr.logic_and(expr.equal(count, 6), circuit.clbits[0]))
    with circuit.if_test(expr.logic_not(found)):
        circuit.x(0)
    circuit.measure([0, 1], [0, 1])
    return circuit, "11"


def line_of_five() -> Target:
    """Return the target of a device of five qubits in a line, each pair in one direction only."""
    return Target.from_configuration(
        ["rz", "sx", "x", "cx", "measure", "reset", "delay"], num_qubits=5, coupling_map=CouplingMap.from_line(5, False)
    )


@LEVELS
@pytest.mark.parametrize("make", [control_flow, variables])
def test_control_flow_and_variables_mean_the_same(counting_backend, make, level):
    circuit, outcome = make()
    compiled = transpile(circuit, counting_backend, optimization_level=level, seed_transpiler=1)
    assert counting_backend.run(circuit).result().get_counts() == {outcome: 1024}
    assert counting_backend.run(compiled).result().get_counts() == {outcome: 1024}


@LEVELS
def test_a_transpiled_circuit_has_the_same_counts(counting_backend, level):
    circuit = gates()
    circuit.compose(gates().inverse(), inplace=True)
    circuit.x(2)
    circuit.swap(1, 2)  # the transpiler may leave it out, and measure the other qubit instead
    circuit.measure_all()
    compiled = transpile(circuit, counting_backend, optimization_level=level, seed_transpiler=1)
    assert counting_backend.run(compiled).result().get_counts() == {"0010": 1024}


@LEVELS
def test_a_transpiled_circuit_has_the_same_unitary(level):
    compiled = transpile(gates(), UnitarySimulatorPy(), optimization_level=level, seed_transpiler=1)
    unitary = UnitarySimulatorPy().run(compiled).result().get_unitary()
    np.testing.assert_allclose(unitary, Operator(gates()).data, atol=1e-9)


@LEVELS
def test_a_transpiled_circuit_has_the_same_state(level):
    compiled = transpile(gates(), StatevectorSimulatorPy(), optimization_level=level, seed_transpiler=1)
    state = StatevectorSimulatorPy().run(compiled).result().get_statevector()
    np.testing.assert_allclose(state, Operator(gates()).data[:, 0], atol=1e-9)


def test_circuits_run_without_transpiling_as_well():
    unitary = UnitarySimulatorPy().run(gates()).result().get_unitary()
    np.testing.assert_allclose(unitary, Operator(gates()).data, atol=1e-12)


def test_the_transpiler_leaves_the_width_alone(any_backend):
    for num_qubits in (1, 3, 60):
        assert transpile(QuantumCircuit(num_qubits), any_backend).num_qubits == num_qubits


@LEVELS
def test_a_preset_pass_manager_takes_every_backend(any_backend, level):
    manager = generate_preset_pass_manager(level, backend=any_backend, seed_transpiler=1)
    compiled = manager.run(gates())
    assert np.allclose(Operator(compiled).data, Operator(gates()).data, atol=1e-9)
    assert manager.run([gates(), gates()]) == [compiled, compiled]


def test_parameters_stay_until_they_are_bound(counting_backend):
    circuit = efficient_su2(3, reps=1)
    circuit.measure_all()
    compiled = transpile(circuit, counting_backend)
    assert compiled.num_parameters == circuit.num_parameters
    bound = compiled.assign_parameters([0.0] * compiled.num_parameters)
    assert counting_backend.run(bound).result().get_counts() == {"000": 1024}


@pytest.mark.parametrize("make", ["measure", "reset"])
def test_the_transpiler_knows_that_a_unitary_has_no_measurement(make):
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0) if make == "measure" else circuit.reset(0)
    with pytest.raises(TranspilerError, match=make):
        transpile(circuit, UnitarySimulatorPy())


@LEVELS
@pytest.mark.parametrize("simulator", [BasicSimulator, QasmSimulatorPy])
def test_a_backend_with_the_target_of_a_device_transpiles_for_the_device(simulator, level):
    device = simulator(target=line_of_five())
    circuit = QuantumCircuit(4)
    circuit.h(0)
    for qubit in (1, 2, 3):
        circuit.cx(0, qubit)
    circuit.h(0)
    circuit.cx(3, 1)
    circuit.h(0)
    circuit.measure_all()
    compiled = transpile(circuit, device, optimization_level=level, seed_transpiler=1)
    assert compiled.num_qubits == device.num_qubits == 5
    assert set(compiled.count_ops()) <= {"rz", "sx", "x", "cx", "measure", "barrier"}
    for item in compiled.get_instructions("cx"):
        first, second = (compiled.find_bit(qubit).index for qubit in item.qubits)
        assert second == first + 1
    counts = device.run(compiled, seed_simulator=1).result().get_counts()
    assert set(counts) == {"0000", "1101"}


def test_a_backends_own_target_is_the_one_that_was_passed(any_backend):
    target = Target(num_qubits=2)
    target.add_instruction(XGate(), {(0,): InstructionProperties(error=0.1), (1,): None})
    assert type(any_backend)(target=target).target is target
    assert type(any_backend)().target is not target


def test_targets_are_made_once_for_all_backends():
    assert BasicSimulator().target is QasmSimulatorPy().target
    assert set(BasicSimulator().target.operation_names) - set(UnitarySimulatorPy().target.operation_names) == {
        "measure",
        "reset",
    }
    assert {"if_else", "while_loop", "for_loop", "switch_case", "box", "store", "unitary"} <= set(
        BasicSimulator().target.operation_names
    )
