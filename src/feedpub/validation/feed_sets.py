"""Compare the feeds of a set: languages, ids, archive documents, formats, and a list of feeds in OPML.

A set is what one publisher publishes: the feeds of a folder, or those of an OPML document. Each check is a function in
`CHECKS`; it is given the set and yields what is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from ..errors import LanguageTagError
from ..iri import normalise_url
from ..language import canonicalise_tag
from .faults import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from .summaries import EntrySummary, FeedSummary, LinkSummary

_FORMATS: Final = ("atom", "rss", "json")
_MOST_IDS_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A document of a set.

    Args:
        path: How messages name it: a path, or an address.
        feed: What it says.
    """

    path: str
    feed: FeedSummary


class Finding(NamedTuple):
    """What is wrong in a set.

    Args:
        code: Of the rule.
        message: What is wrong.
        path: Of the document that it is about.
        offset: The place in that document, in bytes of UTF-8; -1 if it is about the whole document.
    """

    code: str
    message: str
    path: str
    offset: int = -1


class FeedSet:
    """The documents of a set, and where each address leads.

    Args:
        members: The documents.
        is_complete: Whether every document of the publisher is among them, as in a published folder.
    """

    def __init__(self, members: Sequence[Member], *, is_complete: bool = True) -> None:
        self.members = members
        self.is_complete = is_complete
        self.feeds = [member for member in members if member.feed.format in _FORMATS]
        self.by_address: dict[str, Member] = {}
        self._bases: set[str] = set()
        for member in self.feeds:
            address = normalise_url(member.feed.address or (member.path if "://" in member.path else ""))
            if address:
                self.by_address.setdefault(address, member)
                self._bases.add(_find_base(address, member.path))

    def find(self, address: str) -> Member | None:
        """Return the document at an address; None if it is not of the set."""
        return self.by_address.get(normalise_url(address.partition("#")[0]))

    def should_hold(self, address: str) -> bool:
        """Return True if the document at an address belongs to the publisher of this set."""
        normalised = normalise_url(address)
        return self.is_complete and any(base and normalised.startswith(base) for base in self._bases)


def check_set(feeds: FeedSet) -> Iterator[Finding]:
    """Yield what is wrong in a set of feeds."""
    for check in CHECKS:
        yield from check(feeds)


def _check_addresses(feeds: FeedSet) -> Iterator[Finding]:
    """Two documents that say that they are at the same address."""
    first: dict[str, Member] = {}
    for member in feeds.feeds:
        address = normalise_url(member.feed.address)
        if address and address in first:
            message = f"{first[address].path} says as well that it is at {quote(member.feed.address)}"
            yield Finding("E701", message, member.path, _find_offset(member, "self"))
        first.setdefault(address, member)


def _check_feed_ids(feeds: FeedSet) -> Iterator[Finding]:
    """Two feeds of Atom with the same id; documents of one feed share it (RFC 5005)."""
    first: dict[str, Member] = {}
    for member in feeds.feeds:
        identifier = member.feed.id
        if not identifier:
            continue
        other = first.setdefault(identifier, member)
        if other is not member and _normalise_language(other.feed.language) != _normalise_language(
            member.feed.language
        ):
            message = f"the feed has the id of {other.path}, which is in another language"
            yield Finding("E702", message, member.path)


def _check_siblings(feeds: FeedSet) -> Iterator[Finding]:
    """Links between the languages: each leads to a feed of that language, and back."""
    linked = {member.path: _find_siblings(member, feeds) for member in feeds.feeds}
    for member in feeds.feeds:
        for link in _find_sibling_links(member):
            target = feeds.find(link.address)
            if target is None:
                if feeds.should_hold(link.address):
                    message = f"the feed in {link.language} is not there: {quote(link.address)}"
                    yield Finding("E703", message, member.path, link.offset)
                continue
            if target.feed.language and _normalise_language(link.language) != _normalise_language(target.feed.language):
                message = f"the link says that {target.path} is in {link.language}, and it is in {target.feed.language}"
                yield Finding("E704", message, member.path, link.offset)
            elif not any(_is_same_feed(sibling, member) for sibling in linked[target.path]):
                message = f"{target.path}, the same feed in {link.language}, has no link back"
                yield Finding("W701", message, member.path, link.offset)


def _find_sibling_links(member: Member) -> list[LinkSummary]:
    """Return the links of a feed to the same feed in other languages."""
    return [
        link
        for link in member.feed.links
        if link.language
        and link.relation in ("related", "alternate")
        and "html" not in link.media_type
        and _normalise_language(link.language) != _normalise_language(member.feed.language)
    ]


def _find_siblings(member: Member, feeds: FeedSet) -> list[Member]:
    """Return the documents of the set that these links lead to, each once: a feed may have many links to one."""
    targets = (feeds.find(link.address) for link in _find_sibling_links(member))
    return list({target.path: target for target in targets if target is not None}.values())


def _is_same_feed(other: Member, member: Member) -> bool:
    """Return True if two documents are one feed, maybe in two formats or divided into documents."""
    if other is member:
        return True
    same_home = normalise_url(other.feed.home) == normalise_url(member.feed.home)
    return same_home and _normalise_language(other.feed.language) == _normalise_language(member.feed.language)


def _check_entry_ids(feeds: FeedSet) -> Iterator[Finding]:
    """The same id for two entries; readers compare ids of all feeds."""
    first: dict[str, tuple[EntrySummary, Member]] = {}
    for member in feeds.feeds:
        for entry in member.feed.entries:
            if not entry.id:
                continue
            other, other_member = first.setdefault(entry.id, (entry, member))
            if other_member.path == member.path:
                continue
            languages = {_normalise_language(entry.language), _normalise_language(other.language)} - {""}
            addresses = {normalise_url(entry.address), normalise_url(other.address)} - {""}
            if len(languages) > 1 or len(addresses) > 1:
                difference = "another language" if len(languages) > 1 else "another page"
                message = f"the entry has the id {quote(entry.id)}, which has {difference} in {other_member.path}"
                yield Finding("E705", message, member.path, entry.offset)


def _check_archives(feeds: FeedSet) -> Iterator[Finding]:
    """The chain of archive documents: each is there, and leads back (RFC 5005, section 4)."""
    reached: set[str] = set()
    newer = {member.path: _find_newer_archives(member, feeds) for member in feeds.feeds}
    for member in feeds.feeds:
        for link in member.feed.links:
            if link.relation not in ("prev-archive", "next-archive", "current", "next"):
                continue
            target = feeds.find(link.address)
            if target is None:
                if feeds.should_hold(link.address):
                    message = f"the document of the link {link.relation} is not there: {quote(link.address)}"
                    yield Finding("E706", message, member.path, link.offset)
                continue
            reached.add(target.path)
            if link.relation == "prev-archive" and member.feed.is_archive and member.path not in newer[target.path]:
                message = f"{target.path} does not lead back by next-archive"
                yield Finding("W702", message, member.path, link.offset)
    for member in feeds.feeds:
        if member.feed.is_archive and member.path not in reached:
            yield Finding("W703", "no document leads to this archive document", member.path)
    yield from _check_loops(feeds)


def _find_newer_archives(member: Member, feeds: FeedSet) -> set[str]:
    targets = (feeds.find(link.address) for link in member.feed.links if link.relation == "next-archive")
    return {target.path for target in targets if target is not None}


def _check_loops(feeds: FeedSet) -> Iterator[Finding]:
    for member in feeds.feeds:
        if member.feed.is_archive:
            continue
        visited = {member.path}
        current: Member | None = member
        while current is not None:
            links = [link for link in current.feed.links if link.relation in ("prev-archive", "next")]
            current = feeds.find(links[0].address) if links else None
            if current is not None and current.path in visited:
                yield Finding("E707", f"the chain of documents comes back to {current.path}", member.path)
                break
            if current is not None:
                visited.add(current.path)


def _check_formats(feeds: FeedSet) -> Iterator[Finding]:
    """The formats of one feed: the same entries with the same dates."""
    groups: dict[tuple[str, str], list[Member]] = defaultdict(list)
    later = _find_later_documents(feeds)
    for member in feeds.feeds:
        if not member.feed.is_archive and member.feed.home and member.path not in later:
            groups[normalise_url(member.feed.home), _normalise_language(member.feed.language)].append(member)
    for members in groups.values():
        first = members[0]
        for other in members[1:]:
            if other.feed.format != first.feed.format:
                yield from _compare_formats(first, other)


def _find_later_documents(feeds: FeedSet) -> set[str]:
    """Return the paths of documents that are not the first of their feed: another one leads to them."""
    links = ((member, link) for member in feeds.feeds for link in member.feed.links)
    targets = (feeds.find(link.address) for _, link in links if link.relation in ("next", "prev-archive"))
    return {target.path for target in targets if target is not None}


def _compare_formats(first: Member, other: Member) -> Iterator[Finding]:
    dates = {entry.id: entry for entry in first.feed.entries}
    others = {entry.id: entry for entry in other.feed.entries}
    for have, lack, holder, lacking in ((dates, others, first, other), (others, dates, other, first)):
        missing = [identifier for identifier in have if identifier and identifier not in lack]
        if missing:
            named = ", ".join(quote(identifier) for identifier in missing[:_MOST_IDS_NAMED])
            rest = f" and {len(missing) - _MOST_IDS_NAMED} more" if len(missing) > _MOST_IDS_NAMED else ""
            yield Finding("W704", f"the entries {named}{rest} of {holder.path} are missing", lacking.path)
    for identifier, entry in others.items():
        same = dates.get(identifier)
        if same and _are_different_dates(same.published or same.updated, entry.published or entry.updated):
            message = f"{quote(identifier)} has another date in {first.path}"
            yield Finding("W705", message, other.path, entry.offset)


def _are_different_dates(first: datetime | None, second: datetime | None) -> bool:
    """Return True if two dates differ by more than the fractions of a second that RSS cannot write."""
    return first is not None and second is not None and abs((first - second).total_seconds()) >= 1


def _check_languages(feeds: FeedSet) -> Iterator[Finding]:
    """A feed without a language beside others that have one."""
    if any(member.feed.language for member in feeds.feeds):
        for member in feeds.feeds:
            if not member.feed.language:
                yield Finding("W706", "the feed does not say its language, and others of the set do", member.path)


def _check_outlines(feeds: FeedSet) -> Iterator[Finding]:
    """The feeds that a list in OPML names: each is there, and in the language that the list says."""
    for member in feeds.members:
        if member.feed.format != "opml":
            continue
        for link in member.feed.links:
            target = feeds.find(link.address)
            if target is None:
                if feeds.should_hold(link.address):
                    message = f"the feed of the outline is not there: {quote(link.address)}"
                    yield Finding("E708", message, member.path, link.offset)
            elif (
                link.language
                and target.feed.language
                and _normalise_language(link.language) != _normalise_language(target.feed.language)
            ):
                message = f"the outline says that {target.path} is in {link.language}; it is in {target.feed.language}"
                yield Finding("E704", message, member.path, link.offset)


CHECKS: Final[tuple[Callable[[FeedSet], Iterator[Finding]], ...]] = (
    _check_addresses,
    _check_feed_ids,
    _check_languages,
    _check_siblings,
    _check_entry_ids,
    _check_archives,
    _check_formats,
    _check_outlines,
)


def _normalise_language(tag: str) -> str:
    """Return a tag in the form in which tags are compared."""
    try:
        return canonicalise_tag(tag) if tag else ""
    except LanguageTagError:
        return tag.lower()


def _find_offset(member: Member, relation: str) -> int:
    return next((link.offset for link in member.feed.links if link.relation == relation), -1)


def _find_base(address: str, path: str) -> str:
    """Return the address of the folder of a set: that of a document without the end that its path has as well."""
    parts, names = address.split("/"), path.replace("\\", "/").split("/")
    while len(parts) > 3 and names and parts[-1] == names[-1]:
        parts.pop()
        names.pop()
    return "/".join(parts) + "/" if parts[-1] != address.rpartition("/")[2] or len(parts) <= 3 else ""
