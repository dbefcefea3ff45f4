"""How the classical bits of a circuit stand in an outcome."""

from dataclasses import dataclass

from qiskit.circuit import QuantumCircuit


@dataclass(frozen=True)
class Field:
    """Neighbouring bits of one register, or of none.

    Attributes:
        name: the register's name, or ``bits`` for bits without a register.
        size: how many bits.
    """

    name: str
    size: int


class OutcomeLayout:
    """Formats outcomes as Qiskit does, registers apart and the last one first, and right also where Qiskit isn't.

    ``Result.get_counts()`` drops and shifts bits when a circuit has bits without a register beside registers, or
    registers that share bits, as ``bit d;`` and ``let`` in OpenQASM 3 make them.

    Attributes:
        fields: from the least significant bit on.
    """

    def __init__(self, circuit: QuantumCircuit) -> None:
        """Read the layout of a circuit's classical bits."""
        names = [
            found.registers[0][0].name if (found := circuit.find_bit(bit)).registers else None for bit in circuit.clbits
        ]
        fields: list[Field] = []
        for index, name in enumerate(names):
            if index and name == names[index - 1]:
                fields[-1] = Field(fields[-1].name, fields[-1].size + 1)
            else:
                fields.append(Field(name or "bits", 1))
        self.fields = tuple(fields)

    def format(self, outcome: str) -> str:
        """Return an outcome such as ``'0x5'`` as bits, such as ``'1 01'``."""
        value, parts = int(outcome, 16), []
        for field in self.fields:
            parts.append(format(value & ((1 << field.size) - 1), f"0{field.size}b"))
            value >>= field.size
        return " ".join(reversed(parts))
