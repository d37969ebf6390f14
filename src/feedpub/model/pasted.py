"""What a pasted text holds: drafts of entries, and what became of each line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .key_points import KeyPoint
    from .values import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedText:
    """Hold what a pasted text says.

    Args:
        drafts: One per language, in the order of the text.
        via: Address of the source.
        previous: Title of the article before it.
        next: Title of the article after it.
        author: Whom a line above the article names ("By Ann"); for the user to confirm.
        published: The ISO date that such a line names ("May 3, 2026"); for the user to confirm.
        lines: The ledger: every line of the input and what became of it.
    """

    drafts: tuple[Draft, ...] = ()
    via: str | None = None
    previous: Reference | None = None
    next: Reference | None = None
    author: str | None = None
    published: str | None = None
    lines: tuple[PastedLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Hold what a text says in one language; it has no id, link or date yet. Fields as in `Entry`."""

    language: str
    title: str | None = None
    summary: str = ""
    body: str = ""
    key_points: tuple[KeyPoint, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedLine:
    """Account for one line of pasted text.

    Args:
        number: 1-based.
        text: The line as it was given, without its end.
        fate: ``kept``, ``dropped`` (page furniture, dividers, blank lines) or ``ambiguous`` (kept, but look at it).
        role: What it was taken for: ``summary``, ``key_points``, ``heading``, ``furniture``, ``blank`` and so on.
        hint: The heading that the line nearly is, if it is ambiguous.
    """

    number: int
    text: str
    fate: Literal["kept", "dropped", "ambiguous"]
    role: str
    hint: str = ""
