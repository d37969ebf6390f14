"""The three formats, byte by byte: ``tests/golden`` holds what the feeds of `sample_feeds` look like.

`pytest --update-golden` writes them anew; look at the difference before you keep it.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

import feedpub
from feedpub import Category, Enclosure, Entry, FieldError, Person, Reference, feeds, formats
from feedpub.feeds import entry_parts, feedgen_writer, rss, xml_text
from feedpub.model.checks import is_legal_xml
from feedpub.rendering.rendered_entry import RenderedEntry
from support.feed_parser import parse_json, parse_xml
from support.sample_feeds import ANN, BASE, CASES, WRITERS, archived, entry, feed, siblings

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
NAMESPACES = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "xml": "http://www.w3.org/XML/1998/namespace",
}
FORMS = {form.file_name: form for form in formats.FORMATS}
XML_FILES = [name for name in WRITERS if name.endswith(".xml")]
# RSS 2.0 and its best-practices profile: at most one of each in an item.
ONCE = ("title", "link", "description", "guid", "pubDate", "enclosure", "content:encoded", "dc:language", "a:updated")


@pytest.fixture(scope="session")
def atom_schema() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(HERE / "schemas" / "atom.rng"))


@pytest.fixture(scope="session")
def json_schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads((HERE / "schemas" / "jsonfeed.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, name: str, update_golden: bool) -> None:
    written = WRITERS[name](CASES[case]())
    path = GOLDEN / case / name
    if update_golden and (not path.exists() or path.read_bytes() != written):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)

    assert written == path.read_bytes()


def test_golden_folders_are_all_in_use() -> None:
    found = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file()}

    assert found == {f"{case}/{name}" for case in CASES for name in WRITERS}


@pytest.mark.parametrize("case", CASES)
def test_atom_is_valid(case: str, atom_schema: etree.RelaxNG) -> None:
    atom_schema.assertValid(parse_xml(golden(case, "atom.xml")))


@pytest.mark.parametrize("case", CASES)
def test_json_is_valid(case: str, json_schema: Draft202012Validator) -> None:
    assert [error.message for error in json_schema.iter_errors(parse_json(golden(case, "feed.json")))] == []


@pytest.mark.parametrize("name", XML_FILES)
@pytest.mark.parametrize("case", CASES)
def test_feedparser_finds_no_fault(case: str, name: str) -> None:
    assert not feedparser.parse(golden(case, name)).bozo


@pytest.mark.parametrize("name", XML_FILES)
@pytest.mark.parametrize("case", CASES)
def test_root_is_found_by_those_who_look_at_the_first_bytes(case: str, name: str) -> None:
    data = golden(case, name)
    root = b"<feed " if name == "atom.xml" else b"<rss "

    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    assert root in data[:512]
    assert b"<!DOCTYPE" not in data


@pytest.mark.parametrize("case", CASES)
def test_rss_keeps_the_rules_that_no_schema_tells(case: str) -> None:
    channel = parse_xml(golden(case, "rss.xml")).find("channel")
    titles = texts(channel, "title | image/title")
    items = found(channel, "item")

    assert len(set(titles)) == 1
    assert texts(channel, "image/link") in ([], texts(channel, "link"))
    assert texts(channel, "description")
    assert "alternate" not in texts(channel, ".//a:link/@rel")
    assert not found(channel, ".//author | managingEditor | webMaster")
    assert len(found(channel, "a:link[@rel='self']")) == 1
    for item in items:
        assert [name for name in ONCE if len(found(item, name)) > 1] == []
        assert texts(item, "guid/@isPermaLink") == ["false"]
        assert texts(item, "dc:language") == texts(item, "@xml:lang")
        assert texts(item, "description")
        assert not found(item, "content:encoded[not(preceding-sibling::description)]")


@pytest.mark.parametrize("case", CASES)
def test_atom_entries_have_one_alternate_and_it_comes_first(case: str) -> None:
    for written in found(parse_xml(golden(case, "atom.xml")), "a:entry"):
        relations = texts(written, "a:link/@rel")
        language = written.get(f"{{{NAMESPACES['xml']}}}lang")

        assert relations[0] == "alternate"
        assert relations.count("alternate") == 1
        assert texts(written, "a:link[@rel='alternate']/@hreflang") == [language]


@pytest.mark.parametrize("case", CASES)
def test_the_three_formats_agree(case: str) -> None:
    given = CASES[case]()
    atom, rss = parse_xml(golden(case, "atom.xml")), parse_xml(golden(case, "rss.xml"))
    items = parse_json(golden(case, "feed.json"))["items"]

    assert texts(atom, "a:entry/a:id") == texts(rss, ".//item/guid") == [item["id"] for item in items]
    assert (
        texts(atom, "a:entry/a:link[@rel='alternate']/@href")
        == texts(rss, ".//item/link")
        == [item["url"] for item in items]
    )
    assert texts(atom, "a:entry/a:content") == [item["content_html"] for item in items]
    assert [texts(item, "content:encoded | description")[-1] for item in found(rss, ".//item")] == texts(
        atom, "a:entry/a:content"
    )
    assert texts(atom, "a:entry/@xml:lang") == texts(rss, ".//item/@xml:lang") == [item["language"] for item in items]
    assert [item["language"] for item in items] == [one.language for one in given.entries]
    assert texts(atom, "a:entry/a:link[@rel='via']/@href") == texts(rss, ".//item/a:link[@rel='via']/@href")
    assert texts(atom, "a:entry/a:link[@rel='related']/@href") == texts(rss, ".//item/a:link[@rel='related']/@href")
    assert texts(atom, "a:entry/a:updated") == [item["date_modified"] for item in items]


def test_no_author_at_all_is_told_for_atom_only() -> None:
    given = feed("en", entry("first", authors=(ANN,)), entry("second"), authors=())

    with pytest.raises(FieldError, match=r"^Entry 'tag:example\.org,2026:second/en': authors: ") as caught:
        feedpub.to_atom(given)

    assert caught.value.field == "authors"
    assert texts(parse_xml(feedpub.to_rss(given)), ".//item[2]/dc:creator") == []
    assert "authors" not in parse_json(feedpub.to_json(given))["items"][1]


@pytest.mark.parametrize("own", [(), (Person(name="Own"),)])
def test_every_item_names_its_authors(own: tuple[Person, ...]) -> None:
    given = feed("en", entry(authors=own), authors=(ANN, Person(name="Bob")))
    names = [person.name for person in own or given.authors]

    assert texts(parse_xml(feedpub.to_atom(given)), "a:entry/a:author/a:name") == names
    assert texts(parse_xml(feedpub.to_rss(given)), ".//item/dc:creator") == names
    assert [person["name"] for person in parse_json(feedpub.to_json(given))["items"][0]["authors"]] == names


def test_a_feed_without_entries_has_a_date_all_the_same() -> None:
    given = feed("en")

    assert texts(parse_xml(feedpub.to_atom(given)), "a:updated") == [given.updated.isoformat()]
    assert texts(parse_xml(feedpub.to_rss(given)), "channel/lastBuildDate") == [
        f"{given.updated:%a, %d %b %Y} 00:00:00 +0000"
    ]
    assert parse_json(feedpub.to_json(given))["items"] == []


def test_the_feed_is_as_new_as_its_newest_entry() -> None:
    old = entry("old", published=datetime(2020, 1, 1, tzinfo=UTC), updated=datetime(2026, 3, 1, tzinfo=UTC))
    given = feed("en", entry(), old)

    assert texts(parse_xml(feedpub.to_atom(given)), "a:updated") == ["2026-03-01T00:00:00+00:00"]
    assert texts(parse_xml(feedpub.to_rss(given)), "channel/lastBuildDate") == ["Sun, 01 Mar 2026 00:00:00 +0000"]


def test_addresses_and_siblings_that_a_format_lacks_are_left_out() -> None:
    given = feed("en", entry(), addresses={}, siblings=(feed("ar", addresses={"rss": f"{BASE}ar/rss.xml"}),))

    assert texts(parse_xml(feedpub.to_atom(given)), "a:link/@rel") == ["alternate"]
    assert texts(parse_xml(feedpub.to_rss(given)), "channel/a:link/@href") == [f"{BASE}ar/rss.xml"]
    document = parse_json(feedpub.to_json(given))
    assert "feed_url" not in document
    assert "translations" not in document["_feedpub"]


def test_siblings_are_related_never_alternate() -> None:
    given = feed("en", siblings=siblings("zh-Hans", "ar"))

    for document, path in ((feedpub.to_atom(given), "a:link"), (feedpub.to_rss(given), "channel/a:link")):
        related = found(parse_xml(document), f"{path}[@rel='related']")
        assert [link.get("hreflang") for link in related] == ["zh-Hans", "ar"]
        assert [link.get("title") for link in related] == ["文摘", "الموجز"]
    assert [one["language"] for one in parse_json(feedpub.to_json(given))["_feedpub"]["translations"]] == [
        "zh-Hans",
        "ar",
    ]


def test_reference_links_can_be_left_out() -> None:
    given = feed("en", entry(references=(Reference(title="R", url="https://r.example/"),)), reference_links="none")

    assert texts(parse_xml(feedpub.to_atom(given)), "a:entry/a:link/@rel") == ["alternate"]
    assert found(parse_xml(feedpub.to_rss(given)), ".//item/a:link") == []
    item = parse_json(feedpub.to_json(given))["items"][0]
    assert "_feedpub" not in item
    assert '<a href="https://r.example/">R</a>' in item["content_html"]


def test_rss_writes_markup_in_plain_text_as_hexadecimal_references() -> None:
    plain = "<i> & &amp;"
    given = feed(
        "en",
        entry(title=plain, rights=plain, authors=(Person(name=plain),), categories=(Category(term=plain),)),
        title=plain,
        subtitle=plain,
        rights=plain,
        icon="https://example.org/icon.png",
        siblings=(feed("ar", title=plain),),
    )
    data = feedpub.to_rss(given)
    root = parse_xml(data)

    assert data.count(b"&#x3C;i") == 9
    for path in ("title", "image/title", "description", "copyright", "item/title", "item/category"):
        assert texts(root, f"channel/{path}") == [plain]
    for path in ("item/dc:creator", "item/dc:rights", "a:link[@rel='related']/@title"):
        assert texts(root, f"channel/{path}") == [plain]


def test_atom_marks_texts_that_look_like_markup_as_html() -> None:
    given = feed("en", entry(title="<i>", summary="<i>", rights="<i>"), title="<i>", subtitle="<i>", rights="<i>")
    root = parse_xml(feedpub.to_atom(given))

    for path in ("a:title", "a:subtitle", "a:rights", "a:entry/a:title", "a:entry/a:summary", "a:entry/a:rights"):
        assert texts(root, path) == ["&lt;i&gt;"]
        assert texts(root, f"{path}/@type") == ["html"]


def test_atom_leaves_plain_texts_as_they_are() -> None:
    given = feed("en", entry(title="R&D > 1", rights="© A & B", summary="S & s"), title="R&D", rights="© A & B")
    root = parse_xml(feedpub.to_atom(given))

    assert texts(root, "a:title | a:rights") == ["R&D", "© A & B"]
    assert texts(root, "a:entry/*[self::a:title or self::a:summary or self::a:rights]") == [
        "R&D > 1",
        "S & s",
        "© A & B",
    ]
    assert "html" not in texts(root, ".//@type[not(parent::a:content)]")


def test_rss_without_summary_describes_by_content() -> None:
    root = parse_xml(feedpub.to_rss(feed("en", entry(body="<p>Body</p>"), entry("blank", summary=" \n"))))

    assert texts(root, ".//item/description") == ["<p>Body</p>", "<p></p>"]
    assert found(root, ".//content:encoded") == []


def test_rss_description_has_a_blank_line_between_paragraphs_and_no_marks() -> None:
    root = parse_xml(feedpub.to_rss(feed("en", entry(summary="a <\nb\n\nc"), entry("one", summary="R&D"))))

    assert texts(root, ".//item/description") == ["a &lt; b\n\nc", "R&amp;D"]


def test_rss_tells_of_an_update_only_if_there_was_one() -> None:
    changed = entry("changed", updated=datetime(2026, 2, 2, tzinfo=UTC))
    root = parse_xml(feedpub.to_rss(feed("en", entry(), changed)))

    assert texts(root, ".//item/pubDate") == ["Sun, 01 Feb 2026 09:00:00 +0800"] * 2
    assert texts(root, ".//item[1]/a:updated") == []
    assert texts(root, ".//item[2]/a:updated") == ["2026-02-02T00:00:00+00:00"]


def test_images() -> None:
    given = feed("en", entry(image="https://example.org/图.png"))
    url = "https://example.org/%E5%9B%BE.png"

    assert texts(parse_xml(feedpub.to_atom(given)), "a:entry/media:thumbnail/@url") == [url]
    rss = parse_xml(feedpub.to_rss(given))
    assert texts(rss, ".//item/media:thumbnail/@url") == [url]
    assert texts(rss, ".//item/media:content[@medium='image']/@url") == [url]
    assert parse_json(feedpub.to_json(given))["items"][0]["image"] == url


def test_enclosures() -> None:
    files = tuple(Enclosure(url=f"https://example.org/{n}.mp3", type="audio/mpeg", length=n) for n in range(3))
    given = feed("en", entry(enclosures=files))

    assert texts(parse_xml(feedpub.to_atom(given)), "a:entry/a:link[@rel='enclosure']/@length") == ["0", "1", "2"]
    assert texts(parse_xml(feedpub.to_rss(given)), ".//enclosure/@url") == ["https://example.org/0.mp3"]
    assert parse_json(feedpub.to_json(given))["items"][0]["attachments"] == [
        {"url": "https://example.org/0.mp3", "mime_type": "audio/mpeg"},
        {"url": "https://example.org/1.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 1},
        {"url": "https://example.org/2.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 2},
    ]


def test_fallback_entries_carry_their_own_language_and_a_note() -> None:
    given = feed("zh-Hans", entry(summary="English."))
    item: dict[str, Any] = parse_json(feedpub.to_json(given))["items"][0]

    assert item["language"] == "en"
    assert item["content_html"].startswith('<p lang="zh-Hans">')
    assert item["summary"] == "English."


def test_entries_of_a_feed_in_several_languages_carry_no_note() -> None:
    given = feed("mul", entry(summary="English."), title="All")

    assert parse_json(feedpub.to_json(given))["items"][0]["content_html"] == "<p>English.</p>"


# --- Fragments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("case", CASES)
def test_documents_can_be_joined_from_fragments(case: str, name: str) -> None:
    given = CASES[case]()
    fragments = [b"".join(feeds.write_entry(RenderedEntry(one), given, FORMS[name])) for one in given.entries]

    assert feeds.write_document(
        dataclasses.replace(given, entries=(), updated=given.updated), fragments, FORMS[name]
    ) == golden(case, name)


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20) | st.lists(
    st.sampled_from(
        [
            *"ab&<>;%\"'\r\n\t ",
            "&amp;",
            "&lt;",
            "]]>",
            "%(id)s",
            "%s",
            "%%",
            "<b>",
            "\u202e",
            "\x85",
            "\u2028",
            "中文",
            "😀",
        ]
    ),
    max_size=8,
).map("".join)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    text = _TEXTS.filter(is_legal_xml)
    some_text = text.filter(str.strip)
    categories = st.builds(Category, term=some_text, label=st.none() | text, scheme=st.sampled_from([None, "a:&"]))
    references = st.builds(Reference, title=some_text, publishers=st.lists(text, max_size=2).map(tuple))
    return entry(
        id=draw(st.sampled_from(["tag:example.org,2026:a/en", "tag:example.org,2026:a&<b>%(id)s", "tag:中"])),
        title=draw(some_text),
        summary=draw(text),
        rights=draw(st.none() | text),
        categories=draw(st.lists(categories, max_size=2).map(tuple)),
        references=draw(st.lists(references, max_size=2).map(tuple)),
        updated=datetime(2026, 2, 1, 9, 0, 0, draw(st.integers(0, 1)), UTC),
        previous=draw(st.none() | references),
    )


@given(entries())
@example(entry(title="R&D", summary="a > b & c"))
@example(entry(summary="Use <b>"))
def test_entries_from_a_template_are_what_feedgen_writes(one: Entry) -> None:
    rendered = RenderedEntry(one)
    parts = entry_parts.get_entry_parts(rendered, feed("en"))
    summary = one.summary if one.summary.strip() else ""
    description = rss._write_description(rendered)

    assert feedgen_writer.write_atom_entry(one, parts) == feedgen_writer._write_atom_with_feedgen(
        parts.id, parts.title, xml_text.round_date(one.updated), summary, one.categories, one.rights
    )
    assert feedgen_writer.write_rss_item(one, parts, description) == feedgen_writer._write_rss_with_feedgen(
        parts.id, parts.title, description, one.categories
    )


@given(entries())
def test_items_are_written_as_json_would_be(one: Entry) -> None:
    written = b"".join(feeds.write_entry(RenderedEntry(one), feed("en", one), formats.JSON))
    item = json.loads(written)

    assert json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode() == written
    assert item.get("summary", "") == one.summary
    assert item.get("tags", []) == [category.label or category.term for category in one.categories]
    assert item["content_html"] == (feedpub.render(one) or "<p></p>")
    assert [reference["title"] for reference in item.get("_feedpub", {}).get("references", [])] == [
        reference.title for reference in one.references
    ]


@given(_TEXTS)
def test_content_is_escaped_as_json_would(text: str) -> None:
    assume(is_legal_xml(text))
    rendered = RenderedEntry(entry())
    rendered.get_cached("content", lambda: f"<pre>{text}</pre>".encode())
    item = json.loads(b"".join(feeds.write_entry(rendered, feed("en"), formats.JSON)))

    assert item["content_html"] == f"<pre>{text}</pre>"


def test_what_writes_xml_is_loaded_at_the_first_fragment() -> None:
    program = "import sys, feedpub.feeds.atom, feedpub.feeds.rss; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, timeout=60)

    assert "feedpub.feeds.feedgen_writer" in loaded.stdout.split()
    assert not {"feedgen", "lxml", "dateutil"} & set(loaded.stdout.split())


# --- Archives (RFC 5005, section 4) -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "relations"),
    [
        (None, {"prev-archive": 3}),
        (3, {"current": None, "prev-archive": 2}),
        (2, {"current": None, "prev-archive": 1, "next-archive": 3}),
        (1, {"current": None, "next-archive": 2}),
    ],
)
def test_documents_of_an_archive_lead_to_their_neighbours(number: int | None, relations: dict[str, int | None]) -> None:
    given = archived(number)
    for name in XML_FILES:
        form, data = FORMS[name], WRITERS[name](given)
        expected = {relation: archived(other).addresses[form.name] for relation, other in relations.items()}
        parsed = feedparser.parse(data)
        links = [(link.rel, link.href) for link in parsed.feed.links if link.rel in ARCHIVE_RELATIONS]
        root = parse_xml(data)

        assert not parsed.bozo
        assert links == list(expected.items())
        assert [link.href for link in parsed.feed.links if link.rel == "self"] == [given.addresses[form.name]]
        assert len(found(root, "fh:archive | channel/fh:archive")) == (number is not None)
        assert len(found(root, ".//fh:*")) == (number is not None)


ARCHIVE_RELATIONS = ("current", "prev-archive", "next-archive")


@pytest.mark.parametrize(("number", "older"), [(None, 3), (3, 2), (2, 1), (1, None)])
def test_json_feeds_lead_from_the_newest_to_the_oldest(number: int | None, older: int | None) -> None:
    document = parse_json(feedpub.to_json(archived(number)))

    assert document.get("next_url") == (archived(older).addresses["json"] if older else None)
    assert document["feed_url"] == archived(number).addresses["json"]


@pytest.mark.parametrize("number", [None, 3, 2, 1])
def test_documents_of_an_archive_are_the_same_feed(number: int | None) -> None:
    root = parse_xml(feedpub.to_atom(archived(number)))

    assert texts(root, "a:id") == [archived(None).id]
    assert texts(root, "a:updated") == texts(root, "a:entry[1]/a:updated")


def test_addresses_that_an_archive_lacks_are_left_out() -> None:
    given = dataclasses.replace(archived(2), archive=feedpub.Archive(current={"rss": f"{BASE}en/rss.xml"}))

    assert texts(parse_xml(feedpub.to_atom(given)), "a:link/@rel") == ["alternate", "self", "related"]
    assert texts(parse_xml(feedpub.to_rss(given)), "channel/a:link/@rel") == ["self", "current", "related"]
    assert "next_url" not in parse_json(feedpub.to_json(given))


def golden(case: str, name: str) -> bytes:
    return (GOLDEN / case / name).read_bytes()


def found(element: etree._Element | None, path: str) -> list[Any]:
    assert element is not None
    result = element.xpath(path, namespaces=NAMESPACES)
    assert isinstance(result, list)
    return result


def texts(element: etree._Element | None, path: str) -> list[str]:
    """Return the texts of elements, or the values of attributes, in document order."""
    return [node if isinstance(node, str) else "".join(node.itertext()) for node in found(element, path)]


@pytest.mark.parametrize("write", [feeds.to_atom, feeds.to_rss, feeds.to_json])
def test_what_is_no_feed_is_told(write: Any) -> None:
    with pytest.raises(TypeError, match="expected a Feed, not Entry"):
        write(entry())
