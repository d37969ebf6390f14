"""Values that break feeds: each gives three correct documents, or a FieldError that names the value and the field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from html import unescape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

import feedpub
from feedpub import Category, Enclosure, Feed, FieldError, KeyPoint, Person, Reference, Translation
from support.feed_parser import parse_json, parse_xml
from support.sample_feeds import BASE, SHANGHAI, entry, feed

if TYPE_CHECKING:
    from collections.abc import Callable

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
DC = "{http://purl.org/dc/elements/1.1/}"

ILLEGAL = ["\x00", "\x08", "\x0b", "\x1b", "\x1f", "\ud800", "\udfff", "\ufffe", "\uffff"]
# Field → how to make a value with this text in it, and the value that the error names.
PLACES: dict[str, tuple[Callable[[str], object], str]] = {
    "title": (lambda text: entry(title=text), "Entry 'tag:example.org,2026:night-trains/en'"),
    "summary": (lambda text: entry(summary=text), "Entry 'tag:example.org,2026:night-trains/en'"),
    "body": (lambda text: entry(body=text), "Entry 'tag:example.org,2026:night-trains/en'"),
    "rights": (lambda text: entry(rights=text), "Entry 'tag:example.org,2026:night-trains/en'"),
    "id": (lambda text: entry(id=f"tag:{text}"), "Entry 'tag:"),
    "link": (lambda text: entry(link=f"{BASE}{text}"), "Entry 'tag:example.org,2026:night-trains/en'"),
    "via": (lambda text: entry(via=f"{BASE}{text}"), "Entry 'tag:example.org,2026:night-trains/en'"),
    "image": (lambda text: entry(image=f"{BASE}{text}"), "Entry 'tag:example.org,2026:night-trains/en'"),
    "text": (lambda text: KeyPoint(text=text), "KeyPoint "),
    "publishers": (lambda text: Reference(title="R", publishers=(text,)), "Reference 'R'"),
    "url": (lambda text: Reference(title="R", url=f"{BASE}{text}"), "Reference 'R'"),
    "name": (lambda text: Person(name=text), "Person "),
    "uri": (lambda text: Person(name="P", uri=f"{BASE}{text}"), "Person 'P'"),
    "email": (lambda text: Person(name="P", email=f"{text}@example.org"), "Person 'P'"),
    "term": (lambda text: Category(term=text), "Category "),
    "label": (lambda text: Category(term="C", label=text), "Category 'C'"),
    "scheme": (lambda text: Category(term="C", scheme=f"urn:{text}"), "Category 'C'"),
    "type": (lambda text: Enclosure(url=BASE, type=f"audio/mpeg; a={text}"), f"Enclosure '{BASE}'"),
    "subtitle": (lambda text: feed("en", subtitle=text), "Feed 'tag:example.org,2026:en'"),
    "stylesheet": (lambda text: feed("en", stylesheet=text), "Feed 'tag:example.org,2026:en'"),
    "icon": (lambda text: feed("en", icon=f"{BASE}{text}"), "Feed 'tag:example.org,2026:en'"),
    "hub": (lambda text: feed("en", hub=f"{BASE}{text}"), "Feed 'tag:example.org,2026:en'"),
    "addresses": (lambda text: feed("en", addresses={"rss": f"{BASE}{text}"}), "Feed 'tag:example.org,2026:en'"),
}
# What stands in plain text, and must arrive as it is.
TEXTS = [
    "]]>",
    "<![CDATA[x]]>",
    "<script>alert(1)</script>",
    "</title></entry></feed>",
    "<!-- <?xml ?> <!DOCTYPE a [<!ENTITY b 'c'>]>",
    "&b; &#0; &#xD800; &amp;lt;",
    "\"'\\ %s {0} \\u0000",
    "\x7f\x80\x9f",
    "\U0001fffe\U0010ffff\ue000",
    "e\u0301 \u200d\ufeff 👩\u200d👧",
]


@dataclass
class Seen:
    """What the three documents of a feed with one entry say; each list is Atom, RSS, JSON Feed."""

    atom: etree._Element
    rss: etree._Element
    json: dict[str, Any]
    titles: list[str]
    links: list[str]
    contents: list[str]


def see(given: Feed) -> Seen:
    """Write a feed in all formats and read it back, strictly."""
    atom, rss = parse_xml(feedpub.to_atom(given)), parse_xml(feedpub.to_rss(given))
    document = parse_json(feedpub.to_json(given))
    written, item, value = atom.find(f"{ATOM}entry"), rss.find("channel/item"), document["items"][0]
    assert written is not None
    assert item is not None
    title = written.find(f"{ATOM}title")
    link = written.find(f"{ATOM}link")
    assert title is not None
    assert title.text is not None
    assert link is not None
    content = item.findtext(CONTENT)
    return Seen(
        atom=written,
        rss=item,
        json=value,
        titles=[unescaped(title), item.findtext("title") or "", value["title"]],
        links=[link.get("href") or "", item.findtext("link") or "", value["url"]],
        contents=[
            written.findtext(f"{ATOM}content") or "",
            (item.findtext("description") or "") if content is None else content,
            value["content_html"],
        ],
    )


@pytest.mark.parametrize("character", ILLEGAL, ids=lambda character: f"U+{ord(character):04X}")
@pytest.mark.parametrize("field", PLACES)
def test_what_xml_cannot_carry_is_named(field: str, character: str) -> None:
    make, owner = PLACES[field]

    with pytest.raises(FieldError) as caught:
        make(f"a{character}b")

    assert caught.value.field == field
    assert caught.value.owner.startswith(owner)
    assert str(caught.value).encode("utf-8")  # printable, whatever the value holds


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_plain_text_arrives_as_it_is(text: str) -> None:
    seen = see(
        feed(
            "en",
            entry(
                title=text,
                summary=text,
                rights=text,
                authors=(Person(name=text),),
                categories=(Category(term=text, label=text),),
                references=(Reference(title=text, publishers=(text,), url="https://r.example/"),),
                translations=(Translation(language="ar", title=text, link=f"{BASE}ar/"),),
                previous=Reference(title=text),
            ),
            title=text,
            subtitle=text,
            rights=text,
        )
    )

    assert seen.titles == [text] * 3
    assert seen.atom.findtext(f"{ATOM}author/{ATOM}name") == seen.rss.findtext(f"{DC}creator") == text
    assert seen.rss.findtext(f"{DC}rights") == text
    assert seen.rss.findtext("category") == text
    for link in (f"{ATOM}link[@rel='related']",):
        titles = [element.get("title") for element in (*seen.atom.iterfind(link), *seen.rss.iterfind(link))]
        assert titles == [f"{text} - {text}", text] * 2
    assert seen.json["summary"] == text
    assert seen.json["_feedpub"]["references"] == [
        {"number": 1, "title": text, "publishers": [text], "url": "https://r.example/"}
    ]
    assert len(set(seen.contents)) == 1
    assert "<script" not in seen.contents[0]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_html_is_cleaned_not_trusted(text: str) -> None:
    seen = see(feed("en", entry(body=f"<p>before</p>{text}<p>after</p>", key_points=(KeyPoint(text=text),))))

    assert len(set(seen.contents)) == 1
    assert seen.contents[0].startswith("<p>before</p>")
    assert not {"<script", "<!", "<?", "\x00"} & set(seen.contents[0].split(">"))
    parse_xml(f"<div>{seen.contents[0]}</div>".encode())  # balanced, no undeclared entity


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a href='javascript:alert(1)'>a</a>", "<a>a</a>"),
        ("<a href=' java\tscript:alert(1)'>a</a>", "<a>a</a>"),
        ("<a href='JaVaScRiPt&colon;alert(1)'>a</a>", "<a>a</a>"),
        ("<a href='vbscript:x' onclick='x' style='x' id='i'>a</a>", "<a>a</a>"),
        ("<img src='data:image/png;base64,AAAA' alt='a'>", "<p></p>"),
        ("<script>alert(1)</script><style>a</style><iframe>b</iframe><p>c</p>", "<p>c</p>"),
        ("<svg><script>alert(1)</script></svg><p>c</p>", "<p>c</p>"),
        ("<a href='../渡轮/'>a</a>", '<a href="https://example.org/digest/en/渡轮/">a</a>'),
        ("<a href='/'>a</a><a href='?q=1&b'>b</a>", None),
        ("<a href='#note'>a</a>", "<a>a</a>"),
        ("<img src='p.png'>", '<img src="https://example.org/digest/en/night-trains/p.png">'),
        ("<a href='//b.example/'>a</a>", '<a href="https://b.example/">a</a>'),
        ("<a href='http://[broken'>a</a>", "<a>a</a>"),
        ("<p>&#x1F;&#0;a&#xFFFF;</p>", None),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_links_and_scripts_in_html(html: str, expected: str | None) -> None:
    seen = see(feed("en", entry(body=html)))
    (content,) = set(seen.contents)

    if expected is None:
        parse_xml(f"<div>{content}</div>".encode())
        assert 'href="?' not in content
        assert 'href="/' not in content
    else:
        assert content == expected


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "../relative/",
        "//example.org/",
        "/",
        "",
        "https://",
        "https://exa mple.org/",
        "https://example.org/a b",
        "https://example.org:99999/",
        "https://example.org/\n",
        "https://example.org/\u202egpj.exe",
        "https://文..example/",
        "https://" + "文" * 80 + ".example/",
        "https://<script>/",
        "http://[::1/",
        "data:text/html,x",
        "tag:example.org,2026:x",
    ],
)
def test_no_address(address: str) -> None:
    for field in ("link", "via", "image"):
        with pytest.raises(FieldError, match=rf"^Entry 'tag:example\.org,2026:night-trains/en': {field}: "):
            entry(**{field: address})
    with pytest.raises(FieldError, match=r"^Reference 'R': url: "):
        Reference(title="R", url=address)
    with pytest.raises(FieldError, match=r"^Feed 'tag:example\.org,2026:en': hub: "):
        feed("en", hub=address)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        (
            "https://文摘.example/夜车/?页=1#评论",
            "https://xn--k4u4z.example/%E5%A4%9C%E8%BD%A6/?%E9%A1%B5=1#%E8%AF%84%E8%AE%BA",
        ),
        ("https://bücher.example:8443/%e4%b8%ad", "https://xn--bcher-kva.example:8443/%e4%b8%ad"),
        ("https://example.org/100%/%zz", "https://example.org/100%25/%25zz"),
        ('https://example.org/?a=1&b=[2]|{3}"<>`^\\', "https://example.org/?a=1&b=%5B2%5D%7C%7B3%7D%22%3C%3E%60%5E%5C"),
        ("https://u:p'@example.org/]]>", "https://u:p'@example.org/%5D%5D%3E"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("https://example.org/\U0001fffe", "https://example.org/%F0%9F%BF%BE"),
    ],
)
def test_iris_are_written_as_uris(address: str, written: str) -> None:
    seen = see(
        feed(
            "en",
            entry(
                link=address,
                via=address,
                image=address,
                references=(Reference(title="R", url=address),),
                translations=(Translation(language="ar", title="T", link=address),),
                enclosures=(Enclosure(url=address, type="audio/mpeg"),),
                authors=(Person(name="A", uri=address),),
                categories=(Category(term="C", scheme=address),),
            ),
            link=address,
            icon=address,
            hub=address,
            addresses={"atom": address, "rss": address, "json": address},
        )
    )

    assert seen.links == [written] * 3
    for element in (seen.atom, seen.rss):
        links = element.findall(f"{ATOM}link")
        assert {link.get("href") for link in links} == {written}
        assert len({link.get("rel") for link in links} & {"related", "via"}) == 2
    assert seen.json["external_url"] == seen.json["image"] == written


def test_ids_in_other_scripts_are_the_same_uri_everywhere() -> None:
    seen = see(feed("zh-Hans", entry("夜车", "zh-Hans", link=BASE), id="tag:example.org,2026:文"))
    expected = "tag:example.org,2026:%E5%A4%9C%E8%BD%A6/zh-Hans"

    assert [seen.atom.findtext(f"{ATOM}id"), seen.rss.findtext("guid"), seen.json["id"]] == [expected] * 3


@pytest.mark.parametrize(
    "given", ["Night\r\ntrains", "\tNight\n\n trains ", "Night\u2028trains", "Night\u3000\xa0trains"]
)
def test_titles_stand_on_one_line(given: str) -> None:
    seen = see(
        feed(
            "en",
            entry(title=given, authors=(Person(name=given),), categories=(Category(term="c", label=given),)),
            title=given,
            siblings=(feed("ar", title=given),),
        )
    )

    assert seen.titles == ["Night trains"] * 3
    assert seen.atom.findtext(f"{ATOM}author/{ATOM}name") == seen.rss.findtext(f"{DC}creator") == "Night trains"
    assert seen.json["authors"] == [{"name": "Night trains"}]
    assert seen.rss.findtext("category") == "Night trains"
    for parent in (seen.atom.getparent(), seen.rss.getparent()):
        assert parent is not None
        assert [link.get("title") for link in parent.findall(f"{ATOM}link[@rel='related']")] == ["Night trains"]
        assert [title.text for title in parent if title.tag.endswith("title")] == ["Night trains"]


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("\u202egnirts", "\u2068\u202egnirts\u2069"),
        ("\u202aa\u202bb", "\u2068\u202aa\u202bb\u2069"),
        ("a\u202c", "\u2068a\u202c\u2069"),
        ("\u2067a", "\u2068\u2067a\u2069\u2069"),
        ("a\u2069b", "\u2068ab\u2069"),
        ("\u2067balanced\u2069 \u202btoo\u202c", "\u2067balanced\u2069 \u202btoo\u202c"),
        ("mark\u200e\u200f\u061c", "mark\u200e\u200f\u061c"),
    ],
)
def test_no_title_turns_the_text_around_it(title: str, written: str) -> None:
    seen = see(feed("en", entry(title=title, authors=(Person(name=title),))))

    assert seen.titles == [written] * 3
    assert seen.rss.findtext(f"{DC}creator") == seen.json["authors"][0]["name"] == written


def test_authors_without_address() -> None:
    seen = see(feed("en", entry(authors=(Person(name="Ann"), Person(name="Bob, Ph. D. (MIT)")))))

    assert [name.text for name in seen.atom.iter(f"{ATOM}name")] == ["Ann", "Bob, Ph. D. (MIT)"]
    assert [name.text for name in seen.rss.iter(f"{DC}creator")] == ["Ann", "Bob, Ph. D. (MIT)"]
    assert seen.rss.find("author") is None
    assert seen.json["authors"] == [{"name": "Ann"}, {"name": "Bob, Ph. D. (MIT)"}]


def test_no_author_at_all() -> None:
    with pytest.raises(FieldError, match=r"^Entry 'tag:example\.org,2026:night-trains/en': authors: is empty"):
        feedpub.to_atom(feed("en", entry(), authors=()))


def test_two_entries_with_the_same_id() -> None:
    with pytest.raises(FieldError, match=r"^Feed .*: entries: two have the id .*'Night trains' and 'Other'"):
        feed("en", entry(), entry(title="Other"))


@pytest.mark.parametrize("moment", [datetime(2026, 2, 1), date(2026, 2, 1), "2026-02-01", 0, None])
@pytest.mark.parametrize("field", ["published", "updated"])
def test_dates_without_time_zone(field: str, moment: Any) -> None:
    with pytest.raises(FieldError, match=rf"^Entry 'tag:example\.org,2026:night-trains/en': {field}: "):
        entry(**{field: moment})


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=SHANGHAI),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-1))),
    ],
)
def test_dates_that_utc_cannot_express(moment: datetime) -> None:
    with pytest.raises(FieldError, match=r"^Entry .*: published: .* outside the years 1 to 9999"):
        entry(published=moment)


@pytest.mark.parametrize(
    ("moment", "rfc3339", "rfc822"),
    [
        # Local mean time, +08:05:43, which neither format can write.
        (
            datetime(1900, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")),
            "1899-12-31T15:54:17+00:00",
            "Sun, 31 Dec 1899 15:54:17 +0000",
        ),
        (
            datetime(2026, 2, 1, tzinfo=ZoneInfo("Asia/Shanghai")),
            "2026-02-01T00:00:00+08:00",
            "Sun, 01 Feb 2026 00:00:00 +0800",
        ),
        (
            datetime(2026, 7, 1, 12, 30, 59, 999999, tzinfo=ZoneInfo("America/St_Johns")),
            "2026-07-01T12:30:59-02:30",
            "Wed, 01 Jul 2026 12:30:59 -0230",
        ),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00+00:00", "Mon, 01 Jan 0001 00:00:00 +0000"),
        (
            datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            "9999-12-31T23:59:59+00:00",
            "Fri, 31 Dec 9999 23:59:59 +0000",
        ),
        (
            datetime(2024, 2, 29, tzinfo=timezone(-timedelta(hours=23, minutes=59))),
            "2024-02-29T00:00:00-23:59",
            "Thu, 29 Feb 2024 00:00:00 -2359",
        ),
        (
            datetime(2026, 2, 1, tzinfo=timezone(timedelta(microseconds=1))),
            "2026-01-31T23:59:59+00:00",
            "Sat, 31 Jan 2026 23:59:59 +0000",
        ),
        (datetime(2026, 2, 1, tzinfo=UTC), "2026-02-01T00:00:00+00:00", "Sun, 01 Feb 2026 00:00:00 +0000"),
    ],
)
def test_dates(moment: datetime, rfc3339: str, rfc822: str) -> None:
    given = feed("en", entry(published=moment))
    seen = see(given)

    assert seen.atom.findtext(f"{ATOM}published") == seen.atom.findtext(f"{ATOM}updated") == rfc3339
    assert seen.json["date_published"] == seen.json["date_modified"] == rfc3339
    assert seen.rss.findtext("pubDate") == rfc822
    assert parse_xml(feedpub.to_rss(given)).findtext("channel/lastBuildDate") == rfc822
    assert parse_xml(feedpub.to_atom(given)).findtext(f"{ATOM}updated") == rfc3339


@pytest.mark.parametrize("stylesheet", ["x.css?><!--", "a\"b'c&<>.css", "a\n\tb.css", "文.css", "]]>"])
def test_stylesheet_cannot_leave_its_place(stylesheet: str) -> None:
    for write in (feedpub.to_atom, feedpub.to_rss):
        data = write(feed("en", entry(), stylesheet=stylesheet))
        instruction = parse_xml(data).getprevious()

        assert isinstance(instruction, etree._ProcessingInstruction)
        assert unescape(instruction.get("href") or "") == stylesheet
        assert instruction.get("type") == "text/css"
        assert data.count(b"<!--") == 0


@pytest.mark.slow
@pytest.mark.parametrize("field", ["body", "summary"])
def test_12_mb_of_text(field: str) -> None:
    text = "开放的格式活得更久 & <em>.</em> " * 340_000
    size = len(text.encode())
    assert size > 12_000_000

    seen = see(feed("en", entry(**{field: text})))

    assert len(set(seen.titles)) == len(set(seen.contents)) == 1
    size = len(seen.titles[0]) + len(seen.contents[0])
    assert size >= len(text) - 1


def test_key_points_as_deep_as_they_go() -> None:
    point = KeyPoint(text="deepest")
    for level in range(99):
        point = KeyPoint(text=f"{level}", children=(point,))

    assert see(feed("en", entry(key_points=(point,)))).contents[2].count("<ul>") == 100
    with pytest.raises(FieldError, match="levels deep"):
        KeyPoint(text="too deep", children=(point,))


def test_language_tags() -> None:
    assert see(feed("en", entry(language="ZH_hans"))).json["language"] == "zh-Hans"
    with pytest.raises(FieldError, match=r"^Entry .*: language: 'zz-Nonsense' is not a language tag"):
        entry(language="zz-Nonsense", id="tag:example.org,2026:x")


def test_values_cannot_change_behind_a_feeds_back() -> None:
    with pytest.raises(FieldError, match=r"^Entry .*: authors: is a list; use a tuple"):
        entry(authors=[Person(name="A")])
    with pytest.raises(FieldError, match=r"^Feed .*: entries: is a list; use a tuple"):
        Feed(id="tag:a", language="en", title="T", link=BASE, entries=[entry()])  # type: ignore[arg-type]


def unescaped(title: etree._Element) -> str:
    """Return an Atom text construct as plain text."""
    text = title.text or ""
    return unescape(text) if title.get("type") == "html" else text
