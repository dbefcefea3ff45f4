"""A backend that simulates in this process, in the background."""

import reprlib
import uuid
import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

from qiskit.circuit import QuantumCircuit
from qiskit.exceptions import QiskitError
from qiskit.providers import BackendV2, Options
from qiskit.transpiler import Target

from queuebit import __version__
from queuebit.engines import Control, EngineError, Output
from queuebit.engines.choosing import compile_chosen, general_engine
from queuebit.engines.cost import RunCost
from queuebit.engines.memory import available_bytes, require_bytes, require_machine
from queuebit.providers.local.experiment import Experiment, header_of
from queuebit.providers.local.one_by_one import OneByOne
from queuebit.providers.local.options import (
    InvalidOptionError,
    RunOptions,
    check_initial_state,
    check_options,
)
from queuebit.providers.local.simulation import Simulation
from queuebit.providers.local.target import simulator_target, unitary_target
from queuebit.providers.local_job import LocalJob


class CheckedRun(NamedTuple):
    """A run that would not be refused.

    Attributes:
        circuits: its circuits.
        seed: the seed that it uses.
        memory_bytes: about how much memory its largest circuit needs.
        costs: what each circuit costs.
        remarks: what the user should be warned about.
    """

    circuits: list[QuantumCircuit]
    seed: int
    memory_bytes: int
    costs: list[RunCost]
    remarks: list[str]


class LocalBackend(BackendV2):
    """A simulator that returns its jobs at once and runs them in the background.

    A family's backend states its output, its default options, its job and its error.

    Attributes:
        output: what its results hold.
        job_class: the class of its jobs.
        error_class: what :meth:`run` raises.
    """

    output: ClassVar[Output]
    job_class: ClassVar[type[LocalJob]]
    error_class: ClassVar[type[QiskitError]]

    def __init__(
        self,
        provider: Any = None,
        *,
        name: str,
        description: str,
        target: Target | None = None,
        **fields: Any,
    ) -> None:
        """Create the backend.

        Args:
            provider: the provider that it is from, if any.
            name: the backend's name.
            description: a sentence about it.
            target: what ``transpile`` shall aim at, instead of everything that the simulator can do.
            fields: default options to change, such as ``shots=100``.

        Raises:
            AttributeError: if a field isn't an option of the backend.
        """
        super().__init__(provider=provider, name=name, description=description, backend_version=__version__, **fields)
        self._target = target

    @property
    def target(self) -> Target:
        """What ``transpile`` aims at: all standard gates, any unitary and control flow, on any number of qubits."""
        if self._target is None:
            self._target = unitary_target() if self.output is Output.UNITARY else simulator_target()
        return self._target

    @property
    def max_circuits(self) -> None:
        """None: a job takes any number of circuits."""
        return

    @classmethod
    def _default_options(cls) -> Options:
        raise NotImplementedError(f"{cls.__name__} must state its default options")

    def max_qubits(self) -> int:
        """Return how many qubits a circuit of any kind may have to fit into the memory that is free now."""
        engine, width = general_engine(check_options({**self.options}, self.output).choice), 0
        free = available_bytes()
        while engine.compile(QuantumCircuit(width + 1), output=self.output).memory_bytes(1) <= free:
            width += 1
        return width

    def run(self, run_input: QuantumCircuit | Iterable[QuantumCircuit], **options: Any) -> LocalJob:
        """Run circuits in the background; returns at once.

        The circuits are read before this returns: changing them later changes nothing.

        Args:
            run_input: a circuit, or several. All run in one job, with the same options.
            options: override the backend's options for this run. One that the backend doesn't have is warned about.

        Returns:
            A job that has been submitted.

        Raises:
            QiskitError: the family's own error class, when there is no circuit, something isn't a circuit, a circuit
                has unbound parameters, an unknown instruction, one that doesn't fit the backend, or too many qubits
                for the memory, or an option has a value that can't be.
        """
        known = {**self.options}
        try:
            checked = check_options({**known, **options}, self.output)
            experiments = [self._experiment(circuit, checked) for circuit in checked_circuits(run_input)]
        except EngineError as error:
            raise self.error_class(error.message) from error
        for text in [*self._remarks(options.keys() - known.keys(), checked), *self._remarks_on(experiments)]:
            warnings.warn(text, UserWarning, stacklevel=2)
        return self._submit(experiments, checked)

    def check_run(self, run_input: QuantumCircuit | Iterable[QuantumCircuit], **options: Any) -> CheckedRun:
        """Refuse what :meth:`run` would refuse, and run nothing.

        A run that will take place later is refused for its memory only if this machine never has so much.

        Args:
            run_input: as for :meth:`run`.
            options: as for :meth:`run`.

        Raises:
            QiskitError: the family's own error class, as by :meth:`run`.
        """
        known = {**self.options}
        try:
            checked = check_options({**known, **options}, self.output)
            circuits = checked_circuits(run_input)
            remarks = self._remarks(options.keys() - known.keys(), checked)
            memory_bytes, costs = 0, []
            for circuit in circuits:
                experiment, needed_bytes = self._compiled(circuit, checked)
                require_machine(needed_bytes, _need(circuit, checked))
                remarks += self._remarks_on([experiment])
                memory_bytes = max(memory_bytes, needed_bytes)
                costs += [experiment.program.cost(checked.shots)] if experiment.program else []
        except EngineError as error:
            raise self.error_class(error.message) from error
        return CheckedRun(circuits, checked.seed, memory_bytes, costs, remarks)

    def one_by_one(self, control: Control, usual_threads: int | None = None, **options: Any) -> OneByOne:
        """Begin a run whose circuits are handed over one at a time.

        Each gives the result that it has when :meth:`run` is given them all.

        Args:
            control: cancels the run and counts its progress; its memory may be shared with another process.
            usual_threads: how many threads a run may use where the options don't say; None for the cores that other
                runs of this process leave.
            options: as for :meth:`run`.

        Raises:
            QiskitError: the family's own error class, when an option has a value that can't be.
        """
        known = {**self.options}
        try:
            checked = check_options({**known, **options}, self.output)
        except EngineError as error:
            raise self.error_class(error.message) from error
        for text in self._remarks(options.keys() - known.keys(), checked):
            warnings.warn(text, UserWarning, stacklevel=2)
        choice = replace(checked.choice, usual_threads=usual_threads)
        return OneByOne(self._one_experiment, replace(checked, choice=choice), control)

    def _one_experiment(self, circuit: QuantumCircuit, options: RunOptions) -> Experiment:
        try:
            experiment = self._experiment(circuit, options)
        except EngineError as error:
            raise self.error_class(error.message) from error
        for text in self._remarks_on([experiment]):
            warnings.warn(text, UserWarning, stacklevel=3)
        return experiment

    def _experiment(self, circuit: QuantumCircuit, options: RunOptions) -> Experiment:
        experiment, needed_bytes = self._compiled(circuit, options)
        require_bytes(needed_bytes, _need(circuit, options))
        return experiment

    def _compiled(self, circuit: QuantumCircuit, options: RunOptions) -> tuple[Experiment, int]:
        """Return a circuit made ready to run, and how many bytes of memory it needs."""
        check_initial_state(options, circuit.num_qubits, circuit.name)
        program = compile_chosen(
            circuit, options.choice, output=self.output, initial_state=options.initial_state is not None
        )
        return Experiment(header_of(circuit), program), program.memory_bytes(options.shots)

    def _remarks(self, unknown: Iterable[str], options: RunOptions) -> list[str]:
        remarks = [f"Option {name} is not used by this backend" for name in sorted(unknown)]
        if options.unused_shots is not None:
            remarks.append(f"{self.name} runs one shot; shots={options.unused_shots} is not used by this backend")
        return remarks

    def _remarks_on(self, experiments: list[Experiment]) -> list[str]:
        if self.output is not Output.COUNTS:
            return []
        return [
            f'No measurements in circuit "{experiment.name}", classical register will remain all zeros.'
            for experiment in experiments
            if experiment.program and not experiment.program.writes_memory
        ]

    def _submit(self, experiments: list[Experiment], options: RunOptions) -> LocalJob:
        job_id = str(uuid.uuid4())
        simulation = Simulation(
            experiments, options, backend_name=self.name, backend_version=self.backend_version, job_id=job_id
        )
        job = self.job_class(self, job_id, simulation)
        job.submit()
        return job


def checked_circuits(run_input: object) -> list[QuantumCircuit]:
    """Return the circuits to run as a list.

    Args:
        run_input: a circuit, or several.

    Raises:
        InvalidOptionError: if there are none, or something isn't a circuit.
    """
    if isinstance(run_input, QuantumCircuit):
        return [run_input]
    if isinstance(run_input, (str, bytes)) or not isinstance(run_input, Iterable):
        raise InvalidOptionError(f"run() takes a QuantumCircuit or a list of them, got {_shown(run_input)}")
    circuits = list(run_input)
    for index, circuit in enumerate(circuits):
        if not isinstance(circuit, QuantumCircuit):
            raise InvalidOptionError(f"run() takes QuantumCircuits; entry {index} of the list is {_shown(circuit)}")
    if not circuits:
        raise InvalidOptionError("run() was given an empty list: there is no circuit to run")
    return circuits


def _need(circuit: QuantumCircuit, options: RunOptions) -> str:
    return f"circuit {circuit.name!r} of {circuit.num_qubits} qubits with {options.shots} shots"


def _shown(value: object) -> str:
    return f"{type(value).__name__}: {reprlib.repr(value)}"
