"""What a web server answers when a document is asked for (RFC 9110), for programs that serve their feeds themselves."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    class RequestHeaders(Protocol):
        """Names and values: a dict, or what Django, Flask, Starlette, WSGI or `email.message` have for headers."""

        def items(self) -> Iterable[tuple[str, str]]:
            """Return the pairs."""


# Of an answer without content; some servers ask for a type even then.
_NOTHING: Final = {"Content-Length": "0", "Content-Type": "text/plain; charset=utf-8"}
# Smaller documents fill one packet, compressed or not.
GZIP_BYTES: Final = 1_000


def respond(
    data: bytes,
    media_type: str,
    request_headers: RequestHeaders,
    *,
    method: str = "GET",
    last_modified: datetime | None = None,
    now: datetime | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Answer a request for a document: in full, with headers alone, or by 304 if the reader has it already.

    Feed readers ask again and again; with ETag and Last-Modified they get a feed only when it has changed. Text, XML
    and JSON are compressed for readers that take gzip. Caches ask before they show what they keep (``no-cache``): set
    another Cache-Control in the headers to let them wait. The server adds Date; ranges are not served (RFC 9110, 14.2:
    Range and If-Range are ignored).

    Args:
        data: The document, whole.
        media_type: Such as ``application/atom+xml``; text and XML are sent as UTF-8 unless it names a charset.
        request_headers: Of the request, by any spelling: ``If-None-Match``, ``if-none-match``, ``HTTP_IF_NONE_MATCH``.
        method: Of the request: GET and HEAD are answered, others refused.
        last_modified: When these bytes were last changed, aware. Not `Feed.updated`: a mended typo leaves that alone.
        now: The time, aware; for tests.

    Returns:
        The status (200, 304, 405 or 412), the headers and the body, which is empty for HEAD and all but 200.

    Raises:
        ValueError: `last_modified` has no time zone.
    """
    if method not in ("GET", "HEAD"):
        return 405, {"Allow": "GET, HEAD", **_NOTHING}, b""  # RFC 9110, 15.5.6
    now = now or datetime.now(UTC)
    asked = _fields(request_headers)
    modified = _sendable(last_modified, now)
    compressible = len(data) >= GZIP_BYTES and _is_text(media_type)
    packed = compressible and _takes_gzip(asked.get("accept-encoding", ""))
    # 8.8.3.3: each encoding has a tag of its own.
    tag = f'"{blake2b(data, digest_size=16).hexdigest()}{"-gzip" if packed else ""}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if compressible:
        headers["Vary"] = "Accept-Encoding"  # 12.5.5: also when this answer is not compressed
    status = _precondition(asked, tag, modified, now)
    if status == 304:
        return 304, headers, b""  # 15.4.5: what a 200 would say to caches, nothing about the body
    if status == 412:
        return 412, dict(_NOTHING), b""
    if packed:
        data = gzip.compress(data, 6, mtime=0)  # no date inside: the same bytes each time
        headers["Content-Encoding"] = "gzip"
    if modified:
        headers["Last-Modified"] = http_date(modified)
    headers |= {
        "Content-Type": content_type(media_type),
        "Content-Length": str(len(data)),
        "X-Content-Type-Options": "nosniff",  # feeds are full of HTML, which old browsers would take for the type
    }
    return 200, headers, data if method == "GET" else b""


def content_type(media_type: str) -> str:
    """Return a media type with its charset: UTF-8 for text and XML (RFC 7303, 3), none for JSON (RFC 8259, 11)."""
    name = media_type.casefold()
    if ";" in name or not (name.startswith("text/") or _is_xml(name)):
        return media_type
    return f"{media_type}; charset=utf-8"


def http_date(moment: datetime) -> str:
    """Write a date as HTTP does (IMF-fixdate; RFC 9110, 5.6.7), in English whatever the locale."""
    moment = moment.astimezone(UTC)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"


def parse_http_date(text: str, now: datetime) -> datetime | None:
    """Read a date in one of the three forms of RFC 9110, 5.6.7; None if it is in none of them."""
    found = next((match for form in _DATES if (match := form.fullmatch(text))), None)
    if not found or found["month"] not in _MONTHS:
        return None
    year, month, day = int(found["year"]), _MONTHS.index(found["month"]) + 1, int(found["day"])
    hour, minute, second = (int(part) for part in found["time"].split(":"))
    if len(found["year"]) == 2:
        now = now.astimezone(UTC)
        year += now.year // 100 * 100
        latest = (now.year + 50, now.month, now.day, now.hour, now.minute, now.second)
        if (year, month, day, hour, minute, second) > latest:  # "appears to be more than 50 years in the future"
            year -= 100
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)  # 60 is a leap second
    except ValueError:
        return None


_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_TIME = r"(?P<time>\d\d:\d\d:\d\d)"
_DATES = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"[A-Z][a-z]{{2}}, (?P<day>\d\d) (?P<month>\w{{3}}) (?P<year>\d{{4}}) {_TIME} GMT",
        rf"[A-Z][a-z]{{5,8}}, (?P<day>\d\d)-(?P<month>\w{{3}})-(?P<year>\d\d) {_TIME} GMT",  # RFC 850
        rf"[A-Z][a-z]{{2}} (?P<month>\w{{3}}) (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})",  # asctime
    )
)


def _sendable(moment: datetime | None, now: datetime) -> datetime | None:
    """Return a date in whole seconds, as HTTP's dates are; none that is still to come (RFC 9110, 8.8.2.1).

    Nor one whose second is not over: the document may change once more in it, and keep its date (8.8.2.2).
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("last_modified has no time zone; write datetime(..., tzinfo=UTC)")
    second = moment.replace(microsecond=0)
    return second if now - second >= timedelta(seconds=1) else None


def _fields(given: RequestHeaders) -> dict[str, str]:
    """Return the fields of a request that count here, by lower-case name."""
    found: dict[str, str] = {}
    for spelled, value in given.items():
        name = spelled.casefold().replace("_", "-").removeprefix("http-")  # WSGI: HTTP_IF_NONE_MATCH
        if name in _COUNT and isinstance(value, str):  # a WSGI environment holds other things, too
            found[name] = f"{found[name]}, {value}" if name in found else value.strip()
    return found


_COUNT = frozenset(("accept-encoding", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"))


def _precondition(asked: dict[str, str], tag: str, modified: datetime | None, now: datetime) -> int:
    """Return 412, 304 or 200: the order is that of RFC 9110, 13.2.2, of GET and HEAD."""
    if "if-match" in asked:
        if not _lists(asked["if-match"], tag, weak=False):
            return 412
    elif modified and (limit := parse_http_date(asked.get("if-unmodified-since", ""), now)) and modified > limit:
        return 412
    if "if-none-match" in asked:  # 13.1.3: then If-Modified-Since does not count
        return 304 if _lists(asked["if-none-match"], tag, weak=True) else 200
    since = parse_http_date(asked.get("if-modified-since", ""), now)
    # A date to come says nothing: the clock that it was taken from is wrong.
    if modified and since and modified <= since <= now + timedelta(seconds=1):
        return 304
    return 200


_ENTITY_TAG = re.compile(r'(W/)?("[^"]*")')  # RFC 9110, 8.8.3


def _lists(field: str, tag: str, *, weak: bool) -> bool:
    """Tell whether a list of entity tags holds `tag` (RFC 9110, 8.8.3.2); ``*`` holds all."""
    if field == "*":
        return True
    return any(found == tag and (weak or not mark) for mark, found in _ENTITY_TAG.findall(field))


def _is_xml(name: str) -> bool:
    return name in ("application/xml", "application/xml-dtd") or name.endswith("+xml")


def _is_text(media_type: str) -> bool:
    name = media_type.casefold().partition(";")[0].strip()
    return name.startswith("text/") or _is_xml(name) or name == "application/json" or name.endswith("+json")


_CODING = re.compile(r"\s*([\w!#$%&'*+.^`|~-]+)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?", re.ASCII | re.I)


def _takes_gzip(field: str) -> bool:
    """Tell whether Accept-Encoding prefers gzip to the plain bytes (RFC 9110, 12.5.3); what is malformed is skipped."""
    found = [match for part in field.split(",") if (match := _CODING.fullmatch(part))]
    weights = {match[1].casefold(): float(match[2] or 1) for match in found}
    gzipped = max((weights[name] for name in ("gzip", "x-gzip") if name in weights), default=weights.get("*", 0.0))
    return gzipped > 0 and gzipped >= weights.get("identity", 0.0)
