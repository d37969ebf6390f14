"""What the example of a rule does not show: other ways to the same code, old formats, and what is not a fault."""

from __future__ import annotations

import pytest
from skeletons import NOW, make_document

from feedpub.validation.validator import check_bytes

THREAD = 'xmlns:thr="http://purl.org/syndication/thread/1.0"'
ITUNES = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


def codes_of(data: bytes) -> set[str]:
    return {problem.code for problem in check_bytes(data, now=NOW)}


def division(content: str, more: str = "") -> str:
    return f'<content type="xhtml"{more}><div {XHTML}>{content}</div></content>'


FAULTY = [
    ("entry", division("<script>go()</script><p>x</p>"), "W307"),
    ("entry", division('<p onclick="go()">x</p>'), "W308"),
    ("entry", division('<img src="a.png" alt=""/>'), "W309"),
    ("entry", division("<blick>x</blick>"), "W310"),
    ("entry", division('<x:y xmlns:x="u:x"/>'), "E416"),
    ("entry", '<content type="multipart/mixed">x</content>', "E405"),
    ("entry", '<content type="html ">&lt;b>x</content>', "W311"),
    ("entry", '<content type="no type">x</content>', "E320"),
    ("entry", "<content/>", "W302"),
    ("entry", '<content src="https://x.example/a" type="html"/><summary>x</summary>', "E405"),
    ("entry", '<content src="a b" type="text/html"/><summary>x</summary>', "E317"),
    ("entry", '<title type="no type">x</title>', "E320"),
    ("entry", "<summary/>", "W302"),
    ("entry", f'<link rel="replies" thr:x="1" {THREAD} href="#"/>', ""),
    ("entry", f'<link thr:count="1" {THREAD} href="https://x.example/"/>', "E313"),
    ("entry", '<link href=" https://x.example/a"/>', "E324"),
    ("entry", '<link href=""/>', "W302"),
    ("entry", '<dc:created xmlns:dc="http://purl.org/dc/terms/">2026-02-01</dc:created>', "W321"),
    ("entry", '<it:block xmlns:itunes="http://www.itunes.com/DTDs/Podcast-1.0.dtd" xmlns:it="u:x"/>', ""),
    ("entry", '<title xml:lang="english">x</title>', "E322"),
    ("entry", '<title xml:lang="">x</title>', ""),
    ("entry", '<category term="x" xml:base="a b"/>', "E317"),
    ("entry", '<category term="x" atom:label="y" xmlns:atom="http://www.w3.org/2005/Atom"/>', "E313"),
    ("entry", "<Updated>2026-02-01T09:00:00Z</Updated>", "E312"),
    ("entry", "<contributor><name>x<b/></name></contributor>", "E312"),
    ("entry", '<media:title type="html" xmlns:media="http://search.yahoo.com/mrss/">&lt;b>x</media:title>', "W311"),
    ("entry", '<media:title xmlns:media="http://search.yahoo.com/mrss/">&lt;b>x&lt;/b></media:title>', "W404"),
    ("feed", '<link rel="last" href="https://x.example/feed.xml"/><link rel="next" href="https://x.example/2"/>'
             '<link rel="self" href="https://x.example/feed.xml"/>', "E418"),
    ("item", f"<body {XHTML}><p>x</p><embed src='https://x.example/a'/></body>", "W307"),
    ("item", "<guid>mailto:a@x.example</guid>", "E507"),
    ("item", '<guid isPermaLink="false"></guid>', "W302"),
    ("item", "<pubDate>Sun, 01 Jan 1950 09:00:00 GMT</pubDate>", "W301"),
    ("item", '<dc:date.Taken xmlns:dc="http://purl.org/dc/elements/1.1/">1 Feb</dc:date.Taken>', "E321"),
    ("item", "<description>&lt;b>x</description>", "W311"),
    ("channel", "<skipDays><day>Monday</day>" + "<day>x</day>" * 7 + "</skipDays>", "E510"),
    ("channel", f"<itunes:duration {ITUNES}>1</itunes:duration>", "E312"),
    ("json-item", '"authors": [{}]', "E606"),
    ("json-item", '"authors": [1]', "E607"),
    ("json-item", '"authors": [{"name": "<b>Ann</b>"}]', "W306"),
    ("json-item", '"title": "夜间列车重返欧洲"', "W318"),
    ("json-item", f'"language": "zh-Hans", "content_html": "{"Night trains. " * 40}"', "W318"),
    ("json-item", f'"language": "zh-Hans", "content_html": 0, "content_text": "{"Night trains. " * 40}"', "W318"),
    ("json-item", '"date_published": "1970-01-01T00:00:00Z"', "W301"),
    ("json-item", '"date_modified": "2026-01-01T00:00:00Z"', "W407"),
    ("json-feed", '"hubs": [{"type": "WebSub"}]', "E606"),
    ("json-feed", '"items": {}', "E607"),
    ("json-feed", '"expired": "no"', "E607"),
    ("json-feed", '"feed_url": "feed.json"', "E319"),
    ("json-feed", '"next_url": "HTTPS://x.example/feed.json#2"', "E418"),
    ("document", '{"feeds": []}', "E308"),
    ("document", "[1, 2]", "E308"),
    ("document", '<rss xmlns="u:x" version="2.0"/>', "E311"),
    ("document", "<opml><body/></opml>", "E315"),
    ("document", '<opml version="2.0"><head/></opml>', "E711"),
    ("document", '<opml version="2.0"><body><outline text="x" xmlUrl="a.xml"/></body></opml>', "E319"),
    ("document", '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="a b"/>', "E311"),
    ("document", '<entry xmlns="http://www.w3.org/2005/Atom"><title>x</title></entry>', "E401"),
]  # fmt: skip


@pytest.mark.parametrize(("into", "fragment", "code"), FAULTY)
def test_fault(into: str, fragment: str, code: str) -> None:
    codes = codes_of(make_document(into, fragment))
    if code:
        assert code in codes
    else:
        assert not [code for code in codes if not code.startswith("N")]


RSS1 = """<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://x.example/rss">
<title>The Digest</title>
<link>https://x.example/</link>
<description>Trains</description>
<items><rdf:Seq><rdf:li rdf:resource="https://x.example/a"/></rdf:Seq></items>
<dc:creator><rdf:Description><dc:title>Ann</dc:title></rdf:Description></dc:creator>
</channel>
<item rdf:about="https://x.example/a">
<title>Night trains</title>
<link>https://x.example/a</link>
<description>&lt;p>Back&lt;/p></description>
<dc:date>2026-02-01</dc:date>
</item>
</rdf:RDF>
"""


def test_rss_1_has_no_problem() -> None:
    assert codes_of(RSS1.encode()) == set()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (' rdf:about="https://x.example/a"', "", "E315"),
        ("<title>Night trains</title>", "", "E501"),
        ("<title>Night trains</title>", "<title>A</title><title>B</title>", "E502"),
        ("<link>https://x.example/a</link>", "<link>/a</link>", "E319"),
        ("<dc:date>2026-02-01</dc:date>", "<dc:date>yesterday</dc:date>", "E321"),
        ("<dc:date>2026-02-01</dc:date>", "<pubDate>yesterday</pubDate>", "E312"),
        ("&lt;p>", "&lt;script>", "W307"),
        ('<channel rdf:about="https://x.example/rss">', '<channel xmlns="u:x">', "E311"),
    ],
)
def test_fault_in_rss_1(old: str, new: str, code: str) -> None:
    assert code in codes_of(RSS1.replace(old, new).encode())


def test_rss_091_has_plain_text() -> None:
    document = make_document("item", "<description>&lt;script></description>").replace(
        b'version="2.0"', b'version="0.91"'
    )
    assert "W307" not in codes_of(document)


def test_entry_is_a_document() -> None:
    entry = make_document("entry", "").decode().partition("<entry>")[2].partition("</entry>")[0]
    author = "<author><name>Ann</name></author>"
    document = f'<entry xmlns="http://www.w3.org/2005/Atom" xml:lang="en">{entry}{author}</entry>'
    assert codes_of(document.encode()) == set()
