"""Addresses: which are refused and why, and how the others are written as URIs."""

import json
import re
import shutil
import subprocess
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from feedpub import iri
from feedpub.links import redirects
from feedpub.transport import http1
from support.case_files import load_cases

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
    "https://☃.example/": "https://xn--n3h.example/",  # browsers open it, though IDNA 2008 has no such names
    "https://BÜCHER.example/": "https://xn--bcher-kva.example/",
    "https://faß.example/": "https://xn--fa-hia.example/",  # not "fass"
    "https://مثال.example/": "https://xn--mgbh0fb.example/",
    "https://jürgen:paß@bücher.example/": "https://j%C3%BCrgen:pa%C3%9F@xn--bcher-kva.example/",
    "https://example.org/100%": "https://example.org/100%25",
    "https://example.org/%zz%41%4": "https://example.org/%25zz%41%254",
    "https://example.org/?a=5%&b=%20": "https://example.org/?a=5%25&b=%20",
    "https://example.org/é%C3%A9%c3%a9": "https://example.org/%C3%A9%C3%A9%c3%a9",
    "https://example.org/<b>\"'^`{|}[x]": "https://example.org/%3Cb%3E%22'%5E%60%7B%7C%7D%5Bx%5D",
    "https://example.org/?a=\\b#c#d": "https://example.org/?a=%5Cb#c%23d",
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
    "http:/example.org": "browsers open 'http://example.org/'",
    "http:example.org": "browsers open 'http://example.org/'",
    "http://": "not an address that browsers can open",
    "http:///x": "browsers open 'http://x/'",
    "ftp://example.org/": "not an absolute http or https address",
    "mailto:ann@example.org": "not an absolute http or https address",
    "javascript:alert(1)": "not an absolute http or https address",
    "JaVaScRiPt:alert(1)": "not an absolute http or https address",
    "&#106;avascript:alert(1)": "not an absolute http or https address",
    "java\tscript:alert(1)": "has '\\t'",
    "data:text/html,x": "not an absolute http or https address",
    " https://example.org/": "has ' '",
    "https://example.org/a b": "has ' '",
    "https://example.org/\n": "has '\\n'",
    "https://example.org/\x00": "has '\\x00'",
    "https://example.org/\x85": "has '\\x85'",
    "https://example.org/\xa0": "has '\\xa0'",
    "https://example.org/\ud800": "has '\\ud800'",
    "https://example.org/\ufffe": "has '\\ufffe'",
    "https://example.org/\u202egnp.exe": "has '\\u202e'",
    "https://example.org/\u200f": "has '\\u200f'",
    "https://example.org/\u2066": "has '\\u2066'",
    "https://exa\tmple.org/": "has '\\t'",
    "https://[::1/": "not an address",
    "https://[::zz]/": "not an address",
    "https://example.org:http/": "not an address",
    "https://example.org:65536/": "not an address",
    "https://example.org:0/": "no usable port",
    "https://:80/": "not an address",
    "https://me@/": "not an address",
    "https://exa<mple.org/": "not an address",
    "https://[fe80::1%25eth0]/": "not an address",
    "https://example..org/": "not a host name",
    "https://ex\u2024ample\uff0f.org/": "not an address",  # turns into "/" when it is normalised
    f"https://{'ü' * 80}.example/": "not a host name",
    f"https://{'a.' * 130}example/": "not a host name",
    "https://ü..example/": "not a host name",
    "https://xn--ü.example/": "not an address",
    f"https://example.org/{'x' * 8000}": "8,000 at most",
}


@pytest.mark.parametrize("url", GOOD)
def test_good_addresses(url: str) -> None:
    assert iri.find_url_fault(url) == ""
    assert iri.to_uri(url) == (GOOD[url] or url)


@pytest.mark.parametrize("url", GOOD)
def test_a_uri_is_left_as_it_is(url: str) -> None:
    uri = iri.to_uri(url)
    assert iri.find_url_fault(uri) == ""
    assert iri.to_uri(uri) == uri
    assert uri.isascii()


@pytest.mark.parametrize(("url", "reason"), BAD.items())
def test_bad_addresses_are_quoted_with_the_reason(url: str, reason: str) -> None:
    said = iri.find_url_fault(url)
    assert reason in said
    assert said.isprintable()


def test_a_long_bad_address_is_not_repeated_in_full() -> None:
    assert len(iri.find_url_fault("x" * 12_000_000)) < 300
    assert len(iri.find_url_fault("https://example.org/ " + "x" * 12_000_000)) < 400


def test_no_longer_address_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Punycode and the order of combining marks take quadratic time: 16 ms for 8,000 characters, 6 s for 160,000."""
    monkeypatch.setattr(iri, "can_ada", None)
    for url in ("https://" + "a\u0300\u0316" * 4000 + "/", "https://x/" + "a" * 8000):
        assert iri.parse_url(url) is None
        assert iri.parse_url("x", url) is None
        assert iri.resolve_url("https://example.org/", url) is None
        assert iri.find_host(url) == ""
        assert "8,000 at most" in iri.find_url_fault(url)
        assert iri.suggest_url(url).startswith("write an absolute address")


@pytest.mark.parametrize("url", GOOD)
def test_all_plain_addresses_need_no_change(url: str) -> None:
    if iri.are_plain_uris(["https://example.org/", url]):
        assert iri.to_uri(url).casefold() == url.casefold()
    else:
        assert not url.isascii() or set(url) & set('"%<>[\\]^`{|}')


def test_all_plain_tells_one_that_is_not() -> None:
    assert iri.are_plain_uris([])
    assert iri.are_plain_uris(["https://example.org/a?b", "https://example.org/#c"])
    assert not iri.are_plain_uris(["https://example.org/", "https://example.org/é"])
    assert not iri.are_plain_uris(["https://example.org/", "https://example.org/[x]"])


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


@given(path=_TEXT.map(lambda text: text.replace("\\", "/")), query=_TEXT, fragment=_TEXT)
def test_any_path_becomes_a_uri_that_says_the_same(path: str, query: str, fragment: str) -> None:
    url = f"https://example.org/{path}?x={query}#y{fragment}"
    assert iri.find_url_fault(url) == ""
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
    reason = iri.find_url_fault(url)
    if reason:
        assert iri.suggest_url(url).startswith("write ")
    else:
        uri = iri.to_uri(url)
        assert uri.isascii()
        assert urlsplit(uri).hostname == iri.find_host(url).strip("[]")
        assert iri.find_url_fault(uri) == ""
        assert iri.to_uri(uri) == uri


def browser_of(case: dict[str, Any]) -> tuple[str, str]:
    parsed = iri.parse_url(case["address"], case.get("base", ""))
    return (parsed.href, parsed.hostname) if parsed else ("", "")


@pytest.mark.parametrize("case", load_cases("addresses"))
def test_addresses_are_read_as_browsers_read_them(case: dict[str, Any]) -> None:
    assert browser_of(case) == (case["browser"], case["host"])


@pytest.mark.skipif(shutil.which("node") is None, reason="asks Node.js, which is not there")
def test_the_table_says_what_node_says() -> None:
    script = """
    const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const read = ([address, base]) => {
        try { const url = new URL(address, base); return [url.href, url.hostname]; } catch { return ["", ""]; }
    };
    console.log(JSON.stringify([Number(process.versions.node.split(".")[0]), cases.map(read)]));
    """
    cases = [parameter.values[0] for parameter in load_cases("addresses")]
    asked = json.dumps([[case["address"], *([case["base"]] if "base" in case else [])] for case in cases])
    ran = subprocess.run(["node", "-e", script], input=asked, capture_output=True, text=True, check=True)
    version, said = json.loads(ran.stdout)
    if version < 20:
        pytest.skip("older ones read some hosts otherwise")
    assert [[case["browser"], case["host"]] for case in cases] == said


@pytest.mark.parametrize("case", [one for one in load_cases("addresses") if "base" not in one.values[0]])
def test_no_address_is_checked_at_one_host_and_opened_at_another(case: dict[str, Any]) -> None:
    """In entries and settings; elsewhere, the host that browsers open is the one that is asked."""
    url = case["address"]
    reason = iri.find_url_fault(url)
    assert (not reason) is case["accepted"]
    if case["accepted"]:
        others = [urlsplit(iri.to_uri(url)).hostname, urllib3.util.parse_url(iri.to_uri(url)).host]
        assert {ip_or_name(other) for other in others} == {ip_or_name(case["host"])}
        assert http1.split_url(iri.to_uri(url))[0].host == case["host"]
        assert iri.resolve_url("https://base.example/x", url) == url
    elif case["browser"].startswith("http"):
        target = iri.suggest_url(url)
        assert case["host"] in target or target.endswith("https://example.org/page")
        assert iri.find_host(iri.resolve_url("https://base.example/x", case["browser"]) or "") == case["host"]


def ip_or_name(host: str | None) -> object:
    name = (host or "").strip("[]")
    try:
        return ip_address(name)
    except ValueError:
        return name


@pytest.mark.parametrize("case", load_cases("addresses"))
def test_redirects_are_followed_as_browsers_follow_them(case: dict[str, Any]) -> None:
    base = case.get("base", "http://start.example/a/b")
    location = case["address"]  # an empty one leads nowhere: RFC 9110 allows none
    failure, target = redirects.find_redirect_target(base, location)
    if (
        location
        and case["browser"].startswith("http")
        and not iri.find_host_fault(case["browser"])
        and not set(location) & set("\0\r\n")
    ):
        assert (failure, iri.find_host(target)) == (None, case["host"])
        assert http1.split_url(target)[0].host == case["host"]
        assert urlsplit(target).hostname == case["host"].strip("[]")
    elif case["browser"] or not location:
        assert failure
