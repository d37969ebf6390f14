"""Pages as they are written: the head, links, templates of a site's own, cost, OPML. What people see: tests/browser."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from feedpub import Category, ConfigError, Person, Reference, explain, render
from feedpub.language import KNOWN_LANGUAGES, get_direction, get_words
from feedpub.rendering.rendered_entry import RenderedEntry
from feedpub.site.opml import to_category_opml, to_opml
from feedpub.site.pages import NEIGHBOURS_PLACEHOLDER, Pages
from feedpub.site.theme import Theme, list_template_names
from support.sample_feeds import BASE, TITLES, entry, feed, hard_texts
from support.sample_pages import (
    CATEGORY,
    CONFIG,
    HOMES,
    ListedArticle,
    group_by_year,
    make_article,
    make_pages,
    make_torture,
    make_trains,
)

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = datetime(2006, 1, 1, tzinfo=UTC)
LISTED = ListedArticle("Night trains", f"{BASE}en/night-trains/", "2026-02-01T00:00:00+00:00", "en")


class ParsedPage(HTMLParser):
    """Hold the elements of a page, with their attributes, and its text; refuse what is not closed."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[dict[str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append({"tag": tag} | {name: value or "" for name, value in attrs})
        if tag not in ("meta", "link", "img", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [element for element in self.elements if element["tag"] == tag and wanted.items() <= element.items()]

    def meta(self, name: str) -> str | None:
        contents = [
            element["content"] for element in self.all("meta") if name in (element.get("name"), element.get("property"))
        ]
        assert len(contents) <= 1
        return contents[0] if contents else None


def english() -> bytes:
    pages = make_trains()
    return make_pages().render_article(pages, RenderedEntry(pages.entries["en"]))


EVERY: dict[str, Callable[[Pages], bytes]] = {
    "landing": lambda pages: pages.render_landing({"en": [LISTED]}),
    "language": lambda pages: pages.render_language("ar", [LISTED], 9),
    "archive": lambda pages: pages.render_archive("zh-Hans", group_by_year([LISTED])),
    "category": lambda pages: pages.render_category("en", CATEGORY, [LISTED]),
    "article": lambda pages: pages.render_article(make_trains(), RenderedEntry(make_trains().entries["en"])),
    "wide": lambda pages: pages.render_article(make_torture(), RenderedEntry(make_torture().entries["en"])),
}


@pytest.mark.parametrize("name", EVERY)
def test_every_page_says_who_made_it_and_what_it_is(name: str) -> None:
    page = EVERY[name](make_pages())
    parsed = ParsedPage(page)
    language = {"language": "ar", "archive": "zh-Hans"}.get(name, "en")
    assert page.startswith(b"<!doctype html>\n<html lang=")
    assert parsed.all("html") == [{"tag": "html", "lang": language, "dir": get_direction(language)}]
    assert parsed.meta("generator") == "feedpub"
    assert parsed.meta("viewport") == "width=device-width, initial-scale=1"
    assert len(parsed.all("h1")) == len(parsed.all("main")) == len(parsed.all("link", rel="canonical")) == 1
    assert parsed.meta("og:url") == parsed.all("link", rel="canonical")[0]["href"]
    assert parsed.meta("og:site_name") == TITLES[language]
    assert parsed.meta("og:locale") == {"en": "en_US", "zh-Hans": "zh_CN", "ar": "ar_EG"}[language]
    assert parsed.meta("og:type") == ("article" if name in ("article", "wide") else "website")
    assert not parsed.all("script")
    assert not [
        element for element in parsed.elements if "style" in element or any(key.startswith("on") for key in element)
    ]
    assert len({element["id"] for element in parsed.elements if "id" in element}) == sum(
        "id" in element for element in parsed.elements
    )


@pytest.mark.parametrize("name", EVERY)
def test_before_the_content_come_at_most_15_kb(name: str) -> None:
    pages = make_pages()
    head = EVERY[name](pages).partition(b"<main")[0]
    assert len(head) + len(pages.read_style()) <= 15_000


def test_all_languages_fit_before_the_content_too() -> None:
    config = replace(CONFIG, languages=KNOWN_LANGUAGES, title={})
    pages = Pages(config, {language: feed(language) for language in KNOWN_LANGUAGES})
    head = pages.render_language("he", [LISTED], 1).partition(b"<main")[0]
    assert len(head) + len(pages.read_style()) <= 25_000


@pytest.mark.parametrize("name", EVERY)
def test_feeds_are_found_the_own_language_first(name: str) -> None:
    links = [link for link in ParsedPage(EVERY[name](make_pages())).all("link", rel="alternate") if "type" in link]
    language = {"language": "ar", "archive": "zh-Hans"}.get(name, "en")
    others = [other for other in HOMES if other != language]
    types = ["application/atom+xml", "application/rss+xml", "application/feed+json"]
    own = types[:1] if name == "category" else types
    assert [link["type"] for link in links] == own + types[:1] * 2
    assert [link["hreflang"] for link in links] == [language] * len(own) + others
    for link in links:
        assert get_words(link["hreflang"])["autonym"] in link["title"]
    if name == "category":
        assert links[0]["href"] == CATEGORY.addresses["atom"]


def test_languages_know_each_other() -> None:
    def alternates(page: bytes) -> dict[str, str]:
        links = ParsedPage(page).all("link", rel="alternate")
        return {link["hreflang"]: link["href"] for link in links if "type" not in link}

    homes = {language: f"{BASE}{language}/" for language in HOMES} | {"x-default": BASE}
    pages = make_pages()
    assert alternates(pages.render_landing({})) == homes
    assert alternates(pages.render_language("ar", (), 0)) == homes
    assert alternates(english()) == {language: f"{BASE}{language}/night-trains/" for language in HOMES} | {
        "x-default": f"{BASE}en/night-trains/"
    }
    assert alternates(pages.render_archive("en", ())) == {
        language: f"{home}archive/" for language, home in homes.items()
    } | {"x-default": f"{BASE}en/archive/"}
    assert ParsedPage(pages.render_archive("en", ())).all("a", hreflang="ar", href="../../ar/archive/index.html")
    assert alternates(pages.render_category("en", CATEGORY, ())) == {}  # other languages may not have it


def test_description_is_the_summary_in_one_line() -> None:
    assert ParsedPage(english()).meta("description") == (
        "Night trains are coming back to Europe. Who pays for the empty berths in winter?"
    )
    assert ParsedPage(make_pages().render_language("en", (), 0)).meta("og:description") == "Articles, summed up"


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("", None),
        ("word " * 100, "word " * 59 + "word…"),
        ("one, " * 100, "one, " * 59 + "one…"),
        ("列车" * 200, "列车" * 150 + "…"),
        ("\u202eturned", "\u2068\u202eturned\u2069"),
    ],
)
def test_descriptions_are_cut_between_words(summary: str, expected: str | None) -> None:
    sample = entry(summary=summary)
    assert (
        ParsedPage(make_pages().render_article(make_article(sample), RenderedEntry(sample))).meta("description")
        == expected
    )


def test_article_page_is_the_content_of_the_feeds_below_a_title() -> None:
    pages = make_trains()
    page = english().decode()
    content = render(pages.entries["en"]).replace("h3>", "h2>")
    content = re.sub(rf'"{BASE}([\w-]+/night-trains/)"', r'"../../\1index.html"', content)
    assert content in page
    assert page.count(NEIGHBOURS_PLACEHOLDER.decode()) == 1
    assert f"<title>Night trains return · {TITLES['en']}</title>" in page
    assert '<time dir="ltr" datetime="2026-02-01T09:00:00+08:00">2026-02-01</time>' in page
    assert '<time dir="ltr" datetime="2026-02-03T18:30:15+08:00">2026-02-03</time>' in page
    assert (
        '<a href="https://ann.example/" rel="author" dir="auto">Ann Author</a>, <bdi>Bob &amp; Co</bdi></span>' in page
    )


def test_an_article_that_was_never_updated_says_so_by_silence() -> None:
    sample = entry()
    page = make_pages().render_article(make_article(sample), RenderedEntry(sample)).decode()
    assert get_words("en")["updated"] not in page
    assert "modified_time" not in page
    assert "Ann Author" in page  # of the feed


def test_dates_of_odd_offsets_are_written_as_html_can_hold_them() -> None:
    sample = entry(published=datetime(1900, 1, 1, tzinfo=timezone(timedelta(hours=8, minutes=5, seconds=43))))
    assert b'datetime="1899-12-31T15:54:17+00:00"' in make_pages().render_article(
        make_article(sample), RenderedEntry(sample)
    )


def test_attachments_pictures_and_rights_are_shown() -> None:
    sample = replace(make_torture().entries["en"], image="https://media.example/picture.jpg")
    parsed = ParsedPage(make_pages().render_article(make_article(sample), RenderedEntry(sample)))
    assert parsed.all("a", type="audio/mpeg", href=sample.enclosures[0].url)
    assert parsed.all("img", src="https://media.example/picture.jpg", alt="")
    assert parsed.meta("og:image") == "https://media.example/picture.jpg"
    assert "© Ann" in parsed.text
    same = entry(rights="CC BY 4.0")
    assert (
        make_pages().render_article(make_article(same), RenderedEntry(same)).count(b"CC BY 4.0") == 1
    )  # as below each page


def test_what_is_wide_can_be_reached_by_keyboard() -> None:
    sample = entry(body="<pre>ls</pre><table><tr><td>1</td></tr></table>")
    page = make_pages().render_article(make_article(sample), RenderedEntry(sample))
    assert b'<pre tabindex="0">ls</pre>' in page
    assert b'<table tabindex="0">' in page
    assert ParsedPage(page).all("table")


@pytest.mark.parametrize("one", hard_texts().entries, ids=lambda one: one.id)
def test_hard_texts_stay_text(one: Any) -> None:
    row = ListedArticle(one.title, one.link, one.published.isoformat(), "en")
    pages = make_pages()
    for page in (
        pages.render_article(make_article(one), RenderedEntry(one)),
        pages.render_archive("en", group_by_year([row])),
        pages.render_landing({"en": [row]}),
    ):
        parsed = ParsedPage(page)
        assert not parsed.all("script")
        assert " ".join(re.sub("[\u2066-\u2069]", "", one.title).split()) in " ".join(
            re.sub("[\u2066-\u2069]", "", parsed.text).split()
        )
    assert ParsedPage(pages.render_neighbours("en", row, Reference(title=one.title))).all("a", rel="prev")


def test_lists_lead_to_our_pages_by_ways_that_need_no_server() -> None:
    pages = make_pages()
    for page, root in ((pages.render_landing({"en": [LISTED]}), ""), (pages.render_language("en", [LISTED], 1), "../")):
        assert f'<a href="{root}en/night-trains/index.html">Night trains</a>'.encode() in page
    assert b'<a href="../../en/night-trains/index.html"' in pages.render_archive("en", group_by_year([LISTED]))
    assert b'<a href="../../../en/night-trains/index.html"' in pages.render_category("en", CATEGORY, [LISTED])


def test_articles_elsewhere_are_linked_as_they_are() -> None:
    pages = make_pages(permalink=f"{BASE}blog/{{language}}/{{key}}/")
    row = LISTED._replace(link=f"{BASE}blog/en/night-trains/")
    for page in (
        pages.render_landing({"en": [row]}),
        pages.render_language("en", [row], 1),
        pages.render_archive("en", group_by_year([row])),
    ):
        assert f'<a href="{row.link}">'.encode() in page
    assert f'<a href="{row.link}" rel="next">'.encode() in pages.render_neighbours("en", None, row)


def test_feeds_elsewhere_are_linked_as_they_are() -> None:
    moved = replace(HOMES["en"], addresses={"atom": "https://feeds.example/digest"})
    page = Pages(CONFIG, HOMES | {"en": moved}).render_language("en", [], 0).decode()
    assert '<a href="https://feeds.example/digest" lang="en" dir="ltr">Atom</a>' in page
    assert "rss.xml" not in page


def test_an_entry_of_another_language_is_marked() -> None:
    row = LISTED._replace(title="夜间列车", language="zh-Hans")
    page = make_pages().render_language("ar", [row], 1).decode()
    assert 'lang="zh-Hans" dir="ltr" hreflang="zh-Hans">夜间列车</a> <span><span lang="zh-Hans">简体中文</span>' in page
    british = make_pages().render_language("en", [LISTED._replace(language="en-GB")], 1).decode()
    assert 'lang="en-GB"' in british
    assert british.count("English") == british.replace("<span>English", "").count("English")


def test_language_page_leads_to_the_archive_if_there_is_more() -> None:
    pages = make_pages()
    more, all_of_it = (
        pages.render_language("en", [LISTED], 7).decode(),
        pages.render_language("en", [LISTED], 1).decode(),
    )
    assert '<a href="archive/index.html">All articles <span class="count">7</span></a>' in more
    assert "<h2>Latest articles</h2>" in more
    assert "archive/" not in all_of_it
    assert "<h2>All articles</h2>" in all_of_it
    assert get_words("en")["no_articles"] in pages.render_language("en", [], 0).decode()


def test_categories_are_linked_where_they_have_pages() -> None:
    pages, sample = make_pages(), entry(categories=(Category(term="travel", label="Travel"),))
    named = [("Travel", CATEGORY.link)]
    assert b'<a href="../en/category/travel/index.html" dir="auto">Travel</a>' in pages.render_language(
        "en", [], 0, named
    )
    assert b'<a href="../../en/category/travel/index.html" dir="auto">Travel</a>' in pages.render_article(
        make_article(sample), RenderedEntry(sample), named
    )
    assert b'<span dir="auto">Travel</span>' in pages.render_article(make_article(sample), RenderedEntry(sample))


def test_archive_has_a_heading_for_each_year_once() -> None:
    east = timezone(timedelta(hours=14))
    dates = [
        datetime(2026, 5, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 1, tzinfo=east),
        datetime(2025, 12, 31, 11, 30, tzinfo=UTC),  # later than the next
        datetime(2026, 1, 1, 0, 30, tzinfo=east),
        datetime(2019, 1, 1, tzinfo=UTC),
    ]
    page = (
        make_pages()
        .render_archive("en", group_by_year([LISTED._replace(published=date.isoformat()) for date in dates]))
        .decode()
    )
    assert re.findall(r'<h2 id="y(\d+)">(\d+)</h2>', page) == [("2026", "2026"), ("2025", "2025"), ("2019", "2019")]
    assert re.findall(r'<a href="#y(\d+)">', page) == ["2026", "2025", "2019"]
    assert 'All articles <span class="count">5</span></h1>' in page
    assert get_words("en")["no_articles"] in make_pages().render_archive("en", []).decode()


def test_neighbours() -> None:
    pages = make_pages()
    assert pages.render_neighbours("en", None, None) == b""
    both = pages.render_neighbours("zh-Hans", LISTED, Reference(title="下一篇文章")).decode()
    assert '<a href="../../en/night-trains/index.html" rel="prev" lang="en" dir="ltr">Night trains</a>' in both
    assert "<span>下一篇文章</span>" in both
    assert both.count("<a ") == 1
    named = pages.render_neighbours("en", None, Reference(title="Ferries", url="https://works.example/")).decode()
    assert '<a href="https://works.example/" rel="next">Ferries</a>' in named
    assert get_words("en")["previous"] not in named


def test_one_language_needs_no_choice() -> None:
    pages = make_pages(languages=("en",))
    sample = entry()
    for page in (
        pages.render_landing({"en": [LISTED]}),
        pages.render_language("en", [LISTED], 1),
        pages.render_article(make_article(sample), RenderedEntry(sample)),
    ):
        assert b'class="languages"' not in page


def test_a_card_does_not_say_the_same_twice() -> None:
    latest = get_words("en")["latest"]
    page = Pages(CONFIG, HOMES | {"en": replace(HOMES["en"], title=latest)}).render_landing({"en": [LISTED]}).decode()
    card = page[page.index('<section class="card" id="en"') :].partition("</section>")[0]
    assert card.count(latest) == 1
    assert f'<p class="name">{TITLES["ar"]}</p>' in page


def test_an_icon_is_linked() -> None:
    page = make_pages(icon="https://media.example/icon.png").render_language("en", [], 0)
    assert ParsedPage(page).all("link", rel="icon", href="https://media.example/icon.png")


def test_feeds_that_are_opened_have_a_hint_in_each_language() -> None:
    style = make_pages().make_feed_style().decode()
    for language in HOMES:
        assert f':lang({language}):root::before {{ content: "{get_words(language)["feed_hint"]}"; }}' in style
    for language in HOMES:
        assert f":lang({language}) {{ direction: {get_direction(language)}; }}" in style
    assert "direction: rtl" not in make_pages(languages=("en", "zh-Hans")).make_feed_style().decode()


def test_jinja_is_loaded_with_the_first_page() -> None:
    program = (
        "import sys; from support.sample_pages import make_pages; pages = make_pages()\n"
        "pages.read_style(); pages.make_feed_style()\n"
        "assert 'jinja2' not in sys.modules; pages.render_landing({}); assert 'jinja2' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parent)


def own_template(folder: Path, name: str, text: str | bytes) -> Pages:
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return make_pages(folder.as_posix())


def test_a_site_may_have_templates_of_its_own(tmp_path: Path) -> None:
    pages = own_template(
        tmp_path, "base.html", '{% extends "feedpub/base.html" %}{% block footer %}By {{ home.title }}.{% endblock %}'
    )
    assert b"By The Digest." in pages.render_language("en", [LISTED], 1)
    assert b"Night trains</a>" in pages.render_language("en", [LISTED], 1)
    assert make_pages().read_style() == pages.read_style()
    styled = own_template(tmp_path, "style.css", "@media print{#nav{display:none}}\n")
    assert styled.read_style() == b"@media print{#nav{display:none}}\n"
    feeds = own_template(tmp_path, "feed.css", "entry { color: red }\n").make_feed_style()
    assert feeds.startswith(b"entry { color: red }\n:lang(en)")


def test_a_base_of_their_own_needs_two_lines(tmp_path: Path) -> None:
    text = '{% import "macros.html" as show %}\n<main>{% block main %}{% endblock %}</main>\n'
    guide = (Path(__file__).parent.parent / "docs" / "guides" / "templates.md").read_text(encoding="utf-8")
    assert "`" + text.partition("\n")[0] + "`" in guide
    pages = own_template(tmp_path, "base.html", text)
    for name, write in EVERY.items():
        page = write(pages).decode()
        assert page.startswith("<main>"), name
        assert "Night trains" in page or name == "wide"


def test_old_names_of_values_work_and_are_noted(tmp_path: Path) -> None:
    old = '{% import "macros.html" as show %}{{ own }}{{ discovery }}{% block main %}{% endblock %}'
    new = old.replace("own", "feed_links").replace("discovery", "other_feed_links")
    expected = {name: write(own_template(tmp_path, "base.html", new)) for name, write in EVERY.items()}
    assert Theme(tmp_path.as_posix()).list_problems() == []
    assert {name: write(own_template(tmp_path, "base.html", old)) for name, write in EVERY.items()} == expected
    assert all(b'rel="alternate"' in page for page in expected.values())
    notes = Theme(tmp_path.as_posix()).list_problems()
    assert [(note.code, note.line, note.message) for note in notes] == [
        ("N002", 1, "own is the old name of feed_links"),
        ("N002", 1, "discovery is the old name of other_feed_links"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{% macro list(own) %}{{ own }}{% endmacro %}",
        '{% set discovery = "" %}{{ discovery }}',
        "own discovery {{ words.own }}",
        "{{ own",  # broken: a build says so if a page needs it
        b"{{ own }}\xd6",
    ],
)
def test_other_things_of_these_names_are_not_noted(tmp_path: Path, text: str | bytes) -> None:
    own_template(tmp_path, "more.html", text)
    own_template(tmp_path, "style.css", "{{ own }}")
    assert Theme(tmp_path.as_posix()).list_problems() == []


def test_lint_reports_templates_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "templates").symlink_to("/")
    (problem,) = Theme(tmp_path.as_posix()).list_problems()
    assert problem.code == "E009"


def test_a_template_may_include_others(tmp_path: Path) -> None:
    own_template(tmp_path, "motto.html", "\ufeffFestina lente")
    pages = own_template(tmp_path, "neighbours.html", '{% include "motto.html" %}')
    assert pages.render_neighbours("en", LISTED, None) == b"Festina lente"


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("article.html", "{{ title }}\n\n{% if %}\n", 3, "Expected an expression"),
        ("article.html", "{{ title }}\n{{ titel }}\n", 2, "'titel' is undefined"),
        ("article.html", "\n{{ 1 // 0 }}", 2, "ZeroDivisionError"),
        ("article.html", b"a\n\xd6\n", 2, "byte 0xd6 is not UTF-8"),
        ("article.html", '{% extends "bass.html" %}', 1, "there is no template bass.html"),
        ("article.html", '{% include "article.html" %}', 1, "is nested too deeply"),
        ("macros.html", "{# nothing #}", 0, "has no attribute"),
    ],
)
def test_a_broken_template_is_named(name: str, text: str | bytes, line: int, message: str, tmp_path: Path) -> None:
    pages = own_template(tmp_path, name, text)
    with pytest.raises(ConfigError) as caught:
        pages.render_article(make_trains(), RenderedEntry(make_trains().entries["en"]))
    (problem,) = caught.value.problems
    folder = f"{tmp_path.as_posix()}/templates"
    assert (problem.code, problem.path, problem.line) == ("E009", f"{folder}/{name}" if line else folder, line)
    assert message in problem.message
    assert "E009" in problem.hint


def test_templates_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = own_template(tmp_path, "article.html", "")

    def refuse(folder: str, name: str, **_: object) -> bytes:
        raise PermissionError(13, "Permission denied", f"{folder}/{name}")

    monkeypatch.setattr("feedpub.site.theme.read_file", refuse)
    with pytest.raises(ConfigError, match="Permission denied") as caught:
        pages.render_landing({})
    assert caught.value.problems[0].path.endswith("templates/article.html")


def test_the_page_of_the_code_names_every_template() -> None:
    for name in list_template_names():
        assert name in explain("E009")


def outlines(opml: bytes) -> list[tuple[str | None, str | None, list[str | None]]]:
    return [
        (outline.get("text"), outline.get("xmlUrl"), [under.get("xmlUrl") for under in outline])
        for outline in ElementTree.fromstring(opml).findall("body/outline")
    ]


def test_opml_names_each_language_once() -> None:
    opml = to_opml(CONFIG, tuple(HOMES.values()))
    assert outlines(opml) == [(TITLES[language], f"{BASE}{language}/atom.xml", []) for language in HOMES]
    root = ElementTree.fromstring(opml)
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    head = {element.tag: element.text for element in root.findall("head/*")}
    assert head == {"title": "The Digest"}  # the W3C validator knows no `docs`
    for element in root.findall("body/outline"):
        assert element.get("type") == "rss"
        assert element.get("title") == element.get("text")
        assert element.get("htmlUrl") == f"{BASE}{element.get('language')}/"
        assert element.get("description")


def test_opml_of_categories_groups_them_by_language() -> None:
    opml = to_category_opml(CONFIG, tuple(HOMES.values()), {"en": [CATEGORY], "ar": ()})
    assert outlines(opml) == [("English", None, [f"{BASE}en/category/travel/atom.xml"])]
    groups = ElementTree.fromstring(opml).findall("body/outline")
    assert [list(outline.attrib) for outline in groups] == [["text"]]  # with more, the W3C validator asks for a type


def test_opml_names_its_owner_and_escapes() -> None:
    author = Person(name="Ann & Co", uri="https://ann.example/?a=1&b=2", email="ann@example.org")
    opml = to_opml(replace(CONFIG, author=author), [replace(HOMES["en"], title='"<Digest>" & \u202e')])
    root = ElementTree.fromstring(opml)
    head = {element.tag: element.text for element in root.findall("head/*")}
    assert head["title"] == '\u2068"<Digest>" & \u202e\u2069'
    assert (head["ownerName"], head["ownerEmail"], head["ownerId"]) == (author.name, author.email, author.uri)
    named = to_opml(replace(CONFIG, author=Person(name="Ann")), [])
    assert [element.tag for element in ElementTree.fromstring(named).findall("head/*")] == ["title", "ownerName"]
