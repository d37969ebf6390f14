"""Derived summaries: where the first paragraph is cut."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub.entries.summaries import LONGEST_SUMMARY_GRAPHEMES, derive_summary, has_content, make_excerpt
from feedpub.rendering.sanitiser import sanitise_html

FAMILY = "👩\u200d👩\u200d👧"
SENTENCE = "A sentence of some forty characters in all. "


@pytest.mark.parametrize(
    ("paragraph", "summary"),
    [
        ("", ""),
        ("Short.", "Short."),
        ("  a\nb\t c ", "a b c"),
        ("100\u00a0% «\u00a0a\u00a0»", "100\u00a0% «\u00a0a\u00a0»"),
        ("x" * 300, "x" * 300),
        (SENTENCE * 10, (SENTENCE * 6).strip()),
        ("Short. " + "word " * 100, "Short. " + "word " * 57 + "word…"),
        ("一句话。" * 100, "一句话。" * 75),
        ("他说：“好。”" * 100, "他说：“好。”" * 42),
        ("यह है। " * 100, ("यह है। " * 50).strip()),
        ("句" * 400, "句" * 300 + "…"),
        ("ก" * 400, "ก" * 300 + "…"),
        ("词，" * 200, "词，" * 149 + "词…"),
        ("中" * 295 + "English words", "中" * 295 + "…"),
        ("See https://example.org/" + "a" * 400, "See…"),
        ("https://example.org/" + "a" * 400 + " b", "https://example.org/" + "a" * 400 + "…"),
        ("x" * 400, "x" * 400),
        (f"{FAMILY} " * 200, f"{FAMILY} " * 149 + f"{FAMILY}…"),
        ("🇩🇪" * 310, "🇩🇪" * 300 + "…"),
        ("か\u3099" * 310, "か\u3099" * 300 + "…"),
        ("a.b " * 100, "a.b " * 74 + "a.b…"),
    ],
)
def test_where_a_paragraph_is_cut(paragraph: str, summary: str) -> None:
    assert derive_summary(paragraph) == summary


@given(st.text(alphabet="ab .。!？句👩\u200d\u0301 ,—", max_size=1500))
def test_a_summary_begins_the_paragraph(paragraph: str) -> None:
    summary = derive_summary(paragraph)
    assert " ".join(paragraph.split()).startswith(summary.removesuffix("…"))
    assert summary == summary.strip()


@given(st.text(alphabet="句。 ก", max_size=1500))
def test_a_summary_is_short_where_it_can_be_cut_anywhere(paragraph: str) -> None:
    assert (
        len([character for character in derive_summary(paragraph) if not unicodedata.combining(character)])
        <= LONGEST_SUMMARY_GRAPHEMES + 1
    )


@pytest.mark.parametrize("repeated", ["x", "\u0301", ".", "! ", "句。", " ", "👩\u200d", "a\u0301"])
def test_excerpts_take_linear_time(repeated: str) -> None:
    start = time.process_time()
    derive_summary(repeated * (1_000_000 // len(repeated)))
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("html", "summary"),
    [
        ("", ""),
        ("Text without a paragraph.", "Text without a paragraph."),
        ("<p class=lead>Lead text here.</p>\n<p>More.</p>", "Lead text here."),
        ("<h2>Head</h2><ul><li>One</li><li>Two</li></ul>", "One Two"),
        ("<blockquote><p>Quoted.</p></blockquote><p>Text.</p>", "Text."),
        ("<details><summary>S</summary><p>Hidden.</p></details><ul><li><p>Point.</p></li></ul><p>Text.</p>", "Text."),
        ("<blockquote><p> </p><p>Quoted.</p></blockquote><ul><li>Point</li></ul>", "Quoted."),
        ("<p></p><p>&nbsp;</p><p>\u200b</p><p><img src=a.png alt=words></p><p>Text.</p>", "Text."),
        ("<p>a<br>b <code>x &lt; y</code> &amp; <em>c</em></p>", "a b x < y & c"),
        ("<p>20 m<sup>2</sup>, 10<sup>−9</sup>, x<sup>-1</sup>, x<sup>n+1</sup></p>", "20 m², 10⁻⁹, x⁻¹, xⁿ⁺¹"),
        ("<p>x<sup>k</sup>, x<sup>a b</sup>, x<sup>a<sup>2</sup></sup></p>", "x^k, x^(a b), x^a²"),
        ("<p>H<sub>2</sub>O, a<sub>ij</sub>, a<sub>q</sub></p>", "H₂O, aᵢⱼ, a_q"),
        (
            "<p>1<sup>st</sup>, XX<sup>e</sup>, 2<sup>e</sup>, x<sup>e</sup>, M<sup>me</sup></p>",
            "1st, XXe, 2e, x^e, Mme",
        ),
        ("<p>Acme<sup>®</sup>, Ca<sup>+</sup>, noted<sup>[1]</sup>.</p>", "Acme®, Ca⁺, noted."),
        ("<p>100 <del>dollars</del> <s>pounds</s> euro</p>", "100 euro"),
        ("<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字</p>", "漢字"),
        ("<p>Text <style>.x{}</style><script>x</script><svg><title>y</title></svg> after.</p>", "Text after."),
        ("<p>It is <math alttext='x^2 &lt; 3'><mi>x</mi></math>.</p>", "It is x^2 < 3."),
        ("<p><math><msup><mrow><mrow><mi>x</mi></mrow></mrow><mn>2</mn></msup></math></p>", "x²"),
        (
            "<p><math><msubsup><mi>x</mi><mi>i</mi><mn>3</mn></msubsup><mo>=</mo>"
            "<mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac></math></p>",
            "xᵢ³=a/(b+1)",
        ),
        ("<p>" + SENTENCE * 10 + "</p>", (SENTENCE * 6).strip()),
    ],
)
def test_the_start_of_the_first_paragraph(html: str, summary: str) -> None:
    assert make_excerpt(sanitise_html(html, "https://site.test/")) == summary


@pytest.mark.parametrize("depth", [19, 20, 21, 500])
def test_deeply_nested_superscripts_are_read(depth: int) -> None:
    text = make_excerpt(f"<p>a{'<sup>' * depth}x{'</sup>' * depth}b</p><p>c</p>")
    assert text.replace("^", "").replace("(", "").replace(")", "") == "axb"


@pytest.mark.parametrize(
    ("html", "is_content"),
    [("", False), ("<p> &nbsp;\u200b</p>", False), ("<p><img src='x'></p>", True), ("<p>a</p>", True)],
)
def test_has_content(html: str, is_content: bool) -> None:
    assert has_content(html) is is_content
