"""Front matter of other programs and people, as data: tests/cases/front_matter.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import feedpub
from support.case_files import load_cases
from support.sample_sites import write_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from feedpub import Entry, Person

SETTINGS = 'base_url = "https://site.test/"\nauthority = "site.test,2026"\nlanguages = ["en"]\n'
ABOUT_THE_CASE = {"id", "name", "lines", "text", "settings", "codes", "message", "hint", "marked", "about", "draft"}


def _person(person: Person) -> str:
    return " ".join([person.name, *(f"<{address}>" for address in (person.uri, person.email) if address)])


# What a case may say of the entry, and how the entry says it.
SHOWN: dict[str, Callable[[Entry], Any]] = {
    "title": lambda entry: entry.title,
    "entry_id": lambda entry: entry.id,
    "has_title": lambda entry: entry.has_title,
    "published": lambda entry: entry.published.isoformat(),
    "updated": lambda entry: entry.updated.isoformat(),
    "summary": lambda entry: entry.summary,
    "source": lambda entry: entry.via,
    "image": lambda entry: entry.image,
    "rights": lambda entry: entry.rights,
    "authors": lambda entry: [_person(person) for person in entry.authors],
    "categories": lambda entry: [category.term for category in entry.categories],
    "enclosures": lambda entry: [enclosure.url for enclosure in entry.enclosures],
    "previous": lambda entry: f"{entry.previous.title} <{entry.previous.url}>" if entry.previous else None,
}


@pytest.mark.parametrize("case", load_cases("front_matter"))
def test_front_matter(case: dict[str, Any], tmp_path: Path) -> None:
    text = case.get("text") or f"---\ntitle: T\ndate: 2026-01-01\n{case['lines']}\n---\nText.\n"
    settings = f"{SETTINGS}{case.get('settings', '')}\n"
    site = feedpub.load(write_site(tmp_path, {case.get("name", "p.en.md"): text}, settings), keep_going=True)
    codes = sorted(problem.code for problem in site.problems)
    assert codes == sorted(case.get("codes", ["N108"] if "draft" in case else [])), site.problems
    fails = any(code.startswith("E") for code in codes)
    expected = {key: value for key, value in case.items() if key not in ABOUT_THE_CASE}
    if fails or "draft" in case:
        assert not site.articles
        assert not expected
    else:
        (article,) = site.articles
        result: dict[str, Any] = {"key": article.key}
        result |= {name: show(article.entries["en"]) for name, show in SHOWN.items()}
        assert {name: result[name] for name in expected} == expected
    if case.keys() & {"message", "hint", "marked"}:
        about = case.get("about", case["codes"][0])
        problem = next(problem for problem in site.problems if problem.code == about)
        assert case.get("message", "") in problem.message
        assert case.get("hint", "") in problem.hint
        if "marked" in case:
            assert problem.excerpt[problem.column - 1 : problem.end_column - 1] == case["marked"]


@pytest.mark.parametrize("case", load_cases("front_matter"))
def test_a_build_reads_what_lint_reads(case: dict[str, Any], tmp_path: Path) -> None:
    text = case.get("text") or f"---\ntitle: T\ndate: 2026-01-01\n{case['lines']}\n---\nText.\n"
    settings = f"{SETTINGS}{case.get('settings', '')}\n"
    folder = write_site(tmp_path / "entries", {case.get("name", "p.en.md"): text}, settings)
    expected = {problem for problem in feedpub.lint(folder) if problem.severity == "error"}
    result = feedpub.build(folder, tmp_path / "public", keep_going=True)
    assert {problem for problem in result.problems if problem.severity == "error"} == expected
    site = feedpub.load(folder, keep_going=True)
    pages = {article.key for article in site.articles}
    public = tmp_path / "public" / "en"
    assert {path.parent.name for path in public.glob("*/index.html")} - {"archive"} == pages
