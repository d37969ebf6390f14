"""Rewrite addresses in entry files that have moved for good."""

from __future__ import annotations

import difflib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..display import escape_for_terminal
from ..errors import FeedpubError
from ..files import read_file, remove_leftovers, resolve_inside, write_file
from ..iri import find_url_fault, parse_url
from ..links.history import open_history
from ..links.outbound import outbound
from ..redaction import hide_secrets
from .rewriting import Rewriting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..model import Config, Mention, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFix:
    """The changes of one entry file.

    Args:
        path: The file.
        before: What it holds.
        after: What it is to hold.
        changes: Line from 1, old address, new address.
        refused: Likewise, where the file would say something else with the new address; it is left as it is.
    """

    path: str
    before: bytes
    after: bytes
    changes: tuple[tuple[int, str, str], ...]
    refused: tuple[tuple[int, str, str], ...] = ()

    def diff(self) -> str:
        """Return the changes as a unified diff, to be read: what gives access in addresses is hidden."""
        old, new = (data.decode("utf-8").splitlines(keepends=True) for data in (self.before, self.after))
        name = escape_for_terminal(self.path)
        lines = difflib.unified_diff(old, new, name, name, n=1)
        text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
        return hide_secrets(text)

    def notes(self) -> tuple[str, ...]:
        """Return a line for each address that is left to the author, to be read like `diff`."""
        return tuple(
            f"{self.path}:{line}: not changed, as {hide_secrets(new)} would be read as something else here; "
            f"replace {hide_secrets(old)} by hand"
            for line, old, new in self.refused
        )


def fix_links(site: Site, *, history: str | os.PathLike[str]) -> tuple[LinkFix, ...]:
    """Find the links of a site that have moved for good, and what their files would be with the new addresses.

    An address has moved when its last two checks were redirected for good (301, 308) to the same page. Never to a
    site's front page, nor from https to http: that may be a soft 404, or worse. A link is rewritten if the file then
    links to the new address there, and says the same everywhere else; else it is in `LinkFix.refused`.

    Args:
        site: With entries from files.
        history: File that `check_links` has written.

    Raises:
        HistoryError: There is no such history.
        OSError: An entry file cannot be read.
    """
    path = Path(history)
    places = outbound(site)
    with open_history(path, must_exist=True, exclusive=False) as base:
        moved = {url: new for url in places if (new := _target(url, base.moved(url)))}
    files: dict[str, dict[Mention, tuple[str, str]]] = {}
    for url, new in moved.items():
        for place in places[url]:
            if place.line:
                files.setdefault(place.path, {})[place] = url, new
    return tuple(_fix_file(path, changes, site.config) for path, changes in sorted(files.items()))


def write_fixes(fixes: Iterable[LinkFix]) -> None:
    """Write the changes, each file as a whole or not at all.

    Raises:
        FeedpubError: A file has been changed since.
        OSError: A file cannot be written.
    """
    for fix in fixes:
        if fix.after == fix.before:
            continue
        folder, name = os.path.split(fix.path)
        remove_leftovers(folder or os.curdir)
        if read_file(folder, name) != fix.before:
            raise FeedpubError(f"{fix.path}: was changed in the meantime; run `feedpub links fix` again")
        path = resolve_inside(folder, name)  # of a link to another entry
        write_file(*os.path.split(path), fix.after, mode=stat.S_IMODE(os.stat(path).st_mode))


def _target(url: str, new: str | None) -> str | None:
    if not new:
        return None
    parsed = parse_url(new)
    if find_url_fault(new) or parsed is None or parsed.pathname == "/":
        return None
    if url.lower().startswith("https:") and parsed.protocol != "https:":
        return None
    fragment = url.partition("#")[2]
    return f"{new}#{fragment}" if fragment and "#" not in new else new


def _fix_file(path: str, moved: Mapping[Mention, tuple[str, str]], config: Config) -> LinkFix:
    """Return what is to become of a file.

    Args:
        path: The file.
        moved: Where an address stands → the address, and where it has moved to.
        config: The site's settings.
    """
    before = read_file(*os.path.split(path))
    rewriting = Rewriting(path, before.decode("utf-8"), config)
    found = rewriting.locate(moved)
    after, replaced = rewriting.replace(found)
    changes = tuple((one.line, one.old, one.new) for one in replaced)
    done = set(replaced)
    refused = tuple((one.line, one.old, one.new) for one in found if one not in done)
    return LinkFix(path=path, before=before, after=after.encode("utf-8"), changes=changes, refused=refused)
