"""Stale files: files in a published folder that the build no longer writes, and that it may remove."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from ..errors import LanguageTagError
from ..files import check_target, read_file
from ..language import canonicalise_tag
from ..site.marks import has_mark
from .changes import UNVERIFIED
from .published_paths import OPML, PUBLISHED_PATH, SITE_FILES, STATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .manifest_schema import PublishedFile

_DEEPEST_FOLDER: Final = 4  # <language>/category/<slug>/archive


def digest_content(data: bytes) -> bytes:
    """Return the digest by which a later build recognises a file that feedpub wrote."""
    return blake2b(data, digest_size=16).digest()


def is_as_written(output: str, path: str, recorded: PublishedFile) -> bool:
    """Return True if a file of the published folder has the content that a build wrote.

    A build that was killed may have recorded a file that it was about to write, but not its digest. The mark of feedpub
    decides then.
    """
    if recorded.mtime_ns == UNVERIFIED.mtime_ns and not recorded.content_digest:
        return has_mark(output, path)
    try:
        state = check_target(output, path)
        if state is None or state.st_size != recorded.size:
            return False
        return digest_content(read_file(output, path)) == recorded.content_digest
    except OSError:
        return False


def list_possible_files(output: str) -> list[str]:
    """Return the files of a published folder that have a path that feedpub uses, whoever wrote them.

    Links are not followed. Another published folder inside it is left alone, even if it was copied there without its
    manifest.
    """
    paths = [name for name in SITE_FILES if os.path.isfile(os.path.join(output, name))]
    try:
        names = sorted(os.listdir(output))
    except FileNotFoundError:
        return paths
    for name in names:
        if _is_language(name):
            paths += _list_files(os.path.join(output, name), f"{name}/")
    return paths


def _is_language(name: str) -> bool:
    if name[0] == ".":
        return False  # to look up `.feedpub` would load the registry of languages: 30 ms
    try:
        return canonicalise_tag(name) == name
    except LanguageTagError:
        return False


def _list_files(folder: str, prefix: str) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:  # not a folder, or one that may not be read
        return
    if os.path.islink(folder) or any(entry.name in (STATE_FOLDER, OPML) for entry in entries):
        return
    for entry in entries:
        path = prefix + entry.name
        if entry.is_dir(follow_symlinks=False) and path.count("/") < _DEEPEST_FOLDER:
            yield from _list_files(entry.path, f"{path}/")
        elif entry.is_file(follow_symlinks=False) and PUBLISHED_PATH.fullmatch(path):
            yield path
