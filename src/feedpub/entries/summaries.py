"""A summary for entries that have none: the start of their first paragraph."""

from __future__ import annotations

import re
from typing import Final

from ..rendering.text import one_line

LONGEST_SUMMARY_GRAPHEMES: Final = 300
LONGEST_FIRST_WORDS_GRAPHEMES: Final = 60  # that stand for a title
# A grapheme, near enough (UAX #29): a flag, or a character with its marks, selectors and joined characters.
_GRAPHEME: Final = (
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|.(?:[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a"
    "\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u200d\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f"
    "\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|(?<=\u200d).)*"
)
_SENTENCE_END: Final = r"[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]+[”’」』）]*|[।؟۔]"


def derive_summary(paragraph: str, longest: int = LONGEST_SUMMARY_GRAPHEMES) -> str:
    """Return the start of a paragraph, of a number of graphemes, with a sentence at the end if one ends late enough.

    Otherwise it is cut between words, or between characters of scripts without spaces, and ends in ``…``; never within
    an address or a word: one that is longer stays whole, if nothing stands before it.
    """
    text = one_line(paragraph)
    room = _first_graphemes(text, longest)
    if room == len(text):
        return text
    ends = [found.end() for found in re.compile(_SENTENCE_END).finditer(text, 0, room + 1) if found.end() <= room]
    if ends and ends[-1] > room // 3:
        return text[: ends[-1]]
    end = _word_end(text, room)
    return text if end == len(text) else text[:end].rstrip(" ,;:，；：、") + "…"


def _first_graphemes(text: str, longest: int) -> int:
    if len(text) <= longest:
        return len(text)
    end = 0
    for count, found in enumerate(re.finditer(_GRAPHEME, text, re.DOTALL)):
        if count == longest:
            return end
        end = found.end()
    return end


def _word_end(text: str, room: int) -> int:
    """Go back to where no word or address is cut, or on to the end of one that is longer than the summary."""
    end = room
    while end and _joined(text[end - 1]) and _joined(text[end]):
        end -= 1
    if end:
        return end
    while end < len(text) and _joined(text[end]):
        end += 1
    return end


def _joined(character: str) -> bool:
    """Tell whether a character is part of words with spaces around them; Thai and its neighbours set none."""
    return "!" <= character <= "~" or ("\u00c0" <= character <= "\u1fff" and not _UNSPACED.match(character))


_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]")
