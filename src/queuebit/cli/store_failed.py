"""What the command line says when the queue's file fails it."""


class StoreFailedError(Exception):
    """The queue's file couldn't be read or written; the command ends with exit code 74."""
