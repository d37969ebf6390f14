"""Checks of HTML in content: what readers remove, what leads nowhere, what is written twice or not closed.

Readers show the HTML of strangers, so each removes what could act: scripts, frames, most styles. What they remove
is different; the sets here are what nearly all of them keep.
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from typing import TYPE_CHECKING, Final, NamedTuple

from .faults import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .elements import Element

SAFE_TAGS: Final = frozenset(
    """a abbr acronym address area article aside audio b bdi bdo big blockquote br button canvas caption center cite
    code col colgroup data datalist dd del details dfn dialog dir div dl dt em fieldset figcaption figure font footer h1
    h2 h3 h4 h5 h6 header hgroup hr i img input ins kbd label legend li main map mark menu meter nav noscript ol
    optgroup option output p picture pre progress q rp rt rtc ruby s samp search section select slot small source span
    strike strong sub summary sup table tbody td template textarea tfoot th thead time tr track tt u ul var video wbr
    form""".split()
)
DANGEROUS_TAGS: Final = frozenset(
    """applet base basefont body embed frame frameset head html iframe isindex link listing meta noframes object param
    plaintext script style title xmp""".split()
)
HTML_TAGS: Final = SAFE_TAGS | DANGEROUS_TAGS
_VOID_TAGS: Final = frozenset(
    "area base basefont br col embed frame hr img input isindex link meta param source track wbr".split()
)
# Tags that need no end tag (HTML Standard, section 13.1.2.4).
_OPTIONAL_END_TAGS: Final = frozenset(
    "p li dt dd rt rp rtc option optgroup tr td th thead tbody tfoot colgroup caption html head body".split()
)
_FOREIGN_TAGS: Final = frozenset(("svg", "math"))  # their content has names of its own
_ADDRESS_ATTRIBUTES: Final = frozenset(("href", "src", "poster", "cite"))
# A tag: slash, name, and what follows. Without "<" in it outside quotation marks, so that the time is linear.
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/<>\"']*+)((?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+)>")
_COMMENT = re.compile(r"<!--(?:.*?-->|.*)|<[!?][^<>]*+>", re.DOTALL)
_IMPORT = re.compile(r"<\?import\b", re.IGNORECASE)
# The usual attributes of a link or a picture, which are checked in a quarter of the time.
_HARMLESS_ATTRIBUTES = re.compile(
    r"""
    (?: \s++ (?: (?:href|src) ="https?:[^"]*+"
             | (?:alt|title|lang|dir|class|id|width|height|rel|start) ="[^"]*+" ) )++ \s*+ /?
    """,
    re.VERBOSE,
)
_ATTRIBUTE = re.compile(
    r"""[\s"'/]([A-Za-z][\w:.-]{0,60})\s{0,20}+=\s{0,20}+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']{1,8000}+))""", re.ASCII
)
_UNFINISHED_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}+\Z")
_NO_TAG_END = re.compile(r"</?(?:p|a|b|i|em|br|div|span|strong|img|ul|ol|li)\b[^<>]{0,200}+<", re.IGNORECASE)
# Markup or references that were escaped once too often: readers show them as text.
_ESCAPED_MARKUP = re.compile(
    r"\s*&lt;(?:p|div|ul|ol|h[1-6]|span|img|a|br|strong|em|b|i)\b.*&gt;\s*", re.IGNORECASE | re.DOTALL
)
_ESCAPED_REFERENCE = re.compile(
    r"&amp;(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp|[lr][sd]quo|[mn]dash|hellip);"
)
_CONTROL_REFERENCE = re.compile(r"&#(?:12[89]|1[345]\d|x[89][0-9a-f]);", re.IGNORECASE)
_RELATIVE = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:|#)\S")
_HARMLESS_STYLE = re.compile(
    r"""
    (?: \s* (?:
        (?: azimuth | background (?: -color )? | border (?: - (?: bottom | top | left | right ) )?
            (?: - (?: color | style | width ) )? | border- (?: collapse | spacing | radius ) | clear | color | cursor
          | direction | display | float | font (?: - (?: family | size | style | variant | weight ) )? | height
          | letter-spacing | line-height | list-style (?: -type )? | margin (?: - (?: bottom | top | left | right ) )?
          | max-width | max-height | min-width | overflow | padding (?: - (?: bottom | top | left | right ) )?
          | text- (?: align | decoration | indent ) | unicode-bidi | vertical-align | white-space | width )
        \s* : \s* (?: rgba? \( [\d\s,.%]{1,40} \) | \# [0-9a-f]{3,8} | \d{1,4} (?: \.\d{1,6} )? (?! \d ) | \.\d{1,6}
            | [^:;(){}\\@<>\#0-9] )*+
      )? (?: ; | \Z )
    )*+
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Finding(NamedTuple):
    """What is wrong in some HTML.

    Args:
        code: Of the rule.
        message: What is wrong.
        text: Where: a part of the HTML as it is written.
    """

    code: str
    message: str
    text: str


def check_html(html: str, *, has_base: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with the HTML of a content, each kind of thing once for each tag.

    Args:
        html: A fragment, not escaped.
        has_base: Whether relative addresses have a base (``xml:base``).
    """
    if "<" not in html:
        yield from _check_escaping(html, has_markup=False)
        return
    if "<!" in html or "<?" in html:
        if _IMPORT.search(html):
            yield Finding("W307", "readers remove <?import …>", "<?import")
        html = _COMMENT.sub("", html)
    ignored = {"W309"} if has_base else set()
    if "<svg" in html or "<math" in html:  # elements with names of their own
        ignored.add("W310")
    tags = Counter(_TAG.findall(html))
    balance: dict[str, int] = {}
    for (slash, name, rest), number in tags.items():
        lower = name.lower()
        balance[lower] = balance.get(lower, 0) + (-number if slash else number)
        if rest or lower not in SAFE_TAGS:
            yield from (finding for finding in inspect_tag(slash, lower, rest) if finding.code not in ignored)
    if tags.total() < html.count("<"):
        yield from _check_unfinished(html)
    yield from _check_balance(balance)
    yield from _check_escaping(html, has_markup=bool(tags))


def inspect_tag(slash: str, name: str, rest: str) -> tuple[Finding, ...]:
    """Return what is wrong with one tag.

    Args:
        slash: Of an end tag; else empty.
        name: In lower case.
        rest: What follows it, such as `` href="page.html" onclick="go()"``.
    """
    if name in DANGEROUS_TAGS:
        return (Finding("W307", f"readers remove <{name}>", f"<{name}"),) if not slash else ()
    if name not in SAFE_TAGS and "-" not in name and ":" not in name and name not in _FOREIGN_TAGS:
        return (Finding("W310", f"HTML has no element <{name[:30]}>", f"<{slash}{name}"),)
    if slash or "=" not in rest or _HARMLESS_ATTRIBUTES.fullmatch(rest):
        return ()
    return tuple(_inspect_attributes(rest))


def check_xhtml(element: Element) -> Iterator[tuple[Element, Finding]]:
    """Yield what is wrong with XHTML elements in a feed, each with the element."""
    waiting = [element]
    has_base = bool(element.inherited("xml:base"))
    while waiting:
        current = waiting.pop()
        prefix, _, name = current.name.rpartition(":")
        if prefix == "xhtml":
            if name in DANGEROUS_TAGS and current is not element:
                yield current, Finding("W307", f"readers remove <{name}>", "")
            elif name not in SAFE_TAGS and name not in DANGEROUS_TAGS:
                yield current, Finding("W310", f"HTML has no element <{name[:30]}>", "")
            for attribute, value in current.attributes.items():
                for finding in _inspect_attribute(attribute, value):
                    if finding.code != "W309" or not has_base:
                        yield current, finding
        waiting.extend(reversed(current.children))


def is_harmless_style(style: str) -> bool:
    """Return True if nearly all readers keep a ``style`` attribute, and it can neither cover nor move anything."""
    return len(style) < 2_000 and bool(_HARMLESS_STYLE.fullmatch(style))


def _inspect_attributes(tag: str) -> Iterator[Finding]:
    for name, *values in _ATTRIBUTE.findall(tag):
        yield from _inspect_attribute(name.lower(), unescape("".join(values)))


def _inspect_attribute(name: str, value: str) -> Iterator[Finding]:
    if name == "style":
        if not is_harmless_style(value):
            yield Finding("W308", f"readers remove the style {quote(value)}", value)
    elif name.startswith("on"):
        yield Finding("W308", f"readers remove the attribute {name[:30]}", name)
    elif name in _ADDRESS_ATTRIBUTES:
        address = value.strip()
        if address[:11].lower() == "javascript:":
            yield Finding("W308", f"readers remove {quote(address)}", value)
        elif _RELATIVE.match(address):
            yield Finding("W309", f"{quote(address)} is a relative address", value)


def _check_unfinished(html: str) -> Iterator[Finding]:
    unfinished = _UNFINISHED_TAG.search(html[-300:]) or _NO_TAG_END.search(html)
    if unfinished:
        yield Finding("W310", f"the tag {quote(unfinished[0][:30])} has no end", unfinished[0][:20])


def _check_balance(balance: dict[str, int]) -> Iterator[Finding]:
    """Yield the elements that are opened and not closed, or closed and not opened."""
    for name, number in balance.items():
        if number and name in SAFE_TAGS and name not in _VOID_TAGS and name not in _OPTIONAL_END_TAGS:
            fault = "is opened and not closed" if number > 0 else "is closed and was not opened"
            yield Finding("W311", f"<{name}> {fault}", f"<{name}" if number > 0 else f"</{name}")


def _check_escaping(html: str, *, has_markup: bool) -> Iterator[Finding]:
    if "&" not in html:
        return
    control = _CONTROL_REFERENCE.search(html)
    if control:
        yield Finding("W310", f"{control[0]} is a control character, meant in Windows-1252", control[0])
    if "<code" in html or "<pre" in html:  # which show markup on purpose
        return
    match = None if has_markup else _ESCAPED_MARKUP.fullmatch(html)
    match = match or _ESCAPED_REFERENCE.search(html)
    if match:
        yield Finding("W312", f"readers show {quote(match[0])} as text: it is escaped twice", match[0])
