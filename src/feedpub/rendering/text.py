"""Plain text, and the text of HTML."""

from __future__ import annotations

import re
from html import unescape
from typing import Final


def join_lines(text: str) -> str:
    """Return text on one line: line ends and runs of spaces become one space, other kinds of spaces stay.

    French has no-break spaces before punctuation, Chinese has wide ones between names; ``str.split`` would remove both.
    """
    if "  " in text or not text.isprintable():  # of these characters, only a space is printable
        text = _LINE_ENDS_AND_SPACES.sub(" ", text)
    return text.strip()


_LINE_ENDS_AND_SPACES: Final = re.compile("[ \t\n\r\v\f\x1c-\x1f\x85\u2028\u2029]+")


def html_to_text(html: str) -> str:
    """Return the text of HTML, without tags and on one line."""
    if "<" in html:
        if "<br" in html or "</p>" in html:
            html = _LINE_BREAK.sub(" ", html)
        html = _TAG.sub("", html)
    return join_lines(unescape(html) if "&" in html else html)


_LINE_BREAK: Final = re.compile(r"<br\b[^<>]*>|</p>")
_TAG: Final = re.compile(r"<[^<>]*>")


def paragraphs_to_text(html: str) -> str:
    """Return the text of HTML paragraphs, separated by blank lines."""
    return "\n\n".join(text for part in html.split("</p>") if (text := html_to_text(part)))


def split_paragraphs(text: str) -> list[str]:
    """Split plain text at its blank lines."""
    parts = _BETWEEN_PARAGRAPHS.split(text) if "\n" in text else (text,)
    return [line for line in map(collapse_spaces, parts) if line]


_BETWEEN_PARAGRAPHS: Final = re.compile(r"\n[ \t]*\n")


def collapse_spaces(text: str) -> str:
    """Return text on one line: each run of white space, of any kind, becomes one space."""
    if "  " not in text and text.isprintable():  # the only printable white space is the space
        return text.strip(" ")
    return " ".join(text.split())
