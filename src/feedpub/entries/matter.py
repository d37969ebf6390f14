"""Front matter: YAML between ``---`` lines, every scalar read as text, every value with its place.

YAML would make ``no`` false and ``0123`` a number; here a value becomes what its key asks for, or a problem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
    "rights", "id", "key", "previous", "next", "draft", "fallback", "digest",
)  # fmt: skip
LONGEST_MATTER_CHARACTERS: Final = 100_000
_FENCE = re.compile(r"\A---[ \t]*\n")
_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
NOTHING: Final = ("", "~", "null", "Null", "NULL")


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
    text = source.text
    if text.startswith("---\n") and 0 <= (end := text.find("\n---\n", 3)) <= LONGEST_MATTER_CHARACTERS:
        usual = plain_pairs(text[4 : end + 1], 4)  # a line that also ends it is no such pair
        if usual is not None:
            return dict(_known(source, usual)), end + 4
    opening = _FENCE.match(text)
    if not opening:
        return {}, 0
    closing = _END.search(text, opening.end())
    if not closing:
        hint = "put a line --- below the last key of the front matter"
        source.add("E109", "this front matter is not closed", hint, 0, 3)
        return {}, len(text)
    start, end = opening.end(), closing.start()
    if end - start > LONGEST_MATTER_CHARACTERS:
        message = f"has {end - start:,} characters; at most {LONGEST_MATTER_CHARACTERS:,} are read"
        source.add("E108", message, "move what is text below the front matter", 0, 3)
        return {}, closing.end()
    pairs = plain_pairs(text[start:end], start)
    if pairs is None:
        from .yaml_matter import read_yaml  # the parser takes 20 ms to load

        pairs = read_yaml(source, start, end)
    return dict(_known(source, pairs)), closing.end()


def plain_pairs(text: str, offset: int) -> list[tuple[Value, Value]] | None:
    """Read front matter that means the same whether one knows YAML or not; None if it is none.

    That is lines such as ``key: some text``, ``key: "text"`` and ``key: [some, words]``, in which no character means
    anything else to YAML (1.1, sections 9.1.3 and 9.2.1). The parser reads them in the same way, in ten times as long;
    a property test holds both to it.
    """
    lines = _PLAIN_LINE.findall(text)
    if len(lines) != text.count("\n") or not text.replace("\n", "").isprintable():
        return None
    if any(map(text.__contains__, NULLS)):
        return None
    pairs = []
    for key, rest, quoted, listed in lines:
        written = rest.strip(" ")
        start = offset + len(key) + 1 + rest.index(written)
        content: str | list[Value] = quoted[1:-1] if quoted else written
        if listed:
            content = [_item(found, start) for found in _PLAIN_ITEM.finditer(listed)]
        pairs.append((Value(key, offset, offset + len(key)), Value(content, start, start + len(written))))
        offset += len(key) + len(rest) + 2
    return pairs


def _item(found: re.Match[str], start: int) -> Value:
    text = found[0].rstrip(" ")
    return Value(text, start + found.start(), start + found.start() + len(text))


NULLS: Final = ("null", "Null", "NULL")  # YAML 1.1, null
# Of ASCII: letters, digits, "("; within lists also " &')+-./_".
FIRST: Final = r"[^\x00-')-/:-@\[-`{-\xa0]"
IN_LIST: Final = rf"{FIRST}[^\x00-\x1f!-%*,:-@\[-^`{{-\xa0]*+"
_PLAIN_ITEM: Final = re.compile(IN_LIST)
_PLAIN_LINE: Final = re.compile(
    r"^([A-Za-z][A-Za-z_-]{0,30}):( +(?:"
    rf"{FIRST}(?:[^\n:#]++|:(?=\S)|(?<! )#)*+"
    r"""|("[^"\\\n]++"|'[^'\n]++') *"""
    rf"|(\[ *{IN_LIST}(?:, *{IN_LIST})*+\]) *))$",
    re.MULTILINE,
)


def _known(source: Source, pairs: list[tuple[Value, Value]]) -> Iterator[tuple[str, Value]]:
    """Yield the values of keys that feedpub knows, by their names."""
    seen: dict[str, str] = {}
    unknown: list[Value] = []
    for key, value in pairs:
        written = str(key.content)
        name = _ALIASES.get(written.casefold(), written.casefold())
        if name in seen:
            same = f" (the same as {seen[name]})" if written != seen[name] else ""
            source.add("E118", f"{written}{same} stands here twice", "remove one of them", key.start, key.end)
        elif name not in KEYS:
            unknown.append(key)
        else:
            seen[name] = written
            if value.content not in ("", [], {}):
                yield name, value
    for key in unknown:
        message = f"feedpub does not know {str(key.content)[:100]!r} and ignores it"
        hint = "" if source.problems.is_full("N101") else _meant(str(key.content))
        source.add("N101", message, hint, key.start, key.end)


def _meant(key: str) -> str:
    import difflib

    close = difflib.get_close_matches(key.casefold(), [*KEYS, *_ALIASES], n=1)
    return f"did you mean {close[0]}?" if close else f"known keys: {', '.join(KEYS)}"


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
        source.add("E111", reason, iri.suggest_url(url), value.start, value.end)
        return None
    return url


def one_line(text: str) -> str:
    """Return text on one line: line ends and runs of spaces become a space; spaces that mean something stay.

    French sets no-break spaces at its signs, Chinese wide ones between names; ``str.split`` would lose both.
    """
    if "  " in text or not text.isprintable():  # a blank is the only one of them that is printable
        text = _LAYOUT.sub(" ", text)
    return text.strip()


_LAYOUT = re.compile("[ \t\n\r\v\f\x1c-\x1f\x85\u2028\u2029]+")


def items_of(value: Value) -> list[Value]:
    """Return the values of a list; a single value is a list of one."""
    return value.content if isinstance(value.content, list) else [value]
