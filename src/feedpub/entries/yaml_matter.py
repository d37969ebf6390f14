"""YAML → the keys and values of front matter, for what `matter` does not read by itself.

A module of its own, since the parser takes longer to load than a thousand plain files to read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from .matter import NOTHING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import Source

_DEEPEST: Final = 5  # enclosures: a list of mappings
_AROUND: Final = (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent)
_PAIRS_HINT: Final = 'write "key: value" lines; put quotes around a value that holds ": " or " #" or starts with a sign'
# YAML 1.1, section 5.1.
_NOT_IN_YAML = re.compile("[^\t\n -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What the parser was reading when something was missing at its end.
_OPENED: Final = (
    "while parsing a flow sequence", "while parsing a flow mapping", "while scanning a quoted scalar",
    "while scanning a simple key", "while scanning an anchor", "while scanning an alias",
)  # fmt: skip
_MARK_MESSAGE: Final = "YAML takes & and * at the start for marks, which feedpub does not read"
# What people type, with the sign that is wrong.
_MISTYPED: Final = (
    (re.compile(r" *(\t)"), "is indented with a tab, which YAML does not take", "remove it, or put spaces"),
    (re.compile(r"\w[\w -]{0,40}([：﹕])"), "is not the colon that YAML reads", 'write ":" and a space'),
    (re.compile(r"[A-Za-z_-]{1,40}(:)(?![\s/])"), "has no space after it", 'write ": " between key and value'),
)
_SAID: Final = {
    "alphabetic or numeric character": _MARK_MESSAGE,
    "mapping values are not allowed": 'a value holds ": "',
    "cannot start any token": "a value cannot start with this character",
    "could not find expected ':'": 'is not "key: value"',
    "end of stream": "these quotes are not closed",
    "did not find expected ',' or": "this bracket is not closed",
}


class _MatterError(Exception):
    """YAML that is no front matter."""

    def __init__(self, message: str, hint: str, place: int) -> None:
        super().__init__(message)
        self.hint, self.place = hint, place


def read_yaml(source: Source, start: int, end: int) -> list[tuple[Value, Value]]:
    """Return the keys and values between two places of a file; problems are added to it."""
    return _Reader(source, start, end).read()


class _Reader:
    """Build Values from the events of the YAML parser.

    PyYAML's own trees are built by recursion, which 100,000 brackets end with a crash, and follow aliases, which can
    multiply without end.
    """

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source, self.offset = source, start
        self.text = source.text[start:end]
        self.events: Iterator[Any] = yaml.parse(self.text, Loader=yaml.CBaseLoader)

    def read(self) -> list[tuple[Value, Value]]:
        """Return keys and values in their order; none if the text cannot be used."""
        try:
            return self._root()
        except (yaml.YAMLError, _MatterError) as error:
            fault = error if isinstance(error, _MatterError) else _explained(error, self.text)
            fault = _mistyped(self.text, fault.place) or fault
            self.source.add("E108", str(fault), fault.hint, self.offset + min(fault.place, len(self.text) - 1))
            return []

    def _root(self) -> list[tuple[Value, Value]]:
        pairs: list[tuple[Value, Value]] = []
        for event in self.events:
            if isinstance(event, yaml.MappingStartEvent):
                pairs, _ = self._pairs(0)
            elif not isinstance(event, _AROUND):
                raise _MatterError("is not a list of keys and values", _PAIRS_HINT, event.start_mark.index)
        return pairs

    def _value(self, event: Any, depth: int) -> Value:
        start = event.start_mark.index
        if event.anchor:
            hint = "write the value out, or put quotes around it if it is text"
            raise _MatterError(_MARK_MESSAGE, hint, start)
        if isinstance(event, yaml.ScalarEvent):
            nothing = event.implicit[0] and event.value in NOTHING
            return self._placed("" if nothing else event.value, event, event)
        if depth == _DEEPEST:
            raise _MatterError("is nested too deeply", "no key takes more than a list of keys and values", start)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Value] = []
            while not isinstance(last := next(self.events), yaml.SequenceEndEvent):
                items.append(self._value(last, depth + 1))
            return self._placed(items, event, last)
        pairs: dict[str, Value] = {}
        found, last = self._pairs(depth)
        for key, value in found:
            if key.content in pairs:
                raise _MatterError(f"{key.content} stands here twice", "remove one of them", key.start - self.offset)
            pairs[str(key.content)] = value
        return self._placed(pairs, event, last)

    def _pairs(self, depth: int) -> tuple[list[tuple[Value, Value]], Any]:
        """Return the keys and values of a mapping that has begun, and the event that ends it."""
        pairs = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            if not key.content or not isinstance(key.content, str):
                raise _MatterError("there is no word before the colon", _PAIRS_HINT, event.start_mark.index)
            pairs.append((key, self._value(next(self.events), depth + 1)))
        return pairs, event

    def _placed(self, content: str | list[Value] | dict[str, Value], first: Any, last: Any) -> Value:
        """Return a value with its place: its first line."""
        start, end = first.start_mark.index, last.end_mark.index
        line = self.text[start:end].partition("\n")[0].rstrip()
        return Value(content, self.offset + start, self.offset + start + max(len(line), 1))


def _mistyped(text: str, place: int) -> _MatterError | None:
    """Say which usual mistake the line at a place has, if it has one."""
    start = text.rfind("\n", 0, place) + 1
    line = text[start:].partition("\n")[0]
    for pattern, message, hint in _MISTYPED:
        if found := pattern.match(line):
            return _MatterError(message, hint, start + found.start(1))
    return None


def _explained(error: yaml.YAMLError, text: str) -> _MatterError:
    """Say what the YAML parser found, where a person would look for it."""
    if not isinstance(error, yaml.MarkedYAMLError):  # it stops at what it cannot read, without telling where
        found = _NOT_IN_YAML.search(text)
        message = f"U+{ord(found.group()):04X} cannot stand in front matter" if found else str(error)
        return _MatterError(message, "remove the character; it may be invisible", found.start() if found else 0)
    mark = error.context_mark if error.context in _OPENED else error.problem_mark
    place = mark.index if mark else 0
    for said, message in _SAID.items():
        if said in str(error.problem):
            return _MatterError(message, _PAIRS_HINT, place)
    return _MatterError(
        f"{error.problem} ({error.context})" if error.context else str(error.problem), _PAIRS_HINT, place
    )
