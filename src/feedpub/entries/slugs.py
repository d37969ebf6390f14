"""Names for files and addresses, from text."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST_SLUG_CHARACTERS: Final = 80
LONGEST_SLUG_BYTES: Final = 200  # file systems take 255 for a name, and ".zh-Hans.md" follows


def make_slug(text: str) -> str:
    """Return a name made from the letters and digits of a text, in any script: ``Open Source!`` → ``open-source``.

    It has at most 80 characters and 200 bytes, and is ``untitled`` if the text has no letter or digit.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    words = "".join(character if _is_part_of_word(character) else " " for character in folded).split()
    name = "-".join(words)[:LONGEST_SLUG_CHARACTERS].encode()[:LONGEST_SLUG_BYTES].decode(errors="ignore")
    return name.rstrip("-") or "untitled"


def _is_part_of_word(character: str) -> bool:
    """Return True for letters, digits and marks: vowels of Hindi and Thai are marks, not word characters of `re`."""
    return unicodedata.category(character)[0] in "LMN"
