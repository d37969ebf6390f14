"""Check links: ask for each address that is due, judge the answers, remember them."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .. import __version__, iri
from ..database import DatabaseError
from ..model import LinkSettings, Site
from ..transport.sockets import SocketTransport
from .classify import LATE, Answer, Verdict, classify
from .history import Memory, open_history
from .lifecycle import CONFIRMATIONS, Record, advance, needs_confirmation, without_impossible_times
from .own_network import FEWEST_HOSTS, needs_canaries, network_is_down
from .probe import HostState, LinkProbe, page_of
from .result import Incident, Link, LinkReport
from .scheduler import Scheduler

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from .. import http
    from ..transport.base import Transport
    from .result import Change, Place

# Says who asks; some servers want "Mozilla".
ROBOT: Final = f"Mozilla/5.0 (compatible; feedpub/{__version__}; link check)"
_CONFIRM_AFTER_SECONDS: Final = 1.0
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")
_CANARIES: Final = 3
_PATIENCE_SECONDS: Final = 1.0
# Failures that our own network may be the reason of.
_OF_THE_NETWORK: Final = frozenset({"no-host", "lookup", "refused", "timeout", "unreachable", "network"})


def check_links(
    target: Site | Iterable[str],
    *,
    history: str | os.PathLike[str] | None = None,
    settings: LinkSettings | None = None,
    everything: bool = False,
    strict: bool | None = None,
    session: http.Session | None = None,
    now: datetime | None = None,
    progress: Callable[[Link], None] | None = None,
) -> LinkReport:
    """Check the outbound links of a site, or any addresses, each once.

    A dead link is a value, no exception. Nothing is printed.

    Args:
        target: A site, or http(s) addresses.
        history: File that remembers what was found; made if need be. None remembers nothing.
        settings: How to ask; by default those of the site.
        everything: Also ask what is not due yet.
        strict: The first failure, confirmed twice in this run, is death. By default only without a history: with one,
            a link is dead when it has failed for days.
        session: Sends the requests instead of feedpub's own transport, as it is: with its proxies, authentication,
            adapters. Then private addresses are not refused, and a server that drips may last longer than the deadline.
        now: Fixes the clock that dates what is found; aware.
        progress: Called with each link when its result is known.

    Raises:
        OSError: The certificates cannot be read.
        HistoryError: The history is none, cannot be made or written, or another run is writing to it.
        re.error: A pattern of `settings.exclude` is none.
    """
    run = iter_check(
        target, history=history, settings=settings, everything=everything, strict=strict, session=session, now=now
    )
    for link in run:
        if progress:
            progress(link)
    return run.report


def iter_check(
    target: Site | Iterable[str],
    *,
    history: str | os.PathLike[str] | None = None,
    settings: LinkSettings | None = None,
    everything: bool = False,
    strict: bool | None = None,
    session: http.Session | None = None,
    now: datetime | None = None,
) -> Checking:
    """Check links as `check_links` does, and yield each `Link` when its result is known and kept."""
    return Checking(
        target, history=history, settings=settings, everything=everything, strict=strict, session=session, now=now
    )


def report_links(
    target: Site | Iterable[str], *, history: str | os.PathLike[str], now: datetime | None = None
) -> LinkReport:
    """Tell what is remembered of links, and what the last run has changed; nothing is asked.

    Args:
        target: A site, or http(s) addresses.
        history: File that `check_links` has written.
        now: The time, for what was accepted until then; aware.

    Raises:
        HistoryError: There is no such history.
    """
    path = Path(history)
    at = now or datetime.now(UTC)
    places = _outbound(target) if isinstance(target, Site) else dict.fromkeys(target, ())
    with open_history(path, must_exist=True, reads=True) as base:
        known = base.recall(places)
        incidents = tuple(base.incidents())
        run, _, down = base.last_run()
    deaths = {one.url: one for one in reversed(incidents)}
    links = []
    for url, found_in in places.items():
        memory = _believed(known.get(url) or Memory(record=Record(url=url)), at)
        change = memory.change if memory.run == run else None
        incident = deaths.get(url) if memory.record.state == "dead" or change == "recovered" else None
        links.append(_remembered(memory, found_in, incident, at, change))
    return LinkReport(links=tuple(links), at=at, network_down=down, incidents=incidents)


def accept_link(url: str, *, history: str | os.PathLike[str], until: datetime, why: str) -> bool:
    """Accept that a link is dead: until then it is no finding. Tell whether it is dead.

    Raises:
        HistoryError: There is no such history.
    """
    path = Path(history)
    with open_history(path, must_exist=True) as base:
        return base.accept(url, until, why)


def forget_link(url: str, *, history: str | os.PathLike[str]) -> bool:
    """Forget all that is remembered of a link; tell whether that was anything.

    Raises:
        HistoryError: There is no such history.
    """
    path = Path(history)
    with open_history(path, must_exist=True) as base:
        return base.forget(url)


class Checking:
    """A run: an iterator of links; its `report` holds what is known so far."""

    def __init__(
        self,
        target: Site | Iterable[str],
        *,
        history: str | os.PathLike[str] | None,
        settings: LinkSettings | None,
        everything: bool,
        strict: bool | None,
        session: http.Session | None,
        now: datetime | None,
    ) -> None:
        if isinstance(target, str | bytes):
            raise TypeError("give a Site or a list of addresses, not one string")
        if now is not None and now.tzinfo is None:
            raise ValueError("now is to be aware: give it a time zone")
        self._settings = settings or (target.config.links if isinstance(target, Site) else LinkSettings())
        self._places: dict[str, tuple[Place, ...]] = (
            _outbound(target) if isinstance(target, Site) else dict.fromkeys(target, ())
        )
        self._exclude = [re.compile(pattern) for pattern in self._settings.exclude]
        self._path = Path(history) if history is not None else None
        self._everything, self._now = everything, now
        self._strict = history is None if strict is None else strict
        self._session = session
        self._found: dict[str, Link] = {}
        self._incidents: tuple[Incident, ...] = ()
        self._network_down = False
        self._at = self._time()
        self._scheduler: Scheduler | None = None
        self._links: Generator[Link] = self._run()

    def __iter__(self) -> Checking:
        """Return itself."""
        return self

    def __next__(self) -> Link:
        """Return the next link whose result is known."""
        return next(self._links)

    def close(self) -> None:
        """End the run; what is known is kept."""
        self._links.close()

    @property
    def report(self) -> LinkReport:
        """What is known so far."""
        links = tuple(self._found[url] for url in self._places if url in self._found)
        return LinkReport(links=links, at=self._at, network_down=self._network_down, incidents=self._incidents)

    @property
    def total(self) -> int:
        """How many links there are."""
        return len(self._places)

    @property
    def hosts_waiting(self) -> int:
        """How many hosts are left of which something is to be asked."""
        return self._scheduler.hosts_waiting if self._scheduler else 0

    def _time(self) -> datetime:
        return self._now or datetime.now(UTC)

    def _run(self) -> Generator[Link]:
        with ExitStack() as stack:
            history = stack.enter_context(open_history(self._path))
            self._history, self._number = history, history.begin(self._at)
            self._known = {url: _believed(memory, self._at) for url, memory in history.recall(self._places).items()}
            self._deaths = {one.url: one for one in history.incidents() if one.closed is None}
            try:
                yield from self._links_of(stack)
                history.prune(self._at)
            finally:
                with suppress(DatabaseError):  # what failed before is told
                    self._incidents = tuple(history.incidents())

    def _links_of(self, stack: ExitStack) -> Iterator[Link]:
        asked: dict[str, list[tuple[str, str]]] = {}  # by page: the links, and the fragments that they want
        for url in self._places:
            said = self._unasked(url)
            if said is None:
                page, fragment = page_of(url)
                asked.setdefault(page, []).append((url, fragment))
            else:
                self._found[url] = said
                yield said
        if asked:
            run = _Run(self, asked, stack, self._transport())
            self._scheduler = run.scheduler
            yield from run.links()

    def _transport(self) -> Transport:
        if self._session:
            from .. import http
            from ..transport.sessions import SessionTransport

            http.check_session(self._session)
            return SessionTransport(self._session)
        settings = self._settings
        return SocketTransport(
            user_agent=ROBOT, allow_private=settings.allow_private, ca_bundle=settings.ca_bundle, proxy=settings.proxy
        )

    def _unasked(self, url: str) -> Link | None:
        """Return what is said of an address that is not asked for; None if it is."""
        scheme = _SCHEME.match(url)
        if scheme and scheme[1].lower() not in ("http", "https"):
            return self._link(url, Verdict(status="skipped", reason=f"{scheme[1].lower()} is not http"), None)
        fault = iri.fault(url)
        if fault and iri.fault(iri.resolve_url("", url) or ""):
            return self._link(url, Verdict(status="suspect", reason=f"the address {fault}"[:300]), None)
        if self._exclude and self._is_excluded(url):
            return self._link(url, classify(Answer(url=url, failure="excluded")), None)
        known = self._known.get(url)
        if known and not self._everything and known.record.due and known.record.due > self._at:
            return self.remembered(url, known)
        return None

    def _is_excluded(self, url: str) -> bool:
        """Return True if a pattern matches an address as it is written, or as browsers write it."""
        parsed = iri.parse_url(url)
        spellings = (url, parsed.href) if parsed else (url,)
        return any(pattern.search(spelling) for pattern in self._exclude for spelling in spellings)

    def remembered(self, url: str, known: Memory) -> Link:
        """Make a link of what is remembered of it."""
        return _remembered(known, self._places.get(url, ()), self._deaths.get(url), self._at)

    def _link(self, url: str, verdict: Verdict, at: datetime | None) -> Link:
        return Link(
            url=url, status=verdict.status, reason=verdict.reason, code=verdict.code,
            final_url=verdict.final_url or url, found_in=self._places.get(url, ()), checked=at,
        )  # fmt: skip

    def settle(self, url: str, answer: Answer, verdict: Verdict, probe: LinkProbe) -> Link:
        """Remember the verdict on a link, and tell it."""
        if verdict.status == "skipped":
            link = self._found[url] = self._link(url, verdict, None)
            return link
        now = self._time()
        memory = self._known.get(url) or Memory(record=Record(url=url))
        wait = timedelta(seconds=probe.retry_after) if probe.retry_after else None
        record = advance(memory.record, verdict, now, retry_after=wait, strict=self._strict)
        change = _change(memory, record, verdict)
        self._history.remember(
            record, verdict, now, before=memory.record.state, chain=answer.redirects, change=change, run=self._number,
            etag=probe.validators.get("If-None-Match"), last_modified=probe.validators.get("If-Modified-Since"),
        )  # fmt: skip
        incident = self._incident(url, record, memory.record, now)
        link = self._found[url] = Link(
            url=url, status=verdict.status, state=record.state, reason=verdict.reason, code=verdict.code,
            final_url=verdict.final_url or url, chain=answer.redirects, found_in=self._places.get(url, ()), checked=now,
            change=change, incident=incident, accepted=_is_accepted(incident, now),
        )  # fmt: skip
        return link

    def _incident(self, url: str, record: Record, before: Record, now: datetime) -> Incident | None:
        if record.state != before.state and "dead" in (record.state, before.state):
            return self._history.incident(url)
        return self._deaths.get(url)

    def fail(self, url: str) -> Link:
        """Tell that our own network failed: that is no fact about the link, and is not remembered."""
        verdict = classify(Answer(url=url, failure="network"))
        known = self._known.get(url)
        link = self._link(url, verdict, None)
        if known:
            remembered = self.remembered(url, known)
            link = Link(
                url=url, status=verdict.status, reason=verdict.reason, state=remembered.state, final_url=url,
                found_in=remembered.found_in, checked=remembered.checked, incident=remembered.incident,
                accepted=remembered.accepted,
            )  # fmt: skip
        self._found[url] = link
        return link


class _Run:
    """The part of a run that asks."""

    def __init__(
        self,
        checking: Checking,
        asked: Mapping[str, Sequence[tuple[str, str]]],
        stack: ExitStack,
        transport: Transport,
    ) -> None:
        self._checking, self._asked, self._stack = checking, asked, stack
        settings = checking._settings
        self.scheduler = Scheduler(
            transport, concurrency=settings.concurrency, per_host=settings.per_host, spacing=settings.spacing
        )
        self._unreliable_head_hosts = checking._history.unreliable_head_hosts()
        self._host_states: dict[str, HostState] = {}
        self._confirmations: dict[str, int] = {}
        self._hosts: dict[str, bool] = {}
        self._held: dict[str, LinkProbe] = {}
        self._canaries: dict[str, bool | None] = {}
        self._canaries_sought = False
        self._waiting = len(asked)

    def links(self) -> Iterator[Link]:
        scheduler = self.scheduler
        # Those that took too long the last time come last: they may keep a host from being asked for its others.
        scheduler.start(map(self._make_probe, sorted(self._asked, key=self._was_late)))
        self._stack.callback(scheduler.join, _PATIENCE_SECONDS)
        self._stack.callback(scheduler.stop)
        yield from self._results()
        unreliable = {host for host, state in self._host_states.items() if state.head_is_unreliable}
        self._checking._history.add_unreliable_head_hosts(unreliable - self._unreliable_head_hosts)

    def _was_late(self, page: str) -> bool:
        known = (self._checking._known.get(url) for url, _ in self._asked[page])
        return any(one is not None and one.record.reason == LATE for one in known)

    def _results(self) -> Iterator[Link]:
        while self._waiting:
            links = [link for probe in self._ended() for link in self._take(probe)]
            if self._is_cut_off():
                links += self._give_up()
            self._checking._history.keep()
            yield from links
        links = self._release_held()
        self._checking._history.keep()
        yield from links

    def _ended(self) -> list[LinkProbe]:
        """Wait for probes that have their answers."""
        ended = self.scheduler.done.get()
        if isinstance(ended, BaseException):
            raise ended
        return ended

    def _host_state_of(self, url: str) -> HostState:
        server = iri.parse_url(url)
        name = server.origin if server else ""
        host_state = self._host_states.get(name)
        if host_state is None:
            host_state = self._host_states.setdefault(
                name, HostState(head_is_unreliable=name in self._unreliable_head_hosts)
            )
        return host_state

    def _make_probe(self, page: str, *, confirming: bool = False) -> LinkProbe:
        fragments = [fragment for _, fragment in self._asked.get(page, ()) if fragment]
        known = self._checking._known.get(page)
        validators = {}
        if known and known.record.status == "ok" and not fragments and not confirming:
            given = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
            validators = {name: value for name, value in given.items() if value}
        return LinkProbe(
            page, fragments, self._host_state_of, seconds=self._checking._settings.deadline, clock=time.monotonic,
            validators=validators, confirming=confirming,
        )  # fmt: skip

    def _take(self, probe: LinkProbe) -> list[Link]:
        """Take a probe that has ended; return the links whose results are known now."""
        if probe.url in self._canaries and self._canaries[probe.url] is None:
            self._canaries[probe.url] = any(probe.reached.values())
            self._waiting -= 1
            return []
        for host, reached in probe.reached.items():
            self._hosts[host] = self._hosts.get(host, False) or reached
        verdict = classify(probe.answer)
        if verdict.status == "dead" and self._wants_confirmation(probe, verdict):
            self.scheduler.add(self._make_probe(probe.url, confirming=True), after=_CONFIRM_AFTER_SECONDS)
            return []
        self._waiting -= 1
        if probe.answer.failure in _OF_THE_NETWORK and not any(probe.reached.values()):
            self._held[probe.url] = probe
            return []
        return self._settled(probe, verdict)

    def _wants_confirmation(self, probe: LinkProbe, verdict: Verdict) -> bool:
        """Tell whether a page is to be asked for again before it is pronounced dead."""
        done = self._confirmations.get(probe.url, 0)
        if done >= CONFIRMATIONS:
            return False
        checking = self._checking
        for url, _ in self._asked[probe.url]:
            known = checking._known.get(url)
            record = known.record if known else Record(url=url)
            strictly = checking._strict and record.state != "dead"
            if strictly or needs_confirmation(record, verdict, checking._time()):
                self._confirmations[probe.url] = done + 1
                return True
        return False

    def _settled(self, probe: LinkProbe, verdict: Verdict) -> list[Link]:
        links = []
        for url, fragment in self._asked[probe.url]:
            answer, said = probe.answer, verdict
            if fragment and probe.there.get(fragment) is not None:
                answer = replace(answer, fragment_is_there=probe.there[fragment])
                said = classify(answer)
            links.append(self._checking.settle(url, answer, said, probe))
        return links

    def _is_cut_off(self) -> bool:
        """Tell whether our own network is down, as soon as that can be told: not after each address has timed out."""
        if any(self._hosts.values()) or len(self._hosts) < FEWEST_HOSTS:
            return False
        self._seek_canaries()
        if None in self._canaries.values():
            return False
        return not any(self._canaries.values())

    def _seek_canaries(self) -> None:
        if self._canaries_sought:
            return
        self._canaries_sought = True
        hosts = set(self._hosts)
        for url in self._checking._history.last_good():
            page, _ = page_of(url)
            host = iri.find_host(page)
            if page not in self._asked and host not in hosts:
                hosts.add(host)
                self._canaries[page] = None
                self._waiting += 1
                self.scheduler.add(self._make_probe(page))
                if len(self._canaries) == _CANARIES:
                    return

    def _fallen(self) -> list[bool]:
        """Return what stands for canaries if there are none: several hosts that were good, and now fail together."""
        good = set()
        for page, urls in self._asked.items():
            known = (self._checking._known.get(url) for url, _ in urls)
            if any(one and one.record.status in ("ok", "moved") for one in known):
                good.add(iri.find_host(page))
        fallen = [False for host, reached in self._hosts.items() if host in good and not reached]
        return fallen if len(fallen) > 1 else []

    def _give_up(self) -> list[Link]:
        checking = self._checking
        checking._network_down = True
        checking._history.network_was_down(checking._number)
        self.scheduler.stop()
        self._waiting = 0
        self._held.clear()
        left = [url for urls in self._asked.values() for url, _ in urls if url not in checking._found]
        return [checking.fail(url) for url in left]

    def _release_held(self) -> list[Link]:
        """Judge what failed before a connection was made, now that it is known whether our network is up."""
        if not self._held:
            return []
        hosts = list(self._hosts.values())
        if needs_canaries(hosts):
            self._seek_canaries()
            while self._waiting:
                for probe in self._ended():
                    self._take(probe)
            if network_is_down(hosts, [bool(one) for one in self._canaries.values()] or self._fallen()):
                return self._give_up()
        held, self._held = self._held, {}
        return [link for probe in held.values() for link in self._settled(probe, classify(probe.answer))]


def _outbound(site: Site) -> dict[str, tuple[Place, ...]]:
    from .outbound import outbound

    return outbound(site)


def _remembered(
    memory: Memory, found_in: tuple[Place, ...], incident: Incident | None, at: datetime, change: Change | None = None
) -> Link:
    record = memory.record
    return Link(
        url=record.url, status=record.status, state=record.state, reason=record.reason, code=memory.code,
        final_url=memory.final_url or record.url, chain=memory.chain, found_in=found_in, checked=record.checked,
        remembered=True, change=change, incident=incident, accepted=_is_accepted(incident, at),
    )  # fmt: skip


def _believed(memory: Memory, now: datetime) -> Memory:
    return replace(memory, record=without_impossible_times(memory.record, now))


def _change(memory: Memory, record: Record, verdict: Verdict) -> Change | None:
    before = memory.record.state
    if record.state == "dead" != before:
        return "died"
    if before == "dead" != record.state:
        return "recovered"
    if verdict.status == "moved" and (memory.record.status != "moved" or memory.final_url != verdict.final_url):
        return "moved"
    return None


def _is_accepted(incident: Incident | None, now: datetime) -> bool:
    return bool(incident and incident.accepted_until and incident.accepted_until > now and incident.closed is None)
