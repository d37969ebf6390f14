"""Feeds over several documents (RFC 5005, section 4): every entry once, and old documents that stay as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urljoin

import feedparser
import pytest
from lxml import etree

import feedpub
from feedpub.formats import feed_formats
from support.feed_parser import parse_json, parse_xml
from support.sample_builds import BASE, Desk, article, published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 3
FILE_NAMES = {feed_format.name: feed_format.file_name for feed_format in feed_formats()}
FORMATS = tuple(FILE_NAMES)
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
LANGUAGES = ("en", "zh-Hans")


class Document(NamedTuple):
    """What one document of a feed says; JSON Feed has no mark of archives, nor links to newer documents."""

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


def desk_of(position: Path, count: int, **config: object) -> Desk:
    desk = Desk(position / "entries", **{"limit": LIMIT} | config)
    for at in range(count):
        write(desk, at)
    return desk


def build(desk: Desk) -> feedpub.BuildResult:
    return feedpub.build(desk.folder, desk.folder.with_name("public"))


def read(public: Path, address: str) -> Document:
    """Read a document where its address says that it is served."""
    data = (public / unquote(address.removeprefix(BASE))).read_bytes()
    if data.startswith(b"{"):
        values = parse_json(data)
        links = {"self": values["feed_url"]} | ({"prev-archive": values["next_url"]} if "next_url" in values else {})
        return Document(address, [item["id"] for item in values["items"]], links, is_archive=False)
    root = parse_xml(data)
    shell = root if root.tag == f"{ATOM}feed" else root[0]
    ids = [key.text or "" for key in shell.iterfind(f"{ATOM}entry/{ATOM}id" if shell is root else "item/guid")]
    found = [(str(key.get("rel")), str(key.get("href"))) for key in shell.iterfind(f"{ATOM}link")]
    relations = [relation for relation, _ in found if relation != "related"]
    assert len(relations) == len(set(relations)), relations  # two of one relation: readers take either
    return Document(address, ids, dict(found), len(shell.findall(f"{HISTORY}archive")) == 1)


def chain(public: Path, feed_format: str, folder: str) -> Iterator[Document]:
    """Yield the documents of a feed, from the one that people subscribe to back to the oldest."""
    address: str | None = f"{BASE}{folder}{FILE_NAMES[feed_format]}"
    while address:
        document = read(public, address)
        yield document
        address = document.links.get("prev-archive")


def ids(numbers: Iterator[int] | range, language: str) -> list[str]:
    return [f"tag:site.test,2026:{number(at)}/{language}" for at in numbers]


def remove(desk: Desk, *numbers: int) -> None:
    for at in numbers:
        for language in LANGUAGES:
            desk.remove(f"{number(at)}.{language}.md")


def feeds(names: tuple[str, ...]) -> set[str]:
    """Return the documents of feeds among files."""
    return {name for name in names if re.search(r"/(atom|rss|feed)(-\d+)?\.(xml|json)$", name)}


def pages(*numbers: int) -> set[str]:
    """Return the files of archive documents, in both languages and all formats; 0 is the newest document."""
    found = set()
    for name in FILE_NAMES.values():
        stem, _, ending = name.partition(".")
        names = [f"archive/{stem}-{at}.{ending}" if at else name for at in numbers]
        found |= {f"{language}/{key}" for language in LANGUAGES for key in names}
    return found


@pytest.mark.parametrize("feed_format", FORMATS)
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
def test_each_entry_stands_once_in_the_chain(count: int, sizes: list[int], feed_format: str, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, count)
    build(desk)
    for language in LANGUAGES:
        found = list(chain(tmp_path / "public", feed_format, f"{language}/"))
        assert [len(document.ids) for document in found] == sizes
        assert [key for document in found for key in document.ids] == ids(range(count - 1, -1, -1), language)
        stored = {path.name for path in (tmp_path / "public" / language / "archive").iterdir()} - {"index.html"}
        assert len(stored) == 3 * (len(sizes) - 1)


@pytest.mark.parametrize("folder", ["en/", "zh-Hans/", "en/category/open-sea/"])
@pytest.mark.parametrize("feed_format", FORMATS)
def test_documents_name_their_neighbours(feed_format: str, folder: str, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 0, categories=True)
    for at in range(5 * LIMIT):
        write(desk, at, categories="[Open Sea]")
    build(desk)
    newest, *archives = chain(tmp_path / "public", feed_format, folder)

    assert len(archives) == 4
    for document in (newest, *archives):
        assert document.links["self"] == document.address
    if feed_format == "json":  # has no words for more than the next older document
        return
    assert not newest.is_archive
    assert all(document.is_archive for document in archives)
    assert "current" not in newest.links
    assert "next-archive" not in newest.links
    assert {document.links["current"] for document in archives} == {newest.address}
    newer = [None, *archives]
    for position, document in enumerate(archives):
        after = newer[position]
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
        position = int(name.rpartition("-")[2].partition(".")[0])
        # JSON Feed knows no newer document; the first two appear together; the newest has none after it.
        changes = 0 if name.endswith(".json") or position in (1, 7) else 1
        assert len(versions) == 1 + changes, name
        if changes:
            assert re.sub(rb'<[^<>]*rel="next-archive"[^<>]*>', b"", versions[1]) == versions[0]


def test_one_more_article_rewrites_the_newest_documents(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 6 * LIMIT)
    build(desk)
    write(desk, 6 * LIMIT)
    assert feeds(build(desk).written) == pages(0)


def test_the_article_that_fills_a_page_rewrites_no_more_than_its_neighbour(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 7 * LIMIT - 1)
    build(desk)
    write(desk, 7 * LIMIT - 1)
    result = build(desk)
    assert feeds(result.written) == pages(0, 6) | {name for name in pages(5) if not name.endswith(".json")}
    assert pages(1, 2, 3, 4) < set(result.kept)


def test_what_one_more_article_takes_does_not_grow_with_their_number(tmp_path: Path) -> None:
    def steps_after(count: int) -> list[tuple[str, int, int]]:
        desk = desk_of(tmp_path / str(count), count)
        build(desk)
        write(desk, count)
        steps: list[tuple[str, int, int]] = []
        feedpub.build(desk.folder, desk.folder.with_name("public"), progress=lambda *step: steps.append(step))
        return sorted(steps)

    few, many = steps_after(7 * LIMIT - 1), steps_after(13 * LIMIT - 1)
    assert few == many
    # A language: the article and the one before it, the newest document, the page and the one before it, two lists.
    # In common: the landing page.
    assert [step for step in few if step[:2] == ("write", 0)] == [("write", 0, 1), *[("write", 0, 7)] * 2]


@pytest.mark.parametrize("at", [0, 3 * LIMIT, 6 * LIMIT - 1], ids=["oldest", "middle", "newest"])
def test_another_title_rewrites_at_most_five_feed_files_per_language(at: int, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 6 * LIMIT)
    build(desk)
    write(desk, at, title="Another title")
    result = build(desk)
    # Three a language: the translation names the title, too. Pages count from the oldest.
    assert feeds(result.written) == pages(at // LIMIT + 1 if at < 5 * LIMIT else 0)
    assert published(tmp_path / "public") == desk.fresh(tmp_path / "fresh")


def test_an_article_that_is_gone_leaves_the_chain_whole(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 6 * LIMIT)
    build(desk)
    remove(desk, 0)
    result = build(desk)

    remaining = range(6 * LIMIT - 1, 0, -1)
    for feed_format in FORMATS:
        found = list(chain(tmp_path / "public", feed_format, "en/"))
        assert [key for document in found for key in document.ids] == ids(remaining, "en")
        assert [len(document.ids) for document in found] == [5, 3, 3, 3, 3]
    assert feeds(result.removed) == pages(5)
    assert feeds(result.written) == pages(0, 1, 2, 3, 4)  # each gives its oldest one to the page before it
    assert published(tmp_path / "public") == desk.fresh(tmp_path / "fresh")


def test_what_is_older_than_an_article_that_is_gone_stays(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 6 * LIMIT)
    build(desk)
    remove(desk, 3 * LIMIT)  # the oldest one of the fourth page
    result = build(desk)

    assert feeds(result.removed) == pages(5)
    assert feeds(result.written) == pages(0, 4)
    assert pages(1, 2, 3) < set(result.kept)
    for feed_format in FORMATS:
        found = list(chain(tmp_path / "public", feed_format, "zh-Hans/"))
        remaining = [at for at in range(6 * LIMIT - 1, -1, -1) if at != 3 * LIMIT]
        assert [key for document in found for key in document.ids] == ids(iter(remaining), "zh-Hans")


def test_what_is_older_than_an_article_that_comes_late_stays(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 0)
    for at in range(6 * LIMIT + 1):
        if at != 3 * LIMIT + 1:
            write(desk, at)
    build(desk)
    write(desk, 3 * LIMIT + 1)  # into the middle of the fourth page
    result = build(desk)

    assert feeds(result.written) == pages(0, 4, 5)
    assert pages(1, 2, 3) < set(result.kept)
    for feed_format in FORMATS:
        found = list(chain(tmp_path / "public", feed_format, "en/"))
        assert [key for document in found for key in document.ids] == ids(range(6 * LIMIT, -1, -1), "en")


def test_the_newest_document_names_the_last_page_though_its_own_entries_stay(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 6 * LIMIT)
    build(desk)
    remove(desk, *range(LIMIT))  # a page's worth: what the newest document holds is the same as before
    build(desk)
    for feed_format in FORMATS:
        found = list(chain(tmp_path / "public", feed_format, "en/"))
        assert [len(document.ids) for document in found] == [3, 3, 3, 3, 3]
        assert [key for document in found for key in document.ids] == ids(range(6 * LIMIT - 1, LIMIT - 1, -1), "en")
    assert published(tmp_path / "public") == desk.fresh(tmp_path / "fresh")


def test_archives_end_together_when_there_are_too_few_articles(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 3 * LIMIT)
    build(desk)
    remove(desk, LIMIT)
    result = build(desk)
    assert feeds(result.removed) == pages(1, 2)
    for feed_format in FORMATS:
        (only,) = chain(tmp_path / "public", feed_format, "en/")
        assert only.ids == ids(iter([at for at in range(3 * LIMIT - 1, -1, -1) if at != LIMIT]), "en")


def test_without_archives_feeds_hold_the_newest_and_what_was_is_removed(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 5 * LIMIT)
    build(desk)
    desk.configure(limit=LIMIT, archives=False)
    result = build(desk)

    assert len([name for name in result.removed if "/archive/" in name]) == 4 * 3 * 2
    for language in LANGUAGES:
        for feed_format in FORMATS:
            (only,) = chain(tmp_path / "public", feed_format, f"{language}/")
            assert only.ids == ids(range(5 * LIMIT - 1, 4 * LIMIT - 1, -1), language)
    assert published(tmp_path / "public") == desk.fresh(tmp_path / "fresh")


@pytest.mark.parametrize("feed_format", FORMATS)
def test_categories_have_archives_of_their_own(feed_format: str, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 0, categories=True)
    for at in range(4 * LIMIT * 2):
        write(desk, at, categories="[Open Sea]" if at % 2 else "[Land]")
    build(desk)
    found = list(chain(tmp_path / "public", feed_format, "en/category/open-sea/"))

    assert [key for document in found for key in document.ids] == ids(range(8 * LIMIT - 1, -1, -2), "en")
    assert [len(document.ids) for document in found] == [3, 3, 3, 3]
    own = [key for document in chain(tmp_path / "public", feed_format, "en/") for key in document.ids]
    assert own == ids(range(8 * LIMIT - 1, -1, -1), "en")


def test_a_category_that_is_gone_takes_its_archives_along(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, 0, categories=True)
    for at in range(3 * LIMIT):
        write(desk, at, categories="[Open Sea]")
    build(desk)
    for at in range(3 * LIMIT):
        write(desk, at, categories="[Land]")
    result = build(desk)
    expected = {name.replace("en/", "en/category/open-sea/") for name in pages(0, 1, 2) if name.startswith("en/")}
    assert feeds(result.removed) >= expected
    assert not list((tmp_path / "public").rglob("open-sea"))


def test_a_page_lists_all_articles_of_a_language(tmp_path: Path) -> None:
    build(desk_of(tmp_path, 4 * LIMIT, pages=True))
    for language in LANGUAGES:
        home = f"{BASE}{language}/archive/"
        page = etree.HTML((tmp_path / "public" / language / "archive" / "index.html").read_bytes())
        ways = [str(link.get("href")) for link in page.iterfind(".//ul[@class='articles']//a")]
        linked = [urljoin(home, addresses).removesuffix("index.html") for addresses in ways]
        assert linked == [f"{BASE}{language}/{number(at)}/" for at in range(4 * LIMIT - 1, -1, -1)]


# With `archives = false` and articles elsewhere, only what is shown is read whole.


def elsewhere(position: Path, count: int) -> Desk:
    return desk_of(position, count, archives=False, permalink="https://blog.test/{language}/{key}/")


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
    for feed_format in FORMATS:
        (only,) = chain(tmp_path / "public", feed_format, "en/")
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
