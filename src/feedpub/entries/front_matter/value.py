"""A value of front matter with its position in the file, and functions to read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ..source import Source

NULL_WORDS: Final = frozenset(["", "~", "null", "Null", "NULL"])  # YAML 1.1, null
DEEPEST_LEVELS: Final = 5  # of front matter; enclosures are a list of mappings


@dataclass(slots=True)
class Value:
    """One value of the front matter: text, a list or a mapping.

    Args:
        content: The value. Scalars are text, as they are written.
        start: Where it starts in the text of the file.
        end: Where it ends.
    """

    content: str | list[Value] | dict[str, Value]
    start: int
    end: int


def read_text(source: Source, value: Value, key: str) -> str | None:
    """Return the text of a value; report E110 and return None if it is a list or a mapping."""
    if isinstance(value.content, str):
        return value.content.strip()
    source.add(
        "E110", f"{key} must be text, not a list or a mapping", f'write {key}: "…" on one line', value.start, value.end
    )
    return None


def read_items(value: Value) -> list[Value]:
    """Return the items of a list; a single value counts as a list of one."""
    return value.content if isinstance(value.content, list) else [value]
