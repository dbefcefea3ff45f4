"""Where children look for the user's own modules, which ``module:factory`` may name."""

import os
import sys
import sysconfig
from pathlib import Path

_VARIABLE = "QUEUEBIT_MODULE_PATH"


def module_path() -> list[str]:
    """Return the folders that children look into last: where the service was started, and those of who started it."""
    return [str(Path.cwd()), *filter(None, os.environ.get(_VARIABLE, "").split(os.pathsep))]


def environment_of_program() -> dict[str, str]:
    """Return the environment for a service started by this program: its children find what this program finds."""
    return {**os.environ, _VARIABLE: os.pathsep.join(_folders_of_program())}


def _folders_of_program() -> list[str]:
    """Return the folders of ``sys.path`` that don't belong to Python or its environment."""
    paths = sysconfig.get_paths()
    of_python = tuple(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    entries = [str(Path(entry).absolute()) for entry in sys.path if entry]
    return [entry for entry in entries if not entry.startswith(of_python) and Path(entry).is_dir()]
