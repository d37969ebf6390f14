"""The values that entries are made of: people, categories, enclosures, references, translations, mentions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .checks import FieldChecker, is_plain_line, quote_value

LONGEST_TITLE_CHARACTERS: Final = 1000  # also of a category's term and label

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+( *;[ -~]*)?", re.ASCII)
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An author (RFC 4287, section 3.2).

    Args:
        name: Plain text. Atom ``name``, RSS ``dc:creator``, JSON ``name``.
        uri: Address of a home page. Atom ``uri``, JSON ``url``.
        email: Atom ``email``.

    Raises:
        FieldError: A field has a value that no feed can carry.
    """

    name: str
    uri: str | None = None
    email: str | None = None

    def __post_init__(self) -> None:
        if self.uri is None and self.email is None and is_plain_line(self.name):
            return
        checker = FieldChecker(self, self.name)
        checker.check_not_blank("name")
        checker.check_optional(checker.check_url, "uri")
        checker.check_optional(checker.check_text, "email")
        if self.email is not None and not _EMAIL.fullmatch(self.email):
            checker.reject("email", f"{self.email[:200]!r} is not an e-mail address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A subject that an entry is about (RFC 4287, section 4.2.2).

    Args:
        term: Plain text, at most 1,000 characters. Atom ``term``, RSS ``category``, JSON ``tags`` unless there is a
            label.
        scheme: An IRI that says where the term is defined. Atom ``scheme``, RSS ``domain``.
        label: The name that people read, at most 1,000 characters. Atom ``label``, JSON ``tags``.

    Raises:
        FieldError: A field has a value that no feed can carry.
    """

    term: str
    scheme: str | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        plain = self.scheme is None and self.label is None and is_plain_line(self.term)
        if plain and len(self.term) <= LONGEST_TITLE_CHARACTERS:
            return
        checker = FieldChecker(self, self.term)
        checker.check_not_blank("term")
        checker.check_optional(checker.check_text, "label")
        checker.check_length(LONGEST_TITLE_CHARACTERS, "characters", "term", *(["label"] if self.label else []))
        checker.check_optional(checker.check_iri, "scheme")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that is attached to an entry (RFC 4287, section 4.2.7.2; RSS 2.0, enclosure).

    Args:
        url: Address of the file. Atom ``href``, RSS and JSON ``url``.
        type: Media type, such as ``audio/mpeg``. Atom and RSS ``type``, JSON ``mime_type``.
        length: Size in bytes; 0 if unknown. Atom and RSS ``length``, JSON ``size_in_bytes``.

    Raises:
        FieldError: A field has a value that no feed can carry.
    """

    url: str
    type: str
    length: int = 0

    def __post_init__(self) -> None:
        checker = FieldChecker(self, self.url)
        checker.check_urls("url")
        checker.check_not_blank("type")
        if not _MEDIA_TYPE.fullmatch(self.type):
            checker.reject("type", f"{self.type[:200]!r} is not a media type such as audio/mpeg")
        if type(self.length) is not int or self.length < 0:
            checker.reject("length", f"is {quote_value(self.length)}; use a number of bytes, 0 if unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A work that an entry cites. Its number is its position in `Entry.references`.

    Args:
        title: Plain text.
        publishers: The publishers, as plain text.
        url: Address of the work. A reference without address is shown as text.

    Raises:
        FieldError: A field has a value that no feed can carry.
    """

    title: str
    publishers: tuple[str, ...] = ()
    url: str | None = None

    def __post_init__(self) -> None:
        checker = FieldChecker(self, self.title)
        if not is_plain_line(self.title):
            checker.check_not_blank("title")
        if self.url is not None:
            checker.check_url("url", self.url)
        checker.check_tuple(str, "publishers")
        for publisher in self.publishers:
            checker.check_text("publishers", publisher)

    @property
    def label(self) -> str:
        """Title and publishers as lists show them: ``title - publisher / publisher``."""
        return f"{self.title} - {' / '.join(self.publishers)}" if self.publishers else self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A link to the same article in another language.

    Args:
        language: BCP 47 tag, kept in its canonical form.
        title: The title in that language.
        link: Address of the page in that language.

    Raises:
        FieldError: A field has a value that no feed can carry.
    """

    language: str
    title: str
    link: str

    def __post_init__(self) -> None:
        checker = FieldChecker(self, self.language)
        checker.check_language("language")
        checker.check_not_blank("title")
        checker.check_urls("link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A position in a file at which an entry mentions an address.

    Args:
        path: The file; empty for entries made in memory. It is the file of another language if the entry inherits the
            address from there.
        line: From 1; 0 if unknown.
        column: In characters, from 1; 0 if unknown.
        entry: Id of the entry; empty if the address is in the settings of the site.
    """

    path: str = ""
    line: int = 0
    column: int = 0
    entry: str = ""
