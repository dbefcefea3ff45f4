"""Circuits, options and results as bytes and JSON, and back. No pickle anywhere.

Each module is one kind of value: :mod:`~queuebit.codec.circuits`, :mod:`~queuebit.codec.results` and
:mod:`~queuebit.codec.whole_results` need Qiskit, :mod:`~queuebit.codec.json_values` doesn't.
"""
