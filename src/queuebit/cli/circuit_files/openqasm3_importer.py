"""Qiskit's OpenQASM 3 importer, with more of the language and with a position for every error."""

from collections.abc import Callable, Sequence
from typing import Any

from openqasm3 import ast
from qiskit.circuit import ClassicalRegister, Clbit
from qiskit.circuit.classical import expr
from qiskit.circuit.classical import types as classical_types
from qiskit_qasm3_import import types
from qiskit_qasm3_import.converter import ConvertVisitor
from qiskit_qasm3_import.data import Symbol
from qiskit_qasm3_import.exceptions import raise_from_node
from qiskit_qasm3_import.state import LocalScope, State

from queuebit.cli.circuit_files.classical_expression import as_bool, as_type, binary, classical_expression
from queuebit.cli.circuit_files.openqasm3_values import Resolver

_CONSTANTS: dict[type[ast.ClassicalType], tuple[Callable[[Any], Any], Callable[[], types.Type]]] = {
    ast.IntType: (int, lambda: types.Int(const=True)),
    ast.UintType: (int, lambda: types.Uint(const=True)),
    ast.FloatType: (float, lambda: types.Float(const=True)),
    ast.AngleType: (float, lambda: types.Angle(const=True)),
    ast.BoolType: (bool, lambda: types.Bool(const=True)),
    ast.DurationType: (tuple, lambda: types.Duration(const=True)),
}

# Of a loop; a longer one stays a loop. A guess.
_MOST_UNROLLED = 4096

# Of a uint that doesn't say its width. A guess; the language leaves it to the machine.
_UINT_WIDTH = 32


class Importer(ConvertVisitor):
    """Converts a parsed program to a circuit.

    Beyond Qiskit's importer it knows conditions of any form over bits, registers and variables
    (``if (c == 1 && !d)``), ``switch``, ``bool`` and ``uint`` variables, assignments, constants, and functions of them.

    Attributes:
        failed_at: the innermost statement that couldn't be converted, or None.
    """

    def __init__(self) -> None:
        super().__init__()
        self.failed_at: ast.QASMNode | None = None

    def visit(self, node: ast.QASMNode, context: State | None = None) -> Any:
        """Convert a statement, and remember it if it fails."""
        try:
            return super().visit(node, context)
        except Exception:
            if self.failed_at is None:
                self.failed_at = node
            raise

    def visit_QuantumGate(self, node: ast.QuantumGate, context: State) -> State:  # noqa: N802
        """Apply a gate, after checking how many parameters it takes."""
        symbol = context.symbol_table.get(node.name.name, node)
        if symbol is not None and isinstance(symbol.type, types.Gate):
            takes, given = _size(symbol.type.n_classical), len(node.arguments)
            if takes != given:
                noun = "parameter" if takes == 1 else "parameters"
                raise_from_node(node, f"gate '{node.name.name}' takes {takes} {noun}, but got {given}")
        return super().visit_QuantumGate(node, context)

    def visit_ConstantDeclaration(self, node: ast.ConstantDeclaration, context: State) -> State:  # noqa: N802
        """Give a name to a value that is known now."""
        if type(node.type) not in _CONSTANTS:
            raise_from_node(node, "constants of this type are not supported")
        convert, type_of_constant = _CONSTANTS[type(node.type)]
        value, value_type = self._resolve_generic(node.init_expression, context, strict=False)
        if not getattr(value_type, "const", False):
            raise_from_node(node, f"the value of '{node.identifier.name}' isn't a constant")
        return _declare(node, convert(value), type_of_constant(), context)

    def visit_ClassicalDeclaration(self, node: ast.ClassicalDeclaration, context: State) -> State:  # noqa: N802
        """Declare bits or a variable, with a value at its start or without."""
        if isinstance(node.type, ast.BitType):
            self._declare_bits(node, context)
        elif isinstance(node.type, (ast.BoolType, ast.UintType)):
            self._declare_variable(node, node.type, context)
        else:
            super().visit_ClassicalDeclaration(node, context)
        return context

    def visit_ClassicalAssignment(self, node: ast.ClassicalAssignment, context: State) -> State:  # noqa: N802
        """Set bits or a variable."""
        self._assign(node.lvalue, node.op.name, node.rvalue, context)
        return context

    def visit_SwitchStatement(self, node: ast.SwitchStatement, context: State) -> State:  # noqa: N802
        """Branch on a value."""
        with context.circuit.switch(self._expression(node.target, context)) as case:
            for labels, block in node.cases:
                values = [self._resolve_constant_int(label, context) for label in labels]
                with case(*values), LocalScope(context) as inner:
                    self._visit_all(block.statements, inner)
            if node.default is not None:
                with case(case.DEFAULT), LocalScope(context) as inner:
                    self._visit_all(node.default.statements, inner)
        return context

    def visit_ForInLoop(self, node: ast.ForInLoop, context: State) -> State:  # noqa: N802
        """Repeat the body for each value.

        A loop is unrolled where it can be, for Qiskit's loop variable can be an angle, but neither index a register nor
        stand in a condition.
        """
        values = self._loop_values(node, context)
        if values is None or len(values) > _MOST_UNROLLED or _leaves_loop(node.block):
            return super().visit_ForInLoop(node, context)
        for value in values:
            with LocalScope(context) as inner:
                _declare(node, value, types.Int(const=True), inner)
                self._visit_all(node.block, inner)
        return context

    def _loop_values(self, node: ast.ForInLoop, context: State) -> Sequence[int] | None:
        values, kind = self._resolve_generic(node.set_declaration, context, strict=True)
        if not isinstance(kind, types.Range):
            return values if isinstance(kind, types.Sequence) else None
        if values.start is None or values.stop is None:
            return None
        return range(values.start, values.stop, 1 if values.step is None else values.step)

    def _declare_bits(self, node: ast.ClassicalDeclaration, context: State) -> None:
        """Declare bits; a single one too becomes a register, so that its name is known where outcomes are shown."""
        super().visit_ClassicalDeclaration(ast.ClassicalDeclaration(node.type, node.identifier), context)
        bits = self._resolve_carg(node.identifier, context)
        if isinstance(bits, Clbit):
            context.circuit.add_register(ClassicalRegister(name=node.identifier.name, bits=[bits]))
        initial: Any = node.init_expression
        if isinstance(initial, ast.QuantumMeasurement):
            measured: Any = initial.qubit
            context.circuit.measure(self._resolve_qarg(measured, context), bits)
        elif initial is not None:
            self._assign(node.identifier, "=", initial, context)

    def _declare_variable(
        self, node: ast.ClassicalDeclaration, declared: ast.BoolType | ast.UintType, context: State
    ) -> None:
        kind, wanted = self._type_of_variable(declared, context)
        value = expr.lift(False) if node.init_expression is None else self._expression(node.init_expression, context)
        name = node.identifier.name
        if context.circuit.has_var(name):  # of another scope, or another round of a loop
            name = context.unique_name(f"{name}_")  # type: ignore[no-untyped-call]
        _declare(node, context.circuit.add_var(name, as_type(value, wanted)), kind, context)

    def _visit_all(self, statements: list[ast.Statement], context: State) -> None:
        for statement in statements:
            self.visit(statement, context)

    def _assign(
        self, target: ast.Identifier | ast.IndexedIdentifier, symbol: str, value: ast.Expression, context: State
    ) -> None:
        lvalue = self._expression(target, context)
        if not expr.is_lvalue(lvalue):
            raise_from_node(target, "only whole registers, single bits and variables can be set; this is not supported")
        rvalue = self._expression(value, context)
        if symbol != "=":
            rvalue = binary(symbol.removesuffix("="), lvalue, rvalue)
        context.circuit.store(lvalue, as_type(rvalue, lvalue.type))

    def _type_of_variable(
        self, kind: ast.BoolType | ast.UintType, context: State
    ) -> tuple[types.Type, classical_types.Type]:
        if isinstance(kind, ast.BoolType):
            return types.Bool(const=False), classical_types.Bool()
        width = _UINT_WIDTH if kind.size is None else self._resolve_constant_int(kind.size, context)
        return types.Uint(size=width), classical_types.Uint(width)

    def _resolve_condition(self, node: ast.Expression, context: State) -> expr.Expr:
        return as_bool(self._expression(node, context))

    def _expression(self, node: ast.QASMNode, context: State) -> expr.Expr:
        return classical_expression(node, lambda leaf: self._resolve_generic(leaf, context, strict=True)[0])

    def _resolve_generic(self, node: Any, context: State, strict: bool) -> tuple[Any, types.Type]:
        return Resolver(context, strict).resolve(node)


def _declare(node: Any, value: Any, kind: types.Type, context: State) -> State:
    symbol = Symbol(node.identifier.name, value, kind, context.scope, node)
    context.symbol_table.insert(symbol)  # type: ignore[no-untyped-call]
    return context


def _leaves_loop(block: Sequence[ast.QASMNode]) -> bool:
    """Return whether a loop's body has a ``break`` or ``continue`` of this loop."""
    for statement in block:
        blocks: list[Any] = []
        match statement:
            case ast.BreakStatement() | ast.ContinueStatement():
                return True
            case ast.BranchingStatement():
                blocks = [statement.if_block, statement.else_block]
            case ast.SwitchStatement():
                cases = [case.statements for _, case in statement.cases]
                blocks = [*cases, statement.default.statements if statement.default else []]
            case ast.Box():
                blocks = [statement.body]
        if any(_leaves_loop(inner) for inner in blocks):
            return True
    return False


def _size(count: int | list[Any]) -> int:
    """Return a gate type's count; the importer's own ``U`` has a list in its place."""
    return count if isinstance(count, int) else len(count)
