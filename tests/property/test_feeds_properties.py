"""Properties of any entry: it is written in every format, or an error names the field."""

from __future__ import annotations

import calendar
import string
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from html import unescape
from typing import TYPE_CHECKING, Any

import feedparser
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import feedpub
from feedpub import Category, Enclosure, Entry, Feed, FieldError, KeyPoint, Person, Reference, Translation
from support.feed_parser import parse_json, parse_xml
from support.sample_feeds import BASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
LANGUAGES = ["en", "en-GB", "zh-Hans", "zh-Hant", "ar", "he", "tlh", "sr-Latn", "mul", "und"]
FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])

# Weighted towards what breaks feeds.
pieces = st.sampled_from(
    [
        *r"""< > & &amp; &#0; ]]> <b> </b> <!-- " ' % \ {0} a 中 ع 𝔘""".split(),
        *" \n\r\t\x85\u2028\ufeff\u200d\u202e\u2067\u2069\U0001fffe",
    ]
)
legal = st.one_of(
    st.lists(pieces, max_size=12).map("".join),
    st.text(st.characters(codec="utf-8", exclude_characters="\ufffe\uffff", exclude_categories=["Cs", "Cc"])),
)
# Also characters that are not allowed in XML.
anything = st.one_of(legal, st.text(st.characters(exclude_categories=[])))
titles = legal.filter(lambda text: bool(text.strip()))
# Neither markup nor character references: text that feedparser reads without guessing.
plain = st.text(
    st.sampled_from(string.ascii_letters + string.digits + " .,:;!?()\n中文标题عربي"), min_size=1, max_size=60
)
plain_titles = plain.filter(lambda text: bool(text.strip()))
paths = st.text(st.characters(codec="utf-8", categories=["L", "N"]), max_size=20)
addresses = st.builds(
    lambda host, path, query: f"https://{host}/{path}{query}",
    st.sampled_from(["example.org", "example.org:8443", "文摘.example", "bücher.example"]),
    paths,
    st.sampled_from(["", "?a=1&b=2", "?页=1", "#x", "?q=%E4%B8%AD"]),
)
dates = st.datetimes(
    min_value=datetime(1000, 1, 1),
    max_value=datetime(9998, 12, 31),
    timezones=st.one_of(
        st.just(UTC),
        st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59)).map(timezone),
        st.timezones(),
    ),
)
usual_dates = st.datetimes(datetime(1980, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)


def build_entries(text: st.SearchStrategy[str], title: st.SearchStrategy[str], moment: Any) -> st.SearchStrategy[Entry]:
    references = st.builds(
        Reference, title=title, publishers=st.lists(text, max_size=2).map(tuple), url=st.none() | addresses
    )
    return st.builds(
        Entry,
        id=paths.map(lambda path: f"tag:example.org,2026:{path}"),
        language=st.sampled_from(LANGUAGES),
        title=title,
        link=addresses,
        published=moment,
        updated=moment,
        summary=text,
        body=text,
        key_points=st.lists(st.builds(KeyPoint, text=text), max_size=2).map(tuple),
        references=st.lists(references, max_size=3).map(tuple),
        via=st.none() | addresses,
        translations=st.lists(
            st.builds(Translation, language=st.sampled_from(LANGUAGES), title=title, link=addresses), max_size=2
        ).map(tuple),
        authors=st.lists(st.builds(Person, name=title, uri=st.none() | addresses), max_size=2).map(tuple),
        categories=st.lists(st.builds(Category, term=title, label=st.none() | title), max_size=2).map(tuple),
        enclosures=st.lists(st.builds(Enclosure, url=addresses, type=st.just("audio/mpeg")), max_size=1).map(tuple),
        image=st.none() | addresses,
        rights=st.none() | text,
        previous=st.none() | references,
        next=st.none() | references,
    )


def make_feed(entry: Entry, text: str = "Feed", language: str = "en") -> Feed:
    return Feed(
        id="tag:example.org,2026:feed",
        language=language,
        title=text if text.strip() else "Feed",
        link=BASE,
        entries=(entry,),
        subtitle=text,
        rights=text,
        addresses={"atom": f"{BASE}atom.xml", "rss": f"{BASE}rss.xml", "json": f"{BASE}feed.json"},
        authors=(Person(name="Author"),),
        icon=f"{BASE}icon.png",
        stylesheet=text or None,
    )


@FEW
@given(build_entries(legal, titles, dates), legal, st.sampled_from(LANGUAGES))
def test_the_three_documents_say_the_same(entry: Entry, text: str, language: str) -> None:
    feed = make_feed(entry, text, language)
    atom, rss = (
        parse_xml(feedpub.to_atom(feed)).find(f"{ATOM}entry"),
        parse_xml(feedpub.to_rss(feed)).find("channel/item"),
    )
    item: dict[str, Any] = parse_json(feedpub.to_json(feed))["items"][0]
    assert atom is not None
    assert rss is not None

    assert atom.findtext(f"{ATOM}id") == rss.findtext("guid") == item["id"]
    assert read_construct(atom, "title") == rss.findtext("title") == item["title"]
    assert strip_isolates(item["title"]).split() == strip_isolates(entry.title).split()
    link = atom.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == rss.findtext("link") == item["url"]
    assert item["url"].isascii()
    assert atom.get(LANG) == rss.get(LANG) == item["language"] == entry.language
    content = rss.findtext(CONTENT) or rss.findtext("description")
    assert atom.findtext(f"{ATOM}content") == content == item["content_html"]
    assert read_construct(atom, "summary").split() == entry.summary.split()
    assert list_related(atom) == list_related(rss)
    assert [href for rel, _, href in list_related(atom) if rel == "via"] == list_sources(item)
    assert atom.findtext(f"{ATOM}updated") == item["date_modified"]
    assert timedelta(0) <= entry.published.astimezone(UTC) - parse_moment(item["date_published"]) < timedelta(seconds=1)
    assert parsedate_to_datetime(rss.findtext("pubDate") or "").astimezone(UTC) == parse_moment(item["date_published"])


@FEW
@given(build_entries(plain, plain_titles, usual_dates))
def test_feedparser_reads_what_was_written(entry: Entry) -> None:
    feed = make_feed(entry)
    item: dict[str, Any] = parse_json(feedpub.to_json(feed))["items"][0]
    for write in (feedpub.to_atom, feedpub.to_rss):
        parsed = feedparser.parse(write(feed))
        (read,) = parsed.entries

        assert not parsed.bozo
        assert parsed.feed.language == "en"
        assert read.title == " ".join(entry.title.split()) == item["title"]
        assert read.title_detail.language == item["language"] == entry.language
        assert read.link == item["url"]
        assert read.id == item["id"]
        assert read_text(read.summary).split() == entry.summary.split() or not entry.summary.strip()
        assert calendar.timegm(read.published_parsed) == entry.published.timestamp()
        links = [link for link in read.links if link.rel == "related"]
        assert [link.href for link in links] == [
            *list_sources(item),
            *(reference["url"] for reference in item.get("_feedpub", {}).get("references", ()) if "url" in reference),
            *(other["url"] for other in item.get("_feedpub", {}).get("translations", ())),
        ]
        assert [link.href for link in read.links if link.rel == "via"] == list_sources(item)
        names = [person["name"] for person in item["authors"]]
        assert [person.name for person in read.authors] == names


@given(anything, st.sampled_from(["title", "summary", "body", "rights", "id", "link", "via", "image", "language"]))
@example("\x00", "title")
@example("\ud800", "body")
@example("https://[", "link")
def test_any_text_is_written_or_refused_by_name(text: str, field: str) -> None:
    values: dict[str, Any] = {
        "id": "tag:example.org,2026:a",
        "language": "en",
        "title": "T",
        "link": BASE,
        "published": datetime(2026, 2, 1, tzinfo=UTC),
        field: text,
    }
    check_refusal(lambda: make_feed(Entry(**values)), "Entry", field)


@given(anything, st.sampled_from(["title", "subtitle", "rights", "stylesheet", "icon", "hub", "link", "id"]))
def test_any_text_of_a_feed_is_written_or_refused_by_name(text: str, field: str) -> None:
    values: dict[str, Any] = {"id": "tag:example.org,2026:a", "language": "en", "title": "T", "link": BASE, field: text}
    check_refusal(lambda: Feed(**values), "Feed", field)


@given(anything)
@example("https://a.example/" + "%" * 50)
def test_any_text_in_nested_values_is_written_or_refused_by_name(text: str) -> None:
    for owner, field, make in (
        ("KeyPoint", "text", lambda: {"key_points": (KeyPoint(text=text),)}),
        ("Reference", "title", lambda: {"references": (Reference(title=text, url=BASE),)}),
        ("Reference", "publishers", lambda: {"references": (Reference(title="T", publishers=(text,), url=BASE),)}),
        ("Reference", "url", lambda: {"references": (Reference(title="T", url=text),)}),
        ("Translation", "title", lambda: {"translations": (Translation(language="ar", title=text, link=BASE),)}),
        ("Person", "name", lambda: {"authors": (Person(name=text),)}),
        ("Person", "email", lambda: {"authors": (Person(name="P", email=text),)}),
        ("Category", "term", lambda: {"categories": (Category(term=text),)}),
        ("Category", "label", lambda: {"categories": (Category(term="T", label=text),)}),
        ("Category", "scheme", lambda: {"categories": (Category(term="T", scheme=text),)}),
        ("Enclosure", "type", lambda: {"enclosures": (Enclosure(url=BASE, type=text),)}),
    ):
        check_refusal(lambda make=make: make_feed(make_plain_entry(**make())), owner, field)  # type: ignore[misc]


def make_plain_entry(**values: Any) -> Entry:
    return Entry(
        id="tag:example.org,2026:a",
        language="en",
        title="T",
        link=BASE,
        published=datetime(2026, 2, 1, tzinfo=UTC),
        **values,
    )


def check_refusal(make: Callable[[], Feed], owner: str, field: str) -> None:
    refused = None
    try:
        feed = make()
    except FieldError as error:
        refused = error
    if refused:
        assert refused.owner.startswith(f"{owner} ")
        assert refused.field == field
        return
    parse_xml(feedpub.to_atom(feed))
    parse_xml(feedpub.to_rss(feed))
    parse_json(feedpub.to_json(feed))


def read_construct(element: etree._Element, name: str) -> str:
    child = element.find(f"{ATOM}{name}")
    if child is None:
        return ""
    return unescape(child.text or "") if child.get("type") == "html" else child.text or ""


def list_related(element: etree._Element) -> list[tuple[str | None, str | None, str | None]]:
    return [
        (link.get("rel"), link.get("title"), link.get("href"))
        for link in element.iterfind(f"{ATOM}link")
        if link.get("rel") in ("related", "via")
    ]


def list_sources(item: dict[str, Any]) -> list[str]:
    return [item["external_url"]] if "external_url" in item else []


def parse_moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def read_text(html: str) -> str:
    return unescape(html.replace("<p>", " ").replace("</p>", " "))


def strip_isolates(text: str) -> str:
    return text.translate(dict.fromkeys(range(0x2066, 0x206A)))
