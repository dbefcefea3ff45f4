"""The BasicAer provider: simulators that return counts, a statevector, or a unitary."""

from queuebit.providers.basicaer.basicaerjob import BasicAerJob
from queuebit.providers.basicaer.basicaerprovider import BasicAer, BasicAerProvider
from queuebit.providers.basicaer.exceptions import BasicAerError
from queuebit.providers.basicaer.simulators import QasmSimulatorPy, StatevectorSimulatorPy, UnitarySimulatorPy

__all__ = [
    "BasicAer",
    "BasicAerError",
    "BasicAerJob",
    "BasicAerProvider",
    "QasmSimulatorPy",
    "StatevectorSimulatorPy",
    "UnitarySimulatorPy",
]
