"""Documents that are meant to do harm: no traceback, nothing expanded or fetched, time that grows with the size."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skeletons import NOW, make_atom, make_json, make_rss

from feedpub.validation.validator import check_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
LAUGHS = "".join(f'<!ENTITY l{number} "&l{number - 1};&l{number - 1};">' for number in range(1, 99))
MANY_ATTRIBUTES = " ".join(f"a{number}='1'" for number in range(1_000))


def codes(data: str | bytes) -> set[str]:
    data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return {problem.code for problem in check_bytes(data, now=NOW)}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (f'{HEAD}<!DOCTYPE feed [<!ENTITY l0 "lol">{LAUGHS}]><feed {ATOM}><title>&l98;</title></feed>', "E305"),
        (f'{HEAD}<!DOCTYPE feed [<!ENTITY f SYSTEM "file:///etc/passwd">]><feed {ATOM}>&f;</feed>', "E305"),
        (f'{HEAD}<!DOCTYPE feed [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]><feed {ATOM}/>', "E305"),
        (f"{HEAD}<feed {ATOM}>{'<x>' * 100_000}</feed>", "E306"),
        (f"{HEAD}<feed {ATOM}><entry>{'<b/>' * 200_000}</entry></feed>", "E306"),
        (f"{HEAD}<feed {ATOM} {MANY_ATTRIBUTES}/>", "E306"),
        ('{"version": ' + "[" * 100_000 + "]" * 100_000 + "}", "E604"),
        ('{"version": ' + "9" * 10_000 + "}", "E601"),
        (b"\xff\xfe\x00\xd8<\x00", "E302"),
        ("", "E301"),
        ("Not found", "E301"),
        ("\x00" * 100, "E309"),
        ("<feed", "E301"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) == 4 else "",
)
def test_document_is_refused(document: str | bytes, code: str) -> None:
    assert code in codes(document)


def test_large_documents_are_reported() -> None:
    assert "W315" in codes(make_atom(f"<!--{'x' * 5_000_001}-->"))
    assert "W316" in codes(make_atom(entry=f'<content type="html">{"x" * 5_000_001}</content>'))
    assert codes(b" " * 64_000_001) == {"E306"}


BASES = [make_atom().encode(), make_rss().encode(), make_json().encode()]


@given(st.sampled_from(BASES), st.integers(0, 2**32))
def test_no_traceback_of_damaged_feeds(data: bytes, seed: int) -> None:
    chance = random.Random(seed)
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(damaged))
        damaged[place : place + chance.randint(0, 3)] = chance.choice(
            [
                b"",
                b"<",
                b">",
                b'"',
                b"&",
                b"&lt;",
                b"]]>",
                b"<![CDATA[",
                b"\xff",
                b"\0",
                b"\xed\xa0\x80",
                b"xmlns:",
                b"{",
                b"\n",
            ]
        )
    for problem in check_bytes(bytes(damaged), now=NOW):
        assert str(problem)


@given(st.text())
def test_no_traceback_of_any_content(text: str) -> None:
    from html import escape

    data = make_atom(entry=f'<content type="html">{escape(text)}</content><id>{escape(text)}</id>')
    check_bytes(data.encode("utf-8", "surrogatepass"), now=NOW)
    check_bytes(
        make_json(item={"content_html": text, "url": text, "date_published": text}).encode("utf-8", "surrogatepass"),
        now=NOW,
    )


def in_content(text: str) -> Callable[[int], bytes]:
    return lambda number: make_atom(entry=f'<content type="html">{text * number}</content>').encode()


OUTLINE = '<outline text="x" xmlUrl="https://x.example/{}"/>'
GROWING: dict[str, Callable[[int], bytes]] = {
    "open tags": in_content("&lt;a "),
    "quotes": in_content("&lt;a \"'"),
    "quote of a tag": in_content("&lt;a b='"),
    "references": in_content("&amp;lt;p"),
    "styles": lambda n: make_atom(entry=f'<content type="html">&lt;p style="{"color:" * n}"></content>').encode(),
    "unclosed sections": lambda n: f"{HEAD}<feed {ATOM}>&nbsp;{'<![CDATA[' * n}".encode(),
    "comments": lambda n: f"{HEAD}<feed {ATOM}>&nbsp;{'<!--' * n}".encode(),
    "spaces": lambda n: make_rss(item=f"<pubDate>{' ' * n}1 Feb</pubDate>").encode(),
    "parentheses": lambda n: make_rss(item=f"<pubDate>{'(' * n}</pubDate>").encode(),
    "address": lambda n: make_rss(item=f"<author>{'a.' * n}@</author>").encode(),
    "media type": lambda n: make_atom(entry=f'<link href="x:y" type="a/b{";a=b" * n}!"/>').encode(),
    "tag URI": lambda n: make_atom(entry=f"<id>tag:{'a.' * n},2026</id>").encode(),
    "lines": lambda n: make_rss(item="\n<x/>" * n).encode(),
    "one line": lambda n: make_rss(item="<x/>" * n).encode(),
    "namespaces": lambda n: make_rss(item="".join(f'<a:b xmlns:a="u:{i}"/>' for i in range(n // 4))).encode(),
    "duplicate members": lambda n: b'{"version": "", "items": [' + b",".join([b'{"a":1,"a":2}'] * n) + b"]}",
    "items": lambda n: b'{"version": "", "items": [' + b",".join([b'{"id":"\\ud83d"}'] * n) + b"]}",
    "outlines": lambda n: (
        f'<opml version="2.0"><body>{"".join(map(OUTLINE.format, range(n * 2)))}</body></opml>'.encode()
    ),
    "ids": lambda n: make_atom("".join(f"<entry><id>{i}</id></entry>" for i in range(n // 4))).encode(),
}


def seconds_for(make: Callable[[int], bytes], number: int) -> float:
    data = make(number)
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        check_bytes(data, now=NOW)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("make", GROWING.values(), ids=GROWING)
def test_time_grows_with_the_size(make: Callable[[int], bytes]) -> None:
    small, large = seconds_for(make, 500), seconds_for(make, 8_000)
    assert large < 0.2 + small * 16 * 6, "sixteen times the size takes many times sixteen times the time"
