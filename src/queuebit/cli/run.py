"""``queuebit run``."""

import sys

import click

from queuebit.cli.exit_code import ExitCode
from queuebit.cli.parameters import OneOf, Seconds, WholeNumber

# As in queuebit.engines.choosing, which isn't imported here: --help must not wait for Qiskit.
METHODS = ("automatic", "statevector", "clifford", "reference")
PRECISIONS = ("double", "single")
MAX_THREADS = 1024

_EXAMPLES = """
\b
Examples:
  queuebit run bell.qasm
  queuebit run bell.qasm ghz.qasm --shots 10000 --seed 42
  queuebit run circuit.qasm --backend statevector_simulator
  queuebit run wide.qasm --method statevector --precision single --threads 4
  queuebit run surface_code.qpy --method clifford
  queuebit run *.qpy --json --timeout 60 > results.json
  queuebit run bell.qasm --output result.json --plot counts.png
  my-generator | queuebit run - --shots 100 --memory

\b
Exit codes:
  0    all circuits ran
  1    a circuit failed; the others' results are shown
  2    bad input: a file, an option or a circuit that can't be run
  74   the results couldn't be written
  124  --timeout was reached; what had finished is shown
  130  Ctrl-C; what had finished is shown
  143  SIGTERM; the terminal is left clean
"""


@click.command(epilog=_EXAMPLES)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--backend", metavar="NAME", default="basic_simulator", show_default=True, help="See: queuebit backends")
@click.option("--shots", type=WholeNumber(1), help="How often each circuit is run.  [default: the backend's, 1024]")
@click.option("--seed", type=WholeNumber(0), help="Makes the run repeatable: the same seed gives the same counts.")
@click.option(
    "--method",
    type=OneOf(METHODS),
    help="The engine: statevector (any circuit, in native code), reference (any circuit, in NumPy), clifford "
    "(Clifford circuits of thousands of qubits), or automatic: what is best for each.  [default: automatic]",
)
@click.option(
    "--precision",
    type=OneOf(PRECISIONS),
    help="Of amplitudes: double, or single, which takes half the memory, less time, and is exact to about 6 digits."
    "  [default: double]",
)
@click.option(
    "--threads",
    type=WholeNumber(1, MAX_THREADS),
    help="How many threads a simulation may use.  [default: the cores that other runs leave]",
)
@click.option("--memory", is_flag=True, help="Also show the outcome of every single shot.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
@click.option("--output", metavar="FILE", help="Also write the JSON document to FILE.")
@click.option("--plot", metavar="FILE", help="Also draw the counts into FILE (.png, .svg or .pdf).")
@click.option("--timeout", type=Seconds(), help="Cancel the run after this many seconds.")
def run(
    files: tuple[str, ...],
    backend: str,
    shots: int | None,
    seed: int | None,
    method: str | None,
    precision: str | None,
    threads: int | None,
    memory: bool,
    as_json: bool,
    output: str | None,
    plot: str | None,
    timeout: float | None,
) -> int:
    """Run the circuits in FILEs as one job and show what came out.

    FILE is OpenQASM 2, OpenQASM 3 or QPY, told apart by what is in it; - is standard input. A QPY file may hold
    several circuits. Shots and seed are always shown, so that any run can be repeated.
    """
    # Imported here, because --help and wrong options must not wait.
    from queuebit.cli.consoles import error_console
    from queuebit.cli.progress_line import ProgressLine
    from queuebit.cli.run_request import RunRequest
    from queuebit.cli.warning_lines import warning_lines

    request = RunRequest.checked(
        files=files,
        backend=backend,
        options={
            "shots": shots,
            "seed_simulator": seed,
            "memory": memory or None,
            "method": method,
            "precision": precision,
            "threads": threads,
        },
        timeout_s=timeout,
        as_json=as_json,
        output=output,
        plot=plot,
    )
    console = error_console()
    with warning_lines(console) as warnings:
        with ProgressLine(console, hidden=_is_typed(files)) as line:
            line.say("Loading Qiskit")
            from queuebit.cli.run_circuits import run_circuits

            report = run_circuits(request, line)
        from queuebit.cli.run_output import show

        try:
            show(report, request, warnings, console)
        except KeyboardInterrupt:  # the run is over, its results are on their way: enough said
            return ExitCode.INTERRUPTED
    return report.exit_code


def _is_typed(files: tuple[str, ...]) -> bool:
    """Return whether a circuit is typed in at the terminal, where a moving line would be in the way."""
    return "-" in files and sys.stdin is not None and sys.stdin.isatty()
