"""Clean the lines of a pasted text, and measure their indents."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from html.entities import html5
from typing import TYPE_CHECKING, Final, Literal

from ...errors import EntryError, Problem
from ...model.checks import XML_ILLEGAL_PATTERN
from ..whitespace import BLANKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Fate = Literal["kept", "dropped", "ambiguous"]


@dataclass(slots=True)
class Line:
    """One line while it is read; reading sets its fate and role, and removes the recognised parts from `text`.

    Args:
        number: Its number, from 1.
        raw: The line as it was pasted.
        text: The cleaned line, without its indent.
        indent: The columns before the text.
        after_blank: Whether it is the first line, or the line before it is blank.
        verbatim: The line as Markdown, if it belongs to code, a table or a quotation.
        is_underline: Whether it underlines the heading above it.
        fate: What becomes of it.
        role: The section, or the kind of text, that it belongs to.
    """

    number: int
    raw: str
    text: str
    indent: int
    after_blank: bool
    verbatim: str | None = None
    is_underline: bool = False
    fate: Fate = "kept"
    role: str = ""

    def record_fate(self, fate: Fate, role: str) -> None:
        """Record what becomes of the line."""
        self.fate, self.role = fate, role


def read_lines(text: str) -> list[Line]:
    """Split a text into clean lines.

    They are NFC, with single spaces and without invisible characters; entities are decoded, except for punctuation.
    Vertical tab and form feed end lines, as in word processors; XML does not allow them.

    Raises:
        EntryError: E202, the text has characters that are not allowed in XML.
    """
    raw_lines = _LINE_END.split(text.removeprefix("\ufeff"))
    if not raw_lines[-1]:
        raw_lines.pop()
    if problems := list(_find_illegal_characters(raw_lines)):
        raise EntryError(problems)
    lines: list[Line] = []
    for number, raw in enumerate(raw_lines, start=1):
        clean = _clean_line(raw)
        content = clean.lstrip(BLANKS + _MARKS_OF_DIRECTION)
        indent = sum(_WIDTHS.get(blank, 1) for blank in clean[: len(clean) - len(content)])
        content, deeper = _rewrite_tabbed_mark(content)
        after_blank = not lines or not lines[-1].text
        lines.append(Line(number, raw, _normalise_spaces(content), indent + deeper, after_blank))
    return lines


def _rewrite_tabbed_mark(content: str) -> tuple[str, int]:
    """Replace the mark of a word processor, such as ``o⇥``, by a bullet; return the line and the columns to indent it.

    Only the mark shows how deep the item is.
    """
    match = _TABBED_MARK.match(content)
    if not match:
        return content, 0
    if match["letter"]:
        depth = 2 if not match["letter"].strip("ivx") else 1
    else:
        depth = next(depth for depth, bullets in enumerate(_TABBED_MARKS) if match["bullet"] in bullets)
    return f"• {content[match.end() :]}", depth * _LEVEL_COLUMNS


# Word's bullets for its first three levels, copied as text: of Symbol and Wingdings, in private use or as letters.
_TABBED_MARKS: Final = ("\uf0b7\uf0d8\uf076Øüvq", "o", "\uf0a7§▪")
# Not a single no-break space: Czech and Polish write it after "o" and "v".
_TABBED_MARK: Final = re.compile(
    f"(?:(?P<bullet>[{''.join(_TABBED_MARKS)}])|(?P<letter>[a-z]|[ivx]{{1,4}})[.)])(?:\t|\u00a0\u00a0)[\t\u00a0 ]*"
)
_LEVEL_COLUMNS: Final = 4


def is_rule(text: str) -> bool:
    """Return True if a line is a rule across the page, such as ``---`` or ``* * *``."""
    return text[:1] in _RULES and not text.strip(text[:1] + " ") and text.count(text[:1]) >= 3


def is_underline(text: str) -> bool:
    """Return True if a line can underline a heading (CommonMark, setext headings)."""
    return len(text) > 1 and text[0] in "=-" and not text.strip(text[0])


_LINE_END: Final = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_MARKS_OF_DIRECTION: Final = "\u200e\u200f"
_WIDTHS: Final = {"\t": 4, "\u3000": 2, "\u200e": 0, "\u200f": 0}

_RULES: Final = tuple("-*=_–—─")

MOST_PROBLEMS: Final = 20


def _find_illegal_characters(lines: Sequence[str]) -> Iterator[Problem]:
    illegal = [
        (number, line, match)
        for number, line in enumerate(lines, start=1)
        if (match := XML_ILLEGAL_PATTERN.search(line))
    ]
    unreported = len(illegal) - MOST_PROBLEMS
    for number, line, match in illegal[:MOST_PROBLEMS]:
        yield Problem(
            code="E202",
            message=f"U+{ord(match.group()):04X} is not allowed in feeds",
            hint="remove the character" + (f" ({len(illegal)} lines have one)" if unreported > 0 else ""),
            line=number,
            column=match.start() + 1,
            end_column=match.end() + 1,
            excerpt=line,
        )


def _clean_line(raw: str) -> str:
    """Return a line with its entities decoded, without invisible characters."""
    text = _ENTITY.sub(_decode_entity, raw) if "&" in raw else raw
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", text)
    if not _RIGHT_TO_LEFT.search(text):
        text = _DIRECTIONS.sub("", text)
    parts = _MANY_COMBINING_MARKS.split(text)
    parts[::2] = [unicodedata.normalize("NFC", part) for part in parts[::2]]
    return "".join(parts)


# The semicolon is required: "?a=1&copy=2" is part of an address. Few digits, since int() refuses thousands.
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")
# Joiners belong to the spelling in Persian, Indic scripts and emoji, and are useless elsewhere.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u180e\u200b\u2060-\u2064\ufeff]"
    "|(?<![\u0600-\u109f\u1780-\u18af\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
# Direction marks have a meaning only where letters run from right to left.
_DIRECTIONS: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# UAX #15, section 13: no real text has more than 30 combining marks on a character, and the time to sort them grows
# with the square of their number.
_MANY_COMBINING_MARKS: Final = re.compile(r"([^\x00-\x7f\w]{31,})")


def decode_entities(text: str) -> str:
    """Return a text with its character references decoded, as Markdown reads them."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def _decode_entity(entity: re.Match[str]) -> str:
    if entity[1] and f"{entity[1]};" not in html5:
        return entity[0]
    character = html.unescape(entity[0])
    if character in _MEANT_AS_TEXT:
        return entity[0]
    return " " if _LINE_END.fullmatch(character) else character


# Markdown decodes these itself; decoded here, they would become markup.
_MEANT_AS_TEXT: Final = tuple("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def _normalise_spaces(content: str) -> str:
    """Return a line with single, ordinary spaces, except for the no-break spaces of French punctuation."""
    content = _LAYOUT_SPACE.sub(" ", content).strip(BLANKS)
    return _SPACES.sub(" ", content)


_LAYOUT_SPACE: Final = re.compile("(?<!«)\u00a0(?![:;!?»%€])")
_SPACES: Final = re.compile("[ \t]{2,}|\t")
