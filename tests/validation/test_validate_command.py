"""The command `feedpub validate` and the public function."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from skeletons import NOW, make_atom, make_json, make_rss

import feedpub
from feedpub.cli.main import main

FAULTY = make_atom(entry="<updated>yesterday</updated>")


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int | str | None, str]:
    with pytest.raises(SystemExit) as end:
        main(["validate", *arguments])
    captured = capsys.readouterr()
    return end.value.code, captured.out + captured.err


def test_place_and_fix_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("feed.xml").write_text(FAULTY, encoding="utf-8")
    code, output = run("feed.xml", capsys=capsys)
    assert code == 1
    assert output == (
        "error[E321] date in another form\n"
        "  feed.xml:15:10\n"
        "  15 | <updated>yesterday</updated>\n"
        '                ^ updated: "yesterday" is not a date like 2026-02-01T09:00:00Z\n'
        "  help: Write date, T, time and zone: 2026-02-01T09:00:00Z or 2026-02-01T10:00:00+01:00.\n"
        "\n"
        "1 error\n"
    )


def test_clean_feeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in {"a.xml": make_atom(), "b.rss": make_rss(), "feed.json": make_json()}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert run(str(tmp_path / name), capsys=capsys) == (0, "no problems\n")


def test_json_and_github(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(FAULTY, encoding="utf-8")
    code, output = run(str(path), "--format", "json", capsys=capsys)
    assert code == 1
    assert [(problem["code"], problem["line"]) for problem in json.loads(output)["problems"]] == [("E321", 15)]
    assert run(str(path), "--format=github", capsys=capsys)[1].startswith(
        f"::error file={path},line=15,col=10,title=E321"
    )


def test_ignored_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(FAULTY, encoding="utf-8")
    assert run(str(path), "--ignore", "e321", capsys=capsys) == (0, "no problems\n")


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FAULTY.encode())))
    code, output = run("-", "--url", "https://x.example/feed.xml", capsys=capsys)
    assert code == 1
    assert "standard input:15:10" in output


def test_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nowhere.xml", capsys=capsys) == (2, "feedpub: nowhere.xml: No such file or directory\n")


def test_address_of_the_feed_is_compared() -> None:
    assert feedpub.validate(make_atom(), url="https://x.example/feed.xml", now=NOW) == []
    problems = feedpub.validate(make_atom(), url="https://y.example/feed.xml", now=NOW)
    assert [(problem.code, problem.line) for problem in problems] == [("W402", 7)]
    assert feedpub.validate(make_json(), url="https://x.example/feed.json#top", now=NOW) == []
    problems = feedpub.validate(make_json(), url="https://y.example/feed.json", now=NOW)
    assert [(problem.code, problem.line) for problem in problems] == [("W402", 5)]


def test_text_and_bytes_give_the_same() -> None:
    assert feedpub.validate(FAULTY, now=NOW) == feedpub.validate(FAULTY.encode(), now=NOW)


def test_problems_are_in_order_and_limited() -> None:
    items = "".join(f"<item><title>{number}</title><guid>{number}</guid></item>\n" for number in range(50))
    problems = feedpub.validate(make_rss(items, None), now=NOW)
    lines = [problem.line for problem in problems if not problem.counts_others]
    assert lines == sorted(lines)
    assert sorted((problem.code, problem.message) for problem in problems if problem.counts_others) == [
        ("E507", "… and 30 more of this kind in this file"),
        ("N501", "… and 30 more of this kind in this file"),
    ]


def test_address_with_a_space_is_an_address() -> None:
    problems = feedpub.validate("https://x.example/a b", now=NOW)
    assert [problem.code for problem in problems] == ["E801"]
    assert "not allowed" in problems[0].message


def test_path_as_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("feed.xml").write_text(make_atom(), encoding="utf-8")
    with pytest.raises(feedpub.FeedpubError, match="Path"):
        feedpub.validate("feed.xml")
    assert [problem.code for problem in feedpub.validate("other.xml")] == ["E301"]
