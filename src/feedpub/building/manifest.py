"""What a published folder was made of: files that were read, entries, and documents that were written.

A SQLite file in ``.feedpub`` below the published folder. Without it, or if it is damaged or of another version, a build
reads and compares everything anew: that costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import stat
import zlib
from array import array
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, Self, TypeVar

from .. import iri
from ..database import COMPANIONS, BusyError, DamagedError, Database, as_integer, as_text
from ..errors import ConfigError, Problem
from ..formats import FORMATS
from ..model.checks import is_legal_xml
from ..site.entry_index import DIGEST_BYTES, LISTING_BYTES, Listed, Rows
from ..site.scheduling import ScheduledEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

_T = TypeVar("_T")

FOLDER: Final = ".feedpub"
_NAME: Final = "manifest.sqlite"
# The checksum of the manifest as the last build left it; not there while one writes, or after one that was killed.
# SQLite does not see that a value is not the one that was written.
_SEAL: Final = "manifest.seal"
_LONGEST_SEAL_BYTES: Final = 100
_CHECKSUM_BYTES: Final = 1 << 18
# Of an entry; what is left to count on is more than any site needs.
_LARGEST_NUMBER: Final = 2**62
_VERSION: Final = 6
# The manifest, and the files that SQLite may put beside it.
STATE_NAMES: Final = (_SEAL, *(f"{_NAME}{ending}" for ending in ("", *COMPANIONS)))
_ROWS_AT_ONCE: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# Another build that is at work is waited for; one of a thousand articles takes a second.
PATIENCE_SECONDS: Final = 5

_TABLES: Final = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE files (name TEXT PRIMARY KEY, key TEXT, mtime_ns INTEGER, size INTEGER) WITHOUT ROWID;
CREATE TABLE entries (
    number INTEGER PRIMARY KEY, shown TEXT, id TEXT, has_own_id INTEGER, moment INTEGER, whole INTEGER, key TEXT,
    language TEXT, published TEXT, updated TEXT, title TEXT, link TEXT, neighbours TEXT, categories TEXT,
    digest BLOB, listing BLOB, changed INTEGER, year INTEGER, in_feeds INTEGER
);
CREATE TABLE outputs (path TEXT PRIMARY KEY, mtime_ns INTEGER, size INTEGER, recipe BLOB, digest BLOB)
WITHOUT ROWID;
"""
# Made when they are first needed: of many rows at once that takes a third of the time.
_INDEXES: Final = """
CREATE INDEX IF NOT EXISTS entries_by_key ON entries (key);
CREATE INDEX IF NOT EXISTS entries_with_own_id ON entries (shown, language, id) WHERE has_own_id;
CREATE INDEX IF NOT EXISTS entries_in_order ON entries (shown, moment, id, digest, listing, changed, year, in_feeds);
"""


class Recorded(NamedTuple):
    """Hold one entry as one language shows it: all that is recorded.

    Args:
        number: Names it within the manifest.
        shown: The language that shows it; not its own for a fallback; empty if it is scheduled, and none shows it yet.
        id: As in `Entry`.
        has_own_id: 1 if it is not the one that every entry has by its key and language.
        moment: When it is published, in microseconds since 1970.
        whole: 1; 0 if no more than its front matter was read, since no document shows it.
        key: As in `Listed`, likewise what follows.
        digest: As in `Rows`, likewise `listing`.
        changed: When it was updated, in microseconds since 1970.
        year: When it was published, by its own offset.
        in_feeds: 1; 0 if pages and lists show it, but no feed.
    """

    number: int
    shown: str
    id: str
    has_own_id: int
    moment: int
    whole: int
    key: str
    language: str
    published: str
    updated: str | None
    title: str
    link: str
    neighbours: str | None
    categories: str | None
    digest: bytes
    listing: bytes
    changed: int
    year: int
    in_feeds: int


_ADD_ENTRY: Final = f"INSERT INTO entries VALUES ({', '.join('?' * len(Recorded._fields))})"  # noqa: S608
_LISTED: Final = f"SELECT {', '.join(Listed._fields)} FROM entries WHERE number IN ({{}})"  # noqa: S608
# What a language shows and has come too early, and what none shows and is due: both by the index alone.
_DUE: Final = (
    "SELECT key FROM entries WHERE shown != '' AND moment > ?1"
    " UNION SELECT key FROM entries WHERE shown = '' AND moment <= ?1"
)
_SCHEDULED: Final = (
    "SELECT key, language, published FROM entries"
    " WHERE shown >= '' AND moment > ? AND shown IN ('', language) ORDER BY moment, key, number"
)
_ORDERED: Final = (
    "SELECT number, digest, listing, changed, year, in_feeds FROM entries WHERE shown = ? ORDER BY moment, id"
)


class Known(NamedTuple):
    """Hold one file of the published folder.

    Args:
        mtime_ns: As it was when we wrote it; -1 if that is not known.
        size: In bytes.
        recipe: Of what it was made; empty if it may be half done.
        digest: Of its content, by which it is known as ours; empty if it may be half done.
    """

    mtime_ns: int
    size: int
    recipe: bytes
    digest: bytes


class Manifest:
    """Hold the manifest of one published folder, locked for this build alone."""

    def __init__(self, output: Path, fingerprint: bytes, authority: str) -> None:
        """Open the manifest of a published folder.

        Args:
            output: The folder; it is made if need be.
            fingerprint: Of settings, templates and programs; under another one, what was read is read anew.
            authority: Names the site: what another one wrote into the folder is not ours.
        """
        self.folder = output / FOLDER
        self.fingerprint, self._authority = fingerprint, authority.encode()
        if self.folder.is_symlink():
            message = "is a symbolic link; put the folder itself there"
            raise OSError(errno.ELOOP, message, str(self.folder))
        self._made = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.is_new = self.starts_over = self._is_written = False
        try:
            self._open()
        except BusyError:
            self._refuse(output)
        except DamagedError:
            self._forget()
            self._open()

    def _open(self) -> None:
        self._base = Database(self.folder / _NAME, wait_seconds=PATIENCE_SECONDS)
        # Opened beside SQLite until the end: POSIX takes all locks of a process from a file of which it closes one.
        self._file = os.fdopen(os.open(self.folder / _NAME, os.O_RDONLY | os.O_CREAT, 0o666), "rb")
        try:
            self._base.begin("EXCLUSIVE")
            # Not before: in this mode a build that waits would keep a lock that the other one needs to end.
            self._base.execute("PRAGMA locking_mode = EXCLUSIVE")
            self.is_new = not self._base.verify(_TABLES, optional=_INDEXES)
            if self.is_new:
                for statement in _TABLES.split(";"):
                    self._base.execute(statement)
                self._base.execute(f"PRAGMA user_version = {_VERSION}")
                self._base.execute("INSERT INTO settings VALUES ('authority', ?)", (self._authority,))
            if self._base.version() != _VERSION:
                raise self._base.damage("of another version")
            if not self.is_new and self._seal() not in ("", _checksum(self._file)):
                raise self._base.damage("not as it was left")
            if self._setting("authority") != self._authority:
                raise self._base.damage("of another site")
            self._start_over_if_need_be()
            last = self._base.row("SELECT max(number) FROM entries", convert=_last_number) or 0
            self._number = last + 1
            self._keys, self._waiting = set[str](), list[tuple[object, ...]]()
            self._has_indexes = False
        except BaseException:
            self._close()
            raise

    def _close(self) -> None:
        self._base.close()
        self._file.close()

    def _start_over_if_need_be(self) -> None:
        """Drop what was read under other settings: all of it is read anew."""
        if self._setting("fingerprint") == self.fingerprint:
            return
        self.starts_over = True
        self._base.execute("DELETE FROM files")
        self._base.execute("DELETE FROM entries")
        self._base.execute("REPLACE INTO settings VALUES ('fingerprint', ?)", (self.fingerprint,))

    def _forget(self) -> None:
        for name in STATE_NAMES:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.folder / name)

    def _seal(self) -> str:
        place = self.folder / _SEAL
        try:
            state = place.lstat()
        except FileNotFoundError:
            return ""
        if not stat.S_ISREG(state.st_mode) or state.st_size > _LONGEST_SEAL_BYTES:
            return "is none"
        return place.read_text(encoding="ascii", errors="replace")

    def _refuse(self, output: Path) -> None:
        hint = "wait until it has ended; if none is running, remove .feedpub/manifest.sqlite in it"
        message = "another build is writing to this folder"
        raise ConfigError([Problem(code="E010", path=output.as_posix(), message=message, hint=hint)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Close it; what was not kept is as before, and folders that were made for nothing are gone."""
        empty = self.is_new and not self._is_written
        try:
            self._base.roll_back()
            if self._is_written:  # while it is locked: the next build may begin at once
                with contextlib.suppress(OSError):  # else it is trusted
                    (self.folder / _SEAL).write_text(_checksum(self._file), encoding="ascii")
        finally:
            self._close()
        if empty or isinstance(error, DamagedError):  # then another attempt does without it
            self._forget()
        if empty:
            for folder in self._made:
                with contextlib.suppress(OSError):
                    folder.rmdir()

    def keep(self) -> None:
        """Make what was recorded so far last, whatever happens next."""
        self._flush()
        if self._base.has_changes and not self._is_written:
            (self.folder / _SEAL).unlink(missing_ok=True)
            self._is_written = True
        self._base.commit()
        self._base.begin()

    def _setting(self, name: str) -> bytes:
        return self._base.row("SELECT value FROM settings WHERE name = ?", (name,), convert=_only_bytes) or b""

    def files(self) -> Iterator[tuple[str, str, int, int]]:
        """Yield the files that were read: name, article, time of change in nanoseconds, size in bytes."""
        return self._base.rows("SELECT name, key, mtime_ns, size FROM files", convert=_file)

    def forget_files(self, names: Iterable[str]) -> None:
        """Forget files that are gone."""
        self._base.execute_many("DELETE FROM files WHERE name = ?", ((_storable(name),) for name in names))

    def add_files(self, rows: Iterable[tuple[str, str, int, int]]) -> None:
        """Record files, as `files` yields them; those that are recorded so cost no writing."""
        self._base.execute_many(
            "INSERT INTO files VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET (key, mtime_ns, size) ="
            " (excluded.key, excluded.mtime_ns, excluded.size)"
            " WHERE (key, mtime_ns, size) != (excluded.key, excluded.mtime_ns, excluded.size)",
            ((_storable(name), _storable(key), mtime_ns, size) for name, key, mtime_ns, size in rows),
        )

    def distrust(self) -> None:
        """Let the next build read everything anew."""
        self._base.execute("REPLACE INTO settings VALUES ('fingerprint', x'')")

    def replace_article(self, key: str, rows: Sequence[Sequence[object]]) -> list[int]:
        """Record an article's entries, `Recorded` without number, in place of those it had; return their numbers."""
        if self._has(key):
            self._flush()
            self._base.execute("DELETE FROM entries WHERE key = ?", (key,))
        self._keys.add(key)
        numbers = list(range(self._number, self._number + len(rows)))
        self._number += len(rows)
        self._waiting += [(number, *row) for number, row in zip(numbers, rows, strict=True)]
        if len(self._waiting) > _ROWS_AT_ONCE:
            self._flush()
        return numbers

    def _has(self, key: str) -> bool:
        """Return True if an article may have entries: a build that starts over asks for thousands that have none."""
        return not self.starts_over or key in self._keys

    def _flush(self) -> None:
        """Record the entries that wait: together they cost less than one by one."""
        if self._waiting:
            self._base.execute_many(_ADD_ENTRY, self._waiting)
            self._waiting.clear()

    def _ask(self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]) -> Iterator[_T]:
        """Ask for what is recorded of entries."""
        self._flush()
        if not self._has_indexes:
            for statement in _INDEXES.split(";"):
                self._base.execute(statement)
            self._has_indexes = True
        return self._base.rows(query, values, convert=convert)

    def article(self, key: str) -> list[Recorded]:
        """Return the entries of an article, in the order of the site's languages."""
        if not self._has(key):
            return []
        return list(self._ask("SELECT * FROM entries WHERE key = ? ORDER BY number", (key,), convert=_recorded))

    def keys(self) -> set[str]:
        """Return the articles that have entries."""
        return set(self._ask("SELECT DISTINCT key FROM entries", convert=_only_text))

    def due(self, until: datetime) -> list[str]:
        """Return the articles of which a build until this moment shows more or less than the last one did."""
        if self.starts_over:
            return []  # all are read
        return sorted(self._ask(_DUE, (to_microseconds(until),), convert=_only_text))

    def scheduled(self, after: datetime) -> list[ScheduledEntry]:
        """Return the entries that are published after this moment, the next first."""
        return list(self._ask(_SCHEDULED, (to_microseconds(after),), convert=_read_scheduled))

    def languages(self) -> dict[str, int]:
        """Return how many entries each language shows."""
        query = "SELECT shown, count(*) FROM entries WHERE shown != '' GROUP BY shown"
        return dict(self._ask(query, convert=lambda row: (as_text(row[0]), as_integer(row[1]))))

    def entries(self, shown: str) -> Rows:
        """Return the entries that a language shows, oldest first."""
        numbers, updates, years = array("q"), array("q"), array("h")
        feeds, digests, listings = bytearray(), bytearray(), bytearray()
        for number, digest, listing, changed, year, in_feeds in self._ask(_ORDERED, (shown,), convert=_read_ordered):
            numbers.append(number)
            updates.append(changed)
            years.append(year)
            feeds.append(in_feeds)
            digests += digest
            listings += listing
        columns = bytes(feeds), bytes(digests), bytes(listings)
        return Rows(self._rows, numbers, updates, years, *columns, range(len(numbers)))

    def _rows(self, numbers: Sequence[int]) -> list[Listed]:
        rows = {row.number: row for row in self._ask(_LISTED.format(", ".join(map(str, numbers))), convert=_listed)}
        if not rows.keys() >= set(numbers):  # the index says otherwise
            raise self._base.damage("an entry is missing")
        return [rows[number] for number in numbers]

    def keys_of(self, numbers: Sequence[int]) -> set[str]:
        """Return the articles of entries."""
        return {row.key for row in self._rows(numbers)}

    def unread(self, shown: str, limit: int) -> set[str]:
        """Return those of the newest articles in a language's feed that were not read whole."""
        query = "SELECT key, whole FROM entries WHERE shown = ? AND in_feeds ORDER BY moment DESC, id DESC LIMIT ?"
        newest = self._ask(query, (shown, limit), convert=lambda row: (as_text(row[0]), as_integer(row[1], 0, 1)))
        return {key for key, whole in newest if not whole}

    def titles(self) -> dict[str, str]:
        """Return title → key of the newest article that has this title in any language."""
        query = "SELECT title, key FROM entries WHERE shown != '' ORDER BY moment, key"
        return dict(self._ask(query, convert=lambda row: (as_text(row[0]), as_text(row[1]))))

    def has_twins(self, *, has_new_keys: bool) -> bool:
        """Return True if two entries have one id, also scheduled ones, or the keys of two files differ in case only.

        Args:
            has_new_keys: Whether there are keys that were not there when this was last asked.
        """
        query = "SELECT id FROM entries WHERE shown IN ('', language) AND"
        own = [iri.fold_id(identity) for identity in self._ask(f"{query} has_own_id", convert=_only_text)]
        ids = set(own)
        if len(ids) < len(own):
            return True
        # The others differ among themselves, and are written as `fold_id` would write them.
        if own and any(identity in ids for identity in self._ask(f"{query} NOT has_own_id", convert=_only_text)):
            return True
        if not has_new_keys:
            return False
        keys = set(self._ask("SELECT DISTINCT key FROM files", convert=lambda row: _stored(row[0])))
        return len({key.casefold() for key in keys}) < len(keys)

    def outputs(self) -> dict[str, Known]:
        """Return the files of the published folder that are ours: path → what is known of it."""
        return dict(self._base.rows("SELECT path, mtime_ns, size, recipe, digest FROM outputs", convert=_output))

    def add_outputs(self, outputs: Iterable[tuple[str, Known]]) -> None:
        """Record files of the published folder."""
        self._base.execute_many(
            "REPLACE INTO outputs VALUES (?, ?, ?, ?, ?)", ((path, *output) for path, output in outputs)
        )

    def forget_outputs(self, paths: Iterable[str]) -> None:
        """Forget files that are gone, or not ours."""
        self._base.execute_many("DELETE FROM outputs WHERE path = ?", ((path,) for path in paths))


def _checksum(file: BinaryIO) -> str:
    """Return what changes when any byte of a file does; 1 ms for 3 MB."""
    checksum = size = 0
    file.seek(0)
    while part := file.read(_CHECKSUM_BYTES):
        checksum, size = zlib.crc32(part, checksum), size + len(part)
    return f"{size} {checksum:08x}\n"


def _storable(name: str) -> str | bytes:
    """Return a name as SQLite can hold it: file systems have names that are no Unicode."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")
    return name


def _stored(name: object) -> str:
    return name.decode("utf-8", "surrogatepass") if isinstance(name, bytes) else as_text(name)


# What is read is checked: the file may be damaged, or come from somebody else. ValueError makes the manifest void.

_FEED: Final = "|".join(re.escape(form.file_name) for form in FORMATS)
_NUMBERED: Final = "|".join(form.archive_file_name_pattern() for form in FORMATS)
# A name that is a single step down in every file system.
_STEP: Final = r"(?!\.+/)[^/\\\x00-\x1f\x7f]+"
# Every path that a build writes, and no other.
OUTPUT_PATH: Final = re.compile(
    rf"""
    (?: index\.html | style\.css | feed\.css | feeds(?:-categories)?\.opml
    | [A-Za-z0-9-]+/(?:                         # of a language
          {_STEP}/index\.html                   # an article, or the list of all
        | index\.html | {_FEED} | archive/(?:{_NUMBERED})
        | category/{_STEP}/(?: index\.html | {_FEED} | archive/(?:{_NUMBERED}))
      )
    )""",
    re.VERBOSE,
)


def _output(row: Sequence[Any]) -> tuple[str, Known]:
    path, mtime_ns, size, recipe, digest = row
    types_are_right = [type(value) for value in row] == [str, int, int, bytes, bytes]
    if types_are_right and OUTPUT_PATH.fullmatch(path):
        return path, Known(mtime_ns, size, recipe, digest)
    raise ValueError(f"{str(path)[:100]!r} is not a file that feedpub writes")


def _file(row: tuple[object, ...]) -> tuple[str, str, int, int]:
    name, key, mtime_ns, size = row
    if type(mtime_ns) is int and type(size) is int:
        if type(name) is str and type(key) is str:
            return name, key, mtime_ns, size
        return _stored(name), _stored(key), mtime_ns, size  # only names that are no Unicode have such keys
    raise ValueError("a file has no state")


def to_microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def _read_scheduled(row: Sequence[object]) -> ScheduledEntry:
    key, language, published = map(as_text, row)
    moment = datetime.fromisoformat(published)
    if moment.tzinfo is None:
        raise ValueError(f"{published} has no time zone")
    return ScheduledEntry(key=key, language=language, published=moment)


def _read_ordered(row: Sequence[object]) -> tuple[int, bytes, bytes, int, int, int]:
    number, digest, listing, changed, year, in_feeds = row
    if (
        type(number) is int and type(changed) is int and type(year) is int and 0 < year < 10_000
        and type(digest) is bytes and len(digest) == DIGEST_BYTES
        and type(listing) is bytes and len(listing) == LISTING_BYTES
        and (in_feeds == 0 or in_feeds == 1) and type(in_feeds) is int
    ):  # fmt: skip
        return number, digest, listing, changed, year, in_feeds
    raise ValueError("an entry has no digest, or no date")


def _recorded(row: Sequence[Any]) -> Recorded:
    entry = Recorded._make(row)  # it is compared with what was read, and not used otherwise
    if type(entry.number) is int and type(entry.digest) is bytes:
        return entry
    raise ValueError("an entry has no digest")


def _listed(row: Sequence[Any]) -> Listed:
    entry = Listed._make(row)
    texts = (entry.key, entry.language, entry.published, entry.title, entry.link)
    if set(map(type, texts)) != {str} or not is_legal_xml(entry.title):
        raise ValueError("an entry has no title, or no date")
    if not OUTPUT_PATH.fullmatch(f"{entry.language}/{entry.key}/index.html"):
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


def _check_neighbours(stated: object) -> None:
    if not isinstance(stated, dict) or not stated.keys() <= {"previous", "next"}:
        raise ValueError("neighbours that are none")
    for neighbour in stated.values():
        if not isinstance(neighbour, list) or len(neighbour) != 2:
            raise ValueError("a neighbour that is none")
        title, url = neighbour
        if (
            not is_legal_xml(as_text(title))
            or not title.strip()
            or (url is not None and iri.find_url_fault(as_text(url)))
        ):
            raise ValueError("a neighbour that is none")


def _check_categories(categories: object) -> None:
    if not isinstance(categories, list):
        raise ValueError("categories that are none")
    for category in categories:
        if not isinstance(category, list) or len(category) != 2:
            raise ValueError("a category that is none")
        name, label = map(as_text, category)
        if not OUTPUT_PATH.fullmatch(f"en/category/{name}/index.html") or not is_legal_xml(label):
            raise ValueError(f"{name[:100]!r} is not the name of a category")


def _last_number(row: Sequence[object]) -> int:
    return as_integer(row[0] or 0, 0, _LARGEST_NUMBER)


def _only_text(row: Sequence[object]) -> str:
    return as_text(row[0])


def _only_bytes(row: Sequence[object]) -> bytes:
    if type(row[0]) is not bytes:
        raise ValueError("a setting is not bytes")
    return row[0]
