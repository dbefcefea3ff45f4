"""The text of an OpenQASM program with its included files put in place.

Neither importer of Qiskit does this well: the one for OpenQASM 3 knows ``stdgates.inc`` only, and the one for
OpenQASM 2 reads expressions in an included file from the including one (Qiskit/qiskit#16918).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from queuebit.cli.bad_input import BadInputError, Place
from queuebit.cli.circuit_files.content import Content, decode, read_bytes

_LIBRARIES = {2: "qelib1.inc", 3: "stdgates.inc"}

_TOKEN = re.compile(
    r"""//[^\n]*                                            # in comments and strings, nothing counts
      | /\*.*?\*/
      | \binclude\b\s*(?:"(?P<name>[^"\n]*)"|'(?P<name2>[^'\n]*)')\s*;
      | "[^"\n]*"
    """,
    re.DOTALL | re.VERBOSE,
)
_HEADER = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*(?P<header>OPENQASM\s+(?P<major>\d+)(?:\.\d+)?\s*;)", re.DOTALL)


@dataclass(frozen=True)
class Header:
    """The ``OPENQASM`` line of a program.

    Attributes:
        major: the number before the point.
        text: the whole statement.
        start: where it starts, in characters.
        end: where it ends.
    """

    major: int
    text: str
    start: int
    end: int


def header_of(text: str) -> Header | None:
    """Return the program's version statement, or None if it has none before its first other statement."""
    match = _HEADER.match(text)
    if match is None:
        return None
    return Header(int(match["major"]), match["header"], match.start("header"), match.end("header"))


class Source:
    """A whole program: its lines, and the file and line that each came from.

    Columns are those of the original lines: what precedes and follows an ``include`` on its line is put on lines of
    its own, indented to where it stood.

    Attributes:
        text: the program with the included files in place.
        version: 2 or 3, the OpenQASM version that it is read as.
        has_header: whether the program says so itself.
    """

    def __init__(self, content: Content, text: str, version: int, *, has_header: bool) -> None:
        """Put the included files in place.

        Args:
            content: the file.
            text: its text.
            version: 2 or 3.
            has_header: whether the text says its version.

        Raises:
            BadInputError: if an included file can't be read, or includes itself.
        """
        self.version = version
        self.has_header = has_header
        self._lines: list[str] = []
        self._origins: list[tuple[str, int]] = []
        self._texts: dict[str, list[str]] = {}
        self._main_folder = content.folder
        self._main_label = content.label
        including = () if content.path is None else (content.path.resolve(),)
        self._splice(text, content.label, content.folder, including)
        self.text = "\n".join(self._lines)

    def whole(self) -> Place:
        """Return the program as a whole."""
        return Place(file=self._main_label)

    def place(self, line: int, column: int) -> Place:
        """Return where a position of :attr:`text` comes from.

        Args:
            line: line in :attr:`text`, from 1.
            column: column from 1.
        """
        label, number = self._origins[min(max(line, 1), len(self._origins)) - 1]
        return Place(file=label, line=number, column=column, excerpt=self._texts[label][number - 1].rstrip())

    def _splice(self, text: str, label: str, folder: Path, including: tuple[Path, ...]) -> None:
        self._texts[label] = text.split("\n")
        position, line, indent = 0, 1, 0
        for match in _TOKEN.finditer(text):
            name = match["name"] or match["name2"]
            if name is None or name == _LIBRARIES[self.version]:
                continue
            self._add(text[position : match.start()], label, line, indent)
            line += text.count("\n", position, match.start())
            self._include(name, _place_of(text, match.start(), label), folder, including)
            position = match.end()
            line += match[0].count("\n")
            indent = position - (text.rfind("\n", 0, position) + 1)
        self._add(text[position:], label, line, indent)

    def _add(self, text: str, label: str, line: int, indent: int) -> None:
        lines = text.split("\n")
        lines[0] = " " * indent + lines[0]
        self._lines += lines
        self._origins += [(label, line + offset) for offset in range(len(lines))]

    def _include(self, name: str, place: Place, folder: Path, including: tuple[Path, ...]) -> None:
        path = self._find(name, place, folder)
        if path.resolve() in including:
            raise BadInputError(f"{name!r} includes itself", cure="Remove one of the includes.", place=place)
        text = decode(read_bytes(path, str(path)), str(path))
        header = header_of(text)
        if header is not None and header.major == self.version:
            # The version belongs to the whole program, which has its own.
            text = text[: header.start] + " " * (header.end - header.start) + text[header.end :]
        self._splice(text, str(path), path.parent, (*including, path.resolve()))

    def _find(self, name: str, place: Place, folder: Path) -> Path:
        folders = dict.fromkeys((folder, self._main_folder, Path()))
        for candidate in folders:
            if (candidate / name).is_file():
                return candidate / name
        library = _LIBRARIES[self.version]
        if name in _LIBRARIES.values():
            cure = f'In OpenQASM {self.version} the standard gates are in: include "{library}";'
        else:
            cure = f"It was looked for in: {', '.join(str(folder.resolve()) for folder in folders)}"
        raise BadInputError(f"there is no file {name!r} to include", cure=cure, place=place)


def _place_of(text: str, position: int, label: str) -> Place:
    start = text.rfind("\n", 0, position) + 1
    excerpt = text[start:].split("\n", 1)[0].rstrip()
    return Place(file=label, line=text.count("\n", 0, position) + 1, column=position - start + 1, excerpt=excerpt)
