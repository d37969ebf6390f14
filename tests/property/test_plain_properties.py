"""What is read by regular expressions is read by the parsers of Markdown and YAML in the same way."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feedpub import content
from feedpub.entries import dates
from feedpub.entries.front_matter import read_front_matter
from feedpub.entries.headings import default_table
from feedpub.entries.parsing import parse_sections
from feedpub.entries.plain import read_plain
from feedpub.entries.sections import Sections
from feedpub.entries.source import Source
from feedpub.feeds import write_entry
from feedpub.formats import FORMATS
from sample_feeds import entry, feed

ROOT = Path(__file__).parents[2]
FEED = feed("en")
MANY = settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

# What could mean something to Markdown, or nearly does, and what stands around it in real texts.
pieces = st.sampled_from(
    [
        *"a B3 word 中文 ع é — – - － —— / ／ : . , ; ! ? ( ) ' \" “ ” 、 ： % $ + = | { } ^ # @ 😀".split(),
        *"* ** *** _ __ a_b ` `` ~ ~~ ~5 < <5 > & && &amp; &#35; &copy &x; \\ \\* [ ] [^1] ![ ]( <b> <br> </i>".split(),
        *"**bold** **b:** *it* ***x*** _it_ `code` `a_b` `a*b` ~~del~~ **中文** **中：** a**b**c *a*b*c*".split(),
        *"[a](https://x.test/a_b) [b](https://x.test/?a=1&b=2) [x](y) [x] <https://x.test/>".split(),
        "[a - b / c](https://x.test/)", "[a b](https://x.test/a*b)", "**a*b**",
        "![a](https://x.test/)", "[*a*](https://x.test/)", "[a](https://x.test 'b')",
        "https://x.test/", "ftp://x.test", "x://y", "1.",
        "2)", "10.", "1986. ", " - ", " / ", " -", "- ", " ", " ", "  ",
        "\t", "\u00a0", "\u3000", "\u2028", "\x85", "\u200b", "\u202e", "\ufeff", "www.x.test", "a@b.test",
    ]
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(
        ["A plain text.", "中文文本。", "One thing & another", "Work - Publisher / Other", "**Point:** text"]
    ),
    st.lists(pieces, min_size=1, max_size=6).map("".join),
    st.lists(pieces, min_size=1, max_size=6).map(" ".join),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff"), max_size=12),
)
marks = st.sampled_from(["- ", "- ", "- ", "* ", "+ ", "1. ", "-", "-  ", "• "])
indents = st.sampled_from(["", "", "", "  ", "  ", "    ", "    ", "      ", " ", "   ", "        ", "\t"])
points = st.one_of(
    st.builds("{}{}{}".format, indents, st.just("- "), texts), st.builds("{}{}{}".format, indents, marks, texts)
)
numbers = st.sampled_from([*"1. 2. 3. 10. 1) 0. 123456789. 1234567890. - *".split(), " 1.", "1"])
references = st.one_of(
    st.builds("1. {}".format, texts),
    st.builds("{} {}".format, numbers, texts),
    st.builds(
        "1. [{}](https://x.test/{}){}".format, texts, st.sampled_from(["", "a?b=1&c=2", "a_b", "(c)", "ü"]), texts
    ),
    st.builds("1. [{}](https://x.test/) - {}".format, texts, texts),
)
odd_lines = st.sampled_from(
    ["", "", "", " ", "===", "---", "***", "> a", "```", "    code", "<div>", "| a |", "|-|", "[a]: b"]
)
breaks = st.sampled_from(["\n", "\n", "\n", "\n\n", "\n\n\n", " \n", "  \n", "\\\n", "\n    "])


def lines(one: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    usual = st.lists(one, min_size=1, max_size=6).map("\n".join)
    rare = st.lists(st.tuples(st.one_of(one, one, one, one, texts, odd_lines), breaks), min_size=1, max_size=6)
    return st.one_of(usual, usual, rare.map(lambda pairs: "".join(part for pair in pairs for part in pair)))


headings = st.sampled_from(
    ["## Summary", "## 总结", "## Key Points", "## 要点", "## References", "## Links:", "## Source"]
)
odd_headings = st.one_of(st.just("##Summary"), st.just("# Summary"), st.just("## Own"), texts.map("## {}".format))
section = st.one_of(
    st.tuples(st.just("## Summary"), lines(texts)),
    st.tuples(st.just("## Key Points"), lines(points)),
    st.tuples(st.just("## References"), lines(references)),
    st.tuples(st.one_of(headings, headings, odd_headings), st.one_of(lines(texts), lines(points), lines(references))),
)
around = st.sampled_from(["\n", "\n", "\n\n", "\n\n\n"])
documents = st.lists(st.tuples(around, section, around), min_size=1, max_size=3).map(
    lambda parts: "".join(f"{before}{heading}{after}{text}" for before, (heading, text), after in parts)
)


def assert_same(text: str, *, title: str = "T") -> bool:
    """Compare the two readings if the text is plain, and tell whether it is."""
    plain = Source("a.md", text)
    _, start = read_front_matter(plain)
    found = Sections()
    if not read_plain(plain, start, default_table(), found):
        return False
    source = Source("a.md", text)
    expected = parse_sections(source, start, default_table(), has_title=True, title=title)
    assert not source.problems
    assert found.find_references() == expected.reference_places
    assert rendered(found) == rendered(expected)
    found.marked_points = found.marked_references = ""
    found.reference_lines = expected.reference_lines
    assert found == expected
    return True


def rendered(found: Sections) -> list[bytes]:
    """Render what was found; what was marked while it was read as well as what is marked now."""
    one = entry(key_points=found.key_points, references=found.references, summary="")
    content.mark(one, found.marked_points, found.marked_references)
    return [b"".join(write_entry(one, FEED, form)) for form in FORMATS]


@MANY
@given(documents, st.sampled_from(["", "\n", "\n\n", "\n## Key Points\n- a\n"]))
@example("\n## Key Points\n- a\n  - b\n- c\n    - d\n", "")
@example("\n## Key Points\n- a\n    - b\n        - c\n  - d\n", "")
@example("\n## References\n1. [a - b](https://x.test/) - c / d／e\n2. f —— g", "\n")
def test_markdown(text: str, end: str) -> None:
    assert_same(f"---\ntitle: T\n---{text}{end}")


@MANY
@given(points.filter(lambda line: not line.startswith(" ")))
def test_key_points(line: str) -> None:
    assert_same(f"---\n---\n## Key Points\n{line}\n")


@MANY
@given(references)
def test_references(line: str) -> None:
    assert_same(f"---\n---\n## References\n{line}\n")


PLAIN = """---
title: A
---
## Summary

One & two, ~5 of snake_case. It costs <5 %.

Two.

## Key Points:

- **Point:** text & *more*, `code_x`
  - [a < 5](https://x.test/?a=1&b_c=2). 中文
    - c > d
* e

## References & Links
1. [A - B](https://x.test/a_b) - C / D
2. E: F — G
9. H
"""


def test_most_files_are_plain() -> None:
    assert assert_same(PLAIN.replace("* e\n", "- e\n"))
    assert not assert_same(PLAIN)
    paths = [path for path in sorted(ROOT.glob("entries/*.md")) if path.name.count(".") > 1]
    plain = [path for path in paths if assert_same(path.read_text(encoding="utf-8"))]
    assert len(plain) > len(paths) / 2


digits = st.integers(0, 61).map("{:02}".format)
months = st.sampled_from(["2026-02", "2024-02", "0001-01", "9999-12", "0000-01", "2026-13"])
offsets = st.one_of(st.sampled_from(["", "Z"]), st.builds("{}{}:{}".format, st.sampled_from("+-"), digits, digits))
times = st.builds(
    "{}{}:{}{}{}".format, st.sampled_from("T tx"), digits, digits, st.just("") | digits.map(":{}".format), offsets
)


@MANY
@given(st.builds("{}-{}{}".format, months, digits, st.just("") | times))
def test_dates(text: str) -> None:
    usual = dates.usual_moment(text)
    if usual:
        assert usual == dates.any_moment(text)
        assert usual.utcoffset() == dates.any_moment(text).utcoffset()


USUAL = """
## Summary

It's “plain” & 'simple'.

## Key Points

- One's "point" & R&D > 5
  - Finer, 中文
  - And – another
- Last

## References

1. [The "title" of R&D's work](https://works.test/a_b/c.html?d=1) - Press / Others & Sons
2. [中文](http://www.works.test) - 出版社
10. [C - D](https://x.test/) - E/F / G
"""


def test_what_is_usual_is_marked_while_it_is_read() -> None:
    found = Sections()
    assert read_plain(Source("a.md", USUAL), 0, default_table(), found)
    assert found.marked_points
    assert found.marked_references
    assert assert_same(USUAL)
    assert assert_same(USUAL.replace("  - And", "    - Finest\n  - And"))


@pytest.mark.parametrize(
    "line",
    [
        "[a](https://x.test/) - b / / c",
        "[a](https://x.test/) - / b",
        "[a](https://x.test/) - b /",
        "[a](https://x.test/) - b／c",
        "[a_](https://x.test/a_) - _b",
        "[a &amp; b](https://x.test/) - c",
        "[a](https://x.test/?a=1&amp;b=2) - c",
        "[a](https://x.test:80/) - c",
        "[ a](https://x.test/) - c",
        "[a ](https://x.test/) - c",
        "[^1](https://x.test/) - c",
        "[a](https://x.test/) - [c](https://y.test/)",
        "[a](https://x.test/) - c ",
        "[a](https://x.test/)- c",
        "[a](https://x..test/) - c",
        "[a](https://x.test/a) b - c",
        f"[a](https://x.test/{'a' * 1001}) - c",
        f"[a](https://x.test/{'a' * 8001}) - c",
    ],
)
def test_what_is_nearly_usual(line: str) -> None:
    assert_same(f"\n## References\n1. [A](https://x.test/) - B\n2. {line}\n")
