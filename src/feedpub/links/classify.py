"""What the answer to one check of a link means: a pure function. `lifecycle` says what many checks mean."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from ..iri import parse_url
from ..transport import base

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LinkStatus = Literal["ok", "moved", "dead", "blocked", "suspect", "unsure", "skipped"]
Failure = base.Failure | Literal["network", "scheme", "program", "loop", "redirects", "nowhere", "excluded", "busy"]

_LONGEST_CHALLENGE_CHARACTERS: Final = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
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
    redirects: tuple[Redirect, ...] = ()
    code: int | None = None
    failure: Failure | None = None
    detail: str = ""
    headers: Mapping[str, str] | None = None
    page: str = ""
    soft404_probe: Answer | None = None
    first_host_soft404_probe: Answer | None = None
    fragment_is_there: bool | None = None

    @property
    def final_url(self) -> str:
        """Where the last answer came from."""
        return self.redirects[-1].url if self.redirects else self.url


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


def classify(answer: Answer) -> Verdict:
    """Tell what an answer means.

    Returns:
        ``ok``; ``moved``: for good, to a page that is there; ``dead``: nothing is there; ``blocked``: the server is
        there and refuses robots; ``suspect``: something is there, but perhaps not the page; ``unsure``: the answer may
        be another one next time; ``skipped``: not asked.
    """
    status, reason, sure = _classified(answer)
    return Verdict(status=status, reason=reason, code=answer.code, final_url=answer.final_url, sure=sure)


def _classified(answer: Answer) -> tuple[LinkStatus, str, bool]:
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
    "overloaded": ("unsure", "the host is overloaded"),
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
    other = answer.soft404_probe
    knows_better = bool(other and other.code in (404, 410))
    if _says(titles, "not_found") and not knows_better:  # else it is a page about pages that are not found
        return "suspect", "the page says that it is not found"
    if other and answer.page and 200 <= (other.code or 0) < 300 and _is_the_same(answer.page, other.page):
        return "suspect", "the host answers the same to every path"
    if any(_leads_astray(answer, one) for one in (other, answer.first_host_soft404_probe) if one):
        return "suspect", "the host redirects every path to the same page"
    if answer.redirects and _is_home(answer.final_url) and not _is_home(answer.url):
        return "suspect", "redirects to the home page"
    if answer.fragment_is_there is False:
        return "suspect", "the page lacks the fragment"
    unsafe = answer.url.startswith("https:") and any(redirect.url.startswith("http:") for redirect in answer.redirects)
    if answer.redirects and all(redirect.code in (301, 308) for redirect in answer.redirects):
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
    if not other.redirects or _is_home(answer.url):
        return False
    targets = (redirect.url.partition("#")[0] for redirect in answer.redirects)
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
