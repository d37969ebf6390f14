"""Write a feed as Atom (RFC 4287)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ..errors import FieldError
from ..iri import to_uri
from .entry_parts import get_entry_parts
from .extensions import write_extensions
from .feedgen_writer import write_atom_entry, write_empty_atom_feed
from .xml_text import MEDIA_NS, clean_line, escape_text, quote_attribute, quote_url, write_declaration, write_thumbnail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..model import Entry, Feed, Person
    from ..rendering.rendered_entry import RenderedEntry

_END_OF_CONTENT = b"</content></entry>\n"


def write_document(feed: Feed, entries: Iterable[bytes], namespaces: Mapping[str, str]) -> bytes:
    """Write a document with entries that `write_entry` has written; `feed.entries` is not used."""
    end = b"</feed>"
    root = write_empty_atom_feed(feed, {"media": MEDIA_NS, **namespaces})
    return b"".join([write_declaration(feed.stylesheet), root.removesuffix(end), b"\n", *entries, end, b"\n"])


def write_entry(rendered: RenderedEntry, feed: Feed) -> tuple[bytes, ...]:
    """Write an entry for `write_document`, in pieces that are joined."""
    entry = rendered.entry
    authors = entry.authors or feed.authors
    if not authors:
        raise FieldError(
            f"Entry {entry.id!r}", "authors", "is empty, and the feed has none either; Atom requires an author"
        )
    parts = get_entry_parts(rendered, feed)
    before = (
        f'<entry xml:lang="{entry.language}">{write_atom_entry(entry, parts)}<published>{parts.published}</published>'
        f'<link rel="alternate" type="text/html" hreflang="{entry.language}" href={quote_attribute(parts.link)}/>'
    )
    extensions = write_extensions(entry.extensions)
    after = (
        f'{_write_enclosures(entry)}{_write_authors(authors)}{write_thumbnail(entry)}{extensions}<content type="html">'
    )
    return before.encode(), parts.links, after.encode(), parts.content, _END_OF_CONTENT


def _write_enclosures(entry: Entry) -> str:
    return "".join(
        f'<link rel="enclosure" type={quote_attribute(enclosure.type)} length="{enclosure.length}"'
        f" href={quote_url(enclosure.url)}/>"
        for enclosure in entry.enclosures
    )


@functools.lru_cache(maxsize=1024)
def _write_authors(authors: tuple[Person, ...]) -> str:
    return "".join(map(_write_author, authors))


def _write_author(person: Person) -> str:
    uri = f"<uri>{escape_text(to_uri(person.uri))}</uri>" if person.uri else ""
    email = f"<email>{escape_text(person.email)}</email>" if person.email else ""
    return f"<author><name>{escape_text(clean_line(person.name))}</name>{uri}{email}</author>"
