"""Feed → Atom (RFC 4287)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ..errors import FieldError
from ..iri import to_uri
from . import markup, writer
from .extensions import extension_elements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..model import Entry, Feed, Person
    from ..rendering.renderer import RenderedEntry

_END_OF_CONTENT = b"</content></entry>\n"


def write_document(feed: Feed, entries: Iterable[bytes], namespaces: Mapping[str, str]) -> bytes:
    """Join entries that are written already to a document; the feed's own are not looked at."""
    end = b"</feed>"
    root = writer.atom_shell(feed, {"media": markup.MEDIA_NS, **namespaces})
    return b"".join([markup.declaration(feed.stylesheet), root.removesuffix(end), b"\n", *entries, end, b"\n"])


def write_entry(rendered: RenderedEntry, feed: Feed) -> tuple[bytes, ...]:
    """Write an entry as `write_document` takes it, in pieces."""
    entry = rendered.entry
    authors = entry.authors or feed.authors
    if not authors:
        raise FieldError(f"Entry {entry.id!r}", "authors", "is empty, and so are the feed's; Atom needs an author")
    parts = markup.parts_of(rendered, feed)
    before = (
        f'<entry xml:lang="{entry.language}">{writer.atom_entry(entry, parts)}<published>{parts.published}</published>'
        f'<link rel="alternate" type="text/html" hreflang="{entry.language}" href={markup.attribute(parts.link)}/>'
    )
    extensions = extension_elements(entry.extensions)
    after = f'{_enclosures(entry)}{_authors(authors)}{markup.thumbnail(entry)}{extensions}<content type="html">'
    return before.encode(), parts.links, after.encode(), parts.content, _END_OF_CONTENT


def _enclosures(entry: Entry) -> str:
    return "".join(
        f'<link rel="enclosure" type={markup.attribute(enclosure.type)} length="{enclosure.length}"'
        f" href={markup.address(enclosure.url)}/>"
        for enclosure in entry.enclosures
    )


@functools.lru_cache(maxsize=1024)
def _authors(authors: tuple[Person, ...]) -> str:
    return "".join(map(_author, authors))


def _author(person: Person) -> str:
    uri = f"<uri>{markup.text(to_uri(person.uri))}</uri>" if person.uri else ""
    email = f"<email>{markup.text(person.email)}</email>" if person.email else ""
    return f"<author><name>{markup.text(markup.one_line(person.name))}</name>{uri}{email}</author>"
