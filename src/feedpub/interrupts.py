"""Ctrl-C, SIGTERM and SIGHUP: one kind of exception, and the exit code that shells expect.

The first signal raises `KeyboardInterrupt`, wherever the program is, so that it can say what it knows; the second ends
it at once, as if nothing were installed here.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupted(KeyboardInterrupt):
    """A signal has ended the program.

    Args:
        number: Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


def install_handlers() -> None:
    """Let the first signal raise `Interrupted`; what the caller has told this process to ignore (nohup) stays so."""
    usual = (signal.SIG_DFL, signal.default_int_handler)
    for number in _numbers():
        if signal.getsignal(number) in usual:
            signal.signal(number, _interrupt)


def restore_handlers() -> None:
    """Let any further signal end the program at once: nothing is left that could be lost."""
    for number in _numbers():
        if signal.getsignal(number) == _interrupt:
            signal.signal(number, signal.SIG_DFL)


def find_interrupt(error: BaseException | None) -> KeyboardInterrupt | None:
    """Return the interrupt that an exception is, or comes from; None if it has another cause.

    Python puts others in its place: RuntimeError for one that comes while a class is made, as modules are loaded
    (`__set_name__`, before Python 3.12), or what fails while it is handled.
    """
    seen = set[int]()
    while error and id(error) not in seen:
        if isinstance(error, KeyboardInterrupt):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """Return the exit code of a program that an interrupt ends: 130 for Ctrl-C, 143 for SIGTERM."""
    return interrupt.exit_code if isinstance(interrupt, Interrupted) else 128 + signal.SIGINT


def raise_again() -> None:
    """Raise an interrupt that has come and was lost, as Python loses what is raised while an object is collected."""
    if _received:
        raise Interrupted(_received[0])


@contextmanager
def deferred() -> Iterator[None]:
    """Let a block end before the first signal interrupts the program: it writes something that counts as a whole."""
    _deferring.append(True)
    try:
        yield
    finally:
        _deferring.clear()
    raise_again()


_received: list[int] = []
_deferring: list[bool] = []


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    restore_handlers()
    if not _deferring:
        raise Interrupted(number)


def _numbers() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
