"""Find HTML that is not published, by comparing the written HTML with the sanitised HTML."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Final, Literal

from ...rendering.html_rewriting import PICTURE_ADDRESSES
from ...rendering.sanitiser import DROPPED_WITH_CONTENT, SCHEMES, TAGS, trim_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal["removed", "replaced", "unwrapped", "attribute", "address"]

_BLANK: Final = r"[ \t\n\f\r]"
# Tags as parsers read them (HTML Standard, sections 13.2.5.6 to 13.2.5.39). Comments come first.
_MARKUP = re.compile(
    rf"""
    <!--.*?(?:-->|\Z)
    |<(?P<name>[A-Za-z][^ \t\n\f\r/>]*+)
      (?P<attributes>(?:[^>"'=]|={_BLANK}*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?|["'])*+)
      (?P<end>>|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
# The content of these is not HTML, or is removed with them.
_OPAQUE: Final = frozenset(
    {"script", "style", "iframe", "noembed", "noframes", "title", "textarea", "xmp", "svg", "template"}
)
_ATTRIBUTE = re.compile(
    rf"""
    (?P<name>[^ \t\n\f\r/>=]++)
    (?:{_BLANK}*+={_BLANK}*+(?:"(?P<double>[^"]*+)"?|'(?P<single>[^']*+)'?|(?P<bare>[^ \t\n\f\r>]++)))?
    """,
    re.VERBOSE,
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")

# Elements that only group or style text: without style sheets they make no difference.
_UNMISSED_ELEMENTS: Final = frozenset(
    "html head body meta link base div section article header footer main aside nav hgroup address center span font"
    " time data label wbr nobr col colgroup picture source track param noscript tbody semantics annotation"
    " annotation-xml fieldset".split()
)
# Elements that are published under another name.
_PUBLISHED_NAMES: Final = {
    "s": "del",
    "strike": "del",
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
}
_EMBEDS: Final = frozenset({"iframe", "video", "audio", "embed", "object"})
# Attributes with a meaning for readers; the loss of others is not reported.
_MEANINGFUL_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "a": frozenset({"title"}),
    "abbr": frozenset({"title"}),
    "img": frozenset({"alt", "title", "width", "height"}),
    "li": frozenset({"value"}),
    "ol": frozenset({"start", "reversed", "type"}),
    "td": frozenset({"align", "colspan", "rowspan"}),
    "th": frozenset({"align", "colspan", "rowspan"}),
}
_NO_ATTRIBUTES: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """An element or attribute of the written HTML that is not published.

    Args:
        kind: ``removed`` with its content, ``replaced`` by a link, ``unwrapped`` (its text stays), or an ``attribute``
            or the ``address`` of an element that stays.
        element: The name of the element, as it was written first.
        count: How many there are.
        position: The offset of the first one in the written HTML.
        attribute: The name of the attribute that is not published.
        address: The address of the element; of several, the first one.
    """

    kind: Kind
    element: str
    count: int = 1
    position: int = 0
    attribute: str = ""
    address: str = ""

    def describe_problem(self) -> tuple[str, str, str]:
        """Return code, message and hint of the problem."""
        name = f"<{self.element}>"
        if self.kind == "attribute":
            return "N132", f"{self.attribute}= of {name} is not published", "nothing to do if it is not needed"
        if self.kind == "unwrapped":
            hint = "if it is meant as text, put it between backticks"
            return "N132", f"{name} is removed; its text is published", hint
        if self.kind == "replaced":
            message = f"{name} is replaced by a link, since it would not work in feed readers"
            return "W106", message, "nothing to do if the link is enough"
        if self.element.lower() == "img":
            return "W106", "<img> is removed, since it has no address", "give it the address of the picture: https://…"
        return "W106", f"{name} is removed, since it would not work in feed readers", "link to a page that has it"


def find_losses(written_html: str, kept_html: str) -> list[Loss]:
    """Return the elements and attributes that the sanitiser removed from written HTML, in order of first appearance.

    Attributes such as class, id and style, and elements that only group text, do not count. Relative addresses, which
    are published as absolute ones, and addresses within the page, which are removed on purpose, are not losses.
    """
    if not _UNUSUAL.search(written_html):
        return []
    before, after = _take_inventory(written_html), _take_inventory(kept_html)
    links_of_embeds = max(0, after.elements["a"] - before.elements["a"])
    losses = list(_compare_elements(before, after, links_of_embeds))
    losses += _compare_attributes(before, after)
    losses += _compare_links(before, after.links - links_of_embeds)
    return sorted(losses, key=lambda loss: loss.position)


# HTML with only these tags, attributes and web addresses is kept as it is.
_UNUSUAL = re.compile(
    r"""
    <(?!/?(?:p|em|li|ul|ol|strong|code|pre|blockquote|br|hr|h[1-6]|del|table|thead|tbody|tr)
        (?:[ ](?:data-sourcepos|class|id)="[^"<>]*+")*+(?:[ ]/)?>)
     (?!/?a(?:[ ](?:data-sourcepos|class|id)="[^"<>]*+"|[ ]href="(?:https?:|\#)[^"<>]*+")*+>)
    """,
    re.VERBOSE,
)


@dataclass(slots=True)
class _Inventory:
    """The elements, attributes and addresses in HTML.

    Attributes:
        elements: Name in lower case, as it is published → how many.
        names: The same name → the name as it was written first, and its offset.
        attributes: Element and attribute → how many that are not empty.
        offsets: Element and attribute → the offset of the first one.
        addresses: Element → the addresses of these elements.
        pictures: The address of each picture, if possible one that readers may follow; empty if it has none.
        links: How many links have an address outside the page.
        unfollowable_links: The links whose address readers may not follow, with their offsets.
    """

    elements: Counter[str] = field(default_factory=Counter)
    names: dict[str, tuple[str, int]] = field(default_factory=dict)
    attributes: Counter[tuple[str, str]] = field(default_factory=Counter)
    offsets: dict[tuple[str, str], int] = field(default_factory=dict)
    addresses: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    pictures: list[str] = field(default_factory=list)
    links: int = 0
    unfollowable_links: list[tuple[str, int]] = field(default_factory=list)


def _take_inventory(html: str) -> _Inventory:
    inventory = _Inventory()
    for name, attributes, offset in _find_tags(html):
        lower = name.lower()
        published_name = _PUBLISHED_NAMES.get(lower, lower)
        inventory.elements[published_name] += 1
        inventory.names.setdefault(published_name, (name, offset))
        values = {key.lower(): value for key, value in attributes}
        for attribute in _MEANINGFUL_ATTRIBUTES.get(published_name, _NO_ATTRIBUTES) & values.keys():
            inventory.attributes[published_name, attribute] += 1
            inventory.offsets.setdefault((published_name, attribute), offset)
        if published_name == "img":
            inventory.pictures.append(_find_picture(values))
            continue
        address = trim_address(
            unescape(
                values.get("href" if published_name == "a" else "data" if published_name == "object" else "src", "")
            )
        )
        if published_name == "a" and address and not address.startswith("#"):
            inventory.links += 1
            if not is_followed(address):
                inventory.unfollowable_links.append((address, offset))
        elif address and published_name != "a":
            inventory.addresses[published_name].append(address)
    return inventory


def _find_picture(attributes: Mapping[str, str]) -> str:
    values = (trim_address(unescape(attributes.get(name, ""))) for name in PICTURE_ADDRESSES)
    addresses = [address.split()[0].rstrip(",") for address in values if address]
    return next(filter(is_followed, addresses), next(iter(addresses), ""))


def is_followed(address: str) -> bool:
    """Return True if an address is relative, or has a scheme that readers may follow."""
    scheme = _SCHEME.match(address)
    return scheme is None or scheme[1].lower() in SCHEMES


def _find_tags(html: str) -> Iterator[tuple[str, list[tuple[str, str]], int]]:
    """Yield name, attributes and offset of each start tag."""
    offset = 0
    while match := _MARKUP.search(html, offset):
        offset = match.end()
        name = match["name"]
        if not name or not match["end"]:
            continue
        attributes = [
            (attribute["name"], attribute["double"] or attribute["single"] or attribute["bare"] or "")
            for attribute in _ATTRIBUTE.finditer(match["attributes"])
        ]
        yield name, attributes, match.start()
        if name.lower() in _OPAQUE:
            end = re.compile(rf"</{re.escape(name)}(?=[ \t\n\f\r/>])", re.IGNORECASE).search(html, offset)
            offset = end.start() if end else len(html)


def _compare_elements(before: _Inventory, after: _Inventory, links_of_embeds: int) -> Iterator[Loss]:
    for element, count in before.elements.items():
        lost = count - after.elements[element]
        if lost <= 0 or element in _UNMISSED_ELEMENTS:
            continue
        name, position = before.names[element]
        address = next(iter(before.addresses[element]), "")
        if element == "img":
            yield from _compare_pictures(before, lost)
        elif element in _EMBEDS:
            replaced = min(lost, links_of_embeds)
            links_of_embeds -= replaced
            lost -= replaced
            if replaced:
                yield Loss(kind="replaced", element=name, count=replaced, position=position, address=address)
            if lost:
                yield Loss(kind="removed", element=name, count=lost, position=position, address=address)
        elif element in DROPPED_WITH_CONTENT or element in ("form", "input"):
            yield Loss(kind="removed", element=name, count=lost, position=position, address=address)
        elif element not in TAGS:  # HTML does not allow the others where they are written
            yield Loss(kind="unwrapped", element=name, count=lost, position=position)


def _compare_pictures(before: _Inventory, lost: int) -> Iterator[Loss]:
    """Yield a loss for each address that readers may not follow, and one for all pictures without an address.

    Other removed pictures are copies of those that stay: for browsers without scripts, or of formulas.
    """
    name, position = before.names["img"]
    unfollowable = [address for address in before.pictures if not is_followed(address)][:lost]
    for address in unfollowable:
        yield Loss(kind="removed", element=name, position=position, address=address)
    if addressless := min(lost - len(unfollowable), before.pictures.count("")):
        yield Loss(kind="removed", element=name, count=addressless, position=position)


def _compare_attributes(before: _Inventory, after: _Inventory) -> Iterator[Loss]:
    for (element, attribute), count in before.attributes.items():
        without_element = max(0, before.elements[element] - after.elements[element])
        lost = count - after.attributes[element, attribute] - without_element
        if lost > 0:
            position = before.offsets[element, attribute]
            name = before.names[element][0]
            yield Loss(kind="attribute", element=name, attribute=attribute, count=lost, position=position)


def _compare_links(before: _Inventory, links_after: int) -> Iterator[Loss]:
    lost = min(before.links - links_after, len(before.unfollowable_links))
    for address, position in before.unfollowable_links[: max(0, lost)]:
        yield Loss(kind="address", element="a", attribute="href", address=address, position=position)
