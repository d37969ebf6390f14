"""Escape tags in prose that are not meant as HTML: ``Use the <title> element``, ``Option<T>``, ``<your name>``.

CommonMark passes them on, and HTML parsers remove them, or even all that follows them. Here they become text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

# HTML Standard, section 3 of the index ("Elements"), and what it calls obsolete (section 16.2).
HTML_NAMES: Final = frozenset(
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote "
    "body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl "
    "dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr "
    "html i iframe img input ins kbd label legend li link main map mark marquee math menu meta meter nav nobr "
    "noembed noframes noscript object ol optgroup option output p param picture plaintext pre progress q rb rp rt "
    "rtc ruby s samp script search section select slot small source span strike strong style sub summary sup svg "
    "table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp".split()
)
_VOID_ELEMENTS: Final = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_SHOWN_VOID: Final = frozenset(["br", "hr", "wbr"])
# What follows these, up to their end tags, is not text to HTML parsers.
_SWALLOWING_ELEMENTS: Final = frozenset(
    "iframe noembed noframes noscript object plaintext script select style svg template textarea title xmp math".split()
)
# Useless within a text: an author who writes one there writes about it.
_DOCUMENT_ELEMENTS: Final = frozenset(
    "base body frame frameset head html noembed noframes plaintext template title".split()
)

# Instructions and declarations are code examples (``<?php``, ``<!ENTITY``), except for those of word processors and
# whole documents.
_DOCUMENT_DECLARATIONS: Final = re.compile(r"<(?:!doctype\s+html|\?xml:namespace)\b", re.IGNORECASE)

_MOST_PIECES: Final = 200  # of the attributes of a tag; a tag with more of them is left as it is
_TOKEN: Final = re.compile(
    r"(?P<comment><!--|<!\[CDATA\[|<[?!][A-Za-z]*+)"
    rf"""|<(?P<closing>/?)(?P<name>[A-Za-z][A-Za-z0-9:_.-]*+)
    (?P<attributes>(?:[^<>"']++|"[^"]*+"|'[^']*+'){{0,{_MOST_PIECES}}}+)>""",
    re.VERBOSE,
)
_END: Final = re.compile(rf"-->|</({'|'.join(sorted(_SWALLOWING_ELEMENTS))})\b", re.IGNORECASE)
_BLOCK_ELEMENTS: Final = frozenset(
    "p h1 h2 h3 h4 h5 h6 li ul ol td th tr table thead tbody blockquote pre hr section".split()
)
_WITHOUT_PROSE: Final = frozenset("pre ul ol table tr thead tbody blockquote section".split())
_LINES: Final = re.compile(r'data-sourcepos="(\d+):\d+-(\d+)')


class BareTag(NamedTuple):
    """A tag that was read as text.

    Args:
        text: The tag.
        line: The line in the Markdown of the block around it or before it.
        opening: The tag and the rest of its line, if it opens an HTML block.
    """

    text: str
    line: int
    opening: str


def escape_bare_tags(html: str) -> tuple[str, list[BareTag]]:
    """Return HTML in which tags that are not meant as HTML are text, and these tags.

    These tags become text: tags that are not in HTML, or have no attributes, if they are not closed in their paragraph;
    end tags without start tag; elements that only whole documents have; instructions and declarations, such as
    ``<?php``; and elements without an end that would swallow the text after them.

    Args:
        html: The HTML of comrak with positions; a tag without a position was written by the author.
    """
    return _Escaper(html).escape_tags()


class _Escaper:
    def __init__(self, html: str) -> None:
        self._html = html
        self._bare: list[tuple[int, int, int, bool]] = []  # start, end, line, and whether it opens an HTML block
        self._open: list[tuple[str, re.Match[str] | None, int]] = []  # name, token if written by the author, line
        self._components: Counter[str] = Counter()  # unknown elements with attributes that are open around whole blocks
        self._block = ""  # the name of the block of text around
        self._last_tag = 0  # where the last tag of comrak ends
        self._block_starts = [match.start() for match in _BLOCK_START.finditer(html)]
        self._ends: dict[str, list[int]] = {}
        for match in _END.finditer(html):
            self._ends.setdefault((match[1] or match[0]).lower(), []).append(match.start())

    def escape_tags(self) -> tuple[str, list[BareTag]]:
        line = 1
        position = 0
        while token := _TOKEN.search(self._html, position):
            position = token.end()
            if token["comment"]:
                position = self._take_comment(token, line)
                continue
            name = token["name"].lower()
            sourcepos = _LINES.search(token["attributes"])
            if sourcepos:  # there are no tags within code: the next one comes after it
                line = int(sourcepos[2]) + 1 if name == "pre" else int(sourcepos[1])
            if name in _BLOCK_ELEMENTS and (sourcepos or self._ends_block(token, name)):
                self._close_block()
                has_blocks = name in _WITHOUT_PROSE or _BLOCK_START.match(self._html, token.end() + 1)
                self._block = "" if token["closing"] or has_blocks else name
                self._last_tag = token.end()
            elif name in _BLOCK_ELEMENTS and token["closing"] and not self._block:  # of a list, a table or code
                self._last_tag = token.end()
            elif sourcepos:
                if name not in _VOID_ELEMENTS:
                    self._open.append((name, None, line))
            else:
                position = max(position, self._take_tag(token, name, line, in_prose=bool(self._block)))
        self._close_block()
        return self._write_result()

    def _ends_block(self, token: re.Match[str], name: str) -> bool:
        return bool(token["closing"]) and name == self._block and self._html.startswith("\n", token.end())

    def _take_comment(self, token: re.Match[str], line: int) -> int:
        """Escape a comment without end, an instruction or a declaration; return where to continue."""
        if token[0] == "<!--" and (end := self._find_end("-->", token.end())):
            return end
        if not _DOCUMENT_DECLARATIONS.match(self._html, token.start()):
            self._add_tag(token, line)
        return token.end()

    def _take_tag(self, token: re.Match[str], name: str, line: int, *, in_prose: bool) -> int:
        """Handle a tag that the author wrote; return where to continue, or 0 to continue after it."""
        attributes = token["attributes"]
        is_bare = "=" not in attributes and not attributes.endswith("/")
        if name not in HTML_NAMES:
            self._take_unknown(token, name, line, is_bare=is_bare, in_prose=in_prose)
        elif token["closing"]:
            if in_prose:
                self._close_element(token, name, line)
        elif (name in _SWALLOWING_ELEMENTS and not (end := self._find_end(name, token.end()))) or (
            in_prose and name in _DOCUMENT_ELEMENTS
        ):
            self._add_tag(token, line)
        elif name in _SWALLOWING_ELEMENTS and name != "noscript":
            return self._html.find(">", end) + 1
        elif in_prose and is_bare and (name not in _VOID_ELEMENTS or name not in _SHOWN_VOID):
            if name in _VOID_ELEMENTS:
                self._add_tag(token, line)
            else:
                self._open.append((name, token, line))
        elif in_prose and name not in _VOID_ELEMENTS:
            self._open.append((name, None, line))
        return 0

    def _take_unknown(self, token: re.Match[str], name: str, line: int, *, is_bare: bool, in_prose: bool) -> None:
        if "-" in name or ":" in name or token["attributes"].endswith("/"):
            return  # a component of another program
        if token["closing"]:
            self._close_element(token, name, line)
        elif is_bare:
            self._add_tag(token, line)
        elif in_prose:
            self._open.append((name, token, line))
        else:
            self._components[name] += 1

    def _find_end(self, name: str, start: int) -> int:
        """Return the offset of the end of an element or a comment in its block; 0 if there is none."""
        end, block = (_find_next(offsets, start) for offsets in (self._ends.get(name, ()), self._block_starts))
        return end if end and not (block and block < end) else 0

    def _close_element(self, token: re.Match[str], name: str, line: int) -> None:
        for index in range(len(self._open) - 1, max(-1, len(self._open) - _MOST_COMPARED_ELEMENTS), -1):
            if self._open[index][0] == name:
                for _, opened, opened_line in self._open[index + 1 :]:
                    if opened:
                        self._add_tag(opened, opened_line)
                del self._open[index:]
                return
        if self._components[name]:
            self._components[name] -= 1
        else:
            self._add_tag(token, line)

    def _close_block(self) -> None:
        for _, opened, line in self._open:
            if opened:
                self._add_tag(opened, line)
        self._open.clear()

    def _add_tag(self, token: re.Match[str], line: int) -> None:
        start = token.start()
        is_opening = self._html.startswith("\n", start - 1) if start else True
        if is_opening:
            is_opening = start - self._last_tag < _LONGEST_GAP and not _NOT_OPENING.search(
                self._html, self._last_tag, start
            )
        self._bare.append((start, token.end(), line, is_opening))

    def _write_result(self) -> tuple[str, list[BareTag]]:
        self._bare.sort()
        pieces, tags, position = [], [], 0
        for start, end, line, is_opening in self._bare:
            pieces += [self._html[position:start], escape(self._html[start:end], quote=False)]
            position = end
            opening = self._html[start : self._html.find("\n", start)].rstrip() if is_opening else ""
            tags.append(BareTag(self._html[start:end], line, opening))
        pieces.append(self._html[position:])
        return "".join(pieces), tags


_LONGEST_GAP: Final = 200
# Between the last tag of comrak and a tag that opens an HTML block there are only end tags of lists and the like.
_NOT_OPENING: Final = re.compile(r"[^\s<]|<(?!/)")


def _find_next(offsets: Sequence[int], start: int) -> int:
    """Return the first of sorted offsets that is not before a start; 0 if there is none."""
    index = bisect_left(offsets, start)
    return offsets[index] if index < len(offsets) else 0


_MOST_COMPARED_ELEMENTS: Final = 100  # open inline elements that an end tag is compared with
_BLOCK_START: Final = re.compile(
    r'<(?:p|h[1-6]|li|[uo]l|td|th|table|blockquote|pre|hr|section)\b[^<>]{0,200}? data-sourcepos="'
)
