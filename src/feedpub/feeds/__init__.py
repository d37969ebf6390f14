"""Feed → bytes: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .atom import atom_document, atom_entry, to_atom
from .jsonfeed import json_document, json_item, to_json
from .markup import FEED_TYPES
from .rss import rss_document, rss_item, to_rss

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model import Entry, Feed, Format

__all__ = ["FEED_TYPES", "fragment", "join", "to_atom", "to_json", "to_rss"]

_FRAGMENTS = {"atom": atom_entry, "rss": rss_item, "json": json_item}
_DOCUMENTS = {"atom": atom_document, "rss": rss_document, "json": json_document}


def fragment(entry: Entry, feed: Feed, form: Format) -> tuple[bytes, ...]:
    """Write one entry, as it stands in a document of that feed, in pieces; `join` makes documents of whole ones."""
    return _FRAGMENTS[form](entry, feed)


def join(feed: Feed, fragments: Iterable[bytes], form: Format) -> bytes:
    """Make a document of fragments, in their order; the feed's own entries are not looked at."""
    return _DOCUMENTS[form](feed, fragments)
