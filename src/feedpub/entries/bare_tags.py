"""Tags in prose that were not meant as HTML: ``Use the <title> element``, ``Option<T>``, ``<your name>``.

CommonMark passes them through, and HTML parsers drop them, or all that follows them. Here they become text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from html import escape
from typing import Final

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

# Instructions and declarations are code that somebody shows (``<?php``, ``<!ENTITY``), but for those that word
# processors and whole documents leave behind.
_OF_HTML_FILES: Final = re.compile(r"<(?:!doctype\s+html|!\[(?:if|endif)|\?xml:namespace)\b", re.IGNORECASE)

_LONGEST_ATTRIBUTES: Final = 2000  # longer ones stay as they are
_TOKEN: Final = re.compile(
    r"(?P<comment><!--(?:.*?-->)?|<[?!](?:[^>]*>)?)"
    rf"""|<(?P<closing>/?)(?P<name>[A-Za-z][A-Za-z0-9:_.-]*)
    (?P<attributes>(?:[^<>"']|"[^"]*"|'[^']*'){{0,{_LONGEST_ATTRIBUTES}}}+)>""",
    re.DOTALL | re.VERBOSE,
)
# What comrak writes for blocks, but for the section of the footnotes, in which it writes a list without position.
_BLOCKS: Final = frozenset("p h1 h2 h3 h4 h5 h6 li ul ol td th tr table thead tbody blockquote pre hr".split())
_PROSE: Final = frozenset("p h1 h2 h3 h4 h5 h6 li td th".split())  # text stands in these, but for lists of paragraphs
_LINE: Final = re.compile(r'data-sourcepos="(\d+)')


def escape_bare_tags(html: str) -> tuple[str, list[tuple[str, int]]]:
    """Return HTML in which tags that mean nothing are text, and these tags with the line of their blocks.

    Text are: tags without attributes that no HTML knows, or that are not closed in their paragraph; end tags without
    start; elements that only whole documents have; instructions and declarations, such as ``<?php`` and ``<!ENTITY``;
    and what would swallow the text behind it, since it never ends.

    Args:
        html: As comrak writes it, with positions: what has none was written by the author.
    """
    return _Escaper(html).escape()


class _Escaper:
    def __init__(self, html: str) -> None:
        self._html = html
        self._tokens = list(_TOKEN.finditer(html))
        self._bare: list[re.Match[str]] = []
        self._lines: list[int] = []
        self._open: list[tuple[str, re.Match[str] | None, int]] = []  # name, token if the author's, line
        self._kept: Counter[str] = Counter()  # unknown elements that are open
        self._ends = {name: [token.start() for token in self._tokens if token["name"] and token["closing"]
                             and token["name"].lower() == name] for name in _SWALLOWING}  # fmt: skip

    def escape(self) -> tuple[str, list[tuple[str, int]]]:
        line = 1
        skip_to = 0
        prose = ""  # the block whose text is read
        for index, token in enumerate(self._tokens):
            if token.start() < skip_to:
                continue
            name = (token["name"] or "").lower()
            position = _LINE.search(token["attributes"]) if name else None
            if position:
                line = int(position[1])
            if name in _BLOCKS and (position or self._ends_block(index, name, prose)):
                self._close_block()
                is_prose = name in _PROSE and not token["closing"] and not self._html.startswith("\n", token.end())
                prose = name if is_prose else ""
            elif position:
                if name not in _VOID:
                    self._open.append((name, None, line))
            elif token["comment"]:
                self._take_comment(token, line)
            else:
                skip_to = self._take_tag(token, name, line, in_prose=bool(prose))
        self._close_block()
        return self._write()

    def _ends_block(self, index: int, name: str, prose: str) -> bool:
        """Return True if a tag is the end tag that comrak wrote for a block of text, not one of the author's.

        It is the author's if a start tag is open, and another end tag follows before the next block begins or ends.
        """
        if name != prose or not self._tokens[index]["closing"]:
            return False
        if not self._is_open(name):
            return True
        for number in range(index + 1, len(self._tokens)):
            token = self._tokens[number]
            later = (token["name"] or "").lower()
            if later == name and token["closing"]:
                return False
            if later in _BLOCKS and (
                _LINE.search(token["attributes"]) or (token["closing"] and not self._is_open(later))
            ):
                return True
        return True

    def _is_open(self, name: str) -> bool:
        return any(name == opened for opened, _, _ in self._open[-_DEEPEST:])

    def _take_comment(self, token: re.Match[str], line: int) -> None:
        is_comment = token[0].startswith("<!--")
        is_open = token[0] == "<!--" or not token[0].endswith(">")
        if is_open or not (is_comment or _OF_HTML_FILES.match(token[0])):
            self._add(token, line)

    def _take_tag(self, token: re.Match[str], name: str, line: int, *, in_prose: bool) -> int:
        """Look at a tag of the author's; return where to go on, if what it holds is none of ours."""
        attributes = token["attributes"]
        is_bare = "=" not in attributes and not attributes.endswith("/")
        if name not in _HTML:
            self._take_unknown(token, name, line, is_bare=is_bare)
        elif token["closing"]:
            if in_prose:
                self._close(token, name, line)
        elif (name in _SWALLOWING and not (end := self._end_of(name, token.end()))) or (
            in_prose and name in _OF_DOCUMENTS
        ):
            self._add(token, line)
        elif name in _SWALLOWING and name != "noscript":
            return end + 1  # behind the start of its end tag
        elif in_prose and is_bare and (name not in _VOID or name not in _SHOWN_VOID):
            if name in _VOID:
                self._add(token, line)
            else:
                self._open.append((name, token, line))
        elif in_prose and name not in _VOID:
            self._open.append((name, None, line))
        return 0

    def _take_unknown(self, token: re.Match[str], name: str, line: int, *, is_bare: bool) -> None:
        if self._kept[name] and token["closing"]:
            self._kept[name] -= 1
        elif is_bare and "-" not in name and ":" not in name:
            self._add(token, line)
        elif not token["attributes"].endswith("/"):
            self._kept[name] += 1

    def _end_of(self, name: str, start: int) -> int:
        """Return where the end tag of an element stands in its block; 0 if there is none."""
        ends = self._ends[name]
        index = bisect_left(ends, start)
        end = ends[index] if index < len(ends) else 0
        return end if end and not _BLOCK_START.search(self._html, start, end) else 0

    def _close(self, token: re.Match[str], name: str, line: int) -> None:
        for index in range(len(self._open) - 1, max(-1, len(self._open) - _DEEPEST), -1):
            if self._open[index][0] == name:
                for _, opened, opened_line in self._open[index + 1 :]:
                    if opened:
                        self._add(opened, opened_line)
                del self._open[index:]
                return
        self._add(token, line)

    def _close_block(self) -> None:
        for _, opened, line in self._open:
            if opened:
                self._add(opened, line)
        self._open.clear()

    def _add(self, token: re.Match[str], line: int) -> None:
        self._bare.append(token)
        self._lines.append(line)

    def _write(self) -> tuple[str, list[tuple[str, int]]]:
        order = sorted(range(len(self._bare)), key=lambda index: self._bare[index].start())
        pieces, start = [], 0
        for index in order:
            token = self._bare[index]
            pieces += [self._html[start : token.start()], escape(token[0], quote=False)]
            start = token.end()
        pieces.append(self._html[start:])
        return "".join(pieces), [(self._bare[index][0], self._lines[index]) for index in order]


_DEEPEST: Final = 100  # open inline elements that an end tag is compared with
_BLOCK_START: Final = re.compile(
    r'<(?:p|h[1-6]|li|[uo]l|td|th|table|blockquote|pre|hr|section)\b[^<>]{0,200}? data-sourcepos="'
)
