"""A file that the command writes: refused before anything runs, or written whole."""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from queuebit.cli.bad_input import BadInputError


class OutputFile:
    """A file to write at the end of a run."""

    def __init__(self, option: str, file: str, inputs: Iterable[str]) -> None:
        """Check that the file can be written.

        Args:
            option: the option that names it, for errors.
            file: the path as the user gave it.
            inputs: the files that are read, none of which it may replace.

        Raises:
            BadInputError: if it can't be written, or is one of ``inputs``.
        """
        self.label = file
        self.path = Path(file).resolve()
        self._require_writable(option)
        if any(self._is(other) for other in inputs):
            message = f"{option} {file} would replace a circuit that is to be run"
            raise BadInputError(message, cure="Name another file.")

    def _require_writable(self, option: str) -> None:
        folder = self.path.parent
        if self.label == "-":
            raise BadInputError(f"{option} takes a file", cure="--json prints the document on standard output.")
        if self.path.is_dir():
            raise BadInputError(f"{option} {self.label} is a folder", cure="Name a file in it.")
        if not folder.is_dir():
            raise BadInputError(f"{option} {self.label}: there is no folder {folder}", cure=f"mkdir -p {folder}")
        target = self.path if self.path.exists() else folder
        if not os.access(target, os.W_OK):
            message = f"{option} {self.label}: no permission to write to {target}"
            raise BadInputError(message, cure="Name a file in a folder of yours.")

    def _is(self, other: str) -> bool:
        with contextlib.suppress(OSError):
            return self.path.exists() and Path(other).exists() and self.path.samefile(other)
        return False

    def write(self, data: bytes) -> None:
        """Write the file, so that others see either what was there before or all of ``data``.

        Args:
            data: what shall be in it.

        Raises:
            OSError: if it can't be written; then what was there before is still there.
        """
        if self.path.exists() and not self.path.is_file():
            self.path.write_bytes(data)  # a pipe or device has no other name to be renamed from
            return
        descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(self._mode())
            Path(temporary).replace(self.path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _mode(self) -> int:
        """Return the permissions of the file there is, or those that a new file gets."""
        if self.path.exists():
            return self.path.stat().st_mode & 0o777
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask
