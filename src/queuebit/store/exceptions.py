"""What the store raises. None of these needs Qiskit."""


class StoreError(Exception):
    """Something about the store is wrong; the text says what and what to do."""


class UnknownJobError(StoreError, KeyError):
    """There is no job with this id, or more than one begins with it."""

    def __str__(self) -> str:
        return str(self.args[0])


class UnstorableError(StoreError, ValueError):
    """A value that no store can keep: a text that isn't Unicode, or a number that is out of range."""


class InvalidTransitionError(StoreError):
    """An event can't happen to a job in its state."""


class LostClaimError(StoreError):
    """A worker wrote for a job that isn't its own any more: it must stop the run and forget it."""


class StoreUnusableError(StoreError):
    """The file isn't a store, can't be opened or written, is from a newer version, or lies on a network file system."""


class StoreCorruptError(StoreError):
    """The database or one of its files is damaged; ``queuebit doctor`` tells more."""
