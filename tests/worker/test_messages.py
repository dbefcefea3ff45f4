"""Messages between the service and a child, and the socket that they go through."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuebit.store import StoredResult
from queuebit.worker.channel import ChildEnd, ServiceEnd
from queuebit.worker.messages import (
    BrokenMessageError,
    CircuitDone,
    Ended,
    MessageReader,
    Ready,
    Run,
    Warm,
    encode_message,
)

RESULT = StoredResult(index=3, content=b"\x00\xff" * 10, files=("a.npy", "b.npy"))
MESSAGES = [
    Run(
        job_id="j",
        attempt=2,
        backend_name="m:f",
        backend_options={"a": [1, {"b": None}]},
        options={"ü": "\ud800"},
        num_circuits=3,
        indices=(0, 2),
        circuits=(b"", b"\x00QISKIT"),
        threads=2,
    ),
    Warm(backend_name="m:f", backend_options={}),
    Ready(memory_bytes=1),
    CircuitDone(result=RESULT),
    Ended(how="finished", result=RESULT, cpu_s=0.5, process_cpu_s=1.5, peak_memory_bytes=5, memory_bytes=4),
    Ended(how="failed", error={"type": "E", "message": "m", "circuit_index": 1}),
    Ended(how="stopped"),
]


@given(st.lists(st.sampled_from(MESSAGES), max_size=5), st.data())
def test_messages_arrive_as_they_were_however_the_stream_is_cut(messages, data):
    stream = b"".join(map(encode_message, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader, arrived = MessageReader(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        arrived += reader.feed(stream[start:end])
    assert arrived == messages
    assert reader.received == len(stream)


@pytest.mark.parametrize(
    "stream",
    [
        b"this is no message at all",
        struct.pack("<4sQI", b"qubt", 2, 3) + b"[]x",
        struct.pack("<4sQI", b"qubt", 2, 2) + b"[]",
        struct.pack("<4sQI", b"qubt", 2, 2) + b"\xff\xff",
        struct.pack("<4sQI", b"qubt", 14, 14) + b'["other",{},0]',
        struct.pack("<4sQI", b"qubt", 15, 15) + b'["ready",{},[]]',
    ],
)
def test_what_isnt_a_message_is_refused(stream):
    with pytest.raises(BrokenMessageError):
        list(MessageReader().feed(stream))


@pytest.fixture
def ends():
    here, there = socket.socketpair()
    with here, there:
        yield ServiceEnd(here), ChildEnd(there)


def test_the_service_never_waits_for_a_child_that_doesnt_read(ends):
    service, child = ends
    large = Run(**{**{name: getattr(MESSAGES[0], name) for name in Run.__slots__}, "circuits": (b"x" * 2**22, b"")})
    service.send(large)
    assert service.has_unsent
    service.send(MESSAGES[1])
    arrived = []
    for _ in range(2):
        # The child's end waits, so the service has to go on in between, as its selector would have it do.
        while not child._arrived:
            service.flush()
            child._arrived.extend(child._reader.feed(child._socket.recv(2**16)))
        arrived.append(child.receive())
    assert arrived == [large, MESSAGES[1]]
    assert not service.has_unsent


def test_the_service_reads_what_is_there_and_doesnt_wait_for_more(ends):
    service, child = ends
    assert list(service.receive()) == []
    child.send(MESSAGES[2])
    assert list(service.receive()) == [MESSAGES[2]]
    assert not service.at_end


def test_all_that_a_dead_child_has_sent_is_read_and_half_a_message_is_nothing(ends):
    service, child = ends
    for _ in range(30):
        child.send(CircuitDone(result=StoredResult(index=1, content=b"x" * 3000)))
    child._socket.send(encode_message(MESSAGES[4])[:-1])
    child._socket.close()
    assert len(list(service.receive_rest())) == 30
    assert service.at_end
    service.send(MESSAGES[1])
    assert not service.has_unsent


def test_a_child_without_a_service_has_nothing_more_to_do(ends):
    service, child = ends
    service.close()
    assert child.receive() is None
