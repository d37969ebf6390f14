"""Feeds over several documents (RFC 5005, section 4): every entry once, and old documents that stay as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urljoin

import feedparser
import pytest
from lxml import etree

import feedpub
from feedpub.model import FILE_NAMES
from sample_builds import BASE, Desk, article, published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 3
FORMATS = ("atom", "rss", "json")
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
LANGUAGES = ("en", "zh-Hans")


class Document(NamedTuple):
    """What one document of a feed says."""

    address: str
    ids: list[str]
    links: dict[str, str]
    is_archive: bool


def number(at: int) -> str:
    return f"a{at:03}"


def write(desk: Desk, at: int, title: str = "", **matter: str) -> None:
    """Write an article in both languages; a higher number is newer."""
    day = f"2026-{1 + at // 28:02}-{1 + at % 28:02}"
    desk.write(f"{number(at)}.en.md", article(title or f"Article {at}", day, **matter))
    desk.write(f"{number(at)}.zh-Hans.md", article(f"文章 {at}", None))


def desk_of(place: Path, count: int, **config: object) -> Desk:
    desk = Desk(place / "entries", **{"limit": LIMIT} | config)
    for at in range(count):
        write(desk, at)
    return desk


def build(desk: Desk) -> feedpub.BuildResult:
    return feedpub.build(desk.folder, desk.folder.with_name("public"))


def read(public: Path, address: str) -> Document:
    """Read a document where its address says that it is served."""
    data = (public / unquote(address.removeprefix(BASE))).read_bytes()
    if data.startswith(b"{"):
        values: dict[str, Any] = json.loads(data)
        links = {"self": values["feed_url"]} | ({"prev-archive": values["next_url"]} if "next_url" in values else {})
        return Document(address, [item["id"] for item in values["items"]], links, "/archive/" in address)
    root = etree.fromstring(data, etree.XMLParser(no_network=True))
    shell = root if root.tag == f"{ATOM}feed" else root[0]
    ids = [one.text or "" for one in shell.iterfind(f"{ATOM}entry/{ATOM}id" if shell is root else "item/guid")]
    links = {str(one.get("rel")): str(one.get("href")) for one in shell.iterfind(f"{ATOM}link")}
    return Document(address, ids, links, shell.find(f"{HISTORY}archive") is not None)


def chain(public: Path, form: str, folder: str) -> Iterator[Document]:
    """Yield the documents of a feed, from the one that people subscribe to back to the oldest."""
    address: str | None = f"{BASE}{folder}{FILE_NAMES[form]}"  # type: ignore[index]
    while address:
        document = read(public, address)
        yield document
        address = document.links.get("prev-archive")


def ids(numbers: Iterator[int] | range, language: str) -> list[str]:
    return [f"tag:site.test,2026:{number(at)}/{language}" for at in numbers]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, [0]),
        (1, [1]),
        (LIMIT, [3]),
        (2 * LIMIT - 1, [5]),
        (2 * LIMIT, [6]),
        (3 * LIMIT - 1, [8]),  # the last state with one document: pages begin with two at once
        (3 * LIMIT, [3, 3, 3]),
        (3 * LIMIT + 1, [4, 3, 3]),
        (4 * LIMIT - 1, [5, 3, 3]),
        (4 * LIMIT, [3, 3, 3, 3]),
        (10 * LIMIT + 1, [4, *[3] * 9]),
    ],
)
def test_each_entry_stands_once_in_the_chain(count: int, sizes: list[int], form: str, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, count)
    build(desk)
    for language in LANGUAGES:
        found = list(chain(tmp_path / "public", form, f"{language}/"))
        assert [len(document.ids) for document in found] == sizes
        assert [one for document in found for one in document.ids] == ids(range(count - 1, -1, -1), language)
        stored = {path.name for path in (tmp_path / "public" / language / "archive").iterdir()} - {"index.html"}
        assert len(stored) == 3 * (len(sizes) - 1)


@pytest.mark.parametrize("form", FORMATS)
def test_documents_name_their_neighbours(form: str, tmp_path: Path) -> None:
    build(desk_of(tmp_path, 5 * LIMIT))
    newest, *archives = chain(tmp_path / "public", form, "en/")

    assert not newest.is_archive
    assert all(document.is_archive for document in archives)
    for document in (newest, *archives):
        assert document.links["self"] == document.address
    if form == "json":  # has no words for more than the next older document
        return
    assert "current" not in newest.links
    assert "next-archive" not in newest.links
    assert {document.links["current"] for document in archives} == {newest.address}
    newer = [None, *archives]
    for place, document in enumerate(archives):
        after = newer[place]
        assert document.links.get("next-archive") == (after.address if after else None)
    assert "prev-archive" not in archives[-1].links


def test_feedparser_goes_the_chain(tmp_path: Path) -> None:
    build(desk_of(tmp_path, 4 * LIMIT))
    seen = []
    address: str | None = f"{BASE}zh-Hans/atom.xml"
    while address:
        found = feedparser.parse((tmp_path / "public" / address.removeprefix(BASE)).read_bytes())
        assert not found.bozo
        assert ("fh_archive" in found.feed) == ("/archive/" in address)
        seen += [entry.title for entry in found.entries]
        address = next((link.href for link in found.feed.links if link.rel == "prev-archive"), None)
    assert seen == [f"文章 {at}" for at in range(4 * LIMIT - 1, -1, -1)]


def test_an_archive_changes_once_when_the_next_one_appears(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 0)
    states: dict[str, list[bytes]] = {}
    for at in range(8 * LIMIT):
        write(desk, at)
        build(desk)
        for name, data in published(tmp_path / "public").items():
            if "/archive/" in name and not name.endswith(".html"):
                known = states.setdefault(name, [])
                if not known or known[-1] != data:
                    known.append(data)
    assert len(states) == 3 * 2 * 7
    for name, versions in states.items():
        place = int(name.rpartition("-")[2].partition(".")[0])
        # JSON Feed knows no newer document; the first two appear together; the newest has none after it.
        changes = 0 if name.endswith(".json") or place in (1, 7) else 1
        assert len(versions) == 1 + changes, name


def test_one_more_article_rewrites_the_newest_documents(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 6 * LIMIT)
    build(desk)
    write(desk, 6 * LIMIT)
    result = build(desk)
    feeds = {name for name in result.written if not name.endswith((".html", ".css", ".opml"))}
    assert feeds == {f"{language}/{name}" for language in LANGUAGES for name in FILE_NAMES.values()}


@pytest.mark.parametrize("at", [0, 3 * LIMIT, 6 * LIMIT - 1], ids=["oldest", "middle", "newest"])
def test_another_title_rewrites_at_most_five_feed_files_per_language(at: int, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 6 * LIMIT)
    build(desk)
    write(desk, at, title="Another title")
    result = build(desk)
    for language in LANGUAGES:  # the translation names the title, too
        feeds = [
            name for name in result.written if name.startswith(f"{language}/") and name.endswith((".xml", ".json"))
        ]
        assert len(feeds) == 3
        assert all(("/archive/" in name) == (at < 5 * LIMIT) for name in feeds)
    assert published(tmp_path / "public") == desk.fresh(tmp_path / "fresh")


def test_an_article_that_is_gone_leaves_the_chain_whole(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 6 * LIMIT)
    build(desk)
    for language in LANGUAGES:
        desk.remove(f"{number(0)}.{language}.md")
    result = build(desk)

    left = range(6 * LIMIT - 1, 0, -1)
    for form in FORMATS:
        found = list(chain(tmp_path / "public", form, "en/"))
        assert [one for document in found for one in document.ids] == ids(left, "en")
        assert [len(document.ids) for document in found] == [5, 3, 3, 3, 3]
    assert {f"en/archive/{name}" for name in ("atom-5.xml", "rss-5.xml", "feed-5.json")} <= set(result.removed)


def test_without_archives_feeds_hold_the_newest_and_what_was_is_removed(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 5 * LIMIT)
    build(desk)
    desk.configure(limit=LIMIT, archives=False)
    result = build(desk)

    assert len([name for name in result.removed if "/archive/" in name]) == 4 * 3 * 2
    for language in LANGUAGES:
        for form in FORMATS:
            (only,) = chain(tmp_path / "public", form, f"{language}/")
            assert only.ids == ids(range(5 * LIMIT - 1, 4 * LIMIT - 1, -1), language)
    assert published(tmp_path / "public") == desk.fresh(tmp_path / "fresh")


@pytest.mark.parametrize("form", FORMATS)
def test_categories_have_archives_of_their_own(form: str, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 0, categories=True)
    for at in range(4 * LIMIT * 2):
        write(desk, at, categories="[Open Sea]" if at % 2 else "[Land]")
    build(desk)
    found = list(chain(tmp_path / "public", form, "en/category/open-sea/"))

    assert [one for document in found for one in document.ids] == ids(range(8 * LIMIT - 1, -1, -2), "en")
    assert [len(document.ids) for document in found] == [3, 3, 3, 3]
    assert [document.links["self"] for document in found] == [document.address for document in found]


def test_a_page_lists_all_articles_of_a_language(tmp_path: Path) -> None:
    build(desk_of(tmp_path, 4 * LIMIT, pages=True))
    for language in LANGUAGES:
        home = f"{BASE}{language}/archive/"
        page = etree.HTML((tmp_path / "public" / language / "archive" / "index.html").read_bytes())
        ways = [str(link.get("href")) for link in page.iterfind(".//ul[@class='articles']//a")]
        pages = [urljoin(home, way).removesuffix("index.html") for way in ways]
        assert pages == [f"{BASE}{language}/{number(at)}/" for at in range(4 * LIMIT - 1, -1, -1)]


# With `archives = false` and articles elsewhere, only what is shown is read whole.


def elsewhere(place: Path, count: int) -> Desk:
    return desk_of(place, count, archives=False, permalink="https://blog.test/{language}/{key}/")


def test_what_no_document_shows_is_only_listed(tmp_path: Path) -> None:
    desk = elsewhere(tmp_path, 2 * LIMIT)
    desk.write(f"{number(0)}.en.md", article("Old", "2026-01-01", body="## References\n1. [a](https://works.test/a b)"))
    result = build(desk)  # `lint` tells of the broken link

    assert result.problems == ()
    assert [problem.code for problem in feedpub.lint(desk.folder) if problem.severity == "error"] == ["E111"]
    page = (tmp_path / "public" / "en" / "archive" / "index.html").read_text(encoding="utf-8")
    assert page.index("Article 1<") < page.index("Old<")


def test_what_comes_to_be_shown_is_read(tmp_path: Path) -> None:
    desk = elsewhere(tmp_path, 2 * LIMIT)
    build(desk)
    for at in range(LIMIT, 2 * LIMIT):
        for language in LANGUAGES:
            desk.remove(f"{number(at)}.{language}.md")
    build(desk)
    for form in FORMATS:
        (only,) = chain(tmp_path / "public", form, "en/")
        assert only.ids == ids(range(LIMIT - 1, -1, -1), "en")
    assert b"Text." in (tmp_path / "public" / "en" / "atom.xml").read_bytes()
    assert published(tmp_path / "public") == desk.fresh(tmp_path / "fresh")


def test_what_comes_to_be_shown_may_not_be_wrong(tmp_path: Path) -> None:
    desk = elsewhere(tmp_path, LIMIT + 2)
    broken = article("Broken", "2026-01-02", body="## References\n1. [a](https://works.test/a b)")
    desk.write(f"{number(1)}.en.md", broken)
    build(desk)
    desk.remove(f"{number(LIMIT + 1)}.en.md")
    desk.remove(f"{number(LIMIT + 1)}.zh-Hans.md")
    with pytest.raises(feedpub.EntryError, match="E111"):
        build(desk)
    result = feedpub.build(desk.folder, tmp_path / "public", keep_going=True)

    assert [problem.code for problem in result.problems if problem.severity == "error"] == ["E111"]
    (only,) = chain(tmp_path / "public", "atom", "en/")
    assert only.ids == ids(iter([LIMIT, 2, 0]), "en")  # the one before it takes its place


@pytest.mark.parametrize("head", ["title in text", "CRLF", "dots", "long"])
def test_front_matter_is_found_however_it_ends(head: str, tmp_path: Path) -> None:
    desk = elsewhere(tmp_path, LIMIT)
    texts = {
        "title in text": "---\npublished: 2025-01-01\n---\n# Old trains\n\nText.\n",
        "CRLF": "---\r\ntitle: Old trains\r\npublished: 2025-01-01\r\n---\r\nText.\r\n",
        "dots": "---\ntitle: Old trains\npublished: 2025-01-01\n...\nText.\n\n---\n\nMore.\n",
        "long": f"---\ntitle: Old trains\npublished: 2025-01-01\nsummary: {'long ' * 1000}\n---\nText.\n",
    }
    desk.write("old.en.md", texts[head])
    result = build(desk)
    page = (tmp_path / "public" / "en" / "archive" / "index.html").read_text(encoding="utf-8")
    assert result.problems == ()
    assert ">Old trains</a>" in page
    assert page.count("<time") == LIMIT + 1
