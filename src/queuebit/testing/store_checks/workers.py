"""Workers that register."""

from __future__ import annotations

from dataclasses import replace

from queuebit.testing.store_checks.fixtures import StoreFixtures, new_worker


class WorkerChecks(StoreFixtures):
    """Worker services register while they run."""

    def test_a_registered_worker_is_found(self) -> None:
        """Workers come back as they registered, the oldest first."""
        young = new_worker(started_us=2_000_000, process_started=1_700_000_000.123456, boot_id="ü")
        old = new_worker(started_us=1_000_000, port=0)
        self.store.register_worker(young)
        self.store.register_worker(old)
        assert self.store.workers() == [old, young]

    def test_registering_again_replaces(self) -> None:
        """A worker is there once, as it registered last."""
        worker = new_worker()
        self.store.register_worker(worker)
        self.store.register_worker(replace(worker, port=1234))
        assert self.store.workers() == [replace(worker, port=1234)]

    def test_an_unregistered_worker_is_gone(self) -> None:
        """It isn't there any more; unregistering what isn't there is no error."""
        worker = new_worker()
        self.store.register_worker(worker)
        self.store.unregister_worker(worker.worker_id)
        self.store.unregister_worker(worker.worker_id)
        assert self.store.workers() == []

    def test_an_unregistered_worker_still_has_its_job(self) -> None:
        """Unregistering takes nothing away: a run goes on until somebody recovers it."""
        claim = self.running()
        self.store.unregister_worker(self.worker_id)
        assert self.finish(claim).is_final
