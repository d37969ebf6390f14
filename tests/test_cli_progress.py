"""How far a build is: shown on a terminal, on stderr, and only after a second."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.sample_sites import GOOD, write_site

if TYPE_CHECKING:
    from pathlib import Path

# The steps of a build that goes on for so many seconds.
STEPS = """
import sys, time
from feedpub.cli import progress
clock = 1000.0
time.monotonic = lambda: clock
with progress.Progress() as bar:
    for done in range({seconds}):
        clock += 1
        bar("read", done + 1, {seconds})
    bar("write", 3, 4)
print("done")
"""
BUILD = """
from feedpub.cli import main, progress
progress.PATIENCE_SECONDS = {patience}
main.main(["build"])
"""


def seen(program: str, folder: Path, *, is_terminal: bool = True) -> tuple[str, str]:
    """Run a program; return its output, and what it wrote to stderr, which may be a terminal."""
    import pty

    inner, outer = pty.openpty() if is_terminal else os.pipe()
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    done = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=outer,
        cwd=folder,
        env=environment | {"TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(outer)
    parts = []
    try:
        while part := os.read(inner, 65536):
            parts.append(part)
    except OSError:  # Linux says so at the end of a terminal
        pass
    os.close(inner)
    out, _ = done.communicate(timeout=60)
    assert done.returncode == 0
    return out.decode(), b"".join(parts).decode()


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
def test_what_takes_longer_than_a_second_shows_how_far_it_is(tmp_path: Path) -> None:
    out, shown = seen(STEPS.format(seconds=3), tmp_path)
    assert out == "done\n"
    assert "Reading articles" in shown
    assert shown.index("Reading articles") < shown.index("1/3") < shown.index("Writing files") < shown.index("3/4")
    assert "━" not in shown.partition("Reading")[0]
    assert shown.rstrip().endswith(("\x1b[?25h", "\x1b[2K"))  # the bar is gone, the cursor is back


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
def test_nothing_is_shown_before(tmp_path: Path) -> None:
    assert seen(STEPS.format(seconds=0), tmp_path) == ("done\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
def test_nothing_is_shown_to_what_is_no_terminal(tmp_path: Path) -> None:
    assert seen(STEPS.format(seconds=3), tmp_path, is_terminal=False) == ("done\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
def test_a_build_tells_how_far_it_is(tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD)
    out, shown = seen(BUILD.format(patience=0), tmp_path)
    assert "Reading articles" in shown
    assert "Writing files" in shown
    assert "files written, 0 unchanged" in out
    assert "Writing" not in out
    again, nothing = seen(BUILD.format(patience=60), tmp_path)
    assert (again.count("0 files written"), nothing) == (1, "")
