"""Find the names in a page that a fragment may mean, and whether the page contains them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .pages import Page


def find_fragment_names(fragment: str) -> frozenset[str]:
    """Return the names that a fragment may mean (HTML, section 7.4.6.4); none if only a script can resolve it."""
    if fragment.startswith(("!", "/")) or "=" in fragment:
        return frozenset()
    names = {fragment, unquote(fragment)}
    # On GitHub's pages, a script adds this prefix.
    return frozenset(names | {f"user-content-{name}" for name in names})


def find_names(fragments: Iterable[str], redirect_fragment: str) -> frozenset[str]:
    """Return the names to look for in a page.

    Args:
        fragments: Those of the links to the page.
        redirect_fragment: That of a redirect to the page, which replaces all others; empty if there is none.
    """
    targets = {redirect_fragment or fragment for fragment in fragments}
    return frozenset().union(*map(find_fragment_names, targets))


def find_fragments(
    fragments: Sequence[str], redirect_fragment: str, page: Page | None, *, is_complete: bool
) -> dict[str, bool | None]:
    """Return for each fragment whether a page contains it; None if that cannot be known.

    Args:
        fragments: Those of the links to the page.
        redirect_fragment: As of `find_names`.
        page: Read with the names to look for; None if it could not be read in time.
        is_complete: Whether the whole page was read.
    """
    results: dict[str, bool | None] = {}
    for fragment in fragments:
        target = redirect_fragment or fragment
        names = find_fragment_names(target)
        if target.lower() in ("", "top") or (page and not names.isdisjoint(page.names)):
            results[fragment] = True
        else:
            results[fragment] = False if names and page and is_complete else None
    return results
