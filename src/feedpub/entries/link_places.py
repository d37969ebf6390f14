"""Where the addresses stand that entries publish.

An address passes through front matter, Markdown, sections and the sanitiser until it is published, or is not: it stands
in a comment, in code, in an element that is dropped. So the files are read again with a mark in all that may be an
address, where it has the name of a user: that changes nothing else. What an entry then publishes with a mark stands
where the mark was set.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from ..model import Mention
from ..rendering.addresses import find_addresses
from .source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model import Entry


def _write_pattern(text: str) -> str:
    """Return a pattern of a text whose characters may be written as HTML and JSON have them."""
    more_forms = {":": "|&colon;", "/": r"|&sol;|\\/"}
    return "".join(
        rf"(?:{character}|&\#0*{ord(character)};|&\#x0*{ord(character):x};{more_forms.get(character, '')})"
        for character in text
    )


# The start of an address, perhaps without its scheme; and whether the name of a user follows. Not of one with an IPv6
# address, which comrak leaves as it is only where no user's name stands before it.
_START: Final = re.compile(
    rf"""
    (?:{_write_pattern("http")}{_write_pattern("s")}?{_write_pattern(":")}|(?<![\w:/])){_write_pattern("//")}(?![/\[])
    ((?=[^\s/?\#@"'<>()]*(?:@|&\#64;|&commat;)))?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MARK: Final = re.compile(r"feedpub-mark-([0-9]+)[@.]")
_MARKED: Final = re.compile(rf"https?://{_MARK.pattern}", re.IGNORECASE)


class LinkMarks:
    """The marks in the files of an article."""

    def __init__(self) -> None:
        self._places: list[tuple[Source, int]] = []

    def add_marks(self, source: Source) -> Source:
        """Return the text of a file with a mark in each address."""

        def add_mark(match: re.Match[str]) -> str:
            self._places.append((source, match.start()))
            return f"{match[0]}feedpub-mark-{len(self._places) - 1}{'@' if match[1] is None else '.'}"

        return Source(source.path, _START.sub(add_mark, source.text))

    def find_places(self, entries: Iterable[Entry]) -> dict[str, tuple[Mention, ...]]:
        """Return the addresses that entries publish, and where they stand.

        Args:
            entries: Read from files with marks.
        """
        places_by_url: dict[str, dict[Mention, None]] = {}
        for entry in entries:
            for address in dict.fromkeys(find_addresses(entry)):
                mark_match = _MARKED.match(address)
                if mark_match and int(mark_match[1]) < len(self._places):
                    source, offset = self._places[int(mark_match[1])]
                    line, column = source.find_position(offset)
                    place = Mention(path=source.path, line=line, column=column, entry=entry.id)
                    places_by_url.setdefault(_MARK.sub("", address), {})[place] = None
        return {url: tuple(places) for url, places in places_by_url.items()}


def find_url_end(text: str, start: int, url: str) -> int:
    """Return where an address ends that begins at a place of a file and is published as `url`; -1 if it is another.

    Files may write it with entities, backslashes, and other characters percent-encoded.
    """
    prefix = _START.match(text, start)
    url_bytes = unquote_to_bytes(url.partition("://")[2])
    end, matched_bytes = prefix.end() if prefix else -1, 0
    while prefix and matched_bytes < len(url_bytes):
        piece = _PIECE.match(text, end)
        piece_text = piece[0] if piece else ""
        for meaning in (piece_text, unescape(piece_text), piece_text.removeprefix("\\")):
            data = unquote_to_bytes(meaning)
            if data and url_bytes.startswith(data, matched_bytes):
                break
        else:
            return -1
        end, matched_bytes = end + len(piece_text), matched_bytes + len(data)
    return end


_PIECE: Final = re.compile(
    r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z0-9]{1,32});|\\[!-/:-@\[-`{-~]|%[0-9a-fA-F]{2}|."
)
