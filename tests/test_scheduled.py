"""Scheduled articles, and articles that are in no feed: what is shown depends on the site and on `until` alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import feedpub
from support.sample_builds import Desk, article, published, states

if TYPE_CHECKING:
    from pathlib import Path

DUE = "2026-12-24T09:00:00+01:00"
BEFORE, AFTER = "2026-12-24T07:59:59Z", "2026-12-24T08:00:00Z"
ELSEWHERE = "https://elsewhere.test/{language}/{key}/"
EVERYTHING = {"archives": True, "categories": True, "limit": 2}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "entries", **EVERYTHING)


def files_with(folder: Path, text: str) -> list[str]:
    """Return the published files that hold a text."""
    return sorted(name for name, data in published(folder).items() if text.encode() in data)


def build_anew(desk: Desk, output: Path, until: str) -> dict[str, bytes]:
    """Return what a build into an empty folder makes."""
    feedpub.build(desk.folder, output, until=until)
    return published(output)


def test_a_scheduled_article_is_nowhere_until_it_is_due(desk: Desk, tmp_path: Path) -> None:
    desk.write("first.en.md", article("Old news", categories="[trains]"))
    desk.write("winter.en.md", article("Winter timetable", DUE, categories="[winter, trains]"))
    desk.write("winter.zh-Hans.md", article("冬季时刻表", None))
    public = tmp_path / "public"

    done = feedpub.build(desk.folder, public, until=BEFORE)
    assert files_with(public, "Winter timetable") == files_with(public, "冬季时刻表") == []
    assert not [name for name in published(public) if "winter" in name]
    assert b"Winter" not in (public / ".feedpub" / "manifest.sqlite").read_bytes()  # it may be uploaded with the rest
    due = datetime.fromisoformat(DUE)
    assert [(entry.key, entry.language, entry.published) for entry in done.scheduled] == [
        ("winter", "en", due),
        ("winter", "zh-Hans", due),
    ]
    assert dict(done.articles) == {"en": 1, "zh-Hans": 0}

    before = states(public)
    assert feedpub.build(desk.folder, public, until=BEFORE).written == ()
    assert states(public) == before

    done = feedpub.build(desk.folder, public, until=AFTER)
    assert {"en/winter/index.html", "zh-Hans/winter/index.html", "en/category/winter/atom.xml"} <= set(done.written)
    assert {"en/atom.xml", "en/index.html", "index.html"} <= set(files_with(public, "Winter timetable"))
    assert done.scheduled == ()
    assert published(public) == build_anew(desk, tmp_path / "anew", AFTER)

    feedpub.build(desk.folder, public, until=BEFORE)  # back again
    assert published(public) == build_anew(desk, tmp_path / "anew before", BEFORE)


@pytest.mark.parametrize("archives", [True, False])
@pytest.mark.parametrize("fallback", ["omit", "original"])
def test_a_translation_that_comes_out_later(archives: bool, fallback: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "entries", archives=archives, fallback=fallback)
    desk.write("trains.en.md", article("Night trains"))
    desk.write("trains.zh-Hans.md", article("夜间列车", DUE))
    public = tmp_path / "public"

    done = feedpub.build(desk.folder, public, until=BEFORE)
    assert [(entry.key, entry.language) for entry in done.scheduled] == [("trains", "zh-Hans")]
    assert files_with(public, "夜间列车") == []
    assert b'"translations":[{' not in (public / "en" / "feed.json").read_bytes().partition(b'"items"')[2]
    items = json.loads((public / "zh-Hans" / "feed.json").read_bytes())["items"]
    assert [item["title"] for item in items] == (["Night trains"] if fallback == "original" else [])

    done = feedpub.build(desk.folder, public, until=AFTER)
    assert {"en/atom.xml", "zh-Hans/atom.xml", "en/trains/index.html"} <= set(done.written)
    assert "夜间列车" in (public / "en" / "feed.json").read_text(encoding="utf-8")
    assert published(public) == build_anew(desk, tmp_path / "anew", AFTER)


def test_a_translation_waits_for_its_original(desk: Desk, tmp_path: Path) -> None:
    desk.write("trains.en.md", article("Night trains", DUE))
    desk.write("trains.zh-Hans.md", article("夜间列车", "2026-01-01"))
    done = feedpub.build(desk.folder, tmp_path / "public", until=BEFORE)
    assert {entry.published for entry in done.scheduled} == {datetime.fromisoformat(DUE)}
    assert dict(done.articles) == {"en": 0, "zh-Hans": 0}
    assert dict(feedpub.build(desk.folder, tmp_path / "public", until=AFTER).articles) == {"en": 1, "zh-Hans": 1}


@pytest.mark.parametrize("config", [{}, EVERYTHING, {"permalink": ELSEWHERE, "archives": False}])
def test_every_way_through_time_leads_to_the_same_bytes(config: dict[str, object], tmp_path: Path) -> None:
    desk = Desk(tmp_path / "entries", **config)
    for month in range(1, 13):
        desk.write(f"p{month}.en.md", article(f"Number {month}", f"2026-{month:02}-01", categories=f"[c{month % 3}]"))
        desk.write(f"p{month}.zh-Hans.md", article(f"第{month}期", f"2026-{month:02}-15"))
    public = tmp_path / "public"
    moments = ["2026-03-10", "2026-03-20", "2027-01-01", "2025-01-01", "2026-07-01", "2026-06-01"]
    for number, until in enumerate(moments):
        feedpub.build(desk.folder, public, until=until)
        assert published(public) == build_anew(desk, tmp_path / f"anew {number}", until), until


def test_other_edits_while_something_is_scheduled(desk: Desk, tmp_path: Path) -> None:
    public = tmp_path / "public"
    desk.write("first.en.md", article("Old news"))
    desk.write("winter.en.md", article("Winter timetable", DUE))
    feedpub.build(desk.folder, public, until=BEFORE)
    desk.write("winter.en.md", article("Summer timetable", DUE))
    desk.write("second.en.md", article("News", "2026-02-02"))
    done = feedpub.build(desk.folder, public, until=BEFORE)
    assert [entry.key for entry in done.scheduled] == ["winter"]
    (desk.folder / "winter.en.md").unlink()
    assert feedpub.build(desk.folder, public, until=BEFORE).scheduled == ()
    desk.write("second.en.md", article("News", DUE))  # published already, and taken back
    done = feedpub.build(desk.folder, public, until=BEFORE)
    assert ("en/second/index.html" in done.removed, [entry.key for entry in done.scheduled]) == (True, ["second"])
    assert published(public) == build_anew(desk, tmp_path / "anew", BEFORE)


def test_two_ids_that_are_the_same_are_told_before_one_is_due(desk: Desk, tmp_path: Path) -> None:
    desk.write("a.en.md", article("A", id="tag:site.test,2026:one"))
    desk.write("b.en.md", article("B", DUE, id="tag:site.test,2026:one"))
    with pytest.raises(feedpub.EntryError, match="E116"):
        feedpub.build(desk.folder, tmp_path / "public", until=BEFORE)


def test_a_site_in_memory(desk: Desk, tmp_path: Path) -> None:
    desk.write("first.en.md", article("Old news"))
    desk.write("first.zh-Hans.md", article("旧闻", DUE))
    desk.write("winter.en.md", article("Winter timetable", DUE))
    site = feedpub.load(desk.folder)
    assert len(site.feed("en").entries) == 2  # a value does not know the time
    now = site.without_scheduled(datetime.fromisoformat(BEFORE))
    assert [entry.title for entry in now.feed("en").entries] == ["Old news"]
    assert (now.feed("en").entries[0].translations, now.feed("zh-Hans").entries) == ((), ())

    public = tmp_path / "public"
    done = feedpub.build(site, public, until=datetime.fromisoformat(BEFORE))
    assert [(entry.key, entry.language) for entry in done.scheduled] == [("first", "zh-Hans"), ("winter", "en")]
    assert published(public) == build_anew(desk, tmp_path / "anew", BEFORE)
    feedpub.build(site, public, until=AFTER)
    assert published(public) == build_anew(desk, tmp_path / "anew after", AFTER)


def test_without_until_it_is_now(desk: Desk, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    desk.write("a.en.md", article("Before", (now - timedelta(minutes=1)).isoformat(timespec="seconds")))
    desk.write("b.en.md", article("Later", (now + timedelta(hours=1)).isoformat(timespec="seconds")))
    done = feedpub.build(desk.folder, tmp_path / "public")
    assert [entry.key for entry in done.scheduled] == ["b"]


@pytest.mark.parametrize(
    ("timezone", "until", "is_shown"),
    [
        ("Asia/Shanghai", "2026-12-24", True),  # a day is its first moment, in both places
        ("Asia/Shanghai", "2026-12-23T16:00:00Z", True),
        ("Asia/Shanghai", "2026-12-23T15:59:59Z", False),
        ("UTC", "2026-12-23", False),
    ],
)
def test_a_date_without_time(timezone: str, until: str, is_shown: bool, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "entries", timezone=timezone)
    desk.write("a.en.md", article("A", "2026-12-24"))
    assert (not feedpub.build(desk.folder, tmp_path / "public", until=until).scheduled) == is_shown


def test_until_needs_a_time_zone(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        feedpub.build(desk.folder, tmp_path / "public", until=datetime(2026, 1, 1))


def test_scheduled_neighbours_are_not_linked(desk: Desk, tmp_path: Path) -> None:
    desk.write("a.en.md", article("A", next="Winter timetable"))
    desk.write("winter.en.md", article("Winter timetable", DUE))
    feedpub.build(desk.folder, tmp_path / "public", until=BEFORE)
    page = (tmp_path / "public" / "en" / "a" / "index.html").read_text(encoding="utf-8")
    assert "Winter timetable" in page  # the author names it
    assert "winter/" not in page


# Articles that are in no feed


def test_an_article_that_is_in_no_feed(desk: Desk, tmp_path: Path) -> None:
    for number in range(1, 8):
        desk.write(f"p{number}.en.md", article(f"Number {number}", f"2026-01-0{number}", categories="[trains]"))
    desk.write("imprint.en.md", article("About us", "2026-01-04T12:00:00Z", feed="false", categories="[trains]"))
    desk.write("imprint.zh-Hans.md", article("关于我们", None))
    public = tmp_path / "public"
    done = feedpub.build(desk.folder, public, until=BEFORE)
    pages = files_with(public, "About us")
    assert {"en/imprint/index.html", "en/archive/index.html", "en/category/trains/index.html"} <= set(pages)
    assert not [name for name in [*pages, *files_with(public, "关于我们")] if not name.endswith(".html")]
    assert [name for name in done.written if "archive/atom" in name]  # there are archives, and it is in none
    assert [entry.title for entry in feedpub.load(desk.folder).feed("zh-Hans").entries] == []

    desk.write("imprint.en.md", article("About us", "2026-01-04T12:00:00Z", categories="[trains]"))
    feedpub.build(desk.folder, public, until=BEFORE)
    assert "zh-Hans/atom.xml" in files_with(public, "关于我们")
    assert published(public) == build_anew(desk, tmp_path / "anew", BEFORE)


def test_feeds_of_the_newest_pass_over_what_is_in_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "entries", permalink=ELSEWHERE, archives=False, limit=2)
    for day, feed in ((1, ""), (2, ""), (3, "false"), (4, "no"), (5, "true")):
        desk.write(f"p{day}.en.md", article(f"Number {day}", f"2026-01-0{day}", feed=feed))
    feedpub.build(desk.folder, tmp_path / "public", until=BEFORE)
    items = json.loads((tmp_path / "public" / "en" / "feed.json").read_bytes())["items"]
    assert [item["title"] for item in items] == ["Number 5", "Number 2"]
    assert all(item["content_html"] for item in items)


def test_a_translation_decides_for_itself_whether_it_is_in_feeds(desk: Desk) -> None:
    desk.write("a.en.md", article("A", feed="false"))
    desk.write("a.zh-Hans.md", article("甲", None, feed="true"))
    site = feedpub.load(desk.folder)
    assert (len(site.feed("en").entries), len(site.feed("zh-Hans").entries)) == (0, 1)
