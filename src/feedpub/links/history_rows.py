"""The tables of a history of link checks, and the values of their rows; docs/reference/links.md documents them.

Every value is checked when it is read: the file may be damaged, or crafted by an attacker.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, get_args

from ..database import LAST_SECOND, as_choice, as_integer, as_moment, as_text, check_optional
from .classify import LinkStatus, Redirect
from .lifecycle import LARGEST_TIME_DIFFERENCE, LinkState, Record
from .result import Acceptance, Change, Incident, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# Each migration changes the schema of the one before it.
MIGRATIONS: Final = (
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
    ALTER TABLE links ADD COLUMN accepted_until REAL;
    ALTER TABLE links ADD COLUMN accepted_why TEXT;
    UPDATE links SET (accepted_until, accepted_why) = (
        SELECT accepted_until, accepted_why FROM incidents WHERE incidents.url = links.url AND closed IS NULL
    );
    ALTER TABLE incidents DROP COLUMN accepted_until;
    ALTER TABLE incidents DROP COLUMN accepted_why;
    ALTER TABLE incidents ADD COLUMN outcome TEXT;
    ALTER TABLE incidents ADD COLUMN site TEXT;
    UPDATE incidents SET outcome = 'recovered' WHERE closed IS NOT NULL;
    DROP INDEX links_by_due;
    ALTER TABLE links ADD COLUMN stated_since REAL;
    UPDATE links SET stated_since = failing_since
        WHERE reason LIKE '404%' OR reason LIKE '410%' OR reason LIKE 'no such host%';
    """,
)
# Columns of the table `links`, in the order in which they are written and read.
RECORD_COLUMNS: Final = tuple(field.name for field in fields(Record))
CHECK_COLUMNS: Final = ("code", "final_url", "chain", "run", "change", "etag", "last_modified")
ACCEPTANCE_COLUMNS: Final = ("accepted_until", "accepted_why")
_MOST_IN_A_ROW: Final = 1_000_000
_MOST_REDIRECTS: Final = 100
_LARGEST_CODE: Final = 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLink:
    """The stored results of a link: its record, and its last check.

    Args:
        record: State and times.
        code: Status code of the last response.
        final_url: Where redirects led.
        chain: The redirects.
        change: What that check changed.
        run: Number of the run of that check.
        etag: The field ETag of the page, if it was good and no redirect led there.
        last_modified: The field Last-Modified, likewise.
        acceptance: Until when the link is accepted as it is (``links ack``), if it is.
    """

    record: Record
    code: int | None = None
    final_url: str = ""
    chain: tuple[Redirect, ...] = ()
    change: Change | None = None
    run: int = 0
    etag: str | None = None
    last_modified: str | None = None
    acceptance: Acceptance | None = None


# Rows → values. A value that feedpub never writes raises ValueError: the history is damaged.


def read_stored_link(row: Sequence[Any]) -> StoredLink:
    code, final_url, chain, run, change, etag, last_modified, until, why = row[len(RECORD_COLUMNS) :]
    return StoredLink(
        record=read_record(row[: len(RECORD_COLUMNS)]), code=check_optional(_read_code, code),
        final_url=check_optional(as_text, final_url) or "",
        chain=_read_redirects(json.loads(as_text(chain))) if chain is not None else (),
        change=check_optional(_read_change, change), run=check_optional(as_integer, run) or 0,
        etag=check_optional(_read_header, etag), last_modified=check_optional(_read_header, last_modified),
        acceptance=Acceptance(until=as_moment(until), why=as_text(why)) if until is not None else None,
    )  # fmt: skip


def _read_redirects(chain: object) -> tuple[Redirect, ...]:
    if not isinstance(chain, list) or len(chain) > _MOST_REDIRECTS:
        raise ValueError("a chain that is not a list of redirects")
    redirects = []
    for redirect in chain:
        if not isinstance(redirect, list) or len(redirect) != 2:
            raise ValueError("a redirect that is not a pair")
        redirects.append(Redirect(code=_read_code(redirect[0]), url=as_text(redirect[1])))
    return tuple(redirects)


def read_record(row: Sequence[Any]) -> Record:
    url, state, status, reason, streak, failures, failing_since, stated_since, last_ok, checked, due = row
    record = Record(
        url=as_text(url), state=as_choice(state, get_args(LinkState)), status=check_optional(_read_status, status),
        reason=as_text(reason), streak=as_integer(streak, 0, _MOST_IN_A_ROW),
        failures=as_integer(failures, 0, _MOST_IN_A_ROW), failing_since=check_optional(as_moment, failing_since),
        stated_since=check_optional(as_moment, stated_since), last_ok=check_optional(as_moment, last_ok),
        checked=check_optional(as_moment, checked), due=check_optional(as_moment, due),
    )  # fmt: skip
    if not (record.state == "ok") == (not record.failures) == (record.failing_since is None):
        raise ValueError("a state and failures that contradict each other")
    return record


def read_incident(row: Sequence[Any]) -> Incident:
    number, url, opened, closed, reason, outcome = row
    if (closed is None) != (outcome is None):
        raise ValueError("a closed incident without an outcome, or an outcome of an open one")
    return Incident(
        number=as_integer(number), url=as_text(url), opened=as_moment(opened), closed=check_optional(as_moment, closed),
        reason=as_text(reason), outcome=check_optional(_read_outcome, outcome),
    )  # fmt: skip


def read_run(row: Sequence[Any]) -> tuple[int, datetime | None, bool]:
    number, at, network_down = row
    return as_integer(number), as_moment(at), bool(check_optional(as_integer, network_down))


def read_check(row: Sequence[Any]) -> tuple[LinkStatus, str]:
    status, final_url = row
    return _read_status(status), check_optional(as_text, final_url) or ""


def _read_status(value: object) -> LinkStatus:
    return as_choice(value, get_args(LinkStatus))


def _read_change(value: object) -> Change:
    return as_choice(value, get_args(Change))


def _read_outcome(value: object) -> Outcome:
    return as_choice(value, get_args(Outcome))


def _read_code(value: object) -> int:
    return as_integer(value, 0, _LARGEST_CODE)


def _read_header(value: object) -> str:
    text = as_text(value)
    if drop_unsendable(text) is None:
        raise ValueError("a header that cannot be sent")
    return text


_UNSENDABLE: Final = re.compile(r"[^\x20-\x7e\x80-\xff]")


def drop_unsendable(text: str | None) -> str | None:
    """Return the value of a header if it can be sent back as it is (RFC 9110, section 5.5); else None."""
    return None if text is None or _UNSENDABLE.search(text) else text


def to_timestamp(moment: datetime | None) -> float | None:
    return min(moment.timestamp(), LAST_SECOND) if moment else None


def latest_time(now: datetime) -> float:
    """Return the latest time that a correct clock can have written."""
    return (now + LARGEST_TIME_DIFFERENCE).timestamp()
