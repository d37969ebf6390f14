"""The elements of an XML document as the rules see them."""

from __future__ import annotations

from typing import Final

from .namespaces import PREFIXES


class Element:
    """An XML element with its content.

    Attributes:
        name: ``atom:entry``, ``item``, ``{http://example.org/ns}name``; see `namespaces`.
        attributes: Their values by names of the same kind.
        children: Child elements in document order; without entries, which are checked and dropped one by one.
        text: Its character data, without that of its children.
        parent: None of the root.
        offset: Where it starts in the document, in bytes of UTF-8.
    """

    __slots__ = ("attributes", "children", "name", "offset", "parent", "pieces", "text")

    def __init__(self, name: str, attributes: dict[str, str], parent: Element | None, offset: int) -> None:
        self.name = name
        self.attributes = attributes
        self.parent = parent
        self.offset = offset
        self.children: list[Element] = []
        self.pieces: list[str] = []
        self.text = ""

    def find(self, name: str) -> Element | None:
        """Return the first child of a name."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def find_all(self, name: str) -> list[Element]:
        """Return the children of a name."""
        return [child for child in self.children if child.name == name]

    def find_text(self, name: str) -> str:
        """Return the text of the first child of a name, without white space around it; empty if there is none."""
        child = self.find(name)
        return child.text.strip() if child else ""

    def inherited(self, attribute: str) -> str:
        """Return an attribute of this element or of the closest one around it that has it, such as ``xml:lang``."""
        element: Element | None = self
        while element:
            if attribute in element.attributes:
                return element.attributes[attribute]
            element = element.parent
        return ""


_NO_NAMESPACE: Final = ""
SEPARATOR: Final = "\x1f"  # which no namespace holds, since XML does not allow it


def shorten_name(expanded: str) -> str:
    """Return the name of an element or attribute as tables have it.

    Args:
        expanded: As expat writes it: namespace, `SEPARATOR`, local name; or the local name alone.
    """
    namespace, _, local = expanded.rpartition(SEPARATOR)
    if namespace == _NO_NAMESPACE:
        return local
    prefix = PREFIXES.get(namespace)
    return f"{prefix}:{local}" if prefix else f"{{{namespace}}}{local}"


def display_name(name: str) -> str:
    """Return a name as messages have it: the elements of Atom and RSS without a prefix."""
    return name.removeprefix("atom:").removeprefix("rss1:").removeprefix("rss090:")
