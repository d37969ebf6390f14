"""Ids that readers regard as equal are refused in values, folders and builds, whichever file comes first."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import feedpub
from feedpub.iri import encode_iri, fold_id
from support.case_files import load_cases
from support.sample_builds import Desk, article, published

if TYPE_CHECKING:
    from pathlib import Path

CASES = load_cases("ids")


def write_entries(desk: Desk, case: dict[str, Any], *names: str) -> None:
    """Write the entries of a case: `first` as ``one``, `second` under its key."""
    texts = {"one": article("One", "2026-01-01", id=quote_id(case["first"]))}
    texts[case.get("key", "two")] = article("Two", "2026-01-02", id=quote_id(case["second"]))
    for name in names:
        name = case.get("key", "two") if name == "two" else name
        desk.write(f"{name}.en.md", texts[name])


def quote_id(identity: str) -> str:
    return f'"{identity}"' if identity else ""


def list_errors(problems: tuple[feedpub.Problem, ...]) -> set[str]:
    return {problem.code for problem in problems if problem.severity == "error"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "entries")


@pytest.mark.parametrize("case", CASES)
def test_ids_of_values(case: dict[str, Any]) -> None:
    ids = case["first"], case["second"] or f"tag:site.test,2026:{case.get('key', 'two')}/en"
    assert (fold_id(ids[0]) == fold_id(ids[1])) is case["equal"]
    person = (feedpub.Person(name="Ann"),)
    when = datetime(2026, 1, 1, tzinfo=UTC)
    entries = tuple(
        feedpub.Entry(id=identity, language="en", title="T", link="https://x.test/", published=when, authors=person)
        for identity in ids
    )
    values: dict[str, Any] = {"id": "tag:x.test,2026:en", "language": "en", "title": "F", "link": "https://x.test/"}
    if case["equal"]:
        with pytest.raises(feedpub.FieldError, match="two have the id"):
            feedpub.Feed(entries=entries, **values)
    else:
        assert len(feedpub.Feed(entries=entries, **values).entries) == 2
        assert len({encode_iri(entry.id) for entry in entries}) == 2


def test_one_value_twice() -> None:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    entry = feedpub.Entry(id="tag:x.test,2026:a", language="en", title="T", link="https://x.test/", published=when)
    with pytest.raises(feedpub.FieldError, match="two have the id"):
        feedpub.Feed(id="tag:x.test,2026:en", language="en", title="F", link="https://x.test/", entries=(entry, entry))


@pytest.mark.parametrize("case", CASES)
def test_ids_of_files(case: dict[str, Any], desk: Desk) -> None:
    write_entries(desk, case, "one", "two")
    assert list_errors(feedpub.lint(desk.folder)) == ({"E116"} if case["equal"] else set())
    if case["equal"]:
        with pytest.raises(feedpub.EntryError):
            feedpub.load(desk.folder)
        assert [len(article.entries) for article in feedpub.load(desk.folder, keep_going=True).articles] == [1]
    else:
        assert len(feedpub.load(desk.folder).articles) == 2


@pytest.mark.parametrize("first", ["one", "two"])
@pytest.mark.parametrize("case", CASES)
def test_ids_of_incremental_builds(case: dict[str, Any], first: str, desk: Desk, tmp_path: Path) -> None:
    """The second entry is added when the first one is published; then both are edited in turn."""
    public, fresh = tmp_path / "public", tmp_path / "fresh"
    write_entries(desk, case, first)
    feedpub.build(desk.folder, public)
    before = published(public)
    write_entries(desk, case, "one", "two")
    if case["equal"]:
        with pytest.raises(feedpub.EntryError) as caught:
            feedpub.build(desk.folder, public)
        assert list_errors(caught.value.problems) == {"E116"}
        assert published(public) == before
        feedpub.build(desk.folder, public, keep_going=True)
    for name in ("one", case.get("key", "two")):
        if case["equal"]:
            break
        feedpub.build(desk.folder, public)
        assert published(public) == desk.fresh(fresh)
        path = os.path.join(desk.folder, f"{name}.en.md")
        with open(path, encoding="utf-8") as file:
            desk.write(f"{name}.en.md", file.read() + "\nMore.\n")
    feedpub.build(desk.folder, public, keep_going=True)
    assert published(public) == desk.fresh(fresh, keep_going=True)
    ids = [entry.split("</id>")[0] for entry in published(public)["en/atom.xml"].decode().split("<entry ")[1:]]
    assert len(ids) == len(set(ids)) == (1 if case["equal"] else 2)


def test_many_references_take_linear_time() -> None:
    assert fold_id("a:" + "&amp;" * 200_000) == "a:" + "&" * 200_000
    assert fold_id("a:&" + "amp;" * 200_000).startswith("a:&amp;amp;")
