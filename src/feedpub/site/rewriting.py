"""Write another address into an entry file, if the file then says the same in every other respect."""

from __future__ import annotations

import os
import re
from dataclasses import fields, is_dataclass
from html.parser import HTMLParser
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from ..entries.file import read_file
from ..entries.headings import table
from ..entries.markdown import strip_positions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Config

# What an address may not be a part of: a longer one, on either side.
_BEFORE: Final = r"(?<![A-Za-z0-9/?#&=%_~+@.:-])"
_AFTER: Final = r"(?![.,;:!*$]*[A-Za-z0-9/?#&=%_~+@-])"
# What may stand anywhere. The others are written percent-encoded if they mean something where they would stand, which
# servers take for the same: RFC 3986 leaves it to them, and "&", "=", "+", ";" separate fields.
_SAFE: Final = "/?#&=+;:@.-%"
_NEVER_BARE: Final = {"(": "%28", ")": "%29", "'": "%27"}  # they end links and attributes


class Rewriting:
    """Rewrite addresses in the text of one entry file, one place after the other."""

    def __init__(self, path: str, text: str, config: Config) -> None:
        """Prepare to rewrite.

        Args:
            path: The file; only its name counts.
            text: What it holds.
            config: The site's settings.
        """
        self._name, self._config, self.text = os.path.basename(path), config, text
        self._headings = table(config.headings)
        self._said = self._read(text)

    def replace(self, old: str, new: str) -> Iterator[tuple[int, bool]]:
        """Replace an address wherever the file links to it; yield each line, from 1, and whether it could be done.

        Where it is mentioned, in code say, it stays.
        """
        start = 0
        forms = sorted({old, unquote(old), old.replace("&", "&amp;")}, key=len, reverse=True)
        pattern = re.compile(f"{_BEFORE}(?:{'|'.join(map(re.escape, forms))}){_AFTER}")
        while found := pattern.search(self.text, start):
            line = self.text.count("\n", 0, found.start()) + 1
            length = self._replace_at(found, old, new)
            start = found.start() + (length or len(found[0]))
            if length or self._is_link(found, old):
                yield line, bool(length)

    def _replace_at(self, found: re.Match[str], old: str, new: str) -> int:
        """Write the first spelling that is read as the new address; return its length, 0 if there is none."""
        for spelling, meant in _spellings(new, is_escaped="&amp;" in found[0] and "&amp;" not in old):
            text = f"{self.text[: found.start()]}{spelling}{self.text[found.end() :]}"
            said = self._read(text)
            if _differ_by_links(self._said, said, old, meant):
                self.text, self._said = text, said
                return len(spelling)
        return 0

    def _is_link(self, found: re.Match[str], old: str) -> bool:
        """Return True if a place is a link: another address there would be read as a link to that one."""
        other = "https://feedpub.invalid/moved"
        said = self._read(f"{self.text[: found.start()]}{other}{self.text[found.end() :]}")
        return _differ_by_links(self._said, said, old, other)

    def _read(self, text: str) -> list[tuple[str, str]]:
        """Return what a file says, in its order: kind (address, or other text) and value."""
        with TemporaryDirectory() as folder:
            path = os.path.join(folder, self._name)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            read = read_file(path, self._name, self._headings, self._config)
        sections = read.sections
        said = list(_flatten(read.values))
        html = (strip_positions(part) for part in (sections.summary, sections.body, sections.points))
        for part in (*html, sections.references, sections.via):
            said += _flatten(part)
        return [*said, *(("problem", problem.code) for problem in read.source.problems)]


def _spellings(new: str, *, is_escaped: bool) -> Iterator[tuple[str, str]]:
    """Yield how an address may be written, and the address that each spelling means."""
    for mark, escape in _NEVER_BARE.items():
        new = new.replace(mark, escape)
    for meant in dict.fromkeys((new, quote(new, safe=_SAFE).replace("~", "%7E").replace("_", "%5F"))):
        escaped = meant.replace("&", "&amp;")
        yield (escaped if is_escaped else meant), meant
        yield (meant if is_escaped else escaped), meant
        yield f'"{meant}"', meant  # in YAML


def _differ_by_links(before: list[tuple[str, str]], after: list[tuple[str, str]], old: str, new: str) -> bool:
    """Return True if two files say the same, but one links to `new` where the other links to `old`."""
    if len(before) != len(after):
        return False
    links = 0
    for (kind, value), (other_kind, other) in zip(before, after, strict=True):
        if kind != other_kind:
            return False
        if value == other:
            continue
        if kind == "address" and (value, other) == (old, new):
            links += 1
        elif kind != "text" or other not in _mentions(value, old, new):
            return False
    return links > 0


def _mentions(text: str, old: str, new: str) -> Iterator[str]:
    """Yield a text with another address in place of one mention, such as a bare address that is a link."""
    for form in dict.fromkeys((old, unquote(old))):
        for found in re.finditer(_BEFORE + re.escape(form) + _AFTER, text):
            yield f"{text[: found.start()]}{new}{text[found.end() :]}"


def _flatten(value: object) -> Iterator[tuple[str, str]]:
    """Yield the texts of a value, those in HTML by themselves."""
    if isinstance(value, str):
        if value.startswith(("http://", "https://")) and not re.search(r"\s", value):
            yield "address", value
        else:
            yield from _Reader(value).said
    elif isinstance(value, dict):
        for key, part in value.items():
            yield "key", str(key)
            yield from _flatten(part)
    elif isinstance(value, tuple | list):
        yield "length", str(len(value))
        for part in value:
            yield from _flatten(part)
    elif is_dataclass(value):
        for one in fields(value):
            if one.compare:
                yield from _flatten(getattr(value, one.name))
    else:
        yield "value", repr(value)


class _Reader(HTMLParser):
    """Read HTML as a list of tags, attributes and texts."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.said.append(("tag", tag))
        for name, value in attributes:
            self.said += [("name", name), ("address" if name in ("href", "src") else "attribute", value or "")]

    def handle_endtag(self, tag: str) -> None:
        self.said.append(("end", tag))

    def handle_data(self, data: str) -> None:
        self.said.append(("text", data))
