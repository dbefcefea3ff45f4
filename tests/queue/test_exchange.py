"""Jobs as one file: what is exported comes back as it was, and what is damaged or in the way imports nothing."""

import contextlib
import json
import zipfile

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.classical import expr, types

from queuebit import JobQueue
from queuebit.providers import JobFailedError, JobStatus
from queuebit.queue import ExchangeError
from queuebit.store import StoreError, UnknownJobError
from queuebit.store.array_files import collect_orphans

LIMIT_S = 30


@pytest.fixture(scope="module")
def lab(served_path):
    """A queue whose jobs run, for all tests here."""
    with JobQueue(served_path, start_worker=False) as queue:
        yield queue


@pytest.fixture(scope="module")
def finished(lab):
    """A job that is DONE, one with a large array, one in ERROR and one CANCELLED, the oldest first."""
    state = QuantumCircuit(12, name="wide")
    state.h(range(12))
    simulator = lab.get_backend("basic_simulator")
    jobs = [
        simulator.run(
            [coin("coin"), coin("again")], name="first", tags=["a"], metadata={"x": 1j}, idempotency_key="one"
        ),
        lab.get_backend("statevector_simulator").run(state),
        simulator.run([coin("coin"), dividing_by_zero()]),
        simulator.run(forever()),
    ]
    lab.cancel_jobs(jobs[3:], reason="no longer wanted")
    for job in jobs:
        job.wait_for_final_state(LIMIT_S)
    return jobs


@pytest.fixture
def other(tmp_path):
    """Another queue, without jobs."""
    with JobQueue(tmp_path / "other.db", start_worker=False) as queue:
        yield queue


@pytest.fixture(scope="module")
def exported(lab, finished, tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "jobs.zip"
    assert lab.export(path, finished) == 4
    return path.read_bytes()


@pytest.fixture
def archive(tmp_path, exported):
    """The finished jobs as a file of the test's own."""
    path = tmp_path / "jobs.zip"
    path.write_bytes(exported)
    return path


def coin(name):
    circuit = QuantumCircuit(1, name=name)
    circuit.h(0)
    circuit.measure_all()
    return circuit


def dividing_by_zero():
    circuit = QuantumCircuit(1, 1, name="dividing_by_zero")
    nothing = circuit.add_var("nothing", expr.lift(0, types.Uint(4)))
    circuit.store(nothing, expr.div(expr.lift(1, types.Uint(4)), nothing))
    circuit.measure(0, 0)
    return circuit


def forever():
    circuit = QuantumCircuit(1, 1, name="forever")
    with circuit.while_loop((circuit.clbits[0], 0)):
        circuit.h(0)
    circuit.measure(0, 0)
    return circuit


def ids(jobs):
    return [job.job_id() for job in jobs]


def test_all_there_is_of_a_job_comes_along(finished, archive, other):
    imported = other.import_(archive)
    assert ids(imported) == ids(finished)
    assert [job.status() for job in imported] == [job.status() for job in finished]
    for theirs, ours in zip(imported, finished, strict=True):
        assert theirs.circuits() == ours.circuits()
        assert theirs.options() == ours.options()
        assert theirs.events() == ours.events()
        assert theirs.usage() == ours.usage()
        assert theirs.logs() == ours.logs()
        assert theirs.partial_result().to_dict().keys() == ours.partial_result().to_dict().keys()
        assert (theirs.name, theirs.tags, theirs.metadata) == (ours.name, ours.tags, ours.metadata)
        assert (theirs.time_created, theirs.time_finished) == (ours.time_created, ours.time_finished)


def test_results_come_along_with_their_array_files(finished, archive, other):
    first, wide, failed, _ = other.import_(archive)
    assert first.result().to_dict() == finished[0].result().to_dict()
    state = wide.result().data()["statevector"]
    assert isinstance(state, np.memmap)
    assert str(other.store.files) in str(state.filename)
    assert np.array_equal(state, finished[1].result().data()["statevector"])
    with pytest.raises(JobFailedError, match=r"circuit 1 \('dividing_by_zero'\)"):
        failed.result()
    assert failed.partial_result().get_counts(0) == finished[2].partial_result().get_counts(0)


def test_what_is_imported_can_be_found_listed_and_run_again(finished, archive, other):
    other.import_(archive)
    assert other.statistics() == {
        JobStatus.QUEUED: 0,
        JobStatus.RUNNING: 0,
        JobStatus.DONE: 2,
        JobStatus.CANCELLED: 1,
        JobStatus.ERROR: 1,
    }
    assert ids(other.jobs(tags=["a"])) == ids(finished[:1])
    assert ids(other.jobs(status="ERROR")) == ids(finished[2:3])
    assert ids(other.jobs(created_before=finished[1].time_created, limit=None)) == ids(finished[:1])
    again = other.job(finished[0].job_id()).rerun()
    assert (again.status(), again.options()) == (JobStatus.QUEUED, finished[0].options())
    assert (
        other.get_backend("basic_simulator").run(again.circuits(), idempotency_key="one").job_id() == ids(finished)[0]
    )


def test_named_jobs_are_exported_alone(lab, finished, other, tmp_path):
    assert lab.export(tmp_path / "some.zip", [finished[2], ids(finished)[0][:20], finished[2]]) == 2
    assert sorted(ids(other.import_(tmp_path / "some.zip"))) == sorted(ids([finished[0], finished[2]]))


def test_a_circuit_of_several_jobs_is_there_once(archive):
    with zipfile.ZipFile(archive) as file:
        assert len([name for name in file.namelist() if name.startswith("circuits/")]) == 5


def test_an_exported_file_can_be_imported_twice_when_skipping(finished, archive, other):
    other.import_(archive)
    other.delete_job(finished[1])
    other.job(finished[0].job_id()).update(name="mine")
    assert ids(other.import_(archive, conflicts="skip")) == ids(finished[1:2])
    assert other.job(finished[0].job_id()).name == "mine"
    assert other.import_(archive, conflicts="skip") == []


def test_jobs_that_are_here_are_refused_and_nothing_is_imported(finished, archive, other):
    other.import_(archive)
    other.delete_job(finished[3])
    with pytest.raises(ExchangeError, match=r"3 of the 4 jobs in .* one is .*conflicts='skip'"):
        other.import_(archive)
    assert len(other.jobs()) == 3


def test_a_key_that_is_another_jobs_is_refused_and_nothing_is_imported(archive, other, bell):
    other.get_backend("basic_simulator").run(bell, idempotency_key="one")
    with pytest.raises(StoreError, match=r"the idempotency key 'one' of job .* is another job's here"):
        other.import_(archive)
    assert len(other.jobs()) == 1
    assert list(other.store.files.iterdir()) == []


def test_all_final_jobs_are_exported_when_none_is_named(queue, simulator, bell, other, tmp_path):
    jobs = queue.run_many(simulator.prepare(bell) for _ in range(3))
    queue.cancel_jobs(jobs[:2])
    assert queue.export(tmp_path / "all.zip") == 2
    assert ids(other.import_(tmp_path / "all.zip")) == ids(jobs[:2])


def test_a_job_that_is_not_final_is_not_exported(queue, simulator, bell, tmp_path):
    job = simulator.run(bell)
    assert queue.export(tmp_path / "none.zip") == 0
    with pytest.raises(ExchangeError, match=f"job {job.job_id()} is QUEUED and can't be exported"):
        queue.export(tmp_path / "jobs.zip", [job])
    assert not (tmp_path / "jobs.zip").exists()


def test_an_unknown_job_is_not_exported(queue, tmp_path):
    with pytest.raises(UnknownJobError):
        queue.export(tmp_path / "jobs.zip", ["0123"])
    assert list(tmp_path.glob("*.zip*")) == []


def test_no_file_is_overwritten(queue, tmp_path):
    path = tmp_path / "thesis.zip"
    path.write_text("years of work")
    with pytest.raises(FileExistsError, match=r"thesis\.zip is there already"):
        queue.export(path)
    assert path.read_text() == "years of work"


def test_a_folder_that_is_not_there_is_named(queue, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        queue.export(tmp_path / "nowhere" / "jobs.zip")
    with pytest.raises(FileNotFoundError, match="missing"):
        queue.import_(tmp_path / "missing.zip")


def test_what_to_do_on_conflict_is_checked(queue, tmp_path):
    with pytest.raises(ValueError, match="conflicts must be 'refuse' or 'skip', got 'overwrite'"):
        queue.import_(tmp_path / "jobs.zip", conflicts="overwrite")


# Damage


def nothing_was_imported(other):
    return other.jobs() == [] and list(other.store.files.iterdir()) == []


@pytest.mark.parametrize("place", [0.02, 0.3, 0.5, 0.8, 0.97, 0.999])
def test_a_flipped_byte_is_found(archive, other, place):
    data = bytearray(archive.read_bytes())
    data[int(place * len(data))] ^= 0x40
    archive.write_bytes(data)
    with contextlib.suppress(ExchangeError):
        # Not refused is only one that means nothing, such as the date of a zip file's member.
        other.import_(archive)
        assert [len(job.circuits()) for job in other.jobs(descending=False)] == [2, 1, 2, 1]
        return
    assert nothing_was_imported(other)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(archive, other, share):
    data = archive.read_bytes()
    archive.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ExchangeError, match=f"{archive}.*Nothing has been imported"):
        other.import_(archive)
    assert nothing_was_imported(other)


def rewritten(archive, change):
    """Write the archive anew, with a change of its members."""
    with zipfile.ZipFile(archive) as file:
        members = {name: file.read(name) for name in file.namelist()}
    change(members)
    with zipfile.ZipFile(archive, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)


def edited(members, part, edit):
    name = next(name for name in members if name.startswith(part))
    fields = json.loads(members[name])
    edit(fields)
    members[name] = json.dumps(fields).encode()


def drop(part):
    return lambda members: members.pop(next(name for name in members if name.startswith(part)))


def set_field(*path, value):
    def edit(fields):
        for step in path[:-1]:
            fields = fields[step]
        fields[path[-1]] = value

    return lambda members: edited(members, "jobs/", edit)


def swap_circuits(members):
    first, second, *_ = [name for name in members if name.startswith("circuits/")]
    members[first], members[second] = members[second], members[first]


def steal_a_file(members):
    def edit(fields):
        fields["results"][0]["files"] = ["../../lab.db"]

    edited(members, "jobs/", edit)
    members["files/../../lab.db"] = b"gotcha"


CHANGES = {
    "no head": drop("queuebit.json"),
    "another format": lambda members: edited(members, "queuebit.json", lambda head: head.update(format="recipes")),
    "a newer version": lambda members: edited(members, "queuebit.json", lambda head: head.update(version=3)),
    "no jobs listed": lambda members: edited(members, "queuebit.json", lambda head: head.pop("jobs")),
    "a job missing": drop("jobs/"),
    "a circuit missing": drop("circuits/"),
    "a result missing": drop("results/"),
    "an array missing": drop("files/"),
    "circuits swapped": swap_circuits,
    "a file outside": steal_a_file,
    "JSON that is a list": lambda members: members.update({next(n for n in members if n.startswith("jobs/")): b"[]"}),
    "not JSON": lambda members: members.update({next(n for n in members if n.startswith("jobs/")): b"{"}),
    "another id": set_field("record", "job_id", value="00000000-0000-4000-8000-000000000000"),
    "an unknown state": set_field("record", "state", value="frozen"),
    "a state that isn't final": set_field("record", "state", value="queued"),
    "a field missing": lambda members: edited(members, "jobs/", lambda fields: fields["record"].pop("options")),
    "a field more": set_field("record", "colour", value="red"),
    "a text for a number": set_field("record", "created_us", value="noon"),
    "an event that isn't": set_field("events", 0, "event", value="explode"),
    "a limit that isn't": set_field("record", "limits", value={"speed": 3}),
    "one circuit too few": set_field("record", "num_circuits", value=1),
    "a result of no circuit": set_field("results", 0, "index", value=99),
    "a log that isn't text": set_field("log", value=None),
    "more parts than there are": set_field("record", "num_parts", value=2),
    "one part": set_field("parts", value="[[0, 2]]"),
    "parts that aren't": set_field("parts", value="[[0, 0.5], [0.5, 1.5]]"),
    "parts that nobody understands": set_field("parts", value="all of them"),
    "a result of shots": lambda members: (
        members.update({f"{name}-0": members[name] for name in list(members) if name.startswith("results/")}),
        set_field("results", 0, "shots", value=[0, 1024])(members),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_tampered_with_is_refused_whole(archive, other, change, tmp_path):
    rewritten(archive, CHANGES[change])
    with pytest.raises(StoreError) as refused:
        other.import_(archive)
    assert isinstance(refused.value, ExchangeError) or "can't be restored" in str(refused.value)
    assert nothing_was_imported(other)
    assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} == {"jobs.zip", "other.db", "other.db.files"}


def test_a_file_of_the_time_before_parts_is_imported(archive, other, finished):
    def without_parts(members):
        edited(members, "queuebit.json", lambda head: head.update(version=1))
        for name in [name for name in members if name.startswith("jobs/")]:
            fields = json.loads(members[name])
            del fields["parts"], fields["record"]["num_parts"]
            for result in fields["results"]:
                del result["shots"]
            members[name] = json.dumps(fields).encode()

    rewritten(archive, without_parts)
    imported = other.import_(archive)
    assert [job.job_id() for job in imported] == [job.job_id() for job in finished]
    assert imported[0].result().get_counts() == finished[0].result().get_counts()


def test_another_zip_file_is_told_from_a_damaged_one(other, tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as file:
        file.writestr("cat.jpg", b"meow")
    with pytest.raises(ExchangeError, match="is a zip file, but no jobs that a queue has exported are in it"):
        other.import_(tmp_path / "photos.zip")
    (tmp_path / "notes.txt").write_text("remember the milk")
    with pytest.raises(ExchangeError, match=r"notes\.txt can't be imported: it is no file of exported jobs"):
        other.import_(tmp_path / "notes.txt")


def test_files_that_are_imported_are_nobodys_orphans_meanwhile(other, archive, monkeypatch):
    restore, found = other.store.restore, []

    def restore_after_a_collection(jobs):
        found.append(collect_orphans(other.store))  # as by a service that starts now
        return restore(jobs)

    monkeypatch.setattr(other.store, "restore", restore_after_a_collection)
    jobs = other.import_(archive)
    assert found == [[]]
    assert collect_orphans(other.store) == []
    assert next(job for job in jobs if job.backend().source == "statevector_simulator").result().success
