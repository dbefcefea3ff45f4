"""Jobs and errors that get lost in copying."""

import threading
from typing import Any

from qiskit.result import Result

from queuebit.providers import JobFailedError
from queuebit.providers.basic_provider import BasicProviderJob

from .catalogue import found_by


@found_by(
    "finished_job_can_be_pickled",
    "finished_job_can_be_copied",
    "finished_job_can_be_copied_deeply",
    "failed_job_can_be_pickled",
    "cancelled_job_can_be_pickled",
)
class HoldsALock(BasicProviderJob):
    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("cannot pickle '_thread.lock' object")


@found_by("finished_job_can_be_pickled", "finished_job_can_be_copied", "finished_job_can_be_copied_deeply")
class LosesItsMetadata(BasicProviderJob):
    def __init__(self, *arguments: Any, **metadata: Any) -> None:
        super().__init__(*arguments, **metadata)
        self.metadata["owner"] = "ada"

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, {} if name == "metadata" else value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, metadata={})


class HoldsTheJobError(JobFailedError):
    def __init__(self, lock: Any) -> None:
        super().__init__("failed")
        self.lock = lock

    def __reduce__(self) -> Any:
        return type(self), (self.lock,)


@found_by(
    "failure_can_be_pickled",
    "error_of_a_cancelled_job_can_be_pickled",
    "result_timeout_error_can_be_pickled",
    "timeout_error_can_be_pickled",
)
class RaisesErrorsThatHoldALock(BasicProviderJob):
    def result(self, timeout: float | None = None) -> Result:
        try:
            return super().result(timeout)
        except Exception:
            raise HoldsTheJobError(threading.Lock()) from None

    def wait_for_final_state(self, timeout: Any = None, wait: Any = 5, callback: Any = None) -> None:
        raise HoldsTheJobError(threading.Lock())


@found_by("failure_can_be_pickled")
class LosesTheCircuitInPickling(BasicProviderJob):
    def result(self, timeout: float | None = None) -> Result:
        try:
            return super().result(timeout)
        except JobFailedError as error:
            raise ForgetfulError(str(error), circuit_index=3) from None


class ForgetfulError(JobFailedError):
    def __reduce__(self) -> Any:
        return type(self), (self.message,)
