"""The table of headings: its data, the forms of a heading, and which of several languages is meant."""

from typing import Any

import pytest

from feedpub.entries.language_guess import guess_languages
from feedpub.entries.sections.headings import (
    SECTIONS,
    Heading,
    _load_words,
    load_heading_table,
    make_heading_table,
    normalise_heading,
)
from feedpub.language import canonicalise_tag, get_script, get_words
from support.case_files import load_cases

LANGUAGES = load_heading_table().list_languages()


def test_these_languages_have_headings() -> None:
    assert set("en zh-Hans zh-Hant ja ko fr de es pt it ru ar vi id hi tr".split()) <= set(LANGUAGES)
    assert "und" not in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_word_for_every_section(language: str) -> None:
    assert canonicalise_tag(language) == language
    for section in SECTIONS:
        assert Heading(language, section) in load_heading_table().find_headings(
            load_heading_table().find_word(language, section)
        )


def test_word_has_one_section_in_a_language() -> None:
    data = {
        language: {section: load_heading_table().find_word(language, section) for section in SECTIONS}
        for language in LANGUAGES
    }
    for language, sections in data.items():
        for word in sections.values():
            assert (
                len([heading for heading in load_heading_table().find_headings(word) if heading.language == language])
                == 1
            )


@pytest.mark.parametrize(
    "line",
    [
        "Key Points",
        "KEY POINTS",
        "  key \u00a0 points\t",
        "## Key Points ##",
        "**Key Points:**",
        "__Key Points__",
        "*Key Points*:",
        "Key Points：",
        "【Key Points】",
        "Ｋｅｙ　Ｐｏｉｎｔｓ",
        "\ufeffKey\u200b Po\u00adints",
    ],
)
def test_headings_are_recognised_with_markup(line: str) -> None:
    assert load_heading_table().find_headings(line) == (Heading("en", "key_points"),)


@pytest.mark.parametrize("line", ["", "**", "Key Points.", "• Key Points", "The Key Points", "Key Points" + " " * 200])
def test_other_lines_are_not_headings(line: str) -> None:
    assert load_heading_table().find_headings(line) == ()


@pytest.mark.parametrize("case", load_cases("headings"))
def test_headings_are_recognised_with_decoration(case: dict[str, Any]) -> None:
    expected = tuple(Heading(language, case["section"]) for language in case.get("languages", ()))
    assert load_heading_table().find_headings(case["line"]) == expected


@pytest.mark.parametrize("case", load_cases("heading_words"))
def test_words_of_a_section_and_ordinary_headings_that_look_like_them(case: dict[str, Any]) -> None:
    for line in case["lines"]:
        headings = load_heading_table().find_headings(line)
        if "section" in case:
            assert Heading(case["language"], case["section"]) in headings, line
        else:
            assert (headings, load_heading_table().find_nearest(line)) == ((), None), line


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_that_pages_show_are_the_usual_words_of_their_section(language: str) -> None:
    for section in ("key_points", "references"):
        assert get_words(language)[section].casefold() == load_heading_table().find_word(language, section).casefold()
    assert Heading(language, "previous") in load_heading_table().find_headings(get_words(language)["previous"])
    assert Heading(language, "next") in load_heading_table().find_headings(get_words(language)["next"])


@pytest.mark.parametrize(
    "decoration",
    ["## 📌 {}", "**{}**", "■{}", "【{}】", "1. {}", "一、{}", "▶ {}：", "✨ **{}** ✨", "① {}", "# 2) {} #"],
)
def test_decoration_does_not_make_words_ambiguous(decoration: str) -> None:
    words = [word for sections in _load_words().values() for section in SECTIONS for word in sections.get(section, ())]
    letters = [word for word in words if any(map(str.isalpha, word))]
    assert len(letters) > 1000
    for word in letters:
        assert load_heading_table().find_headings(decoration.format(word)) == load_heading_table().find_headings(
            word
        ), word


@pytest.mark.parametrize(
    "line",
    ["Page 1 of 2", "© 2026 Night Rail", "Share on X", "5 min read", "第 1 页 共 2 页", "Seite 3 von 9",
     "Let me know if you'd like a longer version!", "**Would you like me to** translate this?",
     "Todos los derechos reservados."],
)  # fmt: skip
def test_page_furniture_is_recognised_by_its_beginning(line: str) -> None:
    assert load_heading_table().is_furniture(line)


@pytest.mark.parametrize(
    "line",
    [
        "Sharing is hard",
        "Pages of history",
        "2026 was a good year",
        "Summary",
        "",
        "第一页",
        "24/7 service",
        "/ Back-on-Track",
        "min read",
    ],
)
def test_other_beginnings_are_not_page_furniture(line: str) -> None:
    assert not load_heading_table().is_furniture(line)


@pytest.mark.parametrize(
    "line", ["Related Posts", "## Related articles:", "🔗 You might also like", "関連記事", "Tags: rail, night"]
)
def test_headings_of_page_furniture(line: str) -> None:
    assert load_heading_table().opens_furniture(line)
    assert not load_heading_table().find_headings(line)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("Key Takeways", "key takeaways"),
        ("📌 Sumary", "summary"),
        ("## 1. Refrences", "references"),
        ("Zusammenfasung", "zusammenfassung"),
        ("Night trains", ""),
    ],
)
def test_nearest_word(line: str, word: str) -> None:
    near = load_heading_table().find_nearest(line)
    assert (near[1] if near else "") == word


def test_languages_share_words() -> None:
    assert load_heading_table().find_headings("要点") == (Heading("zh-Hans", "key_points"), Heading("ja", "key_points"))
    assert load_heading_table().find_headings("<") == (Heading("und", "furniture"),)


def test_words_can_be_added() -> None:
    more = make_heading_table(
        {"en": {"summary": ["Gist"]}, "eo": {"summary": ["Resumo de la artikolo", "Summary"], "title": []}}
    )
    assert more.find_headings("gist") == (Heading("en", "summary"),)
    assert more.find_headings("Summary") == (Heading("en", "summary"), Heading("eo", "summary"))
    assert (more.find_word("en", "summary"), more.find_word("en", "title")) == ("Gist", "Title")
    assert more.find_word("eo", "key_points") == "Key Points"
    assert more.list_languages() == (*LANGUAGES, "eo")
    assert make_heading_table({}) is load_heading_table()
    assert load_heading_table().find_headings("gist") == ()


def test_normalising_twice_changes_nothing() -> None:
    for line in ("## Key  Points:", "【总结】：", "ＡＢＣ", "İstanbul", "ﬁn"):
        assert normalise_heading(normalise_heading(line)) == normalise_heading(line)


@pytest.mark.parametrize(
    ("text", "candidates", "likely"),
    [
        ("夜间列车", "zh-Hans zh-Hant ja", "zh-Hans"),
        ("夜間列車來了", "zh-Hans zh-Hant ja", "zh-Hant ja"),  # no kana: the first is taken
        ("新幹線の運賃", "zh-Hans ja", "ja"),
        ("新幹線運賃", "zh-Hans ja", "ja"),
        ("夜行列車の旅", "zh-Hans zh-Hant ja", "ja"),
        ("中文", "zh-Hans zh-Hant", "zh-Hans zh-Hant"),
        ("", "en fr", "en fr"),
        ("1 + 1", "en zh-Hans", "en zh-Hans"),
        ("Ночь", "en fr", ""),
        ("밤 기차", "en ko", "ko"),
        ("नाइट ट्रेन", "en hi", "hi"),
        ("רכבות לילה", "he en", "he"),
        ("Νυχτερινά τρένα", "el en", "el"),
        ("รถไฟกลางคืน", "th en", "th"),
        ("Les trains de nuit", "en fr", "fr"),
        ("The night trains", "en fr", "en"),
        ("Pociągi nocne są", "pt it pl", "pl"),
        ("Noční vlaky, které jsou", "pl cs", "cs"),
        ("Gece trenleri için", "tr id", "tr"),
        ("Kereta yang dan", "tr id", "id"),
        ("Tàu đêm và những", "vi en", "vi"),
        ("Noktaj trajnoj", "eo nl", "eo nl"),
        ("ночной поезд", "ru uk", "ru uk"),
    ],
)
def test_guess_languages(text: str, candidates: str, likely: str) -> None:
    assert guess_languages(text, candidates.split()) == tuple(likely.split())


def test_preferred_language_wins_only_if_the_text_does_not_decide() -> None:
    assert guess_languages("中文", ["zh-Hans", "zh-Hant"], ["en", "zh-TW"]) == ("zh-Hant",)
    assert guess_languages("夜间", ["zh-Hans", "zh-Hant"], ["en", "zh-TW"]) == ("zh-Hans",)
    assert guess_languages("夜", ["zh-Hans", "ja"], ["en"]) == ("zh-Hans", "ja")


def test_every_language_has_a_script_in_the_table() -> None:
    scripts = {"Latn", "Hans", "Hant", "Jpan", "Kore", "Cyrl", "Hebr", "Arab", "Deva"}
    assert {get_script(language) for language in LANGUAGES} <= scripts
