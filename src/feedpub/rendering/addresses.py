"""Find the addresses that an entry publishes: those that its readers can follow."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final

from .renderer import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model import Entry
    from ..model.extensions import Extension

# For sanitised HTML, in which "<" only starts a tag and attribute values are in double quotes.
_ADDRESS_PATTERN: Final = re.compile(r'<(?:a|img)\b[^<>]*? (?:href|src)="([^"<>]*)"')


def find_addresses(entry: Entry) -> Iterator[str]:
    """Yield the addresses that an entry publishes, of any scheme; an address that it publishes twice comes twice.

    The id and the schemes of categories are names, not addresses. The entry's own page is left out too.

    Raises:
        FieldError: See `render`.
    """
    for match in _ADDRESS_PATTERN.finditer(render(entry)):
        yield unescape(match[1])
    yield from (reference.url for reference in entry.references if reference.url)
    yield from (url for url in (entry.via, entry.image) if url)
    yield from (enclosure.url for enclosure in entry.enclosures)
    yield from (person.uri for person in entry.authors if person.uri)
    yield from (other.url for other in (entry.previous, entry.next) if other and other.url)
    yield from _find_in_extensions(entry.extensions)


def _find_in_extensions(extensions: Iterable[Extension]) -> Iterator[str]:
    for extension in extensions:
        yield from (text for text in (extension.text.strip(), *extension.attributes.values()) if "://" in text)
        yield from _find_in_extensions(extension.children)
