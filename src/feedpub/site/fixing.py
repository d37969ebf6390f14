"""Rewrite addresses in entry files that have moved for good."""

from __future__ import annotations

import difflib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from ..display import escape_for_terminal
from ..errors import FeedpubError
from ..links.history import open_history
from ..links.outbound import outbound
from ..redaction import hide_secrets
from .publish import publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..model import Site

# What an address may not be a part of: a longer one, on either side.
_BEFORE: Final = r"(?<![A-Za-z0-9/?#&=%_~+@.:-])"
_AFTER: Final = r"(?![.,;:!*$]*[A-Za-z0-9/?#&=%_~+@-])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """Hold the changes of one entry file.

    Args:
        path: The file.
        before: What it holds.
        after: What it is to hold.
        changes: Line from 1, old address, new address.
    """

    path: str
    before: bytes
    after: bytes
    changes: tuple[tuple[int, str, str], ...]

    def diff(self) -> str:
        """Return the changes as a unified diff, to be read: what gives access in addresses is hidden."""
        old, new = (data.decode("utf-8").splitlines(keepends=True) for data in (self.before, self.after))
        name = escape_for_terminal(self.path)
        lines = difflib.unified_diff(old, new, name, name, n=1)
        text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
        return hide_secrets(text)


def fix_links(site: Site, *, history: str | os.PathLike[str]) -> tuple[Fix, ...]:
    """Find the links of a site that have moved for good, and what their files would be with the new addresses.

    An address has moved when its last two checks were redirected for good (301, 308) to the same page. Never to a
    site's front page, nor from https to http: that may be an excuse, or worse.

    Args:
        site: With entries from files.
        history: File that `check_links` has written.

    Raises:
        HistoryError: There is no such history.
        OSError: An entry file cannot be read.
    """
    path = Path(history)
    places = outbound(site)
    with open_history(path, must_exist=True, reads=True) as base:
        moved = {url: new for url in places if (new := _target(url, base.moved(url)))}
    files: dict[str, dict[str, str]] = {}
    for url, new in moved.items():
        for place in places[url]:
            if place.path and place.line:
                files.setdefault(place.path, {})[url] = new
    fixes = (_fixed(file, changes) for file, changes in sorted(files.items()))
    return tuple(fix for fix in fixes if fix)


def write_fixes(fixes: Iterable[Fix]) -> None:
    """Write the changes, each file as a whole or not at all.

    Raises:
        FeedpubError: A file has been changed since.
        OSError: A file cannot be written.
    """
    for fix in fixes:
        path = os.path.realpath(fix.path)
        if Path(path).read_bytes() != fix.before:
            raise FeedpubError(f"{fix.path}: was changed in the meantime; run `feedpub links fix` again")
        mode = stat.S_IMODE(os.stat(path).st_mode)
        publish(path, fix.after)
        os.chmod(path, mode)


def _target(url: str, new: str | None) -> str | None:
    if not new:
        return None
    parts = urlsplit(new)
    if parts.path in ("", "/") or (url.startswith("https:") and parts.scheme != "https"):
        return None
    fragment = url.partition("#")[2]
    return f"{new}#{fragment}" if fragment and "#" not in new else new


def _fixed(path: str, changes: Mapping[str, str]) -> Fix | None:
    before = Path(path).read_bytes()
    lines = before.decode("utf-8").splitlines(keepends=True)
    done = []
    for number, line in enumerate(lines):
        for old, new in changes.items():
            line = _replaced(line, old, new)
            if line != lines[number]:
                done.append((number + 1, old, new))
                lines[number] = line
    if not done:
        return None
    return Fix(path=path, before=before, after="".join(lines).encode("utf-8"), changes=tuple(done))


def _replaced(line: str, old: str, new: str) -> str:
    # Parentheses would end a link of Markdown, and quotation marks an attribute.
    new = new.replace("(", "%28").replace(")", "%29").replace("'", "%27")
    for form in dict.fromkeys((old, unquote(old), old.replace("&", "&amp;"))):
        if form in line:
            given = new.replace("&", "&amp;") if "&amp;" in form and "&amp;" not in old else new
            line = re.sub(_BEFORE + re.escape(form) + _AFTER, lambda _, given=given: given, line)  # type: ignore[misc]
    return line
