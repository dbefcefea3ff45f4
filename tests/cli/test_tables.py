"""Tables: cut to the terminal, and honest about what was cut."""

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from queuebit.cli.consoles import THEME
from queuebit.cli.counts_table import counts_table
from queuebit.cli.exit_code import ExitCode
from queuebit.cli.run_report import CircuitReport, RunReport
from queuebit.cli.run_tables import print_tables
from queuebit.cli.statevector_table import most_probable, statevector_table
from queuebit.cli.unitary_table import unitary_table


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        return self._encoding

    def isatty(self) -> bool:
        return True


def console(width: int = 80, height: int = 24, encoding: str = "utf-8") -> Console:
    return Console(file=Terminal(encoding), width=width, height=height, highlight=False, color_system=None, theme=THEME)


def printed(target: Console, renderable: object) -> list[str]:
    target.print(renderable)
    return [line.rstrip() for line in target.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def counts_of(outcomes: int) -> dict[str, int]:
    return {format(index, "010b"): index + 1 for index in range(outcomes)}


def report(circuits: int, outcomes: int) -> RunReport:
    entries = [
        CircuitReport(
            index=index,
            name=f"circuit-{index}",
            file="file.qasm",
            status="DONE",
            message=None,
            shots=100,
            seed=7,
            registers=["c"],
            counts=counts_of(outcomes),
            time_taken_s=0.001,
            metadata={"engine": "some"},
        )
        for index in range(circuits)
    ]
    return RunReport(backend="b", job_id="j", status="DONE", exit_code=ExitCode.DONE, circuits=entries, error=None)


@pytest.mark.parametrize(("circuits", "height"), [(1, 24), (1, 40), (2, 24), (2, 40), (3, 50)])
def test_a_run_fits_on_the_terminal_with_the_prompt(circuits: int, height: int) -> None:
    target = console(height=height)
    print_tables(report(circuits, 500), target)
    assert len(target.file.getvalue().splitlines()) <= height - 1  # type: ignore[attr-defined]


def test_what_one_circuit_does_not_need_another_gets() -> None:
    target = console(height=24)
    small, large = report(2, 500).circuits
    print_tables(
        replace(report(1, 1), circuits=[replace(small, counts={"0": 1}), large]),
        target,
    )
    lines = target.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert sum(bool(re.match(r"[01]{10}", line)) for line in lines) == 11
    assert 21 <= len(lines) <= 23


def test_wrapped_outcomes_are_not_left_out_while_there_is_room() -> None:
    target = console(height=24)
    (circuit,) = report(1, 1).circuits
    print_tables(replace(report(1, 1), circuits=[replace(circuit, counts={"0" * 300: 1, "1" * 300: 1})]), target)
    assert "not shown" not in target.file.getvalue()  # type: ignore[attr-defined]


def test_without_a_terminal_all_outcomes_of_the_default_shots_are_there() -> None:
    target = Console(file=io.StringIO(), width=80, theme=THEME)
    print_tables(report(3, 1024), target)
    text = target.file.getvalue()  # type: ignore[attr-defined]
    assert len(re.findall(r"^[01]{10}", text, re.MULTILINE)) == 3 * 1024
    assert "not shown" not in text


def test_what_is_left_out_is_counted() -> None:
    lines = printed(console(), counts_table(counts_of(10), ["c"], console(), 4))
    assert [line.split()[1] for line in lines[2:6]] == ["10", "9", "8", "7"]
    assert lines[6] == "6 more outcomes with 21 shots (38.2 %) not shown; --json has all"


def test_nothing_is_said_when_nothing_is_left_out() -> None:
    lines = printed(console(), counts_table(counts_of(4), ["c"], console(), 4))
    assert len(lines) == 6


def test_equal_counts_are_in_the_order_of_their_outcomes() -> None:
    lines = printed(console(), counts_table({"10": 5, "00": 5, "01": 5}, ["c"], console(), 4))
    assert [line.split()[0] for line in lines[2:]] == ["00", "01", "10"]


def test_long_outcomes_are_wrapped_not_cut_off() -> None:
    counts = {"01" * 60: 3, "10" * 60: 1}
    lines = printed(console(), counts_table(counts, ["c"], console(), 10))
    digits = "".join("".join(re.findall(r"^[01]+", line)) for line in lines[2:])
    assert digits == "01" * 60 + "10" * 60


def test_bars_have_the_length_of_their_share() -> None:
    lines = printed(console(), counts_table({"0": 4, "1": 1}, ["c"], console(), 4))
    longest, shortest = (line.split()[-1] for line in lines[2:4])
    assert set(longest) == {"█"}
    assert len(longest) == pytest.approx(4 * len(shortest), abs=4)


def test_a_terminal_of_ascii_gets_ascii() -> None:
    target = console(encoding="ascii")
    lines = printed(target, counts_table({"0": 4, "1": 1}, ["c"], target, 4))
    assert "####" in lines[2]
    assert "\n".join(lines).isascii()


def test_only_the_most_probable_basis_states_are_shown() -> None:
    state = np.sqrt(np.arange(8) / 28).astype(complex)
    lines = printed(console(), statevector_table(state, console(), 3))
    assert [line.split()[0] for line in lines[2:5]] == ["|111⟩", "|110⟩", "|101⟩"]
    assert lines[5] == "4 more basis states (35.7 %) not shown; --json has all"


def test_states_that_are_equal_but_for_rounding_are_in_their_order() -> None:
    probabilities = np.array([0.25, 0.25 + 1e-16, 0.25 - 1e-16, 0.25])
    assert most_probable(probabilities, 4).tolist() == [0, 1, 2, 3]
    assert most_probable(probabilities, 0).tolist() == []


def test_a_large_unitary_is_cut_to_the_terminal() -> None:
    lines = printed(console(), unitary_table(np.eye(64, dtype=complex), console(), 5))
    assert max(len(line) for line in lines) <= 80
    assert [line.split()[0] for line in lines[1:6]] == ["000000", "000001", "000010", "000011", "000100"]
    assert lines[6] == "5 x 4 of 64 x 64 entries shown; --json has all"
