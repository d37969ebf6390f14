"""Reports of link checks: their texts, and that text from others in them does no harm."""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from feedpub.display import escape_for_terminal
from feedpub.errors import Problem
from feedpub.links import reports
from feedpub.links.classify import Redirect
from feedpub.links.reports import format_link, format_report, report_formats
from feedpub.links.reports.base import ReportFormat
from feedpub.links.result import Incident, Link, LinkReport, Mention
from feedpub.redaction import hide_secrets

AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
FORMS = tuple(report_formats())
DEAD = Link(
    url="https://a.example/x", status="dead", state="dead", reason="404 not found", code=404, checked=AT, change="died",
    final_url="https://a.example/x",
    found_in=(Mention(path="entries/one.en.md", line=7, column=5, entry="tag:e,2026:one/en"),),
    incident=Incident(number=3, url="https://a.example/x", opened=AT, reason="404 not found"),
)  # fmt: skip
MOVED = Link(
    url="https://b.example/old", status="moved", reason="moved permanently", code=200, final_url="https://b.example/new",
    chain=(Redirect(code=301, url="https://b.example/new"),), checked=AT, change="moved",
)  # fmt: skip
GOOD = Link(url="https://c.example/", status="ok", final_url="https://c.example/", checked=AT, remembered=True)


def make_report(*links: Link, network_down: bool = False) -> LinkReport:
    return LinkReport(links=links, at=AT, network_down=network_down)


def test_people_read_what_to_do() -> None:
    assert format_report(make_report(GOOD, MOVED, DEAD)) == (
        "Newly dead: replace or remove these links (1)\n"
        "  https://a.example/x (404 not found)\n"
        "      entries/one.en.md:7\n"
        "Moved permanently: update these addresses (1)\n"
        "  https://b.example/old -> https://b.example/new\n"
        "3 links: 1 ok, 1 moved, 1 dead; 1 of these results is from an earlier check\n"
    )


def test_deaths_of_a_day_stand_by_address() -> None:
    assert DEAD.incident
    opened = {"https://a.example/b": (2, 6), "https://a.example/c": (2, 5), "https://a.example/a": (1, 7)}
    links = [
        replace(DEAD, url=url, incident=replace(DEAD.incident, opened=AT.replace(day=day, hour=hour)))
        for url, (day, hour) in opened.items()
    ]
    text = format_report(make_report(*links[::-1], replace(GOOD, url="https://a.example/well")))
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  https")] == list(opened)


def test_a_host_that_is_gone_is_one_line() -> None:
    links = [replace(DEAD, url=f"https://a.example/{number}") for number in range(5)]
    text = format_report(make_report(*links, GOOD))
    assert "  a.example: all 5 links (404 not found)\n" in text
    assert "a.example/1" not in text
    assert "a.example/1" in format_report(make_report(*links, replace(GOOD, url="https://a.example/well")))


def test_programs_read_all_of_it() -> None:
    data = json.loads(format_report(make_report(DEAD, MOVED, GOOD), "json"))
    assert (data["schema"], data["network_down"], data["summary"]) == (1, False, {"dead": 1, "moved": 1, "ok": 1})
    assert data["links"][0]["found_in"] == [
        {"path": "entries/one.en.md", "line": 7, "column": 5, "entry": "tag:e,2026:one/en"}
    ]
    assert data["links"][0]["incident"] == {
        "number": 3,
        "opened": "2026-03-01T06:00:00Z",
        "closed": None,
        "outcome": None,
    }
    assert data["links"][1]["chain"] == [{"code": 301, "url": "https://b.example/new"}]
    assert json.loads(format_link(GOOD)) == data["links"][2]


def test_github_shows_them_at_their_lines() -> None:
    first, second, _ = format_report(make_report(DEAD, MOVED), "github").splitlines()
    assert first == "::error file=entries/one.en.md,line=7,col=5,title=dead link::https://a.example/x: 404 not found"
    assert second == "::warning title=moved link::https://b.example/old, now at https://b.example/new"


UNSAFE = replace(
    MOVED, url="https://d.example/", reason="moved permanently, from https to http", final_url="http://d.example/",
    found_in=DEAD.found_in, change=None,
)  # fmt: skip


def test_a_way_from_https_to_http_is_told() -> None:
    for_now = replace(UNSAFE, status="ok", reason="redirects from https to http")
    text = format_report(make_report(UNSAFE, for_now))
    assert "  https://d.example/ -> http://d.example/ (moved permanently, from https to http)\n" in text
    assert "  https://d.example/ (redirects from https to http)\n" in text
    first, second, _ = format_report(make_report(UNSAFE, for_now), "github").splitlines()
    where = "::warning file=entries/one.en.md,line=7,col=5,title="
    assert first == where + "moved link::https://d.example/, now at http://d.example/"
    assert second == where + "link needs review::https://d.example/: redirects from https to http"
    assert "`https://d.example/`: redirects from https to http" in format_report(make_report(for_now), "markdown")


@pytest.mark.parametrize("form", ["text", "github", "markdown"])
def test_a_dead_link_that_tells_nothing_today_is_dead_for_what_killed_it(form: str) -> None:
    today = replace(DEAD, status="unsure", reason="no response in time", change=None)
    text = format_report(make_report(today), form)
    assert "404 not found" in text
    assert "in time" not in text


def test_an_issue_stays_as_it_is_while_nothing_changes() -> None:
    today = format_report(make_report(DEAD, MOVED, GOOD), "markdown")
    later = [replace(link, change=None, checked=AT.replace(day=2)) for link in (GOOD, MOVED, DEAD)]
    assert format_report(make_report(*later), "markdown") == today
    assert "- `https://a.example/x`: 404 not found\n  - `entries/one.en.md:7`" in today


def test_an_issue_praises_only_what_is_known() -> None:
    never = Link(url="https://e.example/", status=None)
    assert format_report(make_report(GOOD), "markdown") == "All links work.\n"
    for other in (never, replace(DEAD, accepted=True)):
        assert format_report(make_report(GOOD, other), "markdown") == "No link needs attention.\n"
    down = format_report(make_report(replace(GOOD, status="unsure"), network_down=True), "markdown")
    assert down == "The network of this computer is down, so no failure in this run counts.\n\n"


def test_what_is_accepted_is_no_finding() -> None:
    accepted = make_report(replace(DEAD, accepted=True, change=None))
    assert accepted.broken == ()
    assert format_report(accepted, "text") == "1 link: 1 dead, 1 accepted\n"
    assert not accepted.has_changes
    assert make_report(DEAD).has_changes
    assert make_report(GOOD, network_down=True).has_changes


@pytest.mark.parametrize("form", FORMS)
def test_addresses_that_are_none_are_told(form: str) -> None:
    link = Link(url="http://[::1/", status="suspect", reason="the address is none", final_url="http://[::1/")
    assert "http://[::1/" in format_report(make_report(link, GOOD), form)


@pytest.mark.parametrize("form", FORMS)
def test_texts_of_others_are_data(form: str) -> None:
    nasty = 'https://a.example/\x1b[31m\x9b31m\u202e\U000e0001\n::error::x\r<script>`"[x](javascript:1)'
    link = replace(DEAD, url=nasty, final_url=nasty, reason=nasty, status="suspect", state="ok")
    text = format_report(make_report(link), form)
    assert not [one for one in text if not one.isprintable() and one != "\n"]
    if form == "json":
        assert json.loads(text)["links"][0]["url"] == json.loads(format_link(link))["url"] == nasty
        assert format_link(link).isprintable()
    else:
        assert not [line for line in text.splitlines() if line.startswith("::error")]


WORDS = st.text("abcXYZ019_-", min_size=6, max_size=20).map(lambda text: f"s3cret{text}")


@given(
    secret=WORDS,
    name=st.sampled_from(
        [
            "token",
            "access_token",
            "api_key",
            "key",
            "sig",
            "X-Amz-Signature",
            "password",
            "code",
            "jwt",
            "api-key",
            "apikey",
            "private-key",
            "user[token]",
            "authorization",
        ]
    ),
    form=st.sampled_from(FORMS),
)
def test_secrets_are_shown_nowhere(secret: str, name: str, form: str) -> None:
    for url in (
        f"https://me:{secret}@a.example/", f"https://me:p@{secret}@a.example/", f"https://me:{secret}@{secret}@a.example",
        f"https://a.example/?a=1&{name}={secret}&b=2#x", f"https://a.example/#a=1&{name}={secret}",
        f"https://a.example/#{name}={secret}", f"https://a.example/?to=https%3A%2F%2Fb.example%3F{name}%3D{secret}%26a",
    ):  # fmt: skip
        link = replace(DEAD, url=url, final_url=url, reason=f"redirects to {url}", chain=(Redirect(code=302, url=url),))
        assert secret not in format_report(make_report(link, replace(link, status="moved", state="ok")), form)
        assert secret not in format_link(link)


def test_marks_around_a_secret_stay() -> None:
    text = (
        "[a](https://a.example/?token=s3cret) and (https://a.example/?b=1&key=s3cret), https://a.example/?sig=s3cret."
    )
    assert hide_secrets(text) == text.replace("s3cret", "…")


def test_what_is_no_secret_stays() -> None:
    for url in (
        "https://a.example/?id=1&page=2",
        "https://www.youtube.com/watch?v=EV7WhVT270Q",
        "https://a.example/@me",
        "https://a.example?to=@me",
        "https://a.example/?monkey=1&author=me&keys=2#passage=3",
    ):
        assert hide_secrets(url) == url


@pytest.mark.parametrize(
    "text",
    [
        "ask @octocat",
        "fixes #1",
        "closes octo/repo#1",
        "resolves GH-1",
        "see https://evil.test/",
        "www.evil.test",
        "a@b.test",
        "<img src=x onerror=alert(1)>",
        "![a](https://evil.test/a.png)",
        "[a](https://evil.test/)",
        "[a]: b",
        "| a |",
        "`a` @octocat",
        "``` @octocat",
        "````",
        "a`",
        "`",
        "``a",
        "~~~",
        "# a",
        "- [x] a",
        "&#64;octocat",
        "\\@octocat",
        "<!-- a",
        "$a$",
        ":octocat:",
        "0123456789012345678901234567890123456789 x.",
        "a\n\n# b @octocat",
        "a\u2028@octocat",
    ],
)
def test_texts_of_others_are_nothing_but_code_in_an_issue(text: str) -> None:
    """GitHub looks for mentions, issues and addresses in all text but code, also where it is escaped."""
    places = (Mention(path=text, line=1), Mention(path=f"{text}/a"))
    links = [
        replace(DEAD, url=f"https://a.test/{text}", reason=text, found_in=places, incident=None),
        replace(MOVED, url=f"https://b.test/{text}", final_url=f"https://c.test/{text}", found_in=places),
        replace(
            DEAD, status="suspect", state="ok", url=text, final_url=text, reason=text, incident=None, found_in=places
        ),
    ]
    tokens = (
        MarkdownIt("commonmark")
        .enable(["table", "strikethrough"])
        .parse(format_report(make_report(*links), "markdown"))
    )
    inline = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in tokens} <= {
        "heading_open",
        "heading_close",
        "bullet_list_open",
        "bullet_list_close",
        "list_item_open",
        "list_item_close",
        "paragraph_open",
        "paragraph_close",
        "inline",
    }
    assert {child.type for child in inline} <= {"text", "code_inline", "softbreak"}
    outside = " ".join(child.content for child in inline if child.type == "text")
    assert re.fullmatch(r"[A-Za-z:→,; ]*", outside), outside
    inside = [child.content for child in inline if child.type == "code_inline"]
    assert any(escape_for_terminal(text).strip("` ") in code for code in inside)


def assert_issue_fits(text: str) -> None:
    assert len(text) <= 60_000
    assert text.count("## ") == len(re.findall(r"^## ", text, re.MULTILINE))


@pytest.mark.parametrize("number", [1, 700, 5000])
def test_an_issue_has_60000_characters_at_most(number: int) -> None:
    places = tuple(Mention(path=f"{name}.md", line=1) for name in range(100))
    links = [replace(DEAD, url=f"https://a{one}.test/", reason="404 not found", incident=None) for one in range(number)]
    links[0] = replace(links[0], found_in=places)
    text = format_report(make_report(*links, replace(MOVED, url=f"https://z.test/{'y' * 7000}")), "markdown")
    assert_issue_fits(text)
    assert "  - and 80 more\n" in text
    told = text.count("- `https://a")
    assert told == number or f"- and {number - told} more\n" in text


@pytest.mark.parametrize(
    ("width", "number"), [(10, 1), (10, 900), (100, 1), (100, 900), (8000, 1), (8000, 40), (70_000, 1), (70_000, 9)]
)
def test_an_issue_fits_whatever_is_long(width: int, number: int) -> None:
    """Addresses, reasons, places and problems, in every section."""
    place = Mention(path=f"{'p' * width}.md", line=7)
    problems = tuple(
        Problem(code="W140", message="m" * width, hint="h", path="x.md", line=line) for line in range(number)
    )
    links = [
        link
        for one in range(number)
        for link in (
            replace(DEAD, url=f"https://a{one}.test/{'x' * width}", reason="r" * width, incident=None),
            replace(MOVED, url=f"https://b{one}.test/", final_url=f"https://c.test/{'x' * width}", found_in=(place,)),
            replace(GOOD, url=f"https://d{one}.test/", status="suspect", reason="`" * width, found_in=(place,) * 30),
            replace(GOOD, url=f"https://e{one}.test/", status="dead", state="failing", reason="\x1b" * width),
        )
    ]
    text = format_report(replace(make_report(*links, network_down=True), problems=problems), "markdown")
    assert_issue_fits(text)
    for title in (
        "Dead: replace or remove these links",
        "Moved permanently: update these addresses",
        "Needs review: perhaps not the page that you linked to",
    ):
        assert f"## {title}\n" in text


# hosts that are gone

GONE = [
    replace(
        DEAD, url=f"https://gone.test/{number}", reason="no such host", incident=None,
        found_in=(Mention(path=f"{number}.md", line=3),),
    )
    for number in range(900)
]  # fmt: skip


@pytest.mark.parametrize("form", ["text", "github", "markdown"])
def test_a_host_that_is_gone_is_one_line_for_people(form: str) -> None:
    text = format_report(make_report(*GONE, GOOD), form)
    assert len(text) < 2000
    (line,) = [line for line in text.splitlines() if "gone.test" in line]
    assert "gone.test" in line.replace("`", "")
    assert "all 900 links" in line
    assert "no such host" in line
    assert "0.md" in text
    assert "gone.test/1" not in text


def test_programs_read_of_each_link_of_a_host_that_is_gone() -> None:
    assert len(json.loads(format_report(make_report(*GONE), "json"))["links"]) == 900
    assert len(format_report(make_report(*GONE), "jsonl").splitlines()) == 900


@pytest.mark.parametrize(
    ("others", "is_one_line"),
    [
        ([], True),
        ([replace(DEAD, url="https://gone.test/accepted", accepted=True)], True),
        ([replace(GOOD, url="https://gone.test/excluded", status="skipped")], True),
        ([replace(GOOD, url="https://gone.test/never", status=None)], True),
        ([replace(GOOD, url="https://gone.test/well")], False),
        ([replace(GOOD, url="https://gone.test/late", status="unsure")], False),
        ([replace(GOOD, url="https://gone.test/first", status="dead", state="failing")], False),
    ],
)
@pytest.mark.parametrize("form", ["text", "github", "markdown"])
def test_a_host_is_gone_if_all_of_its_links_are_dead(others: list[Link], is_one_line: bool, form: str) -> None:
    text = format_report(make_report(*GONE[:3], *others), form)
    assert ("all 3 links" in text) == is_one_line
    assert ("gone.test/1" in text) != is_one_line


def test_a_host_that_has_lost_its_last_links_is_news() -> None:
    old = [replace(link, change=None) for link in GONE[:5]]
    text = format_report(make_report(*old[:4], GONE[4]))
    assert text.startswith("Newly dead: replace or remove these links (5)\n  gone.test: all 5 links (no such host)\n")
    assert format_report(make_report(*old)).startswith("Dead: replace or remove these links (5)\n")
    mixed = [replace(old[0], reason="404 not found"), *old[1:]]
    assert "gone.test: all 5 links (most: no such host)" in format_report(make_report(*mixed))


# annotations


@pytest.mark.parametrize(("number", "annotated"), [(9, 9), (10, 10), (11, 10), (500, 10)])
def test_github_is_given_as_many_annotations_as_it_shows(number: int, annotated: int) -> None:
    dead = [replace(DEAD, url=f"https://a{one}.test/", incident=None) for one in range(number)]
    moved = [replace(MOVED, url=f"https://b{one}.test/") for one in range(number)]
    lines = format_report(make_report(*dead, *moved), "github").splitlines()
    for kind, title in (("error", "dead link"), ("warning", "moved link")):
        assert sum(line.startswith(f"::{kind}") for line in lines) == annotated
        rest = [line for line in lines if line.startswith(f"{kind}: {title}: ")]
        if number > annotated:
            assert len(rest) == number - 9
            assert f"::{kind}::and {number - 9} more: see the log of this step" in lines
        else:
            assert rest == []
    assert all(any(f"//a{one}.test/" in line for line in lines) for one in range(number))  # the log has all of them


def test_an_annotation_stands_at_the_first_place_of_a_link() -> None:
    places = tuple(Mention(path=f"{number}.md", line=number) for number in range(1, 41))
    annotation, *rest = format_report(make_report(replace(DEAD, found_in=places)), "github").splitlines()
    assert annotation.startswith("::error file=1.md,line=1,")
    assert annotation.endswith("404 not found (also in 39 other places)")
    assert len(rest) == 1


# the table


def test_a_format_is_a_row_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module and a row are enough for a new format."""
    module = ModuleType("count_report")
    module.write_report = lambda make_report: iter([f"{len(make_report.links)} links"])  # type: ignore[attr-defined]  # it is the module
    monkeypatch.setitem(sys.modules, "count_report", module)
    monkeypatch.setattr(
        reports, "REPORT_FORMATS", (*reports.REPORT_FORMATS, ReportFormat(name="count", module="count_report"))
    )
    assert format_report(make_report(DEAD, GOOD), "count") == "2 links\n"
    assert list(report_formats())[-1] == "count"


def test_json_has_one_link_per_line() -> None:
    links = [replace(GOOD, url=f"https://a.test/{number}") for number in range(5)]
    lines = format_report(make_report(*links), "json").splitlines()
    assert [json.loads(line.strip().removesuffix(","))["url"] for line in lines if "a.test" in line] == [
        link.url for link in links
    ]
    assert lines[0] == "{"
    assert lines[-1] == "}"
    assert json.loads(format_report(make_report(), "json")) == {
        "schema": 1, "network_down": False, "not_asked": 0, "summary": {}, "problems": [], "links": [],
    }  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_all_lines_of_all_formats_are_written_in_linear_time(form: str) -> None:
    def cpu_seconds(number: int) -> float:
        links = [replace(DEAD, url=f"https://a{one}.test/{one}", incident=None) for one in range(number)]
        begun = time.process_time()
        format_report(make_report(*links), form)
        return time.process_time() - begun

    def measure(number: int) -> float:
        return min(cpu_seconds(number) for _ in range(3))

    assert measure(2000) < 8 * measure(500) + 0.02


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text",
    ["=cmd|' /C calc'!A0", "\x1b]0;title\x07", "<script>alert(1)</script>", "a\r\nb", "\u2066\ud83d", "##[x]"],
)
def test_problems_are_data_too(form: str, text: str) -> None:
    problem = Problem(code="W140", message=text, hint=text, path=text, line=1, column=1, excerpt=text)
    written = format_report(replace(make_report(GOOD), problems=(problem,)), form)
    assert not [one for one in written if not one.isprintable() and one != "\n"]
    assert "##[" not in written
    written.encode()
    if form == "markdown":
        assert "<script" not in re.sub("`[^`]*`", "", written)
