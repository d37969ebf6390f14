"""Dead links as a feed: stable ids, updated at recovery, nothing secret, no markup from addresses."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import feedparser
import pytest

import feedpub
from test_link_check import Handler, base

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["base"]  # the fixture
OPENED = datetime(2026, 3, 4, 6, 30, 15, 250000, tzinfo=UTC)


def site(folder: Path, *, url: str = "https://a.example/", language: str = "en") -> feedpub.Site:
    entries = folder / "entries"
    entries.mkdir()
    (entries / "feedpub.toml").write_text(
        f'base_url = "https://digest.example/"\nauthority = "digest.example,2026"\nlanguages = ["{language}"]\n'
        f'[title]\n{language} = "Digest"\n[links]\nallow_private = true\n',
        encoding="utf-8",
    )
    (entries / f"one.{language}.md").write_text(
        f"---\ntitle: One\npublished: 2026-01-01\n---\nSee [it]({url}).\n", encoding="utf-8"
    )
    return feedpub.load(entries)


def report(*incidents: feedpub.Incident) -> feedpub.LinkReport:
    mention = feedpub.Mention(path="entries/one.en.md", line=5, entry="x")
    links = tuple(
        feedpub.Link(url=incident.url, status="dead", state="dead", found_in=(mention,)) for incident in incidents
    )
    return feedpub.LinkReport(links=links, at=OPENED, incidents=incidents)


OTHERS = {
    "own": b"<feed><title>My own</title></feed>",
    "quoting": b"<feed><title><![CDATA[<generator>feedpub</generator>]]></title></feed>",
    "empty": b"",
    "published": None,  # the feed of articles of the same site
}


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml"])
@pytest.mark.parametrize("kind", OTHERS)
def test_a_feed_of_something_else_is_not_replaced(kind: str, name: str, tmp_path: Path) -> None:
    where = site(tmp_path)
    out = tmp_path / "public" / "en"
    if kind == "published":
        feedpub.build(where, tmp_path / "public")
    else:
        out.mkdir(parents=True)
        (out / name).write_bytes(OTHERS[kind] or b"")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(feedpub.ConfigError, match="is not the feed of dead links") as caught:
        feedpub.write_incident_feed(where, report(), out)
    assert [problem.code for problem in caught.value.problems] == ["E014"]
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_the_feed_is_replaced_and_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    where = site(tmp_path)
    feedpub.write_incident_feed(where, report(), tmp_path / "out")
    (tmp_path / "out" / ".feedpub-99999999-1").write_bytes(b"half")
    dead = feedpub.Incident(number=2, url="https://a.example/x", opened=OPENED, reason="404 not found")
    assert len(feedpub.write_incident_feed(where, report(dead), tmp_path / "out")) == 2
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["atom.xml", "rss.xml"]


def test_the_report_is_printed_though_the_feed_cannot_be_written(tmp_path: Path, base: str) -> None:
    site(tmp_path, url=f"{base}/fine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "atom.xml").write_bytes(b"mine")
    command = [sys.executable, "-m", "feedpub", "links", "check", "--feed", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "1 link" in done.stdout
    assert "is not the feed of dead links" in done.stderr
    assert (tmp_path / "out" / "atom.xml").read_bytes() == b"mine"


def test_an_entry_for_each_death(tmp_path: Path) -> None:
    where = site(tmp_path)
    dead = feedpub.Incident(number=2, url="https://a.example/x?a=1&b=2", opened=OPENED, reason="404 not found")
    well = feedpub.Incident(
        number=1, url="https://b.example/", opened=OPENED, reason="<b>gone</b>", closed=OPENED + timedelta(days=2),
        outcome="recovered",
    )  # fmt: skip
    assert len(feedpub.write_incident_feed(where, report(dead, well), tmp_path / "out")) == 2
    atom = feedparser.parse((tmp_path / "out" / "atom.xml").read_bytes())
    assert not atom.bozo
    assert atom.feed.title == "Dead links: Digest"
    first, second = atom.entries
    assert (first.title, first.link) == ("Dead link: https://a.example/x?a=1&b=2", "https://a.example/x?a=1&b=2")
    assert "404 not found" in first.content[0].value
    assert "Found in: entries/one.en.md:5" in first.content[0].value
    assert second.title == "Link works again: https://b.example/"
    assert second.updated_parsed[:3] == (2026, 3, 6)
    assert "<b>" not in second.content[0].value
    rss = feedparser.parse((tmp_path / "out" / "rss.xml").read_bytes())
    assert [entry.id for entry in rss.entries] == [entry.id for entry in atom.entries]
    assert feedpub.write_incident_feed(where, report(dead, well), tmp_path / "out") == ()


def test_ids_stay_when_a_link_is_well_again(tmp_path: Path) -> None:
    where = site(tmp_path)
    before = feedpub.Incident(number=1, url="https://a.example/", opened=OPENED, reason="gone")
    after = feedpub.Incident(
        number=9,
        url="https://a.example/",
        opened=OPENED,
        reason="gone",
        closed=OPENED + timedelta(days=1),
        outcome="recovered",
    )
    (incident,), (other,) = (
        feedpub.make_incident_feed(where, report(incident)).entries for incident in (before, after)
    )
    assert incident.id == other.id
    assert incident.updated < other.updated


@pytest.mark.parametrize(("language", "word"), [("zh-Hans", "失效链接：Digest"), ("ar", "روابط معطلة: Digest")])
def test_in_the_language_of_the_site(tmp_path: Path, language: str, word: str) -> None:
    assert feedpub.make_incident_feed(site(tmp_path, language=language), report()).title == word


def test_secrets_and_markup_of_addresses_stay_out(tmp_path: Path) -> None:
    url = "https://me:hush@a.example/?token=hush&q=%3Cb%3E\u202e"
    bad = feedpub.Incident(number=1, url=url, opened=OPENED, reason="no <script>")
    feedpub.write_incident_feed(site(tmp_path), report(bad), tmp_path)
    for name in ("atom.xml", "rss.xml"):
        data = (tmp_path / name).read_text(encoding="utf-8")
        assert "hush" not in data
        assert "<script" not in data
        assert not feedparser.parse(data).bozo


def test_the_command_writes_it(base: str, tmp_path: Path) -> None:
    site(tmp_path, url=f"{base}/410")

    def check(day: int) -> int:
        return subprocess.run(
            [sys.executable, "-m", "feedpub", "links", "check", "--all", "--feed", "feeds", "--now", f"2026-03-0{day}"],
            cwd=tmp_path, capture_output=True, check=False, timeout=60,
        ).returncode  # fmt: skip

    def entries() -> list[str]:
        return [entry.title for entry in feedparser.parse((tmp_path / "feeds" / "atom.xml").read_bytes()).entries]

    assert check(1) == 0
    assert entries() == []
    assert check(3) == 1
    assert entries() == [f"Dead link: {base}/410"]
    assert ("HEAD", "/410") in Handler.asked
    refused = subprocess.run(
        [sys.executable, "-m", "feedpub", "links", "check", "--urls", "-", "--feed", "x"],
        cwd=tmp_path, capture_output=True, check=False, timeout=60, input=b"",
    )  # fmt: skip
    assert refused.returncode == 2
    assert b"--feed needs a site and a history" in refused.stderr
