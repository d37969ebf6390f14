"""Entry files: what is written is read again, whatever the text."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from feedpub.entries.front_matter import read_front_matter
from feedpub.entries.lines import split_link
from feedpub.entries.pasted import read_pasted
from feedpub.entries.source import Source
from feedpub.entries.value import Value, read_text
from feedpub.entries.writing import write_entry, write_markdown_entry
from feedpub.errors import EntryError
from feedpub.iri import to_uri
from feedpub.model import Draft, KeyPoint, Reference
from feedpub.rendering.text import one_line
from sample_entries import read_entry

_WORDS = (
    "a Key\xa0Points Summary 要点 总结 ## # 1. 2) - + * ** _ __ ` ``` ~ ~~ --- === > | [ ] ( ) "
    "]( [^1] ! ![ < > <b> </b> </pre> <!-- \\ \\\\ & &amp; &lt; &#45; &# ; : ' \" "
    "https://example.org/a_(b) https://x.org?a=1&b=2 http://x.org/* www.x.org "
    "no ~ null 0123 {b} [a] # — —— – － / ／ – é 😀 \u200f א \u3000 \u200b { } @ % $ = ,".split(" ")
)
# "- a", "a - b" and "a-b": the words with and without spaces between them.
line = st.lists(
    st.one_of(st.sampled_from(_WORDS), st.just(" "), st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))),
    max_size=8,
).map(lambda parts: one_line("".join(parts)))
title = line.filter(bool)
url = st.sampled_from(
    [
        "https://example.org/",
        "https://x.org/a_(b)",
        "https://x.org/a(b",
        "https://x.org/)(?q='*'&amp;lt=1#f",
        "http://例え.jp/%60?%5C",
        "https://x.org/?a=1&b=2",
        "https://x.org/%5Ba%5D_b_%3Cc%3E",
    ]
)
# What a reader makes of " - " in a title without publishers is publishers; it is written so that it stays a title.
references = st.builds(
    Reference, title=title, publishers=st.lists(title, max_size=2).map(tuple), url=st.one_of(st.none(), url)
)
inline = st.recursive(
    line.map(lambda text: escape(text, quote=False)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["strong", "em", "del", "code", "sub", "mark"]), inner).map(
            lambda x: f"<{x[0]}>{x[1]}</{x[0]}>"
        ),
        st.tuples(url, inner).map(lambda x: f'<a href="{escape(x[0])}">{x[1]}</a>'),
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("<br>".join),
        st.just('<img src="a.png" alt="b" />'),
    ),
    max_leaves=4,
).map(one_line)  # fmt: skip
points = st.recursive(
    st.builds(KeyPoint, text=inline),
    lambda children: st.builds(KeyPoint, text=inline, children=st.lists(children, max_size=3).map(tuple)),
    max_leaves=5,
)
html_lines = ["", "<pre>", "</pre>", "<pre><code>a\n\n\nb\n</code></pre>", "<!--", "-->", "<ul>\n<li>", "</li>\n</ul>"]
html = st.lists(
    st.one_of(inline, inline.map(lambda text: f"<p>{text}</p>"), st.sampled_from([*html_lines, "<table>"]))
).map("\n".join)
drafts = st.builds(
    Draft,
    language=st.sampled_from(["en", "zh-Hans", "zh-CN", "ar", "de", "fr", "ja", "tlh"]),
    title=st.one_of(st.none(), title),
    summary=st.lists(title, max_size=3).map("\n\n".join),
    body=html,
    key_points=st.lists(points, max_size=3).map(tuple),
    references=st.lists(references, max_size=3).map(tuple),
)


def neighbour(source: Source, value: Value) -> Reference:
    """Read a neighbour: a title, a link, or a mapping."""
    if isinstance(value.content, dict):
        parts = {key: read_text(source, part, key) for key, part in value.content.items()}
        return Reference(title=parts["title"] or "", url=parts.get("url"))
    title, url = split_link(read_text(source, value, "neighbour") or "")
    return Reference(title=title, url=url)


def read(text: str, language: str = "en") -> tuple[Draft, dict[str, Any]]:
    """Read an entry file as a folder does."""
    found = read_entry(text)
    source = found.source
    matter, _ = read_front_matter(Source("entry.md", text))
    values: dict[str, Any] = {key: read_text(source, matter[key], key) for key in ("title", "source") if key in matter}
    values |= {key: neighbour(source, matter[key]) for key in ("previous", "next") if key in matter}
    draft = Draft(
        language=language,
        title=values.pop("title", found.title) or None,
        summary=found.summary,
        body=found.body,
        key_points=found.key_points,
        references=found.references,
    )
    assert not [problem for problem in source.problems if problem.severity == "error"]
    return draft, values


def without_body(draft: Draft) -> Draft:
    """Return what must come back as it was: all but the body, with addresses as URIs."""
    references = [replace(entry, url=entry.url and to_uri(entry.url)) for entry in draft.references]
    return replace(draft, body="", references=tuple(references))


@given(drafts)
@example(Draft(language="en", references=(Reference(title="a", publishers=("/ a",)),)))
def test_everything_but_the_layout_of_a_body_is_read_again(draft: Draft) -> None:
    again, _ = read(write_entry(draft), draft.language)
    assert without_body(again) == without_body(draft)


@given(drafts)
def test_a_second_round_changes_nothing(draft: Draft) -> None:
    once = write_entry(read(write_entry(draft), draft.language)[0])
    assert write_entry(read(once, draft.language)[0]) == once


@given(st.one_of(st.none(), references), st.one_of(st.none(), references), st.one_of(st.none(), url))
def test_neighbours_and_source_are_read_again(
    before: Reference | None, after: Reference | None, via: str | None
) -> None:
    _, values = read(write_entry(Draft(language="en"), previous=before, next=after, via=via))
    expected = {
        "previous": before and replace(before, publishers=()),
        "next": after and replace(after, publishers=()),
        "source": via,
    }
    assert values == {key: value for key, value in expected.items() if value}


_MARKDOWN = [
    "", "Summary", "Key Points", "References", "总结", "# Title", "## Own heading", "- point", "  - finer", "  more",
    "1. [a](https://x.org) - b / c", "2. b: https://x.org", "1. ——x——", "    code", "```", "| a | b |", "|---|---|",
    "<div>", "</div>", "<pre>", "[a]: https://x.org", "[a] ![a]", "> q", "a  ", "<https://x.org>", "[^1]: note",
    "- `x` **b**", "## Summary", "## Key Points", "## References", "## 总结", "## 关键点",
]  # fmt: skip
texts = st.lists(st.one_of(title, st.sampled_from(_MARKDOWN)), max_size=14).map("\n".join)
# Such HTML lasts until it is closed, or else to the end of the file: it would swallow what is written behind it.
_NEVER_CLOSED = re.compile("<(?:pre|!)")
# They would end HTML in Markdown, so they are not written; outside of <pre>, they mean no more than a space.
_BLANK_LINES = re.compile(r"\n\s*\n")


def is_same_body(one: Draft, other: Draft) -> bool:
    """Return True if two drafts have the same body, as far as it can be written."""
    bodies = {_BLANK_LINES.sub("\n", draft.body) for draft in (one, other)}
    return len(bodies) == 1 or _NEVER_CLOSED.search(other.body) is not None


@given(texts)
@example("Summary\n&#10;")
def test_what_was_read_is_written_and_read_again(text: str) -> None:
    draft, _ = read(f"\n{text}")
    again, _ = read(write_entry(draft))
    assert without_body(again) == without_body(draft)
    assert is_same_body(again, draft)


@given(texts)
@example("## References\nahttps://example.org/a_(b)](")
def test_what_was_pasted_is_written_and_read_again(text: str) -> None:
    try:
        found = read_pasted(f"Summary\n{text}")
    except EntryError:
        return
    for draft, markdown, is_digest in zip(found.pasted.drafts, found.markdown, found.is_digest, strict=True):
        again, _ = read(write_markdown_entry(draft, markdown, is_digest=is_digest), draft.language)
        assert again == draft
        again, _ = read(write_entry(draft), draft.language)
        assert without_body(again) == without_body(draft)
        assert is_same_body(again, draft)
