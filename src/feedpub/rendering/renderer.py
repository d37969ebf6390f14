"""Render entries to HTML; a `Renderer` renders each entry once for all documents that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .content import render_for_reader
from .rendered_entry import RenderedEntry

if TYPE_CHECKING:
    from ..model import Entry


class Renderer:
    """A cache of rendered entries. Pass the same one to write several documents of the same entries."""

    def __init__(self) -> None:
        self._entries: dict[int, RenderedEntry] = {}

    def render(self, entry: Entry) -> RenderedEntry:
        """Return an entry with the cache of its rendered parts."""
        rendered = self._entries.get(id(entry))  # the cache keeps the entry alive, so no other entry gets the same id()
        if rendered is None:
            rendered = self._entries[id(entry)] = RenderedEntry(entry)
        return rendered

    def clear(self) -> None:
        """Remove all entries from the cache."""
        self._entries.clear()


def render(entry: Entry, reader_language: str | None = None) -> str:
    """Render the content of an entry to HTML.

    Args:
        entry: The entry. Its body may be HTML of any origin; only safe elements that feed readers show are kept
            (docs/reference/feeds.md).
        reader_language: Language of the feed or page that shows the content. If the entry is in another language, the
            content starts with a note that says so, in this language.

    Returns:
        An HTML fragment with absolute addresses, without scripts, styles, classes and ids.

    Raises:
        FieldError: The HTML of body and key points would become too large (more than 5 MB and 20 times its size), or
            take too long (docs/reference/limits.md).
    """
    return render_for_reader(RenderedEntry(entry), reader_language).decode()
