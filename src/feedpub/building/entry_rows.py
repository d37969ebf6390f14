"""Entries as rows of the manifest."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from ..entries.ids import make_entry_id
from ..site.documents import label_categories
from ..site.entry_index import LISTING_DIGEST_BYTES
from .manifest_schema import EntryRow, to_microseconds

if TYPE_CHECKING:
    from ..model import Config, Entry


def make_entry_row(
    key: str, shown_in: str, entry: Entry, digest: bytes, config: Config, *, is_complete: bool
) -> tuple[object, ...]:
    """Return the row of an entry: the values of `EntryRow` without the row id.

    Args:
        key: The name of its article.
        shown_in: The language that shows it.
        entry: The entry.
        digest: Digest of what the article was read from.
        config: The settings of the site.
        is_complete: Whether more than the front matter was read.
    """
    neighbours = {
        side: [reference.title, reference.url]
        for side, reference in (("previous", entry.previous), ("next", entry.next))
        if reference
    }
    categories = label_categories(entry.categories) if config.categories else {}
    published, published_us = entry.published.isoformat(), to_microseconds(entry.published)
    is_updated = entry.updated is not entry.published
    listing = f"{entry.title}\0{entry.link}\0{published}\0{entry.language}".encode()
    return (
        shown_in,
        entry.id,
        entry.id != make_entry_id(key, entry.language, config),
        published_us,
        is_complete,
        key,
        entry.language,
        published,
        entry.updated.isoformat() if is_updated else None,
        entry.title,
        entry.link,
        json.dumps(neighbours, ensure_ascii=False) if neighbours else None,
        json.dumps(list(categories.items()), ensure_ascii=False) if categories else None,
        digest,
        hashlib.blake2b(listing, digest_size=LISTING_DIGEST_BYTES).digest(),
        to_microseconds(entry.updated) if is_updated else published_us,
        entry.published.year,
        entry.is_in_feeds,
    )


def make_scheduled_row(key: str, entry: Entry, digest: bytes, config: Config) -> tuple[object, ...]:
    """Return the row of a scheduled entry. It has no title, since anybody can read the published folder."""
    row = EntryRow._make((0, *make_entry_row(key, "", entry, digest, config, is_complete=True)))
    return row._replace(title="", link="", neighbours=None, categories=None)[1:]
