"""What the server says: each fault is found, and a server that does everything right has none."""

from __future__ import annotations

import gzip
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from skeletons import NOW, make_atom, make_json, make_rss

from feedpub.transport.base import Request, Response
from feedpub.validation import server, validator
from feedpub.validation.validate import validate
from support.link_farm import Behaviour, Exchange, Farm, redirect, respond, send

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.4.1"
ATOM_TYPE = "application/atom+xml"


def serve_well(text: str, media_type: str) -> Behaviour:
    """Answer as a good server does: compressed, with an ETag, and 304 if it is still the same."""

    async def behave(exchange: Exchange) -> None:
        address = f"http://{exchange.fields['host']}{exchange.target}"
        body = gzip.compress(text.replace("https://x.example/feed.xml", address).encode())
        if exchange.fields.get("if-none-match") == '"1"':
            await exchange.answer(304, {"ETag": '"1"'}, b"")
        else:
            fields = {"Content-Type": media_type, "ETag": '"1"', "Content-Encoding": "gzip"}
            await exchange.answer(200, fields, body)

    return behave


ATOM = make_atom().encode()
LARGE = make_atom(entry=f"<summary>{'Trains. ' * 2_000}</summary>").encode()
BEHAVIOURS: dict[str, Behaviour] = {
    "good": serve_well(make_atom(), f"{ATOM_TYPE}; charset=utf-8"),
    "html": respond(200, ATOM, Content_Type="text/html", ETag='"1"'),
    "nothing-said": respond(200, ATOM, Content_Type="", ETag='"1"'),
    "charset": respond(200, ATOM, Content_Type=f"{ATOM_TYPE}; charset=iso-8859-1", ETag='"1"'),
    "no-validators": respond(200, ATOM, Content_Type=ATOM_TYPE),
    "forgetful": respond(200, ATOM, Content_Type=ATOM_TYPE, ETag='"1"'),
    "large": respond(200, LARGE, Content_Type=ATOM_TYPE, ETag='"1"'),
    "gone": respond(410, b""),
    "moved": redirect("/good", 301),
    "for-now": redirect("/good", 302),
    "for-now-later": redirect("/moved", 302),
    "round": redirect("/round", 301),
    "reset": send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<feed", then="reset"),
    "json": respond(200, make_json().encode(), Content_Type="text/plain", ETag='"1"'),
    "rss": respond(200, make_rss().encode(), Content_Type="application/rss+xml", ETag='"1"'),
    "nowhere": redirect("http://[", 301),
    "other-name": respond(200, ATOM, Content_Type=f"{ATOM_TYPE}; charset=UTF8", ETag='"1"'),
}


@pytest.fixture(scope="module")
def farm() -> Iterator[Farm]:
    with closing(Farm(BEHAVIOURS)) as farm:
        yield farm


def codes(farm: Farm, case: str) -> set[str]:
    url = farm.url(case, HOST)
    problems = validate(url, now=NOW)
    assert {problem.path for problem in problems} <= {url}
    return {problem.code for problem in problems}


def test_good_server_has_no_problem(farm: Farm) -> None:
    assert codes(farm, "good") == set()


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("html", "W801"),
        ("nothing-said", "W801"),
        ("json", "W801"),
        ("charset", "W802"),
        ("no-validators", "W804"),
        ("forgetful", "W805"),
        ("large", "W806"),
        ("gone", "E802"),
        ("moved", "W803"),
        ("for-now", "N801"),
        ("for-now-later", "N801"),
        ("round", "E803"),
        ("reset", "E801"),
        ("nowhere", "E801"),
        ("forgetful", "W402"),
        ("rss", "W402"),
    ],
)
def test_fault_of_a_server_is_found(case: str, code: str, farm: Farm) -> None:
    assert code in codes(farm, case)


@pytest.mark.parametrize(
    ("url", "may_reach_private"),
    [
        ("http://localhost/feed", True),
        ("http://127.1/feed", True),
        ("http://[::1]/feed", True),
        ("http://93.184.216.34/feed", False),
        ("https://x.example/feed", False),
        ("http://.../feed", False),
    ],
)
def test_private_network_is_reached_from_itself_only(
    url: str, may_reach_private: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Transport:
        def __init__(self, *, allow_private: bool, **_options: object) -> None:
            permissions.append(allow_private)

        def send(self, key: object, request: Request) -> None:
            self.key = key

        def wait(self, seconds: float | None) -> list[tuple[object, Response]]:
            return [(self.key, Response(failure="refused"))]

        def close(self) -> None:
            pass

    permissions: list[bool] = []
    monkeypatch.setattr(server, "SocketTransport", Transport)
    assert [problem.code for problem in validate(url, now=NOW)] == ["E801"]
    assert permissions == [may_reach_private]


def test_redirect_without_an_address_is_named(farm: Farm) -> None:
    assert [problem.message for problem in validate(farm.url("nowhere", HOST), now=NOW)] == [
        'the server redirects to "http://[", not an address'
    ]


def test_other_name_of_the_encoding_is_fine(farm: Farm) -> None:
    assert "W802" not in codes(farm, "other-name")


def test_password_is_hidden(farm: Farm) -> None:
    url = farm.url("html", HOST).replace("://", "://ann:hunter2@")
    problems = validate(url, now=NOW)
    assert "W801" in {problem.code for problem in problems}
    assert not [problem for problem in problems if "hunter2" in str(problem)]


def test_large_feed_is_not_said_to_break_off(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (server, validator):
        monkeypatch.setattr(module, "MOST_DOCUMENT_BYTES", 100)
    assert [problem.code for problem in validate(farm.url("html", HOST), now=NOW)] == ["E306"]


def test_feed_that_is_listed_twice_is_fetched_once(farm: Farm) -> None:
    outline = f'<outline type="rss" text="x" xmlUrl="{farm.url("html", HOST)}"/>'
    opml = f'<opml version="2.0"><body>{outline * 2}</body></opml>'
    farm.behaviours = {**BEHAVIOURS, "list": respond(200, opml.encode(), Content_Type="text/x-opml", ETag='"1"')}
    problems = validate(farm.url("list", HOST), now=NOW)
    assert [problem.code for problem in problems].count("W801") == 1
    assert "E701" not in {problem.code for problem in problems}


def test_refused_connection_is_a_problem(farm: Farm) -> None:
    problems = validate("http://127.0.4.1:9/feed", now=NOW)
    assert [problem.code for problem in problems] == ["E801"]
    assert "refused" in problems[0].message


def test_list_of_feeds_is_fetched_with_its_feeds(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    outlines = "".join(
        f'<outline type="rss" text="{case}" xmlUrl="{farm.url(case, HOST)}"/>' for case in ("html", "gone")
    )
    opml = f'<opml version="2.0"><body>{outlines}</body></opml>'
    farm.behaviours = {**BEHAVIOURS, "list": respond(200, opml.encode(), Content_Type="text/x-opml", ETag='"1"')}
    found = {(problem.code, problem.path.rpartition("/")[2]) for problem in validate(farm.url("list", HOST), now=NOW)}
    assert {("W801", "html"), ("E802", "gone"), ("W805", "list")} <= found


def test_slow_server_is_given_up(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "TIMEOUT_SECONDS", 0.3)
    farm.behaviours = {**BEHAVIOURS, "slow": send(b"HTTP/1.1 200 OK\r\n", then="hang")}
    problems = validate(farm.url("slow", HOST), now=NOW)
    assert [(problem.code, problem.message) for problem in problems] == [("E801", "the server did not answer: timeout")]
