"""What people get to see: feedparser, and `reader`, which remembers entries between updates."""

from __future__ import annotations

import calendar
import dataclasses
import json
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from typing import TYPE_CHECKING, Any

import feedparser
import pytest
import reader

import feedpub
from feedpub import Feed, Person
from support.sample_feeds import (
    ANN,
    BASE,
    CASES,
    SHANGHAI,
    WRITERS,
    digest_en,
    entry,
    everything,
    fallback,
    feed,
    hard_texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

XML = {"atom": feedpub.to_atom, "rss": feedpub.to_rss}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[reader.Reader]:
    """A reader that finds its feeds in `tmp_path`."""
    with reader.make_reader(":memory:", feed_root=str(tmp_path)) as made:
        yield made


@pytest.mark.parametrize("write", XML.values(), ids=XML)
@pytest.mark.parametrize("case", CASES)
def test_feedparser_opens_the_own_page_in_the_own_language(case: str, write: Callable[[Feed], bytes]) -> None:
    given = CASES[case]()
    parsed = feedparser.parse(write(given))

    assert parsed.feed.language == given.language
    assert [item.id for item in parsed.entries] == ids(given)
    assert [item.link for item in parsed.entries] == pages(given)
    for item, one in zip(parsed.entries, given.entries, strict=True):
        alternates = [link for link in item.links if link.rel == "alternate"]
        assert [link.href for link in alternates] == [item.link]
        assert item.content[0].language == one.language if "content" in item else not one.summary
        assert item.title_detail.language == one.language


@pytest.mark.parametrize("write", XML.values(), ids=XML)
def test_feedparser_reads_the_digest(write: Callable[[Feed], bytes]) -> None:
    given = digest_en()
    parsed = feedparser.parse(write(given))
    first, second = parsed.entries

    assert (parsed.feed.title, parsed.feed.subtitle) == ("The Digest", "Articles, summed up")
    assert [(link.hreflang, link.href) for link in parsed.feed.links if link.rel == "related"] == [
        ("zh-Hans", sibling_address(write, "zh-Hans")),
        ("ar", sibling_address(write, "ar")),
    ]
    assert first.title == "Night trains return"
    assert "Night trains are coming back to Europe." in first.summary
    assert "Who pays for the empty berths in winter?" in first.summary
    assert [(link.get("hreflang"), link.get("title"), link.href) for link in first.links if link.rel == "related"] == [
        (None, None, "https://video.example/watch?v=1&t=60"),
        (None, "Nightjet - ÖBB / Siemens Mobility", "https://works.example/nightjet?lang=en&page=2"),
        (None, "Berths/Seats Study", "https://works.example/study.pdf"),
        (None, "Nightjet, again", "https://works.example/nightjet?lang=en&page=2"),
        ("zh-Hans", "夜间列车重返欧洲", f"{BASE}zh-Hans/night-trains/"),
        ("ar", "عودة قطارات الليل", f"{BASE}ar/night-trains/"),
    ]
    assert [link.href for link in first.links if link.rel == "via"] == ["https://video.example/watch?v=1&t=60"]
    assert utc(first.published_parsed) == datetime(2026, 2, 1, 1, tzinfo=UTC)
    assert utc(first.updated_parsed) == datetime(2026, 2, 3, 10, 30, 15, tzinfo=UTC)
    assert utc(second.published_parsed) == datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    assert first.author_detail.name == second.author_detail.name == ANN.name
    html = first.content[0].value
    assert '<a href="https://works.example/nightjet?lang=en&amp;page=2">Nightjet</a> - ÖBB / Siemens Mobility' in html
    assert "<li>Sleeper Atlas &amp; Timetables - Back-on-Track</li>" in html
    assert '<a href="https://example.org/digest/en/sea/">sea</a>' in second.content[0].value


@pytest.mark.parametrize("write", XML.values(), ids=XML)
def test_feedparser_reads_everything(write: Callable[[Feed], bytes]) -> None:
    given = everything()
    parsed = feedparser.parse(write(given))
    first = parsed.entries[0]

    assert [link.href for link in parsed.feed.links if link.rel == "hub"] == ["https://hub.example/?a=1&b=2"]
    assert unescape(parsed.feed.title) == given.title
    assert unescape(parsed.feed.rights) == given.rights
    assert [person.name for person in first.authors] == ["Ann Author", "Bob & Co", "Cem"]
    assert [tag.label or tag.term for tag in first.tags] == ["Artificial Intelligence", "R&D"]
    assert first.tags[0].scheme == "https://example.org/topics"
    assert [thumbnail["url"] for thumbnail in first.media_thumbnail] == ["https://media.example/picture.jpg"]
    assert [(file.href, file.type, file.length) for file in first.enclosures][:1] == [
        ("https://media.example/talk.mp3?a=1&b=2", "audio/mpeg", "123456")
    ]
    if write is feedpub.to_rss:
        assert parsed.feed.image.href == "https://media.example/icon.png"
        assert first.media_content == [{"medium": "image", "url": "https://media.example/picture.jpg"}]
        assert len(first.enclosures) == 1
    else:
        assert parsed.feed.icon == "https://media.example/icon.png"
        assert len(first.enclosures) == 2
        # Not asked of the second author: feedparser gives the first one's e-mail address to those who have none.
        assert [person.get("email") for person in first.authors][::2] == ["ann@example.org", "c@d.example"]


@pytest.mark.parametrize("write", XML.values(), ids=XML)
def test_feedparser_keeps_titles_and_summaries_that_look_like_markup(write: Callable[[Feed], bytes]) -> None:
    given = hard_texts()
    parsed = feedparser.parse(write(given))
    items = json.loads(feedpub.to_json(given))["items"]

    # In RSS a title that talks about "&amp;" is taken for HTML, whatever is written: nothing there can tell.
    read = unescape if write is feedpub.to_rss else str
    assert [read(unescape(item.title)) for item in parsed.entries if is_html(item)] == [
        read(one["title"]) for item, one in zip(parsed.entries, items, strict=True) if is_html(item)
    ]
    assert [item.title for item in parsed.entries if not is_html(item)] == [
        one["title"] for item, one in zip(parsed.entries, items, strict=True) if not is_html(item)
    ]
    assert [one_line(unescape(item.summary)) for item in parsed.entries] == [
        one_line(one.summary) for one in given.entries
    ]


@pytest.mark.parametrize("write", XML.values(), ids=XML)
def test_feedparser_tells_fallback_entries_by_their_language(write: Callable[[Feed], bytes]) -> None:
    parsed = feedparser.parse(write(fallback()))

    assert parsed.feed.language == "zh-Hans"
    assert [item.title_detail.language for item in parsed.entries] == ["en", "ar"]
    if write is feedpub.to_rss:
        assert [item.language for item in parsed.entries] == ["en", "ar"]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("case", CASES)
def test_reader_takes_every_feed(case: str, name: str, library: reader.Reader, tmp_path: Path) -> None:
    given = CASES[case]()
    (tmp_path / name).write_bytes(WRITERS[name](given))
    library.add_feed(name)
    updated = library.update_feed(name)
    entries = {one.id: one for one in library.get_entries()}

    assert updated is not None
    assert (updated.new, updated.modified) == (len(given.entries), 0)
    assert library.get_feed(name).last_exception is None
    title = json.loads(feedpub.to_json(given))["title"]
    assert library.get_feed(name).title in (title, escape(title, quote=False))
    assert set(entries) == set(ids(given))
    for one, page, own_id in zip(given.entries, pages(given), ids(given), strict=True):
        seen = entries[own_id]
        assert seen.link == page
        assert seen.published == one.published.astimezone(UTC)
        assert seen.updated == one.updated.astimezone(UTC) or one.updated == one.published
        content = seen.get_content()
        assert content is not None
        assert content.value
        assert seen.authors_str
        assert all(part.language in (one.language, None) for part in seen.content)


@pytest.mark.parametrize("name", WRITERS)
def test_reader_shows_the_whole_content(name: str, library: reader.Reader, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(WRITERS[name](digest_en()))
    library.add_feed(name)
    library.update_feeds()
    first = next(one for one in library.get_entries() if one.title == "Night trains return")
    content = first.get_content()

    assert content is not None
    assert content.is_html
    for text in (
        "Night trains are coming back",
        "bottleneck",
        "Leasing pools",
        "Nightjet",
        "video.example",
        "简体中文",
    ):
        assert text in content.value
    assert first.authors_str == ANN.name
    assert first.summary


@pytest.mark.parametrize("name", WRITERS)
def test_reader_finds_nothing_new_the_second_time(name: str, library: reader.Reader, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(WRITERS[name](everything()))
    library.add_feed(name)
    library.update_feeds()
    (tmp_path / name).write_bytes(WRITERS[name](everything()))

    assert changes(library, name) == (0, 0)


@pytest.mark.parametrize("name", WRITERS)
def test_reader_updates_a_changed_entry_and_does_not_repeat_it(
    name: str, library: reader.Reader, tmp_path: Path
) -> None:
    given = digest_en()
    (tmp_path / name).write_bytes(WRITERS[name](given))
    library.add_feed(name)
    library.update_feeds()
    first, second = given.entries
    changed = dataclasses.replace(
        first,
        title="Night trains returned",
        link=f"{BASE}en/moved/",
        updated=first.updated + timedelta(days=1),
    )
    new = entry("new", title="New", published=datetime(2026, 2, 5, tzinfo=SHANGHAI))
    (tmp_path / name).write_bytes(
        WRITERS[name](dataclasses.replace(given, entries=(new, changed, second), updated=changed.updated))
    )

    assert changes(library, name) == (1, 1)
    assert sorted((one.title, one.link) for one in library.get_entries()) == [
        ("Ferries", f"{BASE}en/ferries/"),
        ("New", f"{BASE}en/new/"),
        ("Night trains returned", f"{BASE}en/moved/"),
    ]


@pytest.mark.parametrize("name", WRITERS)
def test_reader_shows_the_same_entry_of_two_feeds_under_one_id(
    name: str, library: reader.Reader, tmp_path: Path
) -> None:
    shared = entry(authors=(Person(name="Own"),))
    for language in ("en", "zh-Hans"):
        (tmp_path / f"{language}-{name}").write_bytes(WRITERS[name](feed(language, shared)))
        library.add_feed(f"{language}-{name}")
    library.update_feeds()

    assert {(one.id, one.link, one.title, one.authors_str) for one in library.get_entries()} == {
        (shared.id, shared.link, shared.title, "Own")
    }


def changes(library: reader.Reader, name: str) -> tuple[int, int]:
    """Update a feed; return how many entries are new and how many modified."""
    updated = library.update_feed(name)
    assert library.get_feed(name).last_exception is None
    return (updated.new, updated.modified) if updated else (0, 0)


def ids(given: Feed) -> list[str]:
    return [item["id"] for item in json.loads(feedpub.to_json(given))["items"]]


def pages(given: Feed) -> list[str]:
    return [item["url"] for item in json.loads(feedpub.to_json(given))["items"]]


def sibling_address(write: Callable[[Feed], bytes], language: str) -> str:
    return f"{BASE}{language}/{'atom' if write is feedpub.to_atom else 'rss'}.xml"


def is_html(item: Any) -> bool:
    return bool(item.title_detail.type == "text/html")


def one_line(text: str) -> str:
    return " ".join(text.split())


def utc(parsed: Any) -> datetime:
    return datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC)
