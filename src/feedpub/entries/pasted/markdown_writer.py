"""Lines of pasted text → Markdown: plain bullets, numbers and indents become lists; what is Markdown already stays."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ..urls import lone_url
from .joining import join
from .list_marks import DASHES, Mark, bullet, number, sign_bullet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .lines import Line

# Deeper points become siblings at this depth: no reader shows more, and values are walked by recursion.
DEEPEST_KEY_POINT: Final = 32
LIST_SECTIONS: Final = ("key_points", "references")


def write_lines(runs: Sequence[Sequence[Line]], kind: str, *, spaced: bool) -> list[str]:
    """Return the lines below one heading as lines of Markdown.

    Args:
        runs: The lines, without blank lines and heading; their fates and roles are written into them. What stood below
            a second heading of the kind is a run of its own.
        kind: The section, or ``body``. In key points and references all items become one list, nested by their
            indents; elsewhere lists of Markdown nest as Markdown has it.
        spaced: See `lines.join`.
    """
    writer = _Writer(kind, spaced)
    for lines in runs:
        writer.begin(lines)
        for line, following in pairwise([*lines, None]):
            if line:
                writer.take(line, following)
    return writer.finish()


@dataclass(slots=True)
class _Level:
    """One depth of a list, of its last item: the columns in the pasted text (mark, text) and in Markdown (text)."""

    indent: int
    content: int = 0
    inner: int = 0
    mark: str = ""
    number: Mark | None = None


@dataclass(slots=True)
class _Open:
    """A paragraph or an item while it is read; `texts` has a break behind those that end with one."""

    line: Line
    prefix: str
    hang: int
    is_item: bool
    texts: list[str] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    has_url: bool = False

    def add(self, text: str, line: Line) -> None:
        if text:
            self.texts.append(text)
            self.has_url = self.has_url or "://" in text
            if _HARD_BREAK.search(line.raw):
                self.breaks.append(len(self.texts))

    def lacks_url(self, line: Line) -> bool:
        """Return True if the line is the address that this item still lacks."""
        return not self.has_url and lone_url(line.text) is not None


# Two spaces, and no other blank before them: those are litter of the copy.
_HARD_BREAK: Final = re.compile(r"(?<=\S)(?:  +|\\)$", re.ASCII)


class _Writer:
    def __init__(self, kind: str, spaced: bool) -> None:
        self._kind, self._spaced = kind, spaced
        self._is_list = kind in LIST_SECTIONS
        self._first_mark: Mark | None = None
        self._uses_signs = False
        self._out: list[str] = []
        self._open: _Open | None = None
        self._levels: list[_Level] = []
        self._marks: set[str] = set()
        self._top_mark = ""
        self._items = 0
        self._last: Line | None = None
        self._last_was = ""
        self._copied_at = ""

    def begin(self, lines: Sequence[Line]) -> None:
        """Prepare for the lines below a heading."""
        self._write_open()
        self._levels, self._last = [], None
        first = self._find_first_mark(lines) if self._is_list else None
        sign = sign_bullet(lines[0].text) if self._is_list and lines and not first else None
        self._first_mark, self._uses_signs = first or sign, sign is not None

    def take(self, line: Line, following: Line | None) -> None:
        """Read the next line."""
        line.role = self._kind
        contiguous = self._last is not None and line.number == self._last.number + 1
        if line.verbatim is not None and not (self._kind == "references" and number(line.text)):
            self._copy_line(line, contiguous)
        elif self._take_item(line, following, contiguous):
            pass
        elif self._open and self._goes_on(self._open, line, contiguous):
            self._open.add(line.text, line)
            if (found := number(line.text)) and any(
                level.number and level.number.form == found.form for level in self._levels
            ):
                line.fate = "ambiguous"  # a number out of turn
        else:
            self._open_paragraph(line)
        self._last = line

    def finish(self) -> list[str]:
        """Return the Markdown."""
        self._write_open()
        return self._out

    def _find_first_mark(self, lines: Sequence[Line]) -> Mark | None:
        """Find the mark of the section's list: "2026." behind other text is no number of an item."""
        for place, line in enumerate(lines):
            if line.verbatim is not None and not number(line.text):
                continue
            if mark := bullet(line.text):
                return mark
            if (found := number(line.text)) and (not place or found.value <= 1):
                return found
        return None

    # --- items

    def _take_item(self, line: Line, following: Line | None, contiguous: bool) -> bool:
        mark = self._find_mark(line)
        if mark is None:
            if self._kind != "references" or self._first_mark or (self._open and self._open.lacks_url(line)):
                return False
            mark = Mark("-", line.text)
        if mark.is_number:
            level = self._level_of_number(line, mark, contiguous)
        else:
            level = self._level_of_bullet(line, mark.form, following, contiguous)
        if level:
            self._open_item(line, mark, level)
        return level is not None

    def _find_mark(self, line: Line) -> Mark | None:
        mark = bullet(line.text) or number(line.text)
        if mark and mark.form.endswith(":") and self._kind != "references":
            return None  # the definition of a link
        return mark or (sign_bullet(line.text) if self._uses_signs else None)

    def _level_of_bullet(self, line: Line, mark: str, following: Line | None, contiguous: bool) -> _Level | None:
        if mark in DASHES and self._is_wrapped_dash(line, mark, following, contiguous):
            return None
        self._marks.add(mark)
        if not self._levels:
            return self._push_level(line)
        depth = self._find_depth(line.indent)
        level = self._levels[depth]
        deeper = self._is_deeper(line, mark, level)
        is_nested_link = deeper and "://" in line.text
        if self._kind == "references" and self._first_mark and self._first_mark.is_number and not is_nested_link:
            return None  # " - Publisher", wrapped
        del self._levels[depth + 1 :]
        if level.number and not deeper:
            if self._kind == "key_points":
                deeper = True  # bullets at the margin below numbers
            else:
                del self._levels[depth:]
                return self._push_level(line)
        return self._push_level(line) if deeper else level

    def _is_wrapped_dash(self, line: Line, mark: str, following: Line | None, contiguous: bool) -> bool:
        """Return True if a dash could be one of a sentence that was wrapped before it, not the mark of an item."""
        if self._kind == "references" and self._first_mark and not self._first_mark.is_number:
            return mark != self._first_mark.form and contiguous
        if self._levels:
            return contiguous and mark not in self._marks and line.indent < self._levels[0].indent
        if not (self._open and contiguous) or mark in _MARKDOWN_BULLETS:
            return False
        is_item = self._open.texts[-1].endswith((":", "：")) or (following and following.text.startswith(mark))
        return not is_item

    def _level_of_number(self, line: Line, found: Mark, contiguous: bool) -> _Level | None:
        if not self._levels:
            is_text = self._open is not None and contiguous and found.value > 1
            return None if is_text else self._push_level(line, found)
        depth = self._find_depth(line.indent)
        if found.value <= 1 and self._is_deeper(line, found.form, self._levels[depth]):
            del self._levels[depth + 1 :]
            return self._push_level(line, found)
        for place in range(depth, -1, -1):
            level = self._levels[place]
            if level.number and self._counts_on(level.number, found, contiguous):
                level.number = found
                del self._levels[place + 1 :]
                return level
        if found.value == 1 and not (self._is_list and contiguous):
            del self._levels[depth:]
            return self._push_level(line, found)
        return None

    def _counts_on(self, last: Mark, found: Mark, contiguous: bool) -> bool:
        """Return True if a number is one more than the last, or the same: Markdown counts itself."""
        if last.form == found.form and (
            found.value - last.value in (0, 1) or (not self._is_list and _is_own(last.form))
        ):
            return True
        return self._is_list and found.value == 1 and not contiguous  # it begins anew

    def _find_depth(self, indent: int) -> int:
        """Return the deepest level that is not indented further; the first one is, where all are."""
        return next((depth for depth in range(len(self._levels) - 1, 0, -1) if self._levels[depth].indent <= indent), 0)

    def _is_deeper(self, line: Line, mark: str, level: _Level) -> bool:
        if self._is_list or not _is_own(mark) or not line.raw[:1].isascii():
            return line.indent > level.indent
        return line.indent >= level.content

    def _push_level(self, line: Line, found: Mark | None = None) -> _Level:
        if len(self._levels) < DEEPEST_KEY_POINT:
            self._levels.append(_Level(line.indent))
        level = self._levels[-1]
        level.number = level.number or found
        return level

    def _open_item(self, line: Line, mark: Mark, level: _Level) -> None:
        if self._open and self._open.is_item and not self._open.texts:
            level = self._instead_of_empty(level)
        self._write_open()
        depth = self._levels.index(level)
        outer = self._levels[depth - 1].inner if depth else 0
        fits = outer <= line.indent <= outer + 3 and (not level.inner or line.indent < level.inner)
        column = line.indent if _is_own(mark.form) and fits and line.raw[:1].isascii() else outer
        self._items += not depth
        marker = self._choose_marker(mark, level, is_top=not depth)
        level.indent = min(level.indent, line.indent)
        level.content = line.indent + max(len(line.text) - len(mark.text), 1)
        level.inner = column + len(marker) + 1
        is_apart = self._last_was not in ("item", "copy in item") or (not self._is_list and line.after_blank)
        text = mark.text.rstrip("↩\ufe0e\ufe0f ") if self._kind == "references" else mark.text
        self._start_block(_Open(line, f"{' ' * column}{marker} ", level.inner, is_item=True), text, is_apart=is_apart)

    def _instead_of_empty(self, level: _Level) -> _Level:
        """Return the level of an item that is a mark and nothing behind it, for the item below it."""
        depth = self._levels.index(level)
        if not depth or level.inner:
            return level
        del self._levels[depth]
        return self._levels[depth - 1]

    def _choose_marker(self, mark: Mark, level: _Level, *, is_top: bool) -> str:
        """Return the mark that Markdown has for an item; in a list of a section all are of one kind."""
        sign = mark.form if _is_own(mark.form) else "." if mark.is_number else "-"
        if self._is_list:
            sign = (self._top_mark if is_top else level.mark) or sign
            self._top_mark = sign if is_top else self._top_mark
        elif not _is_own(mark.form):
            sign = level.mark or sign
        level.mark = sign
        if sign in _MARKDOWN_BULLETS:
            return sign
        return f"{mark.value if mark.is_number else self._items}{sign}"

    # --- paragraphs, and what is copied

    def _goes_on(self, opened: _Open, line: Line, contiguous: bool) -> bool:
        """Return True if the line is the rest of the open paragraph or item, wrapped."""
        if contiguous and not line.after_blank:
            return True
        is_below = self._kind == "references" and (line.indent > opened.line.indent or opened.lacks_url(line))
        return opened.is_item and (is_below or not opened.texts)

    def _open_paragraph(self, line: Line) -> None:
        inner = self._find_inner_column(line)
        self._write_open()
        if not inner:
            self._levels = []
            if self._is_list:
                line.settle("ambiguous", "body")
        self._start_block(_Open(line, " " * inner, inner, is_item=False), line.text, is_apart=True)

    def _find_inner_column(self, line: Line) -> int:
        """Return the column of Markdown for what stands below an item, 0 if it stands below none."""
        for place in range(len(self._levels) - 1, -1, -1):
            if self._levels[place].indent < line.indent:
                del self._levels[place + 1 :]
                return self._levels[place].inner
        return 0

    def _copy_line(self, line: Line, contiguous: bool) -> None:
        if not (contiguous and self._last_was.startswith("copy")) or self._open:
            self._write_open()
            inner = self._find_inner_column(line)
            if not inner:
                self._levels = []
            if line.after_blank or not inner:
                self._add_blank_line()
            self._copied_at = " " * inner
            self._last_was = "copy in item" if inner else "copy"
        self._out.append(f"{self._copied_at}{line.verbatim}".rstrip() if line.verbatim else "")

    def _start_block(self, opened: _Open, text: str, *, is_apart: bool) -> None:
        if is_apart:
            self._add_blank_line()
        self._open = opened
        opened.add(text, opened.line)

    def _add_blank_line(self) -> None:
        if self._out and self._out[-1]:
            self._out.append("")

    def _write_open(self) -> None:
        """Write what is open."""
        opened, self._open = self._open, None
        if opened is None:
            return
        if not opened.texts:
            opened.line.fate = "ambiguous"
            return
        self._out.append(opened.prefix + f"\\\n{' ' * opened.hang}".join(self._write_pieces(opened)))
        self._last_was = "item" if opened.is_item else "paragraph"

    def _write_pieces(self, opened: _Open) -> Iterator[str]:
        start = 0
        for end in [*(place for place in opened.breaks if place < len(opened.texts)), len(opened.texts)]:
            text = join(opened.texts[start:end], spaced=self._spaced)
            if end < len(opened.texts):
                text = text.removesuffix("\\")
            keeps_block = opened.is_item and not start and not self._is_list
            yield text if keeps_block else _without_block(text)
            start = end


_MARKDOWN_BULLETS: Final = ("-", "*", "+")


def _is_own(mark: str) -> bool:
    """Return True if Markdown has the mark, too."""
    return mark in _MARKDOWN_BULLETS or mark in (".", ")")


# A number, a bullet, marks of a heading; a fence, a quote, a definition.
_OPENS_BLOCK: Final = re.compile(r"(?:([0-9]{1,9})[.)]|[-+*]|#{1,6})(?=\s|$)|```|~~~|>|\[[^\[\]]+\]:", re.ASCII)


def _without_block(text: str) -> str:
    """Escape what would open a block of Markdown at the start of a line of text."""
    found = _OPENS_BLOCK.match(text)
    if not found:
        return text
    place = len(found[1] or "")
    return f"{text[:place]}\\{text[place:]}"
