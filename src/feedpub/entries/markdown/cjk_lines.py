"""Join the lines of Chinese and Japanese paragraphs in HTML, without a space between them."""

from __future__ import annotations

import re
from typing import Final

from ..cjk import CJK, WIDE

# Compiled when it is first needed, which takes 6 ms.
_INLINE_TAGS: Final = r"(?:</?(?:em|strong|a|del|code|sup)\b[^<>]*>)*"
# The pattern begins with the line end, which makes the search fast.
_CJK_LINE: Final = rf"\n(?:(?={_INLINE_TAGS}(?:([{WIDE}])|[{CJK}]))|(?<=[{WIDE}]\n)(?=[^<\s])())"
_CJK_BEFORE: Final = rf"[{CJK}]{_INLINE_TAGS}\Z"
_PRE: Final = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
_LONGEST_TAGS: Final = 200


def join_cjk_lines(html: str) -> str:
    """Return HTML without the line ends within Chinese or Japanese text, which browsers would show as a space."""
    if not re.search(_CJK_LINE, html):
        return html
    pieces, start = [], 0
    code = [match.span() for match in _PRE.finditer(html)]
    position = 0
    for match in re.finditer(_CJK_LINE, html):
        while position < len(code) and code[position][1] <= match.start():
            position += 1
        in_code = position < len(code) and code[position][0] < match.start()
        is_joined = match[1] is not None or match[2] is not None
        if not in_code and (
            is_joined or re.search(_CJK_BEFORE, html[max(0, match.start() - _LONGEST_TAGS) : match.start()])
        ):
            pieces.append(html[start : match.start()])
            start = match.end()
    return "".join([*pieces, html[start:]])
