"""Workers that take their time: children of the service, or those of a Dask cluster with its scheduler."""

import heapq
import math
from collections import deque
from selectors import BaseSelector

from benchmarks.at_scale.service_times import Load, Resource, ServiceTimes, Transport
from benchmarks.at_scale.virtual_time import VirtualTime
from queuebit.store.records import StoredResult, Usage
from queuebit.worker.executor import Assignment, CircuitReport, EndReport, Executor, Report, RunEnd, RunKey
from queuebit.worker.executors.dask.batching import Batching
from queuebit.worker.executors.dask.members import MOST_TASKS, ask_interval_s
from queuebit.worker.running_job import REPORT_S

_RESULT = b"result"


def report_interval_s(num_workers: int, transport: Transport) -> float:
    """Return how often the service hears of a run that goes on.

    Args:
        num_workers: how many workers it has.
        transport: how runs come to them.
    """
    return ask_interval_s(num_workers) if transport.has_scheduler else REPORT_S


class SimulatedWorkers(Executor):
    """Gives runs to the worker with the fewest, as the executors do.

    Attributes:
        busy_s: how long the workers were busy, together.
        num_ended: how many runs have ended.
    """

    def __init__(self, load: Load, num_parts: int, times: ServiceTimes, clock: VirtualTime) -> None:
        """Have all workers wait.

        Args:
            load: how many there are, and how long circuits take.
            num_parts: how many runs each job is.
            times: what things take.
            clock: the service's.
        """
        transport = times.transport
        self.busy_s, self.num_ended = 0.0, 0
        self._load = load
        self._num_parts = num_parts
        self._flow = times.flow
        self._transport = transport
        self._ask_each_s = report_interval_s(load.num_workers, transport)
        self._begins: dict[RunKey, float] = {}
        self._clock = clock
        self._batching = Batching() if transport.has_scheduler else None
        self._pending: deque[Assignment] = deque()
        self._in_hand = [0] * load.num_workers
        self._tasks_of = [0] * load.num_workers
        self._least = [(self._load_of(worker), worker) for worker in range(load.num_workers)]
        self._free_at = [0.0] * load.num_workers
        self._ends: list[tuple[float, int, int, list[Assignment]]] = []
        self._num_in_hand = self._num_tasks = 0
        self._scheduler_free_at = self._asked_at = 0.0

    # What the service calls.

    def open(self, selector: BaseSelector) -> None:
        """Do nothing: all workers are there."""

    def num_free(self) -> int:
        """Return how many more runs the workers take."""
        return self._load.num_workers * self._each - self._num_in_hand - len(self._pending)

    def num_parallel(self) -> int:
        """Return how many workers there are."""
        return self._load.num_workers

    def prepare(self, num_waiting: int) -> None:
        """Do nothing: there are no more workers."""

    def start(self, assignment: Assignment) -> None:
        """Take a run."""
        thinking_s = self.num_running_jobs * self._flow.start_s + self._load.num_workers * self._transport.member_s
        self._clock.spend(thinking_s, Resource.BOOKKEEPING)
        self._clock.spend(self._transport.run_s, Resource.SERIALIZATION)
        self._begins[assignment.key] = math.inf
        self._pending.append(assignment)
        if self._batching is None:
            self._send()

    def stop(self, key: RunKey) -> None:
        """Refuse: nothing is stopped in a simulation."""
        raise NotImplementedError

    def kill(self, key: RunKey) -> None:
        """Refuse likewise."""
        raise NotImplementedError

    def progress(self, key: RunKey) -> tuple[int, int]:
        """Return a number that goes up whenever the service hears of the run."""
        return math.floor(max(0.0, self._clock() - self._begins[key]) / self._ask_each_s), 0

    def printed(self, key: RunKey) -> str:
        """Return nothing."""
        return ""

    def tick(self) -> None:
        """Send tasks, and ask workers."""
        thinking_s = self.num_running_jobs * self._flow.running_s + self._load.num_workers * self._transport.member_s
        self._clock.spend(thinking_s, Resource.BOOKKEEPING)
        self._ask()
        self._send()

    def next_tick_s(self) -> float:
        """Return the seconds until a task can be sent, or ends."""
        if self._pending and self._room(self._least_busy()):
            return 0.0
        return max(0.0, self._ends[0][0] - self._clock()) if self._ends else math.inf

    def take_reports(self) -> list[Report]:
        """Return what has ended."""
        reports: list[Report] = []
        while self._ends and self._ends[0][0] <= self._clock():
            _, _, worker, task = heapq.heappop(self._ends)
            self._hold(worker, -len(task))
            self.num_ended += len(task)
            for assignment in task:
                del self._begins[assignment.key]
                self._clock.spend((len(assignment.indices) - 1) * self._transport.result_s, Resource.SERIALIZATION)
                reports += _reports(assignment)
                if self._batching is not None:
                    self._batching.note(self._run_s(assignment))
        return reports

    def close(self) -> None:
        """Do nothing."""

    # Workers and scheduler.

    @property
    def num_running_jobs(self) -> int:
        """How many jobs have runs here."""
        return math.ceil(len(self._begins) / self._num_parts)

    @property
    def _each(self) -> int:
        return self._batching.each if self._batching is not None else 1

    def _send(self) -> None:
        while self._pending:
            worker = self._least_busy()
            room = self._room(worker)
            if not room:
                return
            self._send_task(worker, self._size(room))

    def _room(self, worker: int) -> int:
        is_full, in_hand = self._load_of(worker)
        return 0 if is_full else max(0, self._each - in_hand)

    def _load_of(self, worker: int) -> tuple[bool, int]:
        return self._tasks_of[worker] >= MOST_TASKS, self._in_hand[worker]

    def _least_busy(self) -> int:
        while self._least[0][0] != self._load_of(self._least[0][1]):
            heapq.heappop(self._least)
        return self._least[0][1]

    def _size(self, room: int) -> int:
        if self._batching is None:
            return 1
        share = self._batching.share(len(self._pending), self._load.num_workers)
        return max(1, min(room, share, len(self._pending)))

    def _send_task(self, worker: int, size: int) -> None:
        task = [self._pending.popleft() for _ in range(size)]
        self._clock.spend(self._load.num_workers * self._transport.member_s, Resource.BOOKKEEPING)
        self._clock.spend(self._transport.task_s, Resource.SERIALIZATION)
        self._hold(worker, size)
        arrives = self._schedule(self._transport.scheduler_task_s)
        ends = max(arrives, self._free_at[worker])
        for assignment in task:
            self._begins[assignment.key] = ends
            ends += self._run_s(assignment)
            self.busy_s += self._run_s(assignment)
        self._free_at[worker] = ends
        self._num_tasks += 1
        heapq.heappush(self._ends, (ends, self._num_tasks, worker, task))

    def _hold(self, worker: int, more: int) -> None:
        """Give a worker the runs of a task, or, if negative, take them away when it has ended."""
        self._in_hand[worker] += more
        self._tasks_of[worker] += 1 if more > 0 else -1
        self._num_in_hand += more
        heapq.heappush(self._least, (self._load_of(worker), worker))

    def _schedule(self, seconds: float) -> float:
        """Have the scheduler do something, and return when that is done."""
        self._scheduler_free_at = max(self._scheduler_free_at, self._clock()) + seconds
        self._clock.busy_s[Resource.SCHEDULER] += seconds
        return self._scheduler_free_at

    def _ask(self) -> None:
        """Ask all workers that have something in hand, as often as it is done."""
        now, before = self._clock(), self._asked_at
        self._asked_at = now
        if not self._transport.has_scheduler or not self._num_in_hand:
            return
        num_busy = min(self._num_in_hand, self._load.num_workers)
        num_asked = num_busy * (now - before) / self._ask_each_s
        self._clock.spend(num_asked * self._transport.ask_s, Resource.SERIALIZATION)
        self._schedule(num_asked * self._transport.scheduler_ask_s)

    def _run_s(self, assignment: Assignment) -> float:
        num_circuits = len(assignment.indices)
        more_s = (num_circuits - 1) * self._transport.worker_circuit_s
        return self._transport.worker_run_s + more_s + num_circuits * self._load.circuit_s


def _reports(assignment: Assignment) -> list[Report]:
    key, results = assignment.key, [StoredResult(index=index, content=_RESULT) for index in assignment.indices]
    ended = EndReport(key=key, end=RunEnd.FINISHED, result=results[-1], usage=Usage())
    return [*(CircuitReport(key=key, result=result) for result in results[:-1]), ended]
