"""The history of link checks: between runs, and when a run is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub.database import BusyError, DamagedError, NewerError
from feedpub.links import history as module
from feedpub.links.classify import ProbeResult, classify_result
from feedpub.links.history import History
from feedpub.links.history_rows import MIGRATIONS
from feedpub.links.lifecycle import Record, advance_record
from feedpub.links.result import Acceptance

if TYPE_CHECKING:
    from pathlib import Path

    from feedpub.links.classify import Verdict

URL = "https://works.test/a/page?x=ü"
NOW = datetime(2026, 3, 1, 4, 30, 0, 250_000, tzinfo=UTC)
DAY = timedelta(days=1)
OK, DEAD = (classify_result(ProbeResult(url=URL, code=code)) for code in (200, 404))


def add_check(history: History, verdict: Verdict, at: datetime, url: str = URL) -> Record:
    record = advance_record(history.load_record(url), verdict, at)
    history.add_check(record, verdict, at)
    return record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".feedpub" / "links.sqlite"


def test_a_record_is_what_it_was(path: Path) -> None:
    with History(path) as history:
        assert history.load_record(URL) == Record(url=URL)
        first = add_check(history, OK, NOW)
        second = add_check(history, DEAD, NOW + DAY)
        assert history.load_record(URL) == second != first
    with History(path) as history:
        assert history.load_record(URL) == second


@given(st.lists(st.tuples(st.sampled_from([OK, DEAD]), st.timedeltas(timedelta(0), 9 * DAY)), min_size=1, max_size=9))
def test_any_record_is_what_it_was(story: list[tuple[Verdict, timedelta]]) -> None:
    with History(None) as history:
        now, record = NOW, Record(url=URL)
        for verdict, after in story:
            now += after
            record = advance_record(record, verdict, now)
            history.add_check(record, verdict, now)
            assert history.load_record(URL) == record
        assert len([one for one in history.list_incidents() if one.closed is None]) == (record.state == "dead")


def test_an_incident_is_one_from_death_to_recovery(path: Path) -> None:
    with History(path) as history:
        for day in range(6):
            add_check(history, DEAD, NOW + day * DAY)
        (open_one,) = history.list_incidents()
        assert (open_one.url, open_one.opened, open_one.closed) == (URL, NOW + 3 * DAY, None)
        assert open_one.reason == "404 not found"
        add_check(history, OK, NOW + 6 * DAY)
        (closed,) = history.list_incidents()
        assert (closed.number, closed.closed) == (open_one.number, NOW + 6 * DAY)
        assert list(history.list_incidents(since=NOW + 7 * DAY)) == []
        for day in range(8, 12):
            add_check(history, DEAD, NOW + day * DAY)
        assert [one.closed is None for one in history.list_incidents()] == [True, False]


def test_incidents_of_one_moment_stand_by_address(path: Path) -> None:
    with History(path) as history:
        for day in range(4):
            for name in "bca":
                add_check(history, DEAD, NOW + day * DAY, f"https://{name}.test/")
        assert [one.url for one in history.list_incidents()] == [f"https://{name}.test/" for name in "abc"]


def test_a_death_can_be_accepted_and_a_link_forgotten(path: Path) -> None:
    with History(path) as history:
        acceptance = Acceptance(until=NOW + 90 * DAY, why="its author is ill")
        assert not history.accept_link(URL, acceptance)
        for day in range(4):
            add_check(history, DEAD, NOW + day * DAY)
        assert history.accept_link(URL, acceptance)
        assert history.load_links([URL])[URL].acceptance == acceptance
        add_check(history, DEAD, NOW + 5 * DAY)
        assert history.load_links()[URL].acceptance == acceptance
        assert history.forget_link(URL)
        assert not history.forget_link(URL)
        assert history.load_record(URL) == Record(url=URL)
        assert list(history.list_incidents()) == []


def test_canaries_are_those_found_good_last(path: Path) -> None:
    with History(path) as history:
        for day, name in enumerate("abcde"):
            add_check(history, OK, NOW + day * DAY, f"https://{name}.test/")
        add_check(history, DEAD, NOW + 9 * DAY, "https://dead.test/")
        assert list(history.list_last_good()) == [f"https://{name}.test/" for name in "edcba"]


def test_hosts_that_lie(path: Path) -> None:
    with History(path) as history:
        history.add_unreliable_head_hosts(["a.test", "b.test"])
        history.add_unreliable_head_hosts(["a.test"])
    with History(path) as history:
        assert history.list_unreliable_head_hosts() == {"a.test", "b.test"}


def test_old_checks_are_forgotten(path: Path) -> None:
    with History(path) as history:
        for day in (0, 1, 300):
            add_check(history, OK, NOW + day * DAY)
        add_check(history, OK, NOW, "https://old.test/")
        history.prune_checks(NOW + 500 * DAY)
        left = history._base.execute("SELECT url, at FROM checks ORDER BY url").fetchall()
        assert left == [("https://old.test/", NOW.timestamp()), (URL, (NOW + 300 * DAY).timestamp())]
        assert history.load_record(URL).streak == 3


def test_what_was_found_is_kept_each_second(path: Path) -> None:
    seconds = [0.0]
    with History(path, clock=lambda: seconds[0]) as history, closing(sqlite3.connect(path)) as other:
        for second, written in ((0.0, 0), (0.9, 0), (1.0, 3), (1.9, 3), (2.0, 5)):
            seconds[0] = second
            url = f"https://a.test/{second}"
            history.add_check(advance_record(Record(url=url), OK, NOW), OK, NOW, before="ok")
            assert other.execute("SELECT count(*) FROM links").fetchone() == (written,)


def test_a_second_run_is_refused_after_a_while(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.1)
    with History(path) as history:
        add_check(history, OK, NOW)
        with pytest.raises(BusyError, match=r"links\.sqlite"):
            History(path)
    with History(path) as history:
        assert history.load_record(URL).streak == 1


def test_who_only_reads_waits_for_nobody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.1)
    with History(path) as history:
        add_check(history, OK, NOW)
        history.write_pending()
        add_check(history, DEAD, NOW + DAY)
        with History(path, exclusive=False) as reading:
            assert reading.load_record(URL).status == "ok"  # what was kept


def test_a_history_of_an_older_version_is_taken_over(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as base:
        base.executescript(MIGRATIONS[0] + "PRAGMA user_version = 1;")
        row = (URL, "failing", "dead", "404 not found", 0, 2, NOW.timestamp(), None, NOW.timestamp(), NOW.timestamp())
        base.execute(f"INSERT INTO links VALUES ({', '.join('?' * 12)})", (*row, "old", None))
        base.commit()
    with History(path, exclusive=False) as history:  # who only reads takes it over, too
        assert history.load_links()[URL].etag == "old"
    with History(path) as history:
        assert (history.load_record(URL).state, history.load_record(URL).failures) == ("failing", 2)
        assert add_check(history, DEAD, NOW + 3 * DAY).state == "dead"
        assert [one.url for one in history.list_incidents()] == [URL]
        assert history.begin_run(NOW) == 1


def test_a_newer_or_another_file_is_refused(path: Path) -> None:
    with History(path):
        pass
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerError, match="newer feedpub"):
        History(path)
    path.write_bytes(b"no database, but long enough to be one " * 100)
    with pytest.raises(DamagedError):
        History(path)


PROGRAM = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from feedpub.links.history import History
from feedpub.links.history_rows import MIGRATIONS
from feedpub.links.classify import ProbeResult, classify_result
from feedpub.links.lifecycle import advance_record
ok = classify_result(ProbeResult(url="https://a.test/", code=200))
now = datetime.now(UTC)
with History(Path(sys.argv[1])) as history:
    for number in range(100_000):
        url = f"https://works.test/{number}"
        history.add_check(advance_record(history.load_record(url), ok, now), ok, now)
        if number % 50 == 0:
            history.write_pending()
            print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
def test_a_run_that_is_killed_keeps_what_it_told(path: Path) -> None:
    told = 0
    for delay in (0.05, 0.11, 0.17):
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        process.stdout.readline()
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        rest = process.communicate(timeout=30)[0].split()
        told = max(told, *(int(number) for number in rest), 0)
        with History(path) as history:
            known = {url for (url,) in history._base.execute("SELECT url FROM links")}
            assert {f"https://works.test/{number}" for number in range(told + 1)} <= known
            assert history._base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert told > 100
