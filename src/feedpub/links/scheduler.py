"""Send the requests of many probes at once: each host at its own pace, and nobody waits for a host that is busy.

Requests wait in the queue of their host. The next one is taken from the host that may be asked now and has the longest
queue, so a host with many addresses is never left for the end. `pace` says how fast a host may be asked. What an
overload answer (such as 503) means is decided when nothing else is left to be asked of its host: `HostQueue.judge`.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import deque
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, cast

from ..iri import parse_url
from ..transport.base import ExhaustedError, Request, Response
from .host_queue import HostQueue, QueuedRequest
from .pace import is_good, is_overload, should_ask_again
from .probe import MOST_REQUESTS, PAUSE, TOO_MANY_REQUESTS, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..transport.base import Transport
    from .pace import HostPace
    from .probe import LinkProbe, Step

MOST_TRIES: Final = 4  # of one request that gets overload answers; HEAD counts
MOST_TRIES_TO_REACH: Final = 3
_EXHAUSTED_PAUSE_SECONDS: Final = 0.1
_HOPELESS_AFTER: Final = 50  # five seconds
_CONTROL_SECONDS: Final = 10.0
_PREPARED_TOGETHER: Final = 64  # and two for each answer: else slow turns empty the queues, and connections are closed
_BEGUN_TOGETHER: Final = 8
_TOGETHER_SECONDS: Final = 0.05  # results are handed over together: each time, another thread wakes


class Scheduler:
    """Run probes in a thread, and hand them back when they have their answers."""

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
            make_pace: Returns the pace of a host that is asked for the first time, by its name.
            clock: Tells the time.
        """
        self._transport, self._make_pace, self._clock = transport, make_pace, clock
        self.concurrency = concurrency
        self.done: SimpleQueue[list[LinkProbe] | BaseException] = SimpleQueue()
        self._coming: Iterator[LinkProbe] = iter(())
        self._come = False  # all of them
        self._added: deque[tuple[LinkProbe, float, bool]] = deque()
        self._hosts: dict[str, HostQueue] = {}
        self._ready: list[tuple[int, int, HostQueue]] = []
        self._later: list[tuple[float, int, QueuedRequest]] = []
        self._resting: list[tuple[float, int, HostQueue]] = []
        self._parked: dict[LinkProbe, QueuedRequest] = {}
        self._reading: deque[QueuedRequest] = deque()  # pages, a few milliseconds at a time
        self._undecided: dict[HostQueue, None] = {}
        self._ended: list[LinkProbe] = []
        self._handed_over = 0.0
        self._number = itertools.count()
        self._active = self._answered = 0
        self._lowered_until = 0.0
        self._hopeless = 0  # how often this machine could not even make one connection
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="links")

    def add(self, probe: LinkProbe, *, after: float = 0.0, when_idle: bool = False) -> None:
        """Take a further probe, from any thread.

        Args:
            probe: To run.
            after: Seconds to wait before.
            when_idle: Begin it when nothing else is to be asked of its host.
        """
        self._added.append((probe, after, when_idle))
        self._transport.wake()

    def start(self, probes: Iterable[LinkProbe]) -> None:
        """Start the thread; it prepares the probes while the first of them are under way."""
        self.take(probes)
        self._thread.start()

    def take(self, probes: Iterable[LinkProbe]) -> None:
        """Take the probes of a run, each when it can be queued."""
        self._coming = iter(probes)

    def stop(self) -> None:
        """End it; what is under way is lost."""
        self._stopped = True
        self._transport.wake()

    def join(self, seconds: float) -> None:
        """Wait for its end."""
        self._thread.join(seconds)

    @property
    def hosts_waiting(self) -> int:
        """How many hosts have requests in their queues; from any thread."""
        return sum(1 for host in list(self._hosts.values()) if host.has_queue or host.when_idle)

    def _run(self) -> None:
        try:
            try:
                while not self._stopped:
                    self.turn()
            finally:
                self._transport.close()
        except BaseException as error:
            self.done.put(error)

    def turn(self) -> None:
        """Take what is new, send what may be sent, and wait for answers once."""
        now = self._clock()
        self._prepare(now)
        while self._later and self._later[0][0] <= now:
            self._queue(heapq.heappop(self._later)[2], now)
        while self._resting and self._resting[0][0] <= now:
            _, _, host = heapq.heappop(self._resting)
            host.resting = False
            self._offer(host)
        for host in list(self._undecided):
            self._decide(host, now)
        more = self._begin_some(now)
        self._answered = 0
        for key, response in self._transport.wait(0.0 if more else self._pause(now)):
            self._answered += 1
            self._go_on(cast("QueuedRequest", key), response)
            self._begin_some(now)
        self._read_on()
        self._wake_parked()
        if self._ended and (not self._active or self._clock() >= self._handed_over + _TOGETHER_SECONDS):
            self._handed_over = self._clock()
            self.done.put(self._ended)
            self._ended = []

    def _prepare(self, now: float) -> None:
        """Put new probes into the queues of their hosts."""
        if not self._come:
            some = list(itertools.islice(self._coming, _PREPARED_TOGETHER + 2 * self._answered))
            for probe in some:
                self._queue(QueuedRequest(self._host(probe.url), probe, None, now), now)
            if not some:
                self._come = True
                for host in self._hosts.values():  # what has waited until nothing else is to be asked
                    self._offer(host)
        while self._added:
            probe, after, when_idle = self._added.popleft()
            entry = QueuedRequest(self._host(probe.url), probe, None, now)
            entry.is_confirming = when_idle
            if after:
                heapq.heappush(self._later, (now + after, next(self._number), entry))
            else:
                self._queue(entry, now)

    def _pause(self, now: float) -> float | None:
        """Return how long nothing is to be done but wait for answers; None: for ever."""
        if not self._come or self._reading or (self._ended and not self._active):
            return 0.0
        due = [heap[0][0] for heap in (self._later, self._resting) if heap]
        if self._ended:
            due.append(self._handed_over + _TOGETHER_SECONDS)
        due += [probe.until for probe in self._parked]
        return max(0.0, min(due) - now) if due else None

    def _host(self, url: str) -> HostQueue:
        """Return the server of an address: one port says nothing of another one."""
        parsed = parse_url(url)
        origin = parsed.origin if parsed else ""
        host = self._hosts.get(origin)
        if host is None:
            name = parsed.hostname if parsed else ""
            host = self._hosts[origin] = HostQueue(name, self._make_pace(name))
        return host

    def _queue(self, entry: QueuedRequest, now: float) -> None:
        """Put a new probe, or one that continues, into the queue of its host."""
        host = entry.host
        entry.since = now
        if entry.request is not None:
            host.continued.append(entry)
        elif entry.is_confirming:
            host.when_idle.append(entry)
        else:
            host.new.append(entry)
        self._offer(host)

    def _queue_again(self, entry: QueuedRequest, now: float) -> None:
        """Put a request that got an overload answer last, if its host answers others meanwhile."""
        host = entry.host
        entry.since = now
        (host.retried if host.is_serving else host.continued).append(entry)
        self._offer(host)

    def _offer(self, host: HostQueue) -> None:
        if not host.resting and host.find_next(when_idle=self._come) is not None:
            cost = host.cost
            if host.offered is None or cost < host.offered:
                host.offered = cost
                heapq.heappush(self._ready, (cost, next(self._number), host))

    def _begin_some(self, now: float) -> bool:
        """Send the next requests; True if there may be others to be sent now.

        A few at a time: a new connection takes a while of this thread (most of all with TLS), and those that are
        further on are not to wait for it.
        """
        begun = 0
        while begun < _BEGUN_TOGETHER and self._active < self.concurrency and self._begin_next(now):
            begun += 1
        return begun == _BEGUN_TOGETHER

    def _begin_next(self, now: float) -> bool:
        """Send the next request; False if there is none to be sent now."""
        while self._ready:
            cost, _, host = heapq.heappop(self._ready)
            if cost != host.offered:  # a better one is, or was, in the heap
                continue
            host.offered = None
            queue = host.find_next(when_idle=self._come)
            if host.cost > cost or queue is None:
                self._offer(host)
                continue
            if host.pace.next_at > now and not host.given_up:
                host.resting = True
                heapq.heappush(self._resting, (host.pace.next_at, next(self._number), host))
                continue
            entry = queue.popleft()
            host.pace.note_sent(now)
            host.running += 1
            self._active += 1
            self._offer(host)
            self._send(entry, now)
            return True
        return False

    def _send(self, entry: QueuedRequest, now: float) -> None:
        host, probe, request = entry.host, entry.probe, entry.request
        if probe and request is None:
            # All but a clean answer to HEAD needs a GET: a host that is in trouble is spared the first of them.
            probe.should_skip_head = host.pace.is_slowed and not host.is_serving
            first = probe.start()
            assert isinstance(first, Request)
            request = first
        elif probe and request and now > entry.since:  # for its turn: that is not the server's time
            probe.until += now - entry.since
            request = replace(request, until=request.until + now - entry.since)
        elif probe is None and request:
            request = replace(request, until=now + _CONTROL_SECONDS)
        assert request is not None
        entry.request, entry.sent = request, now
        given_up = host.given_up
        is_due = entry.is_confirming
        if host.pace.is_out_of_patience:  # what has had an overload answer to HEAD gets its GET
            is_due = entry.tries > 0 and entry.response is None
        if given_up and not is_due:
            self._end_request(host)
            if entry.response and not host.is_serving:
                given_up = entry.response  # it was asked, as slowly as we have patience for
            if probe:
                probe.until = 0.0
                self._hand_over(entry, given_up)
            self._offer(host)
            return
        if probe:
            probe.requests += 1
        self._transport.send(entry, request)

    def _end_request(self, host: HostQueue) -> None:
        host.running -= 1
        self._active -= 1

    def _go_on(self, entry: QueuedRequest, response: Response | ExhaustedError) -> None:
        """Take an answer: learn from it how to ask the host, and give it to the probe that has waited for it."""
        host = entry.host
        self._end_request(host)
        if isinstance(response, ExhaustedError) and not self._active:
            self._hopeless += 1
            if self._hopeless >= _HOPELESS_AFTER:  # nothing is under way that could end, and so help
                response = Response(failure="limit", detail=str(response), has_connected=False)
        now = self._clock()
        if isinstance(response, ExhaustedError):
            if now >= self._lowered_until:  # those that were sent at the same time fail for the same reason
                self._lowered_until = now + _EXHAUSTED_PAUSE_SECONDS
                self.concurrency = max(1, min(self.concurrency, self._active + 1) * 3 // 4)
            if entry.probe:
                entry.probe.requests -= 1  # it was not sent
            heapq.heappush(self._later, (now + _EXHAUSTED_PAUSE_SECONDS, next(self._number), entry))
        else:
            if response.has_connected:
                self._hopeless = 0
            self._learn(entry, response, now)
            if entry.probe is None:
                host.is_control_sent = not is_good(response)  # a bad answer says that the host is not well
            elif not self._asks_again(entry, response, now):
                self._hand_over(entry, response)
        self._offer(host)
        self._release_if_done(entry)

    def _release_if_done(self, entry: QueuedRequest) -> None:
        """Have the connections to a host closed when nothing is left to be asked of it."""
        host = entry.host
        if self._come and not (host.has_queue or host.running or host.when_idle or host.undecided) and entry.request:
            self._transport.release(entry.request.url)

    def _read_on(self) -> None:
        """Let one probe go on with its page."""
        if self._reading:
            entry = self._reading.popleft()
            self._end_request(entry.host)
            assert entry.probe is not None
            nothing = Response()
            self._follow(entry, entry.probe.step(nothing), nothing)
            self._offer(entry.host)
            self._release_if_done(entry)

    def _learn(self, entry: QueuedRequest, response: Response, now: float) -> None:
        """Let a host that answers be asked more at once, and one that is in trouble rest."""
        host, request = entry.host, entry.request
        assert request is not None
        if response.has_connected:
            host.spoke = True
        elif response.failure not in ("private", "limit"):
            host.silent += 1
            host.failure = response
        if should_ask_again(response):
            wanted = retry_after(response.headers)
            rest = host.pace.note_overload(
                now, sent=entry.sent, retry_after=wanted, may_be_haste=not entry.tries or host.has_recovered,
                is_timeout=response.failure == "timeout",
                is_serving=host.is_serving,
            )  # fmt: skip
            if rest:
                self._prolong_parked(host, rest)
            host.in_a_row += 1
            if host.control and host.in_a_row % 2 == 0 and entry.probe:  # the host, or only some of its pages?
                self._ask_control(host, now)
            return
        if not response.failure:
            host.pace.note_answer()
        if is_good(response):
            host.in_a_row = 0
            host.last_good = now
            host.first_good = min(host.first_good, now)
            if request.method == "HEAD":
                host.head_works = True
            elif entry.tries:  # it failed before
                if host.head_works or entry.response:
                    host.has_recovered = True
                elif not host.has_recovered:  # it is HEAD that it cannot answer
                    host.pace.forget_overload()
            host.control = request

    def _ask_control(self, host: HostQueue, now: float) -> None:
        """Ask once more for what was answered well, to see whether the host still answers."""
        assert host.control is not None
        host.continued.appendleft(QueuedRequest(host, None, host.control, now))
        self._offer(host)

    def _asks_again(self, entry: QueuedRequest, response: Response, now: float) -> bool:
        """Return True if an answer is not given to its probe now: the request is sent again, or it is decided later."""
        host, probe, request = entry.host, entry.probe, entry.request
        assert probe is not None
        assert request is not None
        if not should_ask_again(response):
            return False
        entry.tries += 1
        entry.failed_first = min(entry.failed_first, now)
        if request.method == "HEAD":
            return False  # the probe asks again by GET
        entry.response = response
        if probe.requests >= MOST_REQUESTS and entry.tries < MOST_TRIES:  # a limit of ours, no fact about the page
            limit = Response(failure="limit", detail=TOO_MANY_REQUESTS, has_connected=response.has_connected)
            self._hand_over(entry, limit)
            return True
        wanted = retry_after(response.headers)
        if now < probe.until and not host.pace.is_out_of_patience and not (wanted and now + wanted > host.pace.next_at):
            most = MOST_TRIES if is_overload(response) else MOST_TRIES_TO_REACH
            if entry.tries < most and (host.is_serving or host not in self._undecided):
                self._queue_again(entry, now)
                return True
        if not is_overload(response) or response.failure == "timeout":
            return False  # nothing else can be meant
        host.undecided.append(entry)
        self._undecided[host] = None
        return True

    def _decide(self, host: HostQueue, now: float) -> None:
        """Judge what has lasted of a host, when nothing else is to be asked of it."""
        is_idle = self._come and not host.running and host.find_next(when_idle=False) is None
        if not is_idle and not host.pace.is_out_of_patience:
            return
        undecided, host.undecided = host.undecided, []
        asks_control = False
        for entry in undecided:
            response = host.judge(entry)
            if response is None and host.pace.is_out_of_patience:
                response = Response(entry.response.code if entry.response else None, failure="overloaded")
            if response is not None:
                self._hand_over(entry, response)
            elif entry.sent < host.first_good:
                self._queue_again(entry, now)
            else:
                host.undecided.append(entry)
                asks_control = True
        if asks_control:
            host.is_control_sent = True
            self._ask_control(host, now)
        elif not host.undecided:
            del self._undecided[host]
        self._offer(host)

    def _hand_over(self, entry: QueuedRequest, response: Response) -> None:
        """Give an answer to the probe that has waited for it, and see what it wants next."""
        host, probe = entry.host, entry.probe
        assert probe is not None
        if response.failure not in ("private", "limit") or response.has_connected:  # else nobody has tried to reach it
            probe.reached[host.name] = response.has_connected or probe.reached.get(host.name, False)
        following = probe.step(response)
        if following is None and self._clock() >= probe.until > 0:
            host.late += 1
        self._follow(entry, following, response)

    def _follow(self, entry: QueuedRequest, following: Step | None, response: Response) -> None:
        probe = entry.probe
        assert probe is not None
        if isinstance(following, Request):
            before, now = entry.request, self._clock()
            is_retry = before is not None and should_ask_again(response) and before.url == following.url
            further = QueuedRequest(self._host(following.url), probe, following, now)
            further.is_confirming = entry.is_confirming
            if is_retry:  # by GET, after HEAD
                further.tries, further.failed_first = entry.tries, entry.failed_first
                self._queue_again(further, now)
            else:
                self._queue(further, now)
        elif following is PAUSE:
            self._reading.append(entry)
            entry.host.running += 1  # it counts as under way: else the pages that are to be read would fill memory
            self._active += 1
        elif following is not None:
            self._parked[probe] = entry
            entry.host.parked += 1
        else:
            probe.ended_at = self._clock()
            self._ended.append(probe)
        settled, probe.settled = probe.settled, []
        for other in settled:
            if other in self._parked:
                self._resume(other)

    def _resume(self, probe: LinkProbe) -> None:
        """Go on with a probe that has waited for another one."""
        entry = self._parked.pop(probe)
        host = entry.host
        host.parked -= 1
        nothing = Response()
        self._follow(entry, probe.step(nothing), nothing)
        self._offer(host)

    def _prolong_parked(self, host: HostQueue, seconds: float) -> None:
        """Give those who wait for another one the time that their host rests."""
        if host.parked:
            for probe, entry in self._parked.items():
                if entry.host is host:
                    probe.until += seconds

    def _wake_parked(self) -> None:
        """Let nobody wait for another one beyond its own time."""
        if self._parked:
            now = self._clock()
            for probe in [probe for probe in self._parked if probe.until <= now]:
                self._resume(probe)
