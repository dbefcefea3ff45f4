"""What a child prints, as the service takes it."""

import os

import pytest

from queuebit.worker.executors.captured_output import CapturedOutput


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    output = CapturedOutput(reading)
    yield output, writing
    os.close(writing)
    output.close()


def test_what_is_printed_is_taken_once(pipe):
    output, writing = pipe
    os.write(writing, "größer\n".encode())
    output.read()
    assert output.take() == "größer\n"
    assert output.take() == output.take_last() == ""


def test_a_character_that_is_cut_is_put_together(pipe):
    output, writing = pipe
    for byte in "ü✓".encode():
        os.write(writing, bytes([byte]))
        output.read()
    assert output.take_last() == "ü✓"


def test_what_isnt_text_is_shown_as_bytes(pipe):
    output, writing = pipe
    os.write(writing, b"\xff ok \xc3")
    output.read()
    assert output.take_last() == "\\xff ok \\xc3"
    os.write(writing, b"\xbc")
    output.read()
    assert output.take_last() == "\\xbc", "half a character was left to the next run"


def test_of_much_the_two_ends_are_kept(pipe):
    output, writing = pipe
    for number in range(200):
        os.write(writing, f"{number:04}".encode() * 1024)
        output.read()
    text = output.take()
    assert text.startswith("0000")
    assert text.endswith("0199")
    assert "characters are left out here" in text
    assert len(text) < 150_000
    assert output.take() == ""


def test_reading_never_waits(pipe):
    output, _ = pipe
    output.read()
    assert not output.at_end


def test_the_end_is_noticed():
    reading, writing = os.pipe()
    output = CapturedOutput(reading)
    os.write(writing, b"last")
    os.close(writing)
    output.read()
    assert output.at_end
    assert output.take_last() == "last"
    output.close()
