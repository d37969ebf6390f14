"""Front matter → values of the model; what a key cannot take becomes a problem at its place."""

from __future__ import annotations

import contextlib
import functools
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .. import iri
from ..errors import FieldError
from ..model import Category, Enclosure, Person, Reference
from .dates import ISO_HINT, parse_date
from .matter import items_of, one_line, text_of, url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .matter import Value
    from .source import Source

    Convert = Callable[[Source, Value, str], object]

_T = TypeVar("_T", Person, Category, Enclosure, Reference)

_PARAGRAPHS = re.compile(r"\n[ \t]*\n")
# A list of our own: the machine's would make the bytes of a feed depend on it, Python's on its version.
_MEDIA_TYPES: Final = MappingProxyType(
    {
        "aac": "audio/aac",
        "avif": "image/avif",
        "epub": "application/epub+zip",
        "flac": "audio/flac",
        "gif": "image/gif",
        "jpeg": "image/jpeg",
        "jpg": "image/jpeg",
        "m4a": "audio/mp4",
        "m4v": "video/mp4",
        "mov": "video/quicktime",
        "mp3": "audio/mpeg",
        "mp4": "video/mp4",
        "oga": "audio/ogg",
        "ogg": "audio/ogg",
        "ogv": "video/ogg",
        "opus": "audio/ogg",
        "pdf": "application/pdf",
        "png": "image/png",
        "svg": "image/svg+xml",
        "wav": "audio/wav",
        "webm": "video/webm",
        "webp": "image/webp",
        "zip": "application/zip",
    }
)


def read_values(source: Source, matter: Mapping[str, Value], timezone: str) -> dict[str, Any]:
    """Convert what the front matter says, but language and key, which name the entry.

    Args:
        source: The file; problems are added to it.
        matter: What `read_matter` found.
        timezone: IANA name, for dates without offset.

    Returns:
        Key → value, of those keys whose value can be used.
    """
    values: dict[str, Any] = {}
    for name, value in matter.items():
        if name in ("published", "updated"):
            values[name] = _date(source, value, name, timezone)
        elif convert := _CONVERTERS.get(name):
            values[name] = convert(source, value, name)
    return {name: value for name, value in values.items() if value is not None}


def _date(source: Source, value: Value, key: str, timezone: str) -> object:
    text = text_of(source, value, key)
    if text is None:
        return None
    try:
        return parse_date(text, timezone)
    except ValueError as error:
        source.add("E102", str(error), ISO_HINT, value.start, value.end)
        return None


def _line(source: Source, value: Value, key: str) -> str | None:
    return one_line(text_of(source, value, key) or "") or None


def _text(source: Source, value: Value, key: str) -> str | None:
    text = text_of(source, value, key) or ""
    return "\n\n".join(line for part in _PARAGRAPHS.split(text) if (line := one_line(part))) or None


def _truth(source: Source, value: Value, key: str) -> bool | None:
    text = text_of(source, value, key)
    if text is None:
        return None
    if text.casefold() not in _TRUTHS:
        source.add("E110", f"{key} must be true or false", f"write {key}: true", value.start, value.end)
    return _TRUTHS.get(text.casefold())


_TRUTHS: Final = MappingProxyType({"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False})


def _fallback(source: Source, value: Value, key: str) -> str | None:
    text = text_of(source, value, key)
    if text is None or text in ("omit", "original"):
        return text
    source.add("E110", f"{key} must be omit or original", f"write {key}: original", value.start, value.end)
    return None


def _id(source: Source, value: Value, key: str) -> str | None:
    text = text_of(source, value, key)
    if text is None or iri.is_iri(text):
        return text
    hint = "write a whole IRI, e.g. tag:example.org,2026:name/en; or remove it, and one is made"
    source.add("E111", f"{text!r} is not an absolute IRI", hint, value.start, value.end)
    return None


def _neighbour(source: Source, value: Value, key: str) -> Reference | None:
    return _made(source, value, lambda item: _reference(_parts(source, item, key, "title", "url")))


def _reference(parts: Mapping[str, str]) -> Reference:
    from .lines import split_link  # takes 20 ms to load

    title, url = (parts["title"], parts["url"]) if parts["url"] else split_link(parts["title"])
    return Reference(title=one_line(title) or url or "", url=url or None)


def _authors(source: Source, value: Value, key: str) -> tuple[Person, ...] | None:
    return _all(source, value, lambda item: _person(_parts(source, item, key, "name", "url", "uri", "email")))


def _person(parts: Mapping[str, str]) -> Person:
    return Person(name=parts["name"], uri=parts["url"] or parts["uri"] or None, email=parts["email"] or None)


def _categories(source: Source, value: Value, key: str) -> tuple[Category, ...] | None:
    terms = tuple([item.content for item in items_of(value)])
    if set(map(type, terms)) == {str}:
        with contextlib.suppress(FieldError):
            return named_categories(terms)
    return _all(source, value, lambda item: _category(_parts(source, item, key, "term", "scheme", "label")))


@functools.lru_cache(maxsize=1024)
def named_categories(terms: tuple[str, ...]) -> tuple[Category, ...] | None:
    """Make categories of their terms; a site uses the same again and again."""
    return tuple(dict.fromkeys([Category(term=term.strip()) for term in terms])) or None


def _category(parts: Mapping[str, str]) -> Category:
    return Category(term=parts["term"], scheme=parts["scheme"] or None, label=parts["label"] or None)


def _enclosures(source: Source, value: Value, key: str) -> tuple[Enclosure, ...] | None:
    return _all(source, value, lambda item: _enclosure(_parts(source, item, key, "url", "type", "length")))


def _enclosure(parts: Mapping[str, str]) -> Enclosure:
    ending = re.split("[?#]", parts["url"], maxsplit=1)[0].rpartition(".")[2].casefold()
    kind = parts["type"] or _MEDIA_TYPES.get(ending, "application/octet-stream")
    if not re.fullmatch("[0-9]{0,18}", parts["length"]):
        raise FieldError("Enclosure", "length", f"{parts['length'][:40]!r} is not a number of bytes")
    return Enclosure(url=parts["url"], type=kind, length=int(parts["length"] or 0))


def _parts(source: Source, value: Value, key: str, *names: str) -> dict[str, str]:
    """Return the named parts of a mapping, empty for those it lacks; plain text is the first of them."""
    if isinstance(value.content, str):
        return dict.fromkeys(names, "") | {names[0]: value.content.strip()}
    given = value.content if isinstance(value.content, dict) else {names[0]: value}
    texts = {name: text_of(source, part, key if part is value else name) for name, part in given.items()}
    return {name: texts.get(name) or "" for name in names}


def _all(source: Source, value: Value, make: Callable[[Value], _T]) -> tuple[_T, ...] | None:
    made = [_made(source, item, make) for item in items_of(value)]
    return tuple(dict.fromkeys(one for one in made if one)) or None


def _made(source: Source, value: Value, make: Callable[[Value], _T]) -> _T | None:
    """Make a value of the model; if it cannot be, that is one problem, not two."""
    before = source.problems.total
    try:
        return make(value)
    except FieldError as error:
        if source.problems.total == before:
            parts = value.content if isinstance(value.content, dict) else {}
            names = ("url", "uri") if error.field in ("url", "uri") else (error.field,)
            place = next((parts[name] for name in names if name in parts), value)
            code, hint = ("E111", iri.suggest_url(str(place.content))) if "url" in names else ("E110", "")
            source.add(code, f"{error.field}: {error.reason}", hint, place.start, place.end)
        return None


_CONVERTERS: Final[Mapping[str, Convert]] = MappingProxyType(
    {
        "title": _line,
        "summary": _text,
        "source": url_of,
        "image": url_of,
        "authors": _authors,
        "categories": _categories,
        "enclosures": _enclosures,
        "rights": _line,
        "id": _id,
        "previous": _neighbour,
        "next": _neighbour,
        "draft": _truth,
        "fallback": _fallback,
        "feed": _truth,
    }
)
