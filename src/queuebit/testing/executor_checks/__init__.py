"""The checks of the executor contract, one noun of the contract a module.

Each check is a method `test_…` whose docstring is the sentence of the contract that it holds. What it needs is in
`queuebit.testing.executor_checks.fixtures`.
"""
