"""Sets of feeds: a clean set has no problem, and each single fault in it is found in the right document and line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from skeletons import NOW

from feedpub import FeedpubError, Problem
from feedpub.validation import feed_sets
from feedpub.validation.feed_sets import FeedSet, Finding, Member
from feedpub.validation.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BASE = "https://x.example/"


def link(relation: str, address: str, more: str = "") -> str:
    return f'<link rel="{relation}" href="{BASE}{address}"{more}/>'


def atom(language: str, name: str, entries: str, links: str = "", more: str = "") -> str:
    """Return a feed of Atom, with one line for each link."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}"'
        ' xmlns:fh="http://purl.org/syndication/history/1.0">\n'
        f"<id>tag:x.example,2026:{language}</id>\n<title>Digest</title>\n<updated>2026-03-01T09:00:00Z</updated>\n"
        f"<author><name>Ann</name></author>\n{link('self', f'{language}/{name}')}\n"
        f"{link('alternate', f'{language}/')}\n{links}{more}\n{entries}</feed>\n"
    )


def entry(key: str, language: str, day: int) -> str:
    return (
        f"<entry>\n<id>tag:x.example,2026:{key}/{language}</id>\n<title>{key}</title>\n"
        f"<updated>2026-02-{day:02}T09:00:00Z</updated>\n<published>2026-02-{day:02}T09:00:00Z</published>\n"
        f"{link('alternate', f'{language}/{key}/')}\n<summary>{key}</summary>\n</entry>\n"
    )


def sibling(language: str) -> str:
    return link("related", f"{language}/atom.xml", f' hreflang="{language}" type="application/atom+xml"') + "\n"


ARCHIVE = "<fh:archive/>"
RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>Digest</title>
<link>https://x.example/en/</link>
<description>Trains</description>
<language>en</language>
<atom:link rel="self" href="https://x.example/en/rss.xml" type="application/rss+xml"/>
<item>
<title>b</title>
<link>https://x.example/en/b/</link>
<guid isPermaLink="false">tag:x.example,2026:b/en</guid>
<pubDate>Mon, 02 Feb 2026 09:00:00 GMT</pubDate>
</item>
</channel>
</rss>
"""
OPML = """<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0">
<head><title>All</title></head>
<body>
<outline type="rss" text="English" language="en" xmlUrl="https://x.example/en/atom.xml"/>
<outline type="rss" text="Deutsch" language="de" xmlUrl="https://x.example/de/atom.xml"/>
</body>
</opml>
"""
CLEAN = {
    "en/atom.xml": atom(
        "en", "atom.xml", entry("b", "en", 2), sibling("de") + link("prev-archive", "en/atom-2.xml") + "\n"
    ),
    "en/atom-2.xml": atom(
        "en",
        "atom-2.xml",
        entry("a", "en", 1),
        f"{link('current', 'en/atom.xml')}\n{link('prev-archive', 'en/atom-1.xml')}\n",
        ARCHIVE,
    ),
    "en/atom-1.xml": atom(
        "en",
        "atom-1.xml",
        entry("z", "en", 3),
        f"{link('current', 'en/atom.xml')}\n{link('next-archive', 'en/atom-2.xml')}\n",
        ARCHIVE,
    ),
    "en/rss.xml": RSS,
    "de/atom.xml": atom("de", "atom.xml", entry("b", "de", 2), sibling("en")),
    "feeds.opml": OPML,
    "sitemap.xml": "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'></urlset>",
    "settings.json": '{"feeds": 2,}',
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def problems_of(folder: Path) -> list[Problem]:
    return [problem for problem in validate(folder, now=NOW) if problem.severity != "note"]


def test_clean_set_has_no_problem(tmp_path: Path) -> None:
    assert problems_of(write(tmp_path, CLEAN)) == []


CASES = [
    ("E701", "en/rss.xml", "https://x.example/en/rss.xml", "https://x.example/en/atom.xml", "<atom:link"),
    ("E702", "de/atom.xml", "<id>tag:x.example,2026:de</id>", "<id>tag:x.example,2026:en</id>", ""),
    ("E703", "en/atom.xml", "de/atom.xml", "fr/atom.xml", 'rel="related"'),
    ("E704", "en/atom.xml", 'hreflang="de"', 'hreflang="fr"', 'rel="related"'),
    ("E705", "de/atom.xml", "<id>tag:x.example,2026:b/de</id>", "<id>tag:x.example,2026:b/en</id>", "<entry>"),
    ("E706", "en/atom-2.xml", "en/atom-1.xml", "en/atom-0.xml", 'rel="prev-archive"'),
    ("E707", "en/atom-1.xml", 'rel="next-archive"', 'rel="prev-archive"', ""),
    ("E708", "feeds.opml", "https://x.example/de/atom.xml", "https://x.example/it/atom.xml", 'text="Deutsch"'),
    ("W701", "de/atom.xml", sibling("en"), "", ""),
    ("W702", "en/atom-1.xml", link("next-archive", "en/atom-2.xml"), "", ""),
    ("W703", "en/atom-2.xml", link("prev-archive", "en/atom-1.xml"), "", ""),
    ("W704", "en/rss.xml", "2026:b/en", "2026:c/en", ""),
    ("W705", "en/rss.xml", "Mon, 02 Feb 2026 09:00", "Mon, 02 Feb 2026 10:00", "<item>"),
    ("W706", "en/rss.xml", "<language>en</language>\n", "", ""),
]
# Where the problem is, if that is another document than the changed one.
ELSEWHERE = {
    "E702": "en/atom-1.xml",
    "E705": "en/atom.xml",
    "E707": "en/atom.xml",
    "W701": "en/atom.xml",
    "W702": "en/atom-2.xml",
    "W703": "en/atom-1.xml",
    "W704": "en/atom.xml",
}


@pytest.mark.parametrize(("code", "name", "old", "new", "at"), CASES, ids=[case[0] for case in CASES])
def test_fault_is_found(code: str, name: str, old: str, new: str, at: str, tmp_path: Path) -> None:
    assert old in CLEAN[name]
    files = {**CLEAN, name: CLEAN[name].replace(old, new)}
    found = [problem for problem in problems_of(write(tmp_path, files)) if problem.code == code]
    assert [problem.path for problem in found[:1]] == [(tmp_path / ELSEWHERE.get(code, name)).as_posix()]
    if at:
        text = files[ELSEWHERE.get(code, name)]
        assert found[0].line == text.count("\n", 0, text.index(at)) + 1


def test_list_finds_the_feeds_beside_it(tmp_path: Path) -> None:
    files = {**CLEAN, "de/atom.xml": CLEAN["de/atom.xml"].replace("2026:b/de", "2026:b/en")}
    assert {problem.code for problem in problems_of(write(tmp_path, files) / "feeds.opml")} == {"E705"}


def test_feed_that_is_listed_twice_is_read_once(tmp_path: Path) -> None:
    twice = OPML.replace("</body>", '<outline type="rss" text="E" xmlUrl="https://y.example/en/atom.xml"/></body>')
    assert problems_of(write(tmp_path, {**CLEAN, "feeds.opml": twice}) / "feeds.opml") == []


@pytest.mark.parametrize("links", [sibling, lambda _: link("prev-archive", "de/atom.xml") + "\n"])
def test_links_are_followed_once(links: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    find = FeedSet.find

    def count_calls(feeds: FeedSet, address: str) -> Member | None:
        calls.append(address)
        return find(feeds, address)

    monkeypatch.setattr(FeedSet, "find", count_calls)
    back = sibling("fr") if links is sibling else link("next-archive", "fr/atom.xml") + "\n"
    files = {
        "en/atom.xml": atom("en", "atom.xml", "", links("de") * 200, ARCHIVE),
        "de/atom.xml": atom("de", "atom.xml", "", back * 200, ARCHIVE),
    }
    validate(write(tmp_path, files), now=NOW)
    assert 400 <= len(calls) <= 400 * 5, "each link is followed once by each check that needs it"


def test_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, CLEAN)
    scan = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "de":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(FeedpubError, match="de: Permission denied"):
        validate(tmp_path, now=NOW)


def test_broken_feed_is_reported_once(tmp_path: Path) -> None:
    problems = problems_of(write(tmp_path, {**CLEAN, "en/rss.xml": RSS[:-20]}))
    assert [(problem.code, Path(problem.path).name) for problem in problems] == [("E301", "rss.xml")]


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FeedpubError, match="nowhere"):
        validate(tmp_path / "nowhere")


def test_paths_are_those_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"public/atom.xml": "<feed/>"})
    monkeypatch.chdir(tmp_path)
    assert [problem.place for problem in validate(Path("public"))] == ["public/atom.xml:1:1"]


def test_pipe_in_a_folder_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "feed.xml")
    assert validate(tmp_path, now=NOW) == []


def test_check_of_sets_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check_nothing(feeds: FeedSet) -> Iterator[Finding]:
        yield Finding("N304", f"{len(feeds.feeds)} feeds", feeds.feeds[0].path)

    monkeypatch.setattr(feed_sets, "CHECKS", (*feed_sets.CHECKS, check_nothing))
    assert [problem.message for problem in validate(write(tmp_path, CLEAN), now=NOW)][-1] == "5 feeds"
