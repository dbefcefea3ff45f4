"""Help: quick, light, and with examples."""

import subprocess
import sys
from collections.abc import Callable

import click
import pytest
from click.testing import Result

import queuebit as package
from queuebit.cli import main

Call = Callable[..., Result]

_MODULES_AFTER = """
import sys
from queuebit.cli import main
try:
    main({args!r})
except SystemExit as end:
    assert end.code == 0, end.code
print(*sorted(sys.modules), file=sys.stderr)
"""

_HEAVY = {"apsw", "qiskit", "numpy", "rich.console", "rich.progress", "rich.table", "matplotlib", "openqasm3", "psutil"}


VERBS = list(main.list_commands(click.Context(main)))


@pytest.mark.parametrize("args", [["--help"], ["--version"], *([verb, "--help"] for verb in VERBS)])
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    program = _MODULES_AFTER.format(args=args)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout
    assert not _HEAVY & set(done.stderr.split())


def test_help_does_not_even_import_the_commands() -> None:
    program = _MODULES_AFTER.format(args=["--help"])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {name for name in done.stderr.split() if name in ("queuebit.cli.run", "queuebit.cli.info")}


@pytest.mark.parametrize("command", [[], *([verb] for verb in VERBS)])
def test_help_teaches_with_examples(queuebit: Call, command: list[str]) -> None:
    result = queuebit(*command, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert " ".join(["queuebit", *command]) in result.stdout


def test_help_of_run_explains_the_exit_codes(queuebit: Call) -> None:
    output = queuebit("run", "--help").stdout
    for code in ("0 ", "1 ", "2 ", "74 ", "124 ", "130 "):
        assert f"\n    {code}" in output


def test_version(queuebit: Call) -> None:
    assert queuebit("--version").stdout == f"queuebit {package.__version__}\n"


def test_no_command_shows_the_help(queuebit: Call) -> None:
    assert queuebit().stdout == queuebit("--help").stdout


@pytest.mark.parametrize("verb", ["submit", "jobs", "show", "wait", "result", "cancel", "rerun", "delete", "doctor"])
def test_help_of_the_queues_verbs_explains_the_exit_codes(queuebit: Call, verb: str) -> None:
    output = queuebit(verb, "--help").stdout
    for code in ("0 ", "2 ", "74 "):
        assert f"\n    {code}" in output
