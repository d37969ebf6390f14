"""Markdown of entries: what becomes of each section, what stays in the body, and what is said about the rest."""

import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub.entries.headings import default_table
from feedpub.entries.sections import Sections, read_sections
from feedpub.entries.source import Source
from feedpub.model import KeyPoint, Reference
from feedpub.sanitiser import sanitise


def read(text: str, title: str = "") -> tuple[Sections, Source]:
    source = Source("a.md", f"---\n---\n{text}")
    return read_sections(source, 8, default_table(), has_title=bool(title), title=title), source


def said(source: Source) -> list[tuple[str, str]]:
    """Return the code of each problem and the text that it marks."""
    return [(one.code, one.excerpt[one.column - 1 : one.end_column - 1]) for one in source.problems]


def shown(found: Sections) -> dict[str, object]:
    """Return what was found, without places and the start of the text."""
    values = {field.name: getattr(found, field.name) for field in fields(found)}
    left_out = {"first_paragraph", "reference_places", "via_place", "reference_lines"}
    left_out |= {"is_plain", "marked_points", "marked_references", "make_points"}
    return {name: value for name, value in values.items() if value and name not in left_out}


def points(found: tuple[KeyPoint, ...]) -> list[object]:
    """Return key points as texts and lists."""
    return [part for one in found for part in ([one.text, points(one.children)] if one.children else [one.text])]


def cited(found: Sections) -> list[tuple[object, ...]]:
    return [
        (one.title, *one.publishers, one.url) if one.url else (one.title, *one.publishers) for one in found.references
    ]


X = "https://x.test/"
QUOTED = "<blockquote>\n<p>%s</p>\n</blockquote>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("text", {"body": "<p>text</p>"}),
        ("## Own\n\ntext", {"body": "<h2>Own</h2>\n<p>text</p>"}),
        ("## Summary\na\n\nb", {"summary": "a\n\nb"}),
        ("Summary\n===\na", {"summary": "a"}),
        ("**Summary**\n\na", {"body": "<p><strong>Summary</strong></p>\n<p>a</p>"}),
        ("## Summary", {}),
        ("## Summary\n- a\n\nb", {"body": "<h2>Summary</h2>\n<ul>\n<li>a</li>\n</ul>\n<p>b</p>"}),
        ("## Summary\na\n\n- b\n\nc", {"summary": "a", "body": "<ul>\n<li>b</li>\n</ul>\n<p>c</p>"}),
        ("a\n\n## Summary\nb *c*\n\nd", {"summary": "b c\n\nd", "body": "<p>b <em>c</em></p>\n<p>d</p>\n<p>a</p>"}),
        ("## Summary\na\\\nb", {"summary": "a b", "body": "<p>a<br />\nb</p>"}),
        ("## Summary\na `b`", {"summary": "a b", "body": "<p>a <code>b</code></p>"}),
        ("## Summary\na <b>b</b>", {"summary": "a b", "body": "<p>a <b>b</b></p>"}),
        (f"## Summary\n{X}", {"summary": X, "body": f'<p><a href="{X}">{X}</a></p>'}),
        ("## Summary\na\n\n## Summary\nb", {"summary": "a", "body": "<h2>Summary</h2>\n<p>b</p>"}),
        ("## Summary\na\n\n# Own\nb", {"summary": "a", "body": "<h1>Own</h1>\n<p>b</p>"}),
        ("## Title\na *b*\n\nc", {"title": "a b", "body": "<p>c</p>"}),
        ("## Title\n- a", {"body": "<h2>Title</h2>\n<ul>\n<li>a</li>\n</ul>"}),
        ("# a *b*\n\nc", {"title": "a b", "body": "<p>c</p>"}),
        ("a\n=\n\nc", {"title": "a", "body": "<p>c</p>"}),
        ("# 😀\n", {"title": "😀"}),
        ("## a", {"body": "<h2>a</h2>"}),
        ("a\n\n# b", {"body": "<p>a</p>\n<h1>b</h1>"}),
        ("## Translation\na", {"body": "<h2>Translation</h2>\n<p>a</p>"}),
        (f"## Source\n<{X}>", {"via": X}),
        (f"## Source\n<{X}>.", {"via": X}),
        (f"## Source\n[a b]({X})", {"via": X}),
        (f"## 来源\n{X}\n\nb", {"via": X, "body": "<p>b</p>"}),
        (f"## Reference\n{X}", {"via": X}),
        (f"## Source\nsee [a]({X})", {"body": f'<h2>Source</h2>\n<p>see <a href="{X}">a</a></p>'}),
        (f"## Source\nsee {X}", {"body": f'<h2>Source</h2>\n<p>see <a href="{X}">{X}</a></p>'}),
        (f"## Source\n[a]({X}) [b](c)", {"body": f'<h2>Source</h2>\n<p><a href="{X}">a</a> <a href="c">b</a></p>'}),
        ("## Source\na", {"body": "<h2>Source</h2>\n<p>a</p>"}),
        ("## Reference\n1. a", {"references": (Reference(title="a"),)}),
        (f"## Source\n{X}\n\n## Source\n{X}", {"via": X, "body": f'<h2>Source</h2>\n<p><a href="{X}">{X}</a></p>'}),
        ("## Previous\na\nb\n\nc", {"previous": Reference(title="a b"), "body": "<p>c</p>"}),
        (f"## Next\n[a - b]({X})", {"next": Reference(title="a - b", url=X)}),
        (f"## Next\nA: {X}", {"next": Reference(title="A", url=X)}),
        (f"## Next\n<{X}>", {"next": Reference(title=X, url=X)}),
        ("## Next\n- a", {"body": "<h2>Next</h2>\n<ul>\n<li>a</li>\n</ul>"}),
        ("## Next\n<b></b>", {"body": "<h2>Next</h2>\n<p><b></b></p>"}),
        ("    code\n\n## Summary\na", {"summary": "a", "body": "<pre><code>code</code></pre>"}),
        ("```\n---\n## Summary\n```", {"body": "<pre><code>---\n## Summary\n</code></pre>"}),
        ("> a\n\n## Summary\nb\n\nc\n\n> d", {"summary": "b\n\nc", "body": f"{QUOTED % 'a'}\n{QUOTED % 'd'}"}),
        ("> a\n\n## Summary\nb\n\n    c", {"summary": "b", "body": f"{QUOTED % 'a'}\n<pre><code>c</code></pre>"}),
        ("<!-- c -->\n\n## Next\nb\n\n<!-- d -->", {"next": Reference(title="b"), "body": "<!-- c -->\n<!-- d -->"}),
        ("[a]\n\n## Summary\nb\n\n[a]: <u \\<v> 't'", {"summary": "b", "body": '<p><a href="u%20%3Cv">a</a></p>'}),
        ("a<script>b</script>", {"body": "<p>a<script>b</script></p>"}),
    ],
)  # fmt: skip
def test_sections(text: str, expected: dict[str, object]) -> None:
    found, source = read(text)
    assert shown(found) == expected
    assert not source.problems


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# A  *b*\n\nc", "A\u3000b", "<p>c</p>"),
        ("# a\n\nc", "A", "<h1>a</h1>\n<p>c</p>"),
        ("## A\n\nc", "A", "<h2>A</h2>\n<p>c</p>"),
        ("c\n\n# A", "A", "<p>c</p>\n<h1>A</h1>"),
    ],
)
def test_a_heading_that_repeats_the_title_is_left_out(text: str, title: str, body: str) -> None:
    found, _ = read(text, title)
    assert (found.title, found.body) == ("", body)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", ""),
        ("# a\n\n## b\n\nc *d*\n\ne", "c d"),
        ("<b></b>\n\n中\n文", "中文"),
        ("## Summary\na\n\n## Own\nb", "b"),
        ("<div>\n<p class=a>b <i>c</i></p>\n<p>d</p>\n</div>", "b c"),
        ("<p>b", "b"),
        ("- a", ""),
        ("![A picture](https://x.test/a.png)\n\nText", "Text"),
        ("[![A picture](https://x.test/a.png)](https://x.test/) and *text*", "and text"),
        ("Line<br>break<br/>\nand another", "Line break and another"),
    ],
)
def test_the_first_paragraph_is_kept_for_a_summary(text: str, first: str) -> None:
    assert read(text)[0].first_paragraph == first


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b", ["a", "b"]),
        ("* a\n  b\n* c", ["a b", "c"]),
        ("1. a\n   - b\n     - c\n2. d", ["a", ["b", ["c"]], "d"]),
        ("- a\n\n  b\n\n- c", ["a<br>b", "c"]),
        ("- a\\\n  b  \n  c<br />d", ["a<br>b<br>c<br>d"]),
        ("- *a* **b** ~~c~~ `<d>`", ["<em>a</em> <strong>b</strong> <del>c</del> <code>&lt;d&gt;</code>"]),
        ("- a & b &lt; \"c\" <i>d</i> \\*e\\* 1\\. &#945;", ['a &amp; b &lt; "c" <i>d</i> *e* 1. α']),
        (f"- [a & *b*]({X}?c&d 't') e", [f'<a href="{X}?c&amp;d">a &amp; <em>b</em></a> e']),
        (f"- <{X}> <a@b.test>", [f'<a href="{X}">{X}</a> <a href="mailto:a@b.test">a@b.test</a>']),
        (f"- {X}a_b_c?d&e. f", [f'<a href="{X}a_b_c?d&amp;e">{X}a_b_c?d&amp;e</a>. f']),
        (f"- <i>{X}</i> `{X}`", [f'<i><a href="{X}">{X}</a></i> <code>{X}</code>']),
        (f'- <a href="{X}">{X}</a>', [f'<a href="{X}">{X}</a>']),
        ("- https\\://x.test", ["https://x.test"]),
        ("- ![a *b* \"](c&d)", ['<img src="c&amp;d" alt="a b &quot;" />']),
        ("- [a] [B][a] ![c][a] [d]\n\n[a]: e", ['<a href="e">a</a> <a href="e">B</a> <img src="e" alt="c" /> [d]']),
        ("- 中\n  文\n  a\n  b，\n  c", ["中文 a b，c"]),
        ("- 中\n  **「文」**\n- [中\n  文](a)\n  文", ["中<strong>「文」</strong>", '<a href="a">中文</a>文']),
        ("- 中\n  `文`\n- *中*\n  a", ["中<code>文</code>", "<em>中</em> a"]),
        ("-\n- b", ["", "b"]),
        ("- a[^1] b[^2] [^3]\n\n[^2]: c\n\n[^1]: d", ["a<sup>1</sup> b<sup>2</sup> [^3]"]),
    ],
)  # fmt: skip
def test_key_points(text: str, expected: list[object]) -> None:
    found, source = read(f"## Key Points\n{text}")
    assert points(found.key_points) == expected
    assert not source.problems


def test_key_points_are_nested_to_a_depth_that_can_be_shown() -> None:
    found, _ = read("## Key Points\n" + "".join(f"{'  ' * depth}- {depth}\n" for depth in range(100)))
    depth, level = 0, found.key_points
    while level[-1].children:
        depth, level = depth + 1, level[-1].children
    assert depth + 1 == 32
    assert len(level) == 69


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. a", [("a",)]),
        ("3. a\n4. b - c", [("a",), ("b", "c")]),
        ("- a - b / c", [("a", "b", "c")]),
        (f"1. [a]({X}) - b / c", [("a", "b", "c", X)]),
        (f"1. [a - b]({X}) - c", [("a - b", "c", X)]),
        (f"1. [a — b / c]({X})", [("a — b / c", X)]),
        (f"1. [甲——乙]({X})——丙", [("甲——乙", "丙", X)]),
        (f"1. a - [b - c]({X})", [("a", "b - c", X)]),
        (f"1. *[a - b]({X})* - c", [("a - b", "c", X)]),
        (f"1. a <{X}>", [("a", X)]),
        (f"1. a - b: <{X}>", [("a", "b", X)]),
        (f"1. a - b {X}", [("a", "b", X)]),
        (f"1. a\n   {X}b_(c)", [("a", f"{X}b_(c)")]),
        (f"1. a\n\n   {X}", [("a", X)]),
        (f"1. <{X}>", [(X, X)]),
        (f"1. {X}", [(X, X)]),
        (f"1. [a]\n2. [b][a] - c\n\n[a]: {X}", [("a", X), ("b", "c", X)]),
        ("1. a \\- b\n2. c &#45; d", [("a - b",), ("c - d",)]),
        ("1. `a` *b* &amp; <i>c</i>", [("a b & c",)]),
        ("1. 中\n   文 - 出\n   版\n2. a\n   b", [("中文", "出版"), ("a b",)]),
        ("1. GPT-OSS - A/B", [("GPT-OSS", "A/B")]),
    ],
)
def test_references(text: str, expected: list[tuple[str, ...]]) -> None:
    found, source = read(f"## References\n{text}")
    assert cited(found) == expected
    assert not source.problems
    assert found.body == ""


@pytest.mark.parametrize(
    ("text", "expected", "problem", "message"),
    [
        ("1. a\n   - b\n     - c\n2. d", [("a b c",), ("d",)], ("W109", "1. a"), "a list below it"),
        ("1. a[^1]\n\n[^1]: b", [("a",)], ("W109", "1. a[^1]"), "a footnote"),
        (f"1. [a]({X}) [b]({X}b)", [("a b", X)], ("W109", f"1. [a]({X}) [b]({X}b)"), "2 addresses; the first is taken"),
        ("1. 😀 [a](b.html)", [("😀 a",)], ("E111", "1. 😀 [a](b.html)"), "'b.html' is not an absolute"),
        ("1. a\n2. \n3. b", [("a",), ("b",)], ("W109", "2."), "this reference is empty"),
    ],
)  # fmt: skip
def test_what_is_said_of_references(
    text: str, expected: list[tuple[str, ...]], problem: tuple[str, str], message: str
) -> None:
    found, source = read(f"前\n\n## References\n{text}")
    assert cited(found) == expected
    assert said(source) == [problem]
    assert message in source.problems[0].message
    assert len(found.reference_places) == len(expected)


def test_references_have_places() -> None:
    found, source = read("中文 text\n\n## References\n1. 甲\n2. b\n   https://x.test/\n")
    assert [source.text[start:end] for start, end in found.reference_places] == ["1. 甲", "2. b"]
    found, source = read("## References\n1. a\n\n## Source\nhttps://x.test/\n")
    assert source.text[slice(*found.via_place)] == "https://x.test/"


@pytest.mark.parametrize("name", ["previous", "next"])
def test_neighbours_with_addresses_that_lead_nowhere(name: str) -> None:
    found, source = read(f"## {name}\n[a](b.html)")
    assert getattr(found, name) == Reference(title="a")
    assert said(source) == [("E111", "[a](b.html)")]


@pytest.mark.parametrize("heading", ["Key Points", "References"])
@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("- a\n\n  ```\n  b\n  ```", "a block of code"),
        ("- a\n\n  | b |\n  |---|", "a table"),
        ("- a\n  > b", "a quotation"),
        ("- a\n- <div>\n", "HTML"),
        ("- # a", "a heading"),
        ("- [^1]: a", "a footnote"),
        ("- a\n\n  ***", "a line across"),
    ],
)
def test_a_list_of_more_than_text_stays_and_is_mentioned(heading: str, item: str, message: str) -> None:
    found, source = read(f"## {heading}\n{item}")
    assert (found.key_points, found.references) == ((), ())
    assert found.body.startswith(f"<h2>{heading}</h2>\n<ul>")
    assert [problem.message for problem in source.problems] == [f"this list holds {message}"]
    assert [code for code, _ in said(source)] == ["W111"]


@pytest.mark.parametrize("heading", ["Key Points", "References"])
def test_a_section_is_one_list(heading: str) -> None:
    found, source = read(f"## {heading}\nbefore\n\n- a\n\nbetween\n\n1. b\n")
    assert found.body == "<p>before</p>\n<p>between</p>\n<ol>\n<li>b</li>\n</ol>"
    assert len(found.key_points) + len(found.references) == 1
    assert said(source) == [("W111", "1. b")]


@pytest.mark.parametrize("heading", ["Key Points", "References"])
def test_a_list_behind_one_that_is_not_read(heading: str) -> None:
    found, source = read(f"## {heading}\n- > a\n\ntext\n\n- b")
    assert len(found.key_points) + len(found.references) == 1
    assert found.body == "<ul>\n<li>\n<blockquote>\n<p>a</p>\n</blockquote>\n</li>\n</ul>\n<p>text</p>"
    assert said(source) == [("W111", "- > a")]


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("中\n文 \n字\na\nb", "<p>中文字\na\nb</p>"),
        ("中，\nb\n。", "<p>中，b。</p>"),
        ("中文\n**「字」**，", "<p>中文<strong>「字」</strong>，</p>"),
        ("> 中\n> 文\n文", "<blockquote>\n<p>中文文</p>\n</blockquote>"),
        ("- 中\n  文", "<ul>\n<li>中文</li>\n</ul>"),
        ("中\n文\n===", "<h1>中文</h1>"),
        ("[中\n文]\n\n[中 文]: a", '<p><a href="a">中文</a></p>'),
        ("[中\n](a)文", '<p><a href="a">中\n</a>文</p>'),
        ("中  \n文", "<p>中<br />\n文</p>"),
        ("```\n中\n文\n```", "<pre><code>中\n文\n</code></pre>"),
        ("<p>中\n文</p>", "<p>中\n文</p>"),
        ("한\n글", "<p>한\n글</p>"),
    ],
)
def test_chinese_lines_are_joined_without_space(text: str, body: str) -> None:
    assert read(f"## x\n\n{text}")[0].body == f"<h2>x</h2>\n{body}"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (f"{X}. a", f'<p><a href="{X}">{X}</a>. a</p>'),
        (f"<{X}>", f'<p><a href="{X}">{X}</a></p>'),
        (f"`{X}` [{X}]({X})", f'<p><code>{X}</code> <a href="{X}">{X}</a></p>'),
        (f"    {X}", f"<pre><code>{X}</code></pre>"),
        ("https\\://x.test", "<p>https://x.test</p>"),
        (f"“{X}” &lt;{X}>", f'<p>“<a href="{X}">{X}</a>” &lt;<a href="{X}">{X}</a>&gt;</p>'),
        (f'"{X}" a', f'<p>"<a href="{X}">{X}</a>" a</p>'),
        (f"<A>{X}</A> {X}", f'<p><A>{X}</A> <a href="{X}">{X}</a></p>'),
        (f'a <img alt=">" src="{X}">', f'<p>a <img alt=">" src="{X}"></p>'),
        (f"<div>{X}</div>", f"<div>{X}</div>"),
        (f"- <div>{X}</div>", f"<ul>\n<li><div>{X}</div></li>\n</ul>"),
        ("https://x.test:99999/ https://", "<p>https://x.test:99999/ https://</p>"),
        ("HTTPS://x.test/", '<p><a href="HTTPS://x.test/">HTTPS://x.test/</a></p>'),
    ],
)  # fmt: skip
def test_bare_addresses_become_links(text: str, html: str) -> None:
    assert read(text)[0].body == html


def test_markdown_is_rendered_by_itself() -> None:
    assert to_html(f"a {X}\n") == f'<p>a <a href="{X}">{X}</a></p>\n'


def test_footnotes_are_numbered_through_the_entry_and_stand_at_its_end() -> None:
    found, source = read(
        "a[^n] b[^1]\n\n[^1]: one\n\n    more\n\n## Summary\nc[^2]\n\n## Key Points\n- d[^1] e[^x]\n\n# End\n\n"
        "[^N]: - list\n\n[^2]: two[^1]\n\n[^l]: lone\n\nlast\n"
    )
    assert found.summary == "c"
    assert points(found.key_points) == ["d<sup>2</sup> e[^x]"]
    assert found.body == (
        "<p>c<sup>3</sup></p>\n<p>a<sup>1</sup> b<sup>2</sup></p>\n<h1>End</h1>\n<p>last</p>\n"
        "<div>\n<p><sup>2</sup> one</p>\n<p>more</p>\n</div>\n"
        "<div>\n<p><sup>1</sup></p>\n<ul>\n<li>list</li>\n</ul>\n</div>\n"
        "<div>\n<p><sup>3</sup> two<sup>2</sup></p>\n</div>\n<div>\n<p><sup>4</sup> lone</p>\n</div>"
    )
    assert "<p><sup>3</sup> two<sup>2</sup></p>" in sanitise(found.body, X)
    assert not source.problems


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a &#1;b", "&#1;b"),
        ("# a&#xfffe;", "&#xfffe;"),
        ("## Key Points\n- a &#2;", "&#2;"),
        ("## References\n1. b&#3; - c", "&#3; - c"),
    ],
)
def test_characters_that_no_feed_can_carry_are_found_in_disguise(text: str, marked: str) -> None:
    found, source = read(text)
    assert said(source) == [("W121", marked)]
    assert not any(ord(character) in (1, 2, 3, 0xFFFE) for character in repr(found))


def test_what_only_looks_like_such_characters() -> None:
    assert not read("`&#1;` &#0; &#65;\n\n<div>&#1;</div>")[1].problems
    assert points(read("## Key Points\n- [a](&#1;) ![&#x41;](&#2;)")[0].key_points) == [
        '<a href="">a</a> <img src="" alt="A" />'
    ]


_PIECES = (
    "## Summary|## Key Points|## References|## Source|## Next|# a|- a|  - b|1. c|   d|中|文|> q|```|[^1]|[^1]: n"
    "|<div>|</div>|<p>|https://x.test/|[a]|[a]: https://x.test/|[b](c)|![d](e)|**|`|&#1;||\\|***|| a |"
).split("|")


@given(st.lists(st.sampled_from(_PIECES), max_size=25), st.sampled_from(["\n", "", " ", "\n\n"]))
def test_any_markdown_is_read(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    found, source = read(text)
    for start, end in [*found.reference_places, found.via_place]:
        assert -1 <= start <= end <= len(source.text)
    assert "\f" not in repr(found)


@pytest.mark.parametrize("before", ["", "\n"])
@pytest.mark.parametrize("heading", ["", "## Summary\n", "## Key Points\n- ", "## References\n1. "])
@pytest.mark.parametrize(
    "repeated",
    [
        "> ", ">", "- ", "1. ", "[", "*", "`", "<", "http://", "<a>", "<p>", "<!--", "<a href='https://x.test/'>",
        "*a_ ", "[a](", "[x] ", "![", "[^1]", "文\n", "# a\n", "- b - ", "—", "&#1;",
    ],
)  # fmt: skip
def test_hostile_markdown_neither_hangs_nor_crashes(before: str, heading: str, repeated: str) -> None:
    start = time.process_time()
    read(before + heading + repeated * (30_000 // len(repeated)) + "\n\n[x]: https://x.test/\n\n[^1]: n\n")
    assert time.process_time() - start < 10


def test_time_grows_with_the_number_of_items_only() -> None:
    key_points = "".join(f"- **点** {number} [l][{number}] https://x.test/{number}\n" for number in range(4000))
    references = "".join(f"{number}. [t](faulty{number}) - 出版\n" for number in range(4000))
    links = "".join(f"[{number}]: https://x.test/{number}\n" for number in range(4000))
    start = time.process_time()
    found, source = read(f"## Key Points\n{key_points}\n## References\n{references}\n{links}")
    assert (len(found.key_points), len(found.references), source.problems.total) == (4000, 4000, 4000)
    assert time.process_time() - start < 5


def test_an_address_with_a_blank_is_told_and_not_cut() -> None:
    found, source = read(
        "## References\n1. [K](https://www.lin.test/a b) - y\n2. [L](https://www.lin.test/c 'tip') - z\n"
    )
    assert [(problem.code, problem.line) for problem in source.problems] == [("E111", 4)]
    assert [reference.url for reference in found.references] == [None, "https://www.lin.test/c"]


@pytest.mark.parametrize("address", ["https://a..b/", f"https://x.test/{'a' * 8000}"])
def test_addresses_that_no_feed_can_link_to_are_told_also_in_plain_lists(address: str) -> None:
    found, source = read(f"\n## References\n1. [a]({address}) - b")
    assert found.references == (Reference(title="a", publishers=("b",)),)
    assert [problem.code for problem in source.problems] == ["E111"]


def test_plain_files_load_neither_parser_nor_tables_of_languages(tmp_path: Path) -> None:
    plain = tmp_path / "a.en.md"
    plain.write_text(
        "---\ntitle: A\npublished: 2026-02-01T09:00:00Z\ntags: [b, c]\n---\n"
        "## Summary\nD.\n\n## Key Points\n- **E:** f\n"
    )
    program = f"""
import sys
from feedpub.entries.file import read_file
from feedpub.entries.headings import default_table
from feedpub.model import Config
config = Config(base_url="https://x.test/", authority="x.test,2026", languages=("en", "zh-Hans"))
file = read_file({str(plain)!r}, "a.en.md", default_table(), config)
print(file.values["title"], file.sections.summary, file.sections.key_points[0].text)
print(*sorted(sys.modules.keys() & set("dateutil idna langcodes nh3 pyromark yaml".split())))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "A D. <strong>E:</strong> f\n\n"
