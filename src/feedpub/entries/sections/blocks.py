"""Split the HTML of an entry into blocks, and lists into items.

The HTML comes from comrak, with source positions, and is split as text: a block is at the top level if it begins after
the last line of the block before, so only lists within lists need counting.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ...model.key_points import DEEPEST_LIST_LEVELS
from ...rendering.text import html_to_text


class Block(NamedTuple):
    """A block at the top level.

    Args:
        tag: Its tag, such as ``h2``, ``p`` or ``ul``; ``section`` for the footnotes at the end.
        line: The line where it starts in the Markdown.
        column: The column where it starts.
        html: The block, with the raw HTML that follows it.
        inner: The tags of the blocks within it.
    """

    tag: str
    line: int
    column: int
    html: str
    inner: frozenset[str] = frozenset()


_BLOCK: Final = re.compile(
    r'<(h[1-6r]|p|[uo]l|blockquote|table|pre|section)\b[^<>]*? data-sourcepos="(\d+):(\d+)-(\d+):\d+"'
)


def split_blocks(html: str) -> tuple[str, list[Block]]:
    """Return the raw HTML before the first block, and the blocks at the top level.

    A block is at the top level if it begins after the last line of the block before: blocks in a quotation or a list
    begin within its lines. Footnotes come last, and their section has the lines of the first note only.
    """
    starts: list[tuple[str, int, int, int, set[str]]] = []
    last_line = 0
    for match in _BLOCK.finditer(html):
        line = int(match[2])
        if line > last_line or match[1] == "section":
            starts.append((match[1], line, int(match[3]), match.start(), set()))
            if match[1] == "section":  # the footnotes; nothing follows them
                break
            last_line = max(line, int(match[4]))
        else:
            starts[-1][4].add(match[1])
    if not starts:
        return html, []
    ends = [start[3] for start in starts[1:]]
    ends.append(len(html))
    blocks = [
        Block(tag, line, column, html[start:end], frozenset(inner))
        for (tag, line, column, start, inner), end in zip(starts, ends, strict=True)
    ]
    return html[: starts[0][3]], blocks


def split_tail(block: Block) -> tuple[str, str]:
    """Split a paragraph or a heading from the raw HTML that follows it."""
    end = block.html.find(f"</{block.tag}>") + len(block.tag) + 3
    return block.html[:end], block.html[end:]


def split_list(block: Block) -> tuple[str, str]:
    """Split a list from the raw HTML that follows it; a list that is nested deeper than key points is not split."""
    html, depth = block.html, 0
    for match in _LIST_TAG.finditer(html):
        depth += -1 if match[1] else 1
        if not depth:
            return html[: match.end()], html[match.end() :]
        if depth > DEEPEST_LIST_LEVELS:
            return "", html
    return html, ""


_LIST_TAG: Final = re.compile(r"<(/?)[uo]l\b[^<>]*>")


_ITEM_TAG: Final = re.compile(r'<(/?)li\b(?: data-sourcepos="(\d+):(\d+))?[^<>]*>')


def split_items(html: str) -> list[tuple[tuple[int, int], str]]:
    """Return the items of a list: line and column, and the HTML in them."""
    items: list[tuple[tuple[int, int], str]] = []
    depth = start = 0
    position = (0, 0)
    for match in _ITEM_TAG.finditer(html):
        if match[1]:
            depth -= 1
            if depth == 0:
                items.append((position, html[start : match.start()]))
        else:
            if depth == 0:
                position, start = (int(match[2] or 0), int(match[3] or 0)), match.end()
            depth += 1
    return items


def read_before_list(item: str) -> str:
    """Return the HTML of an item before a list within it."""
    return _LIST_TAG.split(item, maxsplit=1)[0]


def split_group(inner: str) -> list[tuple[tuple[int, int], str]]:
    """Return the items within an item that only names a group: it has no link itself, but they have."""
    match = _LIST_TAG.search(inner)
    below = match.start() if match else -1
    is_group = below >= 0 and "<a " not in inner[:below] and "<a " in inner[below:]
    return split_items(inner[below:]) if is_group else []


def tidy_list(html: str) -> str:
    """Return a list of key points as it is published: with bullets, each point on one line, without paragraphs."""
    if "<ol" in html:
        html = _ORDERED.sub(r"<\1ul", html)
    if "<p" in html:
        html = _BETWEEN_PARAGRAPHS.sub("<br>", html)
        html = _PARAGRAPH_TAG.sub("", html)
    html = _LINE_END_IN_POINT.sub(" ", _BREAK.sub("<br>", html))
    return html.replace("</ul>\n</li>", "</ul></li>")


_ORDERED: Final = re.compile(r"<(/?)ol\b")
_BETWEEN_PARAGRAPHS: Final = re.compile(r"</p>\n<p\b[^<>]*>")
_PARAGRAPH_TAG: Final = re.compile(r"\n<p\b[^<>]*>|</p>(?:\n(?=</li>))?|<p\b[^<>]*>")
_BREAK: Final = re.compile(r"<br\b[^<>]*>\n")
_LINE_END_IN_POINT: Final = re.compile(r"\n(?!</?(?:ul|li)\b|\Z)")


def read_first_text(html: str) -> str:
    """Return the text of the first paragraph that has text; of a quotation only if there is no other."""
    quoted = ""
    for match in _PARAGRAPH.finditer(html):
        if text := html_to_text(NOTE_MARK.sub("", match[0])):
            if not match[0].startswith("<blockquote"):
                return text
            quoted = quoted or html_to_text(match[0].partition("</p>")[0])
    return quoted


_PARAGRAPH: Final = re.compile(r"<(p|blockquote)\b.*?(?:</\1>|\Z)", re.DOTALL)
NOTE_MARK: Final = re.compile(r"<sup>\[[^\]<]*\]</sup>")
