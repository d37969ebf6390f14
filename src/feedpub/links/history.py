"""What checks have found, remembered between runs: a SQLite file beside the entries.

One row per address, one per check, one per incident: a link that died, until it works again or is removed. What a run
has found is written at least every second, in one transaction. A run that ends at any moment, by Ctrl-C or by kill -9,
leaves what it had written. A second run waits for the first, or is refused.
"""

from __future__ import annotations

import errno
import json
import time
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from ..database import BusyError, DamagedError, Database, DatabaseError, NewerError, as_text
from ..errors import HistoryError
from .history_rows import (
    ACCEPTANCE_COLUMNS,
    CHECK_COLUMNS,
    MIGRATIONS,
    RECORD_COLUMNS,
    StoredLink,
    drop_unsendable,
    latest_time,
    read_check,
    read_incident,
    read_record,
    read_run,
    read_stored_link,
    to_timestamp,
)
from .lifecycle import LinkState, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    from .classify import Redirect, Verdict
    from .result import Acceptance, Change, Incident

    _Row = tuple[object, ...]
    _Statement = tuple[str, _Row]
    _Rows = tuple[_Row, _Row, _Statement | None]

_T = TypeVar("_T")

# What a run has found is written at least this often.
WRITE_SECONDS: Final = 1.0
# How long to wait for another run, or for another process that is writing.
PATIENCE_SECONDS: Final = 5.0
# Checks are forgotten after this time; the latest of an address never.
OLDEST_CHECK: Final = timedelta(days=400)
_MANY_URLS: Final = 1_000  # addresses: from here on one query for all is faster than one for each


@contextmanager
def open_history(path: Path | None, *, must_exist: bool = False, exclusive: bool = True) -> Iterator[History]:
    """Open a history, and say in plain words what is wrong with it.

    Args:
        path: Its file; None remembers nothing beyond this run.
        must_exist: Do not make one.
        exclusive: Keep other runs out.

    Raises:
        HistoryError: It does not exist and should, is no history, is in use, or cannot be read or written.
    """
    if must_exist and path and not path.is_file():
        raise HistoryError(f"{path}: there is no history of link checks yet; run `feedpub links check` first")
    try:
        with History(path, exclusive=exclusive) as history:
            yield history
    except DatabaseError as error:
        raise HistoryError(f"{error.filename}: {_describe_error(error)}") from error


def _describe_error(error: DatabaseError) -> str:
    """Return what is wrong with a history, and what to do about it."""
    if isinstance(error, BusyError):
        return "another run is using this history; wait until it has ended, or choose another file with --history"
    if isinstance(error, NewerError):
        return f"{error.strerror}; update feedpub, or choose another file with --history"
    if isinstance(error, DamagedError):
        return f"{error.strerror}; move the file away: the next check starts a new history"
    return f"{error.strerror}; {_HINTS.get(error.errno or 0, _USUAL_HINT)}"


_USUAL_HINT: Final = "check that its folder exists and that you may write to it"
_HINTS: Final = {
    errno.ENOSPC: "free some disk space and run the command again; what was saved before is still there",
    errno.EDQUOT: "free some disk space and run the command again; what was saved before is still there",
    errno.EIO: "free some disk space, or check the disk for errors",
    errno.EFBIG: "allow larger files",
    errno.ELOOP: "choose another file with --history",
    errno.EINVAL: "choose another file with --history",
}


class History:
    """A record of what checks of links have found."""

    def __init__(
        self, path: Path | None, *, exclusive: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Open a history, and make it if need be.

        Args:
            path: Its file; None remembers nothing beyond this run.
            exclusive: Keep other runs out; not to read it, or to change a single link.
            clock: Returns the time in seconds.

        Raises:
            DatabaseError: It is not a history, damaged, in use, or cannot be made.
        """
        if path:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise DatabaseError(error.errno, error.strerror, str(path)) from error
        self._clock, self._written_at = clock, clock()
        self._site = ""
        # What is not written yet: the rows of one check (of the link, of the check, of an incident) together.
        self._pending: list[_Rows] = []
        with ExitStack() as stack:
            if exclusive and path:
                _lock_history(path, stack)
            self._base = Database(path, wait_seconds=PATIENCE_SECONDS)
            stack.callback(self._base.close)
            version = self._verify_version()
            self._base.execute("PRAGMA journal_mode = WAL")
            if version < len(MIGRATIONS):
                self._migrate_schema()
            self._exit_stack = stack.pop_all()

    def _verify_version(self) -> int:
        with self._base.transaction("DEFERRED"):  # else another run could migrate it in between
            version = self._base.version()
            if version > len(MIGRATIONS):
                what = f"was made by a newer feedpub (version {version})"
                raise NewerError(errno.EPROTO, what, str(self._base.path))
            if version < 0 or (self._base.verify(";".join(MIGRATIONS[:version])) and not version):
                raise self._base.damage("it is not a history of link checks")
        return version

    def _migrate_schema(self) -> None:
        with self._base.transaction():
            version = self._base.version()  # another run may have migrated it meanwhile
            for migration in MIGRATIONS[version:]:
                for statement in migration.split(";"):
                    self._base.execute(statement)
            self._base.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Write what was found, whatever ended the run, unless it is the history itself that failed."""
        with self._exit_stack:
            if not isinstance(error, DatabaseError):
                self.write_pending()

    def write_pending(self) -> None:
        """Write what was found so far; call it before anything is printed.

        An interrupt leaves either all of it written or nothing. The same rows may be written twice: that changes
        nothing.
        """
        if self._pending:
            with self._base.transaction():
                self._base.execute_many(_UPSERT_LINK, [link for link, _, _ in self._pending])
                checks = [check for _, check, _ in self._pending]
                self._base.execute_many("REPLACE INTO checks VALUES (?, ?, ?, ?, ?, ?)", checks)
                for _, _, incident in self._pending:
                    if incident:
                        self._base.execute(*incident)
            self._pending.clear()
        self._written_at = self._clock()

    def _execute_change(self, statement: str, values: Sequence[object]) -> int:
        """Execute one statement after all that waits; return how many rows it changed."""
        self.write_pending()
        with self._base.transaction():
            return self._base.execute(statement, values).rowcount

    def take_snapshot(self) -> AbstractContextManager[None]:
        """Return a context in which all that is read is of one moment, whatever another run writes meanwhile."""
        return self._base.transaction("DEFERRED")

    def _query_rows(self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]) -> Iterator[_T]:
        self.write_pending()
        return self._base.rows(query, values, convert=convert)

    def _query_row(self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]) -> _T | None:
        self.write_pending()
        return self._base.row(query, values, convert=convert)

    def load_record(self, url: str) -> Record:
        """Return what is remembered of an address; of a new one, nothing but its name."""
        query = f"SELECT {', '.join(RECORD_COLUMNS)} FROM links WHERE url = ?"  # noqa: S608
        return self._query_row(query, (url,), convert=read_record) or Record(url=url)

    def list_last_good(self) -> Iterator[str]:
        """Yield the addresses that were found good, the last one first: they tell whether our own network is up."""
        query = "SELECT url FROM links WHERE last_ok IS NOT NULL ORDER BY last_ok DESC, url"
        return self._query_rows(query, convert=_read_text)

    def begin_run(self, at: datetime, *, site: str = "") -> int:
        """Begin a run; return its number. What was dated by a clock that was ahead is dated now.

        Args:
            at: The time; aware.
            site: Authority of the site whose links are checked; empty for a list of addresses.
        """
        self._site = site
        with self._base.transaction():
            for column in ("opened", "closed"):
                statement = f"UPDATE incidents SET {column} = ? WHERE {column} > ?"  # noqa: S608
                self._base.execute(statement, (at.timestamp(), latest_time(at)))
            return self._base.execute("INSERT INTO runs (at) VALUES (?)", (at.timestamp(),)).lastrowid or 0

    def find_last_run(self) -> tuple[int, datetime | None, bool]:
        """Return number and beginning of the last run, and whether our network was down; 0 if there was none."""
        query = "SELECT number, at, network_down FROM runs ORDER BY number DESC LIMIT 1"
        return self._query_row(query, convert=read_run) or (0, None, False)

    def note_network_down(self, run: int) -> None:
        """Note that the failures of a run were our own."""
        self._execute_change("UPDATE runs SET network_down = 1 WHERE number = ?", (run,))

    def load_links(self, urls: Collection[str] | None = None) -> dict[str, StoredLink]:
        """Return what is remembered of addresses; of all if none are given."""
        columns = ", ".join((*RECORD_COLUMNS, *CHECK_COLUMNS, *ACCEPTANCE_COLUMNS))
        query = f"SELECT {columns} FROM links"  # noqa: S608
        if urls is None or len(urls) > _MANY_URLS:
            memories: Iterable[StoredLink] = self._query_rows(query, convert=read_stored_link)
        else:
            one = f"{query} WHERE url = ?"
            memories = (memory for url in urls for memory in self._query_rows(one, (url,), convert=read_stored_link))
        return {memory.record.url: memory for memory in memories if urls is None or memory.record.url in urls}

    def list_urls(self) -> Iterator[str]:
        """Yield all addresses of which something is remembered."""
        return self._query_rows("SELECT url FROM links ORDER BY url", convert=_read_text)

    def add_check(
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
            before = self.load_record(record.url).state
        url, moment = record.url, at.timestamp()
        final_url = verdict.final_url if verdict.final_url != url else None
        check = (url, moment, verdict.status, verdict.code, verdict.reason, final_url)
        incident: _Statement | None = None
        if record.state == "dead" != before:
            incident = (_OPEN_INCIDENT, (url, moment, record.reason, self._site, url))
        elif before == "dead" != record.state:
            incident = (_CLOSE_INCIDENT, (moment, "recovered", url))
        link = (
            url, record.state, record.status, record.reason, record.streak, record.failures,
            to_timestamp(record.failing_since), to_timestamp(record.stated_since), to_timestamp(record.last_ok),
            to_timestamp(record.checked), to_timestamp(record.due), verdict.code, final_url,
            json.dumps([[redirect.code, redirect.url] for redirect in chain]) if chain else None,
            run, change, drop_unsendable(etag), drop_unsendable(last_modified),
        )  # fmt: skip
        self._pending.append((link, check, incident))
        if self._clock() - self._written_at >= WRITE_SECONDS:
            self.write_pending()

    def find_permanent_target(self, url: str) -> str | None:
        """Return where a link has moved for good: what its last two checks agree in; None if they do not."""
        query = "SELECT status, final_url FROM checks WHERE url = ? ORDER BY at DESC LIMIT 2"
        last = list(self._query_rows(query, (url,), convert=read_check))
        if len(last) == 2 and last[0] == last[1] and last[0][0] == "moved":
            return last[0][1]
        return None

    def list_incidents(self, *, since: datetime | None = None) -> Iterator[Incident]:
        """Yield incidents, newest first; those of one moment by address, whichever server was the faster one.

        Args:
            since: Only those that are open, or were opened or closed then or later; None: all.
        """
        query = f"{_INCIDENTS} WHERE closed IS NULL OR closed >= ? ORDER BY opened DESC, url, number DESC"
        return self._query_rows(query, (since.timestamp() if since else 0.0,), convert=read_incident)

    def find_incident(self, url: str) -> Incident | None:
        """Return the newest incident of an address."""
        query = f"{_INCIDENTS} WHERE url = ? ORDER BY opened DESC, number DESC LIMIT 1"
        return self._query_row(query, (url,), convert=read_incident)

    def update_incidents(self, links: Iterable[StoredLink], checked_urls: Collection[str], at: datetime) -> None:
        """Close open incidents of links that a site no longer has or checks, open those of dead links that are back.

        An incident that an older feedpub has opened belongs to no site yet; it becomes that of the next site that has
        its link.

        Args:
            links: What is remembered of the links of the site.
            checked_urls: All links of the site that are not excluded.
            at: The current time; aware.
        """
        open_urls = set(self._query_rows("SELECT url FROM incidents WHERE closed IS NULL", convert=_read_text))
        owned = "SELECT url FROM incidents WHERE closed IS NULL AND (site = ? OR site IS NULL)"
        removed = set(self._query_rows(owned, (self._site,), convert=_read_text)).difference(checked_urls)
        records = [link.record for link in links if link.record.url in checked_urls]
        back = [record for record in records if record.state == "dead" and record.url not in open_urls]
        with self._base.transaction():
            adopt = "UPDATE incidents SET site = ? WHERE url = ? AND closed IS NULL AND site IS NULL"
            self._base.execute_many(adopt, [(self._site, url) for url in sorted(open_urls.intersection(checked_urls))])
            self._base.execute_many(_CLOSE_INCIDENT, [(at.timestamp(), "removed", url) for url in sorted(removed)])
            rows = [(record.url, at.timestamp(), record.reason, self._site, record.url) for record in back]
            self._base.execute_many(_OPEN_INCIDENT, rows)

    def accept_link(self, url: str, acceptance: Acceptance) -> bool:
        """Remember that somebody accepts a link as it is for a while; return True if the link is known."""
        values = (to_timestamp(acceptance.until), acceptance.why, url)
        return self._execute_change("UPDATE links SET accepted_until = ?, accepted_why = ? WHERE url = ?", values) > 0

    def forget_link(self, url: str) -> bool:
        """Forget all about an address; return True if anything was known."""
        self.write_pending()
        with self._base.transaction():
            for table in ("checks", "incidents"):
                self._base.execute(f"DELETE FROM {table} WHERE url = ?", (url,))  # noqa: S608
            return self._base.execute("DELETE FROM links WHERE url = ?", (url,)).rowcount > 0

    def list_unreliable_head_hosts(self) -> set[str]:
        """Return the hosts that answer HEAD otherwise than GET."""
        return set(self._query_rows("SELECT host FROM hosts WHERE head_lies", convert=_read_text))

    def add_unreliable_head_hosts(self, hosts: Iterable[str]) -> None:
        """Remember hosts that answer HEAD otherwise than GET."""
        with self._base.transaction():
            self._base.execute_many("REPLACE INTO hosts VALUES (?, 1)", [(host,) for host in hosts])

    def prune_checks(self, now: datetime) -> None:
        """Forget old checks, but the latest of each address, and those of a clock that was ahead."""
        self.write_pending()
        with self._base.transaction():
            self._base.execute("DELETE FROM checks WHERE at > ?", (latest_time(now),))
            self._base.execute(
                "DELETE FROM checks WHERE at < ?"
                " AND at < (SELECT max(at) FROM checks AS later WHERE later.url = checks.url)",
                ((now - OLDEST_CHECK).timestamp(),),
            )


def _lock_history(path: Path, stack: ExitStack) -> None:
    """Keep other runs out until the end of the stack, or of this process.

    The lock is that of a file of its own: each transaction of the history ends the lock that SQLite has on it, and so
    would let a run in that waits.
    """
    try:
        lock = Database(path.with_name(f"{path.name}-lock"), wait_seconds=PATIENCE_SECONDS)
        stack.callback(lock.close)
        lock.begin("EXCLUSIVE")
    except BusyError as error:
        raise BusyError(error.errno, error.strerror, str(path)) from error


_COLUMNS: Final = (*RECORD_COLUMNS, *CHECK_COLUMNS)
_UPSERT_LINK: Final = (
    f"INSERT INTO links ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
    f" ON CONFLICT DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)
_INCIDENTS: Final = "SELECT number, url, opened, closed, reason, outcome FROM incidents"
_OPEN_INCIDENT: Final = (
    "INSERT INTO incidents (url, opened, reason, site) SELECT ?, ?, ?, ?"
    " WHERE NOT EXISTS (SELECT 1 FROM incidents WHERE url = ? AND closed IS NULL)"
)
_CLOSE_INCIDENT: Final = "UPDATE incidents SET closed = ?, outcome = ? WHERE url = ? AND closed IS NULL"


def _read_text(row: Sequence[Any]) -> str:
    return as_text(row[0])
