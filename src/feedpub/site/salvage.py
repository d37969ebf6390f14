"""Fragments of entries that did not change, taken out of the documents that they stand in already.

So one changed entry costs the rendering of one, though its document holds a hundred.
"""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Final

from ..files import read_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .spool import Pieces

# Where entries begin, what ends each, and what ends them all: in values all of it would be escaped.
_ATOM: Final = (b"\n<entry ", b"</entry>\n", b"</feed>\n")
_RSS: Final = (b"\n<item ", b"</item>\n", b"</channel></rss>\n")
_JSON_START: Final = b',"items":[\n'
_JSON_BETWEEN: Final = b",\n"
_JSON_END: Final = b"\n]}\n"


def salvage(place: str, paths: Sequence[str]) -> dict[str, tuple[Pieces, ...]]:
    """Take the entries out of one document in all formats.

    Args:
        place: The published folder.
        paths: Of the document, in the order of `FORMATS`; as we left them.

    Returns:
        Id, as a URI → what the spool takes. Nothing if the documents do not agree.
    """
    atom, rss, json = (read_file(place, path) for path in paths)
    entries, items = _elements(atom, *_ATOM), _elements(rss, *_RSS)
    start = json.find(_JSON_START) + len(_JSON_START)
    objects = json[start : -len(_JSON_END)].split(_JSON_BETWEEN)
    if not len(entries) == len(items) == len(objects):
        return {}
    found: dict[str, tuple[Pieces, ...]] = {}
    for entry, item, one in zip(entries, items, objects, strict=True):
        identity = entry[entry.find(b"<id>") + len(b"<id>") : entry.find(b"</id>")].decode()
        found[unescape(identity)] = ((entry,), (item,), (one,), ())
    return found


def _elements(data: bytes, start: bytes, end: bytes, end_of_all: bytes) -> list[bytes]:
    begin = data.find(start) + 1
    if not begin:
        return []
    return [part + end for part in data[begin : -len(end_of_all)].split(end)[:-1]]
