"""The checks of the store contract, one noun of the contract a module.

Each check is a method `test_…` whose docstring is the sentence of the contract that it holds. What it needs is in
`queuebit.testing.store_checks.fixtures`.
"""
