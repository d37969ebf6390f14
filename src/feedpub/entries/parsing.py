"""Markdown of any form → sections, by the blocks and events of a Markdown parser."""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from .. import iri
from ..checks import is_legal, without_illegal
from ..content import plain_text
from ..model import KeyPoint, Reference
from . import events as md
from .labels import split_label
from .lines import is_url, split_url, without_separator
from .sections import Sections
from .value import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .headings import HeadingTable, Section
    from .source import Source


def parse_sections(
    source: Source, offset: int, headings: HeadingTable, *, has_title: bool, title: str = ""
) -> Sections:
    """Do what `read_sections` does, for Markdown of any form."""
    return _Parser(source, offset, headings).parse(has_title, title)


# With the names of sections, for a hint: each is compared with dozens of words, letter by letter.
MOST_COMPARED_HEADINGS: Final = 200
_BLANKS: Final = re.compile(r"[^\S\n]*")
_BROKEN_LINK: Final = re.compile(r"\]\([a-z]+:/?/?[^()\s]* [^()]*\)", re.IGNORECASE)


class _Parser:
    def __init__(self, source: Source, offset: int, headings: HeadingTable) -> None:
        self.source, self.offset, self.headings = source, offset, headings
        self.text = source.text[offset:]
        self.data = self.text.encode()
        self.found = Sections()
        self.body: list[md.Block] = []
        self.start_of_body: list[md.Block] = []
        self.known: set[Section] = set()
        self.notes: dict[str, int] = {}
        self.last_place = (0, offset)
        self.line_end = (0, 0)  # of the line of the last place: of its text, and of it

    def parse(self, has_title: bool, title: str) -> Sections:
        blocks = list(md.blocks_of(self.text))
        self._number_notes(blocks)
        self._refuse_illegal(blocks)
        section: Section | None = None
        content: list[md.Block] = []
        heading: md.Block | None = None
        headlines: list[md.Block] = []
        for place, block in enumerate(blocks):
            name = self._section(block, blocks[place + 1 : place + 2]) if block.kind == "Heading" else None
            if name:
                self._close(section, heading, content)
                section, heading, content = name, block, []
            elif block.kind == "Heading" and section:
                headlines.append(block)
                self._close(section, heading, content)
                section, heading, content = None, None, [block]
            elif (
                place == 0
                and md.level_of(block) == 1
                and (not has_title or md.plain_of(block.events).split() == title.split())
            ):
                self.found.title = "" if has_title else md.plain_of(block.events)
            else:
                if block.kind == "Heading":
                    headlines.append(block)
                content.append(block)
        self._close(section, heading, content)
        self._render_body()
        self._mention_mistyped(headlines)
        return self.found

    def _number_notes(self, blocks: list[md.Block]) -> None:
        """Number the footnotes in the order of the text: its parts are rendered on their own, and in another order."""
        if "[^" in self.text:
            for block in blocks:
                for event, _, _ in block.events:
                    if label := md.note_label(event):
                        self._note(label)

    def _refuse_illegal(self, blocks: list[md.Block]) -> None:
        """Find what XML cannot carry, however it is written: Markdown reads ``&#1;`` as that character."""
        if "&#" not in self.text:
            return
        for block in blocks:
            for event, start, _ in block.events:
                if isinstance(event, dict) and "Text" in event and not is_legal(event["Text"]):
                    message = f"U+{ord(event['Text'][0]):04X} cannot stand in a feed and is left out"
                    self.source.add("W121", message, "remove the character", *self._place(start))
                    event["Text"] = without_illegal(event["Text"])

    def _section(self, block: md.Block, following: list[md.Block]) -> Section | None:
        """Tell which section a heading opens, if any; each section counts once, a second one is body."""
        for heading in self.headings.find(md.plain_of(block.events)):
            section = heading.section
            if section == "source" and not (following and self._lone_url(following[0])):
                section = "references"  # the same word in many languages; a source is an address
            if section not in ("translation", "furniture") and section not in self.known:
                self.known.add(section)
                return section
        return None

    def _mention_mistyped(self, headlines: list[md.Block]) -> None:
        """Mention headings of the text that nearly name a section which the entry does not have."""
        for block in headlines[:MOST_COMPARED_HEADINGS]:
            near = self.headings.nearest(md.plain_of(block.events))
            if near and near[0].section not in self.known:
                message = f"is a heading of the text, and nearly “{near[1]}”"
                hint = f"if a section is meant, write: ## {near[1].capitalize()}"
                self.source.add("N111", message, hint, *self._place(block.start))

    def _close(self, section: Section | None, heading: md.Block | None, content: list[md.Block]) -> None:
        if section is None:
            self._keep(content)
            return
        rest = getattr(self, f"_read_{section}")(content)
        if content and len(rest) == len(content) and heading:
            rest = [heading, *rest]  # nothing of it was of the section's form: it stays as it was written
        self._keep(rest)

    def _keep(self, blocks: list[md.Block]) -> None:
        self.body += blocks
        if not self.found.first_paragraph:
            texts = (md.plain_of(md.without_images(block.events)) for block in blocks if block.kind == "Paragraph")
            self.found.first_paragraph = next(filter(None, texts), "")

    def _read_title(self, content: list[md.Block]) -> list[md.Block]:
        return self._first_paragraph(content, "title")

    def _first_paragraph(self, content: list[md.Block], name: str) -> list[md.Block]:
        if not content or content[0].kind != "Paragraph":
            return content
        setattr(self.found, name, md.plain_of(content[0].events))
        return content[1:]

    def _read_summary(self, content: list[md.Block]) -> list[md.Block]:
        paragraphs = list(takewhile(lambda block: block.kind == "Paragraph", content))
        self.found.summary = "\n\n".join(text for block in paragraphs if (text := md.plain_of(block.events)))
        if any(md.is_rich(block) for block in paragraphs):
            self.start_of_body = paragraphs
        return content[len(paragraphs) :]

    def _read_key_points(self, content: list[md.Block]) -> list[md.Block]:
        return self._one_list(content, self._points)

    def _read_references(self, content: list[md.Block]) -> list[md.Block]:
        return self._one_list(content, self._references)

    def _one_list(self, content: list[md.Block], read: Callable[[md.Block], None]) -> list[md.Block]:
        """Read the first list of a section; other blocks, and lists that hold more than text, are body."""
        rest = []
        done = False
        for block in content:
            alien = next((name for event, _, _ in block.events if (name := md.opens(event)) in md.NOT_IN_ITEMS), "")
            if block.kind == "List" and not done and not alien:
                read(block)
                done = True
                continue
            rest.append(block)
            if block.kind == "List":
                message = (
                    f"this list holds {md.NOT_IN_ITEMS[alien]}" if alien else "this is another list of its section"
                )
                hint = "it is published as text; a section is one list of plain items"
                self.source.add("W111", message, hint, *self._place(block.start))
        return rest

    def _points(self, block: md.Block) -> None:
        self.found.key_points = tuple(self._key_point(item) for item in md.items_of(block))

    def _key_point(self, item: md.Item) -> KeyPoint:
        children = tuple(self._key_point(child) for child in item.children)
        return KeyPoint(text=self._inline(item.events), children=children)

    def _inline(self, events: md.Events) -> str:
        """Return an item's text as inline HTML."""
        joined = md.joined_breaks(events)
        parts: list[str] = []
        images: list[tuple[int, str]] = []
        for event, start, _ in events:
            if isinstance(event, str):
                parts.append("<br>" if event == "HardBreak" else "" if start in joined else " ")
                continue
            ((kind, tag),) = event.items()
            name = md.name_of(tag) if kind in ("Start", "End") else kind
            if name == "Text":
                hidden = tag[:1] == ":" and self.data[start - 1 : start] == b"\\"
                parts.append(f"{md.MARK if hidden else ''}{escape(tag, quote=False)}")
            elif name == "Code":
                parts.append(f"<code>{escape(tag, quote=False)}</code>")
            elif name == "InlineHtml":
                parts.append(tag.replace("://", f":{md.MARK}//"))
            elif name == "FootnoteReference":
                parts.append(self._note(tag))
            elif name == "Paragraph":
                parts += ["<br>"] if kind == "Start" and parts else []
            elif name == "Image" and kind == "Start":
                images.append((len(parts), tag["Image"]["dest_url"]))
            elif name == "Image":
                place, url = images.pop()
                alternative = unescape(md.TAG.sub("", "".join(parts[place:])))
                parts[place:] = [f'<img src="{escape(url)}" alt="{escape(alternative)}" />']
            elif name == "Link":
                parts.append("</a>" if kind == "End" else f'<a href="{escape(md.address(tag["Link"]))}">')
            else:
                parts.append(f"<{'/' if kind == 'End' else ''}{md.INLINE_TAGS[name]}>")
        html = md.linked("".join(parts)).replace(md.MARK, "")
        return one_line(without_illegal(md.BREAK.sub("<br>", html)))

    def _note(self, label: str) -> str:
        """Return the number of a footnote: readers drop addresses within a page."""
        return f"<sup>{self.notes.setdefault(label.casefold(), len(self.notes) + 1)}</sup>"

    def _references(self, block: md.Block) -> None:
        references = []
        for item in md.items_of(block):
            reference = self._reference(item)
            if reference:
                references.append(reference)
                self.found.reference_places.append(self._place(item.start))
        self.found.references = tuple(references)

    def _reference(self, item: md.Item) -> Reference | None:
        place = self._place(item.start)
        events = item.all_events()
        label, urls = self._label(events)
        if not urls and _BROKEN_LINK.search(label):
            hint = "write %20 for a blank in an address"
            self.source.add("E111", "this link is broken: its address holds a blank", hint, *place)
        elif not urls:
            label, bare = split_url(label)
            urls = [bare] if bare else []
        usable = self._usable(urls, place)
        warnings = [
            (bool(item.children), "part of this reference is a list below it, read as one text with it"),
            (any(md.note_label(event) for event, _, _ in events), "part of this reference is a footnote, left out"),
            (len(usable) > 1, f"this reference has {len(usable)} addresses; the first is taken"),
        ]
        for found, message in warnings:
            if found:
                self.source.add("W109", message, "write a reference on one line, each work with its own number", *place)
        title, publishers = split_label(label)
        title, publishers = md.shown(title), tuple(md.shown(publisher) for publisher in publishers)
        if not title and not usable:
            self.source.add("W109", "this reference is empty", "write a title, or remove it", *place)
            return None
        return Reference(title=title or usable[0], publishers=publishers, url=usable[0] if usable else None)

    def _usable(self, urls: list[str], place: tuple[int, int]) -> list[str]:
        """Return the addresses that a feed can link to; the others are errors."""
        usable = []
        for url in urls:
            if is_url(url):
                usable.append(url)
            else:
                self.source.add("E111", iri.fault(url), iri.suggest_url(url), *place)
        return usable

    def _read_source(self, content: list[md.Block]) -> list[md.Block]:
        self.found.via = self._lone_url(content[0])
        self.found.via_place = self._place(content[0].start)
        return content[1:]

    def _lone_url(self, block: md.Block) -> str | None:
        """Return the address of a paragraph that is nothing but it, or a link."""
        if block.kind != "Paragraph":
            return None
        label, urls = self._label(block.events)
        if not urls:
            label, bare = split_url(label)
            return bare if bare and not label else None
        return urls[0] if len(urls) == 1 and is_url(urls[0]) and not md.outside_links(block.events) else None

    def _read_previous(self, content: list[md.Block]) -> list[md.Block]:
        return self._neighbour(content, "previous")

    def _read_next(self, content: list[md.Block]) -> list[md.Block]:
        return self._neighbour(content, "next")

    def _neighbour(self, content: list[md.Block], name: str) -> list[md.Block]:
        if not content or content[0].kind != "Paragraph":
            return content
        label, urls = self._label(content[0].events)
        if not urls:
            label, bare = split_url(label)
            urls = [bare] if bare else []
        url = next(iter(self._usable(urls, self._place(content[0].start))), None)
        title = md.shown(label) or url
        if not title:
            return content
        setattr(self.found, name, Reference(title=title, url=url))
        return content[1:]

    def _label(self, events: md.Events) -> tuple[str, list[str]]:
        """Return the text of a reference and the addresses of its links; an address that stands for itself is no text.

        A character that is escaped, or written by its number, is hidden: it separates nothing. Neither does one in a
        link that the text begins with, which is the title.
        """
        joined = md.joined_breaks(events)
        texts: list[str] = []
        urls: list[str] = []
        bare = autolinked = title = begun = False
        for event, start, end in events:
            tag = event.get("Start") if isinstance(event, dict) else None
            if isinstance(tag, dict) and "Link" in tag:
                urls.append(tag["Link"]["dest_url"])
                bare = tag["Link"]["link_type"] == "Autolink"
                title = not bare and not begun
                autolinked = autolinked or bare
            elif md.closes(event) == "Link":
                bare = title = False
            elif not bare and start not in joined:
                text = "".join(md.texts_of([(event, start, end)]))
                begun = begun or bool(text.strip())
                escaped = self.data[start - 1 : start] == b"\\" or self.data[start : start + 2] == b"&#"
                if title:
                    text = md.SEPARATING.sub(md.hide, text)
                texts.append(f"{md.hidden(text[0])}{text[1:]}" if escaped and text[:1] not in ("", md.MARK) else text)
        label = one_line("".join(texts))
        return (without_separator(label) if autolinked else label), urls

    def _render_body(self) -> None:
        blocks = sorted(self.body, key=lambda block: (block.kind == "FootnoteDefinition", block.number))
        html = (self._rendered(run) for run in [*md.runs_of(self.start_of_body), *md.runs_of(blocks)])
        self.found.body = without_illegal("\n".join(part for part in html if part))
        if not self.found.first_paragraph and not self.notes and (opening := md.HTML_PARAGRAPH.search(self.found.body)):
            self.found.first_paragraph = plain_text(self.found.body[opening.end() :].partition("</p>")[0])

    def _rendered(self, blocks: Sequence[md.Block]) -> str:
        """Render blocks that follow each other, with the definitions of their links before them."""
        events = [event for block in blocks for event in block.events]
        pieces = []
        done = self.data.rfind(b"\n", 0, blocks[0].start) + 1  # where the indent of code begins
        for start, end, text in self._edits(events):
            pieces += [self.data[done:start].decode(), text]
            done = end
        pieces.append(self.data[done : blocks[-1].end].decode())
        definitions = md.definitions_of(events) if "]:" in self.text else ""
        html = md.to_html(definitions + "".join(pieces).strip("\n")).replace(md.JOINED, "").strip()
        return md.NOTE.sub(self._note_text, html) if self.notes else html

    def _note_text(self, found: re.Match[str]) -> str:
        number = self._note(unescape(found[1]))
        return f"<div>\n<p>{number} " if found[2] else f"<div>\n<p>{number}</p>\n"

    def _edits(self, events: md.Events) -> Iterator[tuple[int, int, str]]:
        """Yield what stands otherwise in the Markdown of the body: from where to where, and the text."""
        joined = md.joined_breaks(events)
        if not joined and "[^" not in self.text and "<" not in self.text:
            return
        for place, (event, start, end) in enumerate(events):
            if not isinstance(event, dict):
                if start in joined:
                    while self.data[start - 1 : start] in (b" ", b"\t"):
                        start -= 1
                    yield start, events[place + 1][1], md.JOINED
            elif label := md.note_label(event):
                yield start, end, self._note(label)
            elif "Html" in event or "InlineHtml" in event:  # HTML stays as it is
                html = self.data[start:end].decode()
                if "://" in html:
                    yield start, end, html.replace("://", f":{md.MARK}//")

    def _place(self, start: int) -> tuple[int, int]:
        """Turn a byte of the Markdown into the characters from there to the end of the line."""
        known, place = self.last_place if start >= self.last_place[0] else (0, self.offset)
        place += len(self.data[known:start].decode())
        self.last_place = (start, place)
        if not place < self.line_end[1]:
            end = self.source.text.find("\n", place)
            end = end if end >= 0 else len(self.source.text)
            line = self.source.text[place:end]
            self.line_end = place + len(line.rstrip()), end
        blank = _BLANKS.match(self.source.text, place, self.line_end[1])
        return blank.end() if blank else place, max(place, self.line_end[0])
