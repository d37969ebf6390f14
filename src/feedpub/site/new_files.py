"""Write new files into an entries folder: all of them, or none.

If a write is killed between two files, the next write of the same files completes it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import read_file, remove_leftovers, write_new_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class FilesExistError(Exception):
    """Some of the files exist, or something else has their names; `paths` says which."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        super().__init__(*paths)
        self.paths = paths


def write_missing_files(folder: Path, contents: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write the files that do not have their content yet; if all of them have it, all count as existing.

    Args:
        folder: Created if it does not exist.
        contents: Name → content.

    Returns:
        The paths of the files that were written.

    Raises:
        FilesExistError: Some of them exist; nothing is written.
        OSError: One cannot be written; none is.
    """
    missing = {name: data for name, data in contents.items() if not _has_content(folder, name, data)} or contents
    if existing := find_existing(folder, missing):
        raise FilesExistError(existing)
    remove_leftovers(os.fspath(folder))
    try:
        write_new_files(os.fspath(folder), missing)
    except FileExistsError as error:  # it appeared at this very moment
        raise FilesExistError((Path(error.filename).as_posix(),)) from None
    return tuple((folder / name).as_posix() for name in missing)


def find_existing(folder: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Return the paths that exist, of files or of anything else."""
    return tuple((folder / name).as_posix() for name in names if os.path.lexists(folder / name))


def _has_content(folder: Path, name: str, data: bytes) -> bool:
    try:
        return read_file(os.fspath(folder), name) == data
    except OSError:
        return False
