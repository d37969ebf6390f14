"""The headings that part an article into sections, in many languages (data: ``headings.toml``)."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Section = Literal[
    "title", "summary", "key_points", "references", "source", "translation", "previous", "next", "furniture"
]
SECTIONS: Final[tuple[Section, ...]] = get_args(Section)

_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_MARKS = "#*_=: \t\u3000"


@dataclass(frozen=True, slots=True)
class Heading:
    """Say that a line is the heading of a section in a language (``und`` for signs that belong to none)."""

    language: str
    section: Section


class HeadingTable:
    """Look headings up. Languages may share a word: `find` then gives them all, in the order of the data."""

    def __init__(self, data: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._found: dict[str, tuple[Heading, ...]] = {}
        self._words: dict[tuple[str, str], str] = {}
        for language, sections in data.items():
            for section in SECTIONS:
                self._add(Heading(language, section), sections.get(section, ()))

    def _add(self, heading: Heading, words: Iterable[str]) -> None:
        for word in words:
            self._words.setdefault((heading.language, heading.section), word)
            known = self._found.get(key := normalise(word), ())
            if heading not in known:
                self._found[key] = (*known, heading)

    def find(self, line: str) -> tuple[Heading, ...]:
        """Return what a whole line is the heading of; empty if it is no heading."""
        return self._found.get(normalise(line), ())

    def word(self, language: str, section: Section) -> str:
        """Return the first word of a language for a section, in English if the language has none."""
        return self._words.get((language, section)) or self._words["en", section]

    def languages(self) -> tuple[str, ...]:
        """Return the languages that have headings."""
        return tuple(dict.fromkeys(language for language, _ in self._words if language != "und"))


def normalise(line: str) -> str:
    """Return a line as the table compares it: NFKC, case folded, without Markdown marks and the colon at its end."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", line)).casefold()
    return " ".join(text.strip(_MARKS).split())


@functools.cache
def default_table() -> HeadingTable:
    """Return the table that the package ships."""
    return HeadingTable(_data())


def table(extra: Mapping[str, Mapping[str, Sequence[str]]]) -> HeadingTable:
    """Return the table with more words, as feedpub.toml's ``[headings.<language>]`` gives them; they come first."""
    if not extra:
        return default_table()
    merged = {
        language: {
            section: [*extra.get(language, {}).get(section, ()), *_data().get(language, {}).get(section, ())]
            for section in SECTIONS
        }
        for language in [*_data(), *extra]
    }
    return HeadingTable(merged)


@functools.cache
def _data() -> Mapping[str, Mapping[str, Sequence[str]]]:
    text = resources.files("feedpub.entries").joinpath("headings.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))
