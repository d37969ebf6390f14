"""What a check of a value returns."""

from __future__ import annotations

from collections.abc import Callable

Fault = tuple[str, str]  # code of a rule, and what is wrong
ValueCheck = Callable[[str], Fault | None]


def quote(value: str) -> str:
    """Return a value for a message, in quotation marks, a long one cut."""
    value = " ".join(value.split())
    return f'"{value}"' if len(value) <= 80 else f'"{value[:79]}…"'
