"""Runs that succeed: their results, their usage, their files."""

from __future__ import annotations

import json
import uuid
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.result.models import ExperimentResult

from queuebit.registry import get_backend
from queuebit.store.records import ShotRange
from queuebit.testing.executor_checks.fixtures import ExecutorFixtures
from queuebit.testing.executor_checks.runs import RunEnd, acting, bell

_SEEDED = {"shots": 200, "seed_simulator": 42, "memory": True}
_LOCAL = "basic_simulator"


def _comparable(result: ExperimentResult) -> Any:
    fields = result.to_dict()
    fields.pop("time_taken", None)
    return json.loads(json.dumps(fields, default=lambda value: np.asarray(value).view(float).tolist()))


def _wide(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits, name=f"wide {num_qubits}")
    for qubit in range(num_qubits):
        circuit.ry(0.1 + qubit, qubit)
    return circuit


class ResultChecks(ExecutorFixtures):
    """What runs give."""

    def test_a_run_gives_what_a_direct_run_gives(self) -> None:
        """A circuit's result is the one that its backend gives, wherever it runs."""
        story = self.run([bell()], _LOCAL, options=_SEEDED)
        (found,) = self.rig.decoded(story)
        (expected,) = get_backend(_LOCAL).run([bell()], **_SEEDED).result().results
        assert _comparable(found) == _comparable(expected)

    def test_each_circuit_has_its_result(self) -> None:
        """A run of several circuits gives a result of each, in their order, each once."""
        circuits = [bell() for _ in range(4)]
        story = self.run(circuits, _LOCAL, options=_SEEDED)
        assert story.indices == [0, 1, 2, 3]
        expected = get_backend(_LOCAL).run(circuits, **_SEEDED).result().results
        assert [_comparable(found) for found in self.rig.decoded(story)] == [_comparable(each) for each in expected]

    def test_a_part_of_a_job_gives_what_the_whole_job_gives(self) -> None:
        """Circuits have their places in the job, and their random numbers by these, also when others run elsewhere."""
        circuits = [bell() for _ in range(4)]
        expected = get_backend(_LOCAL).run(circuits, **_SEEDED).result().results
        story = self.run(circuits[2:], _LOCAL, indices=[2, 3], num_circuits=4, part=1, options=_SEEDED)
        assert story.indices == [2, 3]
        assert [_comparable(found) for found in self.rig.decoded(story)] == [_comparable(each) for each in expected[2:]]

    def test_some_shots_are_those_of_the_whole_run(self) -> None:
        """A run of some shots of a circuit gives these, bit for bit, and says which they are."""
        (whole,) = get_backend(_LOCAL).run([bell()], **_SEEDED).result().results
        job_id, memory = str(uuid.uuid4()), []
        for part, shots in enumerate([ShotRange(0, 70), ShotRange(70, 1), ShotRange(71, 129)]):
            story = self.run([bell()], _LOCAL, job_id=job_id, part=part, shots=shots, options=_SEEDED)
            assert [result.shots for result in story.results] == [shots]
            (found,) = self.rig.decoded(story)
            memory += list(found.data.memory)
        assert memory == list(whole.data.memory)

    def test_parts_of_a_job_run_side_by_side(self) -> None:
        """A run's key names its part: several of one job can be in hand, and are told apart."""
        job_id = str(uuid.uuid4())
        keys = [
            self.start(acting("nothing"), job_id=job_id, indices=[part], num_circuits=2, part=part) for part in range(2)
        ]
        assert [self.ended(key)[0].indices for key in keys] == [[0], [1]]

    def test_runs_take_place_side_by_side(self) -> None:
        """Two runs that wait for each other both end."""
        paths = [str(self.folder / name) for name in ("one", "other")]
        keys = [self.start(acting(f"meet:{mine}|{theirs}")) for mine, theirs in (paths, reversed(paths))]
        assert {self.ended(key)[1].end for key in keys} == {RunEnd.FINISHED}

    def test_large_arrays_are_files(self) -> None:
        """The files that a result names are in the executor's folder when the result is reported."""
        circuits = [_wide(12), _wide(13)]
        story = self.run(circuits, "statevector_simulator")
        names = [name for result in story.results for name in result.files]
        assert len(names) == 2
        assert all((self.rig.files / name).is_file() for name in names)
        expected = get_backend("statevector_simulator").run(circuits).result().results
        for found, direct in zip(self.rig.decoded(story), expected, strict=True):
            np.testing.assert_array_equal(np.asarray(found.data.statevector), np.asarray(direct.data.statevector))

    def test_usage_is_told(self) -> None:
        """A run's end says what it used."""
        _, end = self.ended(self.start([_wide(18)], "statevector_simulator"))
        assert end.usage.cpu_s > 0
        assert end.usage.peak_memory_bytes > 2**20


class ManyRunsChecks(ExecutorFixtures):
    """Many runs, one after another and side by side."""

    def test_each_of_many_runs_is_reported_once(self) -> None:
        """Each run has one end, after all its results; none is forgotten, none is told twice."""
        keys = [self.start(acting("nothing", "nothing")) for _ in range(60)]
        for key in keys:
            story, end = self.ended(key)
            assert story.indices == [0, 1]
            assert story.reports[-1] is end
            assert sum(type(report) is type(end) for report in story.reports) == 1

    def test_a_run_takes_up_room(self) -> None:
        """With each start there is room for one less, until there is none."""
        self.until(lambda: self.rig.call("num_free"), "room for a run")
        while (before := self.rig.call("num_free")) > 0 and len(self.rig.stories) < 1000:
            self.start(acting("wait:60"))
            assert self.rig.call("num_free") == before - 1
        assert self.rig.call("num_free") == 0

    def test_more_room_comes_when_it_is_asked_for(self) -> None:
        """After `prepare()` there is room for two runs, which can take place side by side."""
        self.rig.call("prepare", 2)
        self.until(lambda: self.rig.call("num_free") >= 2, "room for two runs")
        assert self.rig.call("num_parallel") >= 2
