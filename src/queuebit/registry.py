"""From a backend's name to the backend."""

from qiskit.providers.exceptions import QiskitBackendNotFoundError

from queuebit.providers.basic_provider import BasicProvider
from queuebit.providers.basicaer import BasicAer
from queuebit.providers.local import LocalBackend

_PROVIDERS = (BasicProvider(), BasicAer)
_BACKENDS = {backend.name: backend for provider in _PROVIDERS for backend in provider.backends()}


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
        raise QiskitBackendNotFoundError(f"there is no backend {name!r}; there are: {', '.join(_BACKENDS)}")
    return _BACKENDS[name]
