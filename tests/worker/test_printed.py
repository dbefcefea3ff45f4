"""What a child prints is told of the run that prints it, line by line."""

import time
from pathlib import Path

import pytest

from queuebit.testing.executor_checks.runs import ExecutorRig, RunStory, acting, new_assignment
from queuebit.worker.executors.process import ProcessExecutor

ODD_BACKENDS = Path(__file__).parent / "backends"

# For a loaded machine; nothing takes so long.
PATIENCE_S = 60.0


class Rig(ExecutorRig):
    """One child at a time."""

    def __init__(self, files: Path) -> None:
        super().__init__(ProcessExecutor(files, processes=1, threads=1, module_path=[str(ODD_BACKENDS)]), files)

    def start(self, *names, **fields):
        assignment = new_assignment(acting(*names), "odd_backends:OddBackend", **fields)
        self.until(lambda: self.call("num_free"), "room for a run", PATIENCE_S)
        self.stories[assignment.key] = RunStory()
        self.call("start", assignment)
        return assignment.key

    def ended(self, key):
        self.until(lambda: self.stories[key].end, "the end of a run", PATIENCE_S)
        return self.stories[key]


@pytest.fixture
def make_rig(tmp_path):
    rigs = []

    def make():
        rigs.append(Rig(tmp_path))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_lines_come_whole_also_where_python_is_told_not_to_buffer(make_rig, tmp_path, monkeypatch, unbuffered):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    reached, go_on = tmp_path / "reached", tmp_path / "go on"
    rig = make_rig()
    key = rig.start(f"print_in_two:{reached}|{go_on}")
    rig.poll(reached.exists, "the first half", PATIENCE_S)
    rig.step(0)
    assert rig.watch(key).printed == ""
    go_on.touch()
    assert rig.ended(key).printed.splitlines() == ["a line in two", " and another in two"]


def test_what_is_printed_between_two_runs_is_nobodys(make_rig, tmp_path):
    reached, go_on = tmp_path / "reached", tmp_path / "go on"
    rig = make_rig()
    rig.ended(rig.start(f"print_later:{reached}|{go_on}"))
    go_on.touch()
    deadline = time.monotonic() + PATIENCE_S
    # Without a step of the executor: what was printed is still in the pipe when the next run starts.
    while not reached.exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert rig.ended(rig.start("nothing")).printed == ""


def test_what_is_printed_while_a_child_starts_is_nobodys(make_rig, tmp_path, monkeypatch):
    rig = make_rig()
    rig.until(lambda: rig.call("num_free"), "the first child", PATIENCE_S)
    (tmp_path / "usercustomize.py").write_text("print('imported')")
    (tmp_path / "sitecustomize.py").write_text("print('imported')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    # Another number of threads needs another child, which starts with the run.
    assert rig.ended(rig.start("nothing", threads=2)).printed == ""
