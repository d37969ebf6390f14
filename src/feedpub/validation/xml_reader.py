"""Read an XML document element by element, with positions, and refuse documents that are meant to do harm.

No entity but the five of XML is ever expanded and nothing outside the document is read. The depth of
elements, the attributes of an element and the elements of an entry are limited, so that time and memory grow only with
the size of the document.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING, Final, Protocol
from xml.parsers import expat

from .elements import SEPARATOR, Element, shorten_name

if TYPE_CHECKING:
    from .report import Report
    from .summaries import FeedSummary

MOST_DOCUMENT_BYTES: Final = 64_000_000
MOST_DEPTH: Final = 100
MOST_ATTRIBUTES: Final = 500
MOST_ELEMENTS_OF_AN_ENTRY: Final = 100_000
_MOST_NAMESPACES: Final = 1_000
_MOST_NAMES: Final = 2_000
_TEXT_BUFFER_BYTES: Final = 262_144

# Sections in which "&" is only a character, and references to entities.
_REFERENCE = re.compile(
    rb"""
    <!\[CDATA\[ (?: .*? \]\]> | .* )    # unclosed, it goes to the end: or the time would be quadratic
    | <!-- (?: .*? --> | .* )
    | & (?P<name> [A-Za-z] [A-Za-z0-9]{1,30} ) ;
    """,
    re.VERBOSE | re.DOTALL,
)
_PREDEFINED: Final = frozenset(("amp", "lt", "gt", "quot", "apos"))
_UNDEFINED_ENTITY: Final = expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]
_UNBOUND_PREFIX: Final = expat.errors.codes[expat.errors.XML_ERROR_UNBOUND_PREFIX]
_INVALID_TOKEN: Final = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]
_MISPLACED_DECLARATION: Final = expat.errors.codes[expat.errors.XML_ERROR_MISPLACED_XML_PI]


class Handler(Protocol):
    """Receives the elements of a document while it is read."""

    @property
    def summary(self) -> FeedSummary | None:
        """What the document says that can be compared with other documents."""

    def start_root(self, root: Element) -> None:
        """Take the root element, of which only name and attributes are there yet."""

    def is_entry(self, element: Element) -> bool:
        """Return True if an element, which is a child of the root or of one of its children, is an entry."""

    def check_entry(self, entry: Element) -> None:
        """Check an entry, which is dropped afterwards."""

    def check_document(self, root: Element) -> None:
        """Check everything but the entries."""


class RefusedError(Exception):
    """Reading stops here; the reason has been reported."""


def read_xml(data: bytes, handler: Handler, report: Report) -> list[tuple[str, str]]:
    """Read a document and let a handler check it.

    Args:
        data: The document in UTF-8.
        handler: Called for each entry and at the end. If the document is cut short by an error, it is called at the
            end for what was read before.
        report: Where faults of the XML are reported.

    Returns:
        Prefix and name of each namespace that the document declares.
    """
    reader = _Reader(handler, report)
    try:
        reader.parse(data)
    except RefusedError:
        pass
    except expat.ExpatError as error:
        _report_error(error, data, reader.error_offset, report)
    else:
        reader.finish()
    return reader.namespaces


def replace_undefined_entities(data: bytes, report: Report) -> bytes:
    """Report the entities of HTML that XML lacks, and return a document that has as many other characters for them."""

    def replace(match: re.Match[bytes]) -> bytes:
        name = (match["name"] or b"").decode("ascii")
        characters = html5.get(f"{name};", "")
        if not characters or name in _PREDEFINED:
            return match[0]
        references = "".join(f"&#{ord(character)};" for character in characters)
        message = f"XML has no entity &{name};"
        report.add("E304", message, match.start(), hint=f"write {references}, or the character itself")
        return b"?" * len(match[0])

    return _REFERENCE.sub(replace, data)


class _Names(dict[str, str]):
    """The names that tables have, by the names that expat has; each is made once."""

    def __missing__(self, expanded: str) -> str:
        name = shorten_name(expanded)
        if len(self) < _MOST_NAMES:
            self[expanded] = name
        return name


class _Reader:
    """The handlers of expat, and the elements that are open."""

    def __init__(self, handler: Handler, report: Report) -> None:
        self.handler = handler
        self.report = report
        self.namespaces: list[tuple[str, str]] = []
        self.error_offset = 0
        self.root: Element | None = None
        self.open: Element | None = None
        self.depth = 0
        self.elements = 0  # since the last entry
        self.names = _Names()
        self.parser = parser = expat.ParserCreate(encoding="utf-8", namespace_separator=SEPARATOR)
        parser.buffer_text = True
        parser.buffer_size = _TEXT_BUFFER_BYTES
        parser.StartElementHandler = self.start_element
        parser.EndElementHandler = self.end_element
        parser.CharacterDataHandler = self.add_text
        parser.StartNamespaceDeclHandler = self.declare_namespace
        parser.XmlDeclHandler = self.check_declaration
        parser.StartDoctypeDeclHandler = self.check_document_type
        parser.EntityDeclHandler = self.refuse_entity

    def parse(self, data: bytes) -> None:
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError:
            self.error_offset = self.parser.ErrorByteIndex
            raise

    def finish(self) -> None:
        if self.root:
            self.handler.check_document(self.root)

    def start_element(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > MOST_DEPTH or len(attributes) > MOST_ATTRIBUTES or self.elements > MOST_ELEMENTS_OF_AN_ENTRY:
            self.refuse_size(len(attributes))
        if attributes:
            names = self.names
            attributes = {names[key]: value for key, value in attributes.items()}
        parent = self.open
        element = self.open = Element(self.names[name], attributes, parent, self.parser.CurrentByteIndex)
        if parent is None:
            self.root = element
            self.handler.start_root(element)
        else:
            parent.children.append(element)

    def end_element(self, _name: str) -> None:
        element = self.open
        assert element is not None  # expat pairs the tags
        if element.pieces:
            element.text += "".join(element.pieces)
            element.pieces.clear()
        self.open = element.parent
        self.depth -= 1
        if self.depth in (1, 2) and self.open and self.handler.is_entry(element):
            self.open.children.pop()
            self.handler.check_entry(element)
            _unlink_elements(element)
            self.elements = 0

    def add_text(self, text: str) -> None:
        element = self.open
        if element is None:
            return
        if element.text:
            element.pieces.append(text)
        else:  # mostly the only one
            element.text = text

    def declare_namespace(self, prefix: str | None, uri: str | None) -> None:
        pair = (prefix or "", uri or "")
        if pair not in self.namespaces and len(self.namespaces) < _MOST_NAMESPACES:
            self.namespaces.append(pair)

    def check_declaration(self, version: str, _encoding: str | None, _standalone: int) -> None:
        if version and version != "1.0":
            self.report.add(
                "E301", f"the document is XML {version[:20]}; feeds are XML 1.0", 0, hint='write version="1.0"'
            )

    def check_document_type(self, name: str, system: str | None, public: str | None, _internal: int) -> None:
        described = public or system or name
        self.report.add(
            "W303", f"document type {described[:100]!r}", self.parser.CurrentByteIndex, hint="remove the DOCTYPE"
        )

    def refuse_entity(self, name: str, *_details: object) -> None:
        self.report.add("E305", f"the document declares an entity {name[:50]!r}", self.parser.CurrentByteIndex)
        raise RefusedError

    def refuse_size(self, attributes: int) -> None:
        message = f"more than {MOST_ELEMENTS_OF_AN_ENTRY:,} elements in one entry"
        if self.depth > MOST_DEPTH:
            message = f"elements are nested more than {MOST_DEPTH} deep"
        elif attributes > MOST_ATTRIBUTES:
            message = f"an element has {attributes:,} attributes; {MOST_ATTRIBUTES} are read at most"
        self.report.add("E306", message, self.parser.CurrentByteIndex)
        raise RefusedError


def _unlink_elements(element: Element) -> None:
    """Take an entry apart: its elements refer to each other, so garbage collection would take time for them."""
    waiting = [element]
    while waiting:
        parent = waiting.pop()
        waiting.extend(child for child in parent.children if child.children)
        parent.children = []


def _report_error(error: expat.ExpatError, data: bytes, offset: int, report: Report) -> None:
    """Report why a document is not well-formed."""
    reason = expat.ErrorString(error.code)
    if error.code == _UNDEFINED_ENTITY:
        report.add("E304", f"{_find_name(data, offset)} is not an entity of XML", offset)
    elif error.code == _UNBOUND_PREFIX:
        report.add("E307", f"the prefix in {_find_name(data, offset)} is not declared", offset)
    elif error.code == _MISPLACED_DECLARATION:
        report.add("E310", "the XML declaration is not at the very start", offset)
    elif error.code == _INVALID_TOKEN and (character := _find_character(data, offset)) in _FORBIDDEN:
        report.add("E309", f"XML does not allow the character U+{ord(character):04X}", offset)
    else:
        report.add("E301", reason, offset)


def _find_name(data: bytes, offset: int) -> str:
    """Return the tag or reference at an offset, for messages."""
    match = re.compile(rb"[<&]?[^\s<>&;]{1,60};?").match(data, offset)
    return match[0].decode("utf-8", "replace") if match else "the tag"


def _find_character(data: bytes, offset: int) -> str:
    return data[offset : offset + 4].decode("utf-8", "ignore")[:1] or " "


_FORBIDDEN: Final = frozenset(map(chr, (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)))
