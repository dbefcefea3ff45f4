"""The circuits of one job, run one at a time by whoever hands them over."""

from collections.abc import Callable
from dataclasses import replace

from qiskit.circuit import QuantumCircuit
from qiskit.result.models import ExperimentResult

from queuebit.engines import Control
from queuebit.providers.local.experiment import Experiment
from queuebit.providers.local.options import RunOptions
from queuebit.providers.local.simulation import run_experiment


class OneByOne:
    """Runs circuits of a job, in any order, each as it would run among them all.

    What :meth:`LocalBackend.run` does at once, for work that is kept circuit by circuit and can go on elsewhere.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> from queuebit.providers.basic_provider import BasicProvider
        >>> backend = BasicProvider().get_backend("basic_simulator")
        >>> circuit = QuantumCircuit(1, 1)
        >>> circuit.measure(0, 0)  # doctest: +ELLIPSIS
        <...>
        >>> run = backend.one_by_one(Control(), shots=10, seed_simulator=7)
        >>> run.run(run.prepare(circuit), 0).data.counts
        {'0x0': 10}
    """

    def __init__(
        self, experiment: Callable[[QuantumCircuit, RunOptions], Experiment], options: RunOptions, control: Control
    ) -> None:
        """Begin; :meth:`LocalBackend.one_by_one` does.

        Args:
            experiment: compiles a circuit, or refuses it.
            options: what holds for all circuits.
            control: cancels the run and counts its progress.
        """
        self._experiment = experiment
        self._options = options
        self._control = control

    @property
    def seed(self) -> int:
        """The seed that all circuits share."""
        return self._options.seed

    def prepare(self, circuit: QuantumCircuit) -> Experiment:
        """Compile a circuit.

        Raises:
            QiskitError: the backend's own error class, when the circuit can't run.
        """
        return self._experiment(circuit, self._options)

    def run(self, experiment: Experiment, index: int, shots: tuple[int, int] | None = None) -> ExperimentResult:
        """Run a prepared circuit.

        Args:
            experiment: from :meth:`prepare`; it runs once.
            index: position of the circuit in its job.
            shots: the number of the first shot, and how many; None for all. Each shot's outcome is the same as in a run
                of all.

        Raises:
            RunCancelledError: when cancelled.
            EngineError: if the run fails.
            ValueError: if the circuit has run already.
        """
        if experiment.program is None:
            raise ValueError(f"circuit {experiment.name!r} has run already; prepare it again")
        options, first = self._options, 0
        if shots is not None:
            first, options = shots[0], replace(options, shots=shots[1])
        run_experiment(experiment, experiment.program, options, self._control, circuit_index=index, first_shot=first)
        return experiment.result
