"""What a run was asked to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from queuebit.cli.destination import Destination


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What a run was asked to do.

    Attributes:
        files: the files to read circuits from; ``-`` is standard input.
        backend: the backend's name.
        options: run options of the backend that were given, by Qiskit's names.
        timeout_s: seconds after which to cancel the run, or None.
        destination: where what comes out goes.
    """

    files: Sequence[str]
    backend: str
    options: Mapping[str, Any]
    timeout_s: float | None
    destination: Destination

    @classmethod
    def checked(
        cls,
        *,
        files: Sequence[str],
        backend: str,
        options: Mapping[str, Any],
        timeout_s: float | None,
        as_json: bool,
        output: str | None,
        plot: str | None,
    ) -> Self:
        """Return the request, if everything that can be known without reading the files is right.

        Args:
            files: as the attribute.
            backend: as the attribute.
            options: as the attribute, with None for what wasn't given.
            timeout_s: as the attribute.
            as_json: whether to print the JSON document instead of tables.
            output: the path for ``--output``, or None.
            plot: the path for ``--plot``, or None.

        Raises:
            BadInputError: if a file to write can't be written, or drawing isn't possible.
        """
        return cls(
            files=files,
            backend=backend,
            options={name: value for name, value in options.items() if value is not None},
            timeout_s=timeout_s,
            destination=Destination.checked(as_json=as_json, output=output, plot=plot, inputs=files),
        )
