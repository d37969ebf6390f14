"""Content: in this order, in this language, and nothing in it that a reader could not show or should not run."""

import re
import time
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedpub import Entry, KeyPoint, Reference, Translation, render
from feedpub.language import KNOWN_LANGUAGES, get_autonym, get_words
from feedpub.model.checks import is_legal_xml
from feedpub.model.key_points import DEEPEST_LIST_LEVELS
from feedpub.rendering.content import find_note_language, render_for_reader
from feedpub.rendering.renderer import Renderer
from feedpub.rendering.sanitiser import SCHEMES, TAGS, sanitise_html
from feedpub.rendering.text import html_to_text, split_paragraphs

BASE = "https://example.org/en/a/"


def entry(**fields: Any) -> Entry:
    values: dict[str, Any] = {
        "id": "tag:example.org,2026:a/en",
        "language": "en",
        "title": "Title",
        "link": BASE,
        "published": datetime(2026, 2, 1, tzinfo=UTC),
    }
    return Entry(**values | fields)


def link(address: str) -> str:
    """Return the paragraph that takes the place of an embed."""
    return f'<p><a href="{address}">{address}</a></p>'


def translations(*languages: str) -> tuple[Translation, ...]:
    return tuple(
        Translation(language=language, title="Other", link=f"https://example.org/{language}/a/")
        for language in languages
    )


# --- Order, headings, the entry's language ----------------------------------------------------------------------------


def test_everything_in_order() -> None:
    one = entry(
        summary="What it says.",
        body="<p>At length.</p>",
        key_points=(
            KeyPoint(text="First", children=(KeyPoint(text="finer <em>still</em>"), KeyPoint(text="R&amp;D"))),
            KeyPoint(text="Second & last"),
        ),
        references=(
            Reference(title="Work", publishers=("A & B", "C"), url="https://work.example/?a=1&b=2"),
            Reference(title="No address", publishers=("D",)),
            Reference(title="No publisher", url="https://work.example/2"),
            Reference(title='Neither, but <i> and "quotes"'),
        ),
        via="https://source.example/a?b&c",
        translations=translations("zh-Hans", "ar"),
    )
    assert render(one) == (
        "<p>What it says.</p>\n"
        "<p>At length.</p>\n"
        "<h3>Key points</h3>\n"
        "<ul>\n<li>First\n<ul>\n<li>finer <em>still</em></li>\n<li>R&amp;D</li>\n</ul></li>\n"
        "<li>Second &amp; last</li>\n</ul>\n"
        "<h3>References</h3>\n"
        "<ol>\n"
        '<li><a href="https://work.example/?a=1&amp;b=2">Work</a> - A &amp; B / C</li>\n'
        "<li>No address - D</li>\n"
        '<li><a href="https://work.example/2">No publisher</a></li>\n'
        "<li>Neither, but &lt;i&gt; and &quot;quotes&quot;</li>\n"
        "</ol>\n"
        '<p>Source: <a href="https://source.example/a?b&amp;c">https://source.example/a?b&amp;c</a></p>\n'
        '<p>Also available in: <a href="https://example.org/zh-Hans/a/"><bdi lang="zh-Hans">简体中文</bdi></a>, '
        '<a href="https://example.org/ar/a/"><bdi lang="ar">العربية</bdi></a></p>'
    )


@pytest.mark.parametrize(
    ("fields", "html"),
    [
        ({}, ""),
        ({"summary": " \n "}, ""),
        ({"body": " \n "}, ""),
        ({"summary": "…"}, "<p>…</p>"),
        ({"summary": "One."}, "<p>One.</p>"),
        ({"summary": "One\nline.\n\n \nTwo."}, "<p>One line.</p>\n<p>Two.</p>"),
        ({"body": "\n<p>Body.</p>\n"}, "<p>Body.</p>"),
        ({"body": "bare text"}, "bare text"),
        ({"key_points": (KeyPoint(text=""),)}, "<h3>Key points</h3>\n<ul>\n<li></li>\n</ul>"),
        ({"references": (Reference(title="W"),)}, "<h3>References</h3>\n<ol>\n<li>W</li>\n</ol>"),
        (
            {"summary": "]]> <script>alert(1)</script> &amp;"},
            "<p>]]&gt; &lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;</p>",
        ),
    ],
)
def test_what_is_not_there_leaves_no_trace(fields: dict[str, Any], html: str) -> None:
    assert render(entry(**fields)) == html


@pytest.mark.parametrize("language", KNOWN_LANGUAGES)
def test_headings_are_in_the_entrys_language(language: str) -> None:
    one = entry(
        language=language,
        key_points=(KeyPoint(text="p"),),
        references=(Reference(title="w"),),
        via="https://source.example/",
        translations=translations("nl" if language != "nl" else "en"),
    )
    text = " ".join(html_to_text(re.sub(r"<", " <", render(one))).split())
    labels = get_words(language)
    keys = ("key_points", "references", "source_line", "translations_line")
    places = [text.index(" ".join(labels[key].partition("{")[0].split())) for key in keys]
    assert places == sorted(places)
    assert ("Key points" in text) is (language == "en")


def test_regional_variants_have_their_languages_headings() -> None:
    assert "<h3>要点</h3>" in render(entry(language="zh-CN", key_points=(KeyPoint(text="p"),)))
    assert "<h3>重點</h3>" in render(entry(language="zh-TW", key_points=(KeyPoint(text="p"),)))
    assert "<h3>Key points</h3>" in render(entry(language="eo", key_points=(KeyPoint(text="p"),)))


def test_separators_are_the_languages_own() -> None:
    assert "</a>、<a" in render(entry(language="ja", translations=translations("en", "fr")))
    assert "</a>، <a" in render(entry(language="ar", translations=translations("en", "fr")))


# --- A summary that the body shows -----------------------------------------------------------------------------------


BODIES = ["<p>Text, and more.</p>", "Text", "<ul>\n<li>Text</li>\n</ul>", "<p>Another text.</p>"]


@pytest.mark.parametrize("body", BODIES)
def test_a_summary_that_the_body_shows_is_not_repeated(body: str) -> None:
    assert render(entry(summary="Text", body=body, in_body=frozenset({"summary"}))) == sanitise_html(body, BASE)


@pytest.mark.parametrize("body", BODIES)
def test_any_other_summary_comes_first_even_if_it_is_the_same(body: str) -> None:
    assert render(entry(summary="Text", body=body)) == f"<p>Text</p>\n{sanitise_html(body, BASE)}"


def test_a_summary_is_shown_if_there_is_no_body() -> None:
    assert render(entry(summary="Text", in_body=frozenset({"summary"}))) == "<p>Text</p>"


def test_references_that_the_body_shows_are_not_repeated() -> None:
    body = "<ol>\n<li>Work</li>\n</ol>"
    references = (Reference(title="Work"),)
    assert render(entry(body=body, references=references, in_body=frozenset({"references"}))) == body
    assert render(entry(body=body, references=references)).count("Work") == 2


# --- Right to left ----------------------------------------------------------------------------------------------------


def test_blocks_of_right_to_left_languages_say_so() -> None:
    one = entry(
        language="ar",
        summary="ملخص",
        body='<h2>عنوان</h2><pre>code</pre><pre lang="en"><code>x = 1</code></pre><blockquote>اقتباس</blockquote>'
        '<p dir="ltr">English</p><table><tbody><tr><td>خلية</td></tr></tbody></table><p lang="he">עברית</p>',
        key_points=(KeyPoint(text="نقطة", children=(KeyPoint(text="فرعية"),)),),
        references=(Reference(title="مرجع", url="https://work.example/"),),
        via="https://source.example/",
        translations=translations("en"),
    )
    html = render(one)
    assert set(re.findall(r"<pre[^>]*>", html)) == {'<pre dir="ltr">', '<pre dir="ltr" lang="en">'}
    assert '<p dir="ltr">English</p>' in html
    assert '<p dir="rtl" lang="he">' in html
    for block in ("p", "h3", "blockquote", "table", "ul", "ol"):
        assert f'<{block} dir="rtl"' in html
    without = [tag for tag in re.findall(r"<(?:p|h3|h4|ul|ol|blockquote|table|pre)\b[^>]*>", html) if "dir=" not in tag]
    assert without == []
    assert all(tag.count("dir=") <= 1 for tag in re.findall(r"<[^>]*>", html))


def test_an_address_keeps_its_direction_in_right_to_left_text() -> None:
    assert '<a href="https://source.example/"><bdi dir="ltr">https://source.example/</bdi></a>' in render(
        entry(language="he", via="https://source.example/")
    )


@pytest.mark.parametrize("language", ["en", "zh-Hans", "hi", "az", "ar-Latn"])
def test_other_languages_have_no_direction(language: str) -> None:
    assert "dir=" not in render(entry(language=language, summary="text", body="<pre>code</pre>", via=BASE))


# --- The note of another language -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "reader", "noted"),
    [
        ("en", None, False),
        ("en", "en", False),
        ("en", "en-GB", False),
        ("en-GB", "en", False),
        ("zh-CN", "zh-Hans", False),
        ("en", "mul", False),
        ("en", "und", False),
        ("mul", "en", False),
        ("zxx", "en", False),
        ("zh-Hant", "zh-Hans", True),
        ("en", "zh-Hans", True),
        ("zh-Hans", "en", True),
        ("ar", "fa", True),
        ("en", "eo", True),
        ("eo", "en", True),
    ],
)
def test_a_note_stands_only_over_another_language(language: str, reader: str | None, noted: bool) -> None:
    one = entry(language=language, summary="text")
    assert find_note_language(one, reader) == (reader if noted else None)
    assert (render(one, reader) != render(one)) is noted
    assert render(one, reader).endswith(render(one))


@pytest.mark.parametrize(
    ("language", "reader", "tag"),
    [
        ("en", "zh-Hans", '<p lang="zh-Hans">'),
        ("en", "ar", '<p lang="ar" dir="rtl">'),
        ("ar", "en", '<p lang="en" dir="ltr">'),
        ("ar", "he", '<p lang="he" dir="rtl">'),
        ("en", "eo", '<p lang="en">'),  # no Esperanto words: the note is in English, and says so
        ("en", "ur", '<p lang="en">'),
    ],
)
def test_the_note_is_in_the_readers_language(language: str, reader: str, tag: str) -> None:
    note, _, rest = render(entry(language=language, summary="text"), reader).partition("\n")
    sentence = get_words(reader)["fallback_note"].format(language=get_autonym(reader), original=get_autonym(language))
    assert note == f"{tag}<em>{sentence}</em></p>"
    assert "text</p>" in rest


# --- Key points and references ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("a > b", "a &gt; b"),
        ('"quoted"', '"quoted"'),
        ("R&D", "R&amp;D"),
        ("R&amp;D &lt;1", "R&amp;D &lt;1"),
        ("<strong>b</strong>", "<strong>b</strong>"),
        ('<a href="x.html" onclick="y" class=z>x</a>', f'<a href="{BASE}x.html">x</a>'),
        ("<script>alert(1)</script>after", "after"),
        ('<a href="javascript:alert(1)">j</a>', "<a>j</a>"),
        ("&#x1F;a", "a"),
        ("unclosed <em>x", "unclosed <em>x</em>"),
        ("</li></ul>out", "out"),
    ],
)
def test_the_html_of_key_points_is_sanitised(text: str, html: str) -> None:
    assert f"<ul>\n<li>{html}</li>\n</ul>" in render(entry(key_points=(KeyPoint(text=text),)))


def test_key_points_as_deep_as_can_be() -> None:
    point = KeyPoint(text="deepest")
    for _ in range(DEEPEST_LIST_LEVELS - 1):
        point = KeyPoint(text="p", children=(point,))
    html = render(entry(key_points=(point,)))
    assert html.count("<ul>") == html.count("</ul>") == DEEPEST_LIST_LEVELS
    assert html.count("<li>") == html.count("</li>") == DEEPEST_LIST_LEVELS


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("中文", "中文"),
        ("two\nlines", "two\nlines"),
        ("a\u202egnp.exe", "\u2068a\u202egnp.exe\u2069"),
        ("a\u202eb\u202c", "a\u202eb\u202c"),
        ("a\u2069", "\u2068a\u2069"),
        ("\u202e<b>", "\u2068\u202e&lt;b&gt;\u2069"),
    ],
)
def test_a_reference_cannot_turn_the_text_around_it(title: str, shown: str) -> None:
    calm = Reference(title="calm", url="https://calm.example/")
    html = render(entry(references=(Reference(title=title, publishers=(title,)), calm)))
    assert f"<li>{shown} - {shown}</li>" in html
    assert '<li><a href="https://calm.example/">calm</a></li>' in html


# --- Sanitising -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        # dropped with all they hold
        ("<script>alert(1)</script>x", "x"),
        ("<SCRIPT SRC=//evil.example/x.js></SCRIPT>x", "x"),
        ("<style>p { color: red }</style>x", "x"),
        ("<iframe src='https://evil.example/'>in</iframe>x", f"{link('https://evil.example/')}x"),
        ("<iframe src='javascript:x'>in</iframe>x", "x"),
        ("<object data=x>in</object>x", f"{link(f'{BASE}x')}x"),
        ("<object>in</object>x", "x"),
        ("<svg><script>1</script><a xlink:href='javascript:1'>y</a></svg>x", "x"),
        ("<math><mi>y</mi><style>z</style></math>x", "<math><mi>y</mi></math>x"),
        ("<math><maction><mi href=z>y</mi></maction></math>x", "<math><mi>y</mi></math>x"),
        ("<!-- comment -->x", "x"),
        # dropped, but not their text
        ('<span class="a" id="b" style="c" onclick="d" data-e="f">x</span>', "x"),
        ("<font color=red>x</font>", "x"),
        ("<q>x</q><u>y</u>", "<q>x</q>y"),
        # kept without what readers drop
        ('<p class="a" id="b" style="c" onclick="d" data-e="f">x</p>', "<p>x</p>"),
        (
            '<a href="https://e.example/" target="_blank" rel="x" title="t" name="n">x</a>',
            '<a href="https://e.example/">x</a>',
        ),
        ('<p dir="rtl" lang="ar">x</p>', '<p dir="rtl" lang="ar">x</p>'),
        ('<ol start="3" type="a"><li value="2">x</li></ol>', '<ol start="3" type="a"><li value="2">x</li></ol>'),
        ('<ol start="x" type="disc" reversed><li value="b">x</li></ol>', '<ol reversed=""><li>x</li></ol>'),
        (
            '<table border=1><caption>c</caption><thead><tr><th colspan="2" width=5>a</th></tr></thead>'
            '<tbody><tr><td rowspan="2">b</td></tr></tbody></table>',
            '<table><caption>c</caption><thead><tr><th colspan="2">a</th></tr></thead>'
            '<tbody><tr><td rowspan="2">b</td></tr></tbody></table>',
        ),
        (
            '<figure><img src="https://e.example/x.png" alt="A" width="3" srcset="y 2x" onerror="z">'
            "<figcaption>c</figcaption></figure>",
            '<figure><img src="https://e.example/x.png" alt="A" width="3"><figcaption>c</figcaption></figure>',
        ),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>", "<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>"),
        ("<dl><dt>a</dt><dd>b</dd></dl><hr><del>c</del>", "<dl><dt>a</dt><dd>b</dd></dl><hr><del>c</del>"),
        # headings: the page has its own first and second
        ("<h1>a</h1><h2>b</h2><h3>c</h3>", "<h3>a</h3><h3>b</h3><h3>c</h3>"),
        ("<h4>a</h4><h5>b</h5><h6>c</h6>", "<h4>a</h4><h4>b</h4><h4>c</h4>"),
        ('<H1 class="x">a</H1><h6\nid="y">b</h6>', "<h3>a</h3><h4>b</h4>"),
        ("<h12>a</h12>", "a"),
        # mended
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<em>a", "<em>a</em>"),
        ("</p></div>a", "<p></p>\na"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("a ]]> b", "a ]]&gt; b"),
        ("<p>a\r\nb\rc</p>", "<p>a\nb\nc</p>"),
        # what XML cannot carry, written as a reference
        ("&#x1F;a&#31;b&#xFFFE;c&#65535;", "abc"),
        ("&#xD800;&#0;", "\ufffd\ufffd"),
        ("&#x4e2d;&#25991;&amp;#x1F;", "中文&amp;#x1F;"),
    ],
)
def test_sanitise(html: str, clean: str) -> None:
    assert sanitise_html(html, BASE) == clean


@pytest.mark.parametrize(
    "html",
    [
        "<div>a</div><div>b</div>",
        "<DIV class='x'>a</DIV><DiV>b</dIv>",
        "a<div>b</div>",
        "<div>a</div>b",
        "<section>a</section><section>b</section>",
        "<article>a</article><footer>b</footer>",
        "<p>x</p><main>a<div>b</div></main>",
        "<select><option>a<option>b</select>",
        "<center>a</center><address>b</address>",
    ],
)
def test_the_text_of_dropped_blocks_is_not_glued(html: str) -> None:
    assert html_to_text(sanitise_html(html, BASE)).split()[-2:] == ["a", "b"]


LINKS = [
    ("https://e.example/?a=1&amp;b=2#c", "https://e.example/?a=1&amp;b=2#c"),
    ("HTTP://E.example/", "HTTP://E.example/"),
    ("mailto:ann@example.org", "mailto:ann@example.org"),
    ("tel:+49-30-1", "tel:+49-30-1"),
    ("x.html", f"{BASE}x.html"),
    ("./x.html", f"{BASE}x.html"),
    ("../x.html", "https://example.org/en/x.html"),
    ("../../../../x", "https://example.org/x"),
    ("/x", "https://example.org/x"),
    ("//host.example/x", "https://host.example/x"),
    ("?q=1", f"{BASE}?q=1"),
    ("\n x.html", f"{BASE}x.html"),
    ("x&#46;html", f"{BASE}x.html"),
    ("夜车.html", f"{BASE}夜车.html"),
    ("a%2fb%E4.html", f"{BASE}a%2fb%E4.html"),
    ("https://例え.jp/道", "https://例え.jp/道"),
    ("#note", None),
    (" #note", None),
    (" ", None),
    ("", None),
    ("https://", None),
    ("//[", None),
    ("//[::zz]/", None),
    ("http://[", None),
    ("javascript:alert(1)", None),
    ("JaVaScRiPt:alert(1)", None),
    ("&#106;avascript:alert(1)", None),
    ("&#x6A;avascript&colon;alert(1)", None),
    ("java\tscript:alert(1)", None),
    ("java&Tab;script:alert(1)", None),
    ("java\nscript:alert(1)", None),
    (" javascript:alert(1)", None),
    ("\x01javascript:alert(1)", None),
    ("&#x1F;javascript:alert(1)", None),
    ("vbscript:x", None),
    ("data:text/html,x", None),
    ("ftp://e.example/", None),
    ("file:///etc/passwd", None),
]


@pytest.mark.parametrize(("address", "absolute"), LINKS)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_addresses_are_absolute_and_safe_or_gone(address: str, absolute: str | None, quote: str) -> None:
    kept = f'<a href="{absolute}">x</a>' if absolute else "<a>x</a>"
    assert sanitise_html(f"<a href={quote}{address}{quote}>x</a>", BASE) == kept
    assert sanitise_html(f"<p\nlang=en><a  HREF = {quote}{address}{quote} class=c>x</a>", BASE).endswith(f"{kept}</p>")
    # beside an absolute one, and in the usual tags only
    twice = f'<a href="https://e.example/">y</a><a href={quote}{address}{quote}>x</a>'
    assert sanitise_html(twice, BASE) == f'<a href="https://e.example/">y</a>{kept}'


@pytest.mark.parametrize(("address", "absolute"), LINKS)
def test_addresses_of_pictures_too(address: str, absolute: str | None) -> None:
    kept = f'<img src="{absolute}" alt="x">' if absolute else ""
    assert sanitise_html(f'<img src="{address}" alt="x">', BASE) == kept


@pytest.mark.parametrize("html", ["<a href=x.html>x</a>", "<a href= x.html>x</a>", "<a\thref\n=\nx.html>x</a>"])
def test_addresses_without_quotes(html: str) -> None:
    assert sanitise_html(html, BASE) == f'<a href="{BASE}x.html">x</a>'


attributes = st.lists(
    st.sampled_from(
        [
            *"<a < <img > </a> / = == ' \" x href HREF src Href hre srchref data-href x.html #a //x.test".split(),
            *[" ", " href=", ' href="', "\n", "\t=", "= ", " class=c", " class=href=x", "rows = [1]"],
            "https://e.example/",
        ]
    ),
    max_size=12,
).map("".join)


@given(attributes)
@example("<a/href=x>y</a>")
@example("<a class=href=x href\t= x>y</a>")
@example(f"<a href{' ' * 99}=x>y</a>")
@example(f"<img src{' ' * 47}=x>")
def test_no_relative_address_is_missed(html: str) -> None:
    inspector = Inspector()
    inspector.feed(sanitise_html(html, BASE))
    inspector.close()
    assert inspector.wrong == []


def test_a_body_cannot_change_what_addresses_are_relative_to() -> None:
    assert sanitise_html('<base href="https://evil.example/"><a href="x">x</a>', BASE) == f'<a href="{BASE}x">x</a>'


class Inspector(HTMLParser):
    """Collect what would be wrong in sanitised HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(tag)
        for name, value in attributes:
            if name not in ("href", "src", "alt", "dir", "lang", "start", "colspan", "rowspan"):
                self.wrong.append(name)
            if name in ("href", "src") and (value or "").partition(":")[0].lower() not in SCHEMES:
                self.wrong.append(f"{name}={value}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append("declaration")

    def handle_pi(self, data: str) -> None:
        self.wrong.append("processing instruction")


_PIECES = st.sampled_from(
    [
        *"< > </ /> = \" ' & ; p a h1 h6 div pre script style svg math img table td href src on class x.html".split(),
        *"javascript: &#106; &#x1F; &#xFFFE; <p> <a> <div> </div> <!-- --> <![CDATA[ ]]> <? // [ ? : 中 #n".split(),
        *" \r\n\t\u202e",
        "<a\thref=",
    ]
)


@given(
    st.lists(_PIECES | st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=3), max_size=25).map("".join)
)
@example("<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>")
@example("<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>")
@example("<noscript><p title='</noscript><img src=x onerror=alert(1)>'>")
@example("<xmp><script>alert(1)</script></xmp>")
def test_nothing_else_comes_through_whatever_comes_in(html: str) -> None:
    html = "".join(character for character in html if is_legal_xml(character))
    clean = sanitise_html(html, BASE)
    inspector = Inspector()
    inspector.feed(clean)
    inspector.close()
    assert inspector.wrong == []
    assert is_legal_xml(clean)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<&\ufffe\uffff")))
def test_no_text_is_lost(text: str) -> None:
    assert html_to_text(sanitise_html(f"<div><p>{text}</p></div>", BASE)).split() == text.split()


@given(
    summary=st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")),
    title=st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")),
)
def test_plain_text_stays_html_to_text(summary: str, title: str) -> None:
    html = render(entry(summary=summary, references=(Reference(title=f"w{title}", publishers=(title,)),)))
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    assert inspector.wrong == []
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "h3", "ol", "li"}
    assert html_to_text(html).startswith(" ".join(summary.split()))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>a &amp; b</p>\n<p>c&nbsp;d</p>", "a & b c\u00a0d"),
        ("&lt;b&gt;", "<b>"),
        ("a<em>b</em>c", "abc"),
    ],
)
def test_plain_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        (" ", []),
        ("\n\n", []),
        (" a  b ", ["a b"]),
        ("a\nb", ["a b"]),
        ("a\n\nb", ["a", "b"]),
        ("\n\na\n \t\n\n\nb\n\n", ["a", "b"]),
    ],
)
def test_paragraphs(text: str, parts: list[str]) -> None:
    assert split_paragraphs(text) == parts


@pytest.mark.parametrize(
    "body",
    [
        "word & " * 60_000,
        "<p>word &amp; word</p>\n" * 50_000,
        "文字" * 600_000,
        "<div>a</div>" * 50_000,
        "=" + " " * 300_000 + "https://",
        '="' * 300_000,
        "<" * 100_000,
    ],
    ids=["ampersands", "paragraphs", "chinese", "divisions", "spaces", "quotes", "angles"],
)
def test_long_bodies_take_seconds_at_most(body: str) -> None:
    start = time.perf_counter()
    render(entry(summary=body[:100_000], body=body))
    assert time.perf_counter() - start < 20


def test_twelve_megabytes_of_summary() -> None:
    start = time.perf_counter()
    assert len(render(entry(summary="文字 text\n" * 1_200_000))) > 12_000_000 * 0.6
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize("language", [None, "en", "zh-Hans", "ar"])
def test_what_is_kept_for_feeds_and_pages_is_what_is_rendered(language: str | None) -> None:
    one = entry(summary="What it says.", body="<p>At length.</p>", references=(Reference(title="工作"),))
    first = render(one, language)

    assert render(one, "fr") != first
    assert render(one, language) == first == render(entry(**{name: getattr(one, name) for name in FIELDS}), language)
    renderer = Renderer()
    assert render_for_reader(renderer.render(one), language) == first.encode()
    assert render_for_reader(renderer.render(one), language) == first.encode()


FIELDS = ("summary", "body", "references")


@pytest.mark.parametrize("text", ["don't", "a > b", 'say "no"', "R&amp;D", "<em>so</em>", "<b>so</b> & so"])
def test_a_point_is_written_alike_whatever_its_neighbours_hold(text: str) -> None:
    alone = render(entry(key_points=(KeyPoint(text=text),)))
    among = render(entry(key_points=(KeyPoint(text="<i>x</i>", children=(KeyPoint(text=text),)), KeyPoint(text="'"))))
    written = alone.partition("<li>")[2].partition("</li>")[0]

    assert f"<li><i>x</i>\n<ul>\n<li>{written}</li>\n</ul></li>\n<li>'</li>" in among
