"""Pasted text: the rules of docs/guides/import.md, one article in many layouts, and properties of any text."""

import contextlib
import re
import textwrap
import time
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedpub.entries.markdown.cjk_lines import join_cjk_lines
from feedpub.entries.pasted.markdown_writer import DEEPEST_KEY_POINT
from feedpub.entries.pasted.reader import parse_pasted, read_pasted
from feedpub.entries.sections.headings import load_heading_table, make_heading_table
from feedpub.errors import EntryError
from feedpub.language import get_words
from feedpub.model import Draft, KeyPoint, PastedText, Reference
from support.case_files import load_cases

ENGLISH = """\
Summary
Night trains are coming back to Europe, and the R&D behind them is mostly about sleep: quieter bogies, softer brakes, \
and cabins that a cross-border timetable can fill twice a day. The article compares three operators (e.g., ÖBB, \
Snälltåget) and asks who pays for the empty berths in winter, when a low-cost carrier flies the same route for less.


Key Points

  • Rolling Stock Is the Bottleneck
    • New sleeping cars take four to six years from order to service, so operators rebuild day-time coaches;
    • Leasing pools (e.g., a state-backed fund) would let small companies start with 10–15 cars.
  • Tracks Belong to Somebody
    • Night slots compete with freight & maintenance, and a 2-hour closure breaks the whole timetable;
    • Track access charges differ tenfold between neighbours, from 1.5 to 15 euros per kilometre.
  • Passengers Want a Door
    • Single cabins sell out first, while six-berth couchettes stay half empty outside the holidays.

References and Links

  1. Nightjet - ÖBB Official Website
  2. GPT-Rail - Open Data Lab
  3. Sleeper Atlas & Timetables - Back-on-Track / Rail Europe
  4. Berths/Seats Study - TU Wien Institute
"""
CHINESE = """\
总结
夜间列车正在重返欧洲，背后的研发（R&D）主要围绕睡眠展开：更安静的转向架、更柔和的制动，以及跨境时刻表一天内能售出两次的包厢。\
文章比较了三家运营商（如ÖBB、Snälltåget），并追问冬季空铺的成本由谁承担。


关键点

  • 车辆是瓶颈
    • 新卧铺车从订购到投入运营需要4到6年，因此运营商改造日间客车；
    • 租赁基金（如国家支持的车辆池）可让小公司以10辆车起步。
  • 轨道各有归属
    • 夜间时段与货运、维护相互竞争，2小时的封闭就会打乱整个时刻表；
    • 相邻国家的轨道使用费相差十倍，从每公里1.5欧元到15欧元不等。
  • 乘客想要一扇门
    • 单人包厢最先售罄，而六人铺位在假期之外有一半空着。

参考文献与链接

  1. Nightjet - ÖBB官网
  2. GPT-Rail - 开放数据实验室
  3. 卧铺地图 & 时刻表 - Back-on-Track / 欧洲铁路
  4. 铺位/座位研究 - 维也纳工业大学
"""
TAIL = """
Reference:

https://video.example/watch?v=n1ght_Train-_


<
Previous Post
Ferries, slowly
>
Blog Archive
"""
SOURCE = "Reference:\n\nhttps://video.example/watch?v=n1ght_Train-_\n"
ARTICLE = f"{ENGLISH}\nTranslation\n\n{CHINESE}{TAIL}"
HEADINGS = r"(?m)^(Summary|Key Points|References and Links|总结|关键点|参考文献与链接)$"


def find_codes(text: str) -> list[str]:
    with pytest.raises(EntryError) as caught:
        parse_pasted(text)
    return [problem.code for problem in caught.value.problems]


def parse_draft(text: str) -> Draft:
    (draft,) = parse_pasted(text).drafts
    return draft


def parse_points(text: str) -> tuple[KeyPoint, ...]:
    return parse_draft(f"Key Points\n{text}").key_points


def parse_references(text: str) -> tuple[Reference, ...]:
    return parse_draft(f"References\n{text}").references


def outline_points(points: tuple[KeyPoint, ...]) -> list[object]:
    """Return key points as nested lists: a text, followed by the list of the points below it."""
    outline: list[object] = []
    for point in points:
        outline += [point.text, outline_points(point.children)] if point.children else [point.text]
    return outline


def list_fates(pasted: PastedText) -> list[tuple[str, str]]:
    return [(line.fate, line.role) for line in pasted.lines]


# --- one article


def test_the_article_is_read() -> None:
    pasted = parse_pasted(ARTICLE)
    english, chinese = pasted.drafts
    assert (english.language, chinese.language) == ("en", "zh-Hans")
    assert english.summary.startswith("Night trains")
    assert english.summary.endswith("route for less.")
    assert outline_points(english.key_points)[2:4] == [
        "Tracks Belong to Somebody",
        [
            "Night slots compete with freight &amp; maintenance, and a 2-hour closure breaks the whole timetable;",
            "Track access charges differ tenfold between neighbours, from 1.5 to 15 euros per kilometre.",
        ],
    ]
    assert english.references == (
        Reference(title="Nightjet", publishers=("ÖBB Official Website",)),
        Reference(title="GPT-Rail", publishers=("Open Data Lab",)),
        Reference(title="Sleeper Atlas & Timetables", publishers=("Back-on-Track", "Rail Europe")),
        Reference(title="Berths/Seats Study", publishers=("TU Wien Institute",)),
    )
    assert chinese.summary == CHINESE.split("\n")[1]
    assert [len(point.children) for point in chinese.key_points] == [2, 2, 1]
    assert chinese.references[2] == Reference(title="卧铺地图 & 时刻表", publishers=("Back-on-Track", "欧洲铁路"))
    assert pasted.via == "https://video.example/watch?v=n1ght_Train-_"
    assert (pasted.previous, pasted.next) == (Reference(title="Ferries, slowly"), None)
    assert (english.title, english.body, chinese.title, chinese.body) == (None, "", None, "")


def test_every_line_is_accounted_for() -> None:
    pasted = parse_pasted(ARTICLE)
    assert [line.text for line in pasted.lines] == ARTICLE.removesuffix("\n").split("\n")
    assert [line.number for line in pasted.lines] == list(range(1, len(pasted.lines) + 1))
    fates = dict(zip([line.text for line in pasted.lines], list_fates(pasted), strict=True))
    assert fates["Summary"] == fates["参考文献与链接"] == fates["Reference:"] == ("kept", "heading")
    assert fates["  • 车辆是瓶颈"] == ("kept", "key_points")
    assert fates["  1. Nightjet - ÖBB官网"] == ("kept", "references")
    assert fates["https://video.example/watch?v=n1ght_Train-_"] == ("kept", "source")
    assert fates["Ferries, slowly"] == ("kept", "previous")
    assert fates["Translation"] == ("dropped", "divider")
    assert fates["<"] == fates["Blog Archive"] == ("dropped", "furniture")
    assert fates[""] == ("dropped", "blank")
    assert not [line for line in pasted.lines if line.fate == "ambiguous"]


def wrap_text(text: str, hang: str) -> str:
    """Wrap English at 60 columns and Chinese at 30 characters, without cutting Latin words."""
    lines: list[str] = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        if re.search("[\u4e00-\u9fff]", line):
            lines += [indent + hang * bool(index) + part for index, part in enumerate(cut_text(line.strip()))]
        else:
            wrap = textwrap.TextWrapper(60, initial_indent=indent, subsequent_indent=indent + hang)
            lines += wrap.wrap(line.strip()) or [""]
    return "\n".join(lines)


def cut_text(line: str) -> Iterator[str]:
    while len(line) > 30:
        length = next(length for length in range(30, 0, -1) if not re.match("[!-~]{2}", line[length - 1 :]))
        yield line[:length].rstrip()
        line = line[length:].lstrip()
    yield line


def number_points(article: str) -> str:
    count = iter("123123")
    return re.sub(r"(?m)^  •", lambda _: f"{next(count)}.", article)


def renumber_points(pattern: str) -> str:
    return re.sub(r"(?m)^  (\d)\. ", lambda match: "  " + pattern.format(match[1]), ARTICLE)


DISGUISES = {
    "CRLF": ARTICLE.replace("\n", "\r\n"),
    "CR": ARTICLE.replace("\n", "\r"),
    "line separators": ARTICLE.replace("\n", "\u2028"),
    "vertical tabs": ARTICLE.replace("\n", "\v"),
    "byte order mark": "\ufeff" + ARTICLE,
    "no end of line at the end": ARTICLE.rstrip(),
    "no blank lines": re.sub("\n+", "\n", ARTICLE),
    "blank lines everywhere": ARTICLE.replace("\n", "\n\n"),
    "spaces behind lines": ARTICLE.replace("\n", " \t\u3000\n"),
    "no divider": ARTICLE.replace("Translation\n", ""),
    "rule": ARTICLE.replace("Translation", "---"),
    "spaced rule": ARTICLE.replace("Translation", "* * *"),
    "Chinese divider": ARTICLE.replace("Translation", "翻译："),
    "Markdown headings": re.sub(HEADINGS, r"## \1", ARTICLE),
    "closed Markdown headings": re.sub(HEADINGS, r"# \1 #", ARTICLE),
    "bold headings": re.sub(HEADINGS, r"**\1**", ARTICLE),
    "bold headings with colon": re.sub(HEADINGS, r"**\1:**", ARTICLE),
    "headings with colon": re.sub(HEADINGS, r"\1：", ARTICLE),
    "underlined headings": re.sub(HEADINGS, r"\1\n---", ARTICLE),
    "twice underlined headings": re.sub(HEADINGS, r"\1\n=======", ARTICLE),
    "upper case": re.sub(HEADINGS, lambda found: found[1].upper(), ARTICLE),
    "bracketed headings": re.sub(HEADINGS, r"【\1】", ARTICLE),
    "other words": ARTICLE.replace("Key Points", "Highlights").replace("总结\n", "摘要\n"),
    "tabs": ARTICLE.replace("  •", "\t•").replace("  \t•", "\t\t•"),
    "ideographic spaces": ARTICLE.replace("    •", "\u3000\u3000•").replace("  •", "\u3000•"),
    "no-break spaces": ARTICLE.replace(" ", "\u00a0"),
    "margin": re.sub("(?m)^(?=.)", "   ", ARTICLE),
    "less indent": ARTICLE.replace("    •", " •").replace("  •", "•"),
    "numbered points": number_points(ARTICLE),
    "numbered points, bullets at the margin": number_points(ARTICLE).replace("    •", "•"),
    "bulleted references": re.sub(r"(?m)^  \d\.", "  •", ARTICLE),
    "plain references": re.sub(r"(?m)^  \d\. ", "", ARTICLE),
    "lazy numbers": re.sub(r"(?m)^  \d\. ", "1. ", ARTICLE),
    "numbers from seven": re.sub(r"(?m)^  (\d)\. ", lambda found: f"{int(found[1]) + 6}. ", ARTICLE),
    "marks alone on their lines": re.sub(r"(?m)^( +)(•|\d\.) ", r"\1\2\n\1  ", ARTICLE),
    "wrapped to the margin": wrap_text(ARTICLE, hang=""),
    "wrapped with hanging indent": wrap_text(ARTICLE, hang="  "),
    "wrapped, no blank lines": re.sub("\n+", "\n", wrap_text(ARTICLE, hang="  ")),
    "entities": ARTICLE.replace("&", "&amp;").replace("•", "&bull;").replace("<", "&lt;").replace("车", "&#36710;"),
    "hexadecimal entities": ARTICLE.replace("&", "&#x26;").replace("•", "&#X2022;").replace(" ", "&#32;"),
    "NFD": unicodedata.normalize("NFD", ARTICLE),
    "zero-width characters": re.sub("(?<=[a-z车、。 •])", "\u200b", ARTICLE.replace("的", "\u200d的\u200c\ufeff")),
    "soft hyphens": ARTICLE.replace("maintenance", "main\u00adte\u00adnance"),
    "direction marks": ARTICLE.replace("•", "\u200e•").replace("Summary", "\u202aSummary\u202c"),
    "source on the heading's line": ARTICLE.replace("Reference:\n\n", "Source: "),
    "source without colon": ARTICLE.replace("Reference:\n\n", "**Source** "),
    "source in angle brackets": re.sub("Reference:\n\n(.*)", r"来源：<\1>", ARTICLE),
    "source between the languages": ARTICLE.replace(SOURCE, "").replace("Translation\n", f"{SOURCE}Translation\n"),
    "source twice": ARTICLE.replace("Translation", "Source: https://video.example/watch?v=n1ght_Train-_\nTranslation"),
    "furniture within": ARTICLE.replace("References", "Share this\nReferences"),
    **{f"bullet {mark}": ARTICLE.replace("•", mark) for mark in "‣◦▪▫●○·∙–—*+-⁃＊－"},
    **{
        f"number {form}": renumber_points(form)
        for form in ("{})", "({}) ", "[{}] ", "{}、", "{}．", "（{}）", "［{}］", "{}.")
    },
    "full-width digits": re.sub(r"(?m)^  (\d)\. ", lambda found: f"{chr(ord(found[1]) + 0xFEE0)}．", ARTICLE),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_variants_of_the_layout_give_the_same_drafts(disguise: str) -> None:
    assert DISGUISES[disguise] != ARTICLE
    plain, pasted = parse_pasted(ARTICLE), parse_pasted(DISGUISES[disguise])
    for draft, expected in zip(pasted.drafts, plain.drafts, strict=True):
        assert draft == expected
    assert (pasted.via, pasted.previous, pasted.next) == (plain.via, plain.previous, plain.next)


# --- languages


def write_sample(tag: str) -> str:
    """Write the sample article of a language with the headings of that language."""
    headings, sample = load_heading_table(), get_words(tag)["sample"]
    bullets = "\n".join(
        f"• {point}\n" + "\n".join(f"  • {finer}" for finer in below) for point, below in sample["points"]
    )
    listed = "\n".join(f"{number}. {title}" for number, title in enumerate(sample["reference_titles"], 1))
    return (
        f"{headings.find_word(tag, 'title')}: {sample['title']}\n"
        f"{headings.find_word(tag, 'summary')}\n{sample['summary']}\n"
        f"{headings.find_word(tag, 'key_points')}\n{bullets}\n{headings.find_word(tag, 'references')}\n{listed}\n"
        f"{headings.find_word(tag, 'source')}: https://example.org/\n"
        f"{headings.find_word(tag, 'next')}\n{sample['title']}\n"
    )


def test_each_language_is_recognised_by_its_headings() -> None:
    tags = load_heading_table().list_languages()
    pasted = parse_pasted("\n".join(write_sample(tag) for tag in tags))
    assert [draft.language for draft in pasted.drafts] == list(tags)
    for draft in pasted.drafts:
        sample = get_words(draft.language)["sample"]
        assert (draft.title, draft.summary) == (sample["title"], sample["summary"])
        assert [len(point.children) for point in draft.key_points] == [len(below) for _, below in sample["points"]]
        assert [reference.title for reference in draft.references] == sample["reference_titles"]
    assert pasted.via == "https://example.org/"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("概要\n夜行列车正在回归，这说明人们愿意睡着旅行。", "zh-Hans"),
        ("概要\n夜行列車正在回歸，這說明人們願意睡著旅行。", "zh-Hant"),
        ("概要\n夜行列車が戻ってきた。眠りながら旅をする人が増えている。", "ja"),
        ("要点\n• 夜行列車が戻ってきた", "ja"),
        ("要点\n• 时刻表之外，日本人把这种旅行叫做《となり》", "zh-Hans"),
        ("摘要\n中文", "zh-Hans"),  # nothing decides: the order of the table
        ("摘要\n中文\n重點\n• 中文", "zh-Hant"),  # the other heading decides
        ("Sources\n- Le train de nuit et les gares", "fr"),
        ("Sources\n- The train and the stations", "en"),
        ("Links\n- Der Zug und die Stadt", "de"),
        ("Links\n- Het spoor van de nacht", "nl"),
        ("Título: Los trenes y las estaciones", "es"),
        ("Título: Os trens não são uma solução", "pt"),
        ("Резюме\nНічні поїзди її повертають", "uk"),
        ("Резюме\nЭто ночные поезда", "ru"),
        ("مراجع\n• گزارش پژوهش", "fa"),
        ("مراجع\n• دراسة القطارات الليلية", "ar"),
        ("Summary\n夜间列车正在重返欧洲，这说明Nightjet很受欢迎。", "zh-Hans"),  # its script belies the heading
        ("总结\nNightjet, ÖBB", "zh-Hans"),  # Latin names belie nothing
        ("Summary\n2026", "en"),
        ("Summary\nรถไฟกลางคืน", "en"),  # a script of no language in the table
        ("夜间列车正在重返欧洲，这说明很多问题。", "zh-Hans"),  # no heading, but no doubt
    ],
)
def test_text_decides_between_languages_that_share_a_heading(text: str, language: str) -> None:
    assert parse_draft(text).language == language


@pytest.mark.parametrize(
    ("text", "languages", "tags"),
    [
        ("Summary\nA\n总结\n说", ["en-GB", "zh-CN"], ["en-GB", "zh-CN"]),
        ("Summary\nA\n總結\n說", ["en", "zh-Hans"], ["en", "zh-Hant"]),
        ("摘要\n中文", ["en", "zh-TW"], ["zh-TW"]),
        ("Title: 2026", ["zh-Hans", "de"], ["en"]),
    ],
)
def test_tags_of_the_site_are_used(text: str, languages: list[str], tags: list[str]) -> None:
    assert [draft.language for draft in parse_pasted(text, languages=languages).drafts] == tags


def test_headings_can_be_added() -> None:
    swedish = make_heading_table({"sv": {"summary": ["Sammanfattning"]}})
    (draft,) = parse_pasted("Sammanfattning\nNattåg", headings=swedish).drafts
    assert (draft.language, draft.summary) == ("sv", "Nattåg")


def test_new_draft_begins_at_a_repeated_section_or_another_language() -> None:
    pasted = parse_pasted("Summary\nA\nRésumé\nB\nPoints clés\n- C\nZusammenfassung\nD\n要約\nあ")
    assert [draft.language for draft in pasted.drafts] == ["en", "fr", "de", "ja"]
    assert pasted.drafts[1].key_points == (KeyPoint(text="C"),)


@pytest.mark.parametrize("divider", ["---", "***", "___", "=====", "- - -", "———"])
def test_rule_between_sections_of_one_language_does_not_split(divider: str) -> None:
    draft = parse_draft(f"Summary\nA\n\n{divider}\n\nKey Points\n- B\n{divider}\nReferences\n1. C\n{divider}\nD")
    assert (draft.summary, draft.body) == ("A", "<p>D</p>")
    assert draft.key_points == (KeyPoint(text="B"),)
    assert draft.references == (Reference(title="C"),)


def test_parts_in_one_language_become_one_draft() -> None:
    pasted = parse_pasted("Summary\nA\n总结\n说\nTranslation\nReferences\n- The B")
    assert [draft.language for draft in pasted.drafts] == ["en", "zh-Hans"]
    assert pasted.drafts[0].references == (Reference(title="The B"),)


def test_text_between_rules_is_a_draft_if_its_language_is_clear() -> None:
    pasted = parse_pasted("Summary\nA\nTranslation\n夜间列车，说来话长。\nTranslation\nNightjet")
    english, chinese = pasted.drafts
    assert (english.language, chinese.language) == ("en", "zh-Hans")
    assert chinese.body == "<p>夜间列车，说来话长。</p>\n<p>Nightjet</p>"
    assert list_fates(pasted)[3] == list_fates(pasted)[5] == ("ambiguous", "body")
    stray = parse_pasted("# Nightjet\n\n2026\nTranslation\n总结\n说").drafts
    assert [(draft.language, draft.title, draft.body) for draft in stray] == [("zh-Hans", "Nightjet", "<p>2026</p>")]


# --- titles, text of unknown kind


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Title\nNight Trains\nSummary\nA", "Night Trains"),
        ("Title:\n\nNight Trains\n\nSummary\nA", "Night Trains"),
        ("**Title:** Night Trains: a Return\nSummary\nA", "Night Trains: a Return"),
        ("标题：夜车\n总结\n说", "夜车"),
        ("# Night Trains\n## Summary\nA", "Night Trains"),
        ("# **Night Trains** #\n## Summary\nA", "Night Trains"),
        ("Title\nHow Sleeping Cars Came Back to the Timetables\nof Europe\nSummary\nA",
         "How Sleeping Cars Came Back to the Timetables of Europe"),
        ("Title\nSummary\nA", None),
        ("Title:\nSummary\nA", None),
        ("Night Trains\n\nSummary\nA", None),
        ("## Night Trains\n\nSummary\nA", None),
        ("#NightTrains\n\nSummary\nA", None),
        ("Night Trains\n============\nSummary\nA", "Night Trains"),
    ],
)  # fmt: skip
def test_only_an_explicit_title_is_the_title(text: str, title: str | None) -> None:
    draft = parse_draft(text)
    assert draft.title == title
    assert ("Night" in draft.body) == (title is None and "Night" in text)


def test_each_language_can_have_its_title() -> None:
    pasted = parse_pasted("# Night\n## Summary\nA\n# 夜车\n引言\n## 总结\n说\n標題\n夜車\n總結\n說")
    assert [(draft.language, draft.title) for draft in pasted.drafts] == [
        ("en", "Night"),
        ("zh-Hans", "夜车"),
        ("zh-Hant", "夜車"),
    ]
    assert pasted.drafts[1].body == "<p>引言</p>"


def test_text_after_a_title_is_body() -> None:
    draft = parse_draft("Title: Night Trains\nby night\n\nMarch\nSummary\nA")
    assert (draft.title, draft.body) == ("Night Trains", "<p>by night</p>\n<p>March</p>")


def test_other_text_is_body_and_ambiguous() -> None:
    text = """        Read this <first>,
        & slowly.
        Summary
        A
        ## Why <now>?
        Because.

        - one
        - two
        Key Points
        Intro
        - B

        Afterthought
        - C

          of C
        # Late
        Text
        References
        Intro
        1. D

        Afterthought
    """
    pasted = parse_pasted(textwrap.dedent(text))
    (draft,) = pasted.drafts
    parts = (
        "&amp; slowly.</p>",
        "<p>A</p>",
        "<p>Because.</p>",
        "<li>one</li>",
        "<li>B</li>",
        "<p>of C</p>",
        "<li>D</li>",
    )
    assert [part for part in parts if part not in draft.body] == []
    assert (draft.summary, draft.key_points) == ("", ())  # headings of its own make an ordinary post of it
    assert draft.references == (Reference(title="D"),)
    ambiguous = [line.text for line in pasted.lines if (line.fate, line.role) == ("ambiguous", "body")]
    assert ambiguous == ["Read this <first>,", "& slowly.", "Intro", "Afterthought", "Intro", "Afterthought"]


def test_key_points_without_bullets_are_body() -> None:
    draft = parse_draft("Key Points\nOne\nTwo")
    assert (draft.key_points, draft.body) == ((), "<h2>Key Points</h2>\n<p>One Two</p>")


def test_paragraphs_of_a_summary() -> None:
    assert parse_draft("Summary\nA\nB\n\nC\n<\nD").summary == "A B\n\nC\n\nD"


# --- joining what was wrapped, cleaning


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        ("night\ntrains", "night trains"),
        ("cross-\nborder trains", "cross-border trains"),
        ("low-\nand high-speed trains", "low- and high-speed trains"),
        ("trains -\nand more", "trains - and more"),
        ("in 2020-\n2026", "in 2020-2026"),
        ("夜间\n列车", "夜间列车"),
        ("夜间，\nNightjet", "夜间，Nightjet"),
        ("夜间\nNightjet", "夜间 Nightjet"),
        ("欧洲Nightjet夜间\nNightjet", "欧洲Nightjet夜间Nightjet"),
        ("欧洲 Nightjet 夜间\nNightjet", "欧洲 Nightjet 夜间 Nightjet"),
        ("which the word夜间\nmeans in Chinese", "which the word夜间 means in Chinese"),
        ("밤\n기차", "밤 기차"),
        ("𠮷\n野家", "𠮷野家"),
        ("ㄅㄆ\nㄇ", "ㄅㄆㄇ"),
        ("ﾔｺｳ\nﾚｯｼｬ", "ﾔｺｳﾚｯｼｬ"),
        ("ﾡ\nﾢ", "ﾡ ﾢ"),
    ],
)
def test_wrapped_lines_are_joined(lines: str, joined: str) -> None:
    assert parse_draft(f"Summary\n{lines}").summary == joined


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        ("夜间\n列车", "夜间列车"),
        ("夜间，\nNightjet", "夜间，Nightjet"),
        ("𠮷\n野家", "𠮷野家"),
        ("ㄅㄆ\nㄇ", "ㄅㄆㄇ"),
        ("ﾔｺｳ\nﾚｯｼｬ", "ﾔｺｳﾚｯｼｬ"),
        ("밤\n기차", "밤\n기차"),
        ("ﾡ\nﾢ", "ﾡ\nﾢ"),
    ],
)
def test_lines_of_html_are_joined(lines: str, joined: str) -> None:
    assert join_cjk_lines(f"<p>{lines}</p>") == f"<p>{joined}</p>"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a&lt;b&gt; &amp;lt; AT&T &unknown; &copy=1 &#x1F682;", "a<b> &lt; AT&T &unknown; &copy=1 \U0001f682"),
        ("a&#10;b&NewLine;c&#0;d&#x1b;e", "a b c\ufffdde"),
        ("a&#" + "9" * 5000 + ";", "a&#" + "9" * 5000 + ";"),
        ("a \t  b\u00a0\u00a0c", "a b c"),
        ("« Quoi\u00a0? » «\u00a0Ça\u00a0»", "« Quoi\u00a0? » «\u00a0Ça\u00a0»"),
        ("می\u200cخواهم ‏(متن)", "می\u200cخواهم ‏(متن)"),
        ("family \U0001f469\u200d\U0001f467", "family \U0001f469\u200d\U0001f467"),
        ("e\u0301 \u212b", "é Å"),
    ],
)
def test_lines_are_cleaned(raw: str, clean: str) -> None:
    assert parse_draft(f"Summary\n{raw}").summary == clean


# --- key points


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n  - b\n    - c\n  - d\n- e", ["a", ["b", ["c"], "d"], "e"]),
        ("  - a\n      - b\n    - c\n- d", ["a", ["b", "c"], "d"]),
        ("- a\n\t- b\n        - c", ["a", ["b", ["c"]]]),
        ("•a\n▪b", ["a", "b"]),
        ("1. a\n   - b\n   - c\n2. d\n- e\n3. f", ["a", ["b", "c"], "d", ["e"], "f"]),
        ("1. a\n   1. b\n   2. c\n2. d", ["a", ["b", "c"], "d"]),
        ("- a\n  1. b\n  2. c\n- d\n  1. e", ["a", ["b", "c"], "d", ["e"]]),
        (" 9. a\n10. b", ["a", "b"]),
        ("- a\n1. b", ["a 1. b"]),
        ("1. in\n2026. was\n2. out", ["in 2026. was", "out"]),
        ("1. a 1)\n2) b\n2. c", ["a 1) 2) b", "c"]),
        ("1. grew by\n2.5 times", ["grew by 2.5 times"]),
        ("  • night trains\n— and ferries", ["night trains — and ferries"]),
        ("  • night\n    links\n  • via\n    overview", ["night links", "via overview"]),
        ("* Overview\n* Links", ["Overview", "Links"]),
        ("-\n- a\n-\n  - b", ["a", "b"]),
        ("•\n\nnight\n•", ["night"]),
        ("• R&D &lt;b&gt;", ["R&amp;D &lt;b&gt;"]),
        ("\u200f• ליל", ["ליל"]),
    ],
)
def test_key_points_nest(text: str, expected: list[object]) -> None:
    assert outline_points(parse_points(text)) == expected


def test_nesting_of_key_points_is_limited() -> None:
    text = "\n".join(" " * depth + f"- {depth}" for depth in range(DEEPEST_KEY_POINT + 3)) + "\n 1. x\n- end"
    below, depth = parse_points(text), 0
    assert [point.text for point in below] == ["0", "end"]
    while below:
        depth, deepest, below = depth + 1, below, below[0].children
    assert (depth, len(deepest)) == (DEEPEST_KEY_POINT, 4)


def test_number_out_of_sequence_is_ambiguous() -> None:
    assert [line.number for line in parse_pasted("References\n1. a\n4. b\n2. c").lines if line.fate == "ambiguous"] == [
        3
    ]
    assert [
        line.number for line in parse_pasted("Key Points\n1. a\n4. b\n2. c\n3.").lines if line.fate == "ambiguous"
    ] == [3, 5]
    assert [line.number for line in parse_pasted("References\n1. a\n2.").lines if line.fate == "ambiguous"] == [3]


# --- references


@pytest.mark.parametrize(
    ("line", "title", "publishers", "url"),
    [
        ("[A](https://a.example/) - B", "A", ("B",), "https://a.example/"),
        ("A - [B](https://a.example/x_(y))", "A", ("B",), "https://a.example/x_(y)"),
        ('[A](<https://a.example/> "tip") - B', "A", ("B",), "https://a.example/"),
        ("A - B <https://a.example/>", "A", ("B",), "https://a.example/"),
        ("A <https://a.example/> - B", "A", ("B",), "https://a.example/"),
        ("A - B / C https://a.example/", "A", ("B", "C"), "https://a.example/"),
        ("A - https://a.example/.", "A", (), "https://a.example/"),
        ("A: https://a.example/;", "A", (), "https://a.example/"),
        ("A (https://a.example/)", "A", (), "https://a.example/"),
        ("A [https://a.example/]", "A", (), "https://a.example/"),
        ("官网（https://a.example/路）。", "官网", (), "https://a.example/路"),
        ("A https://en.wikipedia.org/wiki/A_(b)", "A", (), "https://en.wikipedia.org/wiki/A_(b)"),
        ("A (https://en.wikipedia.org/wiki/A_(b))", "A", (), "https://en.wikipedia.org/wiki/A_(b)"),
        ("A - B\nhttps://a.example/", "A", ("B",), "https://a.example/"),
        ("A - B\n\n<https://a.example/>", "A", ("B",), "https://a.example/"),
        ("A -\nhttps://a.example/", "A", (), "https://a.example/"),
        ("https://a.example/", "https://a.example/", (), "https://a.example/"),
        ("HTTPS://a.example/", "HTTPS://a.example/", (), "HTTPS://a.example/"),
        ("A https://a.example/ (seen in May)", "A https://a.example/ (seen in May)", (), "https://a.example/"),
        (
            "A https://a.example/ https://b.example/",
            "A",
            (),
            "https://a.example/",
        ),
        ("A https://", "A https://", (), None),
        ("[A](https://a.example/", "[A](https://a.example/", (), None),
        ("A https://a.example/" + "x" * 9000, "A https://a.example/" + "x" * 9000, (), None),
        ("GPT-OSS – A/B", "GPT-OSS", ("A/B",), None),
    ],
)
@pytest.mark.parametrize("mark", ["1. ", "- ", ""])
def test_references(mark: str, line: str, title: str, publishers: tuple[str, ...], url: str | None) -> None:
    (reference,) = parse_references(mark + line)
    assert reference == Reference(title=title, publishers=publishers, url=url)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("1. A\n- B\n2. C", ["A - B", "C"]),
        ("1. A\n3. B", ["A 3. B"]),
        ("1. 官网 - 出版社\n/ 报社\n2. 乙", ["官网 - 出版社 / 报社", "乙"]),
        ("1. 官网 - 出版社 /\n报社\n2. 乙", ["官网 - 出版社 / 报社", "乙"]),
        ("1. 官网 -\n出版社\n2. 乙 –\n丙", ["官网 - 出版社", "乙 - 丙"]),
        ("[1](https://a.example/)\n[2](https://b.example/)", ["1", "2"]),
        ("• A\n- B\n• C", ["A - B", "C"]),
        ("• A\n▪ B", ["A", "B"]),
        ("A\nB\n\nC", ["A", "B", "C"]),
        ("A\n2026. B", ["A", "2026. B"]),
        ("https://a.example/\nhttps://b.example/", ["https://a.example/", "https://b.example/"]),
        ("1. A\n\n   B\n2. C", ["A B", "C"]),
        ("- A\n  https://a.example/\n  https://b.example/", ["A"]),
    ],
)
def test_lists_of_references(text: str, titles: list[str]) -> None:
    assert [reference.label for reference in parse_references(text)] == titles


# --- source, neighbours, furniture


@pytest.mark.parametrize(
    "text",
    [
        "Reference:\nhttps://a.example/\nSummary\nA",
        "Summary\nA\nReference\n\n<https://a.example/>.",
        "Summary\nA\nSource: <https://a.example/>",
        "Summary\nA\nSource https://a.example/",
        "Summary\nA\nReference: https://a.example/\nReference: https://a.example/\nSource\nhttps://a.example/",
        "Summary\nA\nTranslation\n原文链接：https://a.example/",
    ],
)
def test_source_belongs_to_the_whole_document(text: str) -> None:
    pasted = parse_pasted(text)
    assert pasted.via == "https://a.example/"
    assert pasted.drafts == (Draft(language="en", summary="A"),)
    assert ("kept", "source") in list_fates(pasted)


@pytest.mark.parametrize("text", ["Source: [Film](https://a.example/)", "Source\n[Film](https://a.example/)"])
def test_words_of_a_linked_source_are_ambiguous(text: str) -> None:
    pasted = parse_pasted(f"Summary\nA\n{text}")
    assert pasted.via == "https://a.example/"
    assert ("ambiguous", "source") in list_fates(pasted)


@pytest.mark.parametrize("text", ["Source: https://b.example/", "Source\nhttps://b.example/"])
def test_second_source_is_body(text: str) -> None:
    pasted = parse_pasted(f"Source: https://a.example/\nSummary\nA\n{text}")
    assert pasted.via == "https://a.example/"
    assert "https://b.example/" in pasted.drafts[0].body


@pytest.mark.parametrize(
    ("text", "titles", "body"),
    [
        ("Reference\n1. A\n2. B", ["A", "B"], ""),
        ("Summary\nA\nReference\n1. A\n2. B", ["A", "B"], ""),
        ("Summary\nA\n---\nReference\n1. A\n2. B", ["A", "B"], ""),
        ("References\n1. A\nSource\nB\nC", ["A"], "<p>B C</p>"),
        ("Summary\nA\nSource\n[A](https://a.example/) and B", ["A and B"], ""),
    ],
)
def test_list_below_reference_is_the_references(text: str, titles: list[str], body: str) -> None:
    draft = parse_draft(text)
    assert ([reference.title for reference in draft.references], draft.body) == (titles, body)


def test_neighbours() -> None:
    pasted = parse_pasted(
        "Summary\nA\nPrevious Post\n\n[B - b](https://b.example/)\n>\nNext:\nC\n上一篇\n[B - b](https://b.example/)"
        "\nPrevious\nD\nNext\n>\nE"
    )
    assert pasted.previous == Reference(title="B - b", url="https://b.example/")
    assert pasted.next == Reference(title="C")
    assert pasted.drafts[0].summary == "A\n\nD\n\nE"
    assert [line.text for line in pasted.lines if line.fate == "ambiguous"] == ["D", "E"]


# --- errors


@pytest.mark.parametrize(
    "text", ["", "\ufeff", " \n\t\n\u200b", "Reference: https://a.example/", "<\nPrevious\nA", "Share", "---"]
)
def test_nothing_to_import(text: str) -> None:
    assert find_codes(text) == ["E201"]


def test_illegal_characters_are_reported_with_positions() -> None:
    with pytest.raises(EntryError) as caught:
        parse_pasted("Summary\nA\x00B\n" + "\ud800\n" * 30)
    problems = caught.value.problems
    assert [(problem.code, problem.line, problem.column) for problem in problems[:2]] == [
        ("E202", 2, 2),
        ("E202", 3, 1),
    ]
    assert (problems[0].message, problems[0].excerpt) == ("U+0000 is not allowed in feeds", "A\x00B")
    assert len(problems) == 20
    assert "31 lines" in problems[-1].hint


@pytest.mark.parametrize("text", ["2026", "Night trains are coming back", "รถไฟกลางคืน", "中文", "## 中文"])
def test_text_without_headings_needs_a_script_of_one_language(text: str) -> None:
    assert find_codes(text) == ["E203"]


def test_unknown_language_is_an_error() -> None:
    with pytest.raises(EntryError) as caught:
        parse_pasted("\nNightjet\nÖBB\n翻译\nSnälltåget")
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.excerpt) == ("E203", 2, "Nightjet")


def test_two_texts_in_one_language() -> None:
    with pytest.raises(EntryError) as caught:
        parse_pasted("Summary\nA\nKey Points\n- a\n总结\n说\nOverview\nB\nHighlights\n- b")
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.excerpt) == ("E204", 7, "Overview")
    assert problem.message == "a second text in English begins here; the first begins on line 1"


@pytest.mark.parametrize(
    ("text", "summary", "points", "titles"),
    [
        ("TL;DR\nA\n\nOverview\nB\n\nSources\n- C", "A\n\nB", [], ["C"]),
        ("Summary\nA\nHighlights\n- a\nSources\n1. C\nKey Insights\n1. b\n   - c", "A", ["a", "b", ["c"]], ["C"]),
        ("Summary\nA\nSources\n1. C\n2. D\nFurther Reading\n• E", "A", [], ["C", "D", "E"]),
        ("Summary\nA\nKey Points\n- a\n总结\n说\nTranslation\nTakeaways\n- b", "A", ["a", "b"], []),
    ],
)
def test_two_sections_of_one_kind_are_joined(text: str, summary: str, points: list[object], titles: list[str]) -> None:
    draft = parse_pasted(text).drafts[0]
    assert (draft.summary, outline_points(draft.key_points), draft.body) == (summary, points, "")
    assert [reference.title for reference in draft.references] == titles


# --- what people paste (K8)


@pytest.mark.parametrize("case", load_cases("pasted"))
def test_pasted_text_becomes_markdown(case: dict[str, Any]) -> None:
    result = read_pasted(case["text"])
    assert list(result.markdown) == case["markdown"]
    assert result.pasted.drafts[0].title == case.get("title")
    assert find_lines(result.pasted, "dropped") == case.get("dropped", [])
    assert find_lines(result.pasted, "ambiguous") == case.get("ambiguous", [])
    assert (result.pasted.author, result.pasted.published) == (case.get("author"), case.get("published"))


def find_lines(pasted: PastedText, fate: str) -> list[str]:
    return [line.text for line in pasted.lines if line.fate == fate and line.text.strip()]


@pytest.mark.parametrize("case", load_cases("pasted"))
def test_markdown_of_pasted_text_stays_as_it_is(case: dict[str, Any]) -> None:
    for markdown in case["markdown"]:
        result = read_pasted(markdown, language="en")
        assert list(result.markdown) == [markdown]


TEXTS_OF_PEOPLE = sorted(Path(__file__).parent.joinpath("cases/pasted").glob("*.txt"))


@pytest.mark.parametrize("path", TEXTS_OF_PEOPLE, ids=lambda path: path.stem)
def test_texts_that_people_paste(path: Path) -> None:
    pasted = parse_pasted(path.read_text(encoding="utf-8"))
    expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    assert [convert_draft(draft) for draft in pasted.drafts] == expected["draft"]
    assert find_lines(pasted, "dropped") == expected["dropped"]
    assert find_lines(pasted, "ambiguous") == expected["ambiguous"]
    for name in ("via", "author", "published"):
        assert getattr(pasted, name) == expected.get(name)
    for name in ("previous", "next"):
        assert getattr(getattr(pasted, name), "title", None) == expected.get(name)


def convert_draft(draft: Draft) -> dict[str, Any]:
    """Return a draft in the form of the files with expected articles."""
    return {
        "language": draft.language,
        "title": draft.title or "",
        "summary": draft.summary,
        "key_points": outline_points(draft.key_points),
        "references": [[reference.label, reference.url or ""] for reference in draft.references],
    }


def test_there_are_enough_texts_that_people_paste() -> None:
    assert len(TEXTS_OF_PEOPLE) >= 10


@pytest.mark.parametrize(
    ("text", "language", "title"),
    [
        ("Night buses are back.\n\nThey run until four.", "en", None),
        ("# Night Buses\n\nThey are **back**.\n\n## Prices\n\n- Two euros", "en", "Night Buses"),
        ("Les bus sont de retour.", "fr", None),
        ("夜间列车", "zh-Hant", None),
    ],
)
def test_text_without_headings_in_a_stated_language(text: str, language: str, title: str | None) -> None:
    pasted = parse_pasted(text, language=language)
    (draft,) = pasted.drafts
    assert (draft.language, draft.title) == (language, title)
    assert find_lines(pasted, "ambiguous") == []
    assert draft.body


def test_headings_decide_the_language_before_the_option() -> None:
    assert [draft.language for draft in parse_pasted("总结\n说", language="en").drafts] == ["zh-Hans"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Summary\nA\n\n## Refrences\n- B", "nearly the heading “references”"),
        ("Night\n\nKey Pionts\n- B\n\nSources\n- C", "nearly the heading “key points”"),
        ("Zusammenfassung\nA\n\nQuelen\n- B", "nearly the heading “quellen”"),
        ("Summary\nA\n\nKey Points\n- B\n\nMore", ""),
    ],
)
def test_nearest_heading_is_suggested(text: str, hint: str) -> None:
    hints = [line.hint for line in parse_pasted(text).lines if line.fate == "ambiguous"]
    assert hint in hints
    assert [suggestion for suggestion in hints if suggestion] == ([hint] if hint else [])


# --- any text

MARKS = "•|-|*|—|>|<| |\t|\u3000|\u00a0|#|.|:|：|)|(|[|]|&|;|/|\n|\n\n|\r\n|\v|1. |2) |[3] "
SIGNS = " - | / |——|&lt;|&#10;|\u200b|\u200f|\u0301"
HEADS = (
    "Summary\n|总结\n|要点\n|Key Points\n|References\n|Reference\n|Title: |# |Source: |---\n|Translation\n|Previous\n"
)
WORDS = "https://a.example/| [w](https://b.example/) |<https://c.example/>|night|trains|夜间|列车|よる|ночь|שלום"
PIECES = st.sampled_from("|".join((MARKS, SIGNS, HEADS, WORDS)).split("|"))
TEXTS = st.lists(PIECES, max_size=40).map("".join)


@given(st.one_of(TEXTS, st.text()))
@example("Summary\nA\n# B\n# C\nTranslation\n# D\nTranslation\n2026")
@example("References\n1.\n\n2. - https://a.example/\n( https://b.example/ )")
def test_any_text_is_read_the_same_way_twice_or_refused(text: str) -> None:
    def read() -> object:
        try:
            return parse_pasted(text)
        except EntryError as error:
            return error.problems

    assert read() == read()


@given(TEXTS)
def test_no_line_is_lost(text: str) -> None:
    try:
        pasted = parse_pasted(text)
    except EntryError:
        return
    words = find_words(" ".join(find_strings({name: part for name, part in asdict(pasted).items() if name != "lines"})))
    for line in pasted.lines:
        if line.fate == "dropped" or line.role == "heading" or (line.fate, line.role) == ("ambiguous", "source"):
            continue
        if line.role == "references" and line.text.count("://") > 1:  # the file holds them all; lint says W109
            continue
        missing = find_words(line.text) - words
        assert all(word.isdigit() or word in ("Title", "Source", "Reference") for word in missing), (line, missing)


def find_strings(value: object) -> Iterator[str]:
    """Return every text in nested values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from find_strings(part)


def find_words(text: str) -> set[str]:
    """Return the words of a text, whatever stands between them; hard wraps may have parted or glued Chinese."""
    clean = re.sub("[\u200b\u200f]", "", unicodedata.normalize("NFC", unescape(text))).replace("https:", " https:")
    return set(re.findall(r"[a-zA-Z]+|[0-9]+|[^\W\d_a-zA-Z]", clean))


@pytest.mark.parametrize(
    "text",
    [
        "Summary\n" + "night trains\n" * 20_000,
        "Summary\n" + "night trains " * 100_000,
        "Key Points\n" + "".join("\t" * min(depth, 300) + "- point\n" for depth in range(5_000)),
        "References\n1. " + "[a](https://x(" * 80_000,
        "References\n1. https://a.example/" + ")" * 1_000_000,
        "References\n1. a" + "\u3000" * 1_000_000 + "/",
        "Summary\ne" + "\u0301\u0323" * 500_000,
        "Summary\n" + "&" * 1_000_000,
        "Summary\nA\n" + "# B\nReference\nC\n" * 4_000,
        "Summary\nA\n总结\n说\n" * 2_000,
        "- " * 1_000_000,
    ],
    ids=[
        "lines",
        "line",
        "indents",
        "links",
        "brackets",
        "spaces",
        "marks",
        "ampersands",
        "headings",
        "drafts",
        "rule",
    ],
)
def test_reading_takes_linear_time(text: str) -> None:
    start = time.process_time()
    with contextlib.suppress(EntryError):
        parse_pasted(text)
    assert time.process_time() - start < 20  # it takes about one second; squares would take minutes
