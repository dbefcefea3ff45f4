"""The result of a circuit from those of its shots."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from qiskit.result.models import ExperimentResult, ExperimentResultData

from queuebit.codec.exceptions import CodecError
from queuebit.codec.shot_data import ShotData, Shots
from queuebit.codec.shot_list import ShotList, pack_shots

_COUNTS = {"counts"}


@dataclass(frozen=True, slots=True)
class JoinedShots:
    """The shots of several runs, one run after another.

    Attributes:
        runs: the memory of each.
    """

    runs: Sequence[Shots | list[str]]

    def unpacked(self) -> list[str]:
        """Return the outcome of each shot.

        Raises:
            CodecError: if a memory is damaged.
        """
        return list(chain.from_iterable(run if isinstance(run, list) else run.unpacked() for run in self.runs))

    def packed(self) -> ShotList | None:
        """Return the memory as it is stored."""
        return pack_shots(self.unpacked())


@dataclass(slots=True)
class RunOfShots:
    """What is in the result of some of a circuit's shots beside what all of them have in common.

    Attributes:
        shots: how many.
        success: whether all went well.
        time_s: how long the run took.
        memory: the outcome of each shot; None if there is none.
        data: all other data, such as counts, by their names.
    """

    shots: int
    success: bool
    time_s: float
    memory: Shots | list[str] | None
    data: dict[str, Any]


def run_of(result: ExperimentResult) -> RunOfShots:
    """Return what is in a result that was never stored.

    Args:
        result: the result.
    """
    fields = {name: value for name, value in vars(result.data).items() if not name.startswith("_")}
    memory = fields.pop("memory", None)
    if isinstance(result.data, ShotData):
        memory = result.data.shots()
    time_s = float(getattr(result, "time_taken", 0.0) or 0.0)
    return RunOfShots(result.shots, result.success, time_s, memory, fields)


def merged(first: ExperimentResult, rest: Iterable[RunOfShots], what: str) -> ExperimentResult:
    """Return the result of all shots from those of some: counts are added up, memories put one after another.

    Each is let go of before the next one is taken: through thousands of them at a time, Python would search for garbage
    again and again, for as long as all the rest takes.

    Args:
        first: the result of the first shots. Seed, header and metadata are of this one.
        rest: those of the others, in the order of their shots.
        what: whose they are, to begin an error's sentence.

    Raises:
        CodecError: if their data has something beside counts and memory that differs.
    """
    merging = _Merging(run_of(first))
    for other in rest:
        merging.add(other, what)
    return merging.result(first)


class _Merging:
    """What there is of the results so far."""

    def __init__(self, first: RunOfShots) -> None:
        self._data = first.data
        self._has_memory = first.memory is not None
        self._counts: dict[str, int] = {}
        self._memories: list[Shots | list[str]] = []
        self._num_shots, self._is_good, self._time_s = 0, True, 0.0
        self._take(first)

    def add(self, other: RunOfShots, what: str) -> None:
        differing = _differing(self._data, other.data)
        if (other.memory is not None) != self._has_memory:
            differing.add("memory")
        if differing:
            raise CodecError(f"{what} can't be put together from parts: they differ in {', '.join(sorted(differing))}")
        self._take(other)

    def _take(self, run: RunOfShots) -> None:
        total = self._counts
        for outcome, number in run.data.get("counts", {}).items():
            total[outcome] = total.get(outcome, 0) + number
        if run.memory is not None:
            self._memories.append(run.memory)
        self._num_shots += run.shots
        self._is_good = self._is_good and run.success
        self._time_s += run.time_s

    def result(self, first: ExperimentResult) -> ExperimentResult:
        facts = _facts(first) | {"shots": self._num_shots, "success": self._is_good, "time_taken": self._time_s}
        data = dict(self._data)
        if "counts" in data:
            data["counts"] = _in_order(self._counts)
        if not self._has_memory:
            return ExperimentResult(data=ExperimentResultData(**data), **facts)
        return ExperimentResult(data=ShotData(JoinedShots(self._memories), **data), **facts)


def _differing(data: Mapping[str, Any], others: Mapping[str, Any]) -> set[str]:
    """Return the names of what isn't the same here and there, and not counts that are on both sides."""
    if data.keys() == others.keys() == _COUNTS:
        return set()
    shared = data.keys() & others.keys()
    return (data.keys() ^ others.keys()) | {name for name in shared - _COUNTS if not _is_same(data[name], others[name])}


def _facts(result: ExperimentResult) -> dict[str, Any]:
    """Return all there is of a result beside its data."""
    bare = copy.copy(result)
    bare.data = ExperimentResultData()
    facts: dict[str, Any] = bare.to_dict()
    del facts["data"]
    return facts


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    # Hexadecimal numbers by their values, and any other text that a backend may have for an outcome in some order.
    return dict(sorted(counts.items(), key=lambda entry: (len(entry[0]), entry[0])))


def _is_same(value: object, other: object) -> bool:
    if isinstance(value, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(np.asarray(value), np.asarray(other))
    return value == other
