"""What a job of the queue came to, waited for and shown."""

from collections.abc import Sequence

from rich.text import Text

from queuebit.cli.consoles import error_console
from queuebit.cli.destination import Destination
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.figures import plural
from queuebit.cli.job_waiting import Waiting, ending_code
from queuebit.cli.printable import printable
from queuebit.cli.queue_file import QueueFile
from queuebit.store import JobRecord


def show_result(
    queue: QueueFile,
    job: JobRecord,
    destination: Destination,
    warnings: Sequence[str],
    *,
    memory: bool = False,
    timeout_s: float | None = None,
) -> ExitCode:
    """Wait for a job, and show its result.

    Args:
        queue: the queue that it is in.
        job: the job.
        destination: where the result goes.
        warnings: what was warned about.
        memory: whether to show every shot's outcome, where the job has them.
        timeout_s: the longest wait; 0 for none, None for ever.

    Returns:
        What the command exits with.
    """
    exit_code = _ended(queue, job, timeout_s)
    try:
        # Only now, because the wait needs no Qiskit.
        from queuebit.cli.queue_report import report_of_job
        from queuebit.cli.run_output import show_report

        report = report_of_job(queue.path, job.job_id, exit_code, memory=memory, plots=destination.plot is not None)
        show_report(report, destination, warnings)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    if report.error is not None:
        done = sum(circuit.status == "DONE" for circuit in report.circuits)
        finished = f"{done} of {plural(len(report.circuits), 'circuit')} finished"
        text = f"{report.status}: {printable(str(report.error['message']))}; {finished}"
        error_console().print(Text(text, style="bad"), soft_wrap=True)
    return report.exit_code


def _ended(queue: QueueFile, job: JobRecord, timeout_s: float | None) -> ExitCode:
    if job.is_final:
        return ending_code([job])
    if timeout_s == 0:
        return ExitCode.TIMEOUT
    return Waiting(queue, [job], prints_endings=False).until_all_ended(timeout_s)
