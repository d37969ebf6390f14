"""Feeds without a fault, and feeds in which one thing is put into such a feed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)

ATOM_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">"""
ATOM_FEED = {
    "id": "<id>tag:x.example,2026:feed</id>",
    "title": "<title>The Digest</title>",
    "updated": "<updated>2026-02-03T09:00:00Z</updated>",
    "author": "<author><name>Ann Author</name></author>",
    "link": (
        '<link rel="self" type="application/atom+xml" href="https://x.example/feed.xml"/>\n'
        '<link rel="alternate" type="text/html" href="https://x.example/"/>'
    ),
}
ATOM_ENTRY = {
    "id": "<id>tag:x.example,2026:a</id>",
    "title": "<title>Night trains return</title>",
    "updated": "<updated>2026-02-01T09:00:00Z</updated>",
    "link": '<link rel="alternate" type="text/html" href="https://x.example/a"/>',
    "content": '<content type="html">&lt;p>Night trains are &lt;b>back&lt;/b>.&lt;/p></content>',
}
RSS_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>"""
RSS_CHANNEL = {
    "title": "<title>The Digest</title>",
    "link": "<link>https://x.example/</link>",
    "description": "<description>All about trains</description>",
    "language": "<language>en</language>",
    "atom:link": '<atom:link rel="self" type="application/rss+xml" href="https://x.example/rss.xml"/>',
}
RSS_ITEM = {
    "title": "<title>Night trains return</title>",
    "link": "<link>https://x.example/a</link>",
    "description": "<description>&lt;p>Night trains are &lt;b>back&lt;/b>.&lt;/p></description>",
    "guid": "<guid>https://x.example/a</guid>",
    "pubDate": "<pubDate>Sun, 01 Feb 2026 09:00:00 +0000</pubDate>",
}
JSON_ITEM: dict[str, Any] = {
    "id": "tag:x.example,2026:a",
    "url": "https://x.example/a",
    "title": "Night trains return",
    "content_html": "<p>Night trains are <b>back</b>.</p>",
    "date_published": "2026-02-01T09:00:00Z",
}
JSON_FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "The Digest",
    "home_page_url": "https://x.example/",
    "feed_url": "https://x.example/feed.json",
    "language": "en",
    "authors": [{"name": "Ann Author"}],
    "items": [JSON_ITEM],
}


def replace_parts(parts: dict[str, str], fragment: str) -> str:
    """Return the parts of an element, without those that a fragment has itself, and the fragment after them."""
    names = set(find_outer_names(fragment))
    kept = [part for name, part in parts.items() if name not in names]
    return "\n".join([*kept, fragment])


def find_outer_names(fragment: str) -> Iterator[str]:
    """Yield the names of the elements of a fragment that stand in no other."""
    depth = 0
    for slash, name, empty in re.findall(r"<(/?)([A-Za-z][\w:]*)[^<>]*?(/?)>", fragment):
        if slash:
            depth -= 1
            continue
        if not depth:
            yield name
        depth += not empty


def make_atom(feed: str = "", entry: str | None = "") -> str:
    """Return a feed of Atom with something put into the feed, or into its entry; without an entry if that is None."""
    inner = "" if entry is None else f"<entry>\n{replace_parts(ATOM_ENTRY, entry)}\n</entry>\n"
    return f"{ATOM_HEAD}\n{replace_parts(ATOM_FEED, feed)}\n{inner}</feed>\n"


def make_rss(channel: str = "", item: str | None = "") -> str:
    """Return a feed of RSS with something put into the channel, or into its item; without an item if that is None."""
    inner = "" if item is None else f"<item>\n{replace_parts(RSS_ITEM, item)}\n</item>\n"
    return f"{RSS_HEAD}\n{replace_parts(RSS_CHANNEL, channel)}\n{inner}</channel>\n</rss>\n"


def make_json(feed: dict[str, Any] | None = None, item: dict[str, Any] | None = None) -> str:
    """Return a JSON feed with members changed; those with the value ... are left out."""
    members = {**JSON_FEED, "items": [_change(JSON_ITEM, item or {})]}
    return json.dumps(_change(members, feed or {}), indent=1, ensure_ascii=False)


def _change(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**members, **changes}.items() if value is not ...}


def make_document(into: str, fragment: str) -> bytes:
    """Return a feed with a fragment in it.

    Args:
        into: ``feed``, ``entry``, ``bare-entry`` (an entry without link and content), ``channel``, ``item``,
            ``json-feed``, ``json-item`` (members of an object), ``document`` (the whole document, or what stands before
            the root element).
        fragment: XML or JSON; ``\\x08`` stands for a byte, ``REPEAT`` for 501 attributes.
    """
    fragment = fragment.strip("\n") if not fragment.startswith("\n<?xml") else fragment
    text = _make_text(into, fragment).replace("REPEAT", " ".join(f'a{number}="1"' for number in range(501)))
    parts = re.split(r"\\x([0-9a-f]{2})", text)
    return b"".join(
        bytes.fromhex(part) if place % 2 else part.encode("utf-8", "backslashreplace")
        for place, part in enumerate(parts)
    )


def _make_text(into: str, fragment: str) -> str:
    if into == "feed":
        return make_atom(fragment, None if "<entry" in fragment else "")
    if into == "entry":
        return make_atom(entry=fragment)
    if into == "bare-entry":
        entry = "\n".join([ATOM_ENTRY["id"], ATOM_ENTRY["title"], ATOM_ENTRY["updated"], fragment])
        return f"{ATOM_HEAD}\n{replace_parts(ATOM_FEED, '')}\n<entry>\n{entry}\n</entry>\n</feed>\n"
    if into == "channel":
        return make_rss(fragment, None if "<item" in fragment else "")
    if into == "item":
        return make_rss(item=fragment)
    if into == "json-feed":
        return make_json(json.loads(f"{{{fragment}}}"))
    if into == "json-item":
        return make_json(item=json.loads(f"{{{fragment}}}"))
    if re.search(r"<[a-zA-Z]|\{|\[\d", fragment):
        return fragment
    return fragment + make_atom().removeprefix('<?xml version="1.0" encoding="utf-8"?>')
