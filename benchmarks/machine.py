"""What the figures were measured on."""

import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

import queuebit
from queuebit.providers.local_executor import available_cores

PACKAGES = ("qiskit", "numpy", "stim", "qiskit-aer", "qsimcirq", "cirq-core", "qulacs")
"""Whose versions are told, if they are installed."""

QUIET_PERCENT = 15.0
"""When others use more of the machine, the figures say more about them. A guess."""

_LISTEN_S = 1.0


def describe() -> dict[str, Any]:
    """Return the machine, the date and all versions, as JSON can hold them."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": available_cores(),
        "simd": _simd(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "os": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": {"queuebit": queuebit.__version__, **dict(_versions(PACKAGES))},
    }


def line(machine: dict[str, Any]) -> str:
    """Return a description in one line, for a table or a chart."""
    packages = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['simd']}, {machine['memory_gib']:g} GiB; "
        f"{machine['os']}; {machine['python']}; {packages}; {machine['date'][:10]}"
    )


def busy_percent() -> float:
    """Return how much of the machine others use now, while this process sleeps."""
    percent: float = psutil.cpu_percent(interval=_LISTEN_S)
    return percent


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for text in information.read_text().splitlines():
            if text.startswith("model name"):
                return text.partition(":")[2].strip()
    if platform.system() == "Darwin":
        query = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine()


def _simd() -> str:
    try:
        from queuebit import _core
    except ImportError:
        return "no native core"
    return str(_core.available_simd()[0])


def _versions(packages: Iterable[str]) -> Iterable[tuple[str, str]]:
    for package in packages:
        try:
            yield package, metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
