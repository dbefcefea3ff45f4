"""What a job is from its construction on: its class, its id, its metadata and its backend."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from typing import Any

import pytest
import qiskit.providers
from qiskit.exceptions import QiskitError
from qiskit.providers import BackendV2, JobV1

from queuebit.testing.scenario_fixtures import ScenarioFixtures


class ConstructionChecks(ScenarioFixtures):
    """`JobV1(backend, job_id, **kwargs)`, bases `Job`, `ABC`."""

    def test_job_is_a_qiskit_job(self, finished: JobV1) -> None:
        """`isinstance(job, qiskit.providers.JobV1)` and `issubclass` hold."""
        assert isinstance(finished, qiskit.providers.JobV1)
        assert issubclass(type(finished), qiskit.providers.JobV1)

    def test_version_is_one(self, finished: JobV1) -> None:
        """`JobV1.version == 1`."""
        assert type(finished).version == 1

    def test_bases_are_job_of_version_zero_and_abc(self, finished: JobV1) -> None:
        """The bases are `Job`, whose version is 0, and `ABC`."""
        jobs = [cls for cls in type(finished).__mro__ if cls.__name__ == "Job"]
        assert {cls.__dict__["version"] for cls in jobs} == {0}
        assert issubclass(type(finished), ABC)

    def test_submit_result_and_status_are_abstract(self, finished: JobV1) -> None:
        """Abstract: `submit`, `result`, `status`; `cancel` is not abstract."""
        base = _job_v1(finished)
        assert base.__abstractmethods__ == {"submit", "result", "status"}
        unfinished = type("UnfinishedJob", (base,), {"submit": lambda _: None, "result": lambda _: None})
        with pytest.raises(TypeError, match="status"):
            unfinished(None, "id")

    def test_base_cancel_says_that_it_is_not_supported(self, finished: JobV1) -> None:
        """The base's `cancel` raises `NotImplementedError` with a sentence that says so."""
        with pytest.raises(NotImplementedError) as refused:
            _job_v1(finished).cancel(finished)
        assert "cancel" in str(refused.value)

    def test_job_id_is_the_one_given(self, constructed: Callable[..., JobV1], given_backend: BackendV2) -> None:
        """`job_id()` returns the id."""
        assert constructed(given_backend, "an id, 1").job_id() == "an id, 1"

    def test_job_id_is_text_and_stays(self, finished: JobV1) -> None:
        """`job_id()` returns a text, the same one at each call."""
        job_id = finished.job_id()
        assert isinstance(job_id, str)
        assert job_id
        assert finished.job_id() == job_id

    def test_metadata_is_the_keyword_arguments(
        self, constructed: Callable[..., JobV1], given_backend: BackendV2
    ) -> None:
        """`metadata` is the dict of the keyword arguments."""
        tags = ["calibration"]
        job = constructed(given_backend, "contract-metadata", tags=tags, owner="ada")
        assert job.metadata == {"tags": ["calibration"], "owner": "ada"}
        assert job.metadata["tags"] is tags

    def test_metadata_is_empty_without_keyword_arguments(
        self, constructed: Callable[..., JobV1], given_backend: BackendV2
    ) -> None:
        """`metadata` is a dict of the job's own, empty when no keyword argument was given."""
        first, second = (constructed(given_backend, name) for name in ("contract-first", "contract-second"))
        assert first.metadata == {}
        first.metadata["owner"] = "ada"
        assert second.metadata == {}

    def test_backend_is_the_instance_given(self, constructed: Callable[..., JobV1], given_backend: BackendV2) -> None:
        """`backend()` returns the instance of the backend."""
        assert constructed(given_backend, "contract-backend").backend() is given_backend

    def test_backend_none_raises(self, constructed: Callable[..., JobV1]) -> None:
        """`backend()` raises `QiskitError("The job does not have any backend.")` when it is None."""
        job = constructed(None, "contract-no-backend")
        with pytest.raises(QiskitError, match=r"The job does not have any backend\."):
            job.backend()


def _job_v1(job: JobV1) -> Any:
    """Return the class `JobV1` that the job's class comes from: Qiskit's or queuebit's."""
    bases = [cls for cls in type(job).__mro__ if cls.__name__ == "JobV1"]
    assert bases, f"{type(job).__name__} doesn't derive from a JobV1"
    return bases[0]
