"""Write a feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import functools
import json
from json.encoder import encode_basestring as _quote_text
from typing import TYPE_CHECKING, Any, Final

from ..formats import JSON
from ..iri import to_uri
from .entry_parts import get_entry_parts
from .extensions import make_extension_members
from .xml_text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..model import Entry, Extension, Feed, Person, Reference, Translation
    from ..rendering.rendered_entry import RenderedEntry
    from .entry_parts import EntryParts

_VERSION: Final = "https://jsonfeed.org/version/1.1"
_ABOUT: Final = (
    "feedpub: an item's references (number, title, publishers, url), its translations (language, title, url), and the"
    " articles before and after it; of the feed, the same feed in other languages"
)
_ABOUT_TEXT: Final = _quote_text(_ABOUT)


def write_document(feed: Feed, items: Iterable[bytes], namespaces: Mapping[str, str]) -> bytes:
    """Write a document with items that `write_entry` has written; `feed.entries` is not used."""
    head = _format_json(_make_feed_members(feed))
    return b'%s,"items":[\n%s\n]}\n' % (head[:-1].encode(), b",\n".join(items))


def _make_feed_members(feed: Feed) -> dict[str, Any]:
    siblings = [
        {"language": other.language, "title": clean_line(other.title), "url": to_uri(other.addresses[JSON.name])}
        for other in feed.siblings
        if JSON.name in other.addresses
    ]
    return _drop_empty(
        version=_VERSION,
        title=clean_line(feed.title),
        home_page_url=to_uri(feed.link),
        feed_url=to_uri(feed.addresses[JSON.name]) if JSON.name in feed.addresses else None,
        description=feed.subtitle,
        icon=to_uri(feed.icon) if feed.icon else None,
        authors=_make_authors(feed.authors),
        language=feed.language,
        hubs=[{"type": "WebSub", "url": to_uri(feed.hub)}] if feed.hub else None,
        next_url=_find_next_url(feed),
        _feedpub=_drop_empty(about=_ABOUT, translations=siblings),
        **make_extension_members(feed.extensions),
    )


def _find_next_url(feed: Feed) -> str | None:
    address = feed.archive.previous.get(JSON.name) if feed.archive else None
    return to_uri(address) if address else None


def write_entry(rendered: RenderedEntry, feed: Feed) -> tuple[bytes, ...]:
    """Write an item for `write_document`, in one piece. Building it from dictionaries takes three times as long."""
    entry = rendered.entry
    parts = get_entry_parts(rendered, feed)
    title = f',"title":{_quote_text(parts.title)}' if entry.has_title else ""
    before = (
        f'{{"id":{_quote_text(parts.id)},"url":{_quote_text(parts.link)}{_write_address("external_url", entry.via)}'
        f'{title},"content_html":"'
    )
    after = (
        f'"{_write_summary(entry)}{_write_address("image", entry.image)}'
        f',"date_published":"{parts.published}","date_modified":"{parts.updated}"'
        f"{_write_authors(entry.authors or feed.authors)}{_write_tags(entry)}"
        f',"language":"{entry.language}"{_write_attachments(entry)}{_write_feedpub_extension(entry, feed, parts)}'
        f"{_write_extensions(entry.extensions)}}}"
    )
    return (b"".join([before.encode(), _escape_html(parts.html), after.encode()]),)


def _escape_html(html: bytes) -> bytes:
    """Escape the content as `_quote_text` does, without quotes, on bytes, which is faster. It has no other controls."""
    data = html.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return data.replace(b"\t", b"\\t").replace(b"\r", b"\\r")


def _write_summary(entry: Entry) -> str:
    return f',"summary":{_quote_text(entry.summary)}' if entry.summary else ""


def _write_address(name: str, url: str | None) -> str:
    return f',"{name}":{_quote_text(to_uri(url))}' if url else ""


@functools.lru_cache(maxsize=1024)
def _write_authors(authors: tuple[Person, ...]) -> str:
    return f',"authors":{_format_json(_make_authors(authors))}' if authors else ""


def _write_tags(entry: Entry) -> str:
    tags = ",".join([_quote_text(category.label or category.term) for category in entry.categories])
    return f',"tags":[{tags}]' if tags else ""


def _write_attachments(entry: Entry) -> str:
    if not entry.enclosures:
        return ""
    files = [
        _drop_empty(url=to_uri(enclosure.url), mime_type=enclosure.type, size_in_bytes=enclosure.length)
        for enclosure in entry.enclosures
    ]
    return f',"attachments":{_format_json(files)}'


def _write_feedpub_extension(entry: Entry, feed: Feed, parts: EntryParts) -> str:
    members = ""
    if feed.reference_links == "related" and entry.references:
        members = f',"references":[{",".join(_write_references(entry.references, parts.references))}]'
    if entry.translations:
        members += f',"translations":[{",".join(map(_write_translation, entry.translations))}]'
    for name, neighbour in (("previous", entry.previous), ("next", entry.next)):
        if neighbour:
            members += f',"{name}":{_write_reference(neighbour, to_uri(neighbour.url) if neighbour.url else "")}'
    return f',"_feedpub":{{"about":{_ABOUT_TEXT}{members}}}' if members else ""


def _write_extensions(extensions: Sequence[Extension]) -> str:
    """Write the members for extensions, after other members."""
    return f",{_format_json(make_extension_members(extensions))[1:-1]}" if extensions else ""


def _write_references(references: Sequence[Reference], urls: Sequence[str]) -> list[str]:
    """Write references with their numbers; `urls` has their addresses as URIs, empty for those without one."""
    numbered = enumerate(zip(references, urls, strict=True), start=1)
    return [_write_reference(reference, url, f'{{"number":{number},') for number, (reference, url) in numbered]


def _write_reference(reference: Reference, url: str, start: str = "{") -> str:
    publishers = f',"publishers":[{",".join(map(_quote_text, reference.publishers))}]' if reference.publishers else ""
    address = f',"url":{_quote_text(url)}' if url else ""
    return f'{start}"title":{_quote_text(reference.title)}{publishers}{address}}}'


def _write_translation(other: Translation) -> str:
    title = _quote_text(clean_line(other.title))
    return f'{{"language":"{other.language}","title":{title},"url":{_quote_text(to_uri(other.link))}}}'


def _make_authors(authors: Iterable[Person]) -> list[dict[str, Any]]:
    return [
        _drop_empty(name=clean_line(person.name), url=to_uri(person.uri) if person.uri else None) for person in authors
    ]


def _drop_empty(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _format_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
