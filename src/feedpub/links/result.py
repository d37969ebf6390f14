"""The results of a check of links: one `Link` per address, and a `LinkReport` of all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..model import Mention as Mention  # noqa: TC001  # others import it from here

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..errors import Problem
    from .classify import LinkStatus, Redirect
    from .lifecycle import LinkState

Change = Literal["died", "recovered", "moved"]
Outcome = Literal["recovered", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A decision to accept a link as it is for a while: ``links ack``, or a comment in an entry.

    Args:
        until: When it ends; aware.
        why: The reason, in the words of the person who decided it.
    """

    until: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The time during which a link is dead: from its first report as dead until it works again or is removed.

    Args:
        number: Its number in the history.
        url: The address.
        opened: When it was first reported dead.
        reason: Why.
        closed: When the link worked again, was no longer in any entry, or was excluded or private; None while it is
            open.
        outcome: ``recovered`` or ``removed`` (also if it is excluded or private); None while it is open.
    """

    number: int
    url: str
    opened: datetime
    reason: str
    closed: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link and its last result.

    Args:
        url: The address as it is written, with its fragment. Reports hide its secrets; this field does not.
        status: The result of the last check alone: ``ok``, ``moved``, ``dead``, ``blocked``, ``suspect``, ``unsure`` or
            ``skipped``; None if there was none yet.
        state: What all checks say: ``ok``, ``failing``, or ``dead`` when it has failed for days.
        reason: Why, in a few English words; empty if there is nothing to report.
        code: Status code of the last response, if there was one.
        final_url: Where redirects led; `url` if there were none.
        chain: The redirects.
        found_in: Where the link was written; empty in checks of a list of addresses.
        checked: When it was last checked; None if never.
        remembered: Whether this is the result of an earlier check: it was not due, or the time was over.
        change: What is new since the last run; None if nothing is.
        incident: The incident of a dead link, or one that was closed in the last run; else None.
        accepted: Whether it is accepted as it is for now (``links ack``, or a comment), and so not reported.
        accepted_why: The reason of the acceptance.
    """

    url: str
    status: LinkStatus | None
    state: LinkState = "ok"
    reason: str = ""
    code: int | None = None
    final_url: str = ""
    chain: tuple[Redirect, ...] = ()
    found_in: tuple[Mention, ...] = ()
    checked: datetime | None = None
    remembered: bool = False
    change: Change | None = None
    incident: Incident | None = None
    accepted: bool = False
    accepted_why: str = ""

    @property
    def broken(self) -> bool:
        """Whether it is dead and not accepted."""
        return self.state == "dead" and not self.accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """The results of one run.

    Args:
        links: In the order of the argument; those of a site by file and line.
        at: When the run began.
        network_down: Whether our own network was down, so that no failure counts.
        incidents: All that are remembered, newest first; also of links that are no longer in any entry.
        not_asked: How many due links were not checked because the time for the run was over.
        problems: Of comments in entries, such as one that accepts an address to which the entry does not link.
    """

    links: tuple[Link, ...]
    at: datetime
    network_down: bool = False
    incidents: tuple[Incident, ...] = ()
    not_asked: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def broken(self) -> tuple[Link, ...]:
        """The links that are dead and not accepted."""
        return tuple(link for link in self.links if link.broken)

    @property
    def has_changes(self) -> bool:
        """True if a link has changed since the last run, or if nothing could be checked as the network was down."""
        return self.network_down or any(link.change for link in self.links)

    @property
    def summary(self) -> Mapping[str, int]:
        """How many links have each status, most frequent first; links that were never checked are ``unknown``."""
        return dict(Counter(link.status or "unknown" for link in self.links).most_common())
