"""Recognise the headings of sections in many languages; the words are in ``headings.toml``."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Section = Literal[
    "title", "summary", "key_points", "references", "source", "translation", "previous", "next", "furniture"
]
SECTIONS: Final[tuple[Section, ...]] = get_args(Section)

_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_MARKS: Final = "#*_=: \t\u3000【】"
_LONGEST_HEADING_CHARACTERS: Final = 120
_MOST_CACHED_LINES: Final = 1000
_SHORTEST_MISTYPED: Final = 5
_CHECKED_SECTIONS: Final = frozenset({"summary", "key_points", "references"})


@dataclass(frozen=True, slots=True)
class Heading:
    """The meaning of a line: the heading of a section in a language (``und`` for signs that belong to no language)."""

    language: str
    section: Section


class HeadingTable:
    """The headings of all languages. A word can have several meanings, which are kept in the order of the data."""

    def __init__(self, data: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._headings: dict[str, tuple[Heading, ...]] = {}
        self._words: dict[tuple[str, str], str] = {}
        # A site has the same headings again and again.
        self._find_text = functools.lru_cache(_MOST_CACHED_LINES)(self._look_up)
        self._find_nearest = functools.lru_cache(_MOST_CACHED_LINES)(self._look_up_nearest)
        self._furniture_openings: tuple[str, ...] = ()
        self._furniture_sections: set[str] = set()
        for language, sections in data.items():
            for section in SECTIONS:
                self._add_words(Heading(language, section), sections.get(section, ()))
            for opening in sections.get("furniture_openings", ()):  # "#" would be taken for Markdown
                self._furniture_openings += (_DIGITS.sub("#", normalise_heading(opening.replace("#", "0"))),)
            self._furniture_sections.update(map(normalise_heading, sections.get("furniture_sections", ())))

    def _add_words(self, heading: Heading, words: Iterable[str]) -> None:
        for word in words:
            self._words.setdefault((heading.language, heading.section), word)
            headings = self._headings.get(key := normalise_heading(word), ())
            if heading not in headings:
                self._headings[key] = (*headings, heading)

    def find_headings(self, line: str) -> tuple[Heading, ...]:
        """Return the meanings of a whole line as a heading; empty if it is not a heading.

        Emoji, signs and numbers around the words are ignored. If the line has two halves (``a | b``, ``a / b``,
        ``a (b)``, or two languages side by side), one of them may have other words.
        """
        return self._find_text(line) if len(line) <= _LONGEST_HEADING_CHARACTERS else ()

    def _look_up(self, line: str) -> tuple[Heading, ...]:
        text = normalise_heading(line)
        return self._headings.get(text) or self._find_undecorated(text)

    def _find_undecorated(self, text: str) -> tuple[Heading, ...]:
        for bare in _strip_layers(text):  # "1. 3行まとめ": the second number is part of the words
            if headings := self._headings.get(bare):
                return headings
        return self._find_half(_strip_decoration(text))

    def _find_half(self, text: str) -> tuple[Heading, ...]:
        for half, other_half, may_stand_alone in _split_halves(text):
            headings = self._headings.get(half, ())
            other_sections = {heading.section for heading in self._headings.get(other_half, ())}
            if other_sections:
                headings = tuple(heading for heading in headings if heading.section in other_sections)
            elif not may_stand_alone:
                continue
            else:
                headings = tuple(heading for heading in headings if heading.section in _CHECKED_SECTIONS)
            if headings:
                other_headings = self._headings.get(other_half, ()) if other_sections else ()
                sections = {heading.section for heading in headings}
                return tuple(
                    dict.fromkeys([*headings, *(heading for heading in other_headings if heading.section in sections)])
                )
        return ()

    def is_furniture(self, line: str) -> bool:
        """Return True if a line begins as page furniture does, such as ``Page 1 of 2``."""
        text = normalise_heading(line[:_LONGEST_HEADING_CHARACTERS])
        return any(
            _DIGITS.sub("#", opening).startswith(self._furniture_openings)
            for opening in (text, _strip_decoration(text))
        )

    def opens_furniture(self, line: str) -> bool:
        """Return True if a line is the heading of page furniture, such as ``Related Posts``."""
        if len(line) > _LONGEST_HEADING_CHARACTERS:
            return False
        label, colon, _ = line.replace("：", ":").partition(":")
        return _strip_decoration(normalise_heading(label if colon else line)) in self._furniture_sections

    def find_nearest(self, line: str) -> tuple[Heading, str] | None:
        """Return the heading that a line nearly is, with a typing mistake, and the correct word."""
        return self._find_nearest(line) if len(line) <= _LONGEST_HEADING_CHARACTERS else None

    def _look_up_nearest(self, line: str) -> tuple[Heading, str] | None:
        import difflib

        text = _strip_decoration(normalise_heading(line))
        if text in self._headings or len(text) < _SHORTEST_MISTYPED:
            return None
        words = dict.fromkeys([*self._words_by_letter.get(text[0], ()), *self._words_by_letter.get(text[-1], ())])
        for word in difflib.get_close_matches(text, list(words), n=1, cutoff=0.85):
            return self._headings[word][0], word
        return None

    @functools.cached_property
    def _words_by_letter(self) -> Mapping[str, Sequence[str]]:
        """The words by their first and by their last letter; a typing mistake rarely changes both."""
        words: dict[str, list[str]] = {}
        for word, headings in self._headings.items():
            if headings[0].section in _CHECKED_SECTIONS:
                for letter in {word[0], word[-1]}:
                    words.setdefault(letter, []).append(word)
        return words

    def find_word(self, language: str, section: Section) -> str:
        """Return the usual word for a section in a language, or in English if the language has none."""
        return self._words.get((language, section)) or self._words["en", section]

    def list_languages(self) -> tuple[str, ...]:
        """Return the languages that have headings."""
        return tuple(dict.fromkeys(language for language, _ in self._words if language != "und"))


def normalise_heading(line: str) -> str:
    """Return a line in the form that the table compares: NFKC, case folded, without Markdown marks, 【】 and colon."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", line)).casefold()
    return " ".join(text.strip(_MARKS).split())


# "1.", "(1)", "①", "一、", "iv."; digits need no punctuation after them ("5 Key Points").
_NUMBER: Final = re.compile(
    r"""
    [(\[]?
    (?: [0-9]{1,2}\ufe0f?\u20e3? | (?:[一二三四五六七八九十]{1,3}|[ivx]{1,4})(?=[.)\]、:]) )
    [.)\]、:]*\s*
    """,
    re.VERBOSE,
)
_DIGITS: Final = re.compile("[0-9]+")
_BRACKETS_AND_SIGNS: Final = _MARKS + '〔〕[]「」『』〈〉《》≪≫<>“”"※§¶❯❱›»‹«'
# Symbols (arrows, shapes, emoji), and the characters that join and colour emoji.
_SIGN_CATEGORIES: Final = frozenset({"So", "Sk", "Cf"})
_ARROWS_AND_SHAPES: Final = ("\u2190", "\u2bff")
_DASHES: Final = tuple("-–—~")
_DECORATION_LAYERS: Final = 4  # "📌 **1. 【Summary】**"


def _strip_decoration(text: str) -> str:
    """Return a normalised line without emoji, signs, brackets and number around its words."""
    for bare in _strip_layers(text):
        text = bare
    return text


def _strip_layers(text: str) -> Iterator[str]:
    """Yield a normalised line with less and less of its decoration."""
    for _ in range(_DECORATION_LAYERS):
        bare = _strip_signs(text)
        yield bare
        number = _NUMBER.match(bare)
        text = bare[number.end() :] if number and number.end() < len(bare) else bare
        if text == bare:
            break
        yield text


def _strip_signs(text: str) -> str:
    start, end = 0, len(text)
    while start < end and _is_sign(text[start]):
        start += 1
    while start < end and _is_sign(text[end - 1]):
        end -= 1
    bare = text[start:end]
    return bare.strip("".join(_DASHES) + " ") if bare[:1] in _DASHES and bare[-1:] in _DASHES else bare


def _is_sign(character: str) -> bool:
    return (
        character in _BRACKETS_AND_SIGNS
        or "\ufe00" <= character <= "\ufe0f"
        or unicodedata.category(character) in _SIGN_CATEGORIES
        or (unicodedata.category(character) == "Sm" and _ARROWS_AND_SHAPES[0] <= character <= _ARROWS_AND_SHAPES[1])
    )


_TWO_HALVES: Final = re.compile(r"([^|/·]+)[|/·]([^|/·]+)")
_BRACKETED: Final = re.compile(r"([^()]+)\(([^()]+)\)")


def _split_halves(text: str) -> Iterator[tuple[str, str, bool]]:
    """Yield each half of a heading, the other half, and whether the first half is enough.

    With two languages side by side, "总结 Recap" and "核心提炼 Summary" say the same thing twice; "Nightjet 总结" is a
    summary of something.
    """
    parted = _TWO_HALVES.fullmatch(text) or _BRACKETED.fullmatch(text)
    if parted:
        first_half, second_half = (_strip_decoration(half) for half in parted.groups())
        yield from ((first_half, second_half, True), (second_half, first_half, True))
        return
    is_latin = [ord(character) < _FIRST_NOT_LATIN for character in text if character.isalpha()]
    changes = sum(character != other for character, other in pairwise(is_latin))
    if changes == 1:
        boundary = next(
            index
            for index, character in enumerate(text)
            if character.isalpha() and (ord(character) < _FIRST_NOT_LATIN) != is_latin[0]
        )
        first_half, second_half = text[:boundary].rstrip(_BETWEEN_LANGUAGES), text[boundary:]
        yield from ((first_half, second_half, True), (second_half, first_half, not is_latin[0]))
    elif not changes:
        for index, character in enumerate(text):
            if character == " ":
                yield text[:index].rstrip(_BETWEEN_LANGUAGES), text[index:].lstrip(_BETWEEN_LANGUAGES), False


_FIRST_NOT_LATIN: Final = 0x370
_BETWEEN_LANGUAGES: Final = " -–—:,"


@functools.cache
def load_heading_table() -> HeadingTable:
    """Return the table with the words of the package."""
    return HeadingTable(_load_words())


def make_heading_table(extra: Mapping[str, Mapping[str, Sequence[str]]]) -> HeadingTable:
    """Return the table with the words of ``[headings.<language>]`` in feedpub.toml before those of the package."""
    if not extra:
        return load_heading_table()
    merged: dict[str, Mapping[str, Sequence[str]]] = {
        language: dict(_load_words().get(language, {}))
        | {
            section: [*extra.get(language, {}).get(section, ()), *_load_words().get(language, {}).get(section, ())]
            for section in SECTIONS
        }
        for language in [*_load_words(), *extra]
    }
    return HeadingTable(merged)


@functools.cache
def _load_words() -> Mapping[str, Mapping[str, Sequence[str]]]:
    text = Path(__file__).with_name("headings.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))
