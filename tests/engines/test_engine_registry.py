"""Which engines there are, and which can be used."""

import pytest

from queuebit import engines
from queuebit.engines import Engine, EngineError, get_engine, list_engines


def test_reference_engine_is_always_there():
    reference = {info.name: info for info in list_engines()}["reference"]
    assert reference.available
    assert reference.reason == ""
    assert "NumPy" in reference.description


def test_engine_is_found_by_its_name():
    engine = get_engine("reference")
    assert isinstance(engine, Engine)
    assert engine.name == "reference"


def test_unknown_engine_is_refused_with_the_known_names():
    with pytest.raises(EngineError, match=r"no engine 'quantum'; there are: .*reference"):
        get_engine("quantum")


def test_engine_that_can_not_be_loaded_says_why(monkeypatch):
    monkeypatch.setitem(engines._ENGINES, "broken", ("queuebit.engines.there_is_no_such:Engine", "never works"))
    broken = {info.name: info for info in list_engines()}["broken"]
    assert not broken.available
    assert "there_is_no_such" in broken.reason
    with pytest.raises(EngineError, match=r"'broken' can't be used here: .*there_is_no_such"):
        get_engine("broken")
