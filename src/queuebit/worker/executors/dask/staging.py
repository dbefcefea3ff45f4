"""The folder where a cluster's runs write their arrays, from which those that count are moved beside the store.

A run that nobody waits for any more, on a worker that was cut off, may write a file when another run has taken its
place. There, in its runner's own folder, it does no harm.
"""

import os
import secrets
import shutil
import time
from pathlib import Path

from queuebit.codec.array_files import sync_folder
from queuebit.worker.executors.dask.wire import Happening, Printed
from queuebit.worker.liveness import process_started

_PREFIX = "dask"
_PROBE = "probe"

# A network file system may tell of a new file some seconds late.
_LATE_S = 5.0
_LOOK_S = 0.05


class Staging:
    """A folder of its own for the time of one connection.

    Attributes:
        path: the folder.
        content: what the probe says in it, by which a worker knows that it sees this folder and no other.
    """

    probe = _PROBE

    def __init__(self, files: Path) -> None:
        """Make the folder, and delete those of services that are gone.

        Args:
            files: the store's folder of array files.

        Raises:
            OSError: if it can't be made.
        """
        self._files = files
        self.content = secrets.token_hex(16)
        _delete_left(files)
        self.path = files / f"{_PREFIX}.{os.getpid()}.{process_started(os.getpid())}.{secrets.token_hex(4)}"
        self.path.mkdir()
        (self.path / _PROBE).write_text(self.content, encoding="ascii")

    def take(self, happening: Happening, runner_id: str) -> None:
        """Move the files that a result names beside the store, and have them on disk.

        Args:
            happening: what has happened.
            runner_id: where: each runner has a folder of its own in this one.

        Raises:
            OSError: if that isn't possible.
        """
        result = None if isinstance(happening.what, Printed) else happening.what.result
        if result is None or not result.files:
            return
        folder = self.path / _own_name(runner_id)
        for name, content in zip(result.files, happening.contents, strict=False):
            folder.mkdir(exist_ok=True)
            _write(folder / _own_name(name), content)
        for name in result.files:
            _move(folder / _own_name(name), self._files / name)
        sync_folder(self._files)

    def delete(self) -> None:
        """Delete the folder, with what nobody has asked for."""
        shutil.rmtree(self.path, ignore_errors=True)


def _own_name(name: str) -> str:
    if Path(name).name != name or name.startswith("."):
        raise OSError(f"a result can't have a file of the name {name!r}")
    return name


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _move(source: Path, target: Path) -> None:
    deadline = time.monotonic() + _LATE_S
    while True:
        try:
            source.replace(target)
        except FileNotFoundError:
            if time.monotonic() >= deadline:
                raise
        else:
            return
        next(source.parent.iterdir(), None)  # reading a folder has its names fetched anew
        time.sleep(_LOOK_S)


def _delete_left(files: Path) -> None:
    for path in files.glob(f"{_PREFIX}.*"):
        _, pid, rest = path.name.split(".", 2)
        started = rest.rpartition(".")[0]
        if pid.isdigit() and str(process_started(int(pid))) != started:
            shutil.rmtree(path, ignore_errors=True)
