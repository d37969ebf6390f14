"""Hosts with limits, in simulated time: a clock and a transport for `Scheduler`; nothing sleeps."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from feedpub.iri import parse_url
from feedpub.links.classify import Verdict, classify_result
from feedpub.links.pace import HostPace
from feedpub.links.probe import HostState, LinkProbe
from feedpub.links.scheduler import Scheduler
from feedpub.transport.base import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

PAGE = b"<!DOCTYPE html><title>Notes</title><h1>Notes</h1>" + b"<p>Text of the notes." * 300
HTML = {"content-type": "text/html; charset=utf-8", "content-length": str(len(PAGE))}


class Clock:
    """A clock that only moves when a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """One host: `limit` returns its response to too many requests, `answer` that to all others."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.times: list[float] = []  # of all requests
        self.targets: list[tuple[str, str]] = []  # method, path
        self.running = self.most_running = 0
        self.refused = 0

    def limit(self) -> Response | None:
        """Return the response to a request that comes too early; None if it does not."""
        return None

    def answer(self, method: str, path: str) -> Response:
        """Return the response to a request that is served: every page exists."""
        if "feedpub-" in path:
            return Response(404, {"content-type": "text/html"})
        return Response(200, HTML, body=PAGE if method == "GET" else b"")

    def receive(self, request: Request) -> Response:
        self.times.append(self.clock.now)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        parsed = parse_url(request.url)
        assert parsed
        self.targets.append((request.method, parsed.pathname))
        response = self.limit()
        if response is not None:
            self.refused += 1
            return response
        return self.answer(request.method, parsed.pathname)

    def count(self, since: float, until: float) -> int:
        return sum(since <= moment < until for moment in self.times)


class TokenBucket(Server):
    """A host that serves some requests per second, after a burst."""

    def __init__(self, clock: Clock, *, rate: float, burst: int, refusal: Response) -> None:
        super().__init__(clock)
        self.rate, self.burst, self.refusal = rate, burst, refusal
        self.tokens, self.filled = float(burst), clock.now

    def limit(self) -> Response | None:
        self.tokens = min(self.burst, self.tokens + (self.clock.now - self.filled) * self.rate)
        self.filled = self.clock.now
        if self.tokens < 1:
            return self.refusal
        self.tokens -= 1
        return None


class OneAtATime(Server):
    """A host that serves one request at a time."""

    def __init__(self, clock: Clock, codes: Sequence[int]) -> None:
        super().__init__(clock)
        self.codes = itertools.cycle(codes)

    def limit(self) -> Response | None:
        return Response(next(self.codes)) if self.running > 1 else None


class SimulatedTransport:
    """Sends requests to simulated hosts; the clock moves when there is nothing to do but wait."""

    def __init__(self, clock: Clock, servers: dict[str, Server], *, latency: float = 0.1, turn: float = 0.0) -> None:
        self.clock, self.servers, self.latency, self.turn_seconds = clock, servers, latency, turn
        self.coming: list[tuple[float, int, object, Response, Server]] = []
        self.number = itertools.count()
        self.idle: Counter[str] = Counter()
        self.opened = 0

    def send(self, key: object, request: Request) -> None:
        origin = str(getattr(parse_url(request.url), "origin", ""))
        server = self.servers[origin]
        if self.idle[origin]:
            self.idle[origin] -= 1
        else:
            self.opened += 1
        response = server.receive(request)
        at = self.clock.now + self.latency
        if response.failure == "timeout" or at > request.until:
            at, response = request.until, Response(failure="timeout")
        heapq.heappush(self.coming, (at, next(self.number), key, response, server))

    def wait(self, seconds: float | None) -> Iterator[tuple[object, Response]]:
        until = self.clock.now + (3600.0 if seconds is None else seconds)
        if self.coming:
            until = min(until, max(self.clock.now, self.coming[0][0]))
        self.clock.now = until + self.turn_seconds
        while self.coming and self.coming[0][0] <= self.clock.now:
            _, _, key, response, server = heapq.heappop(self.coming)
            server.running -= 1
            self.idle[self._find_origin(server)] += 1
            yield key, response

    def _find_origin(self, server: Server) -> str:
        return next(origin for origin, candidate in self.servers.items() if candidate is server)

    def wake(self) -> None:
        """Do nothing: there is only one thread."""

    def release(self, url: str) -> None:
        self.idle[str(getattr(parse_url(url), "origin", ""))] = 0

    def close(self) -> None:
        """Do nothing."""


class Simulation:
    """One run over simulated hosts."""

    def __init__(self, clock: Clock, servers: dict[str, Server], **transport: float) -> None:
        self.clock, self.servers = clock, servers
        self.transport = SimulatedTransport(clock, servers, **transport)
        self.states: dict[str, HostState] = defaultdict(lambda: HostState(head_is_unreliable=False))
        self.probes: list[LinkProbe] = []

    def run(
        self,
        urls: Iterable[str],
        *,
        patience: float = 120.0,
        per_host: int = 6,
        spacing: float = 0.0,
        deadline: float = 30.0,
        concurrency: int = 128,
        most_turns: int = 200_000,
    ) -> dict[str, Verdict]:
        scheduler = Scheduler(
            self.transport, concurrency=concurrency, clock=self.clock,
            make_pace=lambda _: HostPace(per_host=per_host, spacing=spacing, patience=patience),
        )  # fmt: skip
        due_urls = list(urls)
        scheduler.take_probes(
            LinkProbe(url, (), self._find_state, seconds=deadline, clock=self.clock) for url in due_urls
        )
        for _ in range(most_turns):
            scheduler.run_turn()
            while not scheduler.ended_probes.empty():
                ended = scheduler.ended_probes.get()
                assert not isinstance(ended, BaseException)
                self.probes += ended
            if len(self.probes) == len(due_urls):
                break
        else:
            raise AssertionError(f"{len(due_urls) - len(self.probes)} links have no verdict after {most_turns} turns")
        return {probe.url: classify_result(probe.result) for probe in self.probes}

    def _find_state(self, url: str) -> HostState:
        return self.states[str(getattr(parse_url(url), "origin", ""))]


def simulate(
    make: Callable[[Clock], Server], paths: Iterable[str], **options: float
) -> tuple[Server, dict[str, Verdict], float]:
    """Check some paths of one simulated host; return the host, the verdicts by path, and the seconds it took."""
    clock = Clock()
    server = make(clock)
    begun = clock.now
    verdicts = Simulation(clock, {"http://a.test": server}).run((f"http://a.test{path}" for path in paths), **options)  # type: ignore[arg-type]
    return server, {url.removeprefix("http://a.test"): verdict for url, verdict in verdicts.items()}, clock.now - begun
