"""Find addresses in entry files that have moved permanently, and write the new ones."""

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
from ..links.outbound import find_outbound_links
from ..redaction import hide_secrets
from .rewriting import AddressRewriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..model import Config, Mention, Site
    from .rewriting import Replacement


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFix:
    """The changes of one entry file.

    Args:
        path: The file.
        before: Its content.
        after: Its content with the new addresses.
        changes: Line from 1, old address, new address.
        refused: Likewise, for addresses that are not replaced, since the new ones would change other data of the file.
    """

    path: str
    before: bytes
    after: bytes
    changes: tuple[tuple[int, str, str], ...]
    refused: tuple[tuple[int, str, str], ...] = ()

    def diff(self) -> str:
        """Return the changes as a unified diff for people; secrets in addresses are hidden."""
        old, new = (data.decode("utf-8").splitlines(keepends=True) for data in (self.before, self.after))
        name = escape_for_terminal(self.path)
        lines = difflib.unified_diff(old, new, name, name, n=1)
        text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
        return hide_secrets(text)

    def notes(self) -> tuple[str, ...]:
        """Return a line for each address that is left to the author; secrets in addresses are hidden."""
        return tuple(
            f"{self.path}:{line}: not changed, as {hide_secrets(new)} would be read as something else here; "
            f"replace {hide_secrets(old)} by hand"
            for line, old, new in self.refused
        )


def fix_links(site: Site, *, history: str | os.PathLike[str]) -> tuple[LinkFix, ...]:
    """Find the links of a site that have moved permanently, and return the changes that their files need.

    An address has moved when its last two checks were redirected permanently (301, 308) to the same page. A redirect to
    the home page of a site does not count, since it may be a soft 404, nor does one from https to http, which would
    make the link insecure. An address is replaced if the file then links to the new address and all its other data stay
    the same; otherwise it is in `LinkFix.refused`.

    Args:
        site: A site with entries from files.
        history: The file that `check_links` has written.

    Raises:
        HistoryError: There is no such history.
        OSError: An entry file cannot be read.
    """
    mentions = find_outbound_links(site)
    with open_history(Path(history), must_exist=True, exclusive=False) as database:
        targets = {
            url: target for url in mentions if (target := _find_target(url, database.find_permanent_target(url)))
        }
    files: dict[str, dict[Mention, tuple[str, str]]] = {}
    for url, target in targets.items():
        for mention in mentions[url]:
            if mention.line:
                files.setdefault(mention.path, {})[mention] = url, target
    return tuple(_fix_file(path, moved, site.config) for path, moved in sorted(files.items()))


def write_fixes(fixes: Iterable[LinkFix]) -> None:
    """Write the changes, each file in one step.

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
        path = resolve_inside(folder, name)  # the entry may be a link to another one
        write_file(*os.path.split(path), fix.after, mode=stat.S_IMODE(os.stat(path).st_mode))


def _find_target(url: str, redirect: str | None) -> str | None:
    """Return the address that replaces one that is redirected permanently; None if it must not be replaced."""
    if not redirect:
        return None
    parsed = parse_url(redirect)
    if find_url_fault(redirect) or parsed is None or parsed.pathname == "/":
        return None
    if url.lower().startswith("https:") and parsed.protocol != "https:":
        return None
    fragment = url.partition("#")[2]
    return f"{redirect}#{fragment}" if fragment and "#" not in redirect else redirect


def _fix_file(path: str, moved: Mapping[Mention, tuple[str, str]], config: Config) -> LinkFix:
    """Return the changes of a file.

    Args:
        path: The file.
        moved: Where an address is → the address, and the new one.
        config: The settings of the site.
    """
    before = read_file(*os.path.split(path))
    rewriter = AddressRewriter(path, before.decode("utf-8"), config)
    replacements = rewriter.locate(moved)
    after, replaced = rewriter.replace(replacements)
    done = set(replaced)
    refused = [replacement for replacement in replacements if replacement not in done]
    return LinkFix(
        path=path,
        before=before,
        after=after.encode("utf-8"),
        changes=_describe_changes(replaced),
        refused=_describe_changes(refused),
    )


def _describe_changes(replacements: Iterable[Replacement]) -> tuple[tuple[int, str, str], ...]:
    return tuple((replacement.line, replacement.old, replacement.new) for replacement in replacements)
