"""HTTP responses for feed documents (RFC 9110), for programs that serve their feeds themselves."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Protocol

from .http_dates import format_http_date, parse_http_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    class RequestHeaders(Protocol):
        """Names and values: a dict, or the headers of Django, Flask, Starlette, WSGI or `email.message`."""

        def items(self) -> Iterable[tuple[str, str]]:
            """Return the pairs."""


# Some servers require a type even for a response without content.
_NO_CONTENT: Final = {"Content-Length": "0", "Content-Type": "text/plain; charset=utf-8"}
GZIP_BYTES: Final = 1_000  # smaller documents fill one packet, compressed or not
_USED_HEADERS: Final = frozenset(
    ("accept-encoding", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
)
_ENTITY_TAG: Final = re.compile(r'(W/)?("[^"]*")')  # RFC 9110, 8.8.3
# An item of Accept-Encoding: a coding, and perhaps its weight.
_CODING: Final = re.compile(
    r"""
    \s* ([\w!#$%&'*+.^`|~-]+) \s*
    (?: ; \s* q= ( 0(?:\.\d{0,3})? | 1(?:\.0{0,3})? ) \s* )?
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


def respond(
    data: bytes,
    media_type: str,
    request_headers: RequestHeaders,
    *,
    method: str = "GET",
    last_modified: datetime | None = None,
    now: datetime | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Return the response to a request for a document: complete, headers only, or 304 if the reader has it already.

    Feed readers request a feed again and again; with ETag and Last-Modified they get it only when it has changed. Text,
    XML and JSON are compressed for readers that accept gzip. Caches must revalidate a stored copy before they use it
    (``no-cache``); to change that, replace Cache-Control in the headers. The server adds Date. Ranges are not
    supported: Range and If-Range are ignored (RFC 9110, 14.2).

    Args:
        data: The complete document.
        media_type: Such as ``application/atom+xml``; text and XML are sent as UTF-8 unless it names a charset.
        request_headers: Of the request, by any spelling: ``If-None-Match``, ``if-none-match``, ``HTTP_IF_NONE_MATCH``.
        method: Of the request: GET and HEAD are answered, others refused.
        last_modified: When these bytes were last changed, aware. Not `Feed.updated`, which a corrected typo leaves
            alone.
        now: Use this as the current time, aware (for tests).

    Returns:
        The status (200, 304, 405 or 412), the headers, and the body, which is empty for HEAD and for all but 200.

    Raises:
        ValueError: `last_modified` has no time zone.
    """
    if method not in ("GET", "HEAD"):
        return 405, {"Allow": "GET, HEAD", **_NO_CONTENT}, b""  # RFC 9110, 15.5.6
    now = now or datetime.now(UTC)
    request = _select_headers(request_headers)
    modified = _limit_date(last_modified, now)
    is_compressible = len(data) >= GZIP_BYTES and _is_text(media_type)
    is_compressed = is_compressible and _accepts_gzip(request.get("accept-encoding", ""))
    # 8.8.3.3: each encoding has its own tag.
    entity_tag = f'"{blake2b(data, digest_size=16).hexdigest()}{"-gzip" if is_compressed else ""}"'
    headers = {"ETag": entity_tag, "Cache-Control": "no-cache"}
    if is_compressible:
        headers["Vary"] = "Accept-Encoding"  # 12.5.5: also if this response is not compressed
    status = _check_preconditions(request, entity_tag, modified, now)
    if status == 304:
        return 304, headers, b""  # 15.4.5: what a 200 would tell caches, nothing about the body
    if status == 412:
        return 412, dict(_NO_CONTENT), b""
    headers |= {"Last-Modified": format_http_date(modified)} if modified else {}
    return _make_full_response(data, media_type, headers, method=method, is_compressed=is_compressed)


def _make_full_response(
    data: bytes, media_type: str, headers: Mapping[str, str], *, method: str, is_compressed: bool
) -> tuple[int, dict[str, str], bytes]:
    content_headers = {}
    if is_compressed:
        data = gzip.compress(data, 6, mtime=0)  # without a date, for the same bytes each time
        content_headers["Content-Encoding"] = "gzip"
    content_headers |= {
        "Content-Type": make_content_type(media_type),
        "Content-Length": str(len(data)),
        "X-Content-Type-Options": "nosniff",  # feeds are full of HTML, and old browsers would take them for HTML
    }
    return 200, {**headers, **content_headers}, data if method == "GET" else b""


def make_content_type(media_type: str) -> str:
    """Return a media type with its charset: UTF-8 for text and XML (RFC 7303, 3), none for JSON (RFC 8259, 11)."""
    name = media_type.casefold()
    if ";" in name or not (name.startswith("text/") or _is_xml(name)):
        return media_type
    return f"{media_type}; charset=utf-8"


def _limit_date(moment: datetime | None, now: datetime) -> datetime | None:
    """Return a date that may be sent as Last-Modified, in whole seconds as HTTP has it.

    A date in the future may not be sent (RFC 9110, 8.8.2.1). Nor may one whose second is not over: the document may
    change again in that second, and keep its date (8.8.2.2).
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("last_modified has no time zone; write datetime(..., tzinfo=UTC)")
    second = moment.replace(microsecond=0)
    return second if now - second >= timedelta(seconds=1) else None


def _select_headers(headers: RequestHeaders) -> dict[str, str]:
    """Return the headers of a request that matter here, by lower-case name."""
    selected: dict[str, str] = {}
    for spelled_name, value in headers.items():
        name = spelled_name.casefold().replace("_", "-").removeprefix("http-")  # WSGI: HTTP_IF_NONE_MATCH
        if name in _USED_HEADERS and isinstance(value, str):  # a WSGI environment has values of other types, too
            selected[name] = f"{selected[name]}, {value}" if name in selected else value.strip()
    return selected


def _check_preconditions(request: dict[str, str], entity_tag: str, modified: datetime | None, now: datetime) -> int:
    """Return 412, 304 or 200, in the order of RFC 9110, 13.2.2, for GET and HEAD."""
    if "if-match" in request:
        if not _matches_tag(request["if-match"], entity_tag, is_weak=False):
            return 412
    elif modified and (limit := parse_http_date(request.get("if-unmodified-since", ""), now)) and modified > limit:
        return 412
    if "if-none-match" in request:  # 13.1.3: then If-Modified-Since does not count
        return 304 if _matches_tag(request["if-none-match"], entity_tag, is_weak=True) else 200
    since = parse_http_date(request.get("if-modified-since", ""), now)
    # A date in the future is ignored: the clock that it was taken from is wrong.
    if modified and since and modified <= since <= now + timedelta(seconds=1):
        return 304
    return 200


def _matches_tag(field: str, entity_tag: str, *, is_weak: bool) -> bool:
    """Return True if a list of entity tags contains one of them, or is ``*``.

    Args:
        field: If-Match or If-None-Match.
        entity_tag: The tag of the document.
        is_weak: Use the weak comparison (RFC 9110, 8.8.3.2): weak tags count, too.
    """
    if field == "*":
        return True
    return any(tag == entity_tag and (is_weak or not prefix) for prefix, tag in _ENTITY_TAG.findall(field))


def _is_xml(name: str) -> bool:
    return name in ("application/xml", "application/xml-dtd") or name.endswith("+xml")


def _is_text(media_type: str) -> bool:
    name = media_type.casefold().partition(";")[0].strip()
    return name.startswith("text/") or _is_xml(name) or name == "application/json" or name.endswith("+json")


def _accepts_gzip(field: str) -> bool:
    """Return True if Accept-Encoding prefers gzip to the plain bytes (RFC 9110, 12.5.3), malformed items aside."""
    codings = [match for item in field.split(",") if (match := _CODING.fullmatch(item))]
    weights = {coding[1].casefold(): float(coding[2] or 1) for coding in codings}
    gzip_weight = max((weights[name] for name in ("gzip", "x-gzip") if name in weights), default=weights.get("*", 0.0))
    return gzip_weight > 0 and gzip_weight >= weights.get("identity", 0.0)
