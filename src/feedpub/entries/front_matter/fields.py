"""The table of front matter keys. To add a key, add a row.

`reader` finds keys and values, `name_values` gives them the names of the table, `read_values` converts them, and
`articles` makes entries of them. All of them use the table; only the keys that decide which article and language a
file belongs to are named in code (`identity`).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from .converters import (
    convert_address,
    convert_authors,
    convert_categories,
    convert_date,
    convert_enclosures,
    convert_fallback,
    convert_id,
    convert_image,
    convert_line,
    convert_neighbour,
    convert_text,
    convert_truth,
    is_true,
    split_list,
)
from .value import Value, read_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..source import Source
    from .converters import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A key of the front matter.

    Args:
        name: The documented name, which is also the name in `EntryFile.matter` and `EntryFile.values`.
        aliases: Other names, in lower case. Case, ``_`` and ``-`` do not matter: ``pubDate`` is ``pub_date``.
        convert: Returns the value, or reports a problem and returns None. Keys that only identify the file have none.
        entry_field: The field of `Entry` that it sets. A field with several values, such as `extensions`, takes a
            tuple; if two rows set it, their tuples are joined.
        purpose: What it is for, if it sets no field.
        is_inherited: Whether a translation without this key takes the value of the original.
        is_text: Whether the value can be any words, so that ``#5`` in it is not a comment.
        split_words: The names for which text with commas is a list.
        combine: Joins the values of two names of the key; without it, the first value is used.
    """

    name: str
    aliases: tuple[str, ...] = ()
    convert: Callable[[Context, Value, str], object] | None = None
    entry_field: str = ""
    purpose: str = ""
    is_inherited: bool = False
    is_text: bool = False
    split_words: tuple[str, ...] = ()
    combine: Callable[[Value, Value], Value] | None = None


class FieldTable:
    """The rows of the table, with indexes."""

    def __init__(self, rows: Iterable[Field]) -> None:
        """Index the rows; each `entry_field` must be a field of `Entry`."""
        self.rows = tuple(rows)
        self._by_word = {word: row for row in self.rows for word in (row.name, *row.aliases)}
        if len(self._by_word) < sum(1 + len(row.aliases) for row in self.rows):
            raise ValueError("two rows have the same name or alias")
        self._by_folded_word = {_fold_word(word): row for word, row in self._by_word.items()}
        self.inherited = tuple(row.name for row in self.rows if row.is_inherited)
        self._entry_fields = tuple((row.name, row.entry_field) for row in self.rows if row.entry_field)

    def find_field(self, word: str) -> Field | None:
        """Return the row of a key as it is written; None if there is no such key."""
        return self._by_word.get(word) or self._by_folded_word.get(_fold_word(word))

    @property
    def words(self) -> tuple[str, ...]:
        """All names and aliases."""
        return tuple(self._by_word)

    def select_entry_fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of `Entry` that the values of a file set."""
        entry_values: dict[str, Any] = {}
        for name, entry_field in self._entry_fields:
            if name in values:
                value = values[name]
                is_joined = entry_field in entry_values and isinstance(value, tuple)
                entry_values[entry_field] = entry_values[entry_field] + value if is_joined else value
        return entry_values

    def find_key(self, entry_field: str) -> str:
        """Return the key that sets a field of `Entry`."""
        return next((name for name, set_field in self._entry_fields if set_field == entry_field), entry_field)


def _fold_word(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")


def _join_values(first: Value, second: Value) -> Value:
    return Value([*read_items(first), *read_items(second)], first.start, first.end)


def _prefer_true(first: Value, second: Value) -> Value:
    return first if is_true(first) or not is_true(second) else second


TABLE: FieldTable = FieldTable(
    [
        Field(name="title", convert=convert_line, entry_field="title", is_text=True),
        Field(
            name="published",
            aliases=("date", "pub_date", "pub_datetime", "publish_date", "created"),
            convert=convert_date,
            entry_field="published",
            is_inherited=True,
        ),
        Field(
            name="updated",
            aliases=("lastmod", "last_modified_at", "modified"),
            convert=convert_date,
            entry_field="updated",
            is_inherited=True,
        ),
        Field(
            name="summary",
            aliases=("description", "excerpt"),
            convert=convert_text,
            entry_field="summary",
            is_text=True,
        ),
        Field(
            name="source",
            aliases=("via", "link", "external_url"),
            convert=convert_address,
            entry_field="via",
            is_inherited=True,
        ),
        Field(
            name="authors",
            aliases=("author",),
            convert=convert_authors,
            entry_field="authors",
            is_inherited=True,
            is_text=True,
            combine=_join_values,
        ),
        Field(
            name="categories",
            aliases=("category", "tags", "tag"),
            split_words=("categories", "tags"),
            convert=convert_categories,
            entry_field="categories",
            is_inherited=True,
            is_text=True,
            combine=_join_values,
        ),
        Field(name="image", convert=convert_image, entry_field="image", is_inherited=True),
        Field(
            name="enclosures",
            aliases=("enclosure",),
            convert=convert_enclosures,
            entry_field="enclosures",
            is_inherited=True,
            combine=_join_values,
        ),
        Field(name="rights", convert=convert_line, entry_field="rights", is_inherited=True, is_text=True),
        Field(
            name="previous",
            aliases=("prev",),
            convert=convert_neighbour,
            entry_field="previous",
            is_inherited=True,
            is_text=True,
        ),
        Field(name="next", convert=convert_neighbour, entry_field="next", is_inherited=True, is_text=True),
        Field(name="id", convert=convert_id, entry_field="id"),
        Field(name="language", aliases=("lang",), purpose="the language of a file whose name has none"),
        Field(name="key", purpose="the name of the article"),
        Field(name="slug", purpose="the name of the article, if there is no key"),
        Field(
            name="draft",
            aliases=("hidden", "unlisted"),
            convert=convert_truth,
            purpose="leaves the entry out",
            combine=_prefer_true,
        ),
        Field(name="feed", convert=convert_truth, entry_field="is_in_feeds", is_inherited=True),
        Field(name="fallback", convert=convert_fallback, purpose="shows the original where a translation is missing"),
        Field(name="digest", convert=convert_truth, purpose="whether the sections of the text are data"),
        Field(name="hard_breaks", convert=convert_truth, purpose="publishes line ends as line breaks"),
    ]
)
# How other programs mark drafts: `published: false` (Jekyll), `status: draft` (WordPress, Pelican).
_DRAFT_WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "published": {"false": "true", "no": "true", "off": "true", "true": "false", "yes": "false", "on": "false"},
        "status": {
            **dict.fromkeys(("draft", "private", "pending", "hidden", "unlisted"), "true"),
            **dict.fromkeys(("published", "publish", "public", "live"), "false"),
        },
    }
)


def name_values(source: Source, pairs: Iterable[tuple[Value, Value]]) -> dict[str, Value]:
    """Return the values by the names of the table.

    Args:
        source: The file; problems are added to it.
        pairs: Keys as they are written, and their values.

    Returns:
        Name → value, without empty values. A key that is not in the table is under its own name, with the key as the
        value.
    """
    named: dict[str, Value] = {}
    words: dict[str, tuple[str, ...]] = {}  # name → as it is written
    for key, value in pairs:
        word = str(key.content)
        row = TABLE.find_field(word)
        if row is None or row.name == "published":
            row, value = _find_draft(word, row, value)
        if row is None:
            named.setdefault(word, key)
            continue
        earlier_words = words.get(row.name, ())
        if earlier_words and (
            same_word := next(
                (earlier_word for earlier_word in earlier_words if _fold_word(earlier_word) == _fold_word(word)), ""
            )
        ):
            remark = f" (the same as {same_word})" if word != same_word else ""
            source.add("E118", f"{word}{remark} appears twice", "remove one of them", key.start, key.end)
            continue
        words[row.name] = (*earlier_words, word)
        if value.content:
            if row.split_words and word.casefold() in row.split_words:
                value = split_list(source, value, word)
            if row.name in named:
                value = _combine_values(source, row, (earlier_words[0], named[row.name]), (key, value))
            named[row.name] = value
    return named


def _find_draft(word: str, row: Field | None, value: Value) -> tuple[Field | None, Value]:
    """Return the row and value of ``draft`` for its equivalents in other programs; otherwise the arguments."""
    words = _DRAFT_WORDS.get(word.casefold())
    if words and isinstance(value.content, str) and (text := words.get(value.content.strip().casefold())):
        return TABLE.find_field("draft"), Value(text, value.start, value.end)
    return row, value


def _combine_values(source: Source, row: Field, first: tuple[str, Value], second: tuple[Value, Value]) -> Value:
    word, first_value = first
    key, value = second
    if row.combine:
        return row.combine(first_value, value)
    if first_value.content != value.content:
        message = f"{key.content} means the same as {word}, which is above and is used"
        source.add("N120", message, "remove one of them", key.start, key.end)
    return first_value


def find_unknown_keys(matter: Mapping[str, Value]) -> list[Value]:
    """Return the keys of a file that are not in the table."""
    return [value for word, value in matter.items() if not TABLE.find_field(word)]


def suggest_key(word: str) -> str:
    """Return a hint for a key that is not in the table."""
    import difflib

    close = difflib.get_close_matches(word[:100].casefold(), TABLE.words, n=1, cutoff=0.75)
    return f"did you mean {close[0]}?" if close else f"known keys: {', '.join(row.name for row in TABLE.rows)}"


def read_values(context: Context, matter: Mapping[str, Value]) -> dict[str, Any]:
    """Convert the values of front matter.

    Args:
        context: The file, and what converters need to know about its site; problems are added to the file.
        matter: The first result of `read_front_matter`.

    Returns:
        Name → converted value, for the keys whose value can be used.
    """
    values: dict[str, Any] = {}
    for name, value in matter.items():
        row = TABLE.find_field(name)
        converted = row.convert(context, value, name) if row and row.convert else None
        if converted is not None:
            values[name] = converted
    return values
