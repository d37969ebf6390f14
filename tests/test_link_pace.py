"""The pace of a host: how fast requests are sent, and which ones. Cases: tests/cases/link_pace.toml."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from feedpub.links.check import check_links
from feedpub.links.history import History
from feedpub.model import LinkSettings
from feedpub.transport.base import Response
from support.case_files import load_cases
from support.link_farm import Behaviour, Exchange, Farm, by_method, count_down, respond
from support.link_simulation import Clock, OneAtATime, Server, Simulation, TokenBucket, simulate

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.4.1"
SETTINGS = LinkSettings(allow_private=True, deadline=4.0)
CASES = load_cases("link_pace")


def list_cases(kind: str) -> list[Any]:
    return [case for case in CASES if case.values[0]["kind"] == kind]


class Counted:
    """A behaviour that records how many requests are under way at each request."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour, self.under_way = behaviour, 0
        self.seen: list[int] = []

    async def __call__(self, exchange: Exchange) -> None:
        self.under_way += 1
        self.seen.append(self.under_way)
        await asyncio.sleep(0.05)
        self.under_way -= 1
        await self.behaviour(exchange)


def count_at_once(behaviour: Behaviour, count: int, settings: LinkSettings = SETTINGS) -> list[int]:
    counted = Counted(behaviour)
    with closing(Farm({"page": counted})) as farm:
        check_links([farm.url("page", HOST, path=f"/{number}") for number in range(count)], settings=settings)
    return counted.seen


def test_a_host_that_answers_is_asked_more() -> None:
    seen = count_at_once(respond(), 60)
    assert max(seen[:2]) == 2
    assert max(seen) == 6


def test_it_is_never_asked_more_than_it_may() -> None:
    assert max(count_at_once(respond(), 20, LinkSettings(allow_private=True, per_host=1))) == 1
    assert max(count_at_once(respond(), 60, LinkSettings(allow_private=True, per_host=3))) == 3


class Limited(Server):
    """A host of a case: some of its pages are broken."""

    broken: frozenset[str] = frozenset()
    broken_code = 500

    def answer(self, method: str, path: str) -> Response:
        return Response(self.broken_code) if path in self.broken else super().answer(method, path)


class LimitedBucket(Limited, TokenBucket):
    """A host of a case with a rate limit."""


class LimitedOneAtATime(Limited, OneAtATime):
    """A host of a case that serves one request at a time."""


def make_server(case: dict[str, Any], clock: Clock) -> Server:
    limit = case.get("limit", {})
    server: Limited
    if "rate" in limit:
        headers = {"retry-after": limit["retry_after"]} if "retry_after" in limit else {}
        refusal = Response(limit.get("code"), headers, failure=limit.get("failure"))
        server = LimitedBucket(clock, rate=limit["rate"], burst=limit["burst"], refusal=refusal)
    elif "at_once" in limit:
        server = LimitedOneAtATime(clock, limit["codes"])
    else:
        server = Limited(clock)
    server.broken = frozenset(f"/p{number}" for number in case.get("broken", []))
    server.broken_code = case.get("broken_code", 500)
    return server


@pytest.mark.parametrize("case", list_cases("simulated"))
def test_a_host_is_asked_as_fast_as_it_bears(case: dict[str, Any]) -> None:
    paths = [f"/p{number}" for number in range(case["links"])]
    _, verdicts, seconds = simulate(lambda clock: make_server(case, clock), paths)
    broken = {f"/p{number}" for number in case.get("broken", [])}
    good = {path: verdict.status for path, verdict in verdicts.items() if path not in broken}
    assert good == dict.fromkeys(good, case.get("status"))
    assert {path: verdicts[path].status for path in broken} == dict.fromkeys(broken, case.get("broken_status"))
    assert len(verdicts) == case["links"]
    least = case["links"] / case["limit"]["rate"] if "rate" in case.get("limit", {}) else 10.0
    assert seconds < 120 + 2 * least


@pytest.mark.parametrize(
    ("rate", "refusal"),
    [
        (2, Response(503)),
        (2, Response(429)),
        (10, Response(429, {"retry-after": "1"})),
        (1, Response(failure="reset")),
        (5, Response(500)),
    ],
    ids=["2/s 503", "2/s 429", "10/s Retry-After", "1/s reset", "5/s 500"],
)
@pytest.mark.parametrize("latency", [0.02, 0.3])
def test_a_host_is_asked_no_faster_than_it_allows(rate: float, refusal: Response, latency: float) -> None:
    clock = Clock()
    server = TokenBucket(clock, rate=rate, burst=5, refusal=refusal)
    simulation = Simulation(clock, {"http://a.test": server}, latency=latency)
    verdicts = simulation.run(f"http://a.test/p{number}" for number in range(int(rate * 240)))
    assert {verdict.status for verdict in verdicts.values()} == {"ok"}
    begun, ended = server.times[0] + 60, server.times[-1]
    assert ended - begun > 60
    assert server.count(begun, ended) <= 1.2 * rate * (ended - begun)
    assert (
        max(server.count(at, at + 10) for at in range(int(begun), int(ended) - 10)) <= 1.2 * rate * 10 + 5
    )  # the burst


def test_a_host_that_serves_one_at_a_time_is_asked_so() -> None:
    server, verdicts, _ = simulate(lambda clock: OneAtATime(clock, [500]), [f"/p{number}" for number in range(1500)])
    assert {verdict.status for verdict in verdicts.values()} == {"ok"}
    assert server.refused <= 4
    assert [method for method, _ in server.targets].count("HEAD") > 1490  # it is not HEAD that it cannot answer


@pytest.mark.parametrize("response", [Response(503), Response(429), Response(failure="reset"), Response(500)])
def test_a_host_in_trouble_rests(response: Response) -> None:
    class Down(Server):
        def limit(self) -> Response:
            return response

    server, _, _ = simulate(Down, [f"/p{number}" for number in range(6)])
    pauses = [later - earlier for earlier, later in zip(server.times, server.times[1:], strict=False)]
    assert server.most_running == 2  # at the start
    assert [round(pause) for pause in pauses[1:6]] == [1, 2, 4, 8, 8]


@pytest.mark.parametrize("code", [404, 403, 501, 505, 400])
def test_a_host_that_says_no_does_not_rest(code: int) -> None:
    class Refuses(Server):
        def answer(self, method: str, path: str) -> Response:
            return Response(code)

    _, verdicts, seconds = simulate(Refuses, [f"/p{number}" for number in range(10)])
    assert len(verdicts) == 10
    assert seconds < 1.5


@pytest.mark.parametrize("failure", ["timeout", "reset"])
def test_a_host_that_cannot_answer_head_is_not_slowed_down(failure: Any) -> None:
    class NoHead(Server):
        def answer(self, method: str, path: str) -> Response:
            return Response(failure=failure) if method == "HEAD" else super().answer(method, path)

    server, verdicts, _ = simulate(NoHead, [f"/p{number}" for number in range(40)])
    assert {verdict.status for verdict in verdicts.values()} == {"ok"}
    assert server.most_running == 6
    assert [method for method, _ in server.targets[10:]].count("HEAD") <= 1  # the soft-404 probe


@pytest.mark.parametrize("code", [500, 503, 429])
def test_a_host_that_fails_at_a_random_path_is_not_held_up(code: int) -> None:
    class FailsAtOthers(Server):
        def answer(self, method: str, path: str) -> Response:
            if method == "HEAD":
                return Response(405)
            return Response(code) if "feedpub-" in path else super().answer(method, path)

    _, verdicts, seconds = simulate(FailsAtOthers, [f"/p{number}" for number in range(200)])
    assert {verdict.status for verdict in verdicts.values()} == {"ok"}
    assert seconds < 60


def test_patience_ends_and_the_others_are_asked_first_the_next_time() -> None:
    class Down(Server):
        def limit(self) -> Response:
            return Response(503)

    server, verdicts, seconds = simulate(Down, [f"/p{number}" for number in range(100)], patience=20.0)
    assert seconds < 25
    statuses = [verdict.status for verdict in verdicts.values()]
    assert statuses.count("dead") >= 2
    assert statuses.count("unsure") > 90
    assert len(server.times) < 12


def test_retry_after_is_obeyed_within_patience() -> None:
    class Busy(Server):
        def limit(self) -> Response | None:
            return Response(429, {"retry-after": "100"}) if len(self.times) == 3 else None

    server, verdicts, _ = simulate(Busy, [f"/p{number}" for number in range(10)])
    pauses = [later - earlier for earlier, later in zip(server.times, server.times[1:], strict=False)]
    assert max(pauses) == pytest.approx(100, abs=1)
    assert {verdict.status for verdict in verdicts.values()} == {"ok"}


def test_one_port_says_nothing_of_another() -> None:
    class Down(Server):
        def limit(self) -> Response:
            return Response(failure="timeout")

    clock = Clock()
    good = Server(clock)
    simulation = Simulation(clock, {"http://a.test": good, "http://a.test:8080": Down(clock)})
    urls = [f"http://a.test{port}/p{number}" for number in range(30) for port in ("", ":8080")]
    verdicts = simulation.run(urls)
    assert {url: verdict.status for url, verdict in verdicts.items()} == {
        url: "unsure" if ":8080" in url else "ok" for url in urls
    }
    assert good.times[-1] - good.times[0] < 2


@pytest.mark.parametrize("turn_seconds", [0.0, 0.05, 0.3])
def test_connections_are_kept_however_slow_turns_are(turn_seconds: float) -> None:
    clock = Clock()
    hosts = [f"http://h{number}.test" for number in range(200)]
    simulation = Simulation(clock, {host: Server(clock) for host in hosts}, turn=turn_seconds)
    urls = [f"{hosts[number % 200]}/p{number}" for number in range(6000)]
    verdicts = simulation.run(urls, concurrency=512, per_host=1)
    assert {verdict.status for verdict in verdicts.values()} == {"ok"}
    assert simulation.transport.opened <= len(hosts) * 1.2


def serve_rules(rules: list[dict[str, Any]]) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        for rule in rules:
            if (
                rule.get("method", exchange.method) == exchange.method
                and rule.get("path", exchange.target) == exchange.target
                and ("has" not in rule or rule["has"] in exchange.fields)
                and ("lacks" not in rule or rule["lacks"] not in exchange.fields)
            ):
                break
        else:
            raise AssertionError("no rule fits")
        names = {"content_length", "content_encoding", "location", "retry_after", "etag"} & rule.keys()
        headers = {name.replace("_", "-").title(): rule[name] for name in names}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        body = b"" if exchange.method == "HEAD" else b"<title>Notes</title>" + b"x" * 5000
        if "content_length" not in rule:
            lines += "Content-Length: 5020\r\n"
        await exchange.send(f"HTTP/1.1 {rule['status']} S\r\nContent-Type: text/html\r\n{lines}\r\n".encode() + body)
        if "content_length" in rule:
            exchange.writer.close()

    return behave


@pytest.mark.parametrize("case", list_cases("served"))
def test_head_and_headers_of_ours_are_not_believed(case: dict[str, Any], tmp_path: Path) -> None:
    behaviours = {"page": serve_rules(case["rules"]), "other": respond(), "login": respond()}
    fragment = f"#{case['fragment']}" if "fragment" in case else ""
    with closing(Farm(behaviours)) as farm:
        for _ in range(case.get("runs", 1)):
            (link,) = check_links(
                [farm.url("page", HOST) + fragment],
                settings=SETTINGS,
                history=tmp_path / "links.sqlite",
                everything=True,
            ).links
        plain = [head.lower() for head in farm.heads if " GET /page" in head]
        if case["status"] != "ok":
            assert plain, "nothing but ok is said without a plain GET"
    assert link.status == case["status"], link
    for head in plain:
        assert "accept-language: en,*;q=0.5\r\n" in head
        assert "accept-encoding:" in head
        assert "range:" not in head
        assert "if-none-match:" not in head


class TlsServer:
    """A server with the TLS settings of a case; it answers all requests with one page."""

    def __init__(self, case: dict[str, Any], folder: Path) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST, key_type=trustme.KeyType.RSA).configure_cert(self._context)
        if "ciphers" in case:
            self._context.maximum_version = ssl.TLSVersion.TLSv1_2
            self._context.set_ciphers(case["ciphers"])
        if "version" in case:
            self._context.minimum_version = self._context.maximum_version = ssl.TLSVersion[case["version"]]
        if case.get("wants_certificate"):
            authority.configure_trust(self._context)
            self._context.verify_mode = ssl.CERT_REQUIRED
        if "protocols" in case:
            self._context.set_alpn_protocols(case["protocols"])
        settings = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"  # RFC 9113, section 6.5
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n"
        self._answer = settings if case.get("speaks") == "http/2" else head
        self._socket = socket.create_server((HOST, 0))
        self.url = f"https://{HOST}:{self._socket.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._talk(self._socket.accept()[0])

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secured:
            with contextlib.suppress(OSError):
                secured.do_handshake()
                secured.recv(4096)
                secured.sendall(self._answer)
                return
            with contextlib.suppress(OSError):  # to close with something unread would reset what was said
                while socket.socket.recv(secured, 4096):
                    pass

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.mark.parametrize("case", list_cases("tls"))
def test_what_this_client_lacks_is_no_fact_about_the_host(case: dict[str, Any], tmp_path: Path) -> None:
    with closing(TlsServer(case, tmp_path)) as server:
        settings = LinkSettings(allow_private=True, deadline=6.0, ca_bundle=str(tmp_path / "ca.pem"))
        (link,) = check_links([server.url], settings=settings, strict=False).links
    assert link.status == case["status"], link
    assert case.get("reason", "") in link.reason


def test_a_host_that_lies_to_head_is_remembered(tmp_path: Path) -> None:
    behaviours: dict[str, Behaviour] = {"page": by_method(respond(404), respond())}
    with closing(Farm(behaviours)) as farm:
        for run in range(2):
            farm.requests.clear()
            check_links([farm.url("page", HOST)], settings=SETTINGS, history=tmp_path / "links.sqlite", everything=True)
            methods = [method for method, _, target in farm.requests if target == "/page"]
            assert methods == (["GET"] if run else ["HEAD", "GET"])
    with History(tmp_path / "links.sqlite") as history:
        assert len(history.list_unreliable_head_hosts()) == 1


@pytest.mark.parametrize("redirects", [3, 9, 15, 20, 25])
def test_a_chain_makes_thirty_requests_at_most(redirects: int) -> None:
    with closing(Farm({"chain": count_down})) as farm:
        settings = LinkSettings(allow_private=True, deadline=20.0)
        (link,) = check_links([farm.url("chain", HOST, path=f"/{redirects}")], settings=settings).links
        assert len(farm.requests) <= 30
    assert link.status == ("moved" if redirects <= 20 else "dead")


def test_confirmations_fit_into_the_deadline_or_are_left_out() -> None:

    async def gone_after_a_while(exchange: Exchange) -> None:
        await asyncio.sleep(0.9)
        await exchange.answer(404, body=b"")

    with closing(Farm({"slow": gone_after_a_while, "fast": respond(404)})) as farm:
        settings = LinkSettings(allow_private=True, deadline=3.0)
        report = check_links([farm.url("slow", HOST), farm.url("fast", "127.0.4.2")], settings=settings)
        assert [link.status for link in report.broken] == ["dead", "dead"]
        targets = [target for _, _, target in farm.requests]
    assert targets.count("/slow") == 2  # HEAD and GET have taken 1.8 seconds: no confirmation would end in time
    assert targets.count("/fast") == 4


@pytest.mark.parametrize(
    ("rate", "burst", "code", "retry_after"), [(40, 5, 503, ""), (40, 5, 429, ""), (40, 10, 429, "1")]
)
def test_a_real_host_with_a_limit(rate: float, burst: int, code: int, retry_after: str) -> None:
    bucket: TokenBucket | None = None

    async def limited(exchange: Exchange) -> None:
        nonlocal bucket
        if bucket is None:
            clock = Clock()
            bucket = TokenBucket(clock, rate=rate, burst=burst, refusal=Response(code))
        bucket.clock.now = asyncio.get_running_loop().time()
        if bucket.limit():
            await exchange.answer(code, {"Retry-After": retry_after}, b"")
        else:
            await exchange.answer()

    with closing(Farm({"page": limited})) as farm:
        urls = [farm.url("page", HOST, path=f"/{number}") for number in range(25)]
        report = check_links(urls, settings=LinkSettings(allow_private=True))
    assert report.summary == {"ok": 25}


def test_a_real_host_that_serves_one_at_a_time() -> None:
    under_way = 0

    async def one_at_a_time(exchange: Exchange) -> None:
        nonlocal under_way
        under_way += 1
        code = 200 if under_way == 1 else 503
        await asyncio.sleep(0.02)
        under_way -= 1
        await exchange.answer(code)

    with closing(Farm({"page": one_at_a_time})) as farm:
        urls = [farm.url("page", HOST, path=f"/{number}") for number in range(25)]
        report = check_links(urls, settings=LinkSettings(allow_private=True))
    assert report.summary == {"ok": 25}
