"""The status of a job: Qiskit's own enum, because programs compare its members by identity."""

from qiskit.providers.jobstatus import JOB_FINAL_STATES, JobStatus

__all__ = ["JOB_FINAL_STATES", "JobStatus"]
