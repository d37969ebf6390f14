"""What the server says when a feed is fetched: status, redirects, media type, charset, validators, compression."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from .._version import __version__
from ..errors import Problem, find_fix
from ..iri import find_host, find_url_fault, parse_url, to_uri
from ..redaction import hide_secrets
from ..transport.base import ExhaustedError, Request, Response
from ..transport.network_addresses import is_public, parse_numeric_host
from ..transport.sockets import SocketTransport
from .comparing import compare_documents
from .decoding import decode, is_same_encoding
from .faults import quote
from .feed_sets import Member
from .validator import check_document
from .xml_reader import MOST_DOCUMENT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ..transport.base import Transport

TIMEOUT_SECONDS: Final = 30.0  # for a request, with its body
MOST_REDIRECTS: Final = 5
MOST_FEEDS_OF_A_LIST: Final = 200
_LARGE_RESPONSE_BYTES: Final = 10_000  # below that, compression saves no packet worth mentioning
_PERMANENT: Final = (301, 308)
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_HEADERS: Final = {
    "Accept": "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5",
    "Accept-Encoding": "gzip, deflate",
}
# Media types that readers take for a feed of the format; the first is the right one.
MEDIA_TYPES: Final = {
    "atom": ("application/atom+xml", "application/xml", "text/xml"),
    "rss": ("application/rss+xml", "application/xml", "text/xml"),
    "rss1": ("application/rdf+xml", "application/rss+xml", "application/xml", "text/xml"),
    "json": ("application/feed+json", "application/json"),
    "opml": ("text/x-opml", "application/xml", "text/xml", "text/x-opml+xml", "application/octet-stream"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was fetched.

    Args:
        url: Where the redirects ended.
        response: The last response.
        problems: What is wrong about the way there.
    """

    url: str
    response: Response
    problems: list[Problem]


def validate_address(url: str, *, now: datetime | None = None) -> list[Problem]:
    """Fetch a feed, or a list of feeds and all feeds of it, and return what is wrong.

    Args:
        url: Begins with http:// or https://.
        now: The current time.
    """
    transport = SocketTransport(
        user_agent=f"feedpub/{__version__} (validate)", allow_private=_is_private(url), ca_bundle=None, proxy=None
    )
    try:
        problems, member, addresses = _validate_one(transport, url, now)
        members = [member] if member else []
        for address in list(dict.fromkeys(addresses))[:MOST_FEEDS_OF_A_LIST]:
            more, member, _ = _validate_one(transport, address, now)
            problems += more
            members += [member] if member else []
    finally:
        transport.close()
    if addresses:
        problems += compare_documents(members, {}, is_complete=False)
    return [replace(problem, path=hide_secrets(problem.path)) for problem in problems]


def _validate_one(
    transport: Transport, url: str, now: datetime | None
) -> tuple[list[Problem], Member | None, list[str]]:
    """Return the problems of one address, what can be compared with others, and the feeds that a list names."""
    fetched = _fetch_feed(transport, url)
    response, problems = fetched.response, fetched.problems
    if response.code != 200:
        return problems, None, []
    charset = _find_charset(response)
    document = check_document(response.body, path=url, url=fetched.url, charset=charset, now=now)
    problems += document.problems
    if document.summary is None:
        return problems, None, []
    problems += _check_response(url, response, document.summary.format)
    problems += _check_conditional(transport, fetched, url)
    addresses = [link.address for link in document.summary.links if link.relation == "outline"]
    feeds = [address for address in addresses if address and not find_url_fault(address)]
    return problems, Member(path=url, feed=document.summary), feeds


def _fetch_feed(transport: Transport, url: str) -> Fetched:
    """Request an address and follow its redirects."""
    problems: list[Problem] = []
    address, is_permanent = url, True
    for _ in range(MOST_REDIRECTS + 1):
        if fault := find_url_fault(address):
            problems.append(_make_problem("E801", fault, url))
            return Fetched(url=address, response=Response(), problems=problems)
        response = _send_request(transport, address, _HEADERS)
        if response.code not in _REDIRECTS or "location" not in response.headers:
            problems += _check_status(url, response)
            return Fetched(url=address, response=response, problems=problems)
        location = response.headers["location"]
        target = parse_url(location, address)
        if target is None:
            problems.append(_make_problem("E801", f"the server redirects to {quote(location)}, not an address", url))
            return Fetched(url=address, response=Response(), problems=problems)
        is_permanent = is_permanent and response.code in _PERMANENT
        code, kind = ("W803", "permanently") if is_permanent else ("N801", "for now")
        address = target.href
        problems = [_make_problem(code, f"the feed has moved {kind} to {quote(address)}", url)]
    problems.append(_make_problem("E803", f"more than {MOST_REDIRECTS} redirects", url))
    return Fetched(url=address, response=Response(), problems=problems)


def _send_request(transport: Transport, url: str, headers: dict[str, str]) -> Response:
    until = time.monotonic() + TIMEOUT_SECONDS
    transport.send(url, Request("GET", to_uri(url), headers, MOST_DOCUMENT_BYTES + 1, until))
    while True:
        for _, response in transport.wait(until - time.monotonic()):
            if isinstance(response, ExhaustedError):
                return Response(failure="limit", detail=str(response))
            return response
        if time.monotonic() > until + 1:
            return Response(failure="timeout")


def _check_status(url: str, response: Response) -> Iterator[Problem]:
    if response.failure:
        detail = f" ({response.detail})" if response.detail else ""
        yield _make_problem("E801", f"the server did not answer: {response.failure}{detail}", url)
    elif response.code != 200:
        yield _make_problem("E802", f"the server answered {response.code}", url)
    elif not response.is_complete and len(response.body) <= MOST_DOCUMENT_BYTES:  # else its size is the problem
        yield _make_problem("E801", "the answer breaks off", url)


def _check_response(url: str, response: Response, feed_format: str) -> Iterator[Problem]:
    """Report what the header fields say about the feed."""
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    allowed = MEDIA_TYPES[feed_format]
    if media_type not in allowed:
        described = quote(media_type) if media_type else "without a media type"
        yield _make_problem("W801", f"the feed is served as {described}", url, hint=f"send Content-Type: {allowed[0]}")
    charset, declared = _find_charset(response), decode(response.body[:1000]).declared
    if charset and declared and not is_same_encoding(charset, declared):
        yield _make_problem("W802", f"the server says {charset}, and the document says {declared}", url)
    if "etag" not in response.headers and "last-modified" not in response.headers:
        yield _make_problem("W804", "the server sends neither ETag nor Last-Modified", url)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity" and len(response.body) > _LARGE_RESPONSE_BYTES:
        yield _make_problem("W806", f"{len(response.body):,} bytes are sent uncompressed", url)


def _check_conditional(transport: Transport, fetched: Fetched, url: str) -> Iterator[Problem]:
    """Request the feed again as a reader does, and report a server that sends it once more."""
    headers = fetched.response.headers
    conditions = {
        name: headers[field]
        for field, name in (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since"))
        if re.fullmatch(r"[\x20-\x7e]{1,1000}", headers.get(field, ""))
    }
    if not conditions:
        return
    response = _send_request(transport, fetched.url, {**_HEADERS, **conditions})
    if response.code == 200 and response.body == fetched.response.body:
        yield _make_problem("W805", f"the server ignores {' and '.join(conditions)}", url)


def _find_charset(response: Response) -> str:
    match = re.search(r"charset\s{0,9}=\s{0,9}\"?([\w.:-]{1,50})", response.headers.get("content-type", ""), re.I)
    return match[1] if match else ""


def _is_private(url: str) -> bool:
    """Return True if an address names the network that it is in: then its redirects may lead there, too."""
    host = find_host(url)
    literal = parse_numeric_host(host)
    return host == "localhost" or (literal is not None and not is_public(str(literal)))


def _make_problem(code: str, message: str, url: str, hint: str = "") -> Problem:
    return Problem(code=code, message=message, path=url, hint=hint or find_fix(code))
