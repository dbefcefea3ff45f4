"""The parts that a job's work is cut into: what is a plan, how it is written down, what is left of it."""

import json
from collections.abc import Collection, Sequence

from queuebit.store.exceptions import StoreError
from queuebit.store.json_text import to_text
from queuebit.store.records import Part, ShotRange

MAX_PARTS = 1 << 16
"""Parts of one job at most."""

_MOST_SHOTS = 1 << 62


def check_parts(parts: Sequence[Part], num_circuits: int, what: str) -> None:
    """Refuse parts that leave something out, or have something twice.

    Args:
        parts: the parts of a job, in order; none for a job that isn't cut.
        num_circuits: how many circuits the job has.
        what: how the error names the job.

    Raises:
        StoreError: if they aren't the job's circuits in order, with all shots of a circuit that is cut.
    """
    if len(parts) > MAX_PARTS:
        raise StoreError(f"{what} has {len(parts)} parts; there can be {MAX_PARTS} at most")
    if len(parts) == 1:
        raise StoreError(f"{what} has one part, {parts[0]}; a job that isn't cut has none")
    circuit = shot = 0
    for part in parts:
        first_shot, num_shots = part.shots or (0, 1)
        if not all(type(number) is int for number in (part.first, part.number, first_shot, num_shots)):
            raise StoreError(f"{what} has a part {part}; its numbers must be whole")
        circuit += int(shot > 0 and first_shot == 0)
        shot *= int(first_shot != 0)
        if part.first != circuit or first_shot != shot or part.number < 1 or num_shots < 1:
            raise StoreError(f"{what} has a part {part}, which isn't what follows: circuit {circuit}, shot {shot}")
        if part.shots is None:
            circuit += part.number
        elif part.number != 1:
            raise StoreError(f"{what} has a part with shots {part.shots} of {part.number} circuits; it can be of one")
        else:
            shot += num_shots
        if shot > _MOST_SHOTS:
            raise StoreError(f"{what} has a part {part}; there can be {_MOST_SHOTS} shots of a circuit at most")
    if parts and circuit + int(shot > 0) != num_circuits:
        raise StoreError(f"{what} has {num_circuits} circuits, and parts for {circuit + int(shot > 0)}")


def num_shots(parts: Sequence[Part]) -> dict[int, int]:
    """Return how many shots each circuit has that is cut; those that aren't are left out.

    Args:
        parts: the parts of a job.

    Example:
        >>> num_shots([Part(0, 2), Part(2, 1, ShotRange(0, 5)), Part(2, 1, ShotRange(5, 4))])
        {2: 9}
    """
    return {part.first: part.shots.first + part.shots.number for part in parts if part.shots is not None}


def unfinished(
    parts: Sequence[Part], num_circuits: int, finished: Collection[int], finished_shots: Collection[tuple[int, int]]
) -> list[tuple[int, Part, tuple[int, ...]]]:
    """Return what is left to run: of each part its number, itself, and its circuits without a result.

    Args:
        parts: the parts of a job; none for a job that isn't cut.
        num_circuits: how many circuits the job has.
        finished: the circuits whose results are there.
        finished_shots: the circuit and the first shot of each result that is of some shots.

    Example:
        >>> unfinished([Part(0, 2), Part(2, 2)], 4, {0, 1, 2}, ())
        [(1, Part(first=2, number=2, shots=None), (3,))]
    """
    left = []
    for number, part in enumerate(parts or [Part(0, num_circuits)]):
        if part.shots is None:
            indices = tuple(index for index in range(part.first, part.first + part.number) if index not in finished)
        else:
            indices = () if (part.first, part.shots.first) in finished_shots else (part.first,)
        if indices:
            left.append((number, part, indices))
    return left


def parts_to_text(parts: Sequence[Part]) -> str | None:
    """Return parts as JSON; None for none.

    Args:
        parts: the parts.
    """
    return to_text([[part.first, part.number, *(part.shots or ())] for part in parts]) if parts else None


def parts_from_text(text: str | None) -> tuple[Part, ...]:
    """Return the parts of a text; none for None.

    Args:
        text: what :func:`parts_to_text` has returned.

    Raises:
        ValueError: if it has returned no such.
        TypeError: likewise.
    """
    return tuple(
        Part(first, number, ShotRange(*shots) if shots else None)
        for first, number, *shots in (json.loads(text) if text else ())
    )
