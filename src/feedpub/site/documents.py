"""The feed documents of a site: of languages and categories, with archive documents (RFC 5005, section 4)."""

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
    from .entry_index import EntryIndex

CATEGORY_FOLDER: Final = "category"
ARCHIVE_FOLDER: Final = "archive"
_LONGEST_NAME_BYTES: Final = 255  # of a folder, in common file systems
_CUT_NAME_BYTES: Final = 200  # how much is kept of a longer name


@dataclass(frozen=True, slots=True)
class PublishedFeed:
    """A feed with its folder and its entries: the feed of a language, or of a category.

    Args:
        feed: The feed without entries: its address, title and so on.
        folder: The folder of its documents, relative to the published folder; ends with ``/``.
        entries: The entries that its page lists, oldest first; its documents contain those that feeds show.
    """

    feed: Feed
    folder: str
    entries: EntryIndex

    def list_documents(self, config: Config) -> Iterator[FeedDocument]:
        """Yield the archive documents, oldest first, then the newest document, to which people subscribe."""
        entries, limit = self.entries.select_in_feeds(), config.limit
        archive_count = count_archive_documents(len(entries), config)
        for number in range(1, archive_count + 1):
            yield FeedDocument(self, number, archive_count, entries[(number - 1) * limit : number * limit])
        newest = entries[archive_count * limit :] if config.archives else entries[-limit:]
        yield FeedDocument(self, 0, archive_count, newest)


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """One document of a feed, in every format, with the entries that it contains.

    Args:
        source: The feed to which it belongs.
        number: The number of an archive document, from 1; 0 for the newest document.
        archive_count: How many archive documents the feed has.
        entries: Oldest first.
    """

    source: PublishedFeed
    number: int
    archive_count: int
    entries: EntryIndex

    @property
    def dependencies(self) -> tuple[object, ...]:
        """What its bytes depend on besides settings and entries."""
        feed = self.source.feed
        links = self.number < self.archive_count if self.number else self.archive_count
        return feed.id, feed.title, self.number, links

    @property
    def paths(self) -> tuple[str, ...]:
        """Its files in the order of `FORMATS`, relative to the published folder."""
        return tuple(f"{self.source.folder}{_make_file_name(feed_format, self.number)}" for feed_format in FORMATS)

    def make_feed(self) -> Feed:
        """Return its feed, complete except for the entries."""
        feed, number = self.source.feed, self.number
        archive = None
        if self.archive_count:
            older = (number or self.archive_count + 1) - 1
            archive = Archive(
                current=self._list_addresses(0) if number else {},
                previous=self._list_addresses(older) if older else {},
                next=self._list_addresses(number + 1) if 0 < number < self.archive_count else {},
            )
        to_root = "../" * (self.source.folder.count("/") + bool(number))
        latest = self.entries.last_updated
        updated = datetime.fromisoformat(latest.updated or latest.published) if latest else feed.updated
        addresses = self._list_addresses(number)
        return replace(feed, updated=updated, addresses=addresses, archive=archive, stylesheet=f"{to_root}feed.css")

    def _list_addresses(self, number: int) -> dict[str, str]:
        home = self.source.feed.link
        return {feed_format.name: f"{home}{_make_file_name(feed_format, number)}" for feed_format in FORMATS}


def count_archive_documents(entry_count: int, config: Config) -> int:
    """Return the number of archive documents of a feed with this number of entries.

    The newest document keeps between `limit` and 2·`limit` - 1 entries. The first two archive documents appear
    together, since a single one would have neither neighbour.
    """
    count = entry_count // config.limit - 1
    return count if config.archives and count > 1 else 0


def _make_file_name(feed_format: FeedFormat, number: int) -> str:
    return f"{ARCHIVE_FOLDER}/{feed_format.archive_file_name(number)}" if number else feed_format.file_name


def make_category_slug(category: Category) -> str:
    """Return the name of a category in addresses: ``Open source`` → ``open-source``; C++ and C# stay apart.

    A name that is too long for file systems is cut; a digest of the whole name makes it unique.
    """
    slug = "-".join(unicodedata.normalize("NFC", category.term).casefold().split())
    slug = re.sub(r"[/\\\x00-\x1f\x7f]", "-", slug).lstrip(".") or "-"
    encoded = slug.encode()
    if len(encoded) <= _LONGEST_NAME_BYTES:
        return slug
    return f"{encoded[:_CUT_NAME_BYTES].decode(errors='ignore')}-{hashlib.blake2b(encoded, digest_size=8).hexdigest()}"


def label_categories(categories: Iterable[Category]) -> dict[str, str]:
    """Return slug → label of the categories of an entry."""
    return {make_category_slug(category): category.label or category.term for category in categories}


def make_category_url(language_url: str, slug: str) -> str:
    """Return the address of the page of a category.

    Args:
        language_url: The address of the page of its language; ends with ``/``.
        slug: As `make_category_slug` returns it.
    """
    return f"{language_url}{CATEGORY_FOLDER}/{quote(slug)}/"


def _isolate_label(label: str, language: str) -> str:
    """Keep a Latin label together in a right-to-left title, where the signs of ``C++`` would move to its other end."""
    if get_direction(language) == "rtl" and any(unicodedata.bidirectional(character) == "L" for character in label):
        return f"\u2068{isolate_bidi(label)}\u2069"
    return label


def list_category_feeds(language_feed: PublishedFeed) -> Iterator[tuple[str, PublishedFeed]]:
    """Yield the label and the feed of each category of a language, in the order of their slugs."""
    categories: dict[str, tuple[str, list[int]]] = {}
    last = len(language_feed.entries) - 1
    for index, entry in enumerate(language_feed.entries[::-1]):  # the newest entry decides about the label
        for slug, label in json.loads(entry.categories) if entry.categories else ():
            categories.setdefault(slug, (label, []))[1].append(last - index)
    for slug, (label, positions) in sorted(categories.items()):
        parent = language_feed.feed
        url = make_category_url(parent.link, slug)
        feed = replace(
            parent,
            id=f"{parent.id}/{CATEGORY_FOLDER}/{quote(slug)}",
            title=f"{parent.title}: {_isolate_label(label, parent.language)}",
            link=url,
            addresses={feed_format.name: url + feed_format.file_name for feed_format in FORMATS},
            siblings=(),
        )
        folder = f"{language_feed.folder}{CATEGORY_FOLDER}/{slug}/"
        yield label, PublishedFeed(feed, folder, language_feed.entries.select(positions[::-1]))
