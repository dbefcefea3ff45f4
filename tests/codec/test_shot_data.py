"""The list of all shots is made when it is asked for, and is Qiskit's list from then on."""

import copy
import json
import pickle

import numpy as np
import pytest
from qiskit.result import Result
from qiskit.result.models import ExperimentResult, ExperimentResultData

from queuebit.codec.exceptions import CodecError
from queuebit.codec.results import StoredShots, decode_result, encode_result
from queuebit.codec.shot_data import ShotData
from queuebit.codec.shot_list import IndexedShots, pack_shots

EACH_SHOT = ["0x0", "0x3", "0x3", "0x1f"] * 10


@pytest.fixture
def data():
    shots = IndexedShots((0, 3, 31), np.array([0, 1, 1, 2] * 10, dtype=np.int64))
    return ShotData(shots, counts={"0x0": 10, "0x3": 20, "0x1f": 10}, statevector=np.array([1, 0j]))


def result_with(data):
    return ExperimentResult(40, success=True, data=data)


def is_made(data):
    return "memory" in vars(data)


def test_the_memory_is_made_once(data):
    assert not is_made(data)
    assert data.memory == EACH_SHOT
    assert data.memory is data.memory


def test_it_is_a_list_of_texts_wherever_qiskit_looks(data):
    header = {"memory_slots": 5, "creg_sizes": [["c", 5]]}
    result = Result(results=[ExperimentResult(40, success=True, data=data, header=header)])
    assert result.get_memory() == ["00000", "00011", "00011", "11111"] * 10
    assert list(data.to_dict()) == ["counts", "memory", "statevector"]
    assert json.loads(json.dumps(data.to_dict()["memory"])) == EACH_SHOT
    assert "'0x1f'" in repr(data)


def test_counting_doesnt_make_it(data, tmp_path):
    decoded = decode_result(encode_result(result_with(data), 0, tmp_path, "x"), tmp_path).data
    for counted in (data, decoded):
        assert counted.counts["0x3"] == 20
        assert not is_made(counted)


@pytest.mark.parametrize("remade", [copy.copy, copy.deepcopy, lambda data: pickle.loads(pickle.dumps(data))])
@pytest.mark.parametrize("made_before", [False, True])
def test_copies_have_it_too(data, remade, made_before):
    if made_before:
        data.memory.append("0x7")
    copied = remade(data)
    assert copied.memory == data.memory
    assert copied.counts == data.counts


def test_other_attributes_are_missing_as_usual(data):
    assert not hasattr(data, "unitary")
    with pytest.raises(AttributeError, match="'snapshots'"):
        data.snapshots  # noqa: B018


def test_what_is_stored_doesnt_depend_on_whether_it_was_made(data, tmp_path):
    before = encode_result(result_with(data), 0, tmp_path, "x")
    assert not is_made(data)
    plain = ExperimentResultData(**data.to_dict())
    assert encode_result(result_with(data), 0, tmp_path, "x") == before
    assert encode_result(result_with(plain), 0, tmp_path, "x") == before


def test_a_list_that_was_changed_is_stored_as_it_is(data, tmp_path):
    data.memory[0] = "0x5"
    decoded = decode_result(encode_result(result_with(data), 0, tmp_path, "x"), tmp_path)
    assert decoded.data.memory == ["0x5", *EACH_SHOT[1:]]


@pytest.mark.parametrize("num_shots", [1, 15, 16, 1000])
@pytest.mark.parametrize("bits", [1, 2, 63, 64, 65, 300])
def test_indexed_shots_are_packed_as_their_texts_are(num_shots, bits):
    rng = np.random.default_rng(bits)
    drawn = [int.from_bytes(rng.bytes(40)) >> (320 - bits) for _ in range(num_shots)]
    outcomes = sorted(set(drawn))
    shots = IndexedShots(outcomes, np.array([outcomes.index(number) for number in drawn], dtype=np.int64))
    assert shots.unpacked() == list(map(hex, drawn))
    assert shots.packed().unpacked() == list(map(hex, drawn))
    if bits <= 64:
        assert shots.packed() == pack_shots(list(map(hex, drawn)))


def test_no_shots_are_no_memory():
    assert IndexedShots((), np.array([], dtype=np.int64)).packed() is None
    assert IndexedShots((), np.array([], dtype=np.int64)).unpacked() == []


@pytest.mark.parametrize("through", [copy.deepcopy, lambda result: pickle.loads(pickle.dumps(result))])
def test_a_memory_that_was_read_and_not_yet_asked_for_can_be_copied(tmp_path, through):
    shots = IndexedShots((0, 3, 31), np.array([0, 1, 1, 2] * 10, dtype=np.int64))
    stored = encode_result(result_with(ShotData(shots, counts={"0x0": 10, "0x3": 20, "0x1f": 10})), 0, tmp_path, "x")
    assert through(decode_result(stored, tmp_path)).data.memory == shots.unpacked()


def test_a_memory_with_other_fields_is_damaged(tmp_path):
    shots = StoredShots({"count": 3, "shape": "round"}, b"", "the result of circuit 4")
    for use in (shots.packed, shots.unpacked):
        with pytest.raises(CodecError, match=r"the result of circuit 4 can't be read: it is damaged: TypeError"):
            use()
