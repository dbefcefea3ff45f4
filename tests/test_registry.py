"""From a name to a backend, and the step at which it failed."""

import pickle

import pytest
from qiskit.providers import BackendV2
from qiskit.providers.exceptions import QiskitBackendNotFoundError

from queuebit.registry import BackendUnavailableError, Step, backend_names, get_backend, make_backend

HERE = "queuebit.providers.basic_provider"


@pytest.fixture(autouse=True)
def _modules(tmp_path, monkeypatch):
    (tmp_path / "makers.py").write_text(
        "import sys\n"
        "def raises(**options): raise LookupError('no key')\n"
        "def leaves(): sys.exit(3)\n"
        "def returns_text(): return 'a backend'\n"
        "not_callable = 5\n"
    )
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "needs_missing.py").write_text("import a_module_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize("name", backend_names())
def test_a_local_name_is_the_backend_that_there_is(name):
    assert make_backend(name) is get_backend(name)
    assert make_backend(name, {}) is get_backend(name)


def test_a_local_name_with_options_is_a_new_backend_with_them():
    made = make_backend("basic_simulator", {"shots": 5})
    assert made is not get_backend("basic_simulator")
    assert (made.name, made.options.shots, made.provider) == ("basic_simulator", 5, get_backend().provider)
    assert get_backend("basic_simulator").options.shots == 1024


def test_a_factory_is_called_with_the_options():
    assert make_backend(f"{HERE}:BasicSimulator", {"shots": 5}).options.shots == 5
    fake = make_backend("qiskit.providers.fake_provider:GenericBackendV2", {"num_qubits": 3})
    assert isinstance(fake, BackendV2)
    assert fake.num_qubits == 3


def test_a_factory_may_be_deeper_in_its_module():
    with pytest.raises(BackendUnavailableError) as caught:
        make_backend(f"{HERE}:BasicSimulator.name.no_such")
    assert caught.value.step is Step.ATTRIBUTE


@pytest.mark.parametrize(
    ("name", "options", "step", "words"),
    [
        ("no_such_backend", {}, Step.NAME, "there are: basic_simulator"),
        ("module:", {}, Step.NAME, "write module:factory"),
        (":factory", {}, Step.NAME, "write module:factory"),
        ("a b:c", {}, Step.NAME, "write module:factory"),
        ("m:f:g", {}, Step.NAME, "write module:factory"),
        ("no_such_module:make", {}, Step.MODULE, "there is no module 'no_such_module'"),
        ("queuebit.no_such:make", {}, Step.MODULE, "there is no module 'queuebit.no_such'"),
        ("broken:make", {}, Step.MODULE, "importing its module 'broken' raised ZeroDivisionError"),
        (
            "needs_missing:make",
            {},
            Step.MODULE,
            "raised ModuleNotFoundError: No module named 'a_module_that_nobody_has'",
        ),
        ("makers:no_such", {}, Step.ATTRIBUTE, "module 'makers' has no attribute 'no_such'"),
        ("makers:not_callable", {}, Step.ATTRIBUTE, "is a int and can't be called"),
        ("makers:raises", {"a": 1}, Step.FACTORY, "calling its factory with (a=1) raised LookupError: no key"),
        ("makers:leaves", {}, Step.FACTORY, "raised SystemExit: 3"),
        ("makers:leaves", {"a": 1}, Step.FACTORY, "raised TypeError"),
        ("makers:returns_text", {}, Step.BACKEND, "returned a str, not a qiskit.providers.BackendV2"),
        ("basic_simulator", {"shotz": 5}, Step.OPTIONS, "has no option 'shotz'; it has: shots"),
    ],
)
def test_what_leads_to_no_backend_says_at_which_step(name, options, step, words):
    with pytest.raises(BackendUnavailableError) as caught:
        make_backend(name, options)
    assert isinstance(caught.value, QiskitBackendNotFoundError)
    assert caught.value.step is step
    assert words in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.step) == (str(caught.value), step)


@pytest.mark.parametrize("name", ["broken:make", "makers:raises"])
def test_the_traceback_of_what_was_raised_is_kept(name):
    with pytest.raises(BackendUnavailableError) as caught:
        make_backend(name)
    assert "Traceback" in caught.value.remote_traceback


def test_large_options_dont_fill_the_error():
    with pytest.raises(BackendUnavailableError) as caught:
        make_backend("makers:raises", {"state": list(range(10_000))})
    assert len(str(caught.value)) < 500
