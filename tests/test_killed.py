"""Commands that write entry files are killed at any moment: nothing is lost, and the next run finishes the work.

Builds are killed in test_robustness.py.
"""

import os
from pathlib import Path

import pytest

from support.commands import run_program
from support.speed import THOROUGH

KILLS = 100 if THOROUGH else 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that begin at once")
@pytest.mark.parametrize("kind", ["import", "fix"])
def test_killed_while_entry_files_are_written(kind: str, tmp_path: Path) -> None:
    done = run_program("support.killed", kind, tmp_path, str(KILLS))
    assert done.returncode == 0, done.stderr
    killed, midway = map(int, done.stdout.split())
    assert killed == KILLS
    assert midway > KILLS / 20  # else the moments say nothing
