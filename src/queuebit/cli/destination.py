"""Where results go."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from queuebit.cli.bad_input import BadInputError
from queuebit.cli.counts_plot import require_plotting
from queuebit.cli.output_file import OutputFile


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where results go.

    Attributes:
        as_json: whether to print the JSON document instead of tables.
        output: where to write the JSON document, or None.
        plot: where to draw the counts, or None.
    """

    as_json: bool
    output: OutputFile | None
    plot: OutputFile | None

    @classmethod
    def checked(cls, *, as_json: bool, output: str | None, plot: str | None, inputs: Iterable[str] = ()) -> Self:
        """Return the destination, if it can be written to.

        Args:
            as_json: as the attribute.
            output: the path for ``--output``, or None.
            plot: the path for ``--plot``, or None.
            inputs: the files that are read, none of which may be replaced.

        Raises:
            BadInputError: if a file can't be written, or drawing isn't possible.
        """
        files = tuple(inputs)
        output_file = None if output is None else OutputFile("--output", output, files)
        plot_file = None if plot is None else OutputFile("--plot", plot, files)
        if plot_file is not None:
            require_plotting(plot_file.path)
            if output_file is not None and output_file.path == plot_file.path:
                raise BadInputError("--output and --plot name the same file", cure="Name two files.")
        return cls(as_json=as_json, output=output_file, plot=plot_file)
