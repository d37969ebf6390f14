"""One entry file while its article is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .sections.reader import Sections

if TYPE_CHECKING:
    from ..model import Entry
    from .front_matter.value import Value
    from .source import Source


@dataclass(slots=True, eq=False)
class EntryFile:
    """One entry file while its article is put together; each step of reading fills in more of it.

    Args:
        source: The text and the problems.
        key: The name of the article.
        language: One of the site's languages; empty if it is unknown.
        is_readable: Whether text and front matter could be read. If not, missing values are not reported.
        matter: The front matter: name of the key → value with its span in the file.
        body_start: Where the Markdown begins, in characters.
        sections: The parts of the Markdown, as HTML that is not sanitised.
        values: The converted values of front matter and sections, by the names of front matter.
        has_title: Whether it has a title of its own; otherwise its first words are used as the title.
        sanitised_points: The list of key points as sanitised HTML.
        is_live: Whether it is published once its errors are fixed: neither it nor its original is a draft.
        entry: The entry, if the file has no error.
    """

    source: Source
    key: str
    language: str = ""
    is_readable: bool = False
    matter: dict[str, Value] = field(default_factory=dict)
    body_start: int = 0
    sections: Sections = field(default_factory=Sections)
    values: dict[str, Any] = field(default_factory=dict)
    has_title: bool = True
    sanitised_points: str = ""
    is_live: bool = False
    entry: Entry | None = None

    def find_span(self, key: str) -> tuple[int, int]:
        """Return start and end of a value of the front matter; -1 and -1, the whole file, if it is missing."""
        value = self.matter.get(key)
        return (value.start, value.end) if value else (-1, -1)

    def find_reference_spans(self) -> list[tuple[int, int]]:
        """Return start and end of each reference, in characters."""
        start = self.sections.start_line
        return [self.source.find_line_span(start + line, column) for line, column in self.sections.reference_positions]
