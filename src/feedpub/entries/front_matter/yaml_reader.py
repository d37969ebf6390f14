"""Read YAML: keys and values, every scalar as text, with their positions.

YAML 1.1 reads two things otherwise than authors mean them: ``#5`` after a space is a comment, and a few invisible
characters are line ends. They are replaced by private-use characters while the parser reads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from . import fields
from .value import DEEPEST_LEVELS, NULL_WORDS, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..source import Source

_DOCUMENT_EVENTS: Final = (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent)
_PAIRS_HINT: Final = (
    'write "key: value" lines; put quotes around a value that contains ": " or " #", or starts with a special character'
)
# YAML 1.1, section 5.1.
_NOT_IN_YAML: Final = re.compile("[^\t\n -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What the parser was reading when an end was missing.
_UNCLOSED_CONTEXTS: Final = (
    "while parsing a flow sequence", "while parsing a flow mapping", "while scanning a quoted scalar",
    "while scanning a simple key", "while scanning an anchor", "while scanning an alias",
)  # fmt: skip
_ANCHOR_MESSAGE: Final = "YAML reads & and * at the start as anchors and aliases, which feedpub does not support"
# Common typing mistakes: the wrong character, the message, and the fix.
_TYPING_MISTAKES: Final = (
    (re.compile(r" *(\t)"), "is indented with a tab, which YAML does not allow", "remove it, or use spaces"),
    (re.compile(r"\w[\w -]{0,40}([：﹕])"), "is not the colon that YAML expects", 'write ":" and a space'),
    (re.compile(r"[A-Za-z_-]{1,40}(:)(?![\s/])"), "has no space after it", 'write ": " between key and value'),
)
# A value in quotes with text after the second quotation mark that belongs to the value.
_INNER_QUOTES: Final = (
    (re.compile(r"""[ -]*[\w.-]{1,60}:[ ]+(")[^"\n]*"[ ]*[^\s"#,\]}:][^\n]*"[ ]*$"""), "single", "'"),
    (re.compile(r"""[ -]*[\w.-]{1,60}:[ ]+(')[^'\n]*'[ ]*[^\s'#,\]}:][^\n]*'[ ]*$"""), "double", '"'),
)
# What the parser says, and the message and hint in its place.
_PARSER_MESSAGES: Final = {
    "alphabetic or numeric character": (_ANCHOR_MESSAGE, "put quotes around the value"),
    "mapping values are not allowed": ('the value contains ": "', "put quotes around the value"),
    "cannot start any token": ("a value cannot start with this character", "put quotes around the value"),
    "could not find expected ':'": ('is not "key: value"', _PAIRS_HINT),
    "end of stream": ("these quotes are not closed", "write the same quotation mark at the end of the value"),
    "did not find expected ',' or": ("this bracket is not closed", "close it at the end of the value"),
}


_PRIVATE_CHARACTERS: Final = {"#": "\ue000", "\x85": "\ue001", "\u2028": "\ue002", "\u2029": "\ue003"}
_HIDDEN_LINE_ENDS: Final = str.maketrans({sign: _PRIVATE_CHARACTERS[sign] for sign in "\x85\u2028\u2029"})
_RESTORED_CHARACTERS: Final = str.maketrans({hidden: sign for sign, hidden in _PRIVATE_CHARACTERS.items()})
_NUMBER_SIGN: Final = re.compile(r"(\S[ ]+)#(?=[^\s#])")
_COMMENT: Final = re.compile(r"[ \t]+(#+[ ]*+[^\s#][^\n]*)")


class YamlError(Exception):
    """YAML that cannot be read as front matter.

    Attributes:
        hint: How to fix it.
        place: Where, in the text.
    """

    def __init__(self, message: str, hint: str, offset: int) -> None:
        super().__init__(message)
        self.hint, self.offset = hint, offset


def read_yaml(source: Source, start: int, end: int) -> list[tuple[Value, Value]]:
    """Return the keys and values of YAML between two offsets of a file; problems are added to the source.

    Text such as ``C #2``, in which YAML sees a comment, is kept for keys whose value can be any words.
    """
    text = source.text[start:end]
    for hidden in dict.fromkeys((_hide_characters(text), text)):  # `"C" #2` is YAML only with its comment
        reader = _YamlReader(text, hidden, start)
        try:
            pairs = reader.read_pairs()
        except yaml.YAMLError as error:
            fault = _explain_error(error, text)
        except YamlError as error:
            fault = error
        else:
            for first, last in reader.comments:
                message = f"{source.text[first:last][:100]} is read as a comment"
                source.add("W120", message, "if this belongs to the value, put quotes around the value", first, last)
            return pairs
    fault = _find_mistyped(text, fault.offset) or fault
    source.add("E108", str(fault), fault.hint, start + min(fault.offset, len(text) - 1))
    return []


def _hide_characters(text: str) -> str:
    if any(hidden in text for hidden in _PRIVATE_CHARACTERS.values()):
        return text
    hidden = _NUMBER_SIGN.sub(rf"\1{_PRIVATE_CHARACTERS['#']}", text) if "#" in text else text
    return hidden if hidden.isascii() else hidden.translate(_HIDDEN_LINE_ENDS)


class _YamlReader:
    """A reader that builds values from the events of the YAML parser.

    PyYAML builds its own trees by recursion, which crashes at 100,000 brackets, and follows aliases, which can multiply
    without limit.
    """

    def __init__(self, text: str, hidden: str, offset: int) -> None:
        self.text, self.hidden, self.offset = text, hidden, offset
        self.comments: list[tuple[int, int]] = []
        self.events: Iterator[Any] = yaml.parse(hidden, Loader=yaml.CBaseLoader)

    def read_pairs(self) -> list[tuple[Value, Value]]:
        """Return keys and values in the order in which they are written."""
        pairs: list[tuple[Value, Value]] = []
        for event in self.events:
            if isinstance(event, yaml.MappingStartEvent):
                pairs, _ = self._read_mapping(0)
            elif not isinstance(event, _DOCUMENT_EVENTS):
                raise YamlError("is not a list of keys and values", _PAIRS_HINT, event.start_mark.index)
        return pairs

    def _read_value(self, event: Any, depth: int, *, is_text: bool = False) -> Value:
        """Return a value; if `is_text`, its words may contain ``#``."""
        offset = event.start_mark.index
        if event.anchor:
            hint = "write the value out, or put quotes around it if it is text"
            raise YamlError(_ANCHOR_MESSAGE, hint, offset)
        if isinstance(event, yaml.ScalarEvent):
            return self._read_scalar(event, depth, is_text=is_text)
        if depth == DEEPEST_LEVELS:
            raise YamlError("is nested too deeply", "no key takes more than a list of keys and values", offset)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Value] = []
            while not isinstance(end_event := next(self.events), yaml.SequenceEndEvent):
                items.append(self._read_value(end_event, depth + 1, is_text=is_text))
            return self._make_value(items, offset, end_event.end_mark.index if end_event.end_mark else offset)
        pairs: dict[str, Value] = {}
        key_values, end_event = self._read_mapping(depth)
        for key, value in key_values:
            if key.content in pairs:
                raise YamlError(f"{key.content} appears twice", "remove one of them", key.start - self.offset)
            pairs[str(key.content)] = value
        return self._make_value(pairs, offset, end_event.end_mark.index)

    def _read_scalar(self, event: Any, depth: int, *, is_text: bool) -> Value:
        text, start, end = event.value, event.start_mark.index, event.end_mark.index
        if not event.style:  # plain
            if event.tag and not event.tag.startswith("tag:yaml.org,2002:"):  # `!important news` is text, not a type
                text = " ".join(self.text[start:end].split())
            if is_text and (comment := _COMMENT.match(self.text, end)):
                self._add_comment(*comment.span(1))
            if not is_text and _PRIVATE_CHARACTERS["#"] in text:  # it is a comment
                text = text.partition(_PRIVATE_CHARACTERS["#"])[0].rstrip(" ")
                sign = self.hidden.index(_PRIVATE_CHARACTERS["#"], start)
                if depth > 1:
                    self._add_comment(sign, end)
                end = sign
        text = "" if event.implicit[0] and text in NULL_WORDS else text.translate(_RESTORED_CHARACTERS)
        return self._make_value(text, start, end)

    def _add_comment(self, start: int, end: int) -> None:
        self.comments.append((self.offset + start, self.offset + end))

    def _read_mapping(self, depth: int) -> tuple[list[tuple[Value, Value]], Any]:
        """Return the keys and values of a mapping that has begun, and the event that ends it."""
        pairs = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._read_value(event, depth + 1, is_text=True)
            if not key.content or not isinstance(key.content, str):
                raise YamlError("there is no key before the colon", _PAIRS_HINT, event.start_mark.index)
            field = None if depth else fields.TABLE.find_field(key.content)
            is_text = field is not None and field.is_text
            pairs.append((key, self._read_value(next(self.events), depth + 1, is_text=is_text)))
        return pairs, event

    def _make_value(self, content: str | list[Value] | dict[str, Value], start: int, end: int) -> Value:
        """Return a value with the position of its first line."""
        line = self.text[start:end].partition("\n")[0].rstrip(" \t")
        return Value(content, self.offset + start, self.offset + start + max(len(line), 1))


def _find_mistyped(text: str, offset: int) -> YamlError | None:
    """Return a common mistake in the line at an offset, if there is one."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:].partition("\n")[0]
    for pattern, message, hint in _TYPING_MISTAKES:
        if match := pattern.match(line):
            return YamlError(message, hint, start + match.start(1))
    for pattern, outer_quotes, inner_quote in _INNER_QUOTES:
        if match := pattern.match(line):
            inner = (
                line[match.end(1) :]
                .rstrip()[:-1]
                .replace(inner_quote, inner_quote * 2 if inner_quote == "'" else f"\\{inner_quote}")
            )
            message = f"quotes inside quotes: use {outer_quotes} quotes outside"
            return YamlError(message, f"write {inner_quote}{inner}{inner_quote}", start + match.start(1))
    return None


def _explain_error(error: yaml.YAMLError, text: str) -> YamlError:
    """Return the error of the YAML parser, at the offset where a person would look for it."""
    if not isinstance(error, yaml.MarkedYAMLError):  # a character that is not allowed; the error has no position
        match = _NOT_IN_YAML.search(text)
        message = f"U+{ord(match.group()):04X} is not allowed in front matter" if match else str(error)
        offset = match.start() if match else 0
        return YamlError(message, "remove the character; it may be invisible", offset)
    mark = error.context_mark if error.context in _UNCLOSED_CONTEXTS else error.problem_mark
    offset = mark.index if mark else 0
    for parser_words, (message, hint) in _PARSER_MESSAGES.items():
        if parser_words in str(error.problem):
            return YamlError(message, hint, offset)
    message = f"{error.problem} ({error.context})" if error.context else str(error.problem)
    return YamlError(message, _PAIRS_HINT, offset)
