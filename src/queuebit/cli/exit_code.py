"""What the command's exit code says."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes; the high ones are those of ``sysexits.h``, ``timeout(1)``, and a shell after Ctrl-C."""

    DONE = 0
    CIRCUIT_FAILED = 1  # also a job that failed or was cancelled, and what the doctor found
    BAD_INPUT = 2
    OUTPUT_FAILED = 74  # also a queue's file that can't be read or written
    TIMEOUT = 124
    INTERRUPTED = 130
    TERMINATED = 143
