"""The parts of an entry that several formats write, rendered once for all documents that show it in the same way."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from ..iri import are_plain_uris, encode_iri, to_uri
from ..rendering.content import find_note_language, render_for_reader
from .xml_text import clean_line, quote_attribute, quote_url, round_date, use_hexadecimal_references

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import Feed
    from ..rendering.rendered_entry import EscapedReference, RenderedEntry

# For an entry that has only a title: blank or missing content causes a warning in Atom and is an error in JSON Feed.
_NO_CONTENT: Final = b"<p></p>"
_LOOKS_LIKE_ESCAPED_HTML = re.compile(r"&(?:lt;|amp;#?\w+;)")
_TITLE_ATTRIBUTE = re.compile(r' title="[^"]*"')


class EntryParts(NamedTuple):
    """The parts of an entry that several formats write.

    Args:
        id: The id as a URI.
        title: The title on one line.
        link: The link as a URI.
        published: The date in RFC 3339 format.
        updated: The date in RFC 3339 format.
        references: The address of each reference as a URI; empty for references without address.
        html: The content in UTF-8.
        content: The content in UTF-8, escaped for XML.
        links: The links besides the entry's own page, as Atom elements in UTF-8.
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


def get_entry_parts(rendered: RenderedEntry, feed: Feed) -> EntryParts:
    """Return the parts of an entry for a feed, rendered once for all feeds that show the entry in the same way."""
    key = ("parts", find_note_language(rendered.entry, feed.language), feed.reference_links)
    return rendered.get_cached(key, lambda: _make_parts(rendered, feed))


def _make_parts(rendered: RenderedEntry, feed: Feed) -> EntryParts:
    entry = rendered.entry
    html = render_for_reader(rendered, feed.language) or _NO_CONTENT
    published = round_date(entry.published).isoformat()
    references = tuple([reference.url or "" for reference in entry.references])
    escaped = [reference.url for reference in rendered.references]
    if not are_plain_uris(references):
        references = tuple([to_uri(url) if url else "" for url in references])
        escaped = list(map(escape, references))
    links = _write_entry_links(rendered, escaped if feed.reference_links == "related" else ()).encode()
    return EntryParts(
        id=encode_iri(entry.id),
        title=clean_line(entry.title),
        link=to_uri(entry.link),
        published=published,
        updated=published if entry.updated is entry.published else round_date(entry.updated).isoformat(),
        references=references,
        html=html,
        content=_escape_html(html),
        links=links,
    )


def _escape_html(html: bytes) -> bytes:
    """Escape the content for XML. It works on bytes, which is faster for Chinese."""
    data = html.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
    if b"\r" in data:
        data = data.replace(b"\r", b"&#13;")
    return data.replace(b"]]>", b"]]&gt;") if b"]]>" in data else data


def _write_entry_links(rendered: RenderedEntry, references: Sequence[str]) -> str:
    """Write the links of an entry besides its own page as Atom elements: source, references, translations.

    None of them is `alternate`, which readers take for the entry's own page (RFC 4287, section 4.2.7.2). NetNewsWire
    shows the first `related` link as the link of the article, so the source is also the first of the `related` links.
    """
    entry = rendered.entry
    links = [f'<link rel="{relation}" href={quote_url(entry.via)}/>' for relation in ("via", "related") if entry.via]
    links += map(_write_reference_link, rendered.references, references)
    links += [
        f'<link rel="related" type="text/html" hreflang="{other.language}"'
        f" title={quote_attribute(clean_line(other.title))} href={quote_url(other.link)}/>"
        for other in entry.translations
    ]
    text = "".join(links)
    if _LOOKS_LIKE_ESCAPED_HTML.search(text):
        text = _TITLE_ATTRIBUTE.sub(lambda match: use_hexadecimal_references(match[0]), text)
    return text


def _write_reference_link(reference: EscapedReference, uri: str) -> str:
    if not uri:
        return ""
    return f'<link rel="related" href="{uri}" title="{reference.title}{reference.publishers}"/>'
