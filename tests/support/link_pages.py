"""Read the page of a link in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedpub.links.pages import read_page

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from feedpub.links.pages import Page


def read_page_at_once(body: bytes, headers: Mapping[str, str], names_to_find: Collection[str] = ()) -> Page:
    """Read a page as `read_page` does, without yielding."""
    steps = read_page(body, headers, names_to_find)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            page: Page = end.value
            return page
