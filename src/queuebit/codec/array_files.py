"""Large arrays as ``.npy`` files: written so that a crash leaves a whole file or none, read without a copy."""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from queuebit.codec.exceptions import CodecError
from queuebit.store.failpoints import failpoint

# What a file is called until it is whole ends so.
TEMPORARY_SUFFIX = ".tmp"

_CURE = (
    "Put it back from a backup, or run the job again (`queuebit rerun`); `queuebit doctor` finds all files that are "
    "missing or damaged."
)


def write_array_files(folder: Path, arrays: Sequence[tuple[str, NDArray[Any]]]) -> None:
    """Write arrays to files, all or none. When it returns, they are on disk under their names.

    Args:
        folder: where to.
        arrays: each with the name of its file.

    Raises:
        OSError: if one can't be written, naming it; then none is there.
    """
    if not arrays:
        return
    token = secrets.token_hex(4)
    moves = [(folder / f"{name}.{token}{TEMPORARY_SUFFIX}", folder / name) for name, _ in arrays]
    moved: list[Path] = []
    try:
        for (temporary, _), (_, array) in zip(moves, arrays, strict=True):
            _write(temporary, array)
        for temporary, final in moves:
            failpoint("files.before_rename")
            temporary.replace(final)
            moved.append(final)
        failpoint("files.after_rename")
        sync_folder(folder)
    except BaseException:
        for path in [*(temporary for temporary, _ in moves), *moved]:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def _write(path: Path, array: NDArray[Any]) -> None:
    try:
        with path.open("xb") as file:
            failpoint("files.before_write")
            _write_npy(file, array)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, f"{error.strerror or error} while writing an array", str(path)) from error


def _write_npy(file: BinaryIO, array: NDArray[Any]) -> None:
    # NumPy's own way to write the numbers tells nothing of why it failed.
    header = npy.header_data_from_array_1_0(array)
    npy.write_array_header_1_0(file, header)
    in_order = np.ascontiguousarray(array.T if header["fortran_order"] else array)
    file.write(in_order.reshape(-1).view(np.uint8).data)


def sync_folder(folder: Path) -> None:
    """Have the disk know which files a folder holds.

    Args:
        folder: the folder.
    """
    if os.name == "nt":  # Windows can't open folders, and has renames in its journal
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_array_file(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], what: str) -> NDArray[Any]:
    """Return the array in a file, mapped into memory and read-only.

    Args:
        path: the file.
        dtype: what it must be of.
        shape: what it must have.
        what: what it belongs to, to begin an error's sentence.

    Raises:
        CodecError: if the file is missing, truncated, or another array's; names it and says what to do.
    """
    try:
        array: NDArray[Any] = npy.open_memmap(path, mode="r")  # reads no pickle
    except FileNotFoundError:
        raise CodecError(f"{what} can't be read: its array file {path} is missing. {_CURE}") from None
    except (OSError, ValueError, EOFError) as error:
        raise CodecError(f"{what} can't be read: its array file {path} is damaged: {error}. {_CURE}") from error
    if array.dtype != dtype or array.shape != shape:
        raise CodecError(
            f"{what} can't be read: its array file {path} is another one: it has shape {array.shape} and dtype "
            f"{array.dtype}, not {shape} and {dtype}. {_CURE}"
        )
    return array
