"""Summaries that nobody wrote: where the first paragraph is cut."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub.entries.summaries import LONGEST_SUMMARY_GRAPHEMES, derive_summary

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
    found = derive_summary(paragraph)
    assert " ".join(paragraph.split()).startswith(found.removesuffix("…"))
    assert found == found.strip()


@given(st.text(alphabet="句。 ก", max_size=1500))
def test_a_summary_is_short_where_it_can_be_cut_anywhere(paragraph: str) -> None:
    assert (
        len([one for one in derive_summary(paragraph) if not unicodedata.combining(one)])
        <= LONGEST_SUMMARY_GRAPHEMES + 1
    )


@pytest.mark.parametrize("repeated", ["x", "\u0301", ".", "! ", "句。", " ", "👩\u200d", "a\u0301"])
def test_time_grows_with_the_text_only(repeated: str) -> None:
    start = time.process_time()
    derive_summary(repeated * (1_000_000 // len(repeated)))
    assert time.process_time() - start < 5
