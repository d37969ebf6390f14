"""Which documents a language's entries stand in: feeds, their archives (RFC 5005, section 4), feeds of categories."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ..formats import FORMATS
from ..language import get_direction, isolate_bidi
from ..model import Archive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..formats import FeedFormat
    from ..model import Category, Config, Feed
    from .entry_index import Rows

CATEGORIES: Final = "category"
ARCHIVE: Final = "archive"
# Of a folder's name, as file systems have it; what is kept of a longer one.
_NAME_BYTES: Final = 255
_CUT_BYTES: Final = 200


@dataclass(frozen=True, slots=True)
class Document:
    """Name one document of a feed, in every format, with the entries that stand in it.

    Args:
        shelf: Its feed.
        number: Of an archive document, from 1; 0 is the newest document.
        pages: How many archive documents the feed has.
        entries: Oldest first.
    """

    shelf: Shelf
    number: int
    pages: int
    entries: Rows

    @property
    def shape(self) -> tuple[object, ...]:
        """What its bytes depend on besides settings and entries."""
        feed = self.shelf.feed
        return feed.id, feed.title, self.number, self.pages if not self.number else self.number < self.pages

    @property
    def paths(self) -> tuple[str, ...]:
        """Its files in the order of `FORMATS`, relative to the published folder."""
        return tuple(f"{self.shelf.folder}{_make_file_name(form, self.number)}" for form in FORMATS)

    def feed(self) -> Feed:
        """Return its feed, without entries, but else complete."""
        feed, number = self.shelf.feed, self.number
        archive = None
        if self.pages:
            older = (number or self.pages + 1) - 1
            archive = Archive(
                current=self._list_addresses(0) if number else {},
                previous=self._list_addresses(older) if older else {},
                next=self._list_addresses(number + 1) if 0 < number < self.pages else {},
            )
        up = "../" * (self.shelf.folder.count("/") + bool(number))
        latest = self.entries.latest
        updated = datetime.fromisoformat(latest.updated or latest.published) if latest else feed.updated
        return replace(
            feed, updated=updated, addresses=self._list_addresses(number), archive=archive, stylesheet=f"{up}feed.css"
        )

    def _list_addresses(self, number: int) -> dict[str, str]:
        return {form.name: f"{self.shelf.feed.link}{_make_file_name(form, number)}" for form in FORMATS}


@dataclass(frozen=True, slots=True)
class Shelf:
    """Hold one feed of a language: the language's own, or a category's.

    Args:
        feed: Without entries; where it is served, what it is called.
        folder: Where its documents stand, relative to the published folder; ends with ``/``.
        entries: What its page lists, oldest first; its documents hold those of them that feeds show.
    """

    feed: Feed
    folder: str
    entries: Rows

    def documents(self, config: Config) -> Iterator[Document]:
        """Yield the archive documents, oldest first, and the newest one, which people subscribe to."""
        entries, limit = self.entries.in_feeds(), config.limit
        pages = archive_pages(len(entries), config)
        for number in range(1, pages + 1):
            yield Document(self, number, pages, entries[(number - 1) * limit : number * limit])
        newest = entries[pages * limit :] if config.archives else entries[-limit:]
        yield Document(self, 0, pages, newest)


def archive_pages(count: int, config: Config) -> int:
    """Return how many archive documents hold the older ones of `count` entries.

    The newest document keeps between `limit` and 2·`limit` - 1 entries; archive documents begin with two at once, since
    a lone one would have neither neighbour.
    """
    pages = count // config.limit - 1
    return pages if config.archives and pages > 1 else 0


def _make_file_name(form: FeedFormat, number: int) -> str:
    return f"{ARCHIVE}/{form.archive_file_name(number)}" if number else form.file_name


def category_folder(category: Category) -> str:
    """Return a category's name in addresses: ``Open source`` → ``open-source``; C++ and C# stay apart.

    One that no file system could hold is cut, and told from others by a digest of the whole.
    """
    name = "-".join(unicodedata.normalize("NFC", category.term).casefold().split())
    name = re.sub(r"[/\\\x00-\x1f\x7f]", "-", name).lstrip(".") or "-"
    whole = name.encode()
    if len(whole) <= _NAME_BYTES:
        return name
    return f"{whole[:_CUT_BYTES].decode(errors='ignore')}-{hashlib.blake2b(whole, digest_size=8).hexdigest()}"


def named_categories(categories: Iterable[Category]) -> dict[str, str]:
    """Return the categories of an entry by their names in addresses, each with what people read."""
    return {category_folder(category): category.label or category.term for category in categories}


def category_link(home: str, name: str) -> str:
    """Return the address of a category's page, by the address of its language."""
    return f"{home}{CATEGORIES}/{quote(name)}/"


def _isolated(label: str, language: str) -> str:
    """Keep a Latin name together in a right-to-left title, where the signs of ``C++`` would go to its other end."""
    if get_direction(language) == "rtl" and any(unicodedata.bidirectional(character) == "L" for character in label):
        return f"\u2068{isolate_bidi(label)}\u2069"
    return label


def category_shelves(shelf: Shelf) -> Iterator[tuple[str, Shelf]]:
    """Yield label and shelf of each category of a language, by their names in addresses."""
    subjects: dict[str, tuple[str, list[int]]] = {}
    last = len(shelf.entries) - 1
    for place, entry in enumerate(shelf.entries[::-1]):  # the newest entry says how a category is written
        for name, label in json.loads(entry.categories) if entry.categories else ():
            subjects.setdefault(name, (label, []))[1].append(last - place)
    for name, (label, places) in sorted(subjects.items()):
        home = category_link(shelf.feed.link, name)
        feed = replace(
            shelf.feed,
            id=f"{shelf.feed.id}/{CATEGORIES}/{quote(name)}",
            title=f"{shelf.feed.title}: {_isolated(label, shelf.feed.language)}",
            link=home,
            addresses={form.name: home + form.file_name for form in FORMATS},
            siblings=(),
        )
        yield label, Shelf(feed, f"{shelf.folder}{CATEGORIES}/{name}/", shelf.entries.at(places[::-1]))
