"""The executor contract on a Dask cluster, without a deviation."""

from pathlib import Path
from typing import ClassVar

import pytest

from queuebit.testing import ExecutorContract
from queuebit.worker.executor import Executor
from queuebit.worker.executors.dask.executor import DaskExecutor


class TestDaskExecutor(ExecutorContract):
    address: ClassVar[str]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _cluster(cls, cluster) -> None:
        cls.address = cluster.address

    def make_executor(self, files: Path) -> Executor:
        return DaskExecutor(files, self.address)
