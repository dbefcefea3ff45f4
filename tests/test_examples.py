"""Every example does what its first lines and examples/README.md say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from qiskit import qasm2, qasm3

from queuebit.providers.basic_provider import BasicProvider

EXAMPLES = Path(__file__).parent.parent / "examples"
SHOTS = 4000

# The share of the shots for every outcome that may come, and no other may.
SHARES = {
    "bell.qasm": {"00": 1 / 2, "11": 1 / 2},
    "ghz.qasm": {"00000": 1 / 2, "11111": 1 / 2},
    "qft.qasm": {"0000": 1 / 4, "0100": 1 / 4, "1000": 1 / 4, "1100": 1 / 4},
    # sin²(5 θ) with sin θ = 1 / √8 is 121 / 128; the other seven share the rest.
    "grover.qasm": {f"{item:03b}": 121 / 128 if item == 0b101 else 1 / 128 for item in range(8)},
    "teleportation.qasm": {"0 00": 1 / 4, "0 01": 1 / 4, "0 10": 1 / 4, "0 11": 1 / 4},
    "phase_estimation.qasm": {"1011": 1},
    "iterative_phase_estimation.qasm": {"1011": 1},
    "repeat_until_success.qasm": {"0 1": 1},
}


def load(name):
    language = qasm3 if "OPENQASM 3" in (EXAMPLES / name).read_text() else qasm2
    return language.load(EXAMPLES / name)


def counts_of(circuit):
    backend = BasicProvider().get_backend("basic_simulator")
    return backend.run(circuit, shots=SHOTS, seed_simulator=2024).result().get_counts()


def five_sigma(share):
    return 5 * (SHOTS * share * (1 - share)) ** 0.5


@pytest.mark.parametrize("name", SHARES)
def test_a_circuit_gives_the_outcomes_it_promises(name):
    counts = counts_of(load(name))
    assert set(counts) <= set(SHARES[name])
    for outcome, share in SHARES[name].items():
        assert counts.get(outcome, 0) == pytest.approx(SHOTS * share, abs=five_sigma(share)), outcome


def without(circuit, name):
    """The circuit without its instructions of a name."""
    rest = circuit.copy_empty_like()
    for instruction in circuit.data:
        if instruction.operation.name != name:
            rest.append(instruction)
    return rest


def test_teleportation_fails_its_check_without_the_corrections():
    counts = counts_of(without(load("teleportation.qasm"), "if_else"))
    failed = sum(count for outcome, count in counts.items() if outcome.startswith("1"))
    assert failed == pytest.approx(SHOTS / 2, abs=five_sigma(1 / 2))


def test_repeat_until_success_fails_its_check_without_the_loop():
    counts = counts_of(without(load("repeat_until_success.qasm"), "while_loop"))
    # |+> turned by pi - arccos(3/5) is found in |-> in sin² of half of that.
    assert counts["1 0"] == pytest.approx(SHOTS * 4 / 5, abs=five_sigma(4 / 5))


def run_program(name, folder, *arguments):
    """Run an example as a user would, from another folder, and return what it printed."""
    command = [sys.executable, EXAMPLES / name, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_async_gather_follows_theory(tmp_path):
    printed = run_program("async_gather.py", tmp_path)
    rows = re.findall(r"^ *(\d\.\d\d)  (\d\.\d{3})   (\d\.\d{3})$", printed, re.MULTILINE)
    ones = [float(one) for _, one, _ in rows]
    assert len(rows) == 6
    assert ones == sorted(ones)
    assert (ones[0], ones[-1]) == (0, 1)
    assert float(re.search(r"Largest deviation: (.*)", printed)[1]) < 0.1
    assert re.search(r"^201 jobs, \d+ threads$", printed, re.MULTILINE)


def test_as_completed_names_every_job_once(tmp_path):
    printed = run_program("as_completed.py", tmp_path)
    rows = re.findall(r"^ *(\d+) qubits: DONE after \d+\.\d+ s, heavy outputs (.*)$", printed, re.MULTILINE)
    assert sorted(int(width) for width, _ in rows) == [4, 5, 6, 7, 8, 9, 14]
    assert all(0.7 <= float(share) <= 1 for _, share in rows)
    assert printed.endswith("All 7 jobs are done\n")


def test_cancel_stops_the_job_in_the_middle(tmp_path):
    printed = run_program("cancel.py", tmp_path)
    done = [int(number) for number in re.findall(r"RUNNING: (\d+) of 100021 instructions", printed)]
    assert len(done) >= 1
    assert done == sorted(done)
    assert 0 < done[-1] < 100_021
    assert "cancel() says True" in printed
    assert re.search(r"^CANCELLED after \d+ ms$", printed, re.MULTILINE)
    assert printed.endswith("was cancelled, so it has no result.\n")


def test_sampler_primitive_violates_bells_inequality(tmp_path):
    printed = run_program("sampler_primitive.py", tmp_path)
    agree = [float(share) for share in re.findall(r"they agree in +(.*)%", printed)]
    assert "S = 2.83," in printed
    assert (agree[0], agree[-1]) == (100, 0)
    assert agree[1:4] == [pytest.approx(share, abs=6) for share in (85.4, 50, 14.6)]


def test_basicaer_program_reads_counts_amplitudes_and_matrix(tmp_path):
    lines = run_program("basicaer_program.py", tmp_path).splitlines()
    assert lines[0] == "['qasm_simulator', 'statevector_simulator', 'unitary_simulator']"
    zeros, ones = map(int, re.fullmatch(r"JobStatus.DONE \{'000': (\d+), '111': (\d+)\}", lines[1]).groups())
    assert zeros + ones == 1000
    assert zeros == pytest.approx(500, abs=5 * 250**0.5)
    assert re.fullmatch(r"\[('(000|111)'(, )?){5}\]", lines[2])
    assert lines[3:] == ["|000>: 0.707", "|111>: 0.707", "8 by 8 matrix, unitary: True"]


def test_queue_demo_finds_the_jobs_in_other_processes(tmp_path):
    printed = run_program("queue_demo.py", tmp_path)
    ids = re.findall(r"^  ([0-9a-f]{8})-[-0-9a-f]{27}  (\w+)$", printed, re.MULTILINE)
    assert {name for _, name in ids} == {"ladder", *(name.removesuffix(".qasm") for name in SHARES)}
    for job_id, name in ids:
        assert re.search(rf"^{job_id}  DONE  {name}  ", printed, re.MULTILINE)
        assert re.search(rf"^  {name}: [01]", printed, re.MULTILINE)
    assert "  bell: " in printed
    assert re.search(r"^101 +\d+ +9\d\.\d %", printed, re.MULTILINE)


def test_dask_cluster_gives_the_counts_of_a_run_without_one(tmp_path):
    lines = run_program("dask_cluster.py", tmp_path, "local", "6").splitlines()
    assert re.search(r"^job [-0-9a-f]{36} of 6 circuits goes to the Dask cluster 'local'$", lines[0])
    assert lines[-1] == "the counts are those of a run without a cluster"


def test_every_example_is_tested_says_what_to_expect_and_is_in_the_list():
    files = {path.name: path.read_text() for path in EXAMPLES.iterdir() if path.suffix in {".qasm", ".py"}}
    programs = {
        "async_gather.py",
        "as_completed.py",
        "cancel.py",
        "sampler_primitive.py",
        "basicaer_program.py",
        "queue_demo.py",
        "dask_cluster.py",
    }
    assert set(files) == set(SHARES) | programs
    listed = (EXAMPLES / "README.md").read_text()
    for name, text in files.items():
        assert re.search(r"^(// )?Expect", text, re.MULTILINE), name
        assert f"[{name}]({name})" in listed, name
