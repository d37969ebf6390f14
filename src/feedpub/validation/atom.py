"""Atom 1.0 (RFC 4287): its elements as tables, and the rules that compare elements with each other."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ..iri import normalise_url
from .addresses import check_id, check_iri_reference
from .dates import check_rfc3339, find_implausible, parse_rfc3339
from .elements import display_name
from .extensions import CLOSED_PREFIXES, EXTENSIONS
from .faults import quote
from .languages import report_language
from .links import LINK, check_paging, check_self, find_links
from .schema import Attribute, Schema, Vocabulary, required, several, single, text_of
from .summaries import FeedSummary, summarise_atom_entry, summarise_atom_feed
from .text_constructs import check_content, check_text_construct, needs_summary
from .values import check_email, check_not_blank, check_plain_name

if TYPE_CHECKING:
    from datetime import datetime

    from .elements import Element
    from .report import Report


def _check_plausible(element: Element, report: Report) -> None:
    """Warn of a date before feeds began, or of tomorrow."""
    reason = find_implausible(parse_rfc3339(element.text.strip()), report.now)
    if reason:
        report.add("W301", f"{display_name(element.name)}: {element.text.strip()} {reason}", element)


PERSON: Final = Schema(
    children=MappingProxyType(
        {
            "atom:name": required(text_of(check_plain_name)),
            "atom:uri": single(text_of(check_iri_reference, is_exact=True)),
            "atom:email": single(text_of(check_email)),
        }
    )
)
CATEGORY: Final = Schema(
    has_text=True,
    attributes=MappingProxyType(
        {
            "term": Attribute(check=check_not_blank, is_required=True),
            "scheme": Attribute(check=check_iri_reference, is_exact=True),
            "label": Attribute(check=check_plain_name),
        }
    ),
)
_TEXT: Final = Schema(
    has_text=True, is_open=True, attributes=MappingProxyType({"type": Attribute()}), rules=(check_text_construct,)
)
_CONTENT: Final = Schema(
    has_text=True,
    is_open=True,
    attributes=MappingProxyType({"type": Attribute(), "src": Attribute()}),
    rules=(check_content,),
)
_DATE: Final = text_of(check_rfc3339, _check_plausible, is_exact=True)


def _check_normal_form(element: Element, report: Report) -> None:
    """Note an id that programs may rewrite, after which it is another id (RFC 4287, section 4.2.6.1)."""
    identifier = element.text.strip()
    if identifier.lower().startswith(("http:", "https:")) and identifier.isascii() and not check_id(identifier):
        normal = normalise_url(identifier)
        if normal != identifier:
            report.add("N405", f"programs may rewrite the id {quote(identifier)} as {quote(normal)}", element)


_ID: Final = text_of(check_id, _check_normal_form, is_exact=True)
_ADDRESS: Final = text_of(check_iri_reference, is_exact=True)

_METADATA: Final = {
    "atom:author": several(PERSON),
    "atom:category": several(CATEGORY),
    "atom:contributor": several(PERSON),
    "atom:link": several(LINK),
    "atom:rights": single(_TEXT),
}
_FEED_METADATA: Final = {
    **_METADATA,
    "atom:generator": single(
        text_of(
            check_plain_name,
            uri=Attribute(check=check_iri_reference, is_exact=True),
            version=Attribute(check=check_not_blank),
        )
    ),
    "atom:icon": single(_ADDRESS),
    "atom:logo": single(_ADDRESS),
    "atom:subtitle": single(_TEXT),
}
_SOURCE: Final = Schema(
    children=MappingProxyType(
        {
            **_FEED_METADATA,
            "atom:id": single(_ID),
            "atom:title": single(_TEXT),
            "atom:updated": single(_DATE),
        }
    )
)


def _check_alternates(element: Element, report: Report) -> None:
    """Report two alternate links of the same type and language (RFC 4287, sections 4.1.1 and 4.1.2)."""
    kinds: set[tuple[str, str]] = set()
    for link in find_links(element, "alternate"):
        kind = (link.attributes.get("type", "").lower(), link.attributes.get("hreflang", "").lower())
        if kind in kinds:
            described = " and ".join(filter(None, (kind[0], kind[1] and f"language {kind[1]}"))) or "no type"
            report.add("E403", f"another alternate link has {described} as well", link)
        kinds.add(kind)


def _check_content_or_link(entry: Element, report: Report) -> None:
    """Report an entry without content that has no page either (RFC 4287, section 4.1.1)."""
    content, summary = entry.find("atom:content"), entry.find("atom:summary")
    if content is None:
        if not find_links(entry, "alternate"):
            report.add("E404", "the entry has neither content nor an alternate link", entry)
        if summary is None:
            report.add("N402", "the entry has neither summary nor content", entry)
    elif summary is None and needs_summary(content):
        report.add("E409", "an entry needs a summary if its content is elsewhere or in Base64", entry)


def _check_dates(entry: Element, report: Report) -> None:
    published, updated = (parse_rfc3339(entry.find_text(name)) for name in ("atom:published", "atom:updated"))
    if published and updated and updated < published:
        element = entry.find("atom:updated") or entry
        report.add("W407", f"the entry was updated ({updated}) before it was published ({published})", element)


def _check_language(entry: Element, report: Report) -> None:
    """Warn of a text that is not in the script of its language."""
    title = entry.find("atom:title")
    if title is not None:
        text = entry.find("atom:content") or entry.find("atom:summary")
        language = title.inherited("xml:lang")
        report_language(report, title, title.text, text.text if text else "", language)


def _check_languages_of_links(entry: Element, report: Report) -> None:
    links = find_links(entry, "alternate")
    if len({link.attributes.get("hreflang", "").lower() for link in links}) > 1:
        report.add("N403", "the entry has alternate links in several languages", links[1])


ENTRY: Final = Schema(
    children=MappingProxyType(
        {
            **_METADATA,
            "atom:id": required(_ID),
            "atom:title": required(_TEXT),
            "atom:updated": required(_DATE),
            "atom:published": single(_DATE),
            "atom:summary": single(_TEXT),
            "atom:content": single(_CONTENT),
            "atom:source": single(_SOURCE),
        }
    ),
    rules=(_check_alternates, _check_content_or_link, _check_dates, _check_language, _check_languages_of_links),
)


def _check_self(feed: Element, report: Report) -> None:
    check_self(feed, report, "W401")


FEED: Final = Schema(
    children=MappingProxyType(
        {
            **_FEED_METADATA,
            "atom:id": required(_ID),
            "atom:title": required(_TEXT),
            "atom:updated": required(_DATE),
        }
    ),
    rules=(_check_alternates, _check_self, check_paging),
)

VOCABULARY: Final = Vocabulary(
    missing="E401", repeated="E402", prefix="atom:", extensions=EXTENSIONS, closed_prefixes=CLOSED_PREFIXES
)


class AtomHandler:
    """Checks a feed of Atom, entry by entry, and what its entries have in common."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.summary = FeedSummary(format="atom")
        self.root: Element | None = None
        self.updated_by_id: dict[str, str] = {}
        self.updates: set[str] = set()
        self.newest: datetime | None = None
        self.without_author: list[int] = []

    def start_root(self, root: Element) -> None:
        """Take the feed, or an entry that is a document of its own."""
        self.root = root

    def is_entry(self, element: Element) -> bool:
        """Return True for an entry of the feed."""
        return element.name == "atom:entry" and element.parent is self.root

    def check_entry(self, entry: Element) -> None:
        """Check an entry."""
        VOCABULARY.check_element(entry, ENTRY, self.report)
        source = entry.find("atom:source")
        if entry.find("atom:author") is None and (source is None or source.find("atom:author") is None):
            self.without_author.append(entry.offset)
        self._compare_with_others(entry)
        self.summary.entries.append(summarise_atom_entry(entry))
        if not entry.inherited("xml:lang"):
            self.report.add("N304", "neither the entry nor the feed says its language", entry, hint="add xml:lang")

    def check_document(self, root: Element) -> None:
        """Check the feed without its entries."""
        if root.name == "atom:entry":
            self.check_entry(root)
        else:
            VOCABULARY.check_element(root, FEED, self.report)
            self._check_updated(root)
            summarise_atom_feed(root, self.summary)
        if root.find("atom:author") is None:
            for offset in self.without_author:
                self.report.add("E401", "entry has no author, and neither has the feed", offset)

    def _compare_with_others(self, entry: Element) -> None:
        identifier, updated = entry.find_text("atom:id"), entry.find_text("atom:updated")
        if identifier in self.updated_by_id:
            same = self.updated_by_id[identifier] == updated
            message = f"another entry has the id {quote(identifier)}{' and the same date' if same else ''}"
            self.report.add("E408" if same else "W414", message, entry.find("atom:id") or entry)
        elif updated and updated in self.updates:
            self.report.add("N406", f"another entry has the date {updated}", entry.find("atom:updated") or entry)
        if identifier:
            self.updated_by_id[identifier] = updated
        self.updates.add(updated)
        moment = parse_rfc3339(updated)
        if moment and (self.newest is None or moment > self.newest):
            self.newest = moment

    def _check_updated(self, feed: Element) -> None:
        moment = parse_rfc3339(feed.find_text("atom:updated"))
        if moment and self.newest and moment < self.newest:
            message = f"the feed was updated at {moment.isoformat()}, an entry of it at {self.newest.isoformat()}"
            self.report.add("W408", message, feed.find("atom:updated") or feed)
