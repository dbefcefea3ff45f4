"""The command line, ``queuebit``: one module for each verb, imported when the verb is used."""

from queuebit.cli.verbs import main

__all__ = ["main"]
