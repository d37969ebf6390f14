"""The text of a document as bytes of UTF-8, and the line and column of each place in it."""

from __future__ import annotations

import functools
from typing import Final

_BLOCK_BYTES: Final = 65_536
_EXCERPT_BYTES: Final = 3_000  # on each side of a place: a `Problem` shows 100 characters of it


class Source:
    """A document that positions are asked of; nothing is counted before the first question."""

    def __init__(self, data: bytes, path: str = "") -> None:
        self.data = data
        self.path = path

    @functools.cached_property
    def _normalised_data(self) -> bytes:
        """The same bytes, with a line feed at the end of every line (XML 1.0, section 2.11)."""
        if b"\r" not in self.data:
            return self.data
        return self.data.replace(b"\r\n", b" \n").replace(b"\r", b"\n")

    @functools.cached_property
    def _counts_before_blocks(self) -> list[tuple[int, int]]:
        """The number of line feeds and characters before each block."""
        counts, line_feeds, characters = [], 0, 0
        for start in range(0, len(self.data) + 1, _BLOCK_BYTES):
            counts.append((line_feeds, characters))
            block = self._normalised_data[start : start + _BLOCK_BYTES]
            line_feeds += block.count(b"\n")
            characters += _count_characters(block)
        return counts

    def find_position(self, offset: int) -> tuple[int, int]:
        """Return line and column of a byte, both from 1, the column in characters."""
        offset = min(max(offset, 0), len(self.data))
        line_start = self._normalised_data.rfind(b"\n", 0, offset) + 1
        start = offset - offset % _BLOCK_BYTES
        line_feeds = self._counts_before_blocks[offset // _BLOCK_BYTES][0] + self._normalised_data.count(
            b"\n", start, offset
        )
        return line_feeds + 1, self._count_characters_before(offset) - self._count_characters_before(line_start) + 1

    def find_excerpt(self, offset: int) -> tuple[str, int]:
        """Return the line around a byte, or a part of a long one, and the column of its first character."""
        offset = min(max(offset, 0), len(self.data))
        start = self._normalised_data.rfind(b"\n", 0, offset) + 1
        end = self._normalised_data.find(b"\n", offset)
        end = len(self.data) if end < 0 else end
        start, end = max(start, offset - _EXCERPT_BYTES), min(end, offset + _EXCERPT_BYTES)
        while start < offset and self.data[start] & 0xC0 == 0x80:  # the middle of a character
            start += 1
        return self.data[start:end].decode("utf-8", "replace").rstrip("\r"), self.find_position(start)[1]

    def _count_characters_before(self, offset: int) -> int:
        start = offset - offset % _BLOCK_BYTES
        return self._counts_before_blocks[offset // _BLOCK_BYTES][1] + _count_characters(self.data[start:offset])


def _count_characters(data: bytes) -> int:
    """Return how many characters begin in bytes of UTF-8."""
    return len(data) - len(data.translate(None, _BEGINNINGS)) if data else 0


# All bytes but those in the middle of a character.
_BEGINNINGS: Final = bytes(code for code in range(256) if code & 0xC0 != 0x80)
