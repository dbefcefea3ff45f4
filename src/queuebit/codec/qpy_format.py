"""How a circuit lies in the bytes of QPY 18, and a reader that goes through them.

The format is `Qiskit's <https://docs.quantum.ibm.com/api/qiskit/qpy>`_, and doesn't change any more.
"""

import struct
from typing import Any

MAGIC = b"QISKIT"
QPY_VERSION = 18
ENCODINGS = (b"p", b"e")  # of symbolic expressions

# File: magic, version, Qiskit's version, number of circuits, encoding; type of what follows; where the circuit is.
FILE = struct.Struct("!6sBBBBQcc")
OFFSET = struct.Struct("!Q")

CIRCUIT = struct.Struct("!H1cHIIQIQI")
REGISTER = struct.Struct("!c?IH??")
VARIABLE = struct.Struct("!16scHc")
COUNT = struct.Struct("!I")
ANNOTATION = struct.Struct("!IQ")
VECTOR_COUNT = struct.Struct("!H")
VECTOR = struct.Struct("!HQ16s")
OPERATION_COUNT = struct.Struct("!Q")
OPERATION = struct.Struct("!H1cII?QIIQ")
INSTRUCTION = struct.Struct("!HHHIIBHqII")
PARAMETER = struct.Struct("!1cQ")
LAYOUT = struct.Struct("!?iiiIi")
LAYOUT_BIT = struct.Struct("!ii")

BIT_SIZE = 5
UINT_WIDTH_SIZE = 4
INDEX = struct.Struct("!i")

CONDITION_KIND, EXPRESSION_CONDITION, HAS_ANNOTATIONS = 0b11, 2, 0b1000_0000
CIRCUIT_TYPE = b"q"
PAULI_EVOLUTION = b"p"


class Reader:
    """Goes through bytes.

    Attributes:
        data: the bytes.
        at: where it is.
    """

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        """Begin.

        Args:
            data: the bytes.
            at: where.
        """
        self.data = data
        self.at = at

    def unpack(self, form: struct.Struct) -> tuple[Any, ...]:
        """Return the next fields.

        Args:
            form: what they are.

        Raises:
            struct.error: if there aren't so many bytes.
        """
        values = form.unpack_from(self.data, self.at)
        self.at += form.size
        return values

    def take(self, size: int) -> bytes:
        """Return the next bytes.

        Args:
            size: how many.

        Raises:
            ValueError: if there aren't so many.
        """
        taken = self.data[self.at : self.at + size]
        if len(taken) != size:
            raise ValueError(f"{size} bytes are wanted at {self.at} of {len(self.data)}")
        self.at += size
        return taken
