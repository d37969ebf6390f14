"""Labels of references: what separates title and publishers, and what does not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub.entries.sections.labels import split_label_html


@pytest.mark.parametrize(
    ("label", "title", "publishers"),
    [
        ("Night Trains - Nightjet", "Night Trains", ("Nightjet",)),
        ("Night Trains – Nightjet", "Night Trains", ("Nightjet",)),
        ("Night Trains — Nightjet", "Night Trains", ("Nightjet",)),
        ("夜间列车——铁路局", "夜间列车", ("铁路局",)),
        ("夜间列车 —— 铁路局", "夜间列车", ("铁路局",)),
        ("夜间列车 － 铁路局", "夜间列车", ("铁路局",)),
        ("Night Trains - Nightjet / Back-on-Track", "Night Trains", ("Nightjet", "Back-on-Track")),
        ("夜间列车 - 铁路局／TU Wien", "夜间列车", ("铁路局", "TU Wien")),
        ("Night Trains - A - B", "Night Trains", ("A - B",)),
        ("Night Trains - A /  / B", "Night Trains", ("A", "B")),
        ("  Night Trains\t-\u00a0Nightjet ", "Night Trains", ("Nightjet",)),
        ("Back-on-Track", "Back-on-Track", ()),
        ("A/B Tests / C", "A/B Tests / C", ()),
        ("Night Trains - A/B", "Night Trains", ("A/B",)),
        ("10–15 cars", "10–15 cars", ()),
        ("Night—Trains", "Night—Trains", ()),
        ("Night Trains -", "Night Trains -", ()),
        ("- Nightjet", "- Nightjet", ()),
        ("—— Nightjet", "—— Nightjet", ()),
        ("", "", ()),
    ],
)
def test_split_label(label: str, title: str, publishers: tuple[str, ...]) -> None:
    assert split_label_html(label) == (title, publishers)


@given(st.text(alphabet="ab-–—/ ／\u3000"))
def test_no_word_is_lost(label: str) -> None:
    title, publishers = split_label_html(label)
    assert [letter for letter in label if letter in "ab"] == [
        letter for part in (title, *publishers) for letter in part if letter in "ab"
    ]
    assert title or not label.strip()


@pytest.mark.parametrize("repeated", [" ", "\u3000", "—", " -", " /", "／"])
def test_splitting_takes_linear_time(repeated: str) -> None:
    start = time.process_time()
    split_label_html("a" + repeated * 500_000 + "b - c" + repeated * 500_000 + "d")
    assert time.process_time() - start < 10
