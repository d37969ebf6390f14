"""What changed since the last build, by the state of files on disk: nothing is read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..entries.scanning import pack_state
from ..files import check_target
from .manifest import Known

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from .manifest import Manifest

# A file of the published folder whose recipe is not known: it is made anew, and compared.
UNFINISHED: Final = Known(-1, -1, b"", b"")


@dataclass(slots=True)
class Changes:
    """Compare an entries folder with what was read of it.

    Args:
        states: Every entry file: name → time of change and size, by `scanning.pack_state`.
        changed: The names of those that are new or changed.
        gone: Name → article of those that were read once, and are gone.
        keys: Name → article of those that were read, and are there.
        due: Articles of which something is to be shown now, or not any more, though no file changed.
    """

    states: Mapping[str, int]
    changed: tuple[str, ...]
    gone: Mapping[str, str]
    keys: Mapping[str, str]
    due: tuple[str, ...] = ()

    def release(self) -> None:
        """Forget the states, once they are recorded: what follows needs the memory."""
        self.states, self.keys = {}, {}

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.due)


def compare(states: Mapping[str, int], manifest: Manifest, until: datetime) -> Changes:
    """Find what changed, and what has come due: is published until `until`, but was later than the last build's."""
    keys, gone, changed = dict[str, str](), dict[str, str](), list[str]()
    for name, key, mtime_ns, size in manifest.files():
        state = states.get(name)
        if state is None:
            gone[name] = key
            continue
        keys[name] = key
        if state != pack_state(mtime_ns, size):
            changed.append(name)
    if len(keys) < len(states):
        changed += states.keys() - keys.keys()
    return Changes(states, tuple(sorted(changed)), dict(sorted(gone.items())), keys, tuple(manifest.due(until)))


def trusted(place: Path, outputs: Mapping[str, Known]) -> dict[str, Known]:
    """Return what is known of the files of a published folder; nothing of those that are not as we left them."""
    root, folders, found = os.fspath(place), set[str](), {}
    for path, known in outputs.items():
        try:
            state = check_target(root, path, folders)
        except OSError:
            state = None
        same = state is not None and state.st_mtime_ns == known.mtime_ns and state.st_size == known.size
        found[path] = known if same else UNFINISHED
    return found
