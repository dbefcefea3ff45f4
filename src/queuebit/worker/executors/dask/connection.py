"""One connection with a cluster: its workers are found, greeted, given runs and asked, until it breaks."""

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import dask
from dask.utils import parse_timedelta
from distributed import Client
from distributed.versions import get_versions

from queuebit import __version__
from queuebit.worker.executor import EndReport, RunEnd, RunKey
from queuebit.worker.executors.dask import worker_side
from queuebit.worker.executors.dask.connecting import close
from queuebit.worker.executors.dask.events import Ask, Batch, Listener
from queuebit.worker.executors.dask.exceptions import ClusterError
from queuebit.worker.executors.dask.frames import as_frame
from queuebit.worker.executors.dask.members import Member
from queuebit.worker.executors.dask.staging import Staging
from queuebit.worker.executors.dask.versions import PACKAGES, Versions, refusal
from queuebit.worker.executors.dask.wire import (
    Happening,
    Printed,
    decode_happenings,
    encode_orders,
    pack,
    unpack,
)

_logger = logging.getLogger(__name__)

_Value = TypeVar("_Value")

# The scheduler tells when workers come and go. Should that be lost, it is seen this much later.
_LOOK_S = 5.0
_STATUS_LOOK_S = 0.1

# An answer and the news of why a worker is gone come by different ways, and so in any order.
_NEWS_S = 1.0
_NEWS_LOOK_S = 0.02

_LEAVE_S = 5.0

# As in queuebit.worker.child_loop: a result isn't thrown away because the disk is full now.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_ROOM_LOOK_S = 0.5

_NO_RUNNER = "isn't the same process any more"


@dataclass(slots=True)
class _Runner:
    """What is known here of a worker's runner."""

    member: Member
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    confirmed: int = 0
    is_asked: bool = False


class Connection:
    """Talks with a cluster, in the link's thread; what it hears goes to the listener in the service's.

    Attributes:
        session: names it among all connections.
    """

    def __init__(
        self,
        client: Client,
        staging: Staging,
        *,
        module_path: Sequence[str],
        previous: Sequence[str],
        post: Callable[[Callable[[], None]], None],
        listener: Listener,
    ) -> None:
        """Prepare; :meth:`serve` does it.

        Args:
            client: is connected.
            staging: where runs write files.
            module_path: folders of the user's own modules.
            previous: the sessions of this service's connections that broke; what they have left on workers ends.
            post: has the listener called in its thread.
            listener: hears of everything.
        """
        self._client = client
        self._staging = staging
        self._module_path = list(module_path)
        self._post = post
        self._listener = listener
        self.session = f"queuebit-{uuid4()}"
        self._echo_topic = f"{self.session}-echo"
        self._echo = asyncio.Event()
        self._previous = list(previous)
        self._answer_s = _answer_s()
        self._here = Versions.from_dask(get_versions(packages=PACKAGES))
        self._runners: dict[str, _Runner] = {}
        self._strangers: dict[str, str] = {}
        self._greeted: set[str] = set()
        self._silent: set[str] = set()
        self._expected: set[str] = set()
        self._unexpected: set[str] = set()
        self._last: dict[int, int] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._look = asyncio.Event()
        self._broken = ""

    async def serve(self, *, must_fit: bool) -> str:
        """Serve until the connection breaks, and return how.

        Args:
            must_fit: whether it is an error that there are workers and none of them fits.

        Raises:
            ClusterError: if it is, and none does.
        """
        try:
            self._client.subscribe_topic("all", self._on_scheduler_event)
            self._client.subscribe_topic(self.session, self._on_leaving)
            self._client.subscribe_topic(self._echo_topic, self._on_echo)
            await asyncio.gather(*await self._look_for_workers())
        except (OSError, TimeoutError) as error:
            return f"the scheduler is silent: {error or 'no answer'}"
        if must_fit and self._strangers and not self._runners:
            raise ClusterError(refusal(self._client.scheduler.address, self._here, self._strangers))
        self._spawn(self._keep_looking())
        while not self._broken and self._client.status == "running":
            await asyncio.sleep(_STATUS_LOOK_S)
        return self._broken or "the connection with the scheduler broke"

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._others.add(task)
        task.add_done_callback(self._on_task_ended)
        return task

    def _on_task_ended(self, task: asyncio.Task[None]) -> None:
        """See to it that nothing fails in silence: there would be runs whose ends nobody hears of."""
        self._others.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _logger.error("talking with the Dask cluster has failed", exc_info=error)
            failure = ClusterError(f"talking with the Dask cluster has failed: {error!r}")
            self._post(partial(self._listener.on_failed, failure))

    # Which workers there are.

    def _on_scheduler_event(self, event: tuple[float, Any]) -> None:
        _, message = event
        action = message.get("action") if isinstance(message, dict) else None
        if action == "remove-worker":
            (self._expected if message.get("expected") else self._unexpected).add(message["worker"])
        if action in ("add-worker", "remove-worker"):
            self._look.set()

    def _on_leaving(self, event: tuple[float, Any]) -> None:
        """Note that a worker ends in good order."""
        self._expected.add(event[1])

    def _on_echo(self, _: tuple[float, Any]) -> None:
        self._echo.set()

    async def _hear_echo(self) -> None:
        """Have an event come back: the stream that tells of tasks' ends may be dead while questions are answered."""
        self._echo.clear()
        await _within(self._answer_s, self._client.log_event(self._echo_topic, "echo"))
        await _within(self._answer_s, self._echo.wait())

    async def _keep_looking(self) -> None:
        heard = asyncio.get_running_loop().time()
        while True:
            with suppress(TimeoutError):
                await _within(_LOOK_S, self._look.wait())
            self._look.clear()
            try:
                await self._look_for_workers()
                await self._hear_echo()
            except (OSError, TimeoutError) as error:
                _logger.info("the Dask scheduler is silent: %s", error or "no answer")
                if asyncio.get_running_loop().time() >= heard + self._answer_s:
                    # Dask would wait for as long as the other side's system confirms what it has been sent.
                    self._broken = f"the scheduler has been silent for {self._answer_s:g} s"
            else:
                heard = asyncio.get_running_loop().time()

    async def _look_for_workers(self) -> list[asyncio.Task[None]]:
        """Take leave of workers that are gone, and begin to greet new ones."""
        found = await _within(self._answer_s, self._client.nthreads())
        gone = [address for address in self._runners if address not in found]
        await self._hear_why(gone)
        for address in gone:
            if address in self._runners:  # what it was asked may have told meanwhile
                self._lose(address, "has left" if address in self._expected else "was lost")
        for addresses in (self._expected, self._unexpected):
            addresses.intersection_update(self._runners)
        self._silent.intersection_update(found)
        self._strangers = {address: what for address, what in self._strangers.items() if address in found}
        known = {*self._runners, *self._strangers, *self._greeted}
        new = [address for address in found if address not in known]
        # All at once; but for one that was silent, the others don't wait again.
        groups = [[address for address in new if address not in self._silent]]
        groups += [[address] for address in new if address in self._silent]
        return [self._spawn(self._greet(group)) for group in groups if group]

    async def _hear_why(self, gone: Sequence[str]) -> None:
        """Wait for the news of whether workers that are gone were meant to leave."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_NEWS_S):
                while not self._expected.union(self._unexpected).issuperset(gone):
                    await asyncio.sleep(_NEWS_LOOK_S)

    def _lose(self, address: str, what: str) -> None:
        runner = self._runners.pop(address)
        reason = f"the Dask worker at {address} {what}"
        self._post(partial(self._listener.on_gone, runner.member, reason, expected=address in self._expected))

    async def _greet(self, addresses: list[str]) -> None:
        self._greeted.update(addresses)
        try:
            await self._greet_new(addresses)
        except (OSError, TimeoutError) as error:
            self._silent.update(addresses)
            _logger.warning("the Dask workers at %s don't answer: %s", ", ".join(addresses), error or "silence")
        finally:
            self._greeted.difference_update(addresses)

    async def _greet_new(self, addresses: list[str]) -> None:
        fitting = []
        found = await self._run(get_versions, addresses, packages=PACKAGES)
        for address in addresses:
            versions = found.get(address)
            if isinstance(versions, dict):
                there = Versions.from_dask(versions)
                if there == self._here:
                    fitting.append(address)
                else:
                    self._refuse(address, str(there))
            else:
                _logger.warning("the Dask worker at %s doesn't tell its versions: %s", address, versions)
        if fitting:
            await self._greet_fitting(fitting)

    async def _greet_fitting(self, addresses: list[str]) -> None:
        hello = pack(
            {
                "session": self.session,
                "previous": self._previous,
                "files": str(self._staging.path),
                "probe": self._staging.probe,
                "content": self._staging.content,
                "module_path": self._module_path,
            }
        )
        for address, found in (await self._run(worker_side.greet, addresses, hello)).items():
            answer = unpack(found)[0] if isinstance(found, bytes) else found
            if isinstance(answer, dict) and answer.get("queuebit") == __version__:
                self._add(address, answer)
            elif isinstance(answer, dict):
                self._refuse(address, f"queuebit {answer.get('queuebit', 'unknown')}")
            elif isinstance(answer, ImportError | AttributeError):
                self._refuse(address, f"its queuebit has no Dask executor: {answer}")
            else:
                _logger.warning("the Dask worker at %s can't be prepared for runs: %r", address, answer)

    def _add(self, address: str, answer: Any) -> None:
        member = Member(address, answer["runner"], answer["nthreads"], answer["resources"])
        self._runners[address] = _Runner(member)
        _logger.info(
            "the Dask worker at %s does %d runs side by side; it %s",
            address,
            member.nthreads,
            "writes arrays into the queue's folder"
            if answer["shares_files"]
            else "sends arrays, it doesn't see the folder",
        )
        self._post(partial(self._listener.on_member, member))

    def _refuse(self, address: str, what: str) -> None:
        self._strangers[address] = what
        _logger.warning("the Dask worker at %s gets no runs: it has %s, this service has %s", address, what, self._here)

    async def _run(self, function: Callable[..., Any], addresses: Sequence[str], *args: Any, **kwargs: Any) -> Any:
        """Call a function in workers, and return by address what it returns or raises."""
        call = self._client.run(function, *args, workers=list(addresses), on_error="return", **kwargs)
        return await _within(self._answer_s, call)

    # Runs.

    def send(self, batch: Batch) -> None:
        """Give a worker runs.

        Args:
            batch: the runs.
        """
        self._last.update((order.number, 0) for order in batch.orders)
        self._tasks[batch.key] = self._spawn(self._follow(batch))

    async def _follow(self, batch: Batch) -> None:
        """Submit a task, wait for its end, and tell it."""
        member = batch.member
        orders, circuits = encode_orders(batch.orders)
        message = {"session": self.session, "runner": member.runner_id, "orders": orders}
        try:
            future = self._client.submit(
                worker_side.run_batch,
                as_frame(pack(message, circuits)),
                key=batch.key,
                # This worker and no other: whether its runs have begun is known of it, should it be lost.
                workers=[member.address],
                pure=False,
                retries=0,
                priority=batch.priority,
                resources=member.needs(batch.limits) or None,
            )
            try:
                answer = unpack((await future.result()).data)
            finally:
                future.release()
        except Exception as error:
            self._on_task_failed(batch, error)
        else:
            await self._on_task_done(batch, *answer)
        finally:
            self._tasks.pop(batch.key, None)

    def _on_task_failed(self, batch: Batch, error: Exception) -> None:
        if type(error).__name__.endswith("CancelledError"):
            # Nobody here has cancelled it: the scheduler has ended, or was restarted.
            self._broken = self._broken or f"the scheduler let go of what it had in hand: {error}"
        else:
            self._post(partial(self._listener.on_broken, batch, f"its Dask task failed: {error!r}"))

    async def _on_task_done(self, batch: Batch, fields: Any, blobs: list[bytes]) -> None:
        runner = self._runners.get(batch.member.address)
        if runner is None or runner.member is not batch.member:
            return  # told already
        if fields is None:
            self._lose(batch.member.address, _NO_RUNNER)
            self._look.set()
        else:
            await self._take(runner, decode_happenings(fields, blobs))

    def forget(self, key: str, numbers: Sequence[int]) -> None:
        """Let go of a task whose runs have ended here.

        Args:
            key: the task's.
            numbers: its runs.
        """
        for number in numbers:
            self._last.pop(number, None)
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()

    def ask(self, member: Member, ask: Ask) -> None:
        """Ask a worker what has happened there, and tell it which runs shall end.

        Args:
            member: the worker.
            ask: what to do with which.
        """
        self._spawn(self._ask(member, ask))

    async def _ask(self, member: Member, ask: Ask) -> None:
        runner = self._runners.get(member.address)
        if runner is None or runner.member is not member:
            return
        if runner.is_asked and ask == Ask():
            return  # of a silent worker, questions would pile up
        request = pack({"runner": member.runner_id, "confirmed": runner.confirmed, "ask": asdict(ask)})
        runner.is_asked = True
        try:
            operation = {"op": self.session, "message": request}
            call = self._client.scheduler.broadcast(msg=operation, workers=[member.address])
            answer = unpack((await _within(self._answer_s, call))[member.address])
        except Exception as error:
            # If the worker is gone, the scheduler will tell.
            _logger.info("the Dask worker at %s doesn't answer: %r", member.address, error)
            self._post(partial(self._listener.on_silence, member, ask))
        else:
            await self._on_answer(runner, *answer)
        finally:
            runner.is_asked = False

    async def _on_answer(self, runner: _Runner, fields: Any, blobs: list[bytes]) -> None:
        member = runner.member
        if self._runners.get(member.address) is not runner:
            return
        if fields is None:
            self._lose(member.address, _NO_RUNNER)
            self._look.set()
            return
        happenings = decode_happenings(fields["happenings"], blobs)
        await self._take(runner, happenings)
        runner.confirmed = max([runner.confirmed, *(each.sequence for each in happenings)])
        progress = {number: (done, total) for number, (done, total) in fields["progress"]}
        self._post(partial(self._listener.on_answer, member, progress, fields["unknown"]))

    async def _take(self, runner: _Runner, happenings: Sequence[Happening]) -> None:
        """Tell what is new of what has happened, when its files are where they belong."""
        async with runner.lock:
            told = []
            for each in happenings:
                if each.sequence > self._last.get(each.number, each.sequence):
                    told.append(await self._with_files(runner, each))
                    self._note(told[-1])
            if told:
                self._post(partial(self._listener.on_happenings, told))

    def _note(self, happening: Happening) -> None:
        if isinstance(happening.what, EndReport):
            self._last.pop(happening.number, None)
        else:
            self._last[happening.number] = happening.sequence

    async def _with_files(self, runner: _Runner, happening: Happening) -> Happening:
        if isinstance(happening.what, Printed) or not (happening.what.result and happening.what.result.files):
            return happening
        while True:
            try:
                await asyncio.to_thread(self._staging.take, happening, runner.member.runner_id)
            except OSError as error:
                if error.errno not in _NO_ROOM or happening.number not in self._last:
                    self.ask(runner.member, Ask(kill=(happening.number,)))
                    return _failed(happening, error)
                _logger.warning("a result waits for room on the disk: %s", error)
            else:
                return happening
            await asyncio.sleep(_ROOM_LOOK_S)

    # The end.

    async def close(self) -> None:
        """End all runs, and let go of everything."""
        for task in self._others:
            task.cancel()
        if self._client.status == "running" and not self._broken:
            with suppress(Exception):
                for topic in ("all", self.session, self._echo_topic):
                    self._client.unsubscribe_topic(topic)
                leaving = self._run(worker_side.leave, list(self._runners), self.session)
                await _within(_LEAVE_S, leaving)
        await close(self._client)
        await asyncio.to_thread(self._staging.delete)


def _answer_s() -> float:
    """Return what an answer may take: as long as Dask takes before it calls a connection dead."""
    return float(parse_timedelta(dask.config.get("distributed.comm.timeouts.tcp"), default="seconds"))


async def _within(seconds: float, what: Awaitable[_Value]) -> _Value:
    """Wait for something, or raise TimeoutError.

    In Python 3.11, ``asyncio.wait_for`` goes on as if nothing were, if it is cancelled in the moment of the answer.
    """
    async with asyncio.timeout(seconds):
        return await what


def _failed(happening: Happening, error: OSError) -> Happening:
    end = EndReport(
        key=RunKey("", 0, str(happening.number)), end=RunEnd.DIED, reason=f"a file of its result can't be had: {error}"
    )
    return replace(happening, what=end)
