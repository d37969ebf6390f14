"""Dates: ISO 8601 and forms with only one meaning are read; for others the message says what they could mean."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub.entries.dates import find_time_zone, lacks_zeros, parse_date


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-01", "2026-02-01T00:00:00+08:00"),
        ("20260201", "2026-02-01T00:00:00+08:00"),
        (" 2026-02-01\n", "2026-02-01T00:00:00+08:00"),
        ("2026-02-01T09:00", "2026-02-01T09:00:00+08:00"),
        ("2026-02-01 09:00", "2026-02-01T09:00:00+08:00"),
        ("2026-02-01T09", "2026-02-01T09:00:00+08:00"),
        ("2026-02-01t09:00z", "2026-02-01T09:00:00+00:00"),
        ("2026-02-01T09:00:00Z", "2026-02-01T09:00:00+00:00"),
        ("2026-02-01T09:00:00-05:30", "2026-02-01T09:00:00-05:30"),
        ("2026-02-01  09:00:00  +08", "2026-02-01T09:00:00+08:00"),
        ("20260201T090000+0000", "2026-02-01T09:00:00+00:00"),
        ("2026-02-01T09:00:00.1234567Z", "2026-02-01T09:00:00.123456+00:00"),
        ("2026-02-01T09:00:00,5Z", "2026-02-01T09:00:00.500000+00:00"),
        ("2026-02-01T24:00", "2026-02-02T00:00:00+08:00"),
        ("2028-02-29", "2028-02-29T00:00:00+08:00"),
        ("1900-01-01", "1900-01-01T00:00:00+08:06"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00"),
    ],
)
def test_iso_dates(text: str, moment: str) -> None:
    assert parse_date(text, "Asia/Shanghai").isoformat() == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2013-11-22 5:00:00 +0000", "2013-11-22T05:00:00+00:00"),
        ("2026-02-01 9:00", "2026-02-01T09:00:00+08:00"),
        ("2026-02-01T9:00:00Z", "2026-02-01T09:00:00+00:00"),
        ("2024/01/05 12:00:00", "2024-01-05T12:00:00+08:00"),
        ("2024/01/05", "2024-01-05T00:00:00+08:00"),
        ("2024.01.05 12:00 GMT", "2024-01-05T12:00:00+00:00"),
        ("2024-01-05 12:00 UTC", "2024-01-05T12:00:00+00:00"),
        ("2024-01-05 12:00:00.5 UTC", "2024-01-05T12:00:00.500000+00:00"),
        ("Fri, 22 Nov 2013 05:00:00 +0000", "2013-11-22T05:00:00+00:00"),
        ("Sun, 01 Feb 2026 09:00:00 +0800", "2026-02-01T09:00:00+08:00"),
        ("1 Feb 2026 09:00 GMT", "2026-02-01T09:00:00+00:00"),
        ("Sun, 1 Feb 2026 09:00:00 -0500 (EST)", "2026-02-01T09:00:00-05:00"),
        ("2024-1-5", "2024-01-05T00:00:00+08:00"),
        ("2024/1/5 9:00", "2024-01-05T09:00:00+08:00"),
    ],
)
def test_dates_that_can_mean_only_one_moment(text: str, moment: str) -> None:
    assert parse_date(text, "Asia/Shanghai").isoformat() == moment


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("2024-1-5", True), ("2024-01-5", True), ("2024-1-05", True), ("2024/1/5 9:00", True), ("2024-01-05", False),
        ("2024-01-05 9:00", False), ("2024/01/05", False), ("20240105", False), ("5 Jan 2024", False),
    ],
)  # fmt: skip
def test_dates_without_zeros(text: str, lacks: bool) -> None:
    assert lacks_zeros(text) is lacks


@pytest.mark.parametrize(
    ("text", "offset"), [("2026-01-01", 1), ("2026-07-01", 2), ("2026-07-01T09:00Z", 0), ("2026-07-01T09:00-03", -3)]
)
def test_the_zone_has_summer_and_winter(text: str, offset: int) -> None:
    moment = parse_date(text, "Europe/Berlin")
    assert moment.utcoffset() == timedelta(hours=offset)
    assert isinstance(moment.tzinfo, timezone)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not an ISO date"),
        ("Sunday", "is not an ISO date"),
        ("2026", "is not an ISO date"),
        ("2026-02", "is not an ISO date"),
        ("2026-W05-7", "is not an ISO date"),
        ("٢٠٢٦-٠٢-٠١", "is not an ISO date"),
        ("99/99/99", "is not an ISO date"),
        ("Feb 30, 2026", "is not an ISO date"),
        ("Foo 3, 2026", "is not an ISO date"),
        ("Feb 2026", "is not an ISO date"),
        ("01/02/2026", "could be 1 February or 2 January"),
        ("1.2.26", "could be 1 February or 2 January"),
        ("02/02/2026", "could be 2 February 2026"),
        ("13/02/2026", "could be 13 February 2026"),
        ("02/13/2026", "could be 13 February 2026"),
        ("26/02/01", "could be 26 February 2001 or 1 February 2026"),
        ("2026年2月1日", "could be 1 February 2026"),
        ("2026년 2월 1일", "could be 1 February 2026"),
        ("Feb 1, 2026", "could be 1 February 2026"),
        ("Feb. 1st 2026", "could be 1 February 2026"),
        ("1 february 2026", "could be 1 February 2026"),
        ("1-Feb-2026", "could be 1 February 2026"),
        ("2026-02-01T09:00 CST", "CST is not an offset such as +08:00"),
        ("2026-02-01 09:00 Asia/Shanghai", "Asia/Shanghai is not an offset such as +08:00"),
        ("2026-02-01T", "'T' after the day is not a time such as T09:00:00+08:00"),
        ("2024-01-05 12:00 CST", "CST is not an offset such as +08:00"),
        ("Fri, 22 Nov 2013 05:00:00 CST", "could be 22 November 2013"),
        ("Mon, 22 Nov 2013 05:00:00 +0000", "22 November 2013 is a Friday"),
        ("22 Nov 2013", "could be 22 November 2013"),
        ("22nd Nov 2013", "could be 22 November 2013"),
        ("3. Mai 2026", "could be 3 May 2026"),
        ("1er août 2026", "could be 1 August 2026"),
        ("3 de febrero de 2026", "could be 3 February 2026"),
        ("3 мая 2026", "could be 3 May 2026"),
        ("2024/01-05", "could be 5 January 2024"),
        ("2024-01-05 5:00 PM", "PM is not an offset such as +08:00"),
        ("2024-1-32", "there is no 32 January"),
        ("2024/13/01", "there is no month 13"),
        ("30 Foo 2013 05:00 GMT", "is not an ISO date"),
        ("2026-02-30", "there is no 30 February"),
        ("2026-02-29", "there is no 29 February 2026"),
        ("2026-04-31T09:00", "there is no 31 April"),
        ("2026-13-01", "there is no month 13"),
        ("2026-00-01", "there is no month 0"),
        ("0000-01-01", "there is no year 0"),
        ("2026-02-01T25:00", "there is no time 25:00"),
        ("2026-02-01T09:60Z", "there is no time 09:60Z"),
        ("2026-02-01T09:00+25:00", "there is no time 09:00+25:00"),
        ("9999-12-31T23:59:59-12:00", "is outside the years 1 to 9999 in UTC"),
        ("0001-01-01", "is outside the years 1 to 9999 in UTC"),
    ],
)
def test_other_dates_are_not_guessed(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_date(text, "Asia/Shanghai")
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires", "Etc/GMT+8"])
def test_zones_have_iana_names(name: str) -> None:
    assert find_time_zone(name).utcoffset(datetime(2026, 2, 1)) is not None


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "EST5", "EST5EDT4", "UTC+3", "GMT-8", "/etc/localtime", "../etc/passwd", "Europe/../UTC", ":UTC",
        "Asia/Shanghai ", "America", "Nope/Nowhere", "a" * 5000, "Asia/" + "b" * 5000, "leapseconds", "北京", "Asia/\0",
    ],
)  # fmt: skip
def test_other_names_are_not_zones(name: str) -> None:
    with pytest.raises(ValueError, match="is not the IANA name of a time zone"):
        find_time_zone(name)


def test_names_of_this_machine_are_not_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "tzname", ("QST", "QDT"))
    with pytest.raises(ValueError, match="QST"):
        find_time_zone("QST")


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))
def test_dates_that_python_writes_are_read(moment: datetime) -> None:
    assert parse_date(moment.isoformat(), "UTC") == moment


@given(st.text(alphabet="0123456789-/.:TZ+ FebMarch,年月日", max_size=40))
def test_any_text_is_a_date_or_an_error(text: str) -> None:
    try:
        moment = parse_date(text, "Asia/Shanghai")
    except ValueError:
        return
    assert moment.astimezone(UTC) == moment


@pytest.mark.parametrize("repeated", ["1", "1 ", "Feb ", "2026-02-01 ", "1/", "年"])
def test_parsing_takes_linear_time(repeated: str) -> None:
    start = time.process_time()
    with pytest.raises(ValueError):
        parse_date(repeated * 50_000, "UTC")
    assert time.process_time() - start < 2
