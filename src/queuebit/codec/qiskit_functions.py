"""Qiskit's C functions, where the installed Qiskit has them: to read a circuit, and to add instructions to one."""

import ctypes
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

# In the order in which the core takes them.
_TO_READ = (
    "qk_circuit_borrow_from_python",
    "qk_circuit_num_instructions",
    "qk_circuit_instruction_kind",
    "qk_circuit_view_instruction",
    "qk_param_kind",
    "qk_param_as_real",
    "qk_param_stride",
)
_TO_APPEND = (
    "qk_circuit_borrow_from_python",
    "qk_circuit_num_qubits",
    "qk_circuit_num_clbits",
    "qk_circuit_gate",
    "qk_circuit_measure",
    "qk_circuit_reset",
    "qk_circuit_barrier",
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

# What the core takes the functions that append for: the sizes of their arguments, and of what they return.
_SIZES = {
    "qk_circuit_num_qubits": (8, 4),
    "qk_circuit_num_clbits": (8, 4),
    "qk_circuit_gate": (8, 1, 8, 8, 4),
    "qk_circuit_measure": (8, 4, 4, 4),
    "qk_circuit_reset": (8, 4, 4),
    "qk_circuit_barrier": (8, 8, 4, 4),
}


@cache
def circuit_reading_functions() -> tuple[int, ...] | None:
    """Return the functions' addresses for :func:`queuebit._core.read_circuit`.

    Returns:
        The addresses; None where Qiskit is older than its C interface, or that is another than the core knows.
    """
    return _addresses(_TO_READ, _has_known_views)


@cache
def circuit_appending_functions() -> tuple[int, ...] | None:
    """Return the functions' addresses for :class:`queuebit._core.QpyReader`.

    Returns:
        The addresses; None where Qiskit is older than its C interface, or that is another than the core knows.
    """
    return _addresses(_TO_APPEND, _has_known_arguments)


@cache
def standard_gates() -> Mapping[str, tuple[int, int, int]]:
    """Return each standard gate by its class's name: its number in Qiskit's C interface, its qubits, its parameters."""
    from qiskit.circuit.library import get_standard_gate_name_mapping

    gates = {}
    for gate in get_standard_gate_name_mapping().values():
        number = getattr(gate.base_class, "_standard_gate", None)
        if number is not None:
            gates[gate.base_class.__name__] = (int(number), gate.num_qubits, len(gate.params))
    return gates


def _addresses(names: Sequence[str], is_known: Callable[[Any], bool]) -> tuple[int, ...] | None:
    try:
        from qiskit import capi

        if not is_known(capi):
            return None
        functions = [getattr(capi, name) for name in names]
    except (ImportError, AttributeError):
        return None
    return tuple(ctypes.cast(function, ctypes.c_void_p).value or 0 for function in functions)


def _has_known_views(capi: Any) -> bool:
    """Tell whether structures and numbers are those that the core was written for."""
    view = capi.QkCircuitInstructionView._fields_
    sizes = {name: ctypes.sizeof(kind) for name, kind in view}
    return list(sizes.items()) == list(_VIEW.items()) and all(
        getattr(getattr(capi, enumeration), kind).value.value == number
        for enumeration, kinds in _KINDS.items()
        for kind, number in kinds.items()
    )


def _has_known_arguments(capi: Any) -> bool:
    """Tell whether functions take and return what the core was written for."""
    functions = {name: getattr(capi, name) for name in _SIZES}
    return all(
        tuple(map(ctypes.sizeof, (*functions[name].argtypes, functions[name].restype))) == sizes
        for name, sizes in _SIZES.items()
    )
