"""Whether a text can be in the language that a feed says: by its script alone, so that no short text is misjudged.

Titles in Latin letters are fine in every language (names of products), but an English feed has no titles in Chinese.
"""

from __future__ import annotations

import functools
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ..errors import LanguageTagError
from ..language import canonicalise_tag, get_script
from .faults import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .elements import Element
    from .report import Report

# Letters of each script, as ranges of a regular expression: enough to tell scripts apart.
_LETTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Latin": "A-Za-z\u00c0-\u024f\u1e00-\u1eff",
        "Greek": "\u0370-\u03ff",
        "Cyrillic": "\u0400-\u052f",
        "Armenian": "\u0531-\u0587",
        "Hebrew": "\u05d0-\u05ea",
        "Arabic": "\u0620-\u06d3",
        "Devanagari": "\u0904-\u0939",
        "Bengali": "\u0985-\u09b9",
        "Tamil": "\u0b85-\u0bb9",
        "Thai": "\u0e01-\u0e30",
        "Georgian": "\u10d0-\u10ff",
        "Korean": "\uac00-\ud7a3",
        "Japanese": "\u3041-\u30fa",
        "Chinese": "\u4e00-\u9fff",
    }
)
# Scripts of languages (ISO 15924), and the letters that are written in them.
_NAMES_BY_SCRIPT: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Latn": ("Latin",),
        "Grek": ("Greek",),
        "Cyrl": ("Cyrillic",),
        "Armn": ("Armenian",),
        "Hebr": ("Hebrew",),
        "Arab": ("Arabic",),
        "Deva": ("Devanagari",),
        "Beng": ("Bengali",),
        "Taml": ("Tamil",),
        "Thai": ("Thai",),
        "Geor": ("Georgian",),
        "Kore": ("Korean", "Chinese"),
        "Jpan": ("Japanese", "Chinese"),
        "Hans": ("Chinese",),
        "Hant": ("Chinese",),
        "Hani": ("Chinese",),
    }
)
_PATTERNS: Final = {name: re.compile(f"[{ranges}]") for name, ranges in _LETTERS.items()}
_FEWEST_LETTERS: Final = 4  # of a title that is judged
_FEWEST_CONTENT_LETTERS: Final = 300
_FOREIGN_SHARE: Final = 0.8


def check_language_of_title(title: str, language: str) -> str:
    """Return in which script a title is that its language is not written in; empty if it may be in the language."""
    native = _find_native(language)
    if not native or title.isascii():
        return ""
    counts = {name: len(pattern.findall(title[:500])) for name, pattern in _PATTERNS.items()}
    total = sum(counts.values())
    for name, number in counts.items():
        if name not in native and name != "Latin" and total >= _FEWEST_LETTERS and number >= total * _FOREIGN_SHARE:
            return name
    return ""


def check_language_of_content(text: str, language: str) -> str:
    """Return "Latin" if a long text in a language of another script has no letter of that script; else nothing."""
    native = _find_native(language)
    if not native or "Latin" in native or any(_PATTERNS[name].search(text) for name in native):
        return ""
    return "Latin" if len(_PATTERNS["Latin"].findall(text[:5_000])) >= _FEWEST_CONTENT_LETTERS else ""


def report_language(report: Report, element: Element, title: str, content: str, language: str) -> None:
    """Warn of a title or a content in another script than its language has.

    Args:
        report: Where to report it.
        element: The title, or the entry if it has none.
        title: Plain text or HTML.
        content: Plain text or HTML.
        language: Of both.
    """
    if message := describe_foreign_script(title, content, language):
        report.add("W318", message, element)


def describe_foreign_script(title: str, content: str, language: str) -> str:
    """Return which text is in another script than its language has, for a message; empty if none is."""
    script = check_language_of_title(title, language)
    if script:
        return f"the title {quote(title[:40])} is in {script} letters, the language is {language}"
    if check_language_of_content(content, language):
        return f"the content has only Latin letters, the language is {language}"
    return ""


@functools.lru_cache(maxsize=200)
def _find_native(language: str) -> tuple[str, ...]:
    try:
        return _NAMES_BY_SCRIPT.get(get_script(canonicalise_tag(language)), ())
    except LanguageTagError:
        return ()
