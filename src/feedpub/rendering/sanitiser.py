"""Sanitise HTML of any origin for feeds and pages: `sanitise_html` is the only function that makes HTML safe.

The sanitiser (nh3, which is ammonia and html5ever in Rust) runs last: everything that changes the HTML runs before it,
or is its own attribute filter. Its output is only joined with other safe HTML, never edited.

No element that is kept contains raw text (as script, style and noscript do), and nh3 escapes "<" and ">" in text and
attributes. So every parser finds the same tags in the output, whether it reads it as HTML or as MathML: only the tags
in the lists below, since nothing else can become a tag. That is why MathML is kept, while SVG, whose elements have
other ways to link and to run scripts, is not.
"""

from __future__ import annotations

import functools
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from ..iri import resolve_url
from ..model.checks import XML_ILLEGAL_PATTERN, remove_illegal_xml
from .html_rewriting import REWRITTEN_ATTRIBUTES, REWRITTEN_TAGS, mark_noscript, needs_rewriting, rewrite_html

if TYPE_CHECKING:
    from collections.abc import Callable

    import nh3

# The presentation elements of MathML Core. `annotation`, which has the source of a formula, becomes `alttext`.
_MATH: Final = (
    "math mrow mi mn mo ms mspace mtext mfrac msqrt mroot mstyle mpadded mphantom msub msup msubsup munder mover"
    " munderover mmultiscripts mprescripts mtable mtr mtd"
)
# The elements that feed readers keep; all others are removed by at least one of them.
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
# Valid values: HTML Standard, sections 3.2.6 (dir, lang; RFC 5646, section 4.4.1 for its length),
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
# Elements that are removed with their content. Of other elements that are removed, the content stays.
DROPPED_WITH_CONTENT: Final = frozenset(
    "script style iframe object template noembed noframes title svg annotation annotation-xml".split()
)

# HTML without such tags needs no change before it is sanitised.
_OTHER_TAGS = re.compile(r"<(?!/?(?:p|a|em|li|ul|ol|strong|code)[ >])")
_HEADING = re.compile(r"<(/?)[hH]([1-6])\b")
# The sanitiser joins the texts of neighbours whose tags it removes: "<div>a</div><div>b</div>" becomes "ab".
_JOINED_BLOCKS = re.compile(
    r"<(?=/?(?:div|section|article|header|footer|main|aside|nav|center|address|form|fieldset|legend"
    r"|option|button|hgroup|menu|video|audio)\b)",
    re.IGNORECASE,
)
# For sanitised HTML, in which "<" only starts a tag and attribute values have no ">".
_BLOCK = re.compile(r"<(p|ul|ol|h[2-4]|blockquote|table|dl|figure|details)\b(?![^>]*\bdir=)")
_PRE = re.compile(r"<pre\b(?![^>]*\bdir=)")
_PICTURE_WITHOUT_ADDRESS = re.compile(r'<img(?: (?!src=)[a-z-]+="[^"]*")*+>')
# Control characters of ISO 8859-1 mean characters of windows-1252 when HTML has their numbers (HTML Standard, section
# 13.2.5.80, "numeric character reference end state"). Markdown parsers leave ``&#146;`` as U+0092.
_NOT_PUBLISHED = re.compile(f"[\x80-\x9f]|{XML_ILLEGAL_PATTERN.pattern}")
_WINDOWS_1252: Final = {code: text for code in range(0x80, 0xA0) if (text := bytes([code]).decode("cp1252", "ignore"))}


class SafeHtml(str):
    """HTML that `sanitise_html` returned; it need not be sanitised again when it is rendered."""

    __slots__ = ()


def sanitise_html(html: str, base: str, *, direction: str = "ltr", for_page: bool = False) -> SafeHtml:
    """Return safe HTML that every reader can show: only `TAGS`, absolute addresses, and text that XML can carry.

    HTML of unknown origin may become huge or take minutes; call `html_limits.find_excess` first.

    Args:
        html: HTML of any origin. It may have characters that XML cannot carry only as references (``&#x1F;``).
        base: Address that relative addresses are resolved against. Addresses within the page (``#note``) are removed.
        direction: ``"rtl"`` sets the direction of each block that has none, since readers show content in pages of
            their own language. Code stays left to right.
        for_page: The HTML is for one of our pages, below its h1: headings start at h2 instead of h3, and code and
            tables, which may be wider than the page, can be reached with the keyboard.
    """
    cleaner = _make_cleaner(for_page=for_page)
    _BASE.set(base)
    clean = cleaner.clean(prepare_html(html, base, for_page=for_page))
    changed = _replace_controls(clean)
    if "<img" in changed:
        changed = _PICTURE_WITHOUT_ADDRESS.sub("", changed)
    if direction == "rtl":
        changed = _PRE.sub('<pre dir="ltr"', _BLOCK.sub(r'<\1 dir="rtl"', changed))
    return SafeHtml((clean if changed == clean else cleaner.clean(changed)).strip())


# Source positions that `entries.markdown` adds to blocks and links. Without them, parsing takes a quarter less time.
_POSITION: Final = ' data-sourcepos="'
_POSITIONS: Final = re.compile(rf'{_POSITION}[0-9:-]+"')


def _replace_controls(text: str) -> str:
    """Return text that XML can carry. It is needed since nh3 decodes references such as ``&#x1F;``."""
    if text.isascii():
        return remove_illegal_xml(text)
    if text.replace("\n", " ").isprintable() or not _NOT_PUBLISHED.search(text):
        return text
    return remove_illegal_xml(text.translate(_WINDOWS_1252))


def prepare_html(html: str, base: str, *, for_page: bool) -> str:
    """Return HTML that is ready for the sanitiser: rewritten, with heading levels as needed. It is not safe yet."""
    if "\r" in html:
        html = html.replace("\r\n", "\n").replace("\r", "\n")
    if _POSITION in html:
        html = _POSITIONS.sub("", html)
    if not _OTHER_TAGS.search(html):
        return html
    if is_rewritten(html):
        normal = _make_normaliser().clean(mark_noscript(html))
        html = rewrite_html(normal, functools.partial(resolve_address, base))
    level = 2 if for_page else 3
    html = _HEADING.sub(lambda match: f"<{match[1]}h{level + (match[2] > '3')}", html)
    return _JOINED_BLOCKS.sub("\n<", html)


def is_rewritten(html: str) -> bool:
    """Return True if `prepare_html` rewrites HTML."""
    return _OTHER_TAGS.search(html) is not None and needs_rewriting(html)


def resolve_address(base: str, address: str) -> str | None:
    """Return the absolute address of a link or a picture; None if readers may not follow it.

    Args:
        base: Address of the page.
        address: The address in the HTML. White space and invisible characters around it are ignored.
    """
    address = trim_address(address)
    if not address or address.startswith("#"):
        return None
    absolute = resolve_url(base, address) or ""
    return absolute if absolute.partition(":")[0].lower() in SCHEMES else None


def trim_address(address: str) -> str:
    """Return an address without white space and invisible characters around it."""
    return address.strip(_INVISIBLE)


# White space, controls and format characters: everything that str.strip() removes, and other invisible characters.
_INVISIBLE: Final = "".join(
    character
    for character in map(chr, (*range(0xA1), 0xAD, 0x1680, 0x180E, *range(0x2000, 0x2070), 0x3000, 0xFEFF))
    if not character.isprintable() or character.isspace()
)


# Base address of the entry that is being sanitised. Making a cleaner for each entry would cost half as much time as
# sanitising a paragraph.
_BASE: ContextVar[str] = ContextVar("base of relative addresses")


@functools.cache
def _make_cleaner(*, for_page: bool) -> nh3.Cleaner:
    return new_cleaner(lambda tag, name, value: filter_attribute(_BASE.get(), tag, name, value), for_page=for_page)


@functools.cache
def _make_normaliser() -> nh3.Cleaner:
    return new_normaliser(None)


def new_normaliser(attribute_filter: Callable[[str, str, str], str | None] | None) -> nh3.Cleaner:
    """Return an nh3 cleaner that writes HTML in the form that `rewrite_html` reads. Its output is not safe."""
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


def new_cleaner(attribute_filter: Callable[[str, str, str], str | None], *, for_page: bool) -> nh3.Cleaner:
    """Return the nh3 cleaner that makes HTML safe."""
    import nh3

    return nh3.Cleaner(
        tags={*TAGS, "h2"} if for_page else set(TAGS),
        clean_content_tags=set(DROPPED_WITH_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=attribute_filter,
        set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}} if for_page else None,
        url_schemes=set(SCHEMES),
        url_relative="pass_through",  # the attribute filter resolves them
        link_rel=None,
    )


def filter_attribute(base: str, tag: str, name: str, value: str) -> str | None:
    """Return the value of an attribute; None removes it. nh3 has already checked the name."""
    if name in ("href", "src"):
        return resolve_address(base, remove_illegal_xml(value))
    if tag == "mspace":
        return value if _LENGTH.fullmatch(value) else None
    if name in _VALUES:
        return value if _VALUES[name].fullmatch(value) else None
    return value
