"""The result of a circuit from those of its shots."""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from qiskit.result.models import ExperimentResult, ExperimentResultData

from queuebit.codec.exceptions import CodecError
from queuebit.codec.shot_data import ShotData
from queuebit.codec.shot_list import ShotList, pack_shots


@dataclass(frozen=True, slots=True)
class JoinedShots:
    """The shots of several runs, one run after another.

    Attributes:
        runs: their data.
    """

    runs: Sequence[Any]

    def unpacked(self) -> list[str]:
        """Return the outcome of each shot.

        Raises:
            CodecError: if a memory is damaged.
        """
        return list(chain.from_iterable(data.memory for data in self.runs))

    def packed(self) -> ShotList | None:
        """Return the memory as it is stored."""
        return pack_shots(self.unpacked())


def merged(results: Sequence[ExperimentResult], what: str) -> ExperimentResult:
    """Return the result of all shots from those of some: counts are added up, memories put one after another.

    Args:
        results: in the order of their shots, at least one. Seed, header and metadata are those of the first.
        what: whose they are, to begin an error's sentence.

    Raises:
        CodecError: if they have something else that differs.
    """
    first, data = results[0], _without_memory(results[0])
    for other in results[1:]:
        differing = _differing(data, _without_memory(other))
        if _has_memory(other) != _has_memory(first):
            differing.add("memory")
        if differing:
            raise CodecError(f"{what} can't be put together from parts: they differ in {', '.join(sorted(differing))}")
    if "counts" in data:
        data["counts"] = _sum([result.data.counts for result in results])
    facts = _facts(first) | {
        "shots": sum(result.shots for result in results),
        "success": all(result.success for result in results),
        "time_taken": sum(_seconds(result) for result in results),
    }
    if not _has_memory(first):
        return ExperimentResult(data=ExperimentResultData(**data), **facts)
    return ExperimentResult(data=ShotData(JoinedShots([result.data for result in results]), **data), **facts)


def _without_memory(result: ExperimentResult) -> dict[str, Any]:
    return {name: value for name, value in vars(result.data).items() if not name.startswith("_") and name != "memory"}


def _differing(data: Mapping[str, Any], others: Mapping[str, Any]) -> set[str]:
    """Return the names of what isn't the same here and there, and not counts that are on both sides."""
    shared = data.keys() & others.keys()
    return (data.keys() ^ others.keys()) | {
        name for name in shared - {"counts"} if not _is_same(data[name], others[name])
    }


def _has_memory(result: ExperimentResult) -> bool:
    return isinstance(result.data, ShotData) or "memory" in vars(result.data)


def _facts(result: ExperimentResult) -> dict[str, Any]:
    """Return all there is of a result beside its data."""
    bare = copy.copy(result)
    bare.data = ExperimentResultData()
    facts: dict[str, Any] = bare.to_dict()
    del facts["data"]
    return facts


def _sum(all_counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for counts in all_counts:
        total.update(counts)
    # Hexadecimal numbers by their values, and any other text that a backend may have for an outcome in some order.
    return dict(sorted(total.items(), key=lambda entry: (len(entry[0]), entry[0])))


def _seconds(result: ExperimentResult) -> float:
    return float(getattr(result, "time_taken", 0.0) or 0.0)


def _is_same(value: object, other: object) -> bool:
    if isinstance(value, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(np.asarray(value), np.asarray(other))
    return value == other
