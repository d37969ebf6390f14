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


_NEWEST: Final = datetime.min


# A feed without entries needs some date that is no clock's; the W3C validator holds those before 1990 for mistakes.
_NO_DATE: Final = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Place a document among those that hold a feed's entries together (RFC 5005, section 4).

    The newest document is the one that people subscribe to; archive documents hold the older entries and hardly ever
    change. Each mapping is format (``atom``, ``rss``, ``json``) → address.

    Args:
        current: The newest document; empty if this document is it, else this is an archive document (`fh:archive`).
        previous: The archive document with the next older entries: `prev-archive`, JSON Feed `next_url`.
        next: The archive document with the next newer entries: `next-archive`; never the newest document.
    """

    current: Mapping[str, str] = field(default_factory=dict, hash=False)
    previous: Mapping[str, str] = field(default_factory=dict, hash=False)
    next: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        check = FieldChecker(self, "")
        for name in ("current", "previous", "next"):
            _own_addresses(check, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Hold the entries of one language, in the order in which they are written (newest first is the custom).

    Args:
        id: An absolute IRI that never changes; Atom `id`.
        language: BCP 47 tag. An entry of another language is written with a note, in the feed's language.
        title: Plain text.
        link: The page that the feed belongs to: Atom `link rel=alternate`, RSS `link`, JSON Feed `home_page_url`.
        entries: Each id once.
        subtitle: Plain text; Atom `subtitle`, RSS and JSON Feed `description`.
        updated: Aware; the newest entry's if not given, 1990-01-01 if there is none.
        addresses: Format (``atom``, ``rss``, ``json``) → where that document is served; `link rel=self`.
        siblings: The feeds of the other languages, for `link rel=related`; their entries do not count.
        authors: Of entries that name none.
        rights: Plain text; Atom `rights`, RSS `copyright`.
        hub: Address of a WebSub hub.
        icon: Address of a square picture; Atom `icon`, RSS `image`, JSON Feed `icon`.
        stylesheet: Address of a CSS file, absolute or relative to the feed, for browsers that open the feed.
        reference_links: ``related`` gives the references as data too, ``none`` only in the visible content.
        archive: Its place, if the feed's entries are spread over several documents.
        extensions: Elements of other namespaces, of the feed itself.

    Raises:
        FieldError: A field that no feed could carry.
    """

    id: str
    language: str
    title: str
    link: str
    entries: tuple[Entry, ...] = ()
    subtitle: str = ""
    updated: datetime = _NEWEST
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
        check = FieldChecker(self, self.id)
        check.iri("id", self.id)
        check.language("language")
        check.required("title")
        check.texts("subtitle")
        check.urls("link")
        check.optional(check.url, "hub", "icon")
        check.optional(check.text, "rights", "stylesheet")
        check.tuples(Entry, "entries")
        check.tuples(Feed, "siblings")
        check.tuples(Person, "authors")
        if self.updated is _NEWEST:
            newest = max((entry.updated for entry in self.entries), default=_NO_DATE)
            object.__setattr__(self, "updated", newest)
        check.dates("updated")
        check.choice("reference_links", self.reference_links, ("related", "none"))
        _own_addresses(check, "addresses")
        check.optional(partial(check.kind, Archive), "archive")
        check_extensions(check)
        collect_namespaces(
            (one for entry in self.entries for one in entry.extensions), collect_namespaces(self.extensions)
        )
        _check_ids(check, self.entries)


def _own_addresses(check: FieldChecker, name: str) -> None:
    """Check a mapping of format to address, and keep a copy: the caller's may change."""
    given = getattr(check.value, name)
    if not isinstance(given, Mapping):
        check.fail(name, f"is {quote_value(given)}, not a mapping of format to address")
    object.__setattr__(check.value, name, dict(given))
    for form, address in given.items():
        check.choice(name, form, [known.name for known in FORMATS])
        check.url(name, address)


def _check_ids(check: FieldChecker, entries: Iterable[Entry]) -> None:
    seen: dict[str, Entry] = {}
    for entry in entries:
        folded = iri.fold_id(entry.id)
        other = seen.get(folded)
        seen[folded] = entry
        if other:
            alike = "" if other.id == entry.id else f", but for escaping that of {other.id!r}"
            check.fail("entries", f"two have the id {entry.id!r}{alike}: {other.title!r} and {entry.title!r}")
