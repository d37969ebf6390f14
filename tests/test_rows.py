"""Entries in an order: slices and selections agree with those of a list, and fetch no more than they show."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub.site.entry_index import DIGEST_BYTES, LISTING_BYTES, Listed, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence


def listed(number: int) -> Listed:
    return Listed(number, f"key-{number}", "en", "2026-02-01T09:00:00+00:00", None, "T", "https://x.test/", None, None)


class Shop:
    """Make rows, and count what is fetched."""

    def __init__(self, updates: Sequence[int]) -> None:
        self.fetched: list[int] = []
        count = len(updates)
        self.numbers = [count - place for place in range(count)]  # the order of a list is not that of its numbers
        self.rows = Rows(
            self.fetch,
            array("q", self.numbers),
            array("q", updates),
            array("h", [2020 + update for update in updates]),
            bytes(update % 2 for update in updates),
            b"".join(number.to_bytes(DIGEST_BYTES) for number in self.numbers),
            b"".join(number.to_bytes(LISTING_BYTES) for number in self.numbers),
            range(count),
        )

    def fetch(self, numbers: Sequence[int]) -> list[Listed]:
        self.fetched += numbers
        return [listed(number) for number in numbers]


bounds = st.none() | st.integers(-12, 12)
slices = st.lists(st.builds(slice, bounds, bounds, st.sampled_from([None, -1, 2])), max_size=3)


@given(st.lists(st.integers(0, 5), max_size=9), slices)
def test_those_in_feeds(updates: list[int], cuts: list[slice]) -> None:
    rows = Shop(updates).rows
    for cut in cuts:
        rows = rows[cut]

    assert list(rows.in_feeds().places) == [place for place in rows.places if updates[place] % 2]


@given(st.lists(st.integers(0, 5), max_size=9), slices)
def test_slices(updates: list[int], cuts: list[slice]) -> None:
    shop = Shop(updates)
    rows, numbers = shop.rows, shop.numbers
    for cut in cuts:
        rows, numbers = rows[cut], numbers[cut]

    assert len(rows) == len(numbers)
    assert rows.numbers == numbers
    assert rows.digests == b"".join(number.to_bytes(DIGEST_BYTES) for number in numbers)
    assert rows.listings == b"".join(number.to_bytes(LISTING_BYTES) for number in numbers)
    assert [rows.number(index) for index in range(len(rows))] == numbers
    assert b"".join(rows.digest(index) for index in range(len(rows))) == rows.digests
    assert b"".join(rows.listing(index) for index in range(len(rows))) == rows.listings
    assert shop.fetched == []
    assert list(rows) == [listed(number) for number in numbers]
    assert shop.fetched == numbers


def test_by_year() -> None:
    shop = Shop([3, 1, 3, 2])
    assert [(year, rows.numbers) for year, rows in shop.rows[::-1].by_year()] == [
        (2023, [2, 4]),
        (2022, [1]),
        (2021, [3]),
    ]
    assert shop.fetched == []


def test_one_is_fetched_alone() -> None:
    shop = Shop([0] * 5)
    assert shop.rows[1] == listed(4)
    assert shop.rows[-1] == listed(1)
    assert shop.fetched == [4, 1]
    with pytest.raises(IndexError):
        shop.rows[5]
    assert shop.rows.at([3, 0])[1:].numbers == [5]


def test_many_are_fetched_in_parts() -> None:
    shop = Shop([0] * 1000)
    iterator = iter(shop.rows)
    next(iterator)
    assert len(shop.fetched) < 500


@pytest.mark.parametrize(
    ("updates", "place"), [([1, 3, 2], 1), ([3, 3, 2], 1), ([1, 1, 1], 2), ([5], 0), ([9, 1, 9, 1], 2)]
)
def test_latest(updates: list[int], place: int) -> None:
    shop = Shop(updates)
    assert shop.rows.latest == listed(shop.numbers[place])
    assert shop.rows[:0].latest is None
