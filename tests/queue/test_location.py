"""Where a queue is when nobody says."""

import subprocess
import sys
from pathlib import Path

import platformdirs

from queuebit import JobQueue
from queuebit.queue.location import store_path


def test_by_default_it_is_among_the_users_data(monkeypatch, tmp_path):
    monkeypatch.delenv("QUEUEBIT_STORE", raising=False)
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name, **_: tmp_path / name)
    assert store_path() == tmp_path / "queuebit" / "jobs.db"


def test_the_users_folder_is_made(monkeypatch, tmp_path):
    monkeypatch.delenv("QUEUEBIT_STORE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert store_path().parent.is_dir()


def test_the_environment_can_name_it(monkeypatch, tmp_path):
    monkeypatch.setenv("QUEUEBIT_STORE", str(tmp_path / "named.db"))
    with JobQueue(start_worker=False) as queue:
        assert queue.path == tmp_path / "named.db"
    assert store_path(tmp_path / "said.db") == tmp_path / "said.db"


def test_an_empty_variable_names_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("QUEUEBIT_STORE", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert store_path().name == "jobs.db"


def test_it_is_absolute_and_knows_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert store_path("lab.db") == tmp_path / "lab.db"
    assert store_path("~/lab.db") == tmp_path / "lab.db"
    assert store_path(Path("a") / "lab.db") == tmp_path / "a" / "lab.db"


def test_finding_it_needs_no_qiskit():
    program = (
        "import sys, queuebit.queue.location as l; l.store_path('x.db'); print(any('qiskit' in m for m in sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
