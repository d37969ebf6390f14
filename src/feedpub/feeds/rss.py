"""Feed → RSS 2.0, after the RSS best-practices profile."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from . import markup, writer
from .extensions import extension_elements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..model import Feed, Person
    from ..rendering.renderer import RenderedEntry

_CONTENT = ("<content:encoded>", b"</content:encoded></item>\n")
_NOTHING_BUT_CONTENT = ("<description>", b"</description></item>\n")


def write_document(feed: Feed, items: Iterable[bytes], namespaces: Mapping[str, str]) -> bytes:
    """Join items that are written already to a document; the feed's own entries are not looked at."""
    end = b"</channel></rss>"
    root = writer.rss_shell(feed, {"dc": markup.DC_NS, "media": markup.MEDIA_NS, **namespaces})
    return b"".join([markup.declaration(feed.stylesheet), root.removesuffix(end), b"\n", *items, end, b"\n"])


def write_entry(rendered: RenderedEntry, feed: Feed) -> tuple[bytes, ...]:
    """Write an item as `write_document` takes it, in pieces."""
    entry = rendered.entry
    parts = markup.parts_of(rendered, feed)
    published = markup.moment(entry.published)
    description = _write_description(rendered)
    is_changed = entry.updated is not entry.published and markup.moment(entry.updated) != published
    changed = f"<atom:updated>{parts.updated}</atom:updated>" if is_changed else ""
    rights = f"<dc:rights>{markup.text(entry.rights)}</dc:rights>" if entry.rights else ""
    before = (
        f'<item xml:lang="{entry.language}">{writer.rss_item(entry, parts, description)}'
        f"<link>{markup.text(parts.link)}</link><pubDate>{markup.rfc822(published)}</pubDate>"
        f"{changed}{_creators(entry.authors or feed.authors)}<dc:language>{entry.language}</dc:language>{rights}"
    )
    links = parts.links.replace(b"<link ", b"<atom:link ")  # "<" is escaped in all values
    start_of_content, end = _CONTENT if description else _NOTHING_BUT_CONTENT
    extensions = extension_elements(entry.extensions)
    after = f"{markup.picture(entry)}{markup.thumbnail(entry)}{extensions}{start_of_content}"
    return before.encode(), links, after.encode(), parts.content, end


@functools.lru_cache(maxsize=1024)
def _creators(authors: tuple[Person, ...]) -> str:
    return "".join(map(_creator, authors))


def _creator(person: Person) -> str:
    return f"<dc:creator>{markup.text(markup.one_line(person.name))}</dc:creator>"


def _write_description(rendered: RenderedEntry) -> str:
    """RSS's `description` is HTML: escape plain text once more. Paragraphs get a blank line: marks would be seen in
    browsers, and by those who take the description for text.
    """
    return "\n\n".join(rendered.paragraphs)
