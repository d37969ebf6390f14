"""What checks have found, remembered between runs: a SQLite file beside the entries.

One row per address, one per check, one per incident: a link that died, until it is well again. A run that is killed
keeps what it has found up to a second before; a second run waits for the first, or is refused. Everything is checked
when it is read: the file may be damaged, or come from somebody else.
"""

from __future__ import annotations

import errno
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar, get_args

from ..database import (
    LAST_SECOND,
    BusyError,
    DamagedError,
    Database,
    DatabaseError,
    NewerError,
    as_choice,
    as_integer,
    as_moment,
    as_text,
    optional,
)
from ..errors import HistoryError
from .classify import LinkStatus, Redirect
from .lifecycle import LARGEST_TIME_DIFFERENCE, LinkState, Record
from .result import Change, Incident

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from .classify import Verdict

_T = TypeVar("_T")

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
    """
    ALTER TABLE links ADD COLUMN stated_since REAL;
    UPDATE links SET stated_since = failing_since
        WHERE reason LIKE '404%' OR reason LIKE '410%' OR reason LIKE 'no such host%';
    """,
)
_RECORD: Final = tuple(field.name for field in fields(Record))
_MEMORY: Final = ("code", "final_url", "chain", "run", "change", "etag", "last_modified")
_MOST_IN_A_ROW: Final = 1_000_000
_MOST_REDIRECTS: Final = 100
_LARGEST_CODE: Final = 9999


@contextmanager
def open_history(path: Path | None, *, must_exist: bool = False, reads: bool = False) -> Iterator[History]:
    """Open a history, and say in plain words what is wrong with it.

    Args:
        path: Its file; None remembers nothing beyond this run.
        must_exist: Do not make one.
        reads: Nothing is to be remembered: a run that is at work is no obstacle.

    Raises:
        HistoryError: It is missing and should not be, is none, is in use, or cannot be read or written.
    """
    if must_exist and path and not path.is_file():
        raise HistoryError(f"{path}: there is no history of link checks; `feedpub links check` makes it")
    try:
        with History(path, reads=reads) as history:
            yield history
    except DatabaseError as error:
        raise HistoryError(f"{error.filename}: {_explained(error)}") from error


def _explained(error: DatabaseError) -> str:
    if isinstance(error, BusyError):
        return "another run is writing to this history; wait for it, or name another one"
    if isinstance(error, NewerError):
        return f"{error.strerror}; update this one, or name another history"
    if isinstance(error, DamagedError):
        return f"{error.strerror}; move it away: the next check begins a new one"
    return f"{error.strerror}; {_HINTS.get(error.errno or 0, _USUAL_HINT)}"


_USUAL_HINT: Final = "see whether its folder is there, and who may write to it"
_HINTS: Final = {
    errno.ENOSPC: "free some space and run it again: what was kept before is still there",
    errno.EDQUOT: "free some space and run it again: what was kept before is still there",
    errno.EIO: "free some space, or see whether its disk is well",
    errno.EFBIG: "allow larger files",
    errno.ELOOP: "name another history",
    errno.EINVAL: "name another history",
}


class _Found(NamedTuple):
    """The rows that one check adds: they are written together, or not at all."""

    link: tuple[object, ...]
    check: tuple[object, ...]
    incident: tuple[str, tuple[object, ...]] | None


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
    chain: tuple[Redirect, ...] = ()
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
            DatabaseError: It is no history, damaged, in use, or cannot be made.
        """
        if path:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise DatabaseError(error.errno, error.strerror, str(path)) from error
        self._clock, self._kept = clock, clock()
        self._waiting: list[_Found] = []  # not written yet
        self._base = Database(path, wait_seconds=PATIENCE_SECONDS)
        try:
            version = self._verified_version()
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.begin("DEFERRED" if reads and version == len(_MIGRATIONS) else "IMMEDIATE")
            self._migrate()
        except BaseException:
            self._base.close()
            raise

    def _verified_version(self) -> int:
        self._base.begin("DEFERRED")  # else another run could migrate it in between
        version = self._base.version()
        if version > len(_MIGRATIONS):
            what = f"was made by a newer feedpub (version {version})"
            raise NewerError(errno.EPROTO, what, str(self._base.path))
        if version < 0 or (self._base.verify(";".join(_MIGRATIONS[:version])) and not version):
            raise self._base.damage("it is not a history of link checks")
        self._base.commit()
        return version

    def _migrate(self) -> None:
        version = self._base.version()  # another run may have migrated it meanwhile
        for migration in _MIGRATIONS[version:]:
            for statement in migration.split(";"):
                self._base.execute(statement)
        if version < len(_MIGRATIONS):
            self._base.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
            self.keep()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Keep what was found, whatever ended the run: unless it is the history itself that failed."""
        if isinstance(error, DatabaseError):
            self._base.close()
            return
        try:
            self._write()
        except BaseException:
            self._base.close()
            raise
        self._base.close(commit=True)

    def keep(self) -> None:
        """Make what was found so far last; call it before anything is told."""
        self._write()
        self._base.commit()
        self._base.begin()
        self._kept = self._clock()

    def _write(self) -> None:
        """Write what was remembered: many rows at once cost half of what they cost one by one.

        When Ctrl-C comes in between, the same rows are written once more: that changes nothing.
        """
        if not self._waiting:
            return
        self._base.execute_many(_UPSERT, [found.link for found in self._waiting])
        checks = [found.check for found in self._waiting]
        self._base.execute_many("REPLACE INTO checks VALUES (?, ?, ?, ?, ?, ?)", checks)
        for found in self._waiting:
            if found.incident:
                self._base.execute(*found.incident)
        self._waiting.clear()

    def _rows(self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]) -> Iterator[_T]:
        self._write()
        return self._base.rows(query, values, convert=convert)

    def record(self, url: str) -> Record:
        """Return what is remembered of an address; of a new one, nothing but its name."""
        query = f"SELECT {', '.join(_RECORD)} FROM links WHERE url = ?"  # noqa: S608
        return next(self._rows(query, (url,), convert=_record), Record(url=url))

    def last_good(self) -> Iterator[str]:
        """Yield the addresses that were found good, the last one first: they tell whether our own network is up."""
        query = "SELECT url FROM links WHERE last_ok IS NOT NULL ORDER BY last_ok DESC, url"
        return self._rows(query, convert=_only_text)

    def begin(self, at: datetime) -> int:
        """Begin a run; return its number. What was dated by a clock that was ahead is dated now."""
        for column in ("opened", "closed"):
            statement = f"UPDATE incidents SET {column} = ? WHERE {column} > ?"  # noqa: S608
            self._base.execute(statement, (at.timestamp(), _latest(at)))
        return self._base.execute("INSERT INTO runs (at) VALUES (?)", (at.timestamp(),)).lastrowid or 0

    def last_run(self) -> tuple[int, datetime | None, bool]:
        """Return number and beginning of the last run, and whether our network was down; 0 if there was none."""
        query = "SELECT number, at, network_down FROM runs ORDER BY number DESC LIMIT 1"
        return next(self._rows(query, convert=_run), (0, None, False))

    def network_was_down(self, run: int) -> None:
        """Note that the failures of a run were our own."""
        self._base.execute("UPDATE runs SET network_down = 1 WHERE number = ?", (run,))

    def recall(self, urls: Collection[str] | None = None) -> dict[str, Memory]:
        """Return what is remembered of addresses; of all if none are given."""
        query = f"SELECT {', '.join((*_RECORD, *_MEMORY))} FROM links"  # noqa: S608
        if urls is None or len(urls) > _MANY:
            memories: Iterable[Memory] = self._rows(query, convert=_memory)
        else:
            one = f"{query} WHERE url = ?"
            memories = (memory for url in urls for memory in self._rows(one, (url,), convert=_memory))
        return {memory.record.url: memory for memory in memories if urls is None or memory.record.url in urls}

    def remember(
        self,
        record: Record,
        verdict: Verdict,
        at: datetime,
        *,
        before: LinkState | None = None,
        chain: tuple[Redirect, ...] = (),
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
        redirects = json.dumps([[redirect.code, redirect.url] for redirect in chain]) if chain else None
        final_url = verdict.final_url if verdict.final_url != record.url else None
        link = (
            record.url, record.state, record.status, record.reason, record.streak, record.failures,
            _stored(record.failing_since), _stored(record.stated_since), _stored(record.last_ok),
            _stored(record.checked), _stored(record.due),
            verdict.code, final_url, redirects, run, change, _sendable(etag), _sendable(last_modified),
        )  # fmt: skip
        check = (record.url, at.timestamp(), verdict.status, verdict.code, verdict.reason, final_url)
        incident: tuple[str, tuple[object, ...]] | None = None
        if record.state == "dead" != before:
            incident = (_OPEN_INCIDENT, (record.url, at.timestamp(), record.reason, record.url))
        elif before == "dead" != record.state:
            incident = (_CLOSE_INCIDENT, (at.timestamp(), record.url))
        self._waiting.append(_Found(link, check, incident))
        if self._clock() - self._kept >= KEEP_SECONDS:
            self.keep()

    def moved(self, url: str) -> str | None:
        """Return where a link has moved for good: what its last two checks agree in; None if they do not."""
        query = "SELECT status, final_url FROM checks WHERE url = ? ORDER BY at DESC LIMIT 2"
        last = list(self._rows(query, (url,), convert=_check))
        if len(last) == 2 and last[0] == last[1] and last[0][0] == "moved":
            return last[0][1]
        return None

    def incidents(self, *, since: datetime | None = None) -> Iterator[Incident]:
        """Yield incidents, newest first; those of one moment by address, whichever server was the faster one.

        Args:
            since: Only those that are open, or were opened or closed then or later; None: all.
        """
        query = (
            "SELECT number, url, opened, closed, reason, accepted_until, accepted_why FROM incidents"
            " WHERE closed IS NULL OR closed >= ? ORDER BY opened DESC, url, number DESC"
        )
        return self._rows(query, (since.timestamp() if since else 0.0,), convert=_incident)

    def incident(self, url: str) -> Incident | None:
        """Return the newest incident of an address."""
        found = (one for one in self.incidents() if one.url == url)
        return next(found, None)

    def accept(self, url: str, until: datetime, why: str) -> bool:
        """Accept that a link is dead for a while; tell whether it is."""
        self._write()
        statement = "UPDATE incidents SET accepted_until = ?, accepted_why = ? WHERE url = ? AND closed IS NULL"
        return self._base.execute(statement, (_stored(until), why, url)).rowcount > 0

    def forget(self, url: str) -> bool:
        """Forget all about an address; tell whether anything was known."""
        self._write()
        for table in ("checks", "incidents"):
            self._base.execute(f"DELETE FROM {table} WHERE url = ?", (url,))  # noqa: S608
        return self._base.execute("DELETE FROM links WHERE url = ?", (url,)).rowcount > 0

    def unreliable_head_hosts(self) -> set[str]:
        """Return the hosts that answer HEAD otherwise than GET."""
        return set(self._rows("SELECT host FROM hosts WHERE head_lies", convert=_only_text))

    def add_unreliable_head_hosts(self, hosts: Iterable[str]) -> None:
        """Remember hosts that answer HEAD otherwise than GET."""
        self._base.execute_many("REPLACE INTO hosts VALUES (?, 1)", ((host,) for host in hosts))

    def prune(self, now: datetime) -> None:
        """Forget old checks, but the latest of each address, and those of a clock that was ahead."""
        self._write()
        self._base.execute("DELETE FROM checks WHERE at > ?", (_latest(now),))
        self._base.execute(
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


_OPEN_INCIDENT: Final = (
    "INSERT INTO incidents (url, opened, reason) SELECT ?, ?, ?"
    " WHERE NOT EXISTS (SELECT 1 FROM incidents WHERE url = ? AND closed IS NULL)"
)
_CLOSE_INCIDENT: Final = "UPDATE incidents SET closed = ? WHERE url = ? AND closed IS NULL"


# Rows → values. What feedpub never writes raises ValueError, which makes the history a damaged one.


def _memory(row: Sequence[Any]) -> Memory:
    code, final_url, chain, run, change, etag, last_modified = row[len(_RECORD) :]
    return Memory(
        record=_record(row[: len(_RECORD)]), code=optional(_code, code), final_url=optional(as_text, final_url) or "",
        chain=_redirects(json.loads(as_text(chain))) if chain is not None else (),
        change=optional(_change, change), run=optional(as_integer, run) or 0,
        etag=optional(_header, etag), last_modified=optional(_header, last_modified),
    )  # fmt: skip


def _redirects(chain: object) -> tuple[Redirect, ...]:
    if not isinstance(chain, list) or len(chain) > _MOST_REDIRECTS:
        raise ValueError("redirects that are none")
    redirects = []
    for redirect in chain:
        if not isinstance(redirect, list) or len(redirect) != 2:
            raise ValueError("a redirect that is none")
        redirects.append(Redirect(code=_code(redirect[0]), url=as_text(redirect[1])))
    return tuple(redirects)


def _record(row: Sequence[Any]) -> Record:
    url, state, status, reason, streak, failures, failing_since, stated_since, last_ok, checked, due = row
    record = Record(
        url=as_text(url), state=as_choice(state, get_args(LinkState)), status=optional(_status, status),
        reason=as_text(reason), streak=as_integer(streak, 0, _MOST_IN_A_ROW),
        failures=as_integer(failures, 0, _MOST_IN_A_ROW), failing_since=optional(as_moment, failing_since),
        stated_since=optional(as_moment, stated_since),
        last_ok=optional(as_moment, last_ok), checked=optional(as_moment, checked), due=optional(as_moment, due),
    )  # fmt: skip
    if not (record.state == "ok") == (not record.failures) == (record.failing_since is None):
        raise ValueError("a state and failures that contradict each other")
    return record


def _incident(row: Sequence[Any]) -> Incident:
    number, url, opened, closed, reason, until, why = row
    return Incident(
        number=as_integer(number), url=as_text(url), opened=as_moment(opened), closed=optional(as_moment, closed),
        reason=as_text(reason), accepted_until=optional(as_moment, until), accepted_why=optional(as_text, why),
    )  # fmt: skip


def _run(row: Sequence[Any]) -> tuple[int, datetime | None, bool]:
    number, at, network_down = row
    return as_integer(number), as_moment(at), bool(optional(as_integer, network_down))


def _check(row: Sequence[Any]) -> tuple[LinkStatus, str]:
    status, final_url = row
    return _status(status), optional(as_text, final_url) or ""


def _only_text(row: Sequence[Any]) -> str:
    return as_text(row[0])


def _status(value: object) -> LinkStatus:
    return as_choice(value, get_args(LinkStatus))


def _change(value: object) -> Change:
    return as_choice(value, get_args(Change))


def _code(value: object) -> int:
    return as_integer(value, 0, _LARGEST_CODE)


def _header(value: object) -> str:
    text = as_text(value)
    if _sendable(text) is None:
        raise ValueError("a header that cannot be sent")
    return text


def _sendable(text: str | None) -> str | None:
    """Return the value of a header if it can be sent back as it is; None if not (RFC 9110, section 5.5)."""
    if text is None or any(character < " " or not "\x7f" != character <= "\xff" for character in text):
        return None
    return text


def _stored(moment: datetime | None) -> float | None:
    return min(moment.timestamp(), LAST_SECOND) if moment else None


def _latest(now: datetime) -> float:
    """Return the latest time that a clock which is right can have written."""
    return (now + LARGEST_TIME_DIFFERENCE).timestamp()
