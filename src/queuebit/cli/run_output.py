"""What a run shows and writes."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from queuebit.cli.consoles import output_console
from queuebit.cli.counts_plot import draw_counts
from queuebit.cli.destination import Destination
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.figures import plural
from queuebit.cli.printable import printable
from queuebit.cli.run_document import run_document
from queuebit.cli.run_report import RunReport
from queuebit.cli.run_request import RunRequest
from queuebit.cli.run_tables import print_tables
from queuebit.cli.standard_streams import discard_output


def show(report: RunReport, request: RunRequest, warnings: Sequence[str], error_console: Console) -> None:
    """Show what came out of a run, and write the files that were asked for.

    Args:
        report: what came out.
        request: what was asked for.
        warnings: what was warned about.
        error_console: standard error, for what isn't a result.

    Raises:
        OSError: if a file can't be written; the results have been shown then.
    """
    show_report(report, request.destination, warnings)
    _say_how_it_ended(report, request, error_console)


def show_report(report: RunReport, destination: Destination, warnings: Sequence[str]) -> None:
    """Show results, and write the files that were asked for.

    Args:
        report: the results.
        destination: where they go.
        warnings: what was warned about.

    Raises:
        OSError: if a file can't be written; the results have been shown then.
    """
    try:
        _write_files(report, destination, warnings)
    finally:
        try:
            _print(report, destination, warnings)
        except BrokenPipeError:
            # Whoever read has seen enough; that doesn't change how the run ended.
            discard_output()


def _write_files(report: RunReport, destination: Destination, warnings: Sequence[str]) -> None:
    if destination.output is not None:
        destination.output.write(f"{run_document(report, warnings)}\n".encode())
    if destination.plot is not None:
        destination.plot.write(draw_counts(report, destination.plot.path.suffix))


def _print(report: RunReport, destination: Destination, warnings: Sequence[str]) -> None:
    if destination.as_json:
        print(run_document(report, warnings), flush=True)
    else:
        print_tables(report, output_console())


def _say_how_it_ended(report: RunReport, request: RunRequest, console: Console) -> None:
    if report.error is None:
        return
    done = sum(circuit.status == "DONE" for circuit in report.circuits)
    finished = f"{done} of {plural(len(report.circuits), 'circuit')} finished"
    match report.exit_code:
        case ExitCode.TIMEOUT:
            text = f"timeout: cancelled after {request.timeout_s:g} s; {finished}"
        case ExitCode.INTERRUPTED:
            text = f"interrupted: the run was cancelled; {finished}"
        case _:
            text = f"error: {printable(str(report.error['message']))}; {finished}"
    console.print(Text(text, style="bad"), soft_wrap=True)
