"""The formats of feeds, one row each: everything that writes, finds, removes or names feed documents goes through it.

A new format is a module in `feeds/` and a row here. The table holds no code, since the model, the entries and a build
in which nothing changed need names and addresses alone; `feeds` imports what writes a format at first use.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFormat:
    """A feed format: how it is called, where its documents stand, and which module writes them.

    Args:
        name: In code, and the key of `Feed.addresses`: ``atom``.
        label: For people: ``Atom``.
        file_name: The document that people subscribe to, ``atom.xml``; archive documents are ``atom-1.xml`` and so on.
        media_type: Without parameters.
        mark: Bytes that stand in every document of it and show that feedpub wrote the document.
        head_end: Matches where a document's own values end: `mark` does not count behind that, where it may be quoted.
        module: The module that writes it, relative to `feedpub.feeds`, with `write_entry` and `write_document`; see
            `feedpub.feeds.Writer`.
    """

    name: str
    label: str
    file_name: str
    media_type: str
    generator_mark: bytes
    head_end_pattern: re.Pattern[bytes]
    module: str

    def archive_file_name(self, number: int) -> str:
        """Return the file name of an archive document."""
        stem, ending = os.path.splitext(self.file_name)
        return f"{stem}-{number}{ending}"

    def archive_file_name_pattern(self) -> str:
        """Return a regular expression for the file names of archive documents."""
        stem, ending = map(re.escape, os.path.splitext(self.file_name))
        return rf"{stem}-[1-9]\d{{0,9}}{ending}"


_XML_MARK: Final = b"<generator>feedpub</generator>"
_XML_HEAD_END: Final = re.compile(rb"<!--|<!\[CDATA\[|<entry|<item")

ATOM: Final = FeedFormat(
    name="atom",
    label="Atom",
    file_name="atom.xml",
    media_type="application/atom+xml",
    generator_mark=_XML_MARK,
    head_end_pattern=_XML_HEAD_END,
    module=".atom",
)
RSS: Final = FeedFormat(
    name="rss",
    label="RSS",
    file_name="rss.xml",
    media_type="application/rss+xml",
    generator_mark=_XML_MARK,
    head_end_pattern=_XML_HEAD_END,
    module=".rss",
)
JSON: Final = FeedFormat(
    name="json",
    label="JSON Feed",
    file_name="feed.json",
    media_type="application/feed+json",
    generator_mark=b'"_feedpub":{"about":"feedpub:',
    head_end_pattern=re.compile(rb'"items"'),
    module=".jsonfeed",
)

FORMATS: tuple[FeedFormat, ...] = (ATOM, RSS, JSON)
# Stands for all formats where a feed is named once: in OPML, and in links from one language to another.
PREFERRED: Final = ATOM


def feed_formats() -> tuple[FeedFormat, ...]:
    """Return the formats in which every feed of a site is written."""
    return FORMATS


def find_format(path: str) -> FeedFormat | None:
    """Return the format of a feed document, by its name."""
    name = os.path.basename(path)
    return next(
        (one for one in FORMATS if name == one.file_name or re.fullmatch(one.archive_file_name_pattern(), name)), None
    )
