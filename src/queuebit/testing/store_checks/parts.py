"""Jobs whose work is cut into parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from queuebit.store import (
    Claim,
    JobEvent,
    JobRecord,
    JobState,
    JobStore,
    Part,
    ShotRange,
    StoredResult,
    StoreError,
    Usage,
)
from queuebit.testing.store_checks.fixtures import (
    FIRST_SHOTS,
    LAST_SHOTS,
    PARTS,
    RESULT,
    THREE_CIRCUITS,
    StoreFixtures,
    new_job,
    new_worker,
)
from queuebit.testing.store_checks.results import names, put

MOST_PARTS = 1 << 16


def of_shots(first: int, number: int, circuit: int = 0) -> Part:
    """Return a part of some shots of a circuit.

    Args:
        first: The first shot.
        number: How many shots.
        circuit: The circuit.
    """
    return Part(circuit, 1, ShotRange(first, number))


WRONG_PLANS: dict[str, tuple[Part, ...]] = {
    "a circuit is left out": (Part(0), Part(2)),
    "the first circuit is left out": (Part(1), Part(2)),
    "the last circuit is left out": (Part(0), Part(1)),
    "a circuit is there twice": (Part(0, 2), Part(1, 2)),
    "more circuits than there are": (Part(0, 2), Part(2, 2)),
    "not in order": (Part(1, 2), Part(0)),
    "no circuits": (Part(0, 0), Part(0, 3)),
    "fewer than no circuits": (Part(0, 4), Part(4, -1)),
    "one part": (Part(0, 3),),
    "no whole number": (Part(0, 1.5), Part(1.5, 1.5)),  # type: ignore[arg-type]
    "shots are left out": (of_shots(0, 5), of_shots(6, 5), Part(1, 2)),
    "the first shot is left out": (of_shots(1, 5), of_shots(6, 5), Part(1, 2)),
    "shots are there twice": (of_shots(0, 5), of_shots(4, 5), Part(1, 2)),
    "shots are not in order": (of_shots(5, 5), of_shots(0, 5), Part(1, 2)),
    "no shots": (of_shots(0, 0), of_shots(0, 5), Part(1, 2)),
    "fewer than no shots": (of_shots(0, 5), of_shots(5, -1), of_shots(4, 1), Part(1, 2)),
    "shots of several circuits": (Part(0, 2, ShotRange(0, 5)), Part(2)),
    "all shots and some of them": (of_shots(0, 5), Part(0, 3)),
    "a circuit between the shots of one": (Part(0, 2), of_shots(0, 5, 2), Part(1), of_shots(5, 5, 2)),
    "shots of a circuit that there isn't": (Part(0, 3), of_shots(0, 5, 3)),
    "too many shots": (of_shots(0, 2**62), of_shots(2**62, 2**62), Part(1, 2)),
    "too many parts": (*(of_shots(shot, 1) for shot in range(MOST_PARTS)), Part(1, 2)),
}

Ending = Callable[[JobStore, Claim], object]
ENDINGS: dict[str, Ending] = {
    "keep_results": lambda store, claim: store.keep_results(claim, [FIRST_SHOTS]),
    "finish": lambda store, claim: store.finish([(claim, [FIRST_SHOTS], Usage())]),
    "fail": lambda store, claim: store.fail(claim, {"type": "E", "message": "m"}, [FIRST_SHOTS]),
    "cancelled": lambda store, claim: store.cancelled(claim, [FIRST_SHOTS]),
}


class PlanChecks(StoreFixtures):
    """A job may be cut into parts when it is submitted; how, it keeps."""

    def test_a_job_keeps_how_it_is_cut(self) -> None:
        """`parts()` returns what was submitted, and the record says how many there are."""
        job = self.submit(circuits=THREE_CIRCUITS, parts=PARTS)
        assert (job.num_parts, self.store.parts(job.job_id)) == (3, PARTS)
        assert self.store.get(job.job_id) == job
        assert self.finish(self.claim(), [RESULT]).num_parts == 3
        assert self.store.parts(job.job_id) == PARTS

    def test_a_job_that_is_not_cut_has_no_parts(self) -> None:
        """It counts as one part, and has no list of them."""
        self.submit(circuits=THREE_CIRCUITS, parts=PARTS)
        job = self.submit(circuits=THREE_CIRCUITS)
        assert (job.num_parts, self.store.parts(job.job_id)) == (1, ())

    def test_parts_are_their_own_jobs(self) -> None:
        """Jobs beside each other may be cut differently."""
        plans = [PARTS, (Part(0), Part(1, 2)), (of_shots(0, 1), of_shots(1, 1), of_shots(0, 2, 1), Part(2))]
        jobs = self.store.submit([new_job(circuits=THREE_CIRCUITS, parts=parts) for parts in plans])
        assert [self.store.parts(job.job_id) for job in jobs] == plans
        assert [job.num_parts for job in jobs] == [3, 2, 4]

    def test_a_job_may_have_many_parts(self) -> None:
        """There is room for 65,536 of them."""
        parts = tuple(of_shots(shot, 1) for shot in range(MOST_PARTS))
        job = self.submit(parts=parts)
        assert job.num_parts == MOST_PARTS
        assert self.store.parts(job.job_id) == parts

    @pytest.mark.parametrize("wrong", WRONG_PLANS)
    def test_a_plan_that_can_not_be_is_refused(self, wrong: str) -> None:
        """Each shot of each circuit has to be in one part, in order; else `StoreError`, and nothing is taken in."""
        with pytest.raises(StoreError, match="part"):
            self.store.submit([new_job(), new_job(circuits=THREE_CIRCUITS, parts=WRONG_PLANS[wrong])])
        assert self.store.count() == 0


class ShotResultChecks(StoreFixtures):
    """A circuit that is cut has a result for each of its parts."""

    def test_results_of_shots_are_there_in_order(self) -> None:
        """They come by circuit and first shot, whatever order they were kept in."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        for result in (LAST_SHOTS, FIRST_SHOTS, RESULT):
            self.store.keep_results(claim, [result])
        assert self.store.results(claim.job.job_id) == [RESULT, FIRST_SHOTS, LAST_SHOTS]

    def test_a_second_result_of_shots_replaces_the_first(self) -> None:
        """A part has one result, the last one; a file that this doesn't name is deleted."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        put(self.store, "f.npy", "new.npy", "last.npy")
        last = replace(LAST_SHOTS, files=("last.npy",))
        again = replace(FIRST_SHOTS, content=b"again", files=("new.npy",))
        self.store.keep_results(claim, [FIRST_SHOTS, last])
        self.store.keep_results(claim, [again])
        assert self.store.results(claim.job.job_id) == [again, last]
        assert names(self.store) == ["last.npy", "new.npy"]

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_results_of_shots_come_with_each_write(self, ending: str) -> None:
        """However a run ends, what it brings is kept."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        ENDINGS[ending](self.store, claim)
        assert self.store.results(claim.job.job_id) == [FIRST_SHOTS]

    @pytest.mark.parametrize(
        "wrong",
        [
            replace(FIRST_SHOTS, shots=None),
            replace(FIRST_SHOTS, shots=ShotRange(0, 4)),
            replace(FIRST_SHOTS, shots=ShotRange(5, 5)),
            replace(FIRST_SHOTS, shots=ShotRange(-5, 5)),
            replace(FIRST_SHOTS, index=1),
            replace(FIRST_SHOTS, index=3),
        ],
        ids=["all shots", "other shots", "more shots", "shots before the first", "not cut", "no circuit"],
    )
    def test_a_result_of_no_part_is_refused(self, wrong: StoredResult) -> None:
        """A result has to be of just the shots of a part, or of a whole circuit that isn't cut."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        with pytest.raises(StoreError, match=claim.job.job_id):
            self.store.keep_results(claim, [RESULT, wrong])
        assert self.store.results(claim.job.job_id) == []

    def test_a_job_that_is_not_cut_takes_no_results_of_shots(self) -> None:
        """Its circuits have results of all their shots."""
        claim = self.running(circuits=THREE_CIRCUITS)
        with pytest.raises(StoreError, match="no part for the shots"):
            self.store.keep_results(claim, [FIRST_SHOTS])
        assert self.store.results(claim.job.job_id) == []

    def test_nothing_of_a_deleted_job_in_parts_is_left(self) -> None:
        """The files of its shots' results go with it; a job beside it keeps all that it has."""
        put(self.store, "f.npy", "other.npy")
        job = self.finish(self.running(circuits=THREE_CIRCUITS, parts=PARTS), [FIRST_SHOTS])
        kept = replace(FIRST_SHOTS, files=("other.npy",))
        other = self.finish(self.running(circuits=THREE_CIRCUITS, parts=PARTS), [kept])
        assert self.store.delete([job.job_id]) == 1
        assert names(self.store) == ["other.npy"]
        assert self.store.parts(other.job_id) == PARTS
        assert self.store.results(other.job_id) == [kept]


class PartClaimChecks(StoreFixtures):
    """`claim()` gives a job in parts to one worker as a whole."""

    def test_a_claim_has_the_parts(self) -> None:
        """How the work is cut comes with the claim; a job that isn't cut has none."""
        self.store.submit([new_job(circuits=THREE_CIRCUITS, parts=PARTS), new_job()])
        cut, whole = self.store.claim(self.worker_id, 2)
        assert (cut.parts, cut.circuits) == (PARTS, THREE_CIRCUITS)
        assert (cut.finished, cut.finished_shots) == (frozenset(), frozenset())
        assert (whole.parts, whole.finished_shots) == ((), frozenset())

    @pytest.mark.parametrize("crash", [True, False])
    def test_a_second_attempt_knows_which_shots_are_finished(self, crash: bool) -> None:
        """What is kept stays when a job comes back, and the next claim says what that is."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        self.store.keep_results(claim, [RESULT, LAST_SHOTS])
        if crash:
            self.store.lose(claim, "SIGSEGV")
        else:
            self.store.release(claim, "stopping")
        again = self.claim()
        assert again.finished == {0}
        assert again.finished_shots == {(2, 5)}
        assert (again.parts, again.job.attempt) == (PARTS, 2)
        assert self.store.results(claim.job.job_id) == [RESULT, LAST_SHOTS]

    def test_a_claim_may_be_for_urgent_jobs_only(self) -> None:
        """`above` leaves jobs of that priority and of lower ones alone; of the others, the usual order holds."""
        self.store.submit([new_job(name=str(priority), priority=priority) for priority in (0, 2, 1, 3, 2)])
        claims = [self.store.claim(self.worker_id, limit, above=1) for limit in (1, 9, 9)]
        assert [[claim.job.name for claim in taken] for taken in claims] == [["3"], ["2", "2"], []]
        assert [claim.job.name for claim in self.store.claim(self.worker_id, 9, above=-1)] == ["1", "0"]

    def test_a_stranger_may_not_take_urgent_jobs(self) -> None:
        """Whether there are any or not, a worker that isn't registered is refused."""
        for above in (0, -1):
            with pytest.raises(StoreError, match="stranger"):
                self.store.claim("stranger", 1, above=above)
            self.submit()


class LosePartChecks(StoreFixtures):
    """`lose_part()` notes that the process of a part died, and leaves the job running."""

    def lose(self, claim: Claim, cpu_s: float = 1.5, peak_memory_bytes: int = 100) -> JobRecord:
        """Lose a part, and return the job as it is then."""
        usage = Usage(cpu_s=cpu_s, peak_memory_bytes=peak_memory_bytes)
        self.store.lose_part(claim, "part 2 of 3 runs again: SIGSEGV", usage)
        return self.store.get(claim.job.job_id)

    def test_a_job_that_has_lost_a_part_runs_on(self) -> None:
        """It stays with its worker, in the same attempt, and no crash of it is counted."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        job = self.lose(claim)
        assert job == replace(claim.job, cpu_s=1.5, peak_memory_bytes=100)
        self.store.keep_results(claim, [FIRST_SHOTS])
        assert self.finish(claim).state is JobState.DONE

    def test_what_a_lost_part_has_used_is_counted(self) -> None:
        """Its processor time adds to the job's, its memory counts if it is the most."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        assert self.lose(claim).cpu_s == 1.5
        job = self.lose(claim, peak_memory_bytes=50)
        assert (job.cpu_s, job.peak_memory_bytes) == (3.0, 100)
        (job,) = filter(None, self.store.finish([(claim, [], Usage(cpu_s=1.0, peak_memory_bytes=200))]))
        assert (job.cpu_s, job.peak_memory_bytes) == (4.0, 200)

    def test_a_lost_part_is_told(self) -> None:
        """The story has it, with the worker and the reason."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        self.lose(claim)
        event = self.store.events(claim.job.job_id)[-1]
        assert (event.event, event.state, event.attempt) == (JobEvent.LOSE_PART, JobState.RUNNING, 1)
        assert (event.worker_id, event.reason) == (self.worker_id, "part 2 of 3 runs again: SIGSEGV")

    def test_a_job_to_be_cancelled_may_lose_a_part(self) -> None:
        """The wish stays, and the job ends cancelled."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        self.store.request_cancel([claim.job.job_id])
        assert self.lose(claim).cancel_requested
        assert self.store.cancelled(claim).state is JobState.CANCELLED

    def test_only_the_worker_that_has_the_job_can_lose_a_part(self) -> None:
        """Another worker's registration doesn't help: nothing of the job changes."""
        claim = self.running(circuits=THREE_CIRCUITS, parts=PARTS)
        other = new_worker()
        self.store.register_worker(other)
        with pytest.raises(StoreError, match=other.worker_id):
            self.lose(replace(claim, job=replace(claim.job, worker_id=other.worker_id)))
        assert self.store.get(claim.job.job_id) == claim.job
