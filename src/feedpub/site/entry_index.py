"""An ordered view of the entries of a language: ids and digests in memory, everything else read on access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, overload

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterator

DIGEST_BYTES: Final = 16
LISTING_DIGEST_BYTES: Final = 8
_ENTRIES_PER_FETCH: Final = 200


class IndexedEntry(NamedTuple):
    """The values of an entry that lists, neighbours and feeds need.

    Args:
        row_id: Its row in the manifest.
        key: The name of its article.
        language: The language in which it is written.
        published: ISO 8601, with its own offset.
        updated: Likewise; None if it is the same as `published`.
        title: As in `Entry`.
        link: As in `Entry`.
        neighbours: JSON of the articles that it names as previous and next; None if it names none.
        categories: JSON list of pairs of slug and label; None if it has none.
    """

    row_id: int
    key: str
    language: str
    published: str
    updated: str | None
    title: str
    link: str
    neighbours: str | None
    categories: str | None


@dataclass(frozen=True, slots=True, eq=False)
class EntryIndex(Sequence[IndexedEntry]):
    """An ordered sequence of entries. Slices and selections share its columns, which take 43 bytes per entry.

    Args:
        fetch: Returns the entries with some row ids, in the order of these.
        all_row_ids: The rows of the manifest.
        all_updates: When each was updated, in microseconds since 1970.
        all_years: The years of publication, by the entries' own offsets.
        all_in_feeds: 1 for each entry that feeds show, else 0.
        all_digests: Digests of `DIGEST_BYTES`, joined; one changes whenever what is rendered of its entry may change.
        all_listing_digests: Digests of `LISTING_DIGEST_BYTES`, joined; one changes whenever what lists show of its
            entry may change.
        positions: Which of them are in this view, in its order.
    """

    fetch: Callable[[Sequence[int]], list[IndexedEntry]]
    all_row_ids: array[int]
    all_updates: array[int]
    all_years: array[int]
    all_in_feeds: bytes
    all_digests: bytes
    all_listing_digests: bytes
    positions: Sequence[int]

    def __len__(self) -> int:
        return len(self.positions)

    @overload
    def __getitem__(self, index: int) -> IndexedEntry: ...
    @overload
    def __getitem__(self, index: slice) -> EntryIndex: ...
    def __getitem__(self, index: int | slice) -> IndexedEntry | EntryIndex:
        if isinstance(index, slice):
            return self.select(self.positions[index])
        return self.fetch([self.get_row_id(index)])[0]

    def __iter__(self) -> Iterator[IndexedEntry]:
        for start in range(0, len(self), _ENTRIES_PER_FETCH):
            yield from self.fetch(self[start : start + _ENTRIES_PER_FETCH].row_ids)

    def select(self, positions: Sequence[int]) -> EntryIndex:
        """Return a view of the entries at some positions of the columns."""
        return replace(self, positions=positions)

    def select_in_feeds(self) -> EntryIndex:
        """Return a view of the entries that feeds show: nearly always all of them."""
        if 0 not in self.all_in_feeds:
            return self
        return self.select([position for position in self.positions if self.all_in_feeds[position]])

    def get_row_id(self, index: int) -> int:
        """Return the row id of an entry without fetching it."""
        return self.all_row_ids[self.positions[index]]

    def get_digest(self, index: int) -> bytes:
        """Return the digest of the rendered content of an entry."""
        position = self.positions[index]
        return self.all_digests[position * DIGEST_BYTES : (position + 1) * DIGEST_BYTES]

    def get_listing_digest(self, index: int) -> bytes:
        """Return the digest of the values of an entry that lists show."""
        position = self.positions[index]
        return self.all_listing_digests[position * LISTING_DIGEST_BYTES : (position + 1) * LISTING_DIGEST_BYTES]

    @property
    def row_ids(self) -> list[int]:
        """The row ids of all entries, in order."""
        return [self.all_row_ids[position] for position in self.positions]

    def group_by_year(self) -> list[tuple[int, EntryIndex]]:
        """Return the entries by their years of publication, the last year first."""
        positions_by_year: dict[int, list[int]] = {}
        for position in self.positions:
            positions_by_year.setdefault(self.all_years[position], []).append(position)
        return [(year, self.select(positions)) for year, positions in sorted(positions_by_year.items(), reverse=True)]

    @property
    def last_updated(self) -> IndexedEntry | None:
        """The entry that was updated last; of several with the same date the last in this order."""
        position = max(reversed(self.positions), key=self.all_updates.__getitem__, default=None)
        return None if position is None else self.select([position])[0]

    @property
    def digests(self) -> bytes:
        """The digests of the rendered content of the entries, joined."""
        return self._join_slices(self.all_digests, DIGEST_BYTES)

    @property
    def listing_digests(self) -> bytes:
        """The digests of the values of the entries that lists show, joined."""
        return self._join_slices(self.all_listing_digests, LISTING_DIGEST_BYTES)

    def _join_slices(self, column: bytes, size: int) -> bytes:
        positions = self.positions
        if isinstance(positions, range) and positions.step == 1:
            return column[positions.start * size : positions.stop * size]
        return b"".join([column[position * size : (position + 1) * size] for position in positions])
