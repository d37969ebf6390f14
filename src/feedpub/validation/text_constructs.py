"""The rules of text and content in Atom (RFC 4287, sections 3.1 and 4.1.3), which RSS feeds use as well."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from .addresses import check_iri_reference
from .elements import display_name
from .faults import quote
from .html_checks import check_html, check_xhtml
from .values import check_media_type, check_plain_text, check_undeclared_html

if TYPE_CHECKING:
    from .elements import Element
    from .report import Report

_TEXT_TYPES: Final = ("text", "html", "xhtml")
_COMPOSITE = re.compile(r"(?:multipart|message)/", re.IGNORECASE)
_LARGEST_TEXT_CHARACTERS: Final = 5_000_000


def check_text_construct(element: Element, report: Report) -> None:
    """Check a title, a subtitle, a summary or rights."""
    kind = _read_type(element, report)
    if kind not in _TEXT_TYPES:
        _check_other_type(element, kind, report)
    _check_by_type(element, kind, report)
    if not element.text.strip() and not element.children:
        report.add("W302", f"{display_name(element.name)} is empty", element)


def check_content(element: Element, report: Report) -> None:
    """Check the content of an entry."""
    kind = _read_type(element, report)
    if "src" in element.attributes:
        _check_remote(element, report)
        return
    if _COMPOSITE.match(kind):
        report.add("E405", f"content cannot be {quote(kind)}", element, attribute="type")
    elif kind not in _TEXT_TYPES and kind and (fault := check_media_type(kind)):
        report.add(fault[0], f"content/@type: {fault[1]}", element, attribute="type")
    _check_by_type(element, kind, report)
    if not element.text.strip() and not element.children:
        report.add("W302", "content is empty", element)


def needs_summary(content: Element) -> bool:
    """Return True if an entry with this content must have a summary (RFC 4287, section 4.1.2)."""
    return "src" in content.attributes or _is_binary(content.attributes.get("type", "text").strip().lower())


def check_media_text(element: Element, report: Report) -> None:
    """Check a text of Media RSS, which is plain text or HTML."""
    if element.attributes.get("type") == "html":
        _check_html(element, element.text, report)
    elif fault := check_plain_text(element.text):
        message = f"{element.name} is not declared as HTML: {fault[1]}"
        report.add("W404", message, element, text=_find_markup(element.text))


def check_html_text(element: Element, report: Report) -> None:
    """Check an element whose text is HTML, such as the description of an RSS item."""
    _check_html(element, element.text, report)


def check_xhtml_element(element: Element, report: Report) -> None:
    """Check an element of XHTML in an RSS item."""
    for inner, finding in check_xhtml(element):
        report.add(finding.code, f"{element.name}: {finding.message}", inner)


def _read_type(element: Element, report: Report) -> str:
    kind = element.attributes.get("type", "text").strip()
    if not kind:
        report.add("W302", f"{display_name(element.name)}/@type is empty", element, attribute="type")
    return kind if kind not in ("TEXT", "HTML", "XHTML") else kind.lower()


def _check_other_type(element: Element, kind: str, report: Report) -> None:
    if fault := (check_media_type(kind) if kind else None):
        report.add(fault[0], f"{display_name(element.name)}/@type: {fault[1]}", element, attribute="type")
    elif kind:
        message = f"{display_name(element.name)} is text, html or xhtml, not {quote(kind)}"
        hint = 'write type="html"' if kind.lower().startswith("text/html") else ""
        report.add("E405", message, element, attribute="type", hint=hint)


def _check_by_type(element: Element, kind: str, report: Report) -> None:
    lower = kind.lower()
    if kind == "xhtml":
        _check_xhtml_construct(element, report)
    elif kind in ("html", "text") or lower.startswith("text/"):
        if element.children:
            inner = display_name(element.children[0].name)
            message = f"{display_name(element.name)} is of type {quote(kind)}, and contains the element {inner}"
            report.add("E406", message, element.children[0])
        if kind == "html" or lower.startswith("text/html"):
            _check_html(element, element.text, report)
        elif fault := check_undeclared_html(element.text):
            message = f"{display_name(element.name)} is not declared as HTML: {fault[1]}"
            report.add("W404", message, element, text=_find_markup(element.text))
    elif _is_binary(lower) and check_media_type(kind) is None and element.name == "atom:content":
        _check_base64(element, report)


def _find_markup(text: str) -> str:
    match = re.search(r"</?[A-Za-z]|&", text)
    return text[match.start() : match.start() + 20] if match else ""


def _check_xhtml_construct(element: Element, report: Report) -> None:
    name = display_name(element.name)
    divisions = element.find_all("xhtml:div")
    if element.text.strip() or len(element.children) != 1 or not divisions:
        report.add("E411", f"{name} of type xhtml has one div of XHTML and nothing else", element)
    other = next((child for child in element.children if child.name != "xhtml:div"), None)
    if other is not None and other.name.rpartition(":")[2].rpartition("}")[2] == "div":
        report.add("E416", f"the div in {name} is not in the namespace of XHTML", other)
    text = element.text if not divisions else "" if divisions[0].children else divisions[0].text
    if fault := check_plain_text(text):
        report.add("W411", f"{name} is of type xhtml, and its markup is escaped: {fault[1]}", element, text=text[:20])
    for division in divisions:
        _check_foreign(division, report)
        for inner, finding in check_xhtml(division):
            report.add(finding.code, f"{name}: {finding.message}", inner)


def _check_foreign(division: Element, report: Report) -> None:
    """Report elements in XHTML that belong to another namespace, except SVG and MathML."""
    waiting = [division]
    while waiting:
        element = waiting.pop()
        prefix, _, name = element.name.rpartition(":")
        if prefix not in ("xhtml", "svg", "math"):
            message = f"{name or element.name} is in XHTML, but not in the namespace of XHTML"
            report.add("E416", message, element)
            continue
        waiting.extend(reversed(element.children))


def _check_html(element: Element, html: str, report: Report) -> None:
    if len(html) > _LARGEST_TEXT_CHARACTERS:
        message = f"{display_name(element.name)} has {len(html):,} characters"
        report.add("W316", message, element)
    has_base = bool(element.inherited("xml:base"))
    for finding in check_html(html, has_base=has_base):
        report.add(finding.code, f"{display_name(element.name)}: {finding.message}", element, text=finding.text)


def _check_remote(element: Element, report: Report) -> None:
    if fault := check_iri_reference(element.attributes["src"]):
        report.add(fault[0], f"content/@src: {fault[1]}", element, attribute="src")
    if element.text.strip() or element.children:
        report.add("E410", "content with src must be empty", element)
    kind = element.attributes.get("type", "").strip()
    if "type" not in element.attributes:
        report.add("W412", "content with src does not say its media type", element)
    elif kind in _TEXT_TYPES or check_media_type(kind):
        report.add("E405", f"content with src has a media type, not {quote(kind)}", element, attribute="type")


def _is_binary(kind: str) -> bool:
    """Return True if content of a media type is written in Base64."""
    kind = kind.partition(";")[0].strip()
    return "/" in kind and not kind.startswith("text/") and not kind.endswith(("+xml", "/xml"))


def _check_base64(element: Element, report: Report) -> None:
    try:
        base64.b64decode("".join(element.text.split()), validate=True)
    except (binascii.Error, ValueError):
        report.add("E412", f"content of type {quote(element.attributes['type'])} is not Base64", element)
