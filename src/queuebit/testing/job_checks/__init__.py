"""The checks of the job contract, one noun of the contract a module.

Each check is a method `test_…` whose docstring is the sentence of the contract that it holds. What a check
needs, it takes as arguments: see `queuebit.testing.scenario_fixtures`.
"""
