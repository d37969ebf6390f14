"""Guess the language of a text from its script, its letters and its common words."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ..language import get_script, match_language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def guess_languages(text: str, candidates: Sequence[str], preferred: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the candidates that a text may be written in.

    The script decides first, then letters and common words, then whether the site has the language. Candidates that
    remain equally likely are returned together, in the given order.

    Args:
        text: The text; its first 20,000 characters count.
        candidates: BCP 47 tags. If none fits the script of the text, the result is empty.
        preferred: BCP 47 tags of the site.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    scripts = _find_scripts(sample)
    fitting = [language for language in candidates if not scripts or get_script(language) in scripts]
    if len(fitting) > 1:
        fitting = _select_best({language: _count_signs(language, sample) for language in fitting})
    if len(fitting) > 1 and preferred:
        fitting = _select_best(
            {language: match_language(language, tuple(preferred)) is not None for language in fitting}
        )
    return tuple(fitting)


_SAMPLE_CHARACTERS: Final = 20_000
# Patterns are compiled when they are first needed: most sites never guess a language.
# ISO 15924 codes, their letters, and the weight of one letter: Chinese texts about software are full of Latin names.
LETTERS: Final = (
    (("Jpan",), "[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]", 3),
    (("Hans", "Hant", "Jpan", "Kore"), "[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]", 3),
    (("Kore",), "[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]", 3),
    (("Cyrl",), "[\u0400-\u052f]", 1),
    (("Grek",), "[\u0370-\u03ff\u1f00-\u1fff]", 1),
    (("Hebr",), "[\u05d0-\u05ea]", 1),
    (("Arab",), "[\u0620-\u06ff\u0750-\u077f]", 1),
    (("Deva",), "[\u0900-\u097f]", 1),
    (("Thai",), "[\u0e01-\u0e5b]", 1),
    (("Latn",), "[A-Za-z\u00c0-\u024f\u1e00-\u1eff]", 1),
)
# Half the letters of a Japanese text are kana; a Chinese text may quote a few.
_KANA_SHARE: Final = 0.2
# Words and letters that set apart the languages that share headings.
_TYPICAL_WORDS: Final = MappingProxyType(
    {
        "en": r"\b(?:the|and|of|is|are|with|by)\b",
        "fr": r"\b(?:le|les|des|est|et|dans|pour|une|du)\b|[êœç]",
        "de": r"\b(?:der|und|das|ist|nicht|mit|ein|eine|von)\b|[äöüß]",
        "nl": r"\b(?:het|een|van|niet|zijn|voor|ook|wordt)\b",
        "es": r"\b(?:el|los|las|y|una|del|con)\b|[ñ¿¡]",
        "pt": r"\b(?:os|as|um|uma|não|do|em|com)\b|[ãõ]",
        "it": r"\b(?:il|gli|che|di|della|sono|per|è)\b",
        "pl": r"\b(?:jest|nie|się|oraz|dla)\b|[ąęłńśźż]",
        "id": r"\b(?:yang|dan|dengan|untuk|ini)\b",
        "tr": r"\b(?:ve|bir|bu|için|ile)\b|[ğş]",
        "vi": r"[ăđơưạảấầẩậắằẵặẹẻẽếềểễệọốồổộớờởợụủứừửựỳỵ]",
        "ru": "[ыэъё]",
        "uk": "[ґєії]",
        "ar": "[ةىكيأإ]",
        "fa": "[پچژگکی]",
        "cs": r"\b(?:je|jsou|není|který|která|které|jako)\b|[ěřů]",
        # New languages go above this line.
    }
)
# National character sets tell the two ways of writing Chinese apart: 们 is only in GB 2312, 們 only in Big5.
_NATIONAL_SETS: Final = MappingProxyType({"zh-Hans": "gb2312", "zh-Hant": "big5", "ja": "shift_jis"})


def _find_scripts(text: str) -> tuple[str, ...]:
    """Return the ISO 15924 codes of the scripts that a text could be in; empty if it has no known letters."""
    counts = [len(re.findall(letters, text)) * weight for _, letters, weight in LETTERS]
    kana, han = counts[:2]
    if kana > _KANA_SHARE * (kana + han):
        counts[0] += han
    most = max(counts)
    return LETTERS[counts.index(most)][0] if most else ()


def _count_signs(language: str, text: str) -> int:
    if language in _NATIONAL_SETS:
        letters = re.findall(LETTERS[1][1], text) + (re.findall(LETTERS[0][1], text) if language == "ja" else [])
        return len("".join(letters).encode(_NATIONAL_SETS[language], errors="ignore"))
    return len(re.findall(_TYPICAL_WORDS[language], text, re.IGNORECASE)) if language in _TYPICAL_WORDS else 0


def _select_best(scores: Mapping[str, int]) -> list[str]:
    most = max(scores.values())
    return [language for language, score in scores.items() if score == most]
