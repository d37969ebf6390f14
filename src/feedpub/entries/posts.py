"""Ordinary Markdown posts: no section of feedpub's, no notes, no HTML. All of their text is body.

A Markdown parser renders them at once; that nothing in them needs a closer look is told by the text. What is not let
through, `parsing` reads event by event, and these in the same way (a property test holds both to it).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..content import plain_text

if TYPE_CHECKING:
    from .headings import HeadingTable
    from .sections import Sections
    from .source import Source

# HTML, footnotes, definitions of links and images; entities.
_SIGNS: Final = ("<", "[^", "]:")
_ENTITY: Final = re.compile(r"&(?:#|\w*;)")
_MARKS_IN_HEADINGS: Final = "*_`[]\\!&~"
# Lines between which `events.joined_breaks` may find no space: one ends, or begins, with a Chinese or Japanese
# character or sign, or one ends with a hyphen. Marks and a link's address may stand there, too. Which character beyond
# ASCII it is, `_glues` tells: Python takes a millisecond to compile a set of them.
_END: Final = re.compile(r"[^\x00-,.-\x7f][^\w\s]*(?:\([^\n]*\))?[^\w\s]* *(?:\n|\Z)")
_START: Final = re.compile(r"(?:\A|\n)[ >]*[^\w\s]*[^\x00-\x7f]")
# What begins another block, also below a line of text (CommonMark, section 4.8 and 5.2).
_BLOCK: Final = re.compile(r" {0,3}(?:[-*+] +\S|#{1,6} |```|1[.)] +\S)")
_NUMBERED: Final = re.compile(r" {0,3}[0-9]{1,9}[.)] +\S")
_OPENING: Final = re.compile(r"(?:<h([1-6])>.*</h\1>\n)*<p>")


def read_post(source: Source, offset: int, headings: HeadingTable, found: Sections) -> bool:
    """Read Markdown that is all body.

    Args:
        source: The file; its front matter has a title.
        offset: Where the Markdown begins, in characters.
        headings: The words of sections.
        found: Takes what is found.

    Returns:
        Whether it is such; if not, `found` is of no use.
    """
    text = source.text[offset:].strip("\n")
    if not source.is_printable or any(map(text.__contains__, _SIGNS)) or ("&" in text and _ENTITY.search(text)):
        return False
    lines = text.split("\n")
    if not lines[-1].strip(" ") or text.lstrip("\n ").startswith("# "):
        return False
    if not all(_is_body(line, headings) for line in lines if line[:4].strip(" ")):  # others are blank, or code
        return False
    if _has_glued_lines(text):
        return False
    from .events import to_html  # takes 10 ms to load

    html = to_html(text).strip()
    opening = _OPENING.match(html)
    first = plain_text(html[opening.end() : html.find("</p>", opening.end())]) if opening else ""
    if not first:
        return False
    found.body, found.first_paragraph = html, first
    return True


def _has_glued_lines(text: str) -> bool:
    """Tell whether two lines of one paragraph may meet without a space."""
    if not ("![" in text or any(map(_glues, _END.finditer(text))) or any(map(_glues, _START.finditer(text)))):
        return False
    last, in_list = "", False
    for line in text.split("\n"):
        blank, numbered = not line.strip(" "), _NUMBERED.match(line) is not None
        apart = blank or not last.strip(" ") or _BLOCK.match(line) is not None or (numbered and in_list)
        if not apart and ("![" in last + line or _glues(_END.search(last)) or _glues(_START.match(line))):
            return True
        in_list = numbered and apart  # such a line is an item, if the one before it is one, or no text
        last = line
    return False


def _glues(found: re.Match[str] | None) -> bool:
    return found is not None and any(character >= "\u2e80" or character in "-\u2010" for character in found[0])


def _is_body(line: str, headings: HeadingTable) -> bool:
    """Tell whether a line neither is, nor underlines, the heading of a section, nor nearly is one."""
    line = line.strip(" ")
    if line[0] in "=-":
        return line.strip("=") != "" and line.strip("-") != ""
    if line[0] != "#":
        return True
    text = line.lstrip("#")
    if text[:1] != " " or text.endswith("#") or any(map(text.__contains__, _MARKS_IN_HEADINGS)):
        return False
    return not (headings.find(text) or headings.nearest(text.strip(" ")))
