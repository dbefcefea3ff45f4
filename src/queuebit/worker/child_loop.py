"""A child's work: one job after another, circuit by circuit, on backends that stay warm."""

import errno
import json
import sys
import time
import traceback
import warnings
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qiskit.providers import BackendV2
from qiskit.result.models import ExperimentResult

from queuebit.codec.circuits import decode_circuit
from queuebit.codec.json_values import values_from_json
from queuebit.codec.results import encode_result
from queuebit.registry import make_backend
from queuebit.store.array_files import delete_files, stem
from queuebit.store.records import Json, StoredResult
from queuebit.worker.channel import ChildEnd
from queuebit.worker.circuit_runs import CircuitRuns, circuit_runs
from queuebit.worker.control_block import ControlBlock
from queuebit.worker.failure import failure
from queuebit.worker.known_circuits import KnownCircuits
from queuebit.worker.messages import CircuitDone, Ended, Ready, Run, Warm
from queuebit.worker.usage import Usage

# What hours of simulation have given isn't thrown away because the disk is full now.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_ROOM_LOOK_S = 0.2

# A backend with a noise model may hold much; jobs seldom take turns among more.
_MOST_BACKENDS = 8


@dataclass(slots=True)
class _Ending:
    """What a run has come to, but for what it used."""

    how: str = "finished"
    result: StoredResult | None = None
    error: dict[str, object] | None = None


class ChildLoop:
    """Takes jobs from the service and runs them."""

    def __init__(self, end: ChildEnd, block: ControlBlock, files: Path) -> None:
        """Prepare.

        Args:
            end: this end of the socket.
            block: the memory shared with the service.
            files: the folder where results' arrays are written.
        """
        self._end = end
        self._block = block
        self._files = files
        self._usage = Usage()
        self._backends: OrderedDict[str, BackendV2] = OrderedDict()
        self._known = KnownCircuits()
        self._runs: CircuitRuns | None = None
        warnings.formatwarning = _one_line

    def serve(self) -> None:
        """Say that everything is imported, and do what the service says until it closes the socket."""
        self._end.send(Ready(memory_bytes=self._usage.memory_bytes()))
        while (message := self._end.receive()) is not None:
            if isinstance(message, Run):
                self._run(message)
            elif isinstance(message, Warm):
                self._warm(message)

    def cancel(self) -> None:
        """Have the run stop, if the block says so: called from another thread, perhaps too late for the run meant."""
        runs = self._runs
        if runs is not None and self._block.cancelled:
            try:
                runs.cancel()
            except Exception:
                # It is somebody else's code; what it raised belongs to the job's log. The service ends the child.
                traceback.print_exc()

    def _warm(self, message: Warm) -> None:
        try:
            self._backend(message.backend_name, message.backend_options)
        except Exception:
            # The job that wants it will say what is wrong.
            return

    def _run(self, run: Run) -> None:
        self._usage.begin()
        # Inside, each job is warned anew: Python remembers what it has warned about.
        with warnings.catch_warnings():
            ending = self._outcome(run)
        self._runs = None
        sys.stdout.flush()
        sys.stderr.flush()
        usage: dict[str, Any] = self._usage.of_run()
        self._end.send(Ended(how=ending.how, result=ending.result, error=ending.error, **usage))

    def _outcome(self, run: Run) -> _Ending:
        try:
            self._runs = circuit_runs(
                self._backend(run.backend_name, run.backend_options),
                values_from_json(run.options, "the run's options"),
                self._block,
                job_id=run.job_id,
                num_circuits=run.num_circuits,
                threads=run.threads,
            )
        except (Exception, SystemExit) as error:
            return _Ending("stopped") if self._block.cancelled else _Ending("failed", error=failure(error))
        return self._circuits(run, self._runs)

    def _circuits(self, run: Run, runs: CircuitRuns) -> _Ending:
        """Run all circuits, also behind one that fails, as a local backend does."""
        last: StoredResult | None = None
        failures = []
        for index, data in zip(run.indices, run.circuits, strict=True):
            outcome = None if self._block.cancelled else self._circuit(run, runs, index, data)
            if self._block.cancelled:
                # What a backend returns when it is asked to stop may be half of what was wanted.
                delete_files(self._files, outcome.files if isinstance(outcome, StoredResult) else ())
                return _Ending("stopped")
            if not isinstance(outcome, StoredResult):
                failures.append(outcome)
            elif index == run.indices[-1]:
                last = outcome
            else:
                self._end.send(CircuitDone(result=outcome))
        if failures:
            return _Ending("failed", result=last, error={**(failures[0] or {}), "num_failed": len(failures)})
        return _Ending(result=last)

    def _circuit(self, run: Run, runs: CircuitRuns, index: int, data: bytes) -> StoredResult | dict[str, object]:
        """Run a circuit, and return its result or why there is none."""
        name: str | None = None
        try:
            circuit = self._known.decoded(data) if runs.leaves_circuits_alone else decode_circuit(data)
            name = circuit.name
            name_of_files = f"{stem(run.job_id, run.attempt)}-{index}"
            if run.shots is None:
                return self._encoded(runs.run(index, circuit), index, name_of_files)
            result = self._encoded(runs.run(index, circuit, run.shots), index, f"{name_of_files}-{run.shots.first}")
            return replace(result, shots=run.shots)
        except (Exception, SystemExit) as error:
            return failure(error, circuit_index=index, circuit_name=name)

    def _encoded(self, result: ExperimentResult, index: int, name: str) -> StoredResult:
        """Encode a result and write its files, as soon as there is room for them."""
        waits = False
        while True:
            try:
                return encode_result(result, index, self._files, name)
            except OSError as error:
                if error.errno not in _NO_ROOM or self._block.cancelled:
                    raise
                if not waits:
                    print(f"the result of circuit {index} waits for room on the disk: {error}", file=sys.stderr)
                waits = True
                time.sleep(_ROOM_LOOK_S)

    def _backend(self, name: str, options: Json) -> BackendV2:
        """Return a backend, made now or kept from an earlier job."""
        key = json.dumps([name, options], sort_keys=True)
        if key not in self._backends:
            self._backends[key] = make_backend(name, values_from_json(options, "the backend's options"))
            if len(self._backends) > _MOST_BACKENDS:
                self._backends.popitem(last=False)
        self._backends.move_to_end(key)
        return self._backends[key]


def _one_line(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """Return a warning as a job's log has it: without the line of this program that called the backend."""
    return f"{category.__name__}: {message}\n"
