"""Elements of other namespaces: checked, written in every format, read back, and built."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

import feedpub
from feedpub import Extension, FieldError
from feedpub.model.checks import is_legal_xml
from feedpub.model.extensions import DEEPEST_EXTENSION_LEVELS
from support.feed_parser import parse_xml
from support.rss1_row import ROW
from support.sample_builds import published
from support.sample_feeds import entry, feed
from support.sample_sites import GOOD, SETTINGS, write_site
from test_examples import ROOT, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
OTHER = "https://example.org/ns#"
MEDIA = "http://search.yahoo.com/mrss/"
XML_WRITERS: dict[str, Callable[[feedpub.Feed], bytes]] = {"atom": feedpub.to_atom, "rss": feedpub.to_rss}


def itunes(name: str, text: str = "", **fields: Any) -> Extension:
    return Extension(**{"namespace": ITUNES, "prefix": "itunes", "name": name, "text": text} | fields)


def podcast() -> feedpub.Feed:
    """A feed and two entries, of which one has extensions."""
    return feed(
        "en",
        entry(
            "1",
            extensions=(
                itunes("duration", "1795"),
                itunes("image", attributes={"href": "https://x.test/a?b&c=\"1\"<"}),
                Extension(namespace=OTHER, prefix="other", name="note", text="<b> & ]]> \u201equoted\u201c"),
            ),
        ),
        entry("2"),
        extensions=(
            itunes("explicit", "yes"),
            itunes("category", attributes={"text": "Arts & Crafts"}, children=(
                itunes("category", attributes={"text": "Design"}),
            )),
        ),
    )  # fmt: skip


# --- What is written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", XML_WRITERS)
def test_namespaces_are_declared_once_on_the_root(form: str) -> None:
    data = XML_WRITERS[form](podcast()).decode()

    root = re.search(r"<(?:rss|feed)\b[^>]*>", data)
    assert root
    for prefix, namespace in (("itunes", ITUNES), ("other", OTHER)):
        declaration = f'xmlns:{prefix}="{namespace}"'
        assert declaration in root[0]
        assert data.count(namespace) == 1
    elements = parse_xml(data.encode()).iter("{*}note", f"{{{ITUNES}}}*")
    names = [f"{element.prefix}:{etree.QName(element).localname}" for element in elements]
    assert names[:3] == ["itunes:explicit", "itunes:category", "itunes:category"]
    assert names[3:] == ["itunes:duration", "itunes:image", "other:note"]


@pytest.mark.parametrize("form", XML_WRITERS)
def test_readers_get_what_was_given(form: str) -> None:
    parsed = feedparser.parse(XML_WRITERS[form](podcast()))

    assert not parsed.bozo
    assert parsed.feed.itunes_explicit is True
    assert [tag.term for tag in parsed.feed.tags] == ["Arts & Crafts", "Design"]
    first, second = parsed.entries
    assert first.itunes_duration == "1795"
    assert first.image.href == 'https://x.test/a?b&c="1"<'
    assert first.other_note == "<b> & ]]> \u201equoted\u201c"
    assert "itunes_duration" not in second


def test_json_feeds_have_an_object_for_each_prefix() -> None:
    document = json.loads(feedpub.to_json(podcast()))

    assert document["_itunes"] == {
        "about": ITUNES,
        "explicit": "yes",
        "category": {"text": "Arts & Crafts", "#children": {"category": {"text": "Design"}}},
    }
    first, second = document["items"]
    assert first["_itunes"] == {"about": ITUNES, "duration": "1795", "image": {"href": 'https://x.test/a?b&c="1"<'}}
    assert first["_other"] == {"about": OTHER, "note": "<b> & ]]> \u201equoted\u201c"}
    assert not [name for name in second if name.startswith("_") and name != "_feedpub"]


def test_json_feeds_list_what_comes_twice_and_keep_text_apart_from_attributes() -> None:
    people = [itunes("person", "Ann", attributes={"text": "role"}), itunes("person", "Bo")]
    item = json.loads(feedpub.to_json(feed("en", entry("1", extensions=tuple(people)))))["items"][0]

    assert item["_itunes"] == {"about": ITUNES, "person": [{"text": "role", "#text": "Ann"}, "Bo"]}


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ([itunes("about", "them")], {"#about": "them"}),
        ([itunes("about", "a"), itunes("about", "b"), itunes("c")], {"#about": ["a", "b"], "c": ""}),
        ([itunes("about", attributes={"about": "x"})], {"#about": {"about": "x"}}),
        ([itunes("a", children=(itunes("about", "x"),))], {"a": {"#children": {"about": "x"}}}),
    ],
)
def test_no_element_takes_the_place_of_what_says_what_an_object_is(
    elements: list[Extension], expected: dict[str, Any]
) -> None:
    given = feed("en", entry("1", extensions=tuple(elements)), extensions=tuple(elements))
    document = json.loads(feedpub.to_json(given))
    assert document["_itunes"] == document["items"][0]["_itunes"] == {"about": ITUNES} | expected
    assert document["_feedpub"]["about"].startswith("feedpub:")


def media(name: str, text: str = "", **fields: Any) -> Extension:
    return Extension(**{"namespace": MEDIA, "prefix": "media", "name": name, "text": text} | fields)


@pytest.mark.parametrize("image", [None, "https://x.test/picture.jpg"])
@pytest.mark.parametrize("form", XML_WRITERS)
def test_media_rss(form: str, image: str | None) -> None:
    clip = media(
        "group",
        children=(
            media("content", attributes={"url": "https://x.test/a.mp4", "type": "video/mp4", "width": "1280"}),
            media("content", attributes={"url": "https://x.test/a.webm", "type": "video/webm"}),
            media("credit", "Ann", attributes={"role": "author"}),
        ),
    )
    one = entry("1", image=image, extensions=(clip, media("keywords", "trains, night")))
    data = XML_WRITERS[form](feed("en", one, extensions=(media("rating", "nonadult"),)))

    assert data.count(MEDIA.encode()) == 1
    assert {element.prefix for element in parse_xml(data).iter(f"{{{MEDIA}}}*")} == {"media"}
    parsed = feedparser.parse(data)
    assert not parsed.bozo
    urls = [found["url"] for found in parsed.entries[0].media_content]
    assert urls[-2:] == ["https://x.test/a.mp4", "https://x.test/a.webm"]
    assert parsed.entries[0].media_keywords == "trains, night"
    assert [found["url"] for found in parsed.entries[0].get("media_thumbnail", [])] == ([image] if image else [])


def test_media_rss_as_json() -> None:
    item = json.loads(feedpub.to_json(feed("en", entry("1", extensions=(media("keywords", "a"),)))))["items"][0]
    assert item["_media"] == {"about": MEDIA, "keywords": "a"}


TEXTS = st.text().filter(is_legal_xml)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9._-]{0,8}", fullmatch=True).filter(lambda name: name[:3].lower() != "xml")


@given(name=NAMES, text=TEXTS, attributes=st.dictionaries(NAMES, TEXTS, max_size=3))
def test_any_text_comes_back(name: str, text: str, attributes: dict[str, str]) -> None:
    one = Extension(namespace=OTHER, prefix="other", name=name, text=text, attributes=attributes)
    given = feed("en", entry("1", extensions=(one,)), extensions=(one,))

    for write in XML_WRITERS.values():
        found = list(parse_xml(write(given)).iter(f"{{{OTHER}}}{name}"))
        assert [(element.text or "", dict(element.attrib)) for element in found] == [(text, attributes)] * 2
    value = {**attributes, "#text": text} if attributes and text else attributes or text
    document = json.loads(feedpub.to_json(given))
    assert document["_other"][name] == document["items"][0]["_other"][name] == value


def test_a_new_format_gets_the_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedpub.model.feed.FORMATS", (*feedpub.feed_formats(), ROW))
    data = feedpub.write_feed(replace(podcast(), addresses={ROW.name: "https://x.test/items.rdf"}), ROW)

    assert data.count(ITUNES.encode()) == 1
    assert feedparser.parse(data).entries[0].itunes_duration == "1795"


@pytest.mark.parametrize("write", [*XML_WRITERS.values(), feedpub.to_json])
def test_feeds_without_extensions_are_as_before(write: Callable[[feedpub.Feed], bytes]) -> None:
    given = podcast()
    plain = replace(given, extensions=(), entries=tuple(replace(one, extensions=()) for one in given.entries))
    assert b"itunes" not in write(plain)


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "name: '' is not a name"),
        ({"name": "1st"}, "name: '1st' is not a name"),
        ({"name": "itunes:duration"}, "is not a name"),
        ({"name": "a b"}, "is not a name"),
        ({"name": "a>"}, "is not a name"),
        ({"name": "dauer\n"}, "is not a name"),
        ({"name": "länge"}, "is not a name"),
        ({"name": None}, "name: None is not a name"),
        ({"prefix": ""}, "prefix: '' is not a name"),
        ({"prefix": "_a"}, "is not a name"),
        ({"prefix": "a.b"}, "is not a name"),
        ({"prefix": "xmlns"}, "prefix: 'xmlns' is used by feedpub or XML itself"),
        ({"prefix": "XmL1"}, "is used by feedpub or XML itself"),
        ({"prefix": "atom"}, "is used by feedpub or XML itself"),
        ({"prefix": "fh"}, "is used by feedpub or XML itself"),
        ({"prefix": "feedpub"}, "is used by feedpub or XML itself"),
        ({"namespace": ""}, "namespace: '' is not an absolute URI"),
        ({"namespace": "podcast"}, "is not an absolute URI"),
        ({"namespace": "http://x.test:/"}, "is not an absolute URI"),
        ({"namespace": "http://x.test:port/"}, "namespace: "),
        ({"namespace": "tag:é"}, "is not an absolute URI"),
        ({"namespace": None}, "is not an absolute URI"),
        ({"namespace": "tag:a#b#c"}, "is not an absolute URI"),
        ({"namespace": 'https://x.test/"'}, "is not an absolute URI"),
        ({"namespace": "http://www.w3.org/2005/Atom"}, "is written by feedpub itself"),
        ({"namespace": "http://purl.org/dc/elements/1.1/"}, "is written by feedpub itself"),
        ({"namespace": "http://search.yahoo.com/mrss/"}, "prefix: 'media' means http://search.yahoo.com/mrss/"),
        ({"prefix": "media"}, "prefix: 'media' means http://search.yahoo.com/mrss/ and nothing else"),
        ({"namespace": "http://www.w3.org/2000/xmlns/"}, "is written by feedpub itself"),
        ({"text": "a\x00b"}, "text: character 2 is U\\+0000"),
        ({"text": 7}, "text: is 7, not text"),
        ({"attributes": {"href": "\ufffe"}}, "attributes: character 1 is U\\+FFFE"),
        ({"attributes": {"xml:lang": "en"}}, "attributes: 'xml:lang' is not a name"),
        ({"attributes": {"xmlns": "https://x.test/"}}, "attributes: 'xmlns' starts with xml"),
        ({"attributes": {"href": None}}, "attributes: is None, not text"),
        ({"attributes": [("href", "x")]}, "attributes: is .*, not a mapping"),
        ({"children": [Extension(namespace=ITUNES, prefix="itunes", name="a")]}, "children: is a list"),
        ({"children": (Extension(namespace=ITUNES, prefix="itunes", name="a"),) * 101}, "children: has 101 values"),
        ({"children": (Extension(namespace=OTHER, prefix="itunes", name="a"),)}, "another namespace"),
        ({"children": (Extension(namespace=ITUNES, prefix="apple", name="a"),)}, "another namespace or prefix"),
    ],
)
def test_what_no_feed_could_carry_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldError, match=message):
        itunes(**{"name": "duration"} | fields)


def test_nesting_has_a_limit() -> None:
    one = itunes("a")
    for _ in range(DEEPEST_EXTENSION_LEVELS - 1):
        one = itunes("a", children=(one,))
    with pytest.raises(FieldError, match="more than 10 levels deep"):
        itunes("a", children=(one,))


def test_attributes_are_those_that_were_given() -> None:
    attributes = {"href": "https://x.test/"}
    one = itunes("image", attributes=attributes)
    attributes["href"] = "\x00"
    assert one.attributes == {"href": "https://x.test/"}
    assert hash(one) == hash(itunes("image"))


def test_a_prefix_stands_for_one_namespace() -> None:
    ours, theirs = itunes("a"), itunes("b", namespace=OTHER)
    for entries, own in (
        ((entry("1", extensions=(ours, theirs)),), ()),
        ((entry("1", extensions=(ours,)), entry("2", extensions=(theirs,))), ()),
        ((entry("1", extensions=(theirs,)),), (ours,)),
    ):
        with pytest.raises(FieldError, match=f"'itunes:b': prefix: means {re.escape(OTHER)} here and {ITUNES}"):
            feed("en", *entries, extensions=own)
    assert feedpub.to_atom(feed("en", entry("1", extensions=(ours, itunes("b", prefix="apple")))))


@pytest.mark.parametrize("extensions", [[itunes("a")], (itunes("a"), "b"), (itunes("a"),) * 101])
def test_extensions_are_a_tuple_of_at_most_a_hundred(extensions: Any) -> None:
    for make in (lambda: entry("1", extensions=extensions), lambda: feed("en", extensions=extensions)):
        with pytest.raises(FieldError, match="extensions"):
            make()


# --- A whole site -----------------------------------------------------------------------------------------------------


def licensed(site: feedpub.Site, *extensions: Extension) -> feedpub.Site:
    """Give a site's English entries extensions."""
    articles = []
    for article in site.articles:
        english = replace(article.entries["en"], extensions=extensions)
        articles.append(replace(article, entries={**article.entries, "en": english}))
    return replace(site, articles=tuple(articles))


def test_a_build_writes_what_the_feeds_of_the_site_say(tmp_path: Path) -> None:
    plain = feedpub.load(write_site(tmp_path / "entries", GOOD, f"{SETTINGS}categories = true\n"))
    site = licensed(plain, itunes("duration", "7"), Extension(namespace=OTHER, prefix="a", name="b"))
    feedpub.build(site, tmp_path / "public")

    for name, write in (("atom.xml", feedpub.to_atom), ("rss.xml", feedpub.to_rss), ("feed.json", feedpub.to_json)):
        for language in ("en", "zh-Hans"):
            document = (tmp_path / "public" / language / name).read_bytes()
            assert document == write(replace(site.feed(language), updated=plain.feed(language).updated))
            assert (b"itunes" in document) == (language == "en")


def test_another_namespace_under_the_same_prefix_is_a_change(tmp_path: Path) -> None:
    plain = feedpub.load(write_site(tmp_path / "entries", GOOD))
    feedpub.build(licensed(plain, itunes("about", "7")), tmp_path / "public")
    site = licensed(plain, itunes("about", "7", namespace=OTHER))

    result = feedpub.build(site, tmp_path / "public")

    assert {name for name in result.written if name.endswith(".xml")} == {"en/atom.xml", "en/rss.xml"}
    feedpub.build(site, tmp_path / "fresh")
    assert published(tmp_path / "public") == published(tmp_path / "fresh")
    assert not feedpub.build(site, tmp_path / "public").written


def test_a_site_whose_prefixes_differ_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    site = feedpub.load(write_site(tmp_path / "entries", GOOD))
    (article,) = site.articles
    entries = {
        language: replace(one, extensions=(itunes("a", namespace=namespace),))
        for (language, one), namespace in zip(article.entries.items(), (ITUNES, OTHER), strict=True)
    }
    with pytest.raises(FieldError, match="means"):
        feedpub.build(replace(site, articles=(replace(article, entries=entries),)), tmp_path / "public")
    assert not (tmp_path / "public").exists()


# --- The examples -----------------------------------------------------------------------------------------------------


def test_the_podcast_is_what_directories_want() -> None:
    done = run("examples/podcast.py")
    assert done.returncode == 0, done.stderr.decode()
    parsed = feedparser.parse(done.stdout)

    assert not parsed.bozo
    assert parsed.feed.image.href == "https://example.org/podcast.jpg"
    assert [tag.term for tag in parsed.feed.tags] == ["Society & Culture", "Documentary"]
    assert parsed.feed.publisher_detail == {"name": "Lin Zhao", "email": "podcast@example.org"}
    (episode,) = parsed.entries
    assert (episode.itunes_duration, episode.itunes_episode) == ("1795", "7")
    assert episode.image.href == "https://example.org/night-trains.jpg"
    assert [file.type for file in episode.enclosures] == ["audio/mpeg"]


def test_the_licence_stands_in_every_entry(tmp_path: Path) -> None:
    done = run("examples/creative_commons.py", "entries", tmp_path / "public")
    assert done.returncode == 0, done.stderr.decode()

    licence = "https://creativecommons.org/licenses/by/4.0/"
    for language in feedpub.load(ROOT / "entries").config.languages:
        for name in ("atom.xml", "rss.xml"):
            parsed = feedparser.parse((tmp_path / "public" / language / name).read_bytes())
            assert parsed.entries
            for one in parsed.entries:
                assert [link.href for link in one.links if link.rel == "license"] == [licence]
        document = json.loads((tmp_path / "public" / language / "feed.json").read_bytes())
        assert {item["_creativeCommons"]["license"] for item in document["items"]} == {licence}
