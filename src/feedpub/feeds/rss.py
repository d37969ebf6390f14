"""Write a feed as RSS 2.0, following the RSS best-practices profile."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from .entry_parts import get_entry_parts
from .extensions import write_extensions
from .feedgen_writer import write_empty_rss_channel, write_rss_item
from .xml_text import (
    DC_NS,
    MEDIA_NS,
    clean_line,
    escape_text,
    format_rfc822_date,
    round_date,
    write_declaration,
    write_media_content,
    write_thumbnail,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..model import Feed, Person
    from ..rendering.rendered_entry import RenderedEntry

_CONTENT = ("<content:encoded>", b"</content:encoded></item>\n")
_CONTENT_AS_DESCRIPTION = ("<description>", b"</description></item>\n")


def write_document(feed: Feed, items: Iterable[bytes], namespaces: Mapping[str, str]) -> bytes:
    """Write a document with items that `write_entry` has written; `feed.entries` is not used."""
    end = b"</channel></rss>"
    root = write_empty_rss_channel(feed, {"dc": DC_NS, "media": MEDIA_NS, **namespaces})
    return b"".join([write_declaration(feed.stylesheet), root.removesuffix(end), b"\n", *items, end, b"\n"])


def write_entry(rendered: RenderedEntry, feed: Feed) -> tuple[bytes, ...]:
    """Write an item for `write_document`, in pieces that are joined."""
    entry = rendered.entry
    parts = get_entry_parts(rendered, feed)
    published = round_date(entry.published)
    description = _write_description(rendered)
    is_changed = entry.updated is not entry.published and round_date(entry.updated) != published
    changed = f"<atom:updated>{parts.updated}</atom:updated>" if is_changed else ""
    rights = f"<dc:rights>{escape_text(entry.rights)}</dc:rights>" if entry.rights else ""
    before = (
        f'<item xml:lang="{entry.language}">{write_rss_item(entry, parts, description)}'
        f"<link>{escape_text(parts.link)}</link><pubDate>{format_rfc822_date(published)}</pubDate>"
        f"{changed}{_write_creators(entry.authors or feed.authors)}<dc:language>{entry.language}</dc:language>{rights}"
    )
    links = parts.links.replace(b"<link ", b"<atom:link ")  # "<" is escaped in all values
    start_of_content, end = _CONTENT if description else _CONTENT_AS_DESCRIPTION
    extensions = write_extensions(entry.extensions)
    after = f"{write_media_content(entry)}{write_thumbnail(entry)}{extensions}{start_of_content}"
    return before.encode(), links, after.encode(), parts.content, end


@functools.lru_cache(maxsize=1024)
def _write_creators(authors: tuple[Person, ...]) -> str:
    return "".join(map(_write_creator, authors))


def _write_creator(person: Person) -> str:
    return f"<dc:creator>{escape_text(clean_line(person.name))}</dc:creator>"


def _write_description(rendered: RenderedEntry) -> str:
    """Write the summary for `description`, which is HTML: plain text is escaped once more.

    Paragraphs are separated by a blank line, not by tags: browsers, and readers that take the description for plain
    text, would show the tags.
    """
    return "\n\n".join(rendered.paragraphs)
