"""Where a queue's file is."""

import os
import re
from pathlib import Path

import platformdirs

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
        ValueError: if it is empty or a URL.
        OSError: if the user's folder can't be made.
    """
    given = os.environ.get(VARIABLE) or None if path is None else path
    if given is None:
        return platformdirs.user_data_path("queuebit", appauthor=False, ensure_exists=True) / "jobs.db"
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
    return Path(text).expanduser().absolute()
