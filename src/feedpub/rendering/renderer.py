"""What is kept while a site is rendered: an entry stands in many documents, and is rendered once."""

from __future__ import annotations

import functools
from html import escape
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ..language import isolate_bidi
from .content import note_language, render_content, render_note
from .text import split_paragraphs

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ..model import Entry, Reference

_T = TypeVar("_T")


class EscapedReference(NamedTuple):
    """A reference, escaped for HTML and XML, also within attributes.

    `url` is empty if there is none; `rest` is what follows the title: `` - publisher / publisher``.
    """

    url: str
    title: str
    rest: str


class RenderedEntry:
    """An entry, and what was rendered of it."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self._kept: dict[Hashable, object] = {}

    def keep(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what was kept under a key; make it first if there is nothing."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: _T = self._kept[key]  # type: ignore[assignment]  # each key has one maker
        return kept

    @functools.cached_property
    def paragraphs(self) -> list[str]:
        """The paragraphs of the summary, escaped for HTML."""
        return [escape(text, quote=False) for text in split_paragraphs(self.entry.summary)]

    @functools.cached_property
    def references(self) -> list[EscapedReference]:
        """The references, escaped."""
        return list(map(_escape_reference, self.entry.references))

    def content(self, reader_language: str | None = None) -> bytes:
        """Return the content in UTF-8, with a note if the entry is in another language than its reader's."""
        content = self.keep("content", lambda: render_content(self).encode())
        language = note_language(self.entry, reader_language)
        return content if language is None else render_note(self.entry, language).encode() + content


class Renderer:
    """What was rendered of the entries of a run; pass it on to write several documents of the same entries."""

    def __init__(self) -> None:
        self._entries: dict[int, RenderedEntry] = {}

    def render(self, entry: Entry) -> RenderedEntry:
        """Return an entry with what was rendered of it."""
        rendered = self._entries.get(id(entry))  # it is held here, so that no other entry can have its identity
        if rendered is None:
            rendered = self._entries[id(entry)] = RenderedEntry(entry)
        return rendered

    def forget(self) -> None:
        """Forget all entries."""
        self._entries.clear()


def _escape_reference(reference: Reference) -> EscapedReference:
    publishers = isolate_bidi(" / ".join(reference.publishers))
    rest = f" - {escape(publishers)}" if publishers else ""
    return EscapedReference(escape(reference.url or ""), escape(isolate_bidi(reference.title)), rest)


def render(entry: Entry, reader_language: str | None = None) -> str:
    """Return the entry's content as an HTML fragment.

    Args:
        entry: Its body may be HTML of any origin; what is not in `sanitiser.TAGS` is removed.
        reader_language: The language of the feed or page around it. If the entry is in another one, the content
            starts with a note that says so, in that language.

    Returns:
        HTML with absolute addresses, no scripts, styles, classes or ids.

    Raises:
        FieldError: The HTML of body and key points would become huge (more than 5 MB and 20 times its size), or take
            long (docs/reference/limits.md).
    """
    return RenderedEntry(entry).content(reader_language).decode()
