"""A job's result from those of its circuits."""

import pytest
from qiskit.exceptions import QiskitError
from qiskit.result.models import ExperimentResult, ExperimentResultData

from queuebit.codec.exceptions import CodecError
from queuebit.codec.results import encode_result
from queuebit.codec.whole_results import assemble


@pytest.fixture
def stored(tmp_path):
    def store(index):
        data = ExperimentResultData(counts={"0x0": index + 1})
        header = {"name": f"circuit {index}", "memory_slots": 1, "creg_sizes": [["c", 1]]}
        return encode_result(
            ExperimentResult(index + 1, True, data, header=header, status="DONE"), index, tmp_path, "x"
        )

    return store


@pytest.fixture
def whole(tmp_path):
    def assembled(stored, num_circuits, **fields):
        return assemble(
            stored,
            files=tmp_path,
            num_circuits=num_circuits,
            backend_name="basic_simulator",
            backend_version="1.0",
            job_id="1f",
            **{
                "success": True,
                "status": "COMPLETED",
                "date": "2024-02-29T12:00:00+00:00",
                "time_taken": 0.5,
                **fields,
            },
        )

    return assembled


def test_results_are_in_the_order_of_the_circuits(stored, whole):
    result = whole([stored(2), stored(0), stored(1)], 3)
    assert [result.get_counts(index) for index in range(3)] == [{"0": 1}, {"0": 2}, {"0": 3}]
    assert result.get_counts("circuit 1") == {"0": 2}
    assert result.to_dict() == {
        "backend_name": "basic_simulator",
        "backend_version": "1.0",
        "job_id": "1f",
        "success": True,
        "status": "COMPLETED",
        "date": "2024-02-29T12:00:00+00:00",
        "time_taken": 0.5,
        "header": None,
        "results": [each.to_dict() for each in result.results],
    }
    assert result.time_taken == 0.5


def test_a_circuit_without_a_result_is_not_finished(stored, whole):
    result = whole([stored(1)], 3, success=False, status="PARTIAL", shots=100, headers={2: {"name": "last"}})
    assert [each.status for each in result.results] == ["NOT FINISHED", "DONE", "NOT FINISHED"]
    assert [each.success for each in result.results] == [False, True, False]
    assert [each.shots for each in result.results] == [100, 2, 100]
    assert result.get_counts(1) == {"0": 2}
    for key in (0, 2, "last"):
        with pytest.raises(QiskitError, match="NOT FINISHED"):
            result.get_counts(key)


def test_a_job_of_which_nothing_is_done_has_a_result(whole):
    assert [each.status for each in whole([], 2, success=False, status="CANCELLED").results] == ["NOT FINISHED"] * 2


@pytest.mark.parametrize("indices", [[0, 0], [2], [-1]])
def test_results_of_other_circuits_are_refused(indices, stored, whole):
    with pytest.raises(CodecError, match=r"^the results of job 1f are of circuits \[.*\], it has 2 circuits$"):
        whole([stored(index) for index in indices], 2)
