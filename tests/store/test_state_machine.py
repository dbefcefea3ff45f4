"""Whatever is done to it, in any order, with crashes in between: the store on disk does what the one in memory does."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from queuebit.store import (
    ArchivedJob,
    Claim,
    JobFilter,
    JobState,
    JobStore,
    Limits,
    MemoryStore,
    NewJob,
    Part,
    ShotRange,
    StoredResult,
    StoreError,
    Usage,
    WorkerRecord,
)
from queuebit.store.doctor import examine
from queuebit.store.sqlite import SQLiteStore
from queuebit.testing.store_checks.invariants import assert_consistent

IS_WHOLE = os.environ.get("QUEUEBIT_TORTURE") == "whole"

names = st.sampled_from(["", "n", "m", "ü"])
tags = st.lists(st.sampled_from(["s", "t", "u"]), max_size=3).map(tuple)
limits = st.builds(Limits, max_attempts=st.integers(1, 3))
usages = st.builds(Usage, cpu_s=st.sampled_from([0.0, 0.5]), peak_memory_bytes=st.integers(0, 9))
reasons = st.sampled_from(["", "why"])
texts = st.sampled_from(["", "printed", "\n" * 3, "x" * 400_000])
errors = st.sampled_from([{"type": "E", "message": "m\nn"}, {"message": ""}, {"type": "E", "circuit_index": 0}])
TWO_RANGES = (ShotRange(0, 2), ShotRange(2, 1))
results = st.lists(
    st.builds(
        StoredResult,
        index=st.integers(0, 2),
        content=st.binary(max_size=3),
        files=st.just(()),
        shots=st.none() | st.sampled_from(TWO_RANGES),
    ),
    max_size=3,
)


def cut(circuit: int) -> list[Part]:
    return [Part(circuit, 1, shots) for shots in TWO_RANGES]


# Not each fits each number of circuits.
plans = st.sampled_from(
    [
        (),
        (Part(0), Part(1)),
        (Part(0, 2), Part(2)),
        tuple(cut(0)),
        (*cut(0), *cut(1)),
        (Part(0), *cut(1), Part(2)),
        (*cut(0), Part(1, 2)),
    ]
)
filters = st.builds(
    JobFilter,
    states=st.none() | st.frozensets(st.sampled_from(JobState)),
    backend_name=st.none() | st.sampled_from(["a", "b"]),
    name=st.none() | names,
    tags=tags,
    created_after_us=st.none() | st.integers(0, 60).map(lambda minute: minute * 60_000_000),
    created_before_us=st.none() | st.integers(0, 60).map(lambda minute: minute * 60_000_000),
)


class StoreMachine(RuleBasedStateMachine):
    """Does the same to both stores, and expects the same of both."""

    jobs = Bundle("jobs")
    workers = Bundle("workers")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="queuebit-machine-"))
        self.number = 0
        self.now_us = 1_800_000_000
        self.model = MemoryStore(clock=self.clock)
        self.store = self.open()

    def clock(self) -> int:
        return self.now_us

    def open(self) -> SQLiteStore:
        return SQLiteStore(self.folder / f"{self.number}.db", clock=self.clock)

    def both(self, do: Callable[[JobStore], Any]) -> Any:
        """Do something to both stores; what comes of it, a value or an error, has to be equal."""
        outcomes = []
        for store in (self.model, self.store):
            try:
                outcomes.append(("returned", do(store)))
            except (StoreError, ValueError, TypeError) as error:
                outcomes.append((type(error).__name__, str(error)))
        assert outcomes[0] == outcomes[1]
        return outcomes[0][1] if outcomes[0][0] == "returned" else None

    @initialize(target=workers)
    def first_worker(self) -> str:
        return self.register(0)

    @rule(target=workers, age=st.integers(0, 3))
    def register(self, age: int) -> str:
        self.number_of_workers = getattr(self, "number_of_workers", 0) + 1
        worker = WorkerRecord(
            worker_id=f"worker {self.number_of_workers}",
            pid=self.number_of_workers,
            process_started=1.5,
            boot_id="boot",
            port=0,
            started_us=age,
        )
        self.both(lambda store: store.register_worker(worker))
        return worker.worker_id

    @rule(worker_id=workers)
    def unregister(self, worker_id: str) -> None:
        self.both(lambda store: store.unregister_worker(worker_id))

    @rule(seconds=st.integers(-3600, 3600))
    def set_clock(self, seconds: int) -> None:
        self.now_us = max(0, self.now_us + seconds * 1_000_000)

    @rule(
        target=jobs,
        fields=st.lists(
            st.fixed_dictionaries(
                {
                    "job_id": st.integers(0, 60).map("{:08x}".format),
                    "backend_name": st.sampled_from(["a", "b"]),
                    "circuits": st.lists(st.sampled_from([b"c", b"d", b""]), min_size=1, max_size=3).map(tuple),
                    "name": names,
                    "tags": tags,
                    "priority": st.integers(-1, 1),
                    "limits": limits,
                    "idempotency_key": st.none() | st.sampled_from(["k", "l"]),
                    "parts": plans,
                }
            ),
            min_size=1,
            max_size=4,
        ),
    )
    def submit(self, fields: list[dict[str, Any]]) -> Any:
        submitted = self.both(lambda store: store.submit([NewJob(**job) for job in fields]))
        return multiple(*(job.job_id for job in submitted or ()))

    @rule(target=claims, worker_id=workers, limit=st.integers(0, 4), above=st.none() | st.integers(-2, 1))
    def claim(self, worker_id: str, limit: int, above: int | None) -> Any:
        return multiple(*(self.both(lambda store: store.claim(worker_id, limit, above=above)) or ()))

    @rule(claim=claims, results=results)
    def keep_results(self, claim: Claim, results: list[StoredResult]) -> None:
        self.both(lambda store: store.keep_results(claim, results))

    @rule(claim=claims, progress=st.integers(0, 9), log=texts)
    def report(self, claim: Claim, progress: int, log: str) -> None:
        self.both(lambda store: store.report(claim, progress_done=progress, progress_total=9, log=log))

    @rule(ended=st.lists(st.tuples(claims, results, usages), min_size=1, max_size=3))
    def finish(self, ended: list[tuple[Claim, list[StoredResult], Usage]]) -> None:
        self.both(lambda store: store.finish(ended))

    @rule(claim=consumes(claims), error=errors, results=results, usage=usages)
    def fail(self, claim: Claim, error: dict[str, object], results: list[StoredResult], usage: Usage) -> None:
        self.both(lambda store: store.fail(claim, error, results, usage))

    @rule(claim=claims, results=results, usage=usages)
    def cancelled(self, claim: Claim, results: list[StoredResult], usage: Usage) -> None:
        self.both(lambda store: store.cancelled(claim, results, usage))

    @rule(claim=claims, reason=reasons, usage=usages)
    def release(self, claim: Claim, reason: str, usage: Usage) -> None:
        self.both(lambda store: store.release(claim, reason, usage))

    @rule(claim=claims, reason=reasons, usage=usages)
    def lose(self, claim: Claim, reason: str, usage: Usage) -> None:
        self.both(lambda store: store.lose(claim, reason, usage))

    @rule(claim=claims, reason=reasons, usage=usages)
    def lose_part(self, claim: Claim, reason: str, usage: Usage) -> None:
        self.both(lambda store: store.lose_part(claim, reason, usage))

    @rule(dead=st.sets(st.integers(1, 5)))
    def recover(self, dead: set[int]) -> None:
        self.both(lambda store: store.recover(lambda worker: worker.pid not in dead))

    @rule(job_ids=st.lists(jobs, max_size=3), reason=reasons)
    def request_cancel(self, job_ids: list[str], reason: str) -> None:
        self.both(lambda store: store.request_cancel(job_ids, reason))

    @rule(job_id=jobs, name=st.none() | names, tags=st.none() | tags, priority=st.none() | st.integers(-1, 1))
    def update(self, job_id: str, **changes: Any) -> None:
        self.both(lambda store: store.update(job_id, **changes))

    @rule(job_ids=st.lists(jobs, max_size=3))
    def delete(self, job_ids: list[str]) -> None:
        self.both(lambda store: store.delete(job_ids))

    @rule(job_id=jobs)
    def move(self, job_id: str) -> None:
        """Take a job out and in again, as an export and an import do."""

        def archived(store: JobStore) -> ArchivedJob:
            return ArchivedJob(
                record=store.get(job_id),
                circuits=store.circuits(job_id),
                results=tuple(store.results(job_id)),
                events=tuple(store.events(job_id)),
                log=store.logs(job_id),
                parts=store.parts(job_id),
            )

        archive = self.both(archived)
        if archive is not None and self.both(lambda store: store.delete([job_id])) is not None:
            self.both(lambda store: store.restore([archive]))

    @rule(prefix=st.text("0123456789abcdef", max_size=8))
    def find(self, prefix: str) -> None:
        self.both(lambda store: store.find(prefix))

    @rule(which=filters, limit=st.none() | st.integers(-1, 5), skip=st.integers(-1, 9), descending=st.booleans())
    def look(self, which: JobFilter, limit: int | None, skip: int, descending: bool) -> None:
        self.both(lambda store: store.jobs(which, limit=limit, skip=skip, descending=descending))
        self.both(lambda store: store.count(which))

    @rule(known=st.dictionaries(jobs, st.sampled_from(JobState), max_size=4))
    def changed(self, known: dict[str, JobState]) -> None:
        self.both(lambda store: store.changed(known))

    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.store = self.open()

    @rule()
    def crash(self) -> None:
        """Go on with what is on the disk at this moment, as after a death of all processes that had it open."""
        before = self.store
        self.number += 1
        for path in self.folder.glob(f"{self.number - 1}.db*"):
            copy = self.folder / path.name.replace(f"{self.number - 1}.", f"{self.number}.", 1)
            shutil.copytree(path, copy) if path.is_dir() else shutil.copy(path, copy)
        before.close()
        self.store = self.open()

    @invariant()
    def both_count_the_same(self) -> None:
        self.both(lambda store: store.statistics())
        self.both(lambda store: store.workers())

    def teardown(self) -> None:
        try:
            everything = {job.job_id for job in self.model.jobs(limit=None)}
            self.both(lambda store: store.jobs(limit=None))
            for job_id in sorted(everything):
                for read in ("events", "results", "circuits", "parts", "logs", "queue_position"):
                    self.both(lambda store: getattr(store, read)(job_id))  # noqa: B023  # it is called at once
            assert_consistent(self.store)
            findings = examine(self.store.path, lambda worker: True)
            assert [finding for finding in findings if finding.kind != "dead_claim"] == []
        finally:
            self.store.close()
            self.model.close()
            shutil.rmtree(self.folder)


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=25 if IS_WHOLE else 10, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_a_store_that_differs_is_found() -> None:
    """The machine itself: a model that does something else than the store is noticed."""
    machine = StoreMachine()
    try:
        machine.submit([{"job_id": "a", "backend_name": "a", "circuits": (b"c",)}])
        job = machine.model._jobs["a"]
        job.record = replace(job.record, name="other")
        try:
            machine.look(JobFilter(), None, 0, True)
        except AssertionError:
            return
        raise AssertionError("nothing was noticed")
    finally:
        machine.store.close()
        machine.model.close()
        shutil.rmtree(machine.folder)
