"""Jobs that are something else, or forget what they were given."""

import time
from typing import Any, ClassVar

from queuebit.providers.basic_provider import BasicProviderJob

from .catalogue import found_by


@found_by(
    "job_is_a_qiskit_job",
    "version_is_one",
    "bases_are_job_of_version_zero_and_abc",
    "submit_result_and_status_are_abstract",
    "base_cancel_says_that_it_is_not_supported",
    "repr_is_short_and_names_the_job",
)
class OnlyQuacksLikeAJob:
    def __init__(self, *arguments: Any, **metadata: Any) -> None:
        self.job = BasicProviderJob(*arguments, **metadata)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.job, name)


@found_by(
    "job_id_is_the_one_given",
    "job_id_is_text_and_stays",
    "metadata_is_the_keyword_arguments",
    "metadata_is_empty_without_keyword_arguments",
    "backend_is_the_instance_given",
    "backend_none_raises",
)
class ForgetsWhatItWasGiven(BasicProviderJob):
    metadata: ClassVar = {}

    def __init__(self, backend: Any, job_id: str, result: Any, **metadata: Any) -> None:
        super().__init__(backend, job_id, result)
        del self.__dict__["metadata"]

    def job_id(self) -> Any:
        return time.monotonic_ns()

    def backend(self) -> Any:
        return "basic_simulator"
