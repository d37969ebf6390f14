"""The schemas that judge our feeds in other tests are themselves judged here."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from lxml import etree

SCHEMAS = Path(__file__).parent / "schemas"

GOOD_ATOM = """\
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0"
      xmlns:x="https://x.example/" xml:lang="zh-Hans" xml:base="https://example.org/" x:mark="1">
  <link rel="self" type="application/atom+xml" href="https://example.org/zh/atom.xml"/>
  <link href="/zh/" hreflang="zh-Hans" title="摘要 &amp; more"/>
  <updated>2026-02-01T09:00:00+08:00</updated>
  <id>tag:example.org,2026:feed/zh-Hans</id>
  <title type="html">A &amp;lt; B</title>
  <subtitle/>
  <generator uri="https://example.org/feedpub" version="1">feedpub</generator>
  <icon>/icon.png</icon><logo>logo.png</logo>
  <author xml:lang="en"><email>ann.b@example.org</email><name>Ann</name><x:role/></author>
  <fh:archive/>
  <rights type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">© <b>Ann</b></div></rights>
  <entry>
    <content type="html">&lt;p&gt;text&lt;/p&gt;</content>
    <title>One</title>
    <id>tag:example.org,2026:一/zh-Hans</id>
    <link rel="enclosure" type="audio/mpeg" length="1234" href="https://example.org/a.mp3"/>
    <link rel="related" hreflang="en" href="https://example.org/en/one/">ignored</link>
    <category term="ai" scheme="https://example.org/topics" label="AI"/>
    <contributor><name>Bob</name><uri>https://bob.example/</uri></contributor>
    <published>2026-01-31T23:59:60.5Z</published>
    <updated>2026-02-01T09:00:00+08:00</updated>
    <source><title>Elsewhere</title><x:any y="1">mixed <x:b/></x:any></source>
  </entry>
  <entry>
    <id>urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6</id><title/>
    <updated>2026-02-01T01:00:00Z</updated>
    <summary>picture</summary><content type="image/png" src="https://example.org/p.png"/>
  </entry>
  <entry>
    <id>tag:example.org,2026:3</id><title>T</title><updated>2026-02-01T01:00:00Z</updated>
    <summary>bytes</summary><content type="image/gif">R0lGODlhAQABAAAA</content>
  </entry>
  <entry>
    <id>tag:example.org,2026:4</id><title>T</title><updated>2026-02-01T01:00:00Z</updated>
    <content type="image/svg+xml"><svg xmlns="http://www.w3.org/2000/svg"/></content>
  </entry>
  <entry>
    <id>tag:example.org,2026:5</id><title>T</title><updated>2026-02-01T01:00:00Z</updated>
    <link rel="via" href="https://v.example/"/><link rel="alternate" href="/5"/>
  </entry>
</feed>
"""

# What is wrong: (text in the good feed, what stands there instead).
BAD_ATOM = {
    "no feed id": ("<id>tag:example.org,2026:feed/zh-Hans</id>", ""),
    "no entry id": ("<id>tag:example.org,2026:4</id>", ""),
    "no feed title": ('<title type="html">A &amp;lt; B</title>', ""),
    "no entry title": ("<title>One</title>", ""),
    "no feed updated": ("<updated>2026-02-01T09:00:00+08:00</updated>\n  <id>", "<id>"),
    "no entry updated": ("<title/>\n    <updated>2026-02-01T01:00:00Z</updated>", "<title/>"),
    "two titles": ("<title>One</title>", "<title>One</title><title>Two</title>"),
    "two contents": ("<title>One</title>", "<title>One</title><content>again</content>"),
    "relative id": ("tag:example.org,2026:4", "2026/4"),
    "id with white space": ("<id>tag:example.org,2026:4", "<id> tag:example.org,2026:4"),
    "broken escape": ("/en/one/", "/100%/"),
    "date without offset": ("2026-01-31T23:59:60.5Z", "2026-01-31T23:59:59"),
    "date alone": ("2026-01-31T23:59:60.5Z", "2026-01-31"),
    "date with small t": ("2026-01-31T23", "2026-01-31t23"),
    "31 April": ("2026-01-31T23", "2026-04-31T23"),
    "date with white space": ("<published>", "<published> "),
    "link without href": ('rel="via" href="https://v.example/"', 'rel="via"'),
    "relative rel": ('rel="via"', 'rel="a/b"'),
    "empty rel": ('rel="via"', 'rel=""'),
    "link type without slash": ('type="audio/mpeg"', 'type="audio"'),
    "link length in words": ('length="1234"', 'length="1 kB"'),
    "underscore in language": ('hreflang="en"', 'hreflang="en_GB"'),
    "underscore in xml:lang": ('xml:lang="en"', 'xml:lang="en_GB"'),
    "category without term": ('term="ai" ', ""),
    "relative category scheme": ('scheme="https://example.org/topics"', 'scheme="topics"'),
    "person without name": ("<name>Ann</name>", ""),
    "e-mail without @": ("ann.b@example.org", "ann.b"),
    "unknown atom element": ("<fh:archive/>", "<tagline>no</tagline>"),
    "unknown attribute": ("<icon>", '<icon size="16">'),
    "markup in a text title": ("<title>One</title>", "<title>O<b xmlns=''>n</b>e</title>"),
    "markup in an html title": ("A &amp;lt; B", "A <x:b/>"),
    "media type on a title": ("<title>One", '<title type="text/html">One'),
    "xhtml without div": ("</b></div>", "</b></div>stray"),
    "composite content": ('type="image/svg+xml"', 'type="multipart/mixed"'),
    "text/plain with markup": ('type="image/svg+xml"', 'type="text/plain"'),
    "content of unknown type": ('<content type="html">', '<content type="markdown">'),
    "remote content that is html": ('type="image/png" src', 'type="html" src'),
    "remote content with text": ('p.png"/>', 'p.png">text</content>'),
    "not Base64": ("R0lGODlhAQABAAAA", "not base64!"),
    "metadata after the entries": ("</feed>", "<x:late/></feed>"),
    "other namespace": ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"),
}

GOOD_JSON: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "摘要",
    "home_page_url": "https://example.org/zh/",
    "feed_url": "https://example.org/zh/feed.json",
    "next_url": "https://example.org/zh/archive/feed-1.json",
    "language": "zh-Hans",
    "authors": [{"name": "Ann", "url": "mailto:ann@example.org"}],
    "author": {"name": "Ann"},
    "expired": False,
    "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
    "_feedpub": {"about": "https://example.org/feedpub"},
    "items": [
        {
            "id": "tag:example.org,2026:一/zh-Hans",
            "url": "https://example.org/zh/一/",
            "external_url": "https://video.example/watch?v=1",
            "title": "One",
            "summary": "S",
            "content_html": "<p>S</p>",
            "image": "https://example.org/p.png",
            "date_published": "2026-01-31T23:59:60.5Z",
            "date_modified": "2026-02-01T09:00:00+08:00",
            "tags": ["ai"],
            "language": "x-whatever",
            "attachments": [
                {
                    "url": "https://example.org/a.mp3",
                    "mime_type": "audio/mpeg; codecs=mp3",
                    "size_in_bytes": 1234,
                    "duration_in_seconds": 1.5,
                }
            ],
            "_feedpub": {"references": [{"number": 1, "url": None}]},
        },
        {"id": "2", "content_text": ""},
    ],
}

DELETE = object()

# What is wrong: (the path to it, its value, the path that the schema names).
BAD_JSON: dict[str, tuple[str, Any, str]] = {
    "no version": ("version", DELETE, ""),
    "version 1": ("version", "https://jsonfeed.org/version/1", "version"),
    "no title": ("title", DELETE, ""),
    "no items": ("items", DELETE, ""),
    "items by id": ("items", {"1": {}}, "items"),
    "unknown key": ("subtitle", "S", ""),
    "unknown item key": ("items/0/published", "2026", "items/0"),
    "no id": ("items/1/id", DELETE, "items/1"),
    "numeric id": ("items/1/id", 2, "items/1/id"),
    "empty id": ("items/1/id", "", "items/1/id"),
    "no content": ("items/1/content_text", DELETE, "items/1"),
    "content is null": ("items/1/content_text", None, "items/1/content_text"),
    "relative url": ("items/0/url", "/zh/1/", "items/0/url"),
    "url and newline": ("items/0/url", "https://example.org/\n", "items/0/url"),
    "url with a space": ("feed_url", "https://example.org/a b", "feed_url"),
    "date alone": ("items/0/date_published", "2026-02-01", "items/0/date_published"),
    "date without offset": (
        "items/0/date_modified",
        "2026-02-01T09:00:00",
        "items/0/date_modified",
    ),
    "31 April": ("items/0/date_modified", "2026-04-31T09:00:00Z", "items/0/date_modified"),
    "date and newline": (
        "items/0/date_modified",
        "2026-02-01T09:00:00Z\n",
        "items/0/date_modified",
    ),
    "language with underscore": ("language", "en_GB", "language"),
    "language of one letter": ("language", "x", "language"),
    "one author as authors": ("authors", {"name": "Ann"}, "authors"),
    "empty author": ("authors/0", {}, "authors/0"),
    "author with e-mail": ("authors/0/email", "ann@example.org", "authors/0"),
    "tags as text": ("items/0/tags", "ai", "items/0/tags"),
    "tag is a number": ("items/0/tags/0", 2026, "items/0/tags/0"),
    "attachment without url": ("items/0/attachments/0/url", DELETE, "items/0/attachments/0"),
    "attachment without type": (
        "items/0/attachments/0/mime_type",
        DELETE,
        "items/0/attachments/0",
    ),
    "type without slash": (
        "items/0/attachments/0/mime_type",
        "audio",
        "items/0/attachments/0/mime_type",
    ),
    "type and newline": (
        "items/0/attachments/0/mime_type",
        "audio/mpeg\n",
        "items/0/attachments/0/mime_type",
    ),
    "size as text": (
        "items/0/attachments/0/size_in_bytes",
        "1234",
        "items/0/attachments/0/size_in_bytes",
    ),
    "hub without type": ("hubs/0/type", DELETE, "hubs/0"),
    "expired as text": ("expired", "false", "expired"),
    "extension is a list": ("_feedpub", [], "_feedpub"),
    "extension with a dot": ("_feed.pub", {}, ""),
    "extension without letter": ("_1", {}, ""),
    "underscore inside an extension": ("_feedpub/_x", 1, "_feedpub"),
}


@pytest.fixture(scope="module")
def atom() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))


@pytest.fixture(scope="module")
def jsonfeed() -> Draft202012Validator:
    schema = json.loads((SCHEMAS / "jsonfeed.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_atom_accepts_a_good_feed(atom: etree.RelaxNG) -> None:
    atom.assertValid(etree.fromstring(GOOD_ATOM))


def test_atom_accepts_an_entry_document(atom: etree.RelaxNG) -> None:
    atom.assertValid(etree.fromstring(GOOD_ATOM)[-1])


def test_atom_accepts_metadata_in_any_order(atom: etree.RelaxNG) -> None:
    order = random.Random(4287)
    for _ in range(50):
        feed = etree.fromstring(GOOD_ATOM)
        entries = feed.findall("{*}entry")
        for parent in (*entries, feed):
            children = [child for child in parent if child not in entries]
            order.shuffle(children)
            parent[:] = children + (entries if parent is feed else [])

        atom.assertValid(feed)


@pytest.mark.parametrize(("old", "new"), BAD_ATOM.values(), ids=BAD_ATOM.keys())
def test_atom_refuses(atom: etree.RelaxNG, old: str, new: str) -> None:
    assert GOOD_ATOM.count(old) == 1

    assert not atom.validate(etree.fromstring(GOOD_ATOM.replace(old, new)))


def test_jsonfeed_accepts_a_good_feed(jsonfeed: Draft202012Validator) -> None:
    assert [error.message for error in jsonfeed.iter_errors(GOOD_JSON)] == []


@pytest.mark.parametrize(("path", "value", "blamed"), BAD_JSON.values(), ids=BAD_JSON.keys())
def test_jsonfeed_refuses(
    jsonfeed: Draft202012Validator,
    path: str,
    value: Any,
    blamed: str,
) -> None:
    errors = jsonfeed.iter_errors(change(GOOD_JSON, path, value))

    assert blamed in {"/".join(map(str, error.absolute_path)) for error in errors}


def change(feed: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of the feed with one value set, or deleted."""
    feed = copy.deepcopy(feed)
    *parents, last = [int(key) if key.isdigit() else key for key in path.split("/")]
    place: Any = feed
    for key in parents:
        place = place[key]
    if value is DELETE:
        del place[last]
    else:
        place[last] = value
    return feed
