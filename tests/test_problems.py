"""Problem codes: each has a page, each is provoked here, and each names its very place."""

import contextlib
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from unittest import mock

import pytest

import feedpub
from feedpub import Problem
from feedpub.building import manifest
from feedpub.building.manifest import Manifest
from feedpub.site.pages import Pages
from feedpub.site.theme import Theme
from support.sample_sites import CHINESE, ENGLISH, GOOD, SETTINGS, post, write_site

EN, ZH = "entries/a.en.md", "entries/a.zh-Hans.md"
TOML = "entries/feedpub.toml"
LONG_BODY = "A sentence that repeats itself. " * 40_000


@dataclass(frozen=True, kw_only=True)
class Case:
    """Say what provokes a code, and where the problem must be found.

    Args:
        code: The code.
        files: The entries folder, beside feedpub.toml.
        settings: feedpub.toml; None for none.
        act: What is done; `feedpub.lint` if not given. It may raise.
        path: Where the problem is.
        line: 0 if it is about the file.
        column: 0 if it is about the line.
        marked: The text above the carets; empty at the end of a line.
        message: A part of the message.
        hint: A part of the hint.
    """

    code: str
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    settings: str | bytes | None = SETTINGS
    act: Callable[[], object] | None = None
    path: str = EN
    line: int = 0
    column: int = 0
    marked: str = ""
    message: str
    hint: str = ""


def check_links_offline() -> tuple[Problem, ...]:
    """Return the problems of a run that has no time to ask for anything."""
    return feedpub.check_links(feedpub.load("entries"), max_seconds=0.0).problems


def entry(code: str, text: str | bytes, **expected: object) -> Case:
    """Make a case of a single file."""
    return Case(code=code, files={"a.en.md": text}, **expected)  # type: ignore[arg-type]


def pair(code: str, english: str, chinese: str, **expected: object) -> Case:
    """Make a case of two languages."""
    return Case(code=code, files={"a.en.md": english, "a.zh-Hans.md": chinese}, **expected)  # type: ignore[arg-type]


def setting(code: str, settings: str | bytes | None, **expected: object) -> Case:
    """Make a case of feedpub.toml."""
    return Case(code=code, settings=settings, **({"path": TOML} | expected))  # type: ignore[arg-type]


def pasted(code: str, text: str, *, published: str | None = "2026-02-01", **expected: object) -> Case:
    """Make a case of `import_pasted`; the title is given."""
    titles = expected.pop("titles", {"en": "Night trains"})

    def act() -> object:
        return feedpub.import_pasted(text, "entries", published=published, titles=titles)  # type: ignore[arg-type]

    return Case(code=code, act=act, **({"path": ""} | expected))  # type: ignore[arg-type]


def lint_with_folder() -> object:
    """Lint a site that has a folder named like an entry."""
    Path(EN).mkdir()
    return feedpub.lint("entries")


def lint_with_broken_link() -> object:
    """Lint a site that has a link to nothing, named like an entry."""
    Path(EN).symlink_to("nowhere.md")
    return feedpub.lint("entries")


def render_with_broken_template() -> object:
    """Make a page with a template of the site's own that is not one."""
    write_site(Path("entries/templates"), {"base.html": "<title>{{ title }}</title>\n{% endif %}\n"}, settings=None)
    site = feedpub.load("entries")
    return Pages(site.config, {"en": site.feed("en")}, Theme(site.folder)).render_language("en", (), 0)


def lint_with_old_template() -> object:
    """Lint a site whose template uses a value by its old name."""
    write_site(Path("entries/templates"), {"base.html": "<title>{{ title }}</title>\n{{ own }}\n"}, settings=None)
    return feedpub.lint("entries")


def build_beside_another() -> object:
    """Build while another build holds the folder."""
    with mock.patch.object(manifest, "WAIT_SECONDS", 0.1), Manifest(Path("public"), b"", "site.test,2026"):
        return feedpub.build("entries", "public")


def build_through_a_link() -> None:
    Path("elsewhere").mkdir()
    Path("public").mkdir()
    Path("public/en").symlink_to("../elsewhere")
    feedpub.build("entries")


def ping_hub_of_nothing() -> object:
    """Ping for a site that was never built."""
    Path(TOML).write_text(f'{SETTINGS}hub = "https://hub.test/"\n', encoding="utf-8")
    return feedpub.ping("entries")


def serve_at_a_taken_port() -> object:
    """Serve where another server is."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        feedpub.serve("entries", port=other.getsockname()[1])
        return None


DIGEST = "Summary\nThe trains are back.\n"
CASES = [
    setting("E001", None, message="there is no such file", hint="feedpub init"),
    Case(
        code="E001", path="nowhere", message="there is no such folder", hint="feedpub init",
        act=lambda: feedpub.lint("nowhere"),
    ),
    setting("E002", 'base_url = "https://site.test/\n', line=1, column=31, marked="", message="illegal character"),
    setting("E002", b'rights = "\xd6"\n', message="byte 11 is not UTF-8", hint="save the file as UTF-8"),
    setting("E003", 'authority = "site.test,2026"\n', message="base_url is missing", hint="base_url ="),
    setting("E003", 'base_url = "https://site.test/"\n', message="authority is missing", hint="authority ="),
    setting(
        "E004", f'{SETTINGS}langauges = ["en"]\n', line=4, column=1, marked="langauges",
        message="there is no setting langauges", hint="did you mean languages?",
    ),
    setting(
        "E005", f'{SETTINGS}limit = "many"\n', line=4, column=10, marked="many", message="is not a number of entries",
        hint="50",
    ),
    setting(
        "E005", f"{SETTINGS}pages = false\n", line=4, column=9, marked="false", message="every link", hint="permalink",
    ),
    setting(
        "E006", SETTINGS.replace("zh-Hans", "cn"), line=3, column=21, marked="cn", message="'cn' is not a language tag",
        hint="did you mean zh-CN or zh-Hans?",
    ),
    Case(
        code="E007", path="entries", message="must not be the entries folder, contain it", hint="--output",
        act=lambda: feedpub.build(feedpub.load("entries"), "entries"),
    ),
    Case(
        code="E008", path=TOML, message="this file exists", hint="edit it",
        act=lambda: feedpub.init(".", today=date(2026, 2, 1)),
    ),
    Case(
        code="E009", path="entries/templates/base.html", line=2, message="unknown tag 'endif'", hint="remove it",
        act=render_with_broken_template,
    ),
    Case(code="E010", path="public", message="another build is running", hint="wait", act=build_beside_another),
    Case(code="E011", path="public", message="contains no feed", hint="feedpub build", act=ping_hub_of_nothing),
    Case(code="E012", path=TOML, message="no hub", hint="hub =", act=lambda: feedpub.ping("entries")),
    Case(code="E014", path="public/en", message="is a symbolic link", hint="remove it", act=build_through_a_link),
    Case(code="E013", path="", message="port", hint="--port", act=serve_at_a_taken_port),
    Case(code="E015", path="", message="soon", hint="ISO date", act=lambda: feedpub.build("entries", until="soon")),
    Case(code="E121", files={"a.mdx": post()}, path="entries", message="contains 1 file *.mdx", hint="article.en.md"),
    entry("E101", post(title=""), line=1, column=1, marked="---", message="no title", hint="title:"),
    entry("E101", "Text.\n", message="no title", hint="# Title"),
    entry(
        "E102", post(published="01/02/2026"), line=3, column=12, marked="01/02/2026",
        message="could be 1 February or 2 January", hint="2026-02-01T09:00:00+08:00",
    ),
    entry("E102", post(updated="tomorrow"), line=4, column=10, marked="tomorrow", message="is not an ISO date"),
    entry("E103", post(published=""), message="no publication date", hint="published:"),
    entry("E104", b"# A\n\nb\xd6c\n", line=3, column=2, marked="\ufffd", message="byte 0xd6 is not UTF-8"),
    entry("E104", post().encode("utf-16"), message="the file is UTF-16", hint="UTF-8"),
    entry("E106", "", message="the file is empty", hint="remove the file"),
    Case(
        code="E107", act=lint_with_folder, message="is a folder", hint="rename",
    ),
    Case(
        code="E107", act=lint_with_broken_link, message="link to a file that does not exist", hint="fix",
    ),
    entry("E108", post(title="Feeds: why?"), line=2, column=13, marked=":", message='contains ": "', hint="quotes"),
    entry("E109", "---\ntitle: A\n", line=1, column=1, marked="---", message="is not closed", hint="---"),
    entry("E110", post(title="[a, b]"), line=2, column=8, marked="[a, b]", message="title must be text"),
    entry("E110", post(draft="maybe"), line=4, column=8, marked="maybe", message="true or false"),
    entry(
        "E111", post(source="www.works.test"), line=4, column=9, marked="www.works.test",
        message="is not an absolute http or https address", hint="https://",
    ),
    entry(
        "E111", post("## References\n1. [Timetable](https://trains..test/)\n"), line=6, column=16,
        marked="https://trains..test/", message="is not", hint="https://",
    ),
    Case(
        code="E112", files={"a.md": post(language="cn")}, path="entries/a.md", line=4, column=11, marked="cn",
        message="'cn' is not a language tag", hint="zh-Hans",
    ),
    Case(
        code="E112", files={"a.md": post(language="fr")}, path="entries/a.md", line=4, column=11, marked="fr",
        message="fr is not one of the site's languages", hint='add "fr"',
    ),
    Case(
        code="E113", files={"a.cn.md": CHINESE}, path="entries/a.cn.md", message="cn is not a language tag",
        hint="rename it to a.zh-Hans.md",
    ),
    Case(
        code="E114", files={"a.en.md": ENGLISH, "a.md": ENGLISH}, path="entries/a.md",
        message="entries/a.en.md is the same article", hint="another name",
    ),
    Case(
        code="E115", files={"archive.en.md": ENGLISH}, path="entries/archive.en.md", message="'archive' cannot be",
        hint="another name",
    ),
    entry("E115", post(key="a/b"), line=4, column=6, marked="a/b", message="'a/b' cannot be the name"),
    Case(
        code="E116", path="entries/b.en.md", line=4, column=5, marked="tag:site.test,2026:a/en",
        files={"a.en.md": ENGLISH, "b.en.md": post(id="tag:site.test,2026:a/en")},
        message="entries/a.en.md has the same id", hint="the newer one",
    ),
    entry("E117", post(LONG_BODY), message="1,280 KB", hint="1,000 KB"),
    entry("E118", post(Title="Day trains"), line=4, column=1, marked="Title", message="the same as title"),
    entry("E120", post("<div>\n" * 20_001), message="of 20,001 tags 20,001 are not closed", hint="close the open tags"),
    pasted("E201", " \n\n", message="no text for an article", hint="headings"),
    pasted("E202", "Summary\nA\x0eb.\n", line=2, column=2, marked="\x0e", message="U+000E", hint="remove"),
    pasted("E203", "42\n", line=1, message="the language of this text is unknown", hint="heading"),
    pasted(
        "E204",
        "Summary\nOne.\nKey Points\n- A\nSummary\nTwo.\nKey Points\n- B\n",
        line=5, message="a second text in English", hint="one article",
    ),
    pasted(
        "E205", "Night trains.\n\nSumary\nA.\n\nSources\n- B\n", line=1, message="“Summary”", hint="line 3"
    ),
    pasted("E221", DIGEST, titles={}, message="no title in English (en)", hint="--title en="),
    pasted("E222", DIGEST, published=None, message="no date", hint="--published"),
    pasted("E222", DIGEST, published="1/2/26", message="1/2/26: could be", hint="ISO"),
    pasted(
        "E222", "# T\nBy Ann\nMay 3, 2026\n\nSummary\nA.\n", published=None,
        message="no date", hint='--published 2026-05-03; it also names an author: --author "Ann"',
    ),
    pasted(
        "E223", "Résumé\nLes trains sont de retour.\n", titles={"fr": "Trains"},
        message="is in fr, which is not one", hint='"fr"',
    ),
    pasted(
        "E224", DIGEST, titles={"en": "Trains", "ja": "列車"}, message="a title in ja",
        hint="the text is in en",
    ),
    pasted("E224", DIGEST, titles={"en": "Trains", "x": "X"}, message="not a language tag"),
    pasted(
        "E225", DIGEST, files={"night-trains.en.md": ENGLISH},
        path="entries/night-trains.en.md", message="this file exists", hint="--key",
    ),
    pair("W101", ENGLISH, CHINESE.replace("  - 建造缓慢\n", ""), path=ZH, message="0 points under key point 1"),
    pair(
        "W102", ENGLISH, CHINESE.replace("works.test", "zh.works.test"), path=ZH, line=12, column=1,
        marked="1. [时刻表](https://zh.works.test/timetable) - 铁路", message="reference 1 links to another address",
        hint="https://works.test/timetable",
    ),
    pair(
        "W103", ENGLISH.replace("are back", "are 回来"), CHINESE, line=6, column=10, marked="回来",
        message="is not in the script of English", hint='<i lang="…">回来</i>',
    ),
    entry("W104", CHINESE.replace("---\n## ", "published: 2026-02-01\n---\n## "), line=2, column=8, marked="夜间列车",
        message="does not look like English (en)", hint="name the file"),
    entry("W104", post(language="zh-CN"), line=4, column=11, marked="zh-CN", message="the file name says en"),
    entry("W105", post("See [this](more.html).\n"), line=5, column=12, marked="more.html", message="relative address"),
    entry(
        "W105", post("![A](//x.test/a.png)\n"), line=5, column=6, marked="//x.test/a.png", message="relative address",
        hint="write https://x.test/a.png",
    ),
    entry("W106", post("A <script>alert(1)</script>\n"), line=5, column=3, marked="<script", message="is removed"),
    entry(
        "W106", post("[A](javascript:b)\n"), line=5, column=5, marked="javascript:b", message="javascript: links",
    ),
    entry("W107", post(updated="2026-01-31"), line=4, column=10, marked="2026-01-31", message="before published"),
    entry(
        "W108", post("## Summary\nA\n\n## Source\n<https://b.test/>\n", source="https://a.test/"), line=10, column=1,
        marked="<https://b.test/>", message="names another source: https://a.test/", hint="keep one",
    ),
    entry(
        "W109", post("## References\n1. A <https://a.test/> <https://b.test/>\n"), line=6, column=1,
        marked="1. A <https://a.test/> <https://b.test/>", message="2 addresses", hint="its own number",
    ),
    entry(
        "W110", post("## Summary\nA\n\n## Previous\nDay trains\n", previous="Slow trains"), line=4, column=11,
        marked="Slow trains", message="previous is not the same in the front matter", hint="keep one",
    ),
    entry("W120", post(title="A # b"), line=2, column=10, marked="# b", message="is read as a comment", hint="quotes"),
    entry("W121", post("ab\x08c\n"), line=5, column=3, marked="\x08", message="U+0008", hint="remove"),
    entry("W122", post("a\ufffdb\n"), line=5, column=2, marked="\ufffd", message="that was lost", hint="write the"),
    entry("W130", post("<!-- nothing yet -->\n"), message="nothing to read in this entry", hint="draft: true"),
    entry(
        "W131", post("Text {% include x.html %}.\n"), line=5, column=6, marked="{% include x.html %}",
        message="{% include x.html %} is a template tag", hint="backticks",
    ),
    setting(
        "N001", SETTINGS.replace("site.test/", "example.org/"), line=1, column=13, marked="https://example.org/",
        message="for examples only", hint="where you will publish",
    ),
    Case(
        code="N002", path="entries/templates/base.html", line=2, message="own is the old name of feed_links",
        hint="write feed_links", act=lint_with_old_template,
    ),
    entry("N101", post(autor="Ann"), line=4, column=1, marked="autor", message="'autor'", hint="did you mean author"),
    entry(
        "N102", post("## References\n1. Timetable - Railway\n"), line=6, column=1, marked="1. Timetable - Railway",
        message="reference 1 has no address", hint="https://",
    ),
    Case(
        code="N103", files={"a.en.md": post(), "b.en.md": post(title="Day trains")}, path="entries/b.en.md", line=3,
        column=12, marked="2026-02-01", message="entries/a.en.md was updated at the same moment", hint="time of day",
    ),
    entry("N104", post(), message="no translation into zh-Hans", hint="a.zh-Hans.md"),
    Case(
        code="N105", path=ZH, message="not among the newest 1", hint="published:",
        settings=f"{SETTINGS}limit = 1\n",
        files={"a.en.md": ENGLISH, "a.zh-Hans.md": CHINESE, "b.zh-Hans.md": post(published="2026-03-01")},
    ),
    Case(
        code="N106", files={"a.mt.md": post()}, settings=SETTINGS.replace("zh-Hans", "mt"), path="entries/a.mt.md",
        message="no words in mt", hint="CONTRIBUTING.md",
    ),
    pair(
        "N107", ENGLISH, CHINESE.replace("[时刻表](https://works.test/timetable)", "时刻表"), path=ZH,
        message="1 reference takes its address from another language",
    ),
    entry("N108", post(draft="true"), line=4, column=8, marked="true", message="left out", hint="remove"),
    Case(
        code="N109", files={"a.en.md": post(), "b.en.md": post(published="2026-02-02")}, path="entries/b.en.md", line=2,
        column=8, marked="Night trains", message="entries/a.en.md has the same title",
    ),
    Case(
        code="N110", files={"a.en.md": post(), "b.en.markdown": post()}, path="entries/b.en.markdown",
        message="name does not end in .md", hint="rename it to b.en.md",
    ),
    entry(
        "N111", post("## Refrences\n1. [A](https://works.test/a)\n"), line=5, column=1, marked="## Refrences",
        message="nearly “references”", hint="## References",
    ),
    entry(
        "N120", post(date="2026-02-02"), line=4, column=1, marked="date", message="means the same as published",
        hint="remove",
    ),
    entry("N121", post(published="2026-2-1"), line=3, column=12, marked="2026-2-1", message="read as 2026-02-01",
        hint="write 2026-02-01"),
    entry(
        "N122", post(image="[https://a.test/a.png, https://a.test/b.png]"), line=4, column=31,
        marked="https://a.test/b.png", message="takes one picture",
    ),
    entry(
        "N123", post(tags="python, feeds, web dev"), line=4, column=7, marked="python, feeds, web dev",
        message="read as 3 words", hint="tags: [python, feeds, web dev]",
    ),
    Case(
        code="N124", files={"2026-02-03-hello.md": post(published="")}, path="entries/2026-02-03-hello.md",
        message="the article is called hello", hint="published: 2026-02-03",
    ),
    entry(
        "N125", post(published="2999-12-24T09:00:00+01:00"), line=3, column=12, marked="2999-12-24T09:00:00+01:00",
        message="builds before 2999-12-24T09:00:00+01:00", hint="nothing to do",
    ),
    entry(
        "N132", post("A <u>b</u>.\n"), line=5, column=3, marked="<u", message="<u> is removed; its text is published",
        hint="backticks",
    ),
    entry(
        "N130", post("## Summary\nA\n\n## Key Points\n- B\n\n## Costs\nC\n"), line=11, column=1, marked="## Costs",
        message="is not the name of a section", hint="digest: true",
    ),
    entry(
        "N131", post("Use <title> here.\n"), line=5, column=5, marked="<title>", message="read as text",
        hint="`<title>`",
    ),
    entry("N133", post("A.\n\n[^x]: B\n"), line=7, column=1, marked="[^x]:", message="nothing refers to", hint=""),
    entry(
        "N134", post("春眠不觉晓\n处处闻啼鸟\n"), line=5, column=5, marked="晓", message="published as one",
        hint="hard_breaks: true",
    ),
    entry("W132", post("A **b **c and **d **e\n"), line=5, message="asterisks", column=3, marked="**"),
    entry(
        "W140", post("[a](https://a.test/) <!-- feedpub: accept https://a.test/ until 2020-01-01 because x -->\n"),
        line=5, column=22, marked="<!-- feedpub: accept https://a.test/ until 2020-01-01 because x -->",
        message="ended on 2020-01-01", hint="choose a later date", act=check_links_offline,
    ),
]  # fmt: skip


def problems_of(case: Case, folder: Path) -> tuple[Problem, ...]:
    """Do what a case says in a folder of its own, and return all that is found."""
    write_site(folder / "entries", case.files, case.settings)
    with contextlib.chdir(folder):
        try:
            found = feedpub.lint("entries") if case.act is None else case.act()
        except (feedpub.ConfigError, feedpub.EntryError) as error:
            return error.problems
    return found if isinstance(found, tuple) else ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.message[:24]}")
def test_problem_is_found_in_its_place(case: Case, tmp_path: Path) -> None:
    problems = problems_of(case, tmp_path)
    found = [problem for problem in problems if problem.code == case.code]
    assert len(found) == 1, problems
    problem = found[0]
    marked = problem.excerpt[problem.column - 1 : problem.end_column - 1] if problem.column else ""
    assert (problem.path, problem.line, problem.column) == (case.path, case.line, case.column)
    assert marked == case.marked
    assert case.message in problem.message
    assert case.hint in problem.hint


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.message[:24]}")
def test_message_reads_like_a_compilers(case: Case, tmp_path: Path) -> None:
    problem = next(problem for problem in problems_of(case, tmp_path) if problem.code == case.code)
    severity = {"E": "error", "W": "warning", "N": "note"}[case.code[0]]
    lines = iter(str(problem).splitlines())
    assert next(lines) == f"{severity}[{problem.code}] {problem.title}"
    if problem.path or problem.line:
        place = (problem.path, problem.line, problem.column)
        assert next(lines) == "  " + ":".join(str(part) for part in place if part)
    if problem.line:
        assert next(lines).startswith(f"  {problem.line} | ")
    message = next(lines)
    assert message.endswith(problem.message)
    assert problem.column == 0 or re.match(r" +\^+ ", message)
    assert list(lines) == ([f"  help: {problem.hint}"] if problem.hint else [])


def test_message_is_the_one_of_the_readme(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.code == "E102")
    problem = next(problem for problem in problems_of(case, tmp_path) if problem.code == "E102")
    assert str(problem) == (
        "error[E102] bad date\n"
        "  entries/a.en.md:3:12\n"
        "  3 | published: 01/02/2026\n"
        "                 ^^^^^^^^^^ could be 1 February or 2 January\n"
        "  help: write an ISO date, e.g. 2026-02-01 or 2026-02-01T09:00:00+08:00"
    )


def test_carets_stand_below_wide_characters(tmp_path: Path) -> None:
    text = CHINESE.replace("回来了", "回来了 <script>")
    case = pair("N131", ENGLISH, text, message="read as text")
    problem = next(problem for problem in problems_of(case, tmp_path) if problem.code == "N131")
    excerpt, carets = str(problem).splitlines()[2:4]
    assert excerpt == "  5 | 夜间列车回来了 <script>。"
    assert carets.startswith(" " * (6 + 7 * 2 + 1) + "^" * len("<script>") + " ")


def test_every_code_is_provoked() -> None:
    assert {case.code for case in CASES} == {
        code for code in feedpub.problem_codes() if code[1] < "3"
    }  # tests/validation


@pytest.mark.parametrize("code", feedpub.problem_codes())
def test_every_code_has_a_page(code: str) -> None:
    first, blank, *page = feedpub.explain(code).splitlines()
    title = Problem(code=code, message="").title
    assert re.fullmatch("[EWN][0-9]{3}", code)
    assert first == f"{code} {title}"
    assert title
    assert title == title.strip(" .")
    assert blank == ""
    assert len("\n".join(page)) > 60, "a page says what is wrong and how it is mended"
    assert all(len(line) <= 120 for line in page)


def test_codes_are_in_order() -> None:
    order = ["E", "W", "N"]
    codes = feedpub.problem_codes()
    assert list(codes) == sorted(codes, key=lambda code: (order.index(code[0]), code))


def test_good_site_has_no_problem(tmp_path: Path) -> None:
    assert feedpub.lint(write_site(tmp_path / "entries", GOOD)) == ()


def used_codes() -> Iterator[str]:
    package = Path(feedpub.__file__).parent
    for module in package.rglob("*.py"):
        yield from re.findall(r'"([EWN]\d{3})"', module.read_text(encoding="utf-8"))


def test_pages_and_program_know_the_same_codes() -> None:
    assert set(used_codes()) == set(feedpub.problem_codes())
