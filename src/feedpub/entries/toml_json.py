"""TOML and JSON → keys and values, every value as text, with the places of the outermost keys."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from .value import DEEPEST_LEVELS, Value

if TYPE_CHECKING:
    from .source import Source

    Pairs = list[tuple[Value, Value]]

_MOST_DOTS: Final = 1000  # in a line: tomllib takes the square of the number of parts of a dotted key
# A key, or the header of a table, and the rest of the line.
_TOML_KEY: Final = re.compile(
    r"""^[ \t]* (?:\[{1,2}[ \t]*)? (["']?) ([\w-]+) \1 [ \t]* (?:[.\]]|=[ \t]*) ([^\n]*)""", re.MULTILINE | re.VERBOSE
)
_SPACE: Final = re.compile(r"\s*")


class _UnusableError(Exception):
    """A value that front matter cannot hold."""


def read_toml(source: Source, start: int, end: int) -> Pairs:
    """Return the keys and values of TOML between two places of a file; problems are added to it."""
    text = source.text[start:end]
    hint = "text stands in quotes, lists in [ ]; each key on a line of its own"
    try:
        if max(line.count(".") for line in text.split("\n")) > _MOST_DOTS:
            raise _UnusableError(f"a line holds more than {_MOST_DOTS:,} dots")
        data = tomllib.loads(text, parse_float=str)
        places: dict[str, re.Match[str]] = {}
        for found in _TOML_KEY.finditer(text):
            places.setdefault(found[2], found)
        return [_make_pair(key, value, places.get(key), start) for key, value in data.items()]
    except tomllib.TOMLDecodeError as error:
        place = end - 1
        if at := re.search(r" \(at line (\d+), column (\d+)\)", str(error)):
            place = start + sum(len(line) + 1 for line in text.split("\n")[: int(at[1]) - 1]) + int(at[2]) - 1
        message = re.sub(r" \(at .*\)", "", str(error))
        source.add("E108", f"{message[:1].lower()}{message[1:]} (TOML)", hint, min(place, end - 1))
    except RecursionError:
        source.add("E108", "is nested too deeply", hint, start)
    except (ValueError, _UnusableError) as error:  # Python reads no numbers of thousands of digits
        source.add("E108", f"cannot be read ({error})", hint, start)
    return []


def _make_pair(key: str, value: object, found: re.Match[str] | None, offset: int) -> tuple[Value, Value]:
    if found is None:
        return Value(key, offset, offset + 1), _convert_value(value, offset, offset + 1)
    first, last = offset + found.start(3), offset + found.start(3) + max(len(found[3].rstrip()), 1)
    return Value(key, offset + found.start(2), offset + found.end(2)), _convert_value(value, first, last)


def read_json(source: Source, start: int, end: int) -> tuple[Pairs, int]:
    """Read the keys and values of a JSON object.

    Args:
        source: The file; problems are added to it.
        start: Where the object begins, perhaps after white space.
        end: Where it ends at the latest.

    Returns:
        The keys and values, and where the object ends; `end` if it cannot be read.
    """
    text = source.text[:end]
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, object_pairs_hook=_refuse_duplicates)
    pairs: Pairs = []
    place = _after_space(text, start)
    try:
        place = _after_space(text, _after_sign(text, place, "{"))
        while text[place : place + 1] != "}":
            if pairs:
                place = _after_space(text, _after_sign(text, place, ","))
            key_start = place
            _after_sign(text, place, '"')
            key, place = decoder.raw_decode(text, place)
            key_end = place
            value_start = _after_space(text, _after_sign(text, _after_space(text, place), ":"))
            value, place = decoder.raw_decode(text, value_start)
            line_end = text.find("\n", value_start, place)
            value_end = place if line_end < 0 else line_end
            pairs.append((Value(key, key_start, key_end), _convert_value(value, value_start, value_end)))
            place = _after_space(text, place)
        return pairs, place + 1
    except json.JSONDecodeError as error:
        hint = 'write { "title": "…", "date": "…" }: names and text in double quotes, a comma between two pairs'
        message = f"{error.msg[:1].lower()}{error.msg[1:]} (JSON)"
        source.add("E108", message, hint, min(error.pos, max(end - 1, 0)))
    except RecursionError:
        source.add("E108", "is nested too deeply", "no key takes more than a list of keys and values", start)
    except (ValueError, _UnusableError) as error:
        source.add("E108", f"cannot be read ({error})", "", place)
    return [], end


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _UnusableError("a name stands twice in one object")
    return found


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _after_sign(text: str, place: int, sign: str) -> int:
    if text[place : place + 1] != sign:
        raise json.JSONDecodeError(f"expecting '{sign}'", text, place)
    return place + 1


def _convert_value(value: object, start: int, end: int, depth: int = 1) -> Value:
    """Return what a parser made of a value as the text that was written, as nearly as it is known."""
    if isinstance(value, dict | list) and depth > DEEPEST_LEVELS:
        raise _UnusableError("is nested too deeply; no key takes more than a list of keys and values")
    if isinstance(value, dict):
        return Value({str(key): _convert_value(part, start, end, depth + 1) for key, part in value.items()}, start, end)
    if isinstance(value, list):
        return Value([_convert_value(item, start, end, depth + 1) for item in value], start, end)
    if isinstance(value, bool):
        return Value("true" if value else "false", start, end)
    if isinstance(value, datetime | date | time):
        return Value(value.isoformat(), start, end)
    return Value("" if value is None else str(value), start, end)
