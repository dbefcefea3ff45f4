"""Results and circuits through the codec, and what makes two of them the same."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit.quantum_info import DensityMatrix, Operator, Statevector, SuperOp
from qiskit.result import Result
from qiskit.result.models import ExperimentResult

from queuebit.codec.results import decode_result, encode_result

Same = Callable[[Any, Any], bool]


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are of one type and equal to the last bit; NaN is NaN."""
    if isinstance(one, np.ndarray):
        as_bytes = one.tobytes(), np.asarray(other).tobytes()
        return (
            isinstance(other, np.ndarray)
            and (one.dtype, one.shape) == (other.dtype, other.shape)
            and as_bytes[0] == as_bytes[1]
        )
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, Statevector | DensityMatrix):
        return one.dims() == other.dims() and is_same(one.data, other.data)
    if isinstance(one, Operator | SuperOp):
        return (one.input_dims(), one.output_dims()) == (other.input_dims(), other.output_dims()) and is_same(
            one.data, other.data
        )
    if isinstance(one, complex | np.complexfloating):
        return is_same(one.real, other.real) and is_same(one.imag, other.imag)
    if isinstance(one, float | np.floating):
        return bool(one == other and math.copysign(1, one) == math.copysign(1, other)) or bool(
            one != one and other != other
        )
    return bool(one == other)


@pytest.fixture(scope="session")
def same() -> Same:
    return is_same


@pytest.fixture
def there_and_back(tmp_path: Path) -> Callable[[ExperimentResult], ExperimentResult]:
    def through(result: ExperimentResult) -> ExperimentResult:
        return decode_result(encode_result(result, 0, tmp_path, "x"), tmp_path)

    return through


@pytest.fixture
def all_there_and_back(tmp_path: Path) -> Callable[[Result], Result]:
    def through(result: Result) -> Result:
        fields = {**result.to_dict(), "results": []}
        read = Result(**fields)
        for index, experiment in enumerate(result.results):
            stored = encode_result(experiment, index, tmp_path, f"job-{index}")
            read.results.append(decode_result(stored, tmp_path))
        return read

    return through
