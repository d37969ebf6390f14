"""Split the label of a reference: ``title - publisher / publisher``."""

from __future__ import annotations

import re
from typing import Final

from ...rendering.text import html_to_text
from ..whitespace import BLANKS

# The first " - ", " – ", " — " or "——" separates title and publishers; "GPT-OSS" and "A/B" are never split. Full-width
# characters need no space. The spaces have no quantifier: a long run of them would be scanned again from every offset.
# Each pattern begins with the separator and looks behind for the space, which makes the search fast.
_SEPARATOR: Final = r"[-\N{EN DASH}\N{EM DASH}\N{FULLWIDTH HYPHEN-MINUS}](?:(?<=\s.)(?=\s)|(?<=\N{EM DASH})\N{EM DASH})"
_BETWEEN_PUBLISHERS: Final = r"[/\N{FULLWIDTH SOLIDUS}](?:(?<=\s/)(?=\s)|(?<=\N{FULLWIDTH SOLIDUS}))"
# In HTML, separators do not count in a link at the start of the label, which is the title; in a `span`, which is what
# an escaped character becomes; and within tags.
_LINK: Final = r"\s*+(?:<(?:em|strong|del|b|i)\b[^<>]*>)*+<a\b[^<>]*>(?:[^<]++|<(?!/a>))*+</a>"
_LEADING_LINK: Final = re.compile(_LINK, re.DOTALL)
_PROTECTED: Final = rf"\A{_LINK}|<span\b[^<>]*>[^<]*</span>|<[^<>]*>"
_IN_TEXT: Final = re.compile(_SEPARATOR)
_IN_HTML: Final = re.compile(f"{_PROTECTED}|({_SEPARATOR})", re.DOTALL)
_BETWEEN_IN_HTML: Final = re.compile(rf"<span\b[^<>]*>[^<]*</span>|<[^<>]*>|({_BETWEEN_PUBLISHERS})")


def is_separated(text: str) -> bool:
    """Return True if a text begins with a separator of title and publishers."""
    return _IN_TEXT.match(f" {text.lstrip()}", 1) is not None


def split_label_html(html: str) -> tuple[str, tuple[str, ...]]:
    """Split the HTML of a label into the text of the title and of the publishers, which may be missing.

    >>> split_label_html("Cursor - Cursor Official Website / Codex Plugin")
    ('Cursor', ('Cursor Official Website', 'Codex Plugin'))
    """
    link = _LEADING_LINK.match(html)
    start = link.end() if link else 0
    match = _IN_TEXT.search(html, start)
    if match and html.find("<", start) >= 0:  # it may be within a protected part
        match = next((match for match in _IN_HTML.finditer(html) if match[1]), None)
    if match:
        title = html_to_text(html[: match.start()])
        parts = map(html_to_text, _split_publishers(html[match.end() :].lstrip()))
        publishers = tuple(filter(None, parts))
        if title and publishers:
            return title, publishers
    return html_to_text(html), ()


def _split_publishers(html: str) -> list[str]:
    if "/" not in html and "\N{FULLWIDTH SOLIDUS}" not in html:
        return [html]
    parts, start = [], 0
    for match in _BETWEEN_IN_HTML.finditer(html):
        if match[1]:
            parts.append(html[start : match.start()])
            start = match.end()
    return [*parts, html[start:]]


def strip_separator(label: str) -> str:
    """Return a label without the separator before the address: ``Title -``, ``Title:``, ``Title,``."""
    shorter = label.rstrip(BLANKS + ":：,，;；")
    if shorter[-1:] in ("-", "–", "—", "－", "|") and (len(shorter) == 1 or shorter[-2] in BLANKS):
        shorter = shorter[:-1].rstrip(BLANKS)
    return shorter
