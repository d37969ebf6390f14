"""The waiting requests of one host, and the state derived from its responses; `scheduler` decides when to send them."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..transport.base import Request, Response
from .pace import is_good, is_overload, parse_retry_after, should_retry

if TYPE_CHECKING:
    from .pace import HostPace
    from .probe import LinkProbe

# After so many requests without a connection, and none with one, nothing more is sent to a host.
GIVEN_UP_AFTER_UNREACHED: Final = 4
# After so many addresses that took all of their time, nothing more is sent to a host: a run would last for hours.
GIVEN_UP_AFTER_LATE: Final = 10
MOST_PARKED_PROBES: Final = 32  # of one host; each holds a page, so no more probes are begun before some of them end
MOST_TRIES: Final = 4  # of one request that gets overload responses; HEAD counts
MOST_TRIES_TO_REACH: Final = 3  # of one request that gets no connection
_CONTROL_SECONDS: Final = 10.0
_CONNECTION_COST: Final = 4  # a further connection to a host counts as much as so many waiting requests
_CONTROL_AFTER_OVERLOADS: Final = 2  # in a row


class QueuedRequest:
    """A probe in the queue of a host, and its next request.

    Args:
        host: The queue.
        probe: The probe; None for a control request, which shows whether the host still answers.
        request: The next request; None for the first one of the probe.
        queued_at: When it was queued, by the clock of the scheduler.
    """

    __slots__ = (
        "first_failed_at", "host", "is_confirming", "probe", "queued_at", "request", "response", "sent_at", "tries",
    )  # fmt: skip

    def __init__(self, host: HostQueue, probe: LinkProbe | None, request: Request | None, queued_at: float) -> None:
        self.host, self.probe, self.request, self.queued_at = host, probe, request, queued_at
        self.tries = 0  # overload responses to this request
        self.first_failed_at = math.inf  # when the first of them came
        self.response: Response | None = None  # the last of them
        self.sent_at = 0.0
        self.is_confirming = False

    def prepare_request(self, now: float) -> Request:
        """Return the request to send now; the time it has waited in a queue is not counted as the server's."""
        self.request, self.sent_at = self._find_request(now), now
        return self.request

    def _find_request(self, now: float) -> Request:
        probe, request = self.probe, self.request
        if probe and request is None:
            # Whatever HEAD returned of a host in trouble, a GET would have to follow: the host is spared the first.
            probe.should_skip_head = self.host.pace.is_slowed and not self.host.is_serving
            step = probe.start()
            assert isinstance(step, Request)
            return step
        assert request is not None
        if probe is None:
            return replace(request, until=now + _CONTROL_SECONDS)
        if now > self.queued_at:
            probe.until += now - self.queued_at
            return replace(request, until=request.until + now - self.queued_at)
        return request


class HostQueue:
    """What a run knows of one server, and the requests that wait to be sent to it."""

    __slots__ = (
        "continued", "control_request", "first_good_at", "has_answered", "has_failed_control", "has_recovered",
        "is_resting", "last_failure", "last_good_at", "late_addresses", "name", "new", "offered_cost",
        "overloads_in_a_row", "pace", "parked_probes", "retried", "running", "undecided", "unreached_requests",
        "when_idle",
    )  # fmt: skip

    def __init__(self, name: str, pace: HostPace) -> None:
        self.name, self.pace = name, pace
        # Queues, in the order in which they are emptied: further requests of probes, new probes, requests that got an
        # overload response, and confirmations.
        self.continued: deque[QueuedRequest] = deque()
        self.new: deque[QueuedRequest] = deque()
        self.retried: deque[QueuedRequest] = deque()
        self.when_idle: deque[QueuedRequest] = deque()
        # Requests that got only overload responses; their meaning depends on the other responses of the host.
        self.undecided: list[QueuedRequest] = []
        self.running = self.parked_probes = 0
        self.unreached_requests = self.late_addresses = self.overloads_in_a_row = 0
        self.offered_cost: int | None = None  # its cost in the heap of the scheduler; None if it is not in there
        self.has_answered = self.is_resting = self.has_recovered = False
        self.last_failure: Response | None = None  # of those without a connection
        self.first_good_at, self.last_good_at = math.inf, -math.inf
        # A request that had a good response. It is sent again to see whether the host, or only one of its pages, fails;
        # until it has another good response, it counts as failed.
        self.control_request: Request | None = None
        self.has_failed_control = False

    @property
    def cost(self) -> int:
        """Rank among the hosts, lowest first: long queues and few connections make it low."""
        return _CONNECTION_COST * self.running - len(self.new) - len(self.continued) - len(self.retried)

    @property
    def has_queue(self) -> bool:
        """Whether anything but confirmations is waiting."""
        return bool(self.continued or self.new or self.retried)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is waiting, under way, or undecided."""
        return not (self.has_queue or self.running or self.when_idle or self.undecided)

    @property
    def is_serving(self) -> bool:
        """Whether it has had a good response."""
        return self.control_request is not None

    @property
    def should_send_control(self) -> bool:
        """Whether so many overload responses came in a row that the host may have stopped responding."""
        return self.is_serving and self.overloads_in_a_row % _CONTROL_AFTER_OVERLOADS == 0

    @property
    def given_up(self) -> Response | None:
        """The response to all further requests, if nothing more is sent to the host."""
        if self.unreached_requests >= GIVEN_UP_AFTER_UNREACHED and not self.has_answered and self.last_failure:
            return replace(self.last_failure, detail="other addresses of this host got no response")
        if self.late_addresses >= GIVEN_UP_AFTER_LATE:
            detail = "other addresses of this host took too long"
            return Response(failure="timeout", detail=detail, has_connected=self.has_answered)
        if self.pace.is_out_of_patience:
            detail = "other addresses of this host used up the time that `patience` allows"
            return Response(failure="overloaded", detail=detail, has_connected=self.has_answered)
        return None

    def add(self, entry: QueuedRequest, now: float) -> None:
        """Add a new probe, or the next request of one that is under way."""
        entry.queued_at = now
        if entry.request is not None:
            self.continued.append(entry)
        elif entry.is_confirming:
            self.when_idle.append(entry)
        else:
            self.new.append(entry)

    def add_retry(self, entry: QueuedRequest, now: float) -> None:
        """Add a request that got an overload response: behind all others, if the host answers others meanwhile."""
        entry.queued_at = now
        (self.retried if self.is_serving else self.continued).append(entry)

    def find_next(self, *, when_idle: bool) -> deque[QueuedRequest] | None:
        """Return the queue from which to take the next request; None if none may be sent.

        Args:
            when_idle: Whether a host with empty queues is idle; False while more probes may come.
        """
        if self.running >= int(self.pace.limit):
            return None
        if self.continued:
            return self.continued
        if self.new and self.parked_probes < MOST_PARKED_PROBES:
            return self.new
        if self.retried:
            return self.retried
        is_idle = when_idle and not (self.running or self.new or self.undecided)
        return self.when_idle if is_idle and self.when_idle else None

    def note_response(self, entry: QueuedRequest, response: Response, now: float) -> float:
        """Learn from a response: a host that answers gets more requests at once, an overloaded one rests.

        Returns:
            How many seconds longer nothing is sent to the host because of this response.
        """
        if response.has_connected:
            self.has_answered = True
        elif response.failure not in ("private", "limit"):
            self.unreached_requests += 1
            self.last_failure = response
        if should_retry(response):
            self.overloads_in_a_row += 1
            return self.pace.note_overload(
                now, sent_at=entry.sent_at, retry_after=parse_retry_after(response.headers),
                may_be_haste=not entry.tries or self.has_recovered, is_timeout=response.failure == "timeout",
                is_serving=self.is_serving,
            )  # fmt: skip
        if not response.failure:
            self.pace.note_answer()
        if is_good(response):
            self._note_good(entry, now)
        return 0.0

    def _note_good(self, entry: QueuedRequest, now: float) -> None:
        request, probe = entry.request, entry.probe
        assert request is not None
        self.overloads_in_a_row = 0
        self.last_good_at = now
        self.first_good_at = min(self.first_good_at, now)
        self.control_request = request
        if request.method == "HEAD" or not entry.tries:
            return
        # The request failed before. If that was HEAD, and HEAD never works here, the host was not overloaded.
        if entry.response or (probe and probe.find_host_state(request.url).head_has_worked):
            self.has_recovered = True
        elif not self.has_recovered:
            self.pace.forget_overload()

    def may_retry(self, entry: QueuedRequest, response: Response, now: float) -> bool:
        """Return True if a request may be sent again: its tries, its time and the patience with the host allow it."""
        assert entry.probe is not None
        wait = parse_retry_after(response.headers)
        if now >= entry.probe.until or self.pace.is_out_of_patience or (wait and now + wait > self.pace.next_at):
            return False
        most = MOST_TRIES if is_overload(response) else MOST_TRIES_TO_REACH
        return entry.tries < most and (self.is_serving or not self.undecided)

    def judge_overload(self, entry: QueuedRequest) -> Response | None:
        """Return the result for an address that got only overload responses; None if another request has to show it.

        If the host answers other requests well, the page fails. If it no longer does, or has answered any request well
        after such a response, the host is overloaded, which says nothing about the page.
        """
        response = entry.response
        assert response is not None
        if not self.is_serving:
            return response
        if entry.sent_at < self.first_good_at:  # the host was down at that time
            return None
        if response.code != 429 and not self.has_recovered:
            if self.last_good_at > entry.first_failed_at:
                return response
            if not self.has_failed_control:
                return None
        return replace(response, failure="overloaded", detail=str(response.code or response.failure))
