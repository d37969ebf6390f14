"""What a check of links tells: one `Link` per address, a `LinkReport` of all."""

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
        why: In the words of whoever decided it.
    """

    until: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The death of a link.

    Args:
        number: Names it in its history.
        url: The address.
        opened: When it was pronounced dead.
        reason: What killed it.
        closed: When it worked again, or was in no entry any more; None while it is dead.
        outcome: Which of the two: ``recovered`` or ``removed``; None while it is dead.
    """

    number: int
    url: str
    opened: datetime
    reason: str
    closed: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What is known of one address.

    Args:
        url: The address as it was given, with its fragment; secrets are hidden where it is shown, not here.
        status: What the last check found: ``ok``, ``moved``, ``dead``, ``blocked``, ``suspect``, ``unsure`` or
            ``skipped``; None if there was none yet.
        state: ``ok``, ``failing``, or ``dead`` when it has failed for days.
        reason: In a few English words; empty if nothing is to be said.
        code: Status code of the last answer, if there was one.
        final_url: Where redirects led; `url` if there were none.
        chain: The redirects.
        found_in: Where the link stands; empty if addresses were given.
        checked: When it was last asked; None if never.
        remembered: It was not asked in this run, as it was not due.
        change: What is new since the last run; None if nothing is.
        incident: Its death, also one that ended in the last run; None if it is alive.
        accepted: Somebody has accepted it as it is, for now: it is no finding (``links ack``).
        accepted_why: Why.
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
        """Whether somebody should do something: it is dead, and nobody has accepted that."""
        return self.state == "dead" and not self.accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """What one run found.

    Args:
        links: In the order in which they were given; of a site by file and line.
        at: When the run began.
        network_down: Our own network failed; nothing that failed counts.
        incidents: All that are remembered, newest first; also of links that are in no entry any more.
        not_asked: How many links were due and not asked, since the time for the run was over.
        problems: Wrong comments in entries, such as one that accepts an address that its entry does not link to.
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
        """How many links have each status, most frequent first; those never asked are ``unknown``."""
        return dict(Counter(link.status or "unknown" for link in self.links).most_common())
