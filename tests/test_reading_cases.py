"""Cases from real posts: what an entry file becomes in a feed, and which problems are reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import feedpub
from support.case_files import load_cases
from support.feed_parser import parse_xml

if TYPE_CHECKING:
    from pathlib import Path

ATOM = "{http://www.w3.org/2005/Atom}"
SETTINGS = 'base_url = "https://site.test/"\nauthority = "site.test,2026"\nlanguages = ["en"]\n'


def read_case(folder: Path, case: dict[str, Any]) -> dict[str, Any]:
    """Return content and summary of an entry file in Atom, and its problems with their positions."""
    (folder / "feedpub.toml").write_text(SETTINGS, encoding="utf-8")
    front = f"---\ntitle: T\ndate: 2026-01-01\n{case.get('front_matter', '')}---\n"
    (folder / "p.en.md").write_text(front + case["markdown"], encoding="utf-8")
    site = feedpub.load(folder)
    root = parse_xml(feedpub.to_atom(site.feed("en")))
    (entry,) = root.iter(f"{ATOM}entry")
    first_line = front.count("\n")
    return {
        "content": entry.findtext(f"{ATOM}content") or "",
        "summary": entry.findtext(f"{ATOM}summary") or "",
        "problems": [
            f"{problem.code} {problem.line - first_line}:{problem.column} "
            f"{problem.excerpt[problem.column - 1 : problem.end_column - 1]}"
            for problem in feedpub.lint(folder)
        ],
    }


@pytest.mark.parametrize("case", load_cases("reading"))
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    result = read_case(tmp_path, case)
    assert result["content"].split("\n") == case["content"].strip().split("\n")
    assert result["summary"] == case["summary"]
    assert result["problems"] == case.get("problems", [])
