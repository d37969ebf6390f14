"""Sanitise HTML of any origin for feeds and pages: `sanitise` is the only function that makes markup safe.

The sanitiser (nh3, which is ammonia and html5ever in Rust) has the last word: whatever changes the HTML does so before
it is called, or in its own attribute filter. What comes out of it is only joined with other safe HTML, never edited.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from .checks import is_legal, without_illegal
from .iri import resolve_url

if TYPE_CHECKING:
    import nh3

# What feed readers keep; everything else is dropped by one or another of them (or by all).
TAGS: Final = frozenset(
    "h3 h4 p ul ol li a strong em b i small code pre blockquote br hr cite abbr sub sup del ins kbd mark dl dt dd"
    " ruby rt rp bdi table caption thead tbody tfoot tr td th img figure figcaption".split()
)
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
_ATTRIBUTES: Final = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
# The values that mean something: HTML Standard, sections 3.2.6 (dir, lang; RFC 5646, section 4.4.1 for its length),
# 4.4.5 (start) and 4.9.11 (colspan, rowspan).
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_SPAN = re.compile(r"[1-9][0-9]{0,4}")
_VALUES: Final = {
    "dir": re.compile("ltr|rtl|auto", re.IGNORECASE),
    "lang": re.compile("(?=.{1,35}$)[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*+"),
    "start": _INTEGER,
    "colspan": _SPAN,
    "rowspan": _SPAN,
}
# Dropped with all they hold; of other tags the text stays.
_DROPPED: Final = frozenset({"script", "style", "iframe", "object", "template", "noembed", "noframes", "title"})

# HTML without any other tag needs no change before it is sanitised.
_OTHER_TAG = re.compile(r"<(?!/?(?:p|a|em|li|ul|ol|strong|code)[ >])")
_HEADING = re.compile(r"<(/?)[hH]([1-6])\b")
# The sanitiser glues the text of neighbours whose tags it drops: "<div>a</div><div>b</div>" becomes "ab".
_GLUED = re.compile(
    r"<(?=/?(?:div|section|article|header|footer|main|aside|nav|center|address|details|summary|form|fieldset|legend"
    r"|option|button|hgroup|menu|video|audio)\b)",
    re.IGNORECASE,
)
# In sanitised HTML, where "<" starts nothing but a tag and attribute values hold no ">".
_BLOCK = re.compile(r"<(p|ul|ol|h[2-4]|blockquote|table|dl|figure)\b(?![^>]*\bdir=)")
_PRE = re.compile(r"<pre\b(?![^>]*\bdir=)")


def sanitise(html: str, base: str, *, direction: str = "ltr", for_page: bool = False) -> str:
    """Return HTML that every reader can show: only `TAGS`, absolute addresses, text that XML can carry.

    Args:
        html: Of any origin; holds no character that XML cannot carry, except as a reference (``&#x1F;``).
        base: Address that relative ones are resolved against; addresses within the page (``#note``) are dropped.
        direction: ``rtl`` gives each block its direction, unless it has one: readers show content in pages of their
            own language. Code stays left to right.
        for_page: The HTML is shown below the h1 of a page of ours: headings start at h2, not at h3, and the keyboard
            reaches code and tables, which may be wider than the page.

    HTML of strangers may become huge, or take minutes: ask `find_excess` first.
    """
    if "\r" in html:
        html = html.replace("\r\n", "\n").replace("\r", "\n")
    if _OTHER_TAG.search(html):
        level = 2 if for_page else 3
        html = _HEADING.sub(lambda match: f"<{match[1]}h{level + (match[2] > '3')}", html)
        html = _GLUED.sub("\n<", html)
    cleaner = _make_cleaner(base, for_page=for_page)
    clean = cleaner.clean(html)
    changed = clean if is_legal(clean) else without_illegal(clean)  # it decodes references such as &#x1F;
    if direction == "rtl":
        changed = _PRE.sub('<pre dir="ltr"', _BLOCK.sub(r'<\1 dir="rtl"', changed))
    return clean if changed is clean else cleaner.clean(changed)


def resolve_address(base: str, address: str) -> str | None:
    """Return the absolute address of a link or a picture; None if it is not one that readers may follow.

    Args:
        base: Address of the page.
        address: As it stands in the HTML; white space and invisible characters around it do not count.
    """
    address = trim_address(address)
    if not address or address.startswith("#"):
        return None
    absolute = resolve_url(base, address) or ""
    return absolute if absolute.partition(":")[0].lower() in SCHEMES else None


def trim_address(address: str) -> str:
    """Return an address without white space and invisible characters around it."""
    return address.strip(_INVISIBLE)


# White space, controls and format characters: all that str.strip() removes, and what nobody sees either.
_INVISIBLE: Final = "".join(
    character
    for character in map(chr, (*range(0xA1), 0xAD, 0x1680, 0x180E, *range(0x2000, 0x2070), 0x3000, 0xFEFF))
    if not character.isprintable() or character.isspace()
)


@functools.lru_cache(maxsize=8)
def _make_cleaner(base: str, *, for_page: bool) -> nh3.Cleaner:
    """Return the sanitiser of an entry; making one takes half as long as a paragraph does."""
    import nh3

    return nh3.Cleaner(
        tags={*TAGS, "h2"} if for_page else set(TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=functools.partial(_filter_attribute, base),
        set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}} if for_page else None,
        url_schemes=set(SCHEMES),
        url_relative="pass_through",  # to the filter, which answers for what it returns
        link_rel=None,
    )


def _filter_attribute(base: str, tag: str, name: str, value: str) -> str | None:
    """Return the value that an attribute may have; None removes it. nh3 has judged its name before."""
    if name in ("href", "src"):
        return resolve_address(base, without_illegal(value))
    if name in _VALUES:
        return value if _VALUES[name].fullmatch(value) else None
    return value


# --- Size and time ----------------------------------------------------------------------------------------------------

# What the HTML of one entry may become, whichever is more: readers refuse feeds over 5 MB.
LARGEST_CONTENT_BYTES: Final = 5_000_000
LARGEST_GROWTH: Final = 20
# html5ever walks all open elements at many tags: that takes 0.7 s for 20,000 of them, and 70 s for 200,000.
MOST_OPEN_TAGS: Final = 20_000
MOST_REOPENED_ELEMENTS: Final = 1_000_000
_LONGEST_REOPENED_BYTES: Final = 70  # <strong lang="…" dir="auto"></strong>
_FEW_TAGS: Final = 300  # cannot become more than 5 MB
_START_OF_TAG = re.compile("<[A-Za-z/!?]")
_ATTRIBUTE = r"""(?:[ \t\n]++[A-Za-z-]++=(?:"[^"<>]*+"|'[^'<>]*+'|[^ \t\n\f\r"'<>=`]++))*+[ \t\n]*+"""
# Elements that are closed at once, and so neither nest nor are opened again.
_CLOSED = re.compile(
    rf"<([A-Za-z][A-Za-z0-9]*+){_ATTRIBUTE}>[^<>]*+</\1[ \t\n]*+>"
    rf"|<(?:br|hr|img|wbr|col|input|source){_ATTRIBUTE}/?>|<!--[^<>-]*+-->",
    re.IGNORECASE,
)
_PASSES: Final = 12  # as deep as lists and tables usually nest
# HTML Standard, section 13.2.4.3: elements that are opened again in the next block, if they were not closed. Links are
# not among them here, since a link ends the one before.
_REOPENED = re.compile(
    r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?![A-Za-z0-9])[^<>]*+", re.IGNORECASE
)
_MOST_ALIKE: Final = (
    3  # elements with the same attributes that are opened again (the same section, "Noah's Ark clause")
)


def find_excess(html: str, base: str) -> str:
    """Return why HTML cannot be published in reasonable time and size; the empty string if it can.

    HTML is mended as browsers mend it. Elements that are never closed cost time at each tag that follows, and text
    formatting is opened again in each block that follows: 50 KB may become 500 MB.

    Args:
        html: All HTML of one entry.
        base: As for `sanitise`.
    """
    if html.count("<") <= _FEW_TAGS:
        return ""
    unclosed = html
    for _ in range(_PASSES):
        unclosed, count = _CLOSED.subn("", unclosed)
        if not count:
            break
    if (open_tags := len(_START_OF_TAG.findall(unclosed))) > MOST_OPEN_TAGS:
        return f"{open_tags:,} tags are not closed, or nest too deep; the limit is {MOST_OPEN_TAGS:,}"
    formatting = _REOPENED.findall(unclosed)
    active = min(len(formatting), _MOST_ALIKE * len(set(formatting)))
    reopened = active * len(_START_OF_TAG.findall(html))
    if reopened > MOST_REOPENED_ELEMENTS:
        return f"{active:,} tags such as <b> are not closed, and would be opened again in each block that follows"
    limit = max(LARGEST_CONTENT_BYTES, LARGEST_GROWTH * len(html))
    if reopened * _LONGEST_REOPENED_BYTES + html.count("=") * len(base) > limit:
        size = len(sanitise(html, base))
        if size > limit:
            return f"{len(html) // 1000:,} KB of HTML become {size // 1_000_000:,} MB when they are mended"
    return ""
