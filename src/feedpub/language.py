"""Languages: BCP 47 tags (RFC 5646), scripts, directions, and the words of feeds and pages.

The words of each language, and its name for itself, are in ``catalogue.toml``.
"""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from .errors import LanguageTagError

if TYPE_CHECKING:
    from collections.abc import Mapping

# What people write for a language, though it is a country code (ISO 3166) or an old habit and not a language tag.
_SUGGESTIONS = MappingProxyType(
    {
        "cn": ("zh-CN", "zh-Hans"),
        "jp": ("ja",),
        "kr": ("ko",),
        "cz": ("cs",),
        "dk": ("da",),
        "gr": ("el",),
        "ua": ("uk",),
        "us": ("en-US",),
        "gb": ("en-GB",),
        "chs": ("zh-Hans",),
        "cht": ("zh-Hant",),
        "eng": ("en",),
        "english": ("en",),
        "chinese": ("zh-Hans", "zh-Hant"),
        "japanese": ("ja",),
    }
)
_RIGHT_TO_LEFT_SCRIPTS = frozenset(
    "Adlm Arab Aran Armi Avst Chrs Cprt Elym Hatr Hebr Hung Khar Lydi Mand Mani Mend Merc Mero Narb Nbat Nkoo Orkh"
    " Palm Phli Phlp Phnx Prti Rohg Samr Sarb Sogd Sogo Syrc Thaa Yezi".split()
)
# The distance of langcodes: 0 is the same language; below 10, readers hardly notice the difference (regions, closely
# related standards).
SAME_LANGUAGE_DISTANCE = 9
DEFAULT_LANGUAGE = "en"
# The languages of the catalogue with their likely script and region. A test compares them with the catalogue and with
# langcodes; most sites need to load neither.
_LIKELY_SUBTAGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "en": ("Latn", "US"),
        "zh-Hans": ("Hans", "CN"),
        "zh-Hant": ("Hant", "TW"),
        "ja": ("Jpan", "JP"),
        "ko": ("Kore", "KR"),
        "fr": ("Latn", "FR"),
        "de": ("Latn", "DE"),
        "es": ("Latn", "ES"),
        "pt": ("Latn", "BR"),
        "it": ("Latn", "IT"),
        "ru": ("Cyrl", "RU"),
        "ar": ("Arab", "EG"),
        "vi": ("Latn", "VN"),
        "id": ("Latn", "ID"),
        "hi": ("Deva", "IN"),
        "tr": ("Latn", "TR"),
        "nl": ("Latn", "NL"),
        "pl": ("Latn", "PL"),
        "uk": ("Cyrl", "UA"),
        "he": ("Hebr", "IL"),
        "fa": ("Arab", "IR"),
        "cs": ("Latn", "CZ"),
        # New languages go above this line.
    }
)
KNOWN_LANGUAGES: Final = tuple(_LIKELY_SUBTAGS)  # those of the catalogue
# More than any tag in use (RFC 5646, section 4.4.1, requires 35), and few enough for the name of a folder.
LONGEST_TAG_CHARACTERS = 100


@functools.lru_cache(maxsize=1024)
def canonicalise_tag(tag: str) -> str:
    """Return a language tag in its canonical form (RFC 5646, section 4.5): ``zh_cn`` → ``zh-CN``, ``iw`` → ``he``.

    Raises:
        LanguageTagError: The tag is not well-formed, or has a language, script or region that is not registered.
    """
    if tag in KNOWN_LANGUAGES:
        return tag
    if not isinstance(tag, str):
        raise LanguageTagError(repr(tag))
    import langcodes

    stripped_tag = tag.strip()
    suggestions = _SUGGESTIONS.get(stripped_tag.casefold(), ())
    if (
        suggestions
        or len(stripped_tag) > LONGEST_TAG_CHARACTERS
        or not re.fullmatch(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*", stripped_tag)
    ):
        raise LanguageTagError(tag, suggestions)
    try:
        result = str(langcodes.standardize_tag(stripped_tag))
    except ValueError:
        raise LanguageTagError(tag, _find_similar_tags(stripped_tag)) from None
    if not langcodes.tag_is_valid(result):
        raise LanguageTagError(tag, _find_similar_tags(stripped_tag))
    return result


@functools.lru_cache(maxsize=4096)
def match_language(tag: str, supported: tuple[str, ...]) -> str | None:
    """Return the tag among `supported` that a reader of `tag` takes for the same language, or None.

    ``zh-CN`` matches ``zh-Hans`` but not ``zh-Hant``; ``en-GB`` matches ``en``.
    """
    if tag in supported:
        return tag
    import langcodes

    closest, distance = langcodes.closest_match(tag, supported, max_distance=SAME_LANGUAGE_DISTANCE)
    return str(closest) if distance <= SAME_LANGUAGE_DISTANCE else None


@functools.lru_cache(maxsize=1024)
def get_script(tag: str) -> str:
    """Return the script of a language as an ISO 15924 code, such as ``Hans`` or ``Latn``; ``Zyyy`` if unknown."""
    return _find_likely_subtags(tag)[0] or "Zyyy"


def get_region(tag: str) -> str:
    """Return the most likely region of a language as an ISO 3166 code, such as ``CN``; empty if unknown."""
    return _find_likely_subtags(tag)[1]


def _find_likely_subtags(tag: str) -> tuple[str, str]:
    subtags = _LIKELY_SUBTAGS.get(tag)
    if subtags:
        return subtags
    import langcodes

    language = langcodes.Language.get(tag).maximize()
    return language.script or "", language.territory or ""


@functools.lru_cache(maxsize=1024)
def get_direction(tag: str) -> str:
    """Return ``rtl`` for a language that is written from right to left, otherwise ``ltr``."""
    return "rtl" if get_script(tag) in _RIGHT_TO_LEFT_SCRIPTS else "ltr"


def get_autonym(tag: str) -> str:
    """Return a language's name for itself, such as ``简体中文``; the tag if the language is not in the catalogue."""
    known_tag = match_language(tag, KNOWN_LANGUAGES)
    return str(_read_table(known_tag)["autonym"]) if known_tag else tag


@functools.lru_cache(maxsize=1024)
def get_words(tag: str) -> Mapping[str, Any]:
    """Return the words of feeds and pages in a language; in English if the language is not in the catalogue."""
    return _read_table(match_language(tag, KNOWN_LANGUAGES) or DEFAULT_LANGUAGE)


def has_words(tag: str) -> bool:
    """Return True if the catalogue has the words of this language."""
    return match_language(tag, KNOWN_LANGUAGES) is not None


def isolate_bidi(text: str) -> str:
    """Close bidirectional controls that a text leaves open, so that it cannot reverse the text around it.

    A balanced text is returned unchanged. Any other text is put into FSI … PDI, and the PDI closes all embeddings
    inside (UAX #9, rule X6a).
    """
    if text.isprintable() or not _BIDI_CONTROLS.search(text):  # format characters are not printable
        return text
    open_isolates, is_balanced, characters = 0, True, []
    embeddings = [0]
    for character in text:
        if character in _EMBEDDINGS:
            embeddings[-1] += 1
        elif character == _PDF:
            is_balanced = is_balanced and embeddings[-1] > 0
            embeddings[-1] -= 1
        elif character in _ISOLATES:
            open_isolates += 1
            embeddings.append(0)
        elif character == _PDI:
            if not open_isolates:
                is_balanced = False
                continue
            open_isolates -= 1
            is_balanced = is_balanced and embeddings.pop() == 0
        characters.append(character)
    if is_balanced and not open_isolates and embeddings == [0]:
        return text
    return f"\u2068{''.join(characters)}{_PDI * open_isolates}{_PDI}"


_EMBEDDINGS, _ISOLATES, _PDF, _PDI = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068", "\u202c", "\u2069"
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@functools.cache
def _read_table(tag: str) -> Mapping[str, Any]:
    """Return the table of one language. Parsing the tables of all languages would take 4 ms."""
    name = tag if tag.isalpha() else f'"{tag}"'
    tables = [table for table in _read_catalogue().split("\n[") if table.startswith((f"{name}]", f"{name}."))]
    return MappingProxyType(tomllib.loads("".join([f"[{table}\n" for table in tables]))[tag])


@functools.cache
def _read_catalogue() -> str:
    return Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")


def _find_similar_tags(tag: str) -> tuple[str, ...]:
    import difflib

    return tuple(difflib.get_close_matches(tag.replace("_", "-"), KNOWN_LANGUAGES, n=2, cutoff=0.6))
