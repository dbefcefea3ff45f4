"""How an encoded result lies in bytes: a head with a checksum, its text deflated, and blobs."""

import struct
import zlib
from collections.abc import Sequence

from queuebit.codec.exceptions import CodecError

# Magic and version; a checksum of all that follows; how long the deflated text is, and the text.
_HEAD = struct.Struct("<3sBIII")
_MAGIC = b"QBR"
_VERSION = 2
_CHECKED_FROM = 8

# Deflating starts from this text, so that what every result has costs next to nothing. It belongs to all versions:
# never change it.
_VOCABULARY = (
    b'"required_memory_mb":"max_memory_mb":"parallel_shots":"parallel_state_update":"input_qubit_map":[["active_input_qubits":['
    b'"num_bind_params":"num_clbits":"num_qubits":"remapped_qubits":false,"runtime_parameter_bind":false,"sample_measure_time":'
    b'"batched_shots_optimization":false,"measure_sampling":true,"device":"CPU","noise":"ideal","method":"statevector",'
    b'"fusion":{"applied":false,"max_fused_qubits":"threshold":"enabled":true},"result_subtypes":{"result_types":{'
    b'{"$quantum":{"class":"Statevector","aer":true,"data":"DensityMatrix","dims":[2,2]}},{"$dict":[[{"$tuple":[{"$complex":['
    b'"unitary":{"statevector":{"$array":{"dtype":"<c16","shape":[4],"file":0}},"blob":[0,64]}},"data":{"counts":{},'
    b'"engine":"reference","precision":"double","threads":"fused_gates":'
    b'{"shots":1024,"success":true,"status":"DONE","seed":"header":{"name":"circuit-1","n_qubits":2,'
    b'"qreg_sizes":[["q",2]],"creg_sizes":[["c",2],["meas",2]],"qubit_labels":[["q",0],["q",1],["q",2],["q",3]],'
    b'"clbit_labels":[["c",0],["meas",0],["meas",1],["meas",2]],"memory_slots":2,"global_phase":0.0,"metadata":{}},'
    b'"name":"circuit-1","seed_simulator":"time_taken":0.0001,"metadata":{"engine":"statevector","precision":"double"},'
    b'"data":{"counts":{"0x0":5,"0x3":5,"0x1":4,"0x2":1},"memory":{"$memory":{"count":1024,"form":"indices",'
    b'"texts":["0x0","0x3"],"data":[0,128],"deflated":false}}}}'
)

# A deflate window of 4 KiB with small tables: setting up the usual 32 KiB takes ten times as long as deflating a Bell
# result.
_SMALL_TEXT = 16384
_SMALL_WINDOW, _SMALL_TABLES = -12, 5
_WINDOW, _TABLES = -15, 8


def pack_content(text: str, blobs: Sequence[bytes]) -> bytes:
    """Return a text in ASCII and blobs as one content."""
    plain = text.encode("ascii")
    sizes = (_SMALL_WINDOW, _SMALL_TABLES) if len(plain) <= _SMALL_TEXT else (_WINDOW, _TABLES)
    deflate = zlib.compressobj(1, zlib.DEFLATED, *sizes, zlib.Z_DEFAULT_STRATEGY, _VOCABULARY)
    deflated = deflate.compress(plain) + deflate.flush()
    content = b"".join([_HEAD.pack(_MAGIC, _VERSION, 0, len(deflated), len(plain)), deflated, *blobs])
    checksum = zlib.crc32(memoryview(content)[_CHECKED_FROM:])
    return b"".join(
        [_HEAD.pack(_MAGIC, _VERSION, checksum, len(deflated), len(plain)), memoryview(content)[_HEAD.size :]]
    )


def unpack_content(content: bytes, what: str) -> tuple[str, memoryview]:
    """Return the text of a content, and its blobs one after another.

    Args:
        content: what :func:`pack_content` had returned.
        what: what it is, to begin an error's sentence.

    Raises:
        CodecError: if it is empty, truncated, damaged, something else, or from a newer version.
    """
    if len(content) < _HEAD.size or content[:3] != _MAGIC:
        raise CodecError(
            f"{what} can't be read: these {len(content)} bytes aren't an encoded result, or only its beginning"
        )
    _, version, checksum, deflated_size, size = _HEAD.unpack_from(content)
    if not 1 <= version <= _VERSION:
        raise CodecError(
            f"{what} can't be read: it is in format {version}, this queuebit reads formats 1 to {_VERSION}. "
            "Upgrade queuebit."
        )
    view = memoryview(content)
    if zlib.crc32(view[_CHECKED_FROM:]) != checksum:
        raise CodecError(
            f"{what} can't be read: it is damaged, its checksum doesn't match. Run the job again (`queuebit rerun`)."
        )
    end = _HEAD.size + deflated_size
    return _inflated(view[_HEAD.size : end], size, what), view[end:]


def _inflated(deflated: memoryview, size: int, what: str) -> str:
    inflate = zlib.decompressobj(_WINDOW, _VOCABULARY)
    try:
        plain = inflate.decompress(deflated, size + 1)  # 0 would be no limit
        if len(plain) == size and inflate.eof:
            return plain.decode("ascii")
    except (zlib.error, UnicodeDecodeError) as error:
        raise CodecError(f"{what} can't be read: it is damaged: {error}") from error
    raise CodecError(f"{what} can't be read: it is damaged: its text doesn't have the {size} bytes that it should")
