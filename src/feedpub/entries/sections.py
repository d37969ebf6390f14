"""Markdown → sections: title, summary, key points, references, source, neighbours, and the body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .plain import read_plain

if TYPE_CHECKING:
    from ..model import KeyPoint, Reference
    from .headings import HeadingTable
    from .source import Source


@dataclass(slots=True)
class Sections:
    """Hold what the Markdown of an entry says; places are characters of the file."""

    title: str = ""
    summary: str = ""
    body: str = ""
    key_points: tuple[KeyPoint, ...] = ()
    references: tuple[Reference, ...] = ()
    reference_places: list[tuple[int, int]] = field(default_factory=list)
    via: str | None = None
    via_place: tuple[int, int] = (-1, -1)
    previous: Reference | None = None
    next: Reference | None = None
    first_paragraph: str = ""


def read_sections(source: Source, offset: int, headings: HeadingTable, *, has_title: bool, title: str = "") -> Sections:
    """Read the Markdown of a file.

    Args:
        source: The file; problems are added to it.
        offset: Where the Markdown begins, in characters.
        headings: The words of sections.
        has_title: Whether the front matter has a title; else a leading heading of level 1 is one.
        title: That title: a leading heading that repeats it is left out.
    """
    found = Sections()
    if read_plain(source.text, offset, headings, found):
        return found
    from .parsing import parse_sections  # takes 50 ms to load, which most sites do not need

    return parse_sections(source, offset, headings, has_title=has_title, title=title)
