"""A pure function that decides what the result of one check of a link means. `lifecycle` judges many checks."""

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
# What a dead link rests on: a statement of the server about this URL, such as 404; one that no server makes by mistake
# (410, no such host); or trouble of the host, which may pass.
Evidence = Literal["", "statement", "gone", "trouble"]

_LONGEST_CHALLENGE_CHARACTERS: Final = 40_000
_SHORT_TEXT_CHARACTERS: Final = 2_000  # a page with a password field and little else is a login page
_LITTLE_TEXT_CHARACTERS: Final = 500  # less than a contact form that is protected by a challenge has
_LONG_TEXT_CHARACTERS: Final = 10_000  # with more text it is an article, whatever its title is
_PLACEHOLDER_TEXT_CHARACTERS: Final = 5_000  # Apache's default page of Debian and Ubuntu: 3,500


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """One redirect (RFC 9110, section 15.4).

    Args:
        code: 301, 302, 303, 307 or 308; 200 for a page that sends its readers on (Refresh).
        url: The target.
    """

    code: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What the requests for one URL have shown.

    Args:
        url: The URL of the first request.
        redirects: Those that were followed, in order.
        code: Status of the last response; None if there was none.
        failure: Why there is no response to judge; None if there is one.
        detail: More about the failure, such as what is wrong with a certificate.
        headers: Of the last response, names in lower case.
        page: What the page says, if it was read.
        soft404_probe: The result for a random path on the host of the page; None if it was not requested.
        redirect_probes: The results for random paths on the host of `url`: one in the folder of `url` if it is
            redirected permanently, one below the root if redirects led to another host.
        is_shared_target: Whether other links of the same host are redirected to the same URL.
        fragment_is_there: Whether the page contains the fragment; None if there is none, or it cannot be known.
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
        """The URL of the last response."""
        return self.redirects[-1].url if self.redirects else self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a result means.

    Args:
        status: `classify_result` explains each.
        reason: A few words for reports; empty if there is nothing to report.
        code: Status of the last response, if there was one.
        final_url: Where redirects led.
        evidence: What ``dead`` rests on; empty for other statuses.
    """

    status: LinkStatus
    reason: str
    code: int | None = None
    final_url: str = ""
    evidence: Evidence = ""


def classify_result(result: ProbeResult) -> Verdict:
    """Return the verdict on a result.

    Returns:
        The verdict. Its status is ``ok``; ``moved``: permanently, to a page that exists; ``dead``: nothing is there;
        ``blocked``: the server responds, but refuses robots; ``suspect``: something is there, but perhaps not the page;
        ``unsure``: the next check may have another result; or ``skipped``: not checked.
    """
    status, reason = _judge_failure(result) if result.failure else _judge_code(result)
    evidence = _find_evidence(result) if status == "dead" else ""
    return Verdict(status=status, reason=reason, code=result.code, final_url=result.final_url, evidence=evidence)


def _find_evidence(result: ProbeResult) -> Evidence:
    if result.failure == "no-host" or (not result.failure and result.code == 410):
        return "gone"
    if result.failure == "refused-scheme" or (not result.failure and result.code == 404):
        return "statement"
    return "trouble"


def _judge_failure(result: ProbeResult) -> tuple[LinkStatus, str]:
    assert result.failure
    status, reason = _FAILURES[result.failure]
    return status, f"{reason} ({result.detail})" if result.detail else reason


def _judge_code(result: ProbeResult) -> tuple[LinkStatus, str]:
    code = result.code or 0
    if _is_challenge(result):
        return "blocked", "shows a challenge that robots cannot pass"
    if 200 <= code < 300 or code == 304:
        return _judge_page(result)
    if code in _REFUSALS:
        return "blocked", f"{code} {_REFUSALS[code]}"
    if code == 503 and "retry-after" in (result.headers or {}):
        return "blocked", "503 busy"
    if code == 511:  # RFC 6585, section 6: never a response of the host itself
        return "unsure", "511: the network of this computer requires a login"
    if code == 505:  # RFC 9110, section 15.6.6: a limit of feedpub, not a fact about the page
        return "unsure", "505 the server does not support HTTP/1.1"
    if code in (404, 410) or 500 <= code < 600:
        return "dead", f"{code} {_PHRASES.get(code, 'server error')}"
    if 400 <= code < 500:
        return "suspect", f"{code} {_PHRASES.get(code, 'refused')}"
    return "suspect", f"unexpected status {code}"


TIMEOUT_REASON: Final = "no response in time"  # without a detail, it was this URL that took all its time
_FAILURES: Final[Mapping[Failure, tuple[LinkStatus, str]]] = {
    "no-host": ("dead", "no such host"),
    "refused": ("dead", "connection refused"),
    "reset": ("dead", "connection reset"),
    "certificate": ("dead", "no browser accepts the certificate"),
    "tls": ("dead", "no secure connection (TLS) could be made"),
    "malformed": ("dead", "the response is not HTTP"),
    "refused-scheme": ("dead", "redirects to a scheme that browsers refuse"),
    "redirect-loop": ("dead", "redirects in a loop"),
    "too-many-redirects": ("dead", "too many redirects"),
    "invalid-redirect": ("dead", "redirects to an invalid address"),
    "other-program": ("suspect", "redirects to an address that opens another program"),
    "identity": ("blocked", "requires a client certificate"),
    "chain": ("suspect", "the certificate chain is incomplete"),
    "lookup": ("unsure", "the DNS lookup failed"),
    "timeout": ("unsure", TIMEOUT_REASON),
    "network-down": ("unsure", "the network of this computer is down"),
    "limit": ("unsure", "a limit of feedpub was reached"),
    "unreachable": ("unsure", "the host cannot be reached"),
    "proxy": ("unsure", "the proxy did not connect"),
    "busy": ("unsure", "the host accepts no further requests for now"),
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


def _judge_page(result: ProbeResult) -> tuple[LinkStatus, str]:
    page, random_page = result.page, result.soft404_probe
    if _is_parked(result):
        return "suspect", "the domain is parked or for sale"
    if _has_title(page, "placeholder") and page.text_characters < _PLACEHOLDER_TEXT_CHARACTERS:
        return "suspect", "the host shows a placeholder page"
    if _is_login(result):
        return "blocked", "requires authentication"
    has_true_404 = bool(random_page and random_page.code in (404, 410))
    # On a host that answers 404 for random paths, a page with such a title is about pages that are not found.
    if page.status_code in (404, 410) or (_has_title(page, "not_found") and not has_true_404):
        return "suspect", "the page says that it was not found"
    is_soft404 = (
        random_page and page.source and 200 <= (random_page.code or 0) < 300 and _are_alike(page, random_page.page)
    )
    if is_soft404 and not is_home_page(result.url):
        return "suspect", "the host shows the same page for every path"
    if result.redirects and (reason := _find_wrong_redirect(result)):
        return "suspect", reason
    if result.fragment_is_there is False:
        return "suspect", "the page does not contain the fragment"
    unsafe = result.url.startswith("https:") and any(redirect.url.startswith("http:") for redirect in result.redirects)
    if result.redirects and all(redirect.code in (301, 308) for redirect in result.redirects):
        return "moved", "moved permanently, from https to http" if unsafe else "moved permanently"
    return "ok", "redirects from https to http" if unsafe else ""


def _find_wrong_redirect(result: ProbeResult) -> str:
    """Return why a redirect does not lead to the page that was linked to; the empty string if it may."""
    if _find_target_of_every_path(result):
        return "the host redirects every path to the same page"
    if is_error_address(result.final_url) and not is_error_address(result.url):
        return "redirects to an error page"
    if is_home_page(result.final_url) and not is_home_page(result.url):
        return "redirects to the home page"
    if result.is_shared_target and not is_same_page(result.url, result.final_url):
        return "several links of this host are redirected to the same page"
    return ""


def _are_alike(page: Page, random_page: Page) -> bool:
    """Return True if two pages have the same titles, or, without titles, the same source."""
    return page.titles == random_page.titles if page.titles else page.source == random_page.source


def _find_target_of_every_path(result: ProbeResult) -> str:
    """Return the target that random paths of the host are redirected to as well; the empty string if there is none."""
    if is_home_page(result.url):
        return ""
    random_pages = [result.soft404_probe, *result.redirect_probes]
    for random_page in random_pages:
        if random_page and random_page.redirects and random_page.code not in (404, 410):
            target = find_common_target(result.url, _list_targets(result), random_page.url, _list_targets(random_page))
            if target:
                return target
    return ""


def _list_targets(result: ProbeResult) -> list[str]:
    return [redirect.url for redirect in result.redirects]


def _is_login(result: ProbeResult) -> bool:
    """Return True if a link was redirected to a login page."""
    final, page = result.final_url, result.page
    if not result.redirects or is_same_page(result.url, final) or rate_login_name(result.url):
        return False
    name = rate_login_name(final)
    if name == "certain":
        return True
    is_returned = is_url_in_query(final, result.url)
    if name and (is_returned or _has_title(page, "login") or _find_target_of_every_path(result)):
        return True
    return page.has_password_field and bool(
        name or is_returned or page.text_characters < _SHORT_TEXT_CHARACTERS or _has_title(page, "login")
    )


def _is_parked(result: ProbeResult) -> bool:
    page = result.page
    if result.redirects and is_parking_host(result.final_url) and not is_parking_host(result.url):
        return True
    if not page.source:
        return False
    # Other pages may name such services as well; the page of a parked domain has little else.
    if page.text_characters < _SHORT_TEXT_CHARACTERS and _has_marker(page, "parked_source"):
        return True
    return page.text_characters < _LONG_TEXT_CHARACTERS and _has_title(page, "parked")


def _is_challenge(result: ProbeResult) -> bool:
    """Return True if a page asks visitors to prove that they are human, whatever the status code is."""
    headers = result.headers or {}
    if headers.get("cf-mitigated", "").casefold() == "challenge" or "x-amzn-waf-action" in headers:
        return True
    # Other pages may load such scripts as well; a challenge has nothing else, so it is short.
    page = result.page
    if not 0 < len(page.source) < _LONGEST_CHALLENGE_CHARACTERS:
        return False
    if page.text_characters < _LITTLE_TEXT_CHARACTERS and _has_marker(page, "challenge_script"):
        return True
    is_named = page.text_characters < _SHORT_TEXT_CHARACTERS and _has_title(page, "challenge_title")
    return is_named or _has_marker(page, "challenge")


def _has_marker(page: Page, marker: str) -> bool:
    return any(map(page.source.__contains__, _load_markers()[marker]))


def _has_title(page: Page, marker: str) -> bool:
    """Return True if the title or heading of a page is one of some phrases, alone or beside the site's name."""
    if not page.titles:
        return False
    phrases = _load_markers()[marker]
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


_CASE_SENSITIVE: Final = ("challenge", "challenge_script", "parked_source")  # in these, case matters
