"""What a check of links tells: one `Link` per address, a `LinkReport` of all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..model import Place as Place  # noqa: TC001  # others import it from here

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .classify import LinkStatus, Redirect
    from .lifecycle import LinkState

Change = Literal["died", "recovered", "moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Hold the death of a link.

    Args:
        number: Names it in its history.
        url: The address.
        opened: When it was pronounced dead.
        reason: What killed it.
        closed: When it was found well again; None while it is dead.
        accepted_until: Until when nobody wants to hear of it (``links ack``).
        accepted_why: In the words of who accepted it.
    """

    number: int
    url: str
    opened: datetime
    reason: str
    closed: datetime | None = None
    accepted_until: datetime | None = None
    accepted_why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Say how one address is.

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
        accepted: Somebody knows that it is dead, and does not want to hear of it for now.
    """

    url: str
    status: LinkStatus | None
    state: LinkState = "ok"
    reason: str = ""
    code: int | None = None
    final_url: str = ""
    chain: tuple[Redirect, ...] = ()
    found_in: tuple[Place, ...] = ()
    checked: datetime | None = None
    remembered: bool = False
    change: Change | None = None
    incident: Incident | None = None
    accepted: bool = False

    @property
    def broken(self) -> bool:
        """Whether somebody should do something: it is dead, and nobody has accepted that."""
        return self.state == "dead" and not self.accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """Hold what one run found.

    Args:
        links: In the order in which they were given; of a site by file and line.
        at: When the run began.
        network_down: Our own network failed; nothing that failed counts.
        incidents: All that are remembered, newest first; also of links that stand nowhere any more.
    """

    links: tuple[Link, ...]
    at: datetime
    network_down: bool = False
    incidents: tuple[Incident, ...] = ()

    @property
    def broken(self) -> tuple[Link, ...]:
        """The links that are dead and not accepted."""
        return tuple(link for link in self.links if link.broken)

    @property
    def summary(self) -> Mapping[str, int]:
        """How many links have each status, most frequent first; those never asked are ``unknown``."""
        return dict(Counter(link.status or "unknown" for link in self.links).most_common())
