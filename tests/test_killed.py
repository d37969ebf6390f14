"""Commands that write entry files are killed at any moment: nothing is lost, and the next run finishes the work.

Builds are killed in test_robustness.py.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = 100


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that begin at once")
@pytest.mark.parametrize("kind", ["import", "fix"])
def test_killed_while_entry_files_are_written(kind: str, tmp_path: Path) -> None:
    command = [sys.executable, str(Path(__file__).with_name("killed.py")), kind, str(tmp_path), str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    killed, midway = map(int, done.stdout.split())
    assert killed == KILLS
    assert midway > KILLS / 20  # else the moments say nothing
