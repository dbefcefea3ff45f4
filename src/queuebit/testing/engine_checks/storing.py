"""`store`, to every kind of target, and variables."""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit.classical import expr

from queuebit.testing.engine_checks.classical import uint
from queuebit.testing.engine_checks.operators import OperatorRuns


class StoreChecks(OperatorRuns):
    """`store`, to a variable, a bit, a register, or a bit by its index."""

    def test_store_to_a_register(self) -> None:
        """A store to a register sets all its bits, and no others."""
        circuit = QuantumCircuit(ClassicalRegister(2, "a"), ClassicalRegister(3, "b"), ClassicalRegister(2, "c"))
        for register in circuit.cregs:
            circuit.store(register, 2**register.size - 1)
        circuit.store(circuit.cregs[1], 0b010)
        self.assert_ends_with(circuit, 0b11_010_11)

    def test_store_to_a_bit(self) -> None:
        """A store to a bit sets it, and no other."""
        circuit = QuantumCircuit(0, 3)
        circuit.store(circuit.clbits[0], True)
        circuit.store(circuit.clbits[2], expr.lift(circuit.clbits[0]))
        circuit.store(circuit.clbits[0], False)
        self.assert_ends_with(circuit, 0b100)

    def test_store_to_an_indexed_bit(self) -> None:
        """A store to an index sets that bit of a register or variable; the index may be an expression."""
        circuit = QuantumCircuit(ClassicalRegister(4, "a"), ClassicalRegister(4, "b"))
        left, right = circuit.cregs
        number = circuit.add_var("number", uint(0b1111, 4))
        position = circuit.add_var("position", uint(1, 2))
        circuit.store(expr.index(left, expr.add(position, uint(1, 2))), True)
        circuit.store(expr.index(number, position), False)
        circuit.store(right, number)
        self.assert_ends_with(circuit, 0b1101_0100)

    def test_store_reads_before_it_writes(self) -> None:
        """The value is complete before the target changes."""
        circuit = QuantumCircuit(ClassicalRegister(4, "a"))
        register = circuit.cregs[0]
        circuit.store(register, 0b0110)
        circuit.store(register, expr.bit_xor(expr.shift_left(register, 1), register))
        self.assert_ends_with(circuit, 0b1010)

    def test_stored_bit_comes_from_a_measurement(self) -> None:
        """A variable keeps what a bit held when it was stored, in each shot its own."""
        circuit = QuantumCircuit(1, 2)
        kept = circuit.add_var("kept", False)
        circuit.h(0)
        circuit.measure(0, 0)
        circuit.store(kept, circuit.clbits[0])
        circuit.x(0)
        circuit.measure(0, 0)
        circuit.store(circuit.clbits[1], kept)
        assert set(self.memory(circuit, shots=50)) == {0b01, 0b10}

    def test_each_shot_has_its_own_variables(self) -> None:
        """A variable that is changed after a measurement changes once in each shot, whatever the outcomes."""
        circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(2, "coins"), ClassicalRegister(4, "total"))
        total = circuit.add_var("total", uint(1, 4))
        for coin in range(2):
            circuit.h(0)
            circuit.measure(0, coin)
            with circuit.if_test((circuit.clbits[coin], 1)) as otherwise:
                circuit.store(total, expr.add(total, uint(1, 4)))
            with otherwise:
                circuit.store(total, expr.add(total, uint(3, 4)))
        circuit.store(circuit.cregs[1], total)
        assert set(self.memory(circuit, shots=100)) == {7 << 2 | 0b00, 5 << 2 | 0b01, 5 << 2 | 0b10, 3 << 2 | 0b11}

    def test_register_is_read_in_its_order(self) -> None:
        """The first bit of a register is the least significant, wherever it is in the circuit."""
        circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(3, "first"), ClassicalRegister(3, "second"))
        mixed = ClassicalRegister(name="mixed", bits=[circuit.clbits[4], circuit.clbits[0], circuit.clbits[2]])
        circuit.add_register(mixed)
        circuit.store(mixed, 0b011)
        circuit.store(circuit.cregs[1], expr.bit_or(circuit.cregs[1], expr.shift_left(mixed, 1)))
        self.assert_ends_with(circuit, 0b110_001)

    def test_variable_of_an_inner_block(self) -> None:
        """A block's own variable has its value at each entry; outer ones can be written from within."""
        circuit = QuantumCircuit(ClassicalRegister(8, "out"))
        outer = circuit.add_var("outer", uint(0))
        with circuit.for_loop(range(3)):
            inner = circuit.add_var("inner", uint(5))
            circuit.store(inner, expr.add(inner, uint(1)))
            with circuit.if_test(expr.less(outer, uint(12))):
                circuit.store(outer, expr.add(outer, inner))
        circuit.store(circuit.cregs[0], outer)
        self.assert_ends_with(circuit, 12)

    def test_variables_of_one_name(self) -> None:
        """Variables are told apart by what they are, not by their names."""
        circuit = QuantumCircuit(ClassicalRegister(8, "out"))
        register = circuit.cregs[0]
        for value in (3, 4):
            with circuit.if_test(expr.lift(True)):
                variable = circuit.add_var("same", uint(value))
                circuit.store(register, expr.add(expr.mul(register, uint(10)), variable))
        self.assert_ends_with(circuit, 34)

    def test_bits_of_measurements_in_an_expression(self) -> None:
        """An expression may mix measured bits and registers."""
        circuit = QuantumCircuit(QuantumRegister(2), ClassicalRegister(2, "a"), ClassicalRegister(1, "out"))
        circuit.x(1)
        circuit.measure([0, 1], [0, 1])
        parity = expr.bit_xor(circuit.clbits[0], circuit.clbits[1])
        circuit.store(circuit.clbits[2], expr.logic_and(parity, expr.equal(circuit.cregs[0], 2)))
        self.assert_ends_with(circuit, 0b110)
