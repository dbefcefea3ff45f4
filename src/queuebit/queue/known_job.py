"""What this process knows of a job: shared by all its handles and by everybody who waits for it."""

from collections.abc import Callable
from typing import NamedTuple

from queuebit.store.exceptions import StoreError
from queuebit.store.records import JobRecord

Wake = Callable[[StoreError | None], object]
"""Wakes somebody; given what keeps the store from being read, if something does."""


class Waker(NamedTuple):
    """Somebody who waits.

    Attributes:
        wake: called once; returns at once.
        when_final: whether only the end is waited for, or any change of the state.
    """

    wake: Wake
    when_final: bool


class KnownJob:
    """The last that was seen of a job, and who waits for more.

    Attributes:
        record: the job as it was read last. A final one is the truth for ever, but for its name and tags.
        wakers: who waits.
    """

    __slots__ = ("__weakref__", "record", "wakers")

    def __init__(self, record: JobRecord) -> None:
        """Know a job.

        Args:
            record: the job as it was just read.
        """
        self.record = record
        self.wakers: list[Waker] = []

    def learn(self, record: JobRecord) -> list[Waker]:
        """Take in a newer record.

        Args:
            record: the job as it was read; perhaps by somebody who was slow to tell, then it doesn't count.

        Returns:
            Who has to be woken; they don't wait any more.
        """
        if self.record.is_final and not record.is_final:
            return []
        before, self.record = self.record, record
        return [] if record.state is before.state else self.take_wakers(final=record.is_final)

    def take_wakers(self, *, final: bool) -> list[Waker]:
        """Return who has to be woken; they don't wait any more.

        Args:
            final: whether this is the end, or a change on the way there.
        """
        taken = [waker for waker in self.wakers if final or not waker.when_final]
        self.wakers = [waker for waker in self.wakers if not final and waker.when_final]
        return taken
