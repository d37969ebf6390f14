"""Addresses: which are refused and why, and how the others are written as URIs."""

import re
import time
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub import iri

# address → the URI it is written as; None if it is one already
GOOD: dict[str, str | None] = {
    "http://x": None,
    "https://example.org": None,
    "https://example.org/": None,
    "https://example.org:8080/a/b.html?q=1&r=2#part": None,
    "https://example.org?q": None,
    "https://example.org#top": None,
    "http://a.b-c.example/~me/!$&'()*+,;=:@-._": None,
    "http://127.0.0.1/": None,
    "http://[2001:db8::1]:8080/x": None,
    "https://example.org./": None,
    "https://under_score.example/": None,
    "https://example.org:65535/": None,
    "https://me:secret@example.org/": None,
    "https://example.org/a%20b%E4%B8%AD%2f%2F": None,  # percent encoding is kept byte for byte, also its case
    "HTTPS://Example.ORG/A": "https://Example.ORG/A",
    "https://example.org/夜车/时刻?语言=中文#注": "https://example.org/%E5%A4%9C%E8%BD%A6/%E6%97%B6%E5%88%BB"
    "?%E8%AF%AD%E8%A8%80=%E4%B8%AD%E6%96%87#%E6%B3%A8",
    "https://例え.jp/道": "https://xn--r8jz45g.jp/%E9%81%93",
    "https://例え.jp:8443": "https://xn--r8jz45g.jp:8443",
    "https://例え。jp/": "https://xn--r8jz45g.jp/",  # UTS 46 maps the ideographic full stop
    "https://BÜCHER.example/": "https://xn--bcher-kva.example/",
    "https://faß.example/": "https://xn--fa-hia.example/",  # IDNA 2008, not "fass"
    "https://مثال.example/": "https://xn--mgbh0fb.example/",
    "https://jürgen:paß@bücher.example/": "https://j%C3%BCrgen:pa%C3%9F@xn--bcher-kva.example/",
    "https://example.org/100%": "https://example.org/100%25",
    "https://example.org/%zz%41%4": "https://example.org/%25zz%41%254",
    "https://example.org/?a=5%&b=%20": "https://example.org/?a=5%25&b=%20",
    "https://example.org/é%C3%A9%c3%a9": "https://example.org/%C3%A9%C3%A9%c3%a9",
    "https://example.org/<b>\"'\\^`{|}[x]": "https://example.org/%3Cb%3E%22'%5C%5E%60%7B%7C%7D%5Bx%5D",
    "https://example.org/\U0001f682": "https://example.org/%F0%9F%9A%82",
}
BAD = {
    "": "is empty",
    "x.html": "not an absolute http or https address",
    "/x": "not an absolute http or https address",
    "//host/x": "not an absolute http or https address",
    "?q": "not an absolute http or https address",
    "#note": "not an absolute http or https address",
    "example.org": "not an absolute http or https address",
    "http:/example.org": "not an absolute http or https address",
    "http:example.org": "not an absolute http or https address",
    "http://": "not an absolute http or https address",
    "http:///x": "not an absolute http or https address",
    "ftp://example.org/": "not an absolute http or https address",
    "mailto:ann@example.org": "not an absolute http or https address",
    "javascript:alert(1)": "not an absolute http or https address",
    "JaVaScRiPt:alert(1)": "not an absolute http or https address",
    "&#106;avascript:alert(1)": "not an absolute http or https address",
    "java\tscript:alert(1)": "holds '\\t'",
    "data:text/html,x": "not an absolute http or https address",
    " https://example.org/": "holds ' '",
    "https://example.org/a b": "holds ' '",
    "https://example.org/\n": "holds '\\n'",
    "https://example.org/\x00": "holds '\\x00'",
    "https://example.org/\x85": "holds '\\x85'",
    "https://example.org/\xa0": "holds '\\xa0'",
    "https://example.org/\ud800": "holds '\\ud800'",
    "https://example.org/\ufffe": "holds '\\ufffe'",
    "https://example.org/\u202egnp.exe": "holds '\\u202e'",
    "https://example.org/\u200f": "holds '\\u200f'",
    "https://example.org/\u2066": "holds '\\u2066'",
    "https://exa\tmple.org/": "holds '\\t'",
    "https://[::1/": "not an address",
    "https://[::zz]/": "not an address",
    "https://example.org:http/": "not an address",
    "https://example.org:65536/": "not an address",
    "https://example.org:99999/": "not an address",
    "https://example.org:0/": "no usable host",
    "https://:80/": "no usable host",
    "https://me@/": "no usable host",
    "https://exam%70le.org/": "not a host name",
    "https://exa<mple.org/": "not a host name",
    "https://exa\\mple.org/": "not a host name",
    "https://[fe80::1%25eth0]/": "not a host name",
    "https://example..org/": "not a host name",
    "https://☃.example/": "not a host name",
    "https://ex\u2024ample\uff0f.org/": "not an address",  # turns into "/" when it is normalised
    f"https://{'ü' * 80}.example/": "not a host name",
    "https://ü..example/": "not a host name",
    "https://xn--ü.example/": "not a host name",
}


@pytest.mark.parametrize("url", GOOD)
def test_good_addresses(url: str) -> None:
    assert iri.fault(url) == ""
    assert iri.to_uri(url) == (GOOD[url] or url)


@pytest.mark.parametrize("url", GOOD)
def test_a_uri_is_left_as_it_is(url: str) -> None:
    uri = iri.to_uri(url)
    assert iri.fault(uri) == ""
    assert iri.to_uri(uri) == uri
    assert uri.isascii()


@pytest.mark.parametrize(("url", "reason"), BAD.items())
def test_bad_addresses_are_quoted_with_the_reason(url: str, reason: str) -> None:
    said = iri.fault(url)
    assert reason in said
    assert said.isprintable()
    assert not iri.is_plain(url)


def test_a_long_bad_address_is_not_repeated_in_full() -> None:
    assert len(iri.fault("x" * 12_000_000)) < 300
    assert len(iri.fault("https://example.org/ " + "x" * 12_000_000)) < 400


@pytest.mark.parametrize(
    "url",
    [
        "https://" + "a" * 2_000_000 + "!",
        "https://" + "a." * 1_000_000 + ".",
        "https://" + "a-" * 1_000_000 + "/é",
        "https://example.org/" + "%" * 1_000_000,
        "https://example.org/" + "%41" * 1_000_000 + "é",
        "https://example.org/" + "路" * 1_000_000,
    ],
    ids=["host", "labels", "hyphens", "percent", "escapes", "chinese"],
)
def test_long_addresses_take_linear_time(url: str) -> None:
    start = time.perf_counter()
    if not iri.fault(url):
        iri.to_uri(url)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        (None, True),
        ("https://example.org/a?b=c", True),
        ("https://example.org/%20", False),
        ("https://example.org/é", False),
        ("x.html", False),
    ],
)
def test_is_plain(url: str | None, plain: bool) -> None:
    assert iri.is_plain(url) is plain


@pytest.mark.parametrize("url", GOOD)
def test_all_plain_addresses_need_no_change(url: str) -> None:
    if iri.all_plain(["https://example.org/", url]):
        assert iri.to_uri(url).casefold() == url.casefold()
    else:
        assert not iri.is_plain(url)


def test_all_plain_tells_one_that_is_not() -> None:
    assert iri.all_plain([])
    assert iri.all_plain(["https://example.org/a?b", "https://example.org/#c"])
    assert not iri.all_plain(["https://example.org/", "https://example.org/é"])
    assert not iri.all_plain(["https://example.org/", "https://example.org/[x]"])


@pytest.mark.parametrize(
    ("text", "absolute"),
    [
        ("tag:example.org,2026:a/en", True),
        ("tag:example.org,2026:夜车/zh-Hans", True),
        ("urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", True),
        ("https://例え.jp/道", True),
        ("x:y", True),
        ("", False),
        ("x:", False),
        ("a/b", False),
        ("1a:b", False),
        ("夜:b", False),
        ("tag:example.org,2026:a b", False),
        ("tag:example.org,2026:a\x00", False),
        ("tag:example.org,2026:a\u202e", False),
        ("tag:example.org,2026:a\ud800", False),
    ],
)
def test_is_iri(text: str, absolute: bool) -> None:
    assert iri.is_iri(text) is absolute


_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z", "Cf"), exclude_characters="\ufffe\uffff"))


@given(path=_TEXT, query=_TEXT, fragment=_TEXT)
def test_any_path_becomes_a_uri_that_says_the_same(path: str, query: str, fragment: str) -> None:
    url = f"https://example.org/{path}?x={query}#y{fragment}"
    assert iri.fault(url) == ""
    uri = iri.to_uri(url)
    assert re.fullmatch(r"[!#$%&'()*+,./0-9:;=?@A-Z_a-z~-]*", uri)
    assert not re.search(r"%(?![0-9A-Fa-f]{2})", uri)
    for ours, theirs in zip(urlsplit(uri), urlsplit(url), strict=True):
        assert unquote(ours, errors="surrogateescape") == unquote(
            re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", theirs), errors="surrogateescape"
        )
    assert iri.to_uri(uri) == uri


@given(st.text() | st.text().map(lambda text: f"https://{text}") | st.from_regex(r"https?://[^/?#]{0,12}[/?#].{0,12}"))
def test_any_text_is_an_address_that_can_be_written_or_has_a_fault(url: str) -> None:
    reason = iri.fault(url)
    if reason:
        assert not iri.is_plain(url)
    else:
        uri = iri.to_uri(url)
        assert uri.isascii()
        assert urlsplit(uri).hostname
        assert iri.fault(uri) == ""
        assert iri.to_uri(uri) == uri
