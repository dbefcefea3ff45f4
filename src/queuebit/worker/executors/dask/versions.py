"""Which Python, Qiskit and queuebit a side has: a result must not depend on which of them ran it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

PACKAGES = ("qiskit", "queuebit")


class Versions(NamedTuple):
    """The versions of a side; ``"unknown"`` for what was put there without being installed.

    Attributes:
        python: major and minor.
        qiskit: the whole version.
        queuebit: likewise.
    """

    python: str
    qiskit: str
    queuebit: str

    @classmethod
    def from_dask(cls, found: Mapping[str, Any]) -> Self:
        """Return the versions in what ``distributed.versions.get_versions(PACKAGES)`` has found.

        Args:
            found: that.
        """
        packages = found["packages"]
        packages = packages if isinstance(packages, Mapping) else dict(packages)
        python = ".".join(str(packages["python"]).split(".")[:2])
        return cls(python, *(str(packages.get(name) or "unknown") for name in PACKAGES))

    def __str__(self) -> str:
        return f"Python {self.python}, Qiskit {self.qiskit}, queuebit {self.queuebit}"


def refusal(cluster: str, here: Versions, there: Mapping[str, str]) -> str:
    """Return why none of a cluster's workers is given work.

    Args:
        cluster: its address.
        here: the versions on this side.
        there: by each worker's address, its versions or what is wrong.
    """
    lines = [f"no worker of the Dask cluster at {cluster} fits this service, because they have other versions:"]
    lines += [f"  this service: {here}", *(f"  {address}: {what}" for address, what in there.items())]
    return "\n".join([*lines, "Install the same versions on both sides."])
