"""Read JSON (RFC 8259), and find the position of a value only when a problem is reported."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .report import Report

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder(strict=False)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Members(dict[str, Any]):
    """An object of JSON, with the names that it has more than once."""

    repeated: tuple[str, ...] = ()


class JsonDocument:
    """A document of JSON.

    Attributes:
        text: The document.
        value: What it says; None if it says nothing.
    """

    def __init__(self, text: str, report: Report) -> None:
        self.text = text
        self.report = report
        self.value: Any = None
        self._offsets: dict[Path, dict[str | int, int]] = {}
        self._not_numbers: list[str] = []
        self._parse_text()

    def add(self, code: str, message: str, path: Path = (), *, hint: str = "") -> None:
        """Report a problem of the value at a path, such as ``("items", 0, "url")``."""
        offset = 0 if self.report.is_full(code) else self._to_bytes(self._find_value(path))
        self.report.add(code, message, offset, hint=hint)

    def _parse_text(self) -> None:
        try:
            self.value = json.loads(
                self.text, object_pairs_hook=self._make_object, parse_constant=self._not_numbers.append
            )
        except json.JSONDecodeError as error:
            message = f"{error.msg[:1].lower()}{error.msg[1:]}"
            self.report.add("E601", message, self._to_bytes(error.pos))
        except RecursionError:
            self.report.add("E604", "arrays and objects are nested too deep", 0)
        except ValueError as error:  # a number of thousands of digits
            self.report.add("E601", str(error)[:100], 0)
        for name in self._not_numbers[:1]:
            offset = self._to_bytes(max(self.text.find(name), 0))
            self.report.add("E603", f"{name} is not JSON", offset, hint="write null, or leave the member out")

    @staticmethod
    def _make_object(pairs: list[tuple[str, Any]]) -> Members:
        members = Members(pairs)
        if len(members) < len(pairs):
            counted = Counter(name for name, _ in pairs)
            members.repeated = tuple(name for name, number in counted.items() if number > 1)
        return members

    def _find_value(self, path: Path) -> int:
        """Return where a value begins; of one that is not there, where the closest one around it does."""
        offset = _SPACE.match(self.text, 0).end()  # type: ignore[union-attr]  # matches anywhere
        for depth, key in enumerate(path):
            offsets = self._offsets.get(path[:depth])
            if offsets is None:
                offsets = self._offsets[path[:depth]] = self._find_offsets(offset)
            if key not in offsets:
                break
            offset = offsets[key]
        return offset

    def _find_offsets(self, offset: int) -> dict[str | int, int]:
        """Return where the members of an object, or the elements of an array, begin."""
        offsets: dict[str | int, int] = {}
        text, opening = self.text, self.text[offset : offset + 1]
        if opening not in ("{", "["):
            return offsets
        position = self._skip_space(offset + 1)
        while position < len(text) and text[position] not in "}]":
            key: str | int = len(offsets)
            start = position
            if opening == "{":
                key, position = _DECODER.raw_decode(text, position)
                position = self._skip_space(self._skip_space(position) + 1)
            offsets[key] = start
            _, position = _DECODER.raw_decode(text, position)
            position = self._skip_space(position)
            if text[position : position + 1] == ",":
                position = self._skip_space(position + 1)
        if opening == "{":
            return {key: self._skip_name(start) for key, start in offsets.items()}
        return offsets

    def _skip_name(self, start: int) -> int:
        _, position = _DECODER.raw_decode(self.text, start)
        return self._skip_space(self._skip_space(position) + 1)

    def _skip_space(self, position: int) -> int:
        match = _SPACE.match(self.text, position)
        return match.end() if match else position

    def _to_bytes(self, offset: int) -> int:
        return len(self.text[:offset].encode("utf-8", "surrogatepass"))


def find_surrogate(value: Any) -> str:
    """Return a half of a character, which no text may hold, as it is written; empty if there is none."""
    match = _SURROGATE.search(value) if isinstance(value, str) and not value.isascii() else None
    return f"\\u{ord(match[0]):04x}" if match else ""
