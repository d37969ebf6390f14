"""Key points: a nested list, as values and as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, overload

from .checks import FieldChecker

if TYPE_CHECKING:
    from collections.abc import Iterable


# More than anyone writes, and few enough for every parser: libxml2 stops at 256 nested elements, and a level has two.
DEEPEST_LIST_LEVELS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPoint:
    """A key point of an entry: one item of a nested list in the content.

    Args:
        text: Inline HTML; escape ``&`` and ``<`` in plain text.
        children: The points below it; at most 100 levels in all.

    Raises:
        FieldError: A text that XML cannot carry, or too many levels.
    """

    text: str
    children: tuple[KeyPoint, ...] = ()

    def __post_init__(self) -> None:
        checker = FieldChecker(self, self.text)
        checker.check_texts("text")
        checker.check_tuple(KeyPoint, "children")
        if self.children and _is_deeper(self.children, DEEPEST_LIST_LEVELS - 1):
            checker.reject("children", f"are nested more than {DEEPEST_LIST_LEVELS} levels deep")


def _is_deeper(points: Iterable[KeyPoint], levels: int) -> bool:
    for _ in range(levels):
        points = [child for point in points for child in point.children]
        if not points:
            return False
    return True


class KeyPointList(Sequence[KeyPoint]):
    """Key points that were read from a file: a sequence of `KeyPoint` values, stored as an HTML list.

    It equals the tuple of these values. They are made on access; publishing a site needs only the HTML.

    Args:
        html: A ``<ul>`` of ``<li>`` elements; each has inline HTML, and may end with another ``<ul>``.
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
    """Parse an HTML list of the form that `KeyPointList` has."""
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
