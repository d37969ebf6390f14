"""What the formats share: parts of entries that are written once, escaping, dates, and links (feedgen cannot)."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from ..iri import are_plain_uris, encode_iri, to_uri
from ..language import isolate_bidi
from ..model import Feed
from ..rendering.content import note_language
from ..rendering.text import collapse_spaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..formats import FeedFormat
    from ..model import Entry
    from ..rendering.renderer import EscapedReference, RenderedEntry, Renderer

ATOM_NS: Final = "http://www.w3.org/2005/Atom"
DC_NS: Final = "http://purl.org/dc/elements/1.1/"
HISTORY_NS: Final = "http://purl.org/syndication/history/1.0"
MEDIA_NS: Final = "http://search.yahoo.com/mrss/"

# Of an entry that has a title only: blank or missing content draws a warning (Atom), or is not allowed (JSON Feed).
_NO_CONTENT: Final = b"<p></p>"
_ENTITY = re.compile(r"&#?\w+;")
_LOOKS_LIKE_ESCAPED_HTML = re.compile(r"&(?:lt;|amp;#?\w+;)")
_TITLE = re.compile(r' title="[^"]*"')


def moment(value: datetime) -> datetime:
    """Return a date as feeds can write it: whole seconds, an offset of whole minutes (RFC 3339, section 5.6).

    Shanghai's offset of 1900 was +08:05:43; such a date is written in UTC.
    """
    if value.tzinfo is not UTC:
        offset = value.utcoffset()
        if offset is not None and (offset.seconds % 60 or offset.microseconds):
            value = value.astimezone(UTC)
    return value.replace(microsecond=0) if value.microsecond else value


def rfc822(value: datetime) -> str:
    """Return a date as RSS writes it: RFC 822 with four digits of the year, English names in every locale."""
    day, month = _DAYS[value.weekday()], _MONTHS[value.month - 1]
    text = value.isoformat()  # 2026-02-01T09:00:00+08:00
    return f"{day}, {text[8:10]} {month} {text[:4]} {text[11:19]} {text[19:].replace(':', '')}"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def looks_like_html(text: str) -> bool:
    """Return True if some reader would take plain text for HTML."""
    return "<" in text or ("&" in text and _ENTITY.search(text) is not None)


def one_line(plain: str) -> str:
    """Return a title or a name on one line, with its bidirectional controls closed."""
    return isolate_bidi(collapse_spaces(plain))


def text(value: str) -> str:
    """Escape plain text for an element."""
    value = value.replace("&", "&#x26;").replace("<", "&#x3C;").replace("\r", "&#13;")
    return value.replace("]]>", "]]&gt;")


def hexadecimal(escaped: str) -> str:
    """Write `&` and `<` of escaped plain text as hexadecimal references.

    Plain text and HTML readers agree on those alone (RSS best-practices profile, "Character Data"). lxml never writes
    that form.
    """
    return escaped.replace("&amp;", "&#x26;").replace("&lt;", "&#x3C;")


def attribute(value: str) -> str:
    """Escape and quote text for an attribute."""
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    if not value.isprintable():  # white space other than blanks would be read as a blank (XML 1.0, section 3.3.3)
        value = value.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")
    return f'"{value}"'


class Parts(NamedTuple):
    """Hold what several formats write of an entry.

    Args:
        id: A URI.
        title: On one line.
        link: A URI.
        published: RFC 3339.
        updated: RFC 3339.
        references: Their addresses as URIs; empty for those without.
        html: The content, UTF-8.
        content: The content, escaped for XML.
        links: The links besides the entry's own page, as Atom elements.
    """

    id: str
    title: str
    link: str
    published: str
    updated: str
    references: tuple[str, ...]
    html: bytes
    content: bytes
    links: bytes


def parts_of(rendered: RenderedEntry, feed: Feed) -> Parts:
    """Return what several formats write of an entry; written once for all feeds that show it alike."""
    key = ("parts", note_language(rendered.entry, feed.language), feed.reference_links)
    return rendered.keep(key, lambda: _make_parts(rendered, feed))


def _make_parts(rendered: RenderedEntry, feed: Feed) -> Parts:
    entry = rendered.entry
    html = rendered.content(feed.language) or _NO_CONTENT
    published = moment(entry.published).isoformat()
    references = tuple([reference.url or "" for reference in entry.references])
    escaped = [reference.url for reference in rendered.references]
    if not are_plain_uris(references):
        references = tuple([to_uri(url) if url else "" for url in references])
        escaped = list(map(escape, references))
    links = _entry_links(rendered, escaped if feed.reference_links == "related" else ()).encode()
    return Parts(
        id=encode_iri(entry.id),
        title=one_line(entry.title),
        link=to_uri(entry.link),
        published=published,
        updated=published if entry.updated is entry.published else moment(entry.updated).isoformat(),
        references=references,
        html=html,
        content=_escaped(html),
        links=links,
    )


def _escaped(html: bytes) -> bytes:
    """Escape long text; on bytes, which is faster for Chinese."""
    data = html.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
    if b"\r" in data:
        data = data.replace(b"\r", b"&#13;")
    return data.replace(b"]]>", b"]]&gt;") if b"]]>" in data else data


def fragments(
    feed: Feed, name: str, write: Callable[[RenderedEntry, Feed], tuple[bytes, ...]], renderer: Renderer
) -> list[bytes]:
    """Return the pieces of a feed's entries, in order; each entry is written once for all feeds that show it alike.

    Args:
        feed: What its entries depend on besides themselves are its authors, its language and `reference_links`.
        name: Of the format that `write` writes.
        write: Writes one entry, in pieces that are joined.
        renderer: Keeps what was written.

    Raises:
        TypeError: It is no Feed.
    """
    if not isinstance(feed, Feed):
        raise TypeError(f"give a Feed, not {type(feed).__name__}; site.feed(language) makes one of a site")
    pieces: list[bytes] = []
    for entry in feed.entries:
        rendered = renderer.render(entry)
        authors = () if entry.authors else feed.authors
        key = (name, feed.reference_links, authors, note_language(entry, feed.language))
        pieces += rendered.keep(key, functools.partial(write, rendered, feed))
    return pieces


def _entry_links(rendered: RenderedEntry, references: Sequence[str]) -> str:
    """Return an entry's links besides its own page, as Atom elements: source, references, translations.

    Never `alternate`: readers take it for the entry's own page (RFC 4287, section 4.2.7.2). NetNewsWire shows the first
    `related` link as the article's, so the source comes first among them, too.
    """
    entry = rendered.entry
    links = [f'<link rel="{relation}" href={address(entry.via)}/>' for relation in ("via", "related") if entry.via]
    links += map(_reference_link, rendered.references, references)
    links += [
        f'<link rel="related" type="text/html" hreflang="{other.language}"'
        f" title={attribute(one_line(other.title))} href={address(other.link)}/>"
        for other in entry.translations
    ]
    text = "".join(links)
    if _LOOKS_LIKE_ESCAPED_HTML.search(text):
        text = _TITLE.sub(lambda found: hexadecimal(found.group()), text)
    return text


def _reference_link(reference: EscapedReference, uri: str) -> str:
    if not uri:
        return ""
    return f'<link rel="related" href="{uri}" title="{reference.title}{reference.rest}"/>'


def feed_links(feed: Feed, form: FeedFormat) -> Iterator[dict[str, str]]:
    """Yield a feed's links as attributes: itself, the hub, its archive, the same feed in other languages."""
    if form.name in feed.addresses:
        yield {"rel": "self", "type": form.media_type, "href": to_uri(feed.addresses[form.name])}
    if feed.hub:
        yield {"rel": "hub", "href": to_uri(feed.hub)}
    for relation, addresses in archive_links(feed):
        if form.name in addresses:
            yield {"rel": relation, "type": form.media_type, "href": to_uri(addresses[form.name])}
    for sibling in feed.siblings:
        if form.name in sibling.addresses:
            yield {
                "rel": "related",
                "type": form.media_type,
                "hreflang": sibling.language,
                "title": one_line(sibling.title),
                "href": to_uri(sibling.addresses[form.name]),
            }


def archive_links(feed: Feed) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the relations of RFC 5005, section 4, each with the addresses of that document."""
    if feed.archive:
        yield "current", feed.archive.current
        yield "prev-archive", feed.archive.previous
        yield "next-archive", feed.archive.next


def is_archive(feed: Feed) -> bool:
    """Return True if a feed is an archive document: not the one that people subscribe to."""
    return feed.archive is not None and bool(feed.archive.current)


def thumbnail(entry: Entry) -> str:
    """Return the Media RSS element of an entry's image; empty without one."""
    return f"<media:thumbnail url={address(entry.image)}/>" if entry.image else ""


def picture(entry: Entry) -> str:
    """Return the Media RSS element that says that an entry's image belongs to it in full size."""
    return f'<media:content medium="image" url={address(entry.image)}/>' if entry.image else ""


def declaration(stylesheet: str | None) -> bytes:
    """Return what stands before the root: the XML declaration and at most a link to a CSS file."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    if stylesheet:
        lines.append(f'<?xml-stylesheet type="text/css" href={attribute(stylesheet)}?>')
    return "\n".join([*lines, ""]).encode()


def address(url: str) -> str:
    """Write an http(s) address as a quoted attribute, percent-encoded and punycoded: a URI is a valid IRI, too."""
    return attribute(to_uri(url))
