"""Where the rules report what they find."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final

from ..errors import Problem, ProblemList, find_fix

if TYPE_CHECKING:
    from .elements import Element
    from .source import Source


_LONGEST_TAG_BYTES: Final = 10_000


class Report:
    """The problems of one document, each with its line and column.

    Args:
        source: The document.
        url: Where the document is served; empty if that is unknown.
        now: The current time.
    """

    def __init__(self, source: Source, *, url: str = "", now: datetime | None = None) -> None:
        self.source = source
        self.url = url
        self.now = now or datetime.now(UTC)
        self._problems = ProblemList()
        self._uncounted: dict[str, int] = {}  # of codes that have more problems than are listed

    def add(
        self,
        code: str,
        message: str,
        location: Element | int | None,
        *,
        attribute: str = "",
        text: str = "",
        hint: str = "",
    ) -> None:
        """Add a problem.

        Args:
            code: One of the rules.
            message: What is wrong here.
            location: The element, or a byte of the document; None for the whole document.
            attribute: The attribute of the element that it is about: the position is that of the attribute.
            text: A part of the element's text that it is about: the position is that of this text.
            hint: What to write instead, if that is more than the rule says.
        """
        if self._problems.is_full(code):
            self._uncounted[code] = self._uncounted.get(code, 0) + 1
            return
        hint = hint or find_fix(code)
        if location is None:
            self._problems.add(Problem(code=code, message=message, hint=hint, path=self.source.path))
            return
        offset = location if isinstance(location, int) else location.offset
        if attribute and not isinstance(location, int):
            offset = self._find_attribute(offset, attribute)
        elif text and not isinstance(location, int):
            offset = self._find_text(offset, text)
        line, column = self.source.find_position(offset)
        excerpt, excerpt_column = self.source.find_excerpt(offset)
        self._problems.add(
            Problem(
                code=code, message=message, hint=hint, path=self.source.path, line=line, column=column,
                excerpt=excerpt, excerpt_column=excerpt_column,
            )
        )  # fmt: skip

    def is_full(self, code: str) -> bool:
        """Return True if more problems of a code are only counted: then nobody needs to look for their places."""
        return self._problems.is_full(code)

    def has_code(self, code: str) -> bool:
        """Return True if a problem of a code was added."""
        return any(problem.code == code for problem in self._problems)

    def finish(self) -> ProblemList:
        """Return the problems by position: at most 20 of each code, and one that counts the rest."""
        for code, number in self._uncounted.items():
            self._problems.add(Problem(code=code, message="", path=self.source.path), number)
        self._uncounted.clear()
        self._problems.sort(key=lambda problem: (problem.counts_others, problem.line, problem.column))
        return self._problems

    def find_raw_text(self, element: Element) -> str:
        """Return the source text of an element, from its start tag to the next end tag."""
        end = self.source.data.find(b"</", element.offset)
        return self.source.data[element.offset : end if end >= 0 else None].decode("utf-8", "replace")

    def _find_attribute(self, offset: int, name: str) -> int:
        local = re.escape(name.rpartition("}")[2].rpartition(":")[2].encode())
        tag = self.source.data[offset : offset + _LONGEST_TAG_BYTES]
        match = re.compile(rb"[\s:]" + local + rb"\s{0,100}=").search(tag)
        return offset + match.start() + 1 if match else offset

    def _find_text(self, offset: int, text: str) -> int:
        """Return the offset of a text, escaped or in a CDATA section."""
        forms = (text, escape(text, quote=False), text.replace("&", "&amp;").replace("<", "&lt;"))
        offsets = (self.source.data.find(form.encode("utf-8", "replace"), offset) for form in forms)
        return min((found for found in offsets if found >= 0), default=offset)
