"""Files that earlier builds left in the published folder: which are ours, and which are not needed any more."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Final

from .manifest import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Every name that feedpub writes below a language's folder, and the mark that such a file carries near its beginning.
_NAMED: Final = re.compile(r"(?:index\.html|(?:atom|rss)(?:-[1-9]\d*)?\.xml|feed(?:-[1-9]\d*)?\.json)")
_MARKS: Final = {
    ".html": b'<meta name="generator" content="feedpub">',
    ".xml": b"<generator>feedpub</generator>",
    ".json": b'"_feedpub":{"about":"feedpub:',
}
OPML: Final = "feeds.opml"  # at the top of every published folder, and nowhere else
_BEGINNING_BYTES: Final = 32_768


def is_ours(path: Path) -> bool:
    """Tell whether feedpub wrote a file, by its name and its mark."""
    if not _NAMED.fullmatch(path.name):
        return False
    try:
        with path.open("rb") as file:
            return _MARKS[path.suffix] in file.read(_BEGINNING_BYTES)
    except OSError:
        return False


def our_files(output: Path) -> Iterator[str]:
    """Yield the files below the folders of a published folder that feedpub wrote, relative to it.

    Another published folder that stands in it is let be, also one that was copied there without what it remembers.
    """
    for place, folders, names in os.walk(output):
        folders[:] = sorted(
            name
            for name in folders
            if name[0] != "." and not any(os.path.exists(os.path.join(place, name, own)) for own in (FOLDER, OPML))
        )
        here = output.__class__(place)
        if here == output:
            continue
        for name in sorted(names):
            if is_ours(here / name):
                yield (here / name).relative_to(output).as_posix()


def remove(output: Path, path: str) -> None:
    """Remove a file, and the folders that are empty without it."""
    place = output / path
    with contextlib.suppress(FileNotFoundError):
        place.unlink()
    for folder in place.parents:
        if folder == output:
            break
        try:
            folder.rmdir()
        except OSError:
            break
