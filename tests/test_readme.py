"""The README's programs run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_programs_run_in_the_order_in_which_they_stand(tmp_path: Path) -> None:
    programs = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(programs) >= 5
    script = tmp_path / "readme.py"
    script.write_text("\n".join(programs))

    ended = subprocess.run([sys.executable, "-W", "error", script], capture_output=True, text=True, timeout=100)

    assert ended.returncode == 0, ended.stderr
    assert "is over: CANCELLED" in ended.stdout
    assert "unit='instructions'" in ended.stdout


def test_no_placeholder_was_left() -> None:
    assert "@@" not in README.read_text()
