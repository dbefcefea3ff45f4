"""What is read of OpenQASM 3 beyond Qiskit's importer, judged by what the circuits do."""

from pathlib import Path

import pytest
from qiskit import qasm3
from qiskit.quantum_info import Operator

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.circuit_files import read_circuits
from queuebit.providers.basic_provider import BasicSimulator

HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nbit[4] c;\nbit d;\n'


def outcome(program: str) -> str:
    """Run a program without randomness and return its one outcome, ``c`` as a bit string."""
    Path("program.qasm").write_text(HEADER + program)
    (entry,) = read_circuits(["program.qasm"])
    counts = BasicSimulator().run(entry.circuit, shots=3).result().get_counts()
    assert list(counts.values()) == [3]
    return next(iter(counts))[-4:]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("c == 5", True),
        ("c != 5", False),
        ("5 == c", True),
        ('c == "0101"', True),
        ("c < 6 && c > 4", True),
        ("c <= 4 || c >= 6", False),
        ("c[0] == 1", True),
        ("c[1] == 1", False),
        ("c[0] == true", True),
        ("!c[1]", True),
        ("~c[1]", True),
        ("!c", False),
        ("c", True),
        ("c[0] == c[2]", True),
        ("c[0] == d", False),
        ("c[0:1] == 1", True),
        ("c[2:3] == 2", False),
        ("(c & 4) == 4", True),
        ("(c ^ 5) == 0", True),
        ("(c | 2) == 7", True),
        ("c << 1 == 10", True),
        ("c >> 2 == 1", True),
        ("c + 1 == 6", True),
        ("c == 3 + 2", True),
        ("c == 1 << 2", False),
        ("c[0] & c[2]", True),
        ("c[0] ^ c[2]", False),
        ("c[1] < 1", True),
    ],
)
def test_conditions_hold_when_they_should(condition: str, holds: bool) -> None:
    program = f"x q[0]; x q[2]; c = measure q; if ({condition}) {{ x q[3]; }} c = measure q;"
    assert outcome(program) == ("1101" if holds else "0101")


def test_else_and_while_take_any_condition() -> None:
    program = "c = measure q; while (c < 3) { x q[0]; if (c == 1) x q[1]; c = measure q; }"
    assert outcome(f"{program} if (c == 2 || c == 7) {{ x q[3]; }} else {{ x q[2]; }} c = measure q;") == "0111"


@pytest.mark.parametrize(("value", "expected"), [(0, "0001"), (1, "0010"), (2, "0010"), (3, "0100")])
def test_switch_runs_the_case_of_the_value(value: int, expected: str) -> None:
    switch = "switch (n) { case 0 { c = 1; } case 1, 2 { c = 2; } default { c = 4; } }"
    assert outcome(f"uint[4] n = {value}; {switch}") == expected


def test_variables_count() -> None:
    assert outcome("uint[8] i = 0; uint[8] sum = 0; while (i < 4) { i += 1; sum = sum + i; } c = sum;") == "1010"


def test_a_bool_variable_keeps_a_condition() -> None:
    assert outcome("x q[1]; c = measure q; bool seen = c == 2; if (seen) x q[0]; c = measure q;") == "0011"


def test_bits_are_set_at_their_declaration_and_later() -> None:
    assert outcome('bit[4] b = "0110"; c = b; c[0] = 1; c[1] = 0;') == "0101"


def test_constants_and_functions_of_them_are_angles_and_indices() -> None:
    constants = "const int n = 2 ** 2 - 1; const float turn = 2 * arccos(sqrt(0.0));"
    assert outcome(f"{constants} rx(turn) q[n % 4]; rx(sin(pi / 2) * pi) q[1]; c = measure q;") == "1010"


def test_a_loop_variable_is_an_index_an_angle_and_in_a_condition() -> None:
    program = "for uint i in [0:2:3] { x q[i]; } for int i in {1, 2} { if (i == 1) rx(i * pi) q[3]; }"
    assert outcome(f"{program} c = measure q;") == "1101"


def test_a_loop_that_is_left_early_stays_a_loop() -> None:
    assert outcome("for int i in [0:9] { x q[0]; c = measure q; if (c == 1) { break; } } c = measure q;") == "0001"


def test_a_variable_of_a_loop_s_body_is_new_in_every_round() -> None:
    assert outcome("for int i in [0:2] { uint[4] n = 1; n += 1; c = n; }") == "0010"


def test_what_qiskit_s_importer_reads_is_read_the_same(tmp_path: Path) -> None:
    gates = "gate g(t) a, b { ctrl @ rx(t) a, b; } h q; g(0.3) q[0], q[1]; inv @ pow(2) @ s q[2]; gphase(pi / 3);"
    text = HEADER + gates
    (tmp_path / "program.qasm").write_text(text)
    (entry,) = read_circuits(["program.qasm"])
    assert Operator(entry.circuit) == Operator(qasm3.loads(text))


@pytest.mark.parametrize(
    "program", ["c[0:1] = 2;", "int n = 1;", "if (q) { x q[0]; }", "if (c == -1) { x q[0]; }", "rx(foo(1)) q[0];"]
)
def test_what_cannot_be_a_circuit_is_refused_with_a_way_out(program: str) -> None:
    with pytest.raises(BadInputError, match="supported") as caught:
        outcome(program)
    assert caught.value.place is not None
    assert caught.value.place.line == 6
    assert "qpy.dump" in caught.value.cure
