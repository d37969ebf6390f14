"""The keys of front matter: one table, a row each. To add a key is to add a row.

`front_matter` finds keys and values, `name_values` here gives them the names of the table, `read_values` converts them,
and `folder` makes entries of them; all go through the table and know no key by name, except for those that say which
file a translation belongs to (`file`).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from . import converters as to
from .value import Value, list_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..source import Source
    from .converters import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A key of the front matter.

    Args:
        name: As the docs name it; the name of the value in `File.matter` and `File.values`.
        aliases: Other words for it, in lower case. Case, ``_`` and ``-`` do not matter: ``pubDate`` is ``pub_date``.
        convert: Makes the value, or records a problem and returns None; not given for keys that name the entry.
        entry_field: The field of `Entry` that it sets; tuples of two rows with the same field are joined.
        purpose: What it is for if it sets no field.
        is_inherited: A translation takes it from the original if it does not say it itself.
        is_text: The value may be any words, so ``#5`` in it is no comment.
        split_words: Words for the key under which text with commas is a list.
        combine: Makes one value of two that stand under different words for the key; else the first is taken.
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
    """Rows, and what is looked up in them."""

    def __init__(self, rows: Iterable[Field]) -> None:
        """Index the rows; the name of an entry's field must be one of `Entry`."""
        self.rows = tuple(rows)
        self._by_word = {word: row for row in self.rows for word in (row.name, *row.aliases)}
        self._by_folded_word = {_fold_word(word): row for word, row in self._by_word.items()}
        self.inherited = tuple(row.name for row in self.rows if row.is_inherited)
        self._entry_fields = tuple((row.name, row.entry_field) for row in self.rows if row.entry_field)

    def find_field(self, word: str) -> Field | None:
        """Return the row of a key as it is written, if there is one."""
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
    return Value([*list_items(first), *list_items(second)], first.start, first.end)


def _prefer_true(first: Value, second: Value) -> Value:
    return first if to.is_true(first) or not to.is_true(second) else second


TABLE: FieldTable = FieldTable(
    [
        Field(name="title", convert=to.convert_line, entry_field="title", is_text=True),
        Field(
            name="published",
            aliases=("date", "pub_date", "pub_datetime", "publish_date", "created"),
            convert=to.convert_date,
            entry_field="published",
            is_inherited=True,
        ),
        Field(
            name="updated",
            aliases=("lastmod", "last_modified_at", "modified"),
            convert=to.convert_date,
            entry_field="updated",
            is_inherited=True,
        ),
        Field(
            name="summary",
            aliases=("description", "excerpt"),
            convert=to.convert_text,
            entry_field="summary",
            is_text=True,
        ),
        Field(
            name="source",
            aliases=("via", "link", "external_url"),
            convert=to.convert_address,
            entry_field="via",
            is_inherited=True,
        ),
        Field(
            name="authors",
            aliases=("author",),
            convert=to.convert_authors,
            entry_field="authors",
            is_inherited=True,
            is_text=True,
            combine=_join_values,
        ),
        Field(
            name="categories",
            aliases=("category", "tags", "tag"),
            split_words=("categories", "tags"),
            convert=to.convert_categories,
            entry_field="categories",
            is_inherited=True,
            is_text=True,
            combine=_join_values,
        ),
        Field(name="image", convert=to.convert_image, entry_field="image", is_inherited=True),
        Field(
            name="enclosures",
            aliases=("enclosure",),
            convert=to.convert_enclosures,
            entry_field="enclosures",
            is_inherited=True,
            combine=_join_values,
        ),
        Field(name="rights", convert=to.convert_line, entry_field="rights", is_inherited=True, is_text=True),
        Field(
            name="previous",
            aliases=("prev",),
            convert=to.convert_neighbour,
            entry_field="previous",
            is_inherited=True,
            is_text=True,
        ),
        Field(name="next", convert=to.convert_neighbour, entry_field="next", is_inherited=True, is_text=True),
        Field(name="id", convert=to.convert_id, entry_field="id"),
        Field(name="language", aliases=("lang",), purpose="the language of a file whose name has none"),
        Field(name="key", purpose="the name of the article"),
        Field(name="slug", purpose="the name of the article, if there is no key"),
        Field(
            name="draft",
            aliases=("hidden", "unlisted"),
            convert=to.convert_truth,
            purpose="leaves the entry out",
            combine=_prefer_true,
        ),
        Field(name="feed", convert=to.convert_truth, entry_field="is_in_feeds", is_inherited=True),
        Field(name="fallback", convert=to.convert_fallback, purpose="shows the original where a translation lacks"),
        Field(name="digest", convert=to.convert_truth, purpose="whether the sections of the text are data"),
        Field(name="hard_breaks", convert=to.convert_truth, purpose="publishes line ends as line breaks"),
    ]
)
# What other programs write for a draft: `published: false` (Jekyll), `status: draft` (WordPress, Pelican).
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
    """Give values the names of the table.

    Args:
        source: The file; problems are added to it.
        pairs: Keys as they are written, and their values.

    Returns:
        Name → value, without values that are empty. A key that is not in the table stands under its own name, with the
        key as the value.
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
            source.add("E118", f"{word}{remark} stands here twice", "remove one of them", key.start, key.end)
            continue
        words[row.name] = (*earlier_words, word)
        if value.content:
            if row.split_words and word.casefold() in row.split_words:
                value = to.split_list(source, value, word)
            if row.name in named:
                value = _combine_values(source, row, (earlier_words[0], named[row.name]), (key, value))
            named[row.name] = value
    return named


def _find_draft(word: str, row: Field | None, value: Value) -> tuple[Field | None, Value]:
    """Return what other programs write for a draft as a value of that key."""
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
        message = f"{key.content} means the same as {word}, which stands above and is taken"
        source.add("N120", message, "remove one of them", key.start, key.end)
    return first_value


def find_unknown_keys(matter: Mapping[str, Value]) -> list[Value]:
    """Return the keys of a file that the table does not have."""
    return [value for word, value in matter.items() if not TABLE.find_field(word)]


def suggest_key(word: str) -> str:
    """Return a hint for a key that the table does not have."""
    import difflib

    close = difflib.get_close_matches(word[:100].casefold(), TABLE.words, n=1, cutoff=0.75)
    return f"did you mean {close[0]}?" if close else f"known keys: {', '.join(row.name for row in TABLE.rows)}"


def read_values(context: Context, matter: Mapping[str, Value]) -> dict[str, Any]:
    """Convert what the front matter says.

    Args:
        context: The file, and what converters need of its site; problems are added to the file.
        matter: What `read_front_matter` found.

    Returns:
        Name → value, of those keys whose value can be used.
    """
    values: dict[str, Any] = {}
    for name, value in matter.items():
        row = TABLE.find_field(name)
        converted = row.convert(context, value, name) if row and row.convert else None
        if converted is not None:
            values[name] = converted
    return values
