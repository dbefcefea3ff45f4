"""The store contract on both stores, without a deviation."""

from queuebit.store import JobStore, MemoryStore, open_store
from queuebit.testing import StoreContract


class TestMemoryStore(StoreContract):
    def make_store(self) -> JobStore:
        return MemoryStore()


class TestSQLiteStore(StoreContract):
    def make_store(self) -> JobStore:
        number = sum(path.suffix == ".db" for path in self.folder.iterdir())
        return open_store(self.folder / f"{number}.db")
