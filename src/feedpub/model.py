"""The values of feedpub: an Article has one Entry per language, a Feed holds the Entries of one language.

Plain frozen dataclasses that check themselves: a value that exists can stand in a feed. What cannot raises
`FieldError`, which names the value and the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, overload

from . import iri
from .checks import LONGEST_KEY_BYTES, Check, is_plain_line, is_usable_key, shown
from .extensions import MOST_EXTENSIONS, Extension, namespaces_of
from .formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .errors import Problem

# Stand for "as published" and "the newest entry's": no value of a feed can be a date without time zone.
_AS_PUBLISHED: Final = datetime.min
_NEWEST: Final = datetime.min
# A feed without entries needs some date that is no clock's; the W3C validator holds those before 1990 for mistakes.
_NO_DATE: Final = datetime(1990, 1, 1, tzinfo=UTC)

# Deeper than anyone writes, and shallow enough for every parser (libxml2 stops at 256 elements, two to a level).
DEEPEST_LIST: Final = 100

# What multiplies is bounded: an entry is written once more for each of its categories, and titles and categories stand
# in many other documents.
MOST_VALUES: Final = 100  # of an entry: categories with tags, authors, enclosures, translations
LONGEST_TITLE_CHARACTERS: Final = 1000  # also of a category's name

_PARTS_IN_BODY: Final = frozenset(["summary", "references"])

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
        check = Check(self, self.name)
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
        check = Check(self, self.term)
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
        check = Check(self, self.url)
        check.urls("url")
        check.required("type")
        if not _MEDIA_TYPE.fullmatch(self.type):
            check.fail("type", f"{self.type[:200]!r} is not a media type such as audio/mpeg")
        if type(self.length) is not int or self.length < 0:
            check.fail("length", f"is {shown(self.length)}; give a number of bytes, 0 if unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPoint:
    """State a point, with finer points under it, `DEEPEST_LIST` levels in all.

    Args:
        text: Inline HTML: escape ``&`` and ``<`` of plain text.
        children: The finer points.
    """

    text: str
    children: tuple[KeyPoint, ...] = ()

    def __post_init__(self) -> None:
        check = Check(self, self.text)
        check.texts("text")
        check.tuples(KeyPoint, "children")
        if self.children and _is_deeper(self.children, DEEPEST_LIST - 1):
            check.fail("children", f"are nested more than {DEEPEST_LIST} levels deep")


def _is_deeper(points: Iterable[KeyPoint], levels: int) -> bool:
    for _ in range(levels):
        points = [child for point in points for child in point.children]
        if not points:
            return False
    return True


class KeyPointList(Sequence[KeyPoint]):
    """Key points as an HTML list, as they are read from files; `KeyPoint` values are made when somebody asks for them.

    It equals the tuple of these values. Programs that only publish a site never make them.

    Args:
        html: ``<ul>``, with ``<li>`` elements whose text is inline HTML, with or without a ``<ul>`` at its end.
    """

    __slots__ = ("html",)

    def __init__(self, html: str) -> None:
        self.html = html

    def __len__(self) -> int:
        return len(parse_key_points(self.html))

    @overload
    def __getitem__(self, index: int) -> KeyPoint: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[KeyPoint, ...]: ...
    def __getitem__(self, index: int | slice) -> KeyPoint | tuple[KeyPoint, ...]:
        return parse_key_points(self.html)[index]

    def __iter__(self) -> Iterator[KeyPoint]:
        return iter(parse_key_points(self.html))

    def __bool__(self) -> bool:
        return bool(self.html)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, KeyPointList):
            return self.html == other.html or tuple(self) == tuple(other)
        return tuple(self) == other

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


_LIST_TAG = re.compile(r"\n?<(/?)(ul|li)\b[^<>]*>\n?")


def parse_key_points(html: str) -> tuple[KeyPoint, ...]:
    """Return the key points of an HTML list; see `KeyPointList`."""
    levels: list[list[KeyPoint]] = [[]]
    texts: list[str] = []
    start = 0
    for match in _LIST_TAG.finditer(html):
        if texts:
            texts[-1] += html[start : match.start()]
        start = match.end()
        is_end, name = bool(match[1]), match[2]
        if name == "li" and not is_end:
            texts.append("")
            levels.append([])
        elif name == "li" and texts:
            children = tuple(levels.pop())
            levels[-1].append(KeyPoint(text=texts.pop().strip(), children=children))
    return tuple(levels[0])


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
        check = Check(self, self.title)
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
        check = Check(self, self.language)
        check.language("language")
        check.required("title")
        check.urls("link")


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
        check = Check(self, self.id)
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
        _check_extensions(check)
        check.at_most(MOST_VALUES, "values", "authors", "categories", "enclosures", "translations")
        check.at_most(LONGEST_TITLE_CHARACTERS, "characters", "title")
        check.optional(partial(check.kind, Reference), "previous", "next")
        check.kind(frozenset, "in_body", self.in_body)
        if not self.in_body <= _PARTS_IN_BODY:
            check.fail("in_body", f"is {shown(self.in_body)}; it takes {' and '.join(sorted(_PARTS_IN_BODY))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Place a document among those that hold a feed's entries together (RFC 5005, section 4).

    The newest document is the one that people subscribe to; archive documents hold the older entries and hardly ever
    change. Each mapping is format (``atom``, ``rss``, ``json``) → address.

    Args:
        current: The newest document; empty if this document is it, else this is an archive document (`fh:archive`).
        previous: The archive document with the next older entries: `prev-archive`, JSON Feed `next_url`.
        next: The archive document with the next newer entries: `next-archive`; never the newest document.
    """

    current: Mapping[str, str] = field(default_factory=dict, hash=False)
    previous: Mapping[str, str] = field(default_factory=dict, hash=False)
    next: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        check = Check(self, "")
        for name in ("current", "previous", "next"):
            _own_addresses(check, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Hold the entries of one language, in the order in which they are written (newest first is the custom).

    Args:
        id: An absolute IRI that never changes; Atom `id`.
        language: BCP 47 tag. An entry of another language is written with a note, in the feed's language.
        title: Plain text.
        link: The page that the feed belongs to: Atom `link rel=alternate`, RSS `link`, JSON Feed `home_page_url`.
        entries: Each id once.
        subtitle: Plain text; Atom `subtitle`, RSS and JSON Feed `description`.
        updated: Aware; the newest entry's if not given, 1990-01-01 if there is none.
        addresses: Format (``atom``, ``rss``, ``json``) → where that document is served; `link rel=self`.
        siblings: The feeds of the other languages, for `link rel=related`; their entries do not count.
        authors: Of entries that name none.
        rights: Plain text; Atom `rights`, RSS `copyright`.
        hub: Address of a WebSub hub.
        icon: Address of a square picture; Atom `icon`, RSS `image`, JSON Feed `icon`.
        stylesheet: Address of a CSS file, absolute or relative to the feed, for browsers that open the feed.
        reference_links: ``related`` gives the references as data too, ``none`` only in the visible content.
        archive: Its place, if the feed's entries are spread over several documents.
        extensions: Elements of other namespaces, of the feed itself.

    Raises:
        FieldError: A field that no feed could carry.
    """

    id: str
    language: str
    title: str
    link: str
    entries: tuple[Entry, ...] = ()
    subtitle: str = ""
    updated: datetime = _NEWEST
    addresses: Mapping[str, str] = field(default_factory=dict, hash=False)
    siblings: tuple[Feed, ...] = ()
    authors: tuple[Person, ...] = ()
    rights: str | None = None
    hub: str | None = None
    icon: str | None = None
    stylesheet: str | None = None
    reference_links: Literal["related", "none"] = "related"
    archive: Archive | None = None
    extensions: tuple[Extension, ...] = ()

    def __post_init__(self) -> None:
        check = Check(self, self.id)
        check.iri("id", self.id)
        check.language("language")
        check.required("title")
        check.texts("subtitle")
        check.urls("link")
        check.optional(check.url, "hub", "icon")
        check.optional(check.text, "rights", "stylesheet")
        check.tuples(Entry, "entries")
        check.tuples(Feed, "siblings")
        check.tuples(Person, "authors")
        if self.updated is _NEWEST:
            newest = max((entry.updated for entry in self.entries), default=_NO_DATE)
            object.__setattr__(self, "updated", newest)
        check.dates("updated")
        check.choice("reference_links", self.reference_links, ("related", "none"))
        _own_addresses(check, "addresses")
        check.optional(partial(check.kind, Archive), "archive")
        _check_extensions(check)
        namespaces_of((one for entry in self.entries for one in entry.extensions), namespaces_of(self.extensions))
        _check_ids(check, self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """Hold an article: one Entry per language.

    Args:
        key: Its name in file names and addresses.
        entries: Language → Entry, in the order of the site's languages.
        original: The language that it was written in.
        fallback: What languages that it lacks show: as in `Config`; None leaves it to the site.
        paths: Language → the file that it was read from; empty for articles made in memory.
        find_places: Reads these files again, and returns address → where they have it; nothing for articles in memory.
    """

    key: str
    entries: Mapping[str, Entry]
    original: str
    fallback: Literal["omit", "original"] | None = None
    paths: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    find_places: Callable[[], Mapping[str, tuple[Place, ...]]] = field(default=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        check = Check(self, self.key)
        check.text("key", self.key)
        if not is_usable_key(self.key):
            check.fail("key", "cannot stand in file names and addresses, or is a name that the published folder needs")
        if len(self.key.encode()) > LONGEST_KEY_BYTES:
            check.fail("key", f"is longer than {LONGEST_KEY_BYTES} bytes")

    @property
    def published(self) -> datetime:
        """When it was first published, in any language."""
        return min(entry.published for entry in self.entries.values())

    def without_scheduled(self, until: datetime) -> Article | None:
        """Return the article as it is to be shown at a moment; None if it is not to be shown at all.

        A translation that is published later is left out, and no other language links to it, as if its file were not
        there yet. An article whose original is published later is left out with all its translations, as with drafts.
        """
        if self.entries[self.original].published > until:
            return None
        held = {language for language, entry in self.entries.items() if entry.published > until}
        if not held:
            return self
        entries = {
            language: replace(
                entry, translations=tuple(other for other in entry.translations if other.language not in held)
            )
            for language, entry in self.entries.items()
            if language not in held
        }
        return replace(self, entries=MappingProxyType(entries))


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """How one host is asked for links, other than all others: a table ``[links.hosts."example.org"]``.

    Args:
        spacing: Seconds between two requests; None: as for all hosts. Likewise `per_host`, `patience`, `deadline`.
        per_host: Requests at once, at most.
        patience: Seconds that the host may rest in one run.
        deadline: Seconds for one address.
        user_agent: Sent instead of feedpub's own.
        accept: Status codes that count as ok.
        headers: Sent with each request to this host.
        token_env: Environment variable that holds a token, sent as ``Authorization: Bearer …``: over https or to this
            machine only, and not after a redirect from another server.
    """

    spacing: float | None = None
    per_host: int | None = None
    patience: float | None = None
    deadline: float | None = None
    user_agent: str | None = None
    accept: tuple[int, ...] = ()
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    token_env: str | None = None

    def __post_init__(self) -> None:
        for name, value in (*self.headers.items(), ("User-Agent", self.user_agent or "")):
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                Check(self, "").fail("headers", f"{name[:100]!r} is not a header that can be sent")


# RFC 9110, sections 5.1 and 5.5; in ASCII, as servers read other letters in different ways.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE: Final = re.compile(r"[\t -~]{0,8000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """Hold how outbound links are checked: the table ``[links]`` of feedpub.toml.

    Args:
        concurrency: Requests at once, in all.
        per_host: Requests at once to one host, at most; it starts with 2 and goes up as answers come.
        spacing: Seconds between two requests to one host.
        patience: Seconds that one host may rest in a run, after answers such as 429 or 503.
        deadline: Seconds for one address, with all redirects and confirmations; the time that its host rests does not
            count.
        hosts: Host, or ``*.example.org`` for all hosts below one → how it is asked other than all others. The host
            itself goes before the longest of the others; only one of them counts.
        exclude: Addresses that are not asked: regular expressions (Python's `re`), searched for in the address.
        allow_private: Also ask hosts of private networks.
        ca_bundle: File of certificates to trust instead of certifi's.
        proxy: Address of an HTTP proxy, for all requests.
        statement_failures: A link is dead after so many failures in a row, if the server says that nothing is there
            (404, a redirect to a scheme that browsers refuse); after 2 over 1 day for 410 and hosts that do not exist.
        statement_days: The first and the last of them are at least so many days apart.
        trouble_failures: The same of all other failures: 5xx, refused, reset, TLS, malformed answers.
        trouble_days: Likewise.
        second_opinion: Command that is run before a link is pronounced dead, without a shell, with the address as its
            last argument; exit status 0 says that it is reachable.
    """

    concurrency: int = 128
    per_host: int = 6
    spacing: float = 0.0
    patience: float = 120.0
    deadline: float = 30.0
    hosts: Mapping[str, HostSettings] = field(default_factory=lambda: MappingProxyType({}))
    exclude: tuple[str, ...] = ()
    allow_private: bool = False
    ca_bundle: str | None = None
    proxy: str | None = None
    statement_failures: int = 3
    statement_days: float = 3.0
    trouble_failures: int = 4
    trouble_days: float = 7.0
    second_opinion: str | None = None

    def __post_init__(self) -> None:
        for host in self.hosts:
            if not host or find_host_key(host) != host:
                Check(self, "").fail("hosts", f"{host[:200]!r} is not a host in ASCII")
        if self.proxy is not None:
            check = Check(self, "")
            check.urls("proxy")
            if not self.proxy.startswith("http://"):
                check.fail("proxy", "is not the address of an HTTP proxy; write http://host:port")

    def for_host(self, host: str) -> HostSettings:
        """Return what is set for a host, by its name in ASCII."""
        name = host.removesuffix(".")
        if name in self.hosts:
            return self.hosts[name]
        while "." in name:
            name = name.partition(".")[2]
            if f"*.{name}" in self.hosts:
                return self.hosts[f"*.{name}"]
        return _NO_HOST_SETTINGS


_NO_HOST_SETTINGS: Final = HostSettings()


def find_host_key(text: str) -> str:
    """Return a host, or ``*.`` and a host, as `LinkSettings.hosts` names it: in ASCII; "" if it is none."""
    wildcard, host = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    url = f"http://{host}/"
    name = iri.find_host(url)
    return f"{wildcard}{name.removesuffix('.')}" if name and not iri.fault(iri.to_uri(url)) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Hold the settings of a site: the contents of feedpub.toml, checked.

    Args:
        base_url: Where the published folder is served; ends with ``/``.
        authority: RFC 4151 authority and date, such as ``example.org,2026``: the start of every id.
        languages: BCP 47 tags; the first is the default.
        timezone: IANA name, for dates without offset.
        author: Of articles that name none.
        fallback: ``omit`` leaves an article out of the feeds of languages that it lacks, ``original`` shows it there.
        pages: Write a page per article.
        permalink: Where articles live if not on our pages; holds ``{language}`` and ``{key}``.
        rights: Plain text, for every feed and entry.
        hub: Address of a WebSub hub.
        icon: Address of a square picture.
        limit: Entries of an archive document, and at least in the newest one (RFC 5005, section 4).
        archives: Publish older entries in archive documents; else a feed holds the newest `limit` entries only.
        categories: Write one more feed set per category.
        untitled: Publish entries without title; else each needs one.
        hard_breaks: Publish each line end of a text as a line break, as in verse.
        reference_links: ``related`` also links references as data, ``none`` only shows them.
        title: Language → title of the feed.
        subtitle: Language → subtitle of the feed.
        headings: Language → section → words, more headings than the package knows.
        links: How outbound links are checked.
    """

    base_url: str
    authority: str
    languages: tuple[str, ...] = ("en",)
    timezone: str = "UTC"
    author: Person | None = None
    fallback: Literal["omit", "original"] = "omit"
    pages: bool = True
    permalink: str | None = None
    rights: str | None = None
    hub: str | None = None
    icon: str | None = None
    limit: int = 50
    archives: bool = True
    categories: bool = False
    untitled: bool = False
    hard_breaks: bool = False
    reference_links: Literal["related", "none"] = "related"
    title: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    subtitle: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    headings: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=lambda: MappingProxyType({}))
    links: LinkSettings = field(default_factory=LinkSettings)

    @property
    def default_language(self) -> str:
        """The first of `languages`."""
        return self.languages[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """Hold what a pasted text says.

    Args:
        drafts: One per language, in the order of the text.
        via: Address of the source.
        previous: Title of the article before it.
        next: Title of the article after it.
        author: Whom a line above the article names ("By Ann"); for the user to confirm.
        published: The ISO date that such a line names ("May 3, 2026"); for the user to confirm.
        lines: The ledger: every line of the input and what became of it.
    """

    drafts: tuple[Draft, ...] = ()
    via: str | None = None
    previous: Reference | None = None
    next: Reference | None = None
    author: str | None = None
    published: str | None = None
    lines: tuple[PastedLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Hold what a text says in one language; it has no id, link or date yet. Fields as in `Entry`."""

    language: str
    title: str | None = None
    summary: str = ""
    body: str = ""
    key_points: tuple[KeyPoint, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedLine:
    """Account for one line of pasted text.

    Args:
        number: 1-based.
        text: The line as it was given, without its end.
        fate: ``kept``, ``dropped`` (page furniture, dividers, blank lines) or ``ambiguous`` (kept, but look at it).
        role: What it was taken for: ``summary``, ``key_points``, ``heading``, ``furniture``, ``blank`` and so on.
        hint: The heading that the line nearly is, if it is ambiguous.
    """

    number: int
    text: str
    fate: Literal["kept", "dropped", "ambiguous"]
    role: str
    hint: str = ""


def _own_addresses(check: Check, name: str) -> None:
    """Check a mapping of format to address, and keep a copy: the caller's may change."""
    given = getattr(check.value, name)
    if not isinstance(given, Mapping):
        check.fail(name, f"is {shown(given)}, not a mapping of format to address")
    object.__setattr__(check.value, name, dict(given))
    for form, address in given.items():
        check.choice(name, form, [known.name for known in FORMATS])
        check.url(name, address)


def _check_extensions(check: Check) -> None:
    check.tuples(Extension, "extensions")
    check.at_most(MOST_EXTENSIONS, "values", "extensions")


def _check_ids(check: Check, entries: Iterable[Entry]) -> None:
    seen: dict[str, Entry] = {}
    for entry in entries:
        folded = iri.fold_id(entry.id)
        other = seen.get(folded)
        seen[folded] = entry
        if other:
            alike = "" if other.id == entry.id else f", but for escaping that of {other.id!r}"
            check.fail("entries", f"two have the id {entry.id!r}{alike}: {other.title!r} and {entry.title!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Hold a site: its settings and its articles.

    Args:
        config: Its settings.
        articles: Newest first.
        folder: Where it was read from, as the caller named it; empty for sites made in memory.
        problems: What was found while reading, notes and warnings; with `keep_going` also errors.
    """

    config: Config
    articles: tuple[Article, ...] = ()
    folder: str = ""
    problems: tuple[Problem, ...] = ()

    def without_scheduled(self, until: datetime) -> Site:
        """Return the site as it is to be shown at a moment: without what is published later.

        `load` reads all articles and `feed` shows all of them; `build` does this by itself.
        """
        articles = (article.without_scheduled(until) for article in self.articles)
        return replace(self, articles=tuple(article for article in articles if article))

    def entries(self, language: str) -> tuple[Entry, ...]:
        """Return the entries that a language shows, newest first; with ``fallback = "original"`` also originals."""
        shown = []
        for article in self.articles:
            entry = article.entries.get(language)
            if entry is None and (article.fallback or self.config.fallback) == "original":
                entry = article.entries[article.original]
            if entry is not None:
                shown.append(entry)
        return tuple(sorted(shown, key=lambda entry: (entry.published, entry.id), reverse=True))

    def feed(self, language: str) -> Feed:
        """Return the feed of one of the site's languages, newest entry first, without entries that are in no feed.

        Raises:
            KeyError: The site has no such language.
        """
        if language not in self.config.languages:
            raise KeyError(f"{language} is not one of the site's languages ({', '.join(self.config.languages)})")
        siblings = tuple(self._feed(other) for other in self.config.languages if other != language)
        entries = tuple(entry for entry in self.entries(language) if entry.is_in_feeds)
        return self._feed(language, entries, siblings)

    def _feed(self, language: str, entries: tuple[Entry, ...] = (), siblings: tuple[Feed, ...] = ()) -> Feed:
        config = self.config
        home = f"{config.base_url}{language}/"
        return Feed(
            id=f"tag:{config.authority}:{language}",
            language=language,
            title=config.title.get(language) or config.title.get(config.default_language) or config.base_url,
            link=home,
            entries=entries,
            subtitle=config.subtitle.get(language, ""),
            addresses={form.name: home + form.file_name for form in FORMATS},
            siblings=siblings,
            authors=(config.author,) if config.author else (),
            rights=config.rights,
            hub=config.hub,
            icon=config.icon,
            stylesheet="../feed.css",
            reference_links=config.reference_links,
        )
