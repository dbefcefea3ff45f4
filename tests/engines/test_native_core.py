"""The native engine computes what the reference engine does: on every instruction set, however it fuses and shares."""

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import ControlledGate, Gate
from qiskit.circuit.library import DiagonalGate, PauliEvolutionGate, PhaseGate, RXGate, UnitaryGate
from qiskit.quantum_info import Operator, Statevector, random_unitary

from queuebit.engines import Control, Output
from queuebit.engines.lowering import lower
from queuebit.engines.reference import ReferenceEngine
from queuebit.testing.engine_checks.random_circuits import GATES, angles, measuring_circuits, operations, seeds

_core = pytest.importorskip("queuebit._core", reason="no native core was built here")

from queuebit.engines.encoding import encode_flat
from queuebit.engines.statevector import StatevectorEngine, StatevectorProgram

SIMD = _core.available_simd()
TOLERANCE = {False: 1e-10, True: 1e-4}
"""How far an amplitude may be from the reference's, by whether the engine works in single precision."""

PRECISIONS = pytest.mark.parametrize("single", [False, True], ids=["double", "single"])
EACH_SIMD = pytest.mark.parametrize("simd", SIMD)
THREADS = pytest.mark.parametrize("threads", [1, 2])

FEW = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def random_state(num_qubits: int, seed: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    state = rng.normal(size=2**num_qubits) + 1j * rng.normal(size=2**num_qubits)
    return state / np.linalg.norm(state)


def final_state(engine, circuit: QuantumCircuit) -> np.ndarray:
    program = engine.compile(circuit, output=Output.STATEVECTOR)
    return program.run(1, 1, Control(), initial_state=random_state(circuit.num_qubits)).statevector


def memory(engine, circuit: QuantumCircuit, shots: int, **options) -> list[int]:
    outcome = engine.compile(circuit).run(shots, 7, Control(), **options)
    return [outcome.memory_values[index] for index in outcome.memory_index.tolist()]


def assert_close(state: np.ndarray, expected: np.ndarray, single: bool) -> None:
    assert state.dtype == np.complex128
    np.testing.assert_allclose(state, expected, rtol=0, atol=TOLERANCE[single])


def append(circuit: QuantumCircuit, rng: np.random.Generator, gate, qubits=None) -> None:
    chosen = rng.permutation(circuit.num_qubits)[: gate.num_qubits] if qubits is None else qubits
    circuit.append(gate, [int(qubit) for qubit in chosen])


def controlled(base: Gate, num_controls: int, ctrl_state: int) -> ControlledGate:
    """Return a gate under controls; Qiskit's own `control()` would also synthesise it."""
    width = base.num_qubits + num_controls
    return ControlledGate(
        "controlled", width, base.params, num_ctrl_qubits=num_controls, ctrl_state=ctrl_state, base_gate=base
    )


@cache
def every_gate(num_qubits: int, seed: int) -> QuantumCircuit:
    """Return a circuit with each standard gate, matrices on 1 to 6 qubits, and gates with many controls, shuffled."""
    rng = np.random.default_rng(seed)
    gates = [gate.base_class(*rng.uniform(-6, 6, len(gate.params))) for gate in GATES]
    gates = [gate for gate in gates if gate.num_qubits <= num_qubits]
    gates += [UnitaryGate(random_unitary(2**width, seed=seed)) for width in range(1, 7) if width <= num_qubits]
    gates += [DiagonalGate(np.exp(1j * rng.uniform(0, 6, 2**width))) for width in (1, 3, 5) if width <= num_qubits]
    for num_controls in range(1, min(8, num_qubits)):
        for width in range(1, min(4, num_qubits - num_controls + 1)):
            base = UnitaryGate(random_unitary(2**width, seed=num_controls))
            gates.append(controlled(base, num_controls, int(rng.integers(2**num_controls))))
        gates.append(controlled(RXGate(rng.uniform(0, 6)), num_controls, 2**num_controls - 1))
        gates.append(controlled(PhaseGate(rng.uniform(0, 6)), num_controls, 0))
    circuit = QuantumCircuit(num_qubits, global_phase=0.3)
    for index in rng.permutation(len(gates)):
        append(circuit, rng, gates[index])
    return circuit


def layers(num_qubits: int, depth: int = 3) -> QuantumCircuit:
    """Return dense, diagonal and controlled gates over all distances, with swaps."""
    rng = np.random.default_rng(num_qubits)
    circuit = QuantumCircuit(num_qubits)
    for _ in range(depth):
        for qubit in range(num_qubits):
            circuit.u(*rng.uniform(0, 6, 3), qubit)
        for _ in range(num_qubits):
            append(circuit, rng, [GATES[0], *(g for g in GATES if g.num_qubits == 2 and not g.params)][rng.integers(6)])
            first, second = (int(qubit) for qubit in rng.permutation(num_qubits)[:2])
            circuit.cp(rng.uniform(0, 6), first, second)
            circuit.rzz(rng.uniform(0, 6), second, first)
        append(circuit, rng, UnitaryGate(random_unitary(2 ** min(4, num_qubits), seed=depth)))
        circuit.swap(0, num_qubits - 1)
    return circuit


@cache
def reference_of_layers(num_qubits: int) -> np.ndarray:
    return final_state(ReferenceEngine(), layers(num_qubits))


def assert_agrees(circuit: QuantumCircuit, simd: str) -> None:
    """Fail unless the engine's state is the reference's, in both precisions."""
    expected = final_state(ReferenceEngine(), circuit)
    for single in (False, True):
        assert_close(final_state(StatevectorEngine(simd=simd, single_precision=single), circuit), expected, single)


@EACH_SIMD
@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_each_standard_gate_on_low_and_high_qubits(gate, simd):
    # The lowest qubits are lanes within a register, the others are not: all mixtures of them differ in the core.
    num_qubits = 7
    rng = np.random.default_rng(3)
    circuit = QuantumCircuit(num_qubits)
    for shift in range(num_qubits):
        qubits = [(shift + 3 * i) % num_qubits for i in range(gate.num_qubits)]
        append(circuit, rng, gate.base_class(*rng.uniform(-6, 6, len(gate.params))), qubits)
    assert_agrees(circuit, simd)


@EACH_SIMD
@pytest.mark.parametrize("num_qubits", range(1, 10))
def test_all_gates_on_a_circuit_of_any_width(num_qubits, simd):
    expected = reference_of_every_gate(num_qubits, seed=num_qubits)
    for single in (False, True):
        engine = StatevectorEngine(simd=simd, single_precision=single)
        assert_close(final_state(engine, every_gate(num_qubits, seed=num_qubits)), expected, single)


@st.composite
def circuits(draw: st.DrawFn) -> QuantumCircuit:
    """Draw up to 8 qubits of standard gates, matrices, and gates under many controls of any value."""
    circuit = QuantumCircuit(draw(st.integers(2, 8)), global_phase=draw(angles))
    for _ in range(draw(st.integers(1, 12))):
        operation = draw(operations(min(circuit.num_qubits, 5)))
        free = circuit.num_qubits - operation.num_qubits
        if (
            free
            and isinstance(operation, Gate)
            and not isinstance(operation, PauliEvolutionGate)
            and draw(st.booleans())
        ):
            num_controls = draw(st.integers(1, free))
            state = draw(st.integers(0, 2**num_controls - 1))
            operation = controlled(UnitaryGate(Operator(operation)), num_controls, state)
        circuit.append(operation, draw(st.permutations(range(circuit.num_qubits)))[: operation.num_qubits])
    return circuit


@FEW
@given(circuit=circuits())
def test_random_circuit_agrees_with_the_reference(circuit):
    expected = final_state(ReferenceEngine(), circuit)
    for simd in SIMD:
        for single in (False, True):
            engine = StatevectorEngine(simd=simd, single_precision=single)
            assert_close(final_state(engine, circuit), expected, single)


@EACH_SIMD
@given(data=st.data())
@settings(FEW, max_examples=10)
def test_unitary_of_a_random_circuit_agrees_with_the_reference(simd, data):
    circuit = data.draw(circuits().filter(lambda circuit: circuit.num_qubits <= 6))
    expected = ReferenceEngine().compile(circuit, output=Output.UNITARY).run(1, 1, Control()).unitary
    for single in (False, True):
        engine = StatevectorEngine(simd=simd, single_precision=single)
        unitary = engine.compile(circuit, output=Output.UNITARY).run(1, 1, Control()).unitary
        assert_close(unitary, expected, single)


def with_fusion(circuit: QuantumCircuit, most_fused_qubits: int, single: bool = False, simd: str = ""):
    encoded = encode_flat(lower(circuit))
    core = _core.compile_circuit(
        encoded.num_qubits,
        encoded.num_clbits,
        [],
        encoded.codes,
        encoded.params,
        encoded.progress_start,
        encoded.progress_limit,
        output=1,
        single_precision=single,
        most_fused_qubits=most_fused_qubits,
        simd=simd,
    )
    return StatevectorProgram("fused", encoded, Output.STATEVECTOR, core, 1)


@PRECISIONS
@pytest.mark.parametrize("num_qubits", [2, 5, 8, 12])
def test_fused_gates_give_what_single_gates_do(num_qubits, single):
    circuit = every_gate(num_qubits, seed=1)
    start = random_state(num_qubits)
    states = []
    passes = []
    for most in (1, 2, 3, 4):
        program = with_fusion(circuit, most, single)
        passes.append(program._core.num_passes)
        states.append(program.run(1, 1, Control(), initial_state=start).statevector)
    for state in states[1:]:
        assert_close(state, states[0], single)
    assert passes[3] <= passes[1] <= passes[0], f"wider clusters must not make more passes: {passes}"


@given(circuit=circuits())
@settings(FEW, max_examples=12)
def test_random_circuit_is_the_same_however_it_is_fused(circuit):
    expected = final_state(ReferenceEngine(), circuit)
    start = random_state(circuit.num_qubits)
    for most in (1, 2, 3, 4):
        assert_close(with_fusion(circuit, most).run(1, 1, Control(), initial_state=start).statevector, expected, False)


@THREADS
@PRECISIONS
@EACH_SIMD
@pytest.mark.parametrize("num_qubits", [14, 15, 16, 17, 18])
def test_wide_state_in_stages_and_threads(num_qubits, simd, single, threads):
    # From 16 qubits on in double and 17 in single, passes are made within parts that fit into the cache; from 2^12
    # blocks on they are shared by threads.
    engine = StatevectorEngine(simd=simd, single_precision=single, threads=threads)
    assert_close(final_state(engine, layers(num_qubits)), reference_of_layers(num_qubits), single)


@cache
def reference_of_every_gate(num_qubits: int, seed: int) -> np.ndarray:
    return final_state(ReferenceEngine(), every_gate(num_qubits, seed))


@PRECISIONS
def test_wide_state_with_every_gate(single):
    state = final_state(StatevectorEngine(single_precision=single, threads=2), every_gate(17, seed=4))
    assert_close(state, reference_of_every_gate(17, seed=4), single)


@PRECISIONS
def test_wide_unitary_in_stages(single):
    circuit = layers(9, 2)
    engine = StatevectorEngine(single_precision=single, threads=2)
    unitary = engine.compile(circuit, output=Output.UNITARY).run(1, 1, Control()).unitary
    expected = ReferenceEngine().compile(circuit, output=Output.UNITARY).run(1, 1, Control()).unitary
    assert_close(unitary, expected, single)


def without_last_measurements(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return the circuit with a branch at its end: then all measurements are made where they stand, on both engines.

    Those at the very end are sampled together, from sums in the order of the amplitudes. The reference sums over the
    measured qubits alone and the core doesn't move the amplitudes for a swap, so there only the distribution agrees.
    """
    ending = circuit.copy()
    with ending.if_test((ending.clbits[0], 1)):
        ending.x(0)
    return ending


@EACH_SIMD
@given(data=st.data())
@settings(FEW, max_examples=12)
def test_measurements_and_control_flow_have_the_same_shots_as_the_reference(simd, data):
    circuit = without_last_measurements(data.draw(measuring_circuits()))
    seed = data.draw(seeds)
    expected = ReferenceEngine().compile(circuit).run(200, seed, Control())
    outcome = StatevectorEngine(simd=simd).compile(circuit).run(200, seed, Control())
    assert outcome.memory_values == expected.memory_values
    assert outcome.memory_index.tolist() == expected.memory_index.tolist()


@given(circuit=circuits())
@settings(FEW, max_examples=12)
def test_measurements_at_the_end_have_the_same_shots_as_the_reference(circuit):
    measured = QuantumCircuit(*circuit.qregs)
    for item in circuit.data:
        if item.operation.name != "swap":
            measured.append(item.operation, item.qubits)
    measured.measure_all()
    assert memory(StatevectorEngine(), measured, 300) == memory(ReferenceEngine(), measured, 300)


def measuring_layers(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits, num_qubits + 2)
    circuit.compose(layers(num_qubits, 1), range(num_qubits), inplace=True)
    circuit.measure(0, num_qubits)
    circuit.reset(num_qubits - 1)
    circuit.compose(layers(num_qubits, 1), range(num_qubits), inplace=True)
    circuit.measure(num_qubits - 2, num_qubits + 1)
    circuit.measure(range(num_qubits), range(num_qubits))
    return circuit


@pytest.mark.parametrize("num_qubits", [3, 12, 15, 17])
def test_counts_depend_neither_on_threads_nor_on_the_instruction_set(num_qubits):
    circuit = measuring_layers(num_qubits)
    engines = [StatevectorEngine(simd=simd, threads=threads) for simd in SIMD for threads in (1, 2, 3)]
    first, *others = (memory(engine, circuit, 2000) for engine in engines)
    assert len(set(first)) > 4
    for other in others:
        assert other == first


@PRECISIONS
def test_counts_in_each_precision_do_not_depend_on_threads(single):
    circuit = measuring_layers(16)
    one, two = (memory(StatevectorEngine(single_precision=single, threads=n), circuit, 2000) for n in (1, 2))
    assert one == two


def test_parts_of_a_run_are_the_whole():
    circuit = measuring_layers(6)
    whole = memory(StatevectorEngine(), circuit, 1000)
    parts = [
        memory(StatevectorEngine(), circuit, end - at, first_shot=at) for at, end in ((0, 1), (1, 400), (400, 1000))
    ]
    assert [content for part in parts for content in part] == whole


def test_pick_returns_the_items_themselves():
    items = ["0x0", "0x3"]
    picked = _core.pick(items, np.array([1, 0, 1], dtype=np.int64))
    assert picked == ["0x3", "0x0", "0x3"]
    assert picked[0] is items[1]
    assert _core.pick([], np.array([], dtype=np.int64)) == []


@pytest.mark.parametrize("index", [[2], [-1], [0, 1, 2**62], [-(2**63)]])
def test_pick_refuses_an_index_outside(index):
    with pytest.raises(IndexError):
        _core.pick(["a", "b"], np.array(index, dtype=np.int64))


def on_some_qubits(num_qubits: int, chosen: list[int], rng: np.random.Generator) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits)
    for _ in range(6):
        for qubit in chosen:
            circuit.u(*rng.uniform(0, 6, 3), qubit)
        for control, target in zip(chosen, rng.permutation(chosen), strict=True):
            if control != target:
                circuit.cx(control, int(target))
    return circuit


@cache
def _in_steps(steps: tuple[tuple[int, ...], ...]) -> tuple[QuantumCircuit, np.ndarray]:
    """Return a circuit that takes to some qubits after the other, and its state."""
    rng = np.random.default_rng(3)
    circuit = QuantumCircuit(18)
    for chosen in steps:
        circuit.compose(on_some_qubits(18, list(chosen), rng), inplace=True)
        circuit.swap(chosen[0], 7)
    return circuit, Statevector(circuit).data


@PRECISIONS
@THREADS
@pytest.mark.parametrize(
    "steps",
    [
        ((0, 1, 2, 16), (15, 14, 3, 0), (9, 10, 11, 12, 13)),
        ((17, 16, 15), (0, 1, 2), tuple(range(18))),
        ((5,), (17,), (4, 8, 17), (0, 16)),
    ],
    ids=["low-and-high", "from-above", "single"],
)
def test_wide_state_whose_qubits_are_0_until_they_are_used(steps, threads, single):
    circuit, expected = _in_steps(steps)
    engine = StatevectorEngine(threads=threads, single_precision=single)
    state = engine.compile(circuit, output=Output.STATEVECTOR).run(1, 1, Control()).statevector
    assert_close(state, expected, single)


def test_wide_state_whose_qubits_are_0_again_after_measurement_and_reset():
    rng = np.random.default_rng(4)
    circuit = QuantumCircuit(17, 17)
    for chosen in ([0, 16, 5], [16, 15, 14, 3], [2, 9, 16]):
        circuit.compose(on_some_qubits(17, chosen, rng), inplace=True)
        circuit.measure(chosen[0], chosen[0])
        circuit.reset(chosen[1])
        with circuit.if_test((chosen[0], 1)):
            circuit.h(chosen[2])
            circuit.x(11)
    circuit.measure(range(17), range(17))
    assert memory(StatevectorEngine(), circuit, 40) == memory(ReferenceEngine(), circuit, 40)


@PRECISIONS
@EACH_SIMD
@pytest.mark.parametrize("num_targets", [1, 2, 3, 4, 5])
def test_controlled_matrix_with_controls_within_and_above_a_block(num_targets, simd, single):
    rng = np.random.default_rng(num_targets)
    num_qubits = 9
    for controls in ([0], [8], [0, 8], [1, 3]):
        others = [qubit for qubit in range(num_qubits) if qubit not in controls]
        targets = [int(qubit) for qubit in rng.permutation(others)[:num_targets]]
        circuit = QuantumCircuit(num_qubits)
        base = UnitaryGate(random_unitary(2**num_targets, seed=num_targets))
        circuit.append(controlled(base, len(controls), 0), [*controls, *targets])
        engine = StatevectorEngine(simd=simd, single_precision=single)
        assert_close(final_state(engine, circuit), final_state(ReferenceEngine(), circuit), single)


def multiplexed(num_selecting: int, num_targets: int, order: list[int], seed: int) -> UnitaryGate:
    """Return a gate that does something else for each value of its selecting qubits, and nothing for the first."""
    size, blocks = 2**num_targets, 2**num_selecting
    matrix = np.zeros((blocks * size, blocks * size), dtype=complex)
    for block in range(blocks):
        place = slice(block * size, (block + 1) * size)
        matrix[place, place] = np.eye(size) if block == 0 else random_unitary(size, seed=seed + block).data
    return UnitaryGate(Operator(matrix).apply_permutation(order).data)


@PRECISIONS
@EACH_SIMD
@pytest.mark.parametrize(("num_selecting", "num_targets"), [(1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (2, 2), (4, 0)])
def test_matrix_that_only_distinguishes_some_qubits(num_selecting, num_targets, simd, single):
    rng = np.random.default_rng(num_selecting)
    width = num_selecting + num_targets
    for seed, qubits in enumerate(([0, 1, 2, 3], [5, 6, 7, 8], [0, 7, 2, 8], [8, 1, 6, 3])):
        circuit = QuantumCircuit(9)
        gate = multiplexed(num_selecting, num_targets, rng.permutation(width).tolist(), 10 * seed)
        circuit.append(gate, qubits[:width])
        engine = StatevectorEngine(simd=simd, single_precision=single)
        assert_close(final_state(engine, circuit), final_state(ReferenceEngine(), circuit), single)
