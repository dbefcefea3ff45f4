"""Checking how jobs are cut against the jobs themselves, and joining what can't be told apart any more."""

from dataclasses import dataclass

import apsw

from queuebit.store.exceptions import StoreCorruptError
from queuebit.store.sqlite.named_queries import SQL
from queuebit.store.sqlite.rows import JobRow, numbers_of_job, parts_of_plan
from queuebit.store.sqlite.statements import row, rows
from queuebit.store.sqlite.transaction import Transaction
from queuebit.store.states import FINAL_STATES, JobState


@dataclass(frozen=True, slots=True)
class WrongPlan:
    """A job whose parts aren't known.

    Attributes:
        job_id: the job.
        what: what is wrong with its plan.
        can_be_joined: whether the job can do without: nobody has its parts, and no result that counts is of one.
    """

    job_id: str
    what: str
    can_be_joined: bool


def wrong_plans(connection: apsw.Connection) -> list[WrongPlan]:
    """Return the jobs that are cut in a way that can't be read, isn't there or isn't theirs.

    Args:
        connection: the connection; it reads within one transaction.
    """
    wrong = []
    for *fields, plan, has_shots in rows(connection, SQL.cut_jobs):
        job = JobRow(*fields)
        try:
            parts_of_plan(plan, job)
        except StoreCorruptError as error:
            state = JobState(job.state)
            can_be_joined = state is JobState.QUEUED or (state in FINAL_STATES and not has_shots)
            wrong.append(WrongPlan(job.job_id, str(error).partition("; run:")[0], can_be_joined))
    return wrong


def join(transaction: Transaction) -> None:
    """Make jobs whose parts aren't known ones of one part; results of shots that they have go.

    Args:
        transaction: the transaction.
    """
    for wrong in wrong_plans(transaction.connection):
        if wrong.can_be_joined:
            job = transaction.job_by_id(wrong.job_id)
            transaction.rows(SQL.delete_shot_results_of_job, numbers_of_job(job.sequence))
            transaction.run(SQL.delete_plan, {"sequence": job.sequence})
            transaction.run(SQL.join_parts, {"sequence": job.sequence})


def count_without_job(connection: apsw.Connection) -> tuple[int, int]:
    """Return how many plans and how many results of shots belong to no job.

    Args:
        connection: the connection.
    """
    found = row(connection, SQL.parts_without_job)
    assert found is not None
    return int(found[0]), int(found[1])


def delete_without_job(transaction: Transaction) -> None:
    """Delete the plans and the results of shots that belong to no job.

    Args:
        transaction: the transaction.
    """
    transaction.run(SQL.delete_plans_without_job)
    transaction.run(SQL.delete_shot_results_without_job)
