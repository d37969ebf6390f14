"""The preview: real servers on free ports, asked as browsers and attackers ask."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from feedpub import ConfigError, PreviewEvent, serve
from feedpub.serving.preview import Preview
from feedpub.serving.preview_pages import RELOAD_PATH
from feedpub.serving.responses import respond
from support.sample_sites import CHINESE, ENGLISH, SETTINGS, post, write_site

PATIENCE = 30  # seconds, on a busy machine
FILES = {
    "夜车.en.md": ENGLISH.replace("title:", "categories: [铁路]\ntitle:", 1),
    "夜车.zh-Hans.md": CHINESE,
}
BAD = post("Text.\n", published="01/02/2026")


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Running:
    """A preview that runs in a thread, and what it has told."""

    def __init__(self, folder: Path, output: Path) -> None:
        self.folder, self.output = folder, output
        self.events: Queue[PreviewEvent] = Queue()
        self.preview = Preview(str(folder), str(output), "127.0.0.1", 0, self.events.put)
        self.port = self.preview.server.server_port
        self.thread = threading.Thread(target=self.preview.run)
        self.thread.start()
        self.first = self.next_build()

    def next_build(self) -> PreviewEvent:
        return self.events.get(timeout=PATIENCE)

    def ask(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, target, body, dict(headers or {}))
            response = connection.getresponse()
            return Reply(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are; return all that comes until the server hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def stop(self) -> None:
        self.preview.stop()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


def start(folder: Path) -> Running:
    output = folder.parent / "preview"
    output.mkdir()
    (output / "secret.txt").write_text("not published")
    (folder.parent / "outside.html").write_text("not published")
    return Running(folder, output)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A preview of a site that no test changes."""
    folder = write_site(tmp_path_factory.mktemp("site") / "entries", FILES, SETTINGS + "categories = true\n")
    running = start(folder)
    yield running
    running.stop()


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Running]:
    """A preview of a site that the test changes."""
    running = start(write_site(tmp_path / "entries", FILES))
    yield running
    running.stop()


# What is served


@pytest.mark.parametrize(
    ("target", "content_type", "start"),
    [
        ("/", "text/html; charset=utf-8", b"<!doctype html>"),
        ("/index.html", "text/html; charset=utf-8", b"<!doctype html>"),
        ("/zh-Hans/", "text/html; charset=utf-8", b"<!doctype html>"),
        ("/en/atom.xml", "application/xml; charset=utf-8", b"<?xml"),
        ("/en/atom.xml?a=b#c", "application/xml; charset=utf-8", b"<?xml"),
        ("/zh-Hans/rss.xml", "application/xml; charset=utf-8", b"<?xml"),
        ("/zh-Hans/feed.json", "application/json", b"{"),
        ("/feeds.opml", "text/x-opml; charset=utf-8", b"<?xml"),
        ("/style.css", "text/css; charset=utf-8", b""),
        ("/en/%E5%A4%9C%E8%BD%A6/", "text/html; charset=utf-8", b"<!doctype html>"),
        ("/en/category/%e9%93%81%e8%b7%af/atom.xml", "application/xml; charset=utf-8", b"<?xml"),
    ],
)
def test_files_have_the_types_of_web_servers(site: Running, target: str, content_type: str, start: bytes) -> None:
    status, headers, body = site.ask(target)
    assert (status, headers["content-type"]) == (200, content_type)
    assert body.startswith(start)
    assert len(body) == int(headers["content-length"])
    head = site.ask(target, "HEAD")
    assert (head.status, head.body) == (200, b"")
    of_the_clock = {"date": "", "last-modified": ""}  # a date is sent when its second is over
    assert {**head.headers, **of_the_clock} == {**headers, **of_the_clock}


def test_raw_utf8_is_understood_as_well(site: Running) -> None:
    answer = site.raw("GET /en/夜车/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_the_first_build_is_told(site: Running) -> None:
    assert site.first.result
    assert site.first.address == f"http://127.0.0.1:{site.port}/"
    assert (site.first.problems, site.first.error) == ((), "")


def test_links_stay_inside_the_preview(site: Running) -> None:
    feed = ElementTree.fromstring(site.ask("/en/atom.xml").body)
    links = {link.get("rel"): link.get("href", "") for link in feed.findall("{http://www.w3.org/2005/Atom}link")}
    assert links["self"] == f"{site.first.address}en/atom.xml"
    entry = feed.find("{http://www.w3.org/2005/Atom}entry")
    assert entry is not None
    page = entry.find("{http://www.w3.org/2005/Atom}link[@rel='alternate']")
    assert page is not None
    assert page.get("href", "").startswith(site.first.address)
    assert site.ask(page.get("href", "")).status == 200  # as an absolute target, too (RFC 9112, 3.2.2)
    assert b"site.test/" not in site.ask("/").body


def test_every_published_file_can_be_asked_for(site: Running) -> None:
    assert site.first.result
    for name in site.first.result.written:
        assert site.ask("/" + quote(name)).status == 200, name


@pytest.mark.parametrize("target", ["/en/atom.xml", "/en/", "/style.css", "/zh-Hans/feed.json"])
def test_what_a_browser_has_is_not_sent_again(site: Running, target: str) -> None:
    tag = site.ask(target).headers["etag"]
    status, headers, body = site.ask(target, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (status, headers["etag"], body) == (304, tag, b"")
    assert site.ask(target, headers={"If-None-Match": '"x"'}).status == 200


def test_dates_are_sent_for_files_but_not_for_pages_that_the_preview_alters(site: Running) -> None:
    time.sleep(1.1)  # a date is sent when its second is over
    dated = site.ask("/en/atom.xml").headers["last-modified"]
    assert site.ask("/en/atom.xml", headers={"If-Modified-Since": dated}).status == 304
    assert "last-modified" not in site.ask("/en/").headers


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/en", "/en/"),
        ("/en?a=b", "/en/?a=b"),
        ("/en/%E5%A4%9C%E8%BD%A6", "/en/%E5%A4%9C%E8%BD%A6/"),
    ],
)
def test_a_folder_without_its_slash(site: Running, target: str, place: str) -> None:
    status, headers, body = site.ask(target)
    assert (status, headers["location"], body) == (302, place, b"")
    assert site.ask(place).status == 200


# What is not


@pytest.mark.parametrize(
    "target",
    [
        "/nothing",
        "/en/nothing/",
        "/secret.txt",
        "/../outside.html",
        "/en/../../outside.html",
        "/%2e%2e/outside.html",
        "/..%2foutside.html",
        "/..%5coutside.html",
        "/en/..%2f..%2foutside.html",
        "/en/../index.html",
        "/./index.html",
        "//index.html/",
        "/en//atom.xml",
        "/index.html/",
        "/index.html%00",
        "/%00",
        "/%ff%fe",
        "/.feedpub/",
        "/.feedpub/manifest.sqlite",
        "/.git/config",
        "/EN/atom.xml",
        "/etc/passwd",
        "/C:/Windows/win.ini",
        "/%E5%A4",
    ],
)
def test_nothing_else_is_served(site: Running, target: str) -> None:
    status, headers, body = site.ask(target)
    assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert b'<a href="/">Home</a>' in body
    assert b"not published" not in body
    assert site.ask(target, "HEAD").body == b""


def test_no_hidden_file_is_published(site: Running) -> None:
    hidden = [path.relative_to(site.output).as_posix() for path in site.output.rglob(".*")]
    for name in hidden:
        assert site.ask(f"/{quote(name)}").status == 404
    assert not any(part.startswith(".") for name in site.preview.files for part in name.split("/"))


def test_a_name_is_shown_and_not_run(site: Running) -> None:
    body = site.ask("/%3Cscript%3Ealert(1)%3C/script%3E").body
    assert b"<script>alert" not in body
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods(site: Running, method: str) -> None:
    for target in ("/", "/nothing", RELOAD_PATH):
        status, headers, _ = site.ask(target, method, body=b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_the_head_of_what_tells_builds(site: Running) -> None:
    status, headers, body = site.ask(RELOAD_PATH, "HEAD")
    assert (status, headers["content-type"], body) == (200, "text/event-stream", b"")


def test_a_body_is_not_taken_for_a_request(site: Running) -> None:
    second = b"GET /en/atom.xml HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    for framing in (b"Content-Length: %d\r\n\r\n" % len(second), b"Transfer-Encoding: chunked\r\n\r\n"):
        assert site.raw(head + framing + second).count(b"HTTP/1.1 ") == 1
    assert site.raw(head + b"\r\n" + second).count(b"HTTP/1.1 200") == 2  # two requests, one connection


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("LocalHost", 200),
        ("localhost:9000", 200),  # forwarded by ssh
        ("[::1]:{port}", 200),
        ("evil.test", 421),
        ("evil.test:{port}", 421),
        ("localhost.evil.test", 421),
        ("127.0.0.1.evil.test:{port}", 421),
        ("localhost:{port}@evil.test", 421),
        ("", 421),
    ],
)
def test_other_names_for_this_machine_are_refused(site: Running, host: str, status: int) -> None:
    name = host.format(port=site.port)
    for target in ("/en/atom.xml", "/en/"):
        assert site.ask(target, headers={"Host": name}).status == status
    if status != 200:  # nor may they wait for builds; and the target counts before the field
        assert site.ask(RELOAD_PATH, headers={"Host": name}).status == status
        if host:
            assert site.ask(f"http://{name}/en/", headers={"Host": "localhost"}).status == status


@pytest.mark.parametrize("hosts", [[], ["localhost", "localhost"], ["localhost", "evil.test"]])
def test_there_must_be_one_host(site: Running, hosts: list[str]) -> None:
    fields = "".join(f"Host: {host}\r\n" for host in hosts)
    assert site.raw(f"GET / HTTP/1.1\r\n{fields}\r\n".encode()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("request_line", [b"BREW / HTTP/1.1", b"GET", b"GET / HTTP/9", b"\x16\x03\x01 TLS hello"])
def test_nonsense_is_refused_and_the_preview_lives(site: Running, request_line: bytes) -> None:
    assert site.raw(request_line + b"\r\nHost: localhost\r\n\r\n").split(b" ", 1)[0] != b"HTTP/1.1 200"
    assert site.ask("/").status == 200


def test_many_at_once(site: Running) -> None:
    targets = ["/", "/en/", "/en/atom.xml", "/zh-Hans/feed.json", "/style.css", "/nothing"] * 20
    expected = {target: site.ask(target).body for target in set(targets)}
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(site.ask, targets))
    assert [reply.body for reply in replies] == [expected[target] for target in targets]


def test_a_browser_that_leaves_is_not_talked_about(site: Running, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", site.port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # ends with a reset
            connection.sendall(b"GET /en/ HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
    assert site.ask("/").status == 200
    assert capfd.readouterr().err == ""


def test_a_fault_of_ours_is_told_in_the_terminal(site: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    errors: Queue[threading.ExceptHookArgs] = Queue()

    def broken(body: bytes, *given: Any, **named: Any) -> object:
        if b'<html lang="zh-Hans"' in body:  # others may still be asked for by threads of the test before
            raise RuntimeError("a fault of ours")
        return respond(body, *given, **named)

    monkeypatch.setattr("threading.excepthook", errors.put)  # what prints the errors of threads
    monkeypatch.setattr("feedpub.serving.preview.respond", broken)
    assert site.raw(b"GET /zh-Hans/ HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""
    assert str(errors.get(timeout=PATIENCE).exc_value) == "a fault of ours"
    monkeypatch.undo()
    assert site.ask("/zh-Hans/").status == 200


# Builds while it runs


def test_a_change_is_built_and_shown(changing: Running) -> None:
    before = changing.ask("/en/atom.xml")
    path = changing.folder / "夜车.en.md"
    path.write_text(path.read_text(encoding="utf-8").replace("They are back.", "They are here."), encoding="utf-8")
    event = changing.next_build()
    assert event.result
    assert "en/atom.xml" in event.result.written
    after = changing.ask("/en/atom.xml", headers={"If-None-Match": before.headers["etag"]})
    assert after.status == 200
    assert b"They are here." in after.body
    write_site(changing.folder, {"day.en.md": post()})
    assert changing.next_build().result
    assert changing.ask("/en/day/").status == 200
    (changing.folder / "day.en.md").unlink()
    assert changing.next_build().result
    assert changing.ask("/en/day/").status == 404


@pytest.mark.parametrize("make", ["link", "linked folder", "pipe"])
def test_what_is_no_file_of_the_published_folder_is_not_served(make: str, changing: Running) -> None:
    outside, place = changing.folder.parent / "outside", changing.output / "en"
    outside.mkdir()
    (outside / "atom.xml").write_text("not published")
    if make == "linked folder":
        place.rename(changing.output / "was here")
        place.symlink_to(outside)
    else:
        (place / "atom.xml").unlink()
        if make == "link":
            (place / "atom.xml").symlink_to(outside / "atom.xml")
        else:
            os.mkfifo(place / "atom.xml")
    reply = changing.ask("/en/atom.xml")
    assert reply.status == 404
    assert b"not published" not in reply.body


def test_nothing_changes_nothing_is_built(changing: Running) -> None:
    (changing.folder / ".夜车.en.md.swp").write_text("an editor's own")
    (changing.folder / ".git").mkdir()
    (changing.folder / ".git" / "index").write_text("")
    os.symlink(changing.folder / "nowhere", changing.folder / "broken.png")
    time.sleep(1.2)
    assert changing.events.empty()


def test_a_bad_entry_is_shown_while_the_last_good_feeds_stay(changing: Running) -> None:
    feed, page = changing.ask("/en/atom.xml").body, changing.ask("/en/")
    write_site(changing.folder, {"bad.en.md": BAD, "worse.en.md": "---\ntitle: <b>\nx\n---\n"})
    event = changing.next_build()
    assert (event.result, event.error) == (None, "")
    assert {problem.path.rpartition("/")[2] for problem in event.problems} >= {"bad.en.md", "worse.en.md"}
    assert changing.ask("/en/atom.xml").body == feed
    broken = changing.ask("/en/", headers={"If-None-Match": page.headers["etag"]})
    assert broken.status == 200
    for answer in ('role="alert"', "bad date", "bad.en.md:3:12", "could be 1 February", "help: write an ISO date"):
        assert answer in broken.body.decode()
    assert b"title: <b>" not in broken.body
    assert "bad date" in changing.ask("/nothing").body.decode()
    (changing.folder / "bad.en.md").unlink()
    (changing.folder / "worse.en.md").unlink()
    assert changing.next_build().result
    assert b'role="alert"' not in changing.ask("/en/").body


def test_settings_that_cannot_be_used(changing: Running) -> None:
    (changing.folder / "feedpub.toml").write_text("base_url = 1")
    event = changing.next_build()
    assert [problem.code for problem in event.problems] == ["E003", "E005"]
    assert "feedpub.toml" in changing.ask("/").body.decode()
    for path in changing.folder.iterdir():
        path.unlink()
    changing.folder.rmdir()
    assert [problem.code for problem in changing.next_build().problems] == ["E001"]
    write_site(changing.folder, FILES)
    assert changing.next_build().result


def test_the_first_build_fails(tmp_path: Path) -> None:
    running = start(write_site(tmp_path / "entries", {"bad.en.md": BAD}))
    try:
        assert [problem.code for problem in running.first.problems if problem.severity == "error"] == ["E102"]
        for target in ("/", "/en/atom.xml", "/nothing"):
            status, headers, body = running.ask(target)
            assert (status, headers["cache-control"]) == (503, "no-store")
            assert b"bad date" in body
            assert RELOAD_PATH.encode() in body
        write_site(running.folder, {"bad.en.md": post()})
        assert running.next_build().result
        assert running.ask("/en/bad/").status == 200
    finally:
        running.stop()


def test_other_failures_are_shown_too(changing: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object, **named: object) -> None:
        raise OSError(28, "No space left on device <x>")

    monkeypatch.setattr("feedpub.serving.preview.build_preview", full)
    (changing.folder / "new.txt").write_text("")
    event = changing.next_build()
    assert (event.result, event.problems) == (None, ())
    assert event.error == "OSError: [Errno 28] No space left on device <x>"
    assert b"No space left on device &lt;x&gt;" in changing.ask("/en/").body


# Scheduled articles


def test_scheduled_articles_are_shown_with_a_mark(tmp_path: Path) -> None:
    later = "2999-12-24T09:00:00+01:00"
    files = {"now.en.md": post(title="Now"), "later (2).en.md": post(title="Later", published=later)}
    running = start(write_site(tmp_path / "entries", files))
    try:
        assert running.first.result
        assert [one.key for one in running.first.result.scheduled] == ["later (2)"]
        home, home_page, other = (
            running.ask(path).body.decode() for path in ("/en/", "/en/later%20%282%29/", "/en/now/")
        )
        assert "Later" in running.ask("/en/atom.xml").body.decode()
        rule = 'a[href$="en/later\\25 20\\25 282\\25 29/index.html"]::after{content:" (2999-12-24 09:00+01:00)"'
        assert all(rule in page for page in (home, home_page, other))
        assert f"Scheduled: builds before {later} leave this article out" in home_page
        assert "Scheduled: builds" not in home + other
    finally:
        running.stop()


def test_the_mark_goes_when_the_article_is_due(tmp_path: Path) -> None:
    later = "2999-12-24T09:00:00+01:00"
    running = start(write_site(tmp_path / "entries", {"later.en.md": post(published=later)}))
    try:
        due = datetime.fromisoformat(later)
        assert list(running.preview.list_scheduled(due - timedelta(seconds=1))) == ["en/later/index.html"]
        assert running.preview.list_scheduled(due) == {}
    finally:
        running.stop()


# Pages that load themselves anew


def number_in(page: bytes) -> str:
    """Return the number of the build that a page waits to be replaced."""
    return page.decode().partition(f"{RELOAD_PATH}?build=")[2].partition('"')[0]


def test_pages_have_the_script_and_files_on_disk_do_not(site: Running) -> None:
    body = site.ask("/en/").body
    assert body.count(b"new EventSource") == 1
    assert body.rstrip().endswith(b"</html>")
    for path in site.output.rglob("*.html"):
        assert b"EventSource" not in path.read_bytes()
    for target in ("/en/atom.xml", "/feeds.opml", "/style.css"):
        assert b"EventSource" not in site.ask(target).body


def test_a_page_hears_of_the_next_build(changing: Running) -> None:
    number = number_in(changing.ask("/en/").body)
    assert number.isdecimal()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(changing.ask, f"{RELOAD_PATH}?build={number}") for _ in range(4)]
        time.sleep(0.5)
        assert not any(future.done() for future in waiting)
        write_site(changing.folder, {"bad.en.md": BAD})  # a build that fails is news as well
        for future in waiting:
            status, headers, body = future.result(timeout=PATIENCE)
            assert (status, headers["content-type"], body) == (200, "text/event-stream", b"data: build\n\n")
    assert number_in(changing.ask("/en/").body) == str(int(number) + 1)


@pytest.mark.parametrize("query", ["?build=1", "?build=x", "", "?build=%F0"])
def test_a_page_of_another_preview_hears_at_once(site: Running, query: str) -> None:
    assert site.ask(RELOAD_PATH + query).body == b"data: build\n\n"


def test_a_browser_that_waits_gets_a_sign_of_life(site: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedpub.serving.preview._HEARTBEAT_SECONDS", 0.05)
    number = number_in(site.ask("/en/").body)
    with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE) as connection:
        connection.sendall(f"GET {RELOAD_PATH}?build={number} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while b":\n\n:\n\n" not in answer:
            answer += connection.recv(1000)
    assert b"data" not in answer


def test_who_waits_is_let_go_at_the_end(tmp_path: Path) -> None:
    running = start(write_site(tmp_path / "entries", FILES))
    number = number_in(running.ask("/en/").body)
    with socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE) as connection:
        connection.sendall(f"GET {RELOAD_PATH}?build={number} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = connection.recv(1000)
        assert head.startswith(b"HTTP/1.1 200")
        running.stop()
        rest = b""
        while more := connection.recv(1000):
            rest += more
    assert b"data" not in head + rest


# Beginning and end


def test_a_port_that_is_taken(site: Running, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        serve(tmp_path, port=site.port)
    (problem,) = caught.value.problems
    assert problem.code == "E013"
    assert problem.message == f"port {site.port} of 127.0.0.1 is in use, perhaps by another preview"
    assert "--port 0" in problem.hint


def test_a_port_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ConfigError, match=r"port 80 of 127\.0\.0\.1 cannot be used: Permission denied"):
        serve(tmp_path, port=80)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "site.test"])
def test_nobody_else_can_reach_it(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match=r"can be reached from other machines|does not appear to be"):
        serve(tmp_path, host=host, port=0)


def test_the_other_loopback(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    preview = Preview(str(write_site(tmp_path / "entries", FILES)), str(tmp_path / "preview"), "::1", 0)
    thread = threading.Thread(target=preview.run)
    thread.start()
    try:
        connection = http.client.HTTPConnection("::1", preview.server.server_port, timeout=PATIENCE)
        connection.request("GET", "/en/atom.xml")
        response = connection.getresponse()
        body = response.read()
        connection.close()
    finally:
        preview.stop()
        thread.join(PATIENCE)
    assert response.status == 200
    assert f"http://[::1]:{preview.server.server_port}/en/atom.xml".encode() in body


def test_a_build_under_way_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    building, seen = threading.Event(), []

    def endless(*given: object, progress: Callable[..., object], **named: object) -> None:
        while True:
            building.set()
            try:
                progress("write", 1, 2)
            except InterruptedError:
                seen.append("given up")
                raise
            time.sleep(0.01)

    running = start(write_site(tmp_path / "entries", FILES))
    monkeypatch.setattr("feedpub.serving.preview.build_preview", endless)
    write_site(running.folder, {"new.en.md": post()})
    assert building.wait(PATIENCE)
    running.stop()
    assert seen == ["given up"]
    assert running.events.empty()


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_command_ends_at_once_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    write_site(tmp_path / "entries", FILES)
    (tmp_path / "temporary").mkdir()
    running = subprocess.Popen(
        [sys.executable, "-m", "feedpub", "serve", "--port", "0"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary"), "PYTHONUTF8": "1"},
        preexec_fn=lambda: signal.signal(getattr(signal, name), signal.SIG_DFL),  # nohup ignores one of them
    )  # fmt: skip
    try:
        assert running.stdout
        lines: list[str] = []
        while not any("http://" in line for line in lines):
            lines.append(running.stdout.readline())
            assert lines[-1], lines
        assert any(line.startswith("built: ") for line in lines)
        port = int(lines[-1].removeprefix("http://127.0.0.1:").partition("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as idle:  # a browser keeps its connection open
            idle.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert idle.recv(15) == b"HTTP/1.1 200 OK"
            started = time.monotonic()
            running.send_signal(getattr(signal, name))
            _, err = running.communicate(timeout=PATIENCE)
            assert time.monotonic() - started < 5
        assert (running.returncode, err) == (128 + getattr(signal, name), "stopped\n")
    finally:
        running.kill()
        running.communicate()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "public").exists()


@pytest.mark.parametrize("name", ["entires", "file"])
def test_the_command_with_a_folder_that_is_none(name: str, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", FILES)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError):
        serve(tmp_path / name, port=0)
    done = subprocess.run(
        [sys.executable, "-m", "feedpub", "serve", name, "--port", "0"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 2
    assert "no such folder" in done.stdout or "is a file" in done.stderr
    assert "127.0.0.1" not in done.stdout


def test_the_command_without_a_free_port(site: Running, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", FILES)
    done = subprocess.run(
        [sys.executable, "-m", "feedpub", "serve", "--port", str(site.port)],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout.startswith("error[E013] port cannot be used\n")
