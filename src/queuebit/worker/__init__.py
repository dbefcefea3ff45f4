"""The worker service: claims durable jobs, runs them in children, and writes down what becomes of them.

None of its modules imports Qiskit, except those that only a child loads: :mod:`queuebit.worker.child` and
:mod:`queuebit.worker.circuit_runs`.
"""
