"""Rendered fragments, kept in a temporary file until they are joined to documents."""

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
# The fragments of an entry: one for each format, by its name, and its page.
FRAGMENT_NAMES: Final = (*(feed_format.name for feed_format in FORMATS), PAGE)
# What is recorded of an entry: the offset of its first fragment, and the size of each.
_SPAN_LENGTH: Final = 1 + len(FRAGMENT_NAMES)
# A fragment in pieces, in order.
Fragment = tuple[bytes, ...]
_BUFFER_BYTES: Final = 1 << 20


class FragmentStore:
    """The fragments of entries by row id, in a file without a name, so that no killed build leaves it behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._buffer: list[bytes] = []
        self._consecutive = range(0)  # most row ids come one after the other
        self._span_starts: dict[int, int] = {}  # of the other row ids
        self._namespaces: dict[int, Mapping[str, str]] = {}  # of entries with extensions
        self._spans = array("Q")
        self._total_bytes = self._written_bytes = 0

    def has_fragments(self, row_id: int, *, with_page: bool) -> bool:
        """Return True if the fragments of an entry are stored in all formats, and its page if that is needed."""
        start = self._find_span(row_id)
        return start is not None and (not with_page or self._spans[start + 1 + FRAGMENT_NAMES.index(PAGE)] > 0)

    def _find_span(self, row_id: int) -> int | None:
        """Return where the offset and sizes of an entry begin in `_spans`."""
        if row_id in self._span_starts:
            return self._span_starts[row_id]
        return (row_id - self._consecutive.start) * _SPAN_LENGTH if row_id in self._consecutive else None

    def add(self, row_id: int, fragments: Sequence[Fragment], namespaces: Mapping[str, str]) -> None:
        """Store the fragments of an entry.

        Args:
            row_id: The row of the entry in the manifest.
            fragments: In the order of `FRAGMENT_NAMES`; a page without pieces counts as missing.
            namespaces: Prefix → namespace, of the entry's extensions.
        """
        if namespaces:
            self._namespaces[row_id] = namespaces
        if not self._span_starts and (not self._consecutive or row_id == self._consecutive.stop):
            self._consecutive = range(self._consecutive.start if self._consecutive else row_id, row_id + 1)
        else:
            self._span_starts[row_id] = len(self._spans)
        sizes = [sum(map(len, pieces)) for pieces in fragments]
        self._spans.extend((self._total_bytes, *sizes))
        self._total_bytes += sum(sizes)
        for pieces in fragments:
            self._buffer += pieces
        if self._total_bytes - self._written_bytes > _BUFFER_BYTES:
            self._write_buffer()

    def _write_buffer(self) -> None:
        try:
            if self._file is None:
                self._file = self._open_temporary_file()
            unwritten = memoryview(b"".join(self._buffer))
            self._buffer.clear()
            while unwritten:
                unwritten = unwritten[self._file.write(unwritten) :]
        except OSError as error:
            number = error.errno or errno.EIO
            raise OSError(number, os.strerror(number), str(self._folder)) from error
        self._written_bytes = self._total_bytes

    def _open_temporary_file(self) -> IO[bytes]:
        with contextlib.suppress(OSError, AttributeError):  # not all systems and file systems have files without name
            return open(os.open(self._folder, os.O_TMPFILE | os.O_RDWR, 0o600), "w+b", buffering=0)
        import tempfile  # takes 10 ms to load

        return tempfile.TemporaryFile(dir=self._folder, buffering=0)

    def read_fragment(self, row_id: int, name: str) -> bytes:
        """Return one of the stored fragments of an entry, by its name in `FRAGMENT_NAMES`."""
        start = self._find_span(row_id)
        assert start is not None
        if self._buffer:
            self._write_buffer()
        assert self._file
        index = start + 1 + FRAGMENT_NAMES.index(name)
        offset = self._spans[start] + sum(self._spans[start + 1 : index])
        return _read_at(self._file.fileno(), self._spans[index], offset)

    def join_namespaces(self, row_ids: Iterable[int]) -> dict[str, str]:
        """Return prefix → namespace of the extensions of entries; a prefix stands for one namespace in all of them."""
        namespaces: dict[str, str] = {}
        if self._namespaces:
            for row_id in row_ids:
                namespaces |= self._namespaces.get(row_id, {})
        return namespaces

    def close(self) -> None:
        """Close the temporary file, which frees its space on the disk."""
        if self._file is not None:
            self._file.close()


def _read_at(file: int, size: int, offset: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file, size, offset)
    os.lseek(file, offset, os.SEEK_SET)  # Windows
    data = os.read(file, size)
    os.lseek(file, 0, os.SEEK_END)
    return data
