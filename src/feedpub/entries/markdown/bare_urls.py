"""Turn the bare addresses in the HTML of Markdown into links."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from ..urls import BARE_URL, is_url, trim_url
from .positions import POSITION


def link_bare_urls(html: str) -> str:
    """Return HTML in which the bare addresses of Markdown are links, except in links and code."""
    if not _BARE.search(html):
        return html
    if html.count("<a ") != html.count(f"<a{POSITION}"):
        return _link_urls(html)  # a link in raw HTML may contain several blocks
    blocks = _BEFORE_BLOCK.split(html)
    return "\n".join([_link_urls(block) if _BARE.search(block) else block for block in blocks])


def _link_urls(html: str) -> str:
    parts = _TAG.split(html)
    closing = ""
    is_markdown = False  # raw HTML stays as it is
    for index, part in enumerate(parts):
        if index % 2 == 0:
            if is_markdown and not closing and "://" in part:
                parts[index] = _BARE_URL.sub(_write_link, part)
        elif closing:
            closing = "" if part.casefold().startswith(closing) else closing
        elif opening := _LINK_OR_CODE.match(part):
            closing = f"</{opening[1].casefold()}"
        elif block := _TEXT_BLOCK.match(part):
            is_markdown = not block[1]
    return "".join(parts)


# An address that is not in the attribute of a link.
_BARE: Final = re.compile(r'://(?<!="https://)(?<!="http://)')
# Not in "[a](https://x.test/b c)", which is plain text because of the space: half of the address would become a link.
_BARE_URL: Final = re.compile(rf"(?<!\]\(){BARE_URL.pattern}", re.IGNORECASE)
_TEXT_BLOCK: Final = re.compile(rf"<(?:(/)|(?=[^>]*{POSITION}))(?:p|h[1-6]|li|t[dh])\b")
_BEFORE_BLOCK: Final = re.compile(rf"\n(?=<(?:p|h[1-6]|li){POSITION})")
# Attribute values may contain ">"; comrak passes on no tag without an end.
_TAG: Final = re.compile(r"""(<(?:[^<>"']++|"[^"]*+"|'[^']*+'){0,200}+>)""")
_LINK_OR_CODE: Final = re.compile(r"<(a|code|pre|script|style)\b", re.IGNORECASE)
_ENTITY_AFTER_URL: Final = re.compile("&(?:quot|lt|gt);")


def _write_link(match: re.Match[str]) -> str:
    url = _ENTITY_AFTER_URL.split(match[0], maxsplit=1)[0]
    trimmed = trim_url(url)
    if not is_url(unescape(trimmed)):
        return match[0]
    return f'<a href="{trimmed}">{trimmed}</a>{match[0][len(trimmed) :]}'
