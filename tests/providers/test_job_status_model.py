"""The status of a job as data: every field kept, nothing shared, equal by value."""

import copy
import json
import pickle
from collections import ChainMap
from types import MappingProxyType

import pytest

from queuebit.providers.models import JobStatus

FIELDS = {"job_id": "a1", "status": "QUEUED", "status_msg": "job is queued"}


class OtherStatus(JobStatus):
    """Somebody's own status, with a field that follows from others."""

    @property
    def label(self) -> str:
        return f"{self.job_id}: {self.status}"


@pytest.fixture
def status() -> JobStatus:
    return JobStatus("a1", "QUEUED", "job is queued", queue_position=3, history=[["QUEUED", 1]])


def test_the_three_fields_are_attributes_and_come_back_as_a_dict():
    status = JobStatus("a1", "QUEUED", "job is queued")
    assert (status.job_id, status.status, status.status_msg) == ("a1", "QUEUED", "job is queued")
    assert status.to_dict() == FIELDS


def test_the_three_fields_can_be_given_by_name():
    assert JobStatus(status_msg="job is queued", status="QUEUED", job_id="a1").to_dict() == FIELDS


@pytest.mark.parametrize("missing", list(FIELDS))
def test_a_field_left_out_is_refused_by_name(missing):
    given = {name: value for name, value in FIELDS.items() if name != missing}
    with pytest.raises(TypeError, match=missing):
        JobStatus(**given)


def test_extra_fields_are_attributes_and_come_back_as_they_were(status):
    assert status.queue_position == 3
    assert status.to_dict() == FIELDS | {"queue_position": 3, "history": [["QUEUED", 1]]}


@pytest.mark.parametrize("name", ["self", "data", "cls", "name", "to_dict", "from_dict"])
def test_an_extra_field_may_have_any_name(name):
    status = JobStatus.from_dict(FIELDS | {name: "kept"})
    assert status.to_dict()[name] == "kept"
    assert JobStatus.from_dict(status.to_dict()) == status


def test_the_dict_is_fresh_each_time_and_shares_nothing_with_the_status(status):
    first = status.to_dict()
    first["status"] = "DONE"
    first["history"][0].append("changed")
    first["history"].append("changed")
    assert status.to_dict() == FIELDS | {"queue_position": 3, "history": [["QUEUED", 1]]}


def test_a_status_made_from_a_dict_shares_nothing_with_it():
    data = FIELDS | {"history": [["QUEUED", 1]]}
    status = JobStatus.from_dict(data)
    data["history"][0].append("changed")
    assert status.history == [["QUEUED", 1]]
    status.history.append("changed")
    assert data["history"] == [["QUEUED", 1, "changed"]]


def test_making_a_status_leaves_the_dict_untouched():
    data = FIELDS | {"queue_position": 3}
    JobStatus.from_dict(data)
    assert data == FIELDS | {"queue_position": 3}


@pytest.mark.parametrize("mapping", [MappingProxyType(FIELDS), ChainMap({"status": "QUEUED"}, FIELDS)])
def test_any_mapping_makes_a_status(mapping):
    assert JobStatus.from_dict(mapping).to_dict() == FIELDS


def test_a_subclass_makes_its_own_kind():
    status = OtherStatus.from_dict(FIELDS)
    assert type(status) is OtherStatus
    assert status.label == "a1: QUEUED"


@pytest.mark.parametrize("missing", list(FIELDS))
def test_a_dict_without_a_field_is_refused_by_name(missing):
    data = {name: value for name, value in FIELDS.items() if name != missing}
    with pytest.raises(TypeError, match=repr(missing)):
        JobStatus.from_dict(data)


def test_a_dict_without_any_field_is_refused_naming_them_all():
    with pytest.raises(TypeError, match="'job_id', 'status', 'status_msg'"):
        JobStatus.from_dict({})


@pytest.mark.parametrize("data", [None, "a1", 3, [("job_id", "a1")], JobStatus(**FIELDS)])
def test_what_is_not_a_mapping_is_refused_by_its_type(data):
    with pytest.raises(TypeError, match=type(data).__name__):
        JobStatus.from_dict(data)


def test_keys_that_are_not_names_are_refused():
    with pytest.raises(TypeError, match="string"):
        JobStatus.from_dict({**FIELDS, 7: "seven"})


def test_an_unknown_attribute_is_named(status):
    with pytest.raises(AttributeError, match="'JobStatus' object has no attribute 'qeue_position'"):
        _ = status.qeue_position
    assert not hasattr(status, "qeue_position")
    assert getattr(status, "qeue_position", "default") == "default"


def test_an_attribute_that_is_set_is_a_field(status):
    status.status = "DONE"
    status.finished = True
    assert status.to_dict() | {"status": "DONE", "finished": True} == status.to_dict()


def test_statuses_are_equal_by_value(status):
    same = JobStatus("a1", "QUEUED", "job is queued", history=[["QUEUED", 1]], queue_position=3)
    assert status == same
    assert status != JobStatus(**FIELDS)
    assert status != JobStatus.from_dict(status.to_dict() | {"status": "DONE"})


def test_a_status_is_not_equal_to_its_dict(status):
    assert status != status.to_dict()
    assert status != "QUEUED"


def test_a_status_that_can_change_cannot_be_a_key(status):
    with pytest.raises(TypeError, match="unhashable"):
        hash(status)


def test_the_repr_shows_every_field_and_makes_the_status_again(status):
    assert repr(status).startswith("JobStatus(job_id='a1', status='QUEUED', status_msg='job is queued'")
    assert eval(repr(status)) == status


def test_the_repr_of_a_subclass_names_it():
    assert repr(OtherStatus(**FIELDS)).startswith("OtherStatus(")


def test_tab_completion_knows_the_fields(status):
    assert {"job_id", "status", "status_msg", "queue_position", "to_dict"} <= set(dir(status))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickled_status_comes_back_with_its_extra_fields(status, protocol):
    returned = pickle.loads(pickle.dumps(status, protocol))
    assert returned == status
    assert returned.queue_position == 3


def test_a_pickled_subclass_comes_back_as_itself():
    returned = pickle.loads(pickle.dumps(OtherStatus(**FIELDS, extra=1)))
    assert type(returned) is OtherStatus
    assert returned.extra == 1


def test_a_deep_copy_shares_nothing(status):
    copied = copy.deepcopy(status)
    assert copied == status
    copied.history.append("changed")
    assert status.history == [["QUEUED", 1]]


def test_a_copy_can_be_changed_alone(status):
    copied = copy.copy(status)
    assert copied == status
    copied.status = "DONE"
    assert status.status == "QUEUED"


def test_a_status_travels_as_json(status):
    assert JobStatus.from_dict(json.loads(json.dumps(status.to_dict()))) == status
