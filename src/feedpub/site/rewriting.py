"""Write other addresses into an entry file, if the file then says the same in every other respect."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import asdict, is_dataclass
from functools import partial
from html import unescape
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote, unquote

from ..entries.markdown.positions import strip_positions
from ..entries.mentions import find_url_end
from ..entries.reader import read_entry_file
from ..entries.sections.headings import make_heading_table
from ..entries.source import decode_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..entries.entry_file import EntryFile
    from ..model import Config, Mention

# What may stand anywhere. The others are written percent-encoded if they mean something where they would stand, which
# servers take for the same: RFC 3986 leaves it to them, and "&", "=", "+", ";" separate fields.
_SAFE: Final = "/?#&=+;:@.-%"
_NEVER_BARE: Final = str.maketrans({"(": "%28", ")": "%29", "'": "%27", '"': "%22"})  # they end links and attributes
_LINE_END: Final = re.compile("\r\n|[\r\n]")
_MOST_READINGS: Final = 40  # of one file for one spelling, to find the places where it cannot stand


class Replacement(NamedTuple):
    """An address in the text of a file, as the entry publishes it, and the one to be written in its place.

    `start` and `end` are in characters of the file; `end` is -1 if it cannot be told. `line` counts from 1.
    """

    start: int
    end: int
    line: int
    old: str
    new: str
    is_in_front_matter: bool


class Rewriting:
    """The text of one entry file, and what it says."""

    def __init__(self, path: str, text: str, config: Config) -> None:
        """Prepare to rewrite.

        Args:
            path: The file.
            text: What it holds.
            config: The site's settings.
        """
        self._path, self._text, self._config = path, text, config
        self._headings = make_heading_table(config.headings)
        self._file = self._read(text)

    def locate(self, moved: Mapping[Mention, tuple[str, str]]) -> list[Replacement]:
        """Return what is to be replaced, in the order of the file.

        Args:
            moved: Where an address stands → the address, and the new one.
        """
        text = self._text
        starts = [int(text.startswith("\ufeff")), *(match.end() for match in _LINE_END.finditer(text))]
        body = self._file.source.find_position(self._file.body_start)
        located = []
        for place, (old, new) in sorted(moved.items(), key=lambda pair: (pair[0].line, pair[0].column)):
            start = starts[min(place.line, len(starts)) - 1] + place.column - 1
            is_in_front_matter = (place.line, place.column) < body
            located.append(Replacement(start, find_url_end(text, start, old), place.line, old, new, is_in_front_matter))
        return located

    def replace(self, replacements: Sequence[Replacement]) -> tuple[str, list[Replacement]]:
        """Replace addresses; leave those where the file would say something else.

        Returns:
            The text, and what was replaced.
        """
        said = _list_sayings(self._file)
        marks = {one: _make_mark(number, one.old) for number, one in enumerate(replacements)}
        old = {mark: self._read_as_written(one) for one, mark in marks.items()}
        done: dict[Replacement, tuple[str, str]] = {}

        def is_possible(spelled: Mapping[Replacement, tuple[str, str]], some: Sequence[Replacement]) -> bool:
            tried = done | {one: spelled[one] for one in some}
            marked = self._say({one: marks[one] for one in tried})
            new = {marks[one]: meant for one, (_, meant) in tried.items()}
            return _insert(marked, old) == said and _insert(marked, new) == self._say(
                {one: written for one, (written, _) in tried.items()}
            )

        waiting = [one for one in replacements if one.end > one.start]
        for spell in (_spell_plainly, _spell_in_quotes, _spell_with_escapes):
            spelled = {one: spelling for one in waiting if (spelling := spell(one, self._text))}
            done |= {one: spelled[one] for one in self._find_possible(list(spelled), partial(is_possible, spelled))}
            waiting = [one for one in waiting if one not in done]
        return self._write({one: written for one, (written, _) in done.items()}), sorted(done)

    def _find_possible(
        self, replacements: Sequence[Replacement], is_possible: Callable[[Sequence[Replacement]], bool]
    ) -> list[Replacement]:
        """Return the replacements that are possible together: all, else those of a kind, else halves of these.

        After `_MOST_READINGS` tries all that is left counts as impossible: then a file takes time as its length,
        whatever it holds.
        """
        possible: list[Replacement] = []
        waiting = deque([list(replacements)] if replacements else [])
        for _ in range(_MOST_READINGS):
            if not waiting:
                break
            some = waiting.popleft()
            if is_possible([*possible, *some]):
                possible += some
            elif len(kinds := self._split_by_kind(some)) > 1:
                waiting += kinds
            elif len(some) > 1:
                half = len(some) // 2
                waiting += [some[:half], some[half:]]
        return possible

    def _split_by_kind(self, replacements: Sequence[Replacement]) -> list[list[Replacement]]:
        """Return groups of replacements that the same may be wrong with: in like places, with like characters."""
        kinds: dict[tuple[str, str, str], list[Replacement]] = {}
        for one in replacements:
            around = self._text[one.start - 1 : one.start], self._text[one.end : one.end + 1]
            kinds.setdefault((*around, "".join(sorted(set(_ODD.findall(one.new))))), []).append(one)
        return list(kinds.values())

    def _read_as_written(self, one: Replacement) -> str:
        """Return the address that is published, without the scheme if the file has none."""
        has_scheme = unescape(self._text[one.start : one.end])[:1] in ("h", "H")
        return one.old if has_scheme else one.old.partition(":")[2]

    def _write(self, spellings: Mapping[Replacement, str]) -> str:
        parts, end = [], 0
        for one in sorted(spellings):
            parts += [self._text[end : one.start], spellings[one]]
            end = one.end
        return "".join([*parts, self._text[end:]])

    def _read(self, text: str) -> EntryFile:
        source = decode_source(self._path, text.encode())
        return read_entry_file(self._path, self._path, self._headings, self._config, source=source)

    def _say(self, spellings: Mapping[Replacement, str]) -> list[str]:
        return _list_sayings(self._read(self._write(spellings)))


_ODD: Final = re.compile(r"[^A-Za-z0-9/?#&=+:@.%-]|\W\Z")
_MARK: Final = re.compile(r"https://m[0-9]+\.invalid/m\.[A-Za-z0-9]+")
_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{1,5}(?=[?#]|\Z)")
_TAG_SIGN: Final = re.compile("[<>]")


def _make_mark(number: int, url: str) -> str:
    """Return an address that stands for another; with the same ending, which tells the type of an enclosure."""
    ending = _ENDING.search(url)
    return f"https://m{number}.invalid/m{ending[0] if ending else '.m'}"


def _list_sayings(file: EntryFile) -> list[str]:
    """Return what a file says, without percent-encoding: its data; tags, and what stands between them."""
    sections = file.sections
    html = map(strip_positions, (sections.summary, sections.body, sections.points))
    codes = [problem.code for problem in file.source.problems]
    data = json.dumps([file.values, sections.references, sections.via, codes], default=_make_plain, ensure_ascii=False)
    return [unquote(data), *(unquote(unescape(piece)) for piece in _TAG_SIGN.split("\n".join(html)))]


def _make_plain(value: Any) -> object:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def _insert(sayings: Sequence[str], addresses: Mapping[str, str]) -> list[str]:
    """Return what a file says with addresses in place of their marks."""
    return [
        _MARK.sub(lambda mark: unquote(addresses.get(mark[0], mark[0])), piece) if "://m" in piece else piece
        for piece in sayings
    ]


# Each returns how to write the new address, and the address that this means; None if it is not to be tried.


def _spell_plainly(one: Replacement, text: str) -> tuple[str, str]:
    new = one.new.translate(_NEVER_BARE)
    return _write_entities(one, text, new), new


def _spell_in_quotes(one: Replacement, text: str) -> tuple[str, str] | None:
    written, meant = _spell_plainly(one, text)
    if one.is_in_front_matter:
        return f'"{written}"', meant  # YAML
    return (f'"{written}"', f'"{meant}"') if text[one.start - 1] == "=" else None  # in HTML, which is kept as it is


def _spell_with_escapes(one: Replacement, text: str) -> tuple[str, str]:
    new = quote(one.new.translate(_NEVER_BARE), safe=_SAFE).replace("~", "%7E").replace("_", "%5F")
    return _write_entities(one, text, new), new


def _write_entities(one: Replacement, text: str, new: str) -> str:
    is_needed = not one.is_in_front_matter and ("&amp;" in text[one.start : one.end] or unescape(new) != new)
    return new.replace("&", "&amp;") if is_needed else new
