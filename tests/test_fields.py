"""The table of front matter keys: a new key needs nothing but a row, and each row has an effect."""

from __future__ import annotations

import dataclasses
import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser
import pytest

import feedpub
from feedpub.entries.front_matter import converters, fields
from feedpub.entries.front_matter.fields import Field, FieldTable
from support.sample_sites import GOOD, SETTINGS, post, write_site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from feedpub.entries.front_matter.converters import Context
    from feedpub.entries.front_matter.value import Value

ROOT = Path(__file__).parents[1]
PODCAST = "https://podcastindex.org/namespace/1.0"


def add_row(row: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "TABLE", FieldTable([*fields.TABLE.rows, row]))


def build_site(folder: Path, files: Mapping[str, str], settings: str = SETTINGS) -> Path:
    """Build a site and return the folder of its English feeds."""
    entries = write_site(folder / "entries", files, settings)
    feedpub.build(entries, folder / "public")
    return folder / "public" / "en"


def convert_season(context: Context, value: Value, key: str) -> tuple[feedpub.Extension, ...] | None:
    text = converters.convert_line(context, value, key)
    name = key.removeprefix("x_")
    return (feedpub.Extension(prefix="podcast", namespace=PODCAST, name=name, text=text),) if text else None


def test_a_row_sets_a_field_in_all_formats(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    licence = Field(name="x_licence", aliases=("x_license",), convert=converters.convert_line, entry_field="rights")
    add_row(dataclasses.replace(licence, is_text=True), monkeypatch)
    add_row(Field(name="x_cover", convert=converters.convert_image, entry_field="image"), monkeypatch)
    english = build_site(tmp_path, {"a.en.md": post(X_License="CC0 #1", x_cover="https://x.test/a.png")})
    for name, element in (("atom.xml", "rights"), ("rss.xml", "dc:rights")):
        text = (english / name).read_text(encoding="utf-8")
        assert f"<{element}>CC0 #1</{element}>" in text
        assert '<media:thumbnail url="https://x.test/a.png"/>' in text
    (item,) = json.loads((english / "feed.json").read_bytes())["items"]
    assert item["image"] == "https://x.test/a.png"


@pytest.mark.parametrize("is_inherited", [True, False])
def test_a_row_adds_an_element_to_all_formats(
    is_inherited: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("x_season", "x_episode"):
        row = Field(name=name, convert=convert_season, entry_field="extensions", is_inherited=is_inherited)
        add_row(row, monkeypatch)
    files = {
        "a.en.md": post(x_season="7", x_episode="3"),
        "a.zh-Hans.md": "---\ntitle: 夜间列车\n---\n夜间列车回来了。\n",
    }
    english = build_site(tmp_path, files)
    for folder, count in ((english, 1), (english.parent / "zh-Hans", int(is_inherited))):
        for name in ("atom.xml", "rss.xml"):
            text = (folder / name).read_text()
            assert text.count("<podcast:season>7</podcast:season>") == count
            assert text.count("<podcast:episode>3</podcast:episode>") == count
        (item,) = json.loads((folder / "feed.json").read_bytes())["items"]
        expected = {"about": PODCAST, "season": "7", "episode": "3"} if count else None
        assert item.get("_podcast") == expected
    assert not [problem for problem in feedpub.lint(tmp_path / "entries") if problem.code == "N101"]


# The value of each key in these tests.
EXAMPLES: dict[str, str] = {
    "title": "Other trains",
    "published": "2026-02-02",
    "updated": "2026-02-03",
    "summary": "Other.",
    "source": "https://x.test/",
    "authors": "Ann",
    "categories": "Sea",
    "image": "https://x.test/a.png",
    "enclosures": "https://x.test/a.mp3",
    "rights": "CC0",
    "previous": "Day trains",
    "next": "Slow trains",
    "id": "tag:x.test,2026:a",
    "language": "zh-Hans",
    "key": "other",
    "slug": "other",
    "draft": "true",
    "feed": "false",
    "fallback": "original",
    "digest": "false",
    "hard_breaks": "true",
}
NOT_USED_YET: set[str] = set()


def publish_with(folder: Path, row: Field, word: str) -> dict[str, str]:
    """Return the published files of a site with one entry that has a key, by one of its names, and title and date."""
    keys = {"title": "Night trains", "published": "2026-02-01"}
    if word:
        keys = {name: text for name, text in keys.items() if name != row.name} | {word: EXAMPLES[row.name]}
    matter = "".join(f"{name}: {text}\n" for name, text in keys.items())
    files = {"a.md": f"---\n{matter}---\n## Summary\nNight trains\nare back.\n\n## Key Points\n- Cars are rare\n"}
    entries = write_site(folder / "entries", files)
    public = folder / "public"
    feedpub.build(entries, public)
    paths = sorted(path for path in public.rglob("*") if path.is_file() and ".feedpub" not in path.parts)
    return {path.relative_to(public).as_posix(): path.read_text(encoding="utf-8") for path in paths}


WORDS = [
    pytest.param(row, word, id=word, marks=pytest.mark.xfail(strict=True) if row.name in NOT_USED_YET else ())
    for row in fields.TABLE.rows
    for word in (row.name, *row.aliases)
]


@pytest.mark.parametrize(("row", "word"), WORDS)
def test_every_row_is_used(row: Field, word: str, tmp_path: Path) -> None:
    assert publish_with(tmp_path / "with", row, word) != publish_with(tmp_path / "without", row, "")


def test_every_row_has_an_example() -> None:
    assert EXAMPLES.keys() == {row.name for row in fields.TABLE.rows}


def test_every_row_sets_a_field_or_has_a_purpose() -> None:
    of_entry = {field.name for field in dataclasses.fields(feedpub.Entry)}
    for row in fields.TABLE.rows:
        assert row.entry_field in of_entry or row.purpose
        assert not (row.entry_field and row.purpose)


def test_no_word_is_in_two_rows() -> None:
    words = [word.replace("_", "") for row in fields.TABLE.rows for word in (row.name, *row.aliases)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("name", fields.TABLE.inherited)
def test_translations_inherit(name: str, tmp_path: Path) -> None:
    original = {"published": "2026-02-02", name: EXAMPLES[name]}
    files = {"a.en.md": post(**original), "a.zh-Hans.md": "---\ntitle: 夜间列车\n---\n夜间列车回来了。\n"}
    (article,) = feedpub.load(write_site(tmp_path, files)).articles
    row = fields.TABLE.find_field(name)
    assert row
    values = [getattr(entry, row.entry_field) for entry in article.entries.values()]
    assert values[0] == values[1]
    default = next(field for field in dataclasses.fields(feedpub.Entry) if field.name == row.entry_field).default
    assert values[0] != default


def test_unknown_keys_are_noted_once_for_the_site(tmp_path: Path) -> None:
    files = {f"a{number}.en.md": post(f"Text {number}.\n", layout="post", titel="x") for number in range(30)}
    files["b.en.md"] = post(colour="red")
    settings = SETTINGS.replace(', "zh-Hans"', "")
    problems = [problem for problem in feedpub.lint(write_site(tmp_path, files, settings)) if problem.code == "N101"]
    assert [(problem.message, problem.hint[:20], Path(problem.path).name) for problem in problems] == [
        ("feedpub does not know 'layout' and ignores it (in 30 files)", "known keys: title, p", "a0.en.md"),
        ("feedpub does not know 'titel' and ignores it (in 30 files)", "did you mean title?", "a0.en.md"),
        ("feedpub does not know 'colour' and ignores it", "known keys: title, p", "b.en.md"),
    ]


def test_a_build_does_not_look_for_hints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def look_for(word: str, words: object, **options: object) -> list[str]:
        asked.append(word)
        return []

    monkeypatch.setattr(difflib, "get_close_matches", look_for)
    build_site(tmp_path, {"a.en.md": post(titel="x"), **GOOD})
    assert not asked
    feedpub.lint(tmp_path / "entries")
    assert asked == ["titel"]


# ---- entries without title


def test_readers_do_not_show_missing_titles(tmp_path: Path) -> None:
    settings = f"{SETTINGS}untitled = true\n"
    text = (
        "---\ndate: 2026-02-01\n---\nA <short> thought & no more of it than that, although it is longer than a title.\n"
    )
    english = build_site(tmp_path, {"a.en.md": text.replace("<short>", "short")}, settings)
    first_words = "A short thought & no more of it than that, although it is…"
    (atom,) = feedparser.parse((english / "atom.xml").read_bytes()).entries
    assert atom.title == first_words
    (rss,) = feedparser.parse((english / "rss.xml").read_bytes()).entries
    assert "title" not in rss
    assert rss.summary.startswith("A short thought &amp; no more")
    (item,) = json.loads((english / "feed.json").read_bytes())["items"]
    assert "title" not in item
    assert "A short thought &amp; no more" in (english / "a" / "index.html").read_text()


def test_a_library_entry_without_title_and_summary_keeps_its_title_in_rss() -> None:
    entry = feedpub.Entry(
        id="tag:x.test,2026:a", language="en", title="First words", link="https://x.test/a/", has_title=False,
        published=feedpub.load(ROOT / "entries").articles[0].published,
    )  # fmt: skip
    feed = feedpub.Feed(id="tag:x.test,2026:f", language="en", title="F", link="https://x.test/", entries=(entry,))
    assert feedparser.parse(feedpub.to_rss(feed)).entries[0].title == "First words"


# ---- dates in names


def list_keys(folder: Path, files: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the articles of a site with their languages, which must be the same as in a build."""
    folder = write_site(folder / "entries", files)
    site = feedpub.load(folder, keep_going=True)
    feedpub.build(folder, folder.parent / "public", keep_going=True)
    articles = {article.key: list(article.entries) for article in site.articles}
    for language in ("en", "zh-Hans"):
        pages = {page.parent.name for page in (folder.parent / "public" / language).glob("*/index.html")}
        assert pages - {"archive"} == {key for key, languages in articles.items() if language in languages}
    return dict(sorted(articles.items()))


UNDATED = "---\ntitle: T\n---\nText.\n"
TRANSLATION = "---\ntitle: 夜间列车\n---\n夜间列车回来了。\n"


def test_the_original_decides_whether_a_date_is_part_of_the_name(tmp_path: Path) -> None:
    files = {
        "2026-02-03-hello.en.md": UNDATED,
        "2026-02-03-hello.zh-Hans.md": TRANSLATION,
        "2026-02-04-dated.en.md": post(),
        "2026-02-04-dated.zh-Hans.md": TRANSLATION,
        "2026-02-05-late.md": UNDATED,
        "2026-02-05-late.zh-Hans.md": TRANSLATION.replace("---\n夜", "date: 2026-05-01\n---\n夜"),
        "2026-02-06-weekly.en.md": post(),
        "2026-02-13-weekly.en.md": post(),
    }
    both = ["en", "zh-Hans"]
    assert list_keys(tmp_path, files) == {
        "2026-02-04-dated": both, "2026-02-06-weekly": ["en"], "2026-02-13-weekly": ["en"], "hello": both, "late": both,
    }  # fmt: skip


def test_two_dates_of_one_name_are_two_files_for_one_entry(tmp_path: Path) -> None:
    files = {"2026-02-03-hello.md": UNDATED, "2026-02-10-hello.md": UNDATED}
    site = feedpub.load(write_site(tmp_path, files), keep_going=True)
    assert [problem.code for problem in site.problems if problem.severity == "error"] == ["E114"]


def test_a_date_that_is_added_later_moves_the_article_as_a_whole(tmp_path: Path) -> None:
    files = {"2026-02-03-hello.en.md": UNDATED, "2026-02-03-hello.zh-Hans.md": TRANSLATION}
    assert list(list_keys(tmp_path, files)) == ["hello"]
    files["2026-02-03-hello.en.md"] = post()
    assert list_keys(tmp_path, files) == {"2026-02-03-hello": ["en", "zh-Hans"]}
