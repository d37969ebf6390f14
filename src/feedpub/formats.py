"""The table of feed formats. Everything that writes, finds, removes or names feed documents uses it.

A new format is a module in `feeds/` and a row here. The table has no code, because the model, the entries and a build
in which nothing has changed need only names and addresses; `feeds` imports the module of a format on first use.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFormat:
    """A feed format: its names, its media type, and the module that writes it.

    Args:
        name: Name in code, such as ``atom``; the key of `Feed.addresses`.
        label: Name for people, such as ``Atom``.
        file_name: File name of the document that people subscribe to, such as ``atom.xml``. Archive documents are
            ``atom-1.xml`` and so on.
        media_type: Media type without parameters.
        generator_mark: Bytes in every document of this format that show that feedpub wrote it.
        head_end_pattern: Matches the end of the part of a document that describes the feed. `generator_mark` does not
            count after it, where an entry may quote it.
        module: Name of the module that writes the format, relative to `feedpub.feeds`; see
            `feedpub.feeds.FormatModule`.
    """

    name: str
    label: str
    file_name: str
    media_type: str
    generator_mark: bytes
    head_end_pattern: re.Pattern[bytes]
    module: str

    def archive_file_name(self, number: int) -> str:
        """Return the file name of the archive document with a number, from 1."""
        stem, ending = os.path.splitext(self.file_name)
        return f"{stem}-{number}{ending}"

    def archive_file_name_pattern(self) -> str:
        """Return a regular expression that matches the file names of archive documents."""
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
# The format to link to where a feed is linked once: in OPML, and in links from one language to another.
PREFERRED: Final = ATOM


def feed_formats() -> tuple[FeedFormat, ...]:
    """Return the formats in which `build` writes every feed, for `write_feed`."""
    return FORMATS


def find_format(path: str) -> FeedFormat | None:
    """Return the format of a feed document, by the name of its file; None if it is not a feed document."""
    name = os.path.basename(path)
    for feed_format in FORMATS:
        if name == feed_format.file_name or re.fullmatch(feed_format.archive_file_name_pattern(), name):
            return feed_format
    return None
