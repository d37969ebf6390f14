"""What people see: pages and feeds in Chromium, light and dark, on a phone, and through an accessibility checker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from chromium import DESKTOP, PHONE, axe, contrast, found, measure

import feedpub
from feedpub.language import get_words
from support.sample_feeds import BASE, TITLES, WORKS
from support.sample_pages import HOMES, SUBTITLES, list_articles, make_pages, make_trains, write_pages

if TYPE_CHECKING:
    from pathlib import Path

LANDINGS = {"index.html": ["en", "zh-Hans", "ar"], "chinese/index.html": ["zh-Hans", "en"]}
ARTICLES = {language: f"{language}/night-trains/index.html" for language in ("en", "zh-Hans", "ar")}
PAGES = (
    "index.html",
    "en/index.html",
    "ar/index.html",
    "en/archive/index.html",
    "en/category/travel/index.html",
    "en/torture/index.html",
    *ARTICLES.values(),
)
FEEDS = ("en/atom.xml", "en/rss.xml", "zh-Hans/atom.xml", "ar/rss.xml")
FALLBACKS = {"originals/ar.atom.xml": "ar", "originals/ar.rss.xml": "ar", "originals/en.rss.xml": "en"}
MIXED = {"en/originals.html": "en", "ar/originals.html": "ar"}
COLOURED = ("index.html", "en/night-trains/index.html", *FEEDS)

# What an element says and where it leads.
LINKS = "[...root.querySelectorAll('a')].map(a => [a.textContent.trim(), a.href])"
CARDS = f"""
    const cards = [...document.querySelectorAll("section.card")].map(root => ({{
        lang: root.lang, direction: getComputedStyle(root).direction, text: root.innerText, links: {LINKS},
        addresses: [...root.querySelectorAll("code")].map(code =>
            [code.textContent, getComputedStyle(code).userSelect, getComputedStyle(code).direction]),
    }}));
    const root = document.querySelector("footer");
    return {{lang: document.documentElement.lang, title: document.title, cards, footer: {LINKS},
        heading: document.querySelector("h1").innerText}};"""
ARTICLE = f"""
    const main = document.querySelector("main"), root = document, box = (one) => one.getBoundingClientRect();
    const heading = document.createRange();
    heading.selectNodeContents(document.querySelector("h1"));
    return {{text: main.innerText, links: {LINKS}, direction: getComputedStyle(document.body).direction,
        headings: [...main.querySelectorAll("h1, h2, h3")].map(one => [one.tagName, one.innerText]),
        points: main.querySelectorAll(".content > ul > li").length,
        references: [...main.querySelectorAll(".content > ol > li")].map(one => one.innerText),
        marker: getComputedStyle(main.querySelector("ol")).listStyleType,
        left: box(heading).left - box(main).left, right: box(main).right - box(heading).right}};"""
NARROW = """
    const small = [];
    for (const one of document.querySelectorAll("header a, nav a, .articles a, dt a, footer a, .more a, h2 a")) {
        const box = one.getBoundingClientRect();
        if (box.height < 24 || box.width < 24) small.push([one.textContent, box.width, box.height]);
    }
    const body = getComputedStyle(document.body);
    return {window: innerWidth, width: document.scrollingElement.scrollWidth, small, size: parseFloat(body.fontSize),
        leading: parseFloat(body.lineHeight) / parseFloat(body.fontSize),
        files: [...[...document.styleSheets].map(one => one.href),
            ...[...document.querySelectorAll("[src]")].map(one => one.src)],
        scripts: document.scripts.length,
        hrefs: [...document.querySelectorAll("a")].map(one => one.getAttribute("href")),
        ids: [...document.querySelectorAll("[id]")].map(one => one.id)};"""
COLOURS = """
    const names = ["title, h1", "entry > title, item > title, .content p, .card p", ".content a, .articles a",
        "subtitle, description, time"];
    const inks = names.map(name => [...document.querySelectorAll(name)].find(one => one.getClientRects().length));
    return {paper: getComputedStyle(document.documentElement).backgroundColor,
        inks: inks.filter(one => one).map(one => getComputedStyle(one).color)};"""
FEED = """
    const shown = (name) => [...document.querySelectorAll(name)].filter(one => one.getClientRects().length)
        .map(one => one.textContent);
    const root = document.documentElement;
    return {hint: getComputedStyle(root, "::before").content, direction: getComputedStyle(root).direction,
        title: shown("feed > title, channel > title"), titles: shown("entry > title, item > title"),
        summaries: shown("entry > summary, item > description"),
        aligned: [...document.querySelectorAll("item > link")].map(one => getComputedStyle(one).textAlign),
        breaks: getComputedStyle(document.querySelector("entry > summary, item > description")).whiteSpace,
        others: shown("id, guid, updated, published, pubDate, content, author, generator"),
        window: innerWidth, width: document.scrollingElement.scrollWidth};"""
EDGES = """
    return [...document.querySelectorAll(".articles li, .neighbours p")].map(row => {
        const text = document.createRange();
        text.selectNodeContents(row.querySelector("a"));
        const box = row.getBoundingClientRect(), line = text.getBoundingClientRect();
        return Math.min(line.left - box.left, 30) - Math.min(box.right - line.right, 30);
    });"""
SIDES = """
    const {left, right, width} = document.querySelector(".card").getBoundingClientRect();
    return [left, innerWidth - right, width];"""
DIRECTIONS = """
    return [...document.querySelectorAll("entry, item")].map(one => getComputedStyle(one).direction);"""
SKIP = """
    const link = document.querySelector("a"), hidden = link.getBoundingClientRect().bottom;
    link.focus();
    const visible = link.getBoundingClientRect().top, outline = getComputedStyle(link).outlineStyle;
    link.click();
    await new Promise(done => setTimeout(done, 100));
    return {text: link.textContent, hidden, visible, outline, focus: document.activeElement.tagName,
        landmarks: ["header", "main", "footer", "nav"].filter(name => document.querySelector(name))};"""
AXE = """
    const frame = document.createElement("script");
    frame.src = "/axe.js";
    await new Promise(done => { frame.onload = done; document.head.append(frame); });
    const done = await axe.run(document, {resultTypes: ["violations"],
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]});
    return done.violations.map(one => [one.impact, one.id, one.nodes.map(node => node.html.slice(0, 200))]);"""

Measurements = dict[tuple[str, str], Any]
JOBS = (
    *((CARDS, page, DESKTOP) for page in LANDINGS),
    *((ARTICLE, page, DESKTOP) for page in ARTICLES.values()),
    *((NARROW, page, PHONE) for page in PAGES),
    *((FEED, page, PHONE) for page in FEEDS),
    *((COLOURS, page, DESKTOP) for page in COLOURED),
    *((DIRECTIONS, page, PHONE) for page in FALLBACKS),
    *((EDGES, page, DESKTOP) for page in MIXED),
    (SIDES, "alone/index.html", DESKTOP),
    (SKIP, "en/index.html", DESKTOP),
)


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site; its landing page with Chinese as the default language; feeds with originals of another."""
    found("chromium")
    folder = tmp_path_factory.mktemp("public")
    write_pages(folder)
    chinese = make_pages(languages=("zh-Hans", "en"))
    (folder / "chinese").mkdir()
    (folder / "chinese" / "style.css").write_bytes(chinese.read_style())
    newest = {language: list_articles(make_trains().entries[language]) for language in chinese.feeds}
    (folder / "chinese" / "index.html").write_bytes(chinese.render_landing(newest))
    alone = make_pages(languages=("en",))
    (folder / "alone").mkdir()
    (folder / "alone" / "style.css").write_bytes(alone.read_style())
    (folder / "alone" / "index.html").write_bytes(
        alone.render_landing({"en": list_articles(make_trains().entries["en"])})
    )
    for name, language in MIXED.items():
        lines = list_articles(*make_trains().entries.values())
        page = make_pages().render_language(language, lines, 3)
        (folder / name).write_bytes(page + make_pages().render_neighbours(language, *lines[::2]))
    for name, language in FALLBACKS.items():
        mixed = replace(HOMES[language], entries=tuple(make_trains().entries[tag] for tag in ("en", "ar")))
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes((feedpub.to_atom if "atom" in name else feedpub.to_rss)(mixed))
    return folder


@pytest.fixture(scope="module")
def light(public: Path) -> Measurements:
    return _measured(public, JOBS, dark=False)


@pytest.fixture(scope="module")
def dark(public: Path) -> Measurements:
    return _measured(public, [(COLOURS, page, DESKTOP) for page in COLOURED], dark=True)


def _measured(public: Path, jobs: Any, *, dark: bool) -> Measurements:
    results = measure(public, [(page, script, size) for script, page, size in jobs], dark=dark)
    return {(script, page): result for (script, page, _), result in zip(jobs, results, strict=True)}


@pytest.mark.parametrize("page", LANDINGS)
def test_landing_page_has_a_card_for_each_language(page: str, light: Measurements) -> None:
    measured, languages = light[CARDS, page], LANDINGS[page]
    first = languages[0]
    assert (measured["lang"], measured["title"], measured["heading"]) == (first, TITLES[first], TITLES[first])
    assert [card["lang"] for card in measured["cards"]] == languages
    for language, card in zip(languages, measured["cards"], strict=True):
        words = get_words(language)
        assert card["direction"] == ("rtl" if language == "ar" else "ltr")
        for text in (TITLES[language], SUBTITLES[language], words["latest"], words["subscribe"]):
            assert text in card["text"]
        names = ("atom.xml", "rss.xml", "feed.json")
        assert card["addresses"] == [[f"{BASE}{language}/{name}", "all", "ltr"] for name in names]
        home, article, *_ = card["links"]
        assert home[0] == words["autonym"]
        assert home[1].endswith(f"/{language}/index.html")
        assert article[1].endswith(f"/{language}/night-trains/index.html")
    text, towards = measured["footer"][0]
    assert text == get_words(first)["opml"]
    assert towards.endswith("/feeds.opml")


@pytest.mark.parametrize("language", ARTICLES)
def test_article_page_shows_all_of_the_article(language: str, light: Measurements) -> None:
    measured, words = light[ARTICLE, ARTICLES[language]], get_words(language)
    assert [tag for tag, _ in measured["headings"]] == ["H1"] + ["H2"] * (len(measured["headings"]) - 1)
    assert [text for _, text in measured["headings"]][1:3] == [words["key_points"], words["references"]]
    assert measured["points"] >= 1
    assert measured["marker"] == "decimal"
    assert "2026-02-01" in measured["text"]
    for other in set(ARTICLES) - {language}:
        ways = [href for text, href in measured["links"] if text == get_words(other)["autonym"]]
        assert ways
        assert all(href.endswith(f"/{ARTICLES[other]}") for href in ways)
    assert measured["direction"] == ("rtl" if language == "ar" else "ltr")
    assert (
        (measured["right"] < 1 < measured["left"]) if language == "ar" else (measured["left"] < 1 < measured["right"])
    )


def test_article_page_names_authors_source_and_neighbours(light: Measurements) -> None:
    measured = light[ARTICLE, ARTICLES["en"]]
    assert measured["references"][0] == "Nightjet - ÖBB / Siemens Mobility"
    assert [WORKS[0].title, WORKS[0].url] in measured["links"]
    assert ["Ann Author", "https://ann.example/"] in measured["links"]
    for text in ("Ann Author, Bob & Co", "Updated 2026-02-03", "Previous\nFerries", "Source: https://video.example"):
        assert text in measured["text"]
    following = next(href for text, href in measured["links"] if text.startswith("Donaudampf"))
    assert following.endswith("/en/torture/index.html")


@pytest.mark.parametrize("page", PAGES)
def test_our_links_lead_to_pages(page: str, light: Measurements, public: Path) -> None:
    measured = light[NARROW, page]
    ours = [href for href in measured["hrefs"] if not urlsplit(href).scheme]
    assert len(ours) > 3
    for href in ours:
        if href.startswith("#"):
            assert href[1:] in measured["ids"]
        else:
            assert ((public / page).parent / unquote(href)).is_file(), href


@pytest.mark.parametrize("page", PAGES)
def test_on_a_phone_nothing_is_cut_off_and_all_can_be_touched(page: str, light: Measurements) -> None:
    measured = light[NARROW, page]
    assert measured["window"] == 375
    assert measured["width"] <= 375
    assert measured["small"] == []
    assert measured["size"] >= 16
    assert measured["leading"] >= (1.8 if page.startswith(("zh", "ar")) else 1.5)


@pytest.mark.parametrize("page", PAGES)
def test_pages_need_no_script_and_load_nothing_from_elsewhere(page: str, light: Measurements) -> None:
    measured = light[NARROW, page]
    assert [name.rpartition("/")[2] for name in measured["files"]] == ["style.css"]
    assert all(urlsplit(name).hostname == "127.0.0.1" for name in measured["files"])
    assert measured["scripts"] == 0


@pytest.mark.parametrize("preferred", ["light", "dark"])
@pytest.mark.parametrize("page", COLOURED)
def test_light_and_dark_have_contrast(page: str, preferred: str, request: pytest.FixtureRequest) -> None:
    measured = request.getfixturevalue(preferred)[COLOURS, page]
    assert contrast(measured["paper"], "rgb(0, 0, 0)" if preferred == "dark" else "rgb(255, 255, 255)") < 1.3
    assert len(measured["inks"]) >= 3
    for ink in measured["inks"]:
        assert contrast(measured["paper"], ink) >= 4.5  # WCAG 2.2, success criterion 1.4.3


@pytest.mark.parametrize("page", FEEDS)
def test_a_feed_that_is_opened_says_how_to_subscribe(page: str, light: Measurements) -> None:
    measured, language = light[FEED, page], page.partition("/")[0]
    assert get_words(language)["feed_hint"] in measured["hint"]
    assert measured["title"] == [TITLES[language]]
    assert len(measured["titles"]) == len(measured["summaries"]) == (2 if language == "en" else 1)
    assert "<" not in "".join(measured["summaries"])
    assert measured["breaks"] == "pre-line"  # paragraphs stay apart
    assert measured["others"] == []
    assert measured["direction"] == ("rtl" if language == "ar" else "ltr")
    assert set(measured["aligned"]) == (
        {"right" if language == "ar" else "left"} if page.endswith("rss.xml") else set()
    )
    assert (measured["window"], measured["width"]) == (375, 375)


def test_a_single_card_stands_in_the_middle(light: Measurements) -> None:
    sides, right, width = light[SIDES, "alone/index.html"]
    assert sides == right
    assert 600 < width < 700


@pytest.mark.parametrize("page", MIXED)
def test_titles_of_any_direction_begin_where_the_list_does(page: str, light: Measurements) -> None:
    *titles, previous, following = light[EDGES, page]
    sides = {edge > 0 for edge in (*titles, previous)}
    assert len(titles) == 3
    assert all(titles)  # none in the middle
    assert sides == {MIXED[page] == "ar"}  # on the right
    assert following * previous < 0  # at the other edge


@pytest.mark.parametrize("page", FALLBACKS)
def test_an_original_that_stands_in_runs_in_its_own_direction(page: str, light: Measurements) -> None:
    assert light[DIRECTIONS, page] == ["ltr", "rtl"]


def test_the_keyboard_finds_the_way_past_the_header(light: Measurements) -> None:
    measured = light[SKIP, "en/index.html"]
    assert measured["text"] == "Skip to content"
    assert measured["hidden"] <= 0 <= measured["visible"]
    assert measured["outline"] == "solid"
    assert measured["focus"] == "MAIN"
    assert measured["landmarks"] == ["header", "main", "footer", "nav"]


@pytest.mark.parametrize("preferred", ["light", "dark"])
def test_axe_finds_no_fault(preferred: str, public: Path, pytestconfig: pytest.Config) -> None:
    assert pytestconfig.cache is not None
    (public / "axe.js").write_text(axe(pytestconfig.cache.mkdir("axe")), encoding="utf-8")
    size = PHONE if preferred == "dark" else DESKTOP
    faults = measure(public, [(page, AXE, size) for page in PAGES], dark=preferred == "dark")
    assert dict(zip(PAGES, faults, strict=True)) == {page: [] for page in PAGES}
