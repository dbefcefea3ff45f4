"""A provider of backends that are made here."""

from collections.abc import Callable
from typing import Any

from qiskit.providers.exceptions import QiskitBackendNotFoundError

from queuebit.providers.local.backend import LocalBackend


class LocalProvider:
    """Knows its backends by name."""

    def __init__(self, backends: Callable[[Any], list[LocalBackend]]) -> None:
        """Create the provider.

        Args:
            backends: makes its backends, given the provider.
        """
        self._backends = {backend.name: backend for backend in backends(self)}

    def backends(
        self, name: str | None = None, filters: Callable[[Any], bool] | None = None, **kwargs: Any
    ) -> list[LocalBackend]:
        """Return the backends that fit.

        Args:
            name: only the one of this name.
            filters: only those for which this returns True.
            kwargs: only those whose attributes or options have these values.

        Raises:
            QiskitBackendNotFoundError: if there is none of that name; the error lists the names that there are.
        """
        if name is not None and name not in self._backends:
            raise QiskitBackendNotFoundError(f"there is no backend {name!r}; there are: {', '.join(self._backends)}")
        return [
            backend
            for backend in self._backends.values()
            if name in (None, backend.name) and (filters is None or filters(backend)) and _has(backend, kwargs)
        ]

    def get_backend(self, name: str | None = None, **kwargs: Any) -> LocalBackend:
        """Return the one backend that fits.

        Args:
            name: its name; may be left out where only one fits.
            kwargs: as for :meth:`backends`.

        Raises:
            QiskitBackendNotFoundError: if none fits, or more than one does; the error lists the names.
        """
        fitting = self.backends(name, **kwargs)
        if len(fitting) != 1:
            found = ", ".join(backend.name for backend in fitting) or "none"
            raise QiskitBackendNotFoundError(
                f"exactly one backend must fit, found: {found}; there are: {', '.join(self._backends)}"
            )
        return fitting[0]

    def __str__(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {', '.join(self._backends)}>"


def _has(backend: LocalBackend, wanted: dict[str, Any]) -> bool:
    """Tell whether the backend has these values as attributes, or else as options."""
    known = {**backend.options}
    missing = object()
    return all(getattr(backend, name, known.get(name, missing)) == value for name, value in wanted.items())
