"""The command ``queuebit`` and its verbs, none of which is imported before it is used."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import FrameType
from typing import Any, NoReturn

import click

import queuebit
from queuebit.cli import failures
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.standard_streams import discard_output, replace_closed_streams

_NAME = "queuebit"

# Set by the shell when it asks what could be typed next.
_COMPLETION = "_QUEUEBIT_COMPLETE"

# A new verb is a module here and a line below. The sentences are here because --help must not import the verbs.
_VERBS = {
    "run": ("queuebit.cli.run:run", "Run circuits from OpenQASM 2, OpenQASM 3 and QPY files."),
    "submit": ("queuebit.cli.submit:submit", "Put circuits into the queue: a job that outlives this terminal."),
    "jobs": ("queuebit.cli.jobs:jobs", "List the queue's jobs, once or live."),
    "show": ("queuebit.cli.show:show", "Show all there is to know of a job, with its story."),
    "wait": ("queuebit.cli.wait:wait", "Wait until jobs have ended."),
    "result": ("queuebit.cli.result:result", "Show what came out of a job."),
    "cancel": ("queuebit.cli.cancel:cancel", "Cancel jobs, also while they run."),
    "rerun": ("queuebit.cli.rerun:rerun", "Submit a job's work once more."),
    "delete": ("queuebit.cli.delete:delete", "Delete jobs that have ended."),
    "worker": ("queuebit.cli.worker:worker", "Run the queue's jobs."),
    "statistics": ("queuebit.cli.statistics:statistics", "Show how many jobs, workers and bytes there are."),
    "doctor": ("queuebit.cli.doctor:doctor", "Examine the queue's file, and mend it."),
    "backends": ("queuebit.cli.backends:backends", "List the backends, what they return, and their limits."),
    "info": ("queuebit.cli.info:info", "Show versions, cores, memory, and the engines there are."),
}

_EXAMPLES = """
\b
Examples:
  queuebit run bell.qasm                      counts, as a table with bars
  queuebit run bell.qasm --shots 10000 --seed 42
  queuebit run *.qasm --json | jq '.circuits[0].counts'
  queuebit run teleport.qpy --output result.json --plot counts.png
  queuebit submit bell.qasm                   a job that outlives this terminal; prints its ID
  queuebit jobs --watch                       what becomes of all jobs
  queuebit result 1a2b3c4d                    from any terminal
  queuebit run --help                         more examples; each command has its own
"""


class Verbs(click.Group):
    """A group of commands that imports the module of a command when that command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the verbs, in the order in which help lists them."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb's module and return its command, or None if there is no such verb."""
        if cmd_name not in _VERBS:
            return None
        module, _, attribute = _VERBS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs into the help text, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in _VERBS.items()])

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> NoReturn:
        """Run the command line and exit.

        Args:
            args: the arguments after the command's name; by default the process's.

        Raises:
            SystemExit: always, with an :class:`ExitCode`.
        """
        if _COMPLETION in os.environ:
            super().main(prog_name=_NAME)
        replace_closed_streams()
        with _terminating_gracefully():
            sys.exit(self._exit_code(sys.argv[1:] if args is None else list(args)))

    def _exit_code(self, args: list[str]) -> int:
        # Not click's own main(), which ends a command whose reader has gone with exit code 1.
        as_json = "--json" in args
        try:
            with self.make_context(_NAME, args or ["--help"]) as context:
                code = self.invoke(context)
            sys.stdout.flush()
        except click.exceptions.Exit as exit_:
            return exit_.exit_code
        except KeyboardInterrupt:
            # Only while no job was running: a verb with a job answers Ctrl-C itself.
            return failures.report_interrupt(as_json=as_json)
        except BrokenPipeError:
            discard_output()
            return ExitCode.DONE
        except Exception as error:
            code = failures.report(error, as_json=as_json)
            discard_output()
            return code
        return int(code or ExitCode.DONE)


@contextlib.contextmanager
def _terminating_gracefully() -> Iterator[None]:
    """Let SIGTERM unwind the stack, so that the terminal gets its cursor back and no half-written file stays."""

    def terminate(_: int, __: FrameType | None) -> NoReturn:
        raise SystemExit(ExitCode.TERMINATED)

    try:
        before = signal.signal(signal.SIGTERM, terminate)
    except ValueError:  # not in the main thread, where signals aren't delivered
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EXAMPLES,
)
@click.version_option(queuebit.__version__, "-V", "--version", prog_name="queuebit", message="%(prog)s %(version)s")
def main() -> None:
    """Run quantum circuits as jobs that can be watched, stopped and trusted."""
