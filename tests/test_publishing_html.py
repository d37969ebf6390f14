"""What HTML of an entry file is published, and that lint tells what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import feedpub
from support.case_files import load_cases
from support.html_oracle import find_violations
from support.sample_sites import SETTINGS, post, write_site

if TYPE_CHECKING:
    from pathlib import Path

_CODES = frozenset({"W105", "W106", "W130", "W131", "N132"})


@pytest.mark.parametrize("case", load_cases("publishing_html"))
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", {"a.en.md": post(f"{case['markdown']}\n")})

    entry = feedpub.load(folder).articles[0].entries["en"]

    content = feedpub.render(entry)
    assert find_violations(content) == []
    if "content" in case:
        assert case["content"] in content
    if "without" in case:
        assert case["without"] not in content
        assert case["without"] not in entry.summary
    if "once" in case:
        assert content.count(case["once"]) == 1
    if "summary" in case:
        assert entry.summary == case["summary"]
    told = {problem.code for problem in feedpub.lint(folder)} & _CODES
    assert sorted(told) == sorted(case.get("told", []))


@pytest.mark.parametrize(
    ("name", "title"), [("a.en.md", "Warning"), ("a.zh-Hans.md", "警告"), ("a.fr-CA.md", "Avertissement")]
)
def test_alerts_have_titles_in_the_language_of_the_entry(name: str, title: str, tmp_path: Path) -> None:
    settings = SETTINGS.replace('"zh-Hans"', '"zh-Hans", "fr-CA"')
    folder = write_site(tmp_path / "entries", {name: post("> [!WARNING]\n> A\n\n> [!warning] Own\n> B\n")}, settings)

    (entry,) = feedpub.load(folder).articles[0].entries.values()

    assert f"<strong>{title}</strong>" in feedpub.render(entry)
    assert "<strong>Own</strong>" in feedpub.render(entry)


@pytest.mark.parametrize(
    ("setting", "key", "is_broken"),
    [("", "", False), ("true", "", True), ("", "true", True), ("true", "false", False), ("false", "true", True)],
)
def test_line_ends_are_line_breaks_if_hard_breaks_says_so(
    setting: str, key: str, is_broken: bool, tmp_path: Path
) -> None:
    text = post("春眠不觉晓\n处处闻啼鸟\n", hard_breaks=key)
    settings = SETTINGS + (f"hard_breaks = {setting}\n" if setting else "")
    folder = write_site(tmp_path / "entries", {"a.en.md": text}, settings)

    (entry,) = feedpub.load(folder).articles[0].entries.values()

    assert ("春眠不觉晓<br>" in feedpub.render(entry)) is is_broken
    assert ("N134" in {problem.code for problem in feedpub.lint(folder)}) is not is_broken


def test_verse_may_hold_alerts(tmp_path: Path) -> None:
    text = post("> [!NOTE]\n> A\n> B\n\n> [!TIP] Own\n> C\n", hard_breaks="true")
    folder = write_site(tmp_path / "entries", {"a.en.md": text})

    content = feedpub.render(feedpub.load(folder).articles[0].entries["en"])

    assert "<strong>Note</strong></p>\n<p>A<br>\nB</p>" in content
    assert "<strong>Own</strong></p>\n<p>C</p>" in content


@pytest.mark.parametrize(
    "text",
    [
        "春眠不觉晓，\n处处闻啼鸟",
        "春眠不觉晓  \n处处闻啼鸟",
        "春眠不觉晓\n\n处处闻啼鸟",
        "春眠不觉晓\nand a line",
        "```\n春眠不觉晓\n处处闻啼鸟\n```",
        "- 春眠不觉晓\n- 处处闻啼鸟",
    ],
)
def test_no_note_where_no_line_without_punctuation_is_joined(text: str, tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", {"a.en.md": post(f"{text}\n")})

    assert "N134" not in {problem.code for problem in feedpub.lint(folder)}


def test_the_joined_line_is_marked(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", {"a.en.md": post("A\n\n> 夜来，\n> 风雨声\n> 花落知多少\n")})

    (problem,) = [problem for problem in feedpub.lint(folder) if problem.code == "N134"]

    assert (problem.line, problem.column, problem.excerpt) == (8, 5, "> 风雨声")
