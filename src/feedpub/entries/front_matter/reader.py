"""Read front matter: YAML, TOML, JSON or ``Title: x`` lines → values as text, with their positions.

YAML would read ``no`` as false and ``0123`` as a number; here a value stays text until its row in `fields` converts it.
Where YAML reads a line otherwise than its author meant it (``title: Issue #5 is out``), the text is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from . import fields
from .value import Value

if TYPE_CHECKING:
    from ..source import Source

    Pairs = list[tuple[Value, Value]]

LONGEST_FRONT_MATTER_CHARACTERS: Final = 100_000
_BLANK_START: Final = re.compile(r"(?:\ufeff|[ \t]*\n)*")
_FENCE: Final = re.compile(r"(---|\+\+\+)[ \t]*(ya?ml|toml|json)?[ \t]*\n", re.IGNORECASE)
_YAML_END: Final = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_TOML_END: Final = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)
_JSON_START: Final = re.compile(r'\{\s*(?:"|\}|[A-Za-z_]\w*\s*:\s*["\[\w])')
_KEY: Final = r"[^\W\d][\w.-]{0,60}"
# A key at the start of a line, the rest of the line, and the lines up to the next key.
_KEY_START: Final = rf"{_KEY}[ \t]*:(?=[ \t\n]|\Z)"
_ENTRY: Final = re.compile(rf"^({_KEY})[ \t]*:(?=[ \t\n]|\Z)(.*)((?:\n(?!{_KEY_START}).*)*)", re.MULTILINE)
_KEY_LINE: Final = re.compile(rf"({_KEY})[ \t]*:(?:[ \t]|$)", re.MULTILINE)
# A line that was probably meant as a fence, and the key below it. Nikola writes front matter into a comment.
_NEARLY_FENCE: Final = re.compile(
    r"(?:-{2,}|[\u2012-\u2015]-*|\+{2,}|={3,}|;{3,}|<!--(?!.*-->))[^\n]{0,40}"
    rf"\n+(?:\.\.[ ])?({_KEY})[ \t]*[:=]"
)
_SIGNS_OF_FENCES: Final = tuple("-+=;<\u2012\u2013\u2014\u2015")
_BARE_END: Final = re.compile(r"\n(?=[ \t]*(?:\n|\Z))|\n---[ \t]*$", re.MULTILINE)
_BARE_TOML: Final = re.compile(rf"""({_KEY})[ \t]*=[ \t]*["'\[]""")


def read_front_matter(source: Source) -> tuple[dict[str, Value], int]:
    """Read the front matter of a file; problems are added to the source.

    Returns:
        Name → value, by the names of `fields.TABLE`, and where the Markdown begins, in characters. A key that is not
        in the table is under its own name, with the key as the value.
    """
    text = source.text
    start = 0
    if text[:1] in ("\n", "\ufeff", " ", "\t") and (blank := _BLANK_START.match(text)):
        start = blank.end()
    first = text[start : start + 1]
    fence = _FENCE.match(text, start) if first in ("-", "+") else None
    if fence and (not start or fence[1] == "+++" or _KEY_LINE.match(text, fence.end())):
        return _read_fenced(source, fence)
    if first == "{" and _JSON_START.match(text, start):
        return _read_json_object(source, start)
    if first.isalpha() or first in _SIGNS_OF_FENCES:
        return _read_unfenced(source, start)
    return {}, 0


def _read_fenced(source: Source, fence: re.Match[str]) -> tuple[dict[str, Value], int]:
    text, start, is_toml = source.text, fence.end(), fence[1] == "+++"
    closing = (_TOML_END if is_toml else _YAML_END).search(text, start)
    if not closing:
        hint = f"put a line {fence[1]} below the last key of the front matter"
        source.add("E109", "this front matter is not closed", hint, fence.start(1), fence.end(1))
        return {}, len(text)
    end = closing.start()
    if end - start > LONGEST_FRONT_MATTER_CHARACTERS:
        message = f"has {end - start:,} characters; at most {LONGEST_FRONT_MATTER_CHARACTERS:,} are read"
        source.add("E108", message, "move text to below the front matter", fence.start(1), fence.end(1))
        return {}, closing.end()
    language = (fence[2] or "").casefold() or ("toml" if is_toml else "yaml")
    if language == "toml":
        from .toml_json import read_toml  # most sites have no TOML

        pairs = read_toml(source, start, end)
    elif language == "json":
        from .toml_json import read_json

        pairs, _ = read_json(source, start, end)
    else:
        from .yaml_reader import read_yaml  # takes 20 ms to import

        pairs = read_yaml(source, start, end)
    return fields.name_values(source, pairs), closing.end()


def _read_json_object(source: Source, start: int) -> tuple[dict[str, Value], int]:
    from .toml_json import read_json

    pairs, end = read_json(source, start, min(len(source.text), start + LONGEST_FRONT_MATTER_CHARACTERS))
    return fields.name_values(source, pairs), end


# ---- without fences


def _read_unfenced(source: Source, start: int) -> tuple[dict[str, Value], int]:
    """Read ``Title: x`` lines at the start of a file, as in Pelican and MultiMarkdown, up to a blank line.

    They are front matter if all lines have this form, and one of them is the title, or the date beside another key; so
    a text that begins with ``Note: …`` stays text. What is nearly front matter is an error, or it would be published.
    """
    text = source.text
    if nearly := _NEARLY_FENCE.match(text, start) or _BARE_TOML.match(text, start):
        if fields.TABLE.find_field(nearly[1]):
            fence = "+++" if nearly[0].endswith(("=", '"', "'", "[")) else "---"
            _refuse_unrecognised(source, start, fence)
            return {}, len(text)
        return {}, 0
    line = _KEY_LINE.match(text, start)
    if not line or not fields.TABLE.find_field(line[1]):
        return {}, 0
    closing = _BARE_END.search(text, start)
    end = min(closing.start() if closing else len(text), start + LONGEST_FRONT_MATTER_CHARACTERS)
    entries = list(_ENTRY.finditer(text[start:end]))
    names = [field.name for match in entries if (field := fields.TABLE.find_field(match[1]))]
    if "title" not in names and not (len(names) > 1 and "published" in names):
        return {}, 0
    if any(_UNINDENTED_LINE.search(match[3]) for match in entries):
        if len(names) == 1:
            return {}, 0
        _refuse_unrecognised(source, start, "---")
        return {}, len(text)
    pairs = [_read_bare_entry(match, start) for match in entries]
    return fields.name_values(source, pairs), closing.end() if closing else len(text)


_UNINDENTED_LINE: Final = re.compile(r"\n[^ \t]")


def _read_bare_entry(match: re.Match[str], offset: int) -> tuple[Value, Value]:
    key, first_line, more_lines = match.groups()
    first_text = first_line.strip()
    start = offset + match.start(2) + len(first_line) - len(first_line.lstrip())
    value = Value(first_text, start, start + len(first_text))
    if first_text.startswith("[") and first_text.endswith("]"):
        words = (word.strip("\"' ") for word in first_text[1:-1].split(","))
        value.content = [Value(word, value.start, value.end) for word in words if word]
    if more_lines:
        value.content = "\n".join(map(str.strip, f"{first_text}{more_lines}".split("\n")))
    return Value(key, offset + match.start(1), offset + match.end(1)), value


def _refuse_unrecognised(source: Source, start: int, fence: str) -> None:
    end = source.text.find("\n", start)
    message = "this looks like front matter, but is not between two lines --- or +++, and does not end at a blank line"
    hint = f'write a line {fence} above and below it, with nothing else on these lines, and "key: value" lines between'
    if fence == "+++":
        hint = f'write a line {fence} above and below it (TOML), or "key: value" lines between lines ---'
    source.add("E108", message, hint, start, end if end >= 0 else len(source.text))
