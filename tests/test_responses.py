"""Answers to requests for a document, by the rules of RFC 9110."""

import gzip
import json
import wsgiref.headers
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub import respond
from feedpub.serving.http_dates import format_http_date, parse_http_date
from feedpub.serving.responses import GZIP_BYTES

DATA = b"<feed/>"
LONG = b"<feed>" + b"<title>Night trains</title>" * 200 + b"</feed>"
ATOM = "application/atom+xml"
NOW = datetime(2026, 2, 3, 12, 0, tzinfo=UTC)
CHANGED = datetime(2026, 2, 1, 1, 0, 0, 987_654, tzinfo=UTC)
CHANGED_HTTP = "Sun, 01 Feb 2026 01:00:00 GMT"


def ask(
    headers: Mapping[str, str] | None = None,
    *,
    data: bytes = DATA,
    media_type: str = ATOM,
    method: str = "GET",
    last_modified: datetime | None = CHANGED,
) -> tuple[int, dict[str, str], bytes]:
    return respond(data, media_type, headers or {}, method=method, last_modified=last_modified, now=NOW)


TAG = ask()[1]["ETag"]
NOTHING = {"Content-Length": "0", "Content-Type": "text/plain; charset=utf-8"}


# The whole document


def test_a_document() -> None:
    status, headers, body = ask()
    assert (status, body) == (200, DATA)
    assert headers == {
        "ETag": TAG,
        "Cache-Control": "no-cache",
        "Last-Modified": CHANGED_HTTP,
        "Content-Type": "application/atom+xml; charset=utf-8",
        "Content-Length": str(len(DATA)),
        "X-Content-Type-Options": "nosniff",
    }
    assert TAG[0] == TAG[-1] == '"'
    assert '"' not in TAG[1:-1]


def test_the_tag_is_of_the_bytes_alone() -> None:
    assert ask(last_modified=None, media_type="text/plain")[1]["ETag"] == TAG
    assert ask(data=DATA + b"\n")[1]["ETag"] != TAG


def test_head_says_the_same_without_a_body() -> None:
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        status, answer, body = ask(headers, data=LONG, method="HEAD")
        assert (status, body) == (200, b"")
        assert answer == ask(headers, data=LONG)[1]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"])
def test_other_methods_are_refused_whatever_else_is_asked(method: str) -> None:
    headers = {"If-Match": '"other"', "If-None-Match": TAG}
    assert ask(headers, method=method) == (405, {"Allow": "GET, HEAD", **NOTHING}, b"")


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/atom+xml", "application/atom+xml; charset=utf-8"),
        ("application/rss+xml", "application/rss+xml; charset=utf-8"),
        ("application/xml", "application/xml; charset=utf-8"),
        ("Text/X-OPML", "Text/X-OPML; charset=utf-8"),
        ("text/xml; charset=gb18030", "text/xml; charset=gb18030"),
        ("application/feed+json", "application/feed+json"),
        ("application/json", "application/json"),
        ("image/png", "image/png"),
        ("image/svg+xml", "image/svg+xml; charset=utf-8"),
    ],
)
def test_text_and_xml_tell_their_charset(media_type: str, expected: str) -> None:
    assert ask(media_type=media_type)[1]["Content-Type"] == expected


# Entity tags


@pytest.mark.parametrize(
    "field",
    [TAG, f"W/{TAG}", "*", f'"a", {TAG}', f'"with, comma",W/{TAG} , "b"', f"unquoted, {TAG}", f'"", {TAG}', f" {TAG} "],
)
def test_a_reader_that_has_it_gets_304(field: str) -> None:
    for method in ("GET", "HEAD"):
        status, headers, body = ask({"If-None-Match": field}, method=method)
        assert (status, headers, body) == (304, {"ETag": TAG, "Cache-Control": "no-cache"}, b"")


@pytest.mark.parametrize("field", ['"other"', "", TAG.strip('"'), TAG.upper(), f'"*, {TAG[1:]}', TAG[:-1]])
def test_a_reader_that_has_another_gets_all(field: str) -> None:
    assert ask({"If-None-Match": field})[::2] == (200, DATA)


def test_a_tag_decides_and_the_date_does_not_count() -> None:
    late = format_http_date(CHANGED + timedelta(days=1))
    assert ask({"If-None-Match": '"other"', "If-Modified-Since": late})[0] == 200
    early = format_http_date(CHANGED - timedelta(days=1))
    assert ask({"If-None-Match": TAG, "If-Modified-Since": early})[0] == 304


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": TAG}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": f'"a", {TAG}'}, 200),
        ({"If-Match": f"W/{TAG}"}, 412),  # strong comparison
        ({"If-Match": '"a"'}, 412),
        ({"If-Match": TAG, "If-None-Match": TAG}, 304),
        ({"If-Match": '"a"', "If-None-Match": TAG}, 412),
        ({"If-Unmodified-Since": CHANGED_HTTP}, 200),
        ({"If-Unmodified-Since": format_http_date(CHANGED - timedelta(seconds=1))}, 412),
        ({"If-Unmodified-Since": "yesterday"}, 200),
        ({"If-Match": TAG, "If-Unmodified-Since": format_http_date(CHANGED - timedelta(days=1))}, 200),
    ],
)
def test_other_preconditions(headers: dict[str, str], status: int) -> None:
    answered, _, body = ask(headers)
    assert answered == status
    assert (body == DATA) == (status == 200)


def test_ranges_are_not_served() -> None:
    response = ask()
    assert ask({"Range": "bytes=0-3"}) == ask({"Range": "bytes=0-3", "If-Range": TAG}) == response
    assert "Accept-Ranges" not in response[1]


# Dates


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (CHANGED_HTTP, 304),
        ("Sunday, 01-Feb-26 01:00:00 GMT", 304),
        ("Sun Feb  1 01:00:00 2026", 304),
        ("Mon, 02 Feb 2026 01:00:00 GMT", 304),
        ("Sun, 01 Feb 2026 00:59:59 GMT", 200),
        (format_http_date(NOW), 304),
        (format_http_date(NOW + timedelta(days=1)), 200),  # to come: that clock is wrong
        ("Sun, 01 Feb 2026 01:00:00 +0000", 200),
        ("2026-02-01T01:00:00Z", 200),
        ("Sun, 31 Feb 2026 01:00:00 GMT", 200),
        ("Sun, 01 Foo 2026 01:00:00 GMT", 200),
        ("Sun, 01 Feb 2026 25:00:00 GMT", 200),
        ("So, 01 Feb 2026 01:00:00 GMT", 200),
        (f"{CHANGED_HTTP}, {CHANGED_HTTP}", 200),
        ("", 200),
    ],
)
def test_if_modified_since(since: str, status: int) -> None:
    answered, headers, _ = ask({"If-Modified-Since": since})
    assert answered == status
    assert ("Last-Modified" in headers) == (status == 200)  # 15.4.5: the tag is enough


def test_without_a_date_the_readers_date_says_nothing() -> None:
    status, headers, _ = ask({"If-Modified-Since": CHANGED_HTTP}, last_modified=None)
    assert status == 200
    assert "Last-Modified" not in headers


def test_a_date_to_come_is_not_sent() -> None:
    assert "Last-Modified" not in ask(last_modified=NOW + timedelta(hours=1))[1]


@pytest.mark.parametrize(("milliseconds", "sent"), [(0, False), (400, False), (999, False), (1000, True), (1001, True)])
def test_a_date_whose_second_is_not_over_is_not_sent(milliseconds: int, sent: bool) -> None:
    now = CHANGED.replace(microsecond=0) + timedelta(milliseconds=milliseconds)
    for asked in ({}, {"If-Modified-Since": CHANGED_HTTP}):
        changed = CHANGED.replace(microsecond=0)
        status, headers, _ = respond(DATA, ATOM, asked, last_modified=changed, now=now)
        assert (status == 304) == (sent and bool(asked))
        assert ("Last-Modified" in headers) == (sent and not asked)


def test_a_date_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="last_modified has no time zone"):
        ask(last_modified=datetime(2026, 2, 1))


def test_the_date_is_sent_in_utc() -> None:
    shanghai = CHANGED.astimezone(timezone(timedelta(hours=8)))
    assert ask(last_modified=shanghai)[1]["Last-Modified"] == CHANGED_HTTP


def test_the_clock_is_asked_if_no_time_is_given() -> None:
    _, headers, _ = respond(DATA, ATOM, {}, last_modified=datetime.now(UTC) - timedelta(minutes=1))
    assert "Last-Modified" in headers


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("Sunday, 06-Nov-94 08:49:37 GMT", 1994),
        ("Saturday, 06-Nov-76 08:49:37 GMT", 1976),  # 2076 would be 50 years and nine months from now
        ("Sunday, 06-Nov-77 08:49:37 GMT", 1977),
        ("Monday, 06-Nov-00 08:49:37 GMT", 2000),
    ],
)
def test_years_of_two_digits(text: str, year: int) -> None:
    assert parse_http_date(text, NOW) == datetime(year, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(("second", "year"), [(0, 2076), (1, 1976)])
def test_fifty_years_from_now_are_the_limit_of_two_digits(second: int, year: int) -> None:
    expected = datetime(year, 2, 3, 12, 0, second, tzinfo=UTC)
    assert parse_http_date(f"Monday, 03-Feb-76 12:00:0{second} GMT", NOW) == expected


def test_a_leap_second_is_a_date() -> None:
    assert parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", NOW) == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))
def test_dates_come_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert parse_http_date(format_http_date(moment), NOW) == moment


@given(st.text(st.characters(codec="latin-1")))
def test_any_field_gets_an_answer(text: str) -> None:
    fields = ("If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "Accept-Encoding")
    for field in fields:
        assert ask({field: text})[0] in (200, 304, 412)


# Compression


@pytest.mark.parametrize(
    ("field", "packed"),
    [
        ("gzip", True),
        ("GZip", True),
        ("x-gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("*", True),
        ("gzip ; q=0.001", True),
        ("identity;q=0.5, gzip", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*;q=0", False),
        ("identity, gzip;q=0.5", False),
        ("identity", False),
        ("br", False),
        ("", False),
        ("gzip;q=2", False),
        ("gzip;level=1", False),
    ],
)
def test_gzip_for_readers_that_take_it(field: str, packed: bool) -> None:
    status, headers, body = ask({"Accept-Encoding": field}, data=LONG)
    assert status == 200
    assert headers["Vary"] == "Accept-Encoding"
    assert headers["Content-Length"] == str(len(body))
    assert headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert (gzip.decompress(body) if packed else body) == LONG
    assert (len(body) < len(LONG)) == packed


def test_each_encoding_has_a_tag_of_its_own() -> None:
    plain = ask(data=LONG)[1]["ETag"]
    _, headers, body = ask({"Accept-Encoding": "gzip"}, data=LONG)
    packed = headers["ETag"]
    assert plain != packed
    assert ask({"Accept-Encoding": "gzip"}, data=LONG)[2] == body  # no date inside
    assert ask({"Accept-Encoding": "gzip", "If-None-Match": packed}, data=LONG) == (
        304,
        {"ETag": packed, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"},
        b"",
    )
    assert ask({"Accept-Encoding": "gzip", "If-None-Match": plain}, data=LONG)[0] == 200
    assert ask({"If-None-Match": plain}, data=LONG)[0] == 304


@pytest.mark.parametrize(
    ("data", "media_type", "packed"),
    [
        (b"a" * GZIP_BYTES, "text/plain; charset=utf-8", True),
        (b"a" * GZIP_BYTES, "application/feed+json", True),
        (b"a" * GZIP_BYTES, "application/json", True),
        (b"a" * (GZIP_BYTES - 1), "text/plain", False),
        (b"a" * GZIP_BYTES, "image/png", False),
        (b"a" * GZIP_BYTES, "application/octet-stream", False),
    ],
)
def test_what_is_compressed(data: bytes, media_type: str, packed: bool) -> None:
    headers = ask({"Accept-Encoding": "gzip"}, data=data, media_type=media_type)[1]
    assert ("Content-Encoding" in headers) == ("Vary" in headers) == packed


# Headers as frameworks have them


def message(*pairs: tuple[str, str]) -> Message:
    message = Message()
    for name, value in pairs:
        message[name] = value
    return message


@pytest.mark.parametrize(
    "headers",
    [
        {"if-none-match": TAG},
        {"IF-NONE-MATCH": TAG},
        {"HTTP_IF_NONE_MATCH": TAG, "wsgi.input": object(), "REQUEST_METHOD": "GET"},
        wsgiref.headers.Headers([("If-None-Match", TAG)]),
        message(("If-None-Match", '"a"'), ("if-none-match", TAG)),  # two lines are one list (RFC 9110, 5.3)
    ],
)
def test_headers_of_any_framework(headers: Mapping[str, str]) -> None:
    assert ask(headers)[0] == 304


def test_the_answer_goes_through_json_and_wsgi() -> None:
    _, headers, _ = ask()
    assert json.loads(json.dumps(headers)) == headers
    assert bytes(wsgiref.headers.Headers(list(headers.items()))).count(b"\r\n") == len(headers) + 1
