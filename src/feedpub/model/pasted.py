"""The result of parsing pasted text: drafts of entries, and an account of each line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .key_points import KeyPoint
    from .values import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedText:
    """A pasted text, parsed.

    Args:
        drafts: One per language, in the order of the text.
        via: Address of the source.
        previous: The article before this one.
        next: The article after this one.
        author: The name in a line above the article, such as "By Ann". It may be wrong; let the user confirm it.
        published: ISO date of such a line, such as "May 3, 2026". It may be wrong; let the user confirm it.
        lines: Every line of the input, and how it was read.
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
    """The parts of an entry in one language, without id, link and date. The fields are those of `Entry`."""

    language: str
    title: str | None = None
    summary: str = ""
    body: str = ""
    key_points: tuple[KeyPoint, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedLine:
    """One line of a pasted text, and how it was read.

    Args:
        number: From 1.
        text: The line as it was pasted, without its line end.
        fate: ``kept``, ``dropped`` (blank lines, dividers, menus and buttons of a page) or ``ambiguous`` (kept, but
            check it).
        role: What it was read as: ``summary``, ``key_points``, ``heading``, ``furniture``, ``blank`` and so on.
        hint: The heading that an ambiguous line resembles; empty if there is none.
    """

    number: int
    text: str
    fate: Literal["kept", "dropped", "ambiguous"]
    role: str
    hint: str = ""
