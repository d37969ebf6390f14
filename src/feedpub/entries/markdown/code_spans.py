"""Find the spans of code in Markdown, as comrak reads it."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from .positions import POSITION, prepare_text
from .renderer import convert_to_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Spans:
    """Parts of a text; ``offset in spans`` is found by bisection, since there may be as many offsets as parts."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, offset: int) -> bool:
        index = bisect_right(self._starts, offset)
        return index > 0 and offset < self._ends[index - 1]


_CODE: Final = re.compile(rf'<(pre|code|span data-math-style="\w+"){POSITION}(\d+):(\d+)-(\d+):(\d+)"')
_FENCE: Final = (b"`", b"~")
_INDENTED_COLUMN: Final = 5


def find_code_spans(markdown: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of blocks and spans of code, and of formulas, in order.

    Indented code counts only outside lists: within lists, authors often mean text (the downloads of Ruby's news).
    """
    html = convert_to_html(prepare_text(markdown), hard_breaks=False)
    data = markdown.encode()
    lines = [0, 0, *(match.end() for match in re.finditer(b"\n", data))]
    spans: list[tuple[int, int]] = []
    for match in _CODE.finditer(html):
        line, column, end_line, end_column = map(int, match.groups()[1:])
        start = lines[line] + column - 1
        if match[1] != "pre" or column <= _INDENTED_COLUMN or data.startswith(_FENCE, start):
            spans.append((start, lines[end_line] + end_column))
    byte_offset = offset = 0  # in bytes, and in characters
    for start, end in sorted(spans):
        code_start = offset + len(data[byte_offset:start].decode(errors="ignore"))
        byte_offset, offset = end, code_start + len(data[start:end].decode(errors="ignore"))
        yield code_start, offset
