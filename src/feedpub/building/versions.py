"""The programs that the bytes of a build depend on: when one of them changes, everything is rendered again."""

from __future__ import annotations

import os
import re
import sys
from hashlib import blake2b
from pathlib import Path
from typing import Final

from .._version import __version__

_PACKAGE_FOLDER: Final = str(Path(__file__).parents[1])

_RENDERING_PACKAGE: Final = re.compile(
    r"(?:feedgen2?|lxml|nh3|comrak_ext|jinja2|markupsafe|pyyaml|langcodes|can_ada)-[^-]*\.dist-info", re.IGNORECASE
)


def digest_package(folder: str = _PACKAGE_FOLDER) -> str:
    """Return a digest of feedpub's own files: code, templates and tables.

    A version number does not change with each edit of a working copy, nor when somebody patches an installed package.
    Modification times do not help either, since pip and git set them arbitrarily. Reading all files takes 3 ms, a tenth
    of the time that the command needs to start.
    """
    digest = blake2b(digest_size=16)
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                data = file.read()
            digest.update(f"{path[len(folder) :]} {len(data)} ".encode("utf-8", "surrogateescape") + data)
    return digest.hexdigest()


def list_package_versions() -> tuple[str, ...]:
    """Return the versions of feedpub and of the packages that it renders with, by the names of their folders."""
    versions = {__version__}
    for path in sys.path:
        try:
            versions.update(name for name in os.listdir(path or ".") if _RENDERING_PACKAGE.fullmatch(name))
        except OSError:
            continue  # not a folder
    return tuple(sorted(versions))
