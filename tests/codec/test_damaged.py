"""Content that is damaged, cut off, hostile or from another version is refused with one error class that names it."""

import io
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qpy
from qiskit.result.models import ExperimentResult, ExperimentResultData

from queuebit.codec.circuits import decode_circuit, encode_circuit
from queuebit.codec.content import pack_content
from queuebit.codec.exceptions import CodecError
from queuebit.codec.results import decode_result, decode_run, encode_result
from queuebit.store.records import StoredResult

BELL = QuantumCircuit(2, 2, name="bell")
BELL.h(0)
BELL.cx(0, 1)
BELL.measure(0, 0)
CIRCUIT = encode_circuit(BELL)

# One for Qiskit's own reader.
LABELLED = QuantumCircuit(1)
LABELLED.barrier(label="here")
LABELLED = encode_circuit(LABELLED)

MEMORY = ["0x0", "0x3", "0x1"] * 50


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    data = ExperimentResultData(counts={"0x0": 50, "0x3": 50, "0x1": 50}, memory=MEMORY)
    return encode_result(ExperimentResult(150, True, data), 0, tmp_path_factory.mktemp("files"), "x").content


def read_result(content, tmp_path, files=()):
    return decode_result(StoredResult(index=2, content=content, files=files), tmp_path)


def read_run(content, tmp_path, files=()):
    return decode_run(StoredResult(index=2, content=content, files=files), tmp_path)


def refused_result(content, tmp_path, files=(), read=read_result):
    with pytest.raises(CodecError) as refused:
        read(content, tmp_path, files)
    assert str(refused.value).startswith("the result of circuit 2 can't be read: ")
    return str(refused.value)


def refused_circuit(data):
    with pytest.raises(CodecError) as refused:
        decode_circuit(data, "circuit 3 of job 1f")
    assert str(refused.value).startswith("circuit 3 of job 1f can't be read")
    return str(refused.value)


def test_every_beginning_of_a_result_is_refused(content, tmp_path):
    for size in range(len(content)):
        refused_result(content[:size], tmp_path)
    read_result(content, tmp_path)


def test_every_beginning_of_a_circuit_is_refused():
    for size in range(len(CIRCUIT)):
        refused_circuit(CIRCUIT[:size])
    assert decode_circuit(CIRCUIT) == BELL


def test_any_changed_byte_of_a_result_is_noticed(content, tmp_path):
    for place in range(len(content)):
        refused_result(content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :], tmp_path)


def test_any_changed_byte_of_a_circuit_is_noticed():
    for place in range(len(CIRCUIT)):
        refused_circuit(CIRCUIT[:place] + bytes([CIRCUIT[place] ^ 0x40]) + CIRCUIT[place + 1 :])


def test_what_is_appended_is_noticed(content, tmp_path):
    refused_result(content + b"\0", tmp_path)
    refused_circuit(CIRCUIT + b"\0")
    refused_circuit(CIRCUIT + CIRCUIT)


def test_a_circuit_is_no_result_and_the_other_way_round(content, tmp_path):
    assert "aren't an encoded result" in refused_result(CIRCUIT, tmp_path)
    assert "aren't an encoded circuit" in refused_circuit(content)


def test_a_newer_format_is_refused_with_the_cure(content, tmp_path):
    assert refused_result(content[:3] + b"\3" + content[4:], tmp_path).endswith(
        "it is in format 3, this queuebit reads formats 1 to 2. Upgrade queuebit."
    )
    assert refused_circuit(CIRCUIT[:-1] + b"\2").endswith(
        "it is in format 2, this queuebit reads format 1. Upgrade queuebit."
    )


def with_checksum(body):
    return body + struct.pack("<I3sB", zlib.crc32(body), b"QBC", 1)


def test_a_newer_qpy_is_refused_with_the_cure():
    newer = bytearray(CIRCUIT[:-8])
    newer[6:10] = 200, 9, 8, 7
    assert refused_circuit(with_checksum(bytes(newer))).endswith(
        f"Qiskit 9.8.7 wrote it in QPY 200, the Qiskit here reads up to QPY {qpy.QPY_VERSION}. "
        "Upgrade Qiskit here, or keep a store of its own for each of them."
    )


@pytest.mark.parametrize(
    "body",
    [
        b"QISKIT" + struct.pack("<I", 0),
        b"QISKIT\x12\2\6\2" + struct.pack("<I", 0),
        CIRCUIT[:50] + struct.pack("<I", 0),
        CIRCUIT[:-12] + struct.pack("<I", 10**9),
        CIRCUIT[:-12] + b"[{}]" + struct.pack("<I", 4),
        CIRCUIT[:-12] + b"[5]" + struct.pack("<I", 3),
        CIRCUIT[:-12] + b"{}}" + struct.pack("<I", 3),
        CIRCUIT[:-12]
        + b'[{"way":[0],"class":"QuantumCircuit","label":null,"subtype":null,"params":[]}]'
        + struct.pack("<I", 78),
        CIRCUIT[:-12]
        + b'[{"way":[9],"class":"SaveState","label":null,"subtype":null,"params":[]}]'
        + struct.pack("<I", 73),
        b"QISKIT" + b"[" * 100_000 + struct.pack("<I", 100_000),
    ],
    ids=range(10),
)
def test_hostile_circuits_with_a_right_checksum_are_refused(body):
    refused_circuit(with_checksum(body))


TEXTS = [
    "",
    "[]",
    "{}",
    '{"data":5,"shots":1,"success":true}',
    '{"data":{},"shots":1}',
    '{"data":{"x":{"$memory":{}}},"shots":1,"success":true}',
    '{"data":{"x":{"$memory":{"count":9,"form":"lines","texts":[],"data":[0,99],"deflated":false}}},"shots":1,"success":true}',
    '{"data":{"x":{"$array":{"dtype":"<f8","shape":[1],"blob":[0,8]}}},"shots":1,"success":true}',
    '{"data":{"x":{"$array":{"dtype":"<f8","shape":[1],"blob":[-8,8]}}},"shots":1,"success":true}',
    '{"data":{"x":{"$array":{"dtype":"<f8","shape":[1],"blob":["a"]}}},"shots":1,"success":true}',
    '{"data":{"x":{"$array":{"dtype":"<f8","shape":[1],"file":0}}},"shots":1,"success":true}',
    '{"data":{"x":{"$array":{"dtype":"<f8","shape":[1],"file":"/etc/passwd"}}},"shots":1,"success":true}',
    '{"data":{},"shots":1,"success":true,"meas_return":"nothing"}',
    '{"data":{},"shots":1,"success":true}{',
    '{"data":{},"shots":1,"success":true}[]',
    '{"data":{},"shots":1,"success":true}{}{}',
    "[" * 100_000,
]
WITHOUT_TEXTS = '{"$memory":{"count":9,"form":"indices","texts":null,"data":[0,2],"deflated":false}}'
TEXTS_OF_A_RUN = [
    "",
    "[]",
    "{}",
    '{"data":5,"shots":1,"success":true}',
    '{"data":{},"shots":1}',
    f'{{"data":{{"memory":{WITHOUT_TEXTS}}},"shots":9,"success":true}}',
    f'{{"data":{{"counts":5,"memory":{WITHOUT_TEXTS}}},"shots":9,"success":true}}',
    "[" * 100_000,
]


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_results_with_a_right_checksum_are_refused(text, tmp_path):
    assert "damaged" in refused_result(pack_content(text, []), tmp_path)


@pytest.mark.parametrize("read", [read_result, read_run])
@pytest.mark.parametrize("text", TEXTS_OF_A_RUN)
def test_hostile_results_of_some_shots_are_refused(text, read, tmp_path):
    assert "damaged" in refused_result(pack_content(text, [b"\0" * 2]), tmp_path, read=read)


@pytest.mark.parametrize("name", ["../secret.npy", "/etc/secret.npy", "..", "", "secret", "a/../secret.npy"])
def test_no_file_outside_the_folder_is_read(name, tmp_path):
    text = '{"data":{"x":{"$array":{"dtype":"<f8","shape":[1],"file":0}}},"shots":1,"success":true}'
    assert "isn't among the result's files" in refused_result(pack_content(text, []), tmp_path, (name,))


def test_a_text_that_grows_without_end_is_not_inflated(tmp_path):
    bomb = pack_content("[" + " " * 10**8 + "]", [])
    short = struct.pack("<II", struct.unpack_from("<I", bomb, 8)[0], 10) + bomb[16:]
    assert len(bomb) < 10**6
    assert "its text doesn't have the 10 bytes" in refused_result(
        struct.pack("<3sBI", b"QBR", 1, zlib.crc32(short)) + short, tmp_path
    )


@given(st.binary(max_size=200))
@settings(derandomize=True, deadline=None)
def test_arbitrary_bytes_are_refused(data):
    with pytest.raises(CodecError):
        decode_circuit(data)
    with pytest.raises(CodecError):
        decode_circuit(with_checksum(b"QISKIT" + data + b"\0\0\0\0"))
    with pytest.raises(CodecError):
        read_result(data, None)
    with pytest.raises(CodecError):
        read_result(b"QBR\1" + struct.pack("<I", zlib.crc32(data)) + data, None)


ARRAYS = (
    '{"shots":1,"success":true,"data":{"x":{"$array":{"dtype":"<f8","shape":[2],"blob":[0,16]}},"memory":{"$memory":'
)
TEXT = ARRAYS + (
    '{"count":9,"form":"indices","texts":["0x0","0x3"],"data":[16,2],"deflated":false}},"y":{"$quantum":{"class":'
    '"Statevector","dims":[2],"data":{"$array":{"dtype":"<c16","shape":[2],"blob":[0,32]}}}}},"z":{"$complex":[1.0,2]}}'
)


@given(st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.sampled_from('09"[]{},:$-xen<|')), min_size=1, max_size=4))
@settings(derandomize=True, deadline=None, max_examples=400)
def test_a_hostile_text_is_read_or_refused(changes):
    text = list(TEXT)
    for place, character in changes:
        text[place] = character
    for read in (read_result, read_run):
        with suppress(CodecError):
            read(pack_content("".join(text), [b"\0" * 32]), None)


def test_the_text_that_hostile_ones_are_made_of_is_right(tmp_path):
    assert read_result(pack_content(TEXT, [b"\0" * 32]), tmp_path).data.memory == ["0x0"] * 9


@pytest.mark.parametrize("version", sorted({15, min(18, qpy.QPY_VERSION)}))
@pytest.mark.parametrize("of", ["qubits", "clbits"])
def test_a_head_that_promises_billions_of_bits_is_refused_at_once(version, of):
    file = io.BytesIO()
    qpy.dump(BELL, file, version=version)
    data = bytearray(file.getvalue())
    place = data.index(struct.pack("!II", 2, 2)) + (0 if of == "qubits" else 4)
    assert place < 40
    data[place] = 0xF0
    assert "no circuit is so wide" in refused_circuit(with_checksum(bytes(data) + b"\0\0\0\0"))


class PanicException(BaseException):
    pass


def test_a_panic_of_qiskit_is_a_damaged_circuit_and_nothing_else_is(monkeypatch):
    def fail(error):
        def load(*_, **__):
            raise error

        monkeypatch.setattr(qpy, "load", load)

    fail(PanicException("index out of bounds"))
    assert refused_circuit(LABELLED).endswith("it is damaged: index out of bounds")
    for error in (KeyboardInterrupt(), MemoryError(), UserWarning("newer")):
        fail(error)
        with pytest.raises(type(error)):
            decode_circuit(LABELLED)
