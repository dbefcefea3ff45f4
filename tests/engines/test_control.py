"""The two shared integers of a run."""

import mmap
import struct

import pytest

from queuebit.engines import Control, RunCancelledError


def test_control_begins_at_nothing():
    control = Control()
    assert (control.cancelled, control.done) == (False, 0)
    control.raise_if_cancelled()


def test_cancelled_control_raises():
    control = Control()
    control.cancel()
    assert control.cancelled
    with pytest.raises(RunCancelledError):
        control.raise_if_cancelled()


def test_controls_of_one_buffer_see_each_other():
    memory = bytearray(Control.SIZE_BYTES + 8)
    run, watcher = Control(memory), Control(memory)
    run.done = 2**40
    watcher.cancel()
    assert watcher.done == 2**40
    assert run.cancelled


def test_buffer_is_used_as_it_is():
    memory = bytearray(Control.SIZE_BYTES)
    Control(memory).done = 5
    assert Control(memory).done == 5


def test_flag_comes_before_the_counter_in_the_buffer():
    control = Control()
    control.done = 7
    control.cancel()
    assert control.buffer.tolist() == [1, 7]
    assert control.buffer.nbytes == Control.SIZE_BYTES


def test_control_lives_in_a_mapped_file(tmp_path):
    file = tmp_path / "control"
    file.write_bytes(bytes(64))
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 64) as mapped, memoryview(mapped) as view:
        control = Control(view)
        control.cancel()
        control.done = 3
        assert file.read_bytes()[: Control.SIZE_BYTES] == struct.pack("=qq", 1, 3)
        del control


@pytest.mark.parametrize(
    "buffer", [bytearray(15), bytes(16), memoryview(bytes(64))], ids=["short", "bytes", "read-only"]
)
def test_buffer_that_can_not_be_used_is_refused(buffer):
    with pytest.raises(ValueError, match="16 writable bytes"):
        Control(buffer)
