"""Runs for the checks of executors, and the executor as checks drive it: as a worker service does, each call timed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from selectors import DefaultSelector
from typing import Any

from qiskit import QuantumCircuit
from qiskit.result.models import ExperimentResult

from queuebit.codec.circuits import encode_circuit
from queuebit.codec.json_values import checked_json
from queuebit.codec.results import decode_result
from queuebit.store import JobRecord, JobState, Limits, StoredResult
from queuebit.store.records import ShotRange
from queuebit.testing.executor_backends import ACTING
from queuebit.worker.executor import Assignment, CircuitReport, EndReport, Executor, Report, RunEnd, RunKey

WORKER_ID = "the-check"

_POLL_S = 0.02

# Of Linux: nanoseconds on a processor, nanoseconds of waiting for one, and how often.
_SCHEDULING = Path("/proc/thread-self/schedstat")

_Wanted = Callable[[], object]


def acting(*names: str) -> list[QuantumCircuit]:
    """Return circuits whose names say what `ActingBackend` does for them.

    Args:
        *names: the names.
    """
    return [QuantumCircuit(1, 1, name=name) for name in names]


def bell() -> QuantumCircuit:
    """Return a measured Bell pair."""
    circuit = QuantumCircuit(2, 2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def deep(num_qubits: int = 20, num_layers: int = 2000) -> QuantumCircuit:
    """Return a circuit that takes a simulator minutes.

    Args:
        num_qubits: its width.
        num_layers: how often its layer is repeated.
    """
    circuit = QuantumCircuit(num_qubits, name="deep")
    for layer in range(num_layers):
        for qubit in range(num_qubits):
            circuit.ry(0.1 * qubit + layer, qubit)
        for qubit in range(num_qubits - 1):
            circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


def new_assignment(
    circuits: Sequence[QuantumCircuit],
    backend: str = ACTING,
    *,
    job_id: str | None = None,
    indices: Sequence[int] | None = None,
    num_circuits: int | None = None,
    part: int = 0,
    shots: ShotRange | None = None,
    options: dict[str, Any] | None = None,
    **limits: Any,
) -> Assignment:
    """Return an assignment as a worker service makes it.

    Args:
        circuits: what to run.
        backend: on which backend.
        job_id: of which job; by default of one of its own.
        indices: the circuits' places in the job; by default 0, 1 and so on.
        num_circuits: how many the job has; by default these.
        part: which part of the job it is.
        shots: which shots, of one circuit.
        options: the run's options.
        **limits: the job's limits.
    """
    indices = tuple(range(len(circuits)) if indices is None else indices)
    job = _job(job_id or str(uuid.uuid4()), backend, num_circuits or len(circuits), options or {}, Limits(**limits))
    return Assignment(
        key=RunKey(job.job_id, job.attempt, job.worker_id, part),
        job=job,
        indices=indices,
        circuits=tuple(map(encode_circuit, circuits)),
        shots=shots,
    )


def _job(job_id: str, backend: str, num_circuits: int, options: dict[str, Any], limits: Limits) -> JobRecord:
    return JobRecord(
        job_id=job_id,
        sequence=1,
        state=JobState.RUNNING,
        cancel_requested=False,
        attempt=1,
        crashes=0,
        worker_id=WORKER_ID,
        backend_name=backend,
        backend_options={},
        options=checked_json(options, "the options"),
        num_circuits=num_circuits,
        num_parts=1,
        name="",
        tags=(),
        metadata={},
        priority=0,
        limits=limits,
        idempotency_key=None,
        progress_done=0,
        progress_total=0,
        error=None,
        cpu_s=0.0,
        peak_memory_bytes=0,
        created_us=1,
        started_us=2,
        finished_us=None,
    )


@dataclass
class RunStory:
    """What was reported of a run.

    Attributes:
        results: the results, in the order of their reports.
        end: the last report, or None.
        reports: all reports.
        printed: what `printed()` told, and then the last report.
        progress: each progress that was seen.
    """

    results: list[StoredResult] = field(default_factory=list)
    end: EndReport | None = None
    reports: list[Report] = field(default_factory=list)
    printed: str = ""
    progress: list[tuple[int, int]] = field(default_factory=list)

    @property
    def indices(self) -> list[int]:
        """The places of the circuits that have results."""
        return [result.index for result in self.results]

    def add(self, report: Report) -> None:
        """Take in a report.

        Args:
            report: of this run.
        """
        self.reports.append(report)
        if report.result is not None:
            self.results.append(report.result)
        if isinstance(report, EndReport):
            self.end = report
            self.printed += report.printed


def _own_s() -> float:
    """Return a time that stands still while this thread could go on and others have the processors, on a busy machine.

    On systems that don't tell that, it is the time.
    """
    try:
        kept_waiting_ns = int(_SCHEDULING.read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        kept_waiting_ns = 0
    return time.perf_counter() - kept_waiting_ns / 1e9


class ExecutorRig:
    """An executor that is open, driven as a worker service drives it.

    Attributes:
        executor: the executor.
        files: its folder.
        selector: what it waits with.
        stories: what became of each run.
        slowest_call: the name and the seconds of the longest call, of those that may not wait.
    """

    def __init__(self, executor: Executor, files: Path) -> None:
        self.executor = executor
        self.files = files
        self.selector = DefaultSelector()
        self.stories: dict[RunKey, RunStory] = {}
        self.slowest_call = ("nothing", 0.0)
        self.call("open", self.selector)

    def call(self, name: str, *args: Any) -> Any:
        """Call a method of the executor and take its time.

        Args:
            name: the method.
            *args: its arguments.
        """
        begun = _own_s()
        try:
            return getattr(self.executor, name)(*args)
        finally:
            self.slowest_call = max(self.slowest_call, (name, _own_s() - begun), key=lambda call: call[1])

    def step(self, limit_s: float) -> None:
        """Wait for the next thing to happen, and do what follows from it.

        Args:
            limit_s: how long to wait at most.
        """
        for key, _ in self.selector.select(max(0.0, min(limit_s, self.call("next_tick_s")))):
            key.data()
        self.call("tick")
        for report in self.call("take_reports"):
            self.stories[report.key].add(report)

    def until(self, condition: _Wanted, what: str, limit_s: float) -> None:
        """Drive the executor until a condition holds.

        Args:
            condition: the condition.
            what: how a failure names it.
            limit_s: how long that may take.

        Raises:
            AssertionError: the time is over.
        """
        __tracebackhide__ = True
        deadline = time.monotonic() + limit_s
        while not condition():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise AssertionError(f"{what}: not within {limit_s:g} s")
            self.step(left_s)

    def poll(self, condition: _Wanted, what: str, limit_s: float) -> None:
        """Drive the executor until a condition holds that may come true without waking it.

        Args:
            condition: the condition.
            what: how a failure names it.
            limit_s: how long that may take.

        Raises:
            AssertionError: the time is over.
        """
        __tracebackhide__ = True
        deadline = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() >= deadline:
                raise AssertionError(f"{what}: not within {limit_s:g} s")
            self.step(_POLL_S)

    def watch(self, key: RunKey) -> RunStory:
        """Take in a run's progress and what it has printed, as long as it hasn't ended, and return its story.

        Args:
            key: the run.
        """
        story = self.stories[key]
        if story.end is None:
            story.progress.append(self.call("progress", key))
            story.printed += self.call("printed", key)
        return story

    def in_hand(self) -> list[RunKey]:
        """Return the runs that haven't ended."""
        return [key for key, story in self.stories.items() if story.end is None]

    def decoded(self, story: RunStory) -> list[ExperimentResult]:
        """Return a run's results.

        Args:
            story: what became of it.
        """
        return [decode_result(result, self.files) for result in story.results]

    def leave(self, limit_s: float) -> None:
        """End all runs and wait for their ends.

        Args:
            limit_s: how long that may take.

        Raises:
            AssertionError: a run didn't end.
        """
        for key in self.in_hand():
            self.call("kill", key)
        self.until(lambda: not self.in_hand(), "the ends of runs that were killed", limit_s)

    def close(self) -> None:
        """Close the executor."""
        self.executor.close()
        self.selector.close()


__all__ = [
    "ACTING",
    "CircuitReport",
    "EndReport",
    "ExecutorRig",
    "RunEnd",
    "RunStory",
    "acting",
    "bell",
    "deep",
    "new_assignment",
]
