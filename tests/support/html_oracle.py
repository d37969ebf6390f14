"""An independent judge of published HTML.

html5lib parses the HTML as browsers do. Whatever it finds besides the elements, attributes and schemes that are listed
here is a violation. The lists are written by hand and not taken from the sanitiser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import html5lib

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_HTML: Final = "{http://www.w3.org/1999/xhtml}"
_MATHML: Final = "{http://www.w3.org/1998/Math/MathML}"
_ANYWHERE: Final = {"dir", "lang"}
_CONTENT: Final[dict[str, set[str]]] = {
    **{
        tag: set[str]()
        for tag in (
            "h3 h4 p ul strong em b i small code pre blockquote br hr cite sub sup del ins kbd mark dl dt dd"
            " ruby rt rp bdi table caption thead tbody tfoot tr figure figcaption q details summary"
        ).split()
    },
    "a": {"href"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}
# Elements of presentation, none of which links or runs anything (MathML Core).
_MATH: Final[dict[str, set[str]]] = {
    **{
        tag: set[str]()
        for tag in (
            "mrow mn ms mtext msqrt mroot mstyle mpadded mphantom msub msup msubsup munderover mmultiscripts"
            " mprescripts mtable mtr"
        ).split()
    },
    "math": {"alttext", "display"},
    "mfrac": {"linethickness"},
    "mi": {"mathvariant"},
    "mo": {"stretchy"},
    "mover": {"accent"},
    "mspace": {"width"},
    "mtd": {"columnspan", "rowspan"},
    "munder": {"accentunder"},
}
# Below the title of a page headings start one level higher, and what may be wider than the page can be focused.
_PAGE_CONTENT: Final = {tag: names for tag, names in _CONTENT.items() if tag != "h4"} | {
    "h2": set[str](),
    "pre": {"tabindex"},
    "table": {"tabindex"},
}
_PAGE: Final[dict[str, set[str]]] = {
    **{
        tag: {"class"}
        for tag in "html head title article section div p span ul li dl dt dd h1 h2 h3 bdi header footer code".split()
    },
    "section": {"class", "id"},
    "h2": {"id"},
    "meta": {"charset", "name", "content", "property"},
    "link": {"rel", "href", "type", "hreflang", "title"},
    "body": {"class"},
    "main": {"id", "tabindex"},
    "nav": {"class", "aria-label"},
    "a": {"class", "href", "rel", "hreflang", "type"},
    "img": {"src", "alt"},
    "span": {"class", "aria-current"},
    "time": {"datetime"},
    "code": {"translate"},
}
_FOLLOWED: Final = {"http", "https", "mailto", "tel"}
_WAYS_TO_SUBSCRIBE: Final = {"feed"}  # of pages
_ADDRESSES: Final = {"href", "src"}
# HTML Standard, section 3.2.6: an attribute of another form means nothing.
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


def find_violations(html: str) -> list[str]:
    """Return what must not stand in the content of an entry."""
    fragment = html5lib.parseFragment(html, treebuilder="etree")
    return [violation for element in fragment for violation in _judge(element, _CONTENT, _FOLLOWED)]


def find_page_violations(page: bytes) -> list[str]:
    """Return what must not stand in a page; within ``<div class="content">`` the rules of content hold."""
    document = html5lib.parse(page, treebuilder="etree", transport_encoding="utf-8")
    violations = []
    for element in document.iter():
        for child in list(element):
            if child.tag == f"{_HTML}div" and child.get("class") == "content":
                violations += [found for inner in child for found in _judge(inner, _PAGE_CONTENT, _FOLLOWED)]
                child.clear()
    return [*violations, *_judge(document, _PAGE, _FOLLOWED | _WAYS_TO_SUBSCRIBE)]


def _judge(root: Element, allowed: dict[str, set[str]], schemes: set[str]) -> Iterator[str]:
    for element in root.iter():
        name_or_kind: object = element.tag  # of a comment it is a function
        is_formula = isinstance(name_or_kind, str) and name_or_kind.removeprefix(_MATHML) in _MATH
        if not isinstance(name_or_kind, str) or not (is_formula or name_or_kind.startswith(_HTML)):
            yield f"not an element of HTML: {name_or_kind}"
            continue
        tag = name_or_kind.rpartition("}")[2]
        if tag not in allowed and not is_formula:
            yield f"<{tag}>"
            continue
        if tag == "img" and "src" not in element.attrib:
            yield "<img> without src"
        for name, value in element.attrib.items():
            if name not in (_MATH if is_formula else allowed)[tag] | _ANYWHERE:
                yield f"<{tag} {name}>"
            elif name == "src" and not value:
                yield f"<{tag} src=''>"
            elif name in _ADDRESSES and not _is_harmless(value, schemes, is_page=allowed is not _CONTENT):
                yield f"<{tag} {name}={value!r}>"
            elif name == "dir" and value not in ("ltr", "rtl", "auto"):
                yield f"<{tag} dir={value!r}>"
            elif name == "lang" and not _LANGUAGE.fullmatch(value):
                yield f"<{tag} lang={value!r}>"


def _is_harmless(address: str, schemes: set[str], *, is_page: bool) -> bool:
    """Return True if a browser follows an address to where it seems to lead.

    URL Standard, section 4.4: browsers remove tabs and line ends from addresses, and controls and spaces around them.
    """
    seen = re.sub(r"[\t\n\r]", "", address).strip("".join(map(chr, range(0x21))))
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", seen)
    if scheme is None:
        return is_page  # links between pages are relative
    return scheme[1].lower() in schemes and (scheme[1].lower() not in ("http", "https") or bool(urlsplit(seen).netloc))
