"""What is wrong with a queue's file, and what was done about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from queuebit.cli.exit_code import ExitCode
from queuebit.cli.figures import plural
from queuebit.cli.printable import printable
from queuebit.cli.queue_document import print_document
from queuebit.store.doctor import Finding, examine, mend
from queuebit.worker.liveness import is_alive


@dataclass(frozen=True)
class Examination:
    """What was found.

    Attributes:
        path: the queue's file.
        mended: what was wrong and isn't any more.
        left: what is still wrong.
    """

    path: Path
    mended: Sequence[Finding]
    left: Sequence[Finding]

    @classmethod
    def of(cls, path: Path, *, fix: bool) -> Self:
        """Examine a queue's file.

        Args:
            path: the file.
            fix: mend what can be mended.

        Raises:
            StoreError: if it can't be written while it is mended.
        """
        found = examine(path, is_alive)
        mendable = [finding for finding in found if finding.can_be_mended] if fix else []
        if not mendable:
            return cls(path, (), found)
        mend(mendable)
        left = examine(path, is_alive)
        still = {(finding.kind, finding.subject) for finding in left}
        return cls(path, [finding for finding in mendable if (finding.kind, finding.subject) not in still], left)

    @property
    def exit_code(self) -> ExitCode:
        """What the command exits with."""
        return ExitCode.CIRCUIT_FAILED if self.left else ExitCode.DONE

    def print_json(self) -> None:
        """Print the findings as a JSON document."""
        print_document(
            self.path,
            self.exit_code,
            findings=[_entry(finding) for finding in self.left],
            mended=[_entry(finding) for finding in self.mended],
        )

    def show(self) -> None:
        """Print the findings for people."""
        from rich.text import Text

        from queuebit.cli.consoles import output_console

        console = output_console()
        for finding in self.mended:
            console.print(Text.assemble(("mended: ", "good"), printable(finding.message)), soft_wrap=True)
        for finding in self.left:
            console.print(Text.assemble(("wrong: ", "bad"), printable(finding.message)), soft_wrap=True)
            cure = f"with --fix {finding.cure}" if finding.can_be_mended else finding.cure
            console.print(Text(f"  {printable(cure)}", "fact"), soft_wrap=True)
        path = printable(str(self.path))
        if self.left:
            text = Text(f"{plural(len(self.left), 'thing')} wrong with {path}", "bad")
        else:
            text = Text(f"{path} is sound", "good")
        console.print(text, soft_wrap=True)


def _entry(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "subject": finding.subject,
        "message": finding.message,
        "cure": finding.cure,
        "can_be_mended": finding.can_be_mended,
    }
