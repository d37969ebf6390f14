"""Write lines of pasted text as Markdown: bullets, numbers and indents become lists; Markdown stays as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ..urls import read_lone_url
from .joining import join_lines
from .list_marks import DASHES, ListMark, read_bullet, read_number, read_sign

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .lines import Line

# Deeper points become siblings at this depth: no reader shows more, and functions on key points are recursive.
DEEPEST_KEY_POINT: Final = 32
LIST_SECTIONS: Final = ("key_points", "references")


def write_lines(runs: Sequence[Sequence[Line]], kind: str, *, cjk_spacing: bool) -> list[str]:
    """Return the lines below one heading as lines of Markdown.

    Args:
        runs: The lines without blank lines and heading; their fates and roles are set. The lines below a second
            heading of the same kind are a run of their own.
        kind: The section, or ``body``. In key points and references all items become one list, nested by their
            indents; elsewhere, lists nest as in Markdown.
        cjk_spacing: See `joining.join_lines`.
    """
    writer = _Writer(kind, cjk_spacing)
    for lines in runs:
        writer.begin_run(lines)
        for line, following in pairwise([*lines, None]):
            if line:
                writer.write_line(line, following)
    return writer.finish_lines()


@dataclass(slots=True)
class _Level:
    """One level of a list, with the columns of its last item.

    Args:
        indent: The column of the mark in the pasted text.
        content: The column of the text in the pasted text.
        inner: The column of the text in the Markdown.
        mark: The mark in the Markdown.
        number: The mark of the last item, if it is a number.
    """

    indent: int
    content: int = 0
    inner: int = 0
    mark: str = ""
    number: ListMark | None = None


@dataclass(slots=True)
class _OpenBlock:
    """A paragraph or an item while it is read; `breaks` are the numbers of the texts that end in a hard break."""

    line: Line
    prefix: str
    hang: int
    is_item: bool
    texts: list[str] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    has_url: bool = False

    def add_text(self, text: str, line: Line) -> None:
        if text:
            self.texts.append(text)
            self.has_url = self.has_url or "://" in text
            if _HARD_BREAK.search(line.raw):
                self.breaks.append(len(self.texts))

    def lacks_url(self, line: Line) -> bool:
        """Return True if the item has no address yet, and the line is only an address."""
        return not self.has_url and read_lone_url(line.text) is not None


# Two spaces after a character; other white space before them comes from copying.
_HARD_BREAK: Final = re.compile(r"(?<=\S)(?:  +|\\)$", re.ASCII)


class _Writer:
    def __init__(self, kind: str, cjk_spacing: bool) -> None:
        self._kind, self._spaced = kind, cjk_spacing
        self._is_list = kind in LIST_SECTIONS
        self._first_mark: ListMark | None = None
        self._uses_signs = False
        self._lines_out: list[str] = []
        self._open: _OpenBlock | None = None
        self._levels: list[_Level] = []
        self._marks: set[str] = set()
        self._top_mark = ""
        self._items = 0
        self._last: Line | None = None
        self._last_kind = ""
        self._copy_indent = ""

    def begin_run(self, lines: Sequence[Line]) -> None:
        """Prepare for the lines below a heading."""
        self._write_open()
        self._levels, self._last = [], None
        first = self._find_first_mark(lines) if self._is_list else None
        sign = read_sign(lines[0].text) if self._is_list and lines and not first else None
        self._first_mark, self._uses_signs = first or sign, sign is not None

    def write_line(self, line: Line, following: Line | None) -> None:
        """Write the next line, or add it to the open block."""
        line.role = self._kind
        is_next = self._last is not None and line.number == self._last.number + 1
        if line.verbatim is not None and not (self._kind == "references" and read_number(line.text)):
            self._copy_line(line, is_next)
        elif self._take_item(line, following, is_next):
            pass
        elif self._open and self._continues_block(self._open, line, is_next):
            self._open.add_text(line.text, line)
            if (number := read_number(line.text)) and any(
                level.number and level.number.style == number.style for level in self._levels
            ):
                line.fate = "ambiguous"  # the number is not the next one
        else:
            self._open_paragraph(line)
        self._last = line

    def finish_lines(self) -> list[str]:
        """Return the Markdown."""
        self._write_open()
        return self._lines_out

    def _find_first_mark(self, lines: Sequence[Line]) -> ListMark | None:
        """Return the mark of the section's list; "2026." after other text is not the number of an item."""
        for index, line in enumerate(lines):
            if line.verbatim is not None and not read_number(line.text):
                continue
            if mark := read_bullet(line.text):
                return mark
            if (number := read_number(line.text)) and (not index or number.value <= 1):
                return number
        return None

    # --- items

    def _take_item(self, line: Line, following: Line | None, is_next: bool) -> bool:
        mark = self._find_mark(line)
        if mark is None:
            if self._kind != "references" or self._first_mark or (self._open and self._open.lacks_url(line)):
                return False
            mark = ListMark("-", line.text)
        if mark.is_number:
            level = self._find_number_level(line, mark, is_next)
        else:
            level = self._find_bullet_level(line, mark.style, following, is_next)
        if level:
            self._open_item(line, mark, level)
        return level is not None

    def _find_mark(self, line: Line) -> ListMark | None:
        mark = read_bullet(line.text) or read_number(line.text)
        if mark and mark.style.endswith(":") and self._kind != "references":
            return None  # the definition of a link
        return mark or (read_sign(line.text) if self._uses_signs else None)

    def _find_bullet_level(self, line: Line, bullet: str, following: Line | None, is_next: bool) -> _Level | None:
        if bullet in DASHES and self._is_wrapped_dash(line, bullet, following, is_next):
            return None
        self._marks.add(bullet)
        if not self._levels:
            return self._push_level(line)
        depth = self._find_depth(line.indent)
        level = self._levels[depth]
        is_deeper = self._is_deeper(line, bullet, level)
        is_nested_link = is_deeper and "://" in line.text
        if self._kind == "references" and self._first_mark and self._first_mark.is_number and not is_nested_link:
            return None  # " - Publisher", wrapped
        del self._levels[depth + 1 :]
        if level.number and not is_deeper:
            if self._kind == "key_points":
                is_deeper = True  # bullets at the margin below numbers
            else:
                del self._levels[depth:]
                return self._push_level(line)
        return self._push_level(line) if is_deeper else level

    def _is_wrapped_dash(self, line: Line, bullet: str, following: Line | None, is_next: bool) -> bool:
        """Return True if a dash may belong to a sentence that was wrapped before it, and not be the mark of an item."""
        if self._kind == "references" and self._first_mark and not self._first_mark.is_number:
            return bullet != self._first_mark.style and is_next
        if self._levels:
            return is_next and bullet not in self._marks and line.indent < self._levels[0].indent
        if not (self._open and is_next) or bullet in _MARKDOWN_BULLETS:
            return False
        is_item = self._open.texts[-1].endswith((":", "：")) or (following and following.text.startswith(bullet))
        return not is_item

    def _find_number_level(self, line: Line, number: ListMark, is_next: bool) -> _Level | None:
        if not self._levels:
            is_text = self._open is not None and is_next and number.value > 1
            return None if is_text else self._push_level(line, number)
        depth = self._find_depth(line.indent)
        if number.value <= 1 and self._is_deeper(line, number.style, self._levels[depth]):
            del self._levels[depth + 1 :]
            return self._push_level(line, number)
        for index in range(depth, -1, -1):
            level = self._levels[index]
            if level.number and self._follows_number(level.number, number, is_next):
                level.number = number
                del self._levels[index + 1 :]
                return level
        if number.value == 1 and not (self._is_list and is_next):
            del self._levels[depth:]
            return self._push_level(line, number)
        return None

    def _follows_number(self, last: ListMark, number: ListMark, is_next: bool) -> bool:
        """Return True if a number follows the last one, or is the same, since Markdown counts items itself."""
        if last.style == number.style and (
            number.value - last.value in (0, 1) or (not self._is_list and _is_markdown_mark(last.style))
        ):
            return True
        return self._is_list and number.value == 1 and not is_next  # a new list begins

    def _find_depth(self, indent: int) -> int:
        """Return the deepest level that is not indented further than a column; the first level if all are."""
        return next((depth for depth in range(len(self._levels) - 1, 0, -1) if self._levels[depth].indent <= indent), 0)

    def _is_deeper(self, line: Line, mark: str, level: _Level) -> bool:
        if self._is_list or not _is_markdown_mark(mark) or not line.raw[:1].isascii():
            return line.indent > level.indent
        return line.indent >= level.content

    def _push_level(self, line: Line, number: ListMark | None = None) -> _Level:
        if len(self._levels) < DEEPEST_KEY_POINT:
            self._levels.append(_Level(line.indent))
        level = self._levels[-1]
        level.number = level.number or number
        return level

    def _open_item(self, line: Line, mark: ListMark, level: _Level) -> None:
        if self._open and self._open.is_item and not self._open.texts:
            level = self._replace_empty_item(level)
        self._write_open()
        depth = self._levels.index(level)
        outer = self._levels[depth - 1].inner if depth else 0
        fits = outer <= line.indent <= outer + 3 and (not level.inner or line.indent < level.inner)
        column = line.indent if _is_markdown_mark(mark.style) and fits and line.raw[:1].isascii() else outer
        self._items += not depth
        marker = self._choose_marker(mark, level, is_top=not depth)
        level.indent = min(level.indent, line.indent)
        level.content = line.indent + max(len(line.text) - len(mark.text), 1)
        level.inner = column + len(marker) + 1
        is_apart = self._last_kind not in ("item", "copy in item") or (not self._is_list and line.after_blank)
        text = mark.text.rstrip("↩\ufe0e\ufe0f ") if self._kind == "references" else mark.text
        self._start_block(
            _OpenBlock(line, f"{' ' * column}{marker} ", level.inner, is_item=True), text, is_apart=is_apart
        )

    def _replace_empty_item(self, level: _Level) -> _Level:
        """Return the level for an item that follows an empty item."""
        depth = self._levels.index(level)
        if not depth or level.inner:
            return level
        del self._levels[depth]
        return self._levels[depth - 1]

    def _choose_marker(self, mark: ListMark, level: _Level, *, is_top: bool) -> str:
        """Return the mark of an item in Markdown; in the list of a section all items have the same kind of mark."""
        sign = mark.style if _is_markdown_mark(mark.style) else "." if mark.is_number else "-"
        if self._is_list:
            sign = (self._top_mark if is_top else level.mark) or sign
            self._top_mark = sign if is_top else self._top_mark
        elif not _is_markdown_mark(mark.style):
            sign = level.mark or sign
        level.mark = sign
        if sign in _MARKDOWN_BULLETS:
            return sign
        return f"{mark.value if mark.is_number else self._items}{sign}"

    # --- paragraphs, and what is copied

    def _continues_block(self, block: _OpenBlock, line: Line, is_next: bool) -> bool:
        """Return True if the line continues the open paragraph or item."""
        if is_next and not line.after_blank:
            return True
        is_below = self._kind == "references" and (line.indent > block.line.indent or block.lacks_url(line))
        return block.is_item and (is_below or not block.texts)

    def _open_paragraph(self, line: Line) -> None:
        inner = self._find_inner_column(line)
        self._write_open()
        if not inner:
            self._levels = []
            if self._is_list:
                line.record_fate("ambiguous", "body")
        self._start_block(_OpenBlock(line, " " * inner, inner, is_item=False), line.text, is_apart=True)

    def _find_inner_column(self, line: Line) -> int:
        """Return the column in Markdown of a line that belongs to an item, 0 if it belongs to none."""
        for index in range(len(self._levels) - 1, -1, -1):
            if self._levels[index].indent < line.indent:
                del self._levels[index + 1 :]
                return self._levels[index].inner
        return 0

    def _copy_line(self, line: Line, is_next: bool) -> None:
        if not (is_next and self._last_kind.startswith("copy")) or self._open:
            self._write_open()
            inner = self._find_inner_column(line)
            if not inner:
                self._levels = []
            if line.after_blank or not inner:
                self._add_blank_line()
            self._copy_indent = " " * inner
            self._last_kind = "copy in item" if inner else "copy"
        self._lines_out.append(f"{self._copy_indent}{line.verbatim}".rstrip() if line.verbatim else "")

    def _start_block(self, block: _OpenBlock, text: str, *, is_apart: bool) -> None:
        if is_apart:
            self._add_blank_line()
        self._open = block
        block.add_text(text, block.line)

    def _add_blank_line(self) -> None:
        if self._lines_out and self._lines_out[-1]:
            self._lines_out.append("")

    def _write_open(self) -> None:
        """Write the open block."""
        block, self._open = self._open, None
        if block is None:
            return
        if not block.texts:
            block.line.fate = "ambiguous"
            return
        self._lines_out.append(block.prefix + f"\\\n{' ' * block.hang}".join(self._write_pieces(block)))
        self._last_kind = "item" if block.is_item else "paragraph"

    def _write_pieces(self, block: _OpenBlock) -> Iterator[str]:
        start = 0
        for end in [
            *(end_of_line for end_of_line in block.breaks if end_of_line < len(block.texts)),
            len(block.texts),
        ]:
            text = join_lines(block.texts[start:end], cjk_spacing=self._spaced)
            if end < len(block.texts):
                text = text.removesuffix("\\")
            keeps_block = block.is_item and not start and not self._is_list
            yield text if keeps_block else _escape_block_start(text)
            start = end


_MARKDOWN_BULLETS: Final = ("-", "*", "+")


def _is_markdown_mark(mark: str) -> bool:
    """Return True if the mark is one of Markdown."""
    return mark in _MARKDOWN_BULLETS or mark in (".", ")")


# A number, a bullet, marks of a heading; a fence, a quote, a definition.
_OPENS_BLOCK: Final = re.compile(r"(?:([0-9]{1,9})[.)]|[-+*]|#{1,6})(?=\s|$)|```|~~~|>|\[[^\[\]]+\]:", re.ASCII)


def _escape_block_start(text: str) -> str:
    """Return text with an escape where its start would open a block of Markdown."""
    match = _OPENS_BLOCK.match(text)
    if not match:
        return text
    offset = len(match[1] or "")
    return f"{text[:offset]}\\{text[offset:]}"
