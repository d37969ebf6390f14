"""Front matter: YAML between ``---`` lines, every scalar read as text, every value with its place.

YAML would make ``no`` false and ``0123`` a number; here a value becomes what its key asks for, or a problem.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from .. import iri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import Source

# What is read as the same key: words that other tools use.
_ALIASES: Final = {
    "date": "published",
    "lang": "language",
    "via": "source",
    "author": "authors",
    "tags": "categories",
    "tag": "categories",
    "category": "categories",
    "description": "summary",
    "prev": "previous",
    "enclosure": "enclosures",
}
KEYS: Final = (
    "title", "published", "updated", "language", "source", "authors", "categories", "summary", "image", "enclosures",
    "rights", "id", "key", "previous", "next", "draft", "fallback",
)  # fmt: skip
_FENCE = re.compile(r"\A---[ \t]*\n")
_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_NOTHING: Final = ("", "~", "null", "Null", "NULL")
_DEEPEST: Final = 5  # enclosures: a list of mappings
_AROUND: Final = (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent)
_MOST_UNKNOWN: Final = 20
_PAIRS_HINT: Final = 'write "key: value" lines; put quotes around a value that holds ": " or " #" or starts with a sign'
# YAML 1.1, section 5.1.
_NOT_IN_YAML = re.compile("[^\t\n -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What the parser was reading when something was missing at its end.
_OPENED: Final = (
    "while parsing a flow sequence", "while parsing a flow mapping", "while scanning a quoted scalar",
    "while scanning a simple key", "while scanning an anchor", "while scanning an alias",
)  # fmt: skip
_MARK_MESSAGE: Final = "YAML takes & and * at the start for marks, which feedpub does not read"
_SAID: Final = {
    "alphabetic or numeric character": _MARK_MESSAGE,
    "mapping values are not allowed": 'a value holds ": "',
    "cannot start any token": "a value cannot start with this character",
    "could not find expected ':'": 'is not "key: value"',
    "end of stream": "these quotes are not closed",
    "did not find expected ',' or": "this bracket is not closed",
}


@dataclass(slots=True)
class Value:
    """Hold one value of the front matter: text, a list or a mapping, and its place in the file."""

    content: str | list[Value] | dict[str, Value]
    start: int
    end: int


def read_matter(source: Source) -> tuple[dict[str, Value], int]:
    """Read the front matter of a file.

    Returns:
        Key → value, by the names of `KEYS`; and where the Markdown begins, in characters.
    """
    opening = _FENCE.match(source.text)
    if not opening:
        return {}, 0
    closing = _END.search(source.text, opening.end())
    if not closing:
        hint = "put a line --- below the last key of the front matter"
        source.add("E109", "this front matter is not closed", hint, 0, 3)
        return {}, len(source.text)
    return _Reader(source, opening.end(), closing.start()).read(), closing.end()


class _MatterError(Exception):
    """YAML that is no front matter."""

    def __init__(self, message: str, hint: str, place: int) -> None:
        super().__init__(message)
        self.hint, self.place = hint, place


class _Reader:
    """Build Values from the events of the YAML parser.

    PyYAML's own trees are built by recursion, which 100,000 brackets end with a crash, and follow aliases, which can
    multiply without end.
    """

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source, self.offset = source, start
        self.text = source.text[start:end]
        self.events: Iterator[Any] = yaml.parse(self.text, Loader=yaml.CBaseLoader)

    def read(self) -> dict[str, Value]:
        """Return the values by their keys; none if the text cannot be used."""
        try:
            pairs = self._root()
        except (yaml.YAMLError, _MatterError) as error:
            fault = error if isinstance(error, _MatterError) else _explained(error, self.text)
            self.source.add("E108", str(fault), fault.hint, self.offset + min(fault.place, len(self.text) - 1))
            return {}
        return dict(self._known(pairs))

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
            nothing = event.implicit[0] and event.value in _NOTHING
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

    def _known(self, pairs: list[tuple[Value, Value]]) -> Iterator[tuple[str, Value]]:
        """Yield the values of keys that feedpub knows, by their names."""
        seen: dict[str, str] = {}
        unknown: list[Value] = []
        for key, value in pairs:
            written = str(key.content)
            name = _ALIASES.get(written.casefold(), written.casefold())
            if name in seen:
                same = f" (the same as {seen[name]})" if written != seen[name] else ""
                self.source.add("E118", f"{written}{same} stands here twice", "remove one of them", key.start, key.end)
            elif name not in KEYS:
                unknown.append(key)
            else:
                seen[name] = written
                if value.content not in ("", [], {}):
                    yield name, value
        for key in unknown[:_MOST_UNKNOWN]:
            message = f"feedpub does not know {str(key.content)[:100]!r} and ignores it"
            self.source.add("N101", message, _meant(str(key.content)), key.start, key.end)
        for key in unknown[_MOST_UNKNOWN : _MOST_UNKNOWN + 1]:
            message = f"feedpub does not know {len(unknown) - _MOST_UNKNOWN} more keys and ignores them"
            self.source.add("N101", message, "", key.start, key.end)


def _meant(key: str) -> str:
    close = difflib.get_close_matches(key.casefold(), [*KEYS, *_ALIASES], n=1)
    return f"did you mean {close[0]}?" if close else f"known keys: {', '.join(KEYS)}"


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


def text_of(source: Source, value: Value, key: str) -> str | None:
    """Return a value that must be text; else record E110."""
    if isinstance(value.content, str):
        return value.content.strip()
    source.add("E110", f"{key} must be one text", f'write {key}: "…" on one line', value.start, value.end)
    return None


def url_of(source: Source, value: Value, key: str) -> str | None:
    """Return a value that must be an http(s) address; else record E110 or E111."""
    text = text_of(source, value, key)
    if text is None:
        return None
    url = text.removeprefix("<").removesuffix(">")
    reason = iri.fault(url)
    if reason:
        hint = "write an absolute address, e.g. https://example.org/page"
        source.add("E111", reason, hint, value.start, value.end)
        return None
    return url


def one_line(text: str) -> str:
    """Return text on one line: line ends and runs of spaces become a space; spaces that mean something stay.

    French sets no-break spaces at its signs, Chinese wide ones between names; ``str.split`` would lose both.
    """
    return _LAYOUT.sub(" ", text).strip()


_LAYOUT = re.compile("[ \t\n\r\v\f\x1c-\x1f\x85\u2028\u2029]+")


def items_of(value: Value) -> list[Value]:
    """Return the values of a list; a single value is a list of one."""
    return value.content if isinstance(value.content, list) else [value]
