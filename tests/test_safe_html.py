"""No script gets through: whatever an entry holds, pages and feeds hold nothing but harmless HTML."""

from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

import feedpub
from feedpub import Entry, FieldError, KeyPoint, Reference, Translation
from feedpub.model.checks import is_legal_xml
from feedpub.rendering.html_limits import (
    LARGEST_CONTENT_BYTES,
    LARGEST_GROWTH,
    MOST_OPEN_TAGS,
    find_excess,
)
from feedpub.rendering.sanitiser import resolve_address, sanitise_html
from support.case_files import load_cases
from support.html_oracle import find_page_violations, find_violations
from support.sample_sites import post, write_site
from support.speed import THOROUGH, sample

if TYPE_CHECKING:
    from pathlib import Path

BASE = "https://site.test/en/a/"
LANGUAGES = ("en", "ar")


def make_entry(language: str = "en", **fields: Any) -> Entry:
    """Make an entry whose page is `BASE`."""
    values: dict[str, Any] = {
        "id": f"tag:site.test,2026:a/{language}",
        "language": language,
        "title": "Title",
        "link": BASE,
        "published": datetime(2026, 2, 1, tzinfo=UTC),
    }
    return Entry(**values | fields)


def read_contents(public: Path, language: str) -> list[str]:
    """Return the HTML of all entries of a language in all formats, as feed readers show it."""
    atom = etree.parse(public / language / "atom.xml")
    rss = etree.parse(public / language / "rss.xml")
    items = json.loads((public / language / "feed.json").read_text(encoding="utf-8"))["items"]
    html = [element.text or "" for element in atom.iter("{*}content")]
    html += [element.text or "" for element in atom.iter("{*}summary", "{*}title") if element.get("type") == "html"]
    html += [element.text or "" for element in rss.iter("{*}encoded")]
    html += [element.findtext("description") or "" for element in rss.iter("item")]
    return [*html, *(item["content_html"] for item in items)]


# --- The judge can fail -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "violation"),
    [
        ("<script>x</script>", "<script>"),
        ("<p><b onclick='x'>y</b></p>", "<b onclick>"),
        ("<a href='javascript:x'>y</a>", "<a href='javascript:x'>"),
        ("<a href='java\nscript:x'>y</a>", "<a href='java\\nscript:x'>"),
        ("<a href='x.html'>y</a>", "<a href='x.html'>"),
        ("<a href='https:x'>y</a>", "<a href='https:x'>"),
        ("<img src='data:x'>", "<img src='data:x'>"),
        ("<svg><p>x</p></svg>", "not an element of HTML: {http://www.w3.org/2000/svg}svg"),
        ("<p lang='a b'>x</p>", "<p lang='a b'>"),
        ("<h1>x</h1>", "<h1>"),
        ("<p class=x>y</p>", "<p class>"),
    ],
)
def test_the_judge_sees_what_is_wrong(html: str, violation: str) -> None:
    assert find_violations(html) == [violation]
    assert find_violations("<p dir='rtl' lang='ar'>x<!-- y --></p>")[0].startswith("not an element of HTML")
    if "x.html" in html:  # pages link to each other so
        return
    page = f"<!doctype html><title>x</title><main><div class='content'>{html}</div></main>".encode()
    assert violation in find_page_violations(page)


# --- Cases ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [case for case in load_cases("html") if "html" in case.values[0]])
@pytest.mark.parametrize("language", LANGUAGES)
def test_case_in_a_library_value(case: dict[str, Any], language: str) -> None:
    html = feedpub.render(make_entry(language, body=case["html"], key_points=(KeyPoint(text=case["html"]),)))

    assert find_violations(html) == []
    if language == "en" and "content" in case:
        assert html.startswith(case["content"])
        assert f"<li>{case['content']}</li>" in html


@pytest.mark.parametrize("case", load_cases("html"))
def test_case_in_an_entry_file(case: dict[str, Any], tmp_path: Path) -> None:
    text = case.get("markdown") or f"<div>\n{case['html']}\n</div>\n"
    entries = write_site(tmp_path / "entries", {"a.en.md": post(text)})

    feedpub.build(entries, tmp_path / "public")

    for html in read_contents(tmp_path / "public", "en"):
        assert find_violations(html) == []
    assert find_page_violations((tmp_path / "public/en/a/index.html").read_bytes()) == []
    if "told" in case:
        assert case["told"] in {problem.code for problem in feedpub.lint(entries)}
    if "markdown" in case and "content" in case:
        assert case["content"] in feedpub.render(feedpub.load(entries).articles[0].entries["en"])


# --- Whatever comes in ------------------------------------------------------------------------------------------------

_PIECES = [
    *"< > </ /> = \" ' ` & ; / p a h1 h6 b pre svg math td tr on".split(),
    *"<p <a <img <pre <h1 <svg <math <style <script <table <select <template <noscript <title <textarea".split(),
    *"</p> </a> </pre> </svg> </math> </style> </script> </table> </select> </template> </noscript> </title>".split(),
    *"<p> <b> <i> <b> <ul> <li> <table> <tr> <td> <div> </div> <br> <dl> <dt> <ruby> <rt> <figure> <h2> <h5>".split(),
    *"<mtext> <mglyph> <annotation-xml <foreignObject> <desc> <frameset> <form> <button> <plaintext> <iframe".split(),
    *"<!-- --> --!> <!> <![CDATA[ ]]> <? ?> <!doctype".split(),
    *" href= src= onerror=alert(1) onload='x' style=x class=y id=z lang=ar dir=rtl dir=x start=2 srcdoc=x".split(" "),
    *"javascript:alert(1) data:text/html,x vbscript:x https://e.test/ //e.test x.html #n mailto:a@b tel:1".split(),
    *"&nbsp; &#106; &#x6A; &colon; &Tab; &NewLine; &lt; &gt; &quot; &amp; &#x1F; &#xFFFE; &#0; &lt;script&gt;".split(),
    *[" ", "\n", "\t", "\r\n", "\xa0", "\u3000", "\x85", "\u2028", "\u200b", "\ufeff", "\u202e", "文", "é"],
    *"<math <mi> <mi <mo> <mtext> <ms> <msup> <mtable> <mtd> <mspace width=1em> <semantics> <malignmark> </mi>".split(),
    *"<annotation> </annotation> <annotation-xml> <details> <summary> <q> <s> <strike> <picture> <source".split(),
    *"<video <iframe> <iframe></iframe> </iframe> <video> </video> <object data=x> </object> <embed src=x>".split(),
    *"data-src=x data-src=javascript:alert(1) srcset=x aria-hidden=true class=headerlink href=#a alttext=x".split(),
    *"<h2> </h2> <a class=anchor href=#> ¶</a> <x-noscript> </x-noscript> style=text-align:right align=x".split(),
    "<iframe src='https://e.test/' title='</a><img src=1 onerror=alert(1)>'>",
    "<annotation encoding='application/x-tex'>\"><img src=1 onerror=alert(1)></annotation>",
    "<img title='</noscript><img src=1 onerror=alert(1)>'>",
    "<a href='",
    '<a href="',
    "alt='<pre onerror=alert(1) x'",
    "'>",
    '">',
]


def write_hostile_html(chance: random.Random) -> str:
    """Return a few of the pieces that parsers trip over, one after the other."""
    return "".join(chance.choices(_PIECES, k=chance.randint(1, 14)))


def test_random_documents() -> None:
    chance = random.Random(2026)
    wrong = {}
    for number in range(50_000 if THOROUGH else 5_000):
        html = write_hostile_html(chance)
        fields: dict[str, Any] = {"body": html} if number % 3 else {"key_points": (KeyPoint(text=html),)}
        content = feedpub.render(make_entry("ar" if number % 4 == 0 else "en", **fields))
        if violations := find_violations(content):
            wrong[html] = violations
        assert is_legal_xml(content), html
    assert wrong == {}


def test_a_site_of_random_documents(tmp_path: Path) -> None:
    chance = random.Random(4287)
    files = {}
    for number in range(120):
        language = "ar" if number % 4 == 0 else "en"
        title = json.dumps(write_hostile_html(chance) + " title", ensure_ascii=True)
        body = "\n\n".join(write_hostile_html(chance) for _ in range(4))
        points = "\n".join(f"- {' '.join(write_hostile_html(chance).split())}" for _ in range(3))
        text = f"---\ntitle: {title}\npublished: 2026-02-01\nauthors: [{title}]\n---\n"
        files[f"a{number}.{language}.md"] = (
            f"{text}{body}\n\n## {'Key Points' if language == 'en' else 'نقاط'}\n{points}\n"
        )
    settings = (
        'base_url = "https://site.test/"\nauthority = "site.test,2026"\n'
        'languages = ["en", "ar"]\nfallback = "original"\n'
        '[title]\nen = "<script>alert(1)</script>"\nar = "\\"><img src=x onerror=alert(1)>"\n'
    )
    entries, public = write_site(tmp_path / "entries", files, settings), tmp_path / "public"

    built = feedpub.build(entries, public, keep_going=True)

    assert sum(built.articles.values()) > 100
    pages = sorted(public.rglob("*.html"))
    assert len(pages) > 60
    for page in pages:
        assert find_page_violations(page.read_bytes()) == [], page
    for language in LANGUAGES:
        for html in read_contents(public, language):
            assert find_violations(html) == []


def test_other_texts_cannot_become_markup() -> None:
    text = "\"><img src=x onerror=alert(1)>'</a><script>alert(1)</script>"
    html = feedpub.render(
        make_entry(
            summary=text,
            references=(Reference(title=text, publishers=(text,), url="https://e.test/?'"),),
            via="https://e.test/?'onclick='x",
            translations=(Translation(language="ar", title=text, link="https://e.test/?'"),),
        ),
        "zh-Hans",
    )
    assert find_violations(html) == []


# --- Addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "character", [*map(chr, range(0x21)), *"\x7f\x85\xa0\xad\u1680\u180e\u2003\u2028\u200b\u3000\ufeff"]
)
@pytest.mark.parametrize("scheme", ["javascript", "data", "vbscript", "file", "feed", "blob"])
def test_no_character_around_a_scheme_hides_it(character: str, scheme: str) -> None:
    for address in (f"{character}{scheme}:x", f"{character * 3}{scheme.upper()}:x{character}", f"{scheme}:{character}"):
        assert resolve_address(BASE, address) is None
    # As browsers read them: with the scheme of the page, "https:x" is relative.
    for ours, read in {"http:x": "http://x/", "https:x": f"{BASE}x", "mailto:x": "mailto:x", "tel:x": "tel:x"}.items():
        assert resolve_address(BASE, f"{character}{ours}") == read


# --- Size and time ----------------------------------------------------------------------------------------------------

EXCESSIVE = {
    "S4-reopened": "".join(f"<b lang=n{number}>" for number in range(2_000)) + "<p>x" * 10_000,
    "S4-reopened-with-other-attributes": "".join(f"<i id={number}>" for number in range(1_000)) + "<p>x" * 10_000,
    "S4-reopened-fonts": "".join(f"<font color={number}>" for number in range(1_000)) + "<div>x</div>" * 10_000,
    "S4-reopened-hidden-ends": "".join(f"<b lang=n{n}><!--</b>-->" for n in range(1_000)) + "<p>x" * 10_000,
    "S4-reopened-ends-in-attributes": "".join(f"<b lang=n{n} title='></b>'>" for n in range(1_000)) + "<p>x" * 10_000,
    "S4-reopened-links": f"<p><a href=https://e.test/{'a' * 7_900}></p>" + "<p>x" * 9_000,
    "S4-reopened-links-of-ampersands": f"<p><A href='https://e.test/?{'&' * 7_900}'></p>" + "<p>x</p>" * 2_000,
    "S4-reopened-links-with-tags-in-values": f"<p><a title='>' href='https://e.test/?<p{'a' * 7_900}'></p>"
    + "<p>x" * 9_000,
    "S4-reopened-alike-up-to-a-tag": "".join(f'<p><b title="<{n}" lang=n></p>' for n in range(2_000)) + "<p>x" * 7_000,
    "S4-reopened-alike-up-to-an-end": "".join(f"<p><i title='>{n}'></p>" for n in range(2_000)) + "<p>x" * 7_000,
    "S4-reopened-alike-but-for-what-is-closed": "".join(f"<p><u c='<br id={n}>'></p>" for n in range(2_000))
    + "<p>x" * 7_000,
    "S4-reopened-ends-beyond-ascii": "".join(f"<p><s id={n}>x</ſ></p>" for n in range(2_000)) + "<p>x" * 7_000,
    "S4-reopened-ends-in-two-pieces": "".join(f"<p><i id={n}>x<<br>/i></p>" for n in range(2_000)) + "<p>x" * 7_000,
    "S4-reopened-within-a-value": "<!--<b x='-->"
    + "".join(f"<p><b id={n}></p>" for n in range(2_000))
    + "<p>x" * 7_000,
    "S4-reopened-long-languages": f"<p><b lang='{'a' * 300_000}'></p>" + "<p>x" * 9_000,
    "S3-open-before-many": "<x>" * 5_000 + "<hr>" * 40_000,
    "S3-open-in-svg": "<svg>" + "<wbr>" * 15_000 + "</y>" * 10_000,
    "S3-cells-in-mathml": "<math>" + "<td>x" * 15_000 + "</y>" * 10_000,
    "S3-between-rows": "<table>" + "x<br>" * 60_000,
    "S3-between-cells": "<TABLE><tr>" + "<hr/>" * 60_000,
    "S3-ampersands": "&" * 400_000,
    "S3-no-break-spaces": "\xa0文" * 170_000,
    "S3-signs-of-latin-1": "x«" * 300_000,
    "S3-references-in-a-value": f"<img src=https://e.test/ alt='{'&bogus;' * 100_000}'>",
    "S3-attributes": f"<p {' '.join(f'a{n}' for n in range(100_000))}>x",
    "S3-attributes-with-ends-in-values": "<p" + "".join(f" a{n}='>'" for n in range(50_000)) + ">x",
    "S3-attributes-of-an-end": f"<p>x</p {' '.join(f'a{n}' for n in range(100_000))}",
    "S3-divisions": "<div>" * 100_000,
    "S3-lists": "<ul><li>" * 60_000,
    "S3-quotations": "<blockquote>" * 60_000 + "x",
    "S3-unknown": "<x></y>" * 60_000,
    "S3-hidden-ends": "<div><!--</div>-->" * 60_000,
    "S3-ends-in-the-wrong-place": "<div><table></div></table>" * 60_000,
}
# Bare tags that HTML does not know, or that are never closed, are text in entry files.
TEXT_IN_MARKDOWN = frozenset({"S3-open-before-many", "S3-open-in-svg", "S3-cells-in-mathml"})
FINE = {
    "headings-never-closed": "<h1>" * 9_000,
    "a-table-of-ten-thousand-rows": f"<table>{'<tr><td>a</td><td><a href=x.html>b</a></td></tr>' * 10_000}</table>",
    "fifty-thousand-paragraphs": "<p>a <em>b</em> <strong>c <code>d</code></strong></p>\n" * 50_000,
    "deep-lists": "<ul><li>a</li>" * 500 + "</ul>" * 500,
    "half-open-tags": "<a " * 9_000,
    "french": ("<p>" + "« Un long texte\xa0!\xa0» " * 4_000 + "</p>") * 8,
    "logged-addresses": "<pre>" + "GET /search?query=words&page=2&sort=time 200\n" * 10_000 + "</pre>",
    "spaces-of-old-html": "a&nbsp;&nbsp;&nbsp;b<br>\n" * 30_000,
    "less-than": "a < b <3 <- " * 100_000,
    "one-open-bold": "<b>" + "<p>x</p>" * 30_000,
    "paragraphs-without-ends": "<p>x" * 50_000,
    "old-table": f"<TABLE BORDER=1>{'<TR><TD ALIGN=left>a<TD nowrap>b<TD>c<TD>d' * 5_000}</TABLE>",
    "old-list": f"<ul>{'<li>a <b>b</b>' * 30_000}</ul>",
    "old-definitions": f"<dl>{'<dt>a<dd>b' * 15_000}</dl>",
    "old-anchors": "".join(f"<h3><a name=x{number}>x</h3><p>y</p>" for number in range(1_500)),
    "greater-than": "<p>a > b</p><pre><code id=x>a->b</code></pre>" * 15_000,
    "code-of-its-own-class": "".join(f"<p><code class='{number}'>a -> b</code></p>" for number in range(9_000)),
    "ten-thousand-links": '<a\n href = "x.html" title="a > b" download>x</a> ' * 10_000,
    "embeds": '<iframe allowfullscreen src="https://e.test/"></iframe><video controls src=x></video><o:p></o:p>'
    * 8_000,
    "comments": "<!-- wp:paragraph {a} --><p>x</p><!-- /wp:paragraph --><!-- <p>y</p> --><?php x ?>" * 8_000,
    "icons": '<p><svg viewBox="0 0 9 9"><path d="M0 0"/><g><circle r="1" /></g></svg>x</p>' * 1_000,
    "a-table-among-highlighted-code": "<table><tr><td>x</table>" + '<span class="k">a</span> ' * 40_000,
}


@pytest.mark.parametrize("name", EXCESSIVE)
def test_html_that_would_explode_is_an_error(name: str) -> None:
    html = EXCESSIVE[name]
    start = time.process_time()
    with pytest.raises(FieldError, match=r"not closed|become|the limit is|too long"):
        feedpub.render(make_entry(body=html))
    with pytest.raises(FieldError, match=r"not closed|become|the limit is|too long"):
        feedpub.render(make_entry(key_points=(KeyPoint(text=html),)))
    assert time.process_time() - start < 60  # hours, if it is not found out


@pytest.mark.parametrize("name", sample(EXCESSIVE, 10))
def test_an_entry_that_would_explode_is_reported_and_left_out(name: str, tmp_path: Path) -> None:
    html = EXCESSIVE[name]
    entries = write_site(tmp_path / "entries", {"a.en.md": post(html[:900_000]), "b.en.md": post()})
    problems = [problem for problem in feedpub.lint(entries) if problem.severity == "error"]
    expected = [] if name in TEXT_IN_MARKDOWN else [("E120", "a.en.md")]
    assert [(problem.code, problem.path.rpartition("/")[2]) for problem in problems] == expected
    assert len(feedpub.build(entries, tmp_path / "public", keep_going=True).written) > 0
    assert (tmp_path / "public/en/b/index.html").is_file()
    assert (tmp_path / "public/en/a/index.html").exists() == (name in TEXT_IN_MARKDOWN)


@pytest.mark.parametrize("name", FINE)
def test_large_html_that_does_not_explode_is_published(name: str) -> None:
    html = feedpub.render(make_entry(body=FINE[name]))
    assert len(html) <= max(LARGEST_CONTENT_BYTES, LARGEST_GROWTH * len(FINE[name]))


def test_tags_that_never_end_are_an_error() -> None:
    with pytest.raises(FieldError, match="one tag has 26,999 attributes"):
        feedpub.render(make_entry(body="<a " * 27_000))
    with pytest.raises(FieldError, match="of 27,000 tags 27,000 are not closed"):
        feedpub.render(make_entry(body="<a>" * 27_000))


def test_many_small_explosions_are_one_large_one() -> None:
    point = "".join(f"<b lang=n{number}>" for number in range(40)) + "<p>x" * 40
    assert find_excess(point, BASE) == ""
    with pytest.raises(FieldError, match=r"not closed|become"):
        feedpub.render(make_entry(key_points=tuple(KeyPoint(text=point) for _ in range(300))))


@pytest.mark.parametrize("blocks", [20, 90, 115])
def test_what_grows_counts_in_each_feed_of_a_category(blocks: int, tmp_path: Path) -> None:
    link = f"<p><a href='https://e.test/?{'&' * 7_900}'></p>"
    text = f"<div>\n{link}{'<p>x</p>' * blocks}\n</div>\n"
    tags = ", ".join(f"c{number}" for number in range(100))
    settings = 'base_url = "https://site.test/"\nauthority = "site.test,2026"\nlanguages = ["en"]\n'
    front = f"---\ntitle: T\npublished: 2026-02-01\ntags: [{tags}]\n---\n"
    entries = write_site(tmp_path / "entries", {"a.en.md": front + text}, settings)
    assert {problem.code for problem in feedpub.lint(entries) if problem.severity == "error"} == set()
    (entries / "feedpub.toml").write_text(f"{settings}categories = true\n", encoding="utf-8")

    assert [problem.code for problem in feedpub.lint(entries) if problem.severity == "error"] == ["E120"]
    with pytest.raises(feedpub.EntryError, match="in each of 101 feeds"):
        feedpub.build(entries, tmp_path / "public")

    (entries / "a.en.md").write_text(
        f"{front}<div>\n{'<p>x <a href=y.html>z</a></p>' * 9_000}\n</div>\n", encoding="utf-8"
    )
    assert [problem.code for problem in feedpub.lint(entries) if problem.severity == "error"] == []


def test_relative_addresses_cannot_multiply_the_text() -> None:
    base = f"https://site.test/{'a' * 5_000}/"
    assert "become" in find_excess("<a href=x>y</a>" * 60_000, base)
    assert find_excess("<a href=x>y</a>" * 60_000, BASE) == ""


def test_excess_is_told_before_it_is_mended() -> None:
    assert find_excess("<div>" * MOST_OPEN_TAGS, BASE) == ""
    assert "10,001 are not closed" in find_excess("<div>" * (MOST_OPEN_TAGS + 1), BASE)
    assert find_excess("<div>" * (MOST_OPEN_TAGS // 2) + "<p>x</p>" * (MOST_OPEN_TAGS // 2), BASE) == ""
    assert "the limit is 4,000" in find_excess("<div>" * (MOST_OPEN_TAGS // 2) + "<p>x</p>" * MOST_OPEN_TAGS, BASE)
    assert len(sanitise_html("<b>x<p>" * 100, BASE)) < 10_000
