"""What a feed says that can be compared with other feeds: its addresses, language, links, and the entries it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .dates import parse_rfc822, parse_rfc3339
from .links import relation_of

if TYPE_CHECKING:
    from datetime import datetime

    from .elements import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSummary:
    """A link of a feed.

    Args:
        relation: ``self``, ``related`` …
        address: As it is written.
        language: ``hreflang``; empty if there is none.
        media_type: Empty if there is none.
        offset: Its position, in bytes of UTF-8.
    """

    relation: str
    address: str
    language: str = ""
    media_type: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySummary:
    """An entry or item.

    Args:
        id: Atom id, guid, or id of JSON.
        address: Of its page.
        language: Its own, or that of the feed.
        published: None if it has no date of publication, or none that can be read.
        updated: None if it has no date of change, or none that can be read.
        offset: Its position, in bytes of UTF-8.
    """

    id: str
    address: str = ""
    language: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    offset: int = 0


@dataclass(slots=True, kw_only=True)
class FeedSummary:
    """A feed, filled while it is read.

    Args:
        format: ``atom``, ``rss``, ``rss1`` (also RSS 0.90), ``json`` or ``opml``.
        id: Of Atom; empty in other formats.
        language: Empty if the feed does not say it.
        home: Address of the page that it belongs to.
        is_archive: Whether it is an archive document (RFC 5005).
        links: Of the feed; of OPML its outlines.
        entries: In document order.
    """

    format: str
    id: str = ""
    language: str = ""
    home: str = ""
    is_archive: bool = False
    links: list[LinkSummary] = field(default_factory=list)
    entries: list[EntrySummary] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the feed says that it is; empty if it does not."""
        return next((link.address for link in self.links if link.relation == "self"), "")


def summarise_link(link: Element) -> LinkSummary:
    """Return the summary of an Atom link."""
    return LinkSummary(
        relation=relation_of(link),
        address=link.attributes.get("href", "").strip(),
        language=link.attributes.get("hreflang", "").strip(),
        media_type=link.attributes.get("type", "").partition(";")[0].strip().lower(),
        offset=link.offset,
    )


def summarise_atom_entry(entry: Element) -> EntrySummary:
    """Return the summary of an entry of Atom."""
    links = (link for link in entry.find_all("atom:link") if relation_of(link) == "alternate")
    return EntrySummary(
        id=entry.find_text("atom:id"),
        address=next((link.attributes.get("href", "").strip() for link in links), ""),
        language=entry.inherited("xml:lang"),
        published=parse_rfc3339(entry.find_text("atom:published")),
        updated=parse_rfc3339(entry.find_text("atom:updated")),
        offset=entry.offset,
    )


def summarise_atom_feed(feed: Element, summary: FeedSummary) -> None:
    """Add to a summary what a feed of Atom says beside its entries."""
    summary.id = feed.find_text("atom:id")
    summary.language = feed.inherited("xml:lang")
    summary.is_archive = feed.find("fh:archive") is not None
    summary.links = [summarise_link(link) for link in feed.find_all("atom:link")]
    summary.home = next((link.address for link in summary.links if link.relation == "alternate"), "")


def summarise_rss_item(item: Element) -> EntrySummary:
    """Return the summary of an item of RSS."""
    published = parse_rfc822(item.find_text("pubDate")) or parse_rfc3339(item.find_text("dc:date"))
    return EntrySummary(
        id=item.find_text("guid"),
        address=item.find_text("link"),
        language=item.find_text("dc:language") or item.inherited("xml:lang"),
        published=published,
        updated=parse_rfc3339(item.find_text("atom:updated")) or published,
        offset=item.offset,
    )


def summarise_rss_channel(channel: Element, summary: FeedSummary) -> None:
    """Add to a summary what a channel of RSS says beside its items."""
    summary.language = channel.find_text("language") or channel.find_text("dc:language")
    summary.home = channel.find_text("link")
    summary.is_archive = channel.find("fh:archive") is not None
    summary.links = [summarise_link(link) for link in channel.find_all("atom:link")]


def summarise_json_feed(feed: dict[str, Any]) -> FeedSummary:
    """Return the summary of a JSON feed."""
    summary = FeedSummary(
        format="json", language=_read_string(feed, "language"), home=_read_string(feed, "home_page_url")
    )
    for relation, name in (("self", "feed_url"), ("next", "next_url")):
        if _read_string(feed, name):
            summary.links.append(LinkSummary(relation=relation, address=_read_string(feed, name)))
    items = feed.get("items")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            summary.entries.append(
                EntrySummary(
                    id=str(item.get("id", "")),
                    address=_read_string(item, "url"),
                    language=_read_string(item, "language") or summary.language,
                    published=parse_rfc3339(_read_string(item, "date_published")),
                    updated=parse_rfc3339(_read_string(item, "date_modified"))
                    or parse_rfc3339(_read_string(item, "date_published")),
                )
            )
    return summary


def _read_string(members: dict[str, Any], name: str) -> str:
    value = members.get(name)
    return value.strip() if isinstance(value, str) else ""
