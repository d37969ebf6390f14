"""The text of an entry file, and problems with their positions in it."""

from __future__ import annotations

import codecs
import os
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from ..errors import MOST_PROBLEMS_OF_A_CODE, Problem, ProblemList
from ..files import RefusedFileError, read_file
from ..model.checks import XML_ILLEGAL_PATTERN, is_legal_xml_utf8

# Parsers and the W3C validator refuse feeds over 5 MB; one entry must stay far below that.
LARGEST_ENTRY_BYTES: Final = 1_000_000
_FRONT_MATTER_BYTES: Final = 2000  # more than the front matter of nearly all files
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_NUL_SHARE_OF_UTF_16: Final = 0.3  # in Latin text half of all bytes are NUL
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(slots=True)
class Source:
    """The text of a file and its problems.

    Lines of the text end in a line feed, and characters that are not allowed in XML are removed. Problems still show
    the lines and columns of the file. Offsets in this package count characters of `text`.

    Args:
        path: The path, as problems name it.
        text: The text.
        data: The bytes of the file.
        problems: The problems.
    """

    path: str
    text: str = ""
    data: bytes = b""
    problems: ProblemList = field(default_factory=ProblemList)
    _lines: _LineIndex | None = field(default=None, init=False, repr=False, compare=False)
    # The text before characters were removed, and the offset in `text` of each removed character.
    _written: str = field(default="", init=False, repr=False, compare=False)
    _removed: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def has_errors(self) -> bool:
        """Whether one of the problems is an error."""
        return bool(self.problems) and any(problem.severity == "error" for problem in self.problems)

    def add(self, code: str, message: str, hint: str = "", start: int = -1, end: int = -1, *, number: int = 1) -> None:
        """Add a problem about the characters from `start` to `end` of the text, or about the file if `start` is -1.

        `number` is how many problems of this kind there are, starting with this one; see `ProblemList`.
        """
        if start < 0 or self.problems.is_full(code):  # problems that are only counted have no position
            self.problems.add(Problem(code=code, path=self.path, message=message, hint=hint), number)
            return
        start, end = self._find_written_offset(start), self._find_written_offset(end)
        line, line_start, excerpt = self._get_line_index().find_line_at(start)
        column = start - line_start + 1
        end_column = min(max(end, start + 1) - line_start, len(excerpt)) + 1
        self.problems.add(
            Problem(
                code=code, path=self.path, line=line, column=column, end_column=max(end_column, column + 1),
                excerpt=excerpt, message=message, hint=hint,
            ),
            number,
        )  # fmt: skip

    def add_at(self, code: str, message: str, hint: str, line: int, column: int) -> None:
        """Add a problem from a line and a column, in bytes of UTF-8, to the end of the line."""
        self.add(code, message, hint, *self.find_line_span(line, column))

    def find_line(self, offset: int) -> int:
        """Return the number of the line at an offset of the text."""
        return self.find_position(offset)[0]

    def find_position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset of the text, in characters, both from 1."""
        offset = self._find_written_offset(offset)
        line, line_start, _ = self._get_line_index().find_line_at(offset)
        return line, offset - line_start + 1

    def remove_illegal(self) -> None:
        """Remove the characters that are not allowed in XML, and warn of each; most are invisible."""
        text_as_written = self.text
        matches = list(XML_ILLEGAL_PATTERN.finditer(text_as_written))
        for number, match in enumerate(matches):
            message = f"U+{ord(match.group()):04X} is not allowed in feeds and is removed"
            hint = "remove the character; it may be invisible"
            if number == MOST_PROBLEMS_OF_A_CODE:
                self.add("W121", message, hint, number=len(matches) - number)
                break
            self.add("W121", message, hint, *match.span())
        self._removed = [match.start() - number for number, match in enumerate(matches)]
        self._written, self.text = text_as_written, XML_ILLEGAL_PATTERN.sub("", text_as_written)

    def _find_written_offset(self, offset: int) -> int:
        return offset + bisect_right(self._removed, offset) if self._removed else offset

    def find_offset(self, line: int, column: int) -> int:
        """Return the offset of a line and a column, in bytes of UTF-8; both from 1."""
        return self._get_line_index().find_offset(line, column)

    def find_line_span(self, line: int, column: int) -> tuple[int, int]:
        """Return start and end from a line and a column, in bytes of UTF-8, to the end of the line."""
        return self._get_line_index().find_line_span(line, column)

    def _get_line_index(self) -> _LineIndex:
        text = self._written if self._removed else self.text
        if self._lines is None or self._lines.text is not text:
            self._lines = _LineIndex(text)
        return self._lines


class _LineIndex:
    """An index of the lines of a text, which makes thousands of problems in a long text, or on a long line, cheap."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0]
        while line_start := text.find("\n", self._starts[-1]) + 1:
            self._starts.append(line_start)
        self._last = (0, 0, "")

    def find_offset(self, line: int, column: int) -> int:
        """Return the offset of a line and a column in bytes; the nearest offset before it if it is outside the text."""
        line_start = self._starts[min(line, len(self._starts)) - 1]
        text = self.find_line_at(line_start)[2]
        if not text.isascii():
            column = len(text.encode()[: column - 1].decode(errors="ignore")) + 1
        return line_start + min(column - 1, len(text))

    def find_line_span(self, line: int, column: int) -> tuple[int, int]:
        """Return start and end of a line from a column on, without white space at its end."""
        start = self.find_offset(line, column)
        _, line_start, text = self.find_line_at(start)
        return start, max(start, line_start + len(text.rstrip()))

    def find_line_at(self, offset: int) -> tuple[int, int, str]:
        """Return number, start and text of the line at an offset."""
        number = bisect_right(self._starts, offset)
        if number != self._last[0]:
            line_start = self._starts[number - 1]
            end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
            self._last = (number, line_start, self.text[line_start:end])
        return self._last


def read_source(file: str, path: str, *, head: bool = False) -> Source:
    """Read a file as UTF-8, with or without a byte order mark, with any line ends.

    If it cannot be read, the source has no text, and a problem.

    Args:
        file: The path of the file.
        path: The path, as problems name it.
        head: Read the front matter only, unless it is unusually long.
    """
    source = Source(path)
    try:
        _decode_text(source, (head and read_head(file)) or read_file(*os.path.split(file), limit=LARGEST_ENTRY_BYTES))
    except RefusedFileError as error:
        source.add(*_describe_refusal(error))
    except FileNotFoundError:
        source.add("E107", "is a symbolic link to a file that does not exist", "fix the link, or remove it")
    except OSError as error:
        source.add("E107", f"cannot be read ({error.strerror})", "check the permissions of the file")
    return source


def decode_source(path: str, data: bytes) -> Source:
    """Return the source of a file with these bytes, as `read_source` does."""
    source = Source(path)
    _decode_text(source, data)
    return source


def read_head(file: str) -> bytes:
    """Return the front matter with its fences; empty if it is unusually long, or not between fences.

    Raises:
        OSError: The file cannot be read.
    """
    data = read_file(*os.path.split(file), limit=LARGEST_ENTRY_BYTES, first=_FRONT_MATTER_BYTES)
    end = data.find(b"\n---", 3) + 4
    return data[:end] if data.startswith(b"---") and end > 4 and data[end : end + 1] in (b"\n", b"\r") else b""


def _describe_refusal(error: RefusedFileError) -> tuple[str, str, str]:
    """Return code, message and hint of the problem with a file that feedpub refuses to read."""
    rename = "rename it so that it does not end in .md"
    if error.fault == "link":
        message = "is a symbolic link that leads out of the entries folder, or to something hidden in it"
        return "E107", message, "replace it by the file itself; links to other entries are fine"
    if error.fault == "size":
        hint = (
            f"an entry may have {LARGEST_ENTRY_BYTES // 1000:,} KB, since readers refuse large feeds; split the article"
        )
        return "E117", f"the file has {error.size // 1000:,} KB", hint
    if error.fault == "folder":
        return "E107", "is a folder, not an entry file", rename
    return "E107", f"{error.strerror}, not an entry file", rename


def _decode_text(source: Source, data: bytes) -> None:
    source.data = data
    if data.startswith(_UTF_16):
        source.add("E104", "the file is UTF-16", "save it as UTF-8")
        return
    try:
        text = data.decode("utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8")
    except UnicodeDecodeError as error:
        _add_not_utf8(source, error)
        return
    source.text = text = _normalise_line_ends(text)
    if not is_legal_xml_utf8(data):
        if data.count(0) > len(data) * _NUL_SHARE_OF_UTF_16:
            source.add("E104", "the file is UTF-16, or not text", "save it as UTF-8")
            source.text = ""
            return
        source.remove_illegal()
    if not source.text or source.text.isspace():
        source.add("E106", "the file is empty", "write front matter and text, or remove the file")
    _warn_of_replacements(source)


def _warn_of_replacements(source: Source) -> None:
    """Warn of U+FFFD, which other programs write where they could not decode a character."""
    offset = source.text.find(_REPLACEMENT)
    while offset >= 0:
        hint = "write the character that was there before the file was converted"
        if source.problems.is_full("W122"):
            source.add("W122", "", number=source.text.count(_REPLACEMENT, offset))
            return
        source.add("W122", "U+FFFD replaces a character that was lost", hint, offset, offset + 1)
        offset = source.text.find(_REPLACEMENT, offset + 1)


def _add_not_utf8(source: Source, error: UnicodeDecodeError) -> None:
    """Report a file that is not UTF-8, with the line up to the first wrong byte.

    The offsets of the error do not count a byte order mark.
    """
    data, start = error.object, error.start
    before = _normalise_line_ends(data[:start].decode())
    excerpt_source = Source(source.path, before + _REPLACEMENT)
    excerpt_source.add(
        "E104", f"byte {data[start]:#04x} is not UTF-8", "save the file as UTF-8", len(before), len(before) + 1
    )
    for problem in excerpt_source.problems:
        source.problems.add(problem)


def _normalise_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
