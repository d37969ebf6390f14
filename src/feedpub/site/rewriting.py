"""Replace addresses in an entry file, if all other data of the file stay the same.

The data of a file are its front matter, sections and HTML, as the reader of entries returns them.
"""

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

# Characters that may be written anywhere. Others are percent-encoded if they would mean something in their place.
# Servers treat the two spellings alike, but RFC 3986 does not require that; "&", "=", "+", ";" separate fields.
_SAFE: Final = "/?#&=+;:@.-%"
_NEVER_BARE: Final = str.maketrans({"(": "%28", ")": "%29", "'": "%27", '"': "%22"})  # they end links and attributes
_LINE_END: Final = re.compile("\r\n|[\r\n]")
_MOST_READINGS: Final = 40  # of one file for one spelling, to find the addresses that cannot be written so


class Replacement(NamedTuple):
    """An address in the text of a file, and the address that is to replace it.

    Args:
        start: Offset in the text, in characters.
        end: Offset of its end; -1 if that cannot be determined.
        line: Line of the text, from 1.
        old: The address as the entry publishes it.
        new: The address that is to replace it.
        is_in_front_matter: Whether it is in the front matter.
    """

    start: int
    end: int
    line: int
    old: str
    new: str
    is_in_front_matter: bool


# How an address is written in a file, and the address that this means.
Spelling = tuple[str, str]


class AddressRewriter:
    """Replaces addresses in the text of one entry file."""

    def __init__(self, path: str, text: str, config: Config) -> None:
        """Prepare to rewrite a file.

        Args:
            path: The file.
            text: Its content.
            config: The settings of the site.
        """
        self._path, self._text, self._config = path, text, config
        self._headings = make_heading_table(config.headings)
        self._file = self._read_text(text)

    def locate(self, moved: Mapping[Mention, tuple[str, str]]) -> list[Replacement]:
        """Return the replacements in the order of the file.

        Args:
            moved: Where an address is → the address, and the new one.
        """
        text = self._text
        line_starts = [int(text.startswith("\ufeff")), *(match.end() for match in _LINE_END.finditer(text))]
        body_start = self._file.source.find_position(self._file.body_start)
        replacements = []
        for mention, (old, new) in sorted(moved.items(), key=lambda pair: (pair[0].line, pair[0].column)):
            start = line_starts[min(mention.line, len(line_starts)) - 1] + mention.column - 1
            is_in_front_matter = (mention.line, mention.column) < body_start
            end = find_url_end(text, start, old)
            replacements.append(Replacement(start, end, mention.line, old, new, is_in_front_matter))
        return replacements

    def replace(self, replacements: Sequence[Replacement]) -> tuple[str, list[Replacement]]:
        """Replace addresses, except for those whose replacement would change other data of the file.

        Returns:
            The new text, and the replacements that were made.
        """
        statements = _list_statements(self._file)
        marks = {replacement: _make_mark(number, replacement.old) for number, replacement in enumerate(replacements)}
        old_addresses = {mark: self._get_published_form(replacement) for replacement, mark in marks.items()}
        done: dict[Replacement, Spelling] = {}

        def is_possible(spellings: Mapping[Replacement, Spelling], selection: Sequence[Replacement]) -> bool:
            # With marks in place of addresses, the file must say the same with the old ones as it does now, and the
            # same with the new ones as it then will.
            attempt = done | {replacement: spellings[replacement] for replacement in selection}
            marked = self._list_statements_with({replacement: marks[replacement] for replacement in attempt})
            new_addresses = {marks[replacement]: meaning for replacement, (_, meaning) in attempt.items()}
            return _insert_addresses(marked, old_addresses) == statements and _insert_addresses(
                marked, new_addresses
            ) == self._list_statements_with({replacement: written for replacement, (written, _) in attempt.items()})

        waiting = [replacement for replacement in replacements if replacement.end > replacement.start]
        for spell in (_spell_plainly, _spell_in_quotes, _spell_with_escapes):
            spellings = {
                replacement: spelling for replacement in waiting if (spelling := spell(replacement, self._text))
            }
            for replacement in self._find_possible(list(spellings), partial(is_possible, spellings)):
                done[replacement] = spellings[replacement]
            waiting = [replacement for replacement in waiting if replacement not in done]
        new_text = self._write_spellings({replacement: written for replacement, (written, _) in done.items()})
        return new_text, sorted(done)

    def _find_possible(
        self, replacements: Sequence[Replacement], is_possible: Callable[[Sequence[Replacement]], bool]
    ) -> list[Replacement]:
        """Return replacements that are possible together: all of them, else groups of a kind, else halves of these.

        After `_MOST_READINGS` attempts, the remaining ones count as impossible. So the time depends only on the length
        of the file.
        """
        possible: list[Replacement] = []
        waiting = deque([list(replacements)] if replacements else [])
        for _ in range(_MOST_READINGS):
            if not waiting:
                break
            selection = waiting.popleft()
            if is_possible([*possible, *selection]):
                possible += selection
            elif len(groups := self._group_by_kind(selection)) > 1:
                waiting += groups
            elif len(selection) > 1:
                half = len(selection) // 2
                waiting += [selection[:half], selection[half:]]
        return possible

    def _group_by_kind(self, replacements: Sequence[Replacement]) -> list[list[Replacement]]:
        """Return groups of replacements that may fail for the same reason: in like places, with like characters."""
        groups: dict[tuple[str, str, str], list[Replacement]] = {}
        for replacement in replacements:
            before = self._text[replacement.start - 1 : replacement.start]
            after = self._text[replacement.end : replacement.end + 1]
            special = "".join(sorted(set(_SPECIAL_CHARACTER.findall(replacement.new))))
            groups.setdefault((before, after, special), []).append(replacement)
        return list(groups.values())

    def _get_published_form(self, replacement: Replacement) -> str:
        """Return the old address, without the scheme if the file has none."""
        has_scheme = unescape(self._text[replacement.start : replacement.end])[:1] in ("h", "H")
        return replacement.old if has_scheme else replacement.old.partition(":")[2]

    def _write_spellings(self, spellings: Mapping[Replacement, str]) -> str:
        """Return the text with other spellings of some addresses."""
        pieces, end = [], 0
        for replacement in sorted(spellings):
            pieces += [self._text[end : replacement.start], spellings[replacement]]
            end = replacement.end
        return "".join([*pieces, self._text[end:]])

    def _read_text(self, text: str) -> EntryFile:
        source = decode_source(self._path, text.encode())
        return read_entry_file(self._path, self._path, self._headings, self._config, source=source)

    def _list_statements_with(self, spellings: Mapping[Replacement, str]) -> list[str]:
        return _list_statements(self._read_text(self._write_spellings(spellings)))


_SPECIAL_CHARACTER: Final = re.compile(r"[^A-Za-z0-9/?#&=+:@.%-]|\W\Z")
_MARK: Final = re.compile(r"https://m[0-9]+\.invalid/m\.[A-Za-z0-9]+")
_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{1,5}(?=[?#]|\Z)")
_TAG_SIGN: Final = re.compile("[<>]")


def _make_mark(number: int, url: str) -> str:
    """Return an address that stands for another one, with the same ending: that gives the type of an enclosure."""
    ending = _ENDING.search(url)
    return f"https://m{number}.invalid/m{ending[0] if ending else '.m'}"


def _list_statements(file: EntryFile) -> list[str]:
    """Return the data of a file, without percent-encoding: its values, its tags, and the texts between them."""
    sections = file.sections
    html = map(strip_positions, (sections.summary, sections.body, sections.points))
    codes = [problem.code for problem in file.source.problems]
    data = json.dumps([file.values, sections.references, sections.via, codes], default=_to_json, ensure_ascii=False)
    return [unquote(data), *(unquote(unescape(piece)) for piece in _TAG_SIGN.split("\n".join(html)))]


def _to_json(value: Any) -> object:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def _insert_addresses(statements: Sequence[str], addresses: Mapping[str, str]) -> list[str]:
    """Return the data of a file, with addresses in place of their marks."""
    return [
        _MARK.sub(lambda mark: unquote(addresses.get(mark[0], mark[0])), piece) if "://m" in piece else piece
        for piece in statements
    ]


# Each function returns a spelling of the new address; None if that spelling is not to be tried.


def _spell_plainly(replacement: Replacement, text: str) -> Spelling:
    url = replacement.new.translate(_NEVER_BARE)
    return _escape_ampersands(replacement, text, url), url


def _spell_in_quotes(replacement: Replacement, text: str) -> Spelling | None:
    written, meaning = _spell_plainly(replacement, text)
    if replacement.is_in_front_matter:
        return f'"{written}"', meaning  # YAML
    # In HTML, whose text is kept as it is.
    return (f'"{written}"', f'"{meaning}"') if text[replacement.start - 1] == "=" else None


def _spell_with_escapes(replacement: Replacement, text: str) -> Spelling:
    url = quote(replacement.new.translate(_NEVER_BARE), safe=_SAFE).replace("~", "%7E").replace("_", "%5F")
    return _escape_ampersands(replacement, text, url), url


def _escape_ampersands(replacement: Replacement, text: str, url: str) -> str:
    """Write ``&`` as ``&amp;`` if the old address has it so, or if the new one would be read otherwise."""
    is_html = not replacement.is_in_front_matter
    is_needed = is_html and ("&amp;" in text[replacement.start : replacement.end] or unescape(url) != url)
    return url.replace("&", "&amp;") if is_needed else url
