"""Run the command line of feedpub in this process, which takes a hundredth of the time, or programs on their own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from feedpub.cli import main

TESTS = Path(__file__).parents[1]
# Slow machines are no failure: a process that takes longer than this hangs.
DEADLINE_SECONDS = 300


def run_program(
    module: str, *arguments: str | Path, folder: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a module in a process of its own, such as `feedpub` or `support.killed`.

    Args:
        module: Its name, as after `python -m`.
        *arguments: Its arguments.
        folder: The current folder of the process; without one, that of the tests' process.
        environment: Environment variables to set.
    """
    variables = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONIOENCODING": "utf-8", **(environment or {})}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder, env=variables, capture_output=True, encoding="utf-8", timeout=DEADLINE_SECONDS, check=False,
    )  # fmt: skip


def run_command(
    *arguments: str, folder: Path | None = None, text: str = "", encoding: str = "utf-8"
) -> tuple[int, str, str]:
    """Run a command of feedpub in this process; return its exit code, what it printed and what it said of errors.

    Args:
        *arguments: What stands behind `feedpub`.
        folder: The current folder meanwhile.
        text: Standard input.
        encoding: Of the terminal.
    """
    code, out, err = run_command_for_bytes(*arguments, folder=folder, text=text, encoding=encoding)
    return code, out.decode(encoding), err.decode(encoding)


def run_command_for_bytes(
    *arguments: str, folder: Path | None = None, text: str = "", encoding: str = "utf-8"
) -> tuple[int, bytes, bytes]:
    """Run a command as `run_command` does; return the bytes that it printed."""
    out, err = io.BytesIO(), io.BytesIO()
    code: Any = None
    with (
        contextlib.chdir(folder or "."),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8")),
        contextlib.redirect_stdout(io.TextIOWrapper(out, encoding, write_through=True)) as stdout,
        contextlib.redirect_stderr(io.TextIOWrapper(err, encoding, "backslashreplace", write_through=True)) as stderr,
    ):
        try:
            main.main(arguments)
        except SystemExit as error:
            code = error.code
        stdout.detach()
        stderr.detach()
    return code, out.getvalue(), err.getvalue()
