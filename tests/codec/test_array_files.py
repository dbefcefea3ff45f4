"""Large arrays are files beside the content."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from qiskit.result.models import ExperimentResult, ExperimentResultData

from queuebit.codec import array_files
from queuebit.codec.exceptions import CodecError
from queuebit.codec.results import MAX_INLINE_ARRAY_BYTES, decode_result, encode_result

LARGE = np.arange(MAX_INLINE_ARRAY_BYTES, dtype=np.complex64)
SMALL = LARGE[: MAX_INLINE_ARRAY_BYTES // LARGE.itemsize]


def result_of(**data):
    return ExperimentResult(shots=1, success=True, data=ExperimentResultData(**data))


@pytest.fixture
def stored(tmp_path):
    return encode_result(result_of(x=LARGE, y=SMALL, z=[LARGE * 2]), 4, tmp_path, "job-1-4")


def test_each_large_array_is_a_file_that_the_result_names(stored, tmp_path):
    assert stored.files == ("job-1-4-0.npy", "job-1-4-1.npy")
    assert sorted(path.name for path in tmp_path.iterdir()) == list(stored.files)
    assert np.array_equal(np.load(tmp_path / "job-1-4-0.npy"), LARGE)
    assert len(stored.content) < SMALL.nbytes + 500


def test_a_large_array_is_mapped_and_read_only(stored, tmp_path):
    data = decode_result(stored, tmp_path).data
    assert isinstance(data.x, np.memmap)
    assert not data.x.flags.writeable
    assert np.array_equal(data.z[0], LARGE * 2)


def test_many_small_arrays_become_files_at_last(monkeypatch, tmp_path):
    monkeypatch.setattr("queuebit.codec.results._MAX_INLINE_BYTES", 2 * SMALL.nbytes)
    stored = encode_result(result_of(x=[SMALL] * 3), 0, tmp_path, "x")
    assert len(stored.files) == 1
    assert all(np.array_equal(array, SMALL) for array in decode_result(stored, tmp_path).data.x)


SQUARE = np.arange(90_000.0).reshape(300, 300)


@pytest.mark.parametrize(
    "matrix",
    [SQUARE, SQUARE.T, np.asfortranarray(SQUARE), SQUARE[::-1], SQUARE.T[:, ::2], SQUARE.astype(">f8").T],
    ids=["rows", "turned", "columns", "backwards", "part", "big-endian"],
)
def test_an_array_is_the_same_whatever_order_its_numbers_lie_in(matrix, tmp_path):
    stored = encode_result(result_of(unitary=matrix), 0, tmp_path, "x")
    read = decode_result(stored, tmp_path).data.unitary
    assert read.dtype == matrix.dtype
    assert np.array_equal(read, matrix)
    assert np.array_equal(np.load(tmp_path / "x-0.npy"), matrix)


def test_files_are_synced_before_they_have_their_names_and_the_folder_after(monkeypatch, tmp_path):
    steps = []

    def sync(descriptor):
        name = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        steps.append("sync folder" if name == str(tmp_path) else f"sync {name.rpartition('.')[2]}")
        assert (name == str(tmp_path)) == any(path.suffix == ".npy" for path in tmp_path.iterdir())

    monkeypatch.setattr(os, "fsync", sync)
    encode_result(result_of(x=LARGE, y=LARGE), 0, tmp_path, "x")
    assert steps == ["sync tmp", "sync tmp", "sync folder"]


def test_when_a_file_cannot_be_written_none_is_left_and_the_error_names_it(monkeypatch, tmp_path):
    def no_space(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left on device") as failed:
        encode_result(result_of(x=LARGE, y=LARGE), 0, tmp_path, "stem")
    assert failed.value.errno == errno.ENOSPC
    assert failed.value.filename.startswith(str(tmp_path / "stem-0.npy."))
    assert list(tmp_path.iterdir()) == []


def test_when_the_folder_cannot_be_synced_no_file_is_left(monkeypatch, tmp_path):
    def broken(folder):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(folder))

    monkeypatch.setattr(array_files, "sync_folder", broken)
    with pytest.raises(OSError, match="Input/output error"):
        encode_result(result_of(x=LARGE), 0, tmp_path, "x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        encode_result(result_of(x=LARGE), 0, tmp_path / "nowhere", "x")


def damage_missing(path):
    path.unlink()


def damage_empty(path):
    path.write_bytes(b"")


def damage_truncated(path):
    os.truncate(path, path.stat().st_size - 1)


def damage_truncated_in_its_head(path):
    os.truncate(path, 20)


def damage_pickle(path):
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)


def damage_other_shape(path):
    np.save(path, LARGE[:-1])


def damage_other_dtype(path):
    np.save(path, LARGE.astype(np.complex128))


def damage_archive(path):
    with path.open("wb") as file:
        np.savez(file, LARGE)


def damage_folder(path):
    path.unlink()
    path.mkdir()


DAMAGES = [
    (damage_missing, "is missing"),
    (damage_empty, "is damaged"),
    (damage_truncated, "is damaged"),
    (damage_truncated_in_its_head, "is damaged"),
    (damage_pickle, "is damaged"),
    (damage_other_shape, "is another one"),
    (damage_other_dtype, "is another one"),
    (damage_archive, "is damaged"),
    (damage_folder, "is damaged"),
]


@pytest.mark.parametrize(("damage", "text"), DAMAGES, ids=[damage.__name__ for damage, _ in DAMAGES])
def test_a_file_that_is_missing_or_damaged_is_named_with_the_cure(damage, text, stored, tmp_path):
    damage(tmp_path / stored.files[0])
    with pytest.raises(CodecError) as failed:
        decode_result(stored, tmp_path)
    message = str(failed.value)
    assert message.startswith(
        f"the result of circuit 4 can't be read: its array file {tmp_path / stored.files[0]} {text}"
    )
    assert "run the job again" in message


WRITE = """
import sys
from pathlib import Path
import numpy as np
from queuebit.codec.array_files import write_array_files
write_array_files(Path(sys.argv[1]), [("a.npy", np.arange(5000.0)), ("b.npy", np.arange(5000.0))])
"""


@pytest.mark.parametrize(
    ("failpoint", "whole"),
    [
        ("files.before_write", []),
        ("files.before_write@2", []),
        ("files.before_rename", []),
        ("files.before_rename@2", ["a.npy"]),
        ("files.after_rename", ["a.npy", "b.npy"]),
    ],
)
def test_a_process_that_dies_leaves_whole_files_or_temporary_ones(failpoint, whole, tmp_path):
    environment = {**os.environ, "QUEUEBIT_FAILPOINT": failpoint}
    ran = subprocess.run([sys.executable, "-c", WRITE, str(tmp_path)], env=environment, check=False)
    assert ran.returncode == -signal.SIGKILL
    assert sorted(path.name for path in tmp_path.glob("*.npy")) == whole
    assert all(np.array_equal(np.load(path), np.arange(5000.0)) for path in tmp_path.glob("*.npy"))


@pytest.mark.parametrize("failpoint", ["files.before_write:disk_full@2", "files.before_rename:io_error@2"])
def test_a_write_that_fails_leaves_nothing(failpoint, tmp_path):
    environment = {**os.environ, "QUEUEBIT_FAILPOINT": failpoint}
    ran = subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "OSError" in ran.stderr
    assert list(tmp_path.iterdir()) == []
