"""Results as they come in."""

from __future__ import annotations

import pytest

from queuebit.store import JobStore, StoredResult, StoreError
from queuebit.testing.store_checks.fixtures import RESULT, StoreFixtures


class ResultChecks(StoreFixtures):
    """`keep_results()` keeps circuits' results as they are finished, at most one each."""

    def test_results_are_there_while_the_job_runs(self) -> None:
        """What is kept can be read at once, by circuit."""
        claim = self.running(circuits=(b"a", b"b", b"c"))
        last, first = StoredResult(index=2, content=b"c"), StoredResult(index=0, content=b"")
        self.store.keep_results(claim, [last])
        self.store.keep_results(claim, [first])
        assert self.store.results(claim.job.job_id) == [first, last]

    def test_a_second_result_replaces_the_first(self) -> None:
        """A circuit has one result: the last one that was kept."""
        claim = self.running()
        self.store.keep_results(claim, [StoredResult(index=0, content=b"first", files=("f.npy",))])
        self.store.keep_results(claim, [RESULT])
        assert self.store.results(claim.job.job_id) == [RESULT]

    def test_results_survive_attempts(self) -> None:
        """What is finished stays finished when the job is given back."""
        claim = self.running(circuits=(b"a", b"b"))
        self.store.keep_results(claim, [RESULT])
        self.store.lose(claim, "SIGSEGV")
        assert self.store.results(claim.job.job_id) == [RESULT]

    @pytest.mark.parametrize("index", [-1, 2])
    def test_a_result_of_no_circuit_is_refused(self, index: int) -> None:
        """A result for a circuit that the job doesn't have raises `StoreError`, and none is kept."""
        claim = self.running(circuits=(b"a", b"b"))
        with pytest.raises(StoreError, match=f"2 circuits; there can't be a result for {index}"):
            self.store.keep_results(claim, [RESULT, StoredResult(index=index, content=b"")])
        assert self.store.results(claim.job.job_id) == []

    def test_results_are_their_own_jobs(self) -> None:
        """Results of jobs beside each other don't mix."""
        claims = [self.running(circuits=(b"a", b"b")) for _ in range(3)]
        for number, claim in enumerate(claims):
            self.store.keep_results(claim, [StoredResult(index=number % 2, content=bytes([number]))])
        kept = [self.store.results(claim.job.job_id) for claim in claims]
        assert kept == [[StoredResult(index=number % 2, content=bytes([number]))] for number in range(3)]

    def test_keeping_nothing_is_nothing(self) -> None:
        """An empty list of results changes nothing, but for a lost claim."""
        claim = self.running()
        self.store.keep_results(claim, [])
        assert self.store.results(claim.job.job_id) == []


class ResultFileChecks(StoreFixtures):
    """Array files are the store's as soon as a result names them."""

    def test_the_folder_is_there(self) -> None:
        """The folder of array files exists from the beginning."""
        assert self.store.files.is_dir()

    def test_names_of_files_come_back(self) -> None:
        """A result names its files in their order."""
        claim = self.running()
        result = StoredResult(index=0, content=b"c", files=("b.npy", "a.npy"))
        self.finish(claim, [result])
        assert self.store.results(claim.job.job_id) == [result]

    def test_files_of_a_replaced_result_are_deleted(self) -> None:
        """A file goes when no result names it any more; one that the new result names stays."""
        claim = self.running()
        put(self.store, "old.npy", "kept.npy", "new.npy")
        self.store.keep_results(claim, [StoredResult(index=0, content=b"", files=("old.npy", "kept.npy"))])
        self.store.keep_results(claim, [StoredResult(index=0, content=b"", files=("kept.npy", "new.npy"))])
        assert names(self.store) == ["kept.npy", "new.npy"]

    @pytest.mark.parametrize("name", ["../other", "a/b", "", ".", "..", "/etc/passwd"])
    def test_a_name_that_leads_elsewhere_is_refused(self, name: str) -> None:
        """A result can't name what lies outside of the folder."""
        claim = self.running()
        with pytest.raises(StoreError, match="plain file name"):
            self.store.keep_results(claim, [StoredResult(index=0, content=b"", files=(name,))])


def put(store: JobStore, *files: str) -> None:
    """Put files into a store's folder.

    Args:
        store: The store.
        *files: Their names.
    """
    for name in files:
        (store.files / name).write_bytes(b"array")


def names(store: JobStore) -> list[str]:
    """Return the names of the files in a store's folder.

    Args:
        store: The store.
    """
    return sorted(path.name for path in store.files.iterdir())
