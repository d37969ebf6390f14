"""Servers that would stall a run or fill the memory: what one of them may cost, and that all others are checked."""

from __future__ import annotations

import asyncio
import gzip
import os
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from feedpub.links.check import check_links
from feedpub.links.host_queue import GIVEN_UP_AFTER_LATE, MOST_PARKED_PROBES
from feedpub.links.probe import FRAGMENT_PAGE_BYTES
from feedpub.model import LinkSettings
from feedpub.transport.base import NoResponseError, Response
from feedpub.transport.connection import MOST_HELD_BYTES, Connection
from feedpub.transport.connection_pool import ConnectionPool
from feedpub.transport.http1 import MOST_CHUNKS, Origin, ResponseReader
from support.link_farm import Farm, by_method, compress, drip, redirect, respond, send
from support.speed import sample

if TYPE_CHECKING:
    import selectors
    import socket
    from pathlib import Path

    from support.link_farm import Behaviour, Exchange

GOOD, BAD = "127.0.5.1", "127.0.5.2"
pytestmark = pytest.mark.usefixtures("short_rests")
SETTINGS = LinkSettings(allow_private=True, deadline=1.0, per_host=4, patience=4.0)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

# Each takes all the time of a link.
SLOW: dict[str, Behaviour] = {
    "silent": send(then="hang"),
    "head-by-bytes": drip(b"HTTP/1.1 200 OK\r\n", b"a", 0.2),
    "interim-answers": drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.2),
    "body-by-bytes": by_method(respond(body=b"", Content_Length=""), drip(CHUNKED, b"1\r\na\r\n", 0.2)),
    "less-than-it-says": by_method(respond(body=b""), send(HEAD + b"Content-Length: 4000\r\n\r\nabc", then="hang")),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_host_is_given_up_when_many_of_its_links_take_all_their_time(name: str) -> None:
    with closing(Farm({name: SLOW[name], "page": respond()})) as farm:
        bad = [farm.url(name, BAD, path=f"/{number}") for number in range(60)]
        good = [farm.url("page", GOOD, path=f"/{number}") for number in range(60)]
        report = check_links([url for pair in zip(bad, good, strict=True) for url in pair], settings=SETTINGS)
        asked = {target for _, host, target in farm.requests if host == BAD and name in target}
    found = {link.url: link for link in report.links}
    assert {found[url].status for url in good} == {"ok"}
    assert {found[url].status for url in bad} <= {"ok", "suspect", "unsure"}
    assert 2 <= len(asked) < 60
    given_up = [url for url in bad if "other addresses of this host " in found[url].reason]
    assert len(given_up) >= 60 - GIVEN_UP_AFTER_LATE - 3 * SETTINGS.per_host
    assert {found[url].status for url in given_up} == {"unsure"}


def test_one_port_of_a_host_says_nothing_about_another() -> None:
    with closing(Farm({"page": respond()})) as farm:
        bad = [farm.url("page", BAD, kind="mute", path=f"/{number}") for number in range(20)]
        good = [farm.url("page", BAD, path=f"/{number}") for number in range(20)]
        report = check_links([*bad, *good], settings=SETTINGS)
    found = {link.url: link for link in report.links}
    assert {found[url].status for url in good} == {"ok"}
    assert {found[url].status for url in bad} == {"unsure"}
    assert any("other addresses of this host" in found[url].reason for url in bad)


def test_those_that_took_too_long_come_last_the_next_time(tmp_path: Path) -> None:
    async def slow_at_first(exchange: Exchange) -> None:
        if int(exchange.target.rpartition("/")[2]) < 4:
            await asyncio.sleep(30)
        await exchange.answer()

    now = datetime(2026, 3, 1, tzinfo=UTC)
    with closing(Farm({"page": slow_at_first})) as farm:
        urls = [farm.url("page", BAD, path=f"/{number}") for number in range(60)]
        settings = replace(SETTINGS, deadline=0.6, patience=2.0)
        history = tmp_path / "links.sqlite"
        for day in range(4):  # each day, the host is given up after two of them
            report = check_links(urls, settings=settings, history=history, now=now + timedelta(days=day))
    assert [link.url for link in report.links if link.status != "ok"] == urls[:4]


def test_few_addresses_of_a_host_wait_at_once_for_what_it_answers_to_others() -> None:
    async def hold_others_up(exchange: Exchange) -> None:
        if "/feedpub-" in exchange.target:
            asked.append(len({target for _, host, target in farm.requests if host == BAD}))
            await asyncio.sleep(0.5)
            asked.append(len({target for _, host, target in farm.requests if host == BAD}))
        await exchange.answer()

    asked: list[int] = []
    with closing(Farm({})) as farm:
        farm.everywhere[BAD] = hold_others_up
        urls = [farm.url("page", BAD, path=f"/{number}") for number in range(200)]
        report = check_links(urls, settings=replace(SETTINGS, deadline=20.0))
    assert {link.status for link in report.links} <= {"ok", "suspect"}
    assert len(report.links) == 200
    assert max(asked[:2]) <= MOST_PARKED_PROBES + 2 * SETTINGS.per_host + 2


class FastSocket:
    """A socket that can always be read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.reads = data, 0

    def send(self, message: bytes) -> int:
        return len(message)

    def recv(self, most: int) -> bytes:
        self.reads += 1
        return self.data[:most]

    def setblocking(self, _: bool) -> None:
        """Do nothing."""

    def setsockopt(self, *_: object) -> None:
        """Do nothing."""


class NoSelector:
    def register(self, *_: object) -> None:
        """Do nothing."""

    modify = register


class NoPool:
    held_bytes = 0

    def note_held(self, *_: object) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    "data", [b"1\r\na\r\n" * 20_000, b"1;" + b"x" * 5000 + b"\r\na\r\n", b"\r\n" * 40_000, b"a: b\r\n" * 20_000]
)
def test_a_server_that_is_always_ready_leaves_others_their_turn(data: bytes) -> None:
    fast = FastSocket(data)
    connection = Connection(
        cast("Any", NoPool()), cast("selectors.BaseSelector", NoSelector()), cast("socket.socket", fast),
        Origin("http", BAD, 80), cast("Any", None),
    )  # fmt: skip
    reading = ResponseReader("GET", FRAGMENT_PAGE_BYTES)
    if not data.startswith((b"\r", b"a")):
        reading.feed(CHUNKED)
    steps = connection.exchange(b"GET / HTTP/1.1\r\n\r\n", reading)
    turns = 0
    try:
        while turns < 5000:
            next(steps)
            turns += 1
            assert fast.reads <= turns
    except (StopIteration, NoResponseError):
        pass
    assert turns < 5000


def read_response(data: bytes, most: int = FRAGMENT_PAGE_BYTES) -> ResponseReader:
    reading = ResponseReader("GET", most)
    for at in range(0, len(data), 65_536):
        reading.feed(data[at : at + 65_536])
        if reading.is_done:
            break
    return reading


def test_an_answer_has_so_many_chunks() -> None:
    reading = read_response(CHUNKED + b"1\r\na\r\n" * (MOST_CHUNKS * 2))
    assert reading.is_done
    assert not reading.is_reusable
    assert reading.response
    assert not reading.response.is_complete
    assert len(reading.response.body) == MOST_CHUNKS


@pytest.mark.parametrize("unit", [b"\r\n", b"\n", b"\r"])
def test_blank_lines_before_an_answer(unit: bytes) -> None:
    reading = read_response(unit * 3 + HEAD + b"Content-Length: 0\r\n\r\n")
    assert reading.response
    assert reading.response.code == 200
    with pytest.raises(NoResponseError):
        read_response(unit * 20_000)


def read_gzip(page: bytes, piece: int = 65_536) -> Response:
    reading = ResponseReader("GET", FRAGMENT_PAGE_BYTES)
    data = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(page) + page
    for at in range(0, len(data), piece):
        reading.feed(data[at : at + piece])
    assert reading.is_done
    assert reading.response
    return reading.response


@pytest.mark.parametrize("piece", [1, 7, 65_536])
def test_all_members_of_a_compressed_page_are_read(piece: int) -> None:
    page = gzip.compress(b"one") + gzip.compress(b"two") * 3 + gzip.compress(b"")
    response = read_gzip(page, piece)
    assert (response.body, response.is_complete) == (b"onetwotwotwo", True)


def test_what_follows_the_end_of_a_compressed_page_is_ignored() -> None:
    response = read_gzip(gzip.compress(b"page") + b"\0" + os.urandom(1000))
    assert (response.body, response.is_complete) == (b"page", True)


def test_a_page_has_so_many_members() -> None:
    response = read_gzip(gzip.compress(b"x") * 5000)
    assert (len(response.body), response.is_complete) == (100, False)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress"])
def test_a_page_in_another_coding_is_not_judged(coding: str) -> None:
    fields = f"Content-Encoding: {coding}\r\nContent-Length: 5000\r\n\r\n".encode()
    reading = read_response(HEAD + fields + b"x" * 5000)
    assert reading.response
    assert (reading.response.body, reading.response.is_complete) == (b"", False)


@pytest.mark.parametrize("start", [b"\0", b"\0\0", b"\0\0\x12\x04"])
def test_a_frame_of_http_2_that_comes_in_pieces(start: bytes) -> None:
    frame = b"\0\0\x12\x04\0\0\0\0\0" + b"\0" * 18
    reading = ResponseReader("GET", 100)
    reading.feed(start)
    with pytest.raises(NoResponseError) as raised:
        reading.feed(frame[len(start) :])
    assert raised.value.failure == "limit"


@pytest.mark.parametrize("name", ["a%d", "a", "A-%d ", "Set-Cookie"])
def test_of_a_header_only_what_counts_is_kept(name: str) -> None:
    fields = "".join(f"{name % number if '%' in name else name}: x\r\n" for number in range(5000))
    reading = read_response(HEAD + fields.encode() + b"ETag: y\r\n folded\r\nContent-Length: 0\r\n\r\n")
    assert reading.response
    assert reading.response.headers == {"content-type": "text/html", "etag": "y folded", "content-length": "0"}
    assert len(reading.response.cookies) <= 50


def test_cookies_of_a_chain_stay_short() -> None:
    sent: list[str] = []

    async def give_cookies(exchange: Exchange) -> None:
        sent.append(exchange.fields.get("cookie", ""))
        step = len(sent)
        cookies = "".join(f"Set-Cookie: c{step}x{number}={'z' * 3000}\r\n" for number in range(40))
        location = f"Location: /next/{step}\r\n" if step < 15 else ""
        answer = f"HTTP/1.1 {302 if location else 404} X\r\n{location}{cookies}Content-Length: 0\r\n\r\n"
        await exchange.send(answer.encode())

    with closing(Farm({"next": give_cookies})) as farm:
        check_links([farm.url("next", BAD)], settings=replace(SETTINGS, deadline=10.0))
    assert len(sent) >= 15
    assert 3000 < max(map(len, sent)) < 17_000


def test_redirects_to_long_addresses_are_not_kept() -> None:
    async def lead_on(exchange: Exchange) -> None:
        await redirect(f"/on/{exchange.times}{'y' * 7000}{len(farm.requests)}", 301)(exchange)

    with closing(Farm({"on": lead_on})) as farm:
        (link,) = check_links([farm.url("on", BAD)], settings=replace(SETTINGS, deadline=10.0)).links
    assert (link.status, link.reason) == (
        "unsure",
        "a limit of feedpub was reached (the redirects have long addresses)",
    )
    assert len(link.chain) < 7


LONG: dict[str, Behaviour] = {
    "heads": drip(HEAD, b"X-Filler: " + b"y" * 8000 + b"\r\n"),
    "bodies": by_method(send(HEAD + b"\r\n"), drip(HEAD + b"\r\n", b"<p id=x>" * 8000)),
    "chunks": by_method(send(HEAD + b"\r\n"), drip(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n")),
    "compressed": by_method(send(HEAD + b"\r\n"), respond(200, compress(8), Content_Encoding="gzip")),
}


@pytest.mark.parametrize("name", sample(LONG, 2))
def test_long_answers_of_many_hosts_are_bounded_together(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    note_held = ConnectionPool.note_held

    def watch(self: ConnectionPool, connection: Connection, held_bytes: int) -> None:
        note_held(self, connection, held_bytes)
        held.append(self.held_bytes)

    monkeypatch.setattr(ConnectionPool, "note_held", watch)
    hosts = [f"127.0.6.{number}" for number in range(1, 61)]
    with closing(Farm({name: LONG[name], "page": respond()})) as farm:
        urls = [farm.url(name, host, path="#part") for host in hosts]
        good = [farm.url("page", "127.0.6.99", path=f"/{number}") for number in range(5)]
        settings = LinkSettings(allow_private=True, deadline=6.0, patience=0.0, concurrency=64)
        report = check_links([*urls, *good], settings=settings, strict=False)
    found = {link.url: link for link in report.links}
    assert {found[url].status for url in urls} <= {"ok", "suspect", "unsure"}
    assert {found[url].status for url in good} == {"ok"}
    assert max(held) <= MOST_HELD_BYTES + 64 * 64 * 1024 + FRAGMENT_PAGE_BYTES
    assert held[-1] == 0
