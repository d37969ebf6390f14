"""Tags in prose that were not meant as HTML: ``Use the <title> element``, ``Option<T>``, ``<your name>``.

CommonMark passes them through, and HTML parsers drop them, or all that follows them. Here they become text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# HTML Standard, section 3 of the index ("Elements"), and what it calls obsolete (section 16.2).
_HTML: Final = frozenset(
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote "
    "body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl "
    "dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr "
    "html i iframe img input ins kbd label legend li link main map mark marquee math menu meta meter nav nobr "
    "noembed noframes noscript object ol optgroup option output p param picture plaintext pre progress q rb rp rt "
    "rtc ruby s samp script search section select slot small source span strike strong style sub summary sup svg "
    "table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp".split()
)
_VOID: Final = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_SHOWN_VOID: Final = frozenset(["br", "hr", "wbr"])
# Parsers take what follows these for something else than text, up to their end tags.
_SWALLOWING: Final = frozenset(
    "iframe noembed noframes noscript object plaintext script select style svg template textarea title xmp math".split()
)
# Of no use within a text: nobody writes them there but to speak of them.
_OF_DOCUMENTS: Final = frozenset("base body frame frameset head html noembed noframes plaintext template title".split())
_FOREIGN: Final = frozenset(["math", "svg"])

_MOST_PIECES: Final = 200  # of the attributes of a tag: what has more stays as it is
_TOKEN: Final = re.compile(
    r"(?P<comment><!--|<!\[CDATA\[|<[?!][A-Za-z]*+)"
    rf"""|<(?P<closing>/?)(?P<name>[A-Za-z][A-Za-z0-9:_.-]*)
    (?P<attributes>(?:[^<>"']++|"[^"]*+"|'[^']*+'){{0,{_MOST_PIECES}}}+)>""",
    re.VERBOSE,
)
_END: Final = re.compile(rf"-->|</({'|'.join(sorted(_SWALLOWING))})\b", re.IGNORECASE)
_BLOCKS: Final = frozenset("p h1 h2 h3 h4 h5 h6 li ul ol td th tr table thead tbody blockquote pre hr section".split())
_WITHOUT_PROSE: Final = frozenset("pre ul ol table tr thead tbody blockquote section".split())
# Instructions and declarations are code that somebody shows (``<?php``, ``<!ENTITY``), but for those that word
# processors and whole documents leave behind.
_LEFT_BEHIND: Final = re.compile(r"<(?:!doctype\s+html|\?xml:namespace)\b", re.IGNORECASE)
_LINE: Final = re.compile(r'data-sourcepos="(\d+)')


def escape_bare_tags(html: str) -> tuple[str, list[tuple[str, int]]]:
    """Return HTML in which tags that mean nothing are text, and these tags with the line of their blocks.

    Text are: tags that HTML does not know, or that have no attributes, if they are not closed in their paragraph; end
    tags without start; elements that only whole documents have; instructions and declarations (``<?php``,
    ``<!ENTITY``); and what would swallow the text behind it, since it never ends.

    Args:
        html: As comrak writes it, with positions: what has none was written by the author.
    """
    return _Escaper(html).escape()


class _Escaper:
    def __init__(self, html: str) -> None:
        self._html = html
        self._bare: list[tuple[int, int, int]] = []  # start, end and line
        self._open: list[tuple[str, re.Match[str] | None, int]] = []  # name, token if the author's, line
        self._block = ""  # the block of text around
        self._around_blocks: Counter[str] = Counter()  # unknown elements that are open around whole blocks
        self._block_starts = [match.start() for match in _BLOCK_START.finditer(html)]
        self._ends: dict[str, list[int]] = {}
        for match in _END.finditer(html):
            self._ends.setdefault((match[1] or match[0]).lower(), []).append(match.start())

    def escape(self) -> tuple[str, list[tuple[str, int]]]:
        line = 1
        position = 0
        while token := _TOKEN.search(self._html, position):
            position = token.end()
            if token["comment"]:
                position = self._take_comment(token, line)
                continue
            name = token["name"].lower()
            sourcepos = _LINE.search(token["attributes"])
            if sourcepos:
                line = int(sourcepos[1])
            if name in _BLOCKS and (sourcepos or self._ends_block(token, name)):
                self._close_block()
                self._block = "" if token["closing"] or name in _WITHOUT_PROSE else name
            elif sourcepos:
                if name not in _VOID:
                    self._open.append((name, None, line))
            else:
                position = max(position, self._take_tag(token, name, line, in_prose=bool(self._block)))
        self._close_block()
        return self._write()

    def _ends_block(self, token: re.Match[str], name: str) -> bool:
        return bool(token["closing"]) and name == self._block and self._html.startswith("\n", token.end())

    def _take_comment(self, token: re.Match[str], line: int) -> int:
        """Return where to go on; text are comments without end, instructions and declarations."""
        if token[0] == "<!--" and (end := self._end_of("-->", token.end())):
            return end
        if not _LEFT_BEHIND.match(self._html, token.start()):
            self._add(token, line)
        return token.end()

    def _take_tag(self, token: re.Match[str], name: str, line: int, *, in_prose: bool) -> int:
        """Look at a tag of the author's; return where to go on, if what it holds is none of ours."""
        attributes = token["attributes"]
        is_bare = "=" not in attributes and not attributes.endswith("/")
        if name not in _HTML and ("-" in name or ":" in name or attributes.endswith("/")):
            pass  # a component of another program
        elif token["closing"]:
            if in_prose or name not in _HTML:
                self._close(token, name, line)
        elif name not in _HTML:
            if is_bare:
                self._add(token, line)
            elif in_prose:
                self._open.append((name, token, line))
            else:
                self._around_blocks[name] += 1
        elif (name in _SWALLOWING and not (end := self._end_of(name, token.end()))) or (
            in_prose and name in _OF_DOCUMENTS
        ):
            self._add(token, line)
        elif name in _SWALLOWING and name != "noscript":
            return self._html.find(">", end) + 1
        elif in_prose and is_bare and (name not in _VOID or name not in _SHOWN_VOID):
            if name in _VOID:
                self._add(token, line)
            else:
                self._open.append((name, token, line))
        elif in_prose and name not in _VOID:
            self._open.append((name, None, line))
        return 0

    def _end_of(self, name: str, start: int) -> int:
        """Return where the end of an element or a comment stands in its block; 0 if there is none."""
        end, block = (_find_next(places, start) for places in (self._ends.get(name, ()), self._block_starts))
        return end if end and not (block and block < end) else 0

    def _close(self, token: re.Match[str], name: str, line: int) -> None:
        for index in range(len(self._open) - 1, max(-1, len(self._open) - _DEEPEST), -1):
            if self._open[index][0] == name:
                for _, opened, opened_line in self._open[index + 1 :]:
                    if opened:
                        self._add(opened, opened_line)
                del self._open[index:]
                return
        if self._around_blocks[name]:
            self._around_blocks[name] -= 1
        else:
            self._add(token, line)

    def _close_block(self) -> None:
        for _, opened, line in self._open:
            if opened:
                self._add(opened, line)
        self._open.clear()

    def _add(self, token: re.Match[str], line: int) -> None:
        self._bare.append((token.start(), token.end(), line))

    def _write(self) -> tuple[str, list[tuple[str, int]]]:
        self._bare.sort()
        pieces, position = [], 0
        for start, end, _ in self._bare:
            pieces += [self._html[position:start], escape(self._html[start:end], quote=False)]
            position = end
        pieces.append(self._html[position:])
        return "".join(pieces), [(self._html[start:end], line) for start, end, line in self._bare]


def _find_next(places: Sequence[int], start: int) -> int:
    """Return the first of some sorted places from a start on; 0 if there is none."""
    index = bisect_left(places, start)
    return places[index] if index < len(places) else 0


_DEEPEST: Final = 100  # open inline elements that an end tag is compared with
_BLOCK_START: Final = re.compile(
    r'<(?:p|h[1-6]|li|[uo]l|td|th|table|blockquote|pre|hr|section)\b[^<>]{0,200}? data-sourcepos="'
)
