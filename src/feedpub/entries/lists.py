"""The two lists of pasted text, key points and references, read from the lines below their headings."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final

from ..model import KeyPoint, Reference
from .labels import split_label
from .lines import Bullet, Line, Number, bullet, is_dash, join, lone_url, number, split_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Deeper points become siblings at this depth: no reader shows more, and values are walked by recursion.
DEEPEST_KEY_POINT: Final = 32


def read_key_points(lines: Sequence[Line], *, spaced: bool) -> tuple[tuple[KeyPoint, ...], Sequence[Line]]:
    """Read bulleted or numbered points, nested by their indents down to `DEEPEST_KEY_POINT`.

    Args:
        lines: What stands below the heading, without blank lines; their fates are written into them.
        spaced: See `lines.join`.

    Returns:
        The points, and the lines that are not of this form: before the first point, or a paragraph behind one.
    """
    start, mark = _first_mark(lines)
    if not mark:
        return (), lines
    outline = _Outline()
    rest = [*lines[:start], *(line for line in lines[start:] if not outline.take(line))]
    return tuple(_key_points(outline.items, spaced)), rest


def read_references(lines: Sequence[Line], *, spaced: bool) -> tuple[tuple[Reference, ...], Sequence[Line]]:
    """Read references, one for each number, each bullet, or each line if there are neither.

    Args and returns as for `read_key_points`.
    """
    start, mark = _first_mark(lines)
    items: list[_Item] = []
    rest = list(lines[:start])
    numbering = _Numbering()
    for line in lines[start:]:
        text = _item_text(line, mark, numbering)
        if text is not None and not (mark is None and items and items[-1].lacks_url(line)):
            items.append(_Item(line, [text] if text else []))
        elif not items[-1].take(line, [numbering]):
            rest.append(line)
            continue
        line.role = "references"
    return tuple(_references(items, spaced)), rest


@dataclass(slots=True)
class _Numbering:
    """The numbers of one list: all of one form, each one more than the last, or all the same (Markdown counts them)."""

    form: str = ""
    first: int = 0
    last: int = 0

    def take(self, number: Number) -> bool:
        """Tell whether a number goes on with the list, and count it."""
        if not self.form:
            self.form, self.first, self.last = number.form, number.value, number.value
            return True
        goes_on = self.form == number.form and (
            number.value == self.last + 1 or number.value == self.last == self.first
        )
        if goes_on:
            self.last = number.value
        return goes_on


@dataclass(slots=True)
class _Item:
    """One item while it is read: the line that opens it, the texts to be joined, the items below it."""

    line: Line
    texts: list[str]
    children: list[_Item] = field(default_factory=list)
    has_url: bool = field(init=False)

    def __post_init__(self) -> None:
        self.has_url = any("://" in text for text in self.texts)

    def take(self, line: Line, numberings: Iterable[_Numbering]) -> bool:
        """Go on with a wrapped line; a paragraph behind a blank line is none, unless it is indented."""
        wrapped = not line.after_blank or line.indent > self.line.indent or not self.texts or self.lacks_url(line)
        if wrapped:
            self.texts.append(line.text)
            self.has_url = self.has_url or "://" in line.text
            found = number(line.text)
            out_of_turn = found and any(numbering.form == found.form for numbering in numberings)
            line.fate = "ambiguous" if out_of_turn else "kept"
        return wrapped

    def lacks_url(self, line: Line) -> bool:
        """Tell whether the line is the address that this item still lacks."""
        return not self.has_url and lone_url(line.text) is not None


def _first_mark(lines: Sequence[Line]) -> tuple[int, Bullet | Number | None]:
    """Find where the list begins: "2026." behind other text is no number of an item."""
    for place, line in enumerate(lines):
        if mark := bullet(line.text):
            return place, mark
        if (mark_number := number(line.text)) and (not place or mark_number.value <= 1):
            return place, mark_number
    return 0, None


def _item_text(line: Line, mark: Bullet | Number | None, numbering: _Numbering) -> str | None:
    """Return the text of a line that opens a reference, in a list that opens its items as `mark` does."""
    if mark is None:
        return line.text
    if isinstance(mark, Bullet):
        item = bullet(line.text)
        return item.text if item and (item.mark == mark.mark or not is_dash(item.mark)) else None
    numbered = number(line.text)
    return numbered.text if numbered and numbering.take(numbered) else None


def _references(items: Iterable[_Item], spaced: bool) -> Iterator[Reference]:
    for item in items:
        label, url = split_url(join(item.texts, spaced=spaced))
        title, publishers = split_label(label)
        if title or url:
            yield Reference(title=title or str(url), publishers=publishers, url=url)
        else:
            item.line.fate = "ambiguous"  # a mark and nothing behind it: the others move up


@dataclass(slots=True)
class _Level:
    """One depth of an outline: how far it is indented, its items, and its numbers if it has some."""

    indent: int
    items: list[_Item]
    numbering: _Numbering | None = None


class _Outline:
    """Nest items by a stack of indents: deeper than the top is a child, the rest goes back to where it fits."""

    def __init__(self) -> None:
        self.items: list[_Item] = []
        self._levels = [_Level(0, self.items)]
        self._marks: set[str] = set()

    def take(self, line: Line) -> bool:
        """Begin an item or go on with the last one; False if the line does neither."""
        mark: Bullet | Number | None = bullet(line.text)
        if isinstance(mark, Bullet):
            level = self._level_of_bullet(line.indent, mark.mark)
        elif mark := number(line.text):
            level = self._level_of_number(line.indent, mark)
        else:
            level = None
        if mark and level:
            self._open = _Item(line, [mark.text] if mark.text else [])
            level.indent = min(level.indent, line.indent)
            level.items.append(self._open)
        elif not self._open.take(line, (level.numbering for level in self._levels if level.numbering)):
            return False
        line.role = "key_points"
        return True

    def _level_of_bullet(self, indent: int, mark: str) -> _Level | None:
        if is_dash(mark) and self._marks and mark not in self._marks and indent < self._levels[0].indent:
            return None  # a dash that a wrap brought to the margin
        self._marks.add(mark)
        if not self.items:
            self._levels[0].indent = indent
            return self._levels[0]
        level = self._back_to(indent)
        return self._below(level, indent) if indent > level.indent or level.numbering else level

    def _level_of_number(self, indent: int, number: Number) -> _Level | None:
        if not self.items:
            self._levels[0].indent = indent
            self._levels[0].numbering = _Numbering()
            self._levels[0].numbering.take(number)
            return self._levels[0]
        depth = self._depth(indent)
        if indent > self._levels[depth].indent and number.value == 1:
            level = self._below(self._back_to(indent), indent)
            level.numbering = level.numbering or _Numbering()
            level.numbering.take(number)
            return level
        for level in reversed(self._levels[: depth + 1]):
            if level.numbering and level.numbering.take(number):
                del self._levels[self._levels.index(level) + 1 :]
                return level
        return None

    def _depth(self, indent: int) -> int:
        """Return the deepest level that is not indented further; the first one is, where all are."""
        return next((depth for depth in range(len(self._levels) - 1, 0, -1) if self._levels[depth].indent <= indent), 0)

    def _back_to(self, indent: int) -> _Level:
        del self._levels[self._depth(indent) + 1 :]
        return self._levels[-1]

    def _below(self, level: _Level, indent: int) -> _Level:
        if len(self._levels) == DEEPEST_KEY_POINT:
            return level
        self._levels.append(_Level(indent, level.items[-1].children))
        return self._levels[-1]


def _key_points(items: Iterable[_Item], spaced: bool) -> Iterator[KeyPoint]:
    for item in items:
        children = tuple(_key_points(item.children, spaced))
        if item.texts:
            yield KeyPoint(text=escape(join(item.texts, spaced=spaced), quote=False), children=children)
        else:
            item.line.fate = "ambiguous"  # a mark and nothing behind it: what stands below it moves up
            yield from children
