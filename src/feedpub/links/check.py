"""The functions that check, report, accept and forget links; start reading at `LinkCheck`."""

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
from .destinations import split_fragment
from .filtering import AddressFilter
from .history import open_history
from .history_rows import StoredLink
from .lifecycle import Record
from .records import LinkRecords, correct_times, make_remembered_link, make_unchecked_link
from .reports.base import escape_text
from .result import Acceptance, LinkReport
from .run import Run, read_tokens
from .second_opinion import make_second_opinion

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from ..errors import Problem
    from ..transport import requests_client
    from ..transport.base import Transport
    from .classify import LinkStatus, Verdict
    from .history import History
    from .result import Incident, Link, Mention
    from .second_opinion import SecondOpinion

# Identifies feedpub; some servers refuse a field without "Mozilla".
USER_AGENT: Final = f"Mozilla/5.0 (compatible; feedpub/{__version__}; link check)"


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
        history: File with the history of results; it is created if it does not exist. With None, nothing is remembered.
        settings: How to check; by default the settings of the site.
        everything: Also check links that are not due yet.
        strict: Report a link as dead on its first confirmed failure. By default only without a history: with one, a
            link is dead when it has failed for days.
        session: Sends the requests instead of feedpub's own transport, as it is: with its proxies, authentication,
            adapters. Then private addresses are not refused, and a server that sends its response byte by byte may take
            longer than the deadline.
        max_seconds: When to end: links that were not checked by then stay due. None checks all.
        now: Use this as the current time; aware.
        second_opinion: Called with an address before it is reported dead, in place of the command of the settings. If
            it returns True, the link is ``unsure``. An exception that it raises is reported in the reason of the link.
        progress: Called with each link when its result is known.

    Returns:
        The report of all links.

    Raises:
        OSError: The certificates cannot be read.
        HistoryError: The file is not a history, cannot be created or written, or another run is using it.
        FeedpubError: An environment variable that should contain a token of `settings.hosts` is not set.
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
    """Return an iterator that checks links as `check_links` does, and yields each `Link` when its result is saved."""
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
    """Return the remembered results of links, and the changes of the last run; no request is sent.

    Args:
        target: A site, or http(s) addresses.
        history: File that `check_links` has written.
        settings: Which links to exclude; by default the settings of the site.
        now: Use this as the current time, which decides what is still accepted; aware.

    Raises:
        HistoryError: The history does not exist.
        re.error: A pattern of `settings.exclude` is not a regular expression.
    """
    at = now or datetime.now(UTC)
    mentions = _find_mentions(target)
    accepted, problems = _find_acceptances(target, mentions, at)
    address_filter = AddressFilter(_find_settings(target, settings))
    with open_history(Path(history), must_exist=True, exclusive=False) as base, base.take_snapshot():
        stored_links = base.load_links(mentions)
        incidents = tuple(base.list_incidents())
        run, _, down = base.find_last_run()
    incident_of = {incident.url: incident for incident in reversed(incidents)}
    links = []
    for url, found_in in mentions.items():
        verdict = address_filter.judge_address(url)
        if verdict:
            links.append(make_unchecked_link(url, verdict, found_in, at, accepted.get(url)))
            continue
        stored = correct_times(stored_links.get(url) or StoredLink(record=Record(url=url)), at)
        change = stored.change if stored.run == run else None
        incident = incident_of.get(url) if stored.record.state == "dead" or change == "recovered" else None
        links.append(make_remembered_link(stored, found_in, incident, at, change, accepted.get(url)))
    return LinkReport(links=tuple(links), at=at, network_down=down, incidents=incidents, problems=problems)


def accept_link(url: str, *, history: str | os.PathLike[str], until: datetime, why: str) -> LinkStatus | None:
    """Accept a link as it is: it is not reported until the given date.

    Args:
        url: Its address, or the address as reports show it.
        history: File that `check_links` has written.
        until: When the acceptance ends; aware.
        why: The reason; reports contain it as `Link.accepted_why`.

    Returns:
        The status of its last check; None if there are no results of it. Nothing is changed for None and ``ok``.

    Raises:
        HistoryError: The history does not exist, or reports show several addresses like this.
    """
    with open_history(Path(history), must_exist=True, exclusive=False) as base:
        address = _find_address(base, url, history)
        stored = base.load_links([address]).get(address)
        if stored is None:
            return None
        record = stored.record
        if record.status == "ok" and record.state == "ok" and not record.reason:
            return "ok"
        base.accept_link(address, Acceptance(until=until, why=why))
        return "dead" if record.state == "dead" else record.status


def forget_link(url: str, *, history: str | os.PathLike[str]) -> bool:
    """Delete all results of a link from the history; return True if there were any.

    Args:
        url: Its address, or the address as reports show it.
        history: File that `check_links` has written.

    Raises:
        HistoryError: The history does not exist, or reports show several addresses like this.
    """
    with open_history(Path(history), must_exist=True, exclusive=False) as base:
        return base.forget_link(_find_address(base, url, history))


def _find_address(base: History, url: str, history: str | os.PathLike[str]) -> str:
    """Return the address that a report shows as `url`, with secrets hidden."""
    if base.load_record(url).status:
        return url
    matches = [address for address in base.list_urls() if url in (hide_secrets(address), escape_text(address))]
    if len(matches) > 1:
        hint = "pass the complete address, as it is written in the entry or list"
        raise HistoryError(f"{os.fspath(history)}: reports show {len(matches)} addresses as {escape_text(url)}; {hint}")
    return matches[0] if matches else url


class LinkCheck:
    """A check of links: an iterator of links, each yielded when its result is saved; `report` has all so far."""

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
            raise TypeError("pass a Site or a list of addresses, not one string")
        if now is not None and now.tzinfo is None:
            raise ValueError("now has no time zone; write datetime(…, tzinfo=UTC)")
        self._settings = _find_settings(target, settings)
        self._filter = AddressFilter(self._settings, refuse_private=session is None)
        self._mentions = _find_mentions(target)
        self._path = Path(history) if history is not None else None
        self._everything, self._now = everything, now
        self._strict = history is None if strict is None else strict
        self._session, self._max_seconds = session, max_seconds
        self._tokens = read_tokens(self._settings, os.environ)
        self._second_opinion = second_opinion
        if second_opinion is None and self._settings.second_opinion:
            self._second_opinion = make_second_opinion(self._settings.second_opinion, self._settings.deadline)
        self._started_at = now or datetime.now(UTC)
        self._accepted, self._problems = _find_acceptances(target, self._mentions, self._started_at)
        self._authority = target.config.authority if isinstance(target, Site) else ""
        # A file with errors has no entry, but its links have not been removed.
        self._has_all_links = isinstance(target, Site) and not any(
            problem.severity == "error" for problem in target.problems
        )
        self._incidents: tuple[Incident, ...] = ()
        self._records: LinkRecords | None = None
        self._run: Run | None = None
        self._left_due = 0
        self._links: Generator[Link] = self._iter_links()

    def __iter__(self) -> LinkCheck:
        """Return the iterator itself."""
        return self

    def __next__(self) -> Link:
        """Return the next link whose result is known."""
        return next(self._links)

    def close(self) -> None:
        """End the check; results so far are saved."""
        self._links.close()

    @property
    def report(self) -> LinkReport:
        """The report of all links whose result is known so far."""
        records = self._records
        return LinkReport(
            links=tuple(records.list_links()) if records else (),
            at=self._started_at,
            network_down=bool(records and records.network_down),
            incidents=self._incidents,
            not_asked=self._left_due,
            problems=self._problems,
        )

    @property
    def total(self) -> int:
        """How many links there are."""
        return len(self._mentions)

    @property
    def hosts_waiting(self) -> int:
        """How many hosts have requests that wait to be sent."""
        return self._run.scheduler.hosts_waiting if self._run else 0

    def _iter_links(self) -> Generator[Link]:
        with ExitStack() as stack:
            history = stack.enter_context(open_history(self._path))
            verdicts = {url: verdict for url in self._mentions if (verdict := self._filter.judge_address(url))}
            records = self._records = LinkRecords(
                history, self._mentions, settings=self._settings, strict=self._strict, started=self._started_at,
                now=self._now, site=self._authority, accepted=self._accepted,
                checked_urls=self._mentions.keys() - verdicts.keys() if self._has_all_links else None,
            )  # fmt: skip
            try:
                yield from self._iter_results(records, verdicts, stack)
                history.prune_checks(self._started_at)
            finally:
                with suppress(DatabaseError):  # an error before this one is raised instead
                    self._incidents = tuple(history.list_incidents())

    def _iter_results(self, records: LinkRecords, verdicts: Mapping[str, Verdict], stack: ExitStack) -> Iterator[Link]:
        due_pages: dict[str, list[tuple[str, str]]] = {}
        for url in self._mentions:
            if url in verdicts:
                yield records.add_unchecked(url, verdicts[url])
            elif not self._everything and _is_not_due(records.find_record(url), self._started_at):
                yield records.add_remembered(url)
            else:
                page, fragment = split_fragment(url)
                due_pages.setdefault(page, []).append((url, fragment))
        if due_pages:
            self._run = Run(
                records, self._settings, due_pages, self._make_transport(), self._tokens,
                second_opinion=self._second_opinion, max_seconds=self._max_seconds,
            )  # fmt: skip
            yield from self._run.iter_links(stack)
            for url in self._mentions:
                if url not in records.links:  # the time for the run was over
                    self._left_due += 1
                    yield records.add_remembered(url)

    def _make_transport(self) -> Transport:
        if self._session:
            from ..transport import requests_client
            from ..transport.sessions import SessionTransport

            requests_client.check_session(self._session)
            return SessionTransport(self._session)
        settings = self._settings
        return SocketTransport(
            user_agent=USER_AGENT,
            allow_private=settings.allow_private,
            ca_bundle=settings.ca_bundle,
            proxy=settings.proxy,
        )


def _is_not_due(record: Record, now: datetime) -> bool:
    return record.due is not None and record.due > now


def _find_settings(target: Site | Iterable[str], settings: LinkSettings | None) -> LinkSettings:
    return settings or (target.config.links if isinstance(target, Site) else LinkSettings())


def _find_mentions(target: Site | Iterable[str]) -> dict[str, tuple[Mention, ...]]:
    if isinstance(target, Site):
        from .outbound import find_outbound_links

        return find_outbound_links(target)
    return dict.fromkeys(target, ())


def _find_acceptances(
    target: Site | Iterable[str], mentions: dict[str, tuple[Mention, ...]], now: datetime
) -> tuple[dict[str, Acceptance], tuple[Problem, ...]]:
    if isinstance(target, Site):
        from .acceptance import find_acceptances

        return find_acceptances(target, mentions, now)
    return {}, ()
