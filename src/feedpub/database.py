"""SQLite files that may be damaged, locked, or crafted by an attacker; every failure is a `DatabaseError`.

The history of link checks and the manifest of a published folder are such files. A value is trusted only if the schema
is exactly ours, the pages of the file are consistent, and the value itself was checked while it was read.
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

# Longer values are not read: no value of feedpub comes near this.
LONGEST_VALUE_BYTES: Final = 64 << 20
# Endings of the files in which SQLite keeps what is not in the database file yet.
COMPANIONS: Final = ("-journal", "-wal", "-shm")
_MOST_OBJECTS: Final = 100
_LARGEST_INTEGER: Final = 2**63 - 1
# What `datetime` can express.
FIRST_SECOND: Final = datetime(1, 1, 2, tzinfo=UTC).timestamp()
LAST_SECOND: Final = datetime(9999, 12, 30, tzinfo=UTC).timestamp()


class DatabaseError(OSError):
    """A database cannot be opened, read or written; `errno`, `strerror` and `filename` say why."""


class BusyError(DatabaseError):
    """Another process is writing to the file."""


class DamagedError(DatabaseError):
    """The file is not a database, not one of ours, or contains something that feedpub never writes."""


class NewerError(DatabaseError):
    """A newer feedpub has created the file."""


class Database:
    """A connection to one SQLite file. It never loads extensions, and every failure is a `DatabaseError`."""

    def __init__(self, path: Path | None, *, wait_seconds: float) -> None:
        """Open a database; its file is created when something is first written.

        Args:
            path: Its file; None for one in memory.
            wait_seconds: How long to wait for another process that is writing.

        Raises:
            DatabaseError: It cannot be opened, or is not a regular file.
        """
        self.path = path
        if path:
            _check_is_file(path)
        try:
            self._connection = sqlite3.connect(path or ":memory:", timeout=wait_seconds, isolation_level=None)
        except sqlite3.Error as error:
            raise self._convert_error(error) from error
        try:
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            for setting in ("trusted_schema = OFF", "cell_size_check = ON", "synchronous = NORMAL"):
                self.execute(f"PRAGMA {setting}")
        except BaseException:
            self._connection.close()
            raise

    def execute(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Execute a statement that returns no rows; return the cursor, which has `rowcount` and `lastrowid`."""
        try:
            return self._connection.execute(statement, values)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._convert_error(error) from error

    def execute_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Execute a statement once for each row."""
        try:
            self._connection.executemany(statement, rows)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._convert_error(error) from error

    def rows(self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]) -> Generator[_T]:
        """Yield the rows of a query.

        Args:
            query: One SELECT or PRAGMA.
            values: Its parameters.
            convert: Checks a row and returns its value; raises ValueError for an invalid row.

        Raises:
            DamagedError: A row cannot be read, or was refused by `convert`.
        """
        try:
            for row in self._connection.execute(query, values):
                yield convert(row)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._convert_error(error) from error
        except (ValueError, RecursionError) as error:  # deeply nested JSON raises the latter
            raise self.make_damaged_error(str(error)) from error

    def row(self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]) -> _T | None:
        """Return the first row of a query; None if there is none."""
        # Closed here: an exception that is raised while a generator is collected, such as by Ctrl-C, would be lost.
        with contextlib.closing(self.rows(query, values, convert=convert)) as rows:
            return next(rows, None)

    def version(self) -> int:
        """Return the version of the schema; 0 for a new database."""
        return self.row("PRAGMA user_version", convert=lambda row: int(row[0])) or 0

    def verify(self, statements: str, *, optional: str = "") -> bool:
        """Check that the schema is exactly the one of some statements, and that the pages of the file are consistent.

        Tables are compared by their text, so that no view, trigger, generated column or default is ever evaluated that
        feedpub did not create. A tree of pages that contains itself would be read without end.

        Args:
            statements: Create all tables.
            optional: Create indexes that may exist.

        Returns:
            True if there is a schema, False for an empty file.

        Raises:
            DamagedError: The schema is another one, or the pages are damaged.
        """
        objects = set(self.rows(f"{_OBJECTS} LIMIT {_MOST_OBJECTS}", convert=_normalise_row))
        if not objects and not self.version():
            return False
        required = _list_objects(statements)
        allowed = _list_objects(f"{statements};{optional}")
        for kind, name, *_ in sorted(map(_format_row, required - objects)) + sorted(
            map(_format_row, objects - allowed)
        ):
            raise self.make_damaged_error(f"the {kind} {name} is not the one that feedpub creates")
        report = self.row("PRAGMA quick_check(1)", convert=lambda row: str(row[0]))
        if report != "ok":
            raise self.make_damaged_error(str(report).splitlines()[-1] if report else "its pages cannot be read")
        return True

    @contextlib.contextmanager
    def transaction(self, mode: str = "IMMEDIATE") -> Iterator[None]:
        """Execute all statements of a block in one transaction, or none of them.

        Ctrl-C may come between any two lines, also of this method. A transaction that it leaves open is rolled back
        when the next one begins, or when the database is closed. So a caller must keep its rows until the block has
        ended.

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
        """Begin a transaction (DEFERRED to read, IMMEDIATE to write, or EXCLUSIVE), after rolling back an open one."""
        self.roll_back()
        self.execute(f"BEGIN {mode}")

    def commit(self) -> None:
        """Commit the transaction, if there is one.

        SQLite ends a transaction by itself when the disk is full, and Ctrl-C may come between two transactions. Then a
        COMMIT would raise an error that hides the real one.
        """
        if self._connection.in_transaction:
            self.execute("COMMIT")

    def roll_back(self) -> None:
        """Undo changes that were not committed; never raise."""
        with contextlib.suppress(sqlite3.Error):  # the error that led here says more
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the database; changes that were not committed are undone."""
        try:
            self.roll_back()
        finally:
            self._connection.close()

    @property
    def has_changes(self) -> bool:
        """Whether something was written since the database was opened."""
        return self._connection.total_changes > 0

    def make_damaged_error(self, fault: str) -> DamagedError:
        """Return the error for a damaged database."""
        return DamagedError(errno.EILSEQ, f"is damaged ({fault[:200]})", self._display_path)

    @property
    def _display_path(self) -> str:
        return str(self.path or ":memory:")

    def _convert_error(self, error: Exception) -> DatabaseError:
        """Return the `DatabaseError` for an error of SQLite."""
        if isinstance(error, sqlite3.ProgrammingError):
            raise error  # a mistake of the caller
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # text that is not UTF-8, in a value or in a message of SQLite
            return self.make_damaged_error(str(error))
        primary = code & 0xFF
        if primary in _BUSY:
            return BusyError(errno.EBUSY, "another process is writing to it", self._display_path)
        number = _NUMBERS.get(primary)
        if number is None:
            return self.make_damaged_error(str(error))
        if number in (errno.EIO, errno.EACCES) and self.path:  # SQLite does not say why
            number = _find_write_error(self.path) or number
        reason = os.strerror(number) if number == errno.ENOSPC else f"{os.strerror(number)} ({error})"
        return DatabaseError(number, reason, self._display_path)


_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
# All other codes mean that the file does not contain what was written to it.
_NUMBERS: Final = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
}
_OBJECTS: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite^_stat_' ESCAPE '^'"
_WRITE_TEST_BYTES: Final = 1 << 16


def _check_is_file(path: Path) -> None:
    """Raise an error for links, folders, pipes and devices, also in place of the files that SQLite keeps beside it."""
    for ending in ("", *COMPANIONS):
        try:
            mode = os.lstat(f"{path}{ending}").st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            raise DatabaseError(error.errno, error.strerror, str(path)) from error
        companion = f": {path.name}{ending}" if ending else ""
        if stat.S_ISLNK(mode):
            raise DatabaseError(errno.ELOOP, f"is a symbolic link; replace it by the file itself{companion}", str(path))
        if stat.S_ISDIR(mode):
            raise DatabaseError(errno.EISDIR, f"{os.strerror(errno.EISDIR)}{companion}", str(path))
        if not stat.S_ISREG(mode):
            raise DatabaseError(errno.EINVAL, f"is not a regular file{companion}", str(path))


def _find_write_error(path: Path) -> int:
    """Return the error number of writing to a file and its folder; 0 if both are possible."""
    import tempfile  # takes 10 ms to load

    try:
        with tempfile.TemporaryFile(dir=path.parent) as probe, open(path, "r+b"):
            probe.write(bytes(_WRITE_TEST_BYTES))
            probe.flush()
    except OSError as error:
        return error.errno or 0
    return 0


def _list_objects(statements: str) -> set[tuple[object, ...]]:
    """Return the objects of the schema that some statements create."""
    with contextlib.closing(sqlite3.connect(":memory:")) as memory:
        memory.executescript(statements)
        return set(map(_normalise_row, memory.execute(_OBJECTS)))


def _normalise_row(row: Sequence[object]) -> tuple[object, ...]:
    """Return a row of the schema with normal white space, in which versions of SQLite differ."""
    return tuple(" ".join(value.split()) if isinstance(value, str) else value for value in row)


def _format_row(row: Sequence[object]) -> tuple[str, ...]:
    """Return a row of the schema as text for a message; its values may have any type."""
    return tuple(str(value)[:100] for value in row)


# Checks of single values: they return a value that feedpub may have written, or raise ValueError.


def as_text(value: object) -> str:
    """Return a value that is text."""
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


def check_optional(check: Callable[[object], _T], value: object) -> _T | None:
    """Return None for None, and the checked value otherwise."""
    return None if value is None else check(value)
