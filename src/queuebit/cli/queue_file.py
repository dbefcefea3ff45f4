"""The queue's file, as the verbs use it that need no Qiskit."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.store_failed import StoreFailedError
from queuebit.queue.location import VARIABLE, store_path
from queuebit.store import JobRecord, JobStore, StoreError, StoreUnusableError, UnknownJobError, open_store

_ID_LENGTH = 36

_WHICH_FILE = f"--store names the queue's file, or the environment variable {VARIABLE}."


@dataclass(frozen=True)
class QueueFile:
    """An open queue.

    Attributes:
        path: its file.
        store: what is in it.
    """

    path: Path
    store: JobStore

    def find(self, text: str) -> JobRecord:
        """Return a job.

        Args:
            text: its id, or the beginning of it.

        Raises:
            UnknownJobError: if there is no such job, or several.
            BadInputError: if the text is empty.
        """
        return self.store.get(self._id(text))

    def find_all(self, texts: Iterable[str]) -> list[JobRecord]:
        """Return jobs, each once, in order.

        Args:
            texts: their ids, or the beginnings of them.

        Raises:
            UnknownJobError: as :meth:`find`.
            BadInputError: as :meth:`find`.
        """
        return [self.store.get(job_id) for job_id in dict.fromkeys(self._id(text) for text in texts)]

    def _id(self, text: str) -> str:
        job_id = text.strip().lower()
        if not job_id:
            raise BadInputError("a job's id is empty", cure="See: queuebit jobs")
        return job_id if len(job_id) == _ID_LENGTH else self.store.find(job_id)


@contextlib.contextmanager
def opened(store: str | None, *, create: bool = False) -> Iterator[QueueFile]:
    """Open a queue; what is wrong with it in the block becomes an error of the command line.

    Args:
        store: its file, as ``--store`` names it; None for the default one.
        create: make the file if it isn't there. The default one always is.

    Raises:
        BadInputError: if it isn't there or can't be a queue, or a job isn't in it.
        StoreFailedError: if it can't be read or written.
    """
    with store_failures():
        path = located(store)
        if not (create or _is_default(store)):
            require_there(path)
        found = open_store(path)
        with contextlib.closing(found):
            yield QueueFile(path, found)


def located(store: str | None) -> Path:
    """Return the path of a queue.

    Args:
        store: what ``--store`` says, or None.

    Raises:
        BadInputError: if it can't be one, its folder can't be reached or made, or this system can have no queue.
    """
    try:
        path = store_path(store)
        path.exists()  # raises where it can't be known
    except ValueError as error:
        raise BadInputError(str(error), cure=_WHICH_FILE) from error
    except StoreUnusableError as error:
        raise BadInputError(str(error), cure="See: queuebit run --help") from error
    except OSError as error:
        raise BadInputError(f"the queue's file can't be reached: {error}", cure=_WHICH_FILE) from error
    return path


def require_there(path: Path) -> None:
    """Refuse a queue that isn't there.

    Args:
        path: its file.

    Raises:
        BadInputError: if there is none.
    """
    if not path.exists():
        raise BadInputError(f"there is no queue {path}", cure=f"{_WHICH_FILE} queuebit submit makes a new one.")


@contextlib.contextmanager
def store_failures() -> Iterator[None]:
    """Raise the store's errors as those of the command line.

    Raises:
        BadInputError: for what the user has to put right: the file's name, or a job's id.
        StoreFailedError: for everything else.
    """
    try:
        yield
    except UnknownJobError as error:
        raise BadInputError(str(error), cure="See: queuebit jobs") from error
    except StoreUnusableError as error:
        raise BadInputError(str(error), cure=_WHICH_FILE) from error
    except StoreError as error:
        raise StoreFailedError(str(error)) from error


def _is_default(store: str | None) -> bool:
    return store is None and not os.environ.get(VARIABLE)
