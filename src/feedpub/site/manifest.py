"""What a published folder was made of: files that were read, entries, and documents that were written.

A SQLite file in ``.feedpub`` below the published folder. Without it, or if it is damaged or of another version, a build
reads and compares everything anew: that costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from array import array
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from ..errors import ConfigError, Problem
from .rows import DIGEST_BYTES, LISTING_BYTES, Listed, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

FOLDER: Final = ".feedpub"
_NAME: Final = "manifest.sqlite"
# The state of the manifest as the last build left it; not there while one writes, or after one that was killed. SQLite
# does not see that a value is not the one that was written.
_SEAL: Final = "manifest.seal"
_VERSION: Final = 3
_ROWS_AT_ONCE: Final = 500
# Another build that is at work is waited for; one of a thousand articles takes a second.
PATIENCE_SECONDS: Final = 5

_TABLES: Final = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE files (name TEXT PRIMARY KEY, key TEXT, mtime_ns INTEGER, size INTEGER) WITHOUT ROWID;
CREATE TABLE entries (
    number INTEGER PRIMARY KEY, shown TEXT, id TEXT, has_own_id INTEGER, moment INTEGER, whole INTEGER, key TEXT,
    language TEXT, published TEXT, updated TEXT, title TEXT, link TEXT, neighbours TEXT, categories TEXT,
    digest BLOB, listing BLOB, changed INTEGER, year INTEGER
);
CREATE TABLE outputs (path TEXT PRIMARY KEY, mtime_ns INTEGER, size INTEGER, recipe BLOB) WITHOUT ROWID;
"""
# Made when they are first needed: of many rows at once that takes a third of the time.
_INDEXES: Final = """
CREATE INDEX IF NOT EXISTS entries_by_key ON entries (key);
CREATE INDEX IF NOT EXISTS entries_with_own_id ON entries (id) WHERE has_own_id;
CREATE INDEX IF NOT EXISTS entries_in_order ON entries (shown, moment, id, digest, listing, changed, year);
"""


class Recorded(NamedTuple):
    """Hold one entry as one language shows it: all that is recorded.

    Args:
        number: Names it within the manifest.
        shown: The language whose feed shows it; not its own for a fallback.
        id: As in `Entry`.
        has_own_id: 1 if it is not the one that every entry has by its key and language.
        moment: When it was published, in microseconds since 1970.
        whole: 1; 0 if no more than its front matter was read, since no document shows it.
        key: As in `Listed`, likewise what follows.
        digest: As in `Rows`, likewise `listing`.
        changed: When it was updated, in microseconds since 1970.
        year: When it was published, by its own offset.
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


_ADD_ENTRY: Final = f"INSERT INTO entries VALUES ({', '.join('?' * len(Recorded._fields))})"  # noqa: S608
_LISTED: Final = f"SELECT {', '.join(Listed._fields)} FROM entries WHERE number IN ({{}})"  # noqa: S608
_ORDERED: Final = "SELECT number, digest, listing, changed, year FROM entries WHERE shown = ? ORDER BY moment, id"


class Known(NamedTuple):
    """Hold one file of the published folder.

    Args:
        mtime_ns: As it was when we wrote it; -1 if that is not known.
        size: In bytes.
        recipe: Of what it was made; empty if it may be half done.
    """

    mtime_ns: int
    size: int
    recipe: bytes


class DamagedError(OSError):
    """The manifest was damaged; it is gone now, and another attempt does without it."""


class Manifest:
    """Hold the manifest of one published folder, locked for this build alone."""

    def __init__(self, output: Path, fingerprint: bytes) -> None:
        """Open the manifest of a published folder.

        Args:
            output: The folder; it is made if need be.
            fingerprint: Of settings, templates and programs; under another one, what was read is read anew.
        """
        self.folder = output / FOLDER
        self.fingerprint = fingerprint
        self._made = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.is_new = self.starts_over = self._is_written = False
        try:
            self._open()
        except UnicodeDecodeError:  # a message of SQLite that quotes what is damaged
            self._forget()
            self._open()
        except sqlite3.DatabaseError as error:
            if _is_busy(error):
                self._refuse(output)
            if not _is_damage(error):
                raise _as_os_error(error, self.folder / _NAME) from error
            self._forget()
            self._open()

    def _open(self) -> None:
        self._base = sqlite3.connect(self.folder / _NAME, timeout=PATIENCE_SECONDS, isolation_level=None)
        try:
            self._base.execute("PRAGMA synchronous = NORMAL")
            self._base.execute("BEGIN EXCLUSIVE")
            # Not before: in this mode a build that waits would keep a lock that the other one needs to end.
            self._base.execute("PRAGMA locking_mode = EXCLUSIVE")
            (version,) = self._base.execute("PRAGMA user_version").fetchone()
            if version != _VERSION:
                self.is_new = True
                if version or self._base.execute("SELECT 1 FROM sqlite_master").fetchone():
                    raise sqlite3.DatabaseError("of another version")
                for statement in _TABLES.split(";"):
                    self._base.execute(statement)
                self._base.execute(f"PRAGMA user_version = {_VERSION}")
            if not self.is_new and self._seal() not in ("", self._state()):
                raise sqlite3.DatabaseError("not as it was left")
            self._start_over_if_need_be()
            (last,) = self._base.execute("SELECT max(number) FROM entries").fetchone()
            self._first = self._number = (last or 0) + 1
            self._keys, self._waiting = set[str](), list[tuple[object, ...]]()
            self._has_indexes = False
        except BaseException:
            self._base.close()
            raise

    def _start_over_if_need_be(self) -> None:
        """Drop what was read under other settings: all of it is read anew."""
        if self._setting("fingerprint") == self.fingerprint:
            return
        self.starts_over = True
        self._base.execute("DELETE FROM files")
        self._base.execute("DELETE FROM entries")
        self._base.execute("REPLACE INTO settings VALUES ('fingerprint', ?)", (self.fingerprint,))

    def _forget(self) -> None:
        for name in (_SEAL, *(f"{_NAME}{ending}" for ending in ("", "-journal", "-wal", "-shm"))):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.folder / name)

    def _seal(self) -> str:
        try:
            return (self.folder / _SEAL).read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return ""

    def _state(self) -> str:
        found = os.stat(self.folder / _NAME)
        return f"{found.st_mtime_ns} {found.st_size}\n"

    def _refuse(self, output: Path) -> None:
        hint = "wait until it has ended; if none is running, remove .feedpub/manifest.sqlite in it"
        message = "another build is writing to this folder"
        raise ConfigError([Problem(code="E010", path=output.as_posix(), message=message, hint=hint)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Close it; what was not kept is as before, and folders that were made for nothing are gone."""
        with contextlib.suppress(sqlite3.Error):
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
        empty = self.is_new and not self._is_kept()
        self._base.close()
        if self._is_written:
            with contextlib.suppress(OSError):  # without it, the manifest is trusted
                (self.folder / _SEAL).write_text(self._state(), encoding="ascii")
        if empty:
            self._forget()
            for folder in self._made:
                with contextlib.suppress(OSError):
                    folder.rmdir()
        if isinstance(error, sqlite3.Error):
            if not _is_damage(error):
                raise _as_os_error(error, self.folder / _NAME) from error
            self._forget()
            raise DamagedError(errno.EIO, f"is damaged ({error})", str(self.folder / _NAME)) from error

    def _is_kept(self) -> bool:
        with contextlib.suppress(sqlite3.Error):
            return bool(self._base.execute("PRAGMA user_version").fetchone()[0])
        return True

    def keep(self) -> None:
        """Make what was recorded so far last, whatever happens next."""
        self._flush()
        if self._base.total_changes and not self._is_written:
            (self.folder / _SEAL).unlink(missing_ok=True)
            self._is_written = True
        self._base.execute("COMMIT")
        self._base.execute("BEGIN IMMEDIATE")

    def _setting(self, name: str) -> bytes:
        found = self._base.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return bytes(found[0]) if found else b""

    def files(self) -> Iterator[tuple[str, str, int, int]]:
        """Yield the files that were read: name, article, time of change in nanoseconds, size in bytes."""
        for row in self._base.execute("SELECT name, key, mtime_ns, size FROM files"):
            if type(row[0]) is str:  # only names that are no Unicode have such keys
                yield row
            else:
                name, key, mtime_ns, size = row
                yield _stored(name), _stored(key), mtime_ns, size

    def forget_files(self, names: Iterable[str]) -> None:
        """Forget files that are gone."""
        self._base.executemany("DELETE FROM files WHERE name = ?", ((_storable(name),) for name in names))

    def add_files(self, rows: Iterable[tuple[str, str, int, int]]) -> None:
        """Record files, as `files` yields them; those that are recorded so cost no writing."""
        self._base.executemany(
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
        """Tell whether an article may have entries: a build that starts over asks for thousands that have none."""
        return not self.starts_over or key in self._keys

    def _flush(self) -> None:
        """Record the entries that wait: together they cost less than one by one."""
        if self._waiting:
            self._base.executemany(_ADD_ENTRY, self._waiting)
            self._waiting.clear()

    def _ask(self, query: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Ask for what is recorded of entries."""
        self._flush()
        if not self._has_indexes:
            for statement in _INDEXES.split(";"):
                self._base.execute(statement)
            self._has_indexes = True
        return self._base.execute(query, values)

    def article(self, key: str) -> list[Recorded]:
        """Return the entries of an article, in the order of the site's languages."""
        if not self._has(key):
            return []
        rows = self._ask("SELECT * FROM entries WHERE key = ? ORDER BY number", (key,))
        return [Recorded._make(row) for row in rows]

    def keys(self) -> set[str]:
        """Return the articles that have entries."""
        return {key for (key,) in self._ask("SELECT DISTINCT key FROM entries")}

    def languages(self) -> dict[str, int]:
        """Return how many entries each language shows."""
        return dict(self._ask("SELECT shown, count(*) FROM entries GROUP BY shown"))

    def entries(self, shown: str) -> Rows:
        """Return the entries that a language shows, oldest first."""
        numbers, updates, years, digests, listings = array("q"), array("q"), array("h"), bytearray(), bytearray()
        for number, digest, listing, changed, year in self._ask(_ORDERED, (shown,)):
            if len(digest) != DIGEST_BYTES or len(listing) != LISTING_BYTES:
                raise sqlite3.DatabaseError("a digest has another length")
            numbers.append(number)
            updates.append(changed)
            years.append(year)
            digests += digest
            listings += listing
        return Rows(self._rows, numbers, updates, years, bytes(digests), bytes(listings), range(len(numbers)))

    def _rows(self, numbers: Sequence[int]) -> list[Listed]:
        found = self._ask(_LISTED.format(", ".join(map(str, numbers))))
        rows = {row[0]: Listed._make(row) for row in found}
        return [rows[number] for number in numbers]

    def ids(self, numbers: Sequence[int]) -> list[tuple[int, str]]:
        """Return number and id of entries."""
        return list(self._ask(f"SELECT number, id FROM entries WHERE number IN ({', '.join(map(str, numbers))})"))  # noqa: S608

    def is_old(self, number: int) -> bool:
        """Tell whether an entry is as it was when the last build ended."""
        return number < self._first

    def keys_of(self, numbers: Sequence[int]) -> set[str]:
        """Return the articles of entries."""
        return {row.key for row in self._rows(numbers)}

    def unread(self, shown: str, limit: int) -> set[str]:
        """Return those of a language's newest articles that were not read whole."""
        query = "SELECT key, whole FROM entries WHERE shown = ? ORDER BY moment DESC, id DESC LIMIT ?"
        return {key for key, whole in self._ask(query, (shown, limit)) if not whole}

    def titles(self) -> dict[str, str]:
        """Return title → key of the newest article that has this title in any language."""
        return dict(self._ask("SELECT title, key FROM entries ORDER BY moment, key"))

    def has_twins(self, *, has_new_keys: bool) -> bool:
        """Tell whether two entries have one id, or the keys of two files differ in case only.

        Args:
            has_new_keys: Whether there are keys that were not there when this was last asked.
        """
        query = "SELECT 1 FROM entries WHERE shown = language GROUP BY id HAVING count(*) > 1 LIMIT 1"
        if self._ask("SELECT 1 FROM entries WHERE has_own_id LIMIT 1").fetchone() and self._ask(query).fetchone():
            return True
        if not has_new_keys:
            return False
        keys = {_stored(key) for (key,) in self._ask("SELECT DISTINCT key FROM files")}
        return len({key.casefold() for key in keys}) < len(keys)

    def outputs(self) -> dict[str, Known]:
        """Return the files of the published folder that are ours: path → what is known of it."""
        rows = self._base.execute("SELECT path, mtime_ns, size, recipe FROM outputs")
        return {path: Known(mtime_ns, size, recipe) for path, mtime_ns, size, recipe in rows}

    def add_outputs(self, outputs: Iterable[tuple[str, Known]]) -> None:
        """Record files of the published folder."""
        self._base.executemany(
            "REPLACE INTO outputs VALUES (?, ?, ?, ?)", ((path, *output) for path, output in outputs)
        )

    def forget_outputs(self, paths: Iterable[str]) -> None:
        """Forget files that are gone, or not ours."""
        self._base.executemany("DELETE FROM outputs WHERE path = ?", ((path,) for path in paths))


def _storable(name: str) -> str | bytes:
    """Return a name as SQLite can hold it: file systems have names that are no Unicode."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")
    return name


def _stored(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "surrogatepass")


def _is_busy(error: sqlite3.Error) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) if _has_code(error) else False


def _is_damage(error: sqlite3.Error) -> bool:
    damage = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
    return error.sqlite_errorcode & 0xFF in damage if _has_code(error) else True


def _has_code(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) is not None


def _as_os_error(error: sqlite3.Error, path: Path) -> OSError:
    """Say what SQLite met in the words of the system."""
    if path.is_dir():
        return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    code = error.sqlite_errorcode & 0xFF if _has_code(error) else 0
    if code == sqlite3.SQLITE_CANTOPEN:  # SQLite does not tell why
        import tempfile  # takes 10 ms to load

        try:
            with tempfile.TemporaryFile(dir=path.parent), open(path, "r+b"):
                pass
        except OSError as reason:
            return OSError(reason.errno, os.strerror(reason.errno or 0), str(path))
    number = {
        sqlite3.SQLITE_FULL: errno.ENOSPC,
        sqlite3.SQLITE_READONLY: errno.EROFS,
        sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    }.get(code, errno.EIO)
    return OSError(number, f"{os.strerror(number)} ({error})", str(path))
