"""The SQL that the package carries: it is all used, and all that is used is there."""

import re
from pathlib import Path

import apsw
import pytest

import queuebit.store
from queuebit.store.sqlite.migrations import MIGRATIONS
from queuebit.store.sqlite.named_queries import SQL, NamedQueries
from queuebit.store.sqlite.rows import JobRow

MODULES = sorted(Path(queuebit.store.__file__).parent.rglob("*.py"))


@pytest.fixture
def database() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    for step in MIGRATIONS:
        connection.execute(step.script)
    return connection


def test_every_query_is_used_and_every_use_has_a_query() -> None:
    used = {name for module in MODULES for name in re.findall(r"\bSQL\.(\w+)", module.read_text(encoding="utf-8"))}
    assert used == set(vars(SQL))


@pytest.mark.parametrize("name", sorted(vars(SQL)))
def test_every_query_fits_the_schema(name: str, database: apsw.Connection) -> None:
    database.execute(f"EXPLAIN {vars(SQL)[name]}", dict.fromkeys(re.findall(r":(\w+)", vars(SQL)[name]))).fetchall()


@pytest.mark.parametrize(
    "name",
    [
        *("job_by_id", "job_by_idempotency_key", "jobs_ahead", "next_jobs", "claimed_job", "note_progress"),
        *("end_run", "requeue_run", "claim_job", "cancel_requests", "running_jobs_without_worker", "created_between"),
        *("circuit_of_content", "delete_circuit_without_user", "members", "facet", "events", "results_of_job"),
        *("jobs_in_other_states", "delete_empty_block"),
    ],
)
def test_queries_of_every_day_read_no_table_from_end_to_end(name: str, database: apsw.Connection) -> None:
    bindings = dict.fromkeys(re.findall(r":(\w+)", vars(SQL)[name]))
    plan = database.execute(f"EXPLAIN QUERY PLAN {vars(SQL)[name]}", bindings).fetchall()
    steps = [str(step[3]) for step in plan]
    scans = [
        step for step in steps if step.startswith("SCAN") and "VIRTUAL TABLE" not in step and "CONSTANT" not in step
    ]
    assert all("USING" in step for step in scans), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps


def test_the_columns_of_jobs_are_those_of_a_row(database: apsw.Connection) -> None:
    columns = tuple(name for _, name, *_ in database.execute("PRAGMA table_info(jobs)"))
    assert columns == JobRow._fields


def test_two_queries_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two queries have the name a"):
        NamedQueries(iter(["-- name: a\nSELECT 1;", "-- name: a\nSELECT 2;"]))


def test_an_unknown_query_is_refused() -> None:
    with pytest.raises(AttributeError, match="no query 'nothing'"):
        _ = SQL.nothing
