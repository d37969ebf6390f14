"""Send the requests of many probes at once: each host has its own pace, and no host waits for another one.

Requests wait in the queue of their host. The next one is taken from the host that may be sent one now and has the
longest queue, so that a host with many addresses is not left for the end. `pace` says how fast requests to a host may
be. If a request gets only overload responses (such as 503), it is judged when nothing else is left to be sent to the
host: see `HostQueue.judge_overload`.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import deque
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, cast

from ..iri import parse_url
from ..transport.base import ExhaustedError, Request, Response
from .host_queue import MOST_TRIES, HostQueue, QueuedRequest
from .pace import is_good, is_overload, should_retry
from .probe import MOST_REQUESTS, PAUSE, TOO_MANY_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..transport.base import Transport
    from .pace import HostPace
    from .probe import LinkProbe, Step

_EXHAUSTED_PAUSE_SECONDS: Final = 0.1
_EXHAUSTED_LIMIT: Final = 50  # in a row: five seconds
# New probes that are queued in one turn, and two more for each response: with fewer, slow turns would empty the queues,
# and connections would be closed.
_QUEUED_PER_TURN: Final = 64
_SENT_TOGETHER: Final = 8
_HAND_OVER_SECONDS: Final = 0.05  # results are handed over together: each time, another thread wakes


class Scheduler:
    """Runs probes in a thread, and puts those that have ended into `ended_probes`, or what ended the thread."""

    def __init__(
        self,
        transport: Transport,
        *,
        concurrency: int,
        make_pace: Callable[[str], HostPace],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to run.

        Args:
            transport: Sends the requests; it is closed at the end.
            concurrency: Requests at once.
            make_pace: Returns the pace of a host by its name; called once for each host.
            clock: Returns the time in seconds.
        """
        self._transport, self._make_pace, self._clock = transport, make_pace, clock
        self.concurrency = concurrency
        self.ended_probes: SimpleQueue[list[LinkProbe] | BaseException] = SimpleQueue()
        self._new_probes: Iterator[LinkProbe] = iter(())
        self._has_all_probes = False  # whether all probes of the run have been added
        self._added_probes: deque[tuple[LinkProbe, float, bool]] = deque()
        self._hosts: dict[str, HostQueue] = {}
        # Heaps: hosts by cost, requests that are queued later, and hosts that rest.
        self._ready: list[tuple[int, int, HostQueue]] = []
        self._later: list[tuple[float, int, QueuedRequest]] = []
        self._resting: list[tuple[float, int, HostQueue]] = []
        self._parked: dict[LinkProbe, QueuedRequest] = {}
        self._reading: deque[QueuedRequest] = deque()  # probes that read a page, a few milliseconds at a time
        self._undecided: dict[HostQueue, None] = {}
        self._ended: list[LinkProbe] = []
        self._handed_over_at = 0.0
        self._number = itertools.count()
        self._active = self._responses_of_turn = 0
        self._lowered_until = 0.0
        self._exhausted_in_a_row = 0  # how often this machine could not even make one connection
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run_turns, daemon=True, name="links")

    def add_probe(self, probe: LinkProbe, *, after: float = 0.0, when_idle: bool = False) -> None:
        """Add one more probe, from any thread.

        Args:
            probe: To run.
            after: Seconds to wait first.
            when_idle: Begin it when nothing else is left to be sent to its host.
        """
        self._added_probes.append((probe, after, when_idle))
        self._transport.wake()

    def start(self, probes: Iterable[LinkProbe]) -> None:
        """Start the thread; it takes the probes from the iterator while the first of them are under way."""
        self.take_probes(probes)
        self._thread.start()

    def take_probes(self, probes: Iterable[LinkProbe]) -> None:
        """Set the probes of the run; each is taken when it can be queued."""
        self._new_probes = iter(probes)

    def stop(self) -> None:
        """End the thread; the results of requests under way are lost."""
        self._is_stopped = True
        self._transport.wake()

    def join(self, seconds: float) -> None:
        """Wait for the end of the thread."""
        self._thread.join(seconds)

    @property
    def hosts_waiting(self) -> int:
        """How many hosts have requests in their queues; from any thread."""
        return sum(1 for host in list(self._hosts.values()) if host.has_queue or host.when_idle)

    def _run_turns(self) -> None:
        try:
            try:
                while not self._is_stopped:
                    self.run_turn()
            finally:
                self._transport.close()
        except BaseException as error:
            self.ended_probes.put(error)

    def run_turn(self) -> None:
        """Queue what is new, send what may be sent, and wait for responses once."""
        now = self._clock()
        self._queue_new_probes(now)
        while self._later and self._later[0][0] <= now:
            self._queue_request(heapq.heappop(self._later)[2], now)
        while self._resting and self._resting[0][0] <= now:
            _, _, host = heapq.heappop(self._resting)
            host.is_resting = False
            self._offer_host(host)
        for host in list(self._undecided):
            self._decide_overloads(host, now)
        has_more = self._send_some(now)
        self._responses_of_turn = 0
        for key, response in self._transport.wait(0.0 if has_more else self._find_pause(now)):
            self._responses_of_turn += 1
            self._handle_response(cast("QueuedRequest", key), response)
            self._send_some(now)
        self._continue_reading()
        self._wake_parked()
        if self._ended and (not self._active or self._clock() >= self._handed_over_at + _HAND_OVER_SECONDS):
            self._handed_over_at = self._clock()
            self.ended_probes.put(self._ended)
            self._ended = []

    # --- Queues ---

    def _queue_new_probes(self, now: float) -> None:
        if not self._has_all_probes:
            count = _QUEUED_PER_TURN + 2 * self._responses_of_turn
            probes = list(itertools.islice(self._new_probes, count))
            for probe in probes:
                self._queue_request(QueuedRequest(self._find_host(probe.url), probe, None, now), now)
            if not probes:
                self._has_all_probes = True
                for host in self._hosts.values():  # requests that wait until their host is idle may be sent now
                    self._offer_host(host)
        while self._added_probes:
            probe, after, when_idle = self._added_probes.popleft()
            entry = QueuedRequest(self._find_host(probe.url), probe, None, now)
            entry.is_confirming = when_idle
            if after:
                heapq.heappush(self._later, (now + after, next(self._number), entry))
            else:
                self._queue_request(entry, now)

    def _find_pause(self, now: float) -> float | None:
        """Return for how many seconds there is nothing to do but wait for responses; None without a limit."""
        if not self._has_all_probes or self._reading or (self._ended and not self._active):
            return 0.0
        due = [heap[0][0] for heap in (self._later, self._resting) if heap]
        if self._ended:
            due.append(self._handed_over_at + _HAND_OVER_SECONDS)
        due += [probe.until for probe in self._parked]
        return max(0.0, min(due) - now) if due else None

    def _find_host(self, url: str) -> HostQueue:
        """Return the queue of the server of a URL: scheme, name and port."""
        parsed = parse_url(url)
        origin = parsed.origin if parsed else ""
        host = self._hosts.get(origin)
        if host is None:
            name = parsed.hostname if parsed else ""
            host = self._hosts[origin] = HostQueue(name, self._make_pace(name))
        return host

    def _queue_request(self, entry: QueuedRequest, now: float) -> None:
        entry.host.add(entry, now)
        self._offer_host(entry.host)

    def _queue_retry(self, entry: QueuedRequest, now: float) -> None:
        entry.host.add_retry(entry, now)
        self._offer_host(entry.host)

    def _queue_control(self, host: HostQueue, now: float) -> None:
        """Repeat a request that had a good response, to see whether the host still answers."""
        assert host.control_request is not None
        host.continued.appendleft(QueuedRequest(host, None, host.control_request, now))
        self._offer_host(host)

    def _offer_host(self, host: HostQueue) -> None:
        """Put a host into the heap of those that may be sent a request, if it may."""
        if not host.is_resting and host.find_next(when_idle=self._has_all_probes) is not None:
            cost = host.cost
            if host.offered_cost is None or cost < host.offered_cost:
                host.offered_cost = cost
                heapq.heappush(self._ready, (cost, next(self._number), host))

    # --- Sending ---

    def _send_some(self, now: float) -> bool:
        """Send the next requests; return True if there may be more to be sent now.

        Only a few are sent at a time: making a connection takes a while of this thread (most of all with TLS), and
        requests that are further on should not wait for it.
        """
        sent = 0
        while sent < _SENT_TOGETHER and self._active < self.concurrency and self._send_next(now):
            sent += 1
        return sent == _SENT_TOGETHER

    def _send_next(self, now: float) -> bool:
        """Send the next request; return False if there is none to be sent now."""
        while self._ready:
            cost, _, host = heapq.heappop(self._ready)
            if cost != host.offered_cost:  # the host is, or was, in the heap with a better cost
                continue
            host.offered_cost = None
            queue = host.find_next(when_idle=self._has_all_probes)
            if host.cost > cost or queue is None:
                self._offer_host(host)
                continue
            if host.pace.next_at > now and not host.given_up:
                host.is_resting = True
                heapq.heappush(self._resting, (host.pace.next_at, next(self._number), host))
                continue
            entry = queue.popleft()
            host.pace.note_sent(now)
            host.running += 1
            self._active += 1
            self._offer_host(host)
            self._send_request(entry, now)
            return True
        return False

    def _send_request(self, entry: QueuedRequest, now: float) -> None:
        host, probe = entry.host, entry.probe
        request = entry.prepare_request(now)
        given_up = host.given_up
        is_exempt = entry.is_confirming
        if host.pace.is_out_of_patience:  # a request that had an overload response to HEAD is still sent as GET
            is_exempt = entry.tries > 0 and entry.response is None
        if given_up and not is_exempt:
            self._end_request(host)
            if entry.response and not host.is_serving:
                given_up = entry.response  # it was sent as slowly as patience allows
            if probe:
                probe.until = 0.0
                self._deliver_response(entry, given_up)
            self._offer_host(host)
            return
        if probe:
            probe.sent_requests += 1
        self._transport.send(entry, request)

    def _end_request(self, host: HostQueue) -> None:
        host.running -= 1
        self._active -= 1

    # --- Responses ---

    def _handle_response(self, entry: QueuedRequest, response: Response | ExhaustedError) -> None:
        """Learn from a response about its host, and deliver it to its probe, unless it is retried."""
        host = entry.host
        self._end_request(host)
        if isinstance(response, ExhaustedError) and not self._active:
            self._exhausted_in_a_row += 1
            if self._exhausted_in_a_row >= _EXHAUSTED_LIMIT:  # no request is under way whose end could help
                response = Response(failure="limit", detail=str(response), has_connected=False)
        now = self._clock()
        if isinstance(response, ExhaustedError):
            if now >= self._lowered_until:  # requests that were sent at the same time fail for the same reason
                self._lowered_until = now + _EXHAUSTED_PAUSE_SECONDS
                self.concurrency = max(1, min(self.concurrency, self._active + 1) * 3 // 4)
            if entry.probe:
                entry.probe.sent_requests -= 1  # it was not sent
            heapq.heappush(self._later, (now + _EXHAUSTED_PAUSE_SECONDS, next(self._number), entry))
        else:
            if response.has_connected:
                self._exhausted_in_a_row = 0
            rest_seconds = host.note_response(entry, response, now)
            if rest_seconds:
                self._prolong_parked(host, rest_seconds)
            if entry.probe and should_retry(response) and host.should_send_control:
                self._queue_control(host, now)
            if entry.probe is None:
                host.has_failed_control = not is_good(response)
            elif not self._retry_or_defer(entry, response, now):
                self._deliver_response(entry, response)
        self._offer_host(host)
        self._release_if_finished(entry)

    def _release_if_finished(self, entry: QueuedRequest) -> None:
        """Let the transport close the connections to a host when nothing is left to be sent to it."""
        if self._has_all_probes and entry.request and entry.host.is_finished:
            self._transport.release(entry.request.url)

    def _retry_or_defer(self, entry: QueuedRequest, response: Response, now: float) -> bool:
        """Return True if a response is not for the probe yet: it is retried, or judged when its host is idle."""
        host, probe, request = entry.host, entry.probe, entry.request
        assert probe is not None
        assert request is not None
        if not should_retry(response):
            return False
        entry.tries += 1
        entry.first_failed_at = min(entry.first_failed_at, now)
        if request.method == "HEAD":
            return False  # the probe sends a GET next
        entry.response = response
        if probe.sent_requests >= MOST_REQUESTS and entry.tries < MOST_TRIES:  # a limit of ours, not a fact about it
            limit = Response(failure="limit", detail=TOO_MANY_REQUESTS, has_connected=response.has_connected)
            self._deliver_response(entry, limit)
            return True
        if host.may_retry(entry, response, now):
            self._queue_retry(entry, now)
            return True
        if not is_overload(response) or response.failure == "timeout":
            return False  # it can only mean one thing
        host.undecided.append(entry)
        self._undecided[host] = None
        return True

    def _decide_overloads(self, host: HostQueue, now: float) -> None:
        """Judge the requests that got only overload responses, when nothing else is left to be sent to a host."""
        is_idle = self._has_all_probes and not host.running and host.find_next(when_idle=False) is None
        if not is_idle and not host.pace.is_out_of_patience:
            return
        undecided, host.undecided = host.undecided, []
        needs_control = False
        for entry in undecided:
            response = host.judge_overload(entry)
            if response is None and host.pace.is_out_of_patience:
                response = Response(entry.response.code if entry.response else None, failure="overloaded")
            if response is not None:
                self._deliver_response(entry, response)
            elif entry.sent_at < host.first_good_at:
                self._queue_retry(entry, now)
            else:
                host.undecided.append(entry)
                needs_control = True
        if needs_control:
            host.has_failed_control = True
            self._queue_control(host, now)
        elif not host.undecided:
            del self._undecided[host]
        self._offer_host(host)

    # --- Probes ---

    def _deliver_response(self, entry: QueuedRequest, response: Response) -> None:
        """Give a response to its probe, and handle the probe's next step."""
        host, probe = entry.host, entry.probe
        assert probe is not None
        if response.failure not in ("private", "limit") or response.has_connected:  # else nothing tried to reach it
            probe.reached_hosts[host.name] = response.has_connected or probe.reached_hosts.get(host.name, False)
        step = probe.resume(response)
        if step is None and self._clock() >= probe.until > 0:
            host.late_addresses += 1
        self._handle_step(entry, step, response)

    def _handle_step(self, entry: QueuedRequest, step: Step | None, response: Response) -> None:
        """Do what a probe needs next: send a request, read on later, wait for another probe, or end."""
        probe = entry.probe
        assert probe is not None
        if isinstance(step, Request):
            self._queue_next_request(entry, step, response)
        elif step is PAUSE:
            self._reading.append(entry)
            entry.host.running += 1  # counts as under way: else the pages that wait to be read would fill the memory
            self._active += 1
        elif step is not None:
            self._parked[probe] = entry
            entry.host.parked_probes += 1
        else:
            probe.ended_at = self._clock()
            self._ended.append(probe)
        released, probe.released_probes = probe.released_probes, []
        for other in released:
            if other in self._parked:
                self._resume_parked(other)

    def _queue_next_request(self, entry: QueuedRequest, request: Request, response: Response) -> None:
        previous, now = entry.request, self._clock()
        is_retry = previous is not None and should_retry(response) and previous.url == request.url
        following = QueuedRequest(self._find_host(request.url), entry.probe, request, now)
        following.is_confirming = entry.is_confirming
        if is_retry:  # by GET, after HEAD
            following.tries, following.first_failed_at = entry.tries, entry.first_failed_at
            self._queue_retry(following, now)
        else:
            self._queue_request(following, now)

    def _continue_reading(self) -> None:
        """Let one probe read on in its page."""
        if self._reading:
            entry = self._reading.popleft()
            self._end_request(entry.host)
            self._resume_without_response(entry)
            self._release_if_finished(entry)

    def _resume_parked(self, probe: LinkProbe) -> None:
        """Let a probe go on that has waited for another one."""
        entry = self._parked.pop(probe)
        entry.host.parked_probes -= 1
        self._resume_without_response(entry)

    def _resume_without_response(self, entry: QueuedRequest) -> None:
        assert entry.probe is not None
        nothing = Response()
        self._handle_step(entry, entry.probe.resume(nothing), nothing)
        self._offer_host(entry.host)

    def _prolong_parked(self, host: HostQueue, seconds: float) -> None:
        """Give probes that wait for another one the time that their host rests."""
        if host.parked_probes:
            for probe, entry in self._parked.items():
                if entry.host is host:
                    probe.until += seconds

    def _wake_parked(self) -> None:
        """Let probes go on that have waited for another one until their own time was over."""
        if self._parked:
            now = self._clock()
            for probe in [probe for probe in self._parked if probe.until <= now]:
                self._resume_parked(probe)
