"""Addresses that programs read differently, in every place where a site has addresses (S12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import feedpub
from feedpub import iri
from feedpub.links.outbound import find_outbound_links
from support.case_files import load_cases
from support.sample_builds import Desk, article

if TYPE_CHECKING:
    from pathlib import Path

# Those that browsers open, and that can stand in one line of YAML and Markdown.
MISREAD = {
    case.values[0]["address"]: case.values[0]["browser"]
    for case in load_cases("addresses")
    if "base" not in case.values[0]
    and not case.values[0]["accepted"]
    and case.values[0]["browser"].startswith("http")
    and not iri.find_url_fault(case.values[0]["browser"])
    and not set(case.values[0]["address"]) & set("\t\n\r\0\x01 ")
}
NAMES = ("source", "image", "authors", "enclosures", "next")


def list_errors(problems: tuple[feedpub.Problem, ...]) -> list[feedpub.Problem]:
    return [problem for problem in problems if problem.severity == "error"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "entries", languages=["en"])


def test_there_are_such_addresses() -> None:
    assert len(MISREAD) > 40


@pytest.mark.parametrize("address", MISREAD)
@pytest.mark.parametrize("name", NAMES)
def test_front_matter(name: str, address: str, desk: Desk) -> None:
    quoted = "'" + address.replace("'", "''") + "'"
    value = {"authors": f"[{{name: Ann, url: {quoted}}}]", "next": f"{{title: Next, url: {quoted}}}"}.get(name, quoted)
    if name == "enclosures":
        value = f"[{{url: {quoted}, type: audio/mpeg}}]"
    desk.write("one.en.md", article("One", **{name: value}))
    (problem,) = list_errors(feedpub.lint(desk.folder))
    assert problem.code == "E111"
    assert problem.line == 4
    assert "browsers open" in problem.message
    assert problem.hint.startswith("write http")
    with pytest.raises(feedpub.EntryError):
        feedpub.build(desk.folder, desk.folder.parent / "public")


@pytest.mark.parametrize("address", MISREAD)
def test_html(address: str, desk: Desk) -> None:
    quoted = address.replace("&", "&amp;").replace('"', "&quot;").replace("\\", "&#92;")
    desk.write("one.en.md", article("One", body=f'Text.\n\n<p><a href="{quoted}">a</a></p>'))
    problems = list_errors(feedpub.lint(desk.folder))
    assert [problem.code for problem in problems] == ["E111"]
    assert "browsers open" in problems[0].message
    with pytest.raises(feedpub.EntryError):
        feedpub.build(desk.folder, desk.folder.parent / "public")


@pytest.mark.parametrize("place", ["1. [A](<ADDRESS>) - P", "1. A - P <ADDRESS>"])
@pytest.mark.parametrize(
    "address", ["http://0x7f.1/", "http://2130706433/", "http://127.1/x", "http://a。test/", "http://a.test.1/"]
)
def test_references(address: str, place: str, desk: Desk) -> None:
    line = place.replace("ADDRESS", address)
    desk.write("one.en.md", article("One", body=f"## Summary\nText.\n\n## References\n{line}"))
    assert {problem.code for problem in list_errors(feedpub.lint(desk.folder))} == {"E111"}


@pytest.mark.parametrize("address", ["http://0x7f.1/", "http://2130706433/x", "http://127.1/", "http://xn--a.test/"])
def test_the_quick_readers_take_no_such_host(address: str, desk: Desk) -> None:
    body = f"## Summary\nText.\n\n## Key Points\n- [a]({address})\n\n## References\n1. [A]({address}) - P"
    desk.write("one.en.md", article("One", source=address, body=body))
    places = [problem.line for problem in list_errors(feedpub.lint(desk.folder)) if problem.code == "E111"]
    assert places == [4, 10, 13]
    with pytest.raises(feedpub.EntryError):
        feedpub.build(desk.folder, desk.folder.parent / "public")


@pytest.mark.parametrize("name", ["base_url", "hub", "icon"])
@pytest.mark.parametrize("address", MISREAD)
def test_settings(name: str, address: str, desk: Desk) -> None:
    desk.folder.joinpath("feedpub.toml").write_text(
        "\n".join(
            f"{key} = {value!r}"
            for key, value in {"base_url": "https://x.test/", "authority": "x.test,2026", name: address}.items()
        ).replace("\\\\", "\\"),
        encoding="utf-8",
    )
    with pytest.raises(feedpub.ConfigError) as caught:
        feedpub.load(desk.folder)
    assert "browsers open" in str(caught.value)


def test_a_proxy_of_settings_is_an_address() -> None:
    for proxy in ("http:/p.test:80", "http://a\\@b.test", "https://p.test", "p.test:80", "http://0x7f.1"):
        with pytest.raises(feedpub.FieldError, match="proxy"):
            feedpub.LinkSettings(proxy=proxy)
    assert feedpub.LinkSettings(proxy="http://me:pw@p.test:8080").proxy


def test_relative_addresses_lead_where_browsers_go(desk: Desk) -> None:
    desk.write(
        "one.en.md", article("One", body='<a href="/&#92;evil.test/x">a</a> <a href="&#92;&#92;evil.test/y">b</a>')
    )
    site = feedpub.load(desk.folder)
    assert set(find_outbound_links(site)) == {"https://evil.test/x", "https://evil.test/y"}
    html = feedpub.to_json(site.feed("en")).decode()
    assert "https://evil.test/x" in html
    assert "https://evil.test/y" in html
