"""Written entry files: their form, and that awkward titles are read back unchanged."""

from __future__ import annotations

import pytest
import yaml

from feedpub.entries.front_matter.reader import read_front_matter
from feedpub.entries.front_matter.value import read_text
from feedpub.entries.sections.blocks import read_first_text
from feedpub.entries.sections.headings import Section, load_heading_table
from feedpub.entries.source import Source
from feedpub.entries.urls import split_link
from feedpub.entries.writer import write_entry_file
from feedpub.model import KeyPoint, Reference
from support.sample_entries import EntryText, read_entry

ENGLISH = """\
---
title: Tide tables
published: 2026-02-01T09:00:00+08:00
author: "Anna: Berg"
source: https://example.org/talk?v=1
previous: Moon and sea
next: "[Sand](https://example.org/sand)"
digest: true
---
## Summary

How the sea was measured.
"""


def read_clean_entry(text: str) -> EntryText:
    entry = read_entry(text)
    assert not entry.source.problems
    return entry


def read_value(text: str, key: str) -> str | None:
    source = Source("entry.md", text)
    matter, _ = read_front_matter(source)
    assert not source.problems
    return read_text(source, matter[key], key)


def test_an_entry_in_english() -> None:
    text = write_entry_file(
        "Tide tables",
        "## Summary\n\nHow the sea was measured.\n",
        published="2026-02-01T09:00:00+08:00",
        author="Anna: Berg",
        via="https://example.org/talk?v=1",
        previous=Reference(title="Moon and sea"),
        next=Reference(title="Sand", url="https://example.org/sand"),
        is_digest=True,
    )
    assert text == ENGLISH


SECTIONS: tuple[Section, ...] = ("summary", "key_points", "references")


@pytest.mark.parametrize("language", load_heading_table().list_languages())
def test_headings_of_each_language_are_read_as_what_they_are(language: str) -> None:
    summary, points, references = (load_heading_table().find_word(language, name) for name in SECTIONS)
    entry = read_clean_entry(f"## {summary}\n\nOne\n\n## {points}\n\n- Two\n\n## {references}\n\n1. Three\n")
    assert entry.summary == "One"
    assert entry.key_points == (KeyPoint(text="Two"),)
    assert entry.references == (Reference(title="Three"),)


@pytest.mark.parametrize(
    "title",
    [
        "a: b", "a #b", "#a", "- a", "-", "no", "null", "~", "0123", "1.5", "2026-02-30", "'x'", '"x"', "[a]",
        "{b}", "a:", "*a", "&a", "!a", "%a", "@a", "`a", "| a", "> a", "? a", "=", "<<", "\\n", "---", "...",
        "😀 é", "שלום (עולם)", "\u200f", "標題：「甲」", "Quoi\xa0?", "a\x7fb\ufeffc\x9d",
    ],
)  # fmt: skip
def test_titles_that_yaml_would_read_as_something_else(title: str) -> None:
    text = write_entry_file(title, "")
    assert read_value(text, "title") == title
    assert next(yaml.safe_load_all(text)) == {"title": title}


def test_title_is_on_one_line() -> None:
    assert read_value(write_entry_file(" a\r\n  b\u2028c ", ""), "title") == "a b c"


def test_text_alone_needs_no_front_matter() -> None:
    assert write_entry_file(None, "a\n") == "a\n"


@pytest.mark.parametrize(
    ("published", "line"),
    [("2026-02-01", "2026-02-01"), ("2026-02-01 09:00Z", "2026-02-01 09:00Z"), ("soon: maybe", '"soon: maybe"')],
)
def test_dates_are_written_unchanged(published: str, line: str) -> None:
    assert f"published: {line}\n" in write_entry_file(None, "", published=published)


@pytest.mark.parametrize(
    ("reference", "line"),
    [
        (Reference(title="no"), '"no"'),
        (Reference(title="A: b", url="https://example.org/(a)"), '"[A: b](https://example.org/(a))"'),
        (Reference(title="A [b]", url="https://example.org/"), '{title: "A [b]", url: "https://example.org/"}'),
        (Reference(title="[A](https://example.org/)"), '{title: "[A](https://example.org/)"}'),
        (Reference(title="A", url="https://example.org/)"), '{title: "A", url: "https://example.org/)"}'),
    ],
)
def test_neighbours_are_titles_links_or_mappings(reference: Reference, line: str) -> None:
    text = write_entry_file(None, "", previous=reference)
    assert text.splitlines()[1] == f"previous: {line}"
    if not line.startswith("{"):
        assert split_link(read_value(text, "previous") or "") == (reference.title, reference.url)


def test_an_entry_with_nothing_but_html_has_a_first_paragraph() -> None:
    entry = read_clean_entry("<h2>A</h2>\n<p class=b>C &amp; <em>d</em></p>\n<p>e</p>\n")
    assert read_first_text(entry.body) == "C & d"


def test_addresses_become_links_unless_they_are_escaped() -> None:
    entry = read_clean_entry(
        "## Key Points\n- https://example.org/a https\\://example.org/b\n- [c](https\\://example.org/c)\n"
    )
    linked, escaped = '<a href="https://example.org/a">https://example.org/a</a>', "https://example.org/b"
    assert [point.text for point in entry.key_points] == [
        f"{linked} {escaped}",
        '<a href="https://example.org/c">c</a>',
    ]
