"""``--method``, ``--precision`` and ``--threads``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from queuebit.cli import run
from queuebit.engines import choosing, list_engines

Call = Callable[..., Result]
Document = Callable[..., dict[str, Any]]

NATIVE = {info.name: info.available for info in list_engines()}["statevector"]
needs_core = pytest.mark.skipif(not NATIVE, reason="no native core was built here")


def test_the_names_are_those_of_the_engines() -> None:
    assert list(run.METHODS) == list(choosing.Method)
    assert list(run.PRECISIONS) == list(choosing.Precision)
    assert run.MAX_THREADS == choosing.MAX_THREADS


@pytest.mark.parametrize("method", ["clifford", "reference", pytest.param("statevector", marks=needs_core)])
def test_the_method_that_was_asked_for_runs(document: Document, queuebit: Call, method: str) -> None:
    found = document("run", "bell.qasm", "--method", method)
    assert found["circuits"][0]["engine"] == method
    assert f"{method} engine" in queuebit("run", "bell.qasm", "--method", method).stdout


def test_a_wide_clifford_circuit_runs_without_being_asked_for(document: Document, folder: Path) -> None:
    gates = "".join(f"cx q[{qubit}], q[{qubit + 1}];" for qubit in range(299))
    (folder / "ghz.qasm").write_text(
        f'OPENQASM 2.0; include "qelib1.inc"; qreg q[300]; creg c[300]; h q[0]; {gates} measure q -> c;'
    )
    (found,) = document("run", "ghz.qasm")["circuits"]
    assert found["engine"] == "clifford"
    assert found["counts"].keys() == {"0" * 300, "1" * 300}


@needs_core
def test_single_precision_is_shown(document: Document, queuebit: Call) -> None:
    assert "single precision" in queuebit("run", "bell.qasm", "--precision", "single", "--threads", "2").stdout
    assert "precision" not in queuebit("run", "bell.qasm").stdout
    (found,) = document("run", "bell.qasm", "--precision", "single")["circuits"]
    assert found["metadata"]["precision"] == "single"


@pytest.mark.parametrize(
    ("option", "value", "wanted"),
    [
        ("--method", "stabilizer", "must be one of automatic, statevector, clifford, reference; got 'stabilizer'"),
        ("--precision", "half", "must be one of double, single; got 'half'"),
        ("--threads", "0", "must be a whole number from 1 to 1024; got '0'"),
        ("--threads", "1025", "must be a whole number from 1 to 1024; got '1025'"),
        ("--threads", "two", "must be a whole number from 1 to 1024; got 'two'"),
    ],
)
def test_a_value_that_can_not_be_is_refused_by_the_option_s_name(
    queuebit: Call, option: str, value: str, wanted: str
) -> None:
    result = queuebit("run", "bell.qasm", option, value)
    assert result.exit_code == 2
    assert f"{option} {wanted}" in result.stderr


def test_a_method_that_can_not_take_the_circuit_says_why_and_what_to_do(queuebit: Call, folder: Path) -> None:
    (folder / "tee.qasm").write_text(
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q; t q[1]; measure q -> c;'
    )
    result = queuebit("run", "tee.qasm", "--method", "clifford")
    assert result.exit_code == 2
    assert "tee.qasm: method 'clifford': circuit 'tee' has 't' on qubits [1]" in result.stderr
    assert "leave the method out, or use 'statevector'" in result.stderr
