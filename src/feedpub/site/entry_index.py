"""Entries in an order, of which hardly anything is in memory: what is recorded of them is fetched when it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, overload

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterator

DIGEST_BYTES: Final = 16
LISTING_BYTES: Final = 8
_FETCHED_AT_ONCE: Final = 200


class Listed(NamedTuple):
    """Hold what lists, neighbours and feeds need to know of an entry.

    Args:
        number: Names it within the manifest.
        key: The article's name.
        language: Its own.
        published: With its offset, ISO 8601.
        updated: Likewise; None if it is as published.
        title: As in `Entry`, likewise `link`.
        neighbours: JSON of the articles that it names as previous and next, if any.
        categories: JSON: list of folder and label, if any.
    """

    number: int
    key: str
    language: str
    published: str
    updated: str | None
    title: str
    link: str
    neighbours: str | None
    categories: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Sequence[Listed]):
    """An ordered sequence of entries. Slices and selections share its data: 43 bytes per entry.

    Args:
        fetch: Returns what is recorded of entries, by their numbers, in that order.
        all_numbers: Of entries.
        all_updates: When each was updated, in microseconds since 1970.
        all_years: In which they were published, by their own offset.
        all_in_feeds: 1 for each that feeds show, else 0.
        all_digests: One after the other, each of `DIGEST_BYTES`; changes whenever what is rendered may change.
        all_listings: Likewise, each of `LISTING_BYTES`; changes whenever what lists show may change.
        places: Which of them, in which order.
    """

    fetch: Callable[[Sequence[int]], list[Listed]]
    all_numbers: array[int]
    all_updates: array[int]
    all_years: array[int]
    all_in_feeds: bytes
    all_digests: bytes
    all_listings: bytes
    places: Sequence[int]

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Listed: ...
    @overload
    def __getitem__(self, index: slice) -> Rows: ...
    def __getitem__(self, index: int | slice) -> Listed | Rows:
        if isinstance(index, slice):
            return self.at(self.places[index])
        return self.fetch([self.number(index)])[0]

    def __iter__(self) -> Iterator[Listed]:
        for start in range(0, len(self), _FETCHED_AT_ONCE):
            yield from self.fetch(self[start : start + _FETCHED_AT_ONCE].numbers)

    def at(self, places: Sequence[int]) -> Rows:
        """Return those at some places of the whole."""
        return replace(self, places=places)

    def in_feeds(self) -> Rows:
        """Return those that feeds show: nearly always all of them."""
        if 0 not in self.all_in_feeds:
            return self
        return self.at([place for place in self.places if self.all_in_feeds[place]])

    def number(self, index: int) -> int:
        """Return the number of one; nothing is fetched."""
        return self.all_numbers[self.places[index]]

    def digest(self, index: int) -> bytes:
        """Return the digest of one."""
        place = self.places[index]
        return self.all_digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES]

    def listing(self, index: int) -> bytes:
        """Return the digest of what lists show of one."""
        place = self.places[index]
        return self.all_listings[place * LISTING_BYTES : (place + 1) * LISTING_BYTES]

    @property
    def numbers(self) -> list[int]:
        """Their numbers, in order."""
        return [self.all_numbers[place] for place in self.places]

    def by_year(self) -> list[tuple[int, Rows]]:
        """Return the years in which they were published, the last first, each with its own."""
        found: dict[int, list[int]] = {}
        for place in self.places:
            found.setdefault(self.all_years[place], []).append(place)
        return [(year, self.at(places)) for year, places in sorted(found.items(), reverse=True)]

    @property
    def latest(self) -> Listed | None:
        """The one that was updated last; of several the last in this order."""
        place = max(reversed(self.places), key=self.all_updates.__getitem__, default=None)
        return None if place is None else self.at([place])[0]

    @property
    def digests(self) -> bytes:
        """Their digests, one after the other."""
        return self._joined(self.all_digests, DIGEST_BYTES)

    @property
    def listings(self) -> bytes:
        """Their digests of what lists show, one after the other."""
        return self._joined(self.all_listings, LISTING_BYTES)

    def _joined(self, data: bytes, size: int) -> bytes:
        places = self.places
        if isinstance(places, range) and places.step == 1:
            return data[places.start * size : places.stop * size]
        return b"".join([data[place * size : (place + 1) * size] for place in places])
