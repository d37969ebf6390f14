"""Derive a summary for entries that have none, from the start of their first paragraph."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Final

from ..rendering.text import join_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_SUMMARY_GRAPHEMES: Final = 300
LONGEST_FIRST_WORDS_GRAPHEMES: Final = 60  # of the first words that stand in for a title
# A grapheme, approximately (UAX #29): a flag, or a character with its marks, selectors and joined characters.
_GRAPHEME: Final = (
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|.(?:[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a"
    "\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u200d\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f"
    "\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|(?<=\u200d).)*"
)
_SENTENCE_END: Final = r"[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]+[”’」』）]*|[।؟۔]"


def make_excerpt(html: str) -> str:
    """Return the start of the first paragraph of sanitised HTML as plain text, shortened by `derive_summary`.

    Paragraphs without text do not count; paragraphs in lists, quotations and tables count only if there is no other.
    Without paragraphs, it is the start of the text without headings. Deleted text, ruby annotations, pictures and
    footnote numbers in brackets are left out; superscripts and subscripts become ``m²``, ``H₂O``, ``x^k``.
    """
    nested = ""
    for paragraph, is_nested in _find_paragraphs(html):
        if is_nested and nested:
            continue
        text = _read_text(paragraph)
        if not has_characters(text):
            continue
        if not is_nested:
            return derive_summary(text)
        nested = text
    return derive_summary(nested or _read_text(_HEADING.sub(" ", html)))


def has_content(html: str) -> bool:
    """Return True if sanitised HTML shows anything: text, a picture, or the link that replaces a video."""
    return "<img" in html or has_characters(unescape(_TAG.sub("", html)))


def has_characters(text: str) -> bool:
    """Return True if a reader sees any character of a text."""
    return any(character.isprintable() and not character.isspace() for character in text)


def derive_summary(paragraph: str, longest: int = LONGEST_SUMMARY_GRAPHEMES) -> str:
    """Return the start of a paragraph, up to a number of graphemes.

    It ends with a sentence if one ends in the last two thirds. Otherwise it is cut between words, or between
    characters of scripts without spaces, and ends in ``…``. A word or an address is never cut: if the first one is
    longer, it stays whole.
    """
    text = join_lines(paragraph)
    limit = _find_grapheme_end(text, longest)
    if limit == len(text):
        return text
    ends = [match.end() for match in re.compile(_SENTENCE_END).finditer(text, 0, limit + 1) if match.end() <= limit]
    if ends and ends[-1] > limit // 3:
        return text[: ends[-1]]
    end = _find_word_end(text, limit)
    return text if end == len(text) else text[:end].rstrip(" ,;:，；：、") + "…"


def _find_grapheme_end(text: str, longest: int) -> int:
    if len(text) <= longest:
        return len(text)
    end = 0
    for count, match in enumerate(re.finditer(_GRAPHEME, text, re.DOTALL)):
        if count == longest:
            return end
        end = match.end()
    return end


def _find_word_end(text: str, limit: int) -> int:
    """Return the last end of a word up to a limit; the end of the first word if that is longer."""
    end = limit
    while end and _is_joined(text[end - 1]) and _is_joined(text[end]):
        end -= 1
    if end:
        return end
    while end < len(text) and _is_joined(text[end]):
        end += 1
    return end


def _is_joined(character: str) -> bool:
    """Return True if a character is part of words between spaces; Thai and related scripts write no spaces."""
    return "!" <= character <= "~" or ("\u00c0" <= character <= "\u1fff" and not _UNSPACED.match(character))


_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]")


# In sanitised HTML, "<" always starts a tag, attribute values have no "<" or ">", and every element has an end tag.
_TAG = re.compile(r"<(/?)([a-z0-9]+)([^<>]*)>")
_HEADING = re.compile(r"<h[2-4][ >].*?</h[2-4]>", re.DOTALL)
_PARAGRAPH = re.compile(r"<(/?)(p|blockquote|figure|table|details|ul|ol|dl)(?=[ >])[^<>]*>")
_ALTERNATIVE = re.compile(r' alttext="([^"]*)"')
_OMITTED_ROLES: Final = frozenset({"del", "rt", "rp"})
_SPACED_ELEMENTS: Final = frozenset(
    "br hr p li dt dd tr td th h2 h3 h4 blockquote figure figcaption caption pre summary details".split()
)
_CONVERTED_ELEMENTS: Final = _OMITTED_ROLES | {"sup", "sub", "math", "msup", "msub", "msubsup", "mfrac", "msqrt"}
# What the second and the third part of an element of a formula are.
_PARTS_OF_FORMULAS: Final = {
    "msup": ("", "sup"),
    "msub": ("", "sub"),
    "msubsup": ("", "sub", "sup"),
    "mfrac": ("", "fraction"),
}
_DEEPEST_LEVELS: Final = 20  # deeper text is read as it is: its characters would be copied at each level
_SUPERSCRIPTS: Final = dict(zip("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
_SUBSCRIPTS: Final = dict(zip("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
# Raised letters that are not exponents: 1st, 2nd, 1er, 2ème, Mme, No, ™.
_RAISED_ENDINGS: Final = frozenset(
    "st nd rd th er re e ère ème eme nde me mes mme lle lles ie o os a as te de ste tm sm".split()
)
_NOTE_NUMBER = re.compile(r"\s*\[[^\]]{1,12}\]\s*")


def _find_paragraphs(html: str) -> Iterator[tuple[str, bool]]:
    """Yield the HTML of each paragraph, and whether it is within a list, a quotation or the like."""
    depth, start = 0, 0
    for tag in _PARAGRAPH.finditer(html):
        if tag[2] != "p":
            depth += -1 if tag[1] else 1
        elif tag[1]:
            yield html[start : tag.start()], depth > 0
        else:
            start = tag.end()


def _read_text(html: str) -> str:
    """Return the text of sanitised HTML as one would write it without markup."""
    if "<" not in html:
        return unescape(html)
    levels = [_Level("", "")]
    position = 0
    for tag in _TAG.finditer(html):
        level, name = levels[-1], tag[2]
        level.parts.append(unescape(html[position : tag.start()]))
        position = tag.end()
        if name in _SPACED_ELEMENTS:
            level.parts.append(" ")
        elif tag[1]:
            level.depth -= name == level.name
            if not level.depth:
                levels.pop()
                levels[-1].parts.append(level.make_text("".join(levels[-1].parts[-1:])))
        else:
            roles = _PARTS_OF_FORMULAS.get(level.name, ())
            role = roles[level.children] if level.children < len(roles) else name
            level.children += 1
            if (roles or name in _CONVERTED_ELEMENTS) and len(levels) <= _DEEPEST_LEVELS:
                alternative = _ALTERNATIVE.search(tag[3]) if name == "math" else None
                levels.append(_Level(name, role, alternative=unescape(alternative[1]) if alternative else ""))
            else:
                level.depth += name == level.name
    return "".join(part for level in levels for part in level.parts) + unescape(html[position:])


@dataclass(slots=True)
class _Level:
    """An open element whose text is converted when it ends.

    Attributes:
        name: The name of the element.
        role: How its text is written: ``sup``, ``sub``, ``fraction``, or its name.
        alternative: Text that replaces its own, from an attribute.
        parts: Its text so far.
        depth: How many elements of this name are open, including itself.
        children: How many elements have begun in it.
    """

    name: str
    role: str
    alternative: str = ""
    parts: list[str] = field(default_factory=list)
    depth: int = 1
    children: int = 0

    def make_text(self, before: str) -> str:
        """Return the text of the element as it is written after other text."""
        text = self.alternative or "".join(self.parts)
        if self.role in _OMITTED_ROLES:
            return ""
        if self.role == "sup":
            return "" if _NOTE_NUMBER.fullmatch(text) else _write_superscript(text, before)
        if self.role == "sub":
            return _convert_characters(text, _SUBSCRIPTS, "_")
        if self.role == "fraction":
            return f"/{_add_brackets(text)}"
        return f"√{_add_brackets(text)}" if self.role == "msqrt" else text


def _write_superscript(text: str, before: str) -> str:
    trimmed = text.strip()
    if not any(map(str.isalnum, trimmed)):  # a sign such as ® or *
        return _convert_characters(text, _SUPERSCRIPTS, "")
    # "2<sup>e</sup>" is an ordinal number, "x<sup>e</sup>" a power.
    is_ending = len(trimmed) > 1 or before[-1:].isdecimal() or before[-1:].isupper()
    if is_ending and trimmed.casefold() in _RAISED_ENDINGS:
        return text
    return _convert_characters(text, _SUPERSCRIPTS, "^")


def _convert_characters(text: str, characters: Mapping[str, str], sign: str) -> str:
    trimmed = text.strip()
    if all(character in characters for character in trimmed):
        return "".join(characters[character] for character in trimmed)
    return f"{sign}{_add_brackets(trimmed)}" if sign else trimmed


def _add_brackets(text: str) -> str:
    """Return a part of a formula, in brackets if it is more than a number or a word."""
    trimmed = text.strip()
    return trimmed if all(map(str.isalnum, trimmed)) else f"({trimmed})"
