"""Run programs of `support` and the command line of feedpub."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
# Slow machines are no failure: a process that takes longer than this hangs.
DEADLINE_SECONDS = 300


def run_program(
    module: str, *arguments: str | Path, folder: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a module in a process of its own, such as `feedpub` or `support.killed`.

    Args:
        module: Its name, as after `python -m`.
        *arguments: Its arguments.
        folder: The current folder of the process; without one, that of the tests' process.
        env: Environment variables to set.
    """
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONIOENCODING": "utf-8", **(env or {})}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=DEADLINE_SECONDS, check=False,
    )  # fmt: skip
