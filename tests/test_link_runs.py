"""Runs of the command over many loopback hosts: killed, interrupted, two at once, a full disk, a proxy, busy hosts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import random
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from typing import IO, TYPE_CHECKING

import pytest

from feedpub.links.check import check_links
from feedpub.model import LinkSettings
from support.speed import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOSTS = [f"127.0.3.{number}" for number in range(1, 21)]


class Server:
    """A server that answers 200 after a while to /p… and 404 to others, and counts the requests under way per host."""

    def __init__(self) -> None:
        self.delay = 0.01
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.most_at_once = 0
        self.seen: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._over, self._tasks = asyncio.Event(), set[asyncio.Task[None]]()
        first = await asyncio.start_server(self._talk, HOSTS[0], 0)
        self.port = first.sockets[0].getsockname()[1]
        servers = [first] + [await asyncio.start_server(self._talk, host, self.port) for host in HOSTS[1:]]
        self._ready.set()
        await self._over.wait()
        for server in servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        host = writer.get_extra_info("sockname")[0]
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.seen.append(f"{host} {head}")
                self.under_way[host] += 1
                self.most[host] = max(self.most[host], self.under_way[host])
                self.most_at_once = max(self.most_at_once, self.under_way.total())
                await asyncio.sleep(self.delay)
                self.under_way[host] -= 1
                path = head.split()[1].removeprefix("http://").partition("/")[2]
                status = "200 OK" if path.startswith("p") else "404 Not Found"
                body = "" if head.startswith("HEAD") else "x" * 5000
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n{body}".encode()
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    def urls(self, count: int) -> list[str]:
        return [f"http://{HOSTS[number % len(HOSTS)]}:{self.port}/p{number}" for number in range(count)]

    def wait_for_requests(self, count: int, run: subprocess.Popen[str]) -> None:
        """Wait until so many requests have come, or a run has ended."""
        while len(self.seen) < count and run.poll() is None:
            time.sleep(0.002)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)


@pytest.fixture
def server() -> Iterator[Server]:
    with closing(Server()) as made:
        yield made


def begin_check(
    folder: Path, *arguments: str, preexec: Callable[[], None] | None = None, stdout: int | IO[str] = subprocess.PIPE
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "feedpub", "links", "check", "--urls", "urls.txt", "--allow-private", *arguments],
        cwd=folder, stdout=stdout, stderr=subprocess.PIPE, text=True, preexec_fn=preexec,
    )  # fmt: skip


def list_remembered(folder: Path) -> set[str]:
    with closing(sqlite3.connect(folder / ".feedpub" / "links.sqlite")) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {url for (url,) in base.execute("SELECT url FROM links")}


def test_a_run_that_is_killed_loses_nothing_that_it_has_told(server: Server, tmp_path: Path) -> None:
    urls = server.urls(3000 if THOROUGH else 800)
    (tmp_path / "urls.txt").write_text("\n".join(urls), encoding="utf-8")
    chance = random.Random(20261124)
    told: set[str] = set()
    runs = 0
    # How much a run tells before it is killed depends on the machine, so runs go on until enough is told.
    while runs < (30 if THOROUGH else 8) or len(told) <= 100:
        runs += 1
        assert runs <= 100
        with (tmp_path / "out.jsonl").open("w", encoding="utf-8") as file:  # a pipe that nobody reads would fill up
            run = begin_check(tmp_path, "--format", "jsonl", "--concurrency", "20", stdout=file)
            server.wait_for_requests(len(server.seen) + chance.randrange(1, 150), run)
            run.kill()
            run.communicate(timeout=20)
        out = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
        # What is not due is told from memory; a last line may be cut off.
        lines = [line for line in out.splitlines() if line.endswith("}")]
        told |= {json.loads(line)["url"] for line in lines}
        if told:
            assert told <= list_remembered(tmp_path)
    run = begin_check(tmp_path, "--quiet")
    assert run.communicate(timeout=60) == ("", "")
    assert run.returncode == 0
    assert list_remembered(tmp_path) == set(urls)


def test_ctrl_c_keeps_what_is_known(server: Server, tmp_path: Path) -> None:
    server.delay = 0.5
    (tmp_path / "urls.txt").write_text("\n".join(server.urls(2000)), encoding="utf-8")
    run = begin_check(tmp_path)
    server.wait_for_requests(300, run)
    run.send_signal(signal.SIGINT)
    out, said = run.communicate(timeout=60)
    assert run.returncode == 130
    known = int(said.split("interrupted; results for ")[1].split()[0])
    assert out == f"{known} links: {known} ok\n"
    assert 0 < known < 1000  # it does not wait for the others
    assert len(list_remembered(tmp_path)) == known


def test_ctrl_c_without_a_history_tells_what_is_known(server: Server, tmp_path: Path) -> None:
    server.delay = 0.2
    (tmp_path / "urls.txt").write_text("\n".join(server.urls(2000)), encoding="utf-8")
    run = begin_check(tmp_path, "--no-history")
    server.wait_for_requests(300, run)
    run.send_signal(signal.SIGINT)
    out, said = run.communicate(timeout=20)
    assert run.returncode == 130
    known = said.split("interrupted; results for ")[1].split()[0]
    assert out == f"{known} links: {known} ok\n"


def test_a_terminal_shows_how_far_it_is(server: Server, tmp_path: Path) -> None:
    server.delay = 0.2
    (tmp_path / "urls.txt").write_text("\n".join([*server.urls(700), f"http://{HOSTS[0]}:{server.port}/gone"]), "utf-8")
    inner, outer = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "feedpub", "links", "check", "--urls", "urls.txt", "--allow-private"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=outer, env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )  # fmt: skip
    os.close(outer)
    shown = b""
    with contextlib.suppress(OSError):  # Linux says so at the end of a terminal
        while part := os.read(inner, 65536):
            shown += part
    os.close(inner)
    assert run.wait(20) == 0
    found = re.findall(rb"Checking links: 0 dead, (\d+) a second, (\d+) hosts waiting", shown)
    assert {int(waiting) for _, waiting in found} & set(range(1, 21))
    assert all(int(rate) > 0 for rate, _ in found)


def test_the_second_of_two_runs_says_so(server: Server, tmp_path: Path) -> None:
    server.delay = 5.0  # the first lasts longer than any machine takes to begin the second
    (tmp_path / "urls.txt").write_text("\n".join(server.urls(2000)), encoding="utf-8")
    first = begin_check(tmp_path)
    server.wait_for_requests(1, first)
    second = begin_check(tmp_path)
    out, said = second.communicate(timeout=30)
    assert (second.returncode, out) == (3, "")
    assert "another run is using this history" in said
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=20)
    assert first.returncode == 130


def test_a_full_disk_is_told_and_what_is_written_stays(server: Server, tmp_path: Path) -> None:
    urls = server.urls(1200)
    (tmp_path / "urls.txt").write_text("\n".join(urls), encoding="utf-8")

    def limit_file_size() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    run = begin_check(tmp_path, preexec=limit_file_size)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 3, said
    assert "links.sqlite" in said
    assert "Traceback" not in said
    assert set() < list_remembered(tmp_path) < set(urls)
    run = begin_check(tmp_path)
    run.communicate(timeout=60)
    assert run.returncode == 0
    assert list_remembered(tmp_path) == set(urls)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if not (shutil.which("mount") and run_mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place))):
        pytest.skip("no right to mount a disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def run_mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("form", ["text", "jsonl"])
@pytest.mark.parametrize("kilobytes", [0, 40, 100, 200, 400, 700] if THOROUGH else [0, 100, 200])
def test_a_disk_that_is_full_is_told_with_what_is_known(
    kilobytes: int, form: str, server: Server, disk: Path, tmp_path: Path
) -> None:
    urls = server.urls(3000 if THOROUGH else 1000)
    (tmp_path / "urls.txt").write_text("\n".join(urls), encoding="utf-8")
    (disk / "large").write_bytes(bytes((16384 - kilobytes) * 1024))
    arguments = ("--history", str(disk / "links.sqlite"), "--format", form)
    out, said = begin_check(tmp_path, *arguments).communicate(timeout=60)
    assert said.count("\n") == 1, said
    hint = "No space left on device; free some disk space and run the command again"
    assert re.match(rf"feedpub: {re.escape(str(disk))}/links.sqlite(-lock)?: {hint}", said)
    known = list_kept(disk)
    assert len(known) < len(urls)
    assert known or kilobytes < 200  # a disk that is full at once tells nothing of what is kept
    if form == "jsonl":
        assert known <= {json.loads(line)["url"] for line in out.splitlines()}
    elif known:
        assert int(out.split(" links: ")[0]) >= len(known)
    (disk / "large").unlink()
    run = begin_check(tmp_path, *arguments)
    run.communicate(timeout=60)
    assert run.returncode == 0
    assert list_kept(disk) == set(urls)


def list_kept(folder: Path) -> set[str]:
    with closing(sqlite3.connect(folder / "links.sqlite")) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        has_table = base.execute("SELECT 1 FROM sqlite_master WHERE name = 'links'").fetchone()
        return {url for (url,) in base.execute("SELECT url FROM links")} if has_table else set()


def test_a_busy_host_is_never_asked_more_than_it_may(server: Server) -> None:
    server.delay = 0.05
    hot = [f"http://{HOSTS[0]}:{server.port}/p/hot/{number}" for number in range(300)]
    report = check_links(
        [*server.urls(600), *hot], settings=LinkSettings(allow_private=True, concurrency=32, per_host=4)
    )
    assert report.summary == {"ok": 900}
    assert max(server.most.values()) == 4


def test_spacing_is_kept(server: Server) -> None:
    urls = [f"http://{HOSTS[0]}:{server.port}/p{number}" for number in range(6)]
    begun = time.monotonic()
    report = check_links(urls, settings=LinkSettings(allow_private=True, spacing=0.2, deadline=2.0))
    assert report.summary == {"ok": 6}
    assert time.monotonic() - begun > 6 * 0.2  # six addresses, and a path that nobody made


def test_few_descriptors_only_cost_time(server: Server, tmp_path: Path) -> None:
    server.delay = 0.05
    (tmp_path / "urls.txt").write_text("\n".join(server.urls(400)), encoding="utf-8")

    def limit_descriptors() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    run = begin_check(tmp_path, "--concurrency", "200", preexec=limit_descriptors)
    out, said = run.communicate(timeout=60)
    assert 2 < server.most_at_once < 40
    assert (run.returncode, out, said) == (0, "400 links: 400 ok\n", "")


def test_a_proxy_is_asked_instead(server: Server) -> None:
    """The server is its own proxy: it accepts a whole URL as the target (RFC 9112, section 3.2.2)."""
    proxy = f"http://me:secret@{HOSTS[5]}:{server.port}"
    urls = [
        "http://nowhere.invalid/p1",
        "http://nowhere.invalid/gone",
        "https://nowhere.invalid/p2",
        "http://10.0.0.1/p",
    ]
    report = check_links(urls, settings=LinkSettings(proxy=proxy, deadline=5.0), strict=False)
    assert [link.status for link in report.links] == ["ok", "dead", "unsure", "skipped"]
    assert {line.split()[0] for line in server.seen} == {HOSTS[5]}
    asked = [line.split()[1:3] for line in server.seen]
    assert ["HEAD", "http://nowhere.invalid/p1"] in asked
    assert ["CONNECT", "nowhere.invalid:443"] in asked
    assert all("Proxy-Authorization: Basic bWU6c2VjcmV0" in line for line in server.seen)


def test_a_proxy_that_is_away_kills_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = LinkSettings(proxy=f"http://127.0.0.1:{port}", deadline=2.0)
    (link,) = check_links(["http://a.example/"], settings=settings).links
    assert (link.status, link.reason) == ("unsure", "the proxy did not connect (refused)")


def test_certificates_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "urls.txt").write_text("https://a.example/", encoding="utf-8")
    run = begin_check(tmp_path, "--ca-bundle", os.devnull)
    _, said = run.communicate(timeout=20)
    assert run.returncode in (2, 3)
    assert "Traceback" not in said
