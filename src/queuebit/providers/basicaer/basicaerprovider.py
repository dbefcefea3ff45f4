"""The BasicAer provider."""

from queuebit.providers.basicaer.simulators import QasmSimulatorPy, StatevectorSimulatorPy, UnitarySimulatorPy
from queuebit.providers.local import LocalProvider


class BasicAerProvider(LocalProvider):
    """Provides ``qasm_simulator``, ``statevector_simulator`` and ``unitary_simulator``."""

    def __init__(self) -> None:
        super().__init__(
            lambda provider: [
                QasmSimulatorPy(provider),
                StatevectorSimulatorPy(provider),
                UnitarySimulatorPy(provider),
            ]
        )


BasicAer = BasicAerProvider()
"""The one provider that programs import: ``BasicAer.get_backend("qasm_simulator")``."""
