"""Real readers subscribe over HTTP to a published folder, whose answers are `feedpub.respond`'s."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import pytest
import reader

import feedpub
from feedpub.model import FILE_NAMES
from sample_builds import Desk, article

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT, COUNT = 3, 11
FORMATS = ("atom", "rss", "json")
TYPES = {".xml": "application/xml", ".json": "application/feed+json"}
REQUIRED = os.environ.get("FEEDPUB_READERS") == "required"


class Request(NamedTuple):
    """What was asked for, and how it was answered."""

    path: str
    status: int


class Host:
    """A site and the server that serves its published folder; addresses in feeds lead to it."""

    def __init__(self, place: Path) -> None:
        self.requests: list[Request] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                host.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}/"
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

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = self.public / unquote(request.path.lstrip("/"))
        if not path.is_file():
            status, headers, body = 404, {"Content-Length": "0"}, b""
        else:
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            media_type = TYPES[path.suffix]
            status, headers, body = feedpub.respond(
                path.read_bytes(), media_type, request.headers, last_modified=changed
            )
        self.requests.append(Request(request.path, status))
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def documents(self, form: str) -> list[str]:
        """Return the addresses of all documents of the Chinese feed."""
        stem, ending = os.path.splitext(FILE_NAMES[form])  # type: ignore[index]
        archives = sorted((self.public / "zh-Hans" / "archive").glob(f"{stem}-*{ending}"))
        assert len(archives) == 2
        return [
            f"{self.base}zh-Hans/{FILE_NAMES[form]}",  # type: ignore[index]
            *(f"{self.base}zh-Hans/archive/{path.name}" for path in archives),
        ]

    def statuses(self) -> list[int]:
        """Return how requests were answered since the last time."""
        found = [request.status for request in self.requests]
        self.requests.clear()
        return found


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join(10)


def named(at: int) -> str:
    return f"tag:site.test,2026:a{at:02}/zh-Hans"


ALL = {named(at): f"文章 {at}" for at in range(COUNT)}


@pytest.mark.parametrize("form", FORMATS)
def test_reader_keeps_each_entry_once(form: str, host: Host) -> None:
    with reader.make_reader(":memory:", feed_root=None) as library:
        for address in host.documents(form):
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


def program(name: str) -> str:
    """Return where a reader is; without it the test is left out, unless it is required."""
    found = shutil.which(name)
    if not found and not REQUIRED:
        pytest.skip(f"{name} is not installed")
    assert found, f"{name} is not installed"
    return found


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_newsboat_keeps_each_entry_once(form: str, host: Host, tmp_path: Path) -> None:
    command = [program("newsboat"), "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
    (tmp_path / "urls").write_text("".join(f"{address}\n" for address in host.documents(form)))
    (tmp_path / "config").write_text("reload-threads 1\ndownload-timeout 10\ndownload-retries 1\n")
    environment = {**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "no_proxy": "*"}

    def reload() -> list[tuple[str, str, str]]:
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=60, capture_output=True)
        with sqlite3.connect(tmp_path / "cache.db") as base:
            return base.execute("SELECT guid, title, content FROM rss_item WHERE deleted = 0").fetchall()

    first = reload()
    assert host.statuses() == [200, 200, 200]
    assert len(first) == COUNT
    assert {guid: title for guid, title, _ in first} == ALL
    assert all(f"正文 {int(title.split()[1])}。" in content for _, title, content in first)

    assert sorted(reload()) == sorted(first)
    host.statuses()  # newsboat 2.21 keeps the tag of a feed that it knows already: from the second time on
    assert sorted(reload()) == sorted(first)
    assert host.statuses() == [304, 304, 304]

    time.sleep(1.1)  # HTTP dates count whole seconds, and newsboat passes over what has the date of the last time
    host.write(COUNT - 1, "改过的新文章")
    host.build()
    changed = reload()
    assert host.statuses() == [200, 304, 304]
    assert len(changed) == COUNT
    assert {guid: title for guid, title, _ in changed} == ALL | {named(COUNT - 1): "改过的新文章"}


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
