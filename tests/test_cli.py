"""The command line: what each command writes, prints and exits with; docs/reference/cli.md is its --help."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner

import feedpub
from feedpub.cli.main import cli, main
from support.commands import run_command_for_bytes
from support.sample_sites import CHINESE, ENGLISH, GOOD, SETTINGS, post, write_site

DOCS = Path(__file__).parent.parent / "docs"
COMMANDS = sorted(cli.commands)
FORMATS = ("text", "json", "github")
DIGEST = """\
Summary
The trains are back.

Key Points
• Cars are rare
  • and slow to build

References
1. Timetable - Railway

总结
夜间列车回来了。

关键点
• 车辆不足
  • 建造缓慢

参考文献
1. 时刻表 - 铁路
"""
TITLES = ("--title", "en=Night trains", "--title", "zh-Hans=夜间列车")
WITH_ALL = ("--published", "2026-02-01", *TITLES)


class Done(NamedTuple):
    """What a command printed and how it exited."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["feedpub", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return Done(int(stopped.value.code or 0), out, err)

    return command


def process(
    *arguments: str, folder: Path, text: str | bytes = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "feedpub", *arguments],
        input=text.encode() if isinstance(text, str) else text,
        capture_output=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "0", **(environment or {})},
    )


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return time and bytes of every file, but for what builds remember."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".feedpub" not in path.parts
    }


# init


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ((), ["en"]),
        (("--languages", "en,zh-Hans"), ["en", "zh-Hans"]),
        (("--languages", "zh_cn, EN, zh-CN,"), ["zh-CN", "en"]),
        (("--languages", "ar,ja,mt"), ["ar", "ja", "mt"]),
    ],
)
def test_init_makes_a_site_that_can_be_built(
    languages: tuple[str, ...], expected: list[str], run: Run, tmp_path: Path
) -> None:
    done = run("init", *languages)
    assert done.code == 0
    names = ["feedpub.toml", *(f"first-article.{tag}.md" for tag in expected)]
    assert done.out.splitlines()[:-1] == [f"entries/{name}" for name in names]
    assert sorted(os.listdir("entries")) == sorted(names)
    site = feedpub.load("entries")
    assert list(site.config.languages) == expected
    assert [list(article.entries) for article in site.articles] == [expected]
    assert site.articles[0].published.date() == date.today()
    assert {problem.severity for problem in site.problems} == {"note"}
    assert run("build").code == 0


def test_init_tells_the_next_step(run: Run) -> None:
    assert run("init", "my site").out.splitlines()[-1] == (
        "Next: edit my site/entries/feedpub.toml, then run: feedpub serve 'my site/entries' (a preview),"
        " feedpub build 'my site/entries'"
    )
    said = run("init").out.splitlines()[-1]
    assert said == "Next: edit entries/feedpub.toml, then run: feedpub serve (a preview), feedpub build"


def test_init_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    run("init")
    before = tree(tmp_path)
    done = run("init", "--languages", "ja")
    assert done.code == 2
    assert "error[E008]" in done.out
    assert tree(tmp_path) == before


@pytest.mark.parametrize(("tag", "meant"), [("cn", "zh-CN or zh-Hans"), ("en,jp", "ja"), ("english", "en")])
def test_init_refuses_what_is_no_language(tag: str, meant: str, run: Run, tmp_path: Path) -> None:
    done = run("init", "--languages", tag)
    assert done.code == 2
    assert done.err.startswith("feedpub: ")
    assert f"did you mean {meant}?" in done.err
    assert tree(tmp_path) == {}


# import


@pytest.fixture
def digest(tmp_path: Path) -> str:
    """Write an empty site and a digest beside it; return the digest's name."""
    write_site(tmp_path / "entries", {})
    (tmp_path / "digest.txt").write_bytes(DIGEST.encode())
    return "digest.txt"


def test_import_writes_an_entry_for_each_language(run: Run, digest: str) -> None:
    done = run("import", digest, *WITH_ALL)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "entries/night-trains.en.md",
        "entries/night-trains.zh-Hans.md",
        "en: 1 key point, 1 reference, zh-Hans: 1 key point, 1 reference",
        "19 lines: 14 kept, 5 dropped (blank, dividers, page furniture), 0 ambiguous",
    ]
    site = feedpub.load("entries")
    entries = site.articles[0].entries
    assert [(language, entry.title) for language, entry in entries.items()] == [
        ("en", "Night trains"),
        ("zh-Hans", "夜间列车"),
    ]
    assert entries["en"].references[0].label == "Timetable - Railway"
    assert entries["zh-Hans"].key_points[0].children[0].text == "建造缓慢"
    assert entries["en"].published.date() == date(2026, 2, 1)


def test_import_takes_the_key_and_the_folder_that_are_given(run: Run, digest: str, tmp_path: Path) -> None:
    write_site(tmp_path / "other", {})
    done = run("import", digest, *WITH_ALL, "--key", "Trains 2026", "--entries", "other")
    assert done.out.splitlines()[:2] == ["other/trains-2026.en.md", "other/trains-2026.zh-Hans.md"]
    assert os.listdir("entries") == ["feedpub.toml"]


def test_import_reads_standard_input(digest: str, tmp_path: Path) -> None:
    assert digest
    done = process("import", "-", *WITH_ALL, folder=tmp_path, text=DIGEST, environment={"PYTHONUTF8": "1"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "entries" / "night-trains.zh-Hans.md").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_import_lists_all_that_is_missing_and_writes_nothing(form: str, run: Run, digest: str) -> None:
    done = run("import", digest, "--format", form)
    assert done.code == 1
    assert re.findall("E2[0-9]{2}", done.out) == ["E221", "E221", "E222"]
    assert os.listdir("entries") == ["feedpub.toml"]
    assert ("nothing was written" in done.err) == (form == "text")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--published", "1/2/26", *TITLES), "E222"),
        ((*WITH_ALL, "--title", "ja=列車"), "E224"),
        (("--published", "2026-02-01", "--title", "en=Night trains"), "E221"),
    ],
)
def test_import_refuses_what_does_not_fit(arguments: tuple[str, ...], code: str, run: Run, digest: str) -> None:
    done = run("import", digest, *arguments)
    assert done.code == 1
    assert done.out.startswith(f"error[{code}]")
    assert os.listdir("entries") == ["feedpub.toml"]


def test_import_overwrites_nothing(run: Run, digest: str, tmp_path: Path) -> None:
    run("import", digest, *WITH_ALL)
    before = tree(tmp_path)
    done = run("import", digest, *WITH_ALL)
    assert done.code == 1
    assert done.out.count("error[E225]") == 2
    assert tree(tmp_path) == before


@pytest.mark.parametrize("title", ["Night trains", "en=", "en= "])
def test_import_tells_the_form_of_titles(title: str, run: Run, digest: str) -> None:
    done = run("import", digest, "--title", title)
    assert done.code == 2
    assert "write LANG=TEXT" in done.err


def test_import_of_other_bytes_is_refused(run: Run, digest: str, tmp_path: Path) -> None:
    (tmp_path / digest).write_bytes("总结".encode("gbk"))
    done = run("import", digest, *WITH_ALL)
    assert (done.code, done.out) == (1, "")
    assert (
        done.err
        == "feedpub: digest.txt: byte 1 is not UTF-8; save the text as UTF-8, or convert it: iconv -f gbk -t utf-8\n"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("nowhere.txt",), "does not exist"), (("digest.txt", "--entries", "nowhere"), "no such folder")],
)
def test_import_needs_a_file_and_a_site(arguments: tuple[str, ...], told: str, run: Run, digest: str) -> None:
    assert digest
    done = run("import", *arguments, *WITH_ALL)
    assert done.code == 2
    assert told in done.out + done.err


def test_import_as_json(run: Run, digest: str) -> None:
    done = run("import", digest, *WITH_ALL, "--format", "json")
    said = json.loads(done.out)
    assert list(said) == ["schema", "key", "written", "lines", "problems"]
    assert (said["schema"], said["key"], said["problems"]) == (1, "night-trains", [])
    assert said["written"] == ["entries/night-trains.en.md", "entries/night-trains.zh-Hans.md"]
    assert [line["text"] for line in said["lines"]] == DIGEST.splitlines()
    assert said["lines"][1] == {"number": 2, "text": "The trains are back.", "fate": "kept", "role": "summary"}


def test_import_shows_lines_that_could_be_read_otherwise(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", {})
    (tmp_path / "d.txt").write_text("Summary\nA.\n\nReferences\n1. One\n2. Two\n4. Four\n", encoding="utf-8")
    arguments = ("import", "d.txt", "--published", "2026-02-01", "--title", "en=A")
    done = run(*arguments)
    assert done.code == 0
    assert done.err == "warning: line 7 was read as references: 4. Four\n"
    assert done.out.endswith(", 1 ambiguous\n")
    done = run(*arguments, "--key", "b", "--format", "github")
    assert done.out.splitlines()[0] == "::warning file=d.txt,line=7::line 7 was read as references: 4. Four"


def test_import_of_text_without_headings(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", {})
    (tmp_path / "d.txt").write_text("Night.\n\nSumary\n\nThey are **back**.\n\nSources\n- A\n", encoding="utf-8")
    arguments = ("import", "d.txt", "--published", "2026-02-01", "--title", "en=A", "--author", "Ann Lee")
    refused = run(*arguments)
    assert refused.code == 1
    assert "error[E205] most lines below no heading\n  d.txt:1\n" in refused.out
    assert not list((tmp_path / "entries").glob("*.md"))
    assert run(*arguments, "--language", "en").code == 0
    written = (tmp_path / "entries" / "a.en.md").read_text(encoding="utf-8")
    assert "author: Ann Lee\n" in written
    assert "They are **back**." in written
    assert run(*arguments, "--language", "xx-bogus-1", "--key", "b").code == 1


# lint


@pytest.mark.parametrize(
    ("files", "settings", "code", "summary"),
    [
        (GOOD, SETTINGS, 0, "no problems"),
        ({}, SETTINGS, 0, "no problems"),
        ({"a.en.md": ENGLISH}, SETTINGS, 0, "1 note"),
        ({"a.en.md": post("[A](b.html)\n")}, SETTINGS, 1, "1 warning, 1 note"),
        ({"a.en.md": post(title="A", published="soon"), **GOOD}, SETTINGS, 1, "1 error, 1 note"),
        ({"a.en.md": "", "b.en.md": "", **GOOD}, SETTINGS, 1, "2 errors, 2 notes"),
        (GOOD, "limit = 0\n", 2, "3 errors"),
        (GOOD, None, 2, "1 error"),
    ],
)
def test_lint_exits_by_what_it_finds(
    files: dict[str, str | bytes], settings: str | None, code: int, summary: str, run: Run, tmp_path: Path
) -> None:
    write_site(tmp_path / "entries", files, settings)
    before = tree(tmp_path)
    done = run("lint")
    assert done.code == code
    assert done.out.splitlines()[-1] == summary
    assert tree(tmp_path) == before


def test_lint_shows_each_problem_whole(run: Run, tmp_path: Path) -> None:
    files = {"a.en.md": post(published="soon"), "b.en.md": post("[A](b.html)\n", title="B")}
    folder = write_site(tmp_path / "my entries", files)
    done = run("lint", "my entries")
    problems = feedpub.lint(os.path.relpath(folder))
    assert done.out == "".join(f"{problem}\n\n" for problem in problems) + "1 error, 1 warning, 2 notes\n"
    assert "my entries/a.en.md:3:12" in done.out


def test_lint_without_folder_says_what_to_do(run: Run) -> None:
    done = run("lint")
    assert done.code == 2
    assert "there is no such folder" in done.out
    assert "feedpub init" in done.out


def test_lint_as_json(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", {"a.en.md": post(published="01/02/2026"), "b.en.md": post()})
    done = run("lint", "--format", "json")
    said = json.loads(done.out)
    assert (done.code, list(said), said["schema"]) == (1, ["schema", "problems"], 1)
    assert [problem["code"] for problem in said["problems"]] == ["N104", "E102", "N104", "N109"]
    assert said["problems"][1] == {
        "code": "E102",
        "severity": "error",
        "title": "bad date",
        "message": "could be 1 February or 2 January",
        "hint": "write an ISO date, e.g. 2026-02-01 or 2026-02-01T09:00:00+08:00",
        "path": "entries/a.en.md",
        "line": 3,
        "column": 12,
        "end_column": 22,
        "excerpt": "published: 01/02/2026",
        "excerpt_column": 1,
    }
    assert json.loads(run("lint", "nowhere", "--format=json").out)["problems"][0]["code"] == "E001"


def test_lint_for_github(run: Run, tmp_path: Path) -> None:
    files = {"a,b.en.md": post(published="soon", colour="red"), "c.en.md": post("[A](c.html)\n", title="C")}
    write_site(tmp_path / "entries", files)
    done = run("lint", "--format", "github")
    assert (done.code, done.err) == (1, "")
    lines = done.out.splitlines()
    assert lines[1] == (
        "::error file=entries/a%2Cb.en.md,line=3,col=12,title=E102 bad date::"
        "is not an ISO date (write an ISO date, e.g. 2026-02-01 or 2026-02-01T09:00:00+08:00)"
    )
    assert [line.split(" ")[0] for line in lines] == ["::notice", "::error", "::notice", "::notice", "::warning"]
    assert all(re.fullmatch(r"::(error|warning|notice) file=[^:,]+(,\w+=[^:,]+)*::.+", line) for line in lines)


# build


def test_build_writes_and_then_touches_nothing(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD)
    first = run("build")
    assert (first.code, first.err) == (0, "")
    assert "en             1 article   public/en/atom.xml  rss.xml  feed.json\n" in first.out
    written = tree(tmp_path / "public")
    assert f"public: {len(written)} files written, 0 unchanged\n" in first.out
    second = run("build")
    assert f"public: 0 files written, {len(written)} unchanged\n" in second.out
    assert tree(tmp_path / "public") == written
    (tmp_path / "public" / "feeds.opml").unlink()
    assert f"public: 1 file written, {len(written) - 1} unchanged\n" in run("build").out


def test_build_says_where_to_look(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "in", {"a.en.md": ENGLISH})
    done = run("build", "in", "--output", "out")
    assert done.out.splitlines()[-1] == "Open out/index.html"
    assert (tmp_path / "out" / "en" / "atom.xml").read_bytes() == feedpub.to_atom(feedpub.load("in").feed("en"))


@pytest.mark.parametrize("form", FORMATS)
def test_build_with_errors_lists_them_all_and_writes_nothing(form: str, run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", {"a.en.md": "", "b.en.md": post(published="soon"), **GOOD})
    done = run("build", "--format", form)
    assert done.code == 1
    assert re.findall("E1[0-9]{2}", done.out) == ["E106", "E102"]
    assert ("nothing was written" in done.err) == (form == "text")
    assert not (tmp_path / "public").exists()


def test_build_with_errors_keeps_what_was_published(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD)
    run("build")
    before = tree(tmp_path / "public")
    write_site(tmp_path / "entries", {"trains.en.md": ENGLISH.replace("back", "gone"), "a.en.md": ""})
    assert run("build").code == 1
    assert tree(tmp_path / "public") == before


def test_build_keep_going_publishes_the_others(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", {"a.en.md": "", "b.en.md": post(published="soon"), **GOOD})
    done = run("build", "--keep-going")
    assert done.code == 1
    assert re.findall(r"^error\[(E\d+)\]", done.out, re.MULTILINE) == ["E106", "E102"]
    assert (tmp_path / "public" / "en" / "trains" / "index.html").exists()
    assert not (tmp_path / "public" / "en" / "b").exists()


def test_build_with_warnings_is_fine_and_shows_them(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", {"a.en.md": post("[A](b.html)\n")})
    done = run("build")
    assert done.code == 0
    assert "warning[W105]" in done.out
    assert "note[" not in done.out


@pytest.mark.parametrize("output", ["entries", "entries/", "entries/../entries", "."])
def test_build_does_not_mix_sources_and_pages(output: str, run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD)
    before = tree(tmp_path)
    done = run("build", "--output", output)
    assert done.code == 2
    assert "error[E007]" in done.out
    assert tree(tmp_path) == before


@pytest.mark.parametrize("obstacle", ["public", "public/en", "public/en/trains/index.html/x", "public/en/atom.xml/x"])
def test_build_into_a_place_that_is_taken_says_so(obstacle: str, run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD)
    (tmp_path / obstacle).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / obstacle).write_text("mine", encoding="utf-8")
    done = run("build")
    assert done.code == 2
    assert "public" in done.err or "error[E014]" in done.out
    assert "Traceback" not in done.err
    assert (tmp_path / obstacle).read_text(encoding="utf-8") == "mine"
    assert not list(tmp_path.rglob(".feedpub-*"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_build_into_a_folder_that_may_not_be_written(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD)
    (tmp_path / "public").mkdir(mode=0o500)
    done = run("build")
    assert done.code == 2
    assert "Permission denied" in done.err


def test_build_without_settings(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD, 'base_url = "https://site.test/"\nlangauges = ["en"]\n')
    done = run("build")
    assert done.code == 2
    assert re.findall(r"^error\[(E\d+)\]", done.out, re.MULTILINE) == ["E004", "E003"]
    assert done.err == "2 errors; nothing was written\n"


def test_build_as_json(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", {"a.en.md": ENGLISH})
    said = json.loads(run("build", "--format", "json").out)
    assert list(said) == ["schema", "output", "written", "kept", "removed", "stale", "scheduled", "problems"]
    assert (said["schema"], said["output"], said["kept"]) == (1, "public", [])
    assert sorted(said["written"]) == sorted(tree(tmp_path / "public"))
    again = json.loads(run("build", "--format", "json").out)
    assert (again["written"], again["kept"], again["problems"]) == ([], sorted(said["written"]), [])
    (tmp_path / "entries" / "a.en.md").rename(tmp_path / "entries" / "b.en.md")
    assert json.loads(run("build", "--format", "json").out)["removed"] == ["en/a/index.html"]


RELATIVE = "---\ntitle: T{0}\npublished: 2026-01-{0:02}\n---\n[own](b{0}.html)\n[a](/about/)\n[b](/imprint/)\n"


def write_relative_links(folder: Path, count: int) -> None:
    """Make a site for which there are four problems in each file, of two kinds."""
    write_site(folder, {f"p{number}.en.md": RELATIVE.format(number) for number in range(1, count + 1)})


def test_many_problems_are_summarised(run: Run, tmp_path: Path) -> None:
    write_relative_links(tmp_path / "entries", 20)
    told = run("lint")
    assert told.code == 1
    assert told.out.splitlines()[-2:] == [
        "80 problems, an example of each kind; --all shows all of them",
        "60 warnings, 20 notes",
    ]
    heads = [line for line in told.out.splitlines() if line.startswith(("error[", "warning[", "note["))]
    assert heads == ["warning[W105] relative address: 60 in 20 files", "note[N104] missing translation: 20 in 20 files"]
    assert "  entries/p1.en.md:5:7\n  5 | [own](b1.html)\n" in told.out
    for message in ("/about/ is a relative address", "/imprint/ is a relative address"):
        assert f"\n  20 × {message}\n" in told.out
    assert told.out.count("is a relative address") == 3  # the example, and those that several files have
    assert told.out.count("there is no translation into zh-Hans") == 1  # all N104 say the same: the example is enough

    everything = run("lint", "--all")
    counted = everything.out.count("is a relative address"), everything.out.count("N104")
    assert (everything.code, *counted) == (1, 60, 20)
    assert "of each kind" not in everything.out
    assert len(json.loads(run("lint", "--format", "json").out)["problems"]) == 80
    assert run("lint", "--format", "github").out.count("\n::") == 79


@pytest.mark.parametrize(("files", "is_summarised"), [(12, False), (13, True)])
def test_few_problems_are_shown_one_by_one(run: Run, tmp_path: Path, files: int, is_summarised: bool) -> None:
    write_relative_links(tmp_path / "entries", files)
    told = run("lint").out
    assert ("an example of each kind" in told) == is_summarised
    assert told.count("is a relative address") == (3 if is_summarised else 36)


def test_a_build_summarises_many_errors_and_warnings(run: Run, tmp_path: Path) -> None:
    write_relative_links(tmp_path / "entries", 16)
    assert run("build").out.count("warning[W105]") == 48  # one by one
    files = {f"q{number}.en.md": post(published="soon") for number in range(51)}
    write_site(tmp_path / "entries", files, None)
    told = run("build")
    assert told.code == 1
    assert told.out.startswith("error[E102] bad date: 51 in 51 files\n  entries/q0.en.md:3:12\n")
    assert told.err == "51 errors, 48 warnings; nothing was written\n"


def test_a_summary_counts_what_one_file_has_too_many_of(run: Run, tmp_path: Path) -> None:
    links = "".join(f"[a](/b{number})\n" for number in range(60))
    write_site(tmp_path / "entries", {f"{name}.en.md": post(links, title=name) for name in "abc"})
    assert "warning[W105] relative address: more than 60 in 3 files" in run("lint").out


def test_a_summary_is_only_shown(run: Run, tmp_path: Path) -> None:
    evil = "[a](/\u202e-x)\n[b](/\u202e-x)\n[c](/y)\n"
    write_site(tmp_path / "entries", {f"p{number}.en.md": post(evil) for number in range(30)})
    told = run("lint").out
    assert "60 × " in told
    assert "\\u202e-x is a relative address" in told
    assert "\u202e" not in told


def test_build_until_a_moment(run: Run, tmp_path: Path) -> None:
    files = {"a.en.md": post(), "b.en.md": post(published="2999-12-24"), "c.en.md": post(published="2999-12-25")}
    write_site(tmp_path / "entries", files)
    assert "2 articles are scheduled, the next for 2999-12-24T00:00:00+00:00: b (en)" in run("build").out
    done = run("build", "--until", "2999-12-24")
    assert "1 article is scheduled, for 2999-12-25T00:00:00+00:00: c (en)" in done.out
    assert "scheduled" not in run("build", "--until", "3000-01-01T00:00:00+01:00").out
    said = json.loads(run("build", "--until", "NOW", "--format", "json").out)
    assert said["scheduled"][0] == {"key": "b", "language": "en", "published": "2999-12-24T00:00:00+00:00"}
    wrong = run("build", "--until", "tomorrow")
    assert (wrong.code, "error[E015]" in wrong.out) == (2, True)


def test_build_for_github(run: Run, tmp_path: Path) -> None:
    write_site(tmp_path / "entries", {"a.en.md": post("[A](b.html)\n")})
    lines = run("build", "--format", "github").out.splitlines()
    assert lines[0].startswith("::warning file=entries/a.en.md,line=5,col=5,title=W105 relative address::b.html is")
    assert not any(line.startswith("::") for line in lines[1:])


# explain


def test_explain_lists_all_codes(run: Run) -> None:
    lines = run("explain").out.splitlines()
    assert [line.split(" ")[0] for line in lines] == list(feedpub.problem_codes())
    assert "E102 bad date" in lines


@pytest.mark.parametrize("code", ["E102", "e102"])
def test_explain_shows_a_page(code: str, run: Run) -> None:
    done = run("explain", code)
    assert (done.code, done.out) == (0, feedpub.explain("E102"))


def test_explain_of_an_unknown_code(run: Run) -> None:
    done = run("explain", "E999")
    assert (done.code, done.out) == (2, "")
    assert done.err == "feedpub: there is no problem code 'E999'; `feedpub explain` lists them\n"


# The program as a whole


def test_version(run: Run) -> None:
    assert run("--version").out == f"feedpub, version {feedpub.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [("--nonsense",), ("nonsense",), ("build", "--nonsense"), ("lint", "--format", "xml"), ("import",)]
)
def test_usage_errors(arguments: tuple[str, ...], run: Run, tmp_path: Path) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: feedpub")
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_stands_on_its_own(name: str, run: Run) -> None:
    done = run(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert run(name, "-h").out == done.out
    assert done.out.startswith(f"Usage: feedpub {name} ")
    exits = r"Exit codes: 0 [a-z ]+, 1 [a-z ]+, 2 [a-z ]+, (3 not checked, )?130 interrupted\."
    assert re.search(exits, " ".join(done.out.split()))
    command = cli.commands[name]
    text = " ".join(done.out.split())
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            assert parameter.name
            assert re.search(rf"\b{parameter.name.upper()}\b", command.help or ""), "each argument is spoken of"
        else:
            assert isinstance(parameter, click.Option)
            assert parameter.help, parameter.name
            assert " ".join(parameter.help.split()) in text
            if isinstance(parameter.default, str):
                assert f"[default: {parameter.default}]" in text


def test_broken_pipe_is_quiet(tmp_path: Path) -> None:
    done = subprocess.run(
        f'"{sys.executable}" -m feedpub explain | head -n 1', shell=True, capture_output=True, check=False, cwd=tmp_path
    )
    assert done.stdout == b"E001 no settings\n"
    assert done.stderr == b""


INTERRUPTED_WRITE = """
import os, signal
from feedpub.cli.main import main

flush, calls = os.fsync, []

def interrupted(descriptor):
    calls.append(descriptor)
    if len(calls) == 5:
        os.kill(os.getpid(), signal.SIGINT)
    flush(descriptor)

os.fsync = interrupted
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are otherwise there")
def test_interrupt_exits_with_130_and_leaves_no_half_file(tmp_path: Path) -> None:
    write_site(tmp_path / "entries", GOOD)
    command = [sys.executable, "-c", INTERRUPTED_WRITE, "build", "entries"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 130
    assert done.stderr.strip() == "feedpub: interrupted; no partially written files were left behind"
    written = {name: data for name, (_, data) in tree(tmp_path / "public").items()}
    feedpub.build(feedpub.load(tmp_path / "entries"), tmp_path / "whole")
    whole = {name: data for name, (_, data) in tree(tmp_path / "whole").items()}
    assert 0 < len(written) < len(whole)
    assert written.items() <= whole.items()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk", "utf-8"])
@pytest.mark.parametrize("form", FORMATS)
def test_terminal_that_lacks_characters(encoding: str, form: str, tmp_path: Path) -> None:
    files = {"夜🎉.en.md": post("See 夜 [é](夜.html)\n", title="夜é🎉"), "夜🎉.zh-Hans.md": CHINESE}
    write_site(tmp_path / "entries", files)
    code, printed, said = run_command_for_bytes("lint", "--format", form, folder=tmp_path, encoding=encoding)
    assert (code, said) == (1, b"")
    if form == "json":
        encoding = "utf-8"  # what programs read is UTF-8
    out = printed.decode("utf-8" if encoding == "ascii" else encoding)  # click takes ASCII for a mistake
    if form == "json":
        assert {problem["path"] for problem in json.loads(out)["problems"]} >= {"entries/夜🎉.en.md"}
    else:
        assert "is a relative address" in out


def in_a_terminal(*arguments: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a command whose output is a terminal; return what it wrote there."""
    import pty

    inner, outer = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "feedpub", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=outer,
            check=False,
            cwd=folder,
            env={**{key: value for key, value in os.environ.items() if key != "NO_COLOR"}, **environment},
        )
    finally:
        os.close(outer)
    parts = []
    try:
        while part := os.read(inner, 65536):
            parts.append(part)
    except OSError:  # Linux says so at the end of a terminal
        pass
    os.close(inner)
    return b"".join(parts).decode()


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
def test_colours_on_a_terminal_unless_they_are_not_wanted(tmp_path: Path) -> None:
    write_site(tmp_path / "entries", {"a.en.md": ENGLISH})
    coloured = in_a_terminal("lint", folder=tmp_path, environment={"TERM": "xterm"})
    plain = in_a_terminal("lint", folder=tmp_path, environment={"TERM": "xterm", "NO_COLOR": "1"})
    assert "\x1b[36m\x1b[1mnote[N104] missing translation\x1b[0m" in coloured
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d*m", "", coloured) == plain
    assert b"\x1b" not in process("lint", folder=tmp_path).stdout


@pytest.mark.parametrize(
    ("shell", "sign"), [("bash", "complete -o nosort"), ("zsh", "#compdef feedpub"), ("fish", "complete --no-files")]
)
def test_completion_script(shell: str, sign: str, tmp_path: Path) -> None:
    done = process(folder=tmp_path, environment={"_FEEDPUB_COMPLETE": f"{shell}_source"})
    assert done.returncode == 0
    assert sign in done.stdout.decode()
    assert "_FEEDPUB_COMPLETE" in done.stdout.decode()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("feedpub ", COMMANDS),
        ("feedpub explain e10", [code for code in feedpub.problem_codes() if code.startswith("E10")]),
        ("feedpub lint --format ", sorted(FORMATS)),
    ],
)
def test_completion(words: str, expected: list[str], tmp_path: Path) -> None:
    *_, last = words.split(" ")
    place = len(words.split(" ")) - 1
    environment = {"_FEEDPUB_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(place)}
    done = process(folder=tmp_path, environment=environment)
    found = [line.partition(",")[2] for line in done.stdout.decode().splitlines()]
    assert sorted(found) == sorted(expected), last


def test_module_and_main_are_the_same_program(tmp_path: Path, run: Run) -> None:
    assert process("explain", "E102", folder=tmp_path).stdout.decode() == run("explain", "E102").out


# The documents that are made of the program


def same_document(path: Path, text: str, request: pytest.FixtureRequest) -> None:
    """Compare a document with what it must say, or write it anew."""
    if request.config.getoption("--update-golden", default=False):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "write it anew with: pytest tests/test_cli.py --update-golden"


def help_of(*arguments: str) -> str:
    """Return the --help of a command, as a terminal of 100 columns shows it."""
    return CliRunner().invoke(cli, [*arguments, "--help"], prog_name="feedpub", terminal_width=100).output


def test_document_of_the_command_line(request: pytest.FixtureRequest) -> None:
    parts = [
        "# Command line\n\n"
        "<!-- Written by: pytest tests/test_cli.py --update-golden -->\n\n"
        "Look up here every command with its options. `feedpub COMMAND --help` prints the same text.\n",
        f"```text\n{help_of()}```\n",
    ]
    for name in COMMANDS:
        parts.append(f"## feedpub {name}\n\n```text\n{help_of(name)}```\n")
        command = cli.commands[name]
        for part in sorted(command.commands) if isinstance(command, click.Group) else ():
            parts.append(f"## feedpub {name} {part}\n\n```text\n{help_of(name, part)}```\n")
    same_document(DOCS / "reference" / "cli.md", "\n".join(parts), request)


def test_document_of_the_problems(request: pytest.FixtureRequest) -> None:
    kinds = {"E": "Errors", "W": "Warnings", "N": "Notes"}
    parts = [
        "# Problem codes\n\n"
        "<!-- Written from src/feedpub/problems.toml by: pytest tests/test_cli.py --update-golden -->\n\n"
        "Look up here what a code means and how to fix the problem. An error keeps an entry from being published,\n"
        "a warning is a mistake that readers will notice, and a note is worth knowing. A code never changes its\n"
        "meaning. `feedpub explain CODE` prints the same text.\n"
    ]
    kind = ""
    for code in feedpub.problem_codes():
        if code[1] >= "3":  # docs/reference/validation.md
            continue
        if code[0] != kind:
            kind = code[0]
            parts.append(f"## {kinds[kind]}\n")
        first, _, page = feedpub.explain(code).partition("\n\n")
        parts.append(f"### {first}\n\n{markdown(page)}")
    same_document(DOCS / "reference" / "problems.md", "\n".join(parts), request)


def markdown(page: str) -> str:
    """Return plain text as Markdown: indented lines are code in both."""
    return "".join(
        line if line.startswith("    ") else re.sub(r"([<*]|(?<!\w)_|_(?!\w))", r"\\\1", line)
        for line in page.splitlines(keepends=True)
    )
