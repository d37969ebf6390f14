"""Follow one URL: decide which requests to send, one after the other, and combine their responses into one result.

A `LinkProbe` sends nothing itself. It is a generator that yields the next `Request` and receives its `Response`, so
that the scheduler can put each request into the queue of its host.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .. import iri
from ..model import HostSettings
from ..transport.base import Request, Response
from .classify import ProbeResult, Redirect
from .cookies import Cookies
from .destinations import find_folder, is_same_page
from .fragments import find_fragments, find_names
from .pace import is_good, is_overload, parse_retry_after
from .pages import NO_PAGE, Page, is_page, read_page
from .redirects import find_redirect_target, find_refresh_target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping, Sequence

    from .classify import Failure

MOST_REDIRECTS: Final = 20  # the limit of browsers
_TOO_LONG: Final = f"the redirect leads to an address of more than {iri.LONGEST_URL_CHARACTERS:,} characters"
_CHAIN_TOO_LONG: Final = "the redirects have long addresses"
_LONGEST_VALIDATOR_CHARACTERS: Final = 1000  # longer ones are neither kept nor sent
_LONGEST_CHAIN_CHARACTERS: Final = 32_000  # of all redirects of one URL: they are stored and reported
PAGE_BYTES: Final = 64 * 1024
FRAGMENT_PAGE_BYTES: Final = 2 * 1024 * 1024
# A page that is shorter than this, or does not state its length, may be a soft 404, so it is read.
_SHORT_PAGE_BYTES: Final = 4 * 1024
MOST_REQUESTS: Final = 30  # of one URL, with all redirects, retries and confirmations
TOO_MANY_REQUESTS: Final = f"it took {MOST_REQUESTS} requests"
_HEAD_SHARE: Final = 1 / 3  # of the time for a URL, after which HEAD is given up
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PERMANENT: Final = frozenset({301, 308})
_MOST_RANDOM_PATH_REDIRECTS: Final = 4
_MOST_RANDOM_PATH_REQUESTS: Final = 2 * _MOST_RANDOM_PATH_REDIRECTS  # each by HEAD and by GET
_SHORTEST_REQUEST_SECONDS: Final = 0.05
_LANGUAGES: Final = {"Accept-Language": "en,*;q=0.5"}  # without it, some servers answer 404 or 406
_HEAD_HEADERS: Final = {"Accept": "*/*", **_LANGUAGES}
# What a browser sends when it visits a page for the first time: no Range, no validators.
_GET_HEADERS: Final = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    **_LANGUAGES,
    "Accept-Encoding": "gzip, deflate",
}


class RandomPath:
    """The response of a server to a path that does not exist, below one of its folders; requested once in a run."""

    def __init__(self) -> None:
        self.result: ProbeResult | None = None
        self.waiting: list[LinkProbe] = []
        self._is_claimed = False

    def claim_request(self, probe: LinkProbe) -> bool:
        """Return True if this probe is the one to send the request.

        Otherwise it waits for the result of the probe that does, unless the result is already there.
        """
        if self.result is not None:
            return False
        if self._is_claimed:
            self.waiting.append(probe)
            return False
        self._is_claimed = True
        return True

    def set_result(self, result: ProbeResult) -> list[LinkProbe]:
        """Set the result; return the probes that wait for it."""
        self.result = result
        waiting, self.waiting = self.waiting, []
        return waiting


class HostState:
    """What the probes of a run know of one server, shared by all its URLs."""

    def __init__(
        self, *, head_is_unreliable: bool, settings: HostSettings | None = None, token: str | None = None
    ) -> None:
        self.settings = settings or HostSettings()
        self.token = token
        self.head_is_unreliable = head_is_unreliable  # whether it answers HEAD otherwise than GET
        self.head_has_worked = False  # whether any HEAD has had a good response in this run
        self._random_paths: dict[str, RandomPath] = {}

    def find_random_path(self, folder: str = "/") -> RandomPath:
        """Return the random path below a folder."""
        return self._random_paths.setdefault(folder, RandomPath())


class Wait:
    """Returned by a probe that waits until another one knows the response of the server to a random path."""


class Pause:
    """Returned by a probe that is reading a large page, so that others have their turn."""


WAIT: Final = Wait()
PAUSE: Final = Pause()
Step = Request | Wait | Pause


class LinkProbe:
    """The probe of one page: its URL without fragment, and the fragments of it that links point to."""

    def __init__(
        self,
        url: str,
        fragments: Sequence[str],
        find_host_state: Callable[[str], HostState],
        *,
        seconds: float,
        clock: Callable[[], float],
        validators: Mapping[str, str] | None = None,
        is_confirming: bool = False,
    ) -> None:
        """Prepare to follow a URL.

        Args:
            url: In ASCII, without fragment.
            fragments: Those that the page should contain.
            find_host_state: Returns the state of the server of a URL.
            seconds: For all requests together.
            clock: Returns the time in seconds, as `time.monotonic` does.
            validators: If-None-Match and If-Modified-Since of the last good response.
            is_confirming: Begin with GET: this is not the first try.
        """
        self.url, self.fragments, self._find_host_state, self._clock = url, tuple(fragments), find_host_state, clock
        self._first_state: HostState | None = None
        self._seconds, self._sent_validators = seconds, dict(validators or {})
        self._is_confirming = is_confirming
        self.until = 0.0
        self.result = ProbeResult(url=url)
        self.fragments_found: dict[str, bool | None] = {}  # None: it cannot be known
        self.retry_after: float | None = None
        self.sent_requests = 0
        self.ended_at = 0.0
        self.should_skip_head = False  # its host is in trouble, so that the response to HEAD would show nothing
        self.validators: dict[str, str] = {}
        self.reached_hosts: dict[str, bool] = {}  # name → whether a connection to it was made
        self.released_probes: list[LinkProbe] = []  # those that have waited for this one
        self._cookies = Cookies()
        self._has_left_server = False  # by a redirect to another server: it gets no token any more
        self._redirects: list[Redirect] = []
        self._steps = self._follow_redirects()

    def find_host_state(self, url: str) -> HostState:
        """Return the state of the server of a URL."""
        if url != self.url:
            return self._find_host_state(url)
        if self._first_state is None:  # most requests are for the first URL
            self._first_state = self._find_host_state(url)
        return self._first_state

    @property
    def seconds_spent(self) -> float:
        """How much of its time it has used; waiting in a queue does not count."""
        return self._seconds - (self.until - self.ended_at)

    def start(self) -> Step | None:
        """Return the first request."""
        self.until = self._clock() + self._seconds
        return next(self._steps, None)

    def resume(self, response: Response) -> Step | None:
        """Go on with the response to the last request; return the next step, None if there is a result."""
        try:
            return self._steps.send(response)
        except StopIteration:
            return None

    def _follow_redirects(self) -> Generator[Step, Response, None]:
        url, fragment, visited = self.url, "", set()
        while True:
            method, response = yield from self._request_page(url)
            if not response.failure and response.code in _REDIRECTS:
                code, location = response.code, response.headers.get("location", "")
            else:
                refresh = yield from self._inspect_page(url, fragment.partition(":~:")[0], method, response)
                if not refresh:
                    return
                response, code, location = refresh
            self._cookies.store_cookies(url, response.cookies)
            failure, target = find_redirect_target(url, location)
            key = (target, hash(str(self._cookies)))  # not the cookies themselves, which would fill the memory
            if not failure and key in visited:
                failure = "redirect-loop"
            if failure:
                self._set_result(replace(response, detail=_TOO_LONG) if failure == "limit" else response, failure)
                return
            visited.add(key)
            url, fragment = target.partition("#")[0], target.partition("#")[2] or fragment
            self._redirects.append(Redirect(code=code, url=target if fragment else url))
            if len(self._redirects) > MOST_REDIRECTS:
                self._set_result(response, "too-many-redirects")
                return
            if self.sent_requests >= MOST_REQUESTS:
                self._set_result(replace(response, detail=TOO_MANY_REQUESTS), "limit")
                return
            if sum(len(redirect.url) for redirect in self._redirects) > _LONGEST_CHAIN_CHARACTERS:
                self._set_result(replace(response, detail=_CHAIN_TOO_LONG), "limit")
                return

    def _set_result(
        self,
        response: Response,
        failure: Failure | None = None,
        page: Page | None = None,
        soft404_probe: ProbeResult | None = None,
        redirect_probes: tuple[ProbeResult, ...] = (),
    ) -> None:
        self.result = ProbeResult(
            url=self.url,
            redirects=tuple(self._redirects),
            code=response.code,
            failure=failure,
            detail=response.detail,
            headers=response.headers,
            page=page or NO_PAGE,
            soft404_probe=soft404_probe,
            redirect_probes=redirect_probes,
        )
        if not failure and not self._redirects and response.code and 200 <= response.code < 300:
            names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
            values = {header: response.headers.get(name, "") for name, header in names.items()}
            self.validators = {
                header: value for header, value in values.items() if 0 < len(value) <= _LONGEST_VALIDATOR_CHARACTERS
            }
        elif response.code == 304:  # the validators are still valid
            self.validators = dict(self._sent_validators)

    def _inspect_page(
        self, url: str, fragment: str, method: str, response: Response
    ) -> Generator[Step, Response, tuple[Response, int, str] | None]:
        """Examine the last response and set the result.

        Returns:
            None, or, if the page sends its readers on, the response, the status code and the target.
        """
        page = yield from self._read_body(response, find_names(self.fragments, fragment))
        if response.failure or not 200 <= (response.code or 0) < 300:
            self._set_result(response, response.failure, page)
            return None
        if not is_page(response.headers):
            self._set_result(response, None, page, None, (yield from self._probe_redirected(url)))
            return None
        if location := find_refresh_target(url, response.headers, page):
            return response, 200, location
        if self.fragments:
            self.fragments_found = find_fragments(self.fragments, fragment, page, is_complete=response.is_complete)
        host_state = self.find_host_state(url)
        random_page = yield from self._probe_random_path(url, host_state.find_random_path())
        if method == "HEAD" and (_is_good_page(random_page) or _is_short(response)) and self._clock() < self.until:
            response = yield from self._get_page(url, host_state, response)
            if not response.failure and response.code in _REDIRECTS:
                return response, response.code, response.headers.get("location", "")
            page = yield from self._read_body(response, ())
            if location := find_refresh_target(url, response.headers, page):
                return response, 200, location
        others = yield from self._probe_redirected(url)
        self._set_result(response, None, page, random_page, others)
        return None

    def _get_page(self, url: str, host_state: HostState, head: Response) -> Generator[Step, Response, Response]:
        """Get a page whose HEAD had a good response; if that fails, return the response to HEAD."""
        response = yield self._make_request("GET", url)
        if response.failure or response.code == 416:
            return replace(head, body=b"")
        if response.code and response.code >= 400 and not is_overload(response):
            host_state.head_is_unreliable = True
        return response

    def _read_body(self, response: Response, names: Collection[str]) -> Generator[Step, Response, Page | None]:
        """Read a page, a few milliseconds at a time; return None if the time is over.

        Args:
            response: Its body is dropped.
            names: Targets of fragments to look for.
        """
        if not response.body:
            return NO_PAGE
        # Drop the body here: many pages may wait for what their hosts answer to random paths.
        body, response.body = response.body, b""
        if not names:
            body = body[:PAGE_BYTES]
        steps = read_page(body, response.headers, names)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                response.is_complete = response.is_complete and len(body) < FRAGMENT_PAGE_BYTES
                page: Page = end.value
                return page
            if self._clock() >= self.until:
                return None
            yield PAUSE

    def _probe_redirected(self, url: str) -> Generator[Step, Response, tuple[ProbeResult, ...]]:
        """Return the responses of the host of the first URL to random paths, if that URL was redirected to `url`."""
        if not self._redirects or is_same_page(self.url, url):
            return ()
        first_state = self.find_host_state(self.url)
        folders = []
        if first_state is not self.find_host_state(url):
            folders.append("/")
        if all(redirect.code in _PERMANENT for redirect in self._redirects):
            folders.append(find_folder(self.url))
        results = []
        for folder in dict.fromkeys(folders):
            random_path = first_state.find_random_path(folder)
            results.append((yield from self._probe_random_path(self.url, random_path, folder)))
        return tuple(result for result in results if result)

    def _probe_random_path(
        self, url: str, random_path: RandomPath, folder: str = "/"
    ) -> Generator[Step, Response, ProbeResult | None]:
        """Return the response of the server of a URL to a random path, which is requested once; None if unknown.

        A probe that has sent nearly as many requests as it may sends none for this.
        """
        if self.sent_requests + _MOST_RANDOM_PATH_REQUESTS > MOST_REQUESTS:
            return random_path.result
        if random_path.claim_request(self):
            yield from self._request_random_path(url, random_path, folder)
        elif random_path.result is None:
            yield WAIT
        return random_path.result

    def _request_random_path(self, url: str, random_path: RandomPath, folder: str) -> Generator[Step, Response, None]:
        """Request a random path for all probes of the host, and follow its redirects."""
        first = iri.resolve_url(url, f"{folder}feedpub-{os.urandom(8).hex()}") or url
        result = ProbeResult(url=first, failure="timeout")
        redirects: list[Redirect] = []
        current = first
        try:
            while True:
                response = yield from self._request_random_page(current)
                page = yield from self._read_body(response, ())
                location = response.headers.get("location", "") if response.code in _REDIRECTS else ""
                code = response.code or 0
                if page and (refresh := find_refresh_target(current, response.headers, page)):
                    location, code = refresh, 200
                target = find_redirect_target(current, location)[1].partition("#")[0] if location else ""
                if target:
                    redirects.append(Redirect(code=code, url=target))
                result = ProbeResult(
                    url=first, redirects=tuple(redirects), code=response.code, failure=response.failure,
                    headers=response.headers, page=page or NO_PAGE,
                )  # fmt: skip
                if not target or is_same_page(target, first) or len(redirects) >= _MOST_RANDOM_PATH_REDIRECTS:
                    return
                current = target
        finally:
            self.released_probes += random_path.set_result(result)

    def _request_random_page(self, url: str) -> Generator[Step, Response, Response]:
        host_state = self.find_host_state(url)
        method = "GET" if host_state.head_is_unreliable else "HEAD"
        response = yield self._make_request(method, url, share=_HEAD_SHARE)
        if method == "HEAD":
            _note_head(host_state, response)
            code = response.code or 0
            if response.failure or code in (405, 501) or 200 <= code < 300:
                response = yield self._make_request("GET", url, share=_HEAD_SHARE)
        return response

    def _request_page(self, url: str) -> Generator[Step, Response, tuple[str, Response]]:
        """Request one URL; return the method that counts, and the response to it.

        HEAD is sent for the first URL only, and only a clean response to it counts; all other verdicts need a GET.
        """
        host_state = self.find_host_state(url)
        needs_get = self._is_confirming or self.should_skip_head or host_state.head_is_unreliable or self.fragments
        head_response = None
        if not needs_get and not self._redirects:
            head_response = yield self._make_request("HEAD", url, share=_HEAD_SHARE)
            _note_head(host_state, head_response)
            code = head_response.code or 0
            if not head_response.failure and (200 <= code < 300 or code == 304):
                return "HEAD", head_response
        response = yield self._make_request("GET", url)
        if response.code in (429, 503):
            self.retry_after = parse_retry_after(response.headers)
        if head_response is not None and _differs_from_get(head_response, response, host_state):
            host_state.head_is_unreliable = True
        return "GET", response

    def _make_request(self, method: str, url: str, *, share: float = 1.0) -> Request:
        """Return a request; `share` is how much of the time that is left it may take."""
        host_state = self.find_host_state(url)
        headers = dict(_HEAD_HEADERS if method == "HEAD" else _GET_HEADERS)
        headers.update({name.title(): value for name, value in host_state.settings.headers.items()})
        if host_state.settings.user_agent:
            headers["User-Agent"] = host_state.settings.user_agent
        if url != self.url and host_state is not self.find_host_state(self.url):
            self._has_left_server = True
        if host_state.token and not self._has_left_server:
            headers["Authorization"] = f"Bearer {host_state.token}"
        if method == "HEAD" and url == self.url:
            headers |= self._sent_validators
        if cookies := self._cookies.format_header(url):
            headers["Cookie"] = cookies
        most = FRAGMENT_PAGE_BYTES if self.fragments else PAGE_BYTES
        now = self._clock()
        seconds = share * max(_SHORTEST_REQUEST_SECONDS, self.until - now)
        return Request(method, url, headers, 0 if method == "HEAD" else most, now + seconds)


def _note_head(host_state: HostState, response: Response) -> None:
    if is_good(response):
        host_state.head_has_worked = True


def _differs_from_get(head: Response, response: Response, host_state: HostState) -> bool:
    """Return True if HEAD and GET get different responses, and not only because the host was overloaded."""
    if response.failure or not head.has_connected or not 200 <= (response.code or 0) < 400:
        return False
    if is_overload(head):
        return not host_state.head_has_worked
    return head.failure is not None or head.code != response.code


def _is_short(response: Response) -> bool:
    length = response.headers.get("content-length", "")
    return not length.isdecimal() or int(length[:15]) < _SHORT_PAGE_BYTES


def _is_good_page(result: ProbeResult | None) -> bool:
    return bool(result and result.code and 200 <= result.code < 300)
