"""Languages: tags of BCP 47 (RFC 5646), their own names, direction, and the words of feeds and pages.

The names and words are data, in ``catalogue.toml``.
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

# What people write for a language that is the code of a country (ISO 3166) or an old habit, never a language.
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
# langcodes' distance: 0 the same, under 10 differences that readers hardly notice (regions, sister norms).
SAME_LANGUAGE_DISTANCE = 9
DEFAULT_LANGUAGE = "en"
# The tables of the catalogue, each with the likely script and region of its language; held to catalogue and langcodes
# by a test. Most sites need to load neither.
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
    }
)
KNOWN_LANGUAGES: Final = tuple(_LIKELY_SUBTAGS)
# Longer than any tag in use (RFC 5646, section 4.4.1, asks for 35), short enough for the name of a folder.
LONGEST_TAG_CHARACTERS = 100


@functools.lru_cache(maxsize=1024)
def canonicalise_tag(tag: str) -> str:
    """Return a language tag in its canonical form (RFC 5646, section 4.5): ``zh_cn`` → ``zh-CN``, ``iw`` → ``he``.

    Raises:
        LanguageTagError: It is not well-formed, or names a language, script or region that nobody registered.
    """
    if tag in KNOWN_LANGUAGES:
        return tag
    if not isinstance(tag, str):
        raise LanguageTagError(repr(tag))
    import langcodes

    given = tag.strip()
    meant = _SUGGESTIONS.get(given.casefold(), ())
    if meant or len(given) > LONGEST_TAG_CHARACTERS or not re.fullmatch(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*", given):
        raise LanguageTagError(tag, meant)
    try:
        result = str(langcodes.standardize_tag(given))
    except ValueError:
        raise LanguageTagError(tag, _find_similar_tags(given)) from None
    if not langcodes.tag_is_valid(result):
        raise LanguageTagError(tag, _find_similar_tags(given))
    return result


@functools.lru_cache(maxsize=4096)
def match_language(tag: str, supported: tuple[str, ...]) -> str | None:
    """Return the tag among `supported` that a reader of `tag` takes for the same language, or None.

    ``zh-CN`` matches ``zh-Hans`` but not ``zh-Hant``; ``en-GB`` matches ``en``.
    """
    if tag in supported:
        return tag
    import langcodes

    found, distance = langcodes.closest_match(tag, supported, max_distance=SAME_LANGUAGE_DISTANCE)
    return str(found) if distance <= SAME_LANGUAGE_DISTANCE else None


@functools.lru_cache(maxsize=1024)
def get_script(tag: str) -> str:
    """Return the script that a language is written in, by its tag: an ISO 15924 code, such as ``Hans`` or ``Latn``."""
    return _find_likely_subtags(tag)[0] or "Zyyy"


def get_region(tag: str) -> str:
    """Return the region that a language is most likely of: an ISO 3166 code, such as ``CN``; empty if there is none."""
    return _find_likely_subtags(tag)[1]


def _find_likely_subtags(tag: str) -> tuple[str, str]:
    known = _LIKELY_SUBTAGS.get(tag)
    if known:
        return known
    import langcodes

    found = langcodes.Language.get(tag).maximize()
    return found.script or "", found.territory or ""


@functools.lru_cache(maxsize=1024)
def get_direction(tag: str) -> str:
    """Return ``rtl`` for languages written from right to left, else ``ltr``."""
    return "rtl" if get_script(tag) in _RIGHT_TO_LEFT_SCRIPTS else "ltr"


def get_autonym(tag: str) -> str:
    """Return a language's own name (``简体中文``); the tag itself for languages that the catalogue lacks."""
    known = match_language(tag, known_languages())
    return str(_read_table(known)["autonym"]) if known else tag


@functools.lru_cache(maxsize=1024)
def get_words(tag: str) -> Mapping[str, Any]:
    """Return the words of feeds and pages in a language; in English for languages that the catalogue lacks."""
    return _read_table(match_language(tag, known_languages()) or DEFAULT_LANGUAGE)


def has_words(tag: str) -> bool:
    """Tell whether the catalogue has the words of this language."""
    return match_language(tag, known_languages()) is not None


def isolate_bidi(text: str) -> str:
    """Close what a text leaves open in bidirectional controls, so that it cannot turn the text around it.

    A balanced text comes back unchanged; else it stands in FSI … PDI, whose end closes every embedding within
    (UAX #9, rule X6a).
    """
    if text.isprintable() or not _BIDI_CONTROLS.search(text):  # format characters are not printable
        return text
    open_isolates, balanced, kept = 0, True, []
    embeddings = [0]
    for character in text:
        if character in _EMBEDDINGS:
            embeddings[-1] += 1
        elif character == _PDF:
            balanced = balanced and embeddings[-1] > 0
            embeddings[-1] -= 1
        elif character in _ISOLATES:
            open_isolates += 1
            embeddings.append(0)
        elif character == _PDI:
            if not open_isolates:
                balanced = False
                continue
            open_isolates -= 1
            balanced = balanced and embeddings.pop() == 0
        kept.append(character)
    if balanced and not open_isolates and embeddings == [0]:
        return text
    return f"\u2068{''.join(kept)}{_PDI * open_isolates}{_PDI}"


_EMBEDDINGS, _ISOLATES, _PDF, _PDI = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068", "\u202c", "\u2069"
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@functools.cache
def _read_table(tag: str) -> Mapping[str, Any]:
    """Return the table of one language; those of others are not parsed, which takes 4 ms."""
    name = tag if tag.isalpha() else f'"{tag}"'
    tables = [table for table in _read_catalogue().split("\n[") if table.startswith((f"{name}]", f"{name}."))]
    return MappingProxyType(tomllib.loads("".join([f"[{table}\n" for table in tables]))[tag])


@functools.cache
def _read_catalogue() -> str:
    return Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")


def known_languages() -> tuple[str, ...]:
    """Return the tags of the languages that the catalogue has words for."""
    return KNOWN_LANGUAGES


def _find_similar_tags(tag: str) -> tuple[str, ...]:
    import difflib

    return tuple(difflib.get_close_matches(tag.replace("_", "-"), known_languages(), n=2, cutoff=0.6))
