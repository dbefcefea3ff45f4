"""A real scheduler and real workers, as processes on the loopback interface."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from .cluster import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two workers with a thread each, for tests that leave it as they found it."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    for name in ("one", "two"):
        cluster.start_worker(name)
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def _spare_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler without workers."""
    cluster = Cluster(tmp_path_factory.mktemp("spare"))
    yield cluster
    cluster.close()


@pytest.fixture
def spare_cluster(_spare_cluster: Cluster) -> Iterator[Cluster]:
    """A scheduler without workers, for a test that starts and breaks some; the scheduler stays for the next one."""
    yield _spare_cluster
    _spare_cluster.kill_workers()


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers, for a test that breaks it."""
    folder = tmp_path / "own"
    folder.mkdir()
    cluster = Cluster(folder)
    yield cluster
    cluster.close()
