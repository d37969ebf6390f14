"""The versions of what shapes the bytes of a build: when one changes, everything is made anew and compared."""

from __future__ import annotations

import os
import re
import sys
from typing import Final

from .. import __version__

_SHAPING: Final = re.compile(
    r"(?:feedgen2?|lxml|nh3|pyromark|jinja2|markupsafe|pyyaml|langcodes|can_ada)-[^-]*\.dist-info", re.IGNORECASE
)


def versions() -> tuple[str, ...]:
    """Return the version of feedpub and of the packages that it renders with; names of folders, which cost nothing."""
    found = {__version__}
    for place in sys.path:
        try:
            found.update(name for name in os.listdir(place or ".") if _SHAPING.fullmatch(name))
        except OSError:
            continue  # no folder
    return tuple(sorted(found))
