"""Closing a store."""

from __future__ import annotations

import pytest

from queuebit.store import JobState, StoreError
from queuebit.testing.store_checks.fixtures import StoreFixtures, new_job, new_worker


class CloseChecks(StoreFixtures):
    """A closed store refuses every call."""

    def test_a_closed_store_refuses_every_call(self) -> None:
        """Each call raises `StoreError` that says so."""
        claim = self.running()
        job_id = claim.job.job_id
        store, self.store = self.store, self.make_store()
        store.close()
        try:
            for call in (
                lambda: store.submit([new_job()]),
                lambda: store.restore([]),
                lambda: store.get(job_id),
                lambda: store.changed({job_id: JobState.DONE}),
                lambda: store.find(job_id),
                store.jobs,
                store.count,
                lambda: store.circuits(job_id),
                lambda: store.results(job_id),
                lambda: store.parts(job_id),
                lambda: store.events(job_id),
                lambda: store.logs(job_id),
                lambda: store.queue_position(job_id),
                lambda: store.request_cancel([job_id]),
                lambda: store.update(job_id, name="n"),
                lambda: store.delete([job_id]),
                store.statistics,
                lambda: store.register_worker(new_worker()),
                lambda: store.unregister_worker("w"),
                store.workers,
                lambda: store.recover(lambda worker: True),
                lambda: store.claim("w", 1),
                lambda: store.claim("w", 1, above=0),
                lambda: store.cancel_requests("w"),
                lambda: store.keep_results(claim, []),
                lambda: store.report(claim, progress_done=0, progress_total=0),
                lambda: store.finish([]),
                lambda: store.fail(claim, {}),
                lambda: store.cancelled(claim),
                lambda: store.release(claim, ""),
                lambda: store.lose(claim, ""),
                lambda: store.lose_part(claim, ""),
            ):
                with pytest.raises(StoreError, match="is closed"):
                    call()
        finally:
            self.store.close()

    def test_closing_twice_is_no_error(self) -> None:
        """A second `close()` does nothing."""
        store = self.make_store()
        store.close()
        store.close()
