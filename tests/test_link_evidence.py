"""Responses that other link checkers have misjudged: one host for each case of link_evidence.toml.

Each case has the links that are checked and their true statuses, and the routes of its host: the first one that matches
answers, else 404. In bodies and headers, {path} is what was asked for, {escaped} the same percent-encoded, {random} new
each time, {host} the host with its port.
"""

from __future__ import annotations

import gzip
import os
import re
import sys
import zlib
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from feedpub.links.check import check_links
from feedpub.links.classify import ProbeResult, classify_result
from feedpub.links.history import History
from feedpub.links.lifecycle import advance_record
from feedpub.links.second_opinion import apply_second_opinion, make_second_opinion
from feedpub.model import LinkSettings
from support.case_files import load_cases
from support.link_farm import Behaviour, Exchange, Farm, by_path, redirect, respond

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from feedpub.links.result import Link, LinkReport

CASES = load_cases("link_evidence")
HOSTS = {case.values[0]["id"]: f"127.0.6.{number}" for number, case in enumerate(CASES, start=1)}
# Pages of megabytes come in time on any machine: nothing here waits for the deadline.
SETTINGS = LinkSettings(allow_private=True, deadline=120.0, concurrency=16)
pytestmark = pytest.mark.usefixtures("short_rests")

_CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip of two members": lambda body: gzip.compress(body[: len(body) // 2]) + gzip.compress(body[len(body) // 2 :]),
    "gzip twice": lambda body: gzip.compress(gzip.compress(body)),
    "deflate": zlib.compress,
}


def serve_routes(routes: list[dict[str, Any]]) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        cookie = exchange.fields.get("cookie", "")
        for route in routes:
            if (
                re.fullmatch(route.get("path", ".*"), exchange.target)
                and route.get("method", exchange.method) == exchange.method
                and re.fullmatch(route.get("cookie", ".*"), cookie)
            ):
                await answer_route(exchange, route)
                return
        await exchange.answer(404, body=b"<title>404</title>")

    return behave


async def answer_route(exchange: Exchange, route: Mapping[str, Any]) -> None:
    values = {
        "path": exchange.target, "escaped": quote(exchange.target, safe=""), "random": os.urandom(8).hex(),
        "host": f"{exchange.host}:{exchange.farm.ports['http']}",
    }  # fmt: skip

    def fill_in(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], text)

    body = fill_in(route.get("body", "<title>Page</title><h1>Page</h1><p>Text")).encode(route.get("encoding", "utf-8"))
    body = bytes.fromhex(route.get("before", "")) + body * route.get("times", 1) + b" " * route.get("spaces", 0)
    body = _CODINGS.get(route.get("coding", ""), bytes)(body)
    headers = {name: fill_in(value) for name, value in route.get("headers", {}).items()}
    if "location" in route:
        headers["Location"] = fill_in(route["location"])
    cookies = "".join(f"Set-Cookie: {one}\r\n" for one in route.get("cookies", []))
    code = f"{route.get('code', 302 if 'location' in route else 200)} Status"
    await exchange.answer(f"{code}\r\n{cookies}".removesuffix("\r\n"), headers, body)


@pytest.fixture(scope="module")
def report() -> Iterator[dict[str, Link]]:
    with closing(Farm({})) as farm:
        urls = {}
        for parameters in CASES:
            case = parameters.values[0]
            farm.everywhere[HOSTS[case["id"]]] = serve_routes(case.get("routes", []))
            for path in case["links"]:
                urls[farm.url("", HOSTS[case["id"]]) + path.removeprefix("/")] = (case["id"], path)
        links = check_links(urls, settings=SETTINGS, strict=False).links
        yield {" ".join(urls[link.url]): link for link in links}


@pytest.mark.parametrize("case", CASES)
def test_evidence(report: dict[str, Link], case: dict[str, Any]) -> None:
    links = {path: report[f"{case['id']} {path}"] for path in case["links"]}
    assert {path: link.status for path, link in links.items()} == case["links"], [
        (link.reason, link.code, link.final_url) for link in links.values()
    ]
    for link in links.values():
        assert case.get("reason", "") in link.reason


# L6: whose network is down?

GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
LOGIN = b"<title>Welcome to our hotel</title><form>Room <input name=room></form>"
HOSTS_OF_A_RUN = [f"127.0.7.{number}" for number in range(1, 19)]
DEAF = "http://{}:9/page"  # nobody listens there


def check_hosts(farm: Farm, hosts: list[str], *others: str, history: Path | None = None, **settings: Any) -> LinkReport:
    urls = [*(farm.url("page", host) for host in hosts), *others]
    settings = {"allow_private": True, "deadline": 10.0} | settings
    return check_links(urls, settings=LinkSettings(**settings), history=history, strict=True)


def test_hosts_that_answer_in_this_run_prove_that_the_network_is_up() -> None:
    with closing(Farm({"page": respond()})) as farm:
        deaf = [DEAF.format(host) for host in HOSTS_OF_A_RUN[6:]]
        report = check_hosts(farm, HOSTS_OF_A_RUN[:6], *deaf)
    assert not report.network_down
    assert {link.url: link.status for link in report.links if link.url in deaf} == dict.fromkeys(deaf, "dead")
    assert report.summary == {"dead": 12, "ok": 6}


@pytest.mark.parametrize(
    ("name", "behaviour"),
    [
        ("502", respond(502, GATEWAY)), ("503", respond(503, b"<h1>Service unavailable</h1>")),
        ("empty", respond(503, b"")),
        ("504 that names the address", respond(504, b"<title>Error</title><h1>The URL could not be retrieved</h1>")),
        ("407", respond(407, b"<title>Proxy authentication required</title>")), ("511", respond(511, LOGIN)),
        ("one page", respond(200, LOGIN)), ("portal", redirect("http://127.0.8.1:{port}/hotel/login")),
        ("portal that keeps the address", redirect("http://127.0.8.1:{port}/hotel?back=/page")),
    ],
)  # fmt: skip
def test_what_all_hosts_answer_alike_comes_from_our_own_network(
    name: str, behaviour: Behaviour, tmp_path: Path
) -> None:
    history = tmp_path / "links.sqlite"
    with closing(Farm({"hotel": respond(200, LOGIN)})) as farm:
        if name.startswith("portal"):
            path = "/hotel?back={path}" if "keeps" in name else "/hotel/login"

            async def behaviour(exchange: Exchange) -> None:
                place = farm.url("", "127.0.8.1") + path.format(path=exchange.target).lstrip("/")
                await redirect(place)(exchange)

        farm.everywhere |= dict.fromkeys(HOSTS_OF_A_RUN[:8], behaviour)
        report = check_hosts(farm, HOSTS_OF_A_RUN[:8], history=history)
    assert report.network_down
    assert {link.status for link in report.links} == {"unsure"}
    with History(history) as kept:
        assert kept.load_links() == {}


@pytest.mark.parametrize(
    ("others", "status"),
    [
        (by_path("/page", respond(), respond(404)), "ok"),
        (respond(404, b""), "dead"),
        (respond(503, b"<h1>Another</h1>"), "dead"),
    ],
)
def test_one_other_answer_shows_that_they_come_from_the_hosts(others: Behaviour, status: str) -> None:
    with closing(Farm({})) as farm:
        farm.everywhere |= dict.fromkeys(HOSTS_OF_A_RUN[:7], respond(502, GATEWAY))
        farm.everywhere[HOSTS_OF_A_RUN[7]] = others
        report = check_hosts(farm, HOSTS_OF_A_RUN[:8])
    assert not report.network_down
    assert [link.status for link in report.links] == ["dead"] * 7 + [status]


def test_hosts_that_were_good_are_asked_whether_a_gateway_error_is_theirs(tmp_path: Path) -> None:
    history = tmp_path / "links.sqlite"
    with closing(Farm({"page": respond()})) as farm:
        farm.everywhere |= dict.fromkeys(HOSTS_OF_A_RUN[:8], respond(502, GATEWAY))
        with History(history) as kept:
            url, verdict = farm.url("page", "127.0.8.2"), classify_result(ProbeResult(url="", code=200))

            kept.add_check(
                advance_record(kept.load_record(url), verdict, datetime.now(UTC)), verdict, datetime.now(UTC)
            )
        report = check_hosts(farm, HOSTS_OF_A_RUN[:8], history=history)
        assert ("HEAD", "127.0.8.2", "/page") in farm.requests
    assert not report.network_down
    assert report.summary == {"dead": 8}


def test_a_few_hosts_may_fail_together() -> None:
    with closing(Farm({})) as farm:
        farm.everywhere |= dict.fromkeys(HOSTS_OF_A_RUN[:4], respond(502, GATEWAY))
        report = check_hosts(farm, HOSTS_OF_A_RUN[:4])
    assert not report.network_down
    assert report.summary == {"dead": 4}


@pytest.mark.parametrize(("code", "hosts"), [(503, 2), (502, 3), (407, 1), (511, 1)])
def test_a_proxy_that_refuses_everything_is_ours(code: int, hosts: int) -> None:
    with closing(Farm({})) as farm:
        farm.everywhere["127.0.8.3"] = respond(code, b"<title>Proxy</title>")
        proxy = farm.url("", "127.0.8.3")
        urls = [f"http://works{number}.test/page" for number in range(hosts)]
        report = check_hosts(farm, [], *urls, proxy=proxy)
    assert report.network_down
    assert {link.status for link in report.links} == {"unsure"}


def test_one_port_says_nothing_about_another() -> None:
    with closing(Farm({"page": respond()})) as farm:
        host = HOSTS_OF_A_RUN[0]
        report = check_hosts(farm, [host], f"http://{host}:9/page", DEAF.format(HOSTS_OF_A_RUN[1]))
    assert [link.status for link in report.links] == ["ok", "dead", "dead"]


# L2: a page must not stop the run


def test_a_large_page_does_not_hold_others_up() -> None:
    with closing(Farm({"page": respond(), "large": respond(200, b"<h1>" * 500_000)})) as farm:
        large = [farm.url("large", "127.0.8.4", path=f"#x{number}") for number in range(8)]
        good = [farm.url("page", f"127.0.8.{10 + number % 50}", path=f"/{number}") for number in range(200)]
        report = check_links([*large, *good], settings=SETTINGS, strict=False)
        pages = [target for method, _, target in farm.requests if target == "/large"]
    assert {link.status for link in report.links if link.url in good} == {"ok"}
    assert {link.status for link in report.links if link.url in large} == {"suspect"}
    assert len(pages) == 1


# A second opinion


def find_last_check(report: LinkReport) -> tuple[str | None, str, str]:
    (link,) = report.links
    return link.status, link.state, link.reason


def test_a_second_opinion_is_asked_before_a_link_is_dead(tmp_path: Path) -> None:
    asked: list[str] = []

    def is_reachable(url: str) -> bool:
        asked.append(url)
        return len(asked) == 1

    with closing(Farm({"page": respond(410)})) as farm:
        url = farm.url("page", "127.0.8.5")
        for strict, expected in [
            (False, ("dead", "failing", "410 gone")),
            (True, ("unsure", "failing", "the second opinion reached the page")),
            (True, ("dead", "dead", "410 gone")),
            (True, ("dead", "dead", "410 gone")),
        ]:
            report = check_links(
                [url], settings=SETTINGS, history=tmp_path / "links.sqlite", strict=strict, everything=True,
                second_opinion=is_reachable,
            )  # fmt: skip
            assert find_last_check(report) == expected
    assert asked == [url, url]  # neither of a first failure, nor of a link that is dead


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("import sys; sys.exit(not sys.argv[-1].endswith('/page'))", ("unsure", "the second opinion reached the page")),
        ("import sys; sys.exit(1)", ("dead", "404 not found")),
        ("import os; os.kill(os.getpid(), 9)", ("dead", "(the second opinion failed: ChildProcessError: killed")),
        (None, ("dead", "(the second opinion failed: FileNotFoundError")),
    ],
)
def test_a_command_gives_a_second_opinion(program: str | None, expected: tuple[str, str]) -> None:
    command = f'{sys.executable} -c "{program}" --quiet' if program else "/no/such/program"
    settings = LinkSettings(allow_private=True, deadline=20.0, second_opinion=command)
    with closing(Farm({})) as farm:
        status, state, reason = find_last_check(check_links([farm.url("page", "127.0.8.6")], settings=settings))
    assert status == expected[0]
    assert expected[1] in reason
    assert state == ("dead" if status == "dead" else "ok")


def test_a_command_without_end_is_no_opinion() -> None:
    ask = make_second_opinion(f"{sys.executable} -c 'import time; time.sleep(600)'", 0.1)
    verdict = apply_second_opinion(ask, "http://a.test/", classify_result(ProbeResult(url="http://a.test/", code=410)))
    assert verdict.status == "dead"
    assert verdict.reason == "410 gone (the second opinion failed: TimeoutError: did not end within 0.1 s)"


def test_what_a_second_opinion_raises_does_not_end_the_run() -> None:
    def raise_error(url: str) -> bool:
        raise RuntimeError("no browser")

    with closing(Farm({})) as farm:
        report = check_links([farm.url("page", "127.0.8.7")], settings=SETTINGS, second_opinion=raise_error)
    assert find_last_check(report)[::2] == (
        "dead",
        "404 not found (the second opinion failed: RuntimeError: no browser)",
    )
