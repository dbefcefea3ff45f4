"""What the command line says when it can't use what it was given."""

from dataclasses import dataclass
from typing import Any

# What fits beside the indentation on a terminal of 80 columns.
_EXCERPT_WIDTH = 72


@dataclass(frozen=True, kw_only=True)
class Place:
    """A position in a text file.

    Attributes:
        file: the file as the user named it, or ``<stdin>``.
        line: line number from 1, or None when the file as a whole is meant.
        column: column in characters from 1, or None.
        excerpt: the text of that line, or None.
    """

    file: str
    line: int | None = None
    column: int | None = None
    excerpt: str | None = None

    def __str__(self) -> str:
        """Return ``file:line:column``, which editors and terminals can follow."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def marked_excerpt(self) -> list[str]:
        """Return the line and a caret below the column, or nothing when there is no line."""
        if not self.excerpt or not self.excerpt.strip() or self.column is None:
            return []
        indent = len(self.excerpt) - len(self.excerpt.lstrip())
        start = max(indent, self.column - _EXCERPT_WIDTH // 2)
        shown = self.excerpt[start : start + _EXCERPT_WIDTH].expandtabs(1)
        return [shown, f"{' ' * (self.column - 1 - start)}^"]


class BadInputError(Exception):
    """A file, an option or a name that can't be used; the command ends with exit code 2.

    Attributes:
        message: what is wrong, with the value.
        cure: what to do about it.
        place: where in a file, or None.
    """

    def __init__(self, message: str, *, cure: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
        self.place = place

    def __str__(self) -> str:
        """Return the place, the message, the line with a caret, and the cure."""
        head = f"error: {self.message}" if self.place is None else f"{self.place}: {self.message}"
        excerpt = [] if self.place is None else self.place.marked_excerpt()
        return "\n".join([head, *(f"    {line}" for line in excerpt), self.cure])

    def to_dict(self) -> dict[str, Any]:
        """Return the error as the JSON document shows it."""
        place = self.place or Place(file="")
        return {
            "kind": "bad_input",
            "message": self.message,
            "cure": self.cure,
            "file": place.file or None,
            "line": place.line,
            "column": place.column,
        }
