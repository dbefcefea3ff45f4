"""The index of jobs over several of its blocks: lists agree with what the jobs say, whatever happens to them."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from queuebit.store import JobFilter, JobState, StoredResult, Usage
from queuebit.store.records import JobRecord
from queuebit.store.sqlite import SQLiteStore
from queuebit.store.sqlite.bit_sets import BLOCK_SIZE
from queuebit.store.sqlite.index_repair import counts_are_right, rebuild, wrong_blocks
from queuebit.testing.store_checks.listing import matches

from .builders import FakeClock, done, new_job, new_worker

JOBS = 2 * BLOCK_SIZE + 700
INDEX = "SELECT block, kind, value, members FROM postings JOIN facets USING (facet_id)"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLiteStore]:
    """Jobs in three blocks, of all kinds; the clock is put back an hour in the middle."""
    clock = FakeClock()
    store = SQLiteStore(tmp_path_factory.mktemp("filled") / "lab.db", clock=clock)
    pick = random.Random(5)
    for number in range(0, JOBS, 100):
        clock.now_us -= 3_600_000_000 if number == 5000 else 0
        store.submit(
            [
                replace(
                    new_job(backend_name=pick.choice("ab"), name=pick.choice(["", "n", f"only {number}"])),
                    tags=tuple(tag for tag in "stu" if pick.random() < 0.4),
                )
                for _ in range(min(100, JOBS - number))
            ]
        )
    worker = new_worker()
    store.register_worker(worker)
    for claims in iter(lambda: store.claim(worker.worker_id, 500), []):
        store.finish([(claim, [], Usage()) for claim in claims[:400]])
        for claim in claims[400:420]:
            store.cancelled(claim)
        if claims[0].job.sequence > BLOCK_SIZE:
            break
    gone = [job.job_id for job in store.jobs(JobFilter(states=frozenset({JobState.DONE})), limit=900, skip=700)]
    store.delete(gone)
    yield store
    store.close()


@pytest.fixture(scope="module")
def its_jobs(filled: SQLiteStore) -> list[JobRecord]:
    """All of them, in the order of submission."""
    return list(filled.jobs(limit=None, descending=False))


def filters(pick: random.Random) -> JobFilter:
    time_us = 1_700_000_000_000_000
    edges = [None, time_us, time_us + 30_000, time_us + 60_000, time_us - 3_600_000_000, time_us - 3_500_000_000]
    return JobFilter(
        states=pick.choice([None, None, *(frozenset(pick.sample(list(JobState), size)) for size in (1, 2, 5))]),
        backend_name=pick.choice([None, None, "a", "b", "c"]),
        name=pick.choice([None, None, "", "n", "only 4000"]),
        tags=tuple(pick.sample("stuv", pick.choice([0, 0, 1, 2]))),
        created_after_us=pick.choice(edges),
        created_before_us=pick.choice(edges),
    )


@pytest.mark.parametrize("seed", range(40))
def test_any_page_of_any_list_is_what_the_jobs_say(filled: SQLiteStore, its_jobs: list[JobRecord], seed: int) -> None:
    pick = random.Random(seed)
    which, descending = filters(pick), pick.random() < 0.5
    expected = [job for job in its_jobs if matches(job, which)]
    if descending:
        expected.reverse()
    assert filled.count(which) == len(expected)
    for skip in {0, len(expected) // 2, max(0, len(expected) - 3), len(expected), len(expected) + 10_000}:
        assert filled.jobs(which, limit=5, skip=skip, descending=descending) == expected[skip : skip + 5]


def test_pages_over_the_edge_of_a_block_have_no_gap(filled: SQLiteStore) -> None:
    listed = [job.sequence for job in filled.jobs(limit=None, descending=False)]
    assert len(listed) == JOBS - 900
    for skip in range(0, len(listed), 997):
        page = filled.jobs(limit=10, skip=skip, descending=False)
        assert [job.sequence for job in page] == listed[skip : skip + 10]


def test_the_index_is_what_it_would_be_if_made_anew(filled: SQLiteStore) -> None:
    with filled.snapshot() as connection:
        assert wrong_blocks(connection) == []
        assert counts_are_right(connection)
        before = connection.execute(INDEX).fetchall()
    filled.maintain("rebuild", lambda transaction: rebuild(transaction.connection))
    with filled.snapshot() as connection:
        after = connection.execute(INDEX).fetchall()
    assert sorted(after) == sorted(before)


def test_the_index_of_deleted_jobs_takes_no_room(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "lab.db")
    jobs = [done(store, name=str(number), tags=(f"tag {number}",)) for number in range(20)]
    store.delete([job.job_id for job in jobs])
    with store.snapshot() as connection:
        assert connection.execute("SELECT count(*) FROM postings").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM blocks").fetchall() == [(0,)]
        assert connection.execute("SELECT DISTINCT kind FROM facets").fetchall() == [("state",)]
        assert connection.execute("SELECT count(*) FROM circuits").fetchall() == [(0,)]
    store.close()


def test_a_job_of_two_qubits_takes_less_than_two_kilobytes(tmp_path: Path) -> None:
    """With its events, its index and a result of 400 bytes; the circuit is there once."""
    store = SQLiteStore(tmp_path / "lab.db")
    worker = new_worker()
    store.register_worker(worker)
    content = random.Random(1).randbytes(400)
    usage = Usage(cpu_s=0.001, peak_memory_bytes=80_000_000)
    for number in range(0, 1000, 10):
        store.submit([new_job(options={"shots": 1024, "seed_simulator": 10**6 + number}) for _ in range(10)])
        claims = store.claim(worker.worker_id, 10)
        store.finish([(claim, [StoredResult(index=0, content=content)], usage) for claim in claims])
    store.close()
    assert store.path.stat().st_size / 1000 < 1500
