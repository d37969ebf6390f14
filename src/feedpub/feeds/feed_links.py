"""The links of a feed besides its page: itself, its hub, its archive, and the same feed in other languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..iri import to_uri
from .xml_text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..formats import FeedFormat
    from ..model import Feed


def iterate_feed_links(feed: Feed, feed_format: FeedFormat) -> Iterator[dict[str, str]]:
    """Yield the attributes of each link of a feed: itself, its hub, its archive, the feeds in other languages."""
    if feed_format.name in feed.addresses:
        yield {"rel": "self", "type": feed_format.media_type, "href": to_uri(feed.addresses[feed_format.name])}
    if feed.hub:
        yield {"rel": "hub", "href": to_uri(feed.hub)}
    for relation, addresses in _iterate_archive_links(feed):
        if feed_format.name in addresses:
            yield {"rel": relation, "type": feed_format.media_type, "href": to_uri(addresses[feed_format.name])}
    for sibling in feed.siblings:
        if feed_format.name in sibling.addresses:
            yield {
                "rel": "related",
                "type": feed_format.media_type,
                "hreflang": sibling.language,
                "title": clean_line(sibling.title),
                "href": to_uri(sibling.addresses[feed_format.name]),
            }


def _iterate_archive_links(feed: Feed) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the link relations of RFC 5005, section 4, each with the addresses of that document."""
    if feed.archive:
        yield "current", feed.archive.current
        yield "prev-archive", feed.archive.previous
        yield "next-archive", feed.archive.next


def is_archive_document(feed: Feed) -> bool:
    """Return True if a feed is an archive document, not the document that people subscribe to."""
    return feed.archive is not None and bool(feed.archive.current)
