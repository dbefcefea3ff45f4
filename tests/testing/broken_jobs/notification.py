"""Jobs that tell their end wrongly, or to the wrong ones."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import queuebit.providers
from queuebit.providers.basic_provider import BasicProviderJob

from .catalogue import found_by


class AllFollowsFromItsCallbacks(BasicProviderJob):
    """A job that `await` and `as_completed` watch by its `add_done_callback`, as any author's."""

    _wake_when_final = queuebit.providers.JobV1._wake_when_final


@found_by("await_leaves_the_event_loop_free", "await_wakes_when_the_job_is_cancelled")
class BlocksTheEventLoop(BasicProviderJob):
    def __await__(self) -> Iterator[Any]:
        return self.result()
        yield


@found_by(
    "done_callback_after_the_end_is_called_at_once",
    "done_callback_of_a_failed_job_is_called",
    "done_callback_of_a_cancelled_job_is_called",
    "done_callback_is_called_when_the_work_ends",
    "done_callback_is_called_when_the_job_is_cancelled",
    "done_callback_finds_the_job_final",
    "as_completed_gives_each_job_once",
    "as_completed_gives_failed_jobs_too",
    "as_completed_gives_jobs_as_they_end",
    "wait_all_returns_when_all_jobs_are_final",
    "wait_all_returns_when_a_job_failed",
    "end_is_stamped_when_it_happens",
)
class NeverCallsBack(AllFollowsFromItsCallbacks):
    def add_done_callback(self, fn: Any) -> None:
        return


@found_by(
    "done_callback_after_the_end_is_called_at_once",
    "done_callback_of_a_failed_job_is_called",
    "done_callback_of_a_cancelled_job_is_called",
    "done_callback_is_called_when_the_work_ends",
)
class CallsBackTwice(AllFollowsFromItsCallbacks):
    def add_done_callback(self, fn: Any) -> None:
        super().add_done_callback(fn)
        super().add_done_callback(fn)


@found_by(
    "done_callback_is_called_when_the_work_ends",
    "done_callback_finds_the_job_final",
    "as_completed_times_out",
    "as_completed_gives_jobs_as_they_end",
)
class CallsBackAtOnce(AllFollowsFromItsCallbacks):
    def add_done_callback(self, fn: Any) -> None:
        fn(self)


@found_by("waiting_costs_no_thread_a_job")
class StartsAThreadForEachCallback(BasicProviderJob):
    def add_done_callback(self, fn: Any) -> None:
        ended: Future[None] = Future()
        super().add_done_callback(lambda _: ended.set_result(None))
        threading.Thread(target=lambda: fn(ended.result() or self), daemon=True).start()
