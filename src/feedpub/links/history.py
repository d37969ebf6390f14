"""The history of link checks: a SQLite file beside the entries.

It has one row per URL, one per check, and one per incident (a link that died, until it works again or is removed).
Results are written at least every second, in one transaction. A run that ends at any moment, by Ctrl-C or by kill -9,
keeps what was written. A second run waits for the first, or is refused.
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

# Results are written at least this often.
WRITE_SECONDS: Final = 1.0
# How long to wait for another run, or for another process that is writing.
PATIENCE_SECONDS: Final = 5.0
# Checks are deleted after this time, but never the latest one of a URL.
OLDEST_CHECK: Final = timedelta(days=400)
_MANY_URLS: Final = 1_000  # from this number on, one query for all rows is faster than one for each URL


@contextmanager
def open_history(path: Path | None, *, must_exist: bool = False, exclusive: bool = True) -> Iterator[History]:
    """Open a history; errors of the database become errors that say what to do.

    Args:
        path: Its file; None for a history that ends with this run.
        must_exist: Do not create one.
        exclusive: Refuse other runs meanwhile.

    Raises:
        HistoryError: It does not exist but should, is not a history, is in use, or cannot be read or written.
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
    """An open history."""

    def __init__(
        self, path: Path | None, *, exclusive: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Open a history, and create it if it does not exist.

        Args:
            path: Its file; None for a history that ends with this run.
            exclusive: Refuse other runs meanwhile; not needed for reading, or for changing a single link.
            clock: Returns the time in seconds.

        Raises:
            DatabaseError: It is not a history, is damaged or in use, or cannot be created.
        """
        if path:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise DatabaseError(error.errno, error.strerror, str(path)) from error
        self._clock, self._written_at = clock, clock()
        self._site = ""
        # Not written yet; for each check the row of the link, the row of the check, and a change of an incident.
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
        with self._base.transaction("DEFERRED"):  # otherwise another run could migrate it in between
            version = self._base.version()
            if version > len(MIGRATIONS):
                message = f"was made by a newer feedpub (version {version})"
                raise NewerError(errno.EPROTO, message, str(self._base.path))
            if version < 0 or (self._base.verify(";".join(MIGRATIONS[:version])) and not version):
                raise self._base.make_damaged_error("it is not a history of link checks")
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
        """Write pending results, even if the run ended with an error, unless the history itself has failed."""
        with self._exit_stack:
            if not isinstance(error, DatabaseError):
                self.write_pending()

    def write_pending(self) -> None:
        """Write the results so far; call this before anything is printed.

        An interrupt leaves either all of them written or none. Writing the same rows twice does no harm.
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
        """Write pending results, execute one statement, and return how many rows it changed."""
        self.write_pending()
        with self._base.transaction():
            return self._base.execute(statement, values).rowcount

    def take_snapshot(self) -> AbstractContextManager[None]:
        """Return a context in which everything is read as of one moment, even if another run writes meanwhile."""
        return self._base.transaction("DEFERRED")

    def _query_rows(self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]) -> Iterator[_T]:
        self.write_pending()
        return self._base.rows(query, values, convert=convert)

    def _query_row(self, query: str, values: Sequence[object] = (), *, convert: Callable[[Any], _T]) -> _T | None:
        self.write_pending()
        return self._base.row(query, values, convert=convert)

    def load_record(self, url: str) -> Record:
        """Return the record of a URL; an empty one if nothing is remembered."""
        query = f"SELECT {', '.join(RECORD_COLUMNS)} FROM links WHERE url = ?"  # noqa: S608
        return self._query_row(query, (url,), convert=read_record) or Record(url=url)

    def list_last_good(self) -> Iterator[str]:
        """Yield the URLs that were ever good, the latest first: they can show whether our own network is up."""
        query = "SELECT url FROM links WHERE last_ok IS NOT NULL ORDER BY last_ok DESC, url"
        return self._query_rows(query, convert=_read_text)

    def begin_run(self, at: datetime, *, site: str = "") -> int:
        """Begin a run; return its number. Incidents of a clock that was ahead get the current time.

        Args:
            at: The current time; aware.
            site: Authority of the site whose links are checked; empty for a list of addresses.
        """
        self._site = site
        with self._base.transaction():
            for column in ("opened", "closed"):
                statement = f"UPDATE incidents SET {column} = ? WHERE {column} > ?"  # noqa: S608
                self._base.execute(statement, (at.timestamp(), latest_time(at)))
            return self._base.execute("INSERT INTO runs (at) VALUES (?)", (at.timestamp(),)).lastrowid or 0

    def find_last_run(self) -> tuple[int, datetime | None, bool]:
        """Return number and time of the last run, and whether our network was down; 0 if there was no run."""
        query = "SELECT number, at, network_down FROM runs ORDER BY number DESC LIMIT 1"
        return self._query_row(query, convert=read_run) or (0, None, False)

    def note_network_down(self, run: int) -> None:
        """Record that our own network was down in a run."""
        self._execute_change("UPDATE runs SET network_down = 1 WHERE number = ?", (run,))

    def load_links(self, urls: Collection[str] | None = None) -> dict[str, StoredLink]:
        """Return the stored results of some URLs, or of all."""
        columns = ", ".join((*RECORD_COLUMNS, *CHECK_COLUMNS, *ACCEPTANCE_COLUMNS))
        query = f"SELECT {columns} FROM links"  # noqa: S608
        if urls is None or len(urls) > _MANY_URLS:
            links: Iterable[StoredLink] = self._query_rows(query, convert=read_stored_link)
        else:
            query_one = f"{query} WHERE url = ?"
            links = (link for url in urls for link in self._query_rows(query_one, (url,), convert=read_stored_link))
        return {link.record.url: link for link in links if urls is None or link.record.url in urls}

    def list_urls(self) -> Iterator[str]:
        """Yield all URLs that have results."""
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
        """Add a check; it is written with the next `write_pending`.

        Args:
            record: After the check (see `advance_record`).
            verdict: Of the check.
            at: Time of the check.
            before: State before the check; None: as it is stored.
            chain: The redirects.
            change: What the check changes.
            run: Number of the run.
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
        """Return where a link has moved permanently, if its last two checks agree on it; else None."""
        query = "SELECT status, final_url FROM checks WHERE url = ? ORDER BY at DESC LIMIT 2"
        last = list(self._query_rows(query, (url,), convert=read_check))
        if len(last) == 2 and last[0] == last[1] and last[0][0] == "moved":
            return last[0][1]
        return None

    def list_incidents(self, *, since: datetime | None = None) -> Iterator[Incident]:
        """Yield incidents, newest first; those of the same time by URL, so that the order does not depend on servers.

        Args:
            since: Only those that are open, or were closed at this time or later; None: all.
        """
        query = f"{_INCIDENTS} WHERE closed IS NULL OR closed >= ? ORDER BY opened DESC, url, number DESC"
        return self._query_rows(query, (since.timestamp() if since else 0.0,), convert=read_incident)

    def find_incident(self, url: str) -> Incident | None:
        """Return the newest incident of a URL."""
        query = f"{_INCIDENTS} WHERE url = ? ORDER BY opened DESC, number DESC LIMIT 1"
        return self._query_row(query, (url,), convert=read_incident)

    def update_incidents(self, links: Iterable[StoredLink], checked_urls: Collection[str], at: datetime) -> None:
        """Close open incidents of links that a site no longer has or checks, open those of dead links that are back.

        An incident that an older feedpub has opened belongs to no site yet; it becomes that of the next site that has
        its link.

        Args:
            links: What is remembered of the links of the site.
            checked_urls: All links of the site that need requests.
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
        """Store that a link is accepted as it is; return True if the link is remembered."""
        values = (to_timestamp(acceptance.until), acceptance.why, url)
        return self._execute_change("UPDATE links SET accepted_until = ?, accepted_why = ? WHERE url = ?", values) > 0

    def forget_link(self, url: str) -> bool:
        """Delete everything about a URL; return True if there was anything."""
        self.write_pending()
        with self._base.transaction():
            for table in ("checks", "incidents"):
                self._base.execute(f"DELETE FROM {table} WHERE url = ?", (url,))  # noqa: S608
            return self._base.execute("DELETE FROM links WHERE url = ?", (url,)).rowcount > 0

    def list_unreliable_head_hosts(self) -> set[str]:
        """Return the hosts whose responses to HEAD differ from those to GET."""
        return set(self._query_rows("SELECT host FROM hosts WHERE head_lies", convert=_read_text))

    def add_unreliable_head_hosts(self, hosts: Iterable[str]) -> None:
        """Store hosts whose responses to HEAD differ from those to GET."""
        with self._base.transaction():
            self._base.execute_many("REPLACE INTO hosts VALUES (?, 1)", [(host,) for host in hosts])

    def prune_checks(self, now: datetime) -> None:
        """Delete old checks, except the latest of each URL, and checks of a clock that was ahead."""
        self.write_pending()
        with self._base.transaction():
            self._base.execute("DELETE FROM checks WHERE at > ?", (latest_time(now),))
            self._base.execute(
                "DELETE FROM checks WHERE at < ?"
                " AND at < (SELECT max(at) FROM checks AS later WHERE later.url = checks.url)",
                ((now - OLDEST_CHECK).timestamp(),),
            )


def _lock_history(path: Path, stack: ExitStack) -> None:
    """Refuse other runs until the end of the stack, or of this process.

    The lock has a file of its own: each transaction of the history ends the lock of SQLite on it, which would let in a
    run that waits.
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
