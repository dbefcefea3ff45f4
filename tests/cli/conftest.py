"""The command line, called in this process, in a folder with some circuits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from queuebit.cli import main

BELL = """OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q[0];
cx q[0], q[1];
measure q -> c;
"""

FLIP = """OPENQASM 3.0;
include "stdgates.inc";
qubit q;
bit[1] c;
x q;
c[0] = measure q;
"""

# Runs until somebody stops it.
ENDLESS = """OPENQASM 3.0;
qubit q;
bit c;
while (!c) { reset q; c = measure q; }
"""

# Can be compiled, but not run.
FAILING = """OPENQASM 3.0;
qubit q;
bit[2] c;
uint[4] zero = 0;
c[0] = measure q;
if (c / zero == 1) { U(pi, 0, pi) q; }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the circuits above in it."""
    for name, text in {"bell": BELL, "flip": FLIP, "endless": ENDLESS, "failing": FAILING}.items():
        (tmp_path / f"{name}.qasm").write_text(text)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONWARNINGS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def queuebit() -> Callable[..., Result]:
    """Call the command line in this process."""

    def call(*args: str, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(main, args, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture
def document(queuebit: Callable[..., Result]) -> Callable[..., dict[str, Any]]:
    """Call the command line with ``--json`` and return the one document it prints."""

    def call(*args: str, stdin: str | bytes | None = None) -> dict[str, Any]:
        result = queuebit(*args, "--json", stdin=stdin)
        found: dict[str, Any] = json.loads(result.stdout)
        assert result.stdout.count("\n") == 1
        assert found["exit_code"] == result.exit_code
        return found

    return call
