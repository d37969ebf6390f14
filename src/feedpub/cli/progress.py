"""A progress bar for commands that take longer than a second."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class Progress:
    """A progress bar on the terminal. It appears after one second, and not at all if stderr is not a terminal."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._bar: Any = None
        self._last_update = ("", 0.0)
        self._is_on_terminal = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, stage: str, done: int, total: int, more: Callable[[float], str] = lambda _: "") -> None:
        """Show progress.

        Args:
            stage: The current stage: ``read``, ``write``, or a text.
            done: Number of steps that are done in this stage.
            total: Number of steps in this stage.
            more: Returns a text to show after the stage, given the seconds since the start.
        """
        if not self._is_on_terminal:
            return
        now = time.monotonic()
        if now - self._start < PATIENCE_SECONDS:
            return
        if stage == self._last_update[0] and now - self._last_update[1] < REFRESH_SECONDS:
            return
        self._last_update = (stage, now)
        if self._bar is None:
            self._bar, self._task = _make_bar()
        description = _STAGES.get(stage, stage) + more(now - self._start)
        self._bar.update(self._task, description=description, completed=done, total=total)
        self._bar.start()  # shows the bar the first time, when it has a description


_STAGES = {"read": "Reading articles", "write": "Writing files"}
PATIENCE_SECONDS = 1
REFRESH_SECONDS = 0.1


def _make_bar() -> tuple[Any, Any]:
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
