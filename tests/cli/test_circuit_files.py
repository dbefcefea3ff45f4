"""Reading circuits: the format is told by the content, and every error says where and what to do."""

import gzip
import io
import warnings
from pathlib import Path

import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.circuit import Parameter
from qiskit.circuit.classical import types
from qiskit.qpy.common import QPY_VERSION
from qiskit.quantum_info import Operator

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.circuit_files import read_circuits

HEADER_2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
HEADER_3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def read(content: str | bytes, name: str = "circuit.txt") -> QuantumCircuit:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    (found,) = read_circuits([name])
    assert found.file == name
    return found.circuit


def refusal(content: str | bytes, name: str = "circuit.txt") -> BadInputError:
    with pytest.raises(BadInputError) as caught:
        read(content, name)
    assert caught.value.cure
    return caught.value


def where(error: BadInputError) -> tuple[str, int | None, int | None]:
    assert error.place is not None
    return error.place.file, error.place.line, error.place.column


def saved(*circuits: QuantumCircuit) -> bytes:
    stream = io.BytesIO()
    qpy.dump(list(circuits), stream)
    return stream.getvalue()


@pytest.fixture
def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2, name="my bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


# What is read


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER_2}qreg q[2]; h q[0]; cx q[0], q[1];",
        f"// first a comment\n\n{HEADER_2}qreg q[2]; h q[0]; cx q[0], q[1];",
        f"{HEADER_3}qubit[2] q; h q[0]; cx q[0], q[1];",
        f"/* a\n comment */ // and one more\n{HEADER_3}qubit[2] q; h q[0]; cx q[0], q[1];",
        'include "stdgates.inc"; qubit[2] q; h q[0]; cx q[0], q[1];',
        'include "qelib1.inc"; qreg q[2]; h q[0]; cx q[0], q[1];',
        f"\ufeff{HEADER_2}qreg q[2]; h q[0]; cx q[0], q[1];",
        f"{HEADER_2}qreg q[2]; h q[0]; cx q[0], q[1];".replace("\n", "\r\n"),
    ],
)
def test_the_format_is_told_by_the_content_whatever_the_name_says(text: str, bell: QuantumCircuit) -> None:
    bell.remove_final_measurements()
    assert Operator(read(text, "circuit.qpy")) == Operator(bell)


def test_openqasm_circuits_are_named_after_their_file() -> None:
    assert read(f"{HEADER_2}qreg q[1];", "my circuit.v2.qasm").name == "my circuit.v2"


def test_a_qpy_file_gives_all_its_circuits_with_their_own_names(bell: QuantumCircuit) -> None:
    other = QuantumCircuit(1, name="other")
    Path("two.qasm").write_bytes(saved(bell, other))
    assert [entry.circuit for entry in read_circuits(["two.qasm"])] == [bell, other]
    assert [entry.circuit.name for entry in read_circuits(["two.qasm"])] == ["my bell", "other"]


@pytest.mark.parametrize("gate", ["u(1,2,3)", "p(1)", "sx", "sxdg", "u0(1)"])
def test_gates_on_one_qubit_of_the_old_wide_qelib1_are_known(gate: str) -> None:
    assert read(f"{HEADER_2}qreg q[2]; {gate} q[0];").size() == 1


@pytest.mark.parametrize("gate", ["cp(1)", "swap", "rzz(1)", "rxx(1)", "csx", "cu(1,2,3,4)", "crx(1)", "cry(1)"])
def test_gates_on_two_qubits_of_the_old_wide_qelib1_are_known(gate: str) -> None:
    assert read(f"{HEADER_2}qreg q[2]; {gate} q[0], q[1];").size() == 1


def test_a_gate_that_a_program_defines_itself_keeps_its_own_definition() -> None:
    circuit = read(
        f"{HEADER_2}// gate swap here is a comment\ngate sx a {{ x a; }} qreg q[2]; sx q[0]; swap q[0], q[1];"
    )
    expected = QuantumCircuit(2)
    expected.x(0)
    expected.swap(0, 1)
    assert Operator(circuit) == Operator(expected)


def test_old_functions_of_openqasm_2_are_known() -> None:
    assert read(f"{HEADER_2}qreg q[1]; rx(acos(0)) q[0];").data[0].params[0] == pytest.approx(1.5707963)


@pytest.mark.parametrize("version", [2, 3])
def test_included_files_are_found_beside_the_file_that_includes_them(version: int, tmp_path: Path) -> None:
    header, register = (HEADER_2, "qreg q[1];") if version == 2 else (HEADER_3, "qubit[1] q;")
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    (tmp_path / "sub" / "outer.inc").write_text('// outer\ninclude "deep/inner.inc";\n')
    (tmp_path / "sub" / "deep" / "inner.inc").write_text(f"OPENQASM {version}.0;\ngate half(t) a {{ rx(t / 2) a; }}\n")
    circuit = read(f'{header}include "outer.inc"; {register} half(pi) q[0];', "sub/main.qasm")
    expected = QuantumCircuit(1)
    expected.rx(3.141592653589793 / 2, 0)
    assert Operator(circuit) == Operator(expected)


# Files that aren't circuits


def test_a_missing_file_is_named() -> None:
    with pytest.raises(BadInputError, match=r"nowhere\.qasm: there is no such file"):
        read_circuits(["nowhere.qasm"])


def test_a_folder_is_refused_with_a_pattern_that_would_do(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInputError, match=r"folder/: this is a folder") as caught:
        read_circuits(["folder/"])
    assert "folder/*.qasm" in caught.value.cure


@pytest.mark.parametrize("content", [b"", b" \n\t\n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert "empty" in refusal(content).message


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(BadInputError, match="can't be read"):
        read_circuits(["a\0b"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", "binary, but not QPY"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "binary, but not QPY"),
        ("OPENQASM 2.0;".encode("utf-16"), "UTF-16"),
    ],
)
def test_binary_junk_is_refused(content: bytes, message: str) -> None:
    assert message in refusal(content).message


def test_a_compressed_file_is_cured_by_unpacking_it() -> None:
    assert "gunzip -c circuit.txt | queuebit run -" in refusal(gzip.compress(b"OPENQASM 2.0;")).cure


def test_text_that_is_not_utf_8_is_refused_at_its_first_wrong_byte() -> None:
    error = refusal("OPENQASM 2.0;\n// gr\xfc\xdfe\n".encode("latin-1"))
    assert "0xfc" in error.message
    assert where(error) == ("circuit.txt", 2, 6)


def test_an_unknown_version_of_openqasm_is_refused() -> None:
    error = refusal("// future\nOPENQASM 4.0;\nqubit q;")
    assert "OPENQASM 4.0" in error.message
    assert where(error) == ("circuit.txt", 2, 1)


def test_prose_is_refused_and_told_that_the_header_is_missing() -> None:
    error = refusal("Dear all,\nplease find attached\n")
    assert where(error)[1] is not None
    assert "doesn't begin with an OPENQASM line" in error.cure


# Errors in OpenQASM 2


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        (f"{HEADER_2}qreg q[2];\n  foo q[0];", "'foo' is not defined", 4, 3),
        (f"{HEADER_2}qreg q[2];\nh q[5];", "index 5 is out-of-range", 4, 5),
        (f"{HEADER_2}qreg q[2]\nh q[1];", "needed ';'", 4, 1),
        (f"{HEADER_2}qreg q[2", "end-of-file", 3, 7),
        (f"{HEADER_2}qreg q[2]; cx q[0], q[0];", "duplicate qubits", 3, 12),
        ("OPENQASM 2.0;\nqreg q[1];\nh q[0];", "'h' is not defined", 3, 1),
        ("OPENQASM 2.1;\nqreg q[1];", "2.1", 1, 10),
        ('OPENQASM 2.0;\n  include "nowhere.inc";', "no file 'nowhere.inc'", 2, 3),
    ],
)
def test_errors_in_openqasm_2_have_line_and_column(text: str, message: str, line: int, column: int) -> None:
    error = refusal(text)
    assert message in error.message
    assert where(error) == ("circuit.txt", line, column)


def test_a_standard_gate_without_the_include_is_cured_by_the_include() -> None:
    assert 'include "qelib1.inc";' in refusal("OPENQASM 2.0;\nqreg q[1];\nh q[0];").cure


def test_a_panic_of_the_native_parser_is_an_error_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    error = refusal("OPENQASM 2.0;\nqreg q[99999999999999999999999];")
    assert "OpenQASM 2" in error.message
    assert capfd.readouterr() == ("", "")


# Errors in OpenQASM 3


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        (f"{HEADER_3}qubit q\nh q;", "expected ';' before 'h'", 4, 1),
        (f"{HEADER_3}qubit q;\nU(", "unexpected end of the file", 4, 3),
        (f"{HEADER_3}qubit q;\n  `", "'`'", 4, 3),
        (f"{HEADER_3}qubit q;\nfor int i in 1:3 {{ h q; }}", "unexpected ':'", 4, 15),
        (f"{HEADER_3}qubit q;\n  break;", "'break' statement outside loop", 4, 3),
        (f"{HEADER_3}qubit q;\n  foo q;", "gate 'foo' is not defined", 4, 3),
        (f"{HEADER_3}qubit q;\nbit c;\ne[0] = measure q;", "Undefined symbol 'e'", 5, 1),
        (f"{HEADER_3}qubit[2] q;\nh q[5];", "index out of range", 4, 1),
        (f"{HEADER_3}qubit[2] q;\nif (true) {{\n  cx q[0], q[0];\n}}", "duplicate", 5, 3),
        (f"{HEADER_3}qubit q;\nrx q;", "gate 'rx' takes 1 parameter, but got 0", 4, 1),
        (f"{HEADER_3}qubit q; qubit q;", "'q' is already defined", 3, 10),
        (f"{HEADER_3}qubit q;\ndef f() {{ }}", "subroutine definitions are not supported", 4, 1),
        (f"{HEADER_3}const float t = 1 / 0;", "zero", 3, 1),
        ('OPENQASM 3.0;\n  include "nowhere.inc";', "no file 'nowhere.inc'", 2, 3),
    ],
)
def test_errors_in_openqasm_3_have_line_and_column(text: str, message: str, line: int, column: int) -> None:
    error = refusal(text)
    assert message in error.message
    assert where(error) == ("circuit.txt", line, column)


def test_the_openqasm_3_parser_prints_nothing_by_itself(capfd: pytest.CaptureFixture[str]) -> None:
    refusal(f"{HEADER_3}qubit q;\n `\nU(")
    assert capfd.readouterr() == ("", "")


def test_the_other_version_s_library_is_cured_by_the_right_one() -> None:
    assert 'include "stdgates.inc";' in refusal('OPENQASM 3.0;\ninclude "qelib1.inc";').cure


def test_deep_nesting_is_refused() -> None:
    assert "deeply" in refusal(f"{HEADER_3}const float t = {'(' * 3000}1{')' * 3000};").message


def test_inputs_without_a_value_are_named_where_they_are_declared() -> None:
    error = refusal(f"{HEADER_3}input float theta;\nqubit q;\ninput angle phi;\nrx(theta) q; rz(phi) q;")
    assert "'phi', 'theta'" in error.message
    assert where(error) == ("circuit.txt", 5, 13)


# Errors in included files


@pytest.mark.parametrize(("version", "header"), [(2, HEADER_2), (3, HEADER_3)])
def test_an_error_in_an_included_file_is_reported_there(version: int, header: str, tmp_path: Path) -> None:
    (tmp_path / "gates.inc").write_text("// my gates\ngate mine a {\n  rx(0.5) a; foo a;\n}\n")
    error = refusal(f'{header}include "gates.inc";')
    assert "'foo' is not defined" in error.message
    assert where(error) == ("gates.inc", 3, 14)


@pytest.mark.parametrize(("version", "header"), [(2, HEADER_2), (3, HEADER_3)])
def test_an_error_after_an_include_is_reported_at_its_own_line(version: int, header: str, tmp_path: Path) -> None:
    (tmp_path / "gates.inc").write_text("gate mine a {\n  rx(0.5) a;\n}\n")
    error = refusal(f'{header}include "gates.inc"; foo q;\n')
    assert where(error) == ("circuit.txt", 3, 22)


def test_a_file_that_includes_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.inc").write_text('include "b.inc";')
    (tmp_path / "b.inc").write_text('\n  include "a.inc";')
    error = refusal(f'{HEADER_2}include "a.inc";')
    assert "includes itself" in error.message
    assert where(error) == ("b.inc", 2, 3)


def test_an_include_in_a_comment_or_string_is_none() -> None:
    assert read(f'{HEADER_3}// include "nowhere.inc";\n/* include "nowhere.inc"; */\nqubit q;').num_qubits == 1


# Errors in QPY


def test_a_qpy_file_of_a_future_version_names_both_versions(bell: QuantumCircuit) -> None:
    content = bytearray(saved(bell))
    content[6:10] = [QPY_VERSION + 1, 9, 8, 7]
    error = refusal(bytes(content))
    assert f"QPY version {QPY_VERSION + 1}" in error.message
    assert "Qiskit 9.8.7" in error.message
    assert f"up to {QPY_VERSION}" in error.message
    assert "Upgrade Qiskit" in error.cure


def test_a_qpy_file_that_is_cut_short_anywhere_is_refused(
    bell: QuantumCircuit, capfd: pytest.CaptureFixture[str]
) -> None:
    content = saved(bell)
    for length in (6, 7, 9, 12, len(content) // 2, len(content) - 1):
        error = refusal(content[:length])
        assert "QPY" in error.message
        assert "\n" not in error.message
    assert capfd.readouterr() == ("", "")


def test_parameters_without_a_value_in_a_qpy_file_are_named() -> None:
    circuit = QuantumCircuit(1, name="ansatz")
    circuit.rx(Parameter("theta") + Parameter("phi"), 0)
    circuit.add_input("flag", types.Bool())
    error = refusal(saved(circuit))
    assert "'ansatz'" in error.message
    assert "'flag', 'phi', 'theta'" in error.message
    assert "assign_parameters" in error.cure


def test_standard_input_can_be_read_only_once() -> None:
    with pytest.raises(BadInputError, match="twice"):
        read_circuits(["-", "-"])


def test_reading_warns_of_nothing(bell: QuantumCircuit) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(saved(bell))
        read(f"{HEADER_2}qreg q[1];")
        read(f"{HEADER_3}qubit q;")
