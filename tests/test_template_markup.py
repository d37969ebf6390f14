"""Template markup of other programs in Markdown is reported with its position, and not published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import feedpub
from feedpub.entries.markdown.template_markup import find_template_markup, remove_template_markup
from support.case_files import load_cases
from support.sample_sites import post, write_site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("case", load_cases("template_markup"))
def test_case(case: dict[str, Any]) -> None:
    markdown = case["markdown"]
    markup = find_template_markup(markdown)

    assert [[piece.kind, markdown[piece.start : piece.end]] for piece in markup if piece.is_reported] == case["found"]
    published = remove_template_markup(markdown, find_template_markup(markdown))
    assert published == case["published"]
    assert published.count("\n") == markdown.count("\n")
    again = [published[piece.start : piece.end] for piece in find_template_markup(published) if piece.is_reported]
    assert again == case.get("text", [])


@pytest.mark.parametrize("case", load_cases("template_markup"))
def test_lint_reports_the_position(case: dict[str, Any], tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", {"a.en.md": post(f"{case['markdown']}\n")})
    problems = [problem for problem in feedpub.lint(folder) if problem.code == "W131"]
    lines = f"{post()[: -len('Text.') - 1]}{case['markdown']}\n".split("\n")
    starts = [lines[problem.line - 1][problem.column - 1 :] for problem in problems]
    assert [text.split("\n")[0] for _, text in case["found"]] == [
        start[: len(text.split("\n")[0])] for start, (_, text) in zip(starts, case["found"], strict=True)
    ]


@pytest.mark.parametrize("text", ["{{ a }}", "[[a]]", "{: .a}", "{% a %}", "<Ab/>"])
@pytest.mark.parametrize("around", ["{}b", "b{}", "b {} c", "  {}  ", "{0} {0}", "b\n{}\nc", "b {}  \nc", "> {}\n> b"])
def test_removal_makes_no_code_and_no_line_breaks(text: str, around: str) -> None:
    for line in remove_template_markup(around.format(text), find_template_markup(around.format(text))).split("\n"):
        assert not line.startswith("    ")
        assert not line.endswith("  ")
