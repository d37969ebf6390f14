"""Feed → JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import functools
import json
from json.encoder import encode_basestring as _text
from typing import TYPE_CHECKING, Any, Final

from ..formats import JSON
from ..iri import to_uri
from . import markup
from .extensions import extension_json, extension_members

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..model import Entry, Feed, Person, Reference, Translation
    from ..rendering.renderer import RenderedEntry
    from .markup import Parts

_VERSION: Final = "https://jsonfeed.org/version/1.1"
_ABOUT: Final = (
    "feedpub: an item's references (number, title, publishers, url), its translations (language, title, url), and the"
    " articles before and after it; of the feed, the same feed in other languages"
)
_ABOUT_TEXT: Final = _text(_ABOUT)


def write_document(feed: Feed, items: Iterable[bytes], namespaces: Mapping[str, str]) -> bytes:
    """Join items that are written already to a document; the feed's own entries are not looked at."""
    head = _dumps(_feed(feed))
    return b'%s,"items":[\n%s\n]}\n' % (head[:-1].encode(), b",\n".join(items))


def _feed(feed: Feed) -> dict[str, Any]:
    siblings = [
        {"language": other.language, "title": markup.one_line(other.title), "url": to_uri(other.addresses[JSON.name])}
        for other in feed.siblings
        if JSON.name in other.addresses
    ]
    return _without_empty(
        version=_VERSION,
        title=markup.one_line(feed.title),
        home_page_url=to_uri(feed.link),
        feed_url=to_uri(feed.addresses[JSON.name]) if JSON.name in feed.addresses else None,
        description=feed.subtitle,
        icon=to_uri(feed.icon) if feed.icon else None,
        authors=_authors(feed.authors),
        language=feed.language,
        hubs=[{"type": "WebSub", "url": to_uri(feed.hub)}] if feed.hub else None,
        next_url=_next_url(feed),
        _feedpub=_without_empty(about=_ABOUT, translations=siblings),
        **extension_members(feed.extensions),
    )


def _next_url(feed: Feed) -> str | None:
    address = feed.archive.previous.get(JSON.name) if feed.archive else None
    return to_uri(address) if address else None


def write_entry(rendered: RenderedEntry, feed: Feed) -> tuple[bytes, ...]:
    """Write an item as `write_document` takes it, in one piece; dictionaries would take three times as long."""
    entry = rendered.entry
    parts = markup.parts_of(rendered, feed)
    title = f',"title":{_text(parts.title)}' if entry.has_title else ""
    before = (
        f'{{"id":{_text(parts.id)},"url":{_text(parts.link)}{_address("external_url", entry.via)}'
        f'{title},"content_html":"'
    )
    after = (
        f'"{_summary(entry)}{_address("image", entry.image)}'
        f',"date_published":"{parts.published}","date_modified":"{parts.updated}"'
        f"{_item_authors(entry.authors or feed.authors)}{_tags(entry)}"
        f',"language":"{entry.language}"{_attachments(entry)}{_own_extension(entry, feed, parts)}'
        f"{extension_json(entry.extensions)}}}"
    )
    return (b"".join([before.encode(), _escaped(parts.html), after.encode()]),)


def _escaped(html: bytes) -> bytes:
    """Escape long text as `_text` does, without quotes; on bytes, which is faster. No value holds other controls."""
    data = html.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return data.replace(b"\t", b"\\t").replace(b"\r", b"\\r")


def _summary(entry: Entry) -> str:
    return f',"summary":{_text(entry.summary)}' if entry.summary else ""


def _address(name: str, url: str | None) -> str:
    return f',"{name}":{_text(to_uri(url))}' if url else ""


@functools.lru_cache(maxsize=1024)
def _item_authors(authors: tuple[Person, ...]) -> str:
    return f',"authors":{_dumps(_authors(authors))}' if authors else ""


def _tags(entry: Entry) -> str:
    tags = ",".join([_text(category.label or category.term) for category in entry.categories])
    return f',"tags":[{tags}]' if tags else ""


def _attachments(entry: Entry) -> str:
    if not entry.enclosures:
        return ""
    files = [
        _without_empty(url=to_uri(file.url), mime_type=file.type, size_in_bytes=file.length)
        for file in entry.enclosures
    ]
    return f',"attachments":{_dumps(files)}'


def _own_extension(entry: Entry, feed: Feed, parts: Parts) -> str:
    members = ""
    if feed.reference_links == "related" and entry.references:
        members = f',"references":[{",".join(_references(entry.references, parts.references))}]'
    if entry.translations:
        members += f',"translations":[{",".join(map(_translation, entry.translations))}]'
    for name, near in (("previous", entry.previous), ("next", entry.next)):
        if near:
            members += f',"{name}":{_reference(near, to_uri(near.url) if near.url else "")}'
    return f',"_feedpub":{{"about":{_ABOUT_TEXT}{members}}}' if members else ""


def _references(references: Sequence[Reference], urls: Sequence[str]) -> list[str]:
    """Write references, with their addresses as URIs; empty for those without."""
    given = enumerate(zip(references, urls, strict=True), start=1)
    text = "".join([f"{reference.title}{''.join(reference.publishers) or _ODD}" for reference in references])
    if '"' in text or "\\" in text or not text.isprintable() or "" in urls:
        return [_reference(reference, url, f'{{"number":{number},') for number, (reference, url) in given]
    # The usual ones, which JSON writes as they are: a site has ten times more references than entries.
    return [
        f'{{"number":{number},"title":"{reference.title}","publishers":["{_BETWEEN.join(reference.publishers)}"]'
        f',"url":"{url}"}}'
        for number, (reference, url) in given
    ]


_BETWEEN: Final = '","'
_ODD: Final = '"'  # stands for no publisher: written in another way


def _reference(reference: Reference, url: str, start: str = "{") -> str:
    publishers = f',"publishers":[{",".join(map(_text, reference.publishers))}]' if reference.publishers else ""
    address = f',"url":{_text(url)}' if url else ""
    return f'{start}"title":{_text(reference.title)}{publishers}{address}}}'


def _translation(other: Translation) -> str:
    title = _text(markup.one_line(other.title))
    return f'{{"language":"{other.language}","title":{title},"url":{_text(to_uri(other.link))}}}'


def _authors(authors: Iterable[Person]) -> list[dict[str, Any]]:
    return [
        _without_empty(name=markup.one_line(person.name), url=to_uri(person.uri) if person.uri else None)
        for person in authors
    ]


def _without_empty(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
