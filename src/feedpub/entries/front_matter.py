"""Front matter: YAML, TOML, JSON or ``Title: x`` lines → values, every one read as text and with its place.

YAML would make ``no`` false and ``0123`` a number; here a value stays text until `fields` says what its key takes.
Where YAML reads an ordinary line as something else than its author (``title: Issue #5 is out``), the text is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from . import fields
from .value import NULL_WORDS, Value

if TYPE_CHECKING:
    from .source import Source

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
# A line that was probably meant for a fence, and the key below it. Nikola writes front matter into a comment.
_NEARLY_FENCE: Final = re.compile(
    r"(?:-{2,}|[\u2012-\u2015]-*|\+{2,}|={3,}|;{3,}|<!--(?!.*-->))[^\n]{0,40}"
    rf"\n+(?:\.\.[ ])?({_KEY})[ \t]*[:=]"
)
_SIGNS_OF_FENCES: Final = tuple("-+=;<\u2012\u2013\u2014\u2015")
_BARE_END: Final = re.compile(r"\n(?=[ \t]*(?:\n|\Z))|\n---[ \t]*$", re.MULTILINE)
_BARE_TOML: Final = re.compile(rf"""({_KEY})[ \t]*=[ \t]*["'\[]""")


def read_front_matter(source: Source) -> tuple[dict[str, Value], int]:
    """Read the front matter of a file; problems are added to it.

    Returns:
        Name → value, by the names of `fields.TABLE`, and where the Markdown begins, in characters. A key that is not in
        the table stands under its own name, with the key as the value.
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
        source.add("E108", message, "move what is text below the front matter", fence.start(1), fence.end(1))
        return {}, closing.end()
    language = (fence[2] or "").casefold() or ("toml" if is_toml else "yaml")
    if language == "toml":
        from .toml_json import read_toml  # most sites have none

        pairs = read_toml(source, start, end)
    elif language == "json":
        from .toml_json import read_json

        pairs, _ = read_json(source, start, end)
    else:
        pairs = read_yaml_pairs(source, start, end)
    return fields.name_values(source, pairs), closing.end()


def _read_json_object(source: Source, start: int) -> tuple[dict[str, Value], int]:
    from .toml_json import read_json

    pairs, end = read_json(source, start, min(len(source.text), start + LONGEST_FRONT_MATTER_CHARACTERS))
    return fields.name_values(source, pairs), end


# ---- without fences


def _read_unfenced(source: Source, start: int) -> tuple[dict[str, Value], int]:
    """Read ``Title: x`` lines at the start of a file, as Pelican and MultiMarkdown have them, up to a blank line.

    They count if all lines are of that form and title or date is among them; so a text that begins with ``Note: …``
    stays text. What is nearly front matter is an error: else it would be published.
    """
    text = source.text
    if nearly := _NEARLY_FENCE.match(text, start) or _BARE_TOML.match(text, start):
        if fields.TABLE.find(nearly[1]):
            mark = "+++" if nearly[0].endswith(("=", '"', "'", "[")) else "---"
            _refuse_unrecognised(source, start, mark)
            return {}, len(text)
        return {}, 0
    line = _KEY_LINE.match(text, start)
    if not line or not fields.TABLE.find(line[1]):
        return {}, 0
    closing = _BARE_END.search(text, start)
    end = min(closing.start() if closing else len(text), start + LONGEST_FRONT_MATTER_CHARACTERS)
    entries = list(_ENTRY.finditer(text[start:end]))
    known = [field.name for found in entries if (field := fields.TABLE.find(found[1]))]
    if "title" not in known and not (len(known) > 1 and "published" in known):
        return {}, 0
    if any(_UNINDENTED_LINE.search(found[3]) for found in entries):
        if len(known) == 1:
            return {}, 0
        _refuse_unrecognised(source, start, "---")
        return {}, len(text)
    pairs = [_read_bare_entry(found, start) for found in entries]
    return fields.name_values(source, pairs), closing.end() if closing else len(text)


_UNINDENTED_LINE: Final = re.compile(r"\n[^ \t]")


def _read_bare_entry(found: re.Match[str], offset: int) -> tuple[Value, Value]:
    key, rest, following = found.groups()
    written = rest.strip()
    start = offset + found.start(2) + len(rest) - len(rest.lstrip())
    value = read_list(written, start) or Value(written, start, start + len(written))
    if following:
        value.content = "\n".join(map(str.strip, f"{written}{following}".split("\n")))
    return Value(key, offset + found.start(1), offset + found.end(1)), value


def _refuse_unrecognised(source: Source, start: int, mark: str) -> None:
    end = source.text.find("\n", start)
    message = "front matter not recognised: it is neither between fences nor ends at a blank line"
    hint = f'write a line {mark} above and below it, with nothing else on these lines, and "key: value" lines between'
    if mark == "+++":
        hint = f'write a line {mark} above and below it (TOML), or "key: value" lines between lines ---'
    source.add("E108", message, hint, start, end if end >= 0 else len(source.text))


# ---- YAML


def read_yaml_pairs(source: Source, start: int, end: int) -> Pairs:
    """Return the keys and values of YAML between two places of a file."""
    text = source.text[start:end]
    flat = FlatReader(text, start)
    pairs = flat.read()
    if pairs is not None:
        comments = flat.comments
    else:
        from .yaml_reader import YamlError, read_yaml

        try:
            pairs, comments = read_yaml(text, start)
        except YamlError as error:
            source.add("E108", str(error), error.hint, error.place)
            return []
    for first, last in comments:
        message = f"{source.text[first:last][:100]} is read as a comment"
        source.add("W120", message, "put quotes around the value if this belongs to it", first, last)
    return pairs


class FlatReader:
    """Read lines such as ``key: some text``, ``key: "text"``, ``key: [some, words]``, and lists of such items.

    Nearly all front matter consists of them. PyYAML takes ten times as long, and 20 ms to load; here it reads the keys
    whose values have another form, one by one.

    Attributes:
        comments: Places of what YAML takes for a comment and an author may not.
    """

    def __init__(self, text: str, offset: int) -> None:
        """Prepare to read.

        Args:
            text: YAML.
            offset: Where it stands in the file.
        """
        self.text, self.offset = text, offset
        self.comments: list[tuple[int, int]] = []

    def read(self) -> Pairs | None:
        """Return keys and values, or None if the text must be read as a whole, or has a mistake."""
        text, offset = self.text, self.offset
        if not text.isprintable() and _UNREADABLE.search(text):
            return None
        pairs: Pairs = []
        done = 0
        for found in _ENTRY.finditer(text):
            if found.start() > done and not _COMMENT_LINES.fullmatch(text, done, found.start()):
                return None
            value = None if found[1] in NULL_WORDS else self._read_entry(found)
            if value is None:
                return None
            pairs.append((Value(found[1], offset + found.start(1), offset + found.end(1)), value))
            done = found.end() + 1
        return pairs if done >= len(text) or _COMMENT_LINES.fullmatch(text, done) else None

    def _read_entry(self, found: re.Match[str]) -> Value | None:
        key, rest, following = found.groups()
        written = rest.strip(" ")
        start = self.offset + found.start(2) + (rest.index(written) if written else 0)
        value = None
        if len(following) < 2 or _COMMENT_LINES.fullmatch(following, 1):
            is_list = written[:1] == "["
            value = read_list(written, start) if is_list else self._read_scalar(key, written, start)
        elif not written:
            value = self._read_block_list(key, following, self.offset + found.start(3))
        return value or self._read_with_parser(found)

    def _read_with_parser(self, found: re.Match[str]) -> Value | None:
        """Read one key by PyYAML; None if that fails, as for brackets that are closed at the start of a later line."""
        from .yaml_reader import YamlError, read_yaml

        try:
            pairs, comments = read_yaml(f"{found[0]}\n", self.offset + found.start())
        except YamlError:
            return None
        self.comments += comments
        return pairs[0][1] if len(pairs) == 1 else None

    def _read_scalar(self, key: str, written: str, start: int) -> Value | None:
        """Read text, plain or in quotes; None if YAML may read it as something else."""
        first = written[:1]
        if first in ('"', "'"):
            found = (_DOUBLE_QUOTED if first == '"' else _SINGLE_QUOTED).fullmatch(written)
            if not found:
                return None
            text = _ESCAPED.sub(r"\1", found[2]) if first == '"' else found[2].replace("''", "'")
            return Value(text, start, start + len(found[1]))
        if first in _SIGNS or "\t" in written or (":" in written and _COLON.search(written)) or written[:2] == "!!":
            return None
        if "#" in written:
            written = self._without_comment(key, written, start)
        return Value("" if written in NULL_WORDS else written, start, start + len(written))

    def _without_comment(self, key: str, written: str, start: int) -> str:
        """Cut off a comment. ``#5`` is none where the value may be any text: YAML would cut it off in silence."""
        field = fields.TABLE.find(key)
        is_text = field is not None and field.is_text
        found = (_SPACED_COMMENT if is_text else _ANY_COMMENT).search(written)
        if not found:
            return written
        if is_text and found[0].strip("# "):
            self.comments.append((start + found.start(), start + len(written)))
        return written[: found.start()].rstrip(" ")

    def _read_block_list(self, key: str, following: str, offset: int) -> Value | None:
        """Read the lines ``- item`` below a key; None if there are others."""
        items: list[Value] = []
        first = None
        for line in _LINE.finditer(following):
            found = _BLOCK_ITEM.fullmatch(line[0])
            if not found:
                if _COMMENT_LINES.fullmatch(line[0]):
                    continue
                return None
            first = first or found
            is_aligned = found[1] == first[1]
            item = self._read_scalar(key, found[2], offset + line.start() + found.start(2)) if is_aligned else None
            if item is None:
                return None
            items.append(item)
        return Value(items, items[0].start - first.start(2) + first.end(1), items[0].end) if first else None


def read_list(written: str, start: int) -> Value | None:
    """Read a list of words on one line, such as ``[AI, "Open source"]``; None if it is another."""
    found = _LIST.fullmatch(written)
    if not found:
        return None
    items = [_list_item(item, start) for item in _ITEM.finditer(written, 1, found.end(1) - 1)]
    return Value(items, start, start + len(found[1]))


def _list_item(found: re.Match[str], start: int) -> Value:
    text = found[0].rstrip(" ")
    end = start + found.start() + len(text)
    if text[0] in "\"'":
        text = text[1:-1]
    elif text in NULL_WORDS:
        text = ""
    return Value(text, start + found.start(), end)


_UNREADABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_COMMENT_LINES: Final = re.compile(r"(?:[ ]*+(?:#[^\n]*+)?\n)*+[ ]*+(?:#[^\n]*+)?")
_DOUBLE_QUOTED: Final = re.compile(r"""("((?:[^"\\]|\\["\\/])*+)")(?:[ ]+\#.*|[ ]*)""", re.VERBOSE)
_SINGLE_QUOTED: Final = re.compile(r"""('((?:[^']|'')*+)')(?:[ ]+\#.*|[ ]*)""", re.VERBOSE)
_ESCAPED: Final = re.compile(r"\\(.)")
_SIGNS: Final = frozenset(
    "{}[],&*@`%|>-?:"
)  # plain text cannot start with them (YAML 1.1, section 9.1.3); nor "!", "#"
_COLON: Final = re.compile(r":(?=[ ]|$)")
_SPACED_COMMENT: Final = re.compile(r"(?:^|(?<=[ ]))#(?:[ #].*)?$")
_ANY_COMMENT: Final = re.compile(r"(?:^|(?<=[ ]))#.*$")
_LINE: Final = re.compile(r"[^\n]+")
_BLOCK_ITEM: Final = re.compile(r"([ ]*)-[ ]+([^ ](?:.*[^ ])?)[ ]*")
# Text in quotes, or plain: not starting with a sign, without brackets, and with no colon before a space.
_ITEM_PATTERN: Final = r"""
    (?: "[^"\\\n]*+" | '[^'\n]*+'
    | (?!!!) [^\s,\[\]{}"'&*|>%@`?:-] (?: [^,\[\]{}:\n] | :(?=[^\s,\[\]]) )*+ )
"""
_ITEM: Final = re.compile(_ITEM_PATTERN, re.VERBOSE)
_LIST: Final = re.compile(
    rf"(\[ [ ]*+ {_ITEM_PATTERN} [ ]*+ (?: , [ ]*+ {_ITEM_PATTERN} [ ]*+ )*+ (?: , [ ]*+ )? \]) (?: [ ]+\#.* | [ ]* )",
    re.VERBOSE,
)
