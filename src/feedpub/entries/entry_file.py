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
    """Hold one entry file while its article is put together.

    Args:
        source: Its text and problems.
        key: The article's name.
        language: One of the site's languages; empty if it cannot be told.
        readable: Whether text and front matter could be read: else nothing can be said about what is missing.
        matter: The front matter, with places.
        body_start: Where the Markdown begins, in characters.
        sections: What the Markdown says.
        values: What front matter and sections say together, by the names of front matter.
        has_title: Whether it has a title of its own; else that is made of its first words.
        kept_points: The list of key points, sanitised.
        live: Whether it will be published once its errors are mended: no draft, nor the translation of one.
        entry: What it became.
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

    def find_position(self, key: str) -> tuple[int, int]:
        """Return where a value of the front matter stands; the whole file if it does not."""
        value = self.matter.get(key)
        return (value.start, value.end) if value else (-1, -1)

    def find_reference_spans(self) -> list[tuple[int, int]]:
        """Return where the references stand, in characters."""
        start = self.sections.start_line
        return [self.source.find_line_span(start + line, column) for line, column in self.sections.reference_positions]
