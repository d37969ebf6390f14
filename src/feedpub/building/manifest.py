"""The manifest of a published folder: which files were read, which entries they contain, what was written.

It is a SQLite file in ``.feedpub`` in the published folder. If it is missing, damaged or of another version, a build
reads all entries and compares all documents: that takes more time, and gives the same result.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import zlib
from array import array
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self, TypeVar

from .. import iri
from ..database import COMPANIONS, BusyError, DamagedError, Database, as_integer, as_text
from ..errors import ConfigError, Problem
from ..site.entry_index import EntryIndex, IndexedEntry
from .manifest_schema import (
    INDEXES,
    TABLES,
    VERSION,
    EntryRow,
    FileRow,
    PublishedFile,
    check_bytes,
    check_entry_row,
    check_file,
    check_index_row,
    check_indexed_entry,
    check_last_row_id,
    check_published_file,
    check_scheduled_entry,
    check_text,
    decode_name,
    encode_name,
    to_microseconds,
)
from .published_paths import STATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from ..site.scheduling import ScheduledEntry

_T = TypeVar("_T")

_FILE_NAME: Final = "manifest.sqlite"
# The seal is the checksum of the manifest as the last build left it. It is missing while a build writes, and after one
# that was killed. SQLite itself does not notice a value that is not the one that was written.
_SEAL_NAME: Final = "manifest.seal"
_LONGEST_SEAL_BYTES: Final = 100
_CHECKSUM_CHUNK_BYTES: Final = 1 << 18
# The manifest, its seal, and the files that SQLite may put beside it.
STATE_FILE_NAMES: Final = (_SEAL_NAME, *(f"{_FILE_NAME}{ending}" for ending in ("", *COMPANIONS)))
_ROWS_PER_INSERT: Final = 500
WAIT_SECONDS: Final = 5  # for another build to end; one of a thousand articles takes a second

_ADD_ENTRY: Final = f"INSERT INTO entries VALUES ({', '.join('?' * len(EntryRow._fields))})"  # noqa: S608
_SELECT_INDEXED: Final = f"SELECT {', '.join(IndexedEntry._fields)} FROM entries WHERE row_id IN ({{}})"  # noqa: S608
# Articles that are shown too early, and those that are scheduled and have come due: both by the index alone.
_SELECT_DUE: Final = (
    "SELECT key FROM entries WHERE shown_in != '' AND published_us > ?1"
    " UNION SELECT key FROM entries WHERE shown_in = '' AND published_us <= ?1"
)
_SELECT_SCHEDULED: Final = (
    "SELECT key, language, published FROM entries"
    " WHERE shown_in >= '' AND published_us > ? AND shown_in IN ('', language) ORDER BY published_us, key, row_id"
)
_SELECT_INDEX: Final = (
    "SELECT row_id, digest, listing_digest, updated_us, year, is_in_feeds FROM entries"
    " WHERE shown_in = ? ORDER BY published_us, id"
)
_SELECT_NEWEST: Final = (
    "SELECT key, is_complete FROM entries WHERE shown_in = ? AND is_in_feeds"
    " ORDER BY published_us DESC, id DESC LIMIT ?"
)
_ADD_FILE: Final = (
    "INSERT INTO files VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET (key, mtime_ns, size) ="
    " (excluded.key, excluded.mtime_ns, excluded.size)"
    " WHERE (key, mtime_ns, size) != (excluded.key, excluded.mtime_ns, excluded.size)"
)


class Manifest:
    """The manifest of one published folder, locked for this build alone.

    Attributes:
        folder: Its folder, ``.feedpub``.
        fingerprint: As it was opened with.
        is_new: Whether there was no usable manifest.
        starts_over: Whether all entries have to be read again: the manifest is new, or its fingerprint has changed.
    """

    def __init__(self, output: Path, fingerprint: bytes, authority: str) -> None:
        """Open the manifest of a published folder.

        Args:
            output: The published folder; it is created if it does not exist.
            fingerprint: Digest of settings, templates and programs; if it has changed, all entries are read again.
            authority: The authority of the site: the manifest of another site is not used.

        Raises:
            ConfigError: Another build is running in this folder.
            OSError: The manifest cannot be opened.
        """
        self.folder = output / STATE_FOLDER
        self.fingerprint, self._authority = fingerprint, authority.encode()
        if self.folder.is_symlink():
            message = "is a symbolic link; replace it by the folder itself"
            raise OSError(errno.ELOOP, message, str(self.folder))
        self._new_folders = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.is_new = self.starts_over = self._has_commits = False
        try:
            self._open_database()
        except BusyError:
            hint = "wait until it has ended; if none is running, remove .feedpub/manifest.sqlite in it"
            message = "another build is running in this folder"
            raise ConfigError([Problem(code="E010", path=output.as_posix(), message=message, hint=hint)]) from None
        except DamagedError:
            self._remove_files()
            self._open_database()

    def _open_database(self) -> None:
        self._database = Database(self.folder / _FILE_NAME, wait_seconds=WAIT_SECONDS)
        # Opened beside SQLite until the end: POSIX takes all locks of a process from a file of which it closes one.
        self._file = os.fdopen(os.open(self.folder / _FILE_NAME, os.O_RDONLY | os.O_CREAT, 0o666), "rb")
        try:
            self._database.begin("EXCLUSIVE")
            # Not before: in this mode a build that waits would keep a lock that the other one needs to end.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self.is_new = not self._database.verify(TABLES, optional=INDEXES)
            if self.is_new:
                self._create_tables()
            self._refuse_unusable()
            self._start_over_if_changed()
            last = self._database.row("SELECT max(row_id) FROM entries", convert=check_last_row_id) or 0
            self._next_row_id = last + 1
            self._new_keys, self._unwritten = set[str](), list[tuple[object, ...]]()
            self._has_indexes = False
        except BaseException:
            self._close_files()
            raise

    def _create_tables(self) -> None:
        for statement in TABLES.split(";"):
            self._database.execute(statement)
        self._database.execute(f"PRAGMA user_version = {VERSION}")
        self._database.execute("INSERT INTO settings VALUES ('authority', ?)", (self._authority,))

    def _refuse_unusable(self) -> None:
        """Raise DamagedError for a manifest of another version or site, or one that was changed since."""
        if self._database.version() != VERSION:
            raise self._database.make_damaged_error("of another version")
        if not self.is_new and self._read_seal() not in ("", _compute_checksum(self._file)):
            raise self._database.make_damaged_error("not as the last build left it")
        if self._read_setting("authority") != self._authority:
            raise self._database.make_damaged_error("of another site")

    def _start_over_if_changed(self) -> None:
        """Delete what was read under another fingerprint, so that it is read again."""
        if self._read_setting("fingerprint") == self.fingerprint:
            return
        self.starts_over = True
        self._database.execute("DELETE FROM files")
        self._database.execute("DELETE FROM entries")
        self._database.execute("REPLACE INTO settings VALUES ('fingerprint', ?)", (self.fingerprint,))

    def _close_files(self) -> None:
        self._database.close()
        self._file.close()

    def _remove_files(self) -> None:
        for name in STATE_FILE_NAMES:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.folder / name)

    def _read_seal(self) -> str:
        """Return the seal; the empty string if there is none."""
        path = self.folder / _SEAL_NAME
        try:
            state = path.lstat()
        except FileNotFoundError:
            return ""
        if not stat.S_ISREG(state.st_mode) or state.st_size > _LONGEST_SEAL_BYTES:
            return "not a seal"
        return path.read_text(encoding="ascii", errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Close it. Changes that were not committed are undone; new folders that are still empty are removed."""
        is_unused = self.is_new and not self._has_commits
        try:
            self._database.roll_back()
            if self._has_commits:  # while it is locked: the next build may begin at once
                with contextlib.suppress(OSError):  # a manifest without a seal is used, too
                    (self.folder / _SEAL_NAME).write_text(_compute_checksum(self._file), encoding="ascii")
        finally:
            self._close_files()
        if is_unused or isinstance(error, DamagedError):  # then another attempt does without it
            self._remove_files()
        if is_unused:
            for folder in self._new_folders:
                with contextlib.suppress(OSError):
                    folder.rmdir()

    def commit(self) -> None:
        """Commit all records so far."""
        self._insert_unwritten()
        if self._database.has_changes and not self._has_commits:
            (self.folder / _SEAL_NAME).unlink(missing_ok=True)
            self._has_commits = True
        self._database.commit()
        self._database.begin()

    def _read_setting(self, name: str) -> bytes:
        return self._database.row("SELECT value FROM settings WHERE name = ?", (name,), convert=check_bytes) or b""

    def invalidate(self) -> None:
        """Let the next build read all entries again."""
        self._database.execute("REPLACE INTO settings VALUES ('fingerprint', x'')")

    # Entry files

    def list_files(self) -> Iterator[FileRow]:
        """Yield the entry files that were read, in no order."""
        return self._database.rows("SELECT name, key, mtime_ns, size FROM files", convert=check_file)

    def add_files(self, rows: Iterable[FileRow]) -> None:
        """Record entry files that were read; nothing is written for those whose record is the same."""
        values = ((encode_name(name), encode_name(key), mtime_ns, size) for name, key, mtime_ns, size in rows)
        self._database.execute_many(_ADD_FILE, values)

    def forget_files(self, names: Iterable[str]) -> None:
        """Forget entry files that were removed."""
        self._database.execute_many("DELETE FROM files WHERE name = ?", ((encode_name(name),) for name in names))

    # Entries

    def replace_article(self, key: str, rows: Sequence[Sequence[object]]) -> list[int]:
        """Record the entries of an article, in place of those that it had.

        Args:
            key: The name of the article.
            rows: The values of `EntryRow` without the row id.

        Returns:
            The new row ids.
        """
        if self._may_have_entries(key):
            self._insert_unwritten()
            self._database.execute("DELETE FROM entries WHERE key = ?", (key,))
        self._new_keys.add(key)
        row_ids = list(range(self._next_row_id, self._next_row_id + len(rows)))
        self._next_row_id += len(rows)
        self._unwritten += [(row_id, *row) for row_id, row in zip(row_ids, rows, strict=True)]
        if len(self._unwritten) > _ROWS_PER_INSERT:
            self._insert_unwritten()
        return row_ids

    def _may_have_entries(self, key: str) -> bool:
        """Return False if an article cannot have entries yet, which saves queries in a build that starts over."""
        return not self.starts_over or key in self._new_keys

    def _insert_unwritten(self) -> None:
        """Insert the waiting entries together, which is faster than one by one."""
        if self._unwritten:
            self._database.execute_many(_ADD_ENTRY, self._unwritten)
            self._unwritten.clear()

    def _select_entries(
        self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]
    ) -> Iterator[_T]:
        """Yield rows of entries, all that were recorded included."""
        self._insert_unwritten()
        if not self._has_indexes:
            for statement in INDEXES.split(";"):
                self._database.execute(statement)
            self._has_indexes = True
        return self._database.rows(query, values, convert=convert)

    def get_article(self, key: str) -> list[EntryRow]:
        """Return the entries of an article, in the order of the site's languages."""
        if not self._may_have_entries(key):
            return []
        return list(
            self._select_entries("SELECT * FROM entries WHERE key = ? ORDER BY row_id", (key,), convert=check_entry_row)
        )

    def list_keys(self) -> set[str]:
        """Return the names of the articles that have entries."""
        return set(self._select_entries("SELECT DISTINCT key FROM entries", convert=check_text))

    def list_due(self, until: datetime) -> list[str]:
        """Return the names of the articles that a build until this moment shows differently from the last build."""
        if self.starts_over:
            return []  # all are read
        return sorted(self._select_entries(_SELECT_DUE, (to_microseconds(until),), convert=check_text))

    def list_scheduled(self, after: datetime) -> list[ScheduledEntry]:
        """Return the entries that are published after this moment, the next one first."""
        return list(self._select_entries(_SELECT_SCHEDULED, (to_microseconds(after),), convert=check_scheduled_entry))

    def count_by_language(self) -> dict[str, int]:
        """Return how many entries each language shows."""
        query = "SELECT shown_in, count(*) FROM entries WHERE shown_in != '' GROUP BY shown_in"
        return dict(self._select_entries(query, convert=lambda row: (as_text(row[0]), as_integer(row[1]))))

    def index_entries(self, language: str) -> EntryIndex:
        """Return the entries that a language shows, oldest first."""
        row_ids, updates, years = array("q"), array("q"), array("h")
        in_feeds, digests, listing_digests = bytearray(), bytearray(), bytearray()
        for row in self._select_entries(_SELECT_INDEX, (language,), convert=check_index_row):
            row_id, digest, listing_digest, updated_us, year, is_in_feeds = row
            row_ids.append(row_id)
            updates.append(updated_us)
            years.append(year)
            in_feeds.append(is_in_feeds)
            digests += digest
            listing_digests += listing_digest
        columns = bytes(in_feeds), bytes(digests), bytes(listing_digests)
        return EntryIndex(self._fetch_entries, row_ids, updates, years, *columns, range(len(row_ids)))

    def _fetch_entries(self, row_ids: Sequence[int]) -> list[IndexedEntry]:
        query = _SELECT_INDEXED.format(", ".join(map(str, row_ids)))
        entries = {entry.row_id: entry for entry in self._select_entries(query, convert=check_indexed_entry)}
        if not entries.keys() >= set(row_ids):  # the index says otherwise
            raise self._database.make_damaged_error("an entry is missing")
        return [entries[row_id] for row_id in row_ids]

    def find_keys(self, row_ids: Sequence[int]) -> set[str]:
        """Return the names of the articles to which some entries belong."""
        return {entry.key for entry in self._fetch_entries(row_ids)}

    def find_incomplete(self, language: str, limit: int) -> set[str]:
        """Return the names of those of the newest articles in a language's feed that were not read completely."""
        newest = self._select_entries(
            _SELECT_NEWEST, (language, limit), convert=lambda row: (as_text(row[0]), as_integer(row[1], 0, 1))
        )
        return {key for key, is_complete in newest if not is_complete}

    def map_titles(self) -> dict[str, str]:
        """Return title → name of the newest article that has this title in any language."""
        query = "SELECT title, key FROM entries WHERE shown_in != '' ORDER BY published_us, key"
        return dict(self._select_entries(query, convert=lambda row: (as_text(row[0]), as_text(row[1]))))

    def has_duplicates(self, *, has_new_keys: bool) -> bool:
        """Return True if two entries, scheduled or not, have one id, or the keys of two files differ in case only.

        Args:
            has_new_keys: Whether there are keys that were not there when this was last asked.
        """
        query = "SELECT id FROM entries WHERE shown_in IN ('', language) AND"
        own_ids = [
            iri.fold_id(entry_id) for entry_id in self._select_entries(f"{query} has_own_id", convert=check_text)
        ]
        distinct_ids = set(own_ids)
        if len(distinct_ids) < len(own_ids):
            return True
        # The other ids differ among themselves, and are written as `fold_id` would write them.
        automatic_ids = self._select_entries(f"{query} NOT has_own_id", convert=check_text) if own_ids else ()
        if any(entry_id in distinct_ids for entry_id in automatic_ids):
            return True
        if not has_new_keys:
            return False
        keys = set(self._select_entries("SELECT DISTINCT key FROM files", convert=lambda row: decode_name(row[0])))
        return len({key.casefold() for key in keys}) < len(keys)

    # Published files

    def list_published_files(self) -> dict[str, PublishedFile]:
        """Return the files of the published folder that builds have written, by path."""
        query = "SELECT path, mtime_ns, size, input_digest, content_digest FROM published_files"
        return dict(self._database.rows(query, convert=check_published_file))

    def add_published_files(self, files: Iterable[tuple[str, PublishedFile]]) -> None:
        """Record files of the published folder, by path."""
        values = ((path, *file) for path, file in files)
        self._database.execute_many("REPLACE INTO published_files VALUES (?, ?, ?, ?, ?)", values)

    def forget_published_files(self, paths: Iterable[str]) -> None:
        """Forget files that were removed, or that feedpub did not write."""
        self._database.execute_many("DELETE FROM published_files WHERE path = ?", ((path,) for path in paths))


def _compute_checksum(file: BinaryIO) -> str:
    """Return size and checksum of a file; 1 ms for 3 MB."""
    checksum = size = 0
    file.seek(0)
    while chunk := file.read(_CHECKSUM_CHUNK_BYTES):
        checksum, size = zlib.crc32(chunk, checksum), size + len(chunk)
    return f"{size} {checksum:08x}\n"
