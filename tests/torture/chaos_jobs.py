"""The kinds of jobs of a chaos run: what they run, how they may end, and whether they end by themselves."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit

from .laboratory import TORTURE, bell, odd, states
from .undisturbed import AER

# Few, so that the undisturbed runs that they are compared with are few.
NUM_SEEDS = 40


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of job.

    Attributes:
        name: its name, which is a tag of its jobs.
        weight: how often it comes, in relation to the others.
        backend: what runs it.
        backend_options: what that is made with.
        is_seeded: whether its runs take a seed.
        errors: types of error that it may end with, beside that of a job whose processes died too often.
    """

    name: str
    weight: int
    backend: str = TORTURE
    backend_options: tuple[tuple[str, Any], ...] = ()
    is_seeded: bool = False
    errors: tuple[str, ...] = ()

    def circuits(self, pick: random.Random, folder: Path) -> list[QuantumCircuit]:
        """Return the circuits of a new job.

        Args:
            pick: chance.
            folder: where its runs may write.
        """
        path = folder / uuid.uuid4().hex
        match self.name:
            case "bell" | "aer":
                return [bell()]
            case "many circuits":
                return [_rotated(index) for index in range(pick.randrange(10, 40))]
            case "statevectors":
                return states(pick.randrange(1, 4))
            case "sleeping":
                return odd(["nothing", f"wait:{pick.uniform(0.1, 1.5):.2f}", "nothing"])
            case "alone":
                return odd([f"exclusive:{path}:{pick.uniform(0.02, 0.6):.2f}"] * 3)
            case "deaf":
                return odd(["nothing", f"ignore:{pick.uniform(0.1, 1):.2f}"])
            case "segfault":
                return odd(["nothing", "segfault"])
            case "dying once":
                return odd(["nothing", f"die_once:{path}", "nothing"])
            case "dying writing":
                return odd(["nothing", f"die_writing:{path}", "nothing"])
            case "raising":
                return odd(["nothing", "raise:as it should"])
            case "printing":
                return odd(["flood:2"])
        return odd(["wait:60"])  # too long

    def arguments(self, pick: random.Random) -> dict[str, Any]:
        """Return what ``run`` takes beside the circuits.

        Args:
            pick: chance.
        """
        arguments: dict[str, Any] = {"tags": [self.name], "max_attempts": pick.choice([3, 50, 50])}
        if self.is_seeded:
            arguments |= {"seed_simulator": pick.randrange(NUM_SEEDS), "shots": 100}
        if self.name == "segfault":
            arguments["max_attempts"] = pick.randrange(1, 3)
        if self.name == "too long":
            arguments["time_limit"] = 0.5
        if pick.random() < 0.2:
            arguments["priority"] = pick.randrange(-2, 3)
        return arguments

    def told(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what a witness writes down of a submission.

        Args:
            arguments: what ``run`` took.
        """
        told: dict[str, Any] = {"errors": ["worker_lost", *self.errors]}
        if self.is_seeded:
            told["seed"] = arguments["seed_simulator"]
        return told


KINDS = (
    Kind(name="bell", weight=40, backend="basic_simulator", is_seeded=True),
    Kind(name="many circuits", weight=8, backend="basic_simulator", is_seeded=True),
    Kind(name="statevectors", weight=8, backend="statevector_simulator"),
    Kind(name="aer", weight=8, backend=AER, backend_options=(("method", "statevector"),), is_seeded=True),
    Kind(name="sleeping", weight=4),
    Kind(name="alone", weight=12),
    Kind(name="deaf", weight=2),
    Kind(name="segfault", weight=2),
    Kind(name="dying once", weight=2),
    Kind(name="dying writing", weight=2, backend_options=(("num_amplitudes", 2048),)),
    Kind(name="raising", weight=2, errors=("ArithmeticError",)),
    Kind(name="too long", weight=1, errors=("TimeLimitError",)),
    Kind(name="printing", weight=2),
)


def _rotated(index: int) -> QuantumCircuit:
    circuit = QuantumCircuit(2, name=f"rotated {index}")
    circuit.ry(0.1 * index, 0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit
