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
    reader = _Reader(source, opening.end())
    return reader.read(source.text[opening.end() : closing.start()]), closing.end()


class _Reader:
    """Turn YAML nodes into Values, with problems where they are no front matter."""

    def __init__(self, source: Source, offset: int) -> None:
        self.source, self.offset = source, offset

    def read(self, text: str) -> dict[str, Value]:
        """Return the values of a YAML text."""
        try:
            root = yaml.compose(text, Loader=yaml.CBaseLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = self.offset + (_index(text, mark) if mark else 0)
            self._bad_yaml(error.problem or "is not YAML", at)
            return {}
        except yaml.YAMLError as error:
            self._bad_yaml(str(error).partition("\n")[0], self.offset)
            return {}
        if root is None:
            return {}
        if not isinstance(root, yaml.MappingNode):
            self._bad_yaml("is not a list of keys and values", self.offset)
            return {}
        self.text = text
        return dict(self._pairs(root))

    def _bad_yaml(self, message: str, at: int) -> None:
        hint = 'write "key: value" lines; put quotes around a value that holds ": " or " #" or starts with a sign'
        self.source.add("E108", message, hint, min(at, max(len(self.source.text) - 1, 0)))

    def _pairs(self, root: Any) -> Iterator[tuple[str, Value]]:
        seen: dict[str, str] = {}
        for key_node, value_node in root.value:
            written = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            name = _ALIASES.get(written.casefold(), written.casefold())
            value = self._value(value_node)
            at = self._span(key_node)
            if name in seen:
                same = f" (the same as {seen[name]})" if written != seen[name] else ""
                self.source.add("E118", f"{written}{same} stands here twice", "remove one of them", *at)
            elif name in KEYS:
                seen[name] = written
                if value.content not in ("", [], {}):
                    yield name, value
            else:
                close = difflib.get_close_matches(name, [*KEYS, *_ALIASES], n=1)
                hint = f"did you mean {close[0]}?" if close else f"known keys: {', '.join(KEYS)}"
                self.source.add("N101", f"feedpub does not know {written!r} and ignores it", hint, *at)

    def _value(self, node: Any, depth: int = 0) -> Value:
        start, end = self._span(node)
        if isinstance(node, yaml.ScalarNode):
            return Value("" if node.style is None and node.value in ("~", "null") else node.value, start, end)
        if depth > 3:  # no key takes more; aliases could nest without end
            return Value("", start, end)
        if isinstance(node, yaml.SequenceNode):
            return Value([self._value(item, depth + 1) for item in node.value[:1000]], start, end)
        pairs = {
            key.value: self._value(value, depth + 1) for key, value in node.value[:100] if isinstance(key.value, str)
        }
        return Value(pairs, start, end)

    def _span(self, node: Any) -> tuple[int, int]:
        start, end = _index(self.text, node.start_mark), _index(self.text, node.end_mark)
        value = self.text[start:end].rstrip()
        first_line = value.partition("\n")[0]
        return self.offset + start, self.offset + start + max(len(first_line), 1)


def _index(text: str, mark: Any) -> int:
    """Return where a mark stands; the C parser counts lines and columns, its own index counts bytes."""
    place = 0
    for _ in range(mark.line):
        place = text.find("\n", place) + 1
    return min(int(place + mark.column), len(text))


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
