"""Entry files that tests read, in a form that is easily compared: HTML without positions, the summary as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from feedpub.entries.front_matter.reader import read_front_matter
from feedpub.entries.front_matter.value import read_text
from feedpub.entries.markdown.positions import strip_positions
from feedpub.entries.sections.headings import load_heading_table
from feedpub.entries.sections.reader import read_sections
from feedpub.entries.source import Source

if TYPE_CHECKING:
    from feedpub.entries.sections.reader import Sections
    from feedpub.model import KeyPoint, Reference


class EntryText(NamedTuple):
    """The text of an entry file, as it was read."""

    title: str
    summary: str
    body: str
    key_points: tuple[KeyPoint, ...]
    references: tuple[Reference, ...]
    sections: Sections
    source: Source


def read_entry(text: str, title: str | None = None) -> EntryText:
    """Read the text of an entry file as a folder does.

    Args:
        text: The text, with or without front matter.
        title: A title in place of that in the front matter.
    """
    source = Source("entry.md", text)
    matter, offset = read_front_matter(source)
    stated = read_text(source, matter["digest"], "digest") if "digest" in matter else None
    sections = read_sections(
        source,
        offset,
        load_heading_table(),
        has_title=title is not None or "title" in matter,
        title=title or "",
        is_digest=None if stated is None else stated == "true",
    )
    return EntryText(
        title=sections.title,
        summary=sections.summary_text,
        body=strip_positions(sections.body).strip(),
        key_points=sections.key_points,
        references=sections.references,
        sections=sections,
        source=source,
    )
