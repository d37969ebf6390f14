"""Find where the addresses that entries publish are written in their files.

An address passes through front matter, Markdown, sections and the sanitiser, and may not be published at all: it can
be in a comment, in code, or in an element that is removed. So the files are read a second time with a mark in
everything that may be an address, in the place of a user name (``https://mark@host/``), which changes nothing else.
An address that is published with a mark is written where the mark was set.
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
    """Return a pattern for a text whose characters may be escaped as in HTML or JSON."""
    more_forms = {":": "|&colon;", "/": r"|&sol;|\\/"}
    return "".join(
        rf"(?:{character}|&\#0*{ord(character)};|&\#x0*{ord(character):x};{more_forms.get(character, '')})"
        for character in text
    )


# The start of an address, perhaps without its scheme; the group matches if a user name follows. Addresses with an IPv6
# host are left out: comrak changes them if they have a user name.
_URL_START: Final = re.compile(
    rf"""
    (?:{_write_pattern("http")}{_write_pattern("s")}?{_write_pattern(":")}|(?<![\w:/])){_write_pattern("//")}(?![/\[])
    ((?=[^\s/?\#@"'<>()]*(?:@|&\#64;|&commat;)))?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MARK: Final = re.compile(r"feedpub-mark-([0-9]+)[@.]")
_MARKED_URL: Final = re.compile(rf"https?://{_MARK.pattern}", re.IGNORECASE)


class MentionFinder:
    """Marks in the files of one article, and where each was set."""

    def __init__(self) -> None:
        self._places: list[tuple[Source, int]] = []

    def add_marks(self, source: Source) -> Source:
        """Return a copy of a file's text with a mark in each address."""

        def add_mark(match: re.Match[str]) -> str:
            self._places.append((source, match.start()))
            return f"{match[0]}feedpub-mark-{len(self._places) - 1}{'@' if match[1] is None else '.'}"

        return Source(source.path, _URL_START.sub(add_mark, source.text))

    def find_mentions(self, entries: Iterable[Entry]) -> dict[str, tuple[Mention, ...]]:
        """Return the addresses that entries publish, each with the places where it is written.

        Args:
            entries: Entries that were read from the marked texts.
        """
        mentions: dict[str, dict[Mention, None]] = {}
        for entry in entries:
            for address in dict.fromkeys(find_addresses(entry)):
                mark_match = _MARKED_URL.match(address)
                if mark_match and int(mark_match[1]) < len(self._places):
                    source, offset = self._places[int(mark_match[1])]
                    line, column = source.find_position(offset)
                    mention = Mention(path=source.path, line=line, column=column, entry=entry.id)
                    mentions.setdefault(_MARK.sub("", address), {})[mention] = None
        return {url: tuple(places) for url, places in mentions.items()}


def find_url_end(text: str, start: int, url: str) -> int:
    """Return where the address that starts at an offset of a text ends, if it is published as `url`; otherwise -1.

    In the text it may be written with entities, with backslashes, or with other characters percent-encoded.
    """
    prefix = _URL_START.match(text, start)
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
