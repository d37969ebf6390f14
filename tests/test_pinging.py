"""Pings of a WebSub hub: real requests to a hub on this machine, which answers as each test wants."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs

import pytest

import feedpub
from feedpub import ConfigError, PingResult, feed_formats, ping, write_feed
from feedpub.serving.http_dates import format_http_date
from feedpub.transport.requests_client import FormError, make_session, post_form
from support import http_server
from support.rss1_row import ROW
from support.sample_sites import GOOD, SETTINGS, write_site

# Status, headers and body; or what to do instead of an answer.
Reply = tuple[int, Mapping[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]
ACCEPTED: Reply = (202, {}, b"")
NAMES = ("atom.xml", "rss.xml", "feed.json")
TOPICS = [f"https://site.test/{language}/{name}" for language in ("en", "zh-Hans") for name in NAMES]


@dataclass
class Hub:
    """A hub that gives its replies in turn, and the last one for ever."""

    url: str = ""
    replies: list[Reply] = field(default_factory=lambda: [ACCEPTED])
    requests: list[dict[str, list[str]]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def topics(self) -> list[str]:
        return [fields["hub.topic"][0] for fields in self.requests]


class Handler(http_server.Handler):
    hub: Hub

    def do_POST(self) -> None:
        hub = self.hub
        text = self.read_body().decode()
        hub.requests.append(parse_qs(text, strict_parsing=True))
        hub.headers.append({name.lower(): value for name, value in self.headers.items()})
        reply = hub.replies.pop(0) if len(hub.replies) > 1 else hub.replies[0]
        if callable(reply):
            reply(self)
            return
        self.send(*reply)


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    with http_server.serve(type("OfThisTest", (Handler,), {"hub": made})) as address:
        made.url = f"{address}/hub"
        yield made


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a site once; copies of it serve all tests."""
    folder = tmp_path_factory.mktemp("built")
    feedpub.build(feedpub.load(write_site(folder / "entries", GOOD)), folder / "public")
    return folder / "public"


@pytest.fixture
def folder(tmp_path: Path, published: Path, hub: Hub) -> Path:
    """Return an entries folder whose site is published beside it, in ``public``."""
    shutil.copytree(published, tmp_path / "public")
    return write_site(tmp_path / "entries", GOOD, f'{SETTINGS}hub = "{hub.url}"\n')


class Told:
    """Ping the published folder; waits are noted, not waited for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.output = folder, folder.parent / "public"
        self.waits: list[float] = []

    def __call__(self, total_seconds: float = 20.0) -> tuple[PingResult, ...]:
        return ping(self.folder, self.output, sleep=self.waits.append, total_seconds=total_seconds)

    @property
    def state(self) -> Path:
        return self.output / ".feedpub" / "pings.json"


@pytest.fixture
def tell(folder: Path) -> Told:
    return Told(folder)


def outcomes(pings: tuple[PingResult, ...]) -> list[str]:
    return [result.outcome for result in pings]


@pytest.mark.parametrize("make", ["link", "linked folder", "pipe"])
def test_feeds_are_read_inside_the_published_folder_only(make: str, tell: Told, hub: Hub) -> None:
    place, outside = tell.output / "en", tell.output.parent / "outside"
    shutil.copytree(place, outside)
    if make == "linked folder":
        shutil.rmtree(place)
        place.symlink_to(outside)
    else:
        (place / "atom.xml").unlink()
        if make == "link":
            (place / "atom.xml").symlink_to(outside / "atom.xml")
        else:
            os.mkfifo(place / "atom.xml")
    with pytest.raises(OSError, match=r"symbolic link|named pipe"):
        tell()
    assert hub.requests == []


def test_what_was_told_is_not_remembered_behind_a_link(tell: Told) -> None:
    outside = tell.output.parent / "outside"
    outside.mkdir()
    shutil.rmtree(tell.output / ".feedpub")
    (tell.output / ".feedpub").symlink_to(outside)
    with pytest.raises(OSError, match="symbolic link"):
        tell()
    assert not list(outside.iterdir())


# What is told


def test_the_hub_is_told_each_feed_of_a_new_format(tell: Told, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedpub.serving.websub.FORMATS", (*feed_formats(), ROW))
    feed = replace(feedpub.load(tell.folder).feed("en"), addresses={})
    monkeypatch.setattr("feedpub.model.feed.FORMATS", (*feed_formats(), ROW))
    address = f"https://site.test/en/{ROW.file_name}"
    (tell.output / "en" / ROW.file_name).write_bytes(write_feed(replace(feed, addresses={ROW.name: address}), ROW))

    assert sorted(outcomes(tell())) == ["accepted"] * (len(TOPICS) + 1)
    assert address in hub.topics


def test_the_hub_is_told_each_feed(tell: Told, hub: Hub) -> None:
    pings = tell()
    assert pings == tuple(PingResult(topic=topic, hub=hub.url, outcome="accepted", status=202) for topic in TOPICS)
    assert hub.requests == [{"hub.mode": ["publish"], "hub.url": [topic], "hub.topic": [topic]} for topic in TOPICS]
    for headers in hub.headers:
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        assert headers["user-agent"] == f"feedpub/{feedpub.__version__}"
    assert tell.waits == []


def test_a_second_time_nothing_is_sent(tell: Told, hub: Hub) -> None:
    tell()
    hub.requests.clear()
    pings = tell()
    assert [(result.topic, result.outcome, result.status) for result in pings] == [
        (topic, "unchanged", None) for topic in TOPICS
    ]
    assert hub.requests == []


def test_a_changed_feed_is_told_alone(tell: Told, hub: Hub) -> None:
    tell()
    hub.requests.clear()
    changed = tell.output / "zh-Hans" / "rss.xml"
    changed.write_bytes(changed.read_bytes().replace("夜间".encode(), "夜行".encode()))
    assert outcomes(tell()) == ["unchanged"] * 4 + ["accepted", "unchanged"]
    assert hub.topics == ["https://site.test/zh-Hans/rss.xml"]


def test_another_hub_knows_nothing_yet(tell: Told, hub: Hub) -> None:
    tell()
    hub.requests.clear()
    other = hub.url + "/other"
    site = feedpub.load(write_site(tell.folder, {}, f'{SETTINGS}hub = "{other}"\n'))
    pings = ping(site, tell.output)
    assert {result.hub for result in pings} == {other}
    assert hub.topics == TOPICS
    assert outcomes(tell()) == ["unchanged"] * 6
    assert set(json.loads(tell.state.read_bytes())["hubs"]) == {hub.url, other}


def test_categories_are_told_and_archives_are_not(tmp_path: Path, hub: Hub) -> None:
    files = {name: text.replace("title:", "categories: [铁路]\ntitle:", 1) for name, text in GOOD.items()}
    folder = write_site(tmp_path / "entries", files, f'{SETTINGS}hub = "{hub.url}"\ncategories = true\n')
    feedpub.build(feedpub.load(folder), tmp_path / "public")
    for archive in (tmp_path / "public" / "en" / "archive", tmp_path / "public/en/category/铁路/archive"):
        archive.mkdir(exist_ok=True)
        (archive / "atom-1.xml").write_bytes((tmp_path / "public" / "en" / "atom.xml").read_bytes())
    pings = ping(folder, tmp_path / "public")
    assert outcomes(pings) == ["accepted"] * 12
    for language in ("en", "zh-Hans"):
        for name in NAMES:
            assert f"https://site.test/{language}/category/%E9%93%81%E8%B7%AF/{name}" in hub.topics
    assert not any("archive" in topic for topic in hub.topics)


@pytest.mark.parametrize(
    "state",
    [None, b"", b"\xff", b"{", b"[]", b"null", b'{"hubs": []}', b'{"hubs": {"a": 1}}', b'{"hubs": {"a": {"b": 1}}}'],
)
def test_a_damaged_state_costs_one_more_ping(tell: Told, state: bytes | None) -> None:
    tell()
    if state is None:
        tell.state.unlink()
    else:
        tell.state.write_bytes(state)
    assert outcomes(tell()) == ["accepted"] * 6
    assert outcomes(tell()) == ["unchanged"] * 6


def test_what_a_killed_ping_left_is_removed_by_the_next_one(tell: Told) -> None:
    tell()
    tell.state.unlink()
    (tell.state.parent / ".feedpub-99999999-1").write_bytes(b"half")
    tell()
    assert not list(tell.state.parent.glob(".feedpub-*"))


def test_progress_is_told_as_it_comes(folder: Path) -> None:
    seen: list[PingResult] = []
    assert ping(folder, folder.parent / "public", progress=seen.append) == tuple(seen)


# What cannot be told


def test_a_site_without_hub(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", GOOD)
    with pytest.raises(ConfigError) as caught:
        ping(folder, tmp_path / "public")
    assert [problem.code for problem in caught.value.problems] == ["E012"]
    assert caught.value.problems[0].path.endswith("entries/feedpub.toml")
    with pytest.raises(ConfigError) as caught:
        ping(feedpub.Site(config=feedpub.load(folder).config))
    assert [(problem.code, problem.path) for problem in caught.value.problems] == [("E012", "")]


def test_nothing_is_published(tell: Told, tmp_path: Path, hub: Hub) -> None:
    with pytest.raises(ConfigError) as caught:
        ping(tell.folder, tmp_path / "elsewhere")
    assert [problem.code for problem in caught.value.problems] == ["E011"]
    assert hub.requests == []
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("name", "data", "address"),
    [
        ("atom.xml", b"<feed/>", "no address"),
        ("atom.xml", b'<feed><link rel="self"/></feed>', "no address"),
        ("atom.xml", b"<feed><link rel='self' href='http://127.0.0.1/a?b&amp;c'/></feed>", "http://127.0.0.1/a?b&c"),
        ("feed.json", b"{", "no address"),
        ("feed.json", b"[]", "no address"),
        ("feed.json", b'{"feed_url": 1}', "no address"),
        ("feed.json", b'{"feed_url": "https://old.test/feed.json"}', "https://old.test/feed.json"),
    ],
)
def test_a_feed_that_was_built_for_elsewhere(tell: Told, hub: Hub, name: str, data: bytes, address: str) -> None:
    (tell.output / "en" / name).write_bytes(data)
    failed = [result for result in tell() if result.outcome == "failed"]
    assert [result.status for result in failed] == [None]
    path = (tell.output / "en" / name).as_posix()
    assert failed[0].reason == f"{path} says that it is served at {address}; build it for https://site.test/"
    assert len(hub.requests) == 5


# What hubs answer


@pytest.mark.parametrize("status", [200, 202, 204])
def test_success(tell: Told, hub: Hub, status: int) -> None:
    hub.replies = [(status, {}, b"")]
    assert {(result.outcome, result.status) for result in tell()} == {("accepted", status)}


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_hub_that_recovers(tell: Told, hub: Hub, status: int) -> None:
    hub.replies = [(status, {}, b""), (status, {}, b""), ACCEPTED]
    assert outcomes(tell()) == ["accepted"] * 6
    assert tell.waits == [1.0, 2.0]
    assert hub.topics == [TOPICS[0], TOPICS[0], *TOPICS]


def test_a_hub_that_says_when_to_come_back(tell: Told, hub: Hub) -> None:
    soon = format_http_date(datetime.now(UTC) + timedelta(seconds=8))
    hub.replies = [
        (429, {"Retry-After": "7"}, b""),
        (503, {"Retry-After": soon}, b""),
        (503, {"Retry-After": "soon"}, b""),
        ACCEPTED,
    ]
    assert outcomes(tell(60)) == ["accepted"] * 6
    assert tell.waits[0] == 7.0
    assert 2.0 < tell.waits[1] <= 8.0
    assert tell.waits[2] == 4.0


def test_a_hub_that_asks_for_an_eternity(tell: Told, hub: Hub) -> None:
    hub.replies = [(503, {"Retry-After": "9" * 400}, b"")]
    first, *others = tell()
    assert "asks to wait for 31622400 seconds" in first.reason  # a year
    assert all("31622400" in result.reason for result in others)
    assert tell.waits == []


def test_a_hub_that_wants_to_be_left_alone(tell: Told, hub: Hub) -> None:
    hub.replies = [(429, {"Retry-After": "3600"}, b"too many")]
    first, *others = tell()
    alone = "the hub asks to wait for 3600 seconds"
    assert (first.status, first.reason) == (429, f"the hub responded with 429: too many; {alone}")
    assert {(result.outcome, result.status, result.reason) for result in others} == {
        ("failed", None, f"nothing was sent: {alone}")
    }
    assert len(hub.requests) == 1
    assert tell.waits == []


def test_a_hub_that_is_down_is_asked_once_for_each_of_the_others(tell: Told, hub: Hub) -> None:
    hub.replies = [(500, {}, b"<html>\n  broken </html>")]
    pings = tell()
    assert {(result.outcome, result.status) for result in pings} == {("failed", 500)}
    assert {result.reason for result in pings} == {"the hub responded with 500: <html> broken </html>"}
    assert tell.waits == [1.0, 2.0, 4.0]
    assert hub.topics == [TOPICS[0]] * 3 + TOPICS
    assert not tell.state.exists()


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_refusal_is_not_repeated(tell: Told, hub: Hub, status: int) -> None:
    hub.replies = [(status, {}, "主题不允许 ".encode() * 100), ACCEPTED]
    first, *others = tell()
    assert (first.outcome, first.status) == ("failed", status)
    assert first.reason.startswith(f"the hub responded with {status}: 主题不允许 主题不允许")
    assert len(first.reason) < 250
    assert {result.outcome for result in others} == {"accepted"}
    assert tell.waits == []
    assert outcomes(tell()) == ["accepted"] + ["unchanged"] * 5  # only what failed is told again


@pytest.mark.parametrize(
    ("status", "headers", "place"),
    [
        (301, {"Location": "https://hub.test/"}, "https://hub.test/"),
        (302, {"Location": "https://hub.test/"}, "https://hub.test/"),
        (308, {}, "an unknown address"),
    ],
)
def test_a_redirect_is_no_success(tell: Told, hub: Hub, status: int, headers: dict[str, str], place: str) -> None:
    hub.replies = [(status, headers, b"")]
    pings = tell()
    assert {(result.outcome, result.status) for result in pings} == {("failed", status)}
    assert pings[0].reason == f"the hub has moved to {place}: change hub in feedpub.toml, and build again"


def test_a_hub_that_refuses_connections(tell: Told) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    write_site(tell.folder, {}, f'{SETTINGS}hub = "http://127.0.0.1:{port}/"\n')
    pings = tell()
    assert {(result.outcome, result.status) for result in pings} == {("failed", None)}
    assert pings[0].reason.startswith("no connection (")
    assert len(pings[0].reason) < 100
    assert tell.waits == [1.0, 2.0, 4.0]


def test_a_hub_that_hangs_takes_no_longer_than_allowed(tell: Told, hub: Hub) -> None:
    ended = threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        ended.wait(20)

    hub.replies = [hang]
    started = time.monotonic()
    first, second, *_ = tell(total_seconds=0.5)
    ended.set()
    assert time.monotonic() - started < 5
    assert first.outcome == "failed"
    assert re.fullmatch(r"no response within 0\.[45]\d* seconds", first.reason)
    assert second.reason == "nothing was sent: there was no time left"
    assert len(hub.requests) == 1


def test_a_hub_that_drips(hub: Hub) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            time.sleep(0.05)
            handler.wfile.write(b"a")
            handler.wfile.flush()

    hub.replies = [drip]
    started = time.monotonic()
    with pytest.raises(FormError, match=r"no response within 0\.6 seconds"):
        post_form(make_session(), hub.url, {"a": "b"}, seconds=0.6)
    assert time.monotonic() - started < 3


def test_a_hub_that_is_silent(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedpub.transport.requests_client.READ_SECONDS", 0.2)
    ended = threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        ended.wait(20)

    hub.replies = [hang]
    with pytest.raises(FormError, match=r"no response within 0\.2 seconds"):
        post_form(make_session(), hub.url, {"a": "b"}, seconds=5)
    ended.set()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse what a full queue has no room for")
def test_a_hub_that_takes_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedpub.transport.requests_client.CONNECT_SECONDS", 0.3)
    with contextlib.ExitStack() as opened:
        full = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with pytest.raises(FormError, match=r"no connection within 0\.3 seconds"):
            post_form(make_session(), f"http://127.0.0.1:{full.getsockname()[1]}/", {"a": "b"}, seconds=5)


def test_a_body_that_drips_is_cut(hub: Hub) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\nno")
        handler.wfile.flush()  # and the connection ends, 98 bytes too early

    hub.replies = [drip]
    answer = post_form(make_session(), hub.url, {"a": "b"}, seconds=5)
    assert (answer.status, answer.text) in {(400, "no"), (400, "")}


def test_a_server_that_hangs_up(hub: Hub) -> None:
    hub.replies = [lambda handler: handler.connection.close()]
    with pytest.raises(FormError, match=r"no connection \(.+\)"):
        post_form(make_session(), hub.url, {"a": "b"}, seconds=5)


def test_what_is_no_hub_at_all(hub: Hub) -> None:
    with pytest.raises(FormError, match="no TLS connection"):
        post_form(make_session(), hub.url.replace("http:", "https:"), {"a": "b"}, seconds=5)
    with pytest.raises(FormError, match="No connection adapters"):
        post_form(make_session(), "ftp://hub.test/", {"a": "b"}, seconds=5)


def test_a_proxy_that_is_down(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free.getsockname()[1]}")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(FormError, match="the proxy does not respond"):
        post_form(make_session(), "http://hub.test/", {"a": "b"}, seconds=5)
    assert hub.requests == []


def test_other_errors_are_not_swallowed(hub: Hub) -> None:
    with pytest.raises(TypeError):
        post_form(make_session(), hub.url, 5, seconds=5)  # type: ignore[arg-type]


# The command


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "feedpub", "ping", *arguments],
        cwd=folder.parent, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_the_command(folder: Path, hub: Hub) -> None:
    done = command(folder)
    assert (done.returncode, done.stderr) == (0, "")
    *lines, last = done.stdout.splitlines()
    assert lines == [f"accepted   {topic}" for topic in TOPICS]
    assert last == f"{hub.url}: 6 accepted, 0 unchanged, 0 failed"
    assert command(folder).stdout.splitlines()[-1] == f"{hub.url}: 0 accepted, 6 unchanged, 0 failed"


def test_the_command_when_the_hub_refuses(folder: Path, hub: Hub) -> None:
    hub.replies = [(403, {}, b"who are you?")]
    done = command(folder, "--format", "json")
    assert done.returncode == 1
    results = json.loads(done.stdout)
    assert results["problems"] == []
    assert results["pings"][0] == {
        "topic": TOPICS[0],
        "hub": hub.url,
        "outcome": "failed",
        "status": 403,
        "reason": "the hub responded with 403: who are you?",
    }
    done = command(folder, "--format", "github")
    assert done.stdout.splitlines()[0] == (
        f"::error title=ping failed::{TOPICS[0]}: the hub responded with 403: who are you?"
    )
    done = command(folder)
    assert done.stdout.splitlines()[0] == f"failed     {TOPICS[0]}  the hub responded with 403: who are you?"


def test_the_command_without_hub(tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD)
    done = command(tmp_path / "entries")
    assert done.returncode == 2
    assert done.stdout.startswith("error[E012] no hub\n  entries/feedpub.toml\n")


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_after_ctrl_c_what_was_accepted_is_remembered(folder: Path, hub: Hub) -> None:
    reached, ended = threading.Event(), threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        reached.set()
        ended.wait(20)

    hub.replies = [ACCEPTED, ACCEPTED, hang]
    running = subprocess.Popen(
        [sys.executable, "-m", "feedpub", "ping"],
        cwd=folder.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert reached.wait(20)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=10)
    ended.set()
    assert running.returncode == 130
    assert "interrupted" in err
    assert out.splitlines() == [f"accepted   {topic}" for topic in TOPICS[:2]]
    recorded = json.loads((folder.parent / "public" / ".feedpub" / "pings.json").read_bytes())["hubs"][hub.url]
    assert sorted(recorded) == sorted(TOPICS[:2])
