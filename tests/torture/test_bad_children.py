"""Children that do all that no child should, at once: each job ends as documented, and the others go on."""

from pathlib import Path

from queuebit.store import JobEvent, JobState

from .laboratory import TORTURE, Laboratory, bell, odd, states

MIB = 2**20


def test_bad_children_end_their_own_jobs_only(lab: Laboratory, tmp_path: Path) -> None:
    service = lab.serve(processes=2)
    bad = {
        "poison": lab.odd("nothing", "segfault", "nothing", max_attempts=2),
        "leaks": lab.odd("nothing", "leak:2000", memory_limit=400 * MIB, errors={"MemoryLimitError"}),
        "takes too long": lab.odd("nothing", "ignore:60", time_limit=0.3, errors={"TimeLimitError"}),
        "doesn't listen": lab.odd("nothing", "ignore:60"),
        "floods": lab.odd("flood:50"),
    }
    writing = lab.queue.get_backend(TORTURE, num_amplitudes=4096)
    dying = writing.run(odd(["nothing", f"die_writing:{tmp_path / 'died'}", "nothing"]))
    lab.note(dying)
    good = [lab.run(bell(), seed_simulator=seed) for seed in range(20)]
    good.append(lab.run(states(3), "statevector_simulator"))

    lab.until_running(bad["doesn't listen"])
    lab.until(lambda: lab.store.results(bad["doesn't listen"]), "its first result")
    lab.cancel(bad["doesn't listen"])
    lab.until_final([*bad.values(), *good, dying.job_id()])

    assert lab.error(bad["poison"])["type"] == "worker_lost"
    assert "SIGSEGV" in lab.error(bad["poison"])["message"]
    assert lab.story(bad["poison"])[1:] == [JobEvent.CLAIM, JobEvent.LOSE, JobEvent.CLAIM, JobEvent.GIVE_UP]
    assert "400 MiB" in lab.error(bad["leaks"])["message"]
    assert lab.error(bad["takes too long"])["type"] == "TimeLimitError"
    assert lab.state(bad["doesn't listen"]) is JobState.CANCELLED
    for name in ("poison", "leaks", "takes too long", "doesn't listen"):
        assert [result.index for result in lab.store.results(bad[name])] == [0], f"{name}: what was done isn't kept"
    log = lab.store.logs(bad["floods"])
    assert log.endswith("the last words\n")
    assert "characters are left out here" in log
    assert len(log) < 4 * MIB
    assert {lab.state(job_id) for job_id in [bad["floods"], *good]} == {JobState.DONE}
    assert lab.story(dying.job_id())[1:] == [JobEvent.CLAIM, JobEvent.LOSE, JobEvent.CLAIM, JobEvent.FINISH]
    assert [len(result.data.amplitudes) for result in dying.result().results] == [4096] * 3

    assert lab.stop(service) == 0
    lab.drain()
    assert lab.check().orphans == 0
