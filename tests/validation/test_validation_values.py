"""Checks of single values: what is fine, and what is not, with the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from feedpub.validation.addresses import check_id, check_iri_reference, check_uri, check_web_address
from feedpub.validation.dates import check_rfc822, check_rfc3339, check_w3c_date, parse_rfc822
from feedpub.validation.decoding import decode
from feedpub.validation.html_checks import check_html, is_harmless_style
from feedpub.validation.languages import check_language_of_content, check_language_of_title
from feedpub.validation.report import Report
from feedpub.validation.source import Source
from feedpub.validation.values import check_email_with_name, check_language, check_media_type, check_positive
from feedpub.validation.xml_reader import read_xml

if TYPE_CHECKING:
    from feedpub.validation.elements import Element
    from feedpub.validation.faults import ValueCheck

FINE: list[tuple[ValueCheck, list[str]]] = [
    (
        check_rfc3339,
        ["2026-02-01T09:00:00Z", "2026-02-01T09:00:00.25+05:45", "2024-02-29T23:59:59-12:00", "2016-12-31T23:59:60Z"],
    ),
    (check_w3c_date, ["2026", "2026-02", "2026-02-01", "2026-02-01T09:00Z", "2026-02-01T09:00:00.5+01:00"]),
    (
        check_rfc822,
        [
            "Sun, 01 Feb 2026 09:00:00 +0000",
            "1 Feb 2026 09:00 GMT",
            "Sun, 01 Feb 2026 00:30:00 +0900",
            "01 Feb 2026 09:00:00 PDT",
        ],
    ),
    (
        check_iri_reference,
        [
            "a.html",
            "../a?b=c#d",
            "https://x.example/夜行",
            "mailto:ann@x.example",
            "tag:x.example,2026:夜",
            "#part",
            "urn:isbn:0451450523",
        ],
    ),
    (check_uri, ["https://x.example", "http://[::1]:8000/", "https://x.example/%E5%A4%9C", "ftp://x.example/a"]),
    (check_web_address, ["https://x.example/a.mp3?b=c", "HTTP://x.example/"]),
    (
        check_id,
        [
            "tag:ann@x.example,2026-02:a#b",
            "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
            "yt:video:a",
            "https://x.example/1",
        ],
    ),
    (check_media_type, ["text/html", "application/atom+xml; charset=utf-8", 'audio/ogg; codecs="vorbis"']),
    (check_language, ["en", "zh-Hans", "pt-BR", "sr-Latn-RS", "de-CH-1996", "EN-us"]),
    (check_email_with_name, ["ann@x.example (Ann Author)", "mailto:ann%40x.example%20%28Ann%29"]),
    (check_positive, ["1", "0060"]),
]
FAULTY: list[tuple[ValueCheck, list[tuple[str, str]]]] = [
    (
        check_rfc3339,
        [
            ("2026-02-01", "E321"), ("2026-02-01T09:00Z", "E321"), ("2026-02-30T09:00:00Z", "E321"),
            ("2026-02-01T24:00:00Z", "E321"), ("2026-02-01t09:00:00z", "E321"), ("２０２６-02-01T09:00:00Z", "E321"),
            ("2026-02-01T09:00:00+25:00", "E321"), ("", "E321"),
        ],
    ),
    (check_w3c_date, [("2026-13", "E321"), ("2026-02-01T09:00", "E321"), ("26", "E321")]),
    (
        check_rfc822,
        [
            ("Sat, 01 Feb 2026 09:00:00 +0000", "E506"), ("31 Feb 2026 09:00:00 GMT", "E505"),
            ("Sun, 01 Feb 26 09:00:00 GMT", "W505"), ("Sun, 01 feb 2026 09:00:00 GMT", "W505"),
            ("01 Feb 2026 09:00:00 Q", "W505"), ("01 Feb 2026 09:00:00 +0017", "W505"),
            ("Sun (rest), 01 Feb 2026 09:00:00 GMT", "W505"), ("01 Feb 2026", "E505"),
            ("01 Feb 2026 09:00:00 CET", "E505"),
            ("01 Feb 2026 09:00:00 +9900", "E505"),
        ],
    ),
    (
        check_iri_reference,
        [
            ("", "W302"), ("https://x.example/a b", "E317"), ("http:///a", "E317"), ("https:/x.example", "E317"),
            ("a|b", "E317"), ("javascript:go()", "W308"), ("webcall://x.example", "W319"), ("tag:x.example:a", "E414"),
            ("urn:x", "E415"), ("urn:uuid:1", "E415"),
        ],
    ),
    (check_uri, [("https://x.example/é", "E318"), ("/a", "E319"), ("mailto:", "E317")]),
    (check_web_address, [("ftp://x.example/a.mp3", "E317"), ("a.mp3", "E319")]),
    (check_id, [("", "E407"), ("7", "E407"), ("https://x.example/a b", "E407"), ("tag:x.example,26:a", "E414")]),
    (check_media_type, [("html", "E320"), ("text/", "E320"), ("text/html charset=utf-8", "E320"), ("", "E320")]),
    (check_language, [("english", "E322"), ("cn", "E322"), ("en_US_POSIX!", "E322"), ("x" * 200, "E322")]),
    (
        check_email_with_name,
        [("Ann", "E323"), ("ann@x.example", "W506"), ("Ann <ann@x.example>", "W506"), ("Ann (ann@x.example)", "E323")],
    ),
    (check_positive, [("0", "E316"), ("-1", "E316"), ("1.0", "E316"), ("", "W302"), ("１", "E316")]),
]  # fmt: skip


@pytest.mark.parametrize(("check", "value"), [(check, value) for check, values in FINE for value in values])
def test_fine_value(check: ValueCheck, value: str) -> None:
    assert check(value) is None


@pytest.mark.parametrize(
    ("check", "value", "code"), [(check, value, code) for check, values in FAULTY for value, code in values]
)
def test_faulty_value(check: ValueCheck, value: str, code: str) -> None:
    fault = check(value)
    assert fault is not None
    assert fault[0] == code


def test_dates_of_rss_are_moments() -> None:
    moment = parse_rfc822("Sun, 01 Feb 2026 00:30:00 +0900")
    assert moment is not None
    assert moment.isoformat() == "2026-01-31T15:30:00+00:00"


@pytest.mark.parametrize(
    ("html", "codes"),
    [
        ("<p>Fine<br><img src='https://x.example/a.png'><wbr/>", []),
        ("<ul><li>One<li>Two</ul><table><tr><td>1</table>", []),
        ('<a href="https://x.example/?a=1&amp;b=2" title="1 > 2">x</a>', []),
        ("1 < 2 and 3 > 2", []),
        ("<!-- <b> --><p>x</p>", []),
        ("<my-element>x</my-element>", []),
        ("<svg><path d='M0'/></svg><math><mi>x</mi></math>", []),
        ("<code>&amp;lt;</code>", []),
        ('<a href="#part">x</a><a href="mailto:a@x.example">y</a>', []),
        ("<SCRIPT src='https://x.example/a.js'></SCRIPT>", ["W307"]),
        ("<iframe src='https://x.example/'></iframe>", ["W307"]),
        ("<?import a>", ["W307"]),
        ("<p ONCLICK=go()>x</p>", ["W308"]),
        ("<a href='JavaScript:go()'>x</a>", ["W308"]),
        ("<p style='position:fixed'>x</p>", ["W308"]),
        ("<img src=a.png>", ["W309"]),
        ("<img src='//x.example/a.png'>", ["W309"]),
        ("<blick>x</blick>", ["W310"]),
        ("<p>x</p", ["W310"]),
        ("It&#146;s", ["W310"]),
        ("<b>x", ["W311"]),
        ("x</div>", ["W311"]),
        ("&lt;p&gt;x&lt;/p&gt;", ["W312"]),
        ("<p>R&amp;amp;D</p>", ["W312"]),
    ],
)
def test_html(html: str, codes: list[str]) -> None:
    assert sorted({finding.code for finding in check_html(html)}) == codes


@pytest.mark.parametrize(
    "style",
    [
        "",
        "color: red",
        "margin:0 15px 0 0;",
        "COLOR:#00F;text-align : center",
        "color: rgb(0, 128, 0)",
        "line-height:1.5",
    ],
)
def test_harmless_style(style: str) -> None:
    assert is_harmless_style(style)


@pytest.mark.parametrize(
    "style",
    [
        "position:absolute",
        "margin: 99999em",
        "background: url(https://x.example/)",
        "color:expression(a)",
        "x",
        "mso-list: l0",
        "a:b:c",
    ],
)
def test_style_that_readers_remove(style: str) -> None:
    assert not is_harmless_style(style)


@pytest.mark.parametrize(
    ("title", "language", "script"),
    [
        ("夜间列车重返欧洲", "en", "Chinese"),
        ("夜间列车重返欧洲", "zh-Hant", ""),
        ("夜行列車の帰還", "zh-Hans", ""),  # kana and Han: too mixed to judge
        ("Ночные поезда", "de", "Cyrillic"),
        ("Ночные поезда", "uk", ""),
        ("Apple Vision Pro", "zh-Hans", ""),
        ("iPhone 和 iPad 的区别", "en", ""),
        ("π", "en", ""),
        ("야간 열차", "ja", "Korean"),
        ("夜", "no language", ""),
    ],
)
def test_script_of_a_title(title: str, language: str, script: str) -> None:
    assert check_language_of_title(title, language) == script


def test_script_of_a_content() -> None:
    english = "Night trains are back. " * 20
    assert check_language_of_content(english, "zh-Hans") == "Latin"
    assert check_language_of_content(english + "夜", "zh-Hans") == ""
    assert check_language_of_content(english, "fr") == ""
    assert check_language_of_content("OK", "ru") == ""


@pytest.mark.parametrize(
    ("data", "charset", "encoding", "codes"),
    [
        (b"<a/>", "", "utf-8", []),
        (b"\xef\xbb\xbf<a/>", "", "utf-8", []),
        ("<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"), "", "utf-16-le", []),
        ("<?xml version='1.0'?><a/>".encode("utf-16-be"), "", "utf-16-be", []),
        (b"<?xml version='1.0' encoding='windows-1252'?><a>\x92</a>", "", "cp1252", ["N302"]),
        (b"<a>\xe9</a>", "iso-8859-1", "iso8859-1", ["N302"]),
        (b"<a>\xe9</a>", "", "utf-8", ["E302"]),
        (b"<?xml version='1.0' encoding='us-ascii'?><a>\xc3\xa9</a>", "", "ascii", ["E302"]),
        (b"\xef\xbb\xbf<?xml version='1.0' encoding='us-ascii'?><a/>", "", "utf-8", ["E302"]),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "", "utf-8", ["E303"]),
        (b"<?xml version='1.0' encoding='punycode'?><a/>", "", "utf-8", ["E303"]),
        (b"<?xml version='1.0' encoding='base64'?><a/>", "", "utf-8", ["E303"]),
        (b"<?xml version='1.0' encoding='koi8-r'?><a/>", "", "koi8-r", ["W304"]),
    ],
)
def test_encoding(data: bytes, charset: str, encoding: str, codes: list[str]) -> None:
    decoded = decode(data, charset)
    assert decoded.encoding == encoding
    assert [finding.code for finding in decoded.findings] == codes
    decoded.data.decode("utf-8")


def test_positions_count_characters() -> None:
    source = Source("<a>\r\n夜行 x\r\ré\n".encode())
    assert source.find_position(0) == (1, 1)
    assert source.find_position(source.data.index(b"x")) == (2, 4)
    assert source.find_position(source.data.index("é".encode())) == (4, 1)
    assert source.find_position(len(source.data) + 9) == (5, 1)
    assert source.find_excerpt(source.data.index(b"x")) == ("夜行 x", 1)


def test_positions_of_a_long_line() -> None:
    source = Source(("夜" * 100_000 + "\n" + "é" * 200_000 + "x").encode())
    assert source.find_position(source.data.index(b"x")) == (2, 200_001)
    text, column = source.find_excerpt(source.data.index(b"x"))
    assert text.endswith("éx")
    assert column == 200_001 - text.index("x")


def test_reader_keeps_text_and_order() -> None:
    class Handler:
        summary = None

        def start_root(self, root: Element) -> None:
            self.root = root

        def is_entry(self, element: Element) -> bool:
            return False

        def check_entry(self, entry: Element) -> None:
            raise AssertionError

        def check_document(self, root: Element) -> None:
            self.checked = root

    data = b"<rss>a<b/>&amp;<![CDATA[<c>]]><d xml:lang='en' x:y='1' xmlns:x='u:x'/>e</rss>"
    handler = Handler()
    assert read_xml(data, handler, Report(Source(data))) == [("x", "u:x")]
    assert handler.checked.text == "a&<c>e"
    assert [child.name for child in handler.checked.children] == ["b", "d"]
    assert handler.checked.children[1].attributes == {"xml:lang": "en", "{u:x}y": "1"}
    assert handler.checked.children[1].offset == data.index(b"<d")
