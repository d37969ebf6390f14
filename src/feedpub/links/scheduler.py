"""Send the requests of many probes at once: each host at its own pace, and nobody waits for a host that is busy.

Requests wait in the queue of their host. The next one is taken from the host that may be asked now and has the longest
queue, so a host with many addresses is never left for the end.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import Counter, deque
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, cast

from ..iri import find_host
from ..transport.base import ExhaustedError, Request, Response
from .probe import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..transport.base import Transport
    from .probe import LinkProbe, Step

FIRST_AT_ONCE: Final = 2.0  # requests to one host; more as answers come
# A host that nobody could connect to, for this many addresses, is not asked for the others.
SILENT_AFTER: Final = 3
# A host that took all the time of so many addresses is not asked for its others: a run would last for hours.
LATE_AFTER: Final = 10
MOST_PARKED: Final = 32  # addresses of one host that wait for another one, each with its page, before more are begun
_EXHAUSTED_PAUSE_SECONDS: Final = 0.1
_HOPELESS_AFTER: Final = 50  # five seconds
_SPREAD: Final = 4  # waiting requests that weigh as much as a further connection to the same host
_PREPARED_TOGETHER: Final = 64
_BEGUN_TOGETHER: Final = 8
_TOGETHER_SECONDS: Final = 0.05  # results are handed over together: each time, another thread wakes


class _Host:
    """The queue of one host."""

    __slots__ = (
        "good", "late", "limit", "name", "offered", "parked", "queue", "rest", "resting", "running", "silent", "spoken",
    )  # fmt: skip

    def __init__(self, name: str, limit: float) -> None:
        self.name, self.limit = name, limit
        self.queue: deque[tuple[LinkProbe, Request | None, float]] = deque()  # None: its first; since when it waits
        self.running = self.good = self.parked = 0
        self.silent, self.late = Counter[str](), Counter[str]()  # addresses of each of its servers (one a port)
        self.spoken: set[str] = set()  # servers that a connection was made to
        self.offered: int | None = None  # its cost in the heap
        self.resting = False
        self.rest = 0.0  # nothing is asked before

    @property
    def cost(self) -> int:
        """Small for those to be asked first: long queues, and hosts with a connection that is free."""
        return _SPREAD * self.running - len(self.queue)

    @property
    def may_begin(self) -> bool:
        """Whether the next request may be sent; one that continues a probe is always the first of the queue."""
        if not self.queue or self.running >= int(self.limit):
            return False
        return self.parked < MOST_PARKED or self.queue[0][1] is not None

    def given_up(self, server: str) -> str:
        """Return why nothing more is asked of one of its servers; the empty string if it is."""
        if self.silent[server] >= SILENT_AFTER and server not in self.spoken:
            return "other addresses of this host got no answer"
        return "other addresses of this host took too long" if self.late[server] >= LATE_AFTER else ""


def _find_server(url: str) -> str:
    """Return the start of an address in ASCII, up to its path."""
    return "/".join(url.split("/", 3)[:3])


class Scheduler:
    """Run probes in a thread, and hand them back when they have their answers."""

    def __init__(
        self,
        transport: Transport,
        *,
        concurrency: int,
        per_host: int,
        spacing: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to run.

        Args:
            transport: Sends the requests; it is closed at the end.
            concurrency: Requests at once.
            per_host: Of them to one host, at most.
            spacing: Seconds between two requests to one host.
            clock: Tells the time.
        """
        self._transport, self._per_host, self._spacing, self._clock = transport, per_host, spacing, clock
        self.concurrency = concurrency
        self.done: SimpleQueue[list[LinkProbe] | BaseException] = SimpleQueue()
        self._coming: Iterator[LinkProbe] = iter(())
        self._come = False  # all of them
        self._added: deque[tuple[LinkProbe, float]] = deque()
        self._hosts: dict[str, _Host] = {}
        self._ready: list[tuple[int, int, _Host]] = []
        self._later: list[tuple[float, int, LinkProbe, Request | None]] = []
        self._resting: list[tuple[float, int, _Host]] = []
        self._parked: dict[LinkProbe, _Host] = {}
        self._reading: deque[tuple[_Host, LinkProbe]] = deque()  # pages, a few milliseconds at a time
        self._ended: list[LinkProbe] = []
        self._handed_over = 0.0
        self._number = itertools.count()
        self._active = 0
        self._lowered_until = 0.0
        self._hopeless = 0  # how often this machine could not even make one connection
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="links")

    def add(self, probe: LinkProbe, *, after: float = 0.0) -> None:
        """Take a further probe, to be begun in some seconds; from any thread."""
        self._added.append((probe, after))
        self._transport.wake()

    def start(self, probes: Iterable[LinkProbe]) -> None:
        """Start the thread; it prepares the probes while the first of them are under way."""
        self._coming = iter(probes)
        self._thread.start()

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
        return sum(1 for host in list(self._hosts.values()) if host.queue)

    def _run(self) -> None:
        try:
            try:
                while not self._stopped:
                    self._turn()
            finally:
                self._transport.close()
        except BaseException as error:
            self.done.put(error)

    def _turn(self) -> None:
        now = self._clock()
        if not self._come:
            some = list(itertools.islice(self._coming, _PREPARED_TOGETHER))
            self._come = not some
            for probe in some:
                self._queue(probe, None, now)
        while self._added:
            probe, after = self._added.popleft()
            if after:
                heapq.heappush(self._later, (now + after, next(self._number), probe, None))
            else:
                self._queue(probe, None, now)
        while self._later and self._later[0][0] <= now:
            _, _, probe, request = heapq.heappop(self._later)
            self._queue(probe, request, now)
        while self._resting and self._resting[0][0] <= now:
            _, _, host = heapq.heappop(self._resting)
            host.resting = False
            self._offer(host)
        more = self._begin_some(now)
        for key, response in self._transport.wait(0.0 if more else self._pause(now)):
            host, probe, request = cast("tuple[_Host, LinkProbe, Request]", key)
            self._go_on(host, probe, request, response)
            self._begin_some(now)
        self._read_on()
        self._wake_parked()
        if self._ended and (not self._active or self._clock() - self._handed_over >= _TOGETHER_SECONDS):
            self._handed_over = self._clock()
            self.done.put(self._ended)
            self._ended = []

    def _pause(self, now: float) -> float | None:
        """Return how long nothing is to be done but wait for answers; None: for ever."""
        if not self._come or self._reading or (self._ended and not self._active):
            return 0.0
        due = [heap[0][0] for heap in (self._later, self._resting) if heap]
        if self._ended:
            due.append(self._handed_over + _TOGETHER_SECONDS)
        due += [probe.until for probe in self._parked]
        return max(0.0, min(due) - now) if due else None

    def _host(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(name, min(FIRST_AT_ONCE, self._per_host))
        return host

    def _queue(self, probe: LinkProbe, request: Request | None, now: float) -> None:
        """Put a request last; one that continues a probe first."""
        host = self._host(find_host(request.url if request else probe.url))
        if request is None:
            host.queue.append((probe, None, now))
        else:
            host.queue.appendleft((probe, request, now))
        self._offer(host)

    def _offer(self, host: _Host) -> None:
        if host.may_begin and not host.resting:
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
        while begun < _BEGUN_TOGETHER and self._active < self.concurrency and self._begin(now):
            begun += 1
        return begun == _BEGUN_TOGETHER

    def _begin(self, now: float) -> bool:
        """Send the next request; False if there is none to be sent now."""
        while self._ready:
            cost, _, host = heapq.heappop(self._ready)
            if cost != host.offered:  # a better one is, or was, in the heap
                continue
            host.offered = None
            if host.cost > cost or not host.may_begin:
                self._offer(host)
                continue
            if host.rest > now:
                host.resting = True
                heapq.heappush(self._resting, (host.rest, next(self._number), host))
                continue
            probe, request, since = host.queue.popleft()
            if self._spacing:
                host.rest = now + self._spacing
            host.running += 1
            self._active += 1
            self._offer(host)
            self._send(host, probe, request, now - since)
            return True
        return False

    def _send(self, host: _Host, probe: LinkProbe, request: Request | None, waited: float) -> None:
        if request is None:
            first = probe.start()
            assert isinstance(first, Request)
            request = first
        elif waited > 0:  # for its turn: that is not the server's time
            probe.until += waited
            request = replace(request, until=request.until + waited)
        server = _find_server(request.url)
        if reason := host.given_up(server):
            probe.until = 0.0
            connected = server in host.spoken
            self._go_on(host, probe, request, Response(failure="timeout", detail=reason, connected=connected))
            return
        self._transport.send((host, probe, request), request)

    def _go_on(self, host: _Host, probe: LinkProbe, request: Request, response: Response | ExhaustedError) -> None:
        """Give an answer to the probe that has waited for it."""
        host.running -= 1
        self._active -= 1
        if isinstance(response, ExhaustedError) and not self._active:
            self._hopeless += 1
            if self._hopeless >= _HOPELESS_AFTER:  # nothing is under way that could end, and so help
                response = Response(failure="limit", detail=str(response), connected=False)
        if isinstance(response, ExhaustedError):
            now = self._clock()
            if now >= self._lowered_until:  # those that were sent at the same time fail for the same reason
                self._lowered_until = now + _EXHAUSTED_PAUSE_SECONDS
                self.concurrency = max(1, min(self.concurrency, self._active + 1) * 3 // 4)
            heapq.heappush(self._later, (now + _EXHAUSTED_PAUSE_SECONDS, next(self._number), probe, request))
        else:
            self._learn(host, request, response)
            if response.connected:
                self._hopeless = 0
            if response.failure not in ("private", "limit") or response.connected:  # else nobody has tried to reach it
                probe.reached[host.name] = response.connected or probe.reached.get(host.name, False)
            following = probe.step(response)
            if following is None and self._clock() >= probe.until > 0:
                host.late[_find_server(request.url)] += 1
            self._follow(host, probe, following)
        self._offer(host)
        if not host.queue and not host.running:
            self._transport.release(host.name)

    def _learn(self, host: _Host, request: Request, response: Response) -> None:
        """Ask a host that answers more at once, one that is in trouble less."""
        if response.connected:
            host.spoken.add(_find_server(request.url))
        if response.code in (429, 503) or response.failure == "reset":
            host.limit, host.good = max(1.0, host.limit / 2), 0
        elif response.code and host.limit < self._per_host:
            host.good += 1
            if host.good >= host.limit:
                host.limit, host.good = min(float(self._per_host), host.limit + 1), 0

    def _read_on(self) -> None:
        """Let one probe go on with its page."""
        if self._reading:
            host, probe = self._reading.popleft()
            host.running -= 1
            self._active -= 1
            self._follow(host, probe, probe.step(Response()))
            self._offer(host)
            if not host.queue and not host.running:
                self._transport.release(host.name)

    def _follow(self, host: _Host, probe: LinkProbe, following: Step | None) -> None:
        if isinstance(following, Request):
            now = self._clock()
            if following.seconds:
                heapq.heappush(self._later, (now + following.seconds, next(self._number), probe, following))
            else:
                self._queue(probe, following, now)
        elif following is PAUSE:
            self._reading.append((host, probe))
            host.running += 1  # it counts as under way: else the pages that are to be read would fill memory
            self._active += 1
        elif following is not None:
            self._parked[probe] = host
            host.parked += 1
        else:
            if not probe.reached.get(host.name, True):
                host.silent[_find_server(probe.answer.final_url)] += 1
            self._ended.append(probe)
        settled, probe.settled = probe.settled, []
        for other in settled:
            if other in self._parked:
                self._resume(other)

    def _resume(self, probe: LinkProbe) -> None:
        """Go on with a probe that has waited for another one."""
        host = self._parked.pop(probe)
        host.parked -= 1
        self._follow(host, probe, probe.step(Response()))
        self._offer(host)

    def _wake_parked(self) -> None:
        """Let nobody wait for another one beyond its own time."""
        if self._parked:
            now = self._clock()
            for probe in [probe for probe in self._parked if probe.until <= now]:
                self._resume(probe)
