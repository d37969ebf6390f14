"""`feedpub links …` with a small server on the loopback address."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from feedpub.links.history import History
from support.commands import run_command, run_command_for_bytes, run_program
from test_link_check import Handler, base

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["base"]  # the fixture


def run_links(folder: Path, *arguments: str, text: str = "") -> tuple[int, str, str]:
    return run_command("links", *arguments, folder=folder, text=text)


def check_on_days(folder: Path, url: str, *numbers: int) -> tuple[int, str, str]:
    for number in numbers:
        now = f"2026-03-{number:02}T06:00:00Z"
        done = run_links(folder, "check", "--urls", "-", "--allow-private", "--all", "--now", now, text=f"{url}\n")
    return done


def test_a_life_of_a_link(base: str, tmp_path: Path) -> None:
    url = f"{base}/page"
    assert check_on_days(tmp_path, url, 1) == (0, "1 link: 1 ok\n", "")
    Handler.gone.add("page")
    code, out, _ = check_on_days(tmp_path, url, 2, 3, 4)
    assert (code, out.splitlines()[0]) == (0, "Failing: reported as dead if this continues (1)")
    code, out, _ = check_on_days(tmp_path, url, 5)
    assert (code, out) == (
        1,
        f"Newly dead: replace or remove these links (1)\n  {url} (404 not found)\n1 link: 1 dead\n",
    )
    assert (tmp_path / ".feedpub" / "links.sqlite").is_file()

    asked = len(Handler.asked)
    code, out, _ = run_links(tmp_path, "report", "--allow-private", "--urls", "-", "--format", "json", text=url)
    assert (code, json.loads(out)["links"][0]["change"]) == (1, "died")
    history = ("--history", str(tmp_path / ".feedpub" / "links.sqlite"))
    accepted = run_links(tmp_path, "ack", url, "--until", "2099-01-01", "--why", "the author is told", *history)
    assert accepted == (0, "accepted until 2099-01-01: dead\n", "")
    assert run_links(tmp_path, "report", "--allow-private", "--urls", "-", text=url)[0] == 0
    assert run_links(tmp_path, "forget", url, *history)[0] == 0
    assert run_links(tmp_path, "report", "--allow-private", "--urls", "-", text=url)[1] == "1 link: 1 never checked\n"
    assert len(Handler.asked) == asked


def test_without_history_nothing_is_written(base: str, tmp_path: Path) -> None:
    text = f"# comment\n\n{base}/404\n{base}/page\n"
    code, out, _ = run_links(
        tmp_path, "check", "--urls", "-", "--allow-private", "--no-history", "--format", "jsonl", text=text
    )
    assert code == 1
    assert {link["url"]: link["state"] for link in map(json.loads, out.splitlines())} == {
        f"{base}/404": "dead",
        f"{base}/page": "ok",
    }
    assert list(tmp_path.iterdir()) == []


def test_quiet_is_quiet_while_nothing_changes(base: str, tmp_path: Path) -> None:
    arguments = ("check", "--urls", "-", "--allow-private", "--all", "--quiet")
    assert run_links(tmp_path, *arguments, text=f"{base}/page") == (0, "", "")


def test_quiet_lines_of_json_tell_what_has_changed(base: str, tmp_path: Path) -> None:
    arguments = ("check", "--urls", "-", "--allow-private", "--all", "--quiet", "--strict", "--format", "jsonl")
    text = f"{base}/page\n{base}/410"
    told = [json.loads(line)["url"] for line in run_links(tmp_path, *arguments, text=text)[1].splitlines()]
    assert told == [f"{base}/410"]
    assert run_links(tmp_path, *arguments, text=text) == (1, "", "")
    text += f"\n{base}/moved"
    run_links(tmp_path, *arguments, text=text)
    report = run_links(tmp_path, "report", "--allow-private", "--urls", "-", "--quiet", "--format", "jsonl", text=text)[
        1
    ]
    assert [json.loads(line)["url"] for line in report.splitlines()] == [f"{base}/moved"]


def test_a_list_of_windows_is_read(base: str, tmp_path: Path) -> None:
    text = f"\ufeff{base}/page\r\n\r\n{base}/page\r\n"
    done = run_links(tmp_path, "check", "--urls", "-", "--allow-private", "--no-history", text=text)
    assert done == (0, "1 link: 1 ok\n", "")
    (tmp_path / "list.txt").write_text(text, encoding="utf-8")
    assert run_links(tmp_path, "check", "--urls", "list.txt", "--allow-private") == done
    assert (
        run_links(tmp_path, "report", "--allow-private", "--urls", "list.txt")[1]
        == "1 link: 1 ok; all of these results are from earlier checks\n"
    )


def test_the_links_of_a_site_with_no_network(tmp_path: Path) -> None:
    entries = tmp_path / "entries"
    entries.mkdir()
    settings = (
        'base_url = "https://digest.example/"\nauthority = "digest.example,2026"\n[links]\nallow_private = true\n'
    )
    (entries / "feedpub.toml").write_text(settings, encoding="utf-8")
    references = "".join(f"{number}. [R](http://127.0.0.{number}:9/)\n" for number in range(1, 8))
    text = f"---\ntitle: One\npublished: 2026-01-01\n---\nText.\n\n## References\n{references}"
    (entries / "one.en.md").write_text(text, encoding="utf-8")
    code, out, _ = run_links(tmp_path, "check")
    assert (code, out.splitlines()[0]) == (3, "The network of this computer is down, so no failure in this run counts.")
    assert out.splitlines()[-1] == "7 links: 7 unsure"


def test_entries_with_errors_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    entries = tmp_path / "entries"
    entries.mkdir()
    (entries / "feedpub.toml").write_text(
        'base_url = "https://digest.example/"\nauthority = "digest.example,2026"\n', encoding="utf-8"
    )
    (entries / "one.en.md").write_text("---\ntitle: One\npublished: never\n---\nText.\n", encoding="utf-8")
    said = "1 file has errors: its links are not checked; run `feedpub lint` to see the errors\n"
    assert run_links(tmp_path, "check") == (0, "no links\n", said)
    assert run_links(tmp_path, "check", "--quiet") == (0, "", "")


@pytest.mark.parametrize("command", ["check", "report"])
@pytest.mark.parametrize("arguments", [(), ("--fail-if-empty",), ("--quiet",), ("--fail-if-empty", "--quiet")])
def test_without_links_there_is_nothing_to_do(command: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    run_links(tmp_path, "check", "--urls", "-", text="")
    code, out, said = run_links(tmp_path, command, "--urls", "-", *arguments, text="# none yet\n\n")
    assert (code, said) == (int("--fail-if-empty" in arguments), "")
    assert out == ("" if "--quiet" in arguments else "no links\n")


def test_time_ends_a_run(base: str, tmp_path: Path) -> None:
    text = f"{base}/page\n{base}/410\n"
    arguments = ("check", "--urls", "-", "--allow-private", "--all", "--max-time", "0")
    late = "2 not checked: the time for this run was over"
    assert run_links(tmp_path, *arguments, text=text) == (0, f"2 links: 2 never checked; {late}\n", "")
    assert run_links(tmp_path, *arguments[:-2], "--strict", text=text)[0] == 1
    code, out, _ = run_links(tmp_path, *arguments, text=text)  # what is known to be dead stays dead
    assert (code, out.splitlines()[-1]) == (1, f"2 links: 1 ok, 1 dead; {late}")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk", "shift_jis"])
@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize("command", ["check", "report"])
def test_what_programs_read_is_utf_8(command: str, form: str, encoding: str, tmp_path: Path) -> None:
    arguments: tuple[str, ...] = ("--urls", "urls.txt", "--exclude", "夜")
    (tmp_path / "urls.txt").write_text("https://a.test/夜é🎉\n", encoding="utf-8")
    if command == "report":
        run_links(tmp_path, "check", *arguments)
    arguments += ("--format", form)
    code, out, said = run_command_for_bytes("links", command, *arguments, folder=tmp_path, encoding=encoding)
    assert code == 0, said
    data = json.loads(out.decode("utf-8"))
    assert (data if form == "jsonl" else data["links"][0])["url"] == "https://a.test/夜é🎉"
    assert b"\\u" not in out


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_a_process_of_its_own_says_the_same(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "urls.txt").write_text("https://a.test/夜é🎉\n", encoding="utf-8")
    arguments = ("links", "check", "--urls", "urls.txt", "--exclude", "夜", "--format", "jsonl")
    environment = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = run_program("feedpub", *arguments, folder=tmp_path, environment=environment)
    assert (done.returncode, json.loads(done.stdout)["url"]) == (0, "https://a.test/夜é🎉")
    assert done.stdout == run_command(*arguments, folder=tmp_path)[1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("check", "--urls", "missing.txt"), 2, "missing.txt"),
        (("check", "--urls", "-", "--exclude", "["), 2, "is not a regular expression"),
        (("check", "--urls", "-", "--exclude", ""), 2, "would skip all addresses"),
        (("check", "--urls", "-", "--now", "yesterday"), 2, "is not a date"),
        (("check", "--urls", "-", "--now", "0001-01-01"), 2, "between the years"),
        (("check", "--urls", "-", "--now", "9999-12-31T23:59:59-14:00"), 2, "between the years"),
        (("report", "--urls", "-", "--now", "1969-12-31"), 2, "between the years"),
        (("ack", "https://a.example/", "--until", "9999-12-31", "--why", "x"), 2, "between the years"),
        (("check", "--urls", "-", "--proxy", "a.example:1"), 2, "http://host:port"),
        (("check", "--urls", "-", "--proxy", "http://a.example:99999"), 2, "http://host:port"),
        (("check", "--urls", "-", "--proxy", "ftp://me:hush@a.example:1"), 2, "http://host:port"),
        (("check", "--urls", "-", "--history", "damaged"), 3, "file is not a database"),
        (("report", "--urls", "-"), 3, "no history of link checks"),
        (("check", "--urls", "-", "--history", "/dev/null/x.sqlite"), 3, "check that its folder exists"),
        (("check", "--urls", "-", "--history", "newer"), 3, "update feedpub"),
        (("check", "--urls", "-", "--history", "x", "--no-history"), 2, "exclude each other"),
        (("check", "--urls", "-", "entries"), 2, "exclude each other"),
        (("report", "entries", "--urls", "-"), 2, "exclude each other"),
        (("check", "--urls", "."), 2, "is a folder"),
        (("ack", "https://a.example/", "--until", "2020-01-01", "--why", "x"), 2, "is in the past"),
        (("check", "--urls", "-", "--max-time", "-1"), 2, "--max-time"),
        (
            ("ack", "https://a.example/", "--until", "2099-01-01", "--why", "x", "--history", "empty"),
            2,
            "there are no res",
        ),
        (("ack", "https://a.example/", "--until", "2099-01-01", "--why", "x"), 3, "run `feedpub links check` first"),
        (("forget", "https://a.example/", "--history", "empty"), 2, "there are no results for this address"),
        (("check", "--urls", "-", "--history", "linked"), 3, "is a symbolic link"),
        (("check", "--feed", "damaged"), 2, "is a file"),
        (("check", "no-such-folder"), 2, "no-such-folder"),
    ],
)
def test_mistakes_are_told(arguments: tuple[str, ...], code: int, words: str, tmp_path: Path) -> None:
    (tmp_path / "damaged").write_text("no database at all, " * 100, encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "newer")) as newer:
        newer.execute("PRAGMA user_version = 99")
    (tmp_path / "linked").symlink_to(tmp_path / "newer")
    with History(tmp_path / "empty"):
        pass
    done = run_links(tmp_path, *arguments, text="https://a.example/\n")
    assert done[0] == code
    assert words in done[1] + done[2]
    assert "hush" not in done[1] + done[2]
    assert "Traceback" not in done[2]
