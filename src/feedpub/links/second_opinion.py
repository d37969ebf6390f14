"""Ask somebody else before a link is pronounced dead: a command, such as a browser or a machine elsewhere."""

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
        command: Program and arguments; the address becomes the last one.
        seconds: It is killed after this time.
    """
    import shlex  # 10 ms together, and seldom wanted
    import subprocess

    arguments = shlex.split(command)

    def ask(url: str) -> bool:
        nothing = subprocess.DEVNULL
        try:
            done = subprocess.run(  # noqa: S603  # who sets `second_opinion` wants it to be run
                [*arguments, url], stdin=nothing, stdout=nothing, stderr=nothing, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"no end after {seconds:g} s") from error
        if done.returncode < 0:
            raise ChildProcessError(f"killed by signal {-done.returncode}")
        return done.returncode == 0

    return ask


def apply_second_opinion(ask: SecondOpinion, url: str, verdict: Verdict) -> Verdict:
    """Return a verdict after somebody else was asked about an address that would be pronounced dead.

    What goes wrong there is told in the reason, and changes nothing.
    """
    try:
        is_reachable = ask(url)
    except Exception as error:  # of the caller's own function: whatever it is, the run goes on
        why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return replace(verdict, reason=f"{verdict.reason} (the second opinion failed: {why})")
    if not is_reachable:
        return verdict
    return Verdict(
        status="unsure", reason="a second opinion reached it", code=verdict.code, final_url=verdict.final_url
    )
