"""Checks of the fields of values: text that XML can carry, addresses, languages, dates.

Each failure is a `FieldError` that names the value and the field.
"""

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

# Characters that no XML document may contain, however they are escaped (XML 1.0, section 2.2).
XML_ILLEGAL_PATTERN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ILLEGAL_BYTES = bytes(set(range(0x20)) - set(b"\t\n\r"))
# Names that the published folder uses itself, beside the folders of articles.
RESERVED_KEYS: Final = frozenset(
    [
        "archive", "category", "index.html", "style.css", "feed.css", "feeds.opml", "feeds-categories.opml",
        *(feed_format.file_name for feed_format in FORMATS),
    ]
)  # fmt: skip
LONGEST_KEY_BYTES: Final = 255  # the longest file name that file systems accept
_UNUSABLE_IN_KEYS: Final = re.compile(r"[/\\\x00-\x1f\x7f]|^\.+$|^$")


def is_legal_xml(text: str) -> bool:
    """Return True if XML can carry a text: the same answer as `XML_ILLEGAL_PATTERN`, but faster."""
    if text.isprintable():
        return True
    if not text.isascii():
        return text.replace("\n", " ").isprintable() or XML_ILLEGAL_PATTERN.search(text) is None
    return len(text.encode("ascii").translate(None, _ILLEGAL_BYTES)) == len(text)


def is_legal_xml_utf8(data: bytes) -> bool:
    """Return True if XML can carry a text in UTF-8; most texts need one pass over their bytes."""
    if len(data.translate(None, _ILLEGAL_BYTES)) != len(data):
        return False
    return b"\xef\xbf" not in data or XML_ILLEGAL_PATTERN.search(data.decode()) is None  # starts U+FFFE and U+FFFF


def remove_illegal_xml(text: str) -> str:
    """Remove the characters that XML cannot carry."""
    return text if is_legal_xml(text) else XML_ILLEGAL_PATTERN.sub("", text)


def is_plain_line(text: object) -> bool:
    """Return True if a value is one line of printable text, which every text field accepts.

    A quick check for the common case; a value that fails it may still be valid.
    """
    return type(text) is str and text.isprintable() and text[:1].isalnum()


def is_usable_key(key: str) -> bool:
    """Return True if an article's folder in the published folder can have this name."""
    return is_legal_xml(key) and not _UNUSABLE_IN_KEYS.search(key) and key.casefold() not in RESERVED_KEYS


class FieldChecker:
    """Checks of the fields of one value. Each raises `FieldError`, which names the value and the field."""

    __slots__ = ("name", "value")

    def __init__(self, value: object, name: str) -> None:
        self.value, self.name = value, name

    def reject(self, field_name: str, reason: str) -> NoReturn:
        """Raise `FieldError` for a field."""
        owner = f"{type(self.value).__name__} {hide_secrets(str(self.name)[:10_000])[:200]!r}"
        raise FieldError(owner, field_name, reason)

    def check_optional(self, check: Callable[[str, Any], None], *field_names: str) -> None:
        """Apply a check to each field that is not None."""
        for field_name in field_names:
            value = getattr(self.value, field_name)
            if value is not None:
                check(field_name, value)

    def check_not_blank(self, field_name: str) -> None:
        """Require text that XML can carry, with more in it than white space."""
        text = getattr(self.value, field_name)
        self.check_text(field_name, text)
        if not text.strip():
            self.reject(field_name, "is empty")

    def check_texts(self, *field_names: str) -> None:
        """Require text that XML can carry in each of these fields."""
        for field_name in field_names:
            self.check_text(field_name, getattr(self.value, field_name))

    def check_text(self, field_name: str, text: object) -> None:
        """Require text that XML can carry."""
        if not isinstance(text, str):
            self.reject(field_name, f"is {quote_value(text)}, not text")
        if not is_legal_xml(text) and (match := XML_ILLEGAL_PATTERN.search(text)):
            character = f"character {match.start() + 1} is U+{ord(match.group()):04X}"
            self.reject(field_name, f"{character}, which XML cannot carry; remove it")

    def check_urls(self, *field_names: str) -> None:
        """Require an absolute http(s) address in each of these fields."""
        for field_name in field_names:
            self.check_url(field_name, getattr(self.value, field_name))

    def check_url(self, field_name: str, url: object) -> None:
        """Require an absolute http(s) address."""
        reason = iri.find_url_fault(url) if isinstance(url, str) else f"is {quote_value(url)}, not text"
        if reason:
            self.reject(field_name, reason)

    def check_iri(self, field_name: str, text: object) -> None:
        """Require an absolute IRI of any scheme."""
        if not isinstance(text, str) or not iri.is_iri(text):
            self.reject(field_name, f"{quote_value(text)} is not an absolute IRI such as tag:example.org,2026:name/en")

    def check_type(self, expected_type: type, field_name: str, value: object) -> None:
        """Require a value of a type."""
        if not isinstance(value, expected_type):
            self.reject(field_name, f"is {quote_value(value)}, not a {expected_type.__name__}")

    def check_choice(self, field_name: str, value: object, choices: Sequence[str]) -> None:
        """Require one of these words."""
        if value not in choices:
            self.reject(field_name, f"{quote_value(value)} is none of {', '.join(choices)}")

    def check_language(self, field_name: str) -> None:
        """Require a language tag, and replace it by its canonical form."""
        tag = getattr(self.value, field_name)
        if not isinstance(tag, str):
            self.reject(field_name, f"is {quote_value(tag)}, not text")
        try:
            canonical_tag = canonicalise_tag(tag)
        except LanguageTagError as error:
            self.reject(field_name, str(error))
        if canonical_tag != tag:
            object.__setattr__(self.value, field_name, canonical_tag)

    def check_dates(self, *field_names: str) -> None:
        """Require an aware datetime that UTC can express in each of these fields."""
        for field_name in field_names:
            date = getattr(self.value, field_name)
            if not isinstance(date, datetime):
                self.reject(field_name, f"is {quote_value(date)}, not a datetime")
            if date.utcoffset() is None:
                self.reject(field_name, f"{date.isoformat()} has no time zone; use an aware datetime")
            if 1 < date.year < 9999:
                continue
            try:
                date.astimezone(UTC)
            except OverflowError:
                self.reject(field_name, f"{date.isoformat()} is outside the years 1 to 9999 in UTC")

    def check_tuple(self, item_type: type, field_name: str) -> None:
        """Require a tuple of values of one type. A list could change after it was checked."""
        values = getattr(self.value, field_name)
        if not isinstance(values, tuple):
            self.reject(field_name, f"is a {type(values).__name__}; use a tuple")
        for number, item in enumerate(values, start=1):
            if not isinstance(item, item_type):
                self.reject(field_name, f"number {number} is {quote_value(item)}, not a {item_type.__name__}")

    def check_length(self, limit: int, unit: str, *field_names: str) -> None:
        """Require at most so many values, or characters, in each of these fields."""
        for field_name in field_names:
            if (length := len(getattr(self.value, field_name))) > limit:
                self.reject(field_name, f"has {length:,} {unit}; at most {limit:,} are published")


def quote_value(value: object) -> str:
    """Return a value as a message quotes it: at most 200 characters, without secrets."""
    text = hide_secrets(repr(value)[:10_000])  # before the cut, which could remove what shows that a part is secret
    return text if len(text) <= 200 else f"{text[:200]}…"
