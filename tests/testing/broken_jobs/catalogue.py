"""Makes a contract class of each broken job, which runs the checks that have to find its fault."""

import sys
from collections.abc import Callable
from threading import Event
from typing import Any, ClassVar

from qiskit.providers import BackendV2, JobV1

from queuebit.providers.local_executor import available_cores
from queuebit.testing import JobContract
from queuebit.testing.deviations import check_names
from queuebit.testing.work import Work

CHECKS = frozenset(check_names(JobContract))


class BrokenJobContract(JobContract):
    job_class: ClassVar[Any]
    patience_s = deviation_patience_s = 0.06

    def make_job(self, work: Work, backend: BackendV2 | None, job_id: str, **metadata: Any) -> JobV1:
        return self.job_class(backend, job_id, work, **metadata)

    def queued_job(self, release: Event) -> JobV1:
        self.ahead = [self.running_job(release) for _ in range(available_cores())]
        return self.running_job(release)


def found_by(*checks: str) -> Callable[[type], type]:
    """Add a test class for a broken job to its module: these checks, and no others, run and have to fail."""

    def add(cls: type) -> type:
        name = f"Test{cls.__name__}"
        deviations = dict.fromkeys((f"test_{check}" for check in checks), "it is broken")
        contract = type(name, (BrokenJobContract,), {"job_class": cls, "deviations": deviations})
        for other in CHECKS - deviations.keys():
            setattr(contract, other, None)
        setattr(sys.modules[cls.__module__], name, contract)
        return cls

    return add
