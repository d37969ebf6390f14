"""Read TOML and JSON: keys and values, every value as text, with the positions of the outermost keys."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final

from .value import DEEPEST_LEVELS, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..source import Source

    Pairs = list[tuple[Value, Value]]

_MOST_DOTS: Final = 1000  # in a line: the time of tomllib grows with the square of the parts of a dotted key
# A key, or the header of a table, and the rest of the line.
_TOML_KEY: Final = re.compile(
    r"""^[ \t]* (?:\[{1,2}[ \t]*)? (["']?) (?P<key>[\w-]+) \1 [ \t]* (?:[.\]]|=[ \t]*) (?P<value>[^\n]*)""",
    re.MULTILINE | re.VERBOSE,
)
# A name, and the value after it if it is text or a word; strings have no line ends.
_JSON_KEY: Final = re.compile(r'(?P<key>"(?:[^"\\\n]|\\.)*+")\s*+:\s*+(?P<value>"(?:[^"\\\n]|\\.)*+"|[^\s,{}\[\]"]*+)')


class _UnusableError(Exception):
    """A value that is not allowed in front matter."""


def read_toml(source: Source, start: int, end: int) -> Pairs:
    """Return the keys and values of TOML between two offsets of a file; problems are added to the source."""
    text = source.text[start:end]
    hint = "put text in quotes, lists in [ ], and each key on its own line"
    try:
        if max(line.count(".") for line in text.split("\n")) > _MOST_DOTS:
            raise _UnusableError(f"a line has more than {_MOST_DOTS:,} dots")
        return _make_pairs(tomllib.loads(text, parse_float=str).items(), _TOML_KEY, text, start)
    except tomllib.TOMLDecodeError as error:
        offset = end - 1
        if position := re.search(r" \(at line (\d+), column (\d+)\)", str(error)):
            offset = (
                start + sum(len(line) + 1 for line in text.split("\n")[: int(position[1]) - 1]) + int(position[2]) - 1
            )
        message = re.sub(r" \(at .*\)", "", str(error))
        source.add("E108", f"{message[:1].lower()}{message[1:]} (TOML)", hint, min(offset, end - 1))
    except RecursionError:
        source.add("E108", "is nested too deeply", hint, start)
    except (ValueError, _UnusableError) as error:  # Python refuses numbers of thousands of digits
        source.add("E108", f"cannot be read ({error})", hint, start)
    return []


def _make_pairs(data: Iterable[tuple[str, object]], pattern: re.Pattern[str], text: str, offset: int) -> Pairs:
    """Return keys and values with the positions of the first key of each name."""
    matches: dict[str, re.Match[str]] = {}
    for match in pattern.finditer(text):
        matches.setdefault(match["key"].strip('"'), match)
    pairs: Pairs = []
    for key, value in data:
        key_match = matches.get(key)
        start, end, first, last = (*key_match.span("key"), *key_match.span("value")) if key_match else (0, 1, 0, 1)
        last = first + max(len(text[first:last].rstrip()), 1)
        key_value = Value(key, offset + start, offset + end)
        pairs.append((key_value, _convert_value(value, offset + first, offset + last)))
    return pairs


def read_json(source: Source, start: int, end: int) -> tuple[Pairs, int]:
    """Read the keys and values of a JSON object.

    Args:
        source: The file; problems are added to it.
        start: Where the object begins, or white space before it.
        end: The last offset where it may end.

    Returns:
        The keys and values, and where the object ends, which is `end` if it cannot be read.
    """
    text = source.text[:end]
    first = end - len(text[start:].lstrip())
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, object_pairs_hook=tuple)
    try:
        data, last = decoder.raw_decode(text, first)
        if not isinstance(data, tuple):
            raise json.JSONDecodeError("expecting '{'", text, first)
        return _make_pairs(data, _JSON_KEY, text[first:last], first), last
    except json.JSONDecodeError as error:
        hint = 'write { "title": "…", "date": "…" }: names and text in double quotes, a comma between two pairs'
        message = f"{error.msg[:1].lower()}{error.msg[1:]} (JSON)"
        source.add("E108", message, hint, min(error.pos, max(end - 1, 0)))
    except RecursionError:
        source.add("E108", "is nested too deeply", "no key takes more than a list of keys and values", start)
    except (ValueError, _UnusableError) as error:
        source.add("E108", f"cannot be read ({error})", "", start)
    return [], end


def _convert_value(value: object, start: int, end: int, depth: int = 1) -> Value:
    """Return a parsed value as text again, as nearly as possible as it was written."""
    if isinstance(value, dict | list | tuple) and depth > DEEPEST_LEVELS:
        raise _UnusableError("is nested too deeply; no key takes more than a list of keys and values")
    if isinstance(value, tuple):  # an object of JSON
        if len(dict(value)) < len(value):
            raise _UnusableError("a name appears twice in one object")
        value = dict(value)
    if isinstance(value, dict):
        return Value({str(key): _convert_value(part, start, end, depth + 1) for key, part in value.items()}, start, end)
    if isinstance(value, list):
        return Value([_convert_value(item, start, end, depth + 1) for item in value], start, end)
    if isinstance(value, bool):
        return Value("true" if value else "false", start, end)
    if isinstance(value, datetime | date | time):
        return Value(value.isoformat(), start, end)
    return Value("" if value is None else str(value), start, end)
