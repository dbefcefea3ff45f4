"""Backends that do what no backend should, for the torture of whole queues. A child imports this module by its name."""

import fcntl
import os
import time
from pathlib import Path

import numpy as np
from odd_backends import OddBackend
from qiskit.result.models import ExperimentResultData

_SIGKILL_BIT = 1 << 8
_PF_EXITING = 0x4  # include/linux/sched.h


class TortureBackend(OddBackend):
    """Each circuit's name says what its run does, as of an ``OddBackend``; see its methods ``do_...``.

    With ``num_amplitudes`` each result has so many, which are a file.
    """

    def __init__(self, num_amplitudes=0, **fields):
        super().__init__(**fields)
        self._num_amplitudes = num_amplitudes

    def run(self, run_input, **options):
        job = super().run(run_input, **options)
        if self._num_amplitudes:
            result = job.result
            job.result = lambda: with_amplitudes(result(), self._num_amplitudes)
        return job

    def do_exclusive(self, argument):
        """Hold a lock that no other run of the job may have meanwhile: ``path:seconds``."""
        path, _, seconds = argument.rpartition(":")
        with Path(path).open("a+") as file:
            if not _lock(file):
                Path(f"{path}.overlap").write_text(f"{os.getpid()} began while {_holder(path)} ran")
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            self._asked_to_stop.wait(float(seconds))

    def do_die_writing(self, path):
        """End, once, in the middle of the next array file."""
        if Path(path).exists():
            return
        Path(path).touch()
        from queuebit.codec import array_files

        def write_half(file, array):
            file.write(bytes(array.nbytes // 2))
            file.flush()
            os._exit(9)

        array_files._write_npy = write_half


def with_amplitudes(result, number):
    (experiment,) = result.results
    experiment.data = ExperimentResultData(**experiment.data.to_dict(), amplitudes=np.arange(number, dtype=complex))
    return result


def _lock(file):
    """Take a file's lock, and tell whether that was right: whoever had it is dead, or is just dying."""
    for _ in range(500):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            looks = [_is_dying(_holder(file.name))]
            time.sleep(0.02)
            looks.append(_is_dying(_holder(file.name)))
            if not any(looks):
                return False
        else:
            return True
    return False


def _holder(path):
    text = Path(path).read_text()
    return int(text) if text else None


def _is_dying(pid):
    """Tell whether a process has been killed: the signal is pending, or it is on its way out."""
    if pid is None:
        return True
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    fields = stat[stat.rindex(")") + 2 :].split()
    if fields[0] in "ZX" or int(fields[6]) & _PF_EXITING:
        return True
    pending = [line.split()[1] for line in status.splitlines() if line.startswith(("SigPnd", "ShdPnd"))]
    return any(int(signals, 16) & _SIGKILL_BIT for signals in pending)
