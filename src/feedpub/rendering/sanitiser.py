"""Sanitise HTML of any origin for feeds and pages: `sanitise_html` is the only function that makes markup safe.

The sanitiser (nh3, which is ammonia and html5ever in Rust) has the last word: whatever changes the HTML does so before
it is called, or in its own attribute filter. What comes out of it is only joined with other safe HTML, never edited.

No element that is kept holds raw text (as script, style or noscript do), and nh3 escapes "<" and ">" in text and
attributes. So every parser finds the same tags in the output, whether it takes a place for HTML or for MathML: each of
them is in the lists below, and nothing else can become a tag. That is why MathML can be kept and SVG, whose elements
link and run scripts in ways of their own, cannot.
"""

from __future__ import annotations

import functools
import re
from contextvars import ContextVar
from html import escape
from typing import TYPE_CHECKING, Final

from ..iri import resolve_url
from ..model.checks import XML_ILLEGAL_PATTERN, remove_illegal_xml
from .html_rewriting import REWRITTEN_ATTRIBUTES, REWRITTEN_TAGS, mark_noscript, needs_rewriting, rewrite_html

if TYPE_CHECKING:
    from collections.abc import Callable

    import nh3

# MathML Core's elements of presentation. `annotation` holds the source of a formula: it becomes `alttext`.
_MATH: Final = (
    "math mrow mi mn mo ms mspace mtext mfrac msqrt mroot mstyle mpadded mphantom msub msup msubsup munder mover"
    " munderover mmultiscripts mprescripts mtable mtr mtd"
)
# What feed readers keep; everything else is dropped by one or another of them (or by all).
TAGS: Final = frozenset(
    "h3 h4 p ul ol li a strong em b i small code pre blockquote br hr cite abbr q sub sup del ins kbd mark dl dt dd"
    f" ruby rt rp bdi table caption thead tbody tfoot tr td th img figure figcaption details summary {_MATH}".split()
)
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
_ATTRIBUTES: Final = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
    "math": {"alttext", "display"},
    "mfrac": {"linethickness"},
    "mi": {"mathvariant"},
    "mo": {"stretchy"},
    "mover": {"accent"},
    "mspace": {"width"},
    "mtd": {"columnspan", "rowspan"},
    "munder": {"accentunder"},
}
# The values that mean something: HTML Standard, sections 3.2.6 (dir, lang; RFC 5646, section 4.4.1 for its length),
# 4.4.5 (start, reversed, type), 4.4.8 (value), 4.8.17 (width, height) and 4.9.11 (colspan, rowspan); MathML Core.
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_SPAN = re.compile(r"[1-9][0-9]{0,4}")
_PIXELS = re.compile(r"[0-9]{1,5}%?")
_BOOLEAN = re.compile("true|false")
_LENGTH = re.compile(r"-?[0-9.]{1,8}(?:em|ex|px|pt|%)?")
_VALUES: Final = {
    "dir": re.compile("ltr|rtl|auto", re.IGNORECASE),
    "lang": re.compile("(?=.{1,35}$)[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*+"),
    "start": _INTEGER,
    "reversed": re.compile("(?:reversed|true)?", re.IGNORECASE),
    "type": re.compile("[1aAiI]"),
    "value": _INTEGER,
    "align": re.compile("left|center|right", re.IGNORECASE),
    "colspan": _SPAN,
    "rowspan": _SPAN,
    "width": _PIXELS,
    "height": _PIXELS,
    "display": re.compile("block|inline"),
    "linethickness": _LENGTH,
    "mathvariant": re.compile("normal"),
    "stretchy": _BOOLEAN,
    "accent": _BOOLEAN,
    "accentunder": _BOOLEAN,
    "columnspan": _SPAN,
}
# Dropped with all they hold; of other tags the text stays.
DROPPED_WITH_CONTENT: Final = frozenset(
    "script style iframe object template noembed noframes title svg annotation annotation-xml".split()
)

# HTML without any other tag needs no change before it is sanitised.
_OTHER_TAG = re.compile(r"<(?!/?(?:p|a|em|li|ul|ol|strong|code)[ >])")
_HEADING = re.compile(r"<(/?)[hH]([1-6])\b")
# The sanitiser glues the text of neighbours whose tags it drops: "<div>a</div><div>b</div>" becomes "ab".
_GLUED = re.compile(
    r"<(?=/?(?:div|section|article|header|footer|main|aside|nav|center|address|form|fieldset|legend"
    r"|option|button|hgroup|menu|video|audio)\b)",
    re.IGNORECASE,
)
# In sanitised HTML, where "<" starts nothing but a tag and attribute values hold no ">".
_BLOCK = re.compile(r"<(p|ul|ol|h[2-4]|blockquote|table|dl|figure|details)\b(?![^>]*\bdir=)")
_PRE = re.compile(r"<pre\b(?![^>]*\bdir=)")
_PICTURE_WITHOUT_ADDRESS = re.compile(r'<img(?: (?!src=)[a-z-]+="[^"]*")*+>')
# Controls of ISO 8859-1 that were meant as characters of windows-1252, as HTML reads their numbers (HTML Standard,
# section 13.2.5.80, "numeric character reference end state"); Markdown readers leave ``&#146;`` as U+0092.
_NOT_PUBLISHED = re.compile(f"[\x80-\x9f]|{XML_ILLEGAL_PATTERN.pattern}")
_WINDOWS_1252: Final = {code: text for code in range(0x80, 0xA0) if (text := bytes([code]).decode("cp1252", "ignore"))}


class SafeHtml(str):
    """HTML that `sanitise_html` returned; it need not be sanitised again when it is rendered."""

    __slots__ = ()


def sanitise_html(html: str, base: str, *, direction: str = "ltr", for_page: bool = False) -> SafeHtml:
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
    cleaner = _make_cleaner(for_page=for_page)
    _BASE.set(base)
    clean = cleaner.clean(_prepare_html(html, base, for_page=for_page))
    changed = _replace_controls(clean)
    if "<img" in changed:
        changed = _PICTURE_WITHOUT_ADDRESS.sub("", changed)
    if direction == "rtl":
        changed = _PRE.sub('<pre dir="ltr"', _BLOCK.sub(r'<\1 dir="rtl"', changed))
    return SafeHtml((clean if changed == clean else cleaner.clean(changed)).strip())


# Of blocks and links in the Markdown (`entries.markdown`); without them the parser takes a quarter less time.
_POSITION: Final = ' data-sourcepos="'
_POSITIONS: Final = re.compile(rf'{_POSITION}[0-9:-]+"')


def _replace_controls(text: str) -> str:
    """Return text that XML can carry: nh3 decodes references such as ``&#x1F;``."""
    if text.isascii():
        return remove_illegal_xml(text)
    if text.replace("\n", " ").isprintable() or not _NOT_PUBLISHED.search(text):
        return text
    return remove_illegal_xml(text.translate(_WINDOWS_1252))


def _prepare_html(html: str, base: str, *, for_page: bool) -> str:
    if "\r" in html:
        html = html.replace("\r\n", "\n").replace("\r", "\n")
    if _POSITION in html:
        html = _POSITIONS.sub("", html)
    if not _OTHER_TAG.search(html):
        return html
    if needs_rewriting(html):
        normal = _make_normaliser().clean(mark_noscript(html))
        html = rewrite_html(normal, functools.partial(resolve_address, base))
    level = 2 if for_page else 3
    html = _HEADING.sub(lambda match: f"<{match[1]}h{level + (match[2] > '3')}", html)
    return _GLUED.sub("\n<", html)


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


# Of the entry that is being sanitised: a cleaner of its own for each would take half as long as a paragraph does.
_BASE: ContextVar[str] = ContextVar("base of relative addresses")


@functools.cache
def _make_cleaner(*, for_page: bool) -> nh3.Cleaner:
    return _new_cleaner(lambda tag, name, value: _filter_attribute(_BASE.get(), tag, name, value), for_page=for_page)


@functools.cache
def _make_normaliser() -> nh3.Cleaner:
    return _new_normaliser(None)


def _new_normaliser(attribute_filter: Callable[[str, str, str], str | None] | None) -> nh3.Cleaner:
    """Return what brings HTML into the one form that `rewrite_html` reads; the result is not safe yet."""
    import nh3

    return nh3.Cleaner(
        tags=TAGS | REWRITTEN_TAGS,
        clean_content_tags=set(DROPPED_WITH_CONTENT - REWRITTEN_TAGS),
        attributes={
            tag: _ATTRIBUTES.get(tag, set()) | REWRITTEN_ATTRIBUTES.get(tag, set())
            for tag in {*_ATTRIBUTES, *REWRITTEN_ATTRIBUTES}
        },
        attribute_filter=attribute_filter,
        url_schemes=set(SCHEMES),
        url_relative="pass_through",
        link_rel=None,
    )


def _new_cleaner(attribute_filter: Callable[[str, str, str], str | None], *, for_page: bool) -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(
        tags={*TAGS, "h2"} if for_page else set(TAGS),
        clean_content_tags=set(DROPPED_WITH_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=attribute_filter,
        set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}} if for_page else None,
        url_schemes=set(SCHEMES),
        url_relative="pass_through",  # to the filter, which answers for what it returns
        link_rel=None,
    )


def _filter_attribute(base: str, tag: str, name: str, value: str) -> str | None:
    """Return the value that an attribute may have; None removes it. nh3 has judged its name before."""
    if name in ("href", "src"):
        return resolve_address(base, remove_illegal_xml(value))
    if tag == "mspace":
        return value if _LENGTH.fullmatch(value) else None
    if name in _VALUES:
        return value if _VALUES[name].fullmatch(value) else None
    return value


# --- Size and time ----------------------------------------------------------------------------------------------------

# What the HTML of one entry may become, whichever is more: readers refuse feeds over 5 MB.
LARGEST_CONTENT_BYTES: Final = 5_000_000
LARGEST_GROWTH: Final = 20
LARGEST_GROWTH_OF_COPIES: Final = 200  # in all feeds of a language together: 100 categories hold what is not grown
# html5ever walks the open elements at many tags: 10,000 of them before 10,000 tags take 0.7 s. More are allowed before
# fewer tags: their product counts.
MOST_OPEN_TAGS: Final = 10_000
# It looks for the place of each element that stands between the rows of a table: 50,000 take 1 s.
MOST_TAGS_BESIDE_TABLES: Final = 50_000
MOST_ATTRIBUTES: Final = 10_000  # of one tag; it compares each with all before: 0.03 s
MOST_REOPENED_ELEMENTS: Final = 1_000_000  # are built, to be measured: that takes 2 s
# html5ever looks for "<" and ">" in the rest of a text at each "&", and at each character from U+0080 to U+00BF, which
# UTF-8 begins as it does a no-break space: 200,000 of them, one after the other, take 0.5 s.
MOST_SEARCHES: Final = 200_000
_SEARCHED = re.compile("[&\x80-\xbf]")
_FEW_TAGS: Final = 100  # cannot become more than 5 MB, with addresses of 8,000 characters
_FEW_CHARACTERS: Final = 20_000  # have no tag with too many attributes
# Elements with the same attributes that are opened again (HTML Standard, section 13.2.4.3, "Noah's Ark clause").
_MOST_ALIKE: Final = 3
_PASSES: Final = 12  # as deep as lists and tables usually nest

# Attributes as parsers take them (the same standard, sections 13.2.5.32 to 13.2.5.39), up to the end of the tag.
_BLANK: Final = r"[ \t\n\f\r]"
_ATTRIBUTE: Final = (
    r"[ \t\n\f\r/]*+[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+"
    rf"""(?:{_BLANK}*+={_BLANK}*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+|(?=>|\Z)))?+"""
)
_WHOLE_TAG = re.compile(rf"<[/A-Za-z][^ \t\n\f\r/>]*+(?:{_ATTRIBUTE})*+")
_ONE_ATTRIBUTE = re.compile(_ATTRIBUTE)
# The same standard, section 13.2.4.3: elements that are opened again in the next block, if they were not closed. Of
# links this is one at most: a link ends the one before.
_LINK = re.compile(r"<a[ \t\n\f\r/>]", re.IGNORECASE | re.ASCII)
_FORMATTING: Final = r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)"
_REOPENED = re.compile(rf"{_FORMATTING}(?=[ \t\n\f\r/>])", re.IGNORECASE | re.ASCII)
_LEFT_OUT: Final = "\x01"  # stands for what is closed, lest its neighbours become a tag; no text holds it
_USUAL_REOPENED = re.compile(
    rf"""{_FORMATTING}(?:{_BLANK}++[A-Za-z-]++(?:=(?:"[^"<>\x01]*+"|'[^'<>\x01]*+'|[^ \t\n\f\r"'<>=`\x01]++))?+)*+"""
    rf"{_BLANK}*+>",
    re.IGNORECASE | re.ASCII,
)

# Elements that are closed at once, and so neither nest nor are opened again. No tag can hide in what is left out:
# then it would not matter how a parser that stands within a comment, a value or a script reads it.
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
# In SVG and MathML these stay open (the same standard, section 13.2.6.5).
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

    HTML is mended as browsers mend it. Elements that are never closed cost time at each tag that follows, and links and
    text formatting are opened again in each block that follows: 50 KB may become 500 MB.

    Args:
        html: All HTML of one entry.
        base: As for `sanitise_html`.
        copies: How many feeds of a language show it: its own, and those of the entry's categories.
        is_closed: Whether every element has its end, as in what a Markdown renderer made: a text of up to 10,000 tags
            then takes neither time nor room, unless relative addresses are many and long.
    """
    if is_closed and html.count("<") <= MOST_OPEN_TAGS and not _has_many_addresses(html, base, copies):
        return _find_many_searches(html)
    if len(html) > _FEW_CHARACTERS and (reason := _find_many_attributes(html) or _find_many_searches(html)):
        return reason
    if html.count("<") * copies <= _FEW_TAGS:
        return ""
    tags = len(_START_OF_TAG.findall(html))
    unclosed = _leave_closed_out(html)
    open_tags = len(_START_OF_TAG.findall(unclosed))
    if open_tags > (most := MOST_OPEN_TAGS**2 // max(tags, 1)):
        return f"of {tags:,} tags {open_tags:,} are not closed, or nest too deep; the limit is {most:,}"
    if _TABLE.search(html) and (beside := len(_OUTSIDE_OF_TABLES.findall(html))) > MOST_TAGS_BESIDE_TABLES:
        return f"{beside:,} tags stand beside those of tables; the limit is {MOST_TAGS_BESIDE_TABLES:,}"
    reopened = _count_reopened(unclosed)
    if reopened * tags > MOST_REOPENED_ELEMENTS:
        return f"{reopened:,} tags such as <b> are not closed, and would be opened again in each block that follows"
    if reopened or _LINK.search(unclosed) or _has_many_addresses(html, base, copies):
        limit = max(LARGEST_CONTENT_BYTES, LARGEST_GROWTH * len(html))
        limit = min(limit, max(LARGEST_CONTENT_BYTES, LARGEST_GROWTH_OF_COPIES * len(html)) // copies)
        if _measure(html, base, limit) > limit:
            everywhere = f", in each of {copies} feeds" if copies > 1 else ""
            grown = f"{limit // 1000:,} KB when they are mended{everywhere}"
            return f"{max(1, len(html) // 1000):,} KB of HTML become more than {grown}"
    return ""


def _has_many_addresses(html: str, base: str, copies: int) -> bool:
    """Return True if HTML might grow too large by its addresses; an embed becomes a link that also shows its own."""
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
    return f"{max(counts)[0]:,} characters such as & and © stand in one text without tags; it is too long for as many"


def _leave_closed_out(html: str) -> str:
    """Return what stays of HTML when elements that are closed are left out, from the inner ones to the outer ones."""
    closed = _closed(is_foreign=_FOREIGN.search(html) is not None)
    for _ in range(_PASSES):
        html, count = closed.subn(_LEFT_OUT, html)
        if not count:
            break
    return html


@functools.cache
def _closed(*, is_foreign: bool) -> re.Pattern[str]:
    return re.compile(_CLOSED_ANYWHERE + ("" if is_foreign else _CLOSED_IN_HTML), re.IGNORECASE | re.ASCII)


def _count_reopened(unclosed: str) -> int:
    """Return how many elements of formatting may be open at once."""
    usual = _USUAL_REOPENED.findall(unclosed)
    unusual = len(_REOPENED.findall(unclosed)) - len(usual)
    return unusual + min(len(usual), _MOST_ALIKE * len(set(usual)))


def _measure(html: str, base: str, limit: int) -> int:
    """Return how long HTML becomes; above a limit only that it does, since a link may be repeated without end."""
    size = 0

    def count(tag: str, name: str, value: str) -> str | None:
        nonlocal size
        if size > limit:
            return None
        kept = _filter_attribute(base, tag, name, value)
        size += max(len(value), len(escape(kept or "")))
        return kept

    if _OTHER_TAG.search(html) and needs_rewriting(html):
        normal = _new_normaliser(count).clean(mark_noscript(html))
        if max(size, len(normal)) > limit:
            return max(size, len(normal))
        size = 0
    clean = _new_cleaner(count, for_page=False).clean(_prepare_html(html, base, for_page=False))
    return max(size, len(clean))
