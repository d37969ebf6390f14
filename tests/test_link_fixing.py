"""`feedpub links fix`: addresses that have moved permanently are rewritten in their files."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

import feedpub
from feedpub.entries.reader import read_entry_file
from feedpub.links.classify import Verdict
from feedpub.links.history import History
from feedpub.links.lifecycle import Record
from feedpub.links.outbound import find_outbound_links
from feedpub.site import rewriting
from support.case_files import load_cases

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENTRY = (
    "\ufeff---\r\ntitle: One\r\npublished: 2026-01-01\r\nsource: https://a.example/old\r\n---\r\n"
    "[a](https://a.example/old), [longer](https://a.example/old/er) and [page](https://a.example/old.html).\r\n\r\n"
    "See https://a.example/old. [archived](https://web.example/2020/https://a.example/old)\r\n\r\n"
    '<a href="https://a.example/q?x=1&amp;y=2">q</a> [part](https://a.example/old#part) [f](https://a.example/front)\r\n'
)
MOVED = {
    "https://a.example/old": "https://b.example/new_(page)",
    "https://a.example/q?x=1&y=2": "https://b.example/q?x=1&y=2",
    "https://a.example/old#part": "https://b.example/new",
    "https://a.example/front": "https://b.example/",
    "https://a.example/old/er": "http://b.example/unsafe",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    entries = tmp_path / "entries"
    entries.mkdir()
    (entries / "feedpub.toml").write_text(
        'base_url = "https://digest.example/"\nauthority = "digest.example,2026"\n', encoding="utf-8"
    )
    (entries / "one.en.md").write_text(ENTRY, encoding="utf-8", newline="")
    return entries


def remember_moved(entries: Path, moved: Mapping[str, str], *, checks: int = 2) -> Path:
    path = entries.parent / ".feedpub" / "links.sqlite"
    with History(path) as history:
        for day in range(checks):
            now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day)
            for url, new in moved.items():
                verdict = Verdict(status="moved", reason="moved permanently", code=200, final_url=new)
                history.add_check(Record(url=url, status="moved", checked=now), verdict, now)
    return path


def test_whole_addresses_are_rewritten_and_nothing_else(site: Path) -> None:
    history = remember_moved(site, MOVED)
    (fix,) = feedpub.fix_links(feedpub.load(site), history=history)
    expected = ENTRY.replace("source: https://a.example/old", "source: https://b.example/new_%28page%29")
    expected = expected.replace("[a](https://a.example/old)", "[a](https://b.example/new_%28page%29)")
    expected = expected.replace("See https://a.example/old.", "See https://b.example/new_%28page%29.")
    expected = expected.replace("https://a.example/q?x=1&amp;y=2", "https://b.example/q?x=1&amp;y=2")
    expected = expected.replace("https://a.example/old#part", "https://b.example/new#part")
    assert fix.after.decode() == expected
    assert [line for line, _, _ in fix.changes] == [4, 6, 8, 10, 10]
    file = site / "one.en.md"
    os.chmod(file, 0o640)
    feedpub.write_fixes([fix])
    assert file.read_bytes() == fix.after
    assert file.stat().st_mode & 0o777 == 0o640
    assert feedpub.fix_links(feedpub.load(site), history=history) == ()


OLD = "https://a.test/old"
HEAD = "---\ntitle: One\npublished: 2026-01-01\n"


@pytest.mark.parametrize("case", load_cases("fixing"))
def test_a_file_says_the_same_but_for_the_address(case: dict[str, Any], site: Path) -> None:
    text = f"{HEAD}{case['text']}".replace("OLD", OLD)
    file = site / "one.en.md"
    file.write_text(text, encoding="utf-8", newline="")
    before = feedpub.load(site)
    fixes = feedpub.fix_links(before, history=remember_moved(site, {OLD: case["new"]}))
    fixed = case.get("fixed", case["text"]).replace("OLD", OLD).replace("NEW", case["new"])
    assert [fix.after.decode() for fix in fixes if fix.changes] == ([HEAD + fixed] if "fixed" in case else [])
    assert [line for fix in fixes for line, _, _ in fix.refused] == case.get("refused", [])
    feedpub.write_fixes(fixes)
    assert file.read_bytes().decode() == (HEAD + fixed if "fixed" in case else text)
    if "fixed" in case:
        links = {url for url in find_outbound_links(feedpub.load(site)) if url.startswith("https://b.test/")}
        assert {unquote(url) for url in links} == {unquote(case["new"])}
    assert feedpub.fix_links(feedpub.load(site), history=remember_moved(site, {OLD: case["new"]})) == tuple(
        fix for fix in fixes if fix.refused
    )


def test_what_is_not_changed_is_told(site: Path) -> None:
    (site / "one.en.md").write_text(f"{HEAD}---\nSee {OLD} there.\n", encoding="utf-8")
    (fix,) = feedpub.fix_links(feedpub.load(site), history=remember_moved(site, {OLD: "https://b.test/p?token=hush."}))
    assert (fix.after, fix.diff()) == (fix.before, "")
    (note,) = fix.notes()
    assert "one.en.md:5: not changed, as https://b.test/p?token=…" in note
    assert note.endswith(f"replace {OLD} by hand")


def test_one_answer_is_not_enough(site: Path) -> None:
    assert feedpub.fix_links(feedpub.load(site), history=remember_moved(site, MOVED, checks=1)) == ()


def test_a_file_that_was_changed_meanwhile_stays(site: Path) -> None:
    fixes = feedpub.fix_links(feedpub.load(site), history=remember_moved(site, MOVED))
    file = site / "one.en.md"
    changed = file.read_bytes() + b"More.\n"
    file.write_bytes(changed)
    with pytest.raises(feedpub.FeedpubError, match="changed in the meantime"):
        feedpub.write_fixes(fixes)
    assert file.read_bytes() == changed


def test_the_command_shows_first_and_writes_when_told(site: Path) -> None:
    remember_moved(site, MOVED)

    def run_fix(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "feedpub", "links", "fix", *arguments],
            cwd=site.parent, capture_output=True, encoding="utf-8", check=False, timeout=60,
        )  # fmt: skip

    output = run_fix()
    assert (output.returncode, output.stderr) == (0, "5 addresses to change; --write rewrites the files\n")
    assert "-source: https://a.example/old" in output.stdout
    assert "+source: https://b.example/new_%28page%29" in output.stdout
    assert (site / "one.en.md").read_text(encoding="utf-8") == ENTRY.replace("\r\n", "\n")
    assert run_fix("--write").stderr == "5 addresses changed\n"
    assert run_fix().stderr == "no link has moved permanently\n"


def test_a_diff_shows_no_secrets(site: Path) -> None:
    (site / "one.en.md").write_text(
        "---\ntitle: One\npublished: 2026-01-01\n---\n[a](https://me:hush@a.example/old?token=hush)\n", encoding="utf-8"
    )
    old, new = "https://me:hush@a.example/old?token=hush", "https://b.example/new?token=hush"
    (fix,) = feedpub.fix_links(feedpub.load(site), history=remember_moved(site, {old: new}))
    assert "hush" not in fix.diff()
    assert new.encode() in fix.after


@pytest.mark.parametrize(
    "text",
    [
        '+++\ntitle = "One"\ndate = 2026-01-01\nsource = "https://a.example/old"\n+++\nText.\n',
        '{"title": "One", "date": "2026-01-01", "source": "https://a.example/old"}\nText.\n',
        "Title: One\nDate: 2026-01-01\nSource: https://a.example/old\n\nText.\n",
    ],
    ids=["TOML", "JSON", "lines"],
)
def test_front_matter_of_any_form_is_rewritten(text: str, site: Path) -> None:
    (site / "one.en.md").write_text(text, encoding="utf-8")
    history = remember_moved(site, {"https://a.example/old": "https://b.example/new"})
    (fix,) = feedpub.fix_links(feedpub.load(site), history=history)
    assert fix.after.decode() == text.replace("https://a.example/old", "https://b.example/new")


# Pieces of a body and of front matter in which an address may stand, in the ways that change what may stand there.
PIECES = (
    "[a](OLD)",
    "[a](<OLD>)",
    '[a](OLD "T OLD")',
    "<OLD>",
    "See OLD.",
    "(OLD)",
    "*OLD*",
    "~~OLD~~",
    "_OLD_",
    "![a](OLD)",
    "[![a](OLD)](OLD)",
    "`OLD`",
    '<a href="OLD">a</a>',
    "<a href='OLD'>a</a>",
    "<a href=OLD>a</a>",
    "<!-- OLD -->",
    "[r]\n\n[r]: OLD 't'",
    "| a | b |\n| - | - |\n| [a](OLD) | OLD |",
    "> OLD",
    "```\nOLD\n```",
    "    OLD",
    "OLD, OLD; [a](OLD)",
    "[OLD](OLD)",
    "aOLDb",
    "x=OLD&y",
    "OLD/more",
    "- [a](OLD): b\n- OLD - c",
    "中文OLD中文",
    '<img src="OLD" alt="OLD">',
)
FRONT = (
    "",
    "source: OLD",
    'source: "OLD"',
    "source: 'OLD'",
    "source: OLD # OLD",
    "image: OLD",
    "next: { title: N, url: OLD }",
    "enclosures: [{ url: OLD, type: audio/mpeg }]",
    "enclosures:\n- url: OLD\n  type: audio/mpeg",
    "summary: see OLD",
)
TAILS = (
    "a", "a,b", "a}b", "a]b", "*a*", "~~a~~", "_a_", "a)b(", "a|b", "a\\b", "a`b", "a'b", 'a"b', "a<b>c", "a#b",
    "a:", "a.", "a&amp;b", "?a=1&copy=2", "&#42;", "%2A", "--", "-->", "${a}", "{{ a }}", "a$b", "a^b", "a@b", "ä",
    "a b", "a/../b",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_any_file_with_any_new_address(seed: int, site: Path) -> None:
    chance = random.Random(seed)
    file = site / "one.en.md"
    changes = 0
    for _ in range(15):
        front = chance.choice(FRONT)
        body = "\n\n".join(chance.sample(PIECES, 5))
        text = f"{HEAD}{front}\n---\n{body}\n\n## References\n1. [A](OLD) - P\n".replace("OLD", OLD)
        new = f"https://b.test/{chance.choice(TAILS)}{chance.choice(TAILS)}"
        file.write_text(text, encoding="utf-8")
        before = feedpub.load(site, keep_going=True)
        history = remember_moved(site, {OLD: new})
        fixes = feedpub.fix_links(before, history=history)
        feedpub.write_fixes(fixes)
        after = feedpub.load(site, keep_going=True)
        changes += sum(len(fix.changes) for fix in fixes)
        assert list_notes(after, new) == list_notes(before, new), (new, text)
        assert [problem.code for problem in after.problems] == [problem.code for problem in before.problems]
        assert not any(fix.changes for fix in feedpub.fix_links(after, history=history))
    assert changes > 20


def list_notes(site: feedpub.Site, new: str) -> list[str]:
    """Return the texts of the entries, with OLD in place of both addresses, and nothing percent-encoded."""
    meant = unquote(new)
    spelled = {meant, escape(meant), escape(meant, quote=False), meant.replace("&", "&amp;")}
    forms = [*sorted(spelled, key=len, reverse=True), f"{OLD}(?![/\\w])"]
    pattern = re.compile("|".join([*map(re.escape, forms[:-1]), forms[-1]]))
    texts = []
    for article in site.articles:
        for entry in article.entries.values():
            parts = (
                entry.title,
                entry.references,
                entry.key_points,
                entry.via,
                entry.image,
                entry.next,
                entry.enclosures,
            )
            texts.append(pattern.sub("OLD", unquote(f"{entry.body} {parts!r}")))
    return texts


@pytest.mark.parametrize("number", [1, 10, 300])
def test_a_file_is_read_as_often_whatever_it_holds(number: int, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = []

    def count_readings(*arguments: Any, **named: Any) -> Any:
        readings.append(arguments)
        return read_entry_file(*arguments, **named)

    monkeypatch.setattr(rewriting, "read_entry_file", count_readings)
    text = f"[a]({OLD}) and {OLD} <a href='{OLD}'>a</a>\n\n" * number
    (site / "one.en.md").write_text(f"{HEAD}source: {OLD}\n---\n{text}", encoding="utf-8")
    (fix,) = feedpub.fix_links(feedpub.load(site), history=remember_moved(site, {OLD: "https://b.test/new"}))
    assert (len(fix.changes), fix.refused) == (3 * number + 1, ())
    assert len(readings) == 3  # as it is, with marks, with the new addresses


@pytest.mark.parametrize("number", [1, 7, 200])
def test_only_what_cannot_be_changed_is_refused(number: int, site: Path) -> None:
    text = f"[a]({OLD})\n\nSee {OLD} there.\n\n" * number
    (site / "one.en.md").write_text(f"{HEAD}---\n{text}", encoding="utf-8")
    (fix,) = feedpub.fix_links(feedpub.load(site), history=remember_moved(site, {OLD: "https://b.test/*new*."}))
    assert [line for line, _, _ in fix.changes] == [5 + 4 * index for index in range(number)]
    assert [line for line, _, _ in fix.refused] == [7 + 4 * index for index in range(number)]
    assert fix.after.decode().count("[a](https://b.test/*new*.)") == number


def test_one_of_many_that_cannot_be_changed_is_refused(site: Path) -> None:
    lines = [f"{index}. [a]({OLD}) b" for index in range(1, 60)]
    lines[40] = f"41. [{OLD}]({OLD}) b"  # its text would be another, and with it the title of the reference
    (site / "one.en.md").write_text(
        f"{HEAD}---\n## Summary\nText.\n\n## References\n" + "\n".join(lines), encoding="utf-8"
    )
    (fix,) = feedpub.fix_links(feedpub.load(site), history=remember_moved(site, {OLD: "https://b.test/new"}))
    assert [line for line, _, _ in fix.refused] == [9 + 40]
    assert len(fix.changes) == 58
