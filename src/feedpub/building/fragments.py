"""Rendered fragments, set aside on disk until the documents that they stand in are put together."""

from __future__ import annotations

import contextlib
import errno
import os
from array import array
from typing import TYPE_CHECKING, Final

from ..formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import IO

PAGE: Final = "page"
# What is written of an entry: its fragment of each format, by name, and its page.
PARTS: Final = (*(form.name for form in FORMATS), PAGE)
_SPANS: Final = 1 + len(PARTS)  # of an entry: where it begins, and the size of each part
Pieces = tuple[bytes, ...]
# Fragments of this many bytes are written at once.
_WAITING_BYTES: Final = 1 << 20


class Spool:
    """Hold the fragments of entries by number, in a file without name: no build that is killed leaves it behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._waiting: list[bytes] = []
        self._row = range(0)  # most numbers come one after the other
        self._places: dict[int, int] = {}  # of those that do not
        self._namespaces: dict[int, Mapping[str, str]] = {}  # of entries with extensions
        self._spans = array("Q")
        self._end = self._written = 0

    def has(self, number: int, *, with_page: bool) -> bool:
        """Return True if the fragments of an entry were set aside, of all formats, and its page if it is needed."""
        place = self._place(number)
        return place is not None and (not with_page or self._spans[place + 1 + PARTS.index(PAGE)] > 0)

    def _place(self, number: int) -> int | None:
        """Return where the spans of an entry begin."""
        if number in self._places:
            return self._places[number]
        return (number - self._row.start) * _SPANS if number in self._row else None

    def add(self, number: int, parts: Sequence[Pieces], namespaces: Mapping[str, str]) -> None:
        """Set the fragments of an entry aside.

        Args:
            number: Of the entry.
            parts: In the order of `PARTS`; a page without pieces counts as missing.
            namespaces: Prefix → namespace, of the entry's extensions.
        """
        if namespaces:
            self._namespaces[number] = namespaces
        if not self._places and (not self._row or number == self._row.stop):
            self._row = range(self._row.start if self._row else number, number + 1)
        else:
            self._places[number] = len(self._spans)
        sizes = [sum(map(len, pieces)) for pieces in parts]
        self._spans.extend((self._end, *sizes))
        self._end += sum(sizes)
        for pieces in parts:
            self._waiting += pieces
        if self._end - self._written > _WAITING_BYTES:
            self._write()

    def _write(self) -> None:
        try:
            if self._file is None:
                self._file = self._opened()
            rest = memoryview(b"".join(self._waiting))
            self._waiting.clear()
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise self._named(error) from error
        self._written = self._end

    def _opened(self) -> IO[bytes]:
        with contextlib.suppress(OSError, AttributeError):  # not all systems and file systems have files without name
            return open(os.open(self._folder, os.O_TMPFILE | os.O_RDWR, 0o600), "w+b", buffering=0)
        import tempfile  # takes 10 ms to load

        return tempfile.TemporaryFile(dir=self._folder, buffering=0)

    def get(self, number: int, part: str) -> bytes:
        """Return a fragment that was set aside."""
        place = self._place(number)
        assert place is not None
        if self._waiting:
            self._write()
        assert self._file
        which = place + 1 + PARTS.index(part)
        start = self._spans[place] + sum(self._spans[place + 1 : which])
        return _read(self._file.fileno(), self._spans[which], start)

    def namespaces(self, numbers: Iterable[int]) -> dict[str, str]:
        """Return prefix → namespace of the extensions of entries; in all of them, a prefix stands for one namespace."""
        found: dict[str, str] = {}
        if self._namespaces:
            for number in numbers:
                found |= self._namespaces.get(number, {})
        return found

    def close(self) -> None:
        """Give the disk back."""
        if self._file is not None:
            self._file.close()

    def _named(self, error: OSError) -> OSError:
        number = error.errno or errno.EIO
        return OSError(number, os.strerror(number), str(self._folder))


def _read(file: int, size: int, start: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file, size, start)
    os.lseek(file, start, os.SEEK_SET)  # Windows
    data = os.read(file, size)
    os.lseek(file, 0, os.SEEK_END)
    return data
