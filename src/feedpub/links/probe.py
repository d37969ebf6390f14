"""Follow one address to its end: which requests to send, one after the other, and what their answers come to.

A `LinkProbe` sends nothing itself. It is a generator that yields what it wants (`Request`) and is given what came of it
(`Response`), so that whoever sends can put each request into the queue of its host.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from .. import iri
from ..model import HostSettings
from ..transport.base import Request, Response
from .classify import Answer, Redirect
from .cookies import Cookies
from .destinations import is_same_page
from .pace import is_overload
from .pages import LONGEST_REFRESH_SECONDS, NO_PAGE, Page, is_page, read_page, read_refresh, targets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping, Sequence

    from .classify import Failure

MOST_REDIRECTS: Final = 20  # as browsers follow
_TOO_LONG: Final = f"the redirect leads to an address of more than {iri.LONGEST_URL_CHARACTERS:,} characters"
_CHAIN_TOO_LONG: Final = "the redirects have long addresses"
_LONGEST_VALIDATOR_CHARACTERS: Final = 1000  # longer ones are neither kept nor sent
_LONGEST_CHAIN_CHARACTERS: Final = 32_000  # of all redirects of one address: they are stored and reported
PAGE_BYTES: Final = 64 * 1024
FRAGMENT_PAGE_BYTES: Final = 2 * 1024 * 1024
# A page that is shorter, or does not say how long it is, may be a soft 404: it is read.
_SHORT_PAGE_BYTES: Final = 4 * 1024
MOST_REQUESTS: Final = 30  # of one address, with all redirects, second tries and confirmations
TOO_MANY_REQUESTS: Final = f"it took {MOST_REQUESTS} requests"
_HEAD_SHARE: Final = 1 / 3  # of the time for an address, before HEAD is given up
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PERMANENT: Final = frozenset({301, 308})
_MOST_PROBE_REDIRECTS: Final = 4  # of a random path
_MOST_RANDOM_PATH_REQUESTS: Final = 2 * _MOST_PROBE_REDIRECTS  # each by HEAD and by GET
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


class RandomPath:
    """What a server answers for a path that does not exist, below one of its folders; asked once in a run."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.waiting: list[LinkProbe] = []
        self._is_claimed = False

    def claim(self, probe: LinkProbe) -> bool:
        """Return True if this probe is the one to ask; else it waits for the answer, unless there is one."""
        if self.answer is not None:
            return False
        if self._is_claimed:
            self.waiting.append(probe)
            return False
        self._is_claimed = True
        return True

    def settle(self, answer: Answer) -> list[LinkProbe]:
        """Take the answer; return the probes that wait for it."""
        self.answer = answer
        waiting, self.waiting = self.waiting, []
        return waiting


class HostState:
    """What a run knows of one server, shared by all its addresses."""

    def __init__(
        self, *, head_is_unreliable: bool, settings: HostSettings | None = None, token: str | None = None
    ) -> None:
        self.settings = settings or HostSettings()
        self.token = token
        self.head_is_unreliable = head_is_unreliable
        self.head_has_worked = False
        self._random_paths: dict[str, RandomPath] = {}

    def random_path(self, folder: str = "/") -> RandomPath:
        """Return what is known of random paths below a folder."""
        return self._random_paths.setdefault(folder, RandomPath())


class Wait:
    """Returned by a probe that waits until another one knows what the server answers for a random path."""


class Pause:
    """Returned by a probe that is reading a large page, so that others have their turn."""


WAIT: Final = Wait()
PAUSE: Final = Pause()
Step = Request | Wait | Pause


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
        self.ended_at = 0.0
        self.should_skip_head = False  # its host is in trouble: the answer to HEAD would tell nothing
        self.validators: dict[str, str] = {}
        self.reached: dict[str, bool] = {}
        self.settled: list[LinkProbe] = []
        self._cookies = Cookies()
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
        return self._seconds - (self.until - self.ended_at)

    def start(self) -> Step | None:
        """Return the first request."""
        self.until = self._clock() + self._seconds
        return next(self._steps, None)

    def step(self, got: Response) -> Step | None:
        """Take what came of the last request, return the next one; None if there is an answer."""
        try:
            return self._steps.send(got)
        except StopIteration:
            return None

    def _follow(self) -> Generator[Step, Response, None]:
        url, fragment, seen = self.url, "", set()
        while True:
            method, got = yield from self._request_page(url)
            if not got.failure and got.code in _REDIRECTS:
                code, location = got.code, got.headers.get("location", "")
            else:
                refresh = yield from self._inspect_page(url, fragment.partition(":~:")[0], method, got)
                if not refresh:
                    return
                got, code, location = refresh
            self._cookies.take(url, got.cookies)
            failure, target = _target(url, location)
            key = (target, hash(str(self._cookies)))  # the cookies themselves would fill memory
            if not failure and key in seen:
                failure = "loop"
            if failure:
                self._end(replace(got, detail=_TOO_LONG) if failure == "limit" else got, failure)
                return
            seen.add(key)
            url, fragment = target.partition("#")[0], target.partition("#")[2] or fragment
            self._redirects.append(Redirect(code=code, url=target if fragment else url))
            if len(self._redirects) > MOST_REDIRECTS:
                self._end(got, "redirects")
                return
            if self.requests >= MOST_REQUESTS:
                self._end(replace(got, detail=TOO_MANY_REQUESTS), "limit")
                return
            if sum(len(redirect.url) for redirect in self._redirects) > _LONGEST_CHAIN_CHARACTERS:
                self._end(replace(got, detail=_CHAIN_TOO_LONG), "limit")
                return

    def _end(
        self,
        got: Response,
        failure: Failure | None = None,
        page: Page | None = None,
        soft404_probe: Answer | None = None,
        redirect_probes: tuple[Answer, ...] = (),
    ) -> None:
        self.answer = Answer(
            url=self.url,
            redirects=tuple(self._redirects),
            code=got.code,
            failure=failure,
            detail=got.detail,
            headers=got.headers,
            page=page or NO_PAGE,
            soft404_probe=soft404_probe,
            redirect_probes=redirect_probes,
        )
        if not failure and not self._redirects and got.code and 200 <= got.code < 300:
            names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
            values = {header: got.headers.get(name, "") for name, header in names.items()}
            self.validators = {
                header: value for header, value in values.items() if 0 < len(value) <= _LONGEST_VALIDATOR_CHARACTERS
            }
        elif got.code == 304:  # they hold on
            self.validators = dict(self._validators)

    def _inspect_page(
        self, url: str, fragment: str, method: str, got: Response
    ) -> Generator[Step, Response, tuple[Response, int, str] | None]:
        """Look closer at the last answer, and end; or return where its page sends its readers, with the status code."""
        page = yield from self._read(got, self._targets(fragment))
        if got.failure or not 200 <= (got.code or 0) < 300:
            self._end(got, got.failure, page)
            return None
        if not is_page(got.headers):
            self._end(got, None, page, None, (yield from self._probe_redirected(url)))
            return None
        if location := _find_refresh(url, got, page):
            return got, 200, location
        if self.fragments:
            self.there = self._find_fragments(fragment, got, page)
        host_state = self._host_states(url)
        other = yield from self._probe_random_path(url, host_state.random_path())
        if method == "HEAD" and (_is_good_page(other) or _is_short(got)) and self._clock() < self.until:
            got = yield from self._get_page(url, host_state, got)
            if not got.failure and got.code in _REDIRECTS:
                return got, got.code, got.headers.get("location", "")
            page = yield from self._read(got, ())
            if location := _find_refresh(url, got, page):
                return got, 200, location
        others = yield from self._probe_redirected(url)
        self._end(got, None, page, other, others)
        return None

    def _get_page(self, url: str, host_state: HostState, head: Response) -> Generator[Step, Response, Response]:
        """Ask for a page whose head was good; if that fails, there is only the head to judge."""
        got = yield self._make_request("GET", url)
        if got.failure or got.code == 416:
            return replace(head, page=b"")
        if got.code and got.code >= 400 and not is_overload(got):
            host_state.head_is_unreliable = True
        return got

    def _read(self, got: Response, wanted: Collection[str]) -> Generator[Step, Response, Page | None]:
        """Read a page, a few milliseconds at a time; None if the time is over."""
        if not got.page:
            return NO_PAGE
        body, got.page = got.page, b""  # many pages may wait for what their hosts answer to other paths
        if not wanted:
            body = body[:PAGE_BYTES]
        steps = read_page(body, got.headers, wanted)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                got.whole = got.whole and len(body) < FRAGMENT_PAGE_BYTES
                page: Page = end.value
                return page
            if self._clock() >= self.until:
                return None
            yield PAUSE

    def _targets(self, fragment: str) -> frozenset[str]:
        """Return the names to look for in a page; a fragment that a redirect names stands for all others."""
        wanted = {fragment or one for one in self.fragments}
        return frozenset().union(*map(targets_of, wanted))

    def _find_fragments(self, fragment: str, got: Response, page: Page | None) -> dict[str, bool | None]:
        """Return for each fragment whether the page holds it; None if that cannot be told."""
        there: dict[str, bool | None] = {}
        for one in self.fragments:
            wanted = fragment or one
            names = targets_of(wanted)
            if wanted.lower() in ("", "top") or (page and not names.isdisjoint(page.names)):
                there[one] = True
            else:
                there[one] = False if names and page and got.whole else None
        return there

    def _probe_redirected(self, url: str) -> Generator[Step, Response, tuple[Answer, ...]]:
        """Return what the host of the first address answers for random paths, if that address was redirected."""
        if not self._redirects or is_same_page(self.url, url):
            return ()
        first = self._host_states(self.url)
        folders = []
        if first is not self._host_states(url):
            folders.append("/")
        if all(redirect.code in _PERMANENT for redirect in self._redirects):
            folders.append(_folder_of(self.url))
        answers = []
        for folder in dict.fromkeys(folders):
            answers.append((yield from self._probe_random_path(self.url, first.random_path(folder), folder)))
        return tuple(one for one in answers if one)

    def _probe_random_path(
        self, url: str, random_path: RandomPath, folder: str = "/"
    ) -> Generator[Step, Response, Answer | None]:
        """Return what the server of an address answers for a random path, which is asked once; None if not known.

        A probe that has sent nearly all the requests that it may send does without.
        """
        if self.requests + _MOST_RANDOM_PATH_REQUESTS > MOST_REQUESTS:
            return random_path.answer
        if random_path.claim(self):
            yield from self._ask_random_path(url, random_path, folder)
        elif random_path.answer is None:
            yield WAIT
        return random_path.answer

    def _ask_random_path(self, url: str, random_path: RandomPath, folder: str) -> Generator[Step, Response, None]:
        """Ask for a path that nobody can have made, for all who want to know; follow it where every path may lead."""
        first = iri.resolve_url(url, f"{folder}feedpub-{os.urandom(8).hex()}") or url
        found = Answer(url=first, failure="timeout")
        redirects: list[Redirect] = []
        place = first
        try:
            while True:
                method = "GET" if self._host_states(place).head_is_unreliable else "HEAD"
                got = yield self._make_request(method, place, share=_HEAD_SHARE)
                is_empty = got.failure or got.code in (405, 501) or (got.code and 200 <= got.code < 300)
                if method == "HEAD" and is_empty:
                    got = yield self._make_request("GET", place, share=_HEAD_SHARE)
                page = yield from self._read(got, ())
                location = got.headers.get("location", "") if got.code in _REDIRECTS else ""
                code = got.code or 0
                if page and (refresh := _find_refresh(place, got, page)):
                    location, code = refresh, 200
                target = _target(place, location)[1].partition("#")[0] if location else ""
                if target:
                    redirects.append(Redirect(code=code, url=target))
                found = Answer(
                    url=first, redirects=tuple(redirects), code=got.code, failure=got.failure, headers=got.headers,
                    page=page or NO_PAGE,
                )  # fmt: skip
                if not target or is_same_page(target, first) or len(redirects) >= _MOST_PROBE_REDIRECTS:
                    return
                place = target
        finally:
            self.settled += random_path.settle(found)

    def _request_page(self, url: str) -> Generator[Step, Response, tuple[str, Response]]:
        """Ask for one address; return the answer and how it was asked for.

        HEAD is only for the first address, and only a clean answer to it counts: all else is said after a GET.
        """
        host_state = self._host_states(url)
        is_plain = self._confirming or self.should_skip_head or host_state.head_is_unreliable or self.fragments
        head_response = None
        if not is_plain and not self._redirects:
            head_response = yield self._make_request("HEAD", url, share=_HEAD_SHARE)
            code = head_response.code or 0
            if not head_response.failure and (200 <= code < 300 or code == 304):
                host_state.head_has_worked = True
                return "HEAD", head_response
        response = yield self._make_request("GET", url)
        if response.code in (429, 503):
            self.retry_after = retry_after(response.headers)
        if head_response is not None and _differs_from_get(head_response, response, host_state):
            host_state.head_is_unreliable = True
        return "GET", response

    def _make_request(self, method: str, url: str, *, share: float = 1.0) -> Request:
        host_state = self._host_states(url)
        headers = dict(_ANY if method == "HEAD" else _PAGE)
        headers.update({name.title(): value for name, value in host_state.settings.headers.items()})
        if host_state.settings.user_agent:
            headers["User-Agent"] = host_state.settings.user_agent
        if url != self.url and host_state is not self._host_states(self.url):
            self._has_left = True
        if host_state.token and not self._has_left:
            headers["Authorization"] = f"Bearer {host_state.token}"
        if method == "HEAD" and url == self.url:
            headers |= self._validators
        if cookies := self._cookies.header(url):
            headers["Cookie"] = cookies
        most = FRAGMENT_PAGE_BYTES if self.fragments else PAGE_BYTES
        now = self._clock()
        left = max(0.05, self.until - now)
        return Request(method, url, headers, 0 if method == "HEAD" else most, now + left * share)


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
    if iri.find_host_fault(target.href):
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


def _is_short(got: Response) -> bool:
    length = got.headers.get("content-length", "")
    return not length.isdecimal() or int(length[:15]) < _SHORT_PAGE_BYTES


def _is_good_page(other: Answer | None) -> bool:
    return bool(other and other.code and 200 <= other.code < 300)


def _find_refresh(url: str, got: Response, page: Page | None) -> str:
    """Return where a page sends its readers within seconds; the empty string if it keeps them."""
    header = read_refresh(got.headers.get("refresh", ""))
    location = ""
    if header and header[1] and header[0] <= LONGEST_REFRESH_SECONDS:
        location = header[1]
    elif page and page.refresh:
        base = iri.resolve_url(url, page.refresh[1]) or url
        location = iri.resolve_url(base, page.refresh[0]) or page.refresh[0]
    failure, target = _target(url, location) if location else (None, "")
    # One that reloads the page, or runs a script, is none.
    return "" if failure or target.partition("#")[0] == url else target


def _folder_of(url: str) -> str:
    """Return the path of an address up to its last slash."""
    parsed = iri.parse_url(url)
    return parsed.pathname.rstrip("/").rpartition("/")[0] + "/" if parsed else "/"


def page_of(url: str) -> tuple[str, str]:
    """Part an address, as browsers read it, into what is asked for and the fragment of that page ("" for none)."""
    read = iri.resolve_url("", url) or url
    page, _, fragment = read.partition("#")
    return iri.to_uri(page), fragment.partition(":~:")[0]
