"""What was written once can be read for ever."""

import zlib

import pytest

from queuebit.codec.circuits import decode_circuit
from queuebit.codec.content import _VOCABULARY
from queuebit.codec.results import decode_result, decode_run
from queuebit.store.records import StoredResult

# Each was written when its format was new, the circuit with Qiskit 2.1. Others may be added, these never changed.
RESULT_1 = bytes.fromhex(
    "514252017382e6367200000096010000832722236050a125211c2e3704aa043bddd080805b416692ea52636cee043a2db10ce46eac5931"
    "d3081489d09c084c59b0ec67ac03ca7d403762247a604a83147568c9072d71a3a43444f4172466827310bc183104152f88820494ec8cf4"
    "0c626b21b663cb89c8c9cd1c187b2809ceb4160055555001000200"
)
RESULT_2 = bytes.fromhex(
    "51425202685669666f00000067010000832722236050a125211c2e3704aa043bddd080805b4166e272695e694e0e92038db1390fe8a2c4"
    "329073b1e6c04c2350dc4133203041c1729db10e28d3019d861a8da640bf22523f7274162466827304bc5830041517888201948c8cf40c"
    "626b21c662cb59c8c9c71cd56690476b0155555001000200"
)
CIRCUIT_1 = bytes.fromhex(
    "5149534b49540f020100000000000000000170710004660008000000020000000200000000000000190000000200000000000000030000"
    "000062656c6c00000000000000007b2270616972223a7b22247475706c65223a5b312c325d7d7d71010000000200010171000000000000"
    "00000000000000000001630100000002000101630000000000000000000000000000000100000000000000000000000000050000000000"
    "00000100000000000000000000000000000000000000000000004847617465710000000000060000000000000002000000000000000000"
    "00000000000000000001000000014358476174657100000000710000000100070000000000000001000000010000000000000000000000"
    "00000000000000004d65617375726571000000006300000001000000ffffffffffffffffffffffff00000000000000000000000018cf0d"
    "bf51424301"
)


RESULTS = pytest.mark.parametrize("content", [RESULT_1, RESULT_2], ids=["format 1", "format 2"])


@RESULTS
def test_a_result_can_be_read(content, tmp_path):
    read = decode_result(StoredResult(index=0, content=content), tmp_path)
    assert read.data.saved.tolist() == [1, 2]
    assert read.data.memory == ["0x0", "0x3"] * 10
    assert read.data.counts == {"0x0": 10, "0x3": 10}
    assert read.header["metadata"] == {"pair": (1, 2j)}
    assert (read.shots, read.status, read.seed_simulator, read.time_taken) == (20, "DONE", 7, 0.5)


@RESULTS
def test_what_a_run_of_some_shots_found_can_be_read(content, tmp_path):
    read = decode_run(StoredResult(index=0, content=content), tmp_path)
    assert read.memory.unpacked() == ["0x0", "0x3"] * 10
    assert list(read.data) == ["counts", "saved"]
    assert read.data["saved"].tolist() == [1, 2]
    assert read.data["counts"] == {"0x0": 10, "0x3": 10}
    assert (read.shots, read.success, read.time_s) == (20, True, 0.5)


def test_a_circuit_of_format_1_can_be_read():
    circuit = decode_circuit(CIRCUIT_1)
    assert (circuit.name, circuit.metadata) == ("bell", {"pair": (1, 2)})
    assert [instruction.operation.name for instruction in circuit.data] == ["h", "cx", "measure"]


def test_the_text_that_deflating_starts_from_is_what_it_was():
    assert zlib.crc32(_VOCABULARY) == 3164631639
