"""What stores say when they refuse something."""

from collections.abc import Collection

from queuebit.store.records import Claim


def unknown_job(prefix: str) -> str:
    """Return what to say when no job has an id.

    Args:
        prefix: the id, or the beginning of one.
    """
    return f"there is no job {prefix}"


def ambiguous(prefix: str, job_ids: Collection[str]) -> str:
    """Return what to say when several ids begin with a prefix.

    Args:
        prefix: the beginning.
        job_ids: the first few of them.
    """
    return f"several jobs begin with {prefix}: {', '.join(sorted(job_ids))}; give more of the id"


def lost_claim(claim: Claim) -> str:
    """Return what to say to a worker whose claim doesn't hold any more.

    Args:
        claim: the claim.
    """
    job_id, attempt, worker_id = claim.key
    return f"the worker {worker_id} has lost attempt {attempt} of job {job_id}; it must stop the run and forget it"


def taken_id(job_id: str) -> str:
    """Return what to say when a job is submitted with the id of another one.

    Args:
        job_id: the id.
    """
    return f"the job id {job_id} is taken; nothing has been submitted"


def taken_key(key: str, job_id: str) -> str:
    """Return what to say when a restored job has the idempotency key of another one.

    Args:
        key: the key.
        job_id: the job that was to be restored.
    """
    return f"the idempotency key {key!r} of job {job_id} is another job's here; nothing has been restored"


def not_archived(job_id: str, state: str) -> str:
    """Return what to say when a job that isn't final is to be restored.

    Args:
        job_id: the job.
        state: where it stands.
    """
    return f"job {job_id} is {state} and can't be restored; only final jobs can"


def not_final(job_id: str, state: str) -> str:
    """Return what to say when a job that isn't final is to be deleted.

    Args:
        job_id: the job.
        state: where it stands.
    """
    return f"job {job_id} is {state} and can't be deleted; cancel it first"


def unregistered_worker(worker_id: str) -> str:
    """Return what to say when a worker that isn't registered wants jobs.

    Args:
        worker_id: the worker.
    """
    return f"the worker {worker_id} isn't registered and can't take jobs; register it first"
