"""Recognise the marks at the start of list items in pasted text: bullets, numbers and signs."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from ..whitespace import BLANKS


class ListMark(NamedTuple):
    """The mark of a list item.

    Args:
        style: The bullet, or the punctuation of the number, such as ``.`` or ``()``.
        text: The text of the item.
        value: The number; -1 for a bullet.
    """

    style: str
    text: str
    value: int = -1

    @property
    def is_number(self) -> bool:
        """Whether it is a number, such as ``(2)``, and not a bullet."""
        return self.value >= 0


def read_bullet(text: str) -> ListMark | None:
    """Return the mark of a line with a bullet; a bullet such as ``•`` needs no space after it."""
    if text[:1] in _PLAIN_BULLETS or (text[:1] in _BULLETS_OR_TEXT and text[1:2] in _SPACE_OR_END):
        return ListMark(text[0], text[1:].lstrip(BLANKS))
    return None


def read_number(text: str) -> ListMark | None:
    """Return the mark of a numbered line: ``1.``, ``1)``, ``(1)``, ``[1]``, ``1、`` or full-width."""
    match = _NUMBER.match(text)
    if not match:
        return None
    opening, digits, closing = match.groups()
    style = unicodedata.normalize("NFKC", opening + closing)
    item = text[match.end() :]
    needs_space = style in _STYLES_IN_TEXT and closing.isascii()  # "2.5 million", "3)x"
    if style not in _NUMBER_STYLES or (needs_space and item[:1].isdigit()) or (style == "[]" and item[:1] == "("):
        return None
    return ListMark(style, item.lstrip(BLANKS), int(digits))


_PLAIN_BULLETS: Final = tuple("•‣⁃◦▪▫●■□◆◇►▸・\uf0b7\uf0a7")
_BULLETS_OR_TEXT: Final = tuple("○·∙–—*+-－＊＋")
DASHES: Final = (*_BULLETS_OR_TEXT, "・")  # may also be within a sentence that was wrapped before them
_SPACE_OR_END: Final = ("", *BLANKS)
# Digits, also full-width, Arabic and Devanagari. A year has more digits than the number of an item.
_NUMBER: Final = re.compile(r"((?:[(（［]|\[\^?)?)([0-9０-９٠-٩۰-۹०-९]{1,3})([.．)）］、]|\]:?)")
_NUMBER_STYLES: Final = (".", ")", "()", "[]", "[]:", "[^]:", "、")
_STYLES_IN_TEXT: Final = (".", ")")


def read_sign(text: str) -> ListMark | None:
    """Return the sign at the start of a line as its mark: ``✅ Point``. An emoji stays in the text; it may matter."""
    sign = text[:1]
    if not sign or unicodedata.category(sign) != "So" or not (item := text[1:].lstrip("\ufe0f\u200d ")):
        return None
    return ListMark(sign, text if sign >= _FIRST_EMOJI and sign not in _COLOURED_SHAPES else item)


_FIRST_EMOJI: Final = "\U0001f000"
_COLOURED_SHAPES: Final = frozenset("🔹🔸🔷🔶🔵🔴🟠🟡🟢🟣🟤🟥🟧🟨🟩🟦🟪🟫")
