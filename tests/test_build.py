"""A site is built: the right files, the same bytes everywhere, and every link leads somewhere."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import feedparser
import jsonschema
import pytest
from lxml import etree

import feedpub
from support.sample_builds import Desk, article

ROOT = Path(__file__).parent.parent
ENTRIES = ROOT / "entries"
BASE = "https://example.org/digest/"
SOURCE = "https://video.example/watch?v=1"
CONFIG = 'base_url = "https://example.org/digest/"\nauthority = "example.org,2026"\nlanguages = ["en", "zh-Hans"]\n'
ENGLISH = """---
title: Night trains
published: 2026-02-01T09:00:00+01:00
source: https://video.example/watch?v=1
categories: [Travel, { term: Open Source, label: Open source }]
---
## Summary
Night trains return.

## Key Points
- They are slow
  - and quiet

## References
1. [Timetable](https://trains.example/table) - A railway
2. A book
"""
CHINESE = """---
title: 夜间列车
---
## 总结
夜间列车回来了。

## 要点
- 很慢
  - 也很安静

## 参考文献
1. 时刻表 - 铁路
2. 一本书
"""
ONLY_ENGLISH = "---\ntitle: Ferries\npublished: 2026-01-05\n---\nFerries go on, & on.\n"

DIGEST = """Summary
Trains run at night.

Key Points
 • Slow
   • and quiet

References
 1. Timetable - Railway

Translation

总结
列车夜间运行。

要点
 • 慢
   • 也安静

参考文献
 1. 时刻表 - 铁路

Reference:
https://video.example/watch?v=1
<
Previous Post
Ferries
>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    entries = tmp_path / "entries"
    entries.mkdir()
    for name, text in {
        "feedpub.toml": CONFIG,
        "night-trains.en.md": ENGLISH,
        "night-trains.zh-Hans.md": CHINESE,
        "ferries.en.md": ONLY_ENGLISH,
    }.items():
        (entries / name).write_text(text, encoding="utf-8")
    return entries


def configure(folder: Path, *lines: str) -> feedpub.Site:
    (folder / "feedpub.toml").write_text(CONFIG + "\n".join(lines), encoding="utf-8")
    return feedpub.load(folder)


def files(folder: Path) -> dict[str, bytes]:
    """Return what is published: not what the build remembers."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in paths.items() if not name.startswith(".feedpub/")}


def links_of(page: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in ("a", "link", "html"):
                found.append({"tag": tag, **{name: value or "" for name, value in attrs}})

    Links().feed(page.decode())
    return found


def test_the_published_folder(folder: Path, tmp_path: Path) -> None:
    result = feedpub.build(feedpub.load(folder), tmp_path / "public")
    expected = {"index.html", "feeds.opml", "feed.css", "style.css"}
    for language, keys in (("en", ["night-trains", "ferries"]), ("zh-Hans", ["night-trains"])):
        pages = ("index.html", "archive/index.html")
        expected |= {f"{language}/{name}" for name in (*pages, "atom.xml", "rss.xml", "feed.json")}
        expected |= {f"{language}/{key}/index.html" for key in keys}
    assert set(files(tmp_path / "public")) == expected == set(result.written)
    assert not result.kept


def test_a_second_build_touches_nothing_and_a_change_only_what_depends_on_it(folder: Path, tmp_path: Path) -> None:
    public = tmp_path / "public"
    first = feedpub.build(feedpub.load(folder), public)
    times = {path: path.stat().st_mtime_ns for path in public.rglob("*")}
    again = feedpub.build(feedpub.load(folder), public)
    assert (again.written, set(again.kept)) == ((), set(first.written))
    assert {path: path.stat().st_mtime_ns for path in public.rglob("*")} == times
    (folder / "ferries.en.md").write_text(ONLY_ENGLISH + "\nNew.\n", encoding="utf-8")
    changed = feedpub.build(feedpub.load(folder), public)
    assert set(changed.written) == {"en/ferries/index.html", "en/atom.xml", "en/rss.xml", "en/feed.json"}


@pytest.mark.parametrize("entries", ["samples", "small"])
def test_every_address_of_ours_is_a_file(entries: str, folder: Path, tmp_path: Path) -> None:
    public = tmp_path / "public"
    if entries == "samples":
        feedpub.build(feedpub.load(ENTRIES), public)
    else:
        feedpub.build(configure(folder, 'title = "Digest"', 'fallback = "original"', "categories = true"), public)
    seen = set()
    for name, data in files(public).items():
        for address in re.findall(r"https://example\.org/digest/([^\s\"'<>&?#\\,，]*)".encode(), data):
            target = unquote(address.decode())
            seen.add(target)
            place = public / target
            assert (place / "index.html").is_file() if target.endswith("/") or not target else place.is_file(), (
                name,
                target,
            )
        if name.endswith(".html"):
            for link in links_of(data):
                href = link.get("href", "")
                if href and "://" not in href and not href.startswith("#"):
                    assert ((public / name).parent / unquote(href)).is_file(), (name, href)
    assert len(seen) > 10


def test_bytes_depend_on_the_entries_alone(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "entries"
    shutil.copytree(ENTRIES, copy)
    for path in copy.iterdir():
        os.utime(path, (1, 1))
    environments = [
        (ROOT, "entries", {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
        (copy.parent, str(copy), {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "2"}),
        (tmp_path, str(copy), {"TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "3"}),
    ]
    built = []
    for number, (cwd, entries, environment) in enumerate(environments):
        output = tmp_path / f"public-{number}"
        subprocess.run(
            [sys.executable, "-m", "feedpub", "build", entries, "--output", str(output)],
            cwd=cwd,
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
        )
        built.append(files(output))
    assert built[0] == built[1] == built[2]
    assert len(built[0]) > 40


def test_feeds_of_the_sample_entries_are_valid_and_read(tmp_path: Path) -> None:
    site = feedpub.load(ENTRIES)
    feedpub.build(site, tmp_path)
    grammar = etree.RelaxNG(etree.parse(ROOT / "tests" / "schemas" / "atom.rng"))
    schema = json.loads((ROOT / "tests" / "schemas" / "jsonfeed.json").read_text(encoding="utf-8"))
    for path in tmp_path.rglob("*"):
        if path.name == "atom.xml":
            grammar.assertValid(etree.parse(path))
        elif path.name == "feed.json":
            jsonschema.validate(json.loads(path.read_bytes()), schema)
    for language in site.config.languages:
        for name in ("atom.xml", "rss.xml"):
            read = feedparser.parse((tmp_path / language / name).read_bytes())
            assert not read.bozo
            assert [entry.title for entry in read.entries] == [entry.title for entry in site.entries(language)]
            assert [entry.link for entry in read.entries] == [entry.link for entry in site.entries(language)]
            assert all(f"/{language}/" in entry.link for entry in read.entries)


def test_opml_names_each_language_once(folder: Path, tmp_path: Path) -> None:
    feedpub.build(feedpub.load(folder), tmp_path / "public")
    outlines = ElementTree.parse(tmp_path / "public" / "feeds.opml").findall("body/outline")
    assert [(one.get("language"), one.get("xmlUrl"), one.get("type")) for one in outlines] == [
        ("en", f"{BASE}en/atom.xml", "rss"),
        ("zh-Hans", f"{BASE}zh-Hans/atom.xml", "rss"),
    ]


def test_pages_say_their_language_and_their_feeds_first(tmp_path: Path) -> None:
    feedpub.build(feedpub.load(ENTRIES), tmp_path)
    page = (tmp_path / "ar" / "writing-for-translation" / "index.html").read_bytes()
    links = links_of(page)
    assert (links[0]["lang"], links[0]["dir"]) == ("ar", "rtl")
    discovery = [link for link in links if link.get("rel") == "alternate" and link.get("type", "").endswith("+xml")]
    assert discovery[0]["href"] == f"{BASE}ar/atom.xml"
    assert "العربية" in discovery[0]["title"]
    alternates = {
        link["hreflang"]: link["href"] for link in links if link.get("rel") == "alternate" and "type" not in link
    }
    assert alternates == {
        "ar": f"{BASE}ar/writing-for-translation/",
        "en": f"{BASE}en/writing-for-translation/",
        "zh-Hans": f"{BASE}zh-Hans/writing-for-translation/",
        "x-default": f"{BASE}en/writing-for-translation/",
    }


def test_fallback_shows_the_original_under_its_own_id_and_says_so(folder: Path, tmp_path: Path) -> None:
    feedpub.build(configure(folder, 'fallback = "original"'), tmp_path / "public")
    read = feedparser.parse((tmp_path / "public" / "zh-Hans" / "atom.xml").read_bytes())
    titles = {entry.title: entry for entry in read.entries}
    assert set(titles) == {"夜间列车", "Ferries"}
    shown = titles["Ferries"]
    assert shown.id == "tag:example.org,2026:ferries/en"
    assert shown.link == f"{BASE}en/ferries/"
    assert shown.content[0].language == "en"
    assert shown.content[0].value.startswith('<p lang="zh-Hans">')
    english = feedparser.parse((tmp_path / "public" / "en" / "atom.xml").read_bytes())
    assert not any("zh-Hans" in entry.content[0].value for entry in english.entries if entry.title == "Ferries")


def test_permalink_replaces_pages(folder: Path, tmp_path: Path) -> None:
    site = configure(folder, 'permalink = "https://blog.example/{language}/{key}.html"')
    feedpub.build(site, tmp_path / "public")
    assert not (tmp_path / "public" / "en" / "ferries").exists()
    read = feedparser.parse((tmp_path / "public" / "zh-Hans" / "rss.xml").read_bytes())
    assert read.entries[0].link == "https://blog.example/zh-Hans/night-trains.html"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("related", [SOURCE, "https://trains.example/table", f"{BASE}zh-Hans/night-trains/"]),
        ("none", [SOURCE, f"{BASE}zh-Hans/night-trains/"]),
    ],
)
def test_reference_links(setting: str, expected: list[str], folder: Path, tmp_path: Path) -> None:
    feedpub.build(configure(folder, f'reference_links = "{setting}"'), tmp_path / "public")
    for name in ("atom.xml", "rss.xml"):
        read = feedparser.parse((tmp_path / "public" / "en" / name).read_bytes())
        assert [link.href for link in read.entries[0].links if link.rel == "related"] == expected
        assert "https://trains.example/table" in read.entries[0].content[0].value
    item = json.loads((tmp_path / "public" / "en" / "feed.json").read_bytes())["items"][0]
    assert ("references" in item["_feedpub"]) == (setting == "related")


def test_categories_have_feeds_of_their_own(folder: Path, tmp_path: Path) -> None:
    feedpub.build(configure(folder, "categories = true"), tmp_path / "public")
    read = feedparser.parse((tmp_path / "public" / "en" / "category" / "open-source" / "atom.xml").read_bytes())
    assert [entry.title for entry in read.entries] == ["Night trains"]
    assert read.feed.title.endswith("Open source")
    assert read.feed.links[1].href == f"{BASE}en/category/open-source/atom.xml"
    own = feedparser.parse((tmp_path / "public" / "en" / "atom.xml").read_bytes())
    assert own.feed.id != read.feed.id


def subscriptions(path: Path) -> list[str]:
    """Return the addresses of feeds that a reader takes from a list."""
    return [outline.attrib["xmlUrl"] for outline in ElementTree.parse(path).findall(".//outline[@xmlUrl]")]


def test_categories_have_an_opml_of_their_own(folder: Path, tmp_path: Path) -> None:
    public = tmp_path / "public"
    done = feedpub.build(configure(folder, "categories = true"), public)
    assert "feeds-categories.opml" in done.written
    languages = subscriptions(public / "feeds.opml")
    categories = subscriptions(public / "feeds-categories.opml")
    assert languages == [f"{BASE}en/atom.xml", f"{BASE}zh-Hans/atom.xml"]
    assert f"{BASE}en/category/open-source/atom.xml" in categories
    assert not {*languages} & {*categories}
    assert len({*categories}) == len(categories) == len(list(public.glob("*/category/*/atom.xml")))
    link = 'href="../feeds-categories.opml"'
    assert link in (public / "en" / "index.html").read_text(encoding="utf-8")

    again = feedpub.build(configure(folder, "categories = false"), public)
    assert "feeds-categories.opml" in again.removed
    assert (again.stale, (public / "feeds-categories.opml").exists()) == ((), False)
    assert link not in (public / "en" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("mark", "is_removed"), [("<!-- feedpub -->", True), ("<!-- ours -->", False)])
def test_an_opml_of_categories_without_manifest(mark: str, is_removed: bool, folder: Path, tmp_path: Path) -> None:
    public = tmp_path / "public"
    feedpub.build(configure(folder, "categories = true"), public)
    shutil.rmtree(public / ".feedpub")
    opml = public / "feeds-categories.opml"
    opml.write_text(opml.read_text(encoding="utf-8").replace("<!-- feedpub -->", mark), encoding="utf-8")
    done = feedpub.build(configure(folder, "categories = false"), public)
    assert ("feeds-categories.opml" in done.stale, opml.exists()) == (is_removed, True)
    feedpub.build(folder, public, prune=True)
    assert opml.exists() != is_removed


def test_no_opml_of_categories_that_are_not_there(folder: Path, tmp_path: Path) -> None:
    for path in folder.glob("*.md"):
        path.unlink()
    feedpub.build(configure(folder, "categories = true"), tmp_path / "public")
    assert not (tmp_path / "public" / "feeds-categories.opml").exists()


def test_an_address_missing_in_one_language_is_taken_from_the_other(folder: Path) -> None:
    site = feedpub.load(folder)
    chinese = next(article for article in site.articles if article.key == "night-trains").entries["zh-Hans"]
    assert [reference.url for reference in chinese.references] == ["https://trains.example/table", None]
    assert "N107" in {problem.code for problem in site.problems}


def test_entries_with_errors_are_never_half_published(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.en.md").write_text("no title\n", encoding="utf-8")
    with pytest.raises(feedpub.EntryError) as caught:
        feedpub.load(folder)
    assert {problem.code for problem in caught.value.problems if problem.severity == "error"} == {"E101", "E103"}
    site = feedpub.load(folder, keep_going=True)
    assert {article.key for article in site.articles} == {"night-trains", "ferries"}


@pytest.mark.parametrize("output", ["entries", ".", "entries/public"])
def test_the_entries_are_no_output(output: str, folder: Path) -> None:
    with pytest.raises(feedpub.ConfigError, match="E007"):
        feedpub.build(feedpub.load(folder), folder.parent / output)


def test_a_site_without_articles_is_still_whole(tmp_path: Path) -> None:
    (tmp_path / "entries").mkdir()
    (tmp_path / "entries" / "feedpub.toml").write_text(CONFIG, encoding="utf-8")
    feedpub.build(feedpub.load(tmp_path / "entries"), tmp_path / "public")
    for language in ("en", "zh-Hans"):
        read = feedparser.parse((tmp_path / "public" / language / "atom.xml").read_bytes())
        assert (read.bozo, read.entries, read.feed.updated) == (False, [], "1990-01-01T00:00:00+00:00")


def test_pasted_text_to_feeds(tmp_path: Path) -> None:
    feedpub.init(tmp_path, today=date(2026, 1, 1), languages=["en", "zh-Hans"])
    text = DIGEST.replace("\n", "\r\n")
    done = feedpub.import_pasted(
        text, tmp_path / "entries", published="2026-02-01", titles={"en": "Night trains", "zh-CN": "夜间列车"}
    )
    assert done.key == "night-trains"
    feedpub.build(feedpub.load(tmp_path / "entries"), tmp_path / "public")
    for language, title, summary in (
        ("en", "Night trains", "Trains run at night."),
        ("zh-Hans", "夜间列车", "列车夜间运行。"),
    ):
        read = feedparser.parse((tmp_path / "public" / language / "rss.xml").read_bytes())
        entry = next(entry for entry in read.entries if entry.title == title)
        assert entry.summary == summary
        assert entry.link == f"https://example.org/{language}/night-trains/"
        assert [link.href for link in entry.links if link.rel == "via"] == ["https://video.example/watch?v=1"]
        item = json.loads((tmp_path / "public" / language / "feed.json").read_bytes())["items"]
        assert next(one for one in item if one["title"] == title)["_feedpub"]["previous"] == {"title": "Ferries"}
    page = (tmp_path / "public" / "en" / "night-trains" / "index.html").read_text(encoding="utf-8")
    assert "Ferries" in page


def test_a_site_without_author_signs_with_its_title_in_each_language(folder: Path) -> None:
    site = configure(folder, "[title]", 'en = "Digest"', 'zh-Hans = "文摘"')
    for language, name in (("en", "Digest"), ("zh-Hans", "文摘")):
        assert [person.name for person in site.entries(language)[0].authors] == [name]


def test_neighbours_lead_to_the_own_language(folder: Path, tmp_path: Path) -> None:
    text = ENGLISH.replace("categories:", "previous: Ferries\ncategories:")
    (folder / "night-trains.en.md").write_text(text, encoding="utf-8")
    (folder / "ferries.zh-Hans.md").write_text("---\ntitle: 渡轮\n---\n渡轮照常行驶。\n", encoding="utf-8")
    feedpub.build(feedpub.load(folder), tmp_path / "public")
    for language, title in (("en", "Ferries"), ("zh-Hans", "渡轮")):
        page = (tmp_path / "public" / language / "night-trains" / "index.html").read_text(encoding="utf-8")
        assert f">{title}</a></p>" in page[page.index('<nav class="neighbours') :]
        assert "../../" + f"{language}/ferries/" in page


def test_categories_that_differ_in_signs_stay_apart(folder: Path, tmp_path: Path) -> None:
    text = ENGLISH.replace("categories: [Travel,", "categories: [C++, C#,")
    (folder / "night-trains.en.md").write_text(text, encoding="utf-8")
    feedpub.build(configure(folder, "categories = true"), tmp_path / "public")
    for name in ("c++", "c#"):
        read = feedparser.parse((tmp_path / "public" / "en" / "category" / name / "atom.xml").read_bytes())
        assert read.feed.title.endswith(name.upper())
        assert unquote(read.feed.link).endswith(f"/category/{name}/")


def test_categories_that_are_too_long_for_a_folder_stay_apart(folder: Path, tmp_path: Path) -> None:
    terms = ["x" * 255, "车" * 85, "车" * 86 + "夜", "车" * 86 + "昼"]
    text = ENGLISH.replace("categories: [Travel,", f"categories: [{', '.join(terms)},")
    (folder / "night-trains.en.md").write_text(text, encoding="utf-8")
    feedpub.build(configure(folder, "categories = true"), tmp_path / "public")
    place = tmp_path / "public" / "en" / "category"
    titles = {path.parent.name: feedparser.parse(path.read_bytes()).feed.title for path in place.glob("*/atom.xml")}
    assert {titles.pop(name).rpartition(" ")[2] for name in terms[:2]} == set(terms[:2])
    del titles["open-source"]
    assert {title.rpartition(" ")[2] for title in titles.values()} == set(terms[2:])
    assert all(re.fullmatch("车{66}-[0-9a-f]{16}", name) for name in titles)


def test_latin_categories_are_kept_together_in_right_to_left_titles(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "entries", languages=["ar", "en"], title="Digest", categories=True)
    desk.write("a.ar.md", article("مقال", categories="[C++, سفر]"))
    desk.write("a.en.md", article("Article", None))
    feedpub.build(desk.folder, tmp_path / "public")
    for name, title in {
        "ar/category/c++": "Digest: \u2068C++\u2069",
        "ar/category/سفر": "Digest: سفر",
        "en/category/c++": "Digest: C++",
    }.items():
        read = feedparser.parse((tmp_path / "public" / name / "atom.xml").read_bytes())
        assert read.feed.title == title
        assert f"<h1>{title}</h1>" in (tmp_path / "public" / name / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("published", ["2026-02-01", date(2026, 2, 1), datetime(2026, 2, 1, tzinfo=UTC)])
def test_dates_of_an_import(published: str | date, folder: Path) -> None:
    feedpub.import_pasted("# Ships\nSummary\nShips sail.\n", folder, published=published)
    found = feedpub.load(folder).entries("en")
    assert next(entry for entry in found if entry.title == "Ships").published.date() == date(2026, 2, 1)


def test_an_import_refuses_names_that_the_site_needs(folder: Path) -> None:
    with pytest.raises(feedpub.EntryError, match="E115"):
        feedpub.import_pasted("# Archive\nSummary\nOld.\n", folder, published="2026-02-01")
    assert not (folder / "archive.en.md").exists()


def test_a_feed_keeps_its_own_addresses() -> None:
    given: dict[Any, str] = {"atom": f"{BASE}atom.xml"}
    feed = feedpub.Feed(id="tag:example.org,2026:a", language="en", title="A", link=BASE, addresses=given)
    given["atom"] = "javascript:x"
    assert feed.addresses == {"atom": f"{BASE}atom.xml"}
    assert pickle.loads(pickle.dumps(feed)) == feed
    assert hash(feed) == hash(feed)


@pytest.mark.parametrize(("name", "matter"), [("old.zh.md", {}), ("old.md", {"language": "zh"})])
def test_the_script_of_what_is_only_listed_is_told_by_its_text(
    name: str, matter: dict[str, str], tmp_path: Path
) -> None:
    desk = Desk(
        tmp_path / "entries", languages=["en", "zh-Hans", "zh-Hant"], archives=False, limit=1, permalink=PERMALINK
    )
    desk.write(name, article("火車", "2026-01-01", body="夜間列車還會開來，車輛與時間們都說明這個問題。", **matter))
    desk.write("new.zh.md", article("火车", "2026-01-02", body="夜间列车还会开来，车辆与时间们都说明这个问题。"))
    desk.write("new-2.zh-Hant.md", article("新車", "2026-01-03"))
    feedpub.build(desk.folder, tmp_path / "public")
    listed = (tmp_path / "public" / "zh-Hant" / "archive" / "index.html").read_text(encoding="utf-8")
    assert ">火車</a>" in listed
    assert ">火车</a>" in (tmp_path / "public" / "zh-Hans" / "archive" / "index.html").read_text(encoding="utf-8")


PERMALINK = "https://blog.test/{language}/{key}/"
