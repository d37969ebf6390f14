"""Follow one address to its end: which requests to send, one after the other, and what their answers come to.

A `LinkProbe` sends nothing itself. It is a generator that yields what it wants (`Request`) and is given what came of it
(`Response`), so that whoever sends can put each request into the queue of its host.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from .. import addresses, iri
from ..model import HostSettings
from ..transport.base import Request, Response
from .classify import Answer, Redirect, same_path
from .pace import is_overload

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping, Sequence

    from .classify import Failure

MOST_REDIRECTS: Final = 20  # as browsers follow
_TOO_LONG: Final = f"the redirect leads to an address of more than {iri.LONGEST_URL_CHARACTERS:,} characters"
_CHAIN_TOO_LONG: Final = "the redirects have long addresses"
_LONGEST_VALIDATOR_CHARACTERS: Final = 1000  # longer ones are neither kept nor sent
# Of one address with all its redirects: all of them stand in one request, and servers take no longer ones.
_MOST_COOKIES_CHARACTERS: Final = 16_000
_LONGEST_CHAIN_CHARACTERS: Final = 32_000  # of all redirects of one address: they are stored and reported
PAGE_BYTES: Final = 64 * 1024
FRAGMENT_PAGE_BYTES: Final = 2 * 1024 * 1024
# A page that is shorter, or does not say how long it is, may be an excuse: it is read.
_SHORT_PAGE_BYTES: Final = 4 * 1024
MOST_REQUESTS: Final = 30  # of one address, with all redirects, second tries and confirmations
_HEAD_SHARE: Final = 1 / 3  # of the time for an address, before HEAD is given up
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# Where no browser follows a redirect to; others, such as mailto, open a program if there is one.
_REFUSED_SCHEMES: Final = frozenset({"about", "blob", "data", "file", "filesystem", "javascript", "vbscript"})
_LANGUAGES: Final = {"Accept-Language": "en,*;q=0.5"}  # without one, some servers answer 404 or 406
_ANY: Final = {"Accept": "*/*", **_LANGUAGES}
# What a browser sends when it visits a page for the first time: no Range, no validators.
_PAGE: Final = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    **_LANGUAGES,
    "Accept-Encoding": "gzip, deflate",
}


class HostState:
    """What a run knows of one server, shared by all its addresses."""

    def __init__(
        self, *, head_is_unreliable: bool, settings: HostSettings | None = None, token: str | None = None
    ) -> None:
        self.settings = settings or HostSettings()
        self.token = token
        self.head_is_unreliable = head_is_unreliable
        self.head_has_worked = False
        self.soft404_probe: Answer | None = None
        self.waiting: list[LinkProbe] = []
        self._asking = False

    def claim(self, probe: LinkProbe) -> bool:
        """Tell whether this probe is to find out what the server answers to a path that nobody made; else it waits."""
        if self.soft404_probe is not None:
            return False
        if self._asking:
            self.waiting.append(probe)
            return False
        self._asking = True
        return True

    def settle(self, answer: Answer) -> list[LinkProbe]:
        """Tell those who wait for it; return them."""
        self.soft404_probe = answer
        waiting, self.waiting = self.waiting, []
        return waiting


class Wait:
    """Want to go on when another probe has found out what the server answers to a path that nobody made."""


WAIT: Final = Wait()


class LinkProbe:
    """One page: its address without fragment, and the fragments that are wanted of it."""

    def __init__(
        self,
        url: str,
        fragments: Sequence[str],
        host_states: Callable[[str], HostState],
        *,
        seconds: float,
        clock: Callable[[], float],
        validators: Mapping[str, str] | None = None,
        confirming: bool = False,
    ) -> None:
        """Prepare to follow an address.

        Args:
            url: In ASCII, without fragment.
            fragments: Those that the page must hold.
            host_states: Returns what is known of the server of an address.
            seconds: For all requests together.
            clock: Tells the time, as `time.monotonic`.
            validators: If-None-Match and If-Modified-Since of what was found good before.
            confirming: GET at once: this is not the first time.
        """
        self.url, self.fragments, self._find_host_state, self._clock = url, tuple(fragments), host_states, clock
        self._first_state: HostState | None = None
        self._seconds, self._validators, self._confirming = seconds, dict(validators or {}), confirming
        self.until = 0.0
        self.answer = Answer(url=url)
        self.there: dict[str, bool | None] = {}
        self.retry_after: float | None = None
        self.requests = 0  # that were sent for it
        self.should_skip_head = False  # its host is in trouble: the answer to HEAD would tell nothing
        self.validators: dict[str, str] = {}
        self.reached: dict[str, bool] = {}
        self.settled: list[LinkProbe] = []
        self._cookies: dict[str, dict[str, str]] = {}
        self._has_left = False  # whether it was redirected to another server: it gets no token any more
        self._redirects: list[Redirect] = []
        self._steps = self._follow()

    def _host_states(self, url: str) -> HostState:
        """Return what is known of the server of an address; most are the first one."""
        if url != self.url:
            return self._find_host_state(url)
        if self._first_state is None:
            self._first_state = self._find_host_state(url)
        return self._first_state

    @property
    def seconds_spent(self) -> float:
        """How much of its time it has taken; waiting for its turn does not count."""
        return self._seconds - (self.until - self._clock())

    def start(self) -> Request | Wait | None:
        """Return the first request."""
        self.until = self._clock() + self._seconds
        return next(self._steps, None)

    def step(self, got: Response) -> Request | Wait | None:
        """Take what came of the last request, return the next one; None if there is an answer."""
        try:
            return self._steps.send(got)
        except StopIteration:
            return None

    def _follow(self) -> Generator[Request | Wait, Response, None]:
        url, fragment, seen = self.url, "", set()
        while True:
            method, got = yield from self._tried(url)
            if got.failure or got.code not in _REDIRECTS:
                break
            self._take_cookies(url, got.cookies)
            failure, target = _target(url, got.headers.get("location", ""))
            key = (target, hash(str(self._cookies)))  # the cookies themselves would fill memory
            if not failure and key in seen:
                failure = "loop"
            if failure:
                self._end(replace(got, detail=_TOO_LONG) if failure == "limit" else got, failure)
                return
            seen.add(key)
            url, fragment = target.partition("#")[0], target.partition("#")[2] or fragment
            self._redirects.append(Redirect(code=got.code, url=target if fragment else url))
            if len(self._redirects) > MOST_REDIRECTS:
                self._end(got, "redirects")
                return
            if sum(len(redirect.url) for redirect in self._redirects) > _LONGEST_CHAIN_CHARACTERS:
                self._end(replace(got, detail=_CHAIN_TOO_LONG), "limit")
                return
        if got.failure or not 200 <= (got.code or 0) < 300 or not _is_page(got):
            self._end(got, got.failure)
            return
        yield from self._inspect(url, fragment.partition(":~:")[0], method, got)

    def _end(
        self,
        got: Response,
        failure: Failure | None = None,
        soft404_probe: Answer | None = None,
        first_host_soft404_probe: Answer | None = None,
    ) -> None:
        self.answer = Answer(
            url=self.url,
            redirects=tuple(self._redirects),
            code=got.code,
            failure=failure,
            detail=got.detail,
            headers=got.headers,
            page=_text(got) if got.page else "",
            soft404_probe=soft404_probe,
            first_host_soft404_probe=first_host_soft404_probe,
        )
        if not failure and not self._redirects and got.code and 200 <= got.code < 300:
            names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
            values = {header: got.headers.get(name, "") for name, header in names.items()}
            self.validators = {
                header: value for header, value in values.items() if 0 < len(value) <= _LONGEST_VALIDATOR_CHARACTERS
            }
        elif got.code == 304:  # they hold on
            self.validators = dict(self._validators)

    def _inspect(
        self, url: str, fragment: str, method: str, got: Response
    ) -> Generator[Request | Wait, Response, None]:
        """Look closer at a page that is said to be there; a fragment that a redirect names stands for all others."""
        if self.fragments:
            targets = {wanted: fragment or wanted for wanted in self.fragments}
            held = _hold(got, set(targets.values()))
            self.there = {wanted: held[target] for wanted, target in targets.items()}
        got.page = got.page[:PAGE_BYTES]  # many pages may wait for what their hosts answer to other paths
        host_state = self._host_states(url)
        other = yield from self._probe_soft404(url, host_state)
        first = self._host_states(self.url)
        strays = first is not host_state and not same_path(self.url, url)
        first_host_soft404_probe = (yield from self._probe_soft404(self.url, first)) if strays else None
        excuses = bool(other and other.code and 200 <= other.code < 300)
        if method == "HEAD" and (excuses or _is_short(got)) and self._clock() < self.until:
            page = yield self._ask("GET", url)
            if page.failure or page.code == 416:
                page = replace(got, page=b"")
            elif page.code and page.code >= 400 and not is_overload(page):
                host_state.head_is_unreliable = True
            got = page
        self._end(got, None, other, first_host_soft404_probe)

    def _probe_soft404(self, url: str, host_state: HostState) -> Generator[Request | Wait, Response, Answer | None]:
        """Return what the server of an address answers for a path that nobody can have made: it is asked once."""
        if host_state.claim(self):
            yield from self._ask_random_path(url, host_state)
        elif host_state.soft404_probe is None:
            yield WAIT
        return host_state.soft404_probe

    def _ask_random_path(self, url: str, host_state: HostState) -> Generator[Request | Wait, Response, None]:
        """Ask for a path that nobody can have made, for all who want to know."""
        place = iri.resolve_url(url, f"/feedpub-{os.urandom(8).hex()}") or url
        found = Answer(url=place, failure="timeout")
        try:
            method = "GET" if host_state.head_is_unreliable else "HEAD"
            got = yield self._ask(method, place, share=_HEAD_SHARE)
            is_empty = got.failure or got.code in (405, 501) or (got.code and 200 <= got.code < 300)
            if method == "HEAD" and is_empty:
                got = yield self._ask("GET", place, share=_HEAD_SHARE)
            page = _text(got) if got.page else ""
            target = _target(place, got.headers.get("location", ""))[1] if got.code in _REDIRECTS else ""
            redirects = (Redirect(code=got.code or 0, url=target.partition("#")[0]),) if target else ()
            found = Answer(
                url=place, redirects=redirects, code=got.code, failure=got.failure, headers=got.headers, page=page
            )  # fmt: skip
        finally:
            self.settled = host_state.settle(found)

    def _tried(self, url: str) -> Generator[Request | Wait, Response, tuple[str, Response]]:
        """Ask for one address; return the answer and how it was asked for.

        HEAD is only for the first address, and only a clean answer to it counts: all else is said after a GET.
        """
        host_state = self._host_states(url)
        is_plain = self._confirming or self.should_skip_head or host_state.head_is_unreliable or self.fragments
        head_response = None
        if not is_plain and not self._redirects:
            head_response = yield self._ask("HEAD", url, share=_HEAD_SHARE)
            code = head_response.code or 0
            if not head_response.failure and (200 <= code < 300 or code == 304):
                host_state.head_has_worked = True
                return "HEAD", head_response
        response = yield self._ask("GET", url)
        if response.code in (429, 503):
            self.retry_after = retry_after(response.headers)
        if head_response is not None and _differs_from_get(head_response, response, host_state):
            host_state.head_is_unreliable = True
        return "GET", response

    def _ask(self, method: str, url: str, *, share: float = 1.0) -> Request:
        host_state = self._host_states(url)
        headers = dict(_ANY if method == "HEAD" else _PAGE)
        headers.update(host_state.settings.headers)
        if host_state.settings.user_agent:
            headers["User-Agent"] = host_state.settings.user_agent
        if url != self.url and host_state is not self._host_states(self.url):
            self._has_left = True
        if host_state.token and not self._has_left:
            headers["Authorization"] = f"Bearer {host_state.token}"
        if method == "HEAD" and url == self.url:
            headers |= self._validators
        if self._cookies and (cookies := self._cookies_for(iri.find_host(url))):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        most = FRAGMENT_PAGE_BYTES if self.fragments else PAGE_BYTES
        now = self._clock()
        left = max(0.05, self.until - now)
        return Request(method, url, headers, 0 if method == "HEAD" else most, now + left * share)

    def _cookies_for(self, host: str) -> dict[str, str]:
        """Return the cookies of a host, and those of the domains that it belongs to."""
        found = {}
        for place, cookies in self._cookies.items():
            if place == host or (place.startswith(".") and f".{host}".endswith(place)):
                found.update(cookies)
        return found

    def _take_cookies(self, url: str, given: Sequence[str]) -> None:
        """Keep cookies for the rest of the probe, for the host that set them or its domain (RFC 6265, section 5.3)."""
        host = iri.find_host(url)
        size = sum(len(name) + len(value) for jar in self._cookies.values() for name, value in jar.items())
        for one in given:
            name, equals, value = map(str.strip, one.partition(";")[0].partition("="))
            size += len(name) + len(value)
            if size > _MOST_COOKIES_CHARACTERS:
                return
            if equals and len(one) <= 4096 and one.isascii() and one.isprintable():
                self._cookies.setdefault(_domain(one, host), {})[name] = value


def _domain(cookie: str, host: str) -> str:
    """Return whom a cookie is for: a host, or a domain with a dot before it that the host belongs to."""
    given = _DOMAIN.search(cookie)
    domain = f".{given[1].strip('.').lower()}" if given else ""
    wide = domain.count(".") > 1 and not addresses.spelled(host) and f".{host}".endswith(domain)
    return domain if wide else host


_DOMAIN: Final = re.compile(r";\s*domain\s*=\s*([^;\s]+)", re.IGNORECASE)


def _target(url: str, location: str) -> tuple[Failure | None, str]:
    """Return why a redirect leads nowhere, or to where browsers would follow it (RFC 9110, section 10.2.2)."""
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    if len(location) > iri.LONGEST_URL_CHARACTERS:
        return "limit", ""
    target, before = iri.parse_url(location, url), iri.parse_url(url)
    if not location.strip() or any(mark in location for mark in "\0\r\n") or target is None or before is None:
        return "nowhere", ""
    if target.protocol not in ("http:", "https:"):
        return ("scheme" if target.protocol[:-1] in _REFUSED_SCHEMES else "program"), ""
    if iri.host_fault(target.href):
        return "nowhere", ""
    if target.origin != before.origin:  # credentials that a server hands out go nowhere
        target.username = target.password = ""
    elif not target.has_credentials():
        target.username, target.password = before.username, before.password
    uri = iri.to_uri(target.href)
    if len(uri) > iri.LONGEST_URL_CHARACTERS:  # a character may take twelve when it is percent-encoded
        return "limit", ""
    return None, uri


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After (RFC 9110, section 10.2.3), as such or of a date; None if there are none."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdecimal():
        return min(float(given[:12]), 366 * 86400.0)
    from email.utils import parsedate_to_datetime  # 10 ms, and seldom wanted

    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), 366 * 86400.0)


def _differs_from_get(head: Response, response: Response, host_state: HostState) -> bool:
    """Return True if HEAD is answered otherwise than GET, and not only because the host was overloaded then."""
    if response.failure or not head.connected or not 200 <= (response.code or 0) < 400:
        return False
    if is_overload(head):
        return not host_state.head_has_worked
    return head.failure is not None or head.code != response.code


def _is_page(got: Response) -> bool:
    kind = got.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("", "text/html", "application/xhtml+xml")


def _is_short(got: Response) -> bool:
    length = got.headers.get("content-length", "")
    return not length.isdecimal() or int(length[:15]) < _SHORT_PAGE_BYTES


_CHARSET: Final = re.compile(rb"""charset\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)


# Of Python, unknown to browsers; to decode "punycode" takes a minute for 2 MiB.
_NO_CHARSETS: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})


def _text(got: Response) -> str:
    """Decode a page as it says itself."""
    kind = got.headers.get("content-type", "").encode("ascii", "replace")
    found = _CHARSET.search(kind) or _CHARSET.search(got.page[:2048])
    try:
        name = codecs.lookup(found[1].decode("ascii")).name if found else "utf-8"
        return got.page.decode("utf-8" if name in _NO_CHARSETS else name, "replace")
    except (LookupError, UnicodeError, TypeError, AssertionError):
        return got.page.decode("utf-8", "replace")


_NAMES: Final = re.compile(
    r"""[\s"'/](?:id|name)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+))""",
    re.IGNORECASE,
)


def _hold(got: Response, fragments: Collection[str]) -> dict[str, bool | None]:
    """Return for each fragment whether a page holds its target (HTML, section 7.4.6.3); None if that cannot be told.

    The page is read once, however many fragments are wanted of it.
    """
    if not _is_page(got):
        return dict.fromkeys(fragments)
    forms = {fragment: {fragment, unquote(fragment)} for fragment in fragments if not _is_for_scripts(fragment)}
    for names in forms.values():
        names |= {f"user-content-{name}" for name in names}  # of GitHub's pages, which a script resolves
    wanted = set().union(*forms.values())
    there = wanted.intersection(
        unescape(found[1] or found[2] or found[3] or "") for found in _NAMES.finditer(_text(got))
    )
    missing = False if got.whole and len(got.page) < FRAGMENT_PAGE_BYTES else None
    held: dict[str, bool | None] = dict.fromkeys(fragments)
    for fragment, names in forms.items():
        is_top = fragment.lower() in ("", "top")
        held[fragment] = True if is_top or not names.isdisjoint(there) else missing
    return held


def _is_for_scripts(fragment: str) -> bool:
    return fragment.startswith(("!", "/")) or "=" in fragment


def page_of(url: str) -> tuple[str, str]:
    """Part an address, as browsers read it, into what is asked for and the fragment of that page ("" for none)."""
    read = iri.resolve_url("", url) or url
    page, _, fragment = read.partition("#")
    return iri.to_uri(page), fragment.partition(":~:")[0]
