"""Hands random and damaged arrays to the native core: `python native_fuzzer.py SEED STEPS`.

Whatever it is given, the core refuses it with an exception of the kinds below, or runs it. Anything else, a crash above
all, ends this process with another exit status than 0. The last line that it printed is the step to blame.
"""

import faulthandler
import os
import random
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from queuebit import _core
from queuebit.codec.qiskit_functions import circuit_reading_functions

REFUSALS = (ValueError, TypeError, OverflowError, MemoryError, BufferError, _core.CancelledError, _core.ClassicalError)

LONGEST_RUN_S = 0.02
"""Many of these programs would run for ever."""

MEMORY_BYTES = 16 * 2**20
SANITIZED = "asan" in os.environ.get("LD_PRELOAD", "")
"""Under the address sanitizer, asking for too much memory ends the process instead of raising."""

GATES = list(_core.gate_codes().values())
STEPS = _core.expression_codes()
CONTROL_CODES = (_core.JUMP, _core.JUMP_UNLESS, _core.SWITCH, _core.ENTER_LOOP, _core.NEXT_ITERATION, _core.STORE)
EDGES = (-(2**31), -2, -1, 0, 1, 2, 3, 4, 14, 15, 60, 63, 64, 65, 999, *range(1000, 1010), 2**20, 2**31 - 1)
SIMD = ("", *_core.available_simd())


class Watchdog:
    """Cancels the run that it watches when that takes too long."""

    def __init__(self) -> None:
        self._control: np.ndarray | None = None
        self._deadline = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def watch(self, control: np.ndarray | None) -> None:
        """Watch this control from now on, or none."""
        self._deadline = time.monotonic() + LONGEST_RUN_S
        self._control = control

    def _watch(self) -> None:
        while True:
            control = self._control
            if control is not None and time.monotonic() > self._deadline:
                control[0] = 1
            time.sleep(LONGEST_RUN_S / 4)


class ProgramMaker:
    """Makes arrays that are a circuit, or nearly."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.num_qubits = rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 13, 16))
        self.num_clbits = rng.choice((0, 1, 2, 7, 64, 65, 130))
        self.num_variables = rng.randint(1, 3)
        self.codes: list[int] = []
        self.params: list[float] = []
        self.length = rng.randint(0, 12)
        for _ in range(self.length):
            rng.choice((self.gate, self.gate, self.matrix, self.measure, self.flow))()

    def qubits(self, count: int) -> list[int]:
        return self.rng.sample(range(self.num_qubits), count)

    def real(self) -> float:
        return self.rng.choice((self.rng.uniform(-7, 7), 0.0, 1e-300, 1e300, -1.0))

    def gate(self) -> None:
        code, num_qubits, num_params = self.rng.choice([gate for gate in GATES if gate[1] <= self.num_qubits])
        self.codes += (code, *self.qubits(num_qubits))
        self.params += [self.rng.uniform(-7, 7) for _ in range(num_params)]

    def matrix(self) -> None:
        targets = min(self.rng.choice((0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 6)), self.num_qubits)
        controls = min(self.rng.choice((0, 0, 1, 2, 5)), self.num_qubits - targets)
        states = [self.rng.randint(0, 1) for _ in range(controls)]
        self.codes += (_core.MATRIX, targets, controls, *self.qubits(targets + controls), *states)
        scale = self.rng.choice((0.0, 0.5, 0.5, 1e200))
        self.params += [scale * self.rng.uniform(-1, 1) for _ in range(2 * 4**targets)]

    def measure(self) -> None:
        if self.num_qubits == 0:
            self.gate()
        elif self.num_clbits == 0 or self.rng.random() < 0.3:
            self.codes += (_core.RESET, *self.qubits(1))
        else:
            self.codes += (_core.MEASURE, *self.qubits(1), self.clbit())

    def clbit(self) -> int:
        return self.rng.randrange(self.num_clbits)

    def variable(self) -> int:
        return self.rng.randrange(self.num_variables)

    def wide(self) -> tuple[int, int]:
        edges = (0, 1, -1, 5, -(2**31), 2**31 - 1)
        return self.rng.choice(edges), self.rng.choice((0, 0, 0, *edges))

    def bits(self) -> list[int]:
        count = self.rng.choice((0, 1, 2, 8, 64)) if self.num_clbits else 0
        return [count, *(self.clbit() for _ in range(count))]

    def expression(self) -> None:
        """Append steps with operands for each, now and then too few or too many."""
        steps: list[list[int]] = []
        params_before = len(self.params)
        depth = 0
        for _ in range(self.rng.randint(0, 8)):
            arity = self.rng.choice([n for n in (0, 1, 2) if n <= depth] + [0])
            depth += (1, 0, -1)[arity]
            steps.append(self.step(arity))
            if steps[-1][0] >= STEPS["SKIP_IF_FALSE"]:
                # It takes a value; the step that it skips brings one back.
                steps.append([STEPS["INTEGER"], 1, *self.wide()])
        while depth > 1 and self.rng.random() < 0.95:
            depth -= 1
            steps.append(self.step(2))
        if depth == 0 and self.rng.random() < 0.9:
            del self.params[params_before:]
            steps = [[STEPS["INTEGER"], 64, *self.wide()]]
        self.codes.append(len(steps))
        for step in steps:
            self.codes += step

    def step(self, arity: int) -> list[int]:
        names = list(STEPS)
        first_unary, first_binary, first_skip = STEPS["NOT"], STEPS["AND"], STEPS["SKIP_IF_FALSE"]
        width = self.rng.choice((1, 8, 63, 64, 64))
        if arity == 1 and self.rng.random() < 0.1:
            return [self.rng.choice((first_skip, first_skip + 1)), width, 1]
        if arity == 1:
            return [self.rng.randrange(first_unary, first_binary), width]
        if arity == 2:
            return [self.rng.randrange(first_binary, first_skip), width]
        match names[self.rng.randrange(first_unary)]:
            case "INTEGER":
                return [STEPS["INTEGER"], width, *self.wide()]
            case "REAL":
                self.params.append(self.real())
                return [STEPS["REAL"], width]
            case "BITS":
                return [STEPS["BITS"], width, *self.bits()]
        return [STEPS["VARIABLE"], width, self.variable()]

    def flow(self) -> None:
        code, rng = self.rng.choice(CONTROL_CODES), self.rng
        self.codes.append(code)
        if code == _core.STORE:
            self.assignment()
        elif code == _core.JUMP:
            self.codes.append(self.target())
        elif code == _core.JUMP_UNLESS:
            self.expression()
            self.codes.append(self.target())
        elif code == _core.SWITCH:
            self.expression()
            cases = [(*self.wide(), self.target()) for _ in range(rng.randint(0, 3))]
            self.codes += (self.target(), len(cases))
            for case in cases:
                self.codes += case
        else:
            self.codes.append(rng.randint(0, 2))
            if code == _core.NEXT_ITERATION:
                self.iteration()

    def iteration(self) -> None:
        self.codes.append(self.target())
        self.codes += (1, self.variable()) if self.rng.random() < 0.5 else (0,)
        if self.rng.random() < 0.5:
            self.codes += (1, *self.wide(), *self.wide(), *self.wide())
        else:
            values = [self.wide() for _ in range(self.rng.randint(0, 4))]
            self.codes += (0, len(values), *(half for value in values for half in value))

    def assignment(self) -> None:
        bits = self.bits()
        to_variable = bits[0] == 0 or self.rng.random() < 0.5
        self.codes += (1, self.variable()) if to_variable else (0, *bits)
        if self.rng.random() < 0.5:
            self.codes += (1, 8 if to_variable else bits[0])
            self.expression()
        else:
            self.codes.append(0)
        self.expression()

    def target(self) -> int:
        return self.rng.randint(0, self.length)


def damaged(rng: random.Random, numbers: list[Any], edges: tuple[Any, ...]) -> list[Any]:
    """Return numbers with some changed, left out, or added."""
    numbers = list(numbers)
    for _ in range(rng.randint(1, 3)):
        at = rng.randint(0, len(numbers))
        kind = rng.randrange(4)
        if kind == 0:
            numbers.insert(at, rng.choice(edges))
        elif at < len(numbers):
            if kind == 1:
                numbers[at] = rng.choice(edges)
            elif kind == 2:
                del numbers[at : at + rng.randint(1, 3)]
            else:
                numbers[at] += rng.choice((-1, 1))
    return numbers


def array(rng: random.Random, numbers: list[Any], dtype: type) -> Any:
    """Return an array of the numbers, now and then one of the wrong kind."""
    made = np.array(numbers, dtype=dtype)
    if rng.random() < 0.99:
        return made
    wrong: tuple[Any, ...] = (
        None,
        "codes",
        numbers,
        object(),
        made.astype(np.float32),
        made.astype(np.int16),
        made.astype(object),
        made.reshape(1, -1),
        np.repeat(made, 2)[::2],
        np.zeros((), dtype),
        made[:0],
        made.astype(made.dtype.newbyteorder()),
        unaligned(made),
        readonly(made),
        made[::-1],
    )
    return rng.choice(wrong)


def readonly(made: np.ndarray) -> np.ndarray:
    """Return the array as one that can't be written."""
    made.flags.writeable = False
    return made


def unaligned(made: np.ndarray) -> np.ndarray:
    """Return a copy that begins at an odd address."""
    memory = bytearray(made.nbytes + 1)
    memory[1:] = made.tobytes()
    return np.frombuffer(memory, dtype=np.uint8)[1:].view(made.dtype)


def compiled(rng: random.Random, maker: ProgramMaker) -> tuple[Any, int]:
    """Compile what was made, or something like it; return it with the size of its initial state."""
    codes, params = maker.codes, maker.params
    if rng.random() < 0.4:
        codes = damaged(rng, codes, EDGES)
    if rng.random() < 0.04:
        params = damaged(rng, params, (0.0, float("nan"), float("inf"), 1e308))
    start = sorted(rng.randint(0, 20) for _ in range(maker.length))
    limit = [begin + rng.randint(0, 3) for begin in start]
    if rng.random() < 0.04:
        start = damaged(rng, start, (-(2**63), 2**63 - 1, 0, 10**6))
        limit = damaged(rng, limit, (-(2**63), 2**63 - 1, 0, 10**6))
    names: Any = [f"variable{i}" for i in range(maker.num_variables)]
    num_qubits, num_clbits = maker.num_qubits, maker.num_clbits
    if rng.random() < 0.05:
        num_qubits = rng.choice((-1, 0, 1, 20, 25, 30, 31, 40, 49, 58, 59, 60, 61, 2**31, 2**63))
    if rng.random() < 0.02:
        num_clbits = rng.choice((-1, 0, 2**40, 2**63, "many", None))
    if rng.random() < 0.02:
        names = rng.choice((None, [1, 2], ["", "ä", "\0"], "abc", [None], ["x" * 10**5] * 3))
    clipped = [max(-(2**31), min(2**31 - 1, code)) for code in codes]
    clipped_start, clipped_limit = ([max(-(2**63), min(2**63 - 1, n)) for n in numbers] for numbers in (start, limit))
    output: Any = rng.choice((0, 0, 0, 1, 2)) if rng.random() < 0.98 else rng.choice((-1, 3, 2**31, "counts"))
    program = _core.compile_circuit(
        num_qubits,
        num_clbits,
        names,
        array(rng, clipped, np.int32),
        array(rng, params, np.float64),
        array(rng, clipped_start, np.int64),
        array(rng, clipped_limit, np.int64),
        output=output,
        single_precision=rng.random() < 0.5,
        most_fused_qubits=rng.choice((0, 0, 1, 2, 3, 4, 5, -1, 2**31 - 1)),
        simd=rng.choice(SIMD) if rng.random() < 0.98 else rng.choice(("mmx", "AVX2", "\0", None, 3)),
    )
    return program, 2 ** (num_qubits * (2 if output == 2 else 1))


def initial_state(rng: random.Random, size: int) -> Any:
    """Return a state to begin with, right or wrong, or none."""
    if rng.random() < 0.5 or size > 2**16:
        return None
    numbers = np.random.default_rng(rng.getrandbits(32))
    state = numbers.normal(size=size) + 1j * numbers.normal(size=size)
    values = (state, 0 * state, state * np.nan, state * np.inf, 1e200 * state, 1e-200 * state)
    if rng.random() < 0.9:
        return rng.choice(values)
    states = (state[: rng.choice((0, 1, 2, 4, 32))], state.real, state[::-1], np.zeros((2, 2), complex))
    wrong = (state.astype(np.complex64), state.astype(object), state.astype(">c16"), b"state", [1, 0])
    return rng.choice((*states, *wrong, np.repeat(state, 2), unaligned(state), readonly(state)))


def memory_limit(rng: random.Random, program: Any) -> int:
    """Return how much memory a run may use: mostly enough, else a few states, or what can't be."""
    if program.state_bytes > MEMORY_BYTES or rng.random() < 0.9:
        return MEMORY_BYTES
    if rng.random() < 0.8:
        return int(program.state_bytes) * rng.randint(1, 4) - rng.choice((0, 0, 1))
    return rng.choice((0, 1, 2**63, -1, 2**64))


def run(rng: random.Random, program: Any, size: int, watchdog: Watchdog) -> None:
    """Run a program once, with arguments that may be wrong."""
    control: Any = np.zeros(2, dtype=np.int64)
    watched = control
    if rng.random() < 0.05:
        control[1] = rng.choice((-(2**63), 2**63 - 1, 10**18))
    elif rng.random() < 0.05:
        control = watched = unaligned(control)
    elif rng.random() < 0.05:
        # A copy of these could not be watched nor cancelled, and a program may be endless: they must be refused.
        readonly = np.frombuffer(bytes(16), dtype=np.int64)
        control = rng.choice((None, [0, 0], control[:1], control.astype(np.int32), control.astype(float), readonly))
    shots: Any = rng.choice((1, 1, 2, 50, 3000))
    if rng.random() < 0.05:
        shots = rng.choice((0, -1, -(2**63), 2**63, 1.5, None, *(() if SANITIZED else (2**50, 2**62))))
    watchdog.watch(watched)
    try:
        result = program.run(
            shots,
            rng.getrandbits(64) if rng.random() < 0.98 else rng.choice((-1, 2**64, "seed")),
            control,
            circuit_index=rng.choice((0, 1, 2**32 - 1)) if rng.random() < 0.98 else rng.choice((-1, 2**32)),
            first_shot=rng.choice((0, 0, 7, 2**32, 2**62)) if rng.random() < 0.95 else rng.choice((-1, 2**63 - 1)),
            num_instructions=rng.choice((0, 5, 20)) if rng.random() < 0.95 else rng.choice((-5, 2**63 - 1, -(2**63))),
            threads=rng.choice((1, 1, 2, 3)) if rng.random() < 0.98 else rng.choice((0, -1, 1025, 2**31)),
            memory_limit_bytes=memory_limit(rng, program),
            initial_state=initial_state(rng, size),
        )
    finally:
        watchdog.watch(None)
    words, values, counts, index, state, branches = result
    assert len(index) == shots, (len(index), shots)
    assert len(values) % words == 0
    assert index.min() >= 0, index.min()
    assert index.max() < len(values) // words, index.max()
    assert counts.tolist() == np.bincount(index, minlength=len(values) // words).tolist()
    assert 1 <= branches <= shots, branches
    assert state.dtype == np.complex128


def read(rng: random.Random) -> None:
    """Have something read that isn't a circuit, or by what aren't functions."""
    known = circuit_reading_functions() or ()
    wrong: tuple[Any, ...] = ((), known[:6], (*known, 0), (0,) * 7, (-1,) * 7, (2**64,) * 7, "seven..", None)
    functions: Any = known if known and rng.random() < 0.5 else rng.choice(wrong)
    data: Any = rng.choice((QuantumCircuit(2)._data, QuantumCircuit(), None, 1, "data", object(), [], QuantumCircuit))
    phase: Any = rng.choice((0.0, 1.5, float("nan"), float("inf"), None, "phase"))
    _core.read_circuit(data, phase, functions)


def pick(rng: random.Random) -> None:
    """Have items picked that may not be there."""
    items: Any = rng.choice(([], ["a"], ["a", None, 3], ("a",), None, "items", {}))
    index = [rng.choice((-1, 0, 0, 1, 2, 3, 2**63 - 1, -(2**63))) for _ in range(rng.randint(0, 4))]
    with suppress(IndexError):
        _core.pick(items, array(rng, index, np.int64))


def main(seed: int, steps: int) -> None:
    """Make so many programs, and run those that the core takes."""
    faulthandler.enable()
    # What is infinite or no number comes from the states above.
    np.seterr(all="ignore")
    watchdog = Watchdog()
    ran = 0
    for step in range(steps):
        print(f"step {step} of seed {seed}", flush=True)
        rng = random.Random(f"{seed}/{step}")
        try:
            if rng.random() < 0.02:
                rng.choice((read, pick))(rng)
                continue
            program, size = compiled(rng, ProgramMaker(rng))
            run(rng, program, size, watchdog)
            ran += 1
        except REFUSALS:
            continue
    print(f"{ran} runs came to their end")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
