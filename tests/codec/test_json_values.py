"""Options and metadata as JSON."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Statevector

from queuebit.codec.exceptions import CodecError, NotStorableError
from queuebit.codec.json_values import checked_json, values_from_json


def there_and_back(values):
    return values_from_json(json.loads(json.dumps(checked_json(values, "the options"))), "the options")


atoms = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.binary()
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.dates()
    | st.integers(-(2**63), 2**63 - 1).map(np.int64)
    | st.floats(width=32).map(np.float32)
    | st.floats().map(np.float64)
    | st.booleans().map(np.bool_)
    | st.lists(st.floats(), max_size=4).map(np.array)
)
keys = st.text(max_size=3) | st.sampled_from(["$tuple", "$dict", "$array", "$", "$complex"])
hashable = st.none() | st.booleans() | st.integers() | st.text() | st.tuples(st.integers(), st.text())
values = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.dictionaries(hashable, inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(keys, values, max_size=4))
@example({"$dict": []})
@example({"$tuple": {"$tuple": [1]}})
@example({"x": [np.float64("nan"), np.complex64(complex("nan+infj")), -0.0, 10**4000]})
@settings(derandomize=True, deadline=None)
def test_values_come_back_as_they_were(same, options):
    assert same(there_and_back(options), options)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ({"a": [1, "x", None, 0.5]}, {"a": [1, "x", None, 0.5]}),
        (1 + 2j, {"$complex": [1.0, 2.0]}),
        (float("-inf"), {"$float": "-inf"}),
        ((1, 2), {"$tuple": [1, 2]}),
        ({1: 2}, {"$dict": [[1, 2]]}),
        ({"$x": 1}, {"$dict": [["$x", 1]]}),
        (b"ab", {"$bytes": "YWI="}),
        (datetime(2024, 2, 29, 1, tzinfo=UTC), {"$datetime": "2024-02-29T01:00:00+00:00"}),
        (date(2024, 2, 29), {"$date": "2024-02-29"}),
        (np.int16(3), {"$scalar": ["<i2", 3]}),
        (np.array([1, 2], np.uint8), {"$array": {"dtype": "|u1", "shape": [2], "data": "AQI="}}),
    ],
)
def test_the_tagged_form_is_the_documented_one(value, encoded, same):
    assert checked_json({"x": value}, "the options") == {"x": encoded}
    assert same(values_from_json({"x": encoded}, "the options")["x"], value)


def test_an_initial_state_may_be_an_option(same):
    state = np.array([0.6, 0.8j])
    read = there_and_back({"initial_statevector": state, "other": Statevector(state), "listed": state.tolist()})
    assert same(read, {"initial_statevector": state, "other": Statevector(state), "listed": state.tolist()})


def test_options_are_not_changed_by_being_encoded():
    options = {"a": [1, (2, 3)], "b": {"c": 1j}}
    encoded = checked_json(options, "the options")
    encoded["a"].append(4)
    assert options == {"a": [1, (2, 3)], "b": {"c": 1j}}


class NoiseModel:
    pass


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"noise_model": NoiseModel()},
            "the options['noise_model'] can't be stored: it is a NoiseModel. What can be: ",
        ),
        ({"a": [{"b": {1}}]}, "the options['a'][0]['b'] can't be stored: it is a set."),
        ({"a": lambda: None}, "the options['a'] can't be stored: it is a function."),
        ({"a": {NoiseModel(): 1}}, "the options['a'] can't be stored: it is a NoiseModel."),
        ({"a": 10**5000}, "the options can't be stored: Exceeds the limit (4300 digits)"),
        ({1: 2}, "the options must be a dict with texts as keys; got {1: 2}"),
        ([], "the options must be a dict with texts as keys; got []"),
        ({"a": np.zeros(2**23)}, None),
        ({"a": np.zeros(2**23 + 1)}, "the options can't be stored: the arrays in it have more than 64 MiB."),
    ],
)
def test_what_cannot_be_stored_is_refused_with_the_way_to_it(options, text):
    if text is None:
        assert there_and_back(options)["a"].nbytes == 2**26
        return
    with pytest.raises(NotStorableError) as refused:
        checked_json(options, "the options")
    assert str(refused.value).startswith(text)


@pytest.mark.parametrize(
    "damaged",
    [
        {"x": {"$unknown": 1}},
        {"x": {"$tuple": 1}},
        {"x": {"$dict": [[1]]}},
        {"x": {"$dict": [[[], 1]]}},
        {"x": {"$float": "1"}},
        {"x": {"$complex": ["a", 1]}},
        {"x": {"$complex": [1]}},
        {"x": {"$bytes": "?"}},
        {"x": {"$datetime": "yesterday"}},
        {"x": {"$date": 5}},
        {"x": {"$scalar": ["O", 1]}},
        {"x": {"$scalar": ["<i4", "a"]}},
        {"x": {"$scalar": []}},
        {"x": {"$array": {}}},
        {"x": {"$array": {"dtype": "O", "shape": [1], "data": "AQI="}}},
        {"x": {"$array": {"dtype": "<f8", "shape": [1], "data": "AQI="}}},
        {"x": {"$array": {"dtype": "|u1", "shape": [-2], "data": "AQI="}}},
        {"x": {"$array": {"dtype": "|u1", "shape": [10**18, 10**18], "data": "AQI="}}},
        {"x": {"$array": {"dtype": "|u1", "shape": 2, "data": "AQI="}}},
        {"x": {"$quantum": {"class": "os.system"}}},
        {"x": {"$quantum": {"class": "Statevector"}}},
        {"x": {"$quantum": []}},
        {"$dict": 1},
        {"$tuple": []},
        None,
        7,
        json.loads('{"x":' * 900 + "[]" + "}" * 900),
    ],
)
def test_damaged_json_is_refused_with_one_error_class(damaged):
    with pytest.raises(CodecError, match=r"^the options can't be read, (they are|it is) damaged: "):
        values_from_json(damaged, "the options")


def test_options_without_states_need_no_qiskit():
    code = "import sys, queuebit.codec.json_values as j; j.checked_json({'a': 1j}, 'o'); print('qiskit' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
