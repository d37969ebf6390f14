"""Files of the published folder that are not written by this build: which of them are ours, and may be removed."""

from __future__ import annotations

import contextlib
import os
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from ..errors import LanguageTagError
from ..files import check_target, read_file
from ..language import canonicalise_tag
from ..site.marks import has_mark
from .changes import UNFINISHED
from .manifest import FOLDER, OUTPUT_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .manifest import Known

_DEEPEST: Final = 4  # folders: <language>/category/<name>/archive
OPML: Final = "feeds.opml"  # at the top of every published folder, and nowhere else
CATEGORY_OPML: Final = "feeds-categories.opml"  # beside it


def digest(data: bytes) -> bytes:
    """Return the digest of a file by which a later build knows it as its own."""
    return blake2b(data, digest_size=16).digest()


def is_as_written(output: str, path: str, recorded: Known) -> bool:
    """Return True if a file of the published folder is what a build wrote, and nobody changed it since.

    A build that was killed may have recorded a file that it was about to write, but not its digest: the mark tells.
    """
    if recorded.mtime_ns == UNFINISHED.mtime_ns and not recorded.digest:
        return has_mark(output, path)
    try:
        found = check_target(output, path)
        return found is not None and found.st_size == recorded.size and _digest_of(output, path) == recorded.digest
    except OSError:
        return False


def _digest_of(output: str, path: str) -> bytes:
    return digest(read_file(output, path))


def candidates(output: str) -> list[str]:
    """Return the files of a published folder that have a path of ours, whoever wrote them.

    Links are not followed. Another published folder that stands in it is let be, also one that was copied there without
    what it remembers.
    """
    found: list[str] = []
    if os.path.isfile(os.path.join(output, CATEGORY_OPML)):
        found.append(CATEGORY_OPML)
    with contextlib.suppress(FileNotFoundError):
        for language in sorted(os.listdir(output)):
            if _is_language(language):
                found += _files(os.path.join(output, language), f"{language}/")
    return found


def _is_language(name: str) -> bool:
    try:
        return (
            name[0] != "." and canonicalise_tag(name) == name
        )  # `.feedpub` would load the registry of languages: 30 ms
    except LanguageTagError:
        return False


def _files(place: str, below: str) -> Iterator[str]:
    try:
        found = sorted(os.scandir(place), key=lambda entry: entry.name)
    except OSError:  # no folder, or one that may not be read
        return
    if os.path.islink(place) or any(entry.name in (FOLDER, OPML) for entry in found):
        return
    for entry in found:
        path = below + entry.name
        if entry.is_dir(follow_symlinks=False) and path.count("/") < _DEEPEST:
            yield from _files(entry.path, f"{path}/")
        elif entry.is_file(follow_symlinks=False) and OUTPUT_PATH.fullmatch(path):
            yield path
