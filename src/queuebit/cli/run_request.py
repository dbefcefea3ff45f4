"""What a run was asked to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.counts_plot import require_plotting
from queuebit.cli.output_file import OutputFile


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What a run was asked to do.

    Attributes:
        files: the files to read circuits from; ``-`` is standard input.
        backend: the backend's name.
        options: run options of the backend that were given, by Qiskit's names.
        timeout_s: seconds after which to cancel the run, or None.
        as_json: whether to print the JSON document instead of tables.
        output: where to write the JSON document, or None.
        plot: where to draw the counts, or None.
    """

    files: Sequence[str]
    backend: str
    options: Mapping[str, Any]
    timeout_s: float | None
    as_json: bool
    output: OutputFile | None
    plot: OutputFile | None

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
            as_json: as the attribute.
            output: the path for ``--output``, or None.
            plot: the path for ``--plot``, or None.

        Raises:
            BadInputError: if a file to write can't be written, or drawing isn't possible.
        """
        output_file = None if output is None else OutputFile("--output", output, files)
        plot_file = None if plot is None else OutputFile("--plot", plot, files)
        if plot_file is not None:
            require_plotting(plot_file.path)
            if output_file is not None and output_file.path == plot_file.path:
                raise BadInputError("--output and --plot name the same file", cure="Name two files.")
        return cls(
            files=files,
            backend=backend,
            options={name: value for name, value in options.items() if value is not None},
            timeout_s=timeout_s,
            as_json=as_json,
            output=output_file,
            plot=plot_file,
        )
