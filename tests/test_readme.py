"""The README's programs run as they stand."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from queuebit.store import open_store
from queuebit.testing.patience import eventually
from queuebit.worker.liveness import is_alive

README = Path(__file__).parent.parent / "README.md"


def test_the_programs_run_in_the_order_in_which_they_stand(tmp_path: Path) -> None:
    programs = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(programs) >= 5
    script = tmp_path / "readme.py"
    script.write_text("\n".join(programs))

    ended = subprocess.run(
        [sys.executable, "-W", "error", script], capture_output=True, text=True, timeout=100, cwd=tmp_path
    )

    end_services(tmp_path / "lab.db")
    assert ended.returncode == 0, ended.stderr
    assert "is over: CANCELLED" in ended.stdout
    assert "unit='instructions'" in ended.stdout


def end_services(path: Path) -> None:
    """End the services that programs have started for a queue, and that would wait for more for some minutes."""
    store = open_store(path)
    workers = store.workers()
    assert workers, "a queue has no service"
    for worker in workers:
        os.kill(worker.pid, signal.SIGTERM)
    assert eventually(60, lambda: not any(is_alive(worker) for worker in workers))
    store.close()


def test_no_placeholder_was_left() -> None:
    assert "@@" not in README.read_text()
