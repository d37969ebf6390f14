"""What entry files look like, and that awkward text comes back from them."""

from __future__ import annotations

import pytest
import yaml

from feedpub.entries.blocks import first_text
from feedpub.entries.front_matter import read_front_matter
from feedpub.entries.headings import default_table, table
from feedpub.entries.lines import split_link
from feedpub.entries.source import Source
from feedpub.entries.value import read_text
from feedpub.entries.writing import write_entry
from feedpub.model import Draft, KeyPoint, Reference
from sample_entries import Found, read_entry

ENGLISH = """\
---
title: Tide tables
published: 2026-02-01T09:00:00+08:00
source: https://example.org/talk?v=1
previous: Moon and sea
next: "[Sand](https://example.org/sand)"
---
## Summary

How the sea was measured.

And who did it.

## Key Points

- **First**: pencils
  - Paper came [later](https://example.org/paper), see <https://example.org/>
- 5 \\< 6 \\* 7

## References

1. [Harbour book](https://example.org/book_(1)) - Port / City archive
2. Notes from the pier - Anna Berg
3. A letter
"""

CHINESE = """\
---
title: 潮汐表
digest: true
---
<p>另见正文。</p>

## 总结

海是怎样量出来的。

## 关键点

- 铅笔在先
  - 纸在后

## 参考文献

1. [港口手册](https://example.org/book) - 港务局
"""


def read(text: str) -> Found:
    found = read_entry(text)
    assert not found.source.problems
    return found


def front(text: str, key: str) -> str | None:
    source = Source("entry.md", text)
    matter, _ = read_front_matter(source)
    assert not source.problems
    return read_text(source, matter[key], key)


def test_a_digest_in_english() -> None:
    draft = Draft(
        language="en",
        title="Tide tables",
        summary="How the sea was measured.\n\nAnd who did it.",
        key_points=(
            KeyPoint(
                text="<strong>First</strong>: pencils",
                children=(
                    KeyPoint(
                        text='Paper came <a href="https://example.org/paper">later</a>, see '
                        '<a href="https://example.org/">https://example.org/</a>'
                    ),
                ),
            ),
            KeyPoint(text="5 &lt; 6 * 7"),
        ),
        references=(
            Reference(title="Harbour book", publishers=("Port", "City archive"), url="https://example.org/book_(1)"),
            Reference(title="Notes from the pier", publishers=("Anna Berg",)),
            Reference(title="A letter"),
        ),
    )
    text = write_entry(
        draft,
        published="2026-02-01T09:00:00+08:00",
        via="https://example.org/talk?v=1",
        previous=Reference(title="Moon and sea"),
        next=Reference(title="Sand", url="https://example.org/sand"),
    )
    assert text == ENGLISH
    found = read(text)
    assert (found.summary, found.key_points, found.references) == (draft.summary, draft.key_points, draft.references)


def test_a_digest_in_chinese_has_chinese_headings() -> None:
    draft = Draft(
        language="zh-CN",
        title="潮汐表",
        summary="海是怎样量出来的。",
        body="<p>另见正文。</p>",
        key_points=(KeyPoint(text="铅笔在先", children=(KeyPoint(text="纸在后"),)),),
        references=(Reference(title="港口手册", publishers=("港务局",), url="https://example.org/book"),),
    )
    assert write_entry(draft) == CHINESE


def test_words_of_a_site_are_used_as_headings() -> None:
    headings = table({"en": {"summary": ["* In a nutshell"]}})
    assert write_entry(Draft(language="tlh", summary="Text"), headings=headings) == "## \\* In a nutshell\n\nText\n"


@pytest.mark.parametrize("language", default_table().languages())
def test_headings_of_each_language_are_read_as_what_they_are(language: str) -> None:
    draft = Draft(
        language=language, summary="One", key_points=(KeyPoint(text="Two"),), references=(Reference(title="Three"),)
    )
    found = read(write_entry(draft))
    assert (found.summary, found.key_points, found.references) == (draft.summary, draft.key_points, draft.references)


@pytest.mark.parametrize(
    "title",
    [
        "a: b", "a #b", "#a", "- a", "-", "no", "null", "~", "0123", "1.5", "2026-02-30", "'x'", '"x"', "[a]",
        "{b}", "a:", "*a", "&a", "!a", "%a", "@a", "`a", "| a", "> a", "? a", "=", "<<", "\\n", "---", "...",
        "😀 é", "שלום (עולם)", "\u200f", "標題：「甲」", "Quoi\xa0?", "a\x7fb\ufeffc\x9d",
    ],
)  # fmt: skip
def test_titles_that_yaml_would_take_for_something_else(title: str) -> None:
    text = write_entry(Draft(language="en", title=title))
    assert front(text, "title") == title
    assert next(yaml.safe_load_all(text)) == {"title": title}


def test_a_title_stands_on_one_line() -> None:
    assert front(write_entry(Draft(language="en", title=" a\r\n  b\u2028c ")), "title") == "a b c"


def test_a_draft_without_anything_has_no_front_matter() -> None:
    assert write_entry(Draft(language="en", summary="a")) == "## Summary\n\na\n"


@pytest.mark.parametrize(
    ("published", "line"),
    [("2026-02-01", "2026-02-01"), ("2026-02-01 09:00Z", "2026-02-01 09:00Z"), ("soon: maybe", '"soon: maybe"')],
)
def test_dates_are_written_as_they_were_given(published: str, line: str) -> None:
    assert f"published: {line}\n" in write_entry(Draft(language="en"), published=published)


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
    text = write_entry(Draft(language="en"), previous=reference)
    assert text.splitlines()[1] == f"previous: {line}"
    if not line.startswith("{"):
        assert split_link(front(text, "previous") or "") == (reference.title, reference.url)


AWKWARD = [
    "Key Points", "## Summary", "# a", "#a", "####### a", "- a", "-a", "* a", "+ a", "1. a", "2) a", "1.5 a",
    "12345678901. a", "> a", "---", "===", "***", "- - -", "```", "~~~", "| a | b |",
    "*a* **b** _c_ __d__ snake_case _", "`a`", "``", "[a]", "[a](b)", "![a](b)", "[a]: https://example.org/",
    "[^1]", "[^1]: a", "- [ ] a", "<b>a</b>", "<!-- a", "<div>", "</pre>", "<https://example.org/>", "a < b > c",
    "~a~ ~~b~~", "a\\", "\\*a", "\\", "&amp; &lt; &#45; &copy; & AT&T &copy", "!", "a | b",
    "https://example.org/a_(b)", 'see "http://example.org/" HTTPS://EXAMPLE.ORG', "](https://example.org/)",
    "(https://example.org/)", "ftp://example.org", "$a$", "😀", "שלום", "汉字（括号）", "Oui\xa0!", "甲\u3000乙",
    "\u200b", "#", "-", "+", "1.", "1)", ":", "a:",
]  # fmt: skip


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_text_is_only_text(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    point = KeyPoint(text=escaped, children=(KeyPoint(text=escaped),))
    references = (Reference(title=text), Reference(title=text, publishers=(text, text), url="https://example.org/"))
    draft = Draft(language="en", summary=f"{text}\n\n{text}", key_points=(point, point), references=references)
    found = read(write_entry(draft))
    assert found.summary == draft.summary
    assert found.body == ""
    assert found.key_points == draft.key_points
    assert found.references == draft.references


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<strong>a</strong> <em>b</em> <del>c</del>", "**a** *b* ~~c~~"),
        ("a<strong>b.</strong>c", "a<strong>b.</strong>c"),  # Markdown has no marks for this
        ("<code>f(*args)[0]</code>", "`f(*args)[0]`"),
        ("<code>a`b*</code>", "<code>a\\`b\\*</code>"),
        ('<a href="https://example.org/a(b">c</a>', "[c](https://example.org/a\\(b)"),
        ('<a href="https://example.org/?a=1&amp;b=2">c</a>', "[c](https://example.org/?a=1&b=2)"),
        ('<a href="https://example.org/" title="t">c*</a>', '<a href="https://example.org/" title="t">c\\*</a>'),
        ('<img src="a.png" alt="b" />', "![b](a.png)"),
        ('<img src="a.png">', '<img src="a.png">'),
        ("a<br>b", "a<br>b"),
        ("", "&#32;"),
        ("1. <b>a</b>", "1\\. <b>a</b>"),
    ],
)
def test_html_in_key_points(html: str, markdown: str) -> None:
    point = KeyPoint(text=html)
    text = write_entry(Draft(language="en", key_points=(point, KeyPoint(text="a", children=(point,)))))
    assert text == f"## Key Points\n\n- {markdown}\n- a\n  - {markdown}\n"
    assert read(text).key_points == (point, KeyPoint(text="a", children=(point,)))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a <br /> &quot;b&quot;\n&nbsp;c", 'a <br> "b" \xa0c'),
        ('<b "x">a</b>', "a"),
        ('<b "x"></b>', ""),
        ("<div>a</div>", "a"),
    ],
)
def test_html_that_markdown_cannot_hold_says_the_same(html: str, text: str) -> None:
    found = read(write_entry(Draft(language="en", key_points=(KeyPoint(text=html),))))
    assert found.key_points == (KeyPoint(text=text),)


@pytest.mark.parametrize(
    ("reference", "line"),
    [
        (Reference(title="A - B"), "A \\- B"),
        (
            Reference(title="A – B — C", url="https://example.org/"),
            "[A <span>–</span> B <span>—</span> C](https://example.org/)",
        ),
        (Reference(title="A——B", publishers=("C",)), "A<span>—</span><span>—</span>B - C"),
        (Reference(title="——A - B"), "——A - B"),
        (Reference(title="GPT-OSS", publishers=("A/B", "C - D")), "GPT-OSS - A/B / C - D"),
        (Reference(title="Live", publishers=("AC / DC", "甲／乙")), "Live - AC \\/ DC / 甲<span>／</span>乙"),
        (Reference(title="A:", url="https://example.org/"), "[A:](https://example.org/)"),
        (Reference(title="https://example.org/", url="https://example.org/"), "<https://example.org/>"),
        (
            Reference(title="https://example.org/", publishers=("A",), url="https://example.org/"),
            "[https\\://example.org/](https://example.org/) - A",
        ),
        (Reference(title="a", url="https://example.org/?*_(b"), "[a](https://example.org/?*_\\(b)"),
        (Reference(title="a", url="https://example.org/?a=1&amp;b"), "[a](https://example.org/?a=1&amp;amp;b)"),
        (Reference(title="a", url="https://例え.test/"), "[a](https://例え.test/)"),
        (Reference(title="2026. A year"), "2026\\. A year"),
    ],
)
def test_references(reference: Reference, line: str) -> None:
    text = write_entry(Draft(language="en", references=(reference,)))
    assert text == f"## References\n\n1. {line}\n"
    assert read(text).references == (reference,)


def test_addresses_are_read_again_in_ascii() -> None:
    url = "https://例え.test/道?*_\"'\\"
    text = write_entry(Draft(language="en", references=(Reference(title="a", url=url),)))
    encoded = "https://例え.test/%E9%81%93?*_%22'%5C"
    assert read(text).references == (Reference(title="a", url=encoded),)


@pytest.mark.parametrize(
    "body",
    [
        "<p>a &amp; b https://example.org/ <em>c</em></p>\n<h2>Key Points</h2>\n<p># d</p>",
        "<pre><code>a\n\n\n  # b\n</code></pre>\n<p>c</p>",
        "<ul>\n<li>a\n<pre><code>b\n\nc\n</code></pre>\n</li>\n</ul>\n<p>d</p>\n<pre>e\n\nf</pre>",
        "<!-- a\n\nb -->\n<table><tr><td>c</td></tr></table>",
    ],
)
def test_a_body_is_read_again(body: str) -> None:
    found = read(write_entry(Draft(language="en", summary="Short", body=body)))
    assert (found.body, found.summary) == (body, "Short")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (" <p>a</p>\r\n\r\n \n<p>b</p>\n", "<p>a</p>\n<p>b</p>"),
        ("<div><pre>a\n\n\nb</pre>\n\n</div>", "<div><pre>a\n&#10;&#10;b</pre>\n</div>"),
        ("a *b*\n\nc", "<div>\na *b*\nc\n</div>"),
        ("<pre>a", "<div>\n<pre>a\n</div>"),
        ("<!-- a\n\n## b", "<div>\n&lt;!-- a\n## b\n</div>"),
    ],
)
def test_the_layout_of_a_body_may_change_once(body: str, kept: str) -> None:
    draft = Draft(language="en", summary="Short", body=body)
    found = read(write_entry(draft))
    assert (found.body, found.summary) == (kept, "Short")
    assert read(write_entry(Draft(language="en", body=kept))).body == kept


def test_an_entry_with_nothing_but_html_has_a_first_paragraph() -> None:
    found = read("<h2>A</h2>\n<p class=b>C &amp; <em>d</em></p>\n<p>e</p>\n")
    assert first_text(found.body) == "C & d"


def test_addresses_become_links_unless_they_are_escaped() -> None:
    found = read("## Key Points\n- https://example.org/a https\\://example.org/b\n- [c](https\\://example.org/c)\n")
    linked, escaped = '<a href="https://example.org/a">https://example.org/a</a>', "https://example.org/b"
    assert [point.text for point in found.key_points] == [
        f"{linked} {escaped}",
        '<a href="https://example.org/c">c</a>',
    ]


def test_a_summary_with_a_link_is_also_body_but_only_once() -> None:
    found = read("## Summary\nSee https://example.org/ now.\n")
    again = read(write_entry(Draft(language="en", summary=found.summary, body=found.body)))
    assert found.body == '<p>See <a href="https://example.org/">https://example.org/</a> now.</p>'
    assert (again.summary, again.body) == (found.summary, found.body)
