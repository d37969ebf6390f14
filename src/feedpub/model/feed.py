"""The entries of one language, and where their documents are served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from .. import iri
from ..formats import FORMATS
from .checks import FieldChecker, quote_value
from .entry import Entry
from .extensions import Extension, check_extensions, collect_namespaces
from .values import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

# Default of `updated`. No feed can have it as a date, since it has no time zone.
_DATE_OF_NEWEST_ENTRY: Final = datetime.min
# The date of a feed without entries does not depend on a clock. The W3C validator warns about dates before 1990.
_NO_DATE: Final = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The neighbours of one document of a feed that is split over several documents (RFC 5005, section 4).

    People subscribe to the newest document; archive documents contain the older entries and hardly ever change. Each
    mapping is format name (``atom``, ``rss``, ``json``) → address.

    Args:
        current: The newest document, ``link rel=current``; empty for the newest document itself. With addresses, the
            document is an archive document and has ``fh:archive``.
        previous: The archive document with the next older entries: ``link rel=prev-archive``, JSON ``next_url``.
        next: The archive document with the next newer entries, ``link rel=next-archive``; never the newest document.

    Raises:
        FieldError: A format that does not exist, or an address that is not absolute.
    """

    current: Mapping[str, str] = field(default_factory=dict, hash=False)
    previous: Mapping[str, str] = field(default_factory=dict, hash=False)
    next: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        checker = FieldChecker(self, "")
        for field_name in ("current", "previous", "next"):
            _check_addresses(checker, field_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed: the entries of one language, in the order in which they are written, by custom the newest first.

    Text is plain text. Addresses are absolute http(s) URLs.

    Args:
        id: An absolute IRI that never changes. Atom ``id``.
        language: BCP 47 tag, kept in its canonical form. Atom and RSS ``xml:lang``, RSS and JSON ``language``. An entry
            in another language is written with a note in the language of the feed.
        title: ``title`` in every format.
        link: The page that the feed belongs to. Atom ``link rel=alternate``, RSS ``link``, JSON ``home_page_url``.
        entries: No two with the same id. Atom ``entry``, RSS ``item``, JSON ``items``.
        subtitle: Atom ``subtitle``, RSS and JSON ``description``.
        updated: Aware datetime; defaults to the latest `Entry.updated`, and to 1990-01-01 without entries. Atom
            ``updated``, RSS ``lastBuildDate``.
        addresses: Format name (``atom``, ``rss``, ``json``) → address of that document. Atom and RSS ``link rel=self``,
            JSON ``feed_url``.
        siblings: The feeds of the same site in other languages; their entries are not used. Atom and RSS ``link
            rel=related``, JSON ``_feedpub``.
        authors: Authors of the entries that have none. Atom ``author``, JSON ``authors``.
        rights: Copyright notice. Atom ``rights``, RSS ``copyright``.
        hub: Address of a WebSub hub. Atom and RSS ``link rel=hub``, JSON ``hubs``.
        icon: Address of a square picture. Atom ``icon``, RSS ``image``, JSON ``icon``.
        stylesheet: Address of a CSS file for browsers that open the feed, absolute or relative to the feed:
            ``<?xml-stylesheet?>`` in Atom and RSS.
        reference_links: ``"related"`` also writes references as data (see `Entry.references`), ``"none"`` writes them
            in the content only.
        archive: The neighbours of this document; None if the feed is a single document.
        extensions: Elements of other namespaces that belong to the feed itself.

    Raises:
        FieldError: A field has a value that no feed can carry. The message names the feed and the field.
    """

    id: str
    language: str
    title: str
    link: str
    entries: tuple[Entry, ...] = ()
    subtitle: str = ""
    updated: datetime = _DATE_OF_NEWEST_ENTRY
    addresses: Mapping[str, str] = field(default_factory=dict, hash=False)
    siblings: tuple[Feed, ...] = ()
    authors: tuple[Person, ...] = ()
    rights: str | None = None
    hub: str | None = None
    icon: str | None = None
    stylesheet: str | None = None
    reference_links: Literal["related", "none"] = "related"
    archive: Archive | None = None
    extensions: tuple[Extension, ...] = ()

    def __post_init__(self) -> None:
        checker = FieldChecker(self, self.id)
        checker.check_iri("id", self.id)
        checker.check_language("language")
        checker.check_not_blank("title")
        checker.check_texts("subtitle")
        checker.check_urls("link")
        checker.check_optional(checker.check_url, "hub", "icon")
        checker.check_optional(checker.check_text, "rights", "stylesheet")
        checker.check_tuple(Entry, "entries")
        checker.check_tuple(Feed, "siblings")
        checker.check_tuple(Person, "authors")
        if self.updated is _DATE_OF_NEWEST_ENTRY:
            newest = max((entry.updated for entry in self.entries), default=_NO_DATE)
            object.__setattr__(self, "updated", newest)
        checker.check_dates("updated")
        checker.check_choice("reference_links", self.reference_links, ("related", "none"))
        _check_addresses(checker, "addresses")
        checker.check_optional(partial(checker.check_type, Archive), "archive")
        check_extensions(checker)
        collect_namespaces(
            (one for entry in self.entries for one in entry.extensions), collect_namespaces(self.extensions)
        )
        _check_unique_ids(checker, self.entries)


def _check_addresses(checker: FieldChecker, field_name: str) -> None:
    """Check a mapping of format name to address, and replace it by a copy that its owner cannot change."""
    addresses = getattr(checker.value, field_name)
    if not isinstance(addresses, Mapping):
        checker.reject(field_name, f"is {quote_value(addresses)}, not a mapping of format to address")
    object.__setattr__(checker.value, field_name, dict(addresses))
    for format_name, address in addresses.items():
        checker.check_choice(field_name, format_name, [known.name for known in FORMATS])
        checker.check_url(field_name, address)


def _check_unique_ids(checker: FieldChecker, entries: Iterable[Entry]) -> None:
    entries_by_id: dict[str, Entry] = {}
    for entry in entries:
        folded = iri.fold_id(entry.id)
        other = entries_by_id.get(folded)
        entries_by_id[folded] = entry
        if other:
            difference = "" if other.id == entry.id else f", but for escaping that of {other.id!r}"
            checker.reject("entries", f"two have the id {entry.id!r}{difference}: {other.title!r} and {entry.title!r}")
