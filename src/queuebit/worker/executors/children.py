"""Starting children, talking with them, and noticing their ends."""

import contextlib
import logging
import math
from collections.abc import Callable, Iterable
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector

from queuebit.worker.executors.child_pool import Child, ChildPool
from queuebit.worker.executors.child_process import Death
from queuebit.worker.messages import BrokenMessageError, Message, Ready, Warm

_logger = logging.getLogger(__name__)

# After the end of its socket, which is closed while it exits, a child's end is looked for at this pace and this long.
_DEATH_LOOK_S = 0.01
_LONGEST_EXIT_S = 1.0

# How often, at least, it is seen whether there are too many children.
_LOOK_S = 1.0


class Children:
    """Lets the children of a pool do something, and tells what they say and how they end."""

    def __init__(
        self,
        pool: ChildPool,
        selector: BaseSelector,
        *,
        clock: Callable[[], float],
        on_message: Callable[[Child, Message], None],
        on_end: Callable[[Child, Death], None],
    ) -> None:
        """Prepare; :meth:`fill` starts the children.

        Args:
            pool: knows which children there shall be.
            selector: where to wait for them.
            clock: seconds that only go forward.
            on_message: called with what a child says.
            on_end: called when a child has ended, after its last message.
        """
        self._pool = pool
        self._selector = selector
        self._clock = clock
        self._on_message = on_message
        self._on_end = on_end
        self._tick_at = -math.inf

    def start(self, *, threads: int | None = None) -> Child | None:
        """Start a child.

        Args:
            threads: how many threads libraries in it use, instead of the usual number.

        Returns:
            The child, or None if the system gives no more.

        Raises:
            ChildStartError: if that is so for long, and there is no other child.
        """
        try:
            child = self._pool.start(threads=threads)
        except OSError as error:
            self._pool.note_failed_start(str(error))
            return None
        finally:
            self.look_again()
        self._selector.register(child.process.channel, EVENT_READ, lambda: self._read(child))
        self._selector.register(child.process.output, EVENT_READ, lambda: self._read_output(child))
        if child.process.end_descriptor is not None:
            self._selector.register(child.process.end_descriptor, EVENT_READ, lambda: self._look_for_end(child))
        return child

    def fill(self, *, warm: Warm | None = None) -> None:
        """Start the children that are missing.

        Args:
            warm: the backend that they shall make at once.
        """
        for _ in range(self._pool.num_missing()):
            child = self.start()
            if child is not None and warm is not None:
                child.backends.add(warm.key)
                self.send(child, warm)

    def trim(self) -> None:
        """End the children that are too many."""
        for child in self._pool.take_superfluous():
            self.end(child)

    def end(self, child: Child) -> None:
        """End a child, whatever it is doing."""
        child.is_ending = True
        child.process.kill()
        self.look_again()

    def send(self, child: Child, message: Message) -> None:
        """Send a child a message, now or as soon as it takes it."""
        child.process.channel.send(message)
        self._await_channel(child)

    def _await_channel(self, child: Child) -> None:
        channel = child.process.channel
        # Nearly always False: there is room.
        if channel.has_unsent != child.awaits_room and not channel.at_end:
            child.awaits_room = channel.has_unsent
            events = EVENT_READ | EVENT_WRITE if child.awaits_room else EVENT_READ
            self._selector.modify(channel, events, lambda: self._read(child))

    def _read(self, child: Child) -> None:
        if child.is_gone:
            return
        channel = child.process.channel
        if child.awaits_room:
            channel.flush()
        self._take_in(child, channel.receive())
        if channel.at_end:
            self._selector.unregister(channel)
            child.closed_at = self._clock()
            self.look_again()
        else:
            self._await_channel(child)

    def _take_in(self, child: Child, messages: Iterable[Message]) -> None:
        try:
            for message in messages:
                if isinstance(message, Ready):
                    self._pool.note_ready(child, message.memory_bytes)
                    # A run may wait for this child already. What is printed by imports isn't its own.
                    child.process.output.drop()
                    self.look_again()
                self._on_message(child, message)
        except BrokenMessageError as error:
            child.fault = f"it wrote to the connection that is the worker's own: {error}"
            child.process.kill()

    def _read_output(self, child: Child) -> None:
        if child.is_gone:
            return
        child.process.output.read()
        if child.process.output.at_end:
            self._selector.unregister(child.process.output)
        elif child.is_idle:
            child.process.output.take_last()  # nobody's

    def _look_for_end(self, child: Child) -> None:
        if child.is_gone:
            return
        death = child.process.death()
        if death is None:
            return
        self._take_in(child, child.process.last_words())
        self._forget(child)
        if not child.is_ready and not child.is_ending:
            self._pool.note_failed_start(child.process.output.take_last() or death.reason)
        elif not child.is_ending:
            _logger.warning("child %d: %s", child.process.pid, child.fault or death.reason)
        self._on_end(child, death)

    def _forget(self, child: Child) -> None:
        self.look_again()
        child.is_gone = True
        self._pool.children.remove(child)
        process = child.process
        for waited_for in (process.channel, process.output, process.end_descriptor):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(waited_for or -1)
        process.close()

    def look_again(self) -> None:
        """Have the next :meth:`tick` look at the children, because something has happened."""
        self._tick_at = -math.inf

    def tick(self) -> None:
        """Do what the time has come for."""
        now = self._clock()
        if now < self._tick_at:
            return
        for child in [child for child in self._pool.children if child.closed_at is not None]:
            if now >= (child.closed_at or 0.0) + _LONGEST_EXIT_S and not child.fault:
                child.fault = "it closed its connection to the worker"
                child.process.kill()
            self._look_for_end(child)
        for child in self._pool.stuck():
            child.fault = "it took too long to start"
            child.process.kill()
        self.trim()
        self.fill()
        closing = any(child.closed_at is not None for child in self._pool.children)
        self._tick_at = min(self._pool.next_change(), now + (_DEATH_LOOK_S if closing else _LOOK_S))

    def next_tick(self) -> float:
        """Return when to call :meth:`tick`."""
        return self._tick_at

    def close(self) -> None:
        """End all children and wait for their ends."""
        for child in self._pool.children:
            self.end(child)
        for child in list(self._pool.children):
            child.process.await_death()
            self._forget(child)
