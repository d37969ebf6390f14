"""An article in one language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from .checks import FieldChecker, quote_value
from .extensions import Extension, check_extensions
from .key_points import KeyPoint, KeyPointList
from .values import LONGEST_TITLE_CHARACTERS, Category, Enclosure, Person, Reference, Translation

if TYPE_CHECKING:
    from collections.abc import Sequence

# Stand for "as published" and "the newest entry's": no value of a feed can be a date without time zone.
_AS_PUBLISHED: Final = datetime.min


# What multiplies is bounded: an entry is written once more for each of its categories, and titles and categories stand
# in many other documents.
MOST_VALUES: Final = 100  # of an entry: categories with tags, authors, enclosures, translations


_PARTS_IN_BODY: Final = frozenset(["summary", "references"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Hold an article in one language.

    Args:
        id: An absolute IRI that never changes, such as a tag URI (RFC 4151).
        language: BCP 47 tag; kept in its canonical form.
        title: Plain text.
        link: The entry's page: Atom `link rel=alternate`, RSS `link`, JSON Feed `url`.
        published: Aware; RSS `pubDate`.
        updated: Aware; as published if not given.
        summary: Plain text, paragraphs parted by a blank line. Content starts with it.
        body: HTML of any origin; sanitised when it is rendered, relative addresses are resolved against `link`.
        key_points: Shown as nested list.
        references: Shown as numbered list; those with address become `link rel=related`.
        via: Address of the source that the entry was made from; `link rel=via`, JSON Feed `external_url`.
        translations: The article's other languages; `link rel=related` with `hreflang`.
        authors: Atom `author`, RSS `dc:creator`.
        categories: See `Category`.
        enclosures: RSS takes the first only (RSS best-practices profile).
        image: Address of a picture that stands for the entry; Media RSS `thumbnail`, JSON Feed `image`.
        rights: Plain text; Atom and, as `dc:rights`, RSS.
        previous: The article before it, for pages; its address may be unknown.
        next: The article after it.
        extensions: Elements of other namespaces; a prefix means the same namespace in all entries of a site.
        in_body: Which of ``summary`` and ``references`` the body shows already: content does not show them again.
        has_title: False if the title is made of the first words, as of microblogs: RSS and JSON Feed leave it out then.
        is_in_feeds: False for an entry that pages and lists show, but no feed.

    Raises:
        FieldError: A field that no feed could carry; the message names entry and field.
    """

    id: str
    language: str
    title: str
    link: str
    published: datetime
    updated: datetime = _AS_PUBLISHED
    summary: str = ""
    body: str = ""
    key_points: Sequence[KeyPoint] = ()
    references: tuple[Reference, ...] = ()
    via: str | None = None
    translations: tuple[Translation, ...] = ()
    authors: tuple[Person, ...] = ()
    categories: tuple[Category, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: str | None = None
    rights: str | None = None
    previous: Reference | None = None
    next: Reference | None = None
    extensions: tuple[Extension, ...] = ()
    in_body: frozenset[str] = frozenset()
    has_title: bool = True
    is_in_feeds: bool = True

    def __post_init__(self) -> None:
        if self.updated is _AS_PUBLISHED:
            object.__setattr__(self, "updated", self.published)
        check = FieldChecker(self, self.id)
        check.iri("id", self.id)
        check.language("language")
        check.required("title")
        check.texts("summary", "body")
        check.urls("link")
        check.optional(check.url, "via", "image")
        check.optional(check.text, "rights")
        check.dates("published", "updated")
        if not isinstance(self.key_points, KeyPointList):
            check.tuples(KeyPoint, "key_points")
        check.tuples(Reference, "references")
        check.tuples(Translation, "translations")
        check.tuples(Person, "authors")
        check.tuples(Category, "categories")
        check.tuples(Enclosure, "enclosures")
        check_extensions(check)
        check.at_most(MOST_VALUES, "values", "authors", "categories", "enclosures", "translations")
        check.at_most(LONGEST_TITLE_CHARACTERS, "characters", "title")
        check.optional(partial(check.kind, Reference), "previous", "next")
        check.kind(frozenset, "in_body", self.in_body)
        if not self.in_body <= _PARTS_IN_BODY:
            check.fail("in_body", f"is {quote_value(self.in_body)}; it takes {' and '.join(sorted(_PARTS_IN_BODY))}")
