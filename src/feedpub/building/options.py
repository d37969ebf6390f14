"""The options of a build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..site.scheduling import LAST_MOMENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    Progress = Callable[[str, int, int], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How to build.

    Args:
        until: Entries that are published later than this moment are scheduled.
        shows_scheduled: Whether scheduled entries are shown, as in a preview, or held back.
        keep_going: As in `build`.
        prune: As in `build`.
        progress: As in `build`.
    """

    until: datetime
    shows_scheduled: bool = False
    keep_going: bool = False
    prune: bool = False
    progress: Progress

    @property
    def shown_until(self) -> datetime:
        """The moment until which entries are shown."""
        return LAST_MOMENT if self.shows_scheduled else self.until
