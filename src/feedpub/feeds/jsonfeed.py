"""Feed → JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ..content import render
from ..iri import to_uri
from . import markup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model import Entry, Feed, Person, Reference

_VERSION: Final = "https://jsonfeed.org/version/1.1"
_ABOUT: Final = (
    "feedpub: an item's references (number, title, publishers, url), its translations (language, title, url), and the"
    " articles before and after it; of the feed, the same feed in other languages"
)


def to_json(feed: Feed) -> bytes:
    """Write a feed as a JSON Feed 1.1 document, UTF-8; references and translations stand in ``_feedpub``."""
    return json_document(feed, markup.fragments(feed, "json", json_item))


def json_document(feed: Feed, items: Iterable[bytes]) -> bytes:
    """Join items that are written already to a document; the feed's own entries are not looked at."""
    head = _dumps(_feed(feed))
    return b'%s,"items":[\n%s\n]}\n' % (head[:-1].encode(), b",\n".join(items))


def _feed(feed: Feed) -> dict[str, Any]:
    siblings = [
        {"language": other.language, "title": markup.one_line(other.title), "url": to_uri(other.addresses["json"])}
        for other in feed.siblings
        if "json" in other.addresses
    ]
    return _without_empty(
        version=_VERSION,
        title=markup.one_line(feed.title),
        home_page_url=to_uri(feed.link),
        feed_url=to_uri(feed.addresses["json"]) if "json" in feed.addresses else None,
        description=feed.subtitle,
        icon=to_uri(feed.icon) if feed.icon else None,
        authors=_authors(feed.authors),
        language=feed.language,
        hubs=[{"type": "WebSub", "url": to_uri(feed.hub)}] if feed.hub else None,
        next_url=_next_url(feed),
        _feedpub=_without_empty(about=_ABOUT, translations=siblings),
    )


def _next_url(feed: Feed) -> str | None:
    address = feed.archive.previous.get("json") if feed.archive else None
    return to_uri(address) if address else None


def json_item(entry: Entry, feed: Feed) -> tuple[bytes, ...]:
    """Write an item as `json_document` takes it, in one piece."""
    return (_dumps(_values(entry, feed)).encode(),)


def _values(entry: Entry, feed: Feed) -> dict[str, Any]:
    return _without_empty(
        id=markup.uri(entry.id),
        url=to_uri(entry.link),
        external_url=to_uri(entry.via) if entry.via else None,
        title=markup.one_line(entry.title),
        content_html=render(entry, feed.language) or markup.NO_CONTENT,
        summary=entry.summary,
        image=to_uri(entry.image) if entry.image else None,
        date_published=markup.moment(entry.published).isoformat(),
        date_modified=markup.moment(entry.updated).isoformat(),
        authors=_authors(entry.authors or feed.authors),
        tags=[category.label or category.term for category in entry.categories],
        language=entry.language,
        attachments=[
            _without_empty(url=to_uri(file.url), mime_type=file.type, size_in_bytes=file.length)
            for file in entry.enclosures
        ],
        _feedpub=_extension(entry, feed),
    )


def _extension(entry: Entry, feed: Feed) -> dict[str, Any] | None:
    references = enumerate(entry.references, start=1) if feed.reference_links == "related" else ()
    found = _without_empty(
        references=[_reference(reference, number) for number, reference in references],
        translations=[
            {"language": other.language, "title": markup.one_line(other.title), "url": to_uri(other.link)}
            for other in entry.translations
        ],
        previous=_reference(entry.previous) if entry.previous else None,
        next=_reference(entry.next) if entry.next else None,
    )
    return {"about": _ABOUT, **found} if found else None


def _reference(reference: Reference, number: int | None = None) -> dict[str, Any]:
    return _without_empty(
        number=number,
        title=reference.title,
        publishers=list(reference.publishers),
        url=to_uri(reference.url) if reference.url else None,
    )


def _authors(authors: Iterable[Person]) -> list[dict[str, Any]]:
    return [
        _without_empty(name=markup.one_line(person.name), url=to_uri(person.uri) if person.uri else None)
        for person in authors
    ]


def _without_empty(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _dumps(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
