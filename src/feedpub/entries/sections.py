"""Markdown → sections: title, summary, key points, references, source, neighbours, and the body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..model import Later
from .plain import read_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import KeyPoint, Reference
    from .headings import HeadingTable
    from .source import Source


@dataclass(slots=True)
class Sections:
    """Hold what the Markdown of an entry says; places are characters of the file.

    `is_plain` says that it was of the plain form: no HTML, no addresses but absolute ones. `marked_points` and
    `marked_references` are what content writes of them, with signs in place of its markup; empty if not known yet.
    `make_points` makes `key_points` when they are first asked for: a build, which has them marked, never does.
    """

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
    is_plain: bool = False
    marked_points: str = ""
    marked_references: str = ""
    reference_lines: tuple[int, str] = (0, "")
    make_points: Callable[[], tuple[KeyPoint, ...]] | None = field(default=None, repr=False, compare=False)

    def find_references(self) -> list[tuple[int, int]]:
        """Return the places of the references; of the plain form they are found when they are asked for."""
        place, lines = self.reference_lines
        if lines and not self.reference_places:
            for line in lines.split("\n"):
                self.reference_places.append((place, place + len(line.rstrip())))
                place += len(line) + 1
        return self.reference_places


setattr(Sections, "key_points", Later(Sections, "key_points", "make_points"))  # noqa: B010  # a field to type checkers


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
    if read_plain(source, offset, headings, found):
        found.is_plain = True
        return found
    from .parsing import parse_sections  # takes 50 ms to load, which most sites do not need

    return parse_sections(source, offset, headings, has_title=has_title, title=title)
