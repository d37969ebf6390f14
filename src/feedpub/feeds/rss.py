"""Feed → RSS 2.0, after the RSS best-practices profile."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..content import paragraphs
from ..iri import to_uri
from . import markup, writer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model import Entry, Feed, Person

_CONTENT = (b"<content:encoded>", b"</content:encoded></item>\n")
_NOTHING_BUT_CONTENT = (b"<description>", b"</description></item>\n")


def to_rss(feed: Feed) -> bytes:
    """Write a feed as an RSS 2.0 document, UTF-8.

    The summary is the `description`, the whole content `content:encoded`; without summary the content is the
    `description`, since an item should have one. Authors are `dc:creator` (RSS's own `author` needs an e-mail
    address), and what RSS has no words for (references, source, translations) is `atom:link`.
    """
    return rss_document(feed, markup.fragments(feed, "rss", rss_item))


def rss_document(feed: Feed, items: Iterable[bytes]) -> bytes:
    """Join items that are written already to a document; the feed's own entries are not looked at."""
    end = b"</channel></rss>"
    root = writer.rss_shell(feed, {"dc": markup.DC_NS, "media": markup.MEDIA_NS})
    return b"".join([markup.declaration(feed.stylesheet), root.removesuffix(end), b"\n", *items, end, b"\n"])


def rss_item(entry: Entry, feed: Feed) -> tuple[bytes, ...]:
    """Write an item as `rss_document` takes it, in pieces."""
    published = markup.moment(entry.published)
    updated = published if entry.updated is entry.published else markup.moment(entry.updated)
    parts = [
        f"<link>{markup.text(to_uri(entry.link))}</link>",
        f"<pubDate>{markup.rfc822(published)}</pubDate>",
        f"<atom:updated>{updated.isoformat()}</atom:updated>" if updated != published else "",
        *(_creator(person) for person in entry.authors or feed.authors),
        f"<dc:language>{entry.language}</dc:language>",
        f"<dc:rights>{markup.text(entry.rights)}</dc:rights>" if entry.rights else "",
        markup.entry_links(entry, feed).replace("<link ", "<atom:link "),  # "<" is escaped in all values
        markup.picture(entry),
        markup.thumbnail(entry),
    ]
    description = _description(entry.summary)
    before_content, end = _CONTENT if description else _NOTHING_BUT_CONTENT
    start = f'<item xml:lang="{entry.language}">'.encode()
    before = b"".join([start, writer.rss_item(entry, description), "".join(parts).encode(), before_content])
    return before, markup.content_of(entry, feed), end


def _creator(person: Person) -> str:
    return f"<dc:creator>{markup.text(markup.one_line(person.name))}</dc:creator>"


def _description(summary: str) -> str:
    """RSS's `description` is HTML: escape plain text once more, and mark paragraphs if there are several."""
    found = [escape(text, quote=False) for text in paragraphs(summary)]
    return found[0] if len(found) == 1 else "".join(f"<p>{text}</p>" for text in found)
