"""What entries are made of: people, categories, enclosures, references, links to translations, places in files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .checks import FieldChecker, is_plain_line, quote_value

LONGEST_TITLE_CHARACTERS: Final = 1000  # also of a category's name


_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+( *;[ -~]*)?", re.ASCII)


_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Name an author (RFC 4287, section 3.2).

    Args:
        name: Shown in every format.
        uri: A home page; Atom and JSON Feed.
        email: Atom only.
    """

    name: str
    uri: str | None = None
    email: str | None = None

    def __post_init__(self) -> None:
        if self.uri is None and self.email is None and is_plain_line(self.name):
            return
        check = FieldChecker(self, self.name)
        check.required("name")
        check.optional(check.url, "uri")
        check.optional(check.text, "email")
        if self.email is not None and not _EMAIL.fullmatch(self.email):
            check.fail("email", f"{self.email[:200]!r} is not an e-mail address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """File an entry under a subject (RFC 4287, section 4.2.2).

    Args:
        term: Atom `term`, RSS `category`; JSON Feed `tags` take the label if there is one.
        scheme: An IRI that says where the term is defined; Atom `scheme`, RSS `domain`.
        label: What people read; Atom `label`.
    """

    term: str
    scheme: str | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        plain = self.scheme is None and self.label is None and is_plain_line(self.term)
        if plain and len(self.term) <= LONGEST_TITLE_CHARACTERS:
            return
        check = FieldChecker(self, self.term)
        check.required("term")
        check.optional(check.text, "label")
        check.at_most(LONGEST_TITLE_CHARACTERS, "characters", "term", *(["label"] if self.label else []))
        check.optional(check.iri, "scheme")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """Attach a file to an entry (RFC 4287, section 4.2.7.2; RSS 2.0, enclosure).

    Args:
        url: Where it is.
        type: Its media type, such as ``audio/mpeg``.
        length: Its size in bytes; 0 if unknown.
    """

    url: str
    type: str
    length: int = 0

    def __post_init__(self) -> None:
        check = FieldChecker(self, self.url)
        check.urls("url")
        check.required("type")
        if not _MEDIA_TYPE.fullmatch(self.type):
            check.fail("type", f"{self.type[:200]!r} is not a media type such as audio/mpeg")
        if type(self.length) is not int or self.length < 0:
            check.fail("length", f"is {quote_value(self.length)}; give a number of bytes, 0 if unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Cite a work; its number is its place in `Entry.references`.

    Args:
        title: Plain text.
        publishers: Who published it; plain text.
        url: Where it is; a reference without address is shown as text.
    """

    title: str
    publishers: tuple[str, ...] = ()
    url: str | None = None

    def __post_init__(self) -> None:
        check = FieldChecker(self, self.title)
        if not is_plain_line(self.title):
            check.required("title")
        if self.url is not None:
            check.url("url", self.url)
        check.tuples(str, "publishers")
        for publisher in self.publishers:
            check.text("publishers", publisher)

    @property
    def label(self) -> str:
        """``title - publisher / publisher``, as it is written in lists."""
        return f"{self.title} - {' / '.join(self.publishers)}" if self.publishers else self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """Point to the same article in another language.

    Args:
        language: BCP 47 tag.
        title: Its title, in that language.
        link: Its page.
    """

    language: str
    title: str
    link: str

    def __post_init__(self) -> None:
        check = FieldChecker(self, self.language)
        check.language("language")
        check.required("title")
        check.urls("link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Say where an address that an entry publishes was written.

    Args:
        path: The file, which is that of another language if the entry takes a value from there; empty for entries made
            in memory.
        line: From 1; 0 if it is not known.
        column: In characters, from 1; 0 if it is not known.
        entry: Id of the entry; empty if the address is one of the site's settings.
    """

    path: str = ""
    line: int = 0
    column: int = 0
    entry: str = ""
