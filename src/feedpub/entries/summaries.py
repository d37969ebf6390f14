"""A summary for entries that have none: the start of their first paragraph."""

from __future__ import annotations

import re
from typing import Final

LONGEST_SUMMARY_GRAPHEMES: Final = 300
# A grapheme, near enough (UAX #29): a flag, or a character with its marks, selectors and joined characters.
_GRAPHEME = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|.(?:[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a"
    "\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u200d\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f"
    "\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|(?<=\u200d).)*",
    re.DOTALL,
)
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]+[”’」』）]*|[।؟۔]")
_SPACE = re.compile(r"\s+")


def derive_summary(paragraph: str) -> str:
    """Return the start of a paragraph, at most 300 graphemes, ending with a sentence if one ends in its second half.

    Otherwise it is cut between words, or between characters of scripts without spaces, and ends in ``…``; never within
    an address or a Latin word.
    """
    text = " ".join(paragraph.split())
    room = _first_graphemes(text)
    if room == len(text):
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, room + 1) if found.end() <= room]
    if ends and ends[-1] > room // 3:
        return text[: ends[-1]]
    return text[: _word_end(text, room)].rstrip(" ,;:，；：、") + "…"


def _first_graphemes(text: str) -> int:
    end = 0
    for count, found in enumerate(_GRAPHEME.finditer(text)):
        if count == LONGEST_SUMMARY_GRAPHEMES:
            return end
        end = found.end()
    return end


def _word_end(text: str, room: int) -> int:
    """Go back to where no word or address is cut; an address longer than the summary is left out by its start."""
    end = room
    while end > 1 and _joined(text[end - 1]) and _joined(text[end]):
        end -= 1
    return end if end > 1 else room


def _joined(character: str) -> bool:
    return "!" <= character <= "~" or "\u00c0" <= character <= "\u1fff"
