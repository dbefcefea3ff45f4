"""``queuebit backends`` and ``queuebit info``."""

import json
from collections.abc import Callable

import pytest
import qiskit
from click.testing import Result

import queuebit as package
from queuebit.engines import EngineInfo
from queuebit.registry import backend_names

Call = Callable[..., Result]


def test_backends_are_listed_with_what_they_return_and_how_many_qubits_fit(queuebit: Call) -> None:
    result = queuebit("backends")
    assert result.exit_code == 0
    for name in backend_names():
        assert name in result.stdout
    assert "statevector" in result.stdout
    assert "up to" in result.stdout
    assert "memory that are free" in result.stdout


def test_backends_as_json(queuebit: Call) -> None:
    found = json.loads(queuebit("backends", "--json").stdout)
    assert found["version"] == 1
    assert found["free_memory_bytes"] > 0
    by_name = {entry["name"]: entry for entry in found["backends"]}
    assert tuple(by_name) == backend_names()
    assert by_name["unitary_simulator"]["returns"] == "unitary"
    assert 5 < by_name["unitary_simulator"]["max_qubits"] < by_name["basic_simulator"]["max_qubits"]
    assert all(entry["description"] for entry in by_name.values())


def test_info_shows_versions_machine_and_engines(queuebit: Call) -> None:
    output = queuebit("info").stdout
    for text in (package.__version__, qiskit.__version__, "NumPy", "Python", "cores", "memory", "engine reference"):
        assert text in output


def test_info_as_json(queuebit: Call) -> None:
    found = json.loads(queuebit("info", "--json").stdout)
    assert found["qiskit"] == qiskit.__version__
    assert found["cores"] >= 1
    assert 0 < found["free_memory_bytes"] < found["memory_bytes"]
    assert {"name", "available", "reason", "description"} == found["engines"][0].keys()


def test_info_says_why_an_engine_cannot_be_used(queuebit: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = EngineInfo("native", False, "no C++ compiler built it", "fast")
    monkeypatch.setattr("queuebit.engines.list_engines", lambda: [missing])
    assert "not available: no C++ compiler built it" in queuebit("info").stdout
