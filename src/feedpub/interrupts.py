"""Ctrl-C, SIGTERM and SIGHUP as one exception, with the exit code that shells expect.

The first signal raises `KeyboardInterrupt`, wherever the program is, so that it can report its results so far. The
second one ends the program at once, as without handlers.
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
    """A signal that ends the program.

    Args:
        number: Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


def install_handlers() -> None:
    """Let the first signal raise `Interrupted`; signals that the parent process ignores (nohup) stay ignored."""
    default_handlers = (signal.SIG_DFL, signal.default_int_handler)
    for number in _list_signals():
        if signal.getsignal(number) in default_handlers:
            signal.signal(number, _raise_interrupt)


def restore_handlers() -> None:
    """Let any further signal end the program at once."""
    for number in _list_signals():
        if signal.getsignal(number) == _raise_interrupt:
            signal.signal(number, signal.SIG_DFL)


def find_interrupt(error: BaseException | None) -> KeyboardInterrupt | None:
    """Return the interrupt that an exception is or was caused by; None if it has another cause.

    Python may raise another exception in place of the interrupt: RuntimeError while a class is created, as when a
    module is loaded (`__set_name__`, before Python 3.12), or an error while the interrupt is handled.
    """
    visited = set[int]()
    while error and id(error) not in visited:
        if isinstance(error, KeyboardInterrupt):
            return error
        visited.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def find_exit_code(interrupt: KeyboardInterrupt) -> int:
    """Return the exit code of a program that was interrupted: 130 for Ctrl-C, 143 for SIGTERM."""
    return interrupt.exit_code if isinstance(interrupt, Interrupted) else 128 + signal.SIGINT


def raise_again() -> None:
    """Raise an interrupt that was lost: Python drops exceptions that are raised while an object is collected."""
    if _received:
        raise Interrupted(_received[0])


@contextmanager
def defer_interrupts() -> Iterator[None]:
    """Let a block that writes something indivisible end before the first signal interrupts the program."""
    _deferring.append(True)
    try:
        yield
    finally:
        _deferring.clear()
    raise_again()


_received: list[int] = []
_deferring: list[bool] = []


def _raise_interrupt(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    restore_handlers()
    if not _deferring:
        raise Interrupted(number)


def _list_signals() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
