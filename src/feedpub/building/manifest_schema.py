"""The tables of the manifest, the values of their rows, and the checks that each row passes when it is read.

The file may be damaged, or crafted by an attacker. A check raises ValueError for a row that feedpub never writes; the
build then does without the manifest.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .. import iri
from ..database import as_integer, as_text
from ..model.checks import is_legal_xml
from ..site.entry_index import DIGEST_BYTES, LISTING_DIGEST_BYTES, IndexedEntry
from ..site.scheduling import ScheduledEntry
from .published_paths import PUBLISHED_PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

# A manifest of another version is not read: the build reads all entries and compares all documents.
VERSION: Final = 7
TABLES: Final = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE files (name TEXT PRIMARY KEY, key TEXT, mtime_ns INTEGER, size INTEGER) WITHOUT ROWID;
CREATE TABLE entries (
    row_id INTEGER PRIMARY KEY, shown_in TEXT, id TEXT, has_own_id INTEGER, published_us INTEGER, is_complete INTEGER,
    key TEXT, language TEXT, published TEXT, updated TEXT, title TEXT, link TEXT, neighbours TEXT, categories TEXT,
    digest BLOB, listing_digest BLOB, updated_us INTEGER, year INTEGER, is_in_feeds INTEGER
);
CREATE TABLE published_files (
    path TEXT PRIMARY KEY, mtime_ns INTEGER, size INTEGER, input_digest BLOB, content_digest BLOB
) WITHOUT ROWID;
"""
# Made when they are first needed: for many rows at once that takes a third of the time.
INDEXES: Final = """
CREATE INDEX IF NOT EXISTS entries_by_key ON entries (key);
CREATE INDEX IF NOT EXISTS entries_with_own_id ON entries (shown_in, language, id) WHERE has_own_id;
CREATE INDEX IF NOT EXISTS entries_in_order
ON entries (shown_in, published_us, id, digest, listing_digest, updated_us, year, is_in_feeds);
"""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LARGEST_ROW_ID: Final = 2**62  # leaves more row ids than any site needs


class EntryRow(NamedTuple):
    """A row of the table `entries`: an entry as one language shows it.

    Args:
        row_id: As in `IndexedEntry`.
        shown_in: The language that shows the entry: not its own for a fallback; empty while it is scheduled, as no
            language shows it yet.
        id: As in `Entry`.
        has_own_id: 1 if the id is not the one that feedpub makes of key and language.
        published_us: When it is published, in microseconds since 1970.
        is_complete: 0 if only its front matter was read, since no document shows more; else 1.
        key: As in `IndexedEntry`; likewise `language`, `published`, `updated`, `title`, `link`, `neighbours` and
            `categories`.
        digest: As in `EntryIndex.all_digests`.
        listing_digest: As in `EntryIndex.all_listing_digests`.
        updated_us: When it was updated, in microseconds since 1970.
        year: The year of publication, by its own offset.
        is_in_feeds: 0 if pages and lists show it, but no feed; else 1.
    """

    row_id: int
    shown_in: str
    id: str
    has_own_id: int
    published_us: int
    is_complete: int
    key: str
    language: str
    published: str
    updated: str | None
    title: str
    link: str
    neighbours: str | None
    categories: str | None
    digest: bytes
    listing_digest: bytes
    updated_us: int
    year: int
    is_in_feeds: int


class PublishedFile(NamedTuple):
    """A row of the table `published_files`, without the path: a file of the published folder.

    Args:
        mtime_ns: Its date when the build had written it; -1 if that is not known.
        size: In bytes.
        input_digest: Digest of the inputs that it was rendered from; empty if it may be incomplete.
        content_digest: Digest of its bytes, which tells whether it was changed since; empty if it may be incomplete.
    """

    mtime_ns: int
    size: int
    input_digest: bytes
    content_digest: bytes


# A row of the table `files`, an entry file that was read: its name, the name of its article, its date in nanoseconds,
# and its size in bytes. A plain tuple, as there are thousands, and every build reads all of them.
FileRow = tuple[str, str, int, int]


def to_microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def encode_name(name: str) -> str | bytes:
    """Return a name as SQLite can store it: file systems have names that are not Unicode."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")
    return name


def decode_name(name: object) -> str:
    """Return a name that `encode_name` has encoded."""
    return name.decode("utf-8", "surrogatepass") if isinstance(name, bytes) else as_text(name)


def check_published_file(row: Sequence[Any]) -> tuple[str, PublishedFile]:
    """Return the path and the value of a row of `published_files`."""
    path, mtime_ns, size, input_digest, content_digest = row
    has_right_types = [type(value) for value in row] == [str, int, int, bytes, bytes]
    if has_right_types and PUBLISHED_PATH.fullmatch(path):
        return path, PublishedFile(mtime_ns, size, input_digest, content_digest)
    raise ValueError(f"{str(path)[:100]!r} is not a file that feedpub writes")


def check_file(row: Sequence[Any]) -> FileRow:
    """Return the value of a row of `files`."""
    name, key, mtime_ns, size = row
    if type(mtime_ns) is int and type(size) is int:
        if type(name) is str and type(key) is str:
            return name, key, mtime_ns, size
        return decode_name(name), decode_name(key), mtime_ns, size  # the name is not Unicode
    raise ValueError("a file has no date or no size")


def check_entry_row(row: Sequence[Any]) -> EntryRow:
    """Return the value of a row of `entries`, which is only compared with what was read."""
    entry = EntryRow._make(row)
    if type(entry.row_id) is int and type(entry.digest) is bytes:
        return entry
    raise ValueError("an entry has no digest")


def check_index_row(row: Sequence[object]) -> tuple[int, bytes, bytes, int, int, int]:
    """Return the columns of `entries` that `EntryIndex` keeps in memory."""
    row_id, digest, listing_digest, updated_us, year, is_in_feeds = row
    if (
        type(row_id) is int and type(updated_us) is int and type(year) is int and 0 < year < 10_000
        and type(digest) is bytes and len(digest) == DIGEST_BYTES
        and type(listing_digest) is bytes and len(listing_digest) == LISTING_DIGEST_BYTES
        and (is_in_feeds == 0 or is_in_feeds == 1) and type(is_in_feeds) is int
    ):  # fmt: skip
        return row_id, digest, listing_digest, updated_us, year, is_in_feeds
    raise ValueError("an entry has no digest or no date")


def check_indexed_entry(row: Sequence[Any]) -> IndexedEntry:
    """Return the columns of `entries` of which lists, neighbours and feeds are made."""
    entry = IndexedEntry._make(row)
    texts = (entry.key, entry.language, entry.published, entry.title, entry.link)
    if set(map(type, texts)) != {str} or not is_legal_xml(entry.title):
        raise ValueError("an entry has no title or no date")
    if not PUBLISHED_PATH.fullmatch(f"{entry.language}/{entry.key}/index.html"):
        raise ValueError(f"{entry.key[:100]!r} is not the name of an article")
    if iri.find_url_fault(entry.link):
        raise ValueError(f"{entry.link[:100]!r} is not a link")
    for moment in (entry.published, entry.updated):
        if moment is not None and datetime.fromisoformat(as_text(moment)).tzinfo is None:
            raise ValueError(f"{moment} has no time zone")
    if entry.neighbours is not None:
        _check_neighbours(json.loads(as_text(entry.neighbours)))
    if entry.categories is not None:
        _check_categories(json.loads(as_text(entry.categories)))
    return entry


def _check_neighbours(neighbours: object) -> None:
    if not isinstance(neighbours, dict) or not neighbours.keys() <= {"previous", "next"}:
        raise ValueError("the neighbours of an entry are not a table of previous and next")
    for neighbour in neighbours.values():
        if not isinstance(neighbour, list) or len(neighbour) != 2:
            raise ValueError("a neighbour is not a pair of title and address")
        title, url = neighbour
        is_title = is_legal_xml(as_text(title)) and title.strip()
        if not is_title or (url is not None and iri.find_url_fault(as_text(url))):
            raise ValueError("a neighbour is not a pair of title and address")


def _check_categories(categories: object) -> None:
    if not isinstance(categories, list):
        raise ValueError("the categories of an entry are not a list")
    for category in categories:
        if not isinstance(category, list) or len(category) != 2:
            raise ValueError("a category is not a pair of slug and label")
        slug, label = map(as_text, category)
        if not PUBLISHED_PATH.fullmatch(f"en/category/{slug}/index.html") or not is_legal_xml(label):
            raise ValueError(f"{slug[:100]!r} is not the name of a category")


def check_scheduled_entry(row: Sequence[object]) -> ScheduledEntry:
    """Return the scheduled entry that a row of key, language and date stands for."""
    key, language, published = map(as_text, row)
    moment = datetime.fromisoformat(published)
    if moment.tzinfo is None:
        raise ValueError(f"{published} has no time zone")
    return ScheduledEntry(key=key, language=language, published=moment)


def check_last_row_id(row: Sequence[object]) -> int:
    """Return the largest row id in use; 0 if there is none."""
    return as_integer(row[0] or 0, 0, _LARGEST_ROW_ID)


def check_text(row: Sequence[object]) -> str:
    """Return the first column, if it is text."""
    return as_text(row[0])


def check_bytes(row: Sequence[object]) -> bytes:
    """Return the first column, if it is bytes."""
    if type(row[0]) is not bytes:
        raise ValueError("a setting is not bytes")
    return row[0]
