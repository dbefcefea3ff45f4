"""How much memory there is, and refusing what can't fit."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from queuebit.engines.exceptions import InsufficientMemoryError

# Left to everything else on the machine when judging what fits. A guess.
_RESERVE_BYTES = 256 * 2**20

# Below this nobody asks the system: the question takes longer than small runs.
_ALWAYS_FITS_BYTES = 64 * 2**20

# Of cgroups in version 2 and 1: the folder, the limit, the usage.
_CGROUPS = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.current"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes"),
)


def available_bytes() -> int:
    """Return how much memory a run may use now: what the system and the container leave, less a reserve."""
    free = [int(psutil.virtual_memory().available), *_cgroup_left()]
    return max(0, min(free) - _RESERVE_BYTES)


def machine_bytes() -> int:
    """Return how much memory a run could use if nothing else did: all of the machine or container, less a reserve."""
    return max(0, min([int(psutil.virtual_memory().total), *_cgroup_limits()]) - _RESERVE_BYTES)


def require_bytes(needed_bytes: int, what: str) -> None:
    """Refuse what doesn't fit.

    Args:
        needed_bytes: the estimate.
        what: what needs it, to begin the error's sentence.

    Raises:
        InsufficientMemoryError: with both figures, if it doesn't fit into :func:`available_bytes`.
    """
    _require(needed_bytes, what, available_bytes, "{} are free.")


def require_machine(needed_bytes: int, what: str) -> None:
    """Refuse what will never fit, however little else needs memory.

    Args:
        needed_bytes: the estimate.
        what: what needs it, to begin the error's sentence.

    Raises:
        InsufficientMemoryError: with both figures, if it doesn't fit into :func:`machine_bytes`.
    """
    _require(needed_bytes, what, machine_bytes, "this machine has {} for it.")


def _require(needed_bytes: int, what: str, limit_bytes: Callable[[], int], limit_text: str) -> None:
    if needed_bytes <= _ALWAYS_FITS_BYTES:
        return
    limit = limit_bytes()
    if needed_bytes > limit:
        raise InsufficientMemoryError(
            f"{what} needs about {format_bytes(needed_bytes)} of memory, {limit_text.format(format_bytes(limit))} "
            "Use fewer qubits or shots, or a machine with more memory."
        )


def format_bytes(size_bytes: int) -> str:
    """Return a size for people, such as ``'1.5 GiB'``; any size, also one that no float holds."""
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB")
    power = max(0, (size_bytes.bit_length() - 1) // 10)
    if power == 0:
        return f"{size_bytes} bytes"
    if power < len(units):
        return f"{size_bytes / 1024**power:.1f} {units[power]}"
    return f"2^{size_bytes.bit_length() - 1 - 70} ZiB"


def _cgroup_limits() -> list[int]:
    limits = []
    for folder, limit_file, _ in _CGROUPS:
        with suppress(OSError, ValueError):  # no such controller, or the limit is "max"
            limits.append(int((folder / limit_file).read_text()))
    return limits


def _cgroup_left() -> list[int]:
    left = []
    for folder, limit_file, usage_file in _CGROUPS:
        try:
            limit, usage = (int((folder / name).read_text()) for name in (limit_file, usage_file))
            statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):  # no such controller, or the limit is "max"
            continue
        # File cache counts as usage, but is given back when memory is needed.
        left.append(limit - usage + int(statistics.get("inactive_file", 0)))
    return left
