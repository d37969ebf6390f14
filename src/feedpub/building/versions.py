"""What programs shape the bytes of a build: when one changes, everything is made anew and compared."""

from __future__ import annotations

import os
import re
import sys
from hashlib import blake2b
from pathlib import Path
from typing import Final

from .._version import __version__

_PACKAGE: Final = str(Path(__file__).parents[1])

_SHAPING: Final = re.compile(
    r"(?:feedgen2?|lxml|nh3|comrak_ext|jinja2|markupsafe|pyyaml|langcodes|can_ada)-[^-]*\.dist-info", re.IGNORECASE
)


def package_digest(folder: str = _PACKAGE) -> str:
    """Return a digest of feedpub's own files: code, templates and tables.

    A version does not tell one state of a working copy from the next, nor a package that somebody patched; neither do
    times of files, which pip and git set as they like. To read the 106 files takes 3 ms, a tenth of what it takes to
    start the command.
    """
    digest = blake2b(digest_size=16)
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                data = file.read()
            digest.update(f"{path[len(folder) :]} {len(data)} ".encode("utf-8", "surrogateescape") + data)
    return digest.hexdigest()


def versions() -> tuple[str, ...]:
    """Return the version of feedpub and of the packages that it renders with; names of folders, which cost nothing."""
    found = {__version__}
    for place in sys.path:
        try:
            found.update(name for name in os.listdir(place or ".") if _SHAPING.fullmatch(name))
        except OSError:
            continue  # no folder
    return tuple(sorted(found))
