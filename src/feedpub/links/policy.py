"""What an answer means, and when a link is dead: pure functions, to which all facts and the time come as arguments.

A verdict says what one check found. A `Record` says what many have: links fail now and then, and one failure is no
death. Wolf is cried only when a link has failed for days, and failed again when it was asked once more.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from ..iri import parse_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LinkStatus = Literal["ok", "moved", "dead", "blocked", "suspect", "unsure", "skipped"]
LinkState = Literal["ok", "failing", "dead"]
Failure = Literal[
    "no-host", "lookup", "refused", "reset", "timeout", "certificate", "chain", "tls", "identity", "malformed",
    "network", "limit", "private", "scheme", "program", "loop", "redirects", "nowhere", "excluded", "unreachable",
    "proxy", "busy",
]  # fmt: skip

# A link dies after this many failures over at least this long.
FAILURES: Final = 3
FAILING_FOR: Final = timedelta(days=3)
# Where nothing else can be meant: 410, a host that does not exist, a scheme that leads out of the web.
SURE_FAILURES: Final = 2
SURELY_FAILING_FOR: Final = timedelta(days=1)
# How often a link is asked again, in the same run, before it is pronounced dead.
CONFIRMATIONS: Final = 2
# When to ask again, by the number of good answers in a row. Jitter only shortens: a run each day finds due what it
# found good the day before.
OK_STEPS: Final = tuple(timedelta(days=days) for days in (1, 2, 4, 7, 14, 30))
FAILING_STEPS: Final = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=23))
UNSURE_STEP: Final = timedelta(hours=6)
BLOCKED_STEP: Final = timedelta(days=2)
LONGEST_JITTER: Final = 0.1
# Clocks of machines that share a history differ by less; a time that is further ahead comes from a wrong clock.
LARGEST_TIME_DIFFERENCE: Final = timedelta(days=1)
# Nothing was checked before feedpub could check: some machines begin at 1970 until they have asked for the time.
_FIRST_CHECK: Final = datetime(2026, 1, 1, tzinfo=UTC)
_FEWEST_HOSTS: Final = 5
_TOO_MANY_FAILED: Final = 0.6
_LONGEST_CHALLENGE_CHARACTERS: Final = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """Follow one redirect (RFC 9110, section 15.4).

    Args:
        code: 301, 302, 303, 307 or 308.
        url: Where it leads.
    """

    code: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Hold what came of asking for one address.

    Args:
        url: What was asked for.
        hops: The redirects that were followed, in order.
        code: Of the last answer; None if there was none.
        failure: Why there is no answer to judge; None if there is.
        detail: More about the failure, such as what is wrong with a certificate.
        headers: Of the last answer, names in lower case.
        page: Start of the page, if it was read.
        elsewhere: What the host of the page answers for a path that nobody can have made; None if it was not asked.
        at_first: Likewise the host of `url`, if redirects led from it to another page of another host.
        fragment_is_there: Whether the page holds the fragment; None if none was asked for, or it cannot be told.
    """

    url: str
    hops: tuple[Hop, ...] = ()
    code: int | None = None
    failure: Failure | None = None
    detail: str = ""
    headers: Mapping[str, str] | None = None
    page: str = ""
    elsewhere: Answer | None = None
    at_first: Answer | None = None
    fragment_is_there: bool | None = None

    @property
    def final_url(self) -> str:
        """Where the last answer came from."""
        return self.hops[-1].url if self.hops else self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Say what an answer means.

    Args:
        status: See docs of `judge`.
        reason: In a few English words.
        code: Of the answer, if there was one.
        final_url: Where redirects led.
        sure: Whether a failure can mean nothing else than that the page is gone.
    """

    status: LinkStatus
    reason: str
    code: int | None = None
    final_url: str = ""
    sure: bool = False


def judge(answer: Answer) -> Verdict:
    """Tell what an answer means.

    Returns:
        ``ok``; ``moved``: for good, to a page that is there; ``dead``: nothing is there; ``blocked``: the server is
        there and refuses robots; ``suspect``: something is there, but perhaps not the page; ``unsure``: the answer may
        be another one next time; ``skipped``: not asked.
    """
    status, reason, sure = _judged(answer)
    return Verdict(status=status, reason=reason, code=answer.code, final_url=answer.final_url, sure=sure)


def _judged(answer: Answer) -> tuple[LinkStatus, str, bool]:
    if answer.failure:
        status, reason = _FAILURES[answer.failure]
        return (
            status,
            f"{reason} ({answer.detail})" if answer.detail else reason,
            answer.failure in ("no-host", "scheme"),
        )
    code = answer.code or 0
    if _is_challenge(answer):
        return "blocked", "a check for robots", False
    if 200 <= code < 300 or code == 304:
        return (*_of_a_page(answer), False)
    if code in _REFUSALS:
        return "blocked", f"{code} {_REFUSALS[code]}", False
    if code == 503 and "retry-after" in (answer.headers or {}):
        return "blocked", "503 busy", False
    if code in (404, 410) or 500 <= code < 600:
        return "dead", f"{code} {_PHRASES.get(code, 'server error')}", code == 410
    if 400 <= code < 500:
        return "suspect", f"{code} {_PHRASES.get(code, 'refused')}", False
    return "suspect", f"{code} is no usual answer", False


LATE: Final = "no answer in time"  # with nothing behind it: the address itself took all its time
_FAILURES: Final[Mapping[Failure, tuple[LinkStatus, str]]] = {
    "no-host": ("dead", "no such host"),
    "refused": ("dead", "connection refused"),
    "reset": ("dead", "connection reset"),
    "certificate": ("dead", "no browser accepts the certificate"),
    "tls": ("dead", "no secure connection"),
    "malformed": ("dead", "the answer is not HTTP"),
    "scheme": ("dead", "redirect out of the web"),
    "loop": ("dead", "redirects in a circle"),
    "redirects": ("dead", "redirects without end"),
    "nowhere": ("dead", "redirect to nowhere"),
    "program": ("suspect", "redirect out of the web, to another program"),
    "identity": ("blocked", "asks for a certificate of ours"),
    "chain": ("suspect", "the chain of certificates is incomplete"),
    "lookup": ("unsure", "the name could not be looked up"),
    "timeout": ("unsure", LATE),
    "network": ("unsure", "our own network is down"),
    "limit": ("unsure", "a limit was reached"),
    "unreachable": ("unsure", "the host cannot be reached"),
    "proxy": ("unsure", "the proxy did not connect"),
    "busy": ("unsure", "the host wants no more requests for now"),
    "private": ("skipped", "a private address"),
    "excluded": ("skipped", "excluded"),
}
_REFUSALS: Final = {
    401: "asks who we are",
    403: "forbidden",
    407: "asks for a proxy's password",
    429: "too many requests",
    451: "forbidden by law",
    999: "refuses robots",
}
_PHRASES: Final = {400: "bad request", 404: "not found", 405: "method not allowed", 406: "not acceptable", 410: "gone"}


def _of_a_page(answer: Answer) -> tuple[LinkStatus, str]:
    titles = _titles(answer.page)
    if _says(titles, "parked"):
        return "suspect", "the domain is for sale"
    other = answer.elsewhere
    knows_better = bool(other and other.code in (404, 410))
    if _says(titles, "not_found") and not knows_better:  # else it is a page about pages that are not found
        return "suspect", "the page says that it is not found"
    if other and answer.page and 200 <= (other.code or 0) < 300 and _is_the_same(answer.page, other.page):
        return "suspect", "the host answers the same to every path"
    if any(_leads_astray(answer, one) for one in (other, answer.at_first) if one):
        return "suspect", "the host redirects every path to the same page"
    if answer.hops and _is_home(answer.final_url) and not _is_home(answer.url):
        return "suspect", "redirects to the home page"
    if answer.fragment_is_there is False:
        return "suspect", "the page lacks the fragment"
    unsafe = answer.url.startswith("https:") and any(hop.url.startswith("http:") for hop in answer.hops)
    if answer.hops and all(hop.code in (301, 308) for hop in answer.hops):
        return "moved", "moved for good, from https to http" if unsafe else "moved for good"
    return "ok", "redirects from https to http" if unsafe else ""


def _is_home(url: str) -> bool:
    parsed = parse_url(url)
    return parsed is not None and parsed.pathname == "/" and not parsed.search


def _is_the_same(page: str, other: str) -> bool:
    """Tell whether two pages call themselves the same, or are, if they have no name."""
    titles = _titles(page)
    return titles == _titles(other) if titles else page == other


def _leads_astray(answer: Answer, other: Answer) -> bool:
    """Tell whether a path that nobody made is redirected to where the link is, unless that page is what it names."""
    if not other.hops or _is_home(answer.url):
        return False
    targets = (hop.url.partition("#")[0] for hop in answer.hops)
    return any(target == other.final_url and not same_path(target, answer.url) for target in targets)


def same_path(one: str, other: str) -> bool:
    """Tell whether two addresses have the same path and query, on whatever hosts; a slash at the end counts nothing."""
    first, second = parse_url(one), parse_url(other)
    if first is None or second is None:
        return one == other
    return (first.pathname.rstrip("/"), first.search) == (second.pathname.rstrip("/"), second.search)


def _is_challenge(answer: Answer) -> bool:
    """Tell whether a page asks for proof that nobody runs a robot, whatever its code."""
    headers = answer.headers or {}
    if headers.get("cf-mitigated", "").casefold() == "challenge" or "x-amzn-waf-action" in headers:
        return True
    # Pages proper may load such scripts, too; those that hold nothing else are short.
    return len(answer.page) < _LONGEST_CHALLENGE_CHARACTERS and any(
        map(answer.page.__contains__, _markers()["challenge"])
    )


def _titles(page: str) -> tuple[str, ...]:
    """Return what a page calls itself: its title and first heading, in lower case."""
    texts = (_first_text(page, _TITLE, _TITLE_END), _first_text(page, _HEADING, _HEADING_END))
    return tuple(text for text in texts if text)


def _first_text(page: str, start: re.Pattern[str], end: re.Pattern[str]) -> str:
    """Return the text of the first element of a kind, on one line; nothing if it is long or has no end."""
    opening = start.search(page)
    closing = end.search(page, opening.end(), opening.end() + _LONGEST_NAME_CHARACTERS) if opening else None
    if not opening or not closing:
        return ""
    return " ".join(unescape(_TAG.sub(" ", page[opening.end() : closing.start()])).split()).casefold()


_LONGEST_NAME_CHARACTERS: Final = 1000
_TITLE: Final = re.compile(r"<title\b[^<>]*>", re.IGNORECASE)
_TITLE_END: Final = re.compile(r"</title", re.IGNORECASE)
_HEADING: Final = re.compile(r"<h1\b[^<>]*>", re.IGNORECASE)
_HEADING_END: Final = re.compile(r"</h1", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]*>")


def _says(titles: Iterable[str], what: str) -> bool:
    """Tell whether a page calls itself by one of some phrases, alone or beside the site's name."""
    phrases = _markers()[what]
    parts = (part for title in titles for part in _PARTS.split(title.replace("’", "'")))
    return any(part.strip(" .!?…。！？") in phrases for part in parts)


# "Page not found | Example", "404 - Page not found", "Example: page not found"
_PARTS: Final = re.compile(r"\s+(?:[|·•–—«»‹›-]|::)\s+|\s*[:：|｜]\s+|\s*[—]+\s*")


@cache
def _markers() -> Mapping[str, frozenset[str]]:
    data = tomllib.loads(Path(__file__).with_name("markers.toml").read_text(encoding="utf-8"))
    return {name: frozenset(phrases) for name, phrases in data.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Remember what checks of one address have found.

    Args:
        url: The address.
        state: ``failing`` from the first failure, ``dead`` when it has lasted.
        status: Of the last check, likewise `reason`; None before the first.
        streak: Good answers in a row.
        failures: In a row; answers that prove nothing do not count.
        failing_since: When the first of them was found.
        last_ok: When the last good answer came.
        checked: When it was last asked.
        due: When it is to be asked again; None: at once.
    """

    url: str
    state: LinkState = "ok"
    status: LinkStatus | None = None
    reason: str = ""
    streak: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    last_ok: datetime | None = None
    checked: datetime | None = None
    due: datetime | None = None


def advance(
    record: Record, verdict: Verdict, now: datetime, *, retry_after: timedelta | None = None, strict: bool = False
) -> Record:
    """Add a verdict to what is remembered.

    One good answer makes a link ok again. ``blocked``, ``suspect`` and ``unsure`` are neither a strike nor a sign of
    life.

    Args:
        record: What was known.
        verdict: What this check found.
        now: When; aware.
        retry_after: How long the server asks us to stay away (RFC 9110, section 10.2.3).
        strict: The first failure is death: for use without a history.
    """
    due: datetime
    state, streak, failures, since, last_ok = record.state, 0, record.failures, record.failing_since, record.last_ok
    if verdict.status in ("ok", "moved"):
        state, streak, failures, since, last_ok = "ok", record.streak + 1, 0, None, now
        step = OK_STEPS[min(streak, len(OK_STEPS)) - 1]
        due = now + step * (1 - LONGEST_JITTER * _share(record.url))
    elif verdict.status == "dead":
        failures, since = failures + 1, since or now
        dead = strict or state == "dead" or _is_death(verdict, failures, now - since)
        state = "dead" if dead else "failing"
        due = now + FAILING_STEPS[min(failures, len(FAILING_STEPS)) - 1]
    else:
        streak = record.streak
        step = {"unsure": UNSURE_STEP, "blocked": BLOCKED_STEP}.get(verdict.status, OK_STEPS[0])
        if state != "ok":
            step = min(step, FAILING_STEPS[-1])
        # Who says when we may come back is taken at his word, up to the longest of our own intervals.
        asked = min(retry_after, OK_STEPS[-1]) if retry_after else None
        due = now + (asked if asked and verdict.status == "blocked" else max(step, asked or step))
    return Record(
        url=record.url, state=state, status=verdict.status, reason=verdict.reason, streak=streak, failures=failures,
        failing_since=since, last_ok=last_ok, checked=now, due=due,
    )  # fmt: skip


def without_impossible_times(record: Record, now: datetime) -> Record:
    """Return a record without the times that only a wrong clock can have written.

    A run in 2106 would else keep its links from being asked for 80 years, and one in 1970 would make a link that fails
    today one that has failed for half a century. Failures themselves stay: they were found.

    Args:
        record: What is remembered.
        now: The time; aware.
    """

    def is_possible(moment: datetime | None) -> bool:
        if moment is None:
            return True
        return moment <= now + LARGEST_TIME_DIFFERENCE and (moment >= _FIRST_CHECK or now < _FIRST_CHECK)

    since = record.failing_since
    if since and not (is_possible(since) and is_possible(record.checked)):
        # The dates of a run with a wrong clock say nothing about how long the link has failed.
        since = now
    if since and record.last_ok and is_possible(record.last_ok):
        since = max(since, record.last_ok)
    due = record.due
    if due and not (is_possible(record.checked) and due <= now + OK_STEPS[-1]):
        due = None
    return replace(
        record, failing_since=since, due=due,
        last_ok=record.last_ok if is_possible(record.last_ok) else None,
        checked=record.checked if is_possible(record.checked) else None,
    )  # fmt: skip


def needs_confirmation(record: Record, verdict: Verdict, now: datetime) -> bool:
    """Tell whether a verdict would pronounce a link dead: then it is to be asked `CONFIRMATIONS` times more, first."""
    return record.state != "dead" and advance(record, verdict, now).state == "dead"


def needs_canaries(hosts: Sequence[bool]) -> bool:
    """Tell whether so many hosts fail that our own network may be the reason.

    Args:
        hosts: Of each host that was asked in this run, whether a connection was made.
    """
    failed = hosts.count(False)
    return 0 < failed == len(hosts) or (len(hosts) >= _FEWEST_HOSTS and failed > _TOO_MANY_FAILED * len(hosts))


def network_is_down(hosts: Sequence[bool], canaries: Sequence[bool]) -> bool:
    """Tell whether it is our own network that fails; then no link gets a strike.

    Args:
        hosts: As of `needs_canaries`.
        canaries: The same of up to three hosts that were good the last time, asked once more; empty if none is known.
    """
    if not needs_canaries(hosts) or any(canaries):
        return False
    return bool(canaries) or hosts.count(False) >= _FEWEST_HOSTS


def _is_death(verdict: Verdict, failures: int, lasting: timedelta) -> bool:
    if verdict.sure and failures >= SURE_FAILURES and lasting >= SURELY_FAILING_FOR:
        return True
    return failures >= FAILURES and lasting >= FAILING_FOR


def _share(url: str) -> float:
    """Return a number from 0 to 1 that is always the same for an address, so that links are not all due at once."""
    return int.from_bytes(blake2b(url.encode("utf-8", "surrogatepass"), digest_size=4).digest()) / 2**32
