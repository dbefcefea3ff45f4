"""Where a queue's file is."""

import os
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from queuebit.store.checks import is_unicode
from queuebit.store.exceptions import StoreUnusableError

VARIABLE = "QUEUEBIT_STORE"
"""The environment variable that names the queue's file where a program doesn't."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def store_path(path: str | os.PathLike[str] | None = None) -> Path:
    """Return the absolute path of a queue's file.

    Args:
        path: the file; ``~`` is the user's home. None for the one that the environment variable ``QUEUEBIT_STORE``
            names, or else ``jobs.db`` in queuebit's folder among the user's data, which is made if it isn't there.

    Raises:
        TypeError: if it is neither a text nor a path.
        ValueError: if it is empty, a URL, or can't be the name of a database.
        OSError: if the user's folder can't be made.
        StoreUnusableError: if there can be no queue on this system.
    """
    require_system()
    given = os.environ.get(VARIABLE) or None if path is None else path
    if given is None:
        return _users_folder() / "jobs.db"
    what = f"the environment variable {VARIABLE}" if path is None else "the queue's path"
    if not isinstance(given, (str, os.PathLike)) or not isinstance(os.fspath(given), str):
        raise TypeError(f"{what} must be a text or a pathlib.Path, got {type(given).__name__}: {given!r}")
    text = os.fspath(given)
    if not text.strip():
        raise ValueError(f"{what} is empty; give the path of a file, such as 'lab.db'")
    if _URL.match(text):
        raise ValueError(
            f"{what} is the URL {text!r}; this release has no server to connect to: give the path of a file on this "
            "machine, such as 'lab.db'"
        )
    _require_name(text, what)
    return Path(text).expanduser().absolute()


def _users_folder() -> Path:
    try:
        return platformdirs.user_data_path("queuebit", appauthor=False, ensure_exists=True)
    except OSError as error:
        text = f"{error.strerror}; it would be the queue's folder among the user's data. Name a file, or set {VARIABLE}"
        raise OSError(error.errno, text, error.filename) from error


def _require_name(text: str, what: str) -> None:
    if text == ":memory:":
        raise ValueError(
            f"{what} is ':memory:', but a queue is a file, such as 'lab.db'; jobs in memory are those of "
            "queuebit.BasicProvider()"
        )
    if "\0" in text or not is_unicode(text):
        raise ValueError(
            f"{what} is {text!r}, which can't be the name of a database: it must be Unicode, without zeros"
        )


def require_system() -> None:
    """Refuse a system without what the worker service is made of: locks on files, signals, sessions of processes.

    Raises:
        StoreUnusableError: if this is one.
    """
    missing = _missing_module()
    if missing:
        raise StoreUnusableError(
            f"the durable queue needs Linux or macOS; this Python, on {sys.platform}, has no module {missing}. "
            "In-memory backends work everywhere: queuebit.BasicProvider(), queuebit.BasicAer, and `queuebit run`"
        )


@cache
def _missing_module() -> str | None:
    return next((name for name in ("fcntl", "resource") if find_spec(name) is None), None)
