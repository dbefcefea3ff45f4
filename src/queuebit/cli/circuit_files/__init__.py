"""Circuits from files: OpenQASM 2, OpenQASM 3 and QPY, told apart by what is in them."""

from queuebit.cli.circuit_files.reader import CircuitInFile, read_circuits

__all__ = ["CircuitInFile", "read_circuits"]
