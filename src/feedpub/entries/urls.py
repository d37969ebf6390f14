"""Web addresses in text: find them, cut off the punctuation around them, read Markdown links."""

from __future__ import annotations

import re
from typing import Final

from .. import iri


def find_url(text: str) -> str | None:
    """Return the first address in a line, bare or in a link."""
    match = BARE_URL.search(text)
    url = trim_url(match[0]) if match else ""
    return url if is_url(url) else None


def read_lone_url(text: str) -> str | None:
    """Return the address of a line that has only brackets and punctuation around it."""
    url = find_url(text)
    return url if url and not text.replace(url, "", 1).strip(AROUND_URL) else None


def split_link(text: str) -> tuple[str, str | None]:
    """Replace the first Markdown link of a text by its words, and return the text and the address of the link."""
    match = _LINK.search(text)
    if not match or not is_url(match["url"]):
        return text, None
    return f"{text[: match.start()]}{match['words'].rstrip()}{text[match.end() :]}", match["url"]


def is_url(text: str) -> bool:
    """Return True if a text is an address that a feed may link to."""
    return not iri.find_url_fault(text)


_URL: Final = r"https?://[^\s<>\"“”「」『』《》〈〉，。；：、！？（）【】]+"
BARE_URL: Final = re.compile(_URL, re.IGNORECASE)
_LINK: Final = re.compile(
    r"""
    \[\s*+(?P<words>[^\[\]\s][^\[\]]*)\]
    \(<?(?P<url>https?://(?:[^\s()<>]|\([^\s()<>]*\))*+)>?
    (?:[ ]+(?:"[^"]*"|'[^']*'|\([^()]*\))?)?\)
    """,
    re.IGNORECASE | re.VERBOSE,
)
AROUND_URL: Final = " \t()（）[]［］【】<>。.;；:：,，、!！*-–—|"
_AFTER_URL: Final = ".,;:!?'*"  # no "_": ids of YouTube videos may end in it


def trim_url(url: str) -> str:
    """Cut off the punctuation of the sentence, but no bracket that belongs to the address, as in Wikipedia's."""
    end = len(url)
    surplus = {closing: url.count(closing) - url.count(opening) for opening, closing in ("()", "[]")}
    while (last := url[end - 1]) in _AFTER_URL or surplus.get(last, 0) > 0:  # stops at "http" at the latest
        if last in surplus:
            surplus[last] -= 1
        end -= 1
    return url[:end]
