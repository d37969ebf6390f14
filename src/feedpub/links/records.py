"""The links of a run: where each was written, the results of earlier runs, and the verdict of this run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .classify import ProbeResult, Verdict, classify_result
from .history_rows import StoredLink
from .lifecycle import Record, advance_record, drop_impossible_times
from .result import Incident, Link

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ..model import LinkSettings
    from .classify import LinkStatus
    from .history import History
    from .lifecycle import LinkState
    from .probe import LinkProbe
    from .result import Acceptance, Change, Mention


class LinkRecords:
    """The links of a run. A verdict that is added is written to the history, and becomes a `Link`."""

    def __init__(
        self,
        history: History,
        mentions: Mapping[str, tuple[Mention, ...]],
        *,
        settings: LinkSettings,
        strict: bool,
        started: datetime,
        now: datetime | None = None,
        site: str = "",
        accepted: Mapping[str, Acceptance] | None = None,
        checked_urls: Collection[str] | None = None,
    ) -> None:
        """Read the stored results of the links, and begin a run in the history.

        Args:
            history: The history.
            mentions: URL → where it was written; all links of the run.
            settings: How many failures make a link dead.
            strict: Report a link as dead on its first confirmed failure.
            started: When the run began.
            now: Use this as the current time.
            site: Authority of the site that has the links; empty for a list of addresses.
            accepted: Links that comments in entries accept.
            checked_urls: All links of the site that need requests (see `AddressFilter`): open incidents of other links
                are closed. None if the site has files with errors, so that its links are not all known.
        """
        self.history, self.mentions, self.settings, self.strict = history, mentions, settings, strict
        self._started_at, self._now = started, now
        self._accepted = accepted or {}
        # Read before anything is written, so that a damaged history is not changed.
        self.remembered = {url: correct_times(stored, started) for url, stored in history.load_links(mentions).items()}
        self._number = history.begin_run(started, site=site)
        if checked_urls is not None:
            history.update_incidents(self.remembered.values(), checked_urls, started)
        self._open_incidents = {
            incident.url: incident for incident in history.list_incidents() if incident.closed is None
        }
        self.links: dict[str, Link] = {}
        self.network_down = False

    def find_time(self) -> datetime:
        """Return the current time."""
        return self._now or datetime.now(UTC)

    def find_record(self, url: str) -> Record:
        """Return the record of a URL; an empty one if there are no results."""
        stored = self.remembered.get(url)
        return stored.record if stored else Record(url=url)

    def add_unchecked(self, url: str, verdict: Verdict) -> Link:
        """Add a verdict that needed no request, such as for an excluded link; it is not written to the history."""
        acceptance = self._accepted.get(url)
        link = make_unchecked_link(url, verdict, self.mentions.get(url, ()), self._started_at, acceptance)
        self.links[url] = link
        return link

    def add_remembered(self, url: str) -> Link:
        """Add a link that is not checked in this run, as it is remembered."""
        stored = self.remembered.get(url) or StoredLink(record=Record(url=url))
        link = self.links[url] = self._make_remembered(url, stored)
        return link

    def add_unjudged(self, url: str, result: ProbeResult | None = None) -> Link:
        """Add a link that could not be checked, which says nothing about it; the history is not changed.

        Args:
            url: The link.
            result: Why it was not checked; by default because our own network is down.
        """
        verdict = classify_result(result or ProbeResult(url=url, failure="network-down"))
        link = make_unchecked_link(url, verdict, self.mentions.get(url, ()), self._started_at)
        if url in self.remembered:
            remembered = self._make_remembered(url, self.remembered[url])
            link = replace(
                link, code=None, state=remembered.state, final_url=url, checked=remembered.checked,
                incident=remembered.incident, accepted=remembered.accepted, accepted_why=remembered.accepted_why,
            )  # fmt: skip
        self.links[url] = link
        return link

    def add_verdict(self, url: str, result: ProbeResult, verdict: Verdict, probe: LinkProbe) -> Link:
        """Add a verdict and write it to the history."""
        if verdict.status == "skipped":  # a redirect to a private address: the history stays as it is
            return self.add_unjudged(url, result)
        now = self.find_time()
        stored = self.remembered.get(url) or StoredLink(record=Record(url=url))
        retry_after = timedelta(seconds=probe.retry_after) if probe.retry_after else None
        record = advance_record(
            stored.record, verdict, now, settings=self.settings, retry_after=retry_after, strict=self.strict
        )
        change = _find_change(stored, record, verdict)
        self.history.add_check(
            record, verdict, now, before=stored.record.state, chain=result.redirects, change=change, run=self._number,
            etag=probe.validators.get("If-None-Match"), last_modified=probe.validators.get("If-Modified-Since"),
        )  # fmt: skip
        incident = self._find_incident(url, record, stored.record)
        accepted_reason = find_accepted_reason(stored, self._accepted.get(url), record.state, verdict.status, now)
        link = self.links[url] = Link(
            url=url, status=verdict.status, state=record.state, reason=verdict.reason, code=verdict.code,
            final_url=verdict.final_url or url, chain=result.redirects, found_in=self.mentions.get(url, ()),
            checked=now, change=change, incident=incident, accepted=accepted_reason is not None,
            accepted_why=accepted_reason or "",
        )  # fmt: skip
        return link

    def note_network_down(self) -> None:
        """Record that our own network was down in this run."""
        self.network_down = True
        self.history.note_network_down(self._number)

    def list_links(self) -> Iterator[Link]:
        """Yield the links whose result is known, in the order of `mentions`."""
        return (self.links[url] for url in self.mentions if url in self.links)

    def _make_remembered(self, url: str, stored: StoredLink) -> Link:
        return make_remembered_link(
            stored, self.mentions.get(url, ()), self._open_incidents.get(url), self._started_at,
            accepted=self._accepted.get(url),
        )  # fmt: skip

    def _find_incident(self, url: str, record: Record, before: Record) -> Incident | None:
        if record.state != before.state and "dead" in (record.state, before.state):
            return self.history.find_incident(url)
        return self._open_incidents.get(url)


def make_unchecked_link(
    url: str, verdict: Verdict, found_in: tuple[Mention, ...], at: datetime, accepted: Acceptance | None = None
) -> Link:
    """Return a link whose verdict needed no request, such as a malformed one."""
    accepted_reason = find_accepted_reason(StoredLink(record=Record(url=url)), accepted, "ok", verdict.status, at)
    return Link(
        url=url, status=verdict.status, reason=verdict.reason, code=verdict.code, final_url=verdict.final_url or url,
        found_in=found_in, accepted=accepted_reason is not None, accepted_why=accepted_reason or "",
    )  # fmt: skip


def make_remembered_link(
    stored: StoredLink,
    found_in: tuple[Mention, ...],
    incident: Incident | None,
    at: datetime,
    change: Change | None = None,
    accepted: Acceptance | None = None,
) -> Link:
    """Return a link as it is remembered."""
    record = stored.record
    accepted_reason = find_accepted_reason(stored, accepted, record.state, record.status, at)
    return Link(
        url=record.url, status=record.status, state=record.state, reason=record.reason, code=stored.code,
        final_url=stored.final_url or record.url, chain=stored.chain, found_in=found_in, checked=record.checked,
        remembered=True, change=change, incident=incident, accepted=accepted_reason is not None,
        accepted_why=accepted_reason or "",
    )  # fmt: skip


def correct_times(stored: StoredLink, now: datetime) -> StoredLink:
    """Return a stored link without the times that only a wrong clock can have written."""
    record = drop_impossible_times(stored.record, now)
    return stored if record == stored.record else replace(stored, record=record)


def _find_change(stored: StoredLink, record: Record, verdict: Verdict) -> Change | None:
    before = stored.record.state
    if record.state == "dead" != before:
        return "died"
    if before == "dead" != record.state:
        return "recovered"
    if verdict.status == "moved" and (stored.record.status != "moved" or stored.final_url != verdict.final_url):
        return "moved"
    return None


def find_accepted_reason(
    stored: StoredLink, comment: Acceptance | None, state: LinkState, status: LinkStatus | None, now: datetime
) -> str | None:
    """Return why a link is accepted as it is; None if it is not accepted, or works.

    Args:
        stored: The link; has the acceptance by ``links ack``.
        comment: The acceptance by a comment in an entry.
        state: Of the link.
        status: Of its last check.
        now: The current time; aware.
    """
    if state == "ok" and status in ("ok", "skipped", None):
        return None
    acceptances = (stored.acceptance, comment)
    return next((acceptance.why for acceptance in acceptances if acceptance and acceptance.until > now), None)
