"""The options of a run, and what a backend says when it refuses it."""

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qiskit.exceptions import QiskitError
from qiskit.providers import BackendV2

from queuebit.cli.bad_input import BadInputError, Place
from queuebit.cli.circuit_files import CircuitInFile
from queuebit.engines import MAX_SEED

# What the command line calls Qiskit's options.
_FLAGS = {
    "shots": "--shots",
    "seed_simulator": "--seed",
    "memory": "--memory",
    "method": "--method",
    "precision": "--precision",
    "threads": "--threads",
}

_UNKNOWN_INSTRUCTION_CURE = "Define it as a gate in the file, or decompose it before saving the circuit."


def known_options(backend: BackendV2, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a local backend has, after a warning about those it hasn't; no memory unless asked for.

    Args:
        backend: the backend.
        given: what was given, by Qiskit's names.
    """
    known = {**backend.options}
    for name in given.keys() - known.keys():
        warnings.warn(f"{_FLAGS.get(name, name)} has no effect: {backend.name} has no such option", stacklevel=2)
    options = {name: value for name, value in given.items() if name in known}
    return {"memory": False, **options} if "memory" in known else options


def require_possible_seed(options: Mapping[str, Any]) -> None:
    """Refuse a seed that no backend takes, by the name that the command line gives it.

    Args:
        options: what was given, by Qiskit's names.

    Raises:
        BadInputError: if there is a seed and it is too large.
    """
    seed = options.get("seed_simulator", 0)
    if seed > MAX_SEED:
        raise BadInputError(f"--seed must be at most {MAX_SEED}; got {seed}", cure="Give a smaller seed.")


@contextlib.contextmanager
def run_failures(circuits: Sequence[CircuitInFile]) -> Iterator[None]:
    """Raise what a backend refuses as bad input.

    Args:
        circuits: what it is given to run.

    Raises:
        BadInputError: with the file of the circuit, if it is about one.
    """
    try:
        yield
    except QiskitError as error:
        text = error_text(error)
        named = next((entry for entry in circuits if f"circuit {entry.circuit.name!r}" in text), None)
        place = None if named is None else Place(file=named.file)
        cure = _UNKNOWN_INSTRUCTION_CURE if "unknown instruction" in text else "Nothing was run."
        raise BadInputError(text, cure=cure, place=place) from error


def error_text(error: QiskitError) -> str:
    """Return what one of Qiskit's errors says, without the quotes that it puts around.

    Args:
        error: the error.
    """
    return str(getattr(error, "message", None) or error)
