"""QPY files: circuits as Qiskit saves them."""

import io

import qiskit
from qiskit import qpy
from qiskit.circuit import QuantumCircuit
from qiskit.qpy.common import QPY_VERSION

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.circuit_files.content import Content
from queuebit.cli.circuit_files.quiet import quiet_native

MAGIC = b"QISKIT"
_DAMAGED_CURE = "The file is damaged or cut short: copy it again, or save the circuits again with qiskit.qpy.dump()."


def load(content: Content) -> list[QuantumCircuit]:
    """Return the circuits of a QPY file.

    Args:
        content: the file.

    Raises:
        BadInputError: if it is of a newer version than Qiskit knows, damaged, or holds no circuit.
    """
    _require_known_version(content)
    try:
        with quiet_native():
            circuits = qpy.load(io.BytesIO(content.data))
    except Exception as error:
        raise BadInputError(_damage(error), cure=_DAMAGED_CURE, place=content.place) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of PyO3, which has no module to import it from
            raise
        raise BadInputError(_damage(error), cure=_DAMAGED_CURE, place=content.place) from error
    if not circuits:
        message = "the QPY file holds no circuit"
        raise BadInputError(message, cure="Save at least one with qiskit.qpy.dump().", place=content.place)
    return list(circuits)


def _require_known_version(content: Content) -> None:
    header = content.data[: len(MAGIC) + 4]
    if len(header) < len(MAGIC) + 4:
        raise BadInputError("the QPY file ends in its header", cure=_DAMAGED_CURE, place=content.place)
    version, *saved_with = header[len(MAGIC) :]
    if version > QPY_VERSION:
        message = (
            f"the file has QPY version {version}, saved with Qiskit {'.'.join(map(str, saved_with))}, but Qiskit "
            f"{qiskit.__version__} here reads versions up to {QPY_VERSION}"
        )
        cure = f"Upgrade Qiskit, or save it again with qiskit.qpy.dump(..., version={QPY_VERSION})."
        raise BadInputError(message, cure=cure, place=content.place)


def _damage(error: BaseException) -> str:
    """Return the first line of what Qiskit says, for the rest is a backtrace of its own parser."""
    text = str(getattr(error, "message", None) or error).strip()
    reason = "" if "Backtrace" in text else text.partition("\n")[0]
    return f"this QPY file can't be read: {reason}".removesuffix(": ")
