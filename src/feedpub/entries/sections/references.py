"""Read a reference, or a neighbour, from the HTML of its list item or paragraph."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ...errors import FieldError
from ...model import Reference
from ...rendering.text import html_to_text
from ..urls import is_url
from .labels import is_separated, split_label_html, strip_separator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..source import Source
    from .blocks import Block

_LINK: Final = re.compile(r'<a\b(?>[^<>]*? href=")([^"]*+)"[^<>]*+>((?:[^<]++|<(?!/?a\b))*+)</a>', re.DOTALL)
_BROKEN_LINK: Final = re.compile(r"\]\([a-z]+:/?/?[^()\s]* [^()]*\)", re.IGNORECASE)
_PUNCTUATION: Final = " \t.,;:()<>。，；：（）"


Position = tuple[int, int]  # line and column in the file


def read_reference(html: str, source: Source, position: Position) -> Reference | None:
    """Read a reference: ``title - publisher / publisher``, with its address as a link or in the text.

    Args:
        html: The HTML of the item.
        source: The file; problems are added to it.
        position: The position of the item.

    Returns:
        The reference; None if it is empty, or only has an address that is not allowed.
    """
    label, urls = _take_links(html)
    usable = list(filter(is_url, urls)) if len(urls) != 1 else urls
    if "<sup>" in label or "<li" in label or "<img" in label or len(usable) > 1 or "](" in label:
        label = _report_oddities(label, urls, usable, source, position)
    title, publishers = split_label_html(label)
    url = usable[0] if usable else None
    if not title and not url:
        source.add_at("W109", "this reference is empty", "write a title, or remove it", *position)
        return None
    try:
        return Reference(title=title or url or "", publishers=publishers, url=url)
    except FieldError:  # `html_checks.inspect_html` reports the address
        return Reference(title=title, publishers=publishers) if title else None


def _report_oddities(label: str, urls: Sequence[str], usable: Sequence[str], source: Source, position: Position) -> str:
    """Report what is not allowed in a reference; return its label without footnote numbers."""
    if not urls and _BROKEN_LINK.search(html_to_text(label)):
        message = "this link is broken: its address contains a space"
        source.add_at("E111", message, "write %20 for the space", *position)
    without_notes = _NUMBER_OF_NOTE.sub("", label)
    for applies, message in (
        ("<li" in label, "the list below this reference is read as part of it"),
        (without_notes != label, "the footnote in this reference is left out"),
        ("<img" in label, "the picture in this reference is left out"),
        (len(usable) > 1, f"this reference has {len(usable)} addresses; the first one is used"),
    ):
        if applies:
            source.add_at("W109", message, "write each reference on one line, with its own number", *position)
    return without_notes


_NUMBER_OF_NOTE: Final = re.compile(r"<sup>\[[^\]<]*\]</sup>")


def read_neighbour(html: str) -> Reference | None:
    """Read the title of the previous or next article, and its address if it has one."""
    label, urls = _take_links(html)
    url = next(filter(is_url, urls), None)
    title = html_to_text(label) or url
    return Reference(title=title, url=url) if title else None


def find_lone_url(block: Block) -> str | None:
    """Return the address of a paragraph that consists of one link."""
    links = _LINK.findall(block.html) if block.tag == "p" else ()
    if len(links) != 1 or html_to_text(_LINK.sub("", block.html)).strip(_PUNCTUATION):
        return None
    url = _read_address(*links[0])
    return url if is_url(url) else None


def _take_links(html: str) -> tuple[str, list[str]]:
    """Return the HTML of a label, without a bare address at its end, and the addresses of all its links."""
    if "<p" in html:
        html = _PARAGRAPH_TAG.sub(" ", html)
    links = list(_LINK.finditer(html))
    bare = next((link for link in links if _is_bare(link[1], link[2])), None)
    if not bare:
        return html, [unescape(link[1]) for link in links]
    urls = [_read_address(link[1], link[2]) for link in links]
    before = html[: bare.start()].rstrip()
    after = _LINK.sub(lambda link: "" if _is_bare(link[1], link[2]) else link[0], html[bare.end() :])
    text = html_to_text(after)
    if not text.strip(_CLOSING):
        return _trim_label(before, text), urls
    if is_separated(text) or not html_to_text(before):
        return f"{before} {after.lstrip()}", urls
    return html, urls  # within a sentence


_PARAGRAPH_TAG: Final = re.compile(r"</?p\b[^<>]*>")
_CLOSING: Final = " )）]］】>。.;；,，、!！*"
_PAIRS: Final = {"(": ")", "（": "）", "[": "]", "［": "］", "【": "】"}


def _trim_label(label: str, after: str) -> str:
    """Return a label without the separator or bracket before the address: ``Title -``, ``Title: (``."""
    if label and _PAIRS.get(label[-1], "none") in after:
        label = label[:-1]
    return strip_separator(label.strip())


def _read_address(href: str, text: str) -> str:
    """Return the address of a link; as it was written, if the link shows it, since comrak encodes it in ASCII."""
    return unescape(text if _is_bare(href, text) else href)


def _is_bare(href: str, text: str) -> bool:
    """Return True if a link's text is its address."""
    return "://" in text and (text == href or unquote(href) == unquote(text))
