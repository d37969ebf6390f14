"""Source positions in HTML: ``data-sourcepos="line:column-line:column"``, from 1, columns in bytes of UTF-8.

All positions are comrak's: `prepare_text` makes sure that authors cannot write any. The sanitiser removes them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

POSITION: Final = ' data-sourcepos="'
# comrak checks all open quotations at each line: 64 KB of ">" take 2 s.
DEEPEST_QUOTATION: Final = 100


def prepare_text(text: str) -> str:
    """Return Markdown without positions written by its author, and without quotations that are too deep."""
    text = _NAME_OF_POSITION.sub("-\N{WORD JOINER}", text)  # looks the same, but is not that attribute
    if ">" in text and (">>" in text or "> >" in text):
        text = _DEEP_QUOTATION.sub(r"\1\\", text)
    return text if text.endswith("\n") else f"{text}\n"


# `re.IGNORECASE` also matches letters such as "ſ". The pattern begins with the hyphen, which makes the search fast.
_NAME_OF_POSITION: Final = re.compile("-(?<=data-)(?=sourcepos)", re.IGNORECASE)


def remove_matches(pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], html: str) -> str:
    """Return HTML with the matches of a pattern replaced.

    If a removal makes a position of the text around it, as in ``data-source&#1;pos``, a word joiner takes its place.
    """
    removed = pattern.sub(replace, html)
    if len(_NAME_OF_POSITION.findall(removed)) <= len(_NAME_OF_POSITION.findall(html)):
        return removed
    return pattern.sub(lambda match: replace(match) or "\N{WORD JOINER}", html)


_DEEP_QUOTATION: Final = re.compile(
    rf"^((?:[ \t]*+(?:(?:[-+*]|\d{{1,9}}[.)])[ \t]++)*+>){{{DEEPEST_QUOTATION}}}[ \t]*+)(?=>)", re.MULTILINE
)


def strip_positions(html: str) -> str:
    """Return HTML without positions, and without the ``span`` around escaped characters."""
    return _POSITION.sub("", _ESCAPED.sub(r"\1", html) if "<span data-escaped-char" in html else html)


_POSITION: Final = re.compile(rf'{POSITION}[0-9:-]+"')
_ESCAPED: Final = re.compile(r"<span data-escaped-char[^<>]*>([^<]*)</span>")
