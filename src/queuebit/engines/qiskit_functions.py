"""Qiskit's C functions for reading a circuit, where the installed Qiskit has them."""

import ctypes
from functools import cache
from typing import Any

# In the order in which the core takes them.
_NAMES = (
    "qk_circuit_borrow_from_python",
    "qk_circuit_num_instructions",
    "qk_circuit_instruction_kind",
    "qk_circuit_view_instruction",
    "qk_param_kind",
    "qk_param_as_real",
    "qk_param_stride",
)

# The structure that the core takes `QkCircuitInstructionView` for: its fields, and their sizes in bytes.
_VIEW = {
    "name": 8,
    "qubits": 8,
    "clbits": 8,
    "params": 8,
    "name_len": 8,
    "num_qubits": 4,
    "num_clbits": 4,
    "num_params": 8,
}
_KINDS = {
    "QkOperationKind": {"Gate": 0, "Barrier": 1, "Delay": 2, "Measure": 3, "Reset": 4},
    "QkParamKind": {"Real": 1, "Int": 3},
}


@cache
def circuit_reading_functions() -> tuple[int, ...] | None:
    """Return the functions' addresses for :func:`queuebit._core.read_circuit`.

    Returns:
        The addresses; None where Qiskit is older than its C interface, or that is another than the core knows.
    """
    try:
        from qiskit import capi
    except ImportError:
        return None
    try:
        if not _is_known(capi):
            return None
        functions = [getattr(capi, name) for name in _NAMES]
    except AttributeError:
        return None
    return tuple(ctypes.cast(function, ctypes.c_void_p).value or 0 for function in functions)


def _is_known(capi: Any) -> bool:
    """Tell whether structures and numbers are those that the core was written for."""
    view = capi.QkCircuitInstructionView._fields_
    sizes = {name: ctypes.sizeof(kind) for name, kind in view}
    return list(sizes.items()) == list(_VIEW.items()) and all(
        getattr(getattr(capi, enumeration), kind).value.value == number
        for enumeration, kinds in _KINDS.items()
        for kind, number in kinds.items()
    )
