"""The programs on the page for users run as they stand, one after another."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from queuebit import JobQueue
from queuebit.worker.liveness import is_alive

PAGE = Path(__file__).parents[2] / "docs" / "durable-jobs.md"


def test_the_programs_run_in_the_order_in_which_they_stand(tmp_path):
    programs = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(programs) >= 8
    script = tmp_path / "page.py"
    script.write_text("\n".join(programs))
    try:
        ended = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=100)
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr == ""
        assert "first try DONE" in ended.stdout
        assert "finish DONE" in ended.stdout
        assert "['the one for the paper']" in ended.stdout
    finally:
        end_services(tmp_path / "lab.db")


def end_services(path):
    with JobQueue(path, start_worker=False) as queue:
        for worker in queue.store.workers():
            if is_alive(worker):
                os.kill(worker.pid, signal.SIGTERM)
