"""From a backend's name to the backend: one of the local ones, or ``module:factory`` for any other."""

import importlib
import reprlib
import traceback
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import ModuleType
from typing import Any

from qiskit.providers import BackendV2
from qiskit.providers.exceptions import QiskitBackendNotFoundError

from queuebit.providers.basic_provider import BasicProvider
from queuebit.providers.basicaer import BasicAer
from queuebit.providers.local import LocalBackend

_PROVIDERS = (BasicProvider(), BasicAer)
_BACKENDS = {backend.name: backend for provider in _PROVIDERS for backend in provider.backends()}
_CLASSES: dict[str, Callable[[Any], LocalBackend]] = {name: type(backend) for name, backend in _BACKENDS.items()}


class Step(StrEnum):
    """The steps from a name to a backend, in order."""

    NAME = "name"
    MODULE = "module"
    ATTRIBUTE = "attribute"
    OPTIONS = "options"
    FACTORY = "factory"
    BACKEND = "backend"


class BackendUnavailableError(QiskitBackendNotFoundError):
    """A name doesn't lead to a backend.

    Attributes:
        step: where it failed.
        remote_traceback: the traceback of what was raised in the module or the factory, or None.
    """

    def __init__(self, message: str, step: Step, remote_traceback: str | None = None) -> None:
        super().__init__(message)
        self.step = step
        self.remote_traceback = remote_traceback

    def __str__(self) -> str:
        return str(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.step, self.remote_traceback)


def backend_names() -> tuple[str, ...]:
    """Return the names of all local backends, the default one first."""
    return tuple(_BACKENDS)


def get_backend(name: str = "basic_simulator") -> LocalBackend:
    """Return a local backend by its name.

    Args:
        name: one of :func:`backend_names`.

    Raises:
        QiskitBackendNotFoundError: if there is none of that name; the error lists the names that there are.
    """
    if name not in _BACKENDS:
        raise BackendUnavailableError(f"there is no backend {name!r}; there are: {', '.join(_BACKENDS)}", Step.NAME)
    return _BACKENDS[name]


def make_backend(name: str, options: Mapping[str, Any] | None = None) -> BackendV2:
    """Return a backend by its name, made with options.

    Args:
        name: one of :func:`backend_names`, or ``module:factory``, where the factory is a class or a function in an
            importable module that returns a ``BackendV2``; it may be deeper, as in ``package.module:Family.make``.
        options: default options of a local backend, or the factory's keyword arguments.

    Returns:
        A local backend without options: the one that :func:`get_backend` returns. Else a new one.

    Raises:
        BackendUnavailableError: saying at which step it failed and what to do.

    Example:
        >>> make_backend("queuebit.providers.basic_provider:BasicSimulator", {"shots": 10}).options.shots
        10
    """
    given = dict(options or {})
    if ":" not in name:
        local = get_backend(name)
        return _with_options(local, given) if given else local
    module_name, _, attribute_path = name.partition(":")
    if not all(part.isidentifier() for part in (*module_name.split("."), *attribute_path.split("."))):
        raise BackendUnavailableError(
            f"{name!r} isn't the name of a backend: write module:factory, such as 'qiskit_aer:AerSimulator'", Step.NAME
        )
    return _made(name, _attribute(name, _module(name, module_name), attribute_path), given)


def _with_options(backend: LocalBackend, options: dict[str, Any]) -> LocalBackend:
    known = {**backend.options}
    unknown = sorted(options.keys() - known.keys())
    if unknown:
        raise BackendUnavailableError(
            f"backend {backend.name!r} has no option {unknown[0]!r}; it has: {', '.join(known)}", Step.OPTIONS
        )
    made: LocalBackend = _CLASSES[backend.name](backend.provider)
    made.set_options(**options)
    return made


def _module(name: str, module_name: str) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name + ".").startswith(error.name + "."):
            raise _raised(name, f"importing its module {module_name!r}", error, Step.MODULE) from error
        raise BackendUnavailableError(
            f"backend {name!r}: there is no module {error.name!r} in this Python; install it, or correct the name",
            Step.MODULE,
        ) from error
    except (Exception, SystemExit) as error:
        raise _raised(name, f"importing its module {module_name!r}", error, Step.MODULE) from error


def _attribute(name: str, module: ModuleType, attribute_path: str) -> Callable[..., object]:
    found: Any = module
    where = f"module {module.__name__!r}"
    for part in attribute_path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise BackendUnavailableError(
                f"backend {name!r}: {where} has no attribute {part!r}; correct the name", Step.ATTRIBUTE
            ) from error
        where = f"{part!r}"
    if not callable(found):
        raise BackendUnavailableError(
            f"backend {name!r}: {attribute_path!r} is a {type(found).__name__} and can't be called; "
            "name a class or a function that returns the backend",
            Step.ATTRIBUTE,
        )
    factory: Callable[..., object] = found
    return factory


def _made(name: str, factory: Callable[..., object], options: dict[str, Any]) -> BackendV2:
    shown = ", ".join(f"{option}={reprlib.repr(value)}" for option, value in options.items())
    try:
        backend = factory(**options)
    except (Exception, SystemExit) as error:
        raise _raised(name, f"calling its factory with ({shown})", error, Step.FACTORY) from error
    if not isinstance(backend, BackendV2):
        raise BackendUnavailableError(
            f"backend {name!r}: its factory returned a {type(backend).__name__}, not a qiskit.providers.BackendV2; "
            "name a class or a function that returns one",
            Step.BACKEND,
        )
    return backend


def _raised(name: str, what: str, error: BaseException, step: Step) -> BackendUnavailableError:
    message = str(getattr(error, "message", error))
    text = f"backend {name!r}: {what} raised {type(error).__name__}: {message}"
    return BackendUnavailableError(text, step, "".join(traceback.format_exception(error)))
