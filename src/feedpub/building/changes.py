"""Find what has changed since the last build, by the modification times and sizes of files; no file is read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..entries.scanning import pack_state
from ..files import check_target
from .manifest_schema import PublishedFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from .manifest import Manifest

# A file of the published folder that may not be as a build left it: it is made again, and compared.
UNVERIFIED: Final = PublishedFile(-1, -1, b"", b"")


@dataclass(slots=True)
class Changes:
    """The changes of an entries folder since it was last read.

    Args:
        states: All entry files: name → modification time and size, as `scanning.pack_state` joins them.
        changed: The names of files that are new or changed.
        removed: Name → key, of files that were read by an earlier build and no longer exist.
        keys: Name → key, of files that were read by an earlier build and still exist.
        due: The keys of articles with entries that have come due, or are held back now, though no file changed.
    """

    states: Mapping[str, int]
    changed: tuple[str, ...]
    removed: Mapping[str, str]
    keys: Mapping[str, str]
    due: tuple[str, ...] = ()

    def release_states(self) -> None:
        """Drop the states and keys once they are recorded, to free their memory for later steps."""
        self.states, self.keys = {}, {}

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed or self.due)


def find_changes(states: Mapping[str, int], manifest: Manifest, until: datetime) -> Changes:
    """Return the changes of an entries folder, and the articles that have come due.

    Args:
        states: The entry files, as `scan_folder` returns them.
        manifest: What earlier builds have read.
        until: The moment until which entries are shown.
    """
    keys, removed, changed = dict[str, str](), dict[str, str](), list[str]()
    for name, key, mtime_ns, size in manifest.list_files():
        state = states.get(name)
        if state is None:
            removed[name] = key
            continue
        keys[name] = key
        if state != pack_state(mtime_ns, size):
            changed.append(name)
    if len(keys) < len(states):
        changed += states.keys() - keys.keys()
    return Changes(states, tuple(sorted(changed)), dict(sorted(removed.items())), keys, tuple(manifest.list_due(until)))


def verify_published_files(output: Path, recorded_files: Mapping[str, PublishedFile]) -> dict[str, PublishedFile]:
    """Return the recorded files of a published folder, with `UNVERIFIED` for each that is not as it was left."""
    root, known_folders = os.fspath(output), set[str]()
    files: dict[str, PublishedFile] = {}
    for path, recorded in recorded_files.items():
        try:
            state = check_target(root, path, known_folders)
        except OSError:
            state = None
        is_same = state is not None and state.st_mtime_ns == recorded.mtime_ns and state.st_size == recorded.size
        files[path] = recorded if is_same else UNVERIFIED
    return files
