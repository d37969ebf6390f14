"""Follow one address to its end: which requests to send, one after the other, and what their answers come to.

A `Chase` sends nothing itself. It is a generator that yields what it wants (`Ask`) and is given what came of it
(`Reply`), so that whoever sends can put each request into the queue of its host.
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
from .http1 import Ask, Reply
from .policy import Answer, Hop, same_path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping, Sequence

    from .policy import Failure

MOST_HOPS: Final = 20  # as browsers follow
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
PAUSES_SECONDS: Final = (0.5, 1.5)  # before the second and third try
_HEAD_SHARE: Final = 1 / 3  # of the time for an address, before HEAD is given up
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# Where no browser follows a redirect to; others, such as mailto, open a program if there is one.
_REFUSED_SCHEMES: Final = frozenset({"about", "blob", "data", "file", "filesystem", "javascript", "vbscript"})
_TEMPORARY: Final = frozenset({500, 502, 503, 504})
_TEMPORARY_FAILURES: Final = frozenset({"reset", "timeout", "lookup", "refused", "no-host", "unreachable"})
_ANY: Final = {"Accept": "*/*"}
_PAGE: Final = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip, deflate"}
_RANGE: Final = {"Range": f"bytes=0-{PAGE_BYTES - 1}"}


class Facts:
    """What a run knows of one server, shared by all its addresses."""

    def __init__(self, *, lies: bool) -> None:
        self.lies = lies
        self.elsewhere: Answer | None = None
        self.waiting: list[Chase] = []
        self._asking = False

    def claim(self, chase: Chase) -> bool:
        """Tell whether this chase is to find out what the server answers to a path that nobody made; else it waits."""
        if self.elsewhere is not None:
            return False
        if self._asking:
            self.waiting.append(chase)
            return False
        self._asking = True
        return True

    def settle(self, answer: Answer) -> list[Chase]:
        """Tell those who wait for it; return them."""
        self.elsewhere = answer
        waiting, self.waiting = self.waiting, []
        return waiting


class Wait:
    """Want to go on when another chase has found out what the server answers to a path that nobody made."""


WAIT: Final = Wait()


class Chase:
    """One page: its address without fragment, and the fragments that are wanted of it."""

    def __init__(
        self,
        url: str,
        fragments: Sequence[str],
        facts: Callable[[str], Facts],
        *,
        seconds: float,
        clock: Callable[[], float],
        validators: Mapping[str, str] | None = None,
        surely: bool = False,
    ) -> None:
        """Prepare to follow an address.

        Args:
            url: In ASCII, without fragment.
            fragments: Those that the page must hold.
            facts: Returns what is known of the server of an address.
            seconds: For all requests together.
            clock: Tells the time, as `time.monotonic`.
            validators: If-None-Match and If-Modified-Since of what was found good before.
            surely: GET at once: this is not the first time.
        """
        self.url, self.fragments, self._facts, self._clock = url, tuple(fragments), facts, clock
        self._seconds, self._validators, self._surely = seconds, dict(validators or {}), surely
        self.until = 0.0
        self.answer = Answer(url=url)
        self.there: dict[str, bool | None] = {}
        self.retry_after: float | None = None
        self.validators: dict[str, str] = {}
        self.reached: dict[str, bool] = {}
        self.settled: list[Chase] = []
        self._cookies: dict[str, dict[str, str]] = {}
        self._hops: list[Hop] = []
        self._steps = self._follow()

    def start(self) -> Ask | Wait | None:
        """Return the first request."""
        self.until = self._clock() + self._seconds
        return next(self._steps, None)

    def step(self, got: Reply) -> Ask | Wait | None:
        """Take what came of the last request, return the next one; None if there is an answer."""
        try:
            return self._steps.send(got)
        except StopIteration:
            return None

    def _follow(self) -> Generator[Ask | Wait, Reply, None]:
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
            self._hops.append(Hop(code=got.code, url=target if fragment else url))
            if len(self._hops) > MOST_HOPS:
                self._end(got, "redirects")
                return
            if sum(len(hop.url) for hop in self._hops) > _LONGEST_CHAIN_CHARACTERS:
                self._end(replace(got, detail=_CHAIN_TOO_LONG), "limit")
                return
        if got.failure or not 200 <= (got.code or 0) < 300 or not _is_page(got):
            self._end(got, got.failure)
            return
        yield from self._inspect(url, fragment.partition(":~:")[0], method, got)

    def _end(
        self,
        got: Reply,
        failure: Failure | None = None,
        elsewhere: Answer | None = None,
        at_first: Answer | None = None,
    ) -> None:
        self.answer = Answer(
            url=self.url,
            hops=tuple(self._hops),
            code=got.code,
            failure=failure,
            detail=got.detail,
            headers=got.headers,
            page=_text(got) if got.page else "",
            elsewhere=elsewhere,
            at_first=at_first,
        )
        if not failure and not self._hops and got.code and 200 <= got.code < 300:
            names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
            values = {header: got.headers.get(name, "") for name, header in names.items()}
            self.validators = {
                header: value for header, value in values.items() if 0 < len(value) <= _LONGEST_VALIDATOR_CHARACTERS
            }
        elif got.code == 304:  # they hold on
            self.validators = dict(self._validators)

    def _inspect(self, url: str, fragment: str, method: str, got: Reply) -> Generator[Ask | Wait, Reply, None]:
        """Look closer at a page that is said to be there; a fragment that a redirect names stands for all others."""
        if self.fragments:
            targets = {wanted: fragment or wanted for wanted in self.fragments}
            held = _hold(got, set(targets.values()))
            self.there = {wanted: held[target] for wanted, target in targets.items()}
        got.page = got.page[:PAGE_BYTES]  # many pages may wait for what their hosts answer to other paths
        facts = self._facts(url)
        other = yield from self._elsewhere(url, facts)
        first = self._facts(self.url)
        strays = first is not facts and not same_path(self.url, url)
        at_first = (yield from self._elsewhere(self.url, first)) if strays else None
        excuses = bool(other and other.code and 200 <= other.code < 300)
        if method == "HEAD" and (excuses or _is_short(got)) and self._clock() < self.until:
            page = yield self._ask("GET", url)
            if page.failure or page.code == 416:
                page = replace(got, page=b"")
            elif page.code and page.code >= 400:
                facts.lies = True
            got = page
        self._end(got, None, other, at_first)

    def _elsewhere(self, url: str, facts: Facts) -> Generator[Ask | Wait, Reply, Answer | None]:
        """Return what the server of an address answers for a path that nobody can have made: it is asked once."""
        if facts.claim(self):
            yield from self._probe(url, facts)
        elif facts.elsewhere is None:
            yield WAIT
        return facts.elsewhere

    def _probe(self, url: str, facts: Facts) -> Generator[Ask | Wait, Reply, None]:
        """Ask for a path that nobody can have made, for all who want to know."""
        place = iri.resolve_url(url, f"/feedpub-{os.urandom(8).hex()}") or url
        found = Answer(url=place, failure="timeout")
        try:
            got = yield self._ask("HEAD", place, share=_HEAD_SHARE)
            if got.failure or got.code in (405, 501) or (got.code and 200 <= got.code < 300):
                got = yield self._ask("GET", place, share=_HEAD_SHARE)
            page = _text(got) if got.page else ""
            target = _target(place, got.headers.get("location", ""))[1] if got.code in _REDIRECTS else ""
            hops = (Hop(code=got.code or 0, url=target.partition("#")[0]),) if target else ()
            found = Answer(
                url=place, hops=hops, code=got.code, failure=got.failure, headers=got.headers, page=page
            )  # fmt: skip
        finally:
            self.settled = facts.settle(found)

    def _tried(self, url: str) -> Generator[Ask | Wait, Reply, tuple[str, Reply]]:
        """Ask for one address as often as it makes sense; return the last answer and how it was asked for."""
        facts = self._facts(url)
        method = "GET" if self._surely or facts.lies or self.fragments else "HEAD"
        pauses = [] if self._surely else list(PAUSES_SECONDS)  # who asks again for certainty has waited
        ranged, head_failed, pause = True, False, 0.0
        while True:
            share = _HEAD_SHARE if method == "HEAD" else 1.0
            got = yield self._ask(method, url, pause=pause, share=share, ranged=ranged)
            wait = self._wait(got, pauses)
            if method == "HEAD" and got.connected and _is_doubtful(got) and got.code != 429:
                method, head_failed, pause = "GET", True, 0.0
            elif got.code == 416 and ranged:
                ranged, pause = False, 0.0
            elif wait is None or self._clock() + wait >= self.until:
                break
            else:
                pause = wait
            if self._clock() >= self.until:
                break
        if head_failed and got.code and not _is_doubtful(got):
            facts.lies = True
        return method, got

    def _wait(self, got: Reply, pauses: list[float]) -> float | None:
        """Return how long to wait before another try; None if there shall be none."""
        again = got.failure in _TEMPORARY_FAILURES if got.failure else got.code == 429 or got.code in _TEMPORARY
        if not again:
            return None
        asked = retry_after(got.headers) if got.code in (429, 503) else None
        if asked is not None and self._clock() + asked >= self.until:
            self.retry_after = asked
            return None
        pause = pauses.pop(0) if pauses else None
        return max(asked, pause) if asked is not None and pause is not None else pause

    def _ask(self, method: str, url: str, *, pause: float = 0.0, share: float = 1.0, ranged: bool = True) -> Ask:
        headers = dict(_ANY if method == "HEAD" else _PAGE)
        if url == self.url:
            headers |= self._validators
        if method == "GET" and ranged and not self.fragments:
            headers |= _RANGE
        if self._cookies and (cookies := self._cookies_for(iri.find_host(url))):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        most = FRAGMENT_PAGE_BYTES if self.fragments else PAGE_BYTES
        now = self._clock()
        left = max(0.05, self.until - now - pause)
        return Ask(method, url, headers, 0 if method == "HEAD" else most, pause, now + pause + left * share)

    def _cookies_for(self, host: str) -> dict[str, str]:
        """Return the cookies of a host, and those of the domains that it belongs to."""
        found = {}
        for place, cookies in self._cookies.items():
            if place == host or (place.startswith(".") and f".{host}".endswith(place)):
                found.update(cookies)
        return found

    def _take_cookies(self, url: str, given: Sequence[str]) -> None:
        """Keep cookies for the rest of the chase, for the host that set them or its domain (RFC 6265, section 5.3)."""
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


def _is_doubtful(got: Reply) -> bool:
    return got.failure is not None or got.code is None or not 200 <= got.code < 400


def _is_page(got: Reply) -> bool:
    kind = got.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("", "text/html", "application/xhtml+xml")


def _is_short(got: Reply) -> bool:
    length = got.headers.get("content-length", "")
    return not length.isdecimal() or int(length[:15]) < _SHORT_PAGE_BYTES


_CHARSET: Final = re.compile(rb"""charset\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)


# Of Python, unknown to browsers; to decode "punycode" takes a minute for 2 MiB.
_NO_CHARSETS: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})


def _text(got: Reply) -> str:
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


def _hold(got: Reply, fragments: Collection[str]) -> dict[str, bool | None]:
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
