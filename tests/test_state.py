"""What feedpub remembers may be damaged, crafted, locked or cut off: it is made anew, or refused."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import feedpub
from feedpub.database import BusyError, DamagedError, Database, DatabaseError
from feedpub.links.classify import ProbeResult, Redirect, classify_result
from feedpub.links.history import open_history
from feedpub.links.lifecycle import Record, advance_record, drop_impossible_times
from feedpub.links.result import Acceptance
from support.case_files import load_cases
from support.sample_damage import damaged
from support.speed import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedpub.links.classify import Verdict

NOW = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
DAY = timedelta(days=1)
TABLES = "CREATE TABLE things (name TEXT PRIMARY KEY, size INTEGER) WITHOUT ROWID"
INDEX = "CREATE INDEX things_by_size ON things (size)"


# the helper


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as base:
        for statement in statements:
            base.execute(statement)
        base.commit()


def opened(path: Path, *, wait_seconds: float = 0.05) -> Database:
    return Database(path, wait_seconds=wait_seconds)


def verify(path: Path) -> bool:
    with closing(opened(path)) as base:
        return base.verify(TABLES, optional=INDEX)


def test_a_schema_is_ours_or_nobodys(path: Path) -> None:
    assert not verify(path)
    execute(path, TABLES.replace(" ", "  "))
    assert verify(path)
    execute(path, INDEX, "ANALYZE")
    assert verify(path)


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE things"],
        ["ALTER TABLE things ADD COLUMN more"],
        ["ALTER TABLE things RENAME COLUMN size TO length"],
        ["CREATE VIEW more AS SELECT 1"],
        ["CREATE TRIGGER more AFTER INSERT ON things BEGIN SELECT 1; END"],
        ["CREATE INDEX more ON things (size)"],
        ["DROP TABLE things", "CREATE VIEW things AS SELECT 'a' AS name, 1 AS size"],
        ["DROP TABLE things", "CREATE TABLE things (name TEXT PRIMARY KEY, size INTEGER AS (1)) WITHOUT ROWID"],
        ["DROP TABLE things", "CREATE TABLE things (name, size)"],
        ["DROP TABLE things", "CREATE VIRTUAL TABLE things USING fts4(name, size)"],
    ],
)
def test_another_schema_is_damage(statements: list[str], path: Path) -> None:
    execute(path, TABLES, "PRAGMA user_version = 1", *statements)
    with pytest.raises(DamagedError, match="is not the one that feedpub creates"):
        verify(path)


def test_a_tree_that_contains_itself_is_damage(path: Path) -> None:
    """Its rows would be read for ever: each page is its own child."""
    execute(path, TABLES, "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 20000)"
            " INSERT INTO things SELECT 'thing ' || x, x FROM n")  # fmt: skip
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[16:18])
    with closing(sqlite3.connect(path)) as base:
        (root,) = base.execute("SELECT rootpage FROM sqlite_master").fetchone()
    page = data[(root - 1) * size : root * size]
    cells = int.from_bytes(page[3:5])
    for number in range(cells):
        place = int.from_bytes(page[12 + 2 * number : 14 + 2 * number])
        page[place : place + 4] = root.to_bytes(4)
    data[(root - 1) * size : root * size] = page
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        verify(path)


@pytest.mark.parametrize("kind", ["link", "dead link", "folder", "pipe", "device"])
@pytest.mark.parametrize("ending", ["", "-journal", "-wal", "-shm"])
def test_only_files_are_opened(kind: str, ending: str, path: Path) -> None:
    execute(path, TABLES)
    place = path.with_name(path.name + ending)
    place.unlink(missing_ok=True)
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "device" and not ending:
        pytest.skip("is a link as well")
    else:
        target = {"link": path.with_name("other"), "dead link": path.with_name("none"), "device": Path(os.devnull)}[
            kind
        ]
        path.with_name("other").touch()
        place.symlink_to(target)
    with pytest.raises(DatabaseError) as caught:
        opened(path)
    assert caught.value.filename == str(path)


@pytest.mark.parametrize(
    "data", [b"text, and enough of it. " * 99, b"\0" * 4096, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_what_is_no_database_is_damage(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        verify(path)


def test_whoever_writes_is_waited_for_and_then_told(path: Path) -> None:
    execute(path, TABLES)
    with closing(opened(path)) as one, closing(opened(path)) as other:
        one.begin("EXCLUSIVE")
        with pytest.raises(BusyError):
            other.begin()
        one.commit()
        other.begin()


def test_a_commit_without_transaction_is_no_error(path: Path) -> None:
    """SQLite has ended it when the disk is full; Ctrl-C may come between two."""
    execute(path, TABLES)
    with closing(opened(path)) as base:
        base.commit()
        base.begin()
        base.execute("INSERT OR ROLLBACK INTO things VALUES ('a', 1)")
        with pytest.raises(DatabaseError):
            base.execute("INSERT OR ROLLBACK INTO things VALUES ('a', 2)")
        base.commit()


def count_things(path: Path) -> int:
    with closing(opened(path)) as base:
        return base.row("SELECT count(*) FROM things", convert=lambda row: int(row[0])) or 0


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit, sqlite3.Error])
def test_a_transaction_counts_as_a_whole_or_not_at_all(error: type[BaseException], path: Path) -> None:
    execute(path, TABLES)
    with closing(opened(path)) as base:
        with contextlib.suppress(error), base.transaction():
            base.execute("INSERT INTO things VALUES ('a', 1)")
            base.execute("INSERT INTO things VALUES ('b', 1)")
            raise error
        assert count_things(path) == 0
        with base.transaction():
            base.execute("INSERT INTO things VALUES ('a', 1)")
            base.execute("INSERT INTO things VALUES ('b', 1)")
        assert count_things(path) == 2


def test_a_transaction_that_was_left_open_is_undone_by_the_next_one(path: Path) -> None:
    """Ctrl-C may come when a transaction has begun and nobody has taken note of that."""
    execute(path, TABLES)
    with closing(opened(path)) as base:
        base.begin()
        base.execute("INSERT INTO things VALUES ('a', 1)")
        with base.transaction():
            base.execute("INSERT INTO things VALUES ('b', 1)")
        assert base.row("SELECT name FROM things", convert=list) == ["b"]


def test_what_is_not_committed_is_undone(path: Path) -> None:
    execute(path, TABLES)
    with closing(opened(path)) as base:
        base.begin()
        base.execute("INSERT INTO things VALUES ('a', 1)")
    assert count_things(path) == 0


def test_no_other_files_and_no_programs_can_be_loaded(path: Path) -> None:
    execute(path, TABLES)
    with closing(opened(path)) as base:
        for statement in ("ATTACH 'other.sqlite' AS other", "SELECT load_extension('other')"):
            with pytest.raises(DatabaseError):
                base.execute(statement)


def test_values_that_are_too_long_are_refused(path: Path) -> None:
    execute(path, TABLES)
    with closing(opened(path)) as base, pytest.raises(DatabaseError):
        base.execute("INSERT INTO things VALUES (zeroblob(100000000), 1)")


# the history of link checks

URLS = [f"https://{name}.test/page" for name in ("good", "moved", "failing", "dead", "well")]


def verdicts(url: str, day: int) -> Verdict:
    if url == URLS[1]:
        return classify_result(
            ProbeResult(url=url, code=200, redirects=(Redirect(code=301, url="https://moved.test/new"),))
        )
    return classify_result(ProbeResult(url=url, code=404 if url in URLS[3:] or (url == URLS[2] and day == 5) else 200))


@pytest.fixture(scope="module")
def known_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with everything that one can hold."""
    path = tmp_path_factory.mktemp("history") / "links.sqlite"
    for day in range(6):
        with open_history(path) as history:
            run, at = history.begin_run(NOW + day * DAY), NOW + day * DAY
            for url in URLS:
                before, verdict = history.load_record(url), verdicts(url, day)
                chain = (Redirect(code=301, url="https://moved.test/new"),) if url == URLS[1] else ()
                history.add_check(
                    advance_record(before, verdict, at), verdict, at, before=before.state, chain=chain, run=run,
                    etag='"x"', last_modified="Sun, 01 Mar 2026 04:30:00 GMT", change="moved" if chain else None,
                )  # fmt: skip
            history.add_unreliable_head_hosts(["liar.test"])
            history.note_network_down(run)
            history.accept_link(URLS[3], Acceptance(until=NOW + 90 * DAY, why="known"))
    with open_history(path) as history:
        at = NOW + 6 * DAY
        good = classify_result(ProbeResult(url=URLS[4], code=200))
        history.add_check(advance_record(history.load_record(URLS[4]), good, at), good, at)
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA journal_mode = DELETE")
    return path


@pytest.fixture
def history_path(known_history: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(known_history, tmp_path / "links.sqlite"))


def use_everything(path: Path) -> None:
    """Do what `check`, `report`, `fix`, `ack` and `forget` do with a history."""
    feedpub.report_links(URLS, history=path, now=NOW + 9 * DAY)
    with open_history(path) as history:
        at = NOW + 9 * DAY
        run = history.begin_run(at)
        known = history.load_links(URLS)
        list(history.list_last_good())
        history.list_unreliable_head_hosts()
        for url in URLS:
            history.find_permanent_target(url)
            history.find_incident(url)
            before = known[url].record if url in known else Record(url=url)
            verdict = classify_result(ProbeResult(url=url, code=404))
            history.add_check(advance_record(before, verdict, at), verdict, at, before=before.state, run=run)
            history.write_pending()
        history.accept_link(URLS[0], Acceptance(until=at + DAY, why="known"))
        history.forget_link(URLS[1])
        history.prune_checks(at)
        list(history.list_incidents())


def test_a_history_is_used_as_it_is(history_path: Path) -> None:
    report = feedpub.report_links(URLS, history=history_path, now=NOW + 6 * DAY)
    assert [link.state for link in report.links] == ["ok", "ok", "failing", "dead", "ok"]
    assert [link.status for link in report.links] == ["ok", "moved", "dead", "dead", "ok"]
    assert [one.closed is None for one in report.incidents] == [True, False]
    use_everything(history_path)


@pytest.mark.parametrize("case", load_cases("history"))
def test_a_crafted_history_is_refused(case: dict[str, list[str]], history_path: Path) -> None:
    execute(history_path, *case["sql"])
    before = history_path.read_bytes()
    with pytest.raises(feedpub.HistoryError, match="is damaged"):
        use_everything(history_path)
    if "links" in " ".join(case["sql"]):
        with pytest.raises(feedpub.HistoryError, match="move the file away"):
            feedpub.report_links(URLS, history=history_path)
        for ending in ("-wal", "-shm"):
            history_path.with_name(history_path.name + ending).unlink(missing_ok=True)
        assert history_path.read_bytes()[100:] == before[100:]  # the head says how it is written


def test_damage_to_a_history_ends_in_one_error_or_none(history_path: Path) -> None:
    chance, whole = random.Random(20261130), history_path.read_bytes()
    refused = 0
    tries = 300 if THOROUGH else 100
    for _ in range(tries):
        history_path.write_bytes(damaged(whole, chance))
        for ending in ("-wal", "-shm"):
            history_path.with_name(history_path.name + ending).unlink(missing_ok=True)
        try:
            use_everything(history_path)
        except feedpub.HistoryError:
            refused += 1
    assert tries / 10 < refused < tries


def test_commands_refuse_a_damaged_history_with_exit_code_3(history_path: Path, tmp_path: Path) -> None:
    execute(history_path, "UPDATE links SET state = 'gone'")
    (tmp_path / "urls.txt").write_text("\n".join(URLS), encoding="utf-8")
    for command in (["report"], ["check"], ["report", "--format", "json"], ["check", "--format", "jsonl"]):
        options = ["--urls", "urls.txt", "--history", str(history_path)]
        done = run("links", *command, *options, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith(f"feedpub: {history_path}: is damaged")
        assert done.stderr.count("\n") == 1


# clocks

FUTURE, PAST = datetime(2106, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
GOOD, BAD = (classify_result(ProbeResult(url=URLS[0], code=code)) for code in (200, 404))


def test_a_run_in_the_future_silences_nothing() -> None:
    record = advance_record(Record(url=URLS[0]), GOOD, FUTURE)
    seen = drop_impossible_times(record, NOW)
    assert (seen.due, seen.checked, seen.last_ok, seen.state) == (None, None, None, "ok")
    later = drop_impossible_times(record, FUTURE + timedelta(hours=1))
    assert later == record


def test_a_run_in_the_past_makes_no_link_fail_for_half_a_century() -> None:
    """A machine without a clock of its own begins at 1970, until it has asked for the time."""
    record = advance_record(Record(url=URLS[0]), BAD, PAST)
    for hours in range(5):
        now = NOW + timedelta(hours=hours)
        record = advance_record(drop_impossible_times(record, now), BAD, now)
        assert record.state == "failing"
    assert advance_record(record, BAD, NOW + 3 * DAY).state == "dead"


def test_a_run_in_the_future_makes_no_link_fail_for_80_years() -> None:
    record = advance_record(Record(url=URLS[0]), BAD, FUTURE)
    for hours in range(5):
        now = NOW + timedelta(hours=hours)
        record = advance_record(drop_impossible_times(record, now), BAD, now)
        assert record.state == "failing"


def test_no_link_fails_since_before_it_was_good() -> None:
    record = Record(url=URLS[0], state="failing", failures=2, failing_since=NOW, last_ok=NOW + 5 * DAY, checked=NOW)
    assert drop_impossible_times(record, NOW + 6 * DAY).failing_since == NOW + 5 * DAY


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1), timedelta(hours=23)])
def test_clocks_that_differ_a_little_are_believed(ahead: timedelta) -> None:
    for verdict in (
        GOOD,
        BAD,
        classify_result(ProbeResult(url=URLS[0], code=403)),
        classify_result(ProbeResult(url=URLS[0], failure="timeout")),
    ):
        record = advance_record(Record(url=URLS[0]), verdict, NOW)
        assert record.due
        seen = drop_impossible_times(record, NOW - ahead)
        assert seen == record or (ahead and seen.due is None)  # at worst it is asked now


@pytest.mark.parametrize("years", [1, 80])
def test_no_server_keeps_us_away_for_years(years: int) -> None:
    record = advance_record(
        Record(url=URLS[0]),
        classify_result(ProbeResult(url=URLS[0], code=429)),
        NOW,
        retry_after=timedelta(days=365 * years),
    )
    assert record.due == NOW + timedelta(days=30)
    assert drop_impossible_times(record, NOW) == record


def test_incidents_of_the_future_are_dated_now_and_its_checks_are_forgotten(history_path: Path) -> None:
    execute(
        history_path,
        f"UPDATE incidents SET opened = {FUTURE.timestamp()}",
        f"UPDATE checks SET at = at + {FUTURE.timestamp()} WHERE url = '{URLS[1]}'",
    )
    now = NOW + 9 * DAY
    with open_history(history_path) as history:
        history.begin_run(now)
        assert {one.opened for one in history.list_incidents()} == {now}
        assert history.find_permanent_target(URLS[1])
        history.prune_checks(now)
        assert history.find_permanent_target(URLS[1]) is None  # two checks of now are to say so


# disks


@pytest.fixture
def site(tmp_path: Path) -> Path:
    feedpub.init(tmp_path, today=NOW.date())
    return tmp_path / "entries"


def limited(limit: int) -> Callable[[], None]:
    """Return what limits the size of files: the system refuses to write more, as on a full disk."""
    resource = pytest.importorskip("resource")
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def run(
    *arguments: str, cwd: Path, limit: int | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "feedpub", *arguments], cwd=cwd, capture_output=True, text=True, check=False,
        errors="replace",
        preexec_fn=None if limit is None else limited(limit), env=os.environ | (environment or {}),
    )  # fmt: skip


@pytest.mark.parametrize("limit", [0, 100])
def test_init_without_room(limit: int, tmp_path: Path) -> None:
    done = run("init", "new", cwd=tmp_path, limit=limit)
    assert done.returncode == 2
    assert (done.stderr.count("\n"), done.stderr[:9]) == (1, "feedpub: ")
    assert not list((tmp_path / "new").rglob(".feedpub-*"))
    assert run("init", "other", cwd=tmp_path).returncode == 0


def test_import_without_room(site: Path, tmp_path: Path) -> None:
    (tmp_path / "pasted.txt").write_text("Summary\n\nText.\n\nKey Points\n\n- One.\n", encoding="utf-8")
    arguments = ("import", "pasted.txt", "--key", "new", "--published", "2026-02-01", "--title", "en=New")
    before = {path.name: path.read_bytes() for path in site.iterdir()}
    done = run(*arguments, cwd=tmp_path, limit=10)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert {path.name: path.read_bytes() for path in site.iterdir()} == before
    assert run(*arguments, cwd=tmp_path).returncode == 0


def test_fix_without_room(site: Path, tmp_path: Path) -> None:
    """There is room for what SQLite needs to read, but not for the entry."""
    remember_moves(tmp_path / ".feedpub" / "links.sqlite", f"{OLD}/a")
    entry = site / "moved.en.md"
    filler = "Some words. " * 10_000
    text = f"---\ntitle: x\npublished: 2026-01-01\n---\nSee [a]({OLD}/a).\n\n{filler}\n"
    entry.write_text(text, encoding="utf-8")
    before = {path.name: path.read_bytes() for path in site.iterdir()}
    done = run("links", "fix", "--write", cwd=tmp_path, limit=100_000)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert {path.name: path.read_bytes() for path in site.iterdir()} == before
    assert run("links", "fix", "--write", cwd=tmp_path).returncode == 0
    assert entry.read_text(encoding="utf-8") == text.replace(OLD, NEW)


def test_report_without_room_is_no_traceback(site: Path, tmp_path: Path) -> None:
    remember_moves(tmp_path / ".feedpub" / "links.sqlite", f"{OLD}/a")
    done = run("links", "report", cwd=tmp_path, limit=0)
    assert done.returncode in (0, 3)
    assert "Traceback" not in done.stderr


# locales

POSIX = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Environments by name, as far as this machine has what they need."""
    found = {"UTF-8": {"PYTHONUTF8": "1"}, "POSIX": POSIX, "POSIX, no mode said": {"LC_ALL": "POSIX"}}
    folder = tmp_path_factory.mktemp("locales")
    command = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(folder / "de_DE.ISO-8859-1")]
    if shutil.which("localedef") and not subprocess.run(command, capture_output=True, check=False).returncode:
        found["Latin-1"] = {"LC_ALL": "de_DE.ISO-8859-1", "LOCPATH": str(folder), "PYTHONUTF8": "0"}
    return found


def test_names_are_the_same_in_every_locale(site: Path, locales: dict[str, dict[str, str]]) -> None:
    settings = site / "feedpub.toml"
    settings.write_text(f"categories = true\n{settings.read_text(encoding='utf-8')}", encoding="utf-8")
    text = "---\ntitle: Größe\npublished: 2026-01-01\ncategories: [Öl, 海]\n---\nText.\n"
    for name in ("größe.en.md", "海.en.md", "zürich.en.md"):
        Path(os.fsdecode(os.fsencode(site) + b"/" + name.encode())).write_text(text, encoding="utf-8")
    built = {}
    for number, environment in enumerate(locales.values()):
        output = site.parent / f"public-{number}"
        done = run("build", str(site), "--output", str(output), cwd=site.parent, environment=environment)
        assert done.returncode == 0, done.stderr
        names = [place + b"/" + name for place, _, files in os.walk(os.fsencode(output)) for name in files]
        names = [name for name in names if b"/.feedpub/" not in name]
        built[number] = {
            os.path.relpath(name, os.fsencode(output)): Path(os.fsdecode(name)).read_bytes() for name in names
        }
    assert "en/größe/index.html".encode() in built[0]
    assert "en/category/öl/atom.xml".encode() in built[0]
    assert all(found == built[0] for found in built.values())


def test_imported_files_have_the_same_names_in_every_locale(site: Path, locales: dict[str, dict[str, str]]) -> None:
    (site.parent / "pasted.txt").write_text("Summary\n\nText.\n\nKey Points\n\n- One.\n", encoding="utf-8")
    for number, environment in enumerate(locales.values()):
        key = f"öl-{number}"
        arguments = ("import", "pasted.txt", "--key", key, "--published", "2026-02-01", "--title", "en=Öl")
        done = run(*arguments, cwd=site.parent, environment=environment)
        assert done.returncode == 0, done.stderr
        assert f"{key}.en.md".encode() in os.listdir(os.fsencode(site))


def test_a_program_that_reads_names_otherwise_is_told(site: Path) -> None:
    (site / "größe.en.md").write_text("---\ntitle: x\npublished: 2026-01-01\n---\nx\n", encoding="utf-8")
    program = "import feedpub; feedpub.build('entries', 'public')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=site.parent, capture_output=True, text=True, check=False,
        env=os.environ | POSIX,
    )  # fmt: skip
    assert "set PYTHONUTF8=1" in done.stderr
    assert not list((site.parent / "public").rglob("*.xml"))


# killed


@pytest.mark.parametrize("command", ["import", "fix"])
def test_what_writes_entries_is_killed_at_any_moment(command: str, site: Path, tmp_path: Path) -> None:
    """After each module that it loads, and after each change of the folder: no file is half written."""
    chance = random.Random(20261130)
    history = tmp_path / ".feedpub" / "links.sqlite"
    for number in range(10 if THOROUGH else 3):
        text = f"---\ntitle: x\npublished: 2026-01-01\n---\nSee [a]({OLD}/{number}) and [b]({OLD}/{number}/b).\n"
        entry = site / "moved.en.md"
        entry.write_text(text, encoding="utf-8")
        (tmp_path / "pasted.txt").write_text(f"Summary\n\nText {number}.\n\nKey Points\n\n- One.\n", encoding="utf-8")
        remember_moves(history, f"{OLD}/{number}", f"{OLD}/{number}/b")
        arguments = {
            "import": [
                "import",
                "pasted.txt",
                "--key",
                f"new-{number}",
                "--published",
                "2026-02-01",
                "--title",
                "en=New",
            ],
            "fix": ["links", "fix", "--write"],
        }[command]
        process = subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", "feedpub", *arguments], cwd=tmp_path,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            assert process.stderr
            last = chance.randrange(400)
            for loaded, _ in enumerate(process.stderr):
                if loaded == last:
                    break
            process.kill()
            process.communicate(timeout=60)
        after = entry.read_text(encoding="utf-8")
        assert after in (text, text.replace(OLD, NEW))
        done = run(*arguments, cwd=tmp_path)
        assert done.returncode in (0, 1 if command == "import" else 0), done.stderr  # 1: it was done before
        if command == "fix":
            assert entry.read_text(encoding="utf-8") == text.replace(OLD, NEW)
        else:
            assert (site / f"new-{number}.en.md").read_text(encoding="utf-8").endswith("One.\n")
    assert run("lint", cwd=tmp_path).returncode in (0, 1)


OLD, NEW = "https://old.test", "https://new.test"


def remember_moves(path: Path, *urls: str) -> None:
    with open_history(path) as history:
        for url in urls:
            verdict = classify_result(
                ProbeResult(url=url, code=200, redirects=(Redirect(code=301, url=url.replace(OLD, NEW)),))
            )
            for day in range(2):
                at = NOW + day * DAY
                history.add_check(advance_record(history.load_record(url), verdict, at), verdict, at)
