"""What went wrong in posts of real blogs, as data: tests/cases/real_posts.toml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

import feedpub
from support.case_files import load_cases
from support.sample_sites import write_site

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = 'base_url = "https://site.test/"\nauthority = "site.test,2026"\nlanguages = ["en"]\n'
_CONTENT = "{http://www.w3.org/2005/Atom}content"


@pytest.mark.parametrize("case", load_cases("real_posts"))
def test_real_post(case: dict[str, Any], tmp_path: Path) -> None:
    text = case["text"] if case["text"].startswith("---") else f"---\ntitle: T\ndate: 2026-01-01\n---\n{case['text']}\n"
    folder = write_site(tmp_path / "entries", {"p.en.md": text}, SETTINGS)
    feedpub.build(folder, tmp_path / "public")
    (content,) = etree.parse(tmp_path / "public" / "en" / "atom.xml").iter(_CONTENT)
    assert re.sub(r"\s+", " ", content.text or "").strip() == case["content"]
    codes = sorted(problem.code for problem in feedpub.lint(folder))
    assert codes == case.get("codes", [])
