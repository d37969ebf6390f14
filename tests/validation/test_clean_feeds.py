"""Feeds without a fault: those that feedpub writes, and feeds as other generators write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from skeletons import NOW, make_atom, make_json, make_rss

from feedpub.validation.validator import check_bytes

GOLDEN = Path(__file__).parent.parent / "golden"
CLEAN = Path(__file__).parent / "clean"
# It quotes HTML on purpose ("AT&amp;T <b>"), which looks like HTML that was escaped twice.
QUOTES_HTML = {"hard-texts": {"W312"}}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/*.*")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_feeds_of_feedpub_have_no_problem(path: Path) -> None:
    problems = check_bytes(path.read_bytes(), path=path.name, now=NOW)
    allowed = QUOTES_HTML.get(path.parent.name, set())
    assert [problem for problem in problems if problem.severity != "note" and problem.code not in allowed] == []


@pytest.mark.parametrize("path", sorted(CLEAN.iterdir()), ids=lambda path: path.name)
def test_feeds_of_other_generators_have_no_problem(path: Path) -> None:
    problems = check_bytes(path.read_bytes(), path=path.name, now=NOW)
    assert [problem for problem in problems if problem.severity != "note"] == []


@pytest.mark.parametrize("text", [make_atom(), make_rss(), make_json()], ids=["atom", "rss", "json"])
def test_skeletons_have_no_problem(text: str) -> None:
    assert check_bytes(text.encode(), now=NOW) == []


# What large sites publish today, with the faults that it has.
FAULTY = {"mastodon-rss.xml": {"W502"}, "youtube-atom.xml": {"E312", "E401"}}


@pytest.mark.parametrize("name", FAULTY)
def test_feeds_of_large_sites(name: str) -> None:
    problems = check_bytes((Path(__file__).parent / "faulty" / name).read_bytes(), now=NOW)
    assert {problem.code for problem in problems if problem.severity != "note"} == FAULTY[name]
