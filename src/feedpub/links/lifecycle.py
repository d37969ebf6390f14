"""Decide when a link is dead: pure functions that take the time as an argument.

A `Verdict` is the result of one check, a `Record` that of many. Links fail now and then, so one failure proves nothing:
a link is dead only after it has failed for several days and failed again within the same run. Trouble (5xx, refused,
TLS) must last longer than a statement of the server about the URL (404), because outages last for days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Literal

from ..iri import find_host
from ..model import LinkSettings

if TYPE_CHECKING:
    from .classify import LinkStatus, Verdict

LinkState = Literal["ok", "failing", "dead"]

# 410 and NXDOMAIN, which are not sent by mistake, take fewer failures than `LinkSettings` sets.
GONE_FAILURES: Final = 2
GONE_DAYS: Final = 1.0
# How often a link is checked again, in the same run, before it is reported dead.
CONFIRMATIONS: Final = 2
# When to check again, by the number of good results in a row. Jitter only shortens, so that a daily run finds due what
# was good the day before.
OK_STEPS: Final = tuple(timedelta(days=days) for days in (1, 2, 4, 7, 14, 30))
FAILING_STEPS: Final = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=23))
UNSURE_STEP: Final = timedelta(hours=6)
BLOCKED_STEP: Final = timedelta(days=2)
LONGEST_JITTER: Final = 0.1
_SHARE_OF_PATH: Final = 0.05  # of 30 days with their jitter: less than four hours
# Clocks of machines that share a history differ by less; a time that is further ahead comes from a wrong clock.
LARGEST_TIME_DIFFERENCE: Final = timedelta(days=1)
# The first feedpub that checked links is newer. Some machines start in 1970, until they have set their clock.
_FIRST_CHECK: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the checks of one URL have found so far.

    Args:
        url: The URL.
        state: ``failing`` from the first failure, ``dead`` when the failures have lasted.
        status: Of the last check, as `reason`; None before the first.
        reason: Of the last check.
        streak: Good results in a row.
        failures: In a row; results that prove nothing are not counted.
        failing_since: Time of the first of these failures.
        stated_since: Time of the first failure since when all were statements of the server, such as 404; None if the
            last failure was trouble, such as 503.
        last_ok: Time of the last good result.
        checked: Time of the last check.
        due: Time of the next check; None: at once.
    """

    url: str
    state: LinkState = "ok"
    status: LinkStatus | None = None
    reason: str = ""
    streak: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    stated_since: datetime | None = None
    last_ok: datetime | None = None
    checked: datetime | None = None
    due: datetime | None = None


_DEFAULTS: Final = LinkSettings()


def advance_record(
    record: Record,
    verdict: Verdict,
    now: datetime,
    *,
    settings: LinkSettings = _DEFAULTS,
    retry_after: timedelta | None = None,
    strict: bool = False,
) -> Record:
    """Return the record after one more verdict.

    One good result makes a link ok again. ``blocked``, ``suspect`` and ``unsure`` prove neither that it works nor that
    it is dead.

    Args:
        record: Before the check.
        verdict: Of the check.
        now: Time of the check; aware.
        settings: How many failures over how many days make a link dead.
        retry_after: How long the server asks clients to wait (RFC 9110, section 10.2.3).
        strict: Report a link as dead on its first failure: for use without a history.
    """
    due: datetime
    state, streak, failures, since, last_ok = record.state, 0, record.failures, record.failing_since, record.last_ok
    stated = record.stated_since
    if verdict.status in ("ok", "moved"):
        state, streak, failures, since, stated, last_ok = "ok", record.streak + 1, 0, None, None, now
        step = OK_STEPS[min(streak, len(OK_STEPS)) - 1]
        due = now + step * (1 - LONGEST_JITTER * _find_jitter(record.url))
    elif verdict.status == "dead":
        failures, since = failures + 1, since or now
        stated = None if verdict.evidence == "trouble" else stated or now
        is_dead = strict or state == "dead" or _is_dead(verdict, failures, now, since, stated, settings)
        state = "dead" if is_dead else "failing"
        due = now + FAILING_STEPS[min(failures, len(FAILING_STEPS)) - 1]
    else:
        streak = record.streak
        step = {"unsure": UNSURE_STEP, "blocked": BLOCKED_STEP}.get(verdict.status, OK_STEPS[0])
        if state != "ok":
            step = min(step, FAILING_STEPS[-1])
        # A server that says when to come back is obeyed, up to the longest of our own intervals.
        wait = min(retry_after, OK_STEPS[-1]) if retry_after else None
        due = now + (wait if wait and verdict.status == "blocked" else max(step, wait or step))
    return Record(
        url=record.url, state=state, status=verdict.status, reason=verdict.reason, streak=streak, failures=failures,
        failing_since=since, stated_since=stated, last_ok=last_ok, checked=now, due=due,
    )  # fmt: skip


def drop_impossible_times(record: Record, now: datetime) -> Record:
    """Return a record without the times that only a wrong clock can have written.

    Without this, the links of a run in 2106 would not be checked for 80 years, and a link that failed in a run in 1970
    and fails today would have failed for half a century. The number of failures stays: they did happen.

    Args:
        record: As it is stored.
        now: The current time; aware.
    """

    def is_possible(moment: datetime | None) -> bool:
        if moment is None:
            return True
        return moment <= now + LARGEST_TIME_DIFFERENCE and (moment >= _FIRST_CHECK or now < _FIRST_CHECK)

    since = record.failing_since
    if since and not (is_possible(since) and is_possible(record.checked)):
        # The times of a run with a wrong clock do not show how long the link has failed.
        since = now
    if since and record.last_ok and is_possible(record.last_ok):
        since = max(since, record.last_ok)
    stated = record.stated_since
    if stated:
        stated = max(stated, since) if since and is_possible(stated) else now
    due = record.due
    if due and not (is_possible(record.checked) and due <= now + OK_STEPS[-1]):
        due = None
    return replace(
        record, failing_since=since, stated_since=stated, due=due,
        last_ok=record.last_ok if is_possible(record.last_ok) else None,
        checked=record.checked if is_possible(record.checked) else None,
    )  # fmt: skip


def needs_confirmation(
    record: Record, verdict: Verdict, now: datetime, settings: LinkSettings = _DEFAULTS, *, strict: bool = False
) -> bool:
    """Return True if a verdict would make a link dead: then the link is first checked `CONFIRMATIONS` times more."""
    return (
        record.state != "dead"
        and advance_record(record, verdict, now, settings=settings, strict=strict).state == "dead"
    )


def _is_dead(
    verdict: Verdict, failures: int, now: datetime, since: datetime, stated: datetime | None, settings: LinkSettings
) -> bool:
    if failures >= settings.trouble_failures and now - since >= timedelta(days=settings.trouble_days):
        return True
    if stated is None:
        return False
    least, days = settings.statement_failures, settings.statement_days
    if verdict.evidence == "gone":
        least, days = min(least, GONE_FAILURES), min(days, GONE_DAYS)
    return failures >= least and now - stated >= timedelta(days=days)


def _find_jitter(url: str) -> float:
    """Return a number from 0 to 1 that is always the same for a URL, so that not all links are due at once.

    The links of one host are due at nearly the same time, so that they share its soft-404 probe and connections.
    """
    return (1 - _SHARE_OF_PATH) * _hash_text(find_host(url)) + _SHARE_OF_PATH * _hash_text(url)


def _hash_text(text: str) -> float:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest()) / 2**32
