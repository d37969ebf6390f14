"""One entry file: its text, and problems that name places in it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..errors import Problem
from ..model import XML_ILLEGAL, is_legal

if TYPE_CHECKING:
    from pathlib import Path

# Parsers and the W3C validator refuse feeds over 5 MB in all; one entry must stay far below.
LARGEST_ENTRY_BYTES: Final = 1_000_000
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(slots=True)
class Source:
    """Hold a file's text, with ``\\n`` between lines, and collect its problems."""

    path: str
    text: str = ""
    problems: list[Problem] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return any(problem.severity == "error" for problem in self.problems)

    def add(self, code: str, message: str, hint: str = "", start: int = -1, end: int = -1) -> None:
        """Record a problem about the characters from `start` to `end` of the text; about the file if not given."""
        if start < 0:
            self.problems.append(Problem(code=code, path=self.path, message=message, hint=hint))
            return
        line = self.text.count("\n", 0, start) + 1
        begin = self.text.rfind("\n", 0, start) + 1
        stop = self.text.find("\n", start)
        excerpt = self.text[begin : stop if stop >= 0 else len(self.text)]
        column = start - begin + 1
        end_column = min(max(end, start + 1) - begin, len(excerpt)) + 1
        self.problems.append(
            Problem(
                code=code, path=self.path, line=line, column=column, end_column=max(end_column, column + 1),
                excerpt=excerpt, message=message, hint=hint,
            )
        )  # fmt: skip


def read_source(file: Path, path: str) -> Source:
    """Read a file as UTF-8 with or without byte order mark, any line ends.

    What cannot be read gives a Source without text, and the problem.
    """
    source = Source(path)
    try:
        data = file.read_bytes()
    except IsADirectoryError:
        source.add("E107", "is a folder, not an entry file", "rename the folder so that it does not end in .md")
    except FileNotFoundError:
        source.add("E107", "is a link to a file that does not exist", "mend the link, or remove it")
    except OSError as error:
        source.add("E107", f"cannot be read ({error.strerror})", "check the permissions of the file")
    else:
        _decode(source, data)
    return source


def _decode(source: Source, data: bytes) -> None:
    if data.startswith(_UTF_16):
        source.add("E104", "the file is UTF-16", "save it as UTF-8")
        return
    if len(data) > LARGEST_ENTRY_BYTES:
        hint = f"an entry may hold {LARGEST_ENTRY_BYTES // 1000:,} KB: readers refuse larger feeds; part the article"
        source.add("E117", f"the file has {len(data) // 1000:,} KB", hint)
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        source.text = data[: error.start].decode("utf-8-sig").replace("\r\n", "\n")
        place = len(source.text)
        source.text += "\N{REPLACEMENT CHARACTER}"
        source.add("E104", f"byte {data[error.start]:#04x} is not UTF-8", "save the file as UTF-8", place, place + 1)
        source.text = ""
        return
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    source.text = text
    if not text.strip():
        source.add("E106", "the file is empty", "write front matter and text, or remove the file")
    elif not is_legal(text):
        for found in XML_ILLEGAL.finditer(text):
            message = f"U+{ord(found.group()):04X} cannot stand in a feed"
            source.add("E105", message, "remove the character; it may be invisible", *found.span())
            break
