"""Backends that the tests of the local providers share. Each test finds the executor idle."""

from collections.abc import Iterator

import pytest
from qiskit.exceptions import QiskitError

from queuebit.providers.basic_provider import BasicProviderError, BasicSimulator
from queuebit.providers.basicaer import (
    BasicAerError,
    QasmSimulatorPy,
    StatevectorSimulatorPy,
    UnitarySimulatorPy,
)
from queuebit.providers.local import LocalBackend
from queuebit.providers.local_executor import LOCAL_EXECUTOR

# Longer than any work of these tests takes to notice that it is cancelled.
_GRACE_S = 10.0

_ERRORS = {
    BasicSimulator: BasicProviderError,
    QasmSimulatorPy: BasicAerError,
    StatevectorSimulatorPy: BasicAerError,
    UnitarySimulatorPy: BasicAerError,
}


@pytest.fixture(autouse=True)
def _idle_executor() -> Iterator[None]:
    yield
    LOCAL_EXECUTOR.cancel_all(_GRACE_S)
    assert not list(LOCAL_EXECUTOR._unfinished), "work goes on after it was cancelled"


@pytest.fixture(params=[BasicSimulator, QasmSimulatorPy])
def counting_backend(request: pytest.FixtureRequest) -> LocalBackend:
    """Each backend that returns counts."""
    return request.param()


@pytest.fixture(params=list(_ERRORS))
def any_backend(request: pytest.FixtureRequest) -> LocalBackend:
    """Each backend."""
    return request.param()


@pytest.fixture
def backend() -> BasicSimulator:
    return BasicSimulator()


@pytest.fixture
def refusal(request: pytest.FixtureRequest) -> type[QiskitError]:
    """The error of the backend that the test runs on."""
    name = next(name for name in ("counting_backend", "any_backend", "backend") if name in request.fixturenames)
    return _ERRORS[type(request.getfixturevalue(name))]
