"""Checks a feed of RSS, item by item, and what its items have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .faults import quote
from .rss import ITEM, RSS, VOCABULARY
from .rss_rules import VERSIONS
from .summaries import FeedSummary, summarise_rss_channel, summarise_rss_item

if TYPE_CHECKING:
    from .elements import Element
    from .report import Report


class RssHandler:
    """Checks a feed of RSS 2.0, or of one of its predecessors without RDF."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.summary = FeedSummary(format="rss")
        self.root: Element | None = None
        self.guids: set[str] = set()
        self.last_item: tuple[int, int] | None = None  # elements of the channel before it, offset

    def start_root(self, root: Element) -> None:
        """Take the element ``rss``."""
        self.root = root
        version = root.attributes.get("version", "").strip()
        if version and version not in VERSIONS:
            message = f"there is no RSS {quote(version)}"
            self.report.add("E504", message, root, attribute="version", hint='write version="2.0"')

    def is_entry(self, element: Element) -> bool:
        """Return True for an item of a channel."""
        parent = element.parent
        return element.name == "item" and parent is not None and parent.name == "channel"

    def check_entry(self, entry: Element) -> None:
        """Check an item."""
        VOCABULARY.check_element(entry, ITEM, self.report)
        self.summary.entries.append(summarise_rss_item(entry))
        guid = entry.find("guid")
        value = guid.text.strip() if guid else ""
        if guid is not None and value:
            if value in self.guids:
                self.report.add("E508", f"another item has the guid {quote(value)}", guid)
            self.guids.add(value)
        if entry.parent is not None:
            self.last_item = (len(entry.parent.children), entry.offset)

    def check_document(self, root: Element) -> None:
        """Check the channel without its items."""
        VOCABULARY.check_element(root, RSS, self.report)
        channel = root.find("channel")
        if channel is not None:
            summarise_rss_channel(channel, self.summary)
        if channel is not None and self.last_item is not None:
            before, offset = self.last_item
            if any(":" not in child.name or child.name == "atom:link" for child in channel.children[before:]):
                self.report.add("W511", "items come before other elements of the channel", offset)
