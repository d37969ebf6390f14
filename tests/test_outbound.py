"""The outbound links of a site: what its feeds publish, and where each address was written (L7)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree, html

import feedpub
from feedpub.iri import to_uri
from feedpub.links.outbound import find_outbound_links
from support.case_files import load_cases
from support.feed_parser import parse_xml
from support.sample_builds import Desk, article
from test_link_fixing import remember_moved

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "---\ntitle: One\npublished: 2026-01-01\n"
ME = "https://me.test/"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "entries", author="Me")


def write_case(desk: Desk, case: dict[str, Any]) -> Path:
    author = f'{{ name = "Me", url = "{ME}" }}' if case.get("author") else '"Me"'
    desk.folder.joinpath("feedpub.toml").write_text(
        f'base_url = "https://site.test/"\nauthority = "site.test,2026"\nauthor = {author}\n', encoding="utf-8"
    )
    is_whole = case.get("whole") or case["text"].startswith(("+++", "{"))
    path = desk.folder / "one.en.md"
    path.write_text(case["text"] if is_whole else f"{HEAD}{case['text']}", encoding="utf-8", newline="")
    return path


def list_places(site: feedpub.Site) -> list[str]:
    return [
        f"{url} {place.line}:{place.column}" for url, places in find_outbound_links(site).items() for place in places
    ]


@pytest.mark.parametrize("case", load_cases("outbound"))
def test_what_is_checked_is_what_is_published(case: dict[str, Any], desk: Desk) -> None:
    write_case(desk, case)
    site = feedpub.load(desk.folder)
    assert sorted(list_places(site)) == sorted(case["links"])
    assert {to_uri(url) for url in find_outbound_links(site)} == find_in_feeds(site)


@pytest.mark.parametrize("case", load_cases("outbound"))
def test_each_place_can_be_rewritten(case: dict[str, Any], desk: Desk) -> None:
    path = write_case(desk, case)
    site = feedpub.load(desk.folder)
    before, found = path.read_bytes(), find_outbound_links(site)
    moved = {  # the type of an enclosure may be that of its ending
        url: f"https://b.test/{number}{'.mp3' * url.endswith('.mp3')}?a=1&b=2"
        for number, (url, places) in enumerate(found.items())
        if places[0].line
    }
    fixes = feedpub.fix_links(site, history=remember_moved(desk.folder, moved))
    refused = {old: line for fix in fixes for line, old, _ in fix.refused}
    assert sorted(refused.values()) == case.get("refused", [])
    feedpub.write_fixes(fixes)
    after = find_outbound_links(feedpub.load(desk.folder))
    assert sorted((url, place.line) for url, places in after.items() for place in places) == sorted(
        (url if url in refused else moved.get(url, url), place.line)
        for url, places in found.items()
        for place in places
    )
    assert (path.read_bytes() == before) == (not moved)


def find_in_feeds(site: feedpub.Site) -> set[str]:
    """Return the outbound http(s) addresses that real parsers find in the feeds of a site, as URIs.

    Not those that only name something: namespaces, ids, schemes of categories; nor texts.
    """
    found: set[str] = set()
    for language in site.config.languages:
        feed = site.feed(language)
        for item in json.loads(feedpub.to_json(feed))["items"]:
            found |= find_in_html(item["content_html"])
            found |= {item.get("external_url", ""), item.get("image", "")}
            found |= {part.get("url", "") for part in (*item.get("authors", ()), *item.get("attachments", ()))}
            own = item.get("_feedpub", {})
            parts = (*own.get("references", ()), own.get("previous", {}), own.get("next", {}))
            found |= {part.get("url", "") for part in parts}
        for write_case in (feedpub.to_atom, feedpub.to_rss):
            for element in parse_xml(write_case(feed)).iter():
                if etree.QName(element).localname in ("link", "enclosure", "thumbnail", "content", "source"):
                    found |= {element.get("href", ""), element.get("url", "")} - {feed.hub or ""}
                if etree.QName(element).localname in ("uri", "icon", "url"):
                    found.add(element.text or "")
                if etree.QName(element).localname in ("content", "encoded", "description"):
                    found |= find_in_html(element.text or "")
    home = site.config.base_url.partition("://")[2].rstrip("/")
    links = {to_uri(url) for url in found if url.lower().startswith(("http://", "https://"))}
    return {url for url in links if not f"{url.lower().partition('://')[2]}/".startswith(f"{home}/")}


def find_in_html(text: str) -> set[str]:
    if not text.strip():
        return set()
    return {link for _, _, link, _ in html.fragment_fromstring(text, create_parent="div").iterlinks()}


PIECES = (
    "[a](URL)",
    "![a](URL.png)",
    "<URL>",
    "See URL, and so on.",
    '<a href="URL">a</a>',
    "<img src='URL'>",
    "<!-- URL -->",
    "`URL`",
    '<script src="URL"></script>',
    '<iframe src="URL"></iframe>',
    '<svg><a href="URL">a</a></svg>',
    "[r]\n\n[r]: URL",
    "| a |\n| - |\n| [a](URL) |",
    "x[^n]\n\n[^n]: URL",
    "- [a](URL)\n- HTTP://h.test/URL",
    "[a](mailto:a@b.test?body=URL)",
)
FRONT = (
    "source: URL",
    "image: URL",
    "authors: [{ name: A, url: URL }, { name: B, url: URL }]",
    "author: Ann <URL>",
    "enclosures: [{ url: URL, type: audio/mpeg }, URL.mp3]",
    'next: "[N](URL)"',
    "previous: { title: P, url: URL }",
    "# URL",
    "summary: URL",
)
SECTIONS = "## Summary\nSee [s](URL).\n\n## Key Points\n- a URL\n\n## References\n1. [A](URL) - P\n2. B - Q"


def test_the_links_of_a_site_are_those_of_its_feeds(desk: Desk) -> None:
    """Each piece, with an address of its own, in two languages, some of which take values from the other."""
    numbers = iter(range(10_000))

    def number(text: str) -> str:
        while "URL" in text:
            text = text.replace("URL", f"https://h{next(numbers)}.test/p?a=1&b=2", 1)
        return text

    desk.configure(author="Me", icon="https://cdn.test/icon.png", hub="https://hub.test/")
    for index in range(max(len(PIECES), len(FRONT))):
        front = number(FRONT[index % len(FRONT)])
        pieces = number("\n\n".join((PIECES[index % len(PIECES)], PIECES[(index + 5) % len(PIECES)])))
        date = f"published: 2026-01-{index + 1:02}\n"
        desk.write(f"a{index}.en.md", f"---\ntitle: A{index}\n{date}{front}\n---\n{pieces}\n")
        desk.write(f"a{index}.zh-Hans.md", f"---\ntitle: 甲{index}\n---\n文。{pieces if index % 2 else ''}\n")
    desk.write("s.en.md", f"---\ntitle: S\npublished: 2026-02-01\n---\n{number(SECTIONS)}\n")
    desk.write(
        "s.zh-Hans.md", "---\ntitle: 戊\n---\n## 摘要\n文。\n\n## 参考资料\n1. [甲](https://z.test/) - 乙\n2. 丙 - 丁\n"
    )
    site = feedpub.load(desk.folder)
    found = find_outbound_links(site)
    assert {to_uri(url) for url in found} == find_in_feeds(site)
    assert len(found) > 30
    for url, places in found.items():
        for place in places:
            assert place.line or url == "https://cdn.test/icon.png"
            if place.line:
                with open(place.path, encoding="utf-8") as file:
                    line = file.read().split("\n")[place.line - 1]
                assert line.startswith(url.removesuffix(".png"), place.column - 1)


def test_what_a_translation_takes_stands_in_the_original(desk: Desk) -> None:
    desk.write("one.en.md", article("One", source="https://a.test/s", body="[a](https://a.test/x)"))
    desk.write("one.zh-Hans.md", "---\ntitle: 一\n---\n文。[a](https://a.test/x)\n")
    found = find_outbound_links(feedpub.load(desk.folder))
    original, translation = (f"{desk.folder}/one.{language}.md" for language in ("en", "zh-Hans"))
    assert [(place.path, place.line) for place in found["https://a.test/s"]] == [(original, 4)]
    assert [(place.path, place.line) for place in found["https://a.test/x"]] == [(original, 6), (translation, 4)]


def test_an_address_of_another_language_stands_there(desk: Desk) -> None:
    section = "## Summary\nText.\n\n## References\n1. "
    desk.write("one.en.md", article("One", body=f"{section}A - P"))
    desk.write("one.zh-Hans.md", f"---\ntitle: 一\n---\n{section}[A](https://a.test/x) - P\n")
    (places,) = find_outbound_links(feedpub.load(desk.folder)).values()
    assert [(place.path.rpartition("/")[2], place.line, place.column) for place in places] == [("one.zh-Hans.md", 8, 8)]


def test_entries_of_memory_have_no_place(desk: Desk) -> None:
    desk.write("one.en.md", article("One"))
    site = feedpub.load(desk.folder)
    (one,) = site.articles
    entry = replace(
        one.entries["en"],
        body="<a href=https://a.test/x>a</a><!-- <a href='https://a.test/y'>b</a> --><script>https://a.test/z</script>",
        key_points=(feedpub.KeyPoint(text='<a title="https://a.test/t" href="HTTPS://a.test/k">k</a>'),),
        extensions=(
            feedpub.Extension(
                namespace="https://podcastindex.org/namespace/1.0",
                prefix="podcast",
                name="chapters",
                attributes={"url": "https://a.test/c.json", "type": "application/json"},
            ),
        ),
    )
    made = feedpub.Article(key="one", entries={"en": entry}, original="en")
    found = find_outbound_links(feedpub.Site(config=site.config, articles=(made,)))
    assert found == dict.fromkeys(
        ("HTTPS://a.test/k", "https://a.test/c.json", "https://a.test/x"), (feedpub.Mention(entry=entry.id),)
    )
    # An entry that was changed has the places of what its file still says.
    changed = replace(one, entries={"en": entry})
    assert set(find_outbound_links(replace(site, articles=(changed,)))) == set(found)


def test_pages_elsewhere_are_the_sites_own(desk: Desk) -> None:
    desk.configure(languages=["en"], pages=False, permalink="https://blog.test/{key}/")
    desk.write("one.en.md", article("One", body="[b](https://blog.test/two/) [o](https://blog.test/other/)"))
    desk.write("two.en.md", article("Two", "2026-01-02"))
    assert list_places(feedpub.load(desk.folder)) == ["https://blog.test/other/ 5:33"]


def test_reports_show_columns(desk: Desk) -> None:
    desk.write("one.en.md", article("One", body="Text [a](https://a.test/x)"))
    history = remember_moved(desk.folder, {"https://a.test/x": "https://b.test/x"})
    report = feedpub.report_links(feedpub.load(desk.folder), history=history)
    (link,) = json.loads(feedpub.format_report(report, "json"))["links"]
    assert (link["found_in"][0]["line"], link["found_in"][0]["column"]) == (5, 10)
    assert "one.en.md,line=5,col=10," in feedpub.format_report(report, "github")
