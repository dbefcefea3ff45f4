"""How the command line reports what it can't do: text for people, and a JSON document when one was asked for."""

import json
import os
import sys
from typing import Any

import click

import queuebit
from queuebit.cli.bad_input import BadInputError
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.printable import printable
from queuebit.cli.standard_streams import discard_output
from queuebit.cli.store_failed import StoreFailedError

DOCUMENT_VERSION = 1
"""Version of the JSON documents' layout; it changes when something is taken away or means something else."""


def report(error: Exception, *, as_json: bool) -> int:
    """Report an error and return the exit code it calls for.

    Args:
        error: what was raised. What the command line doesn't foresee is raised again.
        as_json: whether standard output shall have a JSON document.

    Raises:
        Exception: ``error`` itself, if it is a defect of the program and not of its input.
    """
    if isinstance(error, click.UsageError):
        error = _as_bad_input(error)
    if isinstance(error, BadInputError):
        code, facts = ExitCode.BAD_INPUT, error.to_dict()
        _say(str(error))
    elif isinstance(error, StoreFailedError):
        code = ExitCode.OUTPUT_FAILED
        facts = {"kind": "store_failed", "message": str(error)}
        _say(f"error: {error}")
    elif isinstance(error, OSError):
        code = ExitCode.OUTPUT_FAILED
        facts = {"kind": "output_failed", "message": str(error)}
        _say(f"error: the output can't be written: {error}")
    else:
        raise error
    if as_json and facts["kind"] != "output_failed":
        _print_document(facts, code)
    return code


def report_interrupt(*, as_json: bool) -> int:
    """Say that Ctrl-C was heard before anything ran, and return the exit code.

    Args:
        as_json: whether standard output shall have a JSON document.
    """
    message = "interrupted before anything ran"
    _say(message)
    if as_json:
        _print_document({"kind": "interrupted", "message": message}, ExitCode.INTERRUPTED)
    return ExitCode.INTERRUPTED


def _print_document(error: dict[str, Any], code: ExitCode) -> None:
    document = {
        "version": DOCUMENT_VERSION,
        "queuebit": queuebit.__version__,
        "status": None,
        "exit_code": int(code),
        "circuits": [],
        "error": error,
    }
    try:
        print(json.dumps(document), flush=True)
    except BrokenPipeError:
        discard_output()


def _as_bad_input(error: click.UsageError) -> BadInputError:
    """Return click's complaint about options and arguments as ours."""
    message = error.format_message()
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        hint = error.param.get_error_hint(error.ctx).replace("'", "") if error.param and error.ctx else "a value"
        message = f"{hint} {error.message}"
    path = error.ctx.command_path if error.ctx else "queuebit"
    return BadInputError(message[:1].lower() + message[1:].rstrip("."), cure=f"See: {path} --help")


def _say(text: str) -> None:
    lines = [printable(line) for line in text.split("\n")]
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        lines[0] = click.style(lines[0], fg="red", bold=True)
    try:
        click.echo("\n".join(lines), err=True)
    except BrokenPipeError:
        discard_output()
