"""Open SQLite files that somebody else may have damaged, crafted or locked, and name what goes wrong.

The history of link checks and the manifest of a published folder are such files. A value is trusted only when the
schema is exactly ours, the pages hold together, and the value itself was checked while it was read.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import sqlite3
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from pathlib import Path

_T = TypeVar("_T")

# Longer values are not read: nothing that feedpub keeps comes near it.
LONGEST_VALUE_BYTES: Final = 64 << 20
# SQLite keeps what it has not yet written to the file itself beside it.
COMPANIONS: Final = ("-journal", "-wal", "-shm")
_MOST_OBJECTS: Final = 100
_LARGEST_INTEGER: Final = 2**63 - 1
# What `datetime` can express.
FIRST_SECOND: Final = datetime(1, 1, 2, tzinfo=UTC).timestamp()
LAST_SECOND: Final = datetime(9999, 12, 30, tzinfo=UTC).timestamp()


class DatabaseError(OSError):
    """A database cannot be opened, read or written; `errno`, `strerror` and `filename` say why."""


class BusyError(DatabaseError):
    """Another process is writing to it."""


class DamagedError(DatabaseError):
    """It is not a database, not one of ours, or holds what feedpub never writes."""


class NewerError(DatabaseError):
    """A newer feedpub has made it."""


class Database:
    """A connection to one SQLite file. It never loads extensions, and every failure is a `DatabaseError`."""

    def __init__(self, path: Path | None, *, wait_seconds: float) -> None:
        """Open a database; it is made when something is first written.

        Args:
            path: Its file; None for one in memory.
            wait_seconds: How long to wait for another process that is writing.

        Raises:
            DatabaseError: It cannot be opened, or is not a regular file.
        """
        self.path = path
        if path:
            _refuse_other_than_files(path)
        try:
            self._connection = sqlite3.connect(path or ":memory:", timeout=wait_seconds, isolation_level=None)
        except sqlite3.Error as error:
            raise self._named(error) from error
        try:
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            for setting in ("trusted_schema = OFF", "cell_size_check = ON", "synchronous = NORMAL"):
                self.execute(f"PRAGMA {setting}")
        except BaseException:
            self._connection.close()
            raise

    def execute(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Execute a statement that returns no rows; the cursor tells `rowcount` and `lastrowid`."""
        try:
            return self._connection.execute(statement, values)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._named(error) from error

    def execute_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Execute a statement once for each row."""
        try:
            self._connection.executemany(statement, rows)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._named(error) from error

    def rows(self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]) -> Generator[_T]:
        """Yield the rows of a query.

        Args:
            query: One SELECT or PRAGMA.
            values: Its parameters.
            convert: Checks a row and returns what it means; raises ValueError for what feedpub never writes.

        Raises:
            DamagedError: A row cannot be read, or was refused by `convert`.
        """
        try:
            for row in self._connection.execute(query, values):
                yield convert(row)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._named(error) from error
        except (ValueError, RecursionError) as error:  # deeply nested JSON raises the latter
            raise self.damage(str(error)) from error

    def row(self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]) -> _T | None:
        """Return the first row of a query; None if there is none."""
        # Closed here: what is raised while a generator is collected, such as by Ctrl-C, would be lost.
        with contextlib.closing(self.rows(query, values, convert=convert)) as rows:
            return next(rows, None)

    def version(self) -> int:
        """Return the version of the schema; 0 for a new database."""
        return self.row("PRAGMA user_version", convert=lambda row: int(row[0])) or 0

    def verify(self, statements: str, *, optional: str = "") -> bool:
        """Check that the schema is exactly the one that some statements make, and that the pages hold together.

        Tables are compared by their text, so that no view, trigger, generated column or default of somebody else is
        ever evaluated. A tree of pages that contains itself would be read without end.

        Args:
            statements: They make all tables.
            optional: They make indexes that may be there.

        Returns:
            Whether there is a schema; False for an empty file.

        Raises:
            DamagedError: It has another schema, or its pages are damaged.
        """
        found = set(self.rows(f"{_OBJECTS} LIMIT {_MOST_OBJECTS}", convert=_plain_row))
        if not found and not self.version():
            return False
        required = _objects(statements)
        allowed = _objects(f"{statements};{optional}")
        for kind, name, *_ in sorted(map(_shown_row, required - found)) + sorted(map(_shown_row, found - allowed)):
            raise self.damage(f"the {kind} {name} is not as feedpub makes it")
        report = self.row("PRAGMA quick_check(1)", convert=lambda row: str(row[0]))
        if report != "ok":
            raise self.damage(str(report).splitlines()[-1] if report else "its pages cannot be read")
        return True

    @contextlib.contextmanager
    def transaction(self, mode: str = "IMMEDIATE") -> Iterator[None]:
        """Let all statements of a block count, or none of them.

        Ctrl-C may come between any two lines, also of this method. Whatever it leaves open is undone when the next
        transaction begins, or when the database is closed; so a caller forgets what it has to write only after this.

        Args:
            mode: As of `begin`.
        """
        self.begin(mode)
        try:
            yield
            self.commit()
        except BaseException:
            self.roll_back()
            raise

    def begin(self, mode: str = "IMMEDIATE") -> None:
        """Begin a transaction: DEFERRED (to read), IMMEDIATE (to write) or EXCLUSIVE; undo one that was interrupted."""
        self.roll_back()
        self.execute(f"BEGIN {mode}")

    def commit(self) -> None:
        """End the transaction, if there is one.

        SQLite ends it by itself when the disk is full, and Ctrl-C may come between two transactions: a COMMIT would
        then be an error that hides the real one.
        """
        if self._connection.in_transaction:
            self.execute("COMMIT")

    def roll_back(self) -> None:
        """Undo what was not committed, whatever happens."""
        with contextlib.suppress(sqlite3.Error):  # it would only say again what was said before
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close it; what was not committed is undone, whatever happens."""
        try:
            self.roll_back()
        finally:
            self._connection.close()

    @property
    def has_changes(self) -> bool:
        """Whether something was written since it was opened."""
        return self._connection.total_changes > 0

    def damage(self, what: str) -> DamagedError:
        """Return the error that says what is wrong in this database."""
        return DamagedError(errno.EILSEQ, f"is damaged ({what[:200]})", self._shown)

    @property
    def _shown(self) -> str:
        return str(self.path or ":memory:")

    def _named(self, error: Exception) -> DatabaseError:
        """Return what SQLite met, in the words of the system."""
        if isinstance(error, sqlite3.ProgrammingError):
            raise error  # a mistake of the caller
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # text that is not UTF-8, in a value or in a message
            return self.damage(str(error))
        primary = code & 0xFF
        if primary in _BUSY:
            return BusyError(errno.EBUSY, "another process is writing to it", self._shown)
        number = _NUMBERS.get(primary)
        if number is None:
            return self.damage(str(error))
        if number in (errno.EIO, errno.EACCES) and self.path:  # SQLite does not tell why
            number = _why_not_writable(self.path) or number
        reason = os.strerror(number) if number == errno.ENOSPC else f"{os.strerror(number)} ({error})"
        return DatabaseError(number, reason, self._shown)


_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
# All others mean that the file holds something else than what was written to it.
_NUMBERS: Final = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
}
_OBJECTS: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite^_stat_' ESCAPE '^'"
_PROBE_BYTES: Final = 1 << 16


def _refuse_other_than_files(path: Path) -> None:
    """Refuse what leads elsewhere or never answers: links, folders, pipes, devices, also beside the file."""
    for ending in ("", *COMPANIONS):
        try:
            mode = os.lstat(f"{path}{ending}").st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            raise DatabaseError(error.errno, error.strerror, str(path)) from error
        which = f": {path.name}{ending}" if ending else ""
        if stat.S_ISLNK(mode):
            raise DatabaseError(errno.ELOOP, f"is a symbolic link; put the file itself there{which}", str(path))
        if stat.S_ISDIR(mode):
            raise DatabaseError(errno.EISDIR, f"{os.strerror(errno.EISDIR)}{which}", str(path))
        if not stat.S_ISREG(mode):
            raise DatabaseError(errno.EINVAL, f"is not a regular file{which}", str(path))


def _why_not_writable(path: Path) -> int:
    """Return the error number of writing beside a file and to it; 0 if both can be done."""
    import tempfile  # takes 10 ms to load

    try:
        with tempfile.TemporaryFile(dir=path.parent) as probe, open(path, "r+b"):
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
    except OSError as error:
        return error.errno or 0
    return 0


def _objects(statements: str) -> set[tuple[object, ...]]:
    """Return what the schema of a database holds after some statements."""
    with contextlib.closing(sqlite3.connect(":memory:")) as memory:
        memory.executescript(statements)
        return set(map(_plain_row, memory.execute(_OBJECTS)))


def _plain_row(row: Sequence[object]) -> tuple[object, ...]:
    """Return a row of the schema, whose white space may be that of another version of SQLite."""
    return tuple(" ".join(value.split()) if isinstance(value, str) else value for value in row)


def _shown_row(row: Sequence[object]) -> tuple[str, ...]:
    """Return a row of the schema for a message; it may hold values of any type."""
    return tuple(str(value)[:100] for value in row)


# Checks of single values: what is returned is what feedpub writes, or ValueError is raised.


def as_text(value: object) -> str:
    """Return a value that is text which can be encoded."""
    if type(value) is not str:
        raise ValueError(f"{type(value).__name__} instead of text")
    return value


def as_integer(value: object, least: int = 0, most: int = _LARGEST_INTEGER) -> int:
    """Return a value that is an integer between two numbers."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{str(value)[:40]!r} instead of an integer from {least} to {most}")
    return value


def as_moment(value: object) -> datetime:
    """Return the moment that a number of seconds since 1970 means."""
    if type(value) is not float or not math.isfinite(value) or not FIRST_SECOND <= value <= LAST_SECOND:
        raise ValueError(f"{str(value)[:40]!r} instead of a time")
    return datetime.fromtimestamp(value, UTC)


def as_choice(value: object, choices: Sequence[_T]) -> _T:
    """Return a value that is one of several."""
    for choice in choices:
        if type(value) is type(choice) and value == choice:
            return choice
    raise ValueError(f"{str(value)[:40]!r} instead of one of {', '.join(map(str, choices))}")


def optional(check: Callable[[object], _T], value: object) -> _T | None:
    """Return None as it is, and any other value as a check does."""
    return None if value is None else check(value)
