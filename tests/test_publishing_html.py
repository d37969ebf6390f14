"""What HTML of an entry file is published, and that lint tells what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import feedpub
from case_files import load_cases
from html_oracle import find_violations
from sample_sites import post, write_site

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
