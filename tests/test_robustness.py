"""Whatever happens to a build, each published file is whole, and the next build makes the folder what it should be.

Real processes are killed, interrupted, run out of room, meet files they may not touch, and each other.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import closing, suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest

import feedpub
from support.sample_builds import Desk, State, article, published, settle, states
from support.speed import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and rights are otherwise there")

SEED = 2026
KILLS, INTERRUPTS = (50, 6) if THOROUGH else (12, 4)
ARTICLES = 10
# Of one build, on a busy machine.
PATIENCE_SECONDS = 60
INTERRUPTED = "feedpub: interrupted; no partially written files were left behind"
KILOBYTE = 1024


class Done(NamedTuple):
    """How a build ended: as a shell has it, and what it told as an error."""

    code: int
    err: str


class Press:
    """A site of many small articles in two languages, and builds of it by processes of their own."""

    def __init__(self, place: Path, output: Path | None = None, articles: int = ARTICLES) -> None:
        self.place, self.public = place, output or place / "public"
        self.desk = Desk(place / "entries", limit=5, categories=True)
        self.numbers = iter(range(10_000))
        for _ in range(articles):
            self.add()
        self.known: dict[str, set[bytes]] = defaultdict(set)
        self._fresh: tuple[dict[str, State], dict[str, bytes]] = ({}, {})

    def add(self) -> None:
        number = next(self.numbers)
        date, categories = f"2026-01-{number % 28 + 1:02}", "[Sea]" if number % 3 else "[Sea, Rail]"
        text = article(f"Title {number}", date, f"Text {number}. " * 20, categories=categories)
        self.desk.write(f"article-{number}.en.md", text)
        self.desk.write(f"article-{number}.zh-Hans.md", article(f"文章 {number}", None, "中文。" * 20))

    def keys(self) -> list[str]:
        return sorted(path.name.split(".")[0] for path in self.desk.folder.glob("*.en.md"))

    def edit(self, key: str) -> None:
        text = article(f"Edited {next(self.numbers)}", "2026-01-15", "Other text. " * next(self.numbers))
        self.desk.write(f"{key}.en.md", text)

    def remove(self, key: str) -> None:
        for language in ("en", "zh-Hans"):
            self.desk.remove(f"{key}.{language}.md")

    def configure(self) -> None:
        self.desk.configure(limit=5, categories=True, title=f"Title {next(self.numbers)}")

    def change(self, chance: random.Random) -> None:
        """Do what an author does between two builds; now and then what changes every file."""
        for action in chance.choices(["add", "edit", "edit", "remove", "configure"], k=chance.randint(1, 4)):
            if action in ("add", "configure"):
                getattr(self, action)()
            else:
                getattr(self, action)(chance.choice(self.keys()))

    def start(
        self,
        *options: str,
        before: Sequence[str] = (),
        output: Path | None = None,
        limit: Callable[[], None] | None = None,
    ) -> subprocess.Popen[str]:
        """Begin a build.

        Args:
            options: Of Python.
            before: A command that runs the build.
            output: In place of the usual folder.
            limit: Called in the process before it is Python.
        """
        return subprocess.Popen(
            [*before, *self.command(*options, output=output)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limit,
        )

    def command(self, *options: str, output: Path | None = None) -> list[str]:
        build = ["-m", "feedpub", "build", str(self.desk.folder), "--output", str(output or self.public)]
        return [sys.executable, *options, *build]

    def run(self, *, before: Sequence[str] = (), limit: Callable[[], None] | None = None) -> Done:
        """Build, and wait for the end."""
        return end(self.start(before=before, limit=limit))

    def fresh(self) -> dict[str, bytes]:
        """Return what a build from nothing gives, and know it as one of the states that files may be in."""
        now = states(self.desk.folder)
        if now != self._fresh[0]:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(os, "fsync", ignore)  # half of the time, and nobody pulls the plug of this one
                self._fresh = now, self.desk.fresh(self.place / "fresh")
            for name, data in self._fresh[1].items():
                self.known[name].add(data)
        return self._fresh[1]

    def build(self) -> None:
        """Build in this process, which is faster."""
        self.fresh()
        feedpub.build(self.desk.folder, self.public)

    def assert_whole(self) -> dict[str, bytes]:
        """Check that each published file is one that a build from nothing has given; return them."""
        files = {name: data for name, data in published(self.public).items() if not is_aside(name)}
        assert [name for name, data in files.items() if data not in self.known[name]] == []
        return files

    def assert_healed(self) -> None:
        """Check that a build gives what one from nothing does: bytes, folders, and nothing aside."""
        fresh = self.fresh()
        feedpub.build(self.desk.folder, self.public)
        assert published(self.public) == fresh
        assert tree(self.public) == tree(self.place / "fresh")


def ignore(_: int) -> None:
    pass


def end(process: subprocess.Popen[str]) -> Done:
    """Wait for a build; Python may end by the signal itself, which a shell shows as 130, too."""
    with process:
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return Done(code, "".join(line for line in err.splitlines(keepends=True) if not line.startswith("import time:")))


def is_aside(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".feedpub-")


def tree(folder: Path) -> set[str]:
    """Return every name below a folder, those of folders and of what builds remember with included."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.fixture
def press(tmp_path: Path) -> Press:
    return Press(tmp_path)


# killed and interrupted


def test_killed_at_any_moment(tmp_path: Path) -> None:
    press, chance = Press(tmp_path), random.Random(SEED)
    usual = duration(press)
    hits = midway = 0
    for number in range(KILLS):
        before = press.assert_whole()
        press.change(chance)
        fresh = press.fresh()
        begun = time.monotonic()
        process = press.start()
        if number % 2:  # it writes files for a small part of its time
            wait_for_a_file(press.public, process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, usual / 10 if number % 2 else usual))
        process.kill()
        if end(process).code == 128 + signal.SIGKILL:
            hits += 1
        else:  # the machine has less to do than before
            usual = min(usual, time.monotonic() - begun)
        after = press.assert_whole()
        assert before.keys() & fresh.keys() <= after.keys()
        midway += after not in (before, fresh)
        if chance.random() < 0.4:  # else the next one meets what several have left
            press.assert_healed()
    press.assert_healed()
    print(f"{hits} of {KILLS} builds were killed, {midway} with some files written and others not")
    assert hits > KILLS * 0.6
    assert midway >= KILLS * 0.1


def wait_for_a_file(public: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a build has written or removed a file, or has ended."""

    def seen() -> dict[str, State]:
        return {name: state for name, state in states(public).items() if not name.startswith(".feedpub/")}

    before = seen()
    while process.poll() is None:
        with suppress(FileNotFoundError):  # what was there a moment ago
            if seen() != before:
                return


def duration(press: Press) -> float:
    """Build twice; return how long the second one takes, which makes all files anew."""
    press.fresh()
    press.run()
    press.configure()
    press.fresh()
    begun = time.monotonic()
    assert press.run() == Done(0, "")
    return time.monotonic() - begun


def test_a_build_that_stopped_is_completed_though_no_entry_has_changed_since(press: Press) -> None:
    class StopError(Exception):
        pass

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "write" and done == total // 2:
            raise StopError

    press.fresh()
    settle()
    with pytest.raises(StopError):
        feedpub.build(press.desk.folder, press.public, progress=stop)
    assert 0 < len(press.assert_whole()) < len(press.fresh())
    press.assert_healed()


@pytest.mark.parametrize("module", ["click", "feedpub.cli.main", "sqlite3", "feedpub.building.pipeline"])
def test_ctrl_c_while_the_program_loads(module: str, press: Press) -> None:
    process = press.start("-X", "importtime")
    wait_for_import(process, module)
    process.send_signal(signal.SIGINT)
    done = end(process)
    assert "Traceback" not in done.err
    assert (done.code, done.err.strip()) == (130, INTERRUPTED)
    assert not press.public.exists() or press.assert_whole() == {}
    press.assert_healed()


def test_ctrl_c_at_any_moment(press: Press) -> None:
    """While it loads, and when it has written so many files: not after a time, which a busy machine makes another."""
    chance = random.Random(SEED)
    press.fresh()
    press.run()
    interrupted = 0
    for number in range(INTERRUPTS):
        press.configure()
        press.fresh()
        if number % 2:
            process = press.start()
            for _ in range(chance.randrange(1, 6)):
                wait_for_a_file(press.public, process)
        else:
            process = press.start("-X", "importtime")
            wait_for_import(process, "feedpub.errors")
            wait_for_imports(process, chance.randrange(60))
        process.send_signal(signal.SIGINT)
        done = end(process)
        assert "Traceback" not in done.err
        assert done.err.strip() in ("", INTERRUPTED)  # none when all is done
        assert done.code in (0, 130)
        interrupted += done.code == 130
        press.assert_whole()
        press.assert_healed()
    assert interrupted >= INTERRUPTS // 2


def wait_for_imports(process: subprocess.Popen[str], count: int) -> None:
    """Wait until Python has loaded so many modules more."""
    assert process.stderr
    for number, line in enumerate(process.stderr):
        if number == count or not line.startswith("import time:"):
            return


def wait_for_import(process: subprocess.Popen[str], module: str) -> None:
    """Wait until Python tells that it has loaded a module, as it does with ``-X importtime``."""
    assert process.stderr
    for line in process.stderr:
        if line.rpartition("|")[2].strip() == module:
            return
    pytest.fail(f"{module} is not loaded")


# no room


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB and 600 files."""
    place = tmp_path / "disk"
    place.mkdir()
    if not (shutil.which("mount") and mount("-t", "tmpfs", "-o", "size=2m,nr_inodes=600", "tmpfs", str(place))):
        pytest.skip("no right to mount a disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def fill(disk: Path, *, free_bytes: int = -1, free_files: int = -1) -> None:
    """Leave so many bytes, or new files, on a disk."""
    filler = disk / "filler"
    filler.mkdir()
    if free_bytes >= 0:
        state = os.statvfs(disk)
        (filler / "large").write_bytes(bytes(state.f_bavail * state.f_frsize - free_bytes))
    if free_files >= 0:
        for number in range(os.statvfs(disk).f_favail - free_files):
            (filler / str(number)).touch()


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "again"])
@pytest.mark.parametrize(
    "free", [*({"free_bytes": kilobytes * KILOBYTE} for kilobytes in (0, 32, 96)), {"free_files": 0},
             {"free_files": 12}], ids=str
)  # fmt: skip
def test_a_full_disk(free: dict[str, int], is_new: bool, disk: Path, tmp_path: Path) -> None:
    press = Press(tmp_path, disk / "public")
    if not is_new:
        press.build()
        for key in press.keys()[:8]:
            press.remove(key)
        for _ in range(10):
            press.add()
        press.configure()
    before = press.assert_whole()
    fresh = press.fresh()
    fill(disk, **free)
    done = press.run()
    assert_told(done, press.public, "No space left on device")
    assert before.keys() & fresh.keys() <= press.assert_whole().keys()
    assert not any(is_aside(name) for name in published(press.public))
    shutil.rmtree(disk / "filler")
    press.assert_healed()


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "again"])
@pytest.mark.parametrize("kilobytes", [0, 30])
def test_a_limit_to_the_size_of_files(kilobytes: int, is_new: bool, press: Press) -> None:
    """The system refuses to write more, as it does on a full disk, and needs no rights for it."""
    resource = pytest.importorskip("resource")
    if not is_new:
        press.build()
        for _ in range(30):
            press.add()
        press.configure()
    before = press.assert_whole()
    fresh = press.fresh()
    limit = kilobytes * KILOBYTE
    done = press.run(limit=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert done.code == 2
    assert_one_line(done, press.public)
    assert before.keys() & fresh.keys() <= press.assert_whole().keys()
    assert not any(is_aside(name) for name in published(press.public))
    press.assert_healed()


def assert_told(done: Done, place: Path, reason: str) -> None:
    """Check that a build failed with one line, which names a file or folder and the reason."""
    assert done.code == 2
    assert reason in done.err
    assert_one_line(done, place)


def assert_one_line(done: Done, place: Path) -> None:
    assert done.err.startswith(f"feedpub: {place}"), done.err
    assert done.err.count("\n") == 1
    assert done.err.endswith("\n")


# no right


@pytest.fixture
def as_user() -> list[str]:
    """A command that runs another one without the right to pass over the rights of files, which root has."""
    if os.geteuid() != 0:
        return []
    command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if not shutil.which("setpriv") or subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("root may write everywhere")
    return command


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        (".", 0o500),
        (".feedpub", 0o500),
        (".feedpub", 0o000),
        (".feedpub/manifest.sqlite", 0o400),
        (".feedpub/manifest.sqlite", 0o000),
        ("en", 0o500),
        ("zh-Hans/article-3", 0o500),
    ],
)
def test_a_published_folder_that_may_not_be_written(name: str, mode: int, press: Press, as_user: list[str]) -> None:
    press.build()
    before = published(press.public)
    press.configure()
    press.fresh()
    locked = press.public / name
    usual = locked.stat().st_mode
    locked.chmod(mode)
    try:
        done = press.run(before=as_user)
    finally:
        locked.chmod(usual)
    assert done.code == 2
    assert_one_line(done, press.public)
    assert "denied" in done.err or "Read-only" in done.err
    assert before.keys() == press.assert_whole().keys()
    press.assert_healed()


def test_a_folder_where_no_new_one_may_be_made(tmp_path: Path, as_user: list[str]) -> None:
    press = Press(tmp_path, tmp_path / "locked" / "sites" / "public")
    (tmp_path / "locked").mkdir(mode=0o500)
    assert_told(press.run(before=as_user), tmp_path / "locked", "Permission denied")
    assert tree(tmp_path / "locked") == set()
    (tmp_path / "locked").chmod(0o700)
    press.assert_healed()


def test_a_disk_that_may_only_be_read(tmp_path: Path, disk: Path) -> None:
    press = Press(tmp_path, disk / "public")
    press.build()
    before = published(press.public)
    press.configure()
    press.fresh()
    assert mount("-o", "remount,ro", str(disk))
    assert_told(press.run(), press.public, "Read-only file system")
    assert published(press.public) == before
    assert mount("-o", "remount,rw", str(disk))
    press.assert_healed()


@pytest.mark.parametrize("name", ["", ".feedpub", "en", "en/category", "en/article-3"])
def test_a_file_where_a_folder_belongs(name: str, press: Press) -> None:
    place = press.public / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"mine")
    done = press.run()
    assert done.code == 2
    if name in ("", ".feedpub"):
        assert str(place) in done.err
        assert "is a file" in done.err or "Not a directory" in done.err or "File exists" in done.err
    else:  # problems go to standard output
        assert done.err == "1 error; not published\n"
    assert "Traceback" not in done.err
    assert place.read_bytes() == b"mine"
    place.unlink()
    press.assert_healed()


@pytest.mark.parametrize(
    ("name", "code"), [(".", 2), ("feedpub.toml", 2), ("article-3.en.md", 1), ("article-3.zh-Hans.md", 1)]
)
def test_entries_that_may_not_be_read(name: str, code: int, press: Press, as_user: list[str]) -> None:
    press.build()
    before = published(press.public)
    press.configure()
    locked = press.desk.folder / name
    usual = locked.stat().st_mode
    locked.chmod(0o000)
    try:
        process = subprocess.run(
            [*as_user, *press.command()], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )
    finally:
        locked.chmod(usual)
    output = process.stdout + process.stderr
    assert process.returncode == code
    assert str(locked) in output
    assert re.search(r"denied|not readable|may not", output)
    assert "Traceback" not in output
    assert published(press.public) == before
    press.assert_healed()


# at once


def test_builds_at_once_into_one_folder(press: Press) -> None:
    """Each waits for the one before; what the last one leaves is whole."""
    for _ in range(2):
        press.configure()
        press.fresh()
        ends = [end(process) for process in [press.start() for _ in range(4)]]
        assert ends == [Done(0, "")] * 4
        assert press.assert_whole() == press.fresh()
    press.assert_healed()


def test_a_build_that_does_not_end_is_not_waited_for_for_ever(press: Press) -> None:
    press.fresh()
    first = press.start()
    try:
        while not is_locked(press.public):
            assert first.poll() is None
        first.send_signal(signal.SIGSTOP)
        before = press.assert_whole()
        assert is_locked(press.public)
        second = subprocess.run(press.command(), capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
        assert second.returncode == 2
        assert "error[E010]" in second.stdout
        assert "wait until it has ended" in second.stdout
        assert "Traceback" not in second.stdout + second.stderr
        assert press.assert_whole() == before
    finally:
        first.send_signal(signal.SIGCONT)
    assert end(first) == Done(0, "")
    assert press.assert_whole() == press.fresh()
    press.assert_healed()


def is_locked(public: Path) -> bool:
    """Tell whether a build is at work."""
    manifest = public / ".feedpub" / "manifest.sqlite"
    if not manifest.exists():
        return False
    with closing(sqlite3.connect(f"{manifest.as_uri()}?mode=ro", uri=True, timeout=0)) as base:
        try:
            base.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
    return False


def test_builds_at_once_into_folders_of_their_own(press: Press) -> None:
    fresh = press.fresh()
    outputs = [press.place / name for name in ("one", "two", "three")]
    ends = [end(process) for process in [press.start(output=output) for output in outputs]]
    assert ends == [Done(0, "")] * 3
    assert [published(output) for output in outputs] == [fresh] * 3


class Author(threading.Thread):
    """Writes, edits and removes entry files all the time, without waiting for builds."""

    def __init__(self, press: Press, chance: random.Random) -> None:
        super().__init__()
        self.press, self.chance, self.is_done = press, chance, threading.Event()
        self.changes = 0

    def run(self) -> None:
        while not self.is_done.wait(self.chance.uniform(0, 0.03)):
            self._change()
            self.changes += 1

    def _change(self) -> None:
        key = self.chance.choice(self.press.keys())
        action = self.chance.choice(["add", "edit", "edit", "half", "remove", "in one step", "in and out"])
        path = self.press.desk.folder / f"{key}.en.md"
        if action == "add":
            self.press.add()
        elif action == "edit":
            path.write_text(article(f"At once {self.changes}", "2026-01-20"), encoding="utf-8")
        elif action == "half":  # an editor that writes in steps
            text = article(f"In halves {self.changes}", "2026-01-21")
            with path.open("w", encoding="utf-8") as file:
                file.write(text[:12])
                file.flush()
                self.is_done.wait(0.002)
                file.write(text[12:])
        elif action == "remove" and len(self.press.keys()) > ARTICLES // 2:
            self.press.remove(key)
        elif action == "in one step":
            aside = path.with_name(f".{path.name}")
            aside.write_text(article(f"In one step {self.changes}", "2026-01-22"), encoding="utf-8")
            aside.replace(path)
        elif action == "in and out":
            visitor = path.with_name(f"visitor-{self.changes}.en.md")
            visitor.write_text(article("A visitor", "2026-01-23"), encoding="utf-8")
            visitor.unlink()


def test_entries_that_change_while_they_are_read(press: Press) -> None:
    author = Author(press, random.Random(SEED))
    author.start()
    try:
        ends = [press.run() for _ in range(7)]
    finally:
        author.is_done.set()
        author.join(PATIENCE_SECONDS)
    assert author.changes > 20
    for done in ends:
        assert "Traceback" not in done.err
        assert done.code in (0, 1) or "its files keep changing" in done.err  # 1: a half file that stayed for a while
    assert any(done.code == 0 for done in ends)
    press.assert_healed()
