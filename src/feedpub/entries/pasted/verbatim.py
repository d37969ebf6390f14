"""Find the lines of pasted text that are Markdown and stay as they are: code, tables, quotations, link definitions."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from .lines import is_underline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..sections.headings import HeadingTable
    from .lines import Line


def mark_verbatim(lines: Sequence[Line], table: HeadingTable) -> None:
    """Set `verbatim` of the lines that are Markdown already, and rewrite underlined headings with ``#``."""
    _mark_code(lines)
    _mark_tables(lines)
    _mark_quotes(lines, table)
    _mark_definitions(lines)
    _rewrite_underlined(lines, table)


def _mark_code(lines: Sequence[Line]) -> None:
    """Mark fenced code that is closed; in CommonMark, other code would run to the end, with all headings in it."""
    longest: list[dict[str, int]] = []  # below each line, the longest fence that could close
    below = {"`": 0, "~": 0}
    for line in reversed(lines):
        longest.append(below)
        if (sign := line.text[:1]) in below and not line.text.strip(sign):
            below = {**below, sign: max(below[sign], len(line.text))}
    longest.reverse()
    fence = ""
    indent = 0
    for line, possible in zip(lines, longest, strict=True):
        if fence:
            line.verbatim = _without_indent(line.raw, indent)
            if line.text.startswith(fence) and not line.text.strip(fence[0]):
                fence = ""
        elif (opening := _FENCE.match(line.text)) and possible[opening[1][0]] >= len(opening[1]):
            fence, indent = opening[1], len(line.raw) - len(line.raw.lstrip())
            line.verbatim = line.text


_FENCE: Final = re.compile(r"(`{3,}(?=[^`]*$)|~{3,})")


def _without_indent(raw: str, indent: int) -> str:
    """Return a line without the indent of the opening fence."""
    return raw[min(indent, len(raw) - len(raw.lstrip())) :].rstrip()


def _mark_tables(lines: Sequence[Line]) -> None:
    within = False
    for line, following in pairwise([*lines, None]):
        if line is None or line.verbatim is not None:
            within = False
        elif within:
            within = "|" in line.text
        else:
            within = "|" in line.text and following is not None and _is_delimiter_row(following.text)
        if within and line:
            line.verbatim = line.text


def _is_delimiter_row(text: str) -> bool:
    return "|" in text and "-" in text and not text.strip("|-: ")


def _mark_quotes(lines: Sequence[Line], table: HeadingTable) -> None:
    """Mark lines that begin with ``>``, except for links of a page to the next article."""
    for above, line, below in zip([None, *lines], lines, [*lines[1:], None], strict=False):
        if line.verbatim is None and line.text[:1] == ">":
            is_between = above is not None and above.verbatim is not None and below and below.text[:1] == ">"
            if is_between or (line.text.strip("> ") and not table.find_headings(line.text)):
                line.verbatim = line.text


def _mark_definitions(lines: Sequence[Line]) -> None:
    """Mark definitions of links and notes that the text uses; others stay text, or they would disappear."""
    defined = [
        (line, definition[1])
        for line in lines
        if line.verbatim is None and (definition := _DEFINITION.match(line.text))
    ]
    if not defined:
        return
    used = {label.casefold() for line in lines for label in _LABEL.findall(line.text)}
    for line, label in defined:
        if label.casefold() in used:
            line.verbatim = line.text


_DEFINITION: Final = re.compile(r"\[([^\[\]]{1,200})\]:\s*\S")
_LABEL: Final = re.compile(r"\[([^\[\]]{1,200})\](?!:)")


def _rewrite_underlined(lines: Sequence[Line], table: HeadingTable) -> None:
    """Rewrite ``Heading`` above ``===`` or ``---`` as ``# Heading``; below a sentence, it is only a rule."""
    for line, underline in pairwise(lines):
        is_text = line.verbatim is None and line.text and line.after_blank and not table.find_headings(line.text)
        if not is_text or underline.verbatim is not None or not is_underline(underline.text):
            continue
        level = "#" if underline.text[0] == "=" else "##"
        is_sentence = level == "##" and (len(line.text) > _LONGEST_HEADING or line.text[-1] in _SENTENCE_ENDS)
        if is_sentence or line.text[0] in "#-*+•<>|" or is_underline(line.text):
            continue
        line.text = f"{level} {line.text}"
        underline.text, underline.is_underline = "", True


_LONGEST_HEADING: Final = 80
_SENTENCE_ENDS: Final = ".。!！?？:：;；,，"
