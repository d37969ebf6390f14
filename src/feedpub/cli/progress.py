"""A bar on the terminal for what takes longer than a second."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class Progress:
    """Show on a terminal how far something is that takes longer than a second."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._bar: Any = None
        self._shown = ("", 0.0)
        self._on_terminal = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, stage: str, done: int, total: int, more: Callable[[float], str] = lambda _: "") -> None:
        """Show that something is done.

        Args:
            stage: What is under way.
            done: How much of it, of `total`.
            total: How much there is.
            more: Returns what else is to be shown, given the seconds since the beginning.
        """
        if not self._on_terminal:
            return
        now = time.monotonic()
        if now - self._begun < PATIENCE_SECONDS:
            return
        if stage == self._shown[0] and now - self._shown[1] < REFRESH_SECONDS:
            return
        self._shown = (stage, now)
        if self._bar is None:
            self._bar, self._task = _bar()
        description = _STAGES.get(stage, stage) + more(now - self._begun)
        self._bar.update(self._task, description=description, completed=done, total=total)
        self._bar.start()  # shows it, the first time; so it never stands there without a name


_STAGES = {"read": "Reading articles", "write": "Writing files"}
PATIENCE_SECONDS = 1
REFRESH_SECONDS = 0.1


def _bar() -> tuple[Any, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    return bar, bar.add_task("", total=None)
