"""What fits into the memory, and how it is refused."""

from types import SimpleNamespace

import psutil
import pytest

from queuebit.engines import InsufficientMemoryError, memory
from queuebit.engines.memory import available_bytes, format_bytes, require_bytes

GIB = 2**30
RESERVE = 256 * 2**20


@pytest.fixture(autouse=True)
def _no_cgroup(monkeypatch):
    monkeypatch.setattr(memory, "_CGROUPS", ())


def free(monkeypatch, size_bytes):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=size_bytes))


def cgroup(monkeypatch, folder, limit, usage, inactive_file=0):
    (folder / "limit").write_text(f"{limit}\n")
    (folder / "usage").write_text(f"{usage}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {inactive_file}\n")
    monkeypatch.setattr(memory, "_CGROUPS", ((folder, "limit", "usage"),))


def test_a_reserve_is_left_to_the_system(monkeypatch):
    free(monkeypatch, 3 * GIB)
    assert available_bytes() == 3 * GIB - RESERVE


def test_available_memory_is_never_negative(monkeypatch):
    free(monkeypatch, 1000)
    assert available_bytes() == 0


def test_limit_of_the_container_counts(monkeypatch, tmp_path):
    free(monkeypatch, 100 * GIB)
    cgroup(monkeypatch, tmp_path, limit=4 * GIB, usage=3 * GIB, inactive_file=GIB)
    assert available_bytes() == 2 * GIB - RESERVE


def test_system_counts_when_the_container_allows_more(monkeypatch, tmp_path):
    free(monkeypatch, 3 * GIB)
    cgroup(monkeypatch, tmp_path, limit=400 * GIB, usage=GIB)
    assert available_bytes() == 3 * GIB - RESERVE


def test_container_without_a_limit_is_no_limit(monkeypatch, tmp_path):
    free(monkeypatch, 3 * GIB)
    cgroup(monkeypatch, tmp_path, limit="max", usage=GIB)
    assert available_bytes() == 3 * GIB - RESERVE


def test_what_does_not_fit_is_refused_with_both_figures(monkeypatch):
    free(monkeypatch, 2 * GIB + RESERVE)
    with pytest.raises(InsufficientMemoryError, match=r"my run needs about 3.0 GiB .*, 2.0 GiB are free") as raised:
        require_bytes(3 * GIB, "my run")
    assert "fewer qubits or shots" in str(raised.value)
    assert isinstance(raised.value, MemoryError)


def test_what_fits_is_not_refused(monkeypatch):
    free(monkeypatch, 2 * GIB + RESERVE)
    require_bytes(2 * GIB, "my run")


def test_small_runs_never_ask_the_system(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: pytest.fail("asked"))
    require_bytes(2**20, "my run")


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1536, "1.5 KiB"),
        (GIB, "1.0 GiB"),
        (2**60 * 3, "3.0 EiB"),
        (2**90, "2^20 ZiB"),
        (2**5000, "2^4930 ZiB"),
    ],
)
def test_sizes_are_written_for_people(size_bytes, text):
    assert format_bytes(size_bytes) == text
