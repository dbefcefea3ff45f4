"""The engine contract on the native engine, for each instruction set that this machine has."""

import pytest

from queuebit.engines import Engine
from queuebit.testing import EngineContract

pytest.importorskip("queuebit._core", reason="no native core was built here")

from queuebit.engines.statevector import StatevectorEngine


class TestStatevectorEngine(EngineContract):
    def make_engine(self) -> Engine:
        return StatevectorEngine()
