"""Ctrl-C and SIGTERM at every line that writes: the history stays intact, and the exit code tells of the signal."""

from __future__ import annotations

import contextlib
import gc
import inspect
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import feedpub
from feedpub import interrupts
from feedpub.building.manifest import Manifest
from feedpub.cli import output
from feedpub.database import BusyError, Database
from feedpub.links import check as check_module
from feedpub.links import history as history_module
from feedpub.links import run as run_module
from feedpub.links.history import History
from feedpub.links.history_rows import MIGRATIONS
from feedpub.transport.sessions import SessionTransport
from support.commands import run_command, run_program
from support.interrupting import find_lines, interrupt_at
from support.link_farm import Farm, respond
from support.offline import offline_session
from support.sample_sites import GOOD, write_site
from support.speed import THOROUGH, by_turns, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.interrupting import Line

NOW = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
DAY = timedelta(days=1)
# The modules that remember: each of their lines is interrupted once.
FILES = (
    "feedpub/database.py", "feedpub/links/history.py", "feedpub/links/history_rows.py", "feedpub/links/check.py",
    "feedpub/links/records.py", "feedpub/links/run.py",
)  # fmt: skip
# Host → the answers of its pages, one for each day.
ANSWERS = {
    "good.test": [200, 200, 200, 200, 200],
    "dying.test": [404, 404, 404, 404, 404],
    "recovering.test": [404, 404, 404, 404, 200],
    "gone.test": [410, 410, 410, 410, 410],
    "moved.test": [301, 301, 301, 301, 301],
    "blocked.test": [403, 200, 403, 200, 403],
}
URLS = [f"http://{host}/{number}" for number in range(2) for host in ANSWERS]
# `make explore` interrupts 500 moments, and each line of a build.
MOMENTS = 500 if THOROUGH else 80
STEP = 3 if THOROUGH else 20
INTERRUPTS: dict[str, tuple[Callable[[], BaseException], int]] = {
    "Ctrl-C": (KeyboardInterrupt, 130),
    "SIGTERM": (lambda: interrupts.Interrupted(signal.SIGTERM), 143),
}


class Today:
    """The day of ANSWERS."""

    number = 0


def find_code(url: str) -> int:
    host, _, path = url.removeprefix("http://").partition("/")
    return ANSWERS[host][Today.number] if path.isdigit() else 404


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command line check links of hosts that do not exist."""
    monkeypatch.setattr(check_module, "SocketTransport", lambda **_: SessionTransport(offline_session(find_code)))
    monkeypatch.setattr(run_module, "needs_confirmation", lambda *_, **__: False)
    monkeypatch.setattr(history_module, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(Today, "number", 0)


class Folder:
    """A folder with a history, a list of addresses and a site that has all of them but one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.history = ("--history", str(path / "links.sqlite"))
        (path / "urls.txt").write_text("\n".join(URLS), encoding="utf-8")
        references = "\n".join(f"{number}. [R]({url})" for number, url in enumerate(URLS[1:], start=1))
        accepted = f"<!-- feedpub: accept {URLS[1]} until 2099-01-01 because it is known -->"
        entry = f"---\ntitle: One\npublished: 2026-01-01\n---\nText.\n\n{accepted}\n\n## References\n\n{references}\n"
        write_site(path / "entries", {"one.en.md": entry})
        (path / "old.sql").write_text(f"{MIGRATIONS[0]}; PRAGMA user_version = 1;", encoding="utf-8")
        for day in range(4):
            assert self.check(day)[0] in (0, 1)
        shutil.copy(path / "links.sqlite", path / "before.sqlite")

    def check(self, day: int, *target: str) -> tuple[int, str, str]:
        Today.number = day
        now = (NOW + day * DAY).isoformat()
        target = target or ("--urls", str(self.path / "urls.txt"))
        return run_command("links", "check", "--all", "--format", "jsonl", "--now", now, *self.history, *target)

    def begin_again(self, kind: str) -> None:
        """Restore the history: one of four days, one of an older version, or none."""
        for path in self.path.glob("links.sqlite*"):
            path.unlink()
        if kind == "old":
            with closing(sqlite3.connect(self.path / "links.sqlite")) as base:
                base.executescript((self.path / "old.sql").read_text(encoding="utf-8"))
        elif kind:
            shutil.copy(self.path / "before.sqlite", self.path / "links.sqlite")

    def read(self) -> dict[str, tuple[str, str, float]]:
        """Return address → state, status and time of the last check, of a history that is intact."""
        if not (self.path / "links.sqlite").exists():
            return {}
        self.open_once()
        with closing(sqlite3.connect(self.path / "links.sqlite")) as base:
            assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            links = {url: row for url, *row in base.execute("SELECT url, state, status, checked FROM links")}
            incidents = base.execute("SELECT url, outcome FROM incidents ORDER BY number").fetchall()
            checks = {(url, at): status for url, at, status in base.execute("SELECT url, at, status FROM checks")}
        open_urls = [url for url, outcome in incidents if outcome is None]
        dead = {url for url, (state, _, _) in links.items() if state == "dead"}
        assert len(open_urls) == len(set(open_urls))
        assert set(open_urls) == {url for url in dead if dict(incidents)[url] != "removed"}
        assert {(url, at): status for url, (_, status, at) in links.items()}.items() <= checks.items()
        return {url: tuple(row) for url, row in links.items()}

    def open_once(self) -> None:
        """Open and close the history as soon as the interrupted run has released it, as the end of a process would."""
        for _ in range(600):
            gc.collect()
            with contextlib.suppress(BusyError), History(self.path / "links.sqlite"):
                return
        raise AssertionError("the history stays locked")

    def assert_nothing_is_lost(self, output: str) -> None:
        """Check that the history is intact, and has everything that was printed."""
        links = self.read()
        for line in output.splitlines():
            link = json.loads(line)
            state, status, at = links[link["url"]]
            assert (link["state"], link["status"]) == (state, status)
            assert datetime.fromisoformat(link["checked"]).timestamp() == at


@pytest.fixture
def folder(no_network: None, tmp_path: Path) -> Iterator[Folder]:
    gc.freeze()  # what was there before need not be looked through 500 times
    yield Folder(tmp_path)
    gc.unfreeze()


# What is done, with the history that is there before.
ACTS: dict[str, tuple[str, Callable[[Folder], tuple[int, str, str]]]] = {
    "another check": ("four days", lambda folder: folder.check(4)),
    "the first check": ("", lambda folder: folder.check(0)),
    "a check with an old history": ("old", lambda folder: folder.check(0)),
    "a check of a site that has lost a link": (
        "four days",
        lambda folder: folder.check(4, str(folder.path / "entries")),
    ),
    "ack": (
        "four days",
        lambda folder: run_command("links", "ack", URLS[3], "--until", "2099-01-01", "--why", "x", *folder.history),
    ),
    "forget": ("four days", lambda folder: run_command("links", "forget", URLS[3], *folder.history)),
}


@pytest.mark.parametrize("kind_of_interrupt", INTERRUPTS)
def test_an_interrupt_at_any_line_leaves_a_whole_history(kind_of_interrupt: str, folder: Folder) -> None:
    """At lines of each module; in a thorough run at each line once, and then at later executions of them."""
    interrupt, find_exit_code = INTERRUPTS[kind_of_interrupt]
    lines_of: dict[str, list[Line]] = {}  # of another check all lines, of each other act those that it adds
    for name, (kind, act) in ACTS.items():
        folder.begin_again(kind)
        lines = find_lines(lambda act=act: act(folder), FILES)  # type: ignore[misc]
        lines_of[name] = [line for line in lines if line not in lines_of.get("another check", ())]
    assert {file for lines in lines_of.values() for file, _ in lines} == set(FILES)
    moments = [(name, line, 1) for name, lines in lines_of.items() for line in sample(lines, MOMENTS // 4)]
    later = [("another check", line, times) for times in (2, 3, 5, 8, 12) for line in lines_of["another check"]]
    reached = 0
    interrupted = set()
    # Not all lines are executed as often as that.
    for name, line, times in moments + sample(later, MOMENTS * 3 // 4):
        kind, act = ACTS[name]
        folder.begin_again(kind)
        done: list[tuple[int, str, str]] = []
        if interrupt_at(line, times, interrupt, lambda act=act, done=done: done.append(act(folder))):  # type: ignore[misc]
            reached += 1
            interrupted.add(name)
            code, out, err = done[0]
            assert code == find_exit_code, (name, line, times, err)
            assert "Traceback" not in err
            folder.assert_nothing_is_lost(out if name != "ack" else "")
        if reached >= MOMENTS:
            break
    assert reached >= MOMENTS
    assert interrupted == set(ACTS)


def test_the_check_after_an_interrupt_finds_all(folder: Folder) -> None:
    lines = find_lines(lambda: folder.check(4), FILES)
    assert len(lines) > 200
    final = folder.read()
    for line in lines[:: 25 * STEP // 3]:
        folder.begin_again("four days")
        assert interrupt_at(line, 1, KeyboardInterrupt, lambda: folder.check(4))
        folder.check(4)
        assert folder.read() == final


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a process ends then
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_line_leaves_a_published_folder_that_the_next_build_heals(tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD)

    def build_site(output: str) -> tuple[int, str, str]:
        return run_command("build", str(tmp_path / "entries"), "--output", str(tmp_path / output))

    def build_into(output: str, results: list[tuple[int, str, str]]) -> None:
        results.append(build_site(output))

    def list_published(output: str) -> dict[str, bytes]:
        files = (path for path in (tmp_path / output).rglob("*") if path.is_file() and ".feedpub" not in path.parts)
        return {path.relative_to(tmp_path / output).as_posix(): path.read_bytes() for path in files}

    build_site("whole")  # the first one loads modules
    shutil.rmtree(tmp_path / "whole")
    lines = find_lines(lambda: build_site("whole"), ("feedpub/database.py", "feedpub/building/manifest.py"))
    assert len(lines) > 100
    for number, line in enumerate(lines[::STEP]):
        output = f"public-{number}"
        done: list[tuple[int, str, str]] = []
        assert interrupt_at(line, 1, KeyboardInterrupt, partial(build_into, output, done))
        assert done[0][0] == 130, (line, done)
        assert "Traceback" not in done[0][2]
        gc.collect()  # a process ends then
        assert build_site(output)[0] == 0, line
        assert list_published(output) == list_published("whole")


# real signals


def run_and_signal(name: str, place: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that sends itself a signal at a place in the code."""
    return run_program("support.interrupting", str(getattr(signal, name)), place, *arguments, folder=folder)


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals work differently there")


def place_of(function: Callable[..., object]) -> str:
    """Return where a function begins, as `support.interrupting` takes it."""
    path = Path(inspect.getfile(function)).relative_to(Path(feedpub.__file__).parents[1])
    return f"{path.as_posix()}:{function.__name__}"


def count_known(said: str) -> int:
    """Return how many links have a result, as an interrupted check says."""
    match = re.search(r"interrupted; \D*(\d+) of", said)
    assert match, said
    return int(match[1])


CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
PLACES = (
    "enum.py:__set_name__",  # Python 3.11 makes RuntimeError of what is raised there
    "dataclasses.py:_process_class",
    "feedpub/cli/main.py:<module>",
    "feedpub/links/check.py:<module>",
    "feedpub/links/history.py:300",
    place_of(History.write_pending),
    place_of(Database.commit),
    place_of(run_module.Run.iter_links),
)


@pytest.mark.parametrize(("place", "name"), by_turns(PLACES, CODES))
def test_a_signal_while_links_are_checked(name: str, place: str, farm_urls: list[str], tmp_path: Path) -> None:
    (tmp_path / "urls.txt").write_text("\n".join(farm_urls), encoding="utf-8")
    arguments = ("links", "check", "--urls", "urls.txt", "--allow-private", "--format", "jsonl")
    done = run_and_signal(name, place, *arguments, folder=tmp_path)
    assert done.stderr.startswith("reached\n")
    assert "Traceback" not in done.stderr
    assert "interrupted" in done.stderr
    assert done.returncode == CODES[name]
    told = {json.loads(line)["url"] for line in done.stdout.splitlines()}
    if (tmp_path / ".feedpub" / "links.sqlite").exists():
        with History(tmp_path / ".feedpub" / "links.sqlite") as history:
            assert told <= set(history.list_urls())
    else:
        assert not told


@pytest.fixture(scope="module")
def farm_urls() -> Iterator[list[str]]:
    with closing(Farm({"page": respond()})) as farm:
        yield [farm.url("page", f"127.0.5.{number % 5 + 1}", path=f"/{number}") for number in range(20)]


@pytest.mark.parametrize(("form", "name"), by_turns(tuple(feedpub.report_formats()), ("SIGINT", "SIGTERM")))
def test_what_is_known_is_reported(name: str, form: str, farm_urls: list[str], tmp_path: Path) -> None:
    """The signal comes when the first results are written."""
    (tmp_path / "urls.txt").write_text("\n".join(farm_urls), encoding="utf-8")
    arguments = ("links", "check", "--urls", "urls.txt", "--allow-private", "--format", form)
    done = run_and_signal(name, place_of(History.write_pending), *arguments, folder=tmp_path)
    assert done.returncode == CODES[name]
    known = count_known(done.stderr)
    with History(tmp_path / ".feedpub" / "links.sqlite") as history:
        assert len(list(history.list_urls())) >= known
    if form == "json":
        assert len(json.loads(done.stdout)["links"]) == known if known else done.stdout == ""
    elif form == "jsonl":
        assert len(done.stdout.splitlines()) == known


@pytest.mark.parametrize(
    ("place", "name"),
    by_turns(
        (
            "enum.py:__set_name__",
            "feedpub/building/builder.py:<module>",
            place_of(Manifest.commit),
            "feedpub/files.py:150",
        ),
        ("SIGINT", "SIGTERM"),
    ),
)
def test_a_signal_while_a_site_is_built(name: str, place: str, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD)
    done = run_and_signal(name, place, "build", folder=tmp_path)
    lines = [line for line in done.stderr.splitlines() if line]
    assert lines == ["reached", "feedpub: interrupted; no partially written files were left behind"]
    assert done.returncode == CODES[name]


@pytest.mark.parametrize(("form", "name"), by_turns(("json", "jsonl", "text"), ("SIGTERM", "SIGINT")))
def test_a_signal_while_the_report_is_printed_comes_after_it(
    form: str, name: str, farm_urls: list[str], tmp_path: Path
) -> None:
    (tmp_path / "urls.txt").write_text("\n".join(farm_urls), encoding="utf-8")
    arguments = ("links", "check", "--urls", "urls.txt", "--allow-private", "--format", form)
    place = place_of(output.echo_utf8 if form != "text" else output.echo_lines)
    done = run_and_signal(name, place, *arguments, folder=tmp_path)
    assert done.returncode == 128 + getattr(signal, name)
    known = count_known(done.stderr)
    if form == "json":
        assert len(json.loads(done.stdout)["links"]) == known == len(farm_urls)
    elif form == "jsonl":
        urls = [json.loads(line)["url"] for line in done.stdout.splitlines()]
        assert len(urls) == len(set(urls)) == known
    else:
        assert done.stdout == "20 links: 20 ok\n"


PROGRAM = """
import os, signal, sys
from feedpub.interrupts import install_handlers
signal.signal(signal.SIGHUP, signal.SIG_IGN)
install_handlers()
os.kill(os.getpid(), signal.SIGHUP)
print("nohup", flush=True)
try:
    os.kill(os.getpid(), signal.{first})
except KeyboardInterrupt as interrupt:
    print(interrupt.exit_code, flush=True)
os.kill(os.getpid(), signal.{second})
print("still here")
"""


@pytest.mark.parametrize("first", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("second", ["SIGINT", "SIGTERM"])
def test_the_second_signal_ends_at_once_and_what_nohup_ignores_is_ignored(first: str, second: str) -> None:
    program = PROGRAM.format(first=first, second=second)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["nohup", str(128 + getattr(signal, first))]
    assert done.returncode == -getattr(signal, second)


@pytest.mark.parametrize("wrapped", [RuntimeError, OSError, feedpub.HistoryError, feedpub.FeedpubError])
def test_an_interrupt_that_became_another_error_is_found(wrapped: type[Exception]) -> None:
    def raise_while_handling(cause: BaseException | None) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise wrapped("x") from cause

    for cause in (KeyboardInterrupt(), None):
        with pytest.raises(wrapped) as caught:
            raise_while_handling(cause)
        assert interrupts.find_interrupt(caught.value)
    assert interrupts.find_interrupt(wrapped("x")) is None
