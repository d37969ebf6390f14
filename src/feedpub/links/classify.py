"""What the answer to one check of a link means: a pure function. `lifecycle` says what many checks mean."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from ..transport import base
from .destinations import (
    find_common_target,
    is_error_address,
    is_home_page,
    is_parking_host,
    is_same_page,
    is_url_in_query,
    rate_login_name,
)
from .pages import NO_PAGE, Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LinkStatus = Literal["ok", "moved", "dead", "blocked", "suspect", "unsure", "skipped"]
Failure = (
    base.Failure
    | Literal[
        "network-down", "excluded", "redirect-loop", "too-many-redirects", "invalid-redirect", "refused-scheme",
        "other-program",
    ]
)  # fmt: skip
# What a failure rests on: a statement of the server about this address; one that nobody makes by mistake; trouble of
# the host, which may pass.
Evidence = Literal["", "statement", "gone", "trouble"]

_LONGEST_CHALLENGE_CHARACTERS: Final = 40_000
_SHORT_TEXT_CHARACTERS: Final = 2_000  # a page that asks for a password and says little else is there to log in
_LITTLE_TEXT_CHARACTERS: Final = 500  # less than a contact form says that is guarded by a challenge
_LONG_TEXT_CHARACTERS: Final = 10_000  # an article, whatever it is called
_PLACEHOLDER_TEXT_CHARACTERS: Final = 5_000  # Apache's default page of Debian and Ubuntu: 3,500


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """One redirect (RFC 9110, section 15.4).

    Args:
        code: 301, 302, 303, 307 or 308; 200 of a page that sends its readers on (Refresh).
        url: Where it leads.
    """

    code: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """The final answer for one address, and what led to it.

    Args:
        url: What was asked for.
        redirects: Those that were followed, in order.
        code: Of the last answer; None if there was none.
        failure: Why there is no answer to judge; None if there is.
        detail: More about the failure, such as what is wrong with a certificate.
        headers: Of the last answer, names in lower case.
        page: What the page says, if it was read.
        soft404_probe: What the host of the page answers for a random path; None if it was not asked.
        redirect_probes: Likewise the host of `url`, for random paths: one in the folder of `url` if it is redirected
            for good, one below the root if redirects led to another host.
        is_shared_target: Whether other links of the same host are redirected to the same address.
        fragment_is_there: Whether the page holds the fragment; None if none was asked for, or it cannot be told.
    """

    url: str
    redirects: tuple[Redirect, ...] = ()
    code: int | None = None
    failure: Failure | None = None
    detail: str = ""
    headers: Mapping[str, str] | None = None
    page: Page = NO_PAGE
    soft404_probe: ProbeResult | None = None
    redirect_probes: tuple[ProbeResult, ...] = ()
    is_shared_target: bool = False
    fragment_is_there: bool | None = None

    @property
    def final_url(self) -> str:
        """Where the last answer came from."""
        return self.redirects[-1].url if self.redirects else self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an answer means.

    Args:
        status: `classify` explains each.
        reason: In a few English words.
        code: Of the answer, if there was one.
        final_url: Where redirects led.
        evidence: What a failure rests on; empty if `status` is not dead.
    """

    status: LinkStatus
    reason: str
    code: int | None = None
    final_url: str = ""
    evidence: Evidence = ""


def classify_result(answer: ProbeResult) -> Verdict:
    """Return what an answer means.

    Returns:
        ``ok``; ``moved``: permanently, to a page that is there; ``dead``: nothing is there; ``blocked``: the server is
        there and refuses robots; ``suspect``: something is there, but perhaps not the page; ``unsure``: the answer may
        be another one next time; ``skipped``: not asked.
    """
    status, reason = _judge_failure(answer) if answer.failure else _judge_code(answer)
    evidence = _find_evidence(answer) if status == "dead" else ""
    return Verdict(status=status, reason=reason, code=answer.code, final_url=answer.final_url, evidence=evidence)


def _find_evidence(answer: ProbeResult) -> Evidence:
    if answer.failure == "no-host" or (not answer.failure and answer.code == 410):
        return "gone"
    if answer.failure == "refused-scheme" or (not answer.failure and answer.code == 404):
        return "statement"
    return "trouble"


def _judge_failure(answer: ProbeResult) -> tuple[LinkStatus, str]:
    assert answer.failure
    status, reason = _FAILURES[answer.failure]
    return status, f"{reason} ({answer.detail})" if answer.detail else reason


def _judge_code(answer: ProbeResult) -> tuple[LinkStatus, str]:
    code = answer.code or 0
    if _is_challenge(answer):
        return "blocked", "a challenge for robots"
    if 200 <= code < 300 or code == 304:
        return _judge_page(answer)
    if code in _REFUSALS:
        return "blocked", f"{code} {_REFUSALS[code]}"
    if code == 503 and "retry-after" in (answer.headers or {}):
        return "blocked", "503 busy"
    if code == 511:  # RFC 6585, section 6: never the answer of the host itself
        return "unsure", "511 our own network requires authentication"
    if code == 505:  # RFC 9110, section 15.6.6: a limit of ours, no fact about the page
        return "unsure", "505 the server does not support HTTP/1.1"
    if code in (404, 410) or 500 <= code < 600:
        return "dead", f"{code} {_PHRASES.get(code, 'server error')}"
    if 400 <= code < 500:
        return "suspect", f"{code} {_PHRASES.get(code, 'refused')}"
    return "suspect", f"unexpected status {code}"


TIMEOUT_REASON: Final = "no answer in time"  # with nothing behind it: the address itself took all its time
_FAILURES: Final[Mapping[Failure, tuple[LinkStatus, str]]] = {
    "no-host": ("dead", "no such host"),
    "refused": ("dead", "connection refused"),
    "reset": ("dead", "connection reset"),
    "certificate": ("dead", "no browser accepts the certificate"),
    "tls": ("dead", "no secure connection"),
    "malformed": ("dead", "the answer is not HTTP"),
    "refused-scheme": ("dead", "redirects to a scheme that browsers refuse"),
    "redirect-loop": ("dead", "redirects in a loop"),
    "too-many-redirects": ("dead", "too many redirects"),
    "invalid-redirect": ("dead", "redirects to an invalid address"),
    "other-program": ("suspect", "redirects to another program"),
    "identity": ("blocked", "requires a client certificate"),
    "chain": ("suspect", "the certificate chain is incomplete"),
    "lookup": ("unsure", "the DNS lookup failed"),
    "timeout": ("unsure", TIMEOUT_REASON),
    "network-down": ("unsure", "our own network is down"),
    "limit": ("unsure", "a limit was reached"),
    "unreachable": ("unsure", "the host cannot be reached"),
    "proxy": ("unsure", "the proxy did not connect"),
    "busy": ("unsure", "the host wants no more requests for now"),
    "overloaded": ("unsure", "the host is overloaded"),
    "private": ("skipped", "a private address"),
    "excluded": ("skipped", "excluded"),
}
_REFUSALS: Final = {
    401: "requires authentication",
    403: "forbidden",
    407: "requires proxy authentication",
    429: "too many requests",
    451: "unavailable for legal reasons",
    999: "refuses robots",
}
_PHRASES: Final = {400: "bad request", 404: "not found", 405: "method not allowed", 406: "not acceptable", 410: "gone"}


def _judge_page(answer: ProbeResult) -> tuple[LinkStatus, str]:
    page, random_page = answer.page, answer.soft404_probe
    if _is_parked(answer):
        return "suspect", "the domain is parked or for sale"
    if _has_title(page, "placeholder") and page.text_characters < _PLACEHOLDER_TEXT_CHARACTERS:
        return "suspect", "the host shows a placeholder"
    if _is_login(answer):
        return "blocked", "requires authentication"
    knows_better = bool(random_page and random_page.code in (404, 410))
    # Where random paths get a true 404, it is a page about pages that are not found.
    if page.status_code in (404, 410) or (_has_title(page, "not_found") and not knows_better):
        return "suspect", "the page says that it is not found"
    is_soft404 = (
        random_page and page.source and 200 <= (random_page.code or 0) < 300 and _are_alike(page, random_page.page)
    )
    if is_soft404 and not is_home_page(answer.url):
        return "suspect", "the host answers the same to every path"
    if answer.redirects and (reason := _find_wrong_redirect(answer)):
        return "suspect", reason
    if answer.fragment_is_there is False:
        return "suspect", "the page lacks the fragment"
    unsafe = answer.url.startswith("https:") and any(redirect.url.startswith("http:") for redirect in answer.redirects)
    if answer.redirects and all(redirect.code in (301, 308) for redirect in answer.redirects):
        return "moved", "moved permanently, from https to http" if unsafe else "moved permanently"
    return "ok", "redirects from https to http" if unsafe else ""


def _find_wrong_redirect(answer: ProbeResult) -> str:
    """Return why a redirect does not lead to what the link meant; the empty string if it may."""
    if _find_target_of_every_path(answer):
        return "the host redirects every path to the same page"
    if is_error_address(answer.final_url) and not is_error_address(answer.url):
        return "redirects to an error page"
    if is_home_page(answer.final_url) and not is_home_page(answer.url):
        return "redirects to the home page"
    if answer.is_shared_target and not is_same_page(answer.url, answer.final_url):
        return "several links of this host are redirected to the same page"
    return ""


def _are_alike(page: Page, random_page: Page) -> bool:
    """Return True if two pages call themselves the same, or are, if they have no name."""
    return page.titles == random_page.titles if page.titles else page.source == random_page.source


def _find_target_of_every_path(answer: ProbeResult) -> str:
    """Return where the link is redirected to, if random paths are redirected there, too; else the empty string."""
    if is_home_page(answer.url):
        return ""
    random_pages = [answer.soft404_probe, *answer.redirect_probes]
    for random_page in random_pages:
        if random_page and random_page.redirects and random_page.code not in (404, 410):
            target = find_common_target(answer.url, _list_targets(answer), random_page.url, _list_targets(random_page))
            if target:
                return target
    return ""


def _list_targets(answer: ProbeResult) -> list[str]:
    return [redirect.url for redirect in answer.redirects]


def _is_login(answer: ProbeResult) -> bool:
    """Return True if a link was redirected to where readers log in."""
    final, page = answer.final_url, answer.page
    if not answer.redirects or is_same_page(answer.url, final) or rate_login_name(answer.url):
        return False
    name = rate_login_name(final)
    if name == "certain":
        return True
    is_returned = is_url_in_query(final, answer.url)
    if name and (is_returned or _has_title(page, "login") or _find_target_of_every_path(answer)):
        return True
    return page.has_password_field and bool(
        name or is_returned or page.text_characters < _SHORT_TEXT_CHARACTERS or _has_title(page, "login")
    )


def _is_parked(answer: ProbeResult) -> bool:
    page = answer.page
    if answer.redirects and is_parking_host(answer.final_url) and not is_parking_host(answer.url):
        return True
    if not page.source:
        return False
    # Pages proper may name such services, too; those of a parked domain hold little else.
    if page.text_characters < _SHORT_TEXT_CHARACTERS and _has_marker(page, "parked_source"):
        return True
    return page.text_characters < _LONG_TEXT_CHARACTERS and _has_title(page, "parked")


def _is_challenge(answer: ProbeResult) -> bool:
    """Return True if a page asks for proof that nobody runs a robot, whatever its code."""
    headers = answer.headers or {}
    if headers.get("cf-mitigated", "").casefold() == "challenge" or "x-amzn-waf-action" in headers:
        return True
    # Pages proper may load such scripts, too; those that hold nothing else are short.
    page = answer.page
    if not 0 < len(page.source) < _LONGEST_CHALLENGE_CHARACTERS:
        return False
    if page.text_characters < _LITTLE_TEXT_CHARACTERS and _has_marker(page, "challenge_script"):
        return True
    is_named = page.text_characters < _SHORT_TEXT_CHARACTERS and _has_title(page, "challenge_title")
    return is_named or _has_marker(page, "challenge")


def _has_marker(page: Page, what: str) -> bool:
    return any(map(page.source.__contains__, _load_markers()[what]))


def _has_title(page: Page, what: str) -> bool:
    """Return True if a page calls itself by one of some phrases, alone or beside the site's name."""
    if not page.titles:
        return False
    phrases = _load_markers()[what]
    return any(part in phrases for part in _split_titles(page.titles))


def _split_titles(titles: Iterable[str]) -> Iterator[str]:
    for title in titles:
        text = _DOMAIN.sub("{domain}", title.replace("’", "'"))
        for part in (text, *_SEPARATORS.split(text)):
            yield _strip_punctuation(part)


def _strip_punctuation(text: str) -> str:
    return text.strip(" .!?…。！？¡¿،؟।")


# "Page not found | Example", "404 - Page not found", "Example: page not found"
_SEPARATORS: Final = re.compile(r"\s+(?:[|·•–—«»‹›-]|::)\s+|\s*[:：|｜]\s+|\s*[—]+\s*")
_DOMAIN: Final = re.compile(r"\b(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}\b", re.ASCII)


@cache
def _load_markers() -> Mapping[str, frozenset[str]]:
    data = tomllib.loads(Path(__file__).with_name("markers.toml").read_text(encoding="utf-8"))
    return {
        name: frozenset(
            phrases if name in _CASE_SENSITIVE else (_strip_punctuation(phrase.casefold()) for phrase in phrases)
        )
        for name, phrases in data.items()
    }


_CASE_SENSITIVE: Final = ("challenge", "challenge_script", "parked_source")  # of these, case counts
