"""YAML → keys and values, every scalar read as text, with places.

A module of its own, since PyYAML takes longer to load than a thousand flat front matters take to read (`front_matter`
reads those itself).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from .value import DEEPEST_LEVELS, NULL_WORDS, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_AROUND: Final = (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent)
_PAIRS_HINT: Final = 'write "key: value" lines; put quotes around a value that holds ": " or " #" or starts with a sign'
# YAML 1.1, section 5.1.
_NOT_IN_YAML: Final = re.compile("[^\t\n -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What the parser was reading when something was missing at its end.
_OPENED: Final = (
    "while parsing a flow sequence", "while parsing a flow mapping", "while scanning a quoted scalar",
    "while scanning a simple key", "while scanning an anchor", "while scanning an alias",
)  # fmt: skip
_MARK_MESSAGE: Final = "YAML takes & and * at the start for marks, which feedpub does not read"
# Common typing mistakes: the sign that is wrong, the message, and the fix.
_MISTYPED: Final = (
    (re.compile(r" *(\t)"), "is indented with a tab, which YAML does not take", "remove it, or put spaces"),
    (re.compile(r"\w[\w -]{0,40}([：﹕])"), "is not the colon that YAML reads", 'write ":" and a space'),
    (re.compile(r"[A-Za-z_-]{1,40}(:)(?![\s/])"), "has no space after it", 'write ": " between key and value'),
)
# A value in quotes, and text behind the second quotation mark that belongs to the value.
_INNER_QUOTES: Final = (
    (re.compile(r"""[ -]*[\w.-]{1,60}:[ ]+(")[^"\n]*"[ ]*[^\s"#,\]}:][^\n]*"[ ]*$"""), "single", "'"),
    (re.compile(r"""[ -]*[\w.-]{1,60}:[ ]+(')[^'\n]*'[ ]*[^\s'#,\]}:][^\n]*'[ ]*$"""), "double", '"'),
)
_PARSER_MESSAGES: Final = {
    "alphabetic or numeric character": _MARK_MESSAGE,
    "mapping values are not allowed": 'a value holds ": "',
    "cannot start any token": "a value cannot start with this character",
    "could not find expected ':'": 'is not "key: value"',
    "end of stream": "these quotes are not closed",
    "did not find expected ',' or": "this bracket is not closed",
}


class YamlError(Exception):
    """YAML that is not front matter.

    Attributes:
        hint: How to mend it.
        place: Where, in the text of the file.
    """

    def __init__(self, message: str, hint: str, place: int) -> None:
        super().__init__(message)
        self.hint, self.place = hint, place


def read_yaml(text: str, offset: int) -> tuple[list[tuple[Value, Value]], list[tuple[int, int]]]:
    """Read a mapping.

    Args:
        text: YAML.
        offset: Where it stands in the file.

    Returns:
        The keys and values, and the places of what YAML takes for a comment and an author may not, as in ``C #2``.

    Raises:
        YamlError: The text is not a mapping of the kind that front matter is.
    """
    try:
        reader = _Reader(text, offset)
        return reader.read(), reader.comments
    except yaml.YAMLError as error:
        fault = _explain_error(error, text, offset)
    except YamlError as error:
        fault = error
    fault = _find_mistyped(text, fault.place - offset, offset) or fault
    fault.place = min(fault.place, offset + len(text) - 1)
    raise fault from None


class _Reader:
    """Build Values from the events of the YAML parser.

    PyYAML's own trees are built by recursion, which 100,000 brackets end with a crash, and follow aliases, which can
    multiply without end.
    """

    def __init__(self, text: str, offset: int) -> None:
        self.text, self.offset = text, offset
        self.comments: list[tuple[int, int]] = []
        self.events: Iterator[Any] = yaml.parse(text, Loader=yaml.CBaseLoader)

    def read(self) -> list[tuple[Value, Value]]:
        """Return keys and values in their order."""
        pairs: list[tuple[Value, Value]] = []
        for event in self.events:
            if isinstance(event, yaml.MappingStartEvent):
                pairs, _ = self._read_pairs(0)
            elif not isinstance(event, _AROUND):
                place = self.offset + event.start_mark.index
                raise YamlError("is not a list of keys and values", _PAIRS_HINT, place)
        return pairs

    def _read_value(self, event: Any, depth: int) -> Value:
        start = event.start_mark.index
        if event.anchor:
            hint = "write the value out, or put quotes around it if it is text"
            raise YamlError(_MARK_MESSAGE, hint, self.offset + start)
        if isinstance(event, yaml.ScalarEvent):
            return self._read_scalar(event)
        if depth == DEEPEST_LEVELS:
            hint = "no key takes more than a list of keys and values"
            raise YamlError("is nested too deeply", hint, self.offset + start)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Value] = []
            while not isinstance(last := next(self.events), yaml.SequenceEndEvent):
                items.append(self._read_value(last, depth + 1))
            return self._place_value(items, event, last)
        pairs: dict[str, Value] = {}
        found, last = self._read_pairs(depth)
        for key, value in found:
            if key.content in pairs:
                raise YamlError(f"{key.content} stands here twice", "remove one of them", key.start)
            pairs[str(key.content)] = value
        return self._place_value(pairs, event, last)

    def _read_scalar(self, event: Any) -> Value:
        text = event.value
        if not event.style:  # plain
            if event.tag and not event.tag.startswith("tag:yaml.org,2002:"):  # `!important news` is text, not a type
                text = " ".join(self.text[event.start_mark.index : event.end_mark.index].split())
            end = event.end_mark.index
            if found := _COMMENT.match(self.text, end):
                self.comments.append((self.offset + found.start(1), self.offset + found.end(1)))
        return self._place_value("" if event.implicit[0] and text in NULL_WORDS else text, event, event)

    def _read_pairs(self, depth: int) -> tuple[list[tuple[Value, Value]], Any]:
        """Return the keys and values of a mapping that has begun, and the event that ends it."""
        pairs = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._read_value(event, depth + 1)
            if not key.content or not isinstance(key.content, str):
                place = self.offset + event.start_mark.index
                raise YamlError("there is no word before the colon", _PAIRS_HINT, place)
            pairs.append((key, self._read_value(next(self.events), depth + 1)))
        return pairs, event

    def _place_value(self, content: str | list[Value] | dict[str, Value], first: Any, last: Any) -> Value:
        """Return a value with its place: its first line."""
        start, end = first.start_mark.index, last.end_mark.index
        line = self.text[start:end].partition("\n")[0].rstrip(" \t")
        return Value(content, self.offset + start, self.offset + start + max(len(line), 1))


_COMMENT: Final = re.compile(r"[ \t]*(?<=[ \t])(#[^\s#][^\n]*)")


def _find_mistyped(text: str, place: int, offset: int) -> YamlError | None:
    """Return the common mistake that the line at a place has, if it has one."""
    start = text.rfind("\n", 0, place) + 1
    line = text[start:].partition("\n")[0]
    for pattern, message, hint in _MISTYPED:
        if found := pattern.match(line):
            return YamlError(message, hint, offset + start + found.start(1))
    for pattern, others, mark in _INNER_QUOTES:
        if found := pattern.match(line):
            inner = line[found.end(1) :].rstrip()[:-1].replace(mark, mark * 2 if mark == "'" else f"\\{mark}")
            message = f"quotes inside quotes: use {others} quotes outside"
            return YamlError(message, f"write {mark}{inner}{mark}", offset + start + found.start(1))
    return None


def _explain_error(error: yaml.YAMLError, text: str, offset: int) -> YamlError:
    """Return what the YAML parser found, at the place where a person would look for it."""
    if not isinstance(error, yaml.MarkedYAMLError):  # it stops at what it cannot read, without telling where
        found = _NOT_IN_YAML.search(text)
        message = f"U+{ord(found.group()):04X} cannot stand in front matter" if found else str(error)
        place = found.start() if found else 0
        return YamlError(message, "remove the character; it may be invisible", offset + place)
    mark = error.context_mark if error.context in _OPENED else error.problem_mark
    place = offset + (mark.index if mark else 0)
    for said, message in _PARSER_MESSAGES.items():
        if said in str(error.problem):
            return YamlError(message, _PAIRS_HINT, place)
    message = f"{error.problem} ({error.context})" if error.context else str(error.problem)
    return YamlError(message, _PAIRS_HINT, place)
