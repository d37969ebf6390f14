"""A second opinion before a link is reported dead: a command, such as a browser or a machine elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .classify import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    SecondOpinion = Callable[[str], bool]


def make_second_opinion(command: str, seconds: float) -> SecondOpinion:
    """Return a function that runs a command, without a shell, and returns True if it ends with exit status 0.

    Args:
        command: Program and arguments; the URL is added as the last one.
        seconds: After this time, it is killed.
    """
    import shlex  # both take 10 ms to load, and are seldom needed
    import subprocess

    arguments = shlex.split(command)

    def run_command(url: str) -> bool:
        nothing = subprocess.DEVNULL
        try:
            process = subprocess.run(  # noqa: S603  # the user has set this command
                [*arguments, url], stdin=nothing, stdout=nothing, stderr=nothing, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"did not end within {seconds:g} s") from error
        if process.returncode < 0:
            raise ChildProcessError(f"killed by signal {-process.returncode}")
        return process.returncode == 0

    return run_command


def apply_second_opinion(second_opinion: SecondOpinion, url: str, verdict: Verdict) -> Verdict:
    """Return the verdict on a URL that would be reported dead, after a second opinion.

    If the second opinion fails, only the reason changes, to say so.
    """
    try:
        is_reachable = second_opinion(url)
    except Exception as error:  # of a function of the caller: whatever it is, the run goes on
        message = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return replace(verdict, reason=f"{verdict.reason} (the second opinion failed: {message})")
    if not is_reachable:
        return verdict
    return Verdict(
        status="unsure", reason="the second opinion reached the page", code=verdict.code, final_url=verdict.final_url
    )
