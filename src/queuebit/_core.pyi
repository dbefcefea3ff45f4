"""The native core: compiles flat arrays to passes over a state, and runs them."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

MATRIX: int
MEASURE: int
RESET: int
STORE: int
JUMP: int
JUMP_UNLESS: int
SWITCH: int
ENTER_LOOP: int
NEXT_ITERATION: int
INTEGER_BITS: int

Item = TypeVar("Item")

class CancelledError(Exception): ...
class ClassicalError(Exception): ...
class OutOfMemoryError(MemoryError): ...

class Program:
    @property
    def state_bytes(self) -> int: ...
    @property
    def branches(self) -> bool: ...
    @property
    def num_passes(self) -> int: ...
    def run(
        self,
        shots: int,
        seed: int,
        control: NDArray[np.int64],
        *,
        circuit_index: int,
        first_shot: int,
        num_instructions: int,
        threads: int,
        memory_limit_bytes: int,
        initial_state: NDArray[np.complex128] | None,
    ) -> tuple[int, NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.complex128], int]: ...

def compile_circuit(
    num_qubits: int,
    num_clbits: int,
    variable_names: list[str],
    codes: NDArray[np.int32],
    params: NDArray[np.float64],
    progress_start: NDArray[np.int64],
    progress_limit: NDArray[np.int64],
    *,
    output: int = 0,
    single_precision: bool = False,
    most_fused_qubits: int = 0,
    simd: str = "",
) -> Program: ...
def pick(items: list[Item], index: NDArray[np.int64]) -> list[Item]: ...
def read_circuit(
    circuit_data: object, global_phase: float, functions: Sequence[int]
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], bool, bool] | None: ...

class QpyReader:
    def __init__(self, gates: Mapping[str, tuple[int, int, int]], functions: Sequence[int]) -> None: ...
    def append(self, circuit_data: object, qpy: bytes, start: int, num_instructions: int) -> int | None: ...

def available_simd() -> list[str]: ...
def gate_codes() -> dict[str, tuple[int, int, int]]: ...
def expression_codes() -> dict[str, int]: ...
