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

# Default of `updated`. No entry can have it as a date, since it has no time zone.
_SAME_AS_PUBLISHED: Final = datetime.min
# Limits on values that are repeated: an entry is written again for each of its categories; titles and categories appear
# in many other documents.
MOST_VALUES_PER_FIELD: Final = 100  # categories with tags, authors, enclosures, translations
_PARTS_IN_BODY: Final = frozenset(["summary", "references"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article in one language: an Atom ``entry``, an RSS ``item``, an item of a JSON Feed.

    Text is plain text unless it says HTML. Addresses are absolute http(s) URLs.

    Args:
        id: An absolute IRI that never changes, such as a tag URI (RFC 4151). Atom ``id``, RSS ``guid``, JSON ``id``.
        language: BCP 47 tag, kept in its canonical form. Atom ``xml:lang``, RSS ``dc:language``, JSON ``language``.
        title: At most 1,000 characters. ``title`` in every format.
        link: The entry's own page. Atom ``link rel=alternate``, RSS ``link``, JSON ``url``.
        published: Aware datetime. Atom ``published``, RSS ``pubDate``, JSON ``date_published``.
        updated: Aware datetime; defaults to `published`. Atom ``updated``, RSS ``atom:updated`` if it differs from
            `published`, JSON ``date_modified``.
        summary: Paragraphs are separated by blank lines. Atom ``summary``, RSS ``description``, JSON ``summary``. The
            content of every format starts with it too, since readers that show the content hide the summary.
        body: HTML of any origin. It is sanitised when it is rendered, and relative addresses are resolved against
            `link`. Part of the content: Atom ``content``, RSS ``content:encoded``, JSON ``content_html``.
        key_points: A nested list in the content.
        references: A numbered list in the content. Those with an address are also ``link rel=related`` in Atom and RSS;
            in JSON all of them are in ``_feedpub``.
        via: Address of the source of the entry, named in the content. Atom and RSS ``link rel=via``, JSON
            ``external_url``.
        translations: The same article in other languages, linked in the content. Atom and RSS ``link rel=related`` with
            ``hreflang``, JSON ``_feedpub``.
        authors: Defaults to those of the feed. Atom ``author``, RSS ``dc:creator``, JSON ``authors``.
        categories: Atom and RSS ``category``, JSON ``tags``.
        enclosures: Attached files. Atom ``link rel=enclosure``, JSON ``attachments``; RSS ``enclosure`` for the first
            one only (RSS best-practices profile).
        image: Address of a picture of the entry. Atom and RSS ``media:thumbnail``, RSS also ``media:content``, JSON
            ``image``.
        rights: Copyright notice. Atom ``rights``, RSS ``dc:rights``; not in JSON.
        previous: The article before this one; its address may be unknown. Shown on pages, JSON ``_feedpub``.
        next: The article after this one, likewise.
        extensions: Elements of other namespaces. A prefix has to mean the same namespace in all entries of a feed.
        in_body: Which of ``"summary"`` and ``"references"`` the body already shows; the content does not repeat them.
        has_title: False if the title was made from the first words of the text. RSS and JSON then leave it out; Atom
            requires one.
        is_in_feeds: False for an entry that is on pages and in lists, but in no feed.

    Raises:
        FieldError: A field has a value that no feed can carry. The message names the entry and the field.
    """

    id: str
    language: str
    title: str
    link: str
    published: datetime
    updated: datetime = _SAME_AS_PUBLISHED
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
        if self.updated is _SAME_AS_PUBLISHED:
            object.__setattr__(self, "updated", self.published)
        checker = FieldChecker(self, self.id)
        checker.check_iri("id", self.id)
        checker.check_language("language")
        checker.check_not_blank("title")
        checker.check_texts("summary", "body")
        checker.check_urls("link")
        checker.check_optional(checker.check_url, "via", "image")
        checker.check_optional(checker.check_text, "rights")
        checker.check_dates("published", "updated")
        if not isinstance(self.key_points, KeyPointList):
            checker.check_tuple(KeyPoint, "key_points")
        checker.check_tuple(Reference, "references")
        checker.check_tuple(Translation, "translations")
        checker.check_tuple(Person, "authors")
        checker.check_tuple(Category, "categories")
        checker.check_tuple(Enclosure, "enclosures")
        check_extensions(checker)
        checker.check_length(MOST_VALUES_PER_FIELD, "values", "authors", "categories", "enclosures", "translations")
        checker.check_length(LONGEST_TITLE_CHARACTERS, "characters", "title")
        checker.check_optional(partial(checker.check_type, Reference), "previous", "next")
        checker.check_type(frozenset, "in_body", self.in_body)
        if not self.in_body <= _PARTS_IN_BODY:
            checker.reject(
                "in_body", f"is {quote_value(self.in_body)}; it takes {' and '.join(sorted(_PARTS_IN_BODY))}"
            )
