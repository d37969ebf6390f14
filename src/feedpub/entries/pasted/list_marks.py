"""The marks that open the items of a list in pasted text: bullets, numbers and signs."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from ..whitespace import BLANKS


class ListMark(NamedTuple):
    """What opens an item: a bullet, or the form of a number without its digits; the item's text; the number or -1."""

    style: str
    text: str
    value: int = -1

    @property
    def is_number(self) -> bool:
        """True for ``(2)`` and the like, False for bullets."""
        return self.value >= 0


def read_bullet(text: str) -> ListMark | None:
    """Return the mark and the text of a bulleted line; an unmistakable mark needs no space behind it."""
    if text[:1] in _PLAIN_BULLETS or (text[:1] in _BULLETS_OR_TEXT and text[1:2] in _SPACE_OR_END):
        return ListMark(text[0], text[1:].lstrip(BLANKS))
    return None


def read_number(text: str) -> ListMark | None:
    """Return the number and the text of a numbered line: ``1.``, ``1)``, ``(1)``, ``[1]``, ``1、`` or full-width."""
    match = _NUMBER.match(text)
    if not match:
        return None
    opening, digits, closing = match.groups()
    style = unicodedata.normalize("NFKC", opening + closing)
    item = text[match.end() :]
    needs_space = style in _FORMS_IN_TEXT and closing.isascii()  # "2.5 million", "3)x"
    if style not in _FORMS or (needs_space and item[:1].isdigit()) or (style == "[]" and item[:1] == "("):
        return None
    return ListMark(style, item.lstrip(BLANKS), int(digits))


_PLAIN_BULLETS: Final = tuple("•‣⁃◦▪▫●■□◆◇►▸・\uf0b7\uf0a7")
_BULLETS_OR_TEXT: Final = tuple("○·∙–—*+-－＊＋")
DASHES: Final = (*_BULLETS_OR_TEXT, "・")  # could also stand within a sentence that was wrapped before them
_SPACE_OR_END: Final = ("", *BLANKS)
# Digits, also full-width, Arabic and Devanagari ones; years are no numbers of items.
_NUMBER: Final = re.compile(r"((?:[(（［]|\[\^?)?)([0-9０-９٠-٩۰-۹०-९]{1,3})([.．)）］、]|\]:?)")
_FORMS: Final = (".", ")", "()", "[]", "[]:", "[^]:", "、")
_FORMS_IN_TEXT: Final = (".", ")")


def read_sign(text: str) -> ListMark | None:
    """Return the sign that opens a line as its mark: ``✅ Point``; an emoji stays, since it may say something."""
    sign = text[:1]
    if not sign or unicodedata.category(sign) != "So" or not (item := text[1:].lstrip("\ufe0f\u200d ")):
        return None
    return ListMark(sign, text if sign >= _FIRST_EMOJI and sign not in _COLOURED_SHAPES else item)


_FIRST_EMOJI: Final = "\U0001f000"
_COLOURED_SHAPES: Final = frozenset("🔹🔸🔷🔶🔵🔴🟠🟡🟢🟣🟤🟥🟧🟨🟩🟦🟪🟫")
