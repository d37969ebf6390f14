"""The rules of Atom links in Atom and RSS feeds: attributes, relations, self, paging (RFC 5005), WebSub."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ..iri import normalise_url
from .addresses import check_iri, check_iri_reference
from .dates import check_rfc3339
from .elements import display_name
from .faults import quote
from .schema import Attribute, Schema
from .values import check_language, check_media_type, check_non_negative, check_not_blank, check_plain_name

if TYPE_CHECKING:
    from .elements import Element
    from .faults import Fault
    from .report import Report

# Registered at IANA (https://www.iana.org/assignments/link-relations) and of use in feeds.
RELATIONS: Final = frozenset(
    """about alternate amphtml appendix archives author bookmark canonical collection contents copyright current
    describedby describes disclosure duplicate edit edit-form edit-media enclosure first glossary help hub icon index
    item last latest-version license lrdd me memento monitor next next-archive nofollow noreferrer original payment
    predecessor-version prev prev-archive preview previous privacy-policy related replies search section self
    service shortlink start status stylesheet subsection successor-version tag terms-of-service timegate timemap
    type up version-history via webmention working-copy""".split()
)
PAGING_RELATIONS: Final = frozenset("first last previous next".split())
ARCHIVE_RELATIONS: Final = frozenset("prev-archive next-archive current".split())
_FEED_RELATIONS: Final = PAGING_RELATIONS | ARCHIVE_RELATIONS
_REGISTRY: Final = "http://www.iana.org/assignments/relation/"
_FEED_TYPES: Final = frozenset(
    """application/atom+xml application/rss+xml application/rdf+xml application/xml application/feed+json
    application/json text/xml""".split()
)


def relation_of(link: Element) -> str:
    """Return the relation of a link: ``alternate`` if it names none (RFC 4287, section 4.2.7.2)."""
    relation = link.attributes.get("rel", "alternate")
    return relation if relation in RELATIONS else relation.strip().removeprefix(_REGISTRY)


def find_links(element: Element, relation: str) -> list[Element]:
    """Return the links of an element that have a relation."""
    return [child for child in element.children if child.name == "atom:link" and relation_of(child) == relation]


def check_self(feed: Element, report: Report, code: str) -> None:
    """Check the link of a feed to itself.

    Args:
        feed: The feed or channel.
        report: Where faults are reported.
        code: Of the rule that there must be one.
    """
    links = find_links(feed, "self")
    if not links:
        report.add(code, f"the {display_name(feed.name)} has no link to itself", feed)
    for link in links:
        address = link.attributes.get("href", "").strip()
        if address and check_iri(address) and not link.inherited("xml:base"):
            report.add("W415", f"the link to itself, {quote(address)}, is relative", link, attribute="href")
        elif report.url and address and not is_same_document(address, report.url):
            message = f"the feed says that it is at {quote(address)}, and it is at {quote(report.url)}"
            report.add("W402", message, link, attribute="href")
        kind = link.attributes.get("type", "").partition(";")[0].strip().lower()
        if kind and kind not in _FEED_TYPES and not check_media_type(kind):
            report.add(
                "W413",
                f"the link to itself is of type {quote(kind)}, which is not that of a feed",
                link,
                attribute="type",
            )
    if find_links(feed, "hub") and not links:
        report.add("W416", "the feed names a hub and no link to itself, which a hub needs", find_links(feed, "hub")[0])


def check_paging(feed: Element, report: Report) -> None:
    """Check how a feed is divided into documents (RFC 5005)."""
    is_archive, is_complete = feed.find("fh:archive"), feed.find("fh:complete")
    for link in feed.find_all("atom:link"):
        relation = relation_of(link)
        is_allowed = relation == "current" and _leads_to_itself(link, feed)
        if is_complete is not None and relation in _FEED_RELATIONS and not is_allowed:
            report.add("E417", f"a complete feed has a link {quote(relation)}", link, attribute="rel")
        if relation in ("next", "previous", "prev-archive", "next-archive") and _leads_to_itself(link, feed):
            report.add("E418", f"the link {quote(relation)} leads to the document itself", link, attribute="href")
    for last, beyond in (("last", "next"), ("first", "previous")):
        links = find_links(feed, beyond)
        if links and any(_leads_to_itself(link, feed) for link in find_links(feed, last)):
            report.add("E418", f"the document is the {last} one, and has a link {quote(beyond)}", links[0])
    if is_archive is not None and is_complete is None and not find_links(feed, "current"):
        report.add("W409", "an archive document has no link to the current feed", is_archive)
    for relation in sorted(_FEED_RELATIONS):
        links = find_links(feed, relation)
        if len(links) > 1 and len({link.attributes.get("href") for link in links}) > 1:
            report.add("E419", f"there are two links {quote(relation)} to different documents", links[1])


def _check_relation(value: str) -> Fault | None:
    if value in RELATIONS:
        return None
    if not value:
        return "W302", "the relation is empty"
    relation = value.removeprefix(_REGISTRY)
    if relation in RELATIONS or (":" in relation and check_iri(relation) is None):
        return None
    suggestion = relation.lower() if relation.lower() in RELATIONS else ""
    return "W403", f"{quote(value)} is not a registered relation{f'; write {suggestion}' if suggestion else ''}"


def _check_link(link: Element, report: Report) -> None:
    if link.text.strip():
        report.add("W405", "a link of Atom contains text", link)
    relation = relation_of(link)
    if relation in _FEED_RELATIONS and link.parent is not None and link.parent.name in ("atom:entry", "item"):
        message = f"the relation {quote(relation)} belongs to feeds, not to entries"
        report.add("W410", message, link, attribute="rel")
    if relation != "replies":
        for name in ("thr:count", "thr:updated"):
            if name in link.attributes:
                report.add("E313", f"{name} belongs to links with rel=replies", link, attribute=name)
    if relation == "enclosure" and "length" not in link.attributes:
        report.add("N401", "the enclosure does not say its length", link)


def is_same_document(address: str, url: str) -> bool:
    """Return True if two addresses are those of one document: they may differ in their fragments and spelling."""
    return normalise_url(address.partition("#")[0]) == normalise_url(url.partition("#")[0])


def _leads_to_itself(link: Element, feed: Element) -> bool:
    address = link.attributes.get("href", "").strip()
    return any(
        is_same_document(address, self_link.attributes.get("href", "")) for self_link in find_links(feed, "self")
    )


LINK: Final = Schema(
    has_text=True,
    is_open=True,
    attributes=MappingProxyType(
        {
            "href": Attribute(check=check_iri_reference, is_required=True, is_exact=True),
            "rel": Attribute(check=_check_relation, is_exact=True),
            "type": Attribute(check=check_media_type),
            "hreflang": Attribute(check=check_language),
            "title": Attribute(check=check_plain_name),
            "length": Attribute(check=check_non_negative),
            "thr:count": Attribute(check=check_non_negative),
            "thr:updated": Attribute(check=check_rfc3339),
            "media": Attribute(check=check_not_blank),
        }
    ),
    rules=(_check_link,),
)
