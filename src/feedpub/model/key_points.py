"""Key points: a nested list, as values and as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, overload

from .checks import FieldChecker

if TYPE_CHECKING:
    from collections.abc import Iterable


# Deeper than anyone writes, and shallow enough for every parser (libxml2 stops at 256 elements, two to a level).
DEEPEST_LIST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPoint:
    """State a point, with finer points under it, `DEEPEST_LIST` levels in all.

    Args:
        text: Inline HTML: escape ``&`` and ``<`` of plain text.
        children: The finer points.
    """

    text: str
    children: tuple[KeyPoint, ...] = ()

    def __post_init__(self) -> None:
        check = FieldChecker(self, self.text)
        check.texts("text")
        check.tuples(KeyPoint, "children")
        if self.children and _is_deeper(self.children, DEEPEST_LIST - 1):
            check.fail("children", f"are nested more than {DEEPEST_LIST} levels deep")


def _is_deeper(points: Iterable[KeyPoint], levels: int) -> bool:
    for _ in range(levels):
        points = [child for point in points for child in point.children]
        if not points:
            return False
    return True


class KeyPointList(Sequence[KeyPoint]):
    """Key points as an HTML list, as they are read from files; `KeyPoint` values are made when somebody asks for them.

    It equals the tuple of these values. Programs that only publish a site never make them.

    Args:
        html: ``<ul>``, with ``<li>`` elements whose text is inline HTML, with or without a ``<ul>`` at its end.
    """

    __slots__ = ("html",)

    def __init__(self, html: str) -> None:
        self.html = html

    def __len__(self) -> int:
        return len(parse_key_points(self.html))

    @overload
    def __getitem__(self, index: int) -> KeyPoint: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[KeyPoint, ...]: ...
    def __getitem__(self, index: int | slice) -> KeyPoint | tuple[KeyPoint, ...]:
        return parse_key_points(self.html)[index]

    def __iter__(self) -> Iterator[KeyPoint]:
        return iter(parse_key_points(self.html))

    def __bool__(self) -> bool:
        return bool(self.html)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, KeyPointList):
            return self.html == other.html or tuple(self) == tuple(other)
        return tuple(self) == other

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


_LIST_TAG = re.compile(r"\n?<(/?)(ul|li)\b[^<>]*>\n?")


def parse_key_points(html: str) -> tuple[KeyPoint, ...]:
    """Return the key points of an HTML list; see `KeyPointList`."""
    levels: list[list[KeyPoint]] = [[]]
    texts: list[str] = []
    start = 0
    for match in _LIST_TAG.finditer(html):
        if texts:
            texts[-1] += html[start : match.start()]
        start = match.end()
        is_end, name = bool(match[1]), match[2]
        if name == "li" and not is_end:
            texts.append("")
            levels.append([])
        elif name == "li" and texts:
            children = tuple(levels.pop())
            levels[-1].append(KeyPoint(text=texts.pop().strip(), children=children))
    return tuple(levels[0])
