"""Circuits that a child has decoded: whoever runs one again and again has it decoded once."""

from collections import OrderedDict

from qiskit.circuit import QuantumCircuit

from queuebit.codec.circuits import decode_circuit

# Jobs seldom take turns among more; and a large circuit takes longer to run than to decode.
_MOST_CIRCUITS = 16
_MOST_BYTES = 64 * 1024


class KnownCircuits:
    """The circuits that were decoded last. Who is given one leaves it as it is."""

    def __init__(self) -> None:
        """Know none."""
        self._circuits: OrderedDict[bytes, QuantumCircuit] = OrderedDict()

    def decoded(self, data: bytes) -> QuantumCircuit:
        """Return an encoded circuit.

        Raises:
            CodecError: as by :func:`queuebit.codec.circuits.decode_circuit`.
        """
        if len(data) > _MOST_BYTES:
            return decode_circuit(data)
        circuit = self._circuits.pop(data, None)
        if circuit is None:
            circuit = decode_circuit(data)
        self._circuits[data] = circuit
        if len(self._circuits) > _MOST_CIRCUITS:
            self._circuits.popitem(last=False)
        return circuit
