"""The checks of the engine contract, one noun of the contract a module.

Each check is a method `test_…` whose docstring is the sentence of the contract that it holds. What a check expects
comes from `qiskit.quantum_info`, from a distribution known on paper, or from `exact_paths`, never from an engine.
"""
