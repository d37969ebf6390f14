"""What a run knows of its links: where they stand, what is remembered of them, and what it finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .classify import Answer, Verdict, classify
from .history_rows import Memory
from .lifecycle import Record, advance, without_impossible_times
from .result import Incident, Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..model import LinkSettings
    from .classify import LinkStatus
    from .history import History
    from .lifecycle import LinkState
    from .probe import LinkProbe
    from .result import Acceptance, Change, Mention


class LinkRecords:
    """The links of one run; a verdict on one is remembered, and becomes a `Link`."""

    def __init__(
        self,
        history: History,
        places: Mapping[str, tuple[Mention, ...]],
        *,
        settings: LinkSettings,
        strict: bool,
        started: datetime,
        now: datetime | None = None,
        site: str = "",
        accepted: Mapping[str, Acceptance] | None = None,
        has_all: bool = False,
    ) -> None:
        """Read what is remembered.

        Args:
            history: Remembers.
            places: Address → where it stands; all links of the run.
            settings: How many failures make a link dead.
            strict: Report a link as dead on its first confirmed failure.
            started: When the run began.
            now: Fixes the clock.
            site: Authority of the site that the links are of; empty for a list of addresses.
            accepted: Links that comments in entries accept.
            has_all: Whether these are all links of the site: what else has an open incident was removed.
        """
        self.history, self.places, self.settings, self.strict = history, places, settings, strict
        self._started, self._now = started, now
        self._accepted = accepted or {}
        # Read before anything is written: a damaged history stays as it is.
        self.remembered = {url: trust_times(memory, started) for url, memory in history.recall(places).items()}
        self._number = history.begin(started, site=site)
        if has_all:
            history.match_incidents(self.remembered.values(), places, started)
        self._open_incidents = {one.url: one for one in history.incidents() if one.closed is None}
        self.links: dict[str, Link] = {}
        self.network_down = False

    def time(self) -> datetime:
        """Return the time."""
        return self._now or datetime.now(UTC)

    def record_of(self, url: str) -> Record:
        """Return what is remembered of an address; of a new one, nothing but its name."""
        memory = self.remembered.get(url)
        return memory.record if memory else Record(url=url)

    def add_unasked(self, url: str, verdict: Verdict) -> Link:
        """Add a verdict that no server was asked for: it is not remembered."""
        link = self.links[url] = make_unasked(url, verdict, self.places.get(url, ()))
        return link

    def add_remembered(self, url: str) -> Link:
        """Add a link that is not asked in this run, as it is remembered."""
        memory = self.remembered.get(url) or Memory(record=Record(url=url))
        link = self.links[url] = self._make_remembered(url, memory)
        return link

    def add_failed_by_us(self, url: str, answer: Answer | None = None) -> Link:
        """Add a link that was not asked: that is no fact about it, and is not remembered.

        Args:
            url: The address.
            answer: Why it was not; by default our own network.
        """
        verdict = classify(answer or Answer(url=url, failure="network"))
        link = make_unasked(url, verdict, self.places.get(url, ()))
        if url in self.remembered:
            known = self._make_remembered(url, self.remembered[url])
            link = replace(
                link, code=None, state=known.state, final_url=url, checked=known.checked, incident=known.incident,
                accepted=known.accepted, accepted_why=known.accepted_why,
            )  # fmt: skip
        self.links[url] = link
        return link

    def add(self, url: str, answer: Answer, verdict: Verdict, probe: LinkProbe) -> Link:
        """Add a verdict and remember it."""
        if verdict.status == "skipped":  # a redirect to a private address: what is remembered stays
            return self.add_failed_by_us(url, answer)
        now = self.time()
        memory = self.remembered.get(url) or Memory(record=Record(url=url))
        wait = timedelta(seconds=probe.retry_after) if probe.retry_after else None
        record = advance(memory.record, verdict, now, settings=self.settings, retry_after=wait, strict=self.strict)
        change = _find_change(memory, record, verdict)
        self.history.remember(
            record, verdict, now, before=memory.record.state, chain=answer.redirects, change=change, run=self._number,
            etag=probe.validators.get("If-None-Match"), last_modified=probe.validators.get("If-Modified-Since"),
        )  # fmt: skip
        incident = self._find_incident(url, record, memory.record)
        why = find_acceptance(memory, self._accepted.get(url), record.state, verdict.status, now)
        link = self.links[url] = Link(
            url=url, status=verdict.status, state=record.state, reason=verdict.reason, code=verdict.code,
            final_url=verdict.final_url or url, chain=answer.redirects, found_in=self.places.get(url, ()), checked=now,
            change=change, incident=incident, accepted=why is not None, accepted_why=why or "",
        )  # fmt: skip
        return link

    def note_network_down(self) -> None:
        """Note that the failures of this run are those of our own network."""
        self.network_down = True
        self.history.network_was_down(self._number)

    def in_order(self) -> Iterator[Link]:
        """Yield the links that are known, in the order in which they were given."""
        return (self.links[url] for url in self.places if url in self.links)

    def _make_remembered(self, url: str, memory: Memory) -> Link:
        return make_remembered(
            memory, self.places.get(url, ()), self._open_incidents.get(url), self._started,
            accepted=self._accepted.get(url),
        )  # fmt: skip

    def _find_incident(self, url: str, record: Record, before: Record) -> Incident | None:
        if record.state != before.state and "dead" in (record.state, before.state):
            return self.history.incident(url)
        return self._open_incidents.get(url)


def make_unasked(url: str, verdict: Verdict, found_in: tuple[Mention, ...]) -> Link:
    """Return a link that no server was asked for."""
    return Link(
        url=url, status=verdict.status, reason=verdict.reason, code=verdict.code, final_url=verdict.final_url or url,
        found_in=found_in,
    )  # fmt: skip


def make_remembered(
    memory: Memory,
    found_in: tuple[Mention, ...],
    incident: Incident | None,
    at: datetime,
    change: Change | None = None,
    accepted: Acceptance | None = None,
) -> Link:
    """Return a link as it is remembered."""
    record = memory.record
    why = find_acceptance(memory, accepted, record.state, record.status, at)
    return Link(
        url=record.url, status=record.status, state=record.state, reason=record.reason, code=memory.code,
        final_url=memory.final_url or record.url, chain=memory.chain, found_in=found_in, checked=record.checked,
        remembered=True, change=change, incident=incident, accepted=why is not None, accepted_why=why or "",
    )  # fmt: skip


def trust_times(memory: Memory, now: datetime) -> Memory:
    """Return what is remembered without the times that only a wrong clock can have written."""
    record = without_impossible_times(memory.record, now)
    return memory if record == memory.record else replace(memory, record=record)


def _find_change(memory: Memory, record: Record, verdict: Verdict) -> Change | None:
    before = memory.record.state
    if record.state == "dead" != before:
        return "died"
    if before == "dead" != record.state:
        return "recovered"
    if verdict.status == "moved" and (memory.record.status != "moved" or memory.final_url != verdict.final_url):
        return "moved"
    return None


def find_acceptance(
    memory: Memory, comment: Acceptance | None, state: LinkState, status: LinkStatus | None, now: datetime
) -> str | None:
    """Return why a link is accepted as it is; None if it is not, or works.

    Args:
        memory: Knows what ``links ack`` has accepted.
        comment: What a comment in an entry accepts.
        state: Of the link.
        status: Of its last check.
        now: The time; aware.
    """
    if state == "ok" and status in ("ok", "skipped", None):
        return None
    return next((one.why for one in (memory.acceptance, comment) if one and one.until > now), None)
