"""The work of a local backend's job: circuits through an engine, one after another."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from qiskit.result import Result

from queuebit.engines import Control, Program, RunCancelledError
from queuebit.providers.exceptions import JobFailedError
from queuebit.providers.job import Progress
from queuebit.providers.local.experiment import Experiment
from queuebit.providers.local.options import RunOptions
from queuebit.providers.local_work import SteerableWork

# About twice what handing it to another thread costs.
_BRIEF_S = 300e-6


class Simulation(SteerableWork):
    """Runs the circuits of a job; can be cancelled, and tells how far it is.

    A circuit that fails doesn't stop the others.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        options: RunOptions,
        *,
        backend_name: str,
        backend_version: str,
        job_id: str,
    ) -> None:
        """Prepare the run.

        Args:
            experiments: the circuits in order, each with its program.
            options: what holds for all of them.
            backend_name: for the result.
            backend_version: for the result.
            job_id: for the result.
        """
        self._experiments = experiments
        self._options = options
        self._identity = {"backend_name": backend_name, "backend_version": backend_version, "job_id": job_id}
        self._control = Control()
        programs = [experiment.program for experiment in experiments if experiment.program]
        self._total = sum(program.num_instructions for program in programs)
        self.is_brief = sum(program.estimated_seconds(options.shots) for program in programs) < _BRIEF_S
        self._started = time.perf_counter()

    def __call__(self) -> Result:
        """Run all circuits.

        Raises:
            JobFailedError: when all have run and some have failed, for the first of these, from what it raised.
            RunCancelledError: when cancelled.
        """
        self._started = time.perf_counter()
        failures: list[tuple[int, Exception]] = []
        for index, experiment in enumerate(self._experiments):
            error = self._run(index, experiment)
            if error is not None:
                failures.append((index, error))
        if failures:
            raise self._failure(failures) from failures[0][1]
        return self._result(success=True, status="COMPLETED")

    def _run(self, index: int, experiment: Experiment) -> Exception | None:
        program, options = experiment.program, self._options
        if program is None:
            return None
        before = self._control.done
        try:
            run_experiment(experiment, program, options, self._control, circuit_index=index)
        except RunCancelledError:
            raise
        except Exception as error:
            experiment.fail(f"ERROR: {_text(error)}", options)
            self._control.done = before + program.num_instructions
            return error
        return None

    def _failure(self, failures: list[tuple[int, Exception]]) -> JobFailedError:
        index, error = failures[0]
        name = self._experiments[index].name
        others = f"; {len(failures) - 1} more circuits failed" if len(failures) > 1 else ""
        return JobFailedError(
            f"circuit {index} ({name!r}): {_text(error)}{others}", circuit_index=index, circuit_name=name
        )

    def cancel(self) -> None:
        """Stop soon."""
        self._control.cancel()

    def progress(self) -> Progress:
        """Return the instructions done, of those of all circuits."""
        return Progress(self._control.done, self._total, "instructions")

    def partial_result(self) -> Result:
        """Return what is there now: a result for each circuit, unsuccessful for those that failed or haven't run."""
        return self._result(success=False, status="PARTIAL")

    def _result(self, *, success: bool, status: str) -> Result:
        return Result(
            **self._identity,
            success=success,
            results=[
                experiment.result or experiment.unsuccessful("NOT FINISHED", self._options)
                for experiment in self._experiments
            ],
            status=status,
            date=datetime.now(UTC).isoformat(),
            time_taken=time.perf_counter() - self._started,
        )


def run_experiment(
    experiment: Experiment,
    program: Program,
    options: RunOptions,
    control: Control,
    *,
    circuit_index: int,
    first_shot: int = 0,
) -> None:
    """Run one circuit's program and keep the outcome as its result.

    Args:
        experiment: the circuit.
        program: its program.
        options: the options of its job.
        control: cancels the run and counts its progress.
        circuit_index: position of the circuit in its job; its random numbers depend on it.
        first_shot: the number of the first shot; likewise.

    Raises:
        RunCancelledError: when cancelled.
        EngineError: if the run fails.
    """
    started = time.perf_counter()
    outcome = program.run(
        options.shots,
        options.seed,
        control,
        circuit_index=circuit_index,
        first_shot=first_shot,
        initial_state=options.initial_state,
    )
    experiment.succeed(program, outcome, options, time.perf_counter() - started)


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {getattr(error, 'message', error)}"
