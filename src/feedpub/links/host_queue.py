"""What a run knows of one host, and the queues of what is to be asked of it; `scheduler` decides when."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..transport.base import Response

if TYPE_CHECKING:
    from ..transport.base import Request
    from .pace import HostPace
    from .probe import LinkProbe

# A host that was not reached in so many requests is not asked for its other addresses.
SILENT_AFTER: Final = 4
# A host that took all the time of so many addresses is not asked for its others: a run would last for hours.
LATE_AFTER: Final = 10
MOST_PARKED: Final = 32  # addresses of one host that wait for another one, each with its page, before more are begun
_SPREAD: Final = 4  # waiting requests that weigh as much as a further connection to the same host


class QueuedRequest:
    """One probe in the queue of a host, and the request that it wants next."""

    __slots__ = ("failed_first", "host", "is_confirming", "probe", "request", "response", "sent", "since", "tries")

    def __init__(self, host: HostQueue, probe: LinkProbe | None, request: Request | None, since: float) -> None:
        self.host, self.since, self.request = host, since, request  # no request: the first of its probe
        self.probe = probe  # None: a request that shows whether the host still answers
        self.tries = 0  # overload answers to this request
        self.failed_first = math.inf  # when the first of them came
        self.response: Response | None = None  # the last of them
        self.sent = 0.0
        self.is_confirming = False


class HostQueue:
    """What a run knows of one server, and the queue of what is to be asked of it."""

    __slots__ = (
        "continued", "control", "failure", "first_good", "has_recovered", "head_works", "in_a_row", "is_control_sent",
        "last_good", "late", "name", "new", "offered", "pace", "parked", "resting", "retried", "running", "silent",
        "spoke", "undecided", "when_idle",
    )  # fmt: skip

    def __init__(self, name: str, pace: HostPace) -> None:
        self.name, self.pace = name, pace
        # In this order: what probes want next, new probes, what got an overload answer, and confirmations.
        self.continued: deque[QueuedRequest] = deque()
        self.new: deque[QueuedRequest] = deque()
        self.retried: deque[QueuedRequest] = deque()
        self.when_idle: deque[QueuedRequest] = deque()
        self.undecided: list[QueuedRequest] = []  # with an overload answer that was not a passing one
        self.running = self.silent = self.late = self.parked = self.in_a_row = 0
        self.offered: int | None = None  # its cost in the heap
        self.spoke = self.resting = self.head_works = self.has_recovered = self.is_control_sent = False
        self.failure: Response | None = None  # the last one without a connection
        self.first_good, self.last_good = math.inf, -math.inf
        self.control: Request | None = None  # one that was answered well

    @property
    def cost(self) -> int:
        """Small for those to be asked first: long queues, and hosts with a connection that is free."""
        return _SPREAD * self.running - len(self.new) - len(self.continued) - len(self.retried)

    @property
    def has_queue(self) -> bool:
        """Whether anything but confirmations is to be asked of it."""
        return bool(self.continued or self.new or self.retried)

    @property
    def is_serving(self) -> bool:
        """Whether it has answered anything well."""
        return self.control is not None

    @property
    def given_up(self) -> Response | None:
        """The answer to all further requests, if nothing more is asked of it."""
        if self.silent >= SILENT_AFTER and not self.spoke and self.failure:
            return replace(self.failure, detail="other addresses of this host got no answer")
        if self.late >= LATE_AFTER:
            return Response(
                failure="timeout", detail="other addresses of this host took too long", has_connected=self.spoke
            )
        if self.pace.is_out_of_patience:
            return Response(
                failure="overloaded",
                detail="other addresses of this host took all our patience",
                has_connected=self.spoke,
            )
        return None

    def find_next(self, *, when_idle: bool) -> deque[QueuedRequest] | None:
        """Return the queue that the next request is to be taken from; None if none may be sent.

        Args:
            when_idle: Whether a host whose queues are empty is idle: there may be more to come.
        """
        if self.running >= int(self.pace.limit):
            return None
        if self.continued:
            return self.continued
        if self.new and self.parked < MOST_PARKED:
            return self.new
        if self.retried:
            return self.retried
        is_idle = when_idle and not (self.running or self.new or self.undecided)
        return self.when_idle if is_idle and self.when_idle else None

    def judge(self, entry: QueuedRequest) -> Response | None:
        """Return what an overload answer that lasts means for its address; None if another request is to tell.

        If the host answers others well, it is the page that fails. If it does not any more, or has answered an address
        well after such an answer, it is overloaded: that is no fact about the page.
        """
        response = entry.response
        assert response is not None
        if not self.is_serving:
            return response
        if entry.sent < self.first_good:  # it was down then
            return None
        if response.code != 429 and not self.has_recovered:
            if self.last_good > entry.failed_first:
                return response
            if not self.is_control_sent:
                return None
        return replace(response, failure="overloaded", detail=str(response.code or response.failure))
