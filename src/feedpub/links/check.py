"""Check links: ask for each address that is due, judge the answers, remember them."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .. import __version__, iri
from ..database import DatabaseError
from ..model import LinkSettings, Site
from ..transport.sockets import SocketTransport
from .classify import Answer, Verdict, classify
from .history import Memory, open_history
from .lifecycle import Record
from .probe import page_of
from .records import LinkRecords, make_remembered, trust_times
from .result import LinkReport
from .run import Run, read_tokens
from .second_opinion import make_command

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from .. import http
    from ..transport.base import Transport
    from .result import Incident, Link, Place
    from .scheduler import Scheduler
    from .second_opinion import SecondOpinion

# Says who asks; some servers want "Mozilla".
ROBOT: Final = f"Mozilla/5.0 (compatible; feedpub/{__version__}; link check)"
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")


def check_links(
    target: Site | Iterable[str],
    *,
    history: str | os.PathLike[str] | None = None,
    settings: LinkSettings | None = None,
    everything: bool = False,
    strict: bool | None = None,
    session: http.Session | None = None,
    now: datetime | None = None,
    second_opinion: Callable[[str], bool] | None = None,
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
        second_opinion: Is called with an address before it is pronounced dead, in place of the command of the settings.
            If it returns True, the link is ``unsure``; what it raises is told in the reason of the link.
        progress: Called with each link when its result is known.

    Raises:
        OSError: The certificates cannot be read.
        HistoryError: The history is none, cannot be made or written, or another run is writing to it.
        FeedpubError: An environment variable that a token of `settings.hosts` is in is missing.
        re.error: A pattern of `settings.exclude` is none.
    """
    run = iter_check(
        target, history=history, settings=settings, everything=everything, strict=strict, session=session, now=now,
        second_opinion=second_opinion,
    )  # fmt: skip
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
    second_opinion: Callable[[str], bool] | None = None,
) -> Checking:
    """Check links as `check_links` does, and yield each `Link` when its result is known and kept."""
    return Checking(
        target, history=history, settings=settings, everything=everything, strict=strict, session=session, now=now,
        second_opinion=second_opinion,
    )  # fmt: skip


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
    places = _find_places(target)
    with open_history(path, must_exist=True, reads=True) as base:
        known = base.recall(places)
        incidents = tuple(base.incidents())
        run, _, down = base.last_run()
    deaths = {one.url: one for one in reversed(incidents)}
    links = []
    for url, found_in in places.items():
        memory = trust_times(known.get(url) or Memory(record=Record(url=url)), at)
        change = memory.change if memory.run == run else None
        incident = deaths.get(url) if memory.record.state == "dead" or change == "recovered" else None
        links.append(make_remembered(memory, found_in, incident, at, change))
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
        second_opinion: SecondOpinion | None = None,
    ) -> None:
        if isinstance(target, str | bytes):
            raise TypeError("give a Site or a list of addresses, not one string")
        if now is not None and now.tzinfo is None:
            raise ValueError("now is to be aware: give it a time zone")
        self._settings = settings or (target.config.links if isinstance(target, Site) else LinkSettings())
        self._places = _find_places(target)
        self._exclude = [re.compile(pattern) for pattern in self._settings.exclude]
        self._path = Path(history) if history is not None else None
        self._everything, self._now = everything, now
        self._strict = history is None if strict is None else strict
        self._session = session
        self._tokens = read_tokens(self._settings, os.environ)
        self._second_opinion = second_opinion
        if second_opinion is None and self._settings.second_opinion:
            self._second_opinion = make_command(self._settings.second_opinion, self._settings.deadline)
        self._started = now or datetime.now(UTC)
        self._incidents: tuple[Incident, ...] = ()
        self._records: LinkRecords | None = None
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
        records = self._records
        return LinkReport(
            links=tuple(records.in_order()) if records else (),
            at=self._started,
            network_down=bool(records and records.network_down),
            incidents=self._incidents,
        )

    @property
    def total(self) -> int:
        """How many links there are."""
        return len(self._places)

    @property
    def hosts_waiting(self) -> int:
        """How many hosts are left of which something is to be asked."""
        return self._scheduler.hosts_waiting if self._scheduler else 0

    def _run(self) -> Generator[Link]:
        with ExitStack() as stack:
            history = stack.enter_context(open_history(self._path))
            records = self._records = LinkRecords(
                history,
                self._places,
                settings=self._settings,
                strict=self._strict,
                started=self._started,
                now=self._now,
            )
            try:
                yield from self._links_of(records, stack)
                history.prune(self._started)
            finally:
                with suppress(DatabaseError):  # what failed before is told
                    self._incidents = tuple(history.incidents())

    def _links_of(self, records: LinkRecords, stack: ExitStack) -> Iterator[Link]:
        wanted: dict[str, list[tuple[str, str]]] = {}
        for url in self._places:
            verdict = self._judge_unasked(url)
            if verdict:
                yield records.add_unasked(url, verdict)
            elif not self._everything and _is_not_due(records.record_of(url), self._started):
                yield records.add_remembered(url)
            else:
                page, fragment = page_of(url)
                wanted.setdefault(page, []).append((url, fragment))
        if wanted:
            run = Run(
                records, self._settings, wanted, self._transport(), self._tokens, second_opinion=self._second_opinion
            )
            self._scheduler = run.scheduler
            yield from run.links(stack)

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

    def _judge_unasked(self, url: str) -> Verdict | None:
        """Return the verdict on an address that no server is asked for; None if one is."""
        scheme = _SCHEME.match(url)
        if scheme and scheme[1].lower() not in ("http", "https"):
            return Verdict(status="skipped", reason=f"{scheme[1].lower()} is not http")
        fault = iri.fault(url)
        if fault and iri.fault(iri.resolve_url("", url) or ""):
            return Verdict(status="suspect", reason=f"the address {fault}"[:300])
        if self._exclude and self._is_excluded(url):
            return classify(Answer(url=url, failure="excluded"))
        return None

    def _is_excluded(self, url: str) -> bool:
        """Return True if a pattern matches an address as it is written, or as browsers write it."""
        parsed = iri.parse_url(url)
        spellings = (url, parsed.href) if parsed else (url,)
        return any(pattern.search(spelling) for pattern in self._exclude for spelling in spellings)


def _is_not_due(record: Record, now: datetime) -> bool:
    return record.due is not None and record.due > now


def _find_places(target: Site | Iterable[str]) -> dict[str, tuple[Place, ...]]:
    if isinstance(target, Site):
        from .outbound import outbound

        return outbound(target)
    return dict.fromkeys(target, ())
