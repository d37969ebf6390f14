"""Convert values of front matter to values of the model; a value that a key does not allow becomes a problem."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urljoin

from ... import iri
from ...errors import FieldError
from ...model import Category, Enclosure, Person, Reference
from ...rendering.text import join_lines
from ..dates import ISO_HINT, lacks_zeros, parse_date
from ..urls import split_link
from .value import Value, read_items, read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ..source import Source

_T = TypeVar("_T", Person, Category, Enclosure, Reference)

_PARAGRAPHS: Final = re.compile(r"\n[ \t]*\n")
# Not `mimetypes`: it depends on the machine and on the version of Python, and so would the bytes of a feed.
_MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What converters need besides a value.

    Args:
        source: The file; problems are added to it.
        timezone: The IANA name of the time zone for dates without offset.
        base_url: The site's base address, for addresses that begin with ``/``.
        authority: The site's authority, for ids that are not IRIs.
    """

    source: Source
    timezone: str
    base_url: str
    authority: str


# ---- text


def convert_line(context: Context, value: Value, key: str) -> str | None:
    """Return text on a single line."""
    return join_lines(read_text(context.source, value, key) or "") or None


def convert_text(context: Context, value: Value, key: str) -> str | None:
    """Return text as paragraphs with a blank line between them."""
    text = read_text(context.source, value, key) or ""
    return "\n\n".join(line for part in _PARAGRAPHS.split(text) if (line := join_lines(part))) or None


def convert_date(context: Context, value: Value, key: str) -> datetime | None:
    """Return a date as a moment."""
    source = context.source
    text = read_text(source, value, key)
    if text is None:
        return None
    try:
        moment = parse_date(text, context.timezone)
    except ValueError as error:
        source.add("E102", str(error), ISO_HINT, value.start, value.end)
        return None
    if lacks_zeros(text):
        day = moment.date().isoformat()
        source.add(
            "N121",
            f"is read as {day}",
            f"write {day}; other programs may not understand this form",
            value.start,
            value.end,
        )
    return moment


_TRUTHS: Final[Mapping[str, bool]] = MappingProxyType(
    {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
)


def is_true(value: Value) -> bool:
    """Return True if a value is ``true``, ``yes`` or ``on``."""
    return isinstance(value.content, str) and _TRUTHS.get(value.content.strip().casefold(), False)


def convert_truth(context: Context, value: Value, key: str) -> bool | None:
    """Return a truth value."""
    text = read_text(context.source, value, key)
    if text is None:
        return None
    if text.casefold() not in _TRUTHS:
        context.source.add(
            "E110", f"{key} must be true or false", f"write {key}: true or {key}: false", value.start, value.end
        )
    return _TRUTHS.get(text.casefold())


def convert_fallback(context: Context, value: Value, key: str) -> str | None:
    """Return ``omit`` or ``original``."""
    text = read_text(context.source, value, key)
    if text is None or text in ("omit", "original"):
        return text
    context.source.add("E110", f"{key} must be omit or original", f"write {key}: original", value.start, value.end)
    return None


# ---- addresses


def convert_address(context: Context, value: Value, key: str) -> str | None:
    """Return an http or https address."""
    text = read_text(context.source, value, key)
    return None if text is None else _read_address(context, value, text)


def _read_address(context: Context, value: Value, text: str) -> str | None:
    url = _complete_address(context, value, text.removeprefix("<").removesuffix(">"))
    reason = iri.find_url_fault(url)
    if reason:
        context.source.add("E111", reason, iri.suggest_url(url), value.start, value.end)
        return None
    return url


def _complete_address(context: Context, value: Value, url: str) -> str:
    """Return the full address of one that begins with ``/``, on the host of the site, with a warning."""
    if not url.startswith("/") or url.startswith("//"):
        return url
    full_url = urljoin(context.base_url, url)
    hint = "files beside an entry are not published; write the absolute address, https://…"
    context.source.add("W105", f"{url} is a relative address, read as {full_url}", hint, value.start, value.end)
    return full_url


def convert_image(context: Context, value: Value, key: str) -> str | None:
    """Return the address of a picture; a mapping such as ``{path: …, alt: …}`` has one, too."""
    content = value.content
    if isinstance(content, list) and content:
        value = content[0]
        for extra_picture in content[1:]:
            context.source.add(
                "N122", f"{key} takes one picture; this one is not used", "", extra_picture.start, extra_picture.end
            )
        content = value.content
    if not isinstance(content, dict):
        return convert_address(context, value, key)
    parts = _read_parts(context, value, key, _IMAGE_PARTS)
    address_value = next((part for word, part in content.items() if _IMAGE_PARTS.get(word) == "url"), value)
    if not parts["url"]:
        context.source.add(
            "E110", f"{key} has no address", f"write {key}: https://…", address_value.start, address_value.end
        )
        return None
    return _read_address(context, address_value, parts["url"])


def convert_id(context: Context, value: Value, key: str) -> str | None:
    """Return an absolute IRI; a UUID becomes a URN (RFC 9562, section 4), another object id a tag URI of the site."""
    text = read_text(context.source, value, key)
    if text is None or iri.is_iri(text):
        return text
    if _UUID.fullmatch(text):
        return f"urn:uuid:{text.lower()}"
    if _OBJECT_ID.fullmatch(text):
        return f"tag:{context.authority}:{text}"
    hint = "write an absolute IRI, such as tag:example.org,2026:name/en, or remove it: feedpub then makes an id"
    context.source.add("E111", f"{text!r} is not an absolute IRI", hint, value.start, value.end)
    return None


_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Unreserved characters (RFC 3986, section 2.3) with a digit among them; a word alone is more likely a mistake.
_OBJECT_ID: Final = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9._~-]{1,200}")


def convert_neighbour(context: Context, value: Value, key: str) -> Reference | None:
    """Return the title or address of another article; None for ``false``, which some programs use to hide the link."""
    if isinstance(value.content, str) and value.content.strip() == "false":
        return None
    return _make_value(context, value, lambda item: _make_reference(_read_parts(context, item, key, _NEIGHBOUR_PARTS)))


def _make_reference(parts: Mapping[str, str]) -> Reference:
    title, url = (parts["title"], parts["url"]) if parts["url"] else split_link(parts["title"])
    return Reference(title=join_lines(title) or url or "", url=url or None)


# ---- lists


def convert_authors(context: Context, value: Value, key: str) -> tuple[Person, ...] | None:
    """Return persons from ``name``, ``name <address>`` or ``{name, url, email}``."""
    return _make_values(context, value, lambda item: _make_person(_read_parts(context, item, key, _PERSON_PARTS)))


def _make_person(parts: Mapping[str, str]) -> Person:
    name, url, email = parts["name"], parts["url"], parts["email"]
    match = None if url or email else _NAME_AND_ADDRESS.fullmatch(name)
    if match:
        address = match[2].removeprefix("mailto:")
        is_url = address.startswith(("http://", "https://"))
        with contextlib.suppress(FieldError):  # "<3" is no address
            named = match[1].strip().strip('"') or address
            return Person(name=named, uri=address if is_url else None, email=None if is_url else address)
    return Person(name=name, uri=url or None, email=email or None)


_NAME_AND_ADDRESS: Final = re.compile(r"([^<>]*)<([^<>\s]+)>")


def convert_categories(context: Context, value: Value, key: str) -> tuple[Category, ...] | None:
    """Return categories from terms or ``{term, scheme, label}``."""
    return _make_values(context, value, lambda item: _make_category(_read_parts(context, item, key, _CATEGORY_PARTS)))


def _make_category(parts: Mapping[str, str]) -> Category:
    return Category(term=parts["term"], scheme=parts["scheme"] or None, label=parts["label"] or None)


def split_list(source: Source, value: Value, key: str) -> Value:
    """Split text that its author means as a list, ``tags: python, feeds, web dev``; return other values unchanged."""
    text = value.content
    if not isinstance(text, str) or not _COMMAS.search(text):
        return value
    items = []
    source_text = source.text[value.start : value.end]
    offset = value.start + max(source_text.find(text), 0)
    for match in re.compile(r"[^,，、\n]+").finditer(text):
        word = match[0].strip()
        if word:
            start = offset + match.start() + len(match[0]) - len(match[0].lstrip())
            items.append(Value(word, start, start + len(word)))
    if len(items) < 2:
        return value
    message = f"{key} is read as {len(items)} words, separated by commas"
    source.add("N123", message, f"write {key}: [{text.strip()[:100]}]", value.start, value.end)
    return Value(items, value.start, value.end)


_COMMAS: Final = re.compile("[,，、]")


def convert_enclosures(context: Context, value: Value, key: str) -> tuple[Enclosure, ...] | None:
    """Return enclosures from addresses or ``{url, type, length}``."""

    def make_enclosure(item: Value) -> Enclosure:
        parts = _read_parts(context, item, key, _ENCLOSURE_PARTS)
        return _make_enclosure(parts | {"url": _complete_address(context, item, parts["url"])})

    return _make_values(context, value, make_enclosure)


def _make_enclosure(parts: Mapping[str, str]) -> Enclosure:
    ending = re.split("[?#]", parts["url"], maxsplit=1)[0].rpartition(".")[2].casefold()
    kind = parts["type"] or _MEDIA_TYPES.get(ending, "application/octet-stream")
    if not re.fullmatch("[0-9]{0,18}", parts["length"]):
        raise FieldError("Enclosure", "length", f"{parts['length'][:40]!r} is not a number of bytes")
    return Enclosure(url=parts["url"], type=kind, length=int(parts["length"] or 0))


# ---- mappings

# Names of the parts of a mapping → what they are. Plain text is the first part.
_PERSON_PARTS: Final = {
    "name": "name", "url": "url", "uri": "url", "link": "url", "website": "url", "email": "email", "mail": "email",
}  # fmt: skip
_CATEGORY_PARTS: Final = {"term": "term", "name": "term", "scheme": "scheme", "label": "label"}
_ENCLOSURE_PARTS: Final = {
    "url": "url", "src": "url", "href": "url", "type": "type", "mime_type": "type", "length": "length",
    "size": "length",
}  # fmt: skip
_NEIGHBOUR_PARTS: Final = {"title": "title", "text": "title", "url": "url", "link": "url", "href": "url"}
_IMAGE_PARTS: Final = {
    "url": "url", "path": "url", "src": "url", "href": "url", "alt": "alt", "title": "alt", "caption": "alt",
    "width": "alt", "height": "alt",
}  # fmt: skip


def _read_parts(context: Context, value: Value, key: str, words: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of a mapping, empty if they are missing; plain text is the first part."""
    parts = dict.fromkeys(words.values(), "")
    first = next(iter(parts))
    if isinstance(value.content, str):
        return parts | {first: value.content.strip()}
    if not isinstance(value.content, dict):
        return parts | {first: read_text(context.source, value, key) or ""}
    for word, part in value.content.items():
        name = words.get(word) or words.get(word.casefold())
        if name is None:
            message = f"feedpub does not know {word[:100]!r} in {key} and ignores it"
            hint = f"{key} takes {', '.join(parts)}"
            context.source.add("N101", message, hint, part.start, part.end)
        else:
            parts[name] = parts[name] or read_text(context.source, part, word) or ""
    return parts


def _make_values(context: Context, value: Value, make: Callable[[Value], _T]) -> tuple[_T, ...] | None:
    values = [_make_value(context, item, make) for item in read_items(value)]
    return tuple(dict.fromkeys(made_value for made_value in values if made_value)) or None


def _make_value(context: Context, value: Value, make: Callable[[Value], _T]) -> _T | None:
    """Return a value of the model; if it is not allowed, report one problem, not two, and return None."""
    source = context.source
    before = source.problems.total_errors
    try:
        return make(value)
    except FieldError as error:
        if source.problems.total_errors == before:
            parts = value.content if isinstance(value.content, dict) else {}
            names = ("url", "uri") if error.field in ("url", "uri") else (error.field,)
            faulty_value = next((parts[name] for name in names if name in parts), value)
            code, hint = ("E111", iri.suggest_url(str(faulty_value.content))) if "url" in names else ("E110", "")
            source.add(code, f"{error.field}: {error.reason}", hint, faulty_value.start, faulty_value.end)
        return None
