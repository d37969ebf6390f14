"""Check links: ask for each address that is due, judge the answers, remember them."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .._version import __version__
from ..database import DatabaseError
from ..errors import HistoryError
from ..model import LinkSettings, Site
from ..redaction import hide_secrets
from ..transport.sockets import SocketTransport
from .filtering import AddressFilter
from .history import open_history
from .history_rows import Memory
from .lifecycle import Record
from .probe import page_of
from .records import LinkRecords, make_remembered, make_unasked, trust_times
from .reports.base import as_shown
from .result import Acceptance, LinkReport
from .run import Run, read_tokens
from .second_opinion import make_command

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from ..errors import Problem
    from ..transport import requests_client
    from ..transport.base import Transport
    from .classify import LinkStatus
    from .history import History
    from .result import Incident, Link, Mention
    from .second_opinion import SecondOpinion

# Says who asks; some servers want "Mozilla".
ROBOT: Final = f"Mozilla/5.0 (compatible; feedpub/{__version__}; link check)"


def check_links(
    target: Site | Iterable[str],
    *,
    history: str | os.PathLike[str] | None = None,
    settings: LinkSettings | None = None,
    everything: bool = False,
    strict: bool | None = None,
    session: requests_client.Session | None = None,
    max_seconds: float | None = None,
    now: datetime | None = None,
    second_opinion: Callable[[str], bool] | None = None,
    progress: Callable[[Link], None] | None = None,
) -> LinkReport:
    """Check the outbound links of a site, or any addresses, each once.

    A dead link is a value, not an exception. Nothing is printed.

    Args:
        target: A site, or http(s) addresses.
        history: File that remembers what was found; made if need be. None remembers nothing.
        settings: How to ask; by default those of the site.
        everything: Also ask what is not due yet.
        strict: Report a link as dead on its first confirmed failure. By default only without a history: with one, a
            link is dead when it has failed for days.
        session: Sends the requests instead of feedpub's own transport, as it is: with its proxies, authentication,
            adapters. Then private addresses are not refused, and a server that drips may last longer than the deadline.
        max_seconds: When to end asking: what was not asked by then stays due. None asks for all.
        now: Fixes the clock that dates what is found; aware.
        second_opinion: Is called with an address before it is pronounced dead, in place of the command of the settings.
            If it returns True, the link is ``unsure``; what it raises is told in the reason of the link.
        progress: Called with each link when its result is known.

    Raises:
        OSError: The certificates cannot be read.
        HistoryError: The file is not a history, cannot be made or written, or another run is using it.
        FeedpubError: An environment variable that a token of `settings.hosts` is in is missing.
        re.error: A pattern of `settings.exclude` is not a regular expression.
    """
    run = iter_checked_links(
        target, history=history, settings=settings, everything=everything, strict=strict, session=session,
        max_seconds=max_seconds, now=now, second_opinion=second_opinion,
    )  # fmt: skip
    for link in run:
        if progress:
            progress(link)
    return run.report


def iter_checked_links(
    target: Site | Iterable[str],
    *,
    history: str | os.PathLike[str] | None = None,
    settings: LinkSettings | None = None,
    everything: bool = False,
    strict: bool | None = None,
    session: requests_client.Session | None = None,
    max_seconds: float | None = None,
    now: datetime | None = None,
    second_opinion: Callable[[str], bool] | None = None,
) -> LinkCheck:
    """Check links as `check_links` does, and yield each `Link` when its result is known and kept."""
    return LinkCheck(
        target, history=history, settings=settings, everything=everything, strict=strict, session=session,
        max_seconds=max_seconds, now=now, second_opinion=second_opinion,
    )  # fmt: skip


def report_links(
    target: Site | Iterable[str],
    *,
    history: str | os.PathLike[str],
    settings: LinkSettings | None = None,
    now: datetime | None = None,
) -> LinkReport:
    """Return what is remembered of links, and what the last run has changed; nothing is asked.

    Args:
        target: A site, or http(s) addresses.
        history: File that `check_links` has written.
        settings: What to leave out; by default those of the site.
        now: The time, for what was accepted until then; aware.

    Raises:
        HistoryError: There is no such history.
        re.error: A pattern of `settings.exclude` is not a regular expression.
    """
    at = now or datetime.now(UTC)
    places = _find_places(target)
    accepted, problems = _find_acceptances(target, places, at)
    address_filter = AddressFilter(_settings_of(target, settings))
    with open_history(Path(history), must_exist=True, exclusive=False) as base, base.snapshot():
        known = base.recall(places)
        incidents = tuple(base.incidents())
        run, _, down = base.last_run()
    deaths = {one.url: one for one in reversed(incidents)}
    links = []
    for url, found_in in places.items():
        verdict = address_filter.verdict(url)
        if verdict:
            links.append(make_unasked(url, verdict, found_in))
            continue
        memory = trust_times(known.get(url) or Memory(record=Record(url=url)), at)
        change = memory.change if memory.run == run else None
        incident = deaths.get(url) if memory.record.state == "dead" or change == "recovered" else None
        links.append(make_remembered(memory, found_in, incident, at, change, accepted.get(url)))
    return LinkReport(links=tuple(links), at=at, network_down=down, incidents=incidents, problems=problems)


def accept_link(url: str, *, history: str | os.PathLike[str], until: datetime, why: str) -> LinkStatus | None:
    """Accept a link as it is: until then it is no finding.

    Args:
        url: Its address, or what reports show of it.
        history: File that `check_links` has written.
        until: When this ends; aware.
        why: For those who ask later.

    Returns:
        What its last check found. None if nothing is remembered of it; nothing is changed then, nor for ``ok``.

    Raises:
        HistoryError: There is no such history, or several addresses are shown like this.
    """
    with open_history(Path(history), must_exist=True, exclusive=False) as base:
        known = _find_address(base, url, history)
        memory = base.recall([known]).get(known)
        if memory is None:
            return None
        record = memory.record
        if record.status == "ok" and record.state == "ok" and not record.reason:
            return "ok"
        base.accept(known, Acceptance(until=until, why=why))
        return "dead" if record.state == "dead" else record.status


def forget_link(url: str, *, history: str | os.PathLike[str]) -> bool:
    """Forget all that is remembered of a link; return True if that was anything.

    Args:
        url: Its address, or what reports show of it.
        history: File that `check_links` has written.

    Raises:
        HistoryError: There is no such history, or several addresses are shown like this.
    """
    with open_history(Path(history), must_exist=True, exclusive=False) as base:
        return base.forget(_find_address(base, url, history))


def _find_address(base: History, url: str, history: str | os.PathLike[str]) -> str:
    """Return the address that is meant by what a report shows of it, where secrets are hidden."""
    if base.record(url).status:
        return url
    matches = [one for one in base.addresses() if url in (hide_secrets(one), as_shown(one))]
    if len(matches) > 1:
        hint = "give the whole address, as it stands in the entry or list"
        raise HistoryError(f"{os.fspath(history)}: {len(matches)} addresses are shown as {as_shown(url)}; {hint}")
    return matches[0] if matches else url


class LinkCheck:
    """A run: an iterator of links; its `report` holds what is known so far."""

    def __init__(
        self,
        target: Site | Iterable[str],
        *,
        history: str | os.PathLike[str] | None,
        settings: LinkSettings | None,
        everything: bool,
        strict: bool | None,
        session: requests_client.Session | None,
        max_seconds: float | None,
        now: datetime | None,
        second_opinion: SecondOpinion | None = None,
    ) -> None:
        if isinstance(target, str | bytes):
            raise TypeError("give a Site or a list of addresses, not one string")
        if now is not None and now.tzinfo is None:
            raise ValueError("now is to be aware: give it a time zone")
        self._settings = _settings_of(target, settings)
        self._filter = AddressFilter(self._settings, refuse_private=session is None)
        self._places = _find_places(target)
        self._path = Path(history) if history is not None else None
        self._everything, self._now = everything, now
        self._strict = history is None if strict is None else strict
        self._session, self._max_seconds = session, max_seconds
        self._tokens = read_tokens(self._settings, os.environ)
        self._second_opinion = second_opinion
        if second_opinion is None and self._settings.second_opinion:
            self._second_opinion = make_command(self._settings.second_opinion, self._settings.deadline)
        self._started = now or datetime.now(UTC)
        self._accepted, self._problems = _find_acceptances(target, self._places, self._started)
        self._site = target.config.authority if isinstance(target, Site) else ""
        # A file with errors has no entry, and its links are not removed for that.
        self._has_all = isinstance(target, Site) and all(one.severity != "error" for one in target.problems)
        self._incidents: tuple[Incident, ...] = ()
        self._records: LinkRecords | None = None
        self._run: Run | None = None
        self._not_asked = 0
        self._links: Generator[Link] = self._check()

    def __iter__(self) -> LinkCheck:
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
            not_asked=self._not_asked,
            problems=self._problems,
        )

    @property
    def total(self) -> int:
        """How many links there are."""
        return len(self._places)

    @property
    def hosts_waiting(self) -> int:
        """How many hosts are left of which something is to be asked."""
        return self._run.scheduler.hosts_waiting if self._run else 0

    def _check(self) -> Generator[Link]:
        with ExitStack() as stack:
            history = stack.enter_context(open_history(self._path))
            records = self._records = LinkRecords(
                history, self._places, settings=self._settings, strict=self._strict, started=self._started,
                now=self._now, site=self._site, accepted=self._accepted, has_all=self._has_all,
            )  # fmt: skip
            try:
                yield from self._links_of(records, stack)
                history.prune(self._started)
            finally:
                with suppress(DatabaseError):  # what failed before is told
                    self._incidents = tuple(history.incidents())

    def _links_of(self, records: LinkRecords, stack: ExitStack) -> Iterator[Link]:
        wanted: dict[str, list[tuple[str, str]]] = {}
        for url in self._places:
            verdict = self._filter.verdict(url)
            if verdict:
                yield records.add_unasked(url, verdict)
            elif not self._everything and _is_not_due(records.record_of(url), self._started):
                yield records.add_remembered(url)
            else:
                page, fragment = page_of(url)
                wanted.setdefault(page, []).append((url, fragment))
        if wanted:
            self._run = Run(
                records, self._settings, wanted, self._transport(), self._tokens,
                second_opinion=self._second_opinion, max_seconds=self._max_seconds,
            )  # fmt: skip
            yield from self._run.links(stack)
            for url in self._places:
                if url not in records.links:  # the time was over
                    self._not_asked += 1
                    yield records.add_remembered(url)

    def _transport(self) -> Transport:
        if self._session:
            from ..transport import requests_client
            from ..transport.sessions import SessionTransport

            requests_client.check_session(self._session)
            return SessionTransport(self._session)
        settings = self._settings
        return SocketTransport(
            user_agent=ROBOT, allow_private=settings.allow_private, ca_bundle=settings.ca_bundle, proxy=settings.proxy
        )


def _is_not_due(record: Record, now: datetime) -> bool:
    return record.due is not None and record.due > now


def _settings_of(target: Site | Iterable[str], settings: LinkSettings | None) -> LinkSettings:
    return settings or (target.config.links if isinstance(target, Site) else LinkSettings())


def _find_places(target: Site | Iterable[str]) -> dict[str, tuple[Mention, ...]]:
    if isinstance(target, Site):
        from .outbound import outbound

        return outbound(target)
    return dict.fromkeys(target, ())


def _find_acceptances(
    target: Site | Iterable[str], places: dict[str, tuple[Mention, ...]], now: datetime
) -> tuple[dict[str, Acceptance], tuple[Problem, ...]]:
    if isinstance(target, Site):
        from .acceptance import find_acceptances

        return find_acceptances(target, places, now)
    return {}, ()
