"""Limits on HTML of any origin: find HTML that would become too large, or take too long, when it is sanitised.

The sanitiser repairs HTML as browsers do (HTML Standard, section 13.2). Elements that are never closed cost time at
each tag that follows; links and text formatting are opened again in each block that follows. 50 KB may become 500 MB.
"""

from __future__ import annotations

import functools
import re
from html import escape
from typing import Final

from .html_rewriting import mark_noscript
from .sanitiser import filter_attribute, is_rewritten, new_cleaner, new_normaliser, prepare_html

# The largest size of the HTML of one entry after it is repaired, whichever is more. Readers refuse feeds over 5 MB.
LARGEST_CONTENT_BYTES: Final = 5_000_000
LARGEST_GROWTH: Final = 20  # times the size of the input
LARGEST_GROWTH_OF_COPIES: Final = 200  # in all feeds of a language together; without growth, 100 categories fit
# html5ever walks through the open elements at many tags: 10,000 of them before 10,000 tags take 0.7 s. The limit is on
# the product, so there may be more of them before fewer tags.
MOST_OPEN_TAGS: Final = 10_000
# It searches a new position for each element between the rows of a table: 50,000 take 1 s.
MOST_TAGS_BESIDE_TABLES: Final = 50_000
MOST_ATTRIBUTES: Final = 10_000  # of one tag; it compares each with all before it: 0.03 s
MOST_REOPENED_ELEMENTS: Final = 1_000_000  # they are built to measure them, which takes 2 s
# html5ever searches the rest of a text for "<" and ">" at each "&", and at each character from U+0080 to U+00BF, whose
# UTF-8 starts like that of a no-break space: 200,000 of them in a row take 0.5 s.
MOST_SEARCHES: Final = 200_000
_SEARCHED = re.compile("[&\x80-\xbf]")
_FEW_TAGS: Final = 100  # so few cannot become more than 5 MB, even with addresses of 8,000 characters
_FEW_CHARACTERS: Final = 20_000  # so few cannot have a tag with too many attributes
# The most elements with the same attributes that are opened again (section 13.2.4.3, "Noah's Ark clause").
_MOST_ALIKE: Final = 3
_PASSES: Final = 12  # the usual depth of lists and tables

# Attributes as parsers read them (sections 13.2.5.32 to 13.2.5.39), up to the end of the tag.
_BLANK: Final = r"[ \t\n\f\r]"
_ATTRIBUTE: Final = (
    r"[ \t\n\f\r/]*+[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+"
    rf"""(?:{_BLANK}*+={_BLANK}*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+|(?=>|\Z)))?+"""
)
_WHOLE_TAG = re.compile(rf"<[/A-Za-z][^ \t\n\f\r/>]*+(?:{_ATTRIBUTE})*+")
_ONE_ATTRIBUTE = re.compile(_ATTRIBUTE)
# Elements that are opened again in the next block if they were not closed (section 13.2.4.3). There is at most one such
# link, since a link ends the link before it.
_LINK = re.compile(r"<a[ \t\n\f\r/>]", re.IGNORECASE | re.ASCII)
_FORMATTING: Final = r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)"
_REOPENED = re.compile(rf"{_FORMATTING}(?=[ \t\n\f\r/>])", re.IGNORECASE | re.ASCII)
_REMOVED: Final = "\x01"  # replaces what is removed, so that its neighbours cannot become a tag; not in any text
_SIMPLE_REOPENED = re.compile(
    rf"""{_FORMATTING}(?:{_BLANK}++[A-Za-z-]++(?:=(?:"[^"<>\x01]*+"|'[^'<>\x01]*+'|[^ \t\n\f\r"'<>=`\x01]++))?+)*+"""
    rf"{_BLANK}*+>",
    re.IGNORECASE | re.ASCII,
)

# Elements that are closed at once, and so neither nest nor are opened again. No tag can hide in what is removed, so it
# does not matter how a parser would read it inside a comment, an attribute value or a script.
_TEXT: Final = r"(?:[^<]|<(?![A-Za-z/!?]))*+"
_FEW_ATTRIBUTES: Final = (
    rf"""(?:[ \t\n\f\r/]++[^ \t\n\f\r/>="'<]++(?:{_BLANK}*+={_BLANK}*+"""
    r"""(?:"(?:[^"<]|<(?![A-Za-z/!?]))*+"|'(?:[^'<]|<(?![A-Za-z/!?]))*+'|[^ \t\n\f\r"'<>=`]++))?+)*+[ \t\n\f\r/]*+>"""
)
_CLOSED_ANYWHERE: Final = (
    rf"<([A-Za-z][^ \t\n\f\r/<>]*+){_FEW_ATTRIBUTES}{_TEXT}</\1{_BLANK}*+>"
    rf"|<(?:br|embed|hr|img|meta){_FEW_ATTRIBUTES}"
    rf"|<!--(?:(?!-->)[^<]|<(?![A-Za-z/!?]))*+-->|<[!?](?!--)[^<>]*+>"
)
# In SVG and MathML these elements stay open (section 13.2.6.5).
_CLOSED_IN_HTML: Final = (
    rf"|<(?:area|base|col|input|link|param|source|track|wbr){_FEW_ATTRIBUTES}"
    rf"|<(?:p{_FEW_ATTRIBUTES}{_TEXT}(?=<p[ \t\n\f\r>]|</(?:div|td|th|li|dd|blockquote|section|article)>)"
    rf"|li{_FEW_ATTRIBUTES}{_TEXT}(?=<li[ \t\n\f\r>]|</[uo]l>)"
    rf"|d[dt]{_FEW_ATTRIBUTES}{_TEXT}(?=<d[dt][ \t\n\f\r>]|</dl>)"
    rf"|option{_FEW_ATTRIBUTES}{_TEXT}(?=<option[ \t\n\f\r>]|</select>)"
    rf"|t[dh]{_FEW_ATTRIBUTES}{_TEXT}(?=<t[dhr][ \t\n\f\r>]|</t(?:r|able|head|body|foot)>)"
    rf"|tr{_FEW_ATTRIBUTES}{_TEXT}(?=<tr[ \t\n\f\r>]|</t(?:able|head|body|foot)>))"
)
_FOREIGN = re.compile("<(?:svg|math)", re.IGNORECASE | re.ASCII)
_START_OF_TAG = re.compile("<[A-Za-z/!?]")
_OUTSIDE_OF_TABLES = re.compile(r"<(?!t(?:r|d|h|able|head|body|foot)[ \t\n\f\r/>])[A-Za-z]", re.IGNORECASE | re.ASCII)
_TABLE = re.compile(r"<table[ \t\n\f\r/>]", re.IGNORECASE | re.ASCII)


def find_excess(html: str, base: str, *, copies: int = 1, is_closed: bool = False) -> str:
    """Return why HTML cannot be published in reasonable time and size; the empty string if it can.

    Args:
        html: All HTML of one entry.
        base: See `sanitise_html`.
        copies: How many feeds of a language show the entry: the main feed, and those of its categories.
        is_closed: Every element has an end tag, as in the output of a Markdown renderer. Then up to 10,000 tags need
            neither time nor space, unless they have many long relative addresses.
    """
    if is_closed and html.count("<") <= MOST_OPEN_TAGS and not _has_many_addresses(html, base, copies):
        return _find_many_searches(html)
    if len(html) > _FEW_CHARACTERS and (reason := _find_many_attributes(html) or _find_many_searches(html)):
        return reason
    if html.count("<") * copies <= _FEW_TAGS:
        return ""
    tags = len(_START_OF_TAG.findall(html))
    unclosed = _remove_closed(html)
    open_tags = len(_START_OF_TAG.findall(unclosed))
    if open_tags > (most := MOST_OPEN_TAGS**2 // max(tags, 1)):
        return f"of {tags:,} tags {open_tags:,} are not closed, or nest too deep; the limit is {most:,}"
    if _TABLE.search(html) and (beside := len(_OUTSIDE_OF_TABLES.findall(html))) > MOST_TAGS_BESIDE_TABLES:
        return f"{beside:,} tags are in tables, but outside of cells; the limit is {MOST_TAGS_BESIDE_TABLES:,}"
    reopened = _count_reopened(unclosed)
    if reopened * tags > MOST_REOPENED_ELEMENTS:
        return f"{reopened:,} tags such as <b> are not closed, and would be opened again in each block that follows"
    if reopened or _LINK.search(unclosed) or _has_many_addresses(html, base, copies):
        limit = max(LARGEST_CONTENT_BYTES, LARGEST_GROWTH * len(html))
        limit = min(limit, max(LARGEST_CONTENT_BYTES, LARGEST_GROWTH_OF_COPIES * len(html)) // copies)
        if _measure_clean_html(html, base, limit) > limit:
            everywhere = f", in each of {copies} feeds" if copies > 1 else ""
            grown = f"{limit // 1000:,} KB when they are repaired{everywhere}"
            return f"{max(1, len(html) // 1000):,} KB of HTML become more than {grown}"
    return ""


def _has_many_addresses(html: str, base: str, copies: int) -> bool:
    """Return True if HTML may grow too large because of its addresses; an embed becomes a link that has it twice."""
    return 2 * html.count("=") * len(base) * copies > LARGEST_CONTENT_BYTES


def _find_many_attributes(html: str) -> str:
    for tag in _WHOLE_TAG.finditer(html):
        if len(tag[0]) > 2 * MOST_ATTRIBUTES:
            count = len(_ONE_ATTRIBUTE.findall(tag[0].lstrip("</"))) - 1
            if count > MOST_ATTRIBUTES:
                return f"one tag has {count:,} attributes; the limit is {MOST_ATTRIBUTES:,}"
    return ""


def _find_many_searches(html: str) -> str:
    if len(html) <= MOST_SEARCHES:
        return ""
    counts = [(len(_SEARCHED.findall(text)), len(text)) for text in _START_OF_TAG.split(html) if len(text) > _FEW_TAGS]
    if sum(count * length for count, length in counts) <= MOST_SEARCHES**2:
        return ""
    return f"{max(counts)[0]:,} characters such as & and © are in one text without tags; it is too long for so many"


def _remove_closed(html: str) -> str:
    """Remove elements that are closed, from the inner ones to the outer ones."""
    closed = _make_closed_pattern(is_foreign=_FOREIGN.search(html) is not None)
    for _ in range(_PASSES):
        html, count = closed.subn(_REMOVED, html)
        if not count:
            break
    return html


@functools.cache
def _make_closed_pattern(*, is_foreign: bool) -> re.Pattern[str]:
    return re.compile(_CLOSED_ANYWHERE + ("" if is_foreign else _CLOSED_IN_HTML), re.IGNORECASE | re.ASCII)


def _count_reopened(unclosed: str) -> int:
    """Return how many formatting elements may be open at the same time."""
    simple = _SIMPLE_REOPENED.findall(unclosed)
    others = len(_REOPENED.findall(unclosed)) - len(simple)
    return others + min(len(simple), _MOST_ALIKE * len(set(simple)))


def _measure_clean_html(html: str, base: str, limit: int) -> int:
    """Return the length of HTML after it is sanitised; stop above a limit, since a link may be repeated endlessly."""
    size = 0

    def measure_attribute(tag: str, name: str, value: str) -> str | None:
        nonlocal size
        if size > limit:
            return None
        filtered = filter_attribute(base, tag, name, value)
        size += max(len(value), len(escape(filtered or "")))
        return filtered

    if is_rewritten(html):
        normal = new_normaliser(measure_attribute).clean(mark_noscript(html))
        if max(size, len(normal)) > limit:
            return max(size, len(normal))
        size = 0
    clean = new_cleaner(measure_attribute, for_page=False).clean(prepare_html(html, base, for_page=False))
    return max(size, len(clean))
