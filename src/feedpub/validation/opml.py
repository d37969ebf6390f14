"""OPML 2.0: a list of feeds (http://opml.org/spec2.opml), as far as it names feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .addresses import check_web_address
from .faults import quote
from .summaries import FeedSummary, LinkSummary

if TYPE_CHECKING:
    from .elements import Element
    from .report import Report


class OpmlHandler:
    """Checks the outlines of a document that are feeds."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.summary = FeedSummary(format="opml")
        self.addresses: set[str] = set()

    def start_root(self, root: Element) -> None:
        """Take the element ``opml``."""
        if "version" not in root.attributes:
            self.report.add("E315", "opml needs the attribute version", root)

    def is_entry(self, element: Element) -> bool:
        """Return True for an outline of the first level, which is checked together with the outlines in it."""
        return element.name == "outline" and element.parent is not None and element.parent.name == "body"

    def check_entry(self, entry: Element) -> None:
        """Check an outline and those in it."""
        waiting = [entry]
        while waiting:
            outline = waiting.pop()
            waiting.extend(reversed(outline.children))
            if outline.attributes.get("type", "").lower() == "rss" or "xmlUrl" in outline.attributes:
                self._check_feed(outline)

    def check_document(self, root: Element) -> None:
        """Check that there is a list of feeds."""
        if root.find("body") is None:
            self.report.add("E711", "opml has no body", root)

    def _check_feed(self, outline: Element) -> None:
        address = outline.attributes.get("xmlUrl", "").strip()
        if not address:
            self.report.add("E711", "an outline of type rss has no xmlUrl", outline)
            return
        if not outline.attributes.get("text", "").strip():
            self.report.add("W710", "an outline has no text", outline)
        if fault := check_web_address(address):
            self.report.add(fault[0], f"outline/@xmlUrl: {fault[1]}", outline, attribute="xmlUrl")
        elif address in self.addresses:
            self.report.add("W711", f"{quote(address)} is listed twice", outline, attribute="xmlUrl")
        self.addresses.add(address)
        language = outline.attributes.get("language", "").strip()
        self.summary.links.append(
            LinkSummary(relation="outline", address=address, language=language, offset=outline.offset)
        )
