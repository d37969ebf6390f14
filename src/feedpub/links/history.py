"""What checks have found, remembered between runs: a SQLite file beside the entries.

One row per address, one per check, one per incident: a link that died, until it is well again. A run that is killed
keeps what it has found up to a second before; a second run waits for the first, or is refused.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from .policy import Hop, Record
from .result import Incident

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from .policy import LinkState, Verdict
    from .result import Change

# What a run has found is kept at least this often.
KEEP_SECONDS: Final = 1.0
# Another run that is at work is waited for.
PATIENCE_SECONDS: Final = 5.0
# Checks are forgotten after this time; the latest of an address never.
OLDEST_CHECK: Final = timedelta(days=400)

_MIGRATIONS: Final = (
    """
    CREATE TABLE links (
        url TEXT PRIMARY KEY, state TEXT NOT NULL, status TEXT, reason TEXT NOT NULL, streak INTEGER NOT NULL,
        failures INTEGER NOT NULL, failing_since REAL, last_ok REAL, checked REAL, due REAL,
        etag TEXT, last_modified TEXT
    ) WITHOUT ROWID;
    CREATE INDEX links_by_due ON links (due);
    CREATE TABLE checks (
        url TEXT NOT NULL, at REAL NOT NULL, status TEXT NOT NULL, code INTEGER, reason TEXT NOT NULL, final_url TEXT,
        PRIMARY KEY (url, at)
    ) WITHOUT ROWID;
    CREATE TABLE incidents (
        number INTEGER PRIMARY KEY, url TEXT NOT NULL, opened REAL NOT NULL, closed REAL, reason TEXT NOT NULL,
        accepted_until REAL, accepted_why TEXT
    );
    CREATE INDEX incidents_by_url ON incidents (url);
    CREATE TABLE hosts (host TEXT PRIMARY KEY, head_lies INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    ALTER TABLE links ADD COLUMN code INTEGER;
    ALTER TABLE links ADD COLUMN final_url TEXT;
    ALTER TABLE links ADD COLUMN chain TEXT;
    ALTER TABLE links ADD COLUMN run INTEGER;
    ALTER TABLE links ADD COLUMN change TEXT;
    CREATE TABLE runs (number INTEGER PRIMARY KEY, at REAL NOT NULL, network_down INTEGER);
    """,
)
_RECORD: Final = tuple(field.name for field in fields(Record))
_MEMORY: Final = ("code", "final_url", "chain", "run", "change", "etag", "last_modified")
_TIMES: Final = frozenset({"failing_since", "last_ok", "checked", "due"})


class BusyError(Exception):
    """Another run is writing to this history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Hold what else is remembered of the last check of a link.

    Args:
        record: State and times.
        code: Status code of the last answer.
        final_url: Where redirects led.
        chain: The redirects.
        change: What that check changed.
        run: In which run that was.
        etag: Of the page, if it was good and no redirect led there; likewise `last_modified`.
        last_modified: The field Last-Modified.
    """

    record: Record
    code: int | None = None
    final_url: str = ""
    chain: tuple[Hop, ...] = ()
    change: Change | None = None
    run: int = 0
    etag: str | None = None
    last_modified: str | None = None


class History:
    """Remember links between runs."""

    def __init__(self, path: Path | None, *, reads: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        """Open a history, and make it if need be.

        Args:
            path: Its file; None remembers nothing beyond this run.
            reads: Nothing is to be remembered: a run that is at work is no obstacle.
            clock: Tells when a second is over.

        Raises:
            BusyError: Another run is writing to it.
            sqlite3.DatabaseError: It is no history, or damaged, or cannot be made.
        """
        if path:
            with contextlib.suppress(OSError):  # what is wrong with its folder is told with it
                path.parent.mkdir(parents=True, exist_ok=True)
        self._clock, self._kept = clock, clock()
        self._links: list[tuple[object, ...]] = []  # not written yet
        self._checks: list[tuple[object, ...]] = []
        self._base = sqlite3.connect(path or ":memory:", timeout=PATIENCE_SECONDS, isolation_level=None)
        try:
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = NORMAL")
            (version,) = self._base.execute("PRAGMA user_version").fetchone()
            self._base.execute("BEGIN" if reads and version == len(_MIGRATIONS) else "BEGIN IMMEDIATE")
            self._migrate()
        except sqlite3.OperationalError as error:
            self._base.close()
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise BusyError(str(path)) from error
            raise
        except BaseException:
            self._base.close()
            raise

    def _migrate(self) -> None:
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        if version > len(_MIGRATIONS):
            raise sqlite3.DatabaseError(f"made by a newer feedpub (version {version})")
        for migration in _MIGRATIONS[version:]:
            for statement in migration.split(";"):
                self._base.execute(statement)
        if version < len(_MIGRATIONS):
            self._base.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
            self.keep()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Keep what was found, whatever ended the run."""
        try:
            self._write()
            self._base.execute("COMMIT")
        finally:
            self._base.close()

    def keep(self) -> None:
        """Make what was found so far last; call it before anything is told."""
        self._write()
        self._base.execute("COMMIT")
        self._base.execute("BEGIN IMMEDIATE")
        self._kept = self._clock()

    def _write(self) -> None:
        """Write what was remembered: many rows at once cost half of what they cost one by one."""
        links, self._links = self._links, []
        checks, self._checks = self._checks, []
        self._base.executemany(_UPSERT, links)
        self._base.executemany("REPLACE INTO checks VALUES (?, ?, ?, ?, ?, ?)", checks)

    def _read(self, query: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        if self._links:
            self._write()
        return self._base.execute(query, values)

    def record(self, url: str) -> Record:
        """Return what is remembered of an address; of a new one, nothing but its name."""
        row = self._read(f"SELECT {', '.join(_RECORD)} FROM links WHERE url = ?", (url,)).fetchone()  # noqa: S608
        return _record(row) if row else Record(url=url)

    def not_due(self, now: datetime) -> set[str]:
        """Return the addresses that need not be asked yet."""
        rows = self._read("SELECT url FROM links WHERE due > ?", (now.timestamp(),))
        return {url for (url,) in rows}

    def last_good(self) -> Iterator[str]:
        """Yield the addresses that were found good, the last one first: they tell whether our own network is up."""
        rows = self._read("SELECT url FROM links WHERE last_ok IS NOT NULL ORDER BY last_ok DESC, url")
        return (url for (url,) in rows)

    def begin(self, at: datetime) -> int:
        """Begin a run; return its number."""
        return self._base.execute("INSERT INTO runs (at) VALUES (?)", (at.timestamp(),)).lastrowid or 0

    def last_run(self) -> tuple[int, datetime | None, bool]:
        """Return number and beginning of the last run, and whether our network was down; 0 if there was none."""
        row = self._base.execute("SELECT number, at, network_down FROM runs ORDER BY number DESC LIMIT 1").fetchone()
        return (row[0], _moment(row[1]), bool(row[2])) if row else (0, None, False)

    def network_was_down(self, run: int) -> None:
        """Note that the failures of a run were our own."""
        self._base.execute("UPDATE runs SET network_down = 1 WHERE number = ?", (run,))

    def recall(self, urls: Collection[str] | None = None) -> dict[str, Memory]:
        """Return what is remembered of addresses; of all if none are given."""
        columns = ", ".join((*_RECORD, *_MEMORY))
        query = f"SELECT {columns} FROM links"  # noqa: S608
        if urls is None or len(urls) > _MANY:
            rows: Iterable[Any] = self._read(query)
        else:
            rows = (row for url in urls for row in self._read(f"{query} WHERE url = ?", (url,)))
        found = {}
        for row in rows:
            if urls is None or row[0] in urls:
                found[row[0]] = _memory(row)
        return found

    def remember(
        self,
        record: Record,
        verdict: Verdict,
        at: datetime,
        *,
        before: LinkState | None = None,
        chain: tuple[Hop, ...] = (),
        change: Change | None = None,
        run: int = 0,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> None:
        """Add a check: what it found, and what is known of the link since.

        Args:
            record: What `advance` made of it.
            verdict: What was found.
            at: When.
            before: The state before; None: as is remembered.
            chain: The redirects.
            change: What this changes.
            run: The number of the run.
            etag: Of the page.
            last_modified: Of the page.
        """
        if before is None:
            before = self.record(record.url).state
        hops = json.dumps([[hop.code, hop.url] for hop in chain]) if chain else None
        final_url = verdict.final_url if verdict.final_url != record.url else None
        self._links.append((
            record.url, record.state, record.status, record.reason, record.streak, record.failures,
            _stored(record.failing_since), _stored(record.last_ok), _stored(record.checked), _stored(record.due),
            verdict.code, final_url, hops, run, change, etag, last_modified,
        ))  # fmt: skip
        self._checks.append((record.url, at.timestamp(), verdict.status, verdict.code, verdict.reason, final_url))
        if record.state == "dead" != before:
            values = (record.url, at.timestamp(), record.reason)
            self._base.execute("INSERT INTO incidents (url, opened, reason) VALUES (?, ?, ?)", values)
        elif before == "dead" != record.state:
            closed = "UPDATE incidents SET closed = ? WHERE url = ? AND closed IS NULL"
            self._base.execute(closed, (at.timestamp(), record.url))
        if self._clock() - self._kept >= KEEP_SECONDS:
            self.keep()

    def moved(self, url: str) -> str | None:
        """Return where a link has moved for good: what its last two checks agree in; None if they do not."""
        query = "SELECT status, final_url FROM checks WHERE url = ? ORDER BY at DESC LIMIT 2"
        rows = self._read(query, (url,)).fetchall()
        if len(rows) == 2 and rows[0] == rows[1] and rows[0][0] == "moved":
            return str(rows[0][1])
        return None

    def incidents(self, *, since: datetime | None = None) -> Iterator[Incident]:
        """Yield incidents, newest first; those of one moment by address, whichever server was the faster one.

        Args:
            since: Only those that are open, or were opened or closed then or later; None: all.
        """
        query = "SELECT * FROM incidents WHERE closed IS NULL OR closed >= ? ORDER BY opened DESC, url, number DESC"
        for number, url, opened, closed, reason, until, why in self._read(
            query, (since.timestamp() if since else float("-inf"),)
        ):
            yield Incident(
                number=number,
                url=url,
                opened=_moment(opened),
                closed=_moment(closed) if closed is not None else None,
                reason=reason,
                accepted_until=_moment(until) if until is not None else None,
                accepted_why=why,
            )

    def incident(self, url: str) -> Incident | None:
        """Return the newest incident of an address."""
        found = (one for one in self.incidents() if one.url == url)
        return next(found, None)

    def accept(self, url: str, until: datetime, why: str) -> bool:
        """Accept that a link is dead for a while; tell whether it is."""
        statement = "UPDATE incidents SET accepted_until = ?, accepted_why = ? WHERE url = ? AND closed IS NULL"
        return self._base.execute(statement, (until.timestamp(), why, url)).rowcount > 0

    def forget(self, url: str) -> bool:
        """Forget all about an address; tell whether anything was known."""
        for table in ("checks", "incidents"):
            self._read(f"DELETE FROM {table} WHERE url = ?", (url,))  # noqa: S608
        return self._read("DELETE FROM links WHERE url = ?", (url,)).rowcount > 0

    def liars(self) -> set[str]:
        """Return the hosts that answer HEAD otherwise than GET."""
        return {host for (host,) in self._base.execute("SELECT host FROM hosts WHERE head_lies")}

    def add_liars(self, hosts: Iterable[str]) -> None:
        """Remember hosts that answer HEAD otherwise than GET."""
        self._base.executemany("REPLACE INTO hosts VALUES (?, 1)", ((host,) for host in hosts))

    def prune(self, now: datetime) -> None:
        """Forget old checks; the latest of each address stays."""
        self._read(
            "DELETE FROM checks WHERE at < ?"
            " AND at < (SELECT max(at) FROM checks AS later WHERE later.url = checks.url)",
            ((now - OLDEST_CHECK).timestamp(),),
        )


_MANY: Final = 1_000  # addresses: from here on one look at all is faster than one at each
_UPSERT: Final = (
    f"INSERT INTO links ({', '.join((*_RECORD, *_MEMORY))})"  # noqa: S608
    f" VALUES ({', '.join('?' * (len(_RECORD) + len(_MEMORY)))}) ON CONFLICT DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*_RECORD[1:], *_MEMORY))
)


def _memory(row: Sequence[Any]) -> Memory:
    code, final_url, chain, run, change, etag, last_modified = row[len(_RECORD) :]
    hops = tuple(Hop(code=code, url=url) for code, url in json.loads(chain)) if chain else ()
    return Memory(
        record=_record(row[: len(_RECORD)]), code=code, final_url=final_url or "", chain=hops, change=change,
        run=run or 0, etag=etag, last_modified=last_modified,
    )  # fmt: skip


def _record(row: Iterable[object]) -> Record:
    values = {
        name: _moment(value) if name in _TIMES and isinstance(value, float) else value
        for name, value in zip(_RECORD, row, strict=True)
    }
    return Record(**values)  # type: ignore[arg-type]


def _stored(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
