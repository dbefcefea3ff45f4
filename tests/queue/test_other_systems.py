"""Where there are no such locks and limits as the durable queue needs, as on Windows: it says so, all else works."""

import subprocess
import sys
from pathlib import Path

# What other packages take from the system is imported first: they have their own ways on other systems.
ELSEWHERE = """
import sys
import apsw, click, psutil, qiskit.qasm2, rich.console, stim, subprocess, tempfile
for name in ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"):
    sys.modules[name] = None
from qiskit import QuantumCircuit
import queuebit
from queuebit.cli import main
bell = QuantumCircuit(2)
bell.h(0)
bell.cx(0, 1)
bell.measure_all()
"""

BELL = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0], q[1]; measure q -> c;'

NEEDED = "the durable queue needs Linux or macOS; this Python, on "


def elsewhere(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", ELSEWHERE + code]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120, check=False)


def test_a_queue_can_be_imported_and_says_what_it_needs_when_it_is_used(tmp_path):
    code = """
from queuebit import JobQueue, connect
from queuebit.queue import QueueBackend, QueueJob
for use in (JobQueue, lambda: connect("lab.db")):
    try:
        use()
    except queuebit.store.StoreUnusableError as error:
        print(error)
"""
    tried = elsewhere(code, tmp_path)
    assert tried.returncode == 0, tried.stderr
    lines = tried.stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith(NEEDED)
        assert "has no module fcntl. In-memory backends work everywhere: queuebit.BasicProvider()" in line
    assert list(tmp_path.iterdir()) == []


def test_in_memory_backends_work(tmp_path):
    code = """
import queuebit.monitor, queuebit.testing
job = queuebit.BasicProvider().get_backend("basic_simulator").run(bell, shots=100)
print(sum(job.result().get_counts().values()))
job = queuebit.BasicAer.get_backend("unitary_simulator").run(bell.remove_final_measurements(inplace=False))
print(job.result().get_unitary().shape)
"""
    ran = elsewhere(code, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split("\n")[:2] == ["100", "(4, 4)"]


def test_queuebit_run_works(tmp_path):
    (tmp_path / "bell.qasm").write_text(BELL)
    ran = elsewhere('main(["run", "bell.qasm", "--seed", "1"])', tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "basic_simulator: 1,024 shots" in ran.stdout


def test_the_verbs_of_the_queue_say_what_they_need(tmp_path):
    (tmp_path / "bell.qasm").write_text(BELL)
    code = """
for arguments in (["submit", "bell.qasm"], ["jobs", "--store", "lab.db"], ["worker"], ["doctor"]):
    try:
        main(arguments)
    except SystemExit as end:
        print(end.code)
"""
    tried = elsewhere(code, tmp_path)
    assert tried.stdout.split() == ["2"] * 4
    assert tried.stderr.count(f"error: {NEEDED}") == 4
    assert "Traceback" not in tried.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bell.qasm"]
