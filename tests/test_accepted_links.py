"""Links that are accepted as they are, links that are removed or excluded, and runs that end early."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import feedparser
import pytest

import feedpub
from feedpub.links.acceptance import find_acceptances
from feedpub.links.check import accept_link, check_links, forget_link, iter_checked_links, report_links
from feedpub.links.classify import Verdict
from feedpub.links.filtering import AddressFilter
from feedpub.links.history import History
from feedpub.links.outbound import find_outbound_links
from feedpub.model import LinkSettings
from support.case_files import load_cases
from support.offline import offline_session
from support.sample_sites import post, write_site

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOW = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = 'base_url = "https://site.test/"\nauthority = "site.test,2026"\n'
OLD, OTHER = "https://old.test/a", "https://other.test/b"


def check_on_day(target: feedpub.Site | list[str], folder: Path, day: int, codes: Mapping[str, int] | None = None,
          **options: Any) -> feedpub.LinkReport:  # fmt: skip
    """Check links on some day; each gets its code, or 200, and is dead on its first failure."""
    session = offline_session(lambda url: (codes or {}).get(url, 404 if "/feedpub" in url else 200))
    return check_links(
        target, history=folder / "links.sqlite", session=session, everything=True, strict=True, now=NOW + day * DAY,
        **options,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def skip_confirmations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedpub.links.run.CONFIRMATIONS", 0)


def make_site(
    folder: Path, *urls: str, name: str = "entries", authority: str = "site.test,2026", more: str = ""
) -> feedpub.Site:
    text = "\n".join(f"See [it]({url}).\n" for url in urls) + more
    settings = SETTINGS.replace("site.test,2026", authority)
    return feedpub.load(write_site(folder / name, {"one.en.md": post(f"Text.\n\n{text}\n")}, settings))


def list_outcomes(report: feedpub.LinkReport) -> list[tuple[str, str | None]]:
    return [(incident.url, incident.outcome) for incident in report.incidents]


# removed


def test_a_dead_link_that_is_removed_closes_its_incident(tmp_path: Path) -> None:
    gone = {OLD: 404}
    assert list_outcomes(check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 0, gone)) == [(OLD, None)]
    report = check_on_day(make_site(tmp_path, OTHER), tmp_path, 1, gone)
    assert list_outcomes(report) == [(OLD, "removed")]
    assert report.incidents[0].closed == NOW + DAY
    assert list_outcomes(check_on_day(make_site(tmp_path, OTHER), tmp_path, 2, gone)) == [(OLD, "removed")]
    assert (
        report.incidents == check_on_day(make_site(tmp_path, OTHER), tmp_path, 3, gone).incidents
    )  # and stays as it was


def test_a_dead_link_that_is_back_is_another_incident(tmp_path: Path) -> None:
    gone = {OLD: 404}
    check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 0, gone)
    check_on_day(make_site(tmp_path, OTHER), tmp_path, 1, gone)
    report = check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 2, gone)
    assert list_outcomes(report) == [(OLD, None), (OLD, "removed")]
    assert report.broken[0].incident == report.incidents[0]
    assert list_outcomes(check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 3)) == [
        (OLD, "recovered"),
        (OLD, "removed"),
    ]


def test_a_link_that_works_when_it_is_back_is_no_incident(tmp_path: Path) -> None:
    check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 0, {OLD: 404})
    check_on_day(make_site(tmp_path, OTHER), tmp_path, 1)
    report = check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 2)
    assert report.links[0].state == "ok"
    assert {outcome for _, outcome in list_outcomes(report)} <= {"removed", "recovered"}


def test_links_that_are_only_out_of_sight_are_not_removed(tmp_path: Path) -> None:
    gone = {OLD: 404}
    check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 0, gone)
    # in a file that has an error now
    entries = tmp_path / "entries"
    (entries / "one.en.md").write_text(f"---\ntitle: One\npublished: never\n---\n[it]({OLD})\n", encoding="utf-8")
    (entries / "two.en.md").write_text(post(f"[it]({OTHER})\n"), encoding="utf-8")
    assert list_outcomes(check_on_day(feedpub.load(entries, keep_going=True), tmp_path, 2, gone)) == [(OLD, None)]
    # of a list of addresses, or of another site, that has the same history
    assert list_outcomes(check_on_day([OTHER], tmp_path, 3, gone)) == [(OLD, None)]
    other_site = make_site(tmp_path, OTHER, name="others", authority="others.test,2026")
    assert list_outcomes(check_on_day(other_site, tmp_path, 4, gone)) == [(OLD, None)]
    # when nothing but the history is looked at
    assert list_outcomes(report_links(make_site(tmp_path, OTHER), history=tmp_path / "links.sqlite")) == [(OLD, None)]


def test_an_excluded_link_closes_its_incident(tmp_path: Path) -> None:
    gone = {OLD: 404}
    check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 0, gone)
    excluding = LinkSettings(exclude=("old",))
    report = check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 1, gone, settings=excluding)
    assert list_outcomes(report) == [(OLD, "removed")]
    assert report.links[0].status == "skipped"
    assert list_outcomes(check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 2, gone, settings=excluding)) == [
        (OLD, "removed")
    ]
    # checked again, and still dead
    assert list_outcomes(check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 3, gone)) == [
        (OLD, None),
        (OLD, "removed"),
    ]


@pytest.mark.parametrize("url", ["http://10.0.0.1/a", "http://[::1]/a"])
def test_a_private_link_closes_its_incident(url: str, tmp_path: Path) -> None:
    """The link was checked while `allow_private` was set. Not http, or malformed: a site has no such links."""
    with History(tmp_path / "links.sqlite") as base:
        base.begin_run(NOW, site="site.test,2026")
        remember_dead_link(base, url)
        assert [incident.outcome for incident in base.list_incidents()] == [None]
    site = make_site(tmp_path, url)
    (link,) = check_links(site, history=tmp_path / "links.sqlite", now=NOW + DAY).links
    assert link.url == url
    report = report_links(site, history=tmp_path / "links.sqlite")
    assert list_outcomes(report) == [(url, "removed")]


def test_incidents_of_lists_stay_when_a_site_is_checked(tmp_path: Path) -> None:
    check_on_day([OLD], tmp_path, 0, {OLD: 404})
    assert list_outcomes(check_on_day(make_site(tmp_path, OTHER), tmp_path, 1)) == [(OLD, None)]


def test_an_incident_of_an_older_version_belongs_to_the_site_that_has_its_link(tmp_path: Path) -> None:
    check_on_day(make_site(tmp_path, OLD), tmp_path, 0, {OLD: 404})
    with History(tmp_path / "links.sqlite") as history, history._base.transaction():
        history._base.execute("UPDATE incidents SET site = NULL")
    check_on_day(make_site(tmp_path, OLD), tmp_path, 1, {OLD: 404})
    assert list_outcomes(check_on_day(make_site(tmp_path, OTHER), tmp_path, 2)) == [(OLD, "removed")]


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Link removed: "), ("zh-Hans", "链接已移除："), ("fa", "پیوند حذف شد: ")]
)
def test_the_incident_feed_says_that_a_link_was_removed(language: str, title: str, tmp_path: Path) -> None:
    def make_site_with(url: str) -> feedpub.Site:
        settings = f'{SETTINGS}languages = ["{language}"]\n'
        return feedpub.load(write_site(tmp_path / "entries", {f"one.{language}.md": post(f"[it]({url})\n")}, settings))

    check_on_day(make_site_with(OLD), tmp_path, 0, {OLD: 404})
    report = check_on_day(make_site_with(OTHER), tmp_path, 1)
    feedpub.write_incident_feed(make_site_with(OTHER), report, tmp_path / "feeds")
    for name in ("atom.xml", "rss.xml"):
        (entry,) = feedparser.parse((tmp_path / "feeds" / name).read_bytes()).entries
        assert entry.title.endswith(OLD)
        assert entry.title.replace("\u2068", "").replace("\u2069", "").startswith(title)
    assert feedpub.make_incident_feed(make_site_with(OTHER), report).entries[0].updated == NOW + DAY


# accepted


@pytest.mark.parametrize(
    ("code", "status"),
    [(404, "dead"), (410, "dead"), (403, "blocked"), (401, "blocked"), (400, "suspect"), (301, "moved")],
)
def test_a_link_is_accepted_whatever_is_wrong_with_it(code: int, status: str, tmp_path: Path) -> None:
    codes = {OLD: code}
    check_on_day([OLD], tmp_path, 0, codes)
    history = tmp_path / "links.sqlite"
    assert accept_link(OLD, history=history, until=NOW + 9 * DAY, why="it is known") == status
    for day, accepted in ((1, True), (8, True), (9, False)):
        (link,) = check_on_day([OLD], tmp_path, day, codes).links
        assert (link.status, link.accepted, link.accepted_why) == (status, accepted, "it is known" if accepted else "")
        assert link.broken == (status == "dead" and not accepted)
        report = report_links([OLD], history=history, now=NOW + day * DAY)
        assert report.links[0].accepted == accepted
        text = feedpub.format_report(report)
        assert ("1 accepted" in text) == accepted
        assert (OLD in text) == (not accepted and status != "blocked")
        assert (OLD in feedpub.format_report(report, "markdown")) == (not accepted and status != "blocked")


def test_a_link_that_works_is_not_accepted(tmp_path: Path) -> None:
    check_on_day([OLD], tmp_path, 0)
    history = tmp_path / "links.sqlite"
    assert accept_link(OLD, history=history, until=NOW + 9 * DAY, why="x") == "ok"
    assert accept_link(OTHER, history=history, until=NOW + 9 * DAY, why="x") is None
    check_on_day([OLD], tmp_path, 1, {OLD: 404})
    assert not report_links([OLD], history=history, now=NOW + DAY).links[0].accepted


SECRET = "https://a.test/?token=hush-1234567890&x=1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (SECRET, "https://a.test/?token=…&x=1"),
        ("https://me:hush@a.test/x", "https://…@a.test/x"),
        ("https://a.test/\u202e", "https://a.test/\\u202e"),
        ("https://a.test/plain", "https://a.test/plain"),
    ],
)
def test_an_address_is_known_by_what_reports_show(url: str, shown: str, tmp_path: Path) -> None:
    history = tmp_path / "links.sqlite"
    with History(history) as base:
        remember_dead_link(base, url)
    assert shown in feedpub.format_report(report_links([url], history=history))
    assert accept_link(shown, history=history, until=NOW + 9 * DAY, why="x") == "dead"
    assert report_links([url], history=history, now=NOW).links[0].accepted
    assert forget_link(shown, history=history)
    assert not forget_link(shown, history=history)


def test_an_address_that_may_be_several_is_refused(tmp_path: Path) -> None:
    history = tmp_path / "links.sqlite"
    urls = [f"https://a.test/?token=hush-{number}" for number in range(2)]
    with History(history) as base:
        for url in urls:
            remember_dead_link(base, url)
    shown = "https://a.test/?token=…"
    for act in (
        lambda: accept_link(shown, history=history, until=NOW + DAY, why="x"),
        lambda: forget_link(shown, history=history),
    ):
        with pytest.raises(
            feedpub.HistoryError, match=r"reports show 2 addresses as https://a\.test/\?token=…; pass the"
        ):
            act()
    assert accept_link(urls[0], history=history, until=NOW + DAY, why="x") == "dead"


def remember_dead_link(base: History, url: str) -> None:
    from feedpub.links.classify import ProbeResult, classify_result
    from feedpub.links.lifecycle import Record, advance_record

    verdict = classify_result(ProbeResult(url=url, code=404))
    base.add_check(advance_record(Record(url=url), verdict, NOW, strict=True), verdict, NOW)


@pytest.mark.parametrize("case", load_cases("acceptance"))
def test_comments_accept_links(case: dict[str, Any], tmp_path: Path) -> None:
    loaded = feedpub.load(write_site(tmp_path / "entries", {"one.en.md": post(case["text"])}, SETTINGS))
    accepted, problems = find_acceptances(loaded, find_outbound_links(loaded), NOW)
    assert sorted(accepted) == case["accepted"]
    assert len(problems) == len(case["problems"])
    for problem, expected in zip(problems, case["problems"], strict=True):
        place, _, words = expected.partition(" ")
        assert (problem.code, f"{problem.line}:{problem.column}") == ("W140", place)
        assert words in problem.message
        assert problem.hint
        assert problem.path.endswith("one.en.md")
        assert "hush" not in str(problem)


def test_a_comment_does_what_ack_does(tmp_path: Path) -> None:
    comment = (
        f"\n<!-- feedpub: accept {OLD} until 2026-03-09 because it is known -->\n<!-- feedpub: accept x until y -->\n"
    )
    codes = {OLD: 404, OTHER: 404}
    for day in range(10):
        report = check_on_day(make_site(tmp_path, OLD, OTHER, more=comment), tmp_path, day, codes)
        accepted = {link.url: link.accepted for link in report.links}
        assert accepted == {OLD: day < 8, OTHER: False}
        assert len(report.problems) == (1 if day < 8 else 2)
    text = feedpub.format_report(report)
    assert "warning[W140] comment that accepts nothing" in text
    assert "this acceptance ended on 2026-03-09" in text
    assert f"{'entries'}/one.en.md" in text
    assert json.loads(feedpub.format_report(report, "json"))["problems"][0]["code"] == "W140"
    assert "W140" in feedpub.format_report(report, "markdown")
    assert "::warning file=" in feedpub.format_report(report, "github")
    only_remembered = report_links(make_site(tmp_path, OLD, more=comment), history=tmp_path / "links.sqlite", now=NOW)
    assert only_remembered.links[0].accepted
    assert len(only_remembered.problems) == 1


@pytest.mark.parametrize(
    "part", ["<!--", "<!-- feedpub:", "<!-- feedpub: accept x -->", "<!-- feedpub: accept a until b because -->"]
)
def test_comments_are_read_in_linear_time(part: str, tmp_path: Path) -> None:
    def cpu_seconds(size: int) -> float:
        loaded = feedpub.load(
            write_site(tmp_path / str(size), {"one.en.md": post(f"[a]({OLD})\n\n{part * size}\n")}, SETTINGS)
        )
        links = find_outbound_links(loaded)
        begun = time.process_time()
        for _ in range(5):
            find_acceptances(loaded, links, NOW)
        return time.process_time() - begun

    def measure(size: int) -> float:
        return min(cpu_seconds(size) for _ in range(3))

    assert measure(2000) < 8 * measure(500) + 0.02


# runs that end early, or have nothing to do


def test_what_is_not_asked_in_time_stays_due(tmp_path: Path) -> None:
    urls = [OLD, OTHER]
    check_on_day(urls, tmp_path, 0, {OLD: 404})
    report = check_on_day(urls, tmp_path, 1, {OTHER: 404}, max_seconds=0.0)
    assert report.not_asked == 2
    assert [(link.url, link.state, link.remembered) for link in report.links] == [
        (OLD, "dead", True),
        (OTHER, "ok", True),
    ]
    assert "2 not checked: the time for this run was over" in feedpub.format_report(report)
    assert json.loads(feedpub.format_report(report, "json"))["not_asked"] == 2
    report = check_on_day([*urls, "https://new.test/"], tmp_path, 2, max_seconds=0.0)
    assert [link.status for link in report.links] == ["dead", "ok", None]
    report = check_on_day(urls, tmp_path, 3, max_seconds=600.0)
    assert (report.not_asked, report.summary) == (0, {"ok": 2})


def test_time_ends_while_a_server_is_silent(tmp_path: Path) -> None:
    """One host answers, the other one never does."""
    import threading

    over = threading.Event()

    def find_code(url: str) -> int:
        if url == OLD:
            over.wait(60)
        return 200

    run = iter_checked_links([OTHER, OLD], session=offline_session(find_code), max_seconds=1.0, now=NOW)
    links = list(run)
    over.set()
    assert len(links) == 2
    assert run.report.not_asked in (1, 2)  # both on a machine that needs a second to begin
    assert run.report.links[1].status is None


@pytest.mark.parametrize("target", [[], "site"])
def test_a_run_without_links(target: list[str] | str, tmp_path: Path) -> None:
    report = check_on_day(make_site(tmp_path) if target == "site" else [], tmp_path, 0)
    assert report.links == ()
    for report_format, text in {
        "text": "no links\n", "jsonl": "", "github": "no links\n", "markdown": "There are no links to check.\n",
    }.items():  # fmt: skip
        assert feedpub.format_report(report, report_format) == text
    assert json.loads(feedpub.format_report(report, "json"))["links"] == []


# what check leaves out, report leaves out


@pytest.mark.parametrize(
    ("url", "settings", "reason"),
    [
        ("https://old.test/a", LinkSettings(exclude=("old",)), "excluded"),
        ("https://old.test/a", LinkSettings(exclude=(r"^https://OLD", "/a$")), "excluded"),
        ("HTTPS://OLD.test/a", LinkSettings(exclude=("//old",)), "excluded"),
        ("http://10.0.0.1/", LinkSettings(), "a private address (10.0.0.1)"),
        ("http://0x7f.1/", LinkSettings(), "a private address (127.0.0.1)"),
        ("http://[::1]:8000/", LinkSettings(), "a private address (::1)"),
        ("http://me@192.168.1.1/", LinkSettings(), "a private address (192.168.1.1)"),
        ("http://１２７.0.0.1/", LinkSettings(), "a private address (127.0.0.1)"),
        ("mailto:a@b.test", LinkSettings(), "mailto is not http"),
        ("http://[::1/", LinkSettings(), None),
    ],
)
def test_a_report_leaves_out_what_a_check_leaves_out(
    url: str, settings: LinkSettings, reason: str | None, tmp_path: Path
) -> None:
    history = tmp_path / "links.sqlite"
    with History(history) as base:
        remember_dead_link(base, url)
    (checked,) = check_links([url], history=history, settings=settings).links
    (reported,) = report_links([url], history=history, settings=settings).links
    assert (checked.status, checked.reason) == (reported.status, reported.reason)
    assert checked.status == ("skipped" if reason else "suspect")
    assert reason is None or checked.reason == reason
    assert replace(checked, remembered=False) == replace(reported, remembered=False)


def test_a_report_takes_the_settings_of_the_site(tmp_path: Path) -> None:
    check_on_day(make_site(tmp_path, OLD, OTHER), tmp_path, 0, {OLD: 404})
    settings = f'{SETTINGS}[links]\nexclude = ["old"]\n'
    loaded = feedpub.load(write_site(tmp_path / "entries", {}, settings))
    report = report_links(loaded, history=tmp_path / "links.sqlite")
    assert [link.status for link in report.links] == ["skipped", "ok"]


def test_a_comment_accepts_a_link_that_is_reported_without_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that another program published may be malformed."""
    verdict = Verdict(status="suspect", reason="the address has no host")
    monkeypatch.setattr(AddressFilter, "judge_address", lambda _, url: verdict if url == OLD else None)
    comment = f"\n<!-- feedpub: accept {OLD} until 2026-12-31 because it is known -->\n"
    for more, is_accepted in (("", False), (comment, True)):
        loaded = make_site(tmp_path, OLD, more=more)
        (checked,) = check_on_day(loaded, tmp_path, 0).links
        (reported,) = report_links(loaded, history=tmp_path / "links.sqlite", now=NOW).links
        assert (checked.status, checked.accepted) == (reported.status, reported.accepted) == ("suspect", is_accepted)
