"""What is said when something meets a limit of docs/reference/limits.md, and that reports stay small."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

import feedpub
from feedpub import iri
from feedpub.cli.main import main
from feedpub.errors import LONGEST_EXCERPT_CHARACTERS, MOST_PROBLEMS_OF_A_CODE, Problem, ProblemList
from feedpub.links.redirects import find_redirect_target
from feedpub.site.settings import read_config
from feedpub.transport.http1 import ResponseReader
from support.sample_feeds import entry

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = 'base_url = "https://site.test/"\nauthority = "site.test,2026"\n'


def write_entry(folder: Path, front: str = "", text: str = "Text.\n") -> None:
    (folder / "feedpub.toml").write_text(SETTINGS, encoding="utf-8")
    matter = f"---\ntitle: T\npublished: 2026-02-01\n{front}---\n"
    (folder / "a.en.md").write_text(f"{matter}{text}", encoding="utf-8")


def problems_of(folder: Path, front: str = "") -> list[Problem]:
    write_entry(folder, front)
    return [problem for problem in feedpub.lint(folder) if problem.severity != "note"]


@pytest.mark.parametrize("key", ["categories", "tags", "authors"])
def test_s5_an_entry_has_a_hundred_values(key: str, tmp_path: Path) -> None:
    values = [f"v{number}" for number in range(101)]
    assert not problems_of(tmp_path, f"{key}: [{', '.join(values[:100])}]\n")
    (problem,) = problems_of(tmp_path, f"{key}: [{', '.join(values)}]\n")
    assert (problem.code, problem.line, problem.path.endswith("a.en.md")) == ("E110", 4, True)
    assert "101 values; at most 100" in problem.message


def test_s5_enclosures_too(tmp_path: Path) -> None:
    lines = "".join(f"- https://x.test/{number}.mp3\n" for number in range(101))
    (problem,) = problems_of(tmp_path, f"enclosures:\n{lines}")
    assert (problem.code, "at most 100" in problem.message) == ("E110", True)


def test_s5_the_same_for_values_of_the_library() -> None:
    categories = tuple(feedpub.Category(term=str(number)) for number in range(101))
    assert entry(categories=categories[:100]).categories
    with pytest.raises(feedpub.FieldError, match=r"categories: has 101 values"):
        entry(categories=categories)
    with pytest.raises(feedpub.FieldError, match=r"term: has 1,001 characters"):
        feedpub.Category(term="a" * 1001)


@pytest.mark.parametrize("front", ["title: " + "a" * 1001 + "\n"])
def test_s5_a_build_refuses_what_lint_refuses(front: str, tmp_path: Path) -> None:
    entries = tmp_path / "entries"
    entries.mkdir()
    (entries / "feedpub.toml").write_text(SETTINGS, encoding="utf-8")
    text = f"---\n{front}published: 2026-02-01\n---\n## Summary\n\nText.\n"
    (entries / "a.en.md").write_text(text, encoding="utf-8")
    with pytest.raises(feedpub.EntryError, match="has 1,001 characters"):
        feedpub.build(entries, tmp_path / "public")
    (entries / "a.en.md").write_text(text.replace("a" * 1001, "a" * 1000), encoding="utf-8")
    feedpub.build(entries, tmp_path / "public")


@pytest.mark.parametrize(
    "text",
    [
        "[a](b) " * 3_000,
        "<iframe></iframe> " * 3_000,
        "[a](b)\n\n" * 3_000,
        "## References\n\n" + "1. [a](http:x)\n" * 3_000,
        "\x01" * 100_000,
    ],
    ids=["one line", "HTML", "many lines", "references", "controls"],
)
def test_s6_a_report_of_much_text_stays_small(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_entry(tmp_path, text=text)
    with pytest.raises(SystemExit):
        main(["lint", str(tmp_path), "--format=json"])
    output = capsys.readouterr().out
    assert len(output) < 100_000
    found = json.loads(output)["problems"]
    codes = Counter(problem["code"] for problem in found)
    assert max(codes.values()) == MOST_PROBLEMS_OF_A_CODE + 1
    assert max(len(problem["excerpt"]) for problem in found) <= LONGEST_EXCERPT_CHARACTERS


@pytest.mark.parametrize("column", [1, 50, 80, 81, 100, 5000, 9_990, 10_000])
def test_s6_the_column_stays_right_in_a_cut_excerpt(column: int) -> None:
    line = "".join(chr(0x4E00 + place) for place in range(10_000))
    problem = Problem(code="E102", message="broken", line=3, column=column, end_column=column + 1, excerpt=line)
    assert len(problem.excerpt) <= LONGEST_EXCERPT_CHARACTERS
    assert problem.column == column
    assert problem.excerpt[column - problem.excerpt_column] == line[column - 1]
    shown, carets = str(problem).splitlines()[1:3] if not problem.place else str(problem).splitlines()[2:4]
    assert shown[6:] == problem.excerpt
    assert carets.index("^") == 6 + 2 * (column - problem.excerpt_column)  # such characters take two cells


def test_s6_a_cut_excerpt_is_not_cut_again() -> None:
    import dataclasses

    problem = Problem(code="E102", message="m", line=1, column=5000, end_column=5001, excerpt="ab" * 5000)
    assert dataclasses.replace(problem, message="n").excerpt == problem.excerpt


def test_s6_a_message_quotes_the_start_and_the_end() -> None:
    problem = Problem(code="E102", message=f"'{'a' * 100_000}' is no date", hint="b" * 100_000)
    assert len(problem.message) < 500
    assert problem.message.startswith("'aaa")
    assert problem.message.endswith("a' is no date")
    assert len(problem.hint) < 500


@pytest.mark.parametrize("number", [1, 19, 20, 21, 22, 5000])
def test_s6_problems_past_twenty_of_a_code_are_counted(number: int) -> None:
    problems = ProblemList()
    for line in range(1, number + 1):
        problems.add(Problem(code="E102", message="m", line=line, path="a.md"))
    problems.add(Problem(code="E103", message="other"))
    kind = [problem for problem in problems if problem.code == "E102"]
    assert len(kind) == min(number, MOST_PROBLEMS_OF_A_CODE + 1)
    if number > MOST_PROBLEMS_OF_A_CODE:
        assert kind[-1].message == f"… and {number - MOST_PROBLEMS_OF_A_CODE:,} more of this kind in this file"
        assert kind[-1].line == MOST_PROBLEMS_OF_A_CODE + 1
    assert problems.total == number + 1
    assert problems[-1].code == "E103"


def test_front_matter_that_is_too_long(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "rights: " + "a" * 100_000 + "\n")
    assert (problem.code, problem.line) == ("E108", 1)
    assert "at most 100,000 are read" in problem.message


def test_pasted_text_that_is_too_long() -> None:
    with pytest.raises(feedpub.EntryError, match="1,000,001 characters") as caught:
        feedpub.parse_pasted("a" * 1_000_001)
    assert [problem.code for problem in caught.value.problems] == ["E117"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# " + "a" * 200_000, "larger than 128 KB"),
        ("a" + ".a" * 6000 + " = 1", "more than 5,000 dots"),
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a = " + "{b = " * 5000, "nested too deeply"),
        ('languages = ["en", ' + '"de", ' * 100 + "]", "101"),
    ],
    ids=["size", "dots", "arrays", "tables", "languages"],
)
def test_settings_that_are_too_large(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "feedpub.toml").write_text(f"{SETTINGS}{text}\n", encoding="utf-8")
    with pytest.raises(feedpub.ConfigError, match=message):
        read_config(str(tmp_path))


@pytest.mark.parametrize("number", [30, 3000])
def test_many_unknown_settings_are_counted(number: int, tmp_path: Path) -> None:
    text = "".join(f"unknown{one} = 1\n" for one in range(number))
    (tmp_path / "feedpub.toml").write_text(f"{SETTINGS}{text}", encoding="utf-8")
    with pytest.raises(feedpub.ConfigError) as caught:
        read_config(str(tmp_path))
    problems = caught.value.problems
    assert len(problems) == MOST_PROBLEMS_OF_A_CODE + 1
    assert problems[-1].message == f"… and {number - MOST_PROBLEMS_OF_A_CODE:,} more of this kind in this file"


@pytest.mark.parametrize("path", ["a" * 8000, "token" * 24_000, "ä" * 8000])
def test_a_redirect_to_a_long_address_is_not_followed(path: str) -> None:
    assert find_redirect_target("https://a.test/", f"/{path}") == ("limit", "")
    assert find_redirect_target("https://a.test/", f"/{path[:500]}")[0] is None


def test_an_address_has_8000_characters_at_most(tmp_path: Path) -> None:
    long = "https://x.test/" + "a" * 8000
    assert "8,000 at most" in iri.find_url_fault(long)
    assert not iri.find_url_fault(long[:8000])
    assert "not a host name" in iri.find_url_fault(f"https://{'ä.' * 200}test/")
    (problem,) = problems_of(tmp_path, f"source: {long}\n")
    assert (problem.code, problem.line) == ("E111", 4)
    (link,) = feedpub.check_links([long]).links
    assert (link.status, link.checked) == ("suspect", None)
    assert "8,000 at most" in link.reason


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_an_answer_in_pieces_is_read_as_one_in_one_piece(size: int) -> None:
    import zlib

    page = bytes(range(256)) * 40
    packed = zlib.compress(page)
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(packed[at : at + 3]), packed[at : at + 3]) for at in range(0, len(packed), 3)
    )
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: deflate\r\n\r\n"
    data = b"\r\n" + b"HTTP/1.1 103 x\r\n\r\n" + head + chunks + b"0\r\n\r\n"
    reading = ResponseReader("GET", 1_000_000)
    for at in range(0, len(data), size):
        reading.feed(data[at : at + size])
    assert reading.is_done
    assert reading.is_reusable
    assert reading.response
    assert (reading.response.body, reading.response.is_complete) == (page, True)


def test_marks_of_footnotes_are_counted(tmp_path: Path) -> None:
    for count, codes in ((10_000, []), (10_001, ["E120"])):
        write_entry(tmp_path, text="[^1] " * (count - 1) + "\n\n[^1]: note\n")
        problems = feedpub.lint(tmp_path)
        assert [problem.code for problem in problems if problem.severity == "error"] == codes


def test_quotations_are_a_hundred_deep(tmp_path: Path) -> None:
    write_entry(tmp_path, text=f"{'>' * 150} deep\n")
    content = feedpub.render(feedpub.load(tmp_path).feed("en").entries[0])
    assert content.count("<blockquote>") == 100
    assert f"{'&gt;' * 50} deep" in content


def test_endless_blocks_are_read_as_text_ten_times(tmp_path: Path) -> None:
    write_entry(tmp_path, text="<!-- a\n\n" * 30 + "Last *words*.\n")
    content = feedpub.render(feedpub.load(tmp_path).feed("en").entries[0])
    assert content.count("&lt;!-- a") == 30
    assert "Last" in content
