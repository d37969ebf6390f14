"""The lines of a pasted text: cleaned, measured, with the marks of lists and the addresses that they hold."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from html.entities import html5
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .. import iri
from ..errors import EntryError, Problem
from ..model.checks import XML_ILLEGAL_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Fate = Literal["kept", "dropped", "ambiguous"]


@dataclass(slots=True)
class Line:
    """Hold one line while it is read; parsing fills in its fate and role, and cuts what it understood from `text`."""

    number: int
    raw: str
    text: str
    indent: int
    after_blank: bool
    verbatim: str | None = None  # the line as Markdown has it, if it belongs to code, a table, a quote
    is_underline: bool = False  # of the heading above
    fate: Fate = "kept"
    role: str = ""

    def settle(self, fate: Fate, role: str) -> None:
        """Write into the ledger what becomes of the line."""
        self.fate, self.role = fate, role


class Mark(NamedTuple):
    """What opens an item: a bullet, or the form of a number without its digits; the item's text; the number or -1."""

    form: str
    text: str
    value: int = -1

    @property
    def is_number(self) -> bool:
        """True for ``(2)`` and the like, False for bullets."""
        return self.value >= 0


def read_lines(text: str) -> list[Line]:
    """Part a text into clean lines: NFC, entities decoded save those of punctuation, single spaces, nothing invisible.

    Vertical tab and form feed, which XML cannot carry, end lines: word processors write them for that.

    Raises:
        EntryError: E202, the text holds characters that XML cannot carry.
    """
    raw_lines = _LINE_END.split(text.removeprefix("\ufeff"))
    if not raw_lines[-1]:
        raw_lines.pop()
    if problems := list(_illegal(raw_lines)):
        raise EntryError(problems)
    lines: list[Line] = []
    for number, raw in enumerate(raw_lines, start=1):
        clean = _clean(raw)
        content = clean.lstrip(_BLANKS + _MARKS_OF_DIRECTION)
        indent = sum(_WIDTHS.get(blank, 1) for blank in clean[: len(clean) - len(content)])
        content, deeper = _without_tabbed_mark(content)
        after_blank = not lines or not lines[-1].text
        lines.append(Line(number, raw, _tidy(content), indent + deeper, after_blank))
    return lines


def _without_tabbed_mark(content: str) -> tuple[str, int]:
    """Write the mark of a word processor, such as ``o⇥``, as a bullet; the mark alone shows how deep the item is."""
    found = _TABBED_MARK.match(content)
    if not found:
        return content, 0
    if found["letter"]:
        depth = 2 if not found["letter"].strip("ivx") else 1
    else:
        depth = next(depth for depth, marks in enumerate(_TABBED_MARKS) if found["bullet"] in marks)
    return f"• {content[found.end() :]}", depth * _DEEPER_COLUMNS


# Word's bullets for its first three levels, copied as text: of Symbol and Wingdings, in private use or as letters.
_TABBED_MARKS: Final = ("\uf0b7\uf0d8\uf076Øüvq", "o", "\uf0a7§▪")
# Not one no-break space: Czech and Polish set it behind "o" and "v".
_TABBED_MARK: Final = re.compile(
    f"(?:(?P<bullet>[{''.join(_TABBED_MARKS)}])|(?P<letter>[a-z]|[ivx]{{1,4}})[.)])(?:\t|\u00a0\u00a0)[\t\u00a0 ]*"
)
_DEEPER_COLUMNS: Final = 4


def is_rule(text: str) -> bool:
    """Return True if a line is a rule across the page, such as ``---`` or ``* * *``."""
    return text[:1] in _RULES and not text.strip(text[:1] + " ") and text.count(text[:1]) >= 3


def is_underline(text: str) -> bool:
    """Return True if a line can underline a heading (CommonMark, setext headings)."""
    return len(text) > 1 and text[0] in "=-" and not text.strip(text[0])


def bullet(text: str) -> Mark | None:
    """Return the mark and the text of a bulleted line; an unmistakable mark needs no space behind it."""
    if text[:1] in _PLAIN_BULLETS or (text[:1] in _BULLETS_OR_TEXT and text[1:2] in _SPACE_OR_END):
        return Mark(text[0], text[1:].lstrip(_BLANKS))
    return None


def number(text: str) -> Mark | None:
    """Return the number and the text of a numbered line: ``1.``, ``1)``, ``(1)``, ``[1]``, ``1、`` or full-width."""
    found = _NUMBER.match(text)
    if not found:
        return None
    opening, digits, closing = found.groups()
    form = unicodedata.normalize("NFKC", opening + closing)
    rest = text[found.end() :]
    needs_space = form in _FORMS_IN_TEXT and closing.isascii()  # "2.5 million", "3)x"
    if form not in _FORMS or (needs_space and rest[:1].isdigit()) or (form == "[]" and rest[:1] == "("):
        return None
    return Mark(form, rest.lstrip(_BLANKS), int(digits))


def find_url(text: str) -> str | None:
    """Return the first address that stands in a line, bare or as that of a link."""
    found = BARE_URL.search(text)
    url = trimmed_url(found[0]) if found else ""
    return url if is_url(url) else None


def lone_url(text: str) -> str | None:
    """Return the address if a line is nothing else: bare, in ``<>``, with punctuation around it."""
    url = find_url(text)
    return url if url and not text.replace(url, "", 1).strip(AROUND_URL) else None


def split_link(text: str) -> tuple[str, str | None]:
    """Put the words of the first Markdown link in its place (its tooltip is left out), and return its address."""
    found = _LINK.search(text)
    if not found or not is_url(found["url"]):
        return text, None
    return f"{text[: found.start()]}{found['words'].rstrip()}{text[found.end() :]}", found["url"]


def is_url(text: str) -> bool:
    """Return True if a text is an address that a feed may link to."""
    return not iri.find_url_fault(text)


def join(texts: Iterable[str], *, spaced: bool) -> str:
    """Undo hard wraps.

    Args:
        texts: The lines; none is empty.
        spaced: Whether the writer sets a space between Chinese and Latin letters, see `writes_spaces`.
    """
    pieces: list[str] = []
    for text in texts:
        if pieces:
            pieces.append(_glue(pieces[-1], text, spaced))
        pieces.append(text)
    return "".join(pieces)


def writes_spaces(texts: Sequence[str]) -> bool:
    """Return True if a writer sets a space where Chinese or Japanese meets other letters; yes if nothing shows it.

    A text with more spaces than Chinese letters is in another language, and only quotes some.
    """
    spaced = sum(1 for text in texts for _ in re.finditer(_SPACED, text))
    unspaced = sum(1 for text in texts for _ in re.finditer(_UNSPACED, text))
    return spaced >= unspaced or sum(text.count(" ") - len(re.findall(_IS_CJK, text)) for text in texts) > 0


_LINE_END: Final = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_BLANKS: Final = " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_MARKS_OF_DIRECTION: Final = "\u200e\u200f"
_WIDTHS: Final = {"\t": 4, "\u3000": 2, "\u200e": 0, "\u200f": 0}

_RULES: Final = tuple("-*=_–—─")
_PLAIN_BULLETS: Final = tuple("•‣⁃◦▪▫●■□◆◇►▸・\uf0b7\uf0a7")
_BULLETS_OR_TEXT: Final = tuple("○·∙–—*+-－＊＋")
DASHES: Final = (*_BULLETS_OR_TEXT, "・")  # could also stand within a sentence that was wrapped before them
_SPACE_OR_END: Final = ("", *_BLANKS)
# Digits, also full-width, Arabic and Devanagari ones; years are no numbers of items.
_NUMBER: Final = re.compile(r"((?:[(（［]|\[\^?)?)([0-9０-９٠-٩۰-۹०-९]{1,3})([.．)）］、]|\]:?)")
_FORMS: Final = (".", ")", "()", "[]", "[]:", "[^]:", "、")
_FORMS_IN_TEXT: Final = (".", ")")

MOST_PROBLEMS: Final = 20


def _illegal(lines: Sequence[str]) -> Iterator[Problem]:
    found = [
        (number, line, bad) for number, line in enumerate(lines, start=1) if (bad := XML_ILLEGAL_PATTERN.search(line))
    ]
    unsaid = len(found) - MOST_PROBLEMS
    for number, line, bad in found[:MOST_PROBLEMS]:
        yield Problem(
            code="E202",
            message=f"U+{ord(bad.group()):04X} cannot stand in a feed",
            hint="remove the character" + (f" ({len(found)} lines hold such)" if unsaid > 0 else ""),
            line=number,
            column=bad.start() + 1,
            end_column=bad.end() + 1,
            excerpt=line,
        )


def _clean(raw: str) -> str:
    """Decode what a line says, and leave out what nobody sees."""
    text = _ENTITY.sub(_decoded, raw) if "&" in raw else raw
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", text)
    if not _RIGHT_TO_LEFT.search(text):
        text = _DIRECTIONS.sub("", text)
    parts = _PILE_OF_MARKS.split(text)
    parts[::2] = [unicodedata.normalize("NFC", part) for part in parts[::2]]
    return "".join(parts)


# The semicolon is asked for: "?a=1&copy=2" is part of an address. Few digits: int() refuses thousands.
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")
# Joiners are spelling in Persian, Indic scripts and emoji, and litter elsewhere.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u180e\u200b\u2060-\u2064\ufeff]"
    "|(?<![\u0600-\u109f\u1780-\u18af\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
# Direction marks mean something only where letters run from right to left.
_DIRECTIONS: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# UAX #15, section 13: no real text piles up more than 30 marks, and sorting a pile takes the square of its height.
_PILE_OF_MARKS: Final = re.compile(r"([^\x00-\x7f\w]{31,})")


def decode_entities(text: str) -> str:
    """Return a text with its character references decoded, as Markdown reads them."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def _decoded(entity: re.Match[str]) -> str:
    if entity[1] and f"{entity[1]};" not in html5:
        return entity[0]
    character = html.unescape(entity[0])
    if character in _MEANT_AS_TEXT:
        return entity[0]
    return " " if _LINE_END.fullmatch(character) else character


# Markdown decodes these itself; decoded here, they would be markup.
_MEANT_AS_TEXT: Final = tuple("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def _tidy(content: str) -> str:
    """Use one space where spaces pile up, and plain ones save for those that French sets at its signs."""
    content = _LAYOUT_SPACE.sub(" ", content).strip(_BLANKS)
    return _SPACES.sub(" ", content)


_LAYOUT_SPACE: Final = re.compile("(?<!«)\u00a0(?![:;!?»%€])")
_SPACES: Final = re.compile("[ \t]{2,}|\t")

_URL: Final = r"https?://[^\s<>\"“”「」『』《》〈〉，。；：、！？（）【】]+"
BARE_URL: Final = re.compile(_URL, re.IGNORECASE)
_LINK: Final = re.compile(
    r"""
    \[\s*+(?P<words>[^\[\]\s][^\[\]]*)\]
    \(<?(?P<url>https?://(?:[^\s()<>]|\([^\s()<>]*\))*+)>?
    (?:[ ]+(?:"[^"]*"|'[^']*'|\([^()]*\))?)?\)
    """,
    re.IGNORECASE | re.VERBOSE,
)
AROUND_URL: Final = " \t()（）[]［］【】<>。.;；:：,，、!！*-–—|"
_AFTER_URL: Final = ".,;:!?'*"  # no "_": the names of YouTube's videos end in it


def trimmed_url(url: str) -> str:
    """Cut the punctuation of the sentence off, but no bracket that belongs to the address (Wikipedia has such)."""
    end = len(url)
    surplus = {closing: url.count(closing) - url.count(opening) for opening, closing in ("()", "[]")}
    while (last := url[end - 1]) in _AFTER_URL or surplus.get(last, 0) > 0:  # ends at the latest at "http"
        if last in surplus:
            surplus[last] -= 1
        end -= 1
    return url[:end]


def without_separator(label: str) -> str:
    """Cut off what led over to the address: ``Title -``, ``Title:``, ``Title,``."""
    shorter = label.rstrip(_BLANKS + ":：,，;；")
    if shorter[-1:] in ("-", "–", "—", "－", "|") and shorter[-2:-1] in _SPACE_OR_END:
        shorter = shorter[:-1].rstrip(_BLANKS)
    return shorter


_CJK: Final = "\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff"
# Compiled when they are first needed: that takes 10 ms.
_IS_CJK: Final = f"[{_CJK}]"
# Full-width punctuation brings its own space.
_WIDE_MARK: Final = "[\u3000-\u3004\u3008-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
_SPACED: Final = f"(?<=[{_CJK}]) (?=[!-~])|(?<=[!-~]) (?=[{_CJK}])"
_UNSPACED: Final = f"(?<=[{_CJK}])(?=[!-~])|(?<=[!-~])(?=[{_CJK}])"
# "pre-" and "and post-training" were two words before the wrap, "multi-" and "agent" were one.
_SUSPENDED: Final = re.compile(r"(?:and|or|to|und|oder|bis|et|ou|y|o|e|en|of)\b", re.IGNORECASE)


# What parts title and publishers keeps its spaces, whatever is beside it.
_SPACED_BEFORE: Final = (" /", " -", " –", " —")
_SPACED_BEHIND: Final = ("/ ", "- ", "– ", "— ")


def _glue(left: str, right: str, spaced: bool) -> str:
    if left[-2:] in _SPACED_BEFORE or right[:2] in _SPACED_BEHIND:
        return " "
    ends = (left[-1], right[0])
    wide = [bool(re.match(_IS_CJK, end)) for end in ends]
    if all(wide) or any(re.match(_WIDE_MARK, end) for end in ends):
        return ""
    if any(wide):
        return " " if spaced else ""
    hyphenated = ends[0] in "-\u2010" and left[-2:-1].isalnum() and ends[1].isalnum()
    return "" if hyphenated and not _SUSPENDED.match(right) else " "
