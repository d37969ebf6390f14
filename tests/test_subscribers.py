"""Real readers subscribe over HTTP to a published folder, whose answers are `feedpub.respond`'s."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import feedparser
import pytest
import reader
import requests

import feedpub
from feedpub.formats import feed_formats
from support import http_server
from support.sample_builds import Desk, article

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LIMIT, COUNT = 3, 11
FILE_NAMES = {form.name: form.file_name for form in feed_formats()}
FORMATS = tuple(FILE_NAMES)
TYPES = {".xml": "application/xml", ".json": "application/feed+json"}
REQUIRED = os.environ.get("FEEDPUB_READERS") == "required"


class Request(NamedTuple):
    """What was asked for, and how it was answered."""

    path: str
    status: int
    conditions: frozenset[str]


class Host:
    """A site and the server that serves its published folder; addresses in feeds lead to it.

    `hidden` are fields that never reach the other side, as behind a proxy that drops them. `clock` is the time of an
    answer and of the last change of what is served, in place of the real ones.
    """

    def __init__(self, place: Path, address: str) -> None:
        self.requests: list[Request] = []
        self.hidden: frozenset[str] = frozenset()
        self.clock: tuple[datetime, datetime] | None = None
        self.base = f"{address}/"
        self.public = place / "public"
        self.desk = Desk(place / "entries", base_url=self.base, limit=LIMIT)
        for at in range(COUNT):
            self.write(at)
        self.build()

    def write(self, at: int, title: str = "") -> None:
        self.desk.write(f"a{at:02}.en.md", article(f"Article {at}", f"2026-01-{at + 1:02}", body=f"Text {at}."))
        self.desk.write(f"a{at:02}.zh-Hans.md", article(title or f"文章 {at}", None, body=f"正文 {at}。"))

    def build(self) -> None:
        feedpub.build(self.desk.folder, self.public)

    def answer(self, request: http_server.Handler) -> None:
        path = self.public / unquote(request.path.lstrip("/"))
        asked = {name: value for name, value in request.headers.items() if name.lower() not in self.hidden}
        if not path.is_file():
            status, headers, body = 404, {"Content-Length": "0"}, b""
        else:
            now, changed = self.clock or (None, datetime.fromtimestamp(path.stat().st_mtime, UTC))
            media_type = TYPES[path.suffix]
            status, headers, body = feedpub.respond(
                path.read_bytes(), media_type, asked, last_modified=changed, now=now
            )
        conditions = frozenset(name.lower() for name in asked if name.lower().startswith("if-"))
        self.requests.append(Request(request.path, status, conditions))
        request.send_response(status)
        for name, value in headers.items():
            if name.lower() not in self.hidden:
                request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def newest(self, form: str) -> str:
        """Return the address of the Chinese feed."""
        return f"{self.base}zh-Hans/{FILE_NAMES[form]}"

    def documents(self, form: str) -> list[str]:
        """Return the addresses of all documents of the Chinese feed, as who asks for one after the other finds them."""
        found, address = list[str](), self.newest(form)
        while address:
            found.append(address)
            answer = ask(address)
            assert answer.status_code == 200
            address = older(answer.content)
        self.requests.clear()
        return found

    def statuses(self) -> list[int]:
        """Return how requests were answered since the last time."""
        found = [request.status for request in self.requests]
        self.requests.clear()
        return found


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    class Handler(http_server.Handler):
        protocol_version = "HTTP/1.1"
        host: Host

        def do_GET(self) -> None:
            self.host.answer(self)

    with http_server.serve(Handler) as address:
        Handler.host = Host(tmp_path, address)
        yield Handler.host


def ask(address: str, headers: Mapping[str, str] | None = None) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False  # no proxy between us and this machine
        return session.get(address, headers=headers, timeout=10)


def older(data: bytes) -> str:
    """Return where a document says that the next older entries are."""
    if data.startswith(b"{"):
        return str(json.loads(data).get("next_url", ""))
    return next((link.href for link in feedparser.parse(data).feed.links if link.rel == "prev-archive"), "")


def named(at: int) -> str:
    return f"tag:site.test,2026:a{at:02}/zh-Hans"


def titles(count: int) -> dict[str, str]:
    return {named(at): f"文章 {at}" for at in range(count)}


ALL = titles(COUNT)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let readers ask this machine itself."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "*")


@pytest.mark.parametrize("form", FORMATS)
def test_reader_keeps_each_entry_once(form: str, host: Host) -> None:
    with reader.make_reader(":memory:", feed_root=None) as library:
        documents = host.documents(form)
        assert len(documents) == 3
        for address in documents:
            library.add_feed(address)
        library.update_feeds(scheduled=False)
        assert host.statuses() == [200, 200, 200]
        entries = list(library.get_entries())
        assert len(entries) == COUNT
        assert {entry.id: entry.title for entry in entries} == ALL

        library.update_feeds(scheduled=False)
        assert host.statuses() == [304, 304, 304]

        oldest, newest = 0, COUNT - 1
        host.write(oldest, "改过的旧文章")
        host.write(newest, "改过的新文章")
        host.build()
        library.update_feeds(scheduled=False)
        assert sorted(host.statuses()) == [200, 200, 304]  # the archive between has not changed
        changed = ALL | {named(oldest): "改过的旧文章", named(newest): "改过的新文章"}
        assert {entry.id: entry.title for entry in library.get_entries()} == changed
        assert len(list(library.get_entries())) == COUNT


@pytest.mark.parametrize("form", FORMATS)
def test_who_follows_the_newest_document_sees_each_article_once(form: str, host: Host) -> None:
    with reader.make_reader(":memory:", feed_root=None) as library:
        library.add_feed(host.newest(form))
        library.update_feeds()
        known = {entry.id for entry in library.get_entries()}
        assert known == {named(at) for at in range(2 * LIMIT, COUNT)}
        for at in range(COUNT, COUNT + 2 * LIMIT):  # two pages fill up meanwhile
            host.write(at)
            host.build()
            updated = library.update_feed(host.newest(form))
            assert updated is not None
            assert (updated.new, updated.modified) == (1, 0)
            known.add(named(at))
        assert sorted(entry.id for entry in library.get_entries()) == sorted(known)
        assert set(host.statuses()) == {200}
        assert len(host.documents(form)) == 5


@pytest.mark.parametrize("form", FORMATS)
def test_who_comes_late_finds_everything_through_the_archives(form: str, host: Host) -> None:
    late = COUNT + 4 * LIMIT
    for at in range(COUNT, late):
        host.write(at)
    host.build()
    documents = host.documents(form)
    assert len(documents) == 7
    with reader.make_reader(":memory:", feed_root=None) as library:
        for address in documents:
            library.add_feed(address)
        library.update_feeds()
        entries = list(library.get_entries())
    assert len(entries) == late
    assert {entry.id: entry.title for entry in entries} == titles(late)


@pytest.mark.parametrize("form", FORMATS)
def test_a_date_is_enough_where_tags_are_lost(form: str, host: Host) -> None:
    host.hidden = frozenset(("etag", "if-none-match"))
    time.sleep(1.1)  # HTTP dates count whole seconds
    with reader.make_reader(":memory:", feed_root=None) as library:
        library.add_feed(host.newest(form))
        library.update_feeds()
        library.update_feeds(scheduled=False)
        assert [(one.status, one.conditions) for one in host.requests] == [
            (200, frozenset()),
            (304, {"if-modified-since"}),
        ]
        host.write(COUNT - 1, "改过的新文章")
        host.build()
        library.update_feeds(scheduled=False)
        assert {entry.title for entry in library.get_entries() if entry.id == named(COUNT - 1)} == {"改过的新文章"}


def test_a_change_within_the_same_second_is_not_missed(host: Host) -> None:
    """RFC 9110, 8.8.2.2: a date is weak while its second lasts, for the document may change once more."""
    second = datetime(2026, 2, 1, 12, tzinfo=UTC)
    host.clock = second + timedelta(milliseconds=500), second + timedelta(milliseconds=200)
    first = ask(host.newest("atom"))
    date = first.headers.get("Last-Modified")
    host.write(COUNT)
    host.build()
    host.clock = second + timedelta(hours=1), second + timedelta(milliseconds=800)
    again = ask(host.newest("atom"), {"If-Modified-Since": date} if date else {})
    assert (again.status_code, named(COUNT) in again.text) == (200, True)


def program(name: str) -> str:
    """Return where a reader is; without it the test is left out, unless it is required."""
    found = shutil.which(name)
    if not found and not REQUIRED:
        pytest.skip(f"{name} is not installed")
    assert found, f"{name} is not installed"
    return found


class Newsboat:
    """Debian's newsboat, with settings, addresses and a cache of its own."""

    def __init__(self, place: Path, addresses: list[str]) -> None:
        self.place = place
        self.command = [program("newsboat"), "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
        (place / "config").write_text("reload-threads 1\ndownload-timeout 10\ndownload-retries 1\n")
        self.subscribe(addresses)

    def subscribe(self, addresses: list[str]) -> None:
        (self.place / "urls").write_text("".join(f"{address}\n" for address in addresses))

    def reload(self) -> list[tuple[str, str, str]]:
        """Ask for all feeds; return id, title and content of what it keeps."""
        environment = {**os.environ, "HOME": str(self.place), "LC_ALL": "C.UTF-8"}
        subprocess.run(self.command, cwd=self.place, env=environment, check=True, timeout=60, capture_output=True)
        with closing(sqlite3.connect(self.place / "cache.db")) as base:
            return base.execute("SELECT guid, title, content FROM rss_item WHERE deleted = 0").fetchall()


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_newsboat_keeps_each_entry_once(form: str, host: Host, tmp_path: Path) -> None:
    newsboat = Newsboat(tmp_path, host.documents(form))
    reload = newsboat.reload
    time.sleep(1.1)  # a date is sent when its second is over

    first = reload()
    assert host.statuses() == [200, 200, 200]
    assert len(first) == COUNT
    assert {guid: title for guid, title, _ in first} == ALL
    assert all(f"正文 {int(title.split()[1])}。" in content for _, title, content in first)

    assert sorted(reload()) == sorted(first)
    host.statuses()  # newsboat 2.21 keeps the tag of a feed that it knows already: from the second time on
    assert sorted(reload()) == sorted(first)
    assert all("if-none-match" in one.conditions for one in host.requests)
    assert host.statuses() == [304, 304, 304]

    time.sleep(1.1)  # HTTP dates count whole seconds, and newsboat passes over what has the date of the last time
    host.write(COUNT - 1, "改过的新文章")
    host.build()
    changed = reload()
    assert host.statuses() == [200, 304, 304]
    assert len(changed) == COUNT
    assert {guid: title for guid, title, _ in changed} == ALL | {named(COUNT - 1): "改过的新文章"}


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_newsboat_knows_entries_that_move_to_an_archive(form: str, host: Host, tmp_path: Path) -> None:
    newsboat = Newsboat(tmp_path, host.documents(form))
    assert len(newsboat.reload()) == COUNT
    time.sleep(1.1)  # as above
    host.write(COUNT)  # fills the third page
    host.build()
    documents = host.documents(form)
    assert len(documents) == 4
    newsboat.subscribe(documents)
    kept = newsboat.reload()
    assert len(kept) == COUNT + 1
    assert {guid: title for guid, title, _ in kept} == titles(COUNT + 1)


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_sfeed_reads_titles_links_and_dates(form: str, host: Host) -> None:
    command = program("sfeed")
    seen = []
    for address in host.documents(form):
        data = (host.public / address.removeprefix(host.base)).read_bytes()
        lines = subprocess.run([command, host.base], input=data, capture_output=True, check=True, timeout=10).stdout
        seen += [line.split("\t") for line in lines.decode().splitlines()]
    # sfeed(5): UNIX time, title, link, content, content type, id, author, enclosure, category
    assert sorted((row[5], row[1]) for row in seen) == sorted(ALL.items())
    for row in seen:
        at = int(row[1].split()[1])
        assert row[2] == f"{host.base}zh-Hans/a{at:02}/"
        assert datetime.fromtimestamp(int(row[0]), UTC) == datetime(2026, 1, at + 1, tzinfo=UTC)
        assert (f"正文 {at}。" in row[3], row[4]) == (True, "html")
