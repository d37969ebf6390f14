"""Interrupt the program at chosen lines: in this process, and in a process of its own.

Run as `python -m support.interrupting SIGNAL PLACE COMMAND …`: a command of feedpub that sends itself a signal at
PLACE, which is `FILE:FUNCTION` (where that begins) or `FILE:NUMBER` (that many lines of it have been executed).
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import FrameType

    Line = tuple[str, int]


def trace_lines(act: Callable[[], object], files: Collection[str], at_line: Callable[[Line], None]) -> None:
    """Do something, and call a function before each line of some files, in this thread.

    Args:
        act: What is done.
        files: Ends of their paths.
        at_line: Called with the end of the path and the number of the line; what it raises is raised there.
    """
    names: dict[str, str] = {}

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        path = frame.f_code.co_filename
        if path not in names:
            names[path] = next((name for name in files if path.endswith(name)), "")
        if not names[path]:
            return None
        if event == "line":
            at_line((names[path], frame.f_lineno))
        return trace

    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(None)


def find_lines(act: Callable[[], object], files: Collection[str]) -> list[Line]:
    """Do something; return the lines of some files that it executes, each once, as they come."""
    lines: dict[Line, None] = {}
    trace_lines(act, files, lambda line: lines.setdefault(line))
    return list(lines)


def interrupt_at(line: Line, number: int, make_error: Callable[[], BaseException], act: Callable[[], object]) -> bool:
    """Do something, and raise an error before a line is executed for the nth time; return True if it came to that."""
    left = number

    def raise_at(current: Line) -> None:
        nonlocal left
        if current == line:
            left -= 1
            if not left:
                raise make_error()

    trace_lines(act, [line[0]], raise_at)
    return left <= 0


def main(number: int, place: str, arguments: list[str]) -> None:
    """Run a command that sends itself a signal at a place."""
    file, _, moment = place.rpartition(":")
    count = int(moment) if moment.isdigit() else 0
    sys.argv = ["feedpub", *arguments]
    # Whoever runs the tests may ignore it (nohup).
    signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        nonlocal count
        if not frame.f_code.co_filename.endswith(file):
            return None
        count -= event == "line"
        if event == "line" and (not count if moment.isdigit() else frame.f_code.co_name == moment):
            sys.settrace(None)
            sys.stderr.write("reached\n")
            os.kill(os.getpid(), number)
        return trace

    from feedpub.__main__ import main as run

    sys.settrace(trace)
    run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
