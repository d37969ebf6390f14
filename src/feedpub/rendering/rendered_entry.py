"""An entry and the parts of it that are already rendered: every document that shows the entry uses them."""

from __future__ import annotations

import functools
from html import escape
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ..language import isolate_bidi
from .text import split_paragraphs

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ..model import Entry, Reference

_T = TypeVar("_T")


class EscapedReference(NamedTuple):
    """A reference, escaped for HTML and XML, also within attributes.

    `url` is empty if there is none. `publishers` is what follows the title: `` - publisher / publisher``, or nothing.
    """

    url: str
    title: str
    publishers: str


class RenderedEntry:
    """An entry with a cache of its rendered parts."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self._cache: dict[Hashable, object] = {}

    def get_cached(self, key: Hashable, render: Callable[[], _T]) -> _T:
        """Return the part that was rendered under a key; render it first if there is none."""
        if key not in self._cache:
            self._cache[key] = render()
        part: _T = self._cache[key]  # type: ignore[assignment]  # each key has one type
        return part

    @functools.cached_property
    def paragraphs(self) -> list[str]:
        """The paragraphs of the summary, escaped for HTML."""
        return [escape(text, quote=False) for text in split_paragraphs(self.entry.summary)]

    @functools.cached_property
    def references(self) -> list[EscapedReference]:
        """The references, escaped."""
        return list(map(_escape_reference, self.entry.references))


def _escape_reference(reference: Reference) -> EscapedReference:
    publishers = isolate_bidi(" / ".join(reference.publishers))
    return EscapedReference(
        url=escape(reference.url or ""),
        title=escape(isolate_bidi(reference.title)),
        publishers=f" - {escape(publishers)}" if publishers else "",
    )
