"""Folders of entry files: names, languages, what translations inherit, and what is left out because of an error."""

import os
import sys
import tempfile
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import feedpub
from feedpub import Article, Category, Enclosure, Entry, Person, Problem, Reference, Site
from feedpub.model.checks import RESERVED_KEYS
from support.case_files import load_cases
from support.sample_sites import CHINESE, ENGLISH, GOOD, SETTINGS, post, write_site

THREE = SETTINGS.replace('"zh-Hans"', '"zh-Hans", "ja"')
BOTH_CHINESE = SETTINGS.replace('"zh-Hans"', '"zh-Hans", "zh-Hant"')
JAPANESE = "---\ntitle: 夜行列車\n---\n夜行列車が帰ってきました。\n"
TRADITIONAL = "---\ntitle: 開放模型\npublished: 2026-02-01\n---\n這個軟體們讓開發變得簡單。\n"
SIMPLIFIED = "---\ntitle: 开放模型\npublished: 2026-02-01\n---\n这个软件们让开发变得简单。\n"


def load_site(folder: Path, files: Mapping[str, str | bytes], config: str = SETTINGS) -> Site:
    """Load an entries folder without its bad entries."""
    return feedpub.load(write_site(folder / "entries", files, config), keep_going=True)


def list_languages(site: Site) -> dict[str, list[str]]:
    """Return the languages of each article."""
    return {article.key: list(article.entries) for article in site.articles}


def load_article(site: Site) -> Article:
    """Return the only article of a site."""
    (article,) = site.articles
    return article


def list_errors(site: Site) -> list[tuple[str, str]]:
    """Return code and file of each error."""
    return [(problem.code, problem.path.rpartition("/")[2]) for problem in site.problems if problem.severity == "error"]


def find_problem(site: Site, code: str) -> Problem:
    """Return the only problem with a code."""
    (problem,) = [problem for problem in site.problems if problem.code == code]
    return problem


# Names


@pytest.mark.parametrize(
    ("name", "key", "language"),
    [
        ("a.en.md", "a", "en"),
        ("a.md", "a", "en"),
        ("a.en-GB.md", "a", "en"),
        ("a.zh-Hans.md", "a", "zh-Hans"),
        ("a.zh-CN.md", "a", "zh-Hans"),
        ("a.zh_cn.md", "a", "zh-Hans"),
        ("a.ZH-HANS.md", "a", "zh-Hans"),
        ("a.zh.md", "a", "zh-Hans"),
        ("a.en.MD", "a", "en"),
        ("a.b.en.md", "a.b", "en"),
        ("notes.v2.md", "notes.v2", "en"),
        ("release-1.0.md", "release-1.0", "en"),
        ("notes.v2.zh-Hans.md", "notes.v2", "zh-Hans"),
        ("notes.final.md", "notes.final", "en"),
        ("en.md", "en", "en"),
        ("en.en.md", "en", "en"),
        ("开放模型.zh-Hans.md", "开放模型", "zh-Hans"),
        ("两个 词.md", "两个 词", "en"),
    ],
)
def test_file_name_has_key_and_language(name: str, key: str, language: str, tmp_path: Path) -> None:
    site = load_site(tmp_path, {name: post()})
    assert list_languages(site) == {key: [language]}
    assert load_article(site).paths == {language: f"{(tmp_path / 'entries').as_posix()}/{name}"}
    assert load_article(site).original == language


@pytest.mark.parametrize(
    ("name", "config", "message", "hint"),
    [
        ("a.cn.md", SETTINGS, "cn is not a language tag", "rename it to a.zh-Hans.md"),
        ("a.b.cn.md", SETTINGS, "cn is not a language tag", "rename it to a.b.zh-Hans.md"),
        ("a.jp.md", THREE, "jp is not a language tag", "rename it to a.ja.md"),
        ("a.jp.md", SETTINGS, "jp is not a language tag", "did you mean ja? Add it to languages in feedpub.toml"),
        ("a.zh-TW.md", SETTINGS, "zh-TW is not one of the site's languages (en, zh-Hans)", 'add "zh-TW" to languages'),
        ("a.fr.md", SETTINGS, "fr is not one of the site's languages (en, zh-Hans)", 'add "fr" to languages'),
        ("a.old.md", SETTINGS, "ends in .old.md", "rename it, e.g. to a.en.md, a.zh-Hans.md"),
        ("a.xyz.md", SETTINGS, "ends in .xyz.md", "rename it"),
        ("a.en-Xyzz.md", SETTINGS, "en-Xyzz is not a language tag", "rename it"),
    ],
)
def test_name_in_an_unknown_language_is_an_error(
    name: str, config: str, message: str, hint: str, tmp_path: Path
) -> None:
    site = load_site(tmp_path, {name: post(), "good.en.md": ENGLISH}, config)
    problem = find_problem(site, "E113")
    assert message in problem.message
    assert hint in problem.hint
    assert list_languages(site) == {"good": ["en"]}


@pytest.mark.parametrize(
    ("name", "text", "config", "language"),
    [
        ("a.md", post(language="zh-Hans"), SETTINGS, "zh-Hans"),
        ("a.md", post(lang="zh_cn"), SETTINGS, "zh-Hans"),
        ("notes.v2.md", post(language="zh-CN"), SETTINGS, "zh-Hans"),
        ("a.en.md", post(language="en-US"), SETTINGS, "en"),
        ("a.en.md", post(language="zh-Hans"), SETTINGS, "en"),  # and a warning
        ("a.md", post(language="no"), SETTINGS.replace("zh-Hans", "nb"), "nb"),  # YAML would make it False
        ("a.zh.md", TRADITIONAL, BOTH_CHINESE, "zh-Hant"),
        ("a.zh.md", SIMPLIFIED, BOTH_CHINESE, "zh-Hans"),
        ("a.md", TRADITIONAL.replace("---\ntitle", "---\nlang: zh\ntitle"), BOTH_CHINESE, "zh-Hant"),
        ("a.md", SIMPLIFIED.replace("---\ntitle", "---\nlang: zh\ntitle"), BOTH_CHINESE, "zh-Hans"),
        ("a.zh.md", TRADITIONAL, SETTINGS.replace("zh-Hans", "zh-TW"), "zh-TW"),
        ("a.zh.md", TRADITIONAL, SETTINGS.replace("zh-Hans", "zh"), "zh"),
    ],
)
def test_language_of_an_entry(name: str, text: str, config: str, language: str, tmp_path: Path) -> None:
    assert list(load_article(load_site(tmp_path, {name: text}, config)).entries) == [language]


@pytest.mark.parametrize("language", ["zh-Hant", "ja"])
def test_chinese_script_that_the_site_does_not_have(language: str, tmp_path: Path) -> None:
    site = load_site(tmp_path, {"a.zh.md": SIMPLIFIED}, SETTINGS.replace("zh-Hans", language))
    assert list_errors(site) == [("E113", "a.zh.md")]


def test_unknown_language_does_not_affect_other_files(tmp_path: Path) -> None:
    site = load_site(tmp_path, {"a.md": post(language="fr"), "a.en.md": ENGLISH})
    assert list_errors(site) == [("E112", "a.md")]
    assert list_languages(site) == {"a": ["en"]}


@pytest.mark.parametrize(
    "name", ["README.md", "readme.zh-Hans.md", "Readme.MD", "_draft.md", "_a.en.md", ".a.en.md", "a.md.bak"]
)
def test_other_files_are_ignored(name: str, tmp_path: Path) -> None:
    site = load_site(tmp_path, {**GOOD, name: b"\xff"})
    assert list_languages(site) == {"trains": ["en", "zh-Hans"]}
    assert site.problems == ()


def test_subfolders_are_ignored(tmp_path: Path) -> None:
    write_site(tmp_path / "entries" / "drafts", {"b.en.md": ENGLISH}, None)
    assert list_languages(load_site(tmp_path, GOOD)) == {"trains": ["en", "zh-Hans"]}


# Keys, ids, links


@pytest.mark.parametrize(
    ("name", "key", "quoted"),
    [
        ("开放模型.en.md", "开放模型", "%E5%BC%80%E6%94%BE%E6%A8%A1%E5%9E%8B"),
        (unicodedata.normalize("NFD", "café.en.md"), "café", "caf%C3%A9"),
        ("night trains.en.md", "night trains", "night%20trains"),
        ("a&b+c?.en.md", "a&b+c?", "a%26b%2Bc%3F"),
        ("100%.en.md", "100%", "100%25"),
        ("{language}.en.md", "{language}", "%7Blanguage%7D"),
    ],
)
def test_key_is_nfc_and_percent_encoded_in_ids_and_links(name: str, key: str, quoted: str, tmp_path: Path) -> None:
    article = load_article(load_site(tmp_path, {name: post()}))
    entry = article.entries["en"]
    assert article.key == key
    assert entry.id == f"tag:site.test,2026:{quoted}/en"
    assert entry.link == f"https://site.test/en/{quoted}/"


def test_permalink_is_the_address_of_articles(tmp_path: Path) -> None:
    config = f'{SETTINGS}permalink = "https://blog.test/{{language}}/{{key}}.html"\n'
    article = load_article(load_site(tmp_path, {"夜.en.md": ENGLISH, "夜.zh-Hans.md": CHINESE}, config))
    assert article.entries["en"].link == "https://blog.test/en/%E5%A4%9C.html"
    assert article.entries["en"].id == "tag:site.test,2026:%E5%A4%9C/en"
    assert [other.link for other in article.entries["en"].translations] == ["https://blog.test/zh-Hans/%E5%A4%9C.html"]


def test_key_in_the_front_matter_names_the_article(tmp_path: Path) -> None:
    chinese = CHINESE.replace("---\ntitle", "---\nkey: trains\ntitle", 1)
    site = load_site(tmp_path, {"trains.en.md": ENGLISH, "huoche.zh-Hans.md": chinese})
    assert list_languages(site) == {"trains": ["en", "zh-Hans"]}
    assert load_article(site).entries["zh-Hans"].link == "https://site.test/zh-Hans/trains/"


def test_id_in_the_front_matter_is_used(tmp_path: Path) -> None:
    english = ENGLISH.replace("---\ntitle", "---\nid: https://old.test/?p=17\ntitle", 1)
    article = load_article(load_site(tmp_path, {"a.en.md": english, "a.zh-Hans.md": CHINESE}))
    assert article.entries["en"].id == "https://old.test/?p=17"
    assert article.entries["zh-Hans"].id == "tag:site.test,2026:a/zh-Hans"


@pytest.mark.parametrize("name", sorted({*RESERVED_KEYS, "Archive", "ATOM.XML"}))
def test_names_that_the_site_needs_are_refused(name: str, tmp_path: Path) -> None:
    site = load_site(tmp_path, {f"{name}.en.md": ENGLISH, f"{name}.zh-Hans.md": CHINESE})
    assert list_errors(site) == [("E115", f"{name}.en.md"), ("E115", f"{name}.zh-Hans.md")]
    assert site.articles == ()


@pytest.mark.parametrize("key", ["a/b", "..", ".", "a\\b", '"a\\nb"', "k" * 256, "键" * 86])
def test_names_that_no_folder_can_have_are_refused(key: str, tmp_path: Path) -> None:
    site = load_site(tmp_path, {"a.en.md": post(key=key)})
    assert list_errors(site) == [("E115", "a.en.md")]
    assert find_problem(site, "E115").line == 4


def test_longest_key_can_be_published(tmp_path: Path) -> None:
    site = load_site(tmp_path, {"a.en.md": post(key="k" * 255)})
    assert f"en/{'k' * 255}/index.html" in feedpub.build(site, tmp_path / "public").written


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names are Unicode there")
def test_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", GOOD)
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.en.md")).write_text(ENGLISH, encoding="utf-8")
    site = feedpub.load(folder, keep_going=True)
    assert list_errors(site) == [("E115", "caf\ufffd.en.md")]
    assert r"'caf\udce9'" in find_problem(site, "E115").message
    assert list_languages(site) == {"trains": ["en", "zh-Hans"]}
    str(site.problems).encode()  # can be printed


@pytest.mark.parametrize(
    ("files", "expected", "kept"),
    [
        ({"a.en.md": ENGLISH, "a.md": ENGLISH}, [("E114", "a.md")], {"a": ["en"]}),
        ({"a.zh-CN.md": post(), "a.zh-Hans.md": post()}, [("E114", "a.zh-Hans.md")], {"a": ["zh-Hans"]}),
        ({"a.en.md": ENGLISH, "b.en.md": post(key="a")}, [("E114", "b.en.md")], {"a": ["en"]}),
        ({"a.en.md": ENGLISH, "b.zh-Hans.md": post(key="A")}, [("E114", "b.zh-Hans.md")], {"a": ["en"]}),
        ({"Straße.en.md": ENGLISH, "strasse.en.md": ENGLISH}, [("E114", "strasse.en.md")], {"Straße": ["en"]}),
        ({"café.en.md": ENGLISH, "b.en.md": post(key="cafe\u0301")}, [("E114", "café.en.md")], {"café": ["en"]}),
    ],
)
def test_two_files_for_one_entry(
    files: dict[str, str | bytes], expected: list[tuple[str, str]], kept: dict[str, list[str]], tmp_path: Path
) -> None:
    site = load_site(tmp_path, files)
    assert list_errors(site) == expected
    assert list_languages(site) == kept


def test_ids_are_used_once(tmp_path: Path) -> None:
    taken = "tag:site.test,2026:trains/en"
    site = load_site(
        tmp_path, {**GOOD, "z.en.md": post(id=taken), "z.zh-Hans.md": CHINESE, "y.zh-Hans.md": post(id=taken)}
    )
    assert list_errors(site) == [("E116", "y.zh-Hans.md"), ("E116", "z.en.md")]
    assert list_languages(site) == {"trains": ["en", "zh-Hans"]}
    feedpub.build(site, tmp_path / "public")


# Translations


SHARED = """\
published: 2026-02-01T09:00:00+08:00
updated: 2026-02-02T09:00:00+08:00
source: https://talk.test/
authors: [Ann, {name: Bo, url: "https://bo.test/", email: bo@bo.test}]
categories: [AI]
image: https://site.test/a.png
enclosures: [https://site.test/a.mp3]
rights: CC BY 4.0
previous: "[Day trains](https://site.test/en/day/)"
next: Slow trains
"""
OWN = """\
published: 2026-03-01T09:00:00+08:00
updated: 2026-03-02T09:00:00+08:00
source: https://zh.talk.test/
authors: 安
categories: 人工智能
image: https://site.test/zh.png
enclosures: https://site.test/zh.mp3
rights: 版权所有
previous: 日间列车
next: 慢车
"""
INHERITED = (
    "published", "updated", "via", "authors", "categories", "image", "enclosures", "rights", "previous", "next"
)  # fmt: skip


def test_translation_inherits_missing_values(tmp_path: Path) -> None:
    english = f"---\ntitle: A\nsummary: S\nid: https://a.test/\nfallback: original\n{SHARED}---\nText.\n"
    entries = load_article(load_site(tmp_path, {"a.en.md": english, "a.zh-Hans.md": CHINESE})).entries
    for name in INHERITED:
        assert getattr(entries["zh-Hans"], name) == getattr(entries["en"], name), name
        assert getattr(entries["zh-Hans"], name), name
    assert entries["zh-Hans"].title == "夜间列车"
    assert entries["zh-Hans"].summary == "夜间列车回来了。"
    assert entries["zh-Hans"].id == "tag:site.test,2026:a/zh-Hans"


def test_translation_keeps_its_own_values(tmp_path: Path) -> None:
    chinese = CHINESE.replace("---\ntitle", f"---\n{OWN}title", 1)
    both = load_article(
        load_site(tmp_path, {"a.en.md": f"---\ntitle: A\n{SHARED}---\nText.\n", "a.zh-Hans.md": chinese})
    ).entries
    alone = load_article(load_site(tmp_path / "alone", {"a.zh-Hans.md": chinese})).entries
    for name in INHERITED:
        assert getattr(both["zh-Hans"], name) == getattr(alone["zh-Hans"], name), name
        assert getattr(both["zh-Hans"], name) != getattr(both["en"], name), name


def test_translation_with_a_date_of_its_own_was_not_updated_before(tmp_path: Path) -> None:
    english = post(updated="2026-02-02")
    site = load_site(tmp_path, {"a.en.md": english, "a.zh-Hans.md": post(title="夜间列车", published="2026-03-01")})
    chinese = load_article(site).entries["zh-Hans"]
    assert chinese.published == chinese.updated == datetime(2026, 3, 1, tzinfo=UTC)
    assert load_article(site).published == datetime(2026, 2, 1, tzinfo=UTC)


def test_original_is_the_first_language_that_is_there(tmp_path: Path) -> None:
    chinese = CHINESE.replace("---\ntitle", "---\npublished: 2026-02-01\ntitle", 1)
    article = load_article(load_site(tmp_path, {"a.ja.md": JAPANESE, "a.zh-Hans.md": chinese}, THREE))
    assert article.original == "zh-Hans"
    assert list(article.entries) == ["zh-Hans", "ja"]
    assert article.entries["ja"].published == datetime(2026, 2, 1, tzinfo=UTC)


def test_entries_link_to_their_translations(tmp_path: Path) -> None:
    files = {"a.en.md": ENGLISH, "a.zh-Hans.md": CHINESE, "a.ja.md": JAPANESE, "b.en.md": ENGLISH}
    site = load_site(tmp_path, files, THREE)
    entries = {article.key: article for article in site.articles}["a"].entries
    links = {
        language: [(other.language, other.title, other.link) for other in entry.translations]
        for language, entry in entries.items()
    }
    english = ("en", "Night trains", "https://site.test/en/a/")
    chinese = ("zh-Hans", "夜间列车", "https://site.test/zh-Hans/a/")
    japanese = ("ja", "夜行列車", "https://site.test/ja/a/")
    assert links == {"en": [chinese, japanese], "zh-Hans": [english, japanese], "ja": [english, chinese]}


BAD = {
    "date": post(published="yesterday"),
    "title": post(title=""),
    "empty": "",
    "encoding": b"\xff\xfe\xfd",
    "matter": "---\ntitle: [\n---\nText.\n",
    "unclosed": "---\ntitle: A\n",
    "escape": post(title='"a\\x07b"'),
    "reference": post("## References\n1. [A](http://a..b/)\n"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_bad_translation_does_not_affect_the_others(bad: str | bytes, tmp_path: Path) -> None:
    site = load_site(tmp_path, {"a.en.md": ENGLISH, "a.zh-Hans.md": bad, "a.ja.md": JAPANESE, **GOOD}, THREE)
    assert {path for _, path in list_errors(site)} == {"a.zh-Hans.md"}
    assert list_languages(site) == {"a": ["en", "ja"], "trains": ["en", "zh-Hans"]}
    article = next(article for article in site.articles if article.key == "a")
    assert [other.language for other in article.entries["en"].translations] == ["ja"]
    assert [other.language for other in article.entries["ja"].translations] == ["en"]
    assert list(article.paths) == ["en", "ja"]


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_bad_original_leaves_out_its_translations(bad: str | bytes, tmp_path: Path) -> None:
    dated = CHINESE.replace("---\ntitle", "---\npublished: 2026-02-01\ntitle", 1)
    site = load_site(tmp_path, {"a.en.md": bad, "a.zh-Hans.md": dated, "a.ja.md": JAPANESE, **GOOD}, THREE)
    assert {path for _, path in list_errors(site)} == {"a.en.md"}
    assert list_languages(site) == {"trains": ["en", "zh-Hans"]}


def test_missing_addresses_come_from_other_languages(tmp_path: Path) -> None:
    english = post("## References\n1. A <https://a.test/>\n2. B\n3. C\n")
    chinese = post("## 参考文献\n1. 甲 - 社\n2. 乙 <https://b.test/>\n3. 丙\n", title="夜间列车")
    other = post("## 参考文献\n1. 甲\n2. 乙\n3. 丙 <https://x.test/>\n4. 丁\n", title="夜間列車")
    files = {"a.en.md": english, "a.zh-Hans.md": chinese, "a.zh-Hant.md": other}
    site = load_site(tmp_path, files, BOTH_CHINESE)
    references = {language: entry.references for language, entry in load_article(site).entries.items()}
    assert [reference.url for reference in references["en"]] == ["https://a.test/", "https://b.test/", None]
    assert references["zh-Hans"] == (
        Reference(title="甲", publishers=("社",), url="https://a.test/"),
        Reference(title="乙", url="https://b.test/"),
        Reference(title="丙"),
    )
    assert [reference.url for reference in references["zh-Hant"]] == [None, None, "https://x.test/", None]
    notes = [problem for problem in site.problems if problem.code == "N107"]
    assert [problem.path.rpartition("/")[2] for problem in notes] == ["a.en.md", "a.zh-Hans.md"]
    assert {problem.message for problem in notes} == {"1 reference takes its address from another language"}


# Drafts and fallback


def test_draft_of_a_translation_is_left_out(tmp_path: Path) -> None:
    site = load_site(tmp_path, {"a.en.md": post(), "a.zh-Hans.md": post(draft="true"), "a.ja.md": JAPANESE}, THREE)
    assert list_languages(site) == {"a": ["en", "ja"]}
    assert [other.language for other in load_article(site).entries["en"].translations] == ["ja"]
    assert [problem.code for problem in site.problems] == ["N108"]


def test_draft_of_the_original_leaves_the_article_out(tmp_path: Path) -> None:
    site = load_site(tmp_path, {"a.en.md": post(draft="yes"), "a.zh-Hans.md": f"{CHINESE}\n[甲](b.html)\n"})
    assert site.articles == ()
    assert [problem.code for problem in site.problems] == ["N108"]


def test_draft_needs_neither_title_nor_date(tmp_path: Path) -> None:
    site = load_site(tmp_path, {"a.en.md": "---\ndraft: true\n---\n", **GOOD})
    assert [problem.code for problem in site.problems] == ["N108"]


@pytest.mark.parametrize("word", ["false", "no", "off", "False"])
def test_draft_false_is_published(word: str, tmp_path: Path) -> None:
    assert list_languages(load_site(tmp_path, {"a.en.md": post(draft=word)})) == {"a": ["en"]}


@pytest.mark.parametrize(
    ("of_site", "of_article", "shown"),
    [
        ("", "", []),
        ("omit", "", []),
        ("original", "", ["en"]),
        ("original", "omit", []),
        ("omit", "original", ["en"]),
    ],
)
def test_fallback_of_site_and_article(of_site: str, of_article: str, shown: list[str], tmp_path: Path) -> None:
    config = SETTINGS + (f'fallback = "{of_site}"\n' if of_site else "")
    site = load_site(tmp_path, {"a.en.md": post(fallback=of_article)}, config)
    assert [entry.language for entry in site.entries("zh-Hans")] == shown
    assert [entry.language for entry in site.feed("zh-Hans").entries] == shown
    assert [entry.language for entry in site.entries("en")] == ["en"]


# Values of the front matter


@pytest.mark.parametrize(
    ("key", "written", "field", "value"),
    [
        ("title", "'  Two\tspaces '", "title", "Two spaces"),
        ("title", '"Prix\u00a0: 5\u00a0€"', "title", "Prix\u00a0: 5\u00a0€"),
        ("title", '"no"', "title", "no"),
        ("title", "0123", "title", "0123"),
        ("summary", "One line", "summary", "One line"),
        ("description", "|\n  One\n  paragraph.\n\n  Two.", "summary", "One paragraph.\n\nTwo."),
        ("published", "2026-02-01", "published", datetime(2026, 2, 1, tzinfo=UTC)),
        ("date", '""', "published", None),
        ("updated", "2026-02-03 10:00:00 +08:00", "updated", datetime(2026, 2, 3, 2, tzinfo=UTC)),
        ("source", "https://talk.test/?a=1&b=2", "via", "https://talk.test/?a=1&b=2"),
        ("via", "<https://talk.test/>", "via", "https://talk.test/"),
        ("image", "https://site.test/a.png", "image", "https://site.test/a.png"),
        ("rights", "CC BY 4.0", "rights", "CC BY 4.0"),
        ("author", "Ann", "authors", (Person(name="Ann"),)),
        ("authors", "[Ann, Bo]", "authors", (Person(name="Ann"), Person(name="Bo"))),
        ("authors", "\n  - Ann\n  - name: Bo", "authors", (Person(name="Ann"), Person(name="Bo"))),
        (
            "author",
            '{name: Ann, url: "https://ann.test/", email: ann@ann.test}',
            "authors",
            (Person(name="Ann", uri="https://ann.test/", email="ann@ann.test"),),
        ),
        ("author", '{name: Ann, uri: "https://ann.test/"}', "authors", (Person(name="Ann", uri="https://ann.test/"),)),
        ("tags", "[AI, Open source]", "categories", (Category(term="AI"), Category(term="Open source"))),
        ("category", "AI", "categories", (Category(term="AI"),)),
        ("categories", "[AI, AI]", "categories", (Category(term="AI"),)),
        (
            "categories",
            '[{term: ai, label: AI, scheme: "https://site.test/terms"}]',
            "categories",
            (Category(term="ai", label="AI", scheme="https://site.test/terms"),),
        ),
        (
            "enclosures",
            "https://site.test/a.mp3",
            "enclosures",
            (Enclosure(url="https://site.test/a.mp3", type="audio/mpeg"),),
        ),
        (
            "enclosure",
            "[https://site.test/a.M4A?x=1.pdf, https://site.test/b.html#a.mp3, https://site.test/c]",
            "enclosures",
            (
                Enclosure(url="https://site.test/a.M4A?x=1.pdf", type="audio/mp4"),
                Enclosure(url="https://site.test/b.html#a.mp3", type="application/octet-stream"),
                Enclosure(url="https://site.test/c", type="application/octet-stream"),
            ),
        ),
        (
            "enclosures",
            '[{url: "https://site.test/a", type: audio/ogg, length: 1200}]',
            "enclosures",
            (Enclosure(url="https://site.test/a", type="audio/ogg", length=1200),),
        ),
        ("previous", "Day trains", "previous", Reference(title="Day trains")),
        (
            "prev",
            '"[Day trains](https://site.test/en/day/)"',
            "previous",
            Reference(title="Day trains", url="https://site.test/en/day/"),
        ),
        (
            "next",
            '{title: Day trains, url: "https://site.test/en/day/"}',
            "next",
            Reference(title="Day trains", url="https://site.test/en/day/"),
        ),
        (
            "next",
            '{url: "https://site.test/en/day/"}',
            "next",
            Reference(title="https://site.test/en/day/", url="https://site.test/en/day/"),
        ),
    ],
)
def test_values_of_the_front_matter(key: str, written: str, field: str, value: Any, tmp_path: Path) -> None:
    defaults = {"title": "Night trains", "published": "2026-02-01"}
    replaced = {"date": "published"}.get(key, key)
    matter = {name: text for name, text in defaults.items() if name != replaced} | {key: written}
    text = "".join(f"{name}: {text}\n" for name, text in matter.items())
    site = load_site(tmp_path, {"a.en.md": f"---\n{text}---\nText.\n"})
    if value is None:
        assert list_errors(site) == [("E103", "a.en.md")]  # as if it were not there
    else:
        assert list_errors(site) == []
        assert getattr(load_article(site).entries["en"], field) == value


@pytest.mark.parametrize(
    ("key", "written", "code", "marked", "message"),
    [
        ("title", "{a: b}", "E110", "{a: b}", "title must be text, not a list or a mapping"),
        ("title", '"a\\x07b"', "E110", '"a\\x07b"', "U+0007"),
        ("published", "2026-02-30", "E102", "2026-02-30", ""),
        ("published", "[2026-02-01]", "E110", "[2026-02-01]", "must be text"),
        ("updated", "2026-02-01T09:00 CST", "E102", "2026-02-01T09:00 CST", "CST is not an offset"),
        ("published", "0001-01-01T00:00+14:00", "E102", "0001-01-01T00:00+14:00", ""),
        ("source", "[https://a.test/, https://b.test/]", "E110", "[https://a.test/, https://b.test/]", "must be text"),
        ("source", "ftp://a.test/", "E111", "ftp://a.test/", "http"),
        ("image", "a.png", "E111", "a.png", "absolute"),
        ("authors", "[Ann, {name: Bo, email: bo}]", "E110", "bo", "'bo' is not an e-mail address"),
        ("authors", "[{name: Bo, url: bo.test}]", "E111", "bo.test", "uri: 'bo.test'"),
        ("authors", "[{email: bo@bo.test}]", "E110", "{email: bo@bo.test}", "name: is empty"),
        ("authors", "[[Ann]]", "E110", "[Ann]", "authors must be text, not a list or a mapping"),
        ("authors", "[{name: [Ann]}]", "E110", "[Ann]", "name must be text, not a list or a mapping"),
        ("categories", '["", AI]', "E110", '""', "term: is empty"),
        ("categories", "[{term: a, scheme: b}]", "E110", "b", "scheme: 'b' is not an absolute IRI"),
        ("enclosures", "[{type: audio/mpeg}]", "E111", "{type: audio/mpeg}", "url: is empty"),
        ("enclosures", "a.mp3", "E111", "a.mp3", "url: 'a.mp3'"),
        (
            "enclosures",
            '{url: "https://a.test/a", type: audio}',
            "E110",
            "audio",
            "type: 'audio' is not a media type",
        ),
        (
            "enclosures",
            '{url: "https://a.test/a", length: 1.2 MB}',
            "E110",
            "1.2 MB",
            "length: '1.2 MB' is not a number of bytes",
        ),
        ("enclosures", f'{{url: "https://a.test/a", length: {"9" * 5000}}}', "E110", None, "is not a number of bytes"),
        ("id", "a b", "E111", "a b", "'a b' is not an absolute IRI"),
        ("id", "trains", "E111", "trains", "'trains' is not an absolute IRI"),
        (
            "previous",
            "[Day trains, Slow trains]",
            "E110",
            "[Day trains, Slow trains]",
            "previous must be text, not a list or a mapping",
        ),
        ("next", "{title: A, url: b}", "E111", "b", "url: 'b'"),
        ("draft", "[true]", "E110", "[true]", "draft must be text, not a list or a mapping"),
        ("draft", "maybe", "E110", "maybe", "draft must be true or false"),
        ("fallback", "first", "E110", "first", "fallback must be omit or original"),
        ("fallback", "{}", None, "", ""),
        ("language", "[en]", "E110", "[en]", "language must be text, not a list or a mapping"),
        ("key", "[a]", "E110", "[a]", "key must be text, not a list or a mapping"),
    ],
)
def test_value_of_another_kind_is_one_problem(
    key: str, written: str, code: str | None, marked: str | None, message: str, tmp_path: Path
) -> None:
    site = load_site(tmp_path, {"a.en.md": post(**{key: written}), "a.zh-Hans.md": CHINESE})
    assert list_errors(site) == ([(code, "a.en.md")] if code else [])
    if code:
        problem = find_problem(site, code)
        assert message in problem.message
        assert marked in (None, problem.excerpt[problem.column - 1 : problem.end_column - 1])


@pytest.mark.parametrize(
    ("config", "authors"),
    [
        ("", (Person(name="site.test"),)),
        ('[title]\nen = "The Digest"\n', (Person(name="The Digest"),)),
        ('author = "Lin"\n[title]\nen = "The Digest"\n', (Person(name="Lin"),)),
    ],
)
def test_entries_without_author_have_the_author_of_the_site(
    config: str, authors: tuple[Person, ...], tmp_path: Path
) -> None:
    assert load_article(load_site(tmp_path, {"a.en.md": post()}, SETTINGS + config)).entries["en"].authors == authors


def test_dates_without_offset_are_in_the_sites_time_zone(tmp_path: Path) -> None:
    site = load_site(tmp_path, {"a.en.md": post()}, f'{SETTINGS}timezone = "Asia/Shanghai"\n')
    published = load_article(site).entries["en"].published
    assert published == datetime(2026, 2, 1, tzinfo=timezone(timedelta(hours=8)))
    assert published.utcoffset() == timedelta(hours=8)


# Source and neighbours are data only in a digest.
DIGEST = "## Summary\nS.\n\n"


@pytest.mark.parametrize(
    ("matter", "text", "fields"),
    [
        ({}, "## Summary\nA.\n\nText.\n", {"summary": "A.\n\nText.", "body": ""}),
        ({}, "A. B.\n\nC.\n", {"summary": "A. B.", "body": "<p>A. B.</p>\n<p>C.</p>"}),
        ({"summary": "A."}, "Text.\n", {"summary": "A.", "body": "<p>Text.</p>"}),
        (
            {"summary": "A."},
            "## Summary\nB & C.\n\nD.\n\n## More\nText.\n",
            {
                "summary": "A.",
                "body": "<h3>Summary</h3>\n<p>B &amp; C.</p>\n<p>D.</p>\n<h3>More</h3>\n<p>Text.</p>",
            },
        ),
        ({"summary": "A."}, "## Summary\nB & C.\n\nD.\n", {"summary": "A.", "body": "<p>B &amp; C.</p>\n<p>D.</p>"}),
        ({"summary": "A."}, "## Summary\n*B*.\n", {"summary": "A.", "body": "<p><em>B</em>.</p>"}),
        ({"summary": "A."}, "## Summary\nA.\n", {"summary": "A.", "body": ""}),
        ({"title": "A"}, "# A\nText.\n", {"title": "A", "body": "<p>Text.</p>"}),
        ({"title": "A"}, "# B\nText.\n", {"title": "A", "body": "<h3>B</h3>\n<p>Text.</p>"}),
        ({"source": "https://a.test/"}, DIGEST + "## Source\n<https://b.test/>\n", {"via": "https://a.test/"}),
        ({}, DIGEST + "## Source\n<https://b.test/>\n", {"via": "https://b.test/"}),
        ({"next": "A"}, DIGEST + "## Next\nB\n", {"next": Reference(title="A")}),
        ({}, DIGEST + "## Next\n[B](https://b.test/)\n", {"next": Reference(title="B", url="https://b.test/")}),
        ({}, DIGEST + "## Previous\nB\n", {"previous": Reference(title="B")}),
        ({}, "Text.\n\n## Previous\nB\n", {"previous": None, "body": "<p>Text.</p>\n<h3>Previous</h3>\n<p>B</p>"}),
    ],
)
def test_front_matter_and_sections_together(
    matter: dict[str, str], text: str, fields: dict[str, object], tmp_path: Path
) -> None:
    entry = load_article(load_site(tmp_path, {"a.en.md": post(text, **matter)})).entries["en"]
    assert {name: getattr(entry, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("matter", "text", "code"),
    [
        ({"source": "https://a.test/"}, DIGEST + "## Source\n<https://b.test/>\n", "W108"),
        ({"source": "https://a.test/"}, DIGEST + "## Source\n<https://a.test/>\n", None),
        ({"title": "A"}, DIGEST + "## Title\nB\n", "W110"),
        ({"title": "A"}, DIGEST + "## Title\nA\n", None),
        ({"next": "A"}, DIGEST + "## Next\nB\n", "W110"),
        ({"previous": "A"}, DIGEST + "## Previous\n[A](https://a.test/)\n", "W110"),
        ({"previous": "A"}, DIGEST + "## Previous\nA\n", None),
    ],
)
def test_conflicting_values_are_reported(matter: dict[str, str], text: str, code: str | None, tmp_path: Path) -> None:
    warnings = [
        problem.code
        for problem in load_site(tmp_path, {"a.en.md": post(text, **matter)}).problems
        if problem.severity == "warning"
    ]
    assert warnings == ([code] if code else [])


# All problems at once

MANY = """\
---
published: yesterday
source: here
draft: perhaps
colour: red
---
See [this](that.html).

## References
1. [A](b.html)
2. B
"""


def test_all_problems_of_all_files_in_one_run(tmp_path: Path) -> None:
    files = {"b.en.md": MANY, "a.en.md": "", "c.cn.md": post(published="soon"), "a.zh-Hans.md": MANY, **GOOD}
    site = load_site(tmp_path, files)
    every = ["E101", "E102", "E111", "E110", "N101", "W105", "W105", "N102"]
    codes_by_file: dict[str, list[str]] = {}
    for problem in site.problems:
        codes_by_file.setdefault(problem.path.rpartition("/")[2], []).append(problem.code)
    assert list(codes_by_file) == ["a.en.md", "a.zh-Hans.md", "b.en.md", "c.cn.md"]
    assert sorted(codes_by_file["a.zh-Hans.md"]) == sorted([*every, "W104"])
    every.remove("N101")  # the same key is noted once for the site
    assert sorted(codes_by_file["b.en.md"]) == sorted([*every, "N104"])
    assert codes_by_file["c.cn.md"] == ["E113", "E102"]
    positions = [(problem.path, problem.line, problem.column) for problem in site.problems]
    assert positions == sorted(positions)


def test_duplicate_key_does_not_hide_other_problems(tmp_path: Path) -> None:
    text = "---\ntitle: A\ntitle: B\npublished: soon\n---\n## References\n1. [A](http://a..b/)\n"
    assert [code for code, _ in list_errors(load_site(tmp_path, {"a.en.md": text}))] == ["E118", "E102", "E111"]


def test_errors_are_raised_with_the_warnings(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", {"a.en.md": MANY, "b.en.md": "", **GOOD})
    with pytest.raises(feedpub.EntryError) as raised:
        feedpub.load(folder)
    assert raised.value.problems == feedpub.lint(folder)
    assert {problem.severity for problem in raised.value.problems} == {"error", "warning", "note"}


def test_warnings_and_notes_do_not_raise(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", {"a.en.md": post("See [this](that.html).\n")})
    assert {problem.severity for problem in feedpub.load(folder).problems} == {"warning", "note"}


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", GOOD)
    (folder / "a.en.md").mkdir()
    (folder / "b.en.md").symlink_to("nowhere.md")
    (folder / "c.en.md").symlink_to("c.en.md")
    site = feedpub.load(folder, keep_going=True)
    assert list_errors(site) == [("E107", "a.en.md"), ("E107", "b.en.md"), ("E107", "c.en.md")]
    assert list_languages(site) == {"trains": ["en", "zh-Hans"]}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", {**GOOD, "a.en.md": ENGLISH})
    (folder / "a.en.md").chmod(0)
    site = feedpub.load(folder, keep_going=True)
    assert list_errors(site) == [("E107", "a.en.md")]
    assert "Permission denied" in find_problem(site, "E107").message


def test_link_to_an_entry_is_an_entry(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", {"_b.md": ENGLISH})
    (folder / "a.en.md").symlink_to("_b.md")
    assert list_languages(feedpub.load(folder)) == {"a": ["en"]}


def test_articles_come_newest_first(tmp_path: Path) -> None:
    dates = {"a": "2026-02-01", "b": "2026-03-01", "c": "2026-01-01", "d": "2026-02-01"}
    site = load_site(tmp_path, {f"{key}.en.md": post(published=day) for key, day in dates.items()})
    assert list(list_languages(site)) == ["b", "d", "a", "c"]


def test_reading_twice_gives_equal_values(tmp_path: Path) -> None:
    first, second = load_site(tmp_path, GOOD), load_site(tmp_path, GOOD)
    assert first == second
    assert isinstance(load_article(first).entries["en"], Entry)


PIECES = st.sampled_from(
    ["---\n", "title: A\n", "published: 2026-02-01\n", "key: ", "language: zh\n", "draft: true\n", "id: tag:a,2026:b\n",
     "authors: ", "{a: [b, ", "&a ", "*a\n", "## Summary\n", "## 关键点\n", "- ", "  - ", "1. ", "[a](b)", "<https://a.b>",
     "\n\n", "`", "<i lang=x>", "&#1;", "&#0;", "\\x07", "\x00", "\ufeff", "\r", "文",
     "ab cd", ": ", '"', "|\n", "# ", "> "]
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["a.en.md", "a.zh-Hans.md", "b.md", "b.zh.md"]),
        st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=25).map(lambda parts: "".join(parts).encode())),
        min_size=1,
    )
)
@example({"a.en.md": post("- a&#1;\n\n## Key Points\n- b&#1;\n").encode()})
@example({"a.en.md": post("## References\n1. A&#1; - B&#1;\n").encode()})
@example({"a.en.md": post("## Next\nA&#1;\n").encode()})
def test_any_files_give_a_site_and_problems(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_site(Path(folder), files)
        site = feedpub.load(folder, keep_going=True)
        for problem in site.problems:
            assert str(problem).encode()
        for language in site.config.languages:
            feedpub.to_atom(site.feed(language))


def test_subfolders_with_entries_are_noted(tmp_path: Path) -> None:
    (tmp_path / "feedpub.toml").write_text(
        'base_url = "https://a.test/"\nauthority = "a.test,2026"\n', encoding="utf-8"
    )
    for name in ("2026", "pictures", "_old", ".git"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ("a.png" if name == "pictures" else "a.en.md")).write_text("text", encoding="utf-8")
    (tmp_path / "notes.TXT").write_text("text", encoding="utf-8")
    problems = feedpub.lint(tmp_path)
    passed_over = [(problem.code, Path(problem.path).name) for problem in problems]
    assert passed_over == [("E121", tmp_path.name), ("N110", "2026"), ("N110", "notes.TXT")]


@pytest.mark.parametrize("case", load_cases("folders"))
def test_folders_without_entries(case: dict[str, Any], tmp_path: Path) -> None:
    entries, public = tmp_path / "entries", tmp_path / "public"
    for name in case["files"]:
        (entries / name).parent.mkdir(parents=True, exist_ok=True)
        (entries / name).write_text("---\ntitle: T\ndate: 2026-01-01\n---\nText.\n", encoding="utf-8")
    write_site(entries, {})
    errors = [problem.message for problem in feedpub.lint(entries) if problem.severity == "error"]
    if not case["holds"]:
        assert errors == []
        assert sum(feedpub.build(entries, public).articles.values()) == case["articles"]
        return
    assert errors == [f"this folder has no entry files; it contains {case['holds']}"]
    for keep_going in (False, True):
        with pytest.raises(feedpub.EntryError, match="E121"):
            feedpub.build(entries, public, keep_going=keep_going)
    assert not public.exists()
    with pytest.raises(feedpub.EntryError, match="E121"):
        feedpub.load(entries)
    assert feedpub.load(entries, keep_going=True).articles == ()


def test_a_site_whose_entries_were_moved_away_stays_as_it_was(tmp_path: Path) -> None:
    entries, public = write_site(tmp_path / "entries", GOOD), tmp_path / "public"
    feedpub.build(entries, public)
    before = {path: path.read_bytes() for path in public.rglob("*.*ml")}
    (entries / "2026").mkdir()
    for name in GOOD:
        (entries / name).rename(entries / "2026" / name)
    with pytest.raises(feedpub.EntryError, match="2026/ with 2 texts"):
        feedpub.build(entries, public)
    assert {path: path.read_bytes() for path in public.rglob("*.*ml")} == before
    for name in GOOD:
        (entries / "2026" / name).unlink()
    assert dict(feedpub.build(entries, public).articles) == {"en": 0, "zh-Hans": 0}  # that is meant


@pytest.mark.parametrize(
    "opening",
    [
        "",
        "## A heading\n\n",
        "![A picture](https://x.test/a.png)\n\n",
        "> Quoted\n\n",
        "- An item\n\n",
        "```\ncode\n```\n\n",
        "Line<br>break: ",
    ],
)
def test_derived_summary_appears_once_in_the_content(opening: str, tmp_path: Path) -> None:
    text = f"---\ntitle: T\npublished: 2026-02-01\n---\n{opening}The first[^1] paragraph.\n\nMore.\n\n[^1]: A note.\n"
    entry = load_article(load_site(tmp_path, {"a.en.md": text})).entries["en"]
    assert entry.summary == f"{'Line break: ' if '<br>' in opening else ''}The first paragraph."
    assert feedpub.render(entry).count("The first") == 1
