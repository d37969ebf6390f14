"""Write text, dates and small elements for Atom and RSS that feedgen cannot write, or writes too slowly."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ..iri import to_uri
from ..language import isolate_bidi
from ..rendering.text import collapse_spaces

if TYPE_CHECKING:
    from ..model import Entry

ATOM_NS: Final = "http://www.w3.org/2005/Atom"
DC_NS: Final = "http://purl.org/dc/elements/1.1/"
HISTORY_NS: Final = "http://purl.org/syndication/history/1.0"
MEDIA_NS: Final = "http://search.yahoo.com/mrss/"

_CHARACTER_REFERENCE = re.compile(r"&#?\w+;")


def round_date(value: datetime) -> datetime:
    """Return a date with whole seconds and an offset of whole minutes, as feeds need it (RFC 3339, section 5.6).

    A date with another offset, such as Shanghai's +08:05:43 in 1900, is converted to UTC.
    """
    if value.tzinfo is not UTC:
        offset = value.utcoffset()
        if offset is not None and (offset.seconds % 60 or offset.microseconds):
            value = value.astimezone(UTC)
    return value.replace(microsecond=0) if value.microsecond else value


def format_rfc822_date(value: datetime) -> str:
    """Return a date in the format of RSS: RFC 822 with a year of four digits, and English names in every locale."""
    day, month = _DAYS[value.weekday()], _MONTHS[value.month - 1]
    text = value.isoformat()  # 2026-02-01T09:00:00+08:00
    return f"{day}, {text[8:10]} {month} {text[:4]} {text[11:19]} {text[19:].replace(':', '')}"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def looks_like_html(text: str) -> bool:
    """Return True if some readers would take plain text for HTML."""
    return "<" in text or ("&" in text and _CHARACTER_REFERENCE.search(text) is not None)


def clean_line(plain: str) -> str:
    """Return a title or a name on one line, with all bidirectional controls closed."""
    return isolate_bidi(collapse_spaces(plain))


def escape_text(value: str) -> str:
    """Escape plain text for the inside of an element."""
    value = value.replace("&", "&#x26;").replace("<", "&#x3C;").replace("\r", "&#13;")
    return value.replace("]]>", "]]&gt;")


def use_hexadecimal_references(escaped: str) -> str:
    """Write ``&`` and ``<`` in escaped plain text as hexadecimal references.

    They are the only form that readers of plain text and readers of HTML decode alike (RSS best-practices profile,
    "Character Data"). lxml never writes it.
    """
    return escaped.replace("&amp;", "&#x26;").replace("&lt;", "&#x3C;")


def quote_attribute(value: str) -> str:
    """Escape plain text for an attribute, and put it in double quotes."""
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    if not value.isprintable():  # parsers read other white space as a space (XML 1.0, section 3.3.3)
        value = value.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")
    return f'"{value}"'


def quote_url(url: str) -> str:
    """Write an http(s) address as a URI in double quotes. Atom also takes IRIs, but every URI is one."""
    return quote_attribute(to_uri(url))


def write_declaration(stylesheet: str | None) -> bytes:
    """Write the XML declaration, and a link to a CSS file if there is one."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    if stylesheet:
        lines.append(f'<?xml-stylesheet type="text/css" href={quote_attribute(stylesheet)}?>')
    return "\n".join([*lines, ""]).encode()


def write_thumbnail(entry: Entry) -> str:
    """Write the image of an entry as a Media RSS thumbnail; an empty string if there is none."""
    return f"<media:thumbnail url={quote_url(entry.image)}/>" if entry.image else ""


def write_media_content(entry: Entry) -> str:
    """Write the image of an entry as Media RSS content in full size; an empty string if there is none."""
    return f'<media:content medium="image" url={quote_url(entry.image)}/>' if entry.image else ""
