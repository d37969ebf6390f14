"""Entry files: what is written is read back unchanged, whatever was pasted."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from feedpub.entries.front_matter.reader import read_front_matter
from feedpub.entries.front_matter.value import Value, read_text
from feedpub.entries.pasted.reader import read_pasted
from feedpub.entries.source import Source
from feedpub.entries.urls import split_link
from feedpub.entries.writer import write_entry_file
from feedpub.errors import EntryError
from feedpub.model import Draft, Reference
from feedpub.rendering.text import join_lines
from support.sample_entries import read_entry

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
).map(lambda parts: join_lines("".join(parts)))
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
references = st.builds(Reference, title=title, url=st.one_of(st.none(), url))


def read_neighbour(source: Source, value: Value) -> Reference:
    """Read a neighbour: a title, a link, or a mapping."""
    if isinstance(value.content, dict):
        parts = {key: read_text(source, part, key) for key, part in value.content.items()}
        return Reference(title=parts["title"] or "", url=parts.get("url"))
    title, url = split_link(read_text(source, value, "neighbour") or "")
    return Reference(title=title, url=url)


def read_entry_text(text: str, language: str = "en") -> tuple[Draft, dict[str, Any]]:
    """Read an entry file as a folder does."""
    entry = read_entry(text)
    source = entry.source
    matter, _ = read_front_matter(Source("entry.md", text))
    values: dict[str, Any] = {key: read_text(source, matter[key], key) for key in ("title", "source") if key in matter}
    values |= {key: read_neighbour(source, matter[key]) for key in ("previous", "next") if key in matter}
    draft = Draft(
        language=language,
        title=values.pop("title", entry.title) or None,
        summary=entry.summary,
        body=entry.body,
        key_points=entry.key_points,
        references=entry.references,
    )
    assert not [problem for problem in source.problems if problem.severity == "error"]
    return draft, values


@given(st.one_of(st.none(), references), st.one_of(st.none(), references), st.one_of(st.none(), url))
def test_neighbours_and_source_are_read_again(
    before: Reference | None, after: Reference | None, via: str | None
) -> None:
    _, values = read_entry_text(write_entry_file(None, "", previous=before, next=after, via=via))
    expected = {"previous": before, "next": after, "source": via}
    assert values == {key: value for key, value in expected.items() if value}


_MARKDOWN = [
    "", "Summary", "Key Points", "References", "总结", "# Title", "## Own heading", "- point", "  - finer", "  more",
    "1. [a](https://x.org) - b / c", "2. b: https://x.org", "1. ——x——", "    code", "```", "| a | b |", "|---|---|",
    "<div>", "</div>", "<pre>", "[a]: https://x.org", "[a] ![a]", "> q", "a  ", "<https://x.org>", "[^1]: note",
    "- `x` **b**", "## Summary", "## Key Points", "## References", "## 总结", "## 关键点",
]  # fmt: skip
texts = st.lists(st.one_of(title, st.sampled_from(_MARKDOWN)), max_size=14).map("\n".join)


@given(texts)
@example("## References\nahttps://example.org/a_(b)](")
def test_what_was_pasted_is_written_and_read_again(text: str) -> None:
    try:
        result = read_pasted(f"Summary\n{text}")
    except EntryError:
        return
    for draft, markdown, is_digest in zip(result.pasted.drafts, result.markdown, result.is_digest, strict=True):
        again, _ = read_entry_text(write_entry_file(draft.title, markdown, is_digest=is_digest), draft.language)
        assert again == draft
