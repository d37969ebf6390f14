"""Join the lines of a paragraph that was wrapped, with or without a space between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..cjk import CJK, WIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def join_lines(texts: Iterable[str], *, cjk_spacing: bool) -> str:
    """Join the lines of a paragraph that was wrapped.

    Args:
        texts: The lines, none of them empty.
        cjk_spacing: Whether there is a space between Chinese and Latin letters; see `has_cjk_spacing`.
    """
    pieces: list[str] = []
    for text in texts:
        if pieces:
            pieces.append(_choose_separator(pieces[-1], text, cjk_spacing))
        pieces.append(text)
    return "".join(pieces)


def has_cjk_spacing(texts: Sequence[str]) -> bool:
    """Return True if a text has spaces between Chinese or Japanese and other letters, or no such place.

    A text with more spaces than Chinese letters is in another language, and only quotes some.
    """
    spaced = sum(1 for text in texts for _ in re.finditer(_SPACED, text))
    unspaced = sum(1 for text in texts for _ in re.finditer(_UNSPACED, text))
    return spaced >= unspaced or sum(text.count(" ") - len(re.findall(_IS_CJK, text)) for text in texts) > 0


# Compiled when they are first needed, which takes 10 ms.
_IS_CJK: Final = f"[{CJK}]"
_WIDE_MARK: Final = f"[{WIDE}]"
_SPACED: Final = f"(?<=[{CJK}]) (?=[!-~])|(?<=[!-~]) (?=[{CJK}])"
_UNSPACED: Final = f"(?<=[{CJK}])(?=[!-~])|(?<=[!-~])(?=[{CJK}])"
# "pre-" and "and post-training" were two words before the wrap, "multi-" and "agent" were one.
_SUSPENDED: Final = re.compile(r"(?:and|or|to|und|oder|bis|et|ou|y|o|e|en|of)\b", re.IGNORECASE)
# The separators of title and publishers keep their spaces, whatever is beside them.
_SPACED_BEFORE: Final = (" /", " -", " –", " —")
_SPACED_BEHIND: Final = ("/ ", "- ", "– ", "— ")


def _choose_separator(before: str, after: str, cjk_spacing: bool) -> str:
    if before[-2:] in _SPACED_BEFORE or after[:2] in _SPACED_BEHIND:
        return " "
    ends = (before[-1], after[0])
    wide = [bool(re.match(_IS_CJK, end)) for end in ends]
    if all(wide) or any(re.match(_WIDE_MARK, end) for end in ends):
        return ""
    if any(wide):
        return " " if cjk_spacing else ""
    hyphenated = ends[0] in "-\u2010" and before[-2:-1].isalnum() and ends[1].isalnum()
    return "" if hyphenated and not _SUSPENDED.match(after) else " "
