"""The content of a file that was named on the command line."""

import sys
from dataclasses import dataclass
from pathlib import Path

from queuebit.cli.bad_input import BadInputError, Place

STANDARD_INPUT = "-"

_GZIP_MAGIC = b"\x1f\x8b"

_UTF8_CURE = "Save it as UTF-8 text."
_NO_CIRCUIT_CURE = "Give an OpenQASM 2, OpenQASM 3 or QPY file."


@dataclass(frozen=True, kw_only=True)
class Content:
    """The bytes of a file and where they came from.

    Attributes:
        label: the file as the user named it, or ``<stdin>``.
        path: the file, or None for standard input.
        name: the file's name without folder and suffix, the name of a circuit that has none of its own.
        data: what is in it.
    """

    label: str
    path: Path | None
    name: str
    data: bytes

    @property
    def folder(self) -> Path:
        """Where its includes are looked for first."""
        return Path() if self.path is None else self.path.parent

    @property
    def place(self) -> Place:
        """The file as a whole."""
        return Place(file=self.label)


def read_content(file: str) -> Content:
    """Read a file, or standard input for ``-``.

    Args:
        file: its path as given by the user.

    Raises:
        BadInputError: if it can't be read or is empty.
    """
    if file == STANDARD_INPUT:
        content = Content(label="<stdin>", path=None, name="stdin", data=_read_standard_input())
    else:
        path = Path(file)
        content = Content(label=file, path=path, name=path.stem, data=read_bytes(path, file))
    if not content.data.strip():
        raise BadInputError("the file is empty", cure=_NO_CIRCUIT_CURE, place=content.place)
    return content


def read_bytes(path: Path, label: str) -> bytes:
    """Return what is in the file.

    Args:
        path: the file.
        label: how errors name it.

    Raises:
        BadInputError: if it can't be read.
    """
    place = Place(file=label)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        cure = f"Check the name; paths are relative to {Path.cwd()}."
        raise BadInputError("there is no such file", cure=cure, place=place) from error
    except IsADirectoryError as error:
        cure = f"Name the files in it, as in: {label.rstrip('/')}/*.qasm"
        raise BadInputError("this is a folder, not a file", cure=cure, place=place) from error
    except PermissionError as error:
        raise BadInputError("no permission to read it", cure="Check its owner and mode.", place=place) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInputError(f"it can't be read: {reason}", cure="Check the name and the disk.", place=place) from error


def decode(data: bytes, label: str) -> str:
    """Return the text in ``data``, without a byte order mark.

    Args:
        data: what is in the file.
        label: how errors name the file.

    Raises:
        BadInputError: if it isn't UTF-8 text, with the line and column of the first wrong byte.
    """
    place = Place(file=label)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInputError("the text is UTF-16, not UTF-8", cure=_UTF8_CURE, place=place)
    if data.startswith(_GZIP_MAGIC):
        cure = f"Unpack it: gunzip -c {label} | queuebit run -"
        raise BadInputError("the file is compressed with gzip", cure=cure, place=place)
    if b"\0" in data:
        message = "the file is binary, but not QPY (QPY starts with the bytes QISKIT)"
        raise BadInputError(message, cure=_NO_CIRCUIT_CURE, place=place)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(errors="replace").split("\n")
        place = Place(file=label, line=len(before), column=len(before[-1]) + 1)
        message = f"the byte 0x{data[error.start]:02x} isn't UTF-8 text"
        raise BadInputError(message, cure=f"{_UTF8_CURE} {_NO_CIRCUIT_CURE}", place=place) from error


def _read_standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.closed:
        message = "standard input is closed"
        raise BadInputError(message, cure="Pipe a circuit into it, or name a file.", place=Place(file="<stdin>"))
    return sys.stdin.buffer.read()
