"""Reading pages: charsets, names, titles, where a page sends its readers; and reading in small pieces."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from feedpub.links.fragments import find_fragment_names
from feedpub.links.pages import is_page, read_page, read_refresh
from feedpub.links.probe import PAGE_BYTES, PAUSE, WAIT, HostState, LinkProbe
from feedpub.transport.base import Request, Response
from support.link_pages import read_page_at_once

if TYPE_CHECKING:
    from collections.abc import Iterable

HTML = {"content-type": "text/html"}


def find_names(body: bytes, fragments: Iterable[str], content_type: str = "text/html") -> set[str]:
    """Return the fragments whose targets a page contains."""
    wanted = {fragment: find_fragment_names(fragment) for fragment in fragments}
    names = read_page_at_once(body, {"content-type": content_type}, frozenset().union(*wanted.values())).names
    return {fragment for fragment, targets in wanted.items() if targets & names}


# Names (HTML, sections 7.4.6.4 and 13.2.5)

NAMES = {
    "double": b'<p id="x">',
    "single": b"<p id='x'>",
    "bare": b"<p id=x>",
    "upper case": b"<P ID=x>",
    "name of a": b"<a name=x>",
    "spaces": b"<p\n id\t=\n'x'>",
    "after a slash": b"<br/id=x>",
    "last": b"<p a=b id=x",
    "after quotes": b"<p title='>'id=x>",
    "after a bracket": b"< p> 1 < 2 <p id=x>",
    "reference": b"<p id='&#120;'>",
    "svg": b"<svg><g id=x>",
    "after a comment": b"<!-- --><p id=x>",
    "after an empty comment": b"<!--><p id=x>",
    "after an empty comment, longer": b"<!---><p id=x>",
    "after a comment's other end": b"<!-- --!><p id=x>",
    "after a script": b"<script>'<p'</script><p id=x>",
    "after what is no end": b"<script></scripty></script ><p id=x>",
    "after a title": b"<title><!-- </title><p id=x>",
    "after a doctype": b"<!doctype html '><p id=x>",
    "after an end tag": b"</p title='><p id=y>' ><p id=x>",
    "of its own script": b"<script id=x>",
    "after a template": b"<template><p id=y></template><p id=x>",
    "first of two": b"<p id=x id=y>",
    "hub": b"<h2 id=user-content-x>",
}
NO_NAMES = {
    "name of others": b"<input name=x><meta name=x>",
    "data": b"<p data-id=x>",
    "text": b"id=x",
    "value": b"<p title=' id=x '>",
    "comment": b"<!-- <p id=x> -->",
    "comment without end": b"<!-- <p id=x>",
    "script": b"<script><p id=x></script>",
    "style": b"<style><p id=x></style>",
    "title": b"<title><p id=x></title>",
    "textarea": b"<textarea><p id=x></textarea>",
    "noscript": b"<noscript><p id=x></noscript>",
    "template": b"<template><p id=x></template>",
    "end tag": b"</p id=x>",
    "iframe": b"<iframe><p id=x></iframe>",
    "plain text": b"<plaintext><p id=x>",
    "other case": b"<p id=X>",
    "second of two": b"<p id=y id=x>",
    "quote without end": b'<p title="><p id=x>',
    "instruction": b"<?php <p id=x ?>",
    "number with thousands of digits": b"<p id='&#" + b"9" * 5000 + b";'>",
}


@pytest.mark.parametrize("body", NAMES.values(), ids=NAMES)
def test_names_are_found_as_browsers_find_them(body: bytes) -> None:
    assert find_names(body + (b">" if body.endswith(b"id=x") else b""), ["x"]) == {"x"}


@pytest.mark.parametrize("body", NO_NAMES.values(), ids=NO_NAMES)
def test_what_is_no_name_is_none(body: bytes) -> None:
    assert find_names(body, ["x"]) == set()


def test_an_empty_element_of_xhtml_ends_at_once() -> None:
    body = b"<script src='a'/><title/><p id='x'/>"
    assert find_names(body, ["x"], "application/xhtml+xml; charset=utf-8") == {"x"}
    assert find_names(body, ["x"]) == set()


def test_all_fragments_are_looked_for_at_once() -> None:
    page = b"<p id=a><p id=user-content-b><a name='c&amp;d'><p id='gr\xc3\xb6\xc3\x9fe'>"
    wanted = ["a", "b", "c&d", "c%26d", "gr%C3%B6%C3%9Fe", "größe"]
    assert find_names(page, [*wanted, "e"]) == set(wanted)
    assert find_fragment_names("!f") == find_fragment_names("/g") == find_fragment_names("h=1") == frozenset()


# Charsets (Encoding Standard, section 4.2; HTML, section 13.2.3.2)

CHARSETS = {
    "utf-8": ("汉", "utf-8", "text/html; charset=utf-8"),
    "no label": ("汉", "utf-8", "text/html"),
    "no label, no UTF-8": ("é", "windows-1252", "text/html"),
    "unknown label": ("汉", "utf-8", "text/html; charset=nonsense"),
    "label of Python": ("汉", "utf-8", "text/html; charset=utf-7"),
    "gb2312 is gbk": ("镕", "gbk", "text/html; charset=gb2312"),
    "gbk is gb18030": ("㐀", "gb18030", "text/html; charset=gbk"),
    "latin-1 is windows-1252": ("“Ž”", "windows-1252", "text/html; charset=ISO-8859-1"),
    "ascii is windows-1252": ("€", "windows-1252", "text/html; charset=us-ascii"),
    "latin-5 is windows-1254": ("€ğ", "windows-1254", "text/html; charset=iso-8859-9"),
    "thai": ("ก“", "cp874", "text/html; charset=tis-620"),
    "shift_jis is windows-31j": ("①髙", "cp932", "text/html; charset=Shift_JIS"),
    "euc-jp": ("漢", "euc-jp", "text/html; charset=x-euc-jp"),
    "euc-kr is windows-949": ("똠방각하", "cp949", "text/html; charset=euc-kr"),
    "ks_c_5601": ("똠", "cp949", "text/html; charset=ks_c_5601-1987"),
    "big5": ("漢", "big5", "text/html; charset=big5-hkscs"),
    "koi8-r": ("ж", "koi8-r", 'text/html; charset="koi8-r"'),
    "quoted label": ("é", "windows-1252", "text/html; charset='latin1'"),
    "utf-16": ("汉", "utf-16-le", "text/html; charset=utf-16"),
    "big-endian": ("汉", "utf-16-be", "text/html; charset=utf-16be"),
}


@pytest.mark.parametrize(("name", "codec", "content_type"), CHARSETS.values(), ids=CHARSETS)
def test_charsets_are_those_of_browsers(name: str, codec: str, content_type: str) -> None:
    assert find_names(f"<p id='{name}'>".encode(codec), [name], content_type) == {name}


DECLARED = {
    "meta charset": (b"<meta charset=gb2312>", "gbk"),
    "meta content": (b"<META http-equiv=Content-Type content='text/html; charset=gb2312'>", "gbk"),
    "meta before others": (b"<title>charset=koi8-r</title><meta charset='gb2312'>", "gbk"),
    "utf-16 in ASCII": (b"<meta charset=utf-16>", "utf-8"),
    "unknown, then another": (b"<meta charset=nonsense><meta charset=gbk>", "gbk"),
    "byte order mark": (b"\xef\xbb\xbf<meta charset=gbk>", "utf-8"),
}


@pytest.mark.parametrize(("start", "codec"), DECLARED.values(), ids=DECLARED)
def test_charsets_are_declared_in_pages(start: bytes, codec: str) -> None:
    assert find_names(start + "<p id='汉字'>".encode(codec), ["汉字"]) == {"汉字"}


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_byte_order_mark_counts_before_any_label(codec: str) -> None:
    mark = b"\xfe\xff" if codec == "utf-16-be" else b""
    assert find_names(mark + "<p id='é'>".encode(codec), ["é"], "text/html; charset=iso-8859-1") == {"é"}


@pytest.mark.parametrize(
    ("coding", "readable"),
    [("", True), ("gzip", True), ("identity", True), ("X-GZIP", True), ("deflate", True)]
    + [(name, False) for name in ("br", "zstd", "gzip, gzip", "compress", "aes128gcm")],
)
def test_codings_that_are_not_undone_are_not_judged(coding: str, readable: bool) -> None:
    assert is_page(HTML | {"content-encoding": coding}) is readable


# Titles, log-ins, where readers are sent


def test_what_a_page_calls_itself() -> None:
    page = read_page_at_once(
        b"<title>\n A&amp;B </title><svg><title>Icon</title></svg><h1><img></h1><h1 id=a>C <b>D</b></h1><h1>E</h1>",
        HTML,
    )
    assert page.titles == ("a&b", "c d")
    assert read_page_at_once(b"<h1>" + b"x" * 2000 + b"</h1>", HTML).titles == ()
    assert read_page_at_once(b"<h1>without end", HTML).titles == ()
    assert read_page_at_once(b"<INPUT TYPE=Password>", HTML).has_password_field
    assert not read_page_at_once(b"<input type=text value=password>", HTML).has_password_field
    assert read_page_at_once(b"<meta name=prerender-status-code content=404>", HTML).status_code == 404


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("0; url=/a", (0.0, "/a")),
        ("0;URL='/a'", (0.0, "/a")),
        ('3, "/a" b', (3.0, "/a")),
        ("0 url = /a", (0.0, "/a")),
        ("0.5; /a", (0.0, "/a")),
        ("; url=/a", (0.0, "/a")),
        (" 5 ;url=/a;b", (5.0, "/a;b")),
        ("0;url=", (0.0, "")),
        ("0", None),
        ("", None),
        ("soon; url=/a", None),
        ("-1; url=/a", None),
    ],
)
def test_refresh_is_read_as_browsers_read_it(value: str, found: tuple[float, str] | None) -> None:
    assert read_refresh(value) == found


REFRESHES = {
    "at once": (b"<meta http-equiv=refresh content='0; url=/a'>", ("/a", "")),
    "upper case": (b"<META HTTP-EQUIV='Refresh' CONTENT='1;URL=/a'>", ("/a", "")),
    "relative to": (b"<base href=/b/><meta http-equiv=refresh content='0; url=a'>", ("a", "/b/")),
    "first": (b"<meta http-equiv=refresh content='0;/a'><meta http-equiv=refresh content='0;/b'>", ("/a", "")),
    "late": (b"<meta http-equiv=refresh content='60; url=/a'>", None),
    "reload": (b"<meta http-equiv=refresh content=0>", None),
    "without scripts": (b"<noscript><meta http-equiv=refresh content='0;/a'></noscript>", None),
    "comment": (b"<!--<meta http-equiv=refresh content='0;/a'>-->", None),
    "another": (b"<meta name=refresh content='0;/a'>", None),
}


@pytest.mark.parametrize(("body", "found"), REFRESHES.values(), ids=REFRESHES)
def test_where_a_page_sends_its_readers(body: bytes, found: tuple[str, str] | None) -> None:
    assert read_page_at_once(body, HTML).refresh == found


# In small pieces

LARGE = {
    "headings": b"<h1>",
    "headings with text": b"<h1>a</h1>",
    "attributes": b"<p a a a a a a a a a a a a a a a a a a a a a a>",
    "one tag": b" a",
    "brackets": b"<",
    "comments": b"<!---->",
    "scripts": b"<script></script>",
    "ends": b"</script",
}


@pytest.mark.parametrize("unit", LARGE.values(), ids=LARGE)
def test_a_page_is_read_in_pieces(unit: bytes) -> None:
    """No piece takes more than a small share of the time, so that other probes have their turn."""
    start = b"<p" if unit == b" a" else b"<script>" if unit == b"</script" else b""
    pieces = []
    for size in (100_000, 400_000):
        steps = read_page(start + unit * (size // len(unit)), HTML, ["x"])
        pieces.append(sum(1 for _ in steps))
    assert pieces[0] > 3
    assert 2 < pieces[1] / pieces[0] < 8  # whole numbers of pieces, some of them to decode


def make_probe(host_state: HostState, clock: Any, fragments: Iterable[str] = ("end",)) -> LinkProbe:
    return LinkProbe("http://a.test/", list(fragments), lambda _: host_state, seconds=30, clock=clock)


def test_reading_ends_with_the_deadline() -> None:
    now = [0.0]
    host_state = HostState(head_is_unreliable=False)
    host_state.find_random_path().claim_request(cast("LinkProbe", None))
    probe = make_probe(host_state, lambda: now[0])
    probe.start()
    step = probe.resume(Response(200, HTML, (), b"<h1>" * 100_000))
    for _ in range(3):
        assert step is PAUSE
        step = probe.resume(Response())
    now[0] = 31.0
    assert probe.resume(Response()) is not PAUSE
    assert probe.fragments_found == {"end": None}  # it is not known whether it is missing


def test_a_page_that_waits_is_short() -> None:
    host_state = HostState(head_is_unreliable=False)
    assert host_state.find_random_path().claim_request(cast("LinkProbe", None))
    probe = make_probe(host_state, lambda: 0.0)
    assert isinstance(probe.start(), Request)
    response = Response(200, HTML, (), b"x" * 1_000_000 + b"<p id=end>")
    step = probe.resume(response)
    while step is PAUSE:
        step = probe.resume(Response())
    assert step is WAIT
    assert host_state.find_random_path().waiting == [probe]
    assert response.body == b""
    assert probe.fragments_found == {"end": True}
    assert PAGE_BYTES == 64 * 1024


def test_the_time_of_a_page_does_not_grow_with_its_fragments() -> None:
    page = b"<p id=a>" * 20_000

    def measure_seconds(count: int) -> float:
        wanted = frozenset().union(*(find_fragment_names(f"x{number}") for number in range(count)))
        begun = time.process_time()
        read_page_at_once(page, HTML, wanted)
        return time.process_time() - begun

    assert min(measure_seconds(100) for _ in range(5)) < 3 * min(measure_seconds(1) for _ in range(5))
