"""Markdown as events: blocks, the items of lists, plain text, and bare addresses made links."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from .as_markdown import DEEPEST_KEY_POINT
from .lines import BARE_URL, is_url, join, trimmed_url
from .matter import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyromark

Event = Any  # a dict or a str of pyromark.event; matched by shape
Events = list[tuple[Event, int, int]]  # with the bytes of the Markdown that they stand for


@dataclass(slots=True)
class Block:
    """Hold one block of the top level: its kind, its number in the text, the bytes where it stands, its events."""

    kind: str
    number: int
    start: int
    end: int
    events: Events


@functools.cache
def markdown() -> pyromark.Markdown:
    """Return the Markdown of entries: CommonMark with tables, strikethrough and footnotes."""
    import pyromark

    options = pyromark.Options
    return pyromark.Markdown(options=options.ENABLE_TABLES | options.ENABLE_STRIKETHROUGH | options.ENABLE_FOOTNOTES)


def to_html(text: str) -> str:
    """Render Markdown; bare addresses become links, save those with a backslash before their ``://``."""
    if "\\:" in text:
        text = _ESCAPED_ADDRESS.sub(rf"\g<0>{MARK}", text)
    return linked(markdown().html(text)).replace(MARK, "")


# Stands in addresses that become no links, and around the numbers of hidden characters. XML cannot carry it: no text
# of an entry holds it.
MARK: Final = "\x01"
_ESCAPED_ADDRESS: Final = re.compile(r"(?<!(?<!\\)\]\()https?\\:(?=//)", re.IGNORECASE)


@dataclass(slots=True)
class Item:
    """An item of a list: where it begins, in bytes; its events, the items below it."""

    start: int
    events: Events = field(default_factory=list)
    children: list[Item] = field(default_factory=list)

    def all_events(self) -> Events:
        """Return its events and those below it, a space between."""
        events = list(self.events)
        for child in self.children:
            events += [("HardBreak", child.start, child.start), *child.all_events()]
        return events


# A soft break between two characters that need no space. Markdown takes it for space, XML cannot carry it.
JOINED: Final = "\f"
NOT_IN_ITEMS: Final = MappingProxyType(
    {
        "CodeBlock": "a block of code",
        "Table": "a table",
        "BlockQuote": "a quotation",
        "HtmlBlock": "HTML",
        "Heading": "a heading",
        "FootnoteDefinition": "a footnote",
        "Rule": "a line across",
    }
)
INLINE_TAGS: Final = MappingProxyType({"Emphasis": "em", "Strong": "strong", "Strikethrough": "del"})
BREAK = re.compile(r"<br ?/?>\n?")
HTML_PARAGRAPH = re.compile(r"<p\b[^<>]*>")
NOTE = re.compile(
    r'<div class="footnote-definition" id="([^"]*)"><sup class="footnote-definition-label">[0-9]+</sup>\n(<p>)?'
)


def blocks_of(text: str) -> Iterator[Block]:
    """Yield the blocks of the top level, each with all its events."""
    depth = number = 0
    block = Block("", 0, 0, 0, [])
    for event, place in markdown().events_with_range(text):
        start, end = place["start"], place["end"]
        if depth == 0:
            block = Block(opens(event) or name_of(event), number, start, end, [])
            number += 1
        block.events.append((event, start, end))
        if type(event) is dict:
            if "Start" in event:
                depth += 1
            elif "End" in event:
                depth -= 1
        if depth == 0:
            yield block


def opens(event: Event) -> str:
    """Return what a start event opens, such as ``Paragraph``; a rule is named too; else nothing."""
    if event == "Rule":
        return "Rule"
    if not isinstance(event, dict) or "Start" not in event:
        return ""
    return name_of(event["Start"])


def name_of(tag: Event) -> str:
    return tag if isinstance(tag, str) else next(iter(tag))


def closes(event: Event) -> str:
    """Return what an end event closes, such as ``Link``; else nothing."""
    return name_of(event["End"]) if isinstance(event, dict) and "End" in event else ""


def note_label(event: Event) -> str:
    """Return the label of a footnote that a text points to; else nothing."""
    return str(event.get("FootnoteReference", "")) if isinstance(event, dict) else ""


def level_of(block: Block) -> int:
    return int(block.events[0][0]["Start"]["Heading"]["level"][1]) if block.kind == "Heading" else 0


def runs_of(blocks: Iterable[Block]) -> list[list[Block]]:
    """Part blocks where others stood between them: those must not run together."""
    runs: list[list[Block]] = []
    for block in blocks:
        if runs and runs[-1][-1].number + 1 == block.number:
            runs[-1].append(block)
        else:
            runs.append([block])
    return runs


def definitions_of(events: Events) -> str:
    """Return the definitions of the links and images, for a part of the text that is rendered on its own."""
    lines = {}
    for event, _, _ in events:
        tag = event["Start"] if isinstance(event, dict) and "Start" in event else None
        if isinstance(tag, dict) and (link := tag.get("Link") or tag.get("Image")) and link["id"]:
            lines[link["id"]] = f"[{link['id']}]: <{_IN_BRACKETS.sub(_escape, link['dest_url'])}>\n"
    return f"{''.join(lines.values())}\n" if lines else ""


_IN_BRACKETS = re.compile(r"[\\<>&]")


def _escape(found: re.Match[str]) -> str:
    return f"\\{found.group()}"


def address(link: Event) -> str:
    return f"mailto:{link['dest_url']}" if link["link_type"] == "Email" else str(link["dest_url"])


def joined_breaks(events: Events) -> frozenset[int]:
    """Return where the soft breaks stand that are no space: between two Chinese or Japanese characters."""
    if not any(event == "SoftBreak" for event, _, _ in events):
        return frozenset()
    found = set()
    before, waiting = "", -1
    for event, start, _ in events:
        if event == "SoftBreak":
            waiting = start
        elif isinstance(event, dict) and (text := event.get("Text") or event.get("Code")):
            if waiting >= 0 and before and join((before, text[0]), spaced=True) == before + text[0]:
                found.add(waiting)
            before, waiting = text[-1], -1
        elif closed := closes(event):
            waiting = -1
            before = before if closed in _WITHIN_LINES else ""
    return frozenset(found)


_WITHIN_LINES: Final = frozenset({"Link", "Image", *INLINE_TAGS})


def plain_of(events: list[tuple[Event, int, int]]) -> str:
    """Return the text of events without markup."""
    return one_line("".join(texts_of(events)))


def hidden(character: str) -> str:
    return f"{MARK}{ord(character):x}{MARK}"


def hide(found: re.Match[str]) -> str:
    return hidden(found.group())


def shown(text: str) -> str:
    """Return text with what `_label` hid."""
    return one_line(_HIDDEN.sub(lambda found: chr(int(found[1], 16)), text))


_HIDDEN = re.compile(f"{MARK}([0-9a-f]+){MARK}")
SEPARATING = re.compile("[-\N{EN DASH}\N{EM DASH}\N{FULLWIDTH HYPHEN-MINUS}/\N{FULLWIDTH SOLIDUS}]")


def outside_links(events: Events) -> str:
    """Return the text around links, save punctuation."""
    links = 0
    around: Events = []
    for event in events:
        links += (opens(event[0]) == "Link") - (closes(event[0]) == "Link")
        around += [] if links else [event]
    return plain_of(around).strip(_PUNCTUATION)


_PUNCTUATION: Final = ".,;:()<>。，；：（）"


def without_images(events: Events) -> Events:
    """Return the events of a text without its pictures, whose alternatives are text, too."""
    inside = 0
    kept: Events = []
    for event in events:
        inside += opens(event[0]) == "Image"
        kept += [] if inside else [event]
        inside -= closes(event[0]) == "Image"
    return kept


def texts_of(events: Events) -> Iterator[str]:
    joined = joined_breaks(events)
    for event, start, _ in events:
        if isinstance(event, str):
            if event in ("SoftBreak", "HardBreak") and start not in joined:
                yield " "
        elif "Text" in event:
            yield event["Text"]
        elif "Code" in event:
            yield event["Code"]
        elif ("InlineHtml" in event and BREAK.fullmatch(event["InlineHtml"])) or closes(event) == "Paragraph":
            yield " "


def is_rich(block: Block) -> bool:
    """Tell whether plain text would lose something of a paragraph."""
    for event, _, _ in block.events:
        if event == "HardBreak" or opens(event) in ("Link", "Image", *INLINE_TAGS):
            return True
        if isinstance(event, dict) and ("Code" in event or "InlineHtml" in event or note_label(event)):
            return True
        if isinstance(event, dict) and "Text" in event and BARE_URL.search(event["Text"]):
            return True
    return False


def items_of(block: Block) -> list[Item]:
    """Nest the items of a list; deeper than `DEEPEST_KEY_POINT` they are siblings there."""
    top = Item(block.start)
    stack = [top]
    for event, start, end in block.events:
        opened = event.get("Start") if isinstance(event, dict) else None
        closed = event.get("End") if isinstance(event, dict) else None
        if opened == "Item":
            item = Item(start)
            stack[min(len(stack), DEEPEST_KEY_POINT) - 1].children.append(item)
            stack.append(item)
        elif closed == "Item":
            stack.pop()
        elif not (isinstance(tag := opened or closed, dict) and "List" in tag):
            stack[-1].events.append((event, start, end))
    return top.children


def linked(html: str) -> str:
    """Turn bare addresses into links, outside of links and code."""
    if html.count("://") == html.count('="https://') + html.count('="http://'):
        return html  # none stands anywhere but in the links that there are
    parts = TAG.split(html)
    closing = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            if not closing and "://" in part:
                parts[place] = BARE_URL.sub(_link, part)
        elif closing:
            closing = "" if part.casefold().startswith(closing) else closing
        elif opening := _LINK_OR_CODE.match(part):
            closing = f"</{opening[1].casefold()}"
    return "".join(parts)


_ENTITY_AFTER_URL = re.compile("&(?:quot|lt|gt);")
TAG = re.compile(r"(<[^<>]*>)")
_LINK_OR_CODE = re.compile(r"<(a|code|pre)\b", re.IGNORECASE)


def _link(found: re.Match[str]) -> str:
    url = _ENTITY_AFTER_URL.split(found.group(), maxsplit=1)[0]
    rest = found.group()[len(url) :]
    trimmed = trimmed_url(url)
    if not is_url(trimmed.replace("&amp;", "&")):
        return found.group()
    return f'<a href="{trimmed}">{trimmed}</a>{url[len(trimmed) :]}{rest}'
