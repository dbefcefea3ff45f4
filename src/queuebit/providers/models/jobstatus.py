"""The status of a job as data: what an API answers with."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Self

_REQUIRED = ("job_id", "status", "status_msg")


class JobStatus:
    """Model for the status of a job, with any extra fields kept as they came.

    Attributes:
        job_id (str): the job's id at its backend.
        status (str): status of the job.
        status_msg (str): status message.

    Example:
        >>> status = JobStatus("a1", "QUEUED", "job is queued", queue_position=3)
        >>> status.queue_position
        3
        >>> JobStatus.from_dict(status.to_dict()) == status
        True
    """

    job_id: str
    status: str
    status_msg: str

    def __init__(self, /, job_id: str, status: str, status_msg: str, **kwargs: Any) -> None:
        """Keep the three documented fields and every extra one.

        Args:
            job_id: the job's id at its backend.
            status: status of the job, such as ``"QUEUED"``.
            status_msg: a sentence for people.
            kwargs: extra fields, readable as attributes and returned by :meth:`to_dict`.
        """
        self._data: dict[str, Any] = {"job_id": job_id, "status": status, "status_msg": status_msg, **kwargs}

    def to_dict(self) -> dict[str, Any]:
        """Return the status as a fresh dict that shares nothing with this object.

        Returns:
            A dict of ``job_id``, ``status``, ``status_msg`` and the extra fields.
        """
        return deepcopy(self._data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Create a status from the form that :meth:`to_dict` gives; ``data`` is left untouched.

        Args:
            data: the three required fields and any extra ones.

        Returns:
            A new object of this class.

        Raises:
            TypeError: if ``data`` isn't a mapping with string keys, or a required key is missing.
        """
        if not isinstance(data, Mapping):
            raise TypeError(f"a job status is made from a dict, not from {type(data).__name__}: {data!r}")
        missing = [key for key in _REQUIRED if key not in data]
        if missing:
            raise TypeError(f"a job status needs the key{'s' * (len(missing) > 1)} {', '.join(map(repr, missing))}")
        return cls(**deepcopy(dict(data)))

    def __getattr__(self, name: str) -> Any:
        # During unpickling and copying `_data` isn't there yet; looking it up would recurse.
        if name != "_data" and name in self._data:
            return self._data[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_data":
            super().__setattr__(name, value)
        else:
            self._data[name] = value

    def __copy__(self) -> Self:
        copied = object.__new__(type(self))
        copied._data = dict(self._data)
        return copied

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._data})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JobStatus):
            return NotImplemented
        return self._data == other._data

    __hash__ = None  # type: ignore[assignment]  # mutable, equal by value

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self._data.items())
        return f"{type(self).__name__}({fields})"
