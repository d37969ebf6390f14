"""What a field may hold: text that XML can carry, addresses, languages, dates. Failures name value and field."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from .. import iri
from ..errors import FieldError, LanguageTagError
from ..formats import FORMATS
from ..language import canonicalise_tag
from ..redaction import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# XML 1.0, section 2.2: what no document may hold, however it is escaped.
XML_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ILLEGAL_BYTES = bytes(set(range(0x20)) - set(b"\t\n\r"))
# What the published folder needs for itself, beside the articles.
RESERVED_KEYS: Final = frozenset(
    [
        "archive", "category", "index.html", "style.css", "feed.css", "feeds.opml", "feeds-categories.opml",
        *(form.file_name for form in FORMATS),
    ]
)  # fmt: skip
LONGEST_KEY_BYTES: Final = 255  # what file systems take for a name
_UNUSABLE_IN_KEYS: Final = re.compile(r"[/\\\x00-\x1f\x7f]|^\.+$|^$")


def is_legal_xml(text: str) -> bool:
    """Return True if XML can carry a text: what `XML_ILLEGAL` tells, but faster."""
    if text.isprintable():
        return True
    if not text.isascii():
        return text.replace("\n", " ").isprintable() or XML_ILLEGAL.search(text) is None
    return len(text.encode("ascii").translate(None, _ILLEGAL_BYTES)) == len(text)


def is_legal_xml_utf8(data: bytes) -> bool:
    """Return True if XML can carry a text in UTF-8: in one pass over its bytes, where most texts hold nothing rare."""
    if len(data.translate(None, _ILLEGAL_BYTES)) != len(data):
        return False
    return b"\xef\xbf" not in data or XML_ILLEGAL.search(data.decode()) is None  # U+FFFE and U+FFFF begin so


def remove_illegal_xml(text: str) -> str:
    """Remove what XML cannot carry."""
    return text if is_legal_xml(text) else XML_ILLEGAL.sub("", text)


def is_plain_line(text: object) -> bool:
    """Return True if a value is text that every field takes, as most are: one line of printable characters."""
    return type(text) is str and text.isprintable() and text[:1].isalnum()


def is_usable_key(key: str) -> bool:
    """Return True if a folder of the published folder can have a name, which is that of an article."""
    return is_legal_xml(key) and not _UNUSABLE_IN_KEYS.search(key) and key.casefold() not in RESERVED_KEYS


class FieldChecker:
    """Check the fields of one value; every failure names the value and the field."""

    __slots__ = ("name", "value")

    def __init__(self, value: object, name: str) -> None:
        self.value, self.name = value, name

    def fail(self, field_name: str, reason: str) -> NoReturn:
        """Raise for a field."""
        owner = f"{type(self.value).__name__} {hide_secrets(str(self.name)[:10_000])[:200]!r}"
        raise FieldError(owner, field_name, reason)

    def optional(self, ask: Callable[[str, Any], None], *field_names: str) -> None:
        """Ask the same of each field that is not None."""
        for field_name in field_names:
            given = getattr(self.value, field_name)
            if given is not None:
                ask(field_name, given)

    def required(self, field_name: str) -> None:
        """Ask for some text that XML can carry and that is not all white space."""
        text = getattr(self.value, field_name)
        self.text(field_name, text)
        if not text.strip():
            self.fail(field_name, "is empty")

    def texts(self, *field_names: str) -> None:
        """Ask for text that XML can carry."""
        for field_name in field_names:
            self.text(field_name, getattr(self.value, field_name))

    def text(self, field_name: str, text: object) -> None:
        """Ask for text that XML can carry."""
        if not isinstance(text, str):
            self.fail(field_name, f"is {quote_value(text)}, not text")
        if not is_legal_xml(text) and (found := XML_ILLEGAL.search(text)):
            place = f"character {found.start() + 1} is U+{ord(found.group()):04X}"
            self.fail(field_name, f"{place}, which XML cannot carry; remove it")

    def urls(self, *field_names: str) -> None:
        """Ask for absolute http(s) addresses."""
        for field_name in field_names:
            self.url(field_name, getattr(self.value, field_name))

    def url(self, field_name: str, address: object) -> None:
        """Ask for an absolute http(s) address."""
        reason = iri.find_url_fault(address) if isinstance(address, str) else f"is {quote_value(address)}, not text"
        if reason:
            self.fail(field_name, reason)

    def iri(self, field_name: str, text: object) -> None:
        """Ask for an absolute IRI of any scheme."""
        if not isinstance(text, str) or not iri.is_iri(text):
            self.fail(field_name, f"{quote_value(text)} is not an absolute IRI such as tag:example.org,2026:name/en")

    def kind(self, kind: type, field_name: str, given: object) -> None:
        """Ask for a value of a kind."""
        if not isinstance(given, kind):
            self.fail(field_name, f"is {quote_value(given)}, not a {kind.__name__}")

    def choice(self, field_name: str, given: object, choices: Sequence[str]) -> None:
        """Ask for one of some words."""
        if given not in choices:
            self.fail(field_name, f"{quote_value(given)} is none of {', '.join(choices)}")

    def language(self, field_name: str) -> None:
        """Ask for a language tag and keep its canonical form."""
        tag = getattr(self.value, field_name)
        if not isinstance(tag, str):
            self.fail(field_name, f"is {quote_value(tag)}, not text")
        try:
            known = canonicalise_tag(tag)
        except LanguageTagError as error:
            self.fail(field_name, str(error))
        if known != tag:
            object.__setattr__(self.value, field_name, known)

    def dates(self, *field_names: str) -> None:
        """Ask for aware datetimes that UTC can express."""
        for field_name in field_names:
            moment = getattr(self.value, field_name)
            if not isinstance(moment, datetime):
                self.fail(field_name, f"is {quote_value(moment)}, not a datetime")
            if moment.utcoffset() is None:
                self.fail(field_name, f"{moment.isoformat()} has no time zone; give an aware datetime")
            if 1 < moment.year < 9999:
                continue
            try:
                moment.astimezone(UTC)
            except OverflowError:
                self.fail(field_name, f"{moment.isoformat()} is outside the years 1 to 9999 in UTC")

    def tuples(self, kind: type, field_name: str) -> None:
        """Ask for a tuple of values of one kind: lists could change behind a feed's back."""
        values = getattr(self.value, field_name)
        if not isinstance(values, tuple):
            self.fail(field_name, f"is a {type(values).__name__}; give a tuple")
        for number, item in enumerate(values, start=1):
            if not isinstance(item, kind):
                self.fail(field_name, f"number {number} is {quote_value(item)}, not a {kind.__name__}")

    def at_most(self, number: int, unit: str, *field_names: str) -> None:
        """Ask for fields that hold no more than a number of values, or of characters."""
        for field_name in field_names:
            if (length := len(getattr(self.value, field_name))) > number:
                self.fail(field_name, f"holds {length:,} {unit}; at most {number:,} are published")


def quote_value(given: object) -> str:
    """Quote a value for a message, however long it is."""
    text = hide_secrets(repr(given)[:10_000])  # first: a cut could take away what tells that something is secret
    return text if len(text) <= 200 else f"{text[:200]}…"
