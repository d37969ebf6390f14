"""Names for files and addresses, from text."""

from __future__ import annotations

import re
import unicodedata

_SLUG_CHARACTERS = 80
_UNSAFE = re.compile(r"[^\w]+|_+")


def slug(text: str) -> str:
    """Return a name made of the letters and digits of any script: ``Open Source!`` → ``open-source``.

    At most 80 characters; the same text always gives the same name. Text without a letter gives ``untitled``.
    """
    plain = unicodedata.normalize("NFC", text).casefold()
    name = unicodedata.normalize("NFC", _UNSAFE.sub("-", plain)).strip("-")
    return name[:_SLUG_CHARACTERS].rstrip("-") or "untitled"
