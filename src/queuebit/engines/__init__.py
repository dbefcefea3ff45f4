"""Engines: a circuit in, an outcome out. A new one is a file here and a line in the registry below."""

from functools import cache
from importlib import import_module
from typing import NamedTuple

from queuebit.engines.control import Control
from queuebit.engines.engine import MAX_SEED, Engine, Outcome, Output, Program
from queuebit.engines.exceptions import (
    ClassicalValueError,
    EngineError,
    EngineLimitError,
    InsufficientMemoryError,
    RunCancelledError,
    UnboundParametersError,
    UnsupportedInstructionError,
)

__all__ = [
    "MAX_SEED",
    "ClassicalValueError",
    "Control",
    "Engine",
    "EngineError",
    "EngineInfo",
    "EngineLimitError",
    "InsufficientMemoryError",
    "Outcome",
    "Output",
    "Program",
    "RunCancelledError",
    "UnboundParametersError",
    "UnsupportedInstructionError",
    "get_engine",
    "list_engines",
]

_ENGINES = {
    "statevector": ("queuebit.engines.statevector:StatevectorEngine", "statevector or unitary in native code"),
    "clifford": ("queuebit.engines.clifford:CliffordEngine", "Clifford circuits of any width, with Stim"),
    "reference": (
        "queuebit.engines.reference:ReferenceEngine",
        "statevector or unitary with NumPy, complete",
    ),
}


class EngineInfo(NamedTuple):
    """What is known of an engine.

    Attributes:
        name: its name.
        available: whether it can be used here.
        reason: why it can't; empty when it can.
        description: what it does, in a few words.
    """

    name: str
    available: bool
    reason: str
    description: str


def list_engines() -> list[EngineInfo]:
    """Return all engines, those that can't be used here with the reason."""
    return [_inspect(name) for name in _ENGINES]


def get_engine(name: str) -> Engine:
    """Return an engine by its name.

    Raises:
        EngineError: if there is none of that name, or it can't be loaded.
    """
    if name not in _ENGINES:
        raise EngineError(f"there is no engine {name!r}; there are: {', '.join(_ENGINES)}")
    info = _inspect(name)
    if not info.available:
        raise EngineError(f"engine {name!r} can't be used here: {info.reason}")
    return _load(name)


def _load(name: str) -> Engine:
    return _make(_ENGINES[name][0])


@cache
def _make(place: str) -> Engine:
    module, _, attribute = place.partition(":")
    engine: Engine = getattr(import_module(module), attribute)()
    return engine


def _inspect(name: str) -> EngineInfo:
    try:
        _load(name)
    except ImportError as error:
        return EngineInfo(name, False, str(error), _ENGINES[name][1])
    return EngineInfo(name, True, "", _ENGINES[name][1])
