"""Values that an OpenQASM 3 program states."""

import math
from collections.abc import Callable
from typing import Any

from openqasm3 import ast
from qiskit_qasm3_import import types
from qiskit_qasm3_import.exceptions import raise_from_node
from qiskit_qasm3_import.expression import ValueResolver

_FUNCTIONS: dict[str, Callable[..., float]] = {
    "arccos": math.acos,
    "arcsin": math.asin,
    "arctan": math.atan,
    "ceiling": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "mod": math.fmod,
    "pow": math.pow,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}


class Resolver(ValueResolver):
    """Finds what an expression stands for: Qiskit's resolver, with powers and mathematical functions of constants."""

    def visit_FunctionCall(self, node: ast.FunctionCall) -> tuple[float, types.Type]:  # noqa: N802
        """Return the value of a mathematical function."""
        function = _FUNCTIONS.get(node.name.name)
        if function is None:
            raise_from_node(node, f"the function '{node.name.name}' is not supported")
        return function(*(self._number(argument) for argument in node.arguments)), types.Float(const=True)

    def visit_BinaryExpression(self, node: ast.BinaryExpression) -> tuple[Any, types.Type]:  # noqa: N802
        """Return the value of an arithmetic expression."""
        if node.op.name not in ("**", "%"):
            resolved: tuple[Any, types.Type] = super().visit_BinaryExpression(node)
            return resolved
        left, right = self._number(node.lhs), self._number(node.rhs)
        value = left**right if node.op.name == "**" else left % right
        return value, types.Int(const=True) if isinstance(value, int) else types.Float(const=True)

    def _number(self, node: ast.Expression) -> Any:
        value, kind = self.visit(node)
        if not isinstance(value, (int, float)) or not getattr(kind, "const", False):
            raise_from_node(node, "only constants are supported here")
        return value
