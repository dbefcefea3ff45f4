"""The simulation of the service at scale: its laws, what it says is the limit, and the formulas beside it."""

from collections.abc import Callable
from dataclasses import asdict, replace

import pytest

pytest.importorskip("distributed")  # of which the simulation has how short runs share a task

from benchmarks import scale
from benchmarks.at_scale.closed_form import estimate
from benchmarks.at_scale.real_runs import Check, on_cores
from benchmarks.at_scale.service_times import (
    FlowTimes,
    Load,
    Outlook,
    Resource,
    ServiceTimes,
    StoreTimes,
    Transport,
)
from benchmarks.at_scale.simulation import parts_of, simulate

NO_TIME = ServiceTimes(
    store=StoreTimes(commit_s=0.0, claim_s=0.0, finish_s=0.0, result_s=0.0, read_s=0.0),
    flow=FlowTimes(job_s=0.0, running_s=0.0, start_s=0.0),
    transport=Transport(name="processes", run_s=0.0, result_s=0.0, worker_run_s=0.0, worker_circuit_s=0.0),
)

# About those of a machine of 2024.
TIMES = ServiceTimes(
    store=StoreTimes(commit_s=0.4e-3, claim_s=25e-6, finish_s=30e-6, result_s=7e-6, read_s=10e-6),
    flow=FlowTimes(job_s=35e-6, running_s=0.2e-6, start_s=0.05e-6),
    transport=Transport(
        name="dask",
        run_s=80e-6,
        result_s=18e-6,
        worker_run_s=320e-6,
        worker_circuit_s=120e-6,
        task_s=0.5e-3,
        member_s=0.2e-6,
        scheduler_task_s=0.9e-3,
        ask_s=0.3e-3,
        scheduler_ask_s=0.4e-3,
    ),
)
CHILDREN = replace(
    TIMES,
    transport=replace(TIMES.transport, name="processes", task_s=0.0, member_s=0.0, scheduler_task_s=0.0, ask_s=0.0),
)

Way = Callable[[Load, ServiceTimes], Outlook]
both_ways = pytest.mark.parametrize("way", [simulate, estimate])


def load(num_workers: int, num_jobs: int, circuit_s: float, num_circuits: int = 1) -> Load:
    return Load(num_workers=num_workers, num_jobs=num_jobs, circuit_s=circuit_s, num_circuits=num_circuits)


@both_ways
def test_where_nothing_else_takes_time_the_workers_are_busy_all_the_time(way: Way) -> None:
    found = way(load(10, 100, 1.0), NO_TIME)
    assert found.whole_s == pytest.approx(10.0)
    assert found.utilisation == pytest.approx(1.0)
    assert found.bottleneck is Resource.WORKERS
    assert found.jobs_per_s == pytest.approx(10.0)


@both_ways
def test_the_last_wave_counts_as_a_whole_one(way: Way) -> None:
    assert way(load(10, 101, 1.0), NO_TIME).whole_s == pytest.approx(11.0)


@pytest.mark.parametrize("times", [TIMES, CHILDREN], ids=["dask", "processes"])
@pytest.mark.parametrize("circuit_s", [0.001, 0.1, 2.0])
def test_nothing_is_busy_for_longer_than_the_whole(times: ServiceTimes, circuit_s: float) -> None:
    found = simulate(load(20, 300, circuit_s), times)
    of_service = (Resource.CLAIMS, Resource.FSYNC, Resource.SERIALIZATION, Resource.BOOKKEEPING)
    assert sum(found.shares[resource] for resource in of_service) <= 1 + 1e-9
    assert all(0 <= share <= 1 + 1e-9 for share in found.shares.values())
    assert 0 < found.utilisation <= found.shares[Resource.WORKERS]


@both_ways
@pytest.mark.parametrize(
    ("times", "size", "limit"),
    [
        (replace(TIMES, store=replace(TIMES.store, claim_s=0.01)), (100, 500, 0.01), Resource.CLAIMS),
        (replace(TIMES, store=replace(TIMES.store, commit_s=0.1)), (100, 300, 1.0), Resource.FSYNC),
        (replace(TIMES, transport=replace(TIMES.transport, run_s=0.05)), (100, 300, 1.0), Resource.SERIALIZATION),
        (replace(TIMES, flow=FlowTimes(job_s=0.05, running_s=0.0, start_s=0.0)), (100, 300, 1.0), Resource.BOOKKEEPING),
        (replace(TIMES, transport=replace(TIMES.transport, scheduler_task_s=0.1)), (100, 300, 1.0), Resource.SCHEDULER),
        (TIMES, (10, 300, 1.0), Resource.WORKERS),
        (TIMES, (1000, 100, 60.0), Resource.JOBS),
    ],
    ids=lambda value: value.value if isinstance(value, Resource) else "",
)
def test_the_limit_is_named(way: Way, times: ServiceTimes, size: tuple[int, int, float], limit: Resource) -> None:
    assert way(load(*size), times).bottleneck is limit


def test_short_runs_share_a_task_and_long_ones_dont() -> None:
    def num_tasks(circuit_s: float) -> float:
        times = replace(TIMES, transport=replace(TIMES.transport, ask_s=0.0, scheduler_ask_s=0.0))
        found = simulate(load(10, 1000, circuit_s), times)
        return found.shares[Resource.SCHEDULER] * found.whole_s / times.transport.scheduler_task_s

    assert num_tasks(0.001) < 100
    assert num_tasks(1.0) == pytest.approx(1000)


def test_the_same_circuits_in_fewer_jobs_are_done_sooner_where_the_service_is_the_limit() -> None:
    each_alone = simulate(load(50, 2000, 0.002), TIMES)
    in_larger_jobs = simulate(load(50, 20, 0.002, num_circuits=100), TIMES)
    assert each_alone.bottleneck not in (Resource.WORKERS, Resource.JOBS)
    assert in_larger_jobs.whole_s < each_alone.whole_s / 2


def test_a_job_is_cut_as_the_queue_cuts_it() -> None:
    assert parts_of(load(10, 1, 0.01)) == ()
    parts = parts_of(load(10, 1, 1.0, num_circuits=40))
    assert len(parts) == 40
    found = simulate(load(40, 1, 1.0, num_circuits=40), NO_TIME)
    assert found.whole_s == pytest.approx(1.0)


def test_jobs_that_were_claimed_too_early_come_back_and_are_done() -> None:
    """Those that wait too long for a worker go back into the queue, in the simulation as in the service."""
    found = simulate(load(20, 60, 0.1, num_circuits=100), TIMES)
    assert found.load.num_jobs == 60
    assert found.whole_s >= 60 * 100 * 0.1 / 20


@pytest.mark.parametrize("times", [TIMES, CHILDREN], ids=["dask", "processes"])
@pytest.mark.parametrize("size", [each for each in scale.BOTH_RUN if each.num_workers < 1000], ids=str)
def test_the_formulas_are_near_the_simulation(times: ServiceTimes, size: Load) -> None:
    size = replace(size, num_jobs=min(size.num_jobs, 400 if size.num_circuits == 1 else 60))
    ratio = estimate(size, times).whole_s / simulate(size, times).whole_s
    assert 1 / scale.FORMULAS_FACTOR <= ratio <= scale.FORMULAS_FACTOR


@pytest.mark.parametrize("circuit_s", scale.CIRCUIT_S)
@pytest.mark.parametrize("num_workers", scale.WORKERS[:-1])
def test_more_jobs_take_longer_and_as_much_longer_as_there_are_more(num_workers: int, circuit_s: float) -> None:
    times = [estimate(load(num_workers, num_jobs, circuit_s), TIMES).whole_s for num_jobs in scale.JOBS]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(10 * times[-2], rel=0.25)


def test_on_a_few_cores_it_takes_as_long_as_all_processors_work_together() -> None:
    short, naps = load(2, 500, 0.0), load(2, 100, 0.01)
    alone = simulate(short, CHILDREN)
    assert on_cores(alone, CHILDREN, 100) == alone.whole_s
    assert on_cores(alone, CHILDREN, 0.5) == pytest.approx(2 * on_cores(alone, CHILDREN, 1.0))
    napping = simulate(naps, CHILDREN)
    assert on_cores(napping, CHILDREN, 1.0) == napping.whole_s  # who sleeps needs no core


def test_a_prediction_holds_within_its_factor_either_way() -> None:
    def check(predicted_s: float) -> Check:
        return Check(work="work", transport="dask", predicted_s=predicted_s, real_s=1.0, cores=2)

    assert [check(each).holds for each in (0.5, 0.7, 1.5, 2.0)] == [False, True, True, False]


def test_all_sizes_are_in_the_table_and_the_circuits_of_larger_jobs_are_as_many() -> None:
    sizes = [asdict(each) for each in scale.loads()]
    assert len(sizes) == len({tuple(each.values()) for each in sizes})
    assert {each["num_jobs"] for each in sizes if each["num_circuits"] == 1} == set(scale.JOBS)
    larger = [each["num_jobs"] * each["num_circuits"] for each in sizes if each["num_circuits"] > 1]
    assert set(larger) == {100_000}
