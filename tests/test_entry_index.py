"""Slices and selections of an entry index agree with those of a list, and fetch no more than they show."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub.site.entry_index import DIGEST_BYTES, LISTING_DIGEST_BYTES, EntryIndex, IndexedEntry

if TYPE_CHECKING:
    from collections.abc import Sequence


def make_entry(row_id: int) -> IndexedEntry:
    return IndexedEntry(
        row_id, f"key-{row_id}", "en", "2026-02-01T09:00:00+00:00", None, "T", "https://x.test/", None, None
    )


class FakeManifest:
    """A manifest with an index of entries; it records which rows are fetched."""

    def __init__(self, updates: Sequence[int]) -> None:
        self.fetched: list[int] = []
        count = len(updates)
        self.row_ids = [count - position for position in range(count)]  # the order of a list is not that of its row ids
        self.index = EntryIndex(
            self.fetch,
            array("q", self.row_ids),
            array("q", updates),
            array("h", [2020 + update for update in updates]),
            bytes(update % 2 for update in updates),
            b"".join(row_id.to_bytes(DIGEST_BYTES) for row_id in self.row_ids),
            b"".join(row_id.to_bytes(LISTING_DIGEST_BYTES) for row_id in self.row_ids),
            range(count),
        )

    def fetch(self, row_ids: Sequence[int]) -> list[IndexedEntry]:
        self.fetched += row_ids
        return [make_entry(row_id) for row_id in row_ids]


bounds = st.none() | st.integers(-12, 12)
slices = st.lists(st.builds(slice, bounds, bounds, st.sampled_from([None, -1, 2])), max_size=3)


@given(st.lists(st.integers(0, 5), max_size=9), slices)
def test_those_in_feeds(updates: list[int], cuts: list[slice]) -> None:
    index = FakeManifest(updates).index
    for cut in cuts:
        index = index[cut]

    assert list(index.select_in_feeds().positions) == [
        position for position in index.positions if updates[position] % 2
    ]


@given(st.lists(st.integers(0, 5), max_size=9), slices)
def test_slices(updates: list[int], cuts: list[slice]) -> None:
    manifest = FakeManifest(updates)
    index, row_ids = manifest.index, manifest.row_ids
    for cut in cuts:
        index, row_ids = index[cut], row_ids[cut]

    assert len(index) == len(row_ids)
    assert index.row_ids == row_ids
    assert index.digests == b"".join(row_id.to_bytes(DIGEST_BYTES) for row_id in row_ids)
    assert index.listing_digests == b"".join(row_id.to_bytes(LISTING_DIGEST_BYTES) for row_id in row_ids)
    assert [index.get_row_id(number) for number in range(len(index))] == row_ids
    assert b"".join(index.get_digest(number) for number in range(len(index))) == index.digests
    assert b"".join(index.get_listing_digest(number) for number in range(len(index))) == index.listing_digests
    assert manifest.fetched == []
    assert list(index) == [make_entry(row_id) for row_id in row_ids]
    assert manifest.fetched == row_ids


def test_by_year() -> None:
    manifest = FakeManifest([3, 1, 3, 2])
    assert [(year, index.row_ids) for year, index in manifest.index[::-1].group_by_year()] == [
        (2023, [2, 4]),
        (2022, [1]),
        (2021, [3]),
    ]
    assert manifest.fetched == []


def test_one_is_fetched_alone() -> None:
    manifest = FakeManifest([0] * 5)
    assert manifest.index[1] == make_entry(4)
    assert manifest.index[-1] == make_entry(1)
    assert manifest.fetched == [4, 1]
    with pytest.raises(IndexError):
        manifest.index[5]
    assert manifest.index.select([3, 0])[1:].row_ids == [5]


def test_many_are_fetched_in_parts() -> None:
    manifest = FakeManifest([0] * 1000)
    iterator = iter(manifest.index)
    next(iterator)
    assert len(manifest.fetched) < 500


@pytest.mark.parametrize(
    ("updates", "position"), [([1, 3, 2], 1), ([3, 3, 2], 1), ([1, 1, 1], 2), ([5], 0), ([9, 1, 9, 1], 2)]
)
def test_latest(updates: list[int], position: int) -> None:
    manifest = FakeManifest(updates)
    assert manifest.index.last_updated == make_entry(manifest.row_ids[position])
    assert manifest.index[:0].last_updated is None
