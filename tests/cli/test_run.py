"""``queuebit run``: what it shows, and what it writes."""

import json
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qpy
from qiskit.circuit import Clbit, Qubit

from queuebit.providers.basic_provider import BasicSimulator

Call = Callable[..., Result]
Document = Callable[..., dict[str, Any]]


def save(name: str, *circuits: QuantumCircuit) -> None:
    with Path(name).open("wb") as stream:
        qpy.dump(list(circuits), stream)


# Tables


def test_counts_are_a_table_with_the_most_frequent_first(queuebit: Call, folder: Path) -> None:
    (folder / "biased.qasm").write_text(
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; rx(2) q[0]; rx(0.5) q[1]; measure q -> c;'
    )
    lines = queuebit("run", "biased.qasm", "--seed", "1").stdout.splitlines()
    rows = [line.split() for line in lines if re.match(r"[01]{2} ", line)]
    shots = [int(row[1]) for row in rows]
    assert rows[0][0] == "01"
    assert shots == sorted(shots, reverse=True)
    assert sum(shots) == 1024
    bars = [row[-1] for row in rows]
    assert set(bars[0]) == {"█"}
    assert [len(bar) for bar in bars] == sorted((len(bar) for bar in bars), reverse=True)


def test_shots_and_seed_are_shown_so_that_the_run_can_be_repeated(queuebit: Call) -> None:
    first = queuebit("run", "bell.qasm", "--shots", "2000").stdout
    match = re.search(r"2,000 shots; repeat with --seed (\d+)", first)
    assert match
    again = queuebit("run", "bell.qasm", "--shots", "2000", "--seed", match[1]).stdout
    assert [line for line in again.splitlines() if "█" in line] == [line for line in first.splitlines() if "█" in line]


def test_outcomes_of_several_registers_stand_below_their_names(queuebit: Call, folder: Path) -> None:
    (folder / "two.qasm").write_text(
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg one[1]; creg two[2]; x q[0]; measure q[0] -> one[0];'
    )
    lines = queuebit("run", "two.qasm").stdout.splitlines()
    assert lines[1].startswith("two one")
    assert lines[3].startswith("00 1 ")


def test_a_circuit_without_measurement_warns_on_one_line_and_shows_no_counts(queuebit: Call, folder: Path) -> None:
    (folder / "bare.qasm").write_text('OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; h q[0];')
    result = queuebit("run", "bare.qasm")
    assert result.exit_code == 0
    assert "no measurements" in result.stdout
    (line,) = result.stderr.splitlines()
    assert line.startswith('warning: No measurements in circuit "bare"')


def test_amplitudes_are_shown_the_largest_first(queuebit: Call) -> None:
    circuit = QuantumCircuit(2)
    circuit.ry(1.0, 0)
    circuit.s(0)
    save("state.qpy", circuit)
    lines = queuebit("run", "state.qpy", "--backend", "statevector_simulator").stdout.splitlines()
    assert lines[3].split()[:3] == ["|00⟩", "0.8776+0.0000j", "77.0"]
    assert lines[4].split()[:3] == ["|01⟩", "0.0000+0.4794j", "23.0"]


def test_a_unitary_is_shown_as_a_matrix(queuebit: Call) -> None:
    circuit = QuantumCircuit(1)
    circuit.h(0)
    save("u.qpy", circuit)
    lines = queuebit("run", "u.qpy", "--backend", "unitary_simulator").stdout.splitlines()
    assert lines[2].split() == ["0", "0.7071", "0.7071"]
    assert lines[3].split() == ["1", "0.7071", "-0.7071"]


def test_memory_is_shown_only_when_asked_for(queuebit: Call) -> None:
    assert "shot by shot: 1 1 1" in queuebit("run", "flip.qasm", "--memory", "--shots", "3").stdout
    assert "shot by shot" not in queuebit("run", "flip.qasm", "--shots", "3").stdout


def test_an_option_that_the_backend_has_not_is_warned_about_by_its_own_name(queuebit: Call) -> None:
    save("u.qpy", QuantumCircuit(1))
    result = queuebit("run", "u.qpy", "--backend", "unitary_simulator", "--seed", "1")
    assert "warning: --seed has no effect" in result.stderr


def test_control_characters_in_a_file_s_names_reach_no_terminal(queuebit: Call) -> None:
    save("evil.qpy", QuantumCircuit(1, 1, name="\x1b[31mred\x07 [bold]"))
    output = queuebit("run", "evil.qpy").output
    assert "\x1b" not in output
    assert "\x07" not in output
    assert "[bold]" in output


@pytest.mark.parametrize("program", ["bit d; bit[2] c;", "bit[2] c; bit d;"])
def test_a_single_bit_beside_a_register_is_shown_by_its_name(document: Document, folder: Path, program: str) -> None:
    text = f'OPENQASM 3.0; include "stdgates.inc"; qubit q; {program} x q; d = measure q; c[1] = measure q;'
    (folder / "bits.qasm").write_text(text)
    (found,) = document("run", "bits.qasm")["circuits"]
    assert found["counts"] == {"10 1" if program.startswith("bit d") else "1 10": 1024}


def test_bits_without_a_register_and_shared_ones_are_shown_right(document: Document) -> None:
    circuit = QuantumCircuit([Qubit()], ClassicalRegister(3, "c"), [Clbit(), Clbit()])
    circuit.add_register(ClassicalRegister(bits=circuit.clbits[1:3], name="alias"))
    circuit.x(0)
    circuit.measure([0, 0], [0, 3])
    save("bits.qpy", circuit)
    (found,) = document("run", "bits.qpy", "--memory", "--shots", "2")["circuits"]
    assert found["counts"] == {"01 001": 2}
    assert found["memory"] == ["01 001"] * 2


def test_outcomes_are_those_of_qiskit(document: Document) -> None:
    registers = [ClassicalRegister(size, name) for name, size in (("a", 2), ("b", 1), ("c", 3))]
    circuit = QuantumCircuit(QuantumRegister(6), *registers)
    circuit.h(range(6))
    circuit.measure(range(6), [3, 1, 5, 0, 2, 4])
    save("many.qpy", circuit)
    (found,) = document("run", "many.qpy", "--seed", "1")["circuits"]
    expected = BasicSimulator().run(circuit, seed_simulator=1).result().get_counts()
    assert found["counts"] == dict(expected)


# JSON


def test_json_holds_everything(document: Document) -> None:
    found = document("run", "bell.qasm", "flip.qasm", "--seed", "5", "--shots", "100", "--memory")
    assert {key: found[key] for key in ("version", "backend", "status", "exit_code", "shots", "seed")} == {
        "version": 1,
        "backend": "basic_simulator",
        "status": "DONE",
        "exit_code": 0,
        "shots": 100,
        "seed": 5,
    }
    assert found["error"] is None
    assert found["warnings"] == []
    bell, flip = found["circuits"]
    assert (bell["index"], bell["name"], bell["file"], bell["status"]) == (0, "bell", "bell.qasm", "DONE")
    assert sum(bell["counts"].values()) == 100
    assert {outcome: bell["memory"].count(outcome) for outcome in bell["counts"]} == bell["counts"]
    assert flip["counts"] == {"1": 100}
    assert flip["memory"] == ["1"] * 100
    assert flip["time_taken_s"] > 0
    assert flip["engine"] == flip["metadata"]["engine"]


def test_json_leaves_out_what_was_not_asked_for(document: Document) -> None:
    (flip,) = document("run", "flip.qasm")["circuits"]
    assert not {"memory", "statevector", "unitary"} & flip.keys()


def test_json_has_complex_numbers_as_pairs(document: Document) -> None:
    circuit = QuantumCircuit(1)
    circuit.sx(0)
    save("sx.qpy", circuit)
    (state,) = document("run", "sx.qpy", "--backend", "statevector_simulator")["circuits"]
    assert state["statevector"] == [pytest.approx([0.5, 0.5]), pytest.approx([0.5, -0.5])]
    (unitary,) = document("run", "sx.qpy", "--backend", "unitary_simulator")["circuits"]
    assert unitary["unitary"][1] == [pytest.approx([0.5, -0.5]), pytest.approx([0.5, 0.5])]


def test_json_holds_the_warnings(document: Document) -> None:
    save("bare.qpy", QuantumCircuit(1, name="bare"))
    (warning,) = document("run", "bare.qpy")["warnings"]
    assert "No measurements" in warning


def test_a_circuit_that_fails_is_named_and_the_others_are_there(document: Document) -> None:
    found = document("run", "flip.qasm", "failing.qasm", "bell.qasm")
    assert found["exit_code"] == 1
    assert found["status"] == "ERROR"
    assert [circuit["status"] for circuit in found["circuits"]] == ["DONE", "ERROR", "DONE"]
    assert "by zero" in found["circuits"][1]["message"]
    assert found["circuits"][0]["counts"] == {"1": 1024}
    error = found["error"]
    assert (error["kind"], error["circuit_index"], error["circuit_name"], error["file"]) == (
        "circuit_failed",
        1,
        "failing",
        "failing.qasm",
    )
    assert "by zero" in error["message"]


def test_a_circuit_that_fails_is_shown_beside_the_others(queuebit: Call) -> None:
    result = queuebit("run", "flip.qasm", "failing.qasm")
    assert result.exit_code == 1
    assert re.search(r"^1 +1,024 +100.0 % ", result.stdout, re.MULTILINE)
    assert re.search(r"failing  failing\.qasm  ERROR  .*by zero", result.stdout)
    assert "circuit 1 ('failing')" in result.stderr
    assert "1 of 2 circuits finished" in result.stderr


def test_a_timeout_cancels_and_shows_what_had_finished(document: Document) -> None:
    found = document("run", "flip.qasm", "endless.qasm", "--timeout", "0.3")
    assert found["exit_code"] == 124
    assert found["error"]["kind"] == "timeout"
    assert [circuit["status"] for circuit in found["circuits"]] == ["DONE", "CANCELLED"]
    assert found["circuits"][0]["counts"] == {"1": 1024}


def test_a_timeout_that_is_not_reached_changes_nothing(document: Document) -> None:
    assert document("run", "flip.qasm", "--timeout", "1e9")["exit_code"] == 0


# Standard input


def test_standard_input_is_read_as_text_and_as_qpy(document: Document, folder: Path) -> None:
    (found,) = document("run", "-", stdin=(folder / "flip.qasm").read_text())["circuits"]
    assert (found["name"], found["file"], found["counts"]) == ("stdin", "<stdin>", {"1": 1024})
    circuit = QuantumCircuit(1, 1, name="from qpy")
    circuit.measure(0, 0)
    save("in.qpy", circuit)
    (found,) = document("run", "-", stdin=(folder / "in.qpy").read_bytes())["circuits"]
    assert (found["name"], found["counts"]) == ("from qpy", {"0": 1024})


# Files that are written


def test_output_is_the_json_document_beside_the_tables(queuebit: Call, folder: Path) -> None:
    result = queuebit("run", "flip.qasm", "--output", "result.json")
    assert "flip.qasm" in result.stdout
    assert json.loads((folder / "result.json").read_text())["circuits"][0]["counts"] == {"1": 1024}


def test_output_is_written_when_a_circuit_fails(queuebit: Call, folder: Path) -> None:
    assert queuebit("run", "failing.qasm", "--output", "result.json").exit_code == 1
    assert json.loads((folder / "result.json").read_text())["error"]["circuit_name"] == "failing"


def test_output_replaces_a_file_whole_and_keeps_its_mode(queuebit: Call, folder: Path) -> None:
    old = folder / "result.json"
    old.write_text("old")
    old.chmod(0o640)
    before = set(folder.iterdir())
    queuebit("run", "flip.qasm", "--output", "result.json")
    assert json.loads(old.read_text())["status"] == "DONE"
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert set(folder.iterdir()) == before


def test_output_through_a_link_replaces_what_it_points_to(queuebit: Call, folder: Path) -> None:
    (folder / "real.json").write_text("old")
    (folder / "link.json").symlink_to("real.json")
    queuebit("run", "flip.qasm", "--output", "link.json")
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "real.json").read_text())["status"] == "DONE"


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_plot_draws_a_picture_of_the_format_that_its_name_says(queuebit: Call, folder: Path, suffix: str) -> None:
    result = queuebit("run", "bell.qasm", "flip.qasm", "--plot", f"counts.{suffix}")
    assert result.exit_code == 0
    assert result.stderr == ""
    magic = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert (folder / f"counts.{suffix}").read_bytes().startswith(magic)


def test_plot_draws_probabilities_failures_and_very_many_outcomes(queuebit: Call, folder: Path) -> None:
    circuit = QuantumCircuit(8, name="uniform $x^2")
    circuit.h(range(8))
    save("uniform.qpy", circuit)
    assert queuebit("run", "uniform.qpy", "--plot", "a.png", "--backend", "statevector_simulator").stderr == ""
    wide = QuantumCircuit(8, 300, name="wide")
    wide.h(range(8))
    wide.measure(range(8), range(292, 300))
    save("wide.qpy", wide)
    result = queuebit("run", "failing.qasm", "wide.qpy", "--plot", "b.png")
    assert result.exit_code == 1
    assert "warning" not in result.stderr
    assert (folder / "b.png").stat().st_size > 1000


def test_plot_without_matplotlib_names_the_cure_before_anything_runs(
    queuebit: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "matplotlib" else object())
    result = queuebit("run", "endless.qasm", "--plot", "counts.png")
    assert result.exit_code == 2
    assert "pip install 'queuebit[plot]'" in result.stderr


# Bad input, before anything runs


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--shots", "0"], "--shots must be a whole number, 1 or more; got '0'"),
        (["--shots", "-5"], "--shots must be a whole number"),
        (["--shots", "2.5"], "--shots must be a whole number"),
        (["--shots", "many"], "--shots must be a whole number"),
        (["--seed", "-1"], "--seed must be a whole number, 0 or more"),
        (["--seed", "1.5"], "--seed must be a whole number"),
        (["--seed", str(2**63)], "--seed must be at most"),
        (["--timeout", "nan"], "--timeout must be a number of seconds greater than 0; got 'nan'"),
        (["--timeout", "0"], "--timeout must be"),
        (["--timeout", "-1"], "--timeout must be"),
        (["--timeout", "inf"], "--timeout must be"),
        (["--timeout", "soon"], "--timeout must be"),
        (["--backend", "ibm_moon"], "basic_simulator"),
        (["--output", "nowhere/result.json"], "there is no folder"),
        (["--output", "."], "is a folder"),
        (["--output", "-"], "--json prints"),
        (["--output", "endless.qasm"], "would replace a circuit"),
        (["--plot", "counts.bmp"], ".png, .svg, .pdf"),
        (["--plot", "a.png", "--output", "./a.png"], "the same file"),
        (["--plot", "a.png", "--backend", "unitary_simulator"], "returns a matrix"),
        (["--nonsense"], "--nonsense"),
        (["missing.qasm"], "missing.qasm: there is no such file"),
    ],
)
def test_bad_options_are_refused_with_exit_code_2(queuebit: Call, args: list[str], message: str) -> None:
    result = queuebit("run", "endless.qasm", *args)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) >= 2, "there is no cure"
    assert result.stdout == ""


def test_run_without_a_file_is_refused(queuebit: Call) -> None:
    result = queuebit("run")
    assert result.exit_code == 2
    assert "missing argument 'FILE...'" in result.stderr


def test_an_error_in_a_file_is_shown_with_its_place_the_line_and_a_caret(queuebit: Call, folder: Path) -> None:
    (folder / "wrong.qasm").write_text('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n\tfoo q[0];\n')
    lines = queuebit("run", "bell.qasm", "wrong.qasm").stderr.splitlines()
    assert lines == [
        "wrong.qasm:4:2: 'foo' is not defined in this scope",
        "    foo q[0];",
        "    ^",
        "Check the spelling, or define it above this line.",
    ]


def test_bad_input_with_json_is_a_document_too(document: Document, folder: Path) -> None:
    (folder / "wrong.qasm").write_text("OPENQASM 2.0;\nnonsense\n")
    error = document("run", "wrong.qasm")["error"]
    assert (error["kind"], error["file"], error["line"]) == ("bad_input", "wrong.qasm", 2)
    assert error["message"]
    assert error["cure"]
    assert document("run", "flip.qasm", "--shots", "0")["error"]["file"] is None
    assert document("run", "--nonsense")["circuits"] == []


def test_what_the_backend_refuses_is_reported_with_the_circuit_s_file(document: Document) -> None:
    save("fine.qpy", QuantumCircuit(1, 1, name="fine"))
    huge = QuantumCircuit(60, 1, name="huge")
    huge.t(0)
    save("huge.qpy", huge)
    found = document("run", "fine.qpy", "huge.qpy")
    assert found["exit_code"] == 2
    assert found["error"]["file"] == "huge.qpy"
    assert "60 qubits" in found["error"]["message"]


def test_an_unknown_instruction_is_named_with_its_qubits_and_a_cure(queuebit: Call, folder: Path) -> None:
    (folder / "opaque.qasm").write_text("OPENQASM 2.0; opaque magic a, b; qreg q[3]; magic q[2], q[0];")
    result = queuebit("run", "opaque.qasm")
    assert result.exit_code == 2
    assert "opaque.qasm: " in result.stderr
    assert "'magic'" in result.stderr
    assert "[2, 0]" in result.stderr
    assert "Define it as a gate" in result.stderr


def test_an_unknown_command_is_refused(queuebit: Call) -> None:
    result = queuebit("walk")
    assert result.exit_code == 2
    assert "walk" in result.stderr
