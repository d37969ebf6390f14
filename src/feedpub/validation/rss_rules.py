"""The rules of RSS 2.0 that are more than a row of a table."""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING, Final

from .addresses import check_iri
from .dates import find_implausible, parse_rfc822
from .elements import display_name
from .faults import quote
from .languages import report_language
from .text_constructs import check_html_text
from .values import check_non_negative, one_of

if TYPE_CHECKING:
    from .elements import Element
    from .report import Report

DAY: Final = one_of(
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", code="E510"
)  # fmt: skip
HOUR: Final = one_of(*map(str, range(25)), *(f"0{hour}" for hour in range(10)), code="E510")
VERSIONS: Final = ("2.0", "2.0.1", "2.0.11", "0.91", "0.92", "0.93", "0.94")

# What programs that decode twice, or strip tags, take for HTML: a tag, or a reference with a name that HTML has.
_TAG_OR_REFERENCE = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)|&(#?\w{1,40})|<[/A-Za-z]")
_ESCAPED_AS_ADVISED = re.compile(r"&#x(?:26|3[CcEe]);")
_DATES_OF_ITEM: Final = ("pubDate", "dc:date", "atom:published", "atom:updated")
_SHORT_NUMBER: Final = 9
# What podcast directories require of a channel, and by what a podcast is told from other feeds that use a few of these.
_REQUIRED_OF_PODCASTS: Final = ("itunes:image", "itunes:category", "itunes:explicit", "language")
_EPISODE_ELEMENTS: Final = frozenset(
    f"itunes:{name}" for name in ("duration", "episode", "season", "episodeType", "order", "isClosedCaptioned")
)
_PODCAST_MARKS: Final = frozenset(("itunes:category", "itunes:owner", "itunes:type", "podcast:guid"))
# An element of a channel or an item, and one of another namespace that says the same.
_SAME_IN_CHANNEL: Final = (
    ("managingEditor", "dc:creator"),
    ("webMaster", "dc:publisher"),
    ("category", "dc:subject"),
    ("pubDate", "dc:date"),
    ("language", "dc:language"),
    ("copyright", "dc:rights"),
    ("generator", "admin:generatorAgent"),
    ("lastBuildDate", "dcterms:modified"),
    ("creativeCommons:license", "cc:license"),
)
_SAME_IN_ITEM: Final = (
    ("author", "dc:creator"),
    ("category", "dc:subject"),
    ("pubDate", "dc:date"),
    ("pubDate", "atom:published"),
    ("guid", "atom:id"),
    ("source", "dc:source"),
    ("creativeCommons:license", "cc:license"),
)


def check_plausible_date(element: Element, report: Report) -> None:
    """Warn of a date before feeds began, or of tomorrow."""
    reason = find_implausible(parse_rfc822(element.text.strip()), report.now)
    if reason:
        report.add("W301", f"{element.name}: {element.text.strip()} {reason}", element)


def check_plain_text_of_rss(element: Element, report: Report) -> None:
    """Warn of what readers may take for HTML in an element of plain text.

    Programs disagree whether titles are plain text or HTML. The profile advises ``&#x26;`` and ``&#x3C;``, which both
    kinds read alike (section "Character Data").
    """
    text = element.text
    if "<" not in text and "&" not in text:
        return
    risky_text = next((match[0] for match in _TAG_OR_REFERENCE.finditer(text) if _is_risky(match)), "")
    if risky_text and not _ESCAPED_AS_ADVISED.search(report.find_raw_text(element)):
        message = f"{element.name}: readers may take {quote(risky_text)} for HTML"
        report.add("W504", message, element, text=risky_text, hint="write & as &#x26; and < as &#x3C;")


def _is_risky(match: re.Match[str]) -> bool:
    reference = match[2]
    if reference is None:
        return True
    if reference.startswith("#"):
        return True
    return f"{reference};" in html5 or reference == "apos"


def check_description(element: Element, report: Report) -> None:
    """Check the description of an item: HTML, but plain text in RSS 0.91."""
    rss = element.parent.parent.parent if element.parent and element.parent.parent else None
    if rss is None or rss.attributes.get("version") != "0.91":
        check_html_text(element, report)


def check_skipped(element: Element, report: Report) -> None:
    """Check hours or days in which readers need not come."""
    values: set[str] = set()
    for child in element.children:
        value = child.text.strip()
        if child.name == "hour" and value == "24":
            report.add("W514", "midnight is hour 0", child)
        key = value.removeprefix("0") or "0" if child.name == "hour" else value
        key = "0" if key == "24" else key
        if key in values:
            report.add("E511", f"{child.name}: {quote(value)} is repeated", child)
        values.add(key)
    most = 24 if element.name == "skipHours" else 7
    if len(element.children) > most:
        report.add("E510", f"{element.name} has more than {most} values", element)


def _check_image(image: Element, report: Report) -> None:
    """Compare the image of a channel with the channel, as some readers show one and some the other."""
    channel = image.parent
    for name in ("title", "link"):
        image_text, channel_text = image.find_text(name), channel.find_text(name) if channel else ""
        if image_text and channel_text and image_text != channel_text:
            report.add("W507", f"the {name} of the image is not that of the channel", image.find(name) or image)
    url = image.find_text("url")
    ending = url.rpartition(".")[2].lower()
    if re.fullmatch(r"\w{1,10}", ending) and ending not in ("gif", "jpg", "jpeg", "png", "webp", "svg"):
        report.add("W513", f"url: not all readers show an image that ends in .{ending}", image.find("url") or image)


def _check_enclosure(enclosure: Element, report: Report) -> None:
    length = enclosure.attributes.get("length")
    if length is not None and (fault := check_non_negative(length.strip())):
        hint = "write 0 if the length is unknown" if length.strip() in ("", "-1") else ""
        report.add(fault[0], f"enclosure/@length: {fault[1]}", enclosure, attribute="length", hint=hint)


def _check_guid(guid: Element, report: Report) -> None:
    value = guid.text.strip()
    if guid.attributes.get("isPermaLink", "true") != "false":
        if fault := check_iri(value):
            code = fault[0] if fault[0].startswith("W") else "E507"
            report.add(code, f"guid: {fault[1]}", guid, hint='or write isPermaLink="false"')
        elif not value.lower().startswith(("http:", "https:", "ftp:")):
            message = f"guid: {quote(value)} cannot be opened in a browser"
            report.add("E507", message, guid, hint='write isPermaLink="false"')
    elif not value:
        report.add("W302", "guid is empty", guid)
    elif value.isdigit() and len(value) < _SHORT_NUMBER:
        report.add("W512", f"guid: {value} may also be an id in another feed", guid)


def _check_item_content(item: Element, report: Report) -> None:
    names = [child.name for child in item.children]
    if "title" not in names and "description" not in names:
        report.add("E503", "the item has neither title nor description", item)
    if "content:encoded" in names and "description" not in names[: names.index("content:encoded")]:
        content = item.find("content:encoded") or item
        report.add("W509", "content:encoded does not follow a description", content)
    if names.count("enclosure") > 1:
        report.add("W510", "the item has more than one enclosure", item.find_all("enclosure")[1])
    for child in item.children:
        if child.name == "xhtml:body" or (child.name == "atom:content" and "src" not in child.attributes):
            message = f"{display_name(child.name)} says what description and content:encoded say"
            report.add("W517", message, child)


def _check_item_date(item: Element, report: Report) -> None:
    if not any(child.name in _DATES_OF_ITEM for child in item.children):
        report.add("N501", "the item has no date", item)


def _check_item_identity(item: Element, report: Report) -> None:
    guid = item.find("guid")
    rss = item.parent.parent if item.parent else None
    is_second_version = rss is not None and rss.attributes.get("version", "").startswith("2")
    if guid is None and is_second_version:
        report.add("W501", "the item has no guid", item)
    comments = item.find("slash:comments")
    if comments is not None and item.parent and item.parent.find("lastBuildDate") is None:
        report.add("W515", "the number of comments has no date: the channel has no lastBuildDate", comments)


def _check_same(element: Element, report: Report) -> None:
    """Warn of two elements that say the same, as readers take different ones."""
    names = {child.name for child in element.children}
    for core, other in _SAME_IN_CHANNEL if element.name == "channel" else _SAME_IN_ITEM:
        if core in names and other in names:
            report.add("W503", f"{core} and {other} say the same", element.find(other) or element)


def _check_text_input(channel: Element, report: Report) -> None:
    text_input = channel.find("textInput")
    if text_input is not None:
        report.add("W508", "readers ignore textInput", text_input)


def _check_language(channel: Element, report: Report) -> None:
    if channel.find("language") is None and channel.find("dc:language") is None and not channel.inherited("xml:lang"):
        report.add("N304", "the channel does not say its language", channel, hint="add <language>")


def _check_unnamespaced(item: Element, report: Report) -> None:
    """Report elements without a namespace in an element that has one."""
    for child in item.children:
        if ":" in child.name:
            for inner in child.children:
                if ":" not in inner.name:
                    report.add("E512", f"{inner.name} in {display_name(child.name)} has no namespace", inner)


def _check_language_of_item(item: Element, report: Report) -> None:
    """Warn of a text that is not in the script of its language."""
    title = item.find("title")
    channel = item.parent
    if title is None or channel is None:
        return
    language = item.find_text("dc:language") or item.inherited("xml:lang") or channel.find_text("language")
    content = item.find("content:encoded") or item.find("description")
    report_language(report, title, title.text, content.text if content else "", language)


def _check_places_of_podcast(channel: Element, report: Report) -> None:
    """Report elements of an episode that describe the whole podcast."""
    for child in channel.children:
        if child.name in _EPISODE_ELEMENTS:
            report.add("E312", f"there is no element {child.name} in channel", child, hint="move it into the item")


def _check_podcast(channel: Element, report: Report) -> None:
    """Warn of a podcast that lacks what directories require."""
    names = {child.name for child in channel.children}
    if not names & _PODCAST_MARKS:
        return
    for name in _REQUIRED_OF_PODCASTS:
        if name not in names:
            report.add("W518", f"the podcast has no {name}", channel)


IMAGE_RULES: Final = (_check_image,)
ENCLOSURE_RULES: Final = (_check_enclosure,)
GUID_RULES: Final = (_check_guid,)
ITEM_RULES: Final = (
    _check_item_content,
    _check_item_date,
    _check_item_identity,
    _check_same,
    _check_unnamespaced,
    _check_language_of_item,
)
CHANNEL_RULES: Final = (
    _check_same,
    _check_text_input,
    _check_language,
    _check_places_of_podcast,
    _check_podcast,
    _check_unnamespaced,
)
