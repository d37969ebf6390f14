"""Sections of entries: how each is read, what stays in the body, and what is reported."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub.entries.sections.blocks import read_first_text
from support.case_files import load_cases
from support.sample_entries import read_entry
from support.speed import THOROUGH

if TYPE_CHECKING:
    from pathlib import Path

    from feedpub.model import KeyPoint, Reference


def convert_points(points: tuple[KeyPoint, ...]) -> list[object]:
    """Return key points as texts and lists."""
    return [
        part
        for point in points
        for part in ([point.text, convert_points(point.children)] if point.children else [point.text])
    ]


def convert_reference(reference: Reference | None) -> list[str]:
    """Return title, publishers and address."""
    return [part for part in (reference.title, *reference.publishers, reference.url) if part] if reference else []


@pytest.mark.parametrize("case", load_cases("sections"))
def test_sections(case: dict[str, Any]) -> None:
    entry = read_entry(case["text"])
    sections = entry.sections
    values = {
        "title": entry.title,
        "summary": entry.summary,
        "body": entry.body,
        "source": sections.via,
        "previous": convert_reference(sections.previous),
        "next": convert_reference(sections.next),
        "key_points": convert_points(entry.key_points),
        "references": [convert_reference(reference) for reference in entry.references],
        "is_digest": sections.is_digest,
        "near_digest": (sections.near_digest or ("",))[0],
        "references_in_body": sections.has_references_in_body,
        "codes": [problem.code for problem in entry.source.problems],
    }
    expected = {name: value for name, value in case.items() if name not in ("id", "text")}
    assert {name: value for name, value in values.items() if value} == expected


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# A  *b*\n\nc", "A\u3000b", "<p>c</p>"),
        ("# a\n\nc", "A", "<h1>a</h1>\n<p>c</p>"),
        ("## A\n\nc", "A", "<h2>A</h2>\n<p>c</p>"),
        ("c\n\n# A", "A", "<p>c</p>\n<h1>A</h1>"),
        ("# Summary\n\nc", "Summary", "<p>c</p>"),
    ],
)
def test_heading_that_repeats_the_title_is_left_out(text: str, title: str, body: str) -> None:
    entry = read_entry(text, title)
    assert (entry.title, entry.body) == ("", body)


@pytest.mark.parametrize(
    ("html", "first"),
    [
        ("", ""),
        ("<h3>b</h3>\n<p>c <em>d</em></p>\n<p>e</p>", "c d"),
        ("<p><b></b></p>\n<p>中文</p>", "中文"),
        ("<div>\n<p class=a>b <i>c</i></p>\n<p>d</p>\n</div>", "b c"),
        ("<p>b", "b"),
        ("<ul>\n<li>a</li>\n</ul>", ""),
        ('<p><img src="https://x.test/a.png" alt="A picture"></p>\n<p>Text</p>', "Text"),
        ("<p>Line<br>break<br>\nand another</p>", "Line break and another"),
        ("<p>a<sup>[1]</sup> m<sup>2</sup></p>", "a m2"),
        ("<blockquote>\n<p>Note</p>\n<p>Quoted</p>\n</blockquote>\n<p>Text</p>", "Text"),
        ("<blockquote>\n<p>Quoted</p>\n<p>more</p>\n</blockquote>", "Quoted"),
    ],
)
def test_first_paragraph_becomes_the_summary(html: str, first: str) -> None:
    assert read_first_text(html) == first


@pytest.mark.parametrize(("levels", "is_digest"), [(1, True), (100, True), (101, False), (400, False)])
def test_key_points_keep_their_depth(levels: int, is_digest: bool) -> None:
    entry = read_entry("## Key Points\n" + "".join(f"{'  ' * depth}- {depth}\n" for depth in range(levels)))
    depth, level = 0, entry.key_points
    while level:
        depth, level = depth + 1, level[0].children
    assert (entry.sections.is_digest, depth) == (is_digest, levels if is_digest else 0)
    assert entry.body.count("<li>") == (0 if is_digest else levels)


def test_references_have_positions() -> None:
    entry = read_entry("---\ntitle: T\n---\n## Summary\n中文 text\n\n## References\n1. 甲\n2. b\n   https://x.test/\n")
    source, sections = entry.source, entry.sections
    positions = [
        source.find_line_span(sections.start_line + line, column) for line, column in sections.reference_positions
    ]
    assert [source.text[start:end] for start, end in positions] == ["1. 甲", "2. b"]
    entry = read_entry("## References\n1. a\n\n## Source\nhttps://x.test/\n")
    assert entry.source.text[slice(*entry.source.find_line_span(*entry.sections.via_position))] == "https://x.test/"


_PIECES = (
    "## Summary|## Key Points|## References|## Source|## Next|# a|- a|  - b|1. c|   d|中|文|> q|```|[^1]|[^1]: n"
    "|<div>|</div>|<p>|https://x.test/|[a]|[a]: https://x.test/|[b](c)|![d](e)|**|`|&#1;||\\|***|| a |"
    "|<title>|<!--|-->|<script>|<T>|<?php|$|~|[!NOTE]|- [ ] "
).split("|")


@given(st.lists(st.sampled_from(_PIECES), max_size=25), st.sampled_from(["\n", "", " ", "\n\n"]))
def test_any_markdown_can_be_read(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    entry = read_entry(text)
    lines = text.count("\n") + 1
    for line, _ in [*entry.sections.reference_positions, entry.sections.via_position]:
        assert 0 <= line <= lines
    assert not any(ord(character) == 1 for character in entry.body + entry.summary)


@pytest.mark.parametrize("before", ["", "\n"])
@pytest.mark.parametrize("heading", ["", "## Summary\n", "## Key Points\n- ", "## References\n1. "])
@pytest.mark.parametrize(
    "repeated",
    [
        "> ", ">", "- ", "1. ", "[", "*", "`", "<", "http://", "<a>", "<p>", "<!--", "<a href='https://x.test/'>",
        "*a_ ", "[a](", "[x] ", "![", "[^1]", "文\n", "# a\n", "- b - ", "—", "&#1;",
    ],
)  # fmt: skip
def test_hostile_markdown_does_not_hang_or_crash(before: str, heading: str, repeated: str) -> None:
    start = time.process_time()
    read_entry(
        before
        + heading
        + repeated * ((30_000 if THOROUGH else 6_000) // len(repeated))
        + "\n\n[x]: https://x.test/\n\n[^1]: n\n"
    )
    assert time.process_time() - start < 10


def test_many_items_are_read() -> None:
    key_points = "".join(f"- **点** {number} [l][{number}] https://x.test/{number}\n" for number in range(4000))
    references = "".join(f"{number}. [t](faulty{number}) - 出版\n" for number in range(4000))
    links = "".join(f"[{number}]: https://x.test/{number}\n" for number in range(4000))
    entry = read_entry(f"## Key Points\n{key_points}\n## References\n{references}\n{links}")
    assert (len(entry.key_points), len(entry.references)) == (4000, 4000)


def test_address_with_a_space_is_reported_and_not_cut() -> None:
    entry = read_entry(
        "## References\n1. [K](https://www.lin.test/a b) - y\n2. [L](https://www.lin.test/c 'tip') - z\n"
    )
    assert [(problem.code, problem.line) for problem in entry.source.problems] == [("E111", 2)]
    assert [reference.url for reference in entry.references] == [None, "https://www.lin.test/c"]


@pytest.mark.parametrize("address", ["https://a..b/", f"https://x.test/{'a' * 8000}"])
def test_addresses_that_are_not_allowed_are_not_read(address: str) -> None:
    (reference,) = read_entry(f"\n## References\n1. [a]({address}) - b").references
    assert (reference.title, reference.publishers, reference.url) == ("a", ("b",), None)


def test_plain_files_do_not_load_language_data(tmp_path: Path) -> None:
    plain = tmp_path / "a.en.md"
    plain.write_text(
        "---\ntitle: A\npublished: 2026-02-01T09:00:00Z\ntags: [b, c]\n---\n"
        "## Summary\nD.\n\n## Key Points\n- **E:** f\n"
    )
    program = f"""
import sys
from feedpub.entries.reader import read_entry_file
from feedpub.entries.sections.headings import load_heading_table
from feedpub.model import Config
config = Config(base_url="https://x.test/", authority="x.test,2026", languages=("en", "zh-Hans"))
file = read_entry_file({str(plain)!r}, "a.en.md", load_heading_table(), config)
print(file.values["title"], len(file.sections.key_points))
print(*sorted(sys.modules.keys() & set("dateutil idna langcodes nh3".split())))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "A 1\n\n"
