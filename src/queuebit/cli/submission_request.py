"""What somebody wants to put into the queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from queuebit.cli.bad_input import BadInputError


@dataclass(frozen=True, kw_only=True)
class SubmissionRequest:
    """What ``queuebit submit`` was given.

    Attributes:
        files: the files to read circuits from; ``-`` is standard input.
        backend: the backend's name, or ``module:factory``.
        backend_options: what it is made with.
        shots: how often each circuit is run, or None.
        seed: the seed, or None.
        method: the engine, or None.
        precision: of amplitudes, or None.
        memory: whether to keep every shot's outcome.
        options: other options of the run.
        optimization_level: how to transpile, or None for not at all.
        name: what to call the job.
        tags: to find it by.
        priority: greater runs earlier.
        time_limit: seconds, or None.
        memory_limit: a size, or None.
        threads: how many, or None.
        max_attempts: how often its process may die.
        no_split: whether it must run in one part.
        key: the idempotency key, or None.
        wait: whether to show the result.
        no_worker: whether to start no worker.
        as_json: whether to print a JSON document.
        store: the queue's file, or None.
    """

    files: Sequence[str]
    backend: str
    backend_options: Sequence[tuple[str, Any]]
    shots: int | None
    seed: int | None
    method: str | None
    precision: str | None
    memory: bool
    options: Sequence[tuple[str, Any]]
    optimization_level: int | None
    name: str
    tags: Sequence[str]
    priority: int
    time_limit: float | None
    memory_limit: str | None
    threads: int | None
    max_attempts: int
    no_split: bool
    key: str | None
    wait: bool
    no_worker: bool
    as_json: bool
    store: str | None

    def made_with(self) -> Mapping[str, Any]:
        """Return what the backend is made with.

        Raises:
            BadInputError: if an option is given twice.
        """
        return _once("--backend-option", self.backend_options)

    def run_options(self) -> dict[str, Any]:
        """Return the backend's options that were given, by Qiskit's names.

        Raises:
            BadInputError: if one is given twice.
        """
        named = {
            "shots": self.shots,
            "seed_simulator": self.seed,
            "method": self.method,
            "precision": self.precision,
            "memory": self.memory or None,
        }
        given = [(name, value) for name, value in named.items() if value is not None]
        return _once("--option", [*given, *self.options])

    def arguments(self) -> dict[str, Any]:
        """Return what is said of the job beside the backend's options, by the names of ``QueueBackend.run``.

        Raises:
            BadInputError: if an option that has a name of its own is among the others.
        """
        arguments: dict[str, Any] = {
            "name": self.name,
            "tags": self.tags,
            "priority": self.priority,
            "time_limit": self.time_limit,
            "memory_limit": _size(self.memory_limit),
            "threads": self.threads,
            "max_attempts": self.max_attempts,
            "split": not self.no_split,
            "idempotency_key": self.key,
        }
        if self.optimization_level is not None:
            arguments["optimization_level"] = self.optimization_level
        for name, _ in self.options:
            if name in {*arguments, "metadata", "optimization_level"}:
                message = f"--option {name}=...: this is no option of the backend"
                raise BadInputError(message, cure="See the options in: queuebit submit --help")
        return arguments


def _size(text: str | None) -> int | str | None:
    """Return bytes for digits alone, which Python's interface wants as a number."""
    return int(text) if text is not None and text.strip().isdecimal() else text


def _once(option: str, given: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(given)
    if len(values) < len(given):
        names = [name for name, _ in given]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInputError(f"{option} {twice}=...: {twice} is given twice", cure="Give it once.")
    return values
