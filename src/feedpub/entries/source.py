"""One entry file: its text, and problems that name places in it."""

from __future__ import annotations

import codecs
import os
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from ..checks import XML_ILLEGAL, is_legal_utf8
from ..errors import MOST_PROBLEMS_OF_A_CODE, Problem, ProblemList
from ..files import RefusedFileError, read_file

# Parsers and the W3C validator refuse feeds over 5 MB in all; one entry must stay far below.
LARGEST_ENTRY_BYTES: Final = 1_000_000
_HEAD_BYTES: Final = 2000
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(slots=True)
class Source:
    """Hold a file's text, with line feeds between lines, and collect its problems.

    `data` is what was read; `is_printable` says that the text holds nothing but printable characters and line feeds.
    """

    path: str
    text: str = ""
    data: bytes = b""
    problems: ProblemList = field(default_factory=ProblemList)
    is_printable: bool = field(init=False, repr=False, compare=False)
    _lines: _Lines | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.is_printable = _is_printable(self.text)

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return bool(self.problems) and any(problem.severity == "error" for problem in self.problems)

    def add(self, code: str, message: str, hint: str = "", start: int = -1, end: int = -1, *, number: int = 1) -> None:
        """Record a problem about the characters from `start` to `end` of the text; about the file if not given.

        `number` tells how many there are of the kind, of which this is the first; see `ProblemList`.
        """
        if start < 0 or self.problems.is_full(code):  # of those that are only counted no place is shown
            self.problems.add(Problem(code=code, path=self.path, message=message, hint=hint), number)
            return
        line, begin, excerpt = self._index().around(start)
        column = start - begin + 1
        end_column = min(max(end, start + 1) - begin, len(excerpt)) + 1
        self.problems.add(
            Problem(
                code=code, path=self.path, line=line, column=column, end_column=max(end_column, column + 1),
                excerpt=excerpt, message=message, hint=hint,
            ),
            number,
        )  # fmt: skip

    def add_at(self, code: str, message: str, hint: str, line: int, column: int) -> None:
        """Record a problem from a line and a column, which counts bytes of UTF-8, to the end of the line."""
        self.add(code, message, hint, *self.span_of(line, column))

    def line_of(self, place: int) -> int:
        """Return the number of the line that holds a place of the text."""
        return self._index().around(place)[0]

    def offset_of(self, line: int, column: int) -> int:
        """Return the place of a line and a column, which counts bytes of UTF-8; both from 1."""
        return self._index().offset_of(line, column)

    def span_of(self, line: int, column: int) -> tuple[int, int]:
        """Return the characters from a line and a column, which counts bytes of UTF-8, to the end of the line."""
        return self._index().span_of(line, column)

    def _index(self) -> _Lines:
        if self._lines is None or self._lines.text is not self.text:
            self._lines = _Lines(self.text)
        return self._lines


class _Lines:
    """Find the line of a place: thousands of problems in a long text, or in one long line, cost little each."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0]
        while found := text.find("\n", self._starts[-1]) + 1:
            self._starts.append(found)
        self._last = (0, 0, "")

    def offset_of(self, line: int, column: int) -> int:
        """Return the place of a line and a column in bytes; of the last one before it, if it is outside of the text."""
        begin = self._starts[min(line, len(self._starts)) - 1]
        text = self.around(begin)[2]
        if not text.isascii():
            column = len(text.encode()[: column - 1].decode(errors="ignore")) + 1
        return begin + min(column - 1, len(text))

    def span_of(self, line: int, column: int) -> tuple[int, int]:
        """Return where a line is from a column on, without white space at its end."""
        start = self.offset_of(line, column)
        _, begin, text = self.around(start)
        return start, max(start, begin + len(text.rstrip()))

    def around(self, place: int) -> tuple[int, int, str]:
        """Return number, start and text of the line that holds a place."""
        number = bisect_right(self._starts, place)
        if number != self._last[0]:
            begin = self._starts[number - 1]
            end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
            self._last = (number, begin, self.text[begin:end])
        return self._last


def read_source(file: str, path: str, *, head: bool = False) -> Source:
    """Read a file as UTF-8 with or without byte order mark, any line ends.

    What cannot be read gives a Source without text, and the problem.

    Args:
        file: Where it is.
        path: As problems shall name it.
        head: Leave what stands below the front matter unread, if that has a usual size.
    """
    source = Source(path)
    try:
        _decode(source, (head and read_head(file)) or read_file(*os.path.split(file), limit=LARGEST_ENTRY_BYTES))
    except RefusedFileError as error:
        source.add(*_refusal(error))
    except FileNotFoundError:
        source.add("E107", "is a link to a file that does not exist", "mend the link, or remove it")
    except OSError as error:
        source.add("E107", f"cannot be read ({error.strerror})", "check the permissions of the file")
    return source


def read_head(file: str) -> bytes:
    """Return the front matter with its fences, if it has a usual size; nothing if not.

    Raises:
        OSError: The file cannot be read.
    """
    data = read_file(*os.path.split(file), limit=LARGEST_ENTRY_BYTES, first=_HEAD_BYTES)
    end = data.find(b"\n---", 3) + 4
    return data[:end] if data.startswith(b"---") and end > 4 and data[end : end + 1] in (b"\n", b"\r") else b""


def _refusal(error: RefusedFileError) -> tuple[str, str, str]:
    """Return code, message and hint of the problem with a file that is not read."""
    rename = "rename it so that it does not end in .md"
    if error.fault == "link":
        message = "is a symbolic link that leads out of the entries folder, or to something hidden in it"
        return "E107", message, "put the file itself there; links to other entries are fine"
    if error.fault == "size":
        hint = f"an entry may hold {LARGEST_ENTRY_BYTES // 1000:,} KB: readers refuse large feeds; part the article"
        return "E117", f"the file has {error.size // 1000:,} KB", hint
    if error.fault == "folder":
        return "E107", "is a folder, not an entry file", rename
    return "E107", f"{error.strerror}, not an entry file", rename


def _decode(source: Source, data: bytes) -> None:
    source.data = data
    if data.startswith(_UTF_16):
        source.add("E104", "the file is UTF-16", "save it as UTF-8")
        return
    try:
        text = data.decode("utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8")
    except UnicodeDecodeError as error:
        _add_not_utf8(source, error)
        return
    source.text = text = _with_unix_lines(text)
    source.is_printable = _is_printable(text)
    if not text or text.isspace():
        source.add("E106", "the file is empty", "write front matter and text, or remove the file")
    elif not source.is_printable and not is_legal_utf8(data):
        illegal = XML_ILLEGAL.finditer(text)
        for found in illegal:
            message = f"U+{ord(found.group()):04X} cannot stand in a feed"
            rest = sum(1 for _ in illegal) + 1 if len(source.problems) == MOST_PROBLEMS_OF_A_CODE else 1
            source.add("E105", message, "remove the character; it may be invisible", *found.span(), number=rest)


def _add_not_utf8(source: Source, error: UnicodeDecodeError) -> None:
    """Show the line up to the byte that is not UTF-8; the error counts from behind a byte order mark."""
    data, start = error.object, error.start
    before = _with_unix_lines(data[:start].decode())
    shown = Source(source.path, before + "\N{REPLACEMENT CHARACTER}")
    shown.add("E104", f"byte {data[start]:#04x} is not UTF-8", "save the file as UTF-8", len(before), len(before) + 1)
    for problem in shown.problems:
        source.problems.add(problem)


def _is_printable(text: str) -> bool:
    return text.replace("\n", "").isprintable()


def _with_unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
