"""Find out what a document is, and check it by the rules of its format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .addresses import check_iri
from .atom import AtomHandler
from .decoding import decode, decode_json
from .faults import quote
from .jsonfeed import check_json_feed
from .namespaces import ATOM, OBSOLETE, PREFIXES, WELL_KNOWN_PREFIXES, find_similar_namespace
from .opml import OpmlHandler
from .report import Report
from .rss1 import Rss1Handler
from .rss_handler import RssHandler
from .source import Source
from .xml_reader import MOST_DOCUMENT_BYTES, Handler, RefusedError, read_xml, replace_undefined_entities

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ..errors import Problem
    from .elements import Element
    from .summaries import FeedSummary

# An object or an array of JSON, in UTF-8 or UTF-16, with a byte order mark or without.
_JSON_START = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\x00 \t\r\n]{0,1000}[{\[]")
_LARGE_DOCUMENT_BYTES: Final = 5_000_000
# Controls that nobody writes (U+0080 to U+009F without U+0085), as bytes or as references: text in Windows-1252 that
# was read as ISO 8859-1, or in UTF-8 that was encoded twice; and U+FFFD, which stands for what could not be read.
_WRONG_CHARACTERS: Final = (  # each begins with a literal, which makes the search twenty times as fast
    re.compile(rb"\xc2[\x80-\x84\x86-\x9f]"),
    re.compile(rb"\xef\xbf\xbd"),
    re.compile(rb"&#(?:12[89]|13[0-24-9]|14[0-9]|15[0-9]|[xX][89][0-9A-Fa-f]|65533|[xX][Ff]{3}[dD]);"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a check of a document found.

    Args:
        problems: What is wrong with it.
        summary: What can be compared with other documents; None if it could not be read.
    """

    problems: list[Problem]
    summary: FeedSummary | None = None


def check_bytes(
    data: bytes, *, path: str = "", url: str = "", charset: str = "", now: datetime | None = None
) -> list[Problem]:
    """Return what is wrong with a document; see `check_document`."""
    return check_document(data, path=path, url=url, charset=charset, now=now).problems


def check_document(
    data: bytes, *, path: str = "", url: str = "", charset: str = "", now: datetime | None = None
) -> Document:
    """Check a document.

    Args:
        data: The document.
        path: How messages name it.
        url: Where it is served; empty if that is unknown.
        charset: The parameter of the HTTP header Content-Type; empty if there is none.
        now: The current time.
    """
    if len(data) > MOST_DOCUMENT_BYTES:
        report = Report(Source(b"", path), url=url, now=now)
        message = f"the document has more than {MOST_DOCUMENT_BYTES:,} bytes, the most that is read"
        report.add("E306", message, None)
        return Document(problems=report.finish())
    is_json = _JSON_START.match(data)
    decoded = decode_json(data) if is_json else decode(data, charset)
    source = Source(decoded.data, path)
    report = Report(source, url=url, now=now)
    if is_json:
        summary = check_json_feed(decoded.data.decode("utf-8", "replace"), report)
    else:
        report, summary = _check_xml(decoded.data, report)
    for finding in decoded.findings:
        report.add(finding.code, finding.message, finding.offset)
    if decoded.encoding in ("iso8859-1", "cp1252") and _is_utf8(data):
        report.add("W313", f"the document is declared as {decoded.declared or charset}, and its bytes are UTF-8", 0)
    _check_characters(decoded.data, report)
    if len(data) > _LARGE_DOCUMENT_BYTES:
        report.add("W315", f"the document has {len(data):,} bytes", None)
    return Document(problems=report.finish(), summary=summary)


def _check_xml(data: bytes, report: Report) -> tuple[Report, FeedSummary | None]:
    """Check a document of XML, once more if it has entities that end the reading."""
    handler = _RootHandler(report)
    namespaces = read_xml(data, handler, report)
    if report.has_code("E304"):
        report = Report(report.source, url=report.url, now=report.now)
        handler = _RootHandler(report)
        namespaces = read_xml(replace_undefined_entities(data, report), handler, report)
    _check_namespaces(namespaces, report)
    return report, handler.summary


class _RootHandler:
    """Chooses the rules by the root element."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.handler: Handler | None = None
        self.summary: FeedSummary | None = None

    def start_root(self, root: Element) -> None:
        make_handler = HANDLERS.get(root.name)
        if make_handler is None:
            self._refuse_root(root)
        else:
            self.handler = make_handler(self.report)
            self.handler.start_root(root)

    def is_entry(self, element: Element) -> bool:
        return self.handler is not None and self.handler.is_entry(element)

    def check_entry(self, entry: Element) -> None:
        assert self.handler is not None  # `is_entry` was true
        self.handler.check_entry(entry)

    def check_document(self, root: Element) -> None:
        assert self.handler is not None  # a root without one is refused
        self.handler.check_document(root)
        self.summary = self.handler.summary

    def _refuse_root(self, root: Element) -> None:
        namespace, _, local = root.name.rpartition("}") if "}" in root.name else ("", "", root.name.rpartition(":")[2])
        if local in ("feed", "entry"):
            stands_in = f"in the namespace {quote(namespace[1:])}" if namespace else "in no namespace"
            self.report.add("E311", f"{local} is {stands_in}, not in that of Atom", root, hint=f'write xmlns="{ATOM}"')
        elif local in ("rss", "channel") and namespace:
            message = f"{local} is in the namespace {quote(namespace[1:])}"
            self.report.add("E311", message, root, hint="the elements of RSS 2.0 have no namespace")
        else:
            self.report.add("E308", f"the document is {quote(local)}, not a feed", root)
        raise RefusedError


HANDLERS: Final[Mapping[str, Callable[[Report], Handler]]] = {
    "atom:feed": AtomHandler,
    "atom:entry": AtomHandler,
    "rss": RssHandler,
    "rdf:RDF": Rss1Handler,
    "opml": OpmlHandler,
}


def _is_utf8(data: bytes) -> bool:
    """Return True if bytes can be nothing but UTF-8: with characters that are not ASCII, and all of them valid."""
    if data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _check_characters(data: bytes, report: Report) -> None:
    if report.has_code("E302"):
        return
    matches = (pattern.search(data) for pattern in _WRONG_CHARACTERS)
    match = min(filter(None, matches), key=lambda match: match.start(), default=None)
    if match:
        written = match[0].decode("utf-8")
        described = written if written.startswith("&") else f"U+{ord(written):04X}"
        report.add("W313", f"the character {described} is a sign of a wrong encoding", match.start())


def _check_namespaces(namespaces: list[tuple[str, str]], report: Report) -> None:
    for prefix, uri in namespaces:
        offset = max(report.source.data.find(f'"{uri}"'.encode()), report.source.data.find(f"'{uri}'".encode()), 0)
        similar = find_similar_namespace(uri)
        if uri in OBSOLETE:
            report.add("W320", f"the namespace {quote(uri)} is obsolete", offset, hint=f"write {OBSOLETE[uri]}")
        elif similar:
            report.add("E311", f"there is no namespace {quote(uri)}", offset, hint=f"write {similar}")
        elif uri and uri not in PREFIXES and (fault := check_iri(uri)) and fault[0] == "E317":
            report.add("E311", f"the name of the namespace {quote(uri)} is not an address", offset)
        if WELL_KNOWN_PREFIXES.get(prefix, uri) != uri and PREFIXES.get(uri) != prefix and not similar:
            message = f"the prefix {prefix} is used for {quote(uri)}"
            report.add("W321", message, offset, hint=f"programs take it for {WELL_KNOWN_PREFIXES[prefix]}")
