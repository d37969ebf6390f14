"""Send the requests of many chases at once: each host at its own pace, and nobody waits for a host that is busy.

Requests wait in the queue of their host. A worker takes from the host that may run now and has the longest queue, so a
host with many addresses is never left for the end. Waiting (between tries, or as a host asks) needs no worker.
"""

from __future__ import annotations

import heapq
import itertools
import re
import threading
import time
from collections import deque
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from ..wire import ExhaustedError
from .chase import Ask, Got

if TYPE_CHECKING:
    from collections.abc import Callable

    from .chase import Chase, Wait

FIRST_AT_ONCE: Final = 2.0  # requests to one host; more as answers come
# A host that nobody could connect to, for this many addresses, is not asked for the others.
SILENT_AFTER: Final = 3
_EXHAUSTED_PAUSE_SECONDS: Final = 0.1


class _Host:
    """The queue of one host."""

    __slots__ = ("good", "last", "limit", "name", "queue", "queued", "rest", "running", "silent", "spoke")

    def __init__(self, name: str, limit: float) -> None:
        self.name, self.limit = name, limit
        self.queue: deque[tuple[Chase, Ask]] = deque()
        self.running = self.good = self.silent = 0
        self.queued = self.spoke = False
        self.rest = self.last = 0.0  # nothing is asked before `rest`


class Schedule:
    """Run chases in threads, and hand them back when they have their answers."""

    def __init__(
        self,
        send: Callable[[Ask], Got],
        *,
        concurrency: int,
        per_host: int,
        spacing: float = 0.0,
        idle: Callable[[str], None] = lambda host: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to run.

        Args:
            send: Sends one request, and never raises but `ExhaustedError`.
            concurrency: Requests at once.
            per_host: Of them to one host, at most.
            spacing: Seconds between two requests to one host.
            idle: Called when nothing is left to be asked of a host.
            clock: Tells the time.
        """
        self._send, self._per_host, self._spacing, self._clock = send, per_host, spacing, clock
        self.concurrency, self._idle_host = concurrency, idle
        self.done: SimpleQueue[Chase | BaseException] = SimpleQueue()
        self._hosts: dict[str, _Host] = {}
        self._ready: list[tuple[int, int, _Host]] = []
        self._later: list[tuple[float, int, Chase, Ask | None]] = []
        self._number = itertools.count()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._workers: list[threading.Thread] = []
        self._waiting = self._active = 0
        self._keeper = self._stopped = False

    def add(self, chase: Chase, *, after: float = 0.0) -> None:
        """Take a chase, to be begun in some seconds."""
        with self._lock:
            if after:
                heapq.heappush(self._later, (self._clock() + after, next(self._number), chase, None))
            else:
                self._queue(chase, None)
            self._wake()

    def start(self, most: int) -> None:
        """Start workers, no more than there can be work for; when no more threads can be had, those there are."""
        while len(self._workers) < min(self.concurrency, most):
            worker = threading.Thread(target=self._work, daemon=True, name=f"links-{len(self._workers)}")
            try:
                worker.start()
            except RuntimeError:
                if not self._workers:
                    raise
                self.concurrency = len(self._workers)
                return
            self._workers.append(worker)

    def stop(self) -> None:
        """End the workers, each after what it does just now."""
        with self._lock:
            self._stopped = True
            self._changed.notify_all()

    def join(self, seconds: float) -> None:
        """Wait for the workers."""
        until = self._clock() + seconds
        for worker in self._workers:
            worker.join(max(0.0, until - self._clock()))

    def _host(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(name, min(FIRST_AT_ONCE, self._per_host))
        return host

    def _queue(self, chase: Chase, ask: Ask | None) -> None:
        """Put a request last; one that continues a chase first."""
        host = self._host(_host_name(ask.url if ask else chase.url))
        if ask is None:
            host.queue.append((chase, _FIRST))
        else:
            host.queue.appendleft((chase, ask))
        self._offer(host)

    def _offer(self, host: _Host) -> None:
        if host.queue and not host.queued and host.running < int(host.limit):
            host.queued = True
            heapq.heappush(self._ready, (-len(host.queue), next(self._number), host))

    def _wake(self) -> None:
        if self._waiting:
            self._changed.notify()

    def _take(self) -> tuple[_Host, Chase, Ask] | None:
        """Wait for something to do; None at the end. The lock is held."""
        while not self._stopped:
            now = self._clock()
            while self._later and self._later[0][0] <= now:
                _, _, chase, ask = heapq.heappop(self._later)
                self._queue(chase, ask)
            found = self._next(now) if self._active < self.concurrency else None
            if found:
                self._active += 1
                if self._waiting and (self._ready or (self._later and not self._keeper)):
                    self._changed.notify()
                return found
            keeps = bool(self._later) and not self._keeper
            if keeps:
                self._keeper = True
            self._waiting += 1
            self._changed.wait(max(0.0, self._later[0][0] - now) if keeps else None)
            self._waiting -= 1
            if keeps:
                self._keeper = False
        return None

    def _next(self, now: float) -> tuple[_Host, Chase, Ask] | None:
        while self._ready:
            size, _, host = heapq.heappop(self._ready)
            if -size > len(host.queue) > 0:  # it has become shorter: others may come first
                heapq.heappush(self._ready, (-len(host.queue), next(self._number), host))
                continue
            host.queued = False
            if not host.queue or host.running >= int(host.limit):
                continue
            chase, ask = host.queue.popleft()
            if host.rest > now:
                heapq.heappush(self._later, (host.rest, next(self._number), chase, None if ask is _FIRST else ask))
                self._offer(host)
                continue
            if self._spacing:
                host.rest = now + self._spacing
            host.running += 1
            self._offer(host)
            return host, chase, ask
        return None

    def _work(self) -> None:
        try:
            self._work_on()
        except BaseException as error:
            self.done.put(error)

    def _work_on(self) -> None:
        while True:
            with self._lock:
                found = self._take()
            if found is None:
                return
            host, chase, ask = found
            following: Ask | Wait | None = chase.start() if ask is _FIRST else ask
            silent = host.silent >= SILENT_AFTER and not host.spoke
            while isinstance(following, Ask):
                waits = following.seconds > 0 and following is not ask
                if waits or _host_name(following.url) != host.name:
                    break
                following = self._step(host, chase, following, silent=silent)
            self._leave(host, chase, following)

    def _step(self, host: _Host, chase: Chase, ask: Ask, *, silent: bool) -> Ask | Wait | None:
        if silent:
            got = Got(failure="timeout", detail="other addresses of this host got no answer", connected=False)
            chase.until = 0.0
        else:
            try:
                got = self._send(ask)
            except ExhaustedError:
                with self._lock:
                    self.concurrency = max(1, min(self.concurrency, self._active) * 3 // 4)
                return Ask(ask.method, ask.url, ask.headers, ask.most, _EXHAUSTED_PAUSE_SECONDS, ask.until)
        self._learn(host, got)
        chase.reached[host.name] = got.connected or chase.reached.get(host.name, False)
        return chase.step(got)

    def _learn(self, host: _Host, got: Got) -> None:
        """Ask a host that answers more at once, one that is in trouble less."""
        if got.connected:
            host.spoke = True
        if got.code in (429, 503) or got.failure == "reset":
            host.limit, host.good = max(1.0, host.limit / 2), 0
        elif got.code and host.limit < self._per_host:
            host.good += 1
            if host.good >= host.limit:
                host.limit, host.good = min(float(self._per_host), host.limit + 1), 0

    def _leave(self, host: _Host, chase: Chase, following: Ask | Wait | None) -> None:
        settled, chase.settled = chase.settled, []
        with self._lock:
            host.running -= 1
            self._active -= 1
            if isinstance(following, Ask):
                if following.seconds:
                    due = self._clock() + following.seconds
                    heapq.heappush(self._later, (due, next(self._number), chase, following))
                else:
                    self._queue(chase, following)
            elif following is not None:
                chase.parked = True
            if following is None and not chase.reached.get(host.name, True):
                host.silent += 1
            self._offer(host)
            done = not host.queue and not host.running
        if following is None:
            self.done.put(chase)
        if done:
            self._idle_host(host.name)
        for other in settled:
            self._resume(other)

    def _resume(self, chase: Chase) -> None:
        """Go on with a chase that has waited for another one."""
        while not chase.parked:  # it is about to be
            time.sleep(0.001)
        chase.parked = False
        following = chase.step(Got())
        settled, chase.settled = chase.settled, []
        if isinstance(following, Ask):
            with self._lock:
                self._queue(chase, following)
                self._wake()
        elif following is None:
            self.done.put(chase)
        for other in settled:
            self._resume(other)


_FIRST: Final = Ask("", "", {}, 0, 0.0, 0.0)


_HOST: Final = re.compile(r"https?://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)")


def _host_name(url: str) -> str:
    """Return the host of an address that is known to be one."""
    found = _HOST.match(url)
    return found[1].lower() if found else ""
