"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/): its objects as tables, and the rules that compare members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from .addresses import check_iri, check_web_address
from .dates import check_rfc3339, find_implausible, parse_rfc3339
from .faults import quote
from .html_checks import check_html
from .json_reader import JsonDocument, Members, Path, find_surrogate
from .languages import describe_foreign_script
from .links import is_same_document
from .summaries import FeedSummary, summarise_json_feed
from .values import check_language, check_media_type, check_not_blank, check_plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .faults import ValueCheck
    from .report import Report

VERSIONS: Final = ("https://jsonfeed.org/version/1.1", "https://jsonfeed.org/version/1")
_NAMES_OF_TYPES: Final[Mapping[type, str]] = MappingProxyType(
    {str: "a string", bool: "true or false", int: "a number", float: "a number", list: "an array", dict: "an object"}
)

ObjectRule = Callable[[JsonDocument, Members, Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of an object.

    Args:
        kind: The type of its value.
        check: Of a string.
        is_required: Whether it must be there.
        elements: The objects in an array, or the object; None if they are not objects.
        element_check: Of the strings in an array.
    """

    kind: type = str
    check: ValueCheck | None = None
    is_required: bool = False
    elements: Shape | None = None
    element_check: ValueCheck | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An object.

    Args:
        name: For messages.
        members: Its members, by name.
        rules: What else is checked.
    """

    name: str
    members: Mapping[str, Member]
    rules: tuple[ObjectRule, ...] = field(default=())


def check_json_feed(text: str, report: Report) -> FeedSummary | None:
    """Report what is wrong with a JSON feed, and return its summary; None if it is not one."""
    document = JsonDocument(text, report)
    if document.value is None:
        return None
    if not isinstance(document.value, Members) or ("version" not in document.value and "items" not in document.value):
        report.add("E308", "the document is JSON, but not a feed: it has neither version nor items", 0)
        return None
    _check_object(document, document.value, FEED, ())
    return summarise_json_feed(document.value)


def _check_object(document: JsonDocument, members: Members, shape: Shape, path: Path) -> None:
    for name in members.repeated:
        document.add("E602", f"{shape.name} has the member {quote(name)} more than once", (*path, name))
    for name, value in members.items():
        member = shape.members.get(name)
        if member is not None:
            _check_member(document, name, value, member, path)
        elif not name.startswith("_"):
            similar = next((candidate for candidate in shape.members if candidate.replace("_", "") == name.lower()), "")
            message = f"{shape.name} has no member {quote(name)}"
            document.add("W602", message, (*path, name), hint=f"write {similar}" if similar else "")
        elif not isinstance(value, Members):
            document.add("W605", f"the extension {quote(name)} is not an object", (*path, name))
    for name, member in shape.members.items():
        if member.is_required and name not in members:
            document.add("E606", f"{shape.name} has no {name}", path)
    for rule in shape.rules:
        rule(document, members, path)


def _check_member(document: JsonDocument, name: str, value: Any, member: Member, path: Path) -> None:
    member_path = (*path, name)
    kinds = (int, float) if member.kind is int else (member.kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and member.kind is not bool):
        is_number_as_id = name == "id" and isinstance(value, int | float)
        code = "W606" if is_number_as_id else "E607"
        document.add(code, f"{name} is not {_NAMES_OF_TYPES[member.kind]}", member_path)
    elif isinstance(value, str):
        _check_string(document, name, value, member.check, member_path)
    elif isinstance(value, list):
        for number, element in enumerate(value):
            if member.elements is not None and isinstance(element, Members):
                _check_object(document, element, member.elements, (*member_path, number))
            elif member.elements is None and isinstance(element, str):
                _check_string(document, name, element, member.element_check, (*member_path, number))
            else:
                expected = "an object" if member.elements else "a string"
                document.add("E607", f"a value in {name} is not {expected}", (*member_path, number))
    elif isinstance(value, Members) and member.elements is not None:
        _check_object(document, value, member.elements, member_path)


def _check_string(document: JsonDocument, name: str, value: str, check: ValueCheck | None, member_path: Path) -> None:
    if surrogate := find_surrogate(value):
        document.add("E605", f"{name} holds {surrogate}, half of a character", member_path)
    elif check and (fault := check(value)):
        document.add(fault[0], f"{name}: {fault[1]}", member_path)


def _check_feed(document: JsonDocument, feed: Members, path: Path) -> None:
    version = feed.get("version")
    if isinstance(version, str) and version not in VERSIONS:
        document.add("E610", f"there is no version {quote(version)}", (*path, "version"), hint=f"write {VERSIONS[0]}")
    if "language" not in feed:
        document.add("N304", "the feed does not say its language", path, hint="add language")
    feed_url = feed.get("feed_url")
    if not feed_url:
        document.add("W604", "the feed does not say its address", path, hint="add feed_url")
    elif document.report.url and isinstance(feed_url, str) and not is_same_document(feed_url, document.report.url):
        message = f"the feed says that it is at {quote(feed_url)}, and it is at {quote(document.report.url)}"
        document.add("W402", message, (*path, "feed_url"))
    next_url = feed.get("next_url")
    if feed_url and isinstance(feed_url, str) and isinstance(next_url, str) and is_same_document(next_url, feed_url):
        document.add("E418", "next_url leads to the document itself", (*path, "next_url"))
    _check_repeated_ids(document, feed, path)


def _check_repeated_ids(document: JsonDocument, feed: Members, path: Path) -> None:
    items = feed.get("items")
    ids: set[str] = set()
    for number, item in enumerate(items if isinstance(items, list) else ()):
        identifier = item.get("id") if isinstance(item, Members) else None
        if not isinstance(identifier, str | int | float) or identifier == "":
            continue
        if str(identifier) in ids:
            message = f"another item has the id {quote(str(identifier))}"
            document.add("E609", message, (*path, "items", number, "id"))
        ids.add(str(identifier))


def _check_item(document: JsonDocument, item: Members, path: Path) -> None:
    if not any(isinstance(item.get(name), str) for name in ("content_html", "content_text")):
        document.add("E608", "the item has neither content_html nor content_text", path)
    html = item.get("content_html")
    if isinstance(html, str):
        for finding in check_html(html):
            document.add(finding.code, f"content_html: {finding.message}", (*path, "content_html"))
    if "date_published" not in item:
        document.add("N601", "the item has no date_published", path)
    for name in ("date_published", "date_modified"):
        value = item.get(name)
        if isinstance(value, str) and (reason := find_implausible(parse_rfc3339(value), document.report.now)):
            document.add("W301", f"{name}: {value} {reason}", (*path, name))
    dates = [parse_rfc3339(str(item.get(name))) for name in ("date_published", "date_modified")]
    if dates[0] and dates[1] and dates[1] < dates[0]:
        document.add("W407", "the item was modified before it was published", (*path, "date_modified"))


def _check_item_language(document: JsonDocument, item: Members, path: Path) -> None:
    language, title = item.get("language") or document.value.get("language"), item.get("title")
    content = item.get("content_html") or item.get("content_text")
    texts = [text if isinstance(text, str) else "" for text in (title, content)]
    if isinstance(language, str) and (message := describe_foreign_script(texts[0], texts[1], language)):
        document.add("W318", message, (*path, "title"))


def _check_author(document: JsonDocument, author: Members, path: Path) -> None:
    if not any(author.get(name) for name in ("name", "url", "avatar")):
        document.add("E606", "an author has a name, a url or an avatar; this one has none", path)


def _check_old_author(document: JsonDocument, members: Members, path: Path) -> None:
    if "author" in members:
        document.add("W603", "author is of version 1.0", (*path, "author"), hint="write authors, an array")


def _check_content_text(value: str) -> tuple[str, str] | None:
    fault = check_plain_text(value)
    return ("W404", fault[1]) if fault else None


_AUTHOR: Final = Shape(
    name="the author",
    members=MappingProxyType(
        {"name": Member(check=check_plain_text), "url": Member(check=check_iri), "avatar": Member(check=check_iri)}
    ),
    rules=(_check_author,),
)
_ATTACHMENT: Final = Shape(
    name="the attachment",
    members=MappingProxyType(
        {
            "url": Member(check=check_web_address, is_required=True),
            "mime_type": Member(check=check_media_type, is_required=True),
            "title": Member(check=check_plain_text),
            "size_in_bytes": Member(kind=int),
            "duration_in_seconds": Member(kind=int),
        }
    ),
)
_HUB: Final = Shape(
    name="the hub",
    members=MappingProxyType(
        {"type": Member(check=check_not_blank, is_required=True), "url": Member(check=check_iri, is_required=True)}
    ),
)
ITEM: Final = Shape(
    name="the item",
    members=MappingProxyType(
        {
            "id": Member(check=check_not_blank, is_required=True),
            "url": Member(check=check_iri),
            "external_url": Member(check=check_iri),
            "title": Member(check=check_plain_text),
            "content_html": Member(check=check_not_blank),
            "content_text": Member(check=_check_content_text),
            "summary": Member(check=check_plain_text),
            "image": Member(check=check_iri),
            "banner_image": Member(check=check_iri),
            "date_published": Member(check=check_rfc3339),
            "date_modified": Member(check=check_rfc3339),
            "authors": Member(kind=list, elements=_AUTHOR),
            "author": Member(kind=dict, elements=_AUTHOR),
            "tags": Member(kind=list, element_check=check_not_blank),
            "language": Member(check=check_language),
            "attachments": Member(kind=list, elements=_ATTACHMENT),
        }
    ),
    rules=(_check_item, _check_old_author, _check_item_language),
)
FEED: Final = Shape(
    name="the feed",
    members=MappingProxyType(
        {
            "version": Member(is_required=True),
            "title": Member(check=check_not_blank, is_required=True),
            "items": Member(kind=list, is_required=True, elements=ITEM),
            "home_page_url": Member(check=check_iri),
            "feed_url": Member(check=check_iri),
            "description": Member(check=check_plain_text),
            "user_comment": Member(),
            "next_url": Member(check=check_iri),
            "icon": Member(check=check_iri),
            "favicon": Member(check=check_iri),
            "authors": Member(kind=list, elements=_AUTHOR),
            "author": Member(kind=dict, elements=_AUTHOR),
            "language": Member(check=check_language),
            "expired": Member(kind=bool),
            "hubs": Member(kind=list, elements=_HUB),
        }
    ),
    rules=(_check_feed, _check_old_author),
)
