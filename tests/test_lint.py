"""Warnings and notes of lint: in an entry, between languages and between articles; and what it does not report."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

import feedpub
from feedpub import Problem
from feedpub.errors import MOST_PROBLEMS_OF_A_CODE
from support.sample_sites import CHINESE, ENGLISH, GOOD, SETTINGS, post, write_site

ENTRIES = Path(__file__).parent.parent / "entries"


def lint_files(
    folder: Path, files: Mapping[str, str | bytes], config: str = SETTINGS, *, codes: str = ""
) -> list[tuple[str, str, str]]:
    """Return code, file and marked text of each problem, or only of problems with these codes."""
    problems = feedpub.lint(write_site(folder / "entries", files, config))
    return [
        (problem.code, problem.path.rpartition("/")[2], get_marked_text(problem))
        for problem in problems
        if not codes or problem.code in codes.split()
    ]


def get_marked_text(problem: Problem) -> str:
    return problem.excerpt[problem.column - 1 : problem.end_column - 1] if problem.column else ""


def set_languages(*tags: str) -> str:
    """Return settings with these languages."""
    return SETTINGS.replace('["en", "zh-Hans"]', str(list(tags)).replace("'", '"'))


# Between languages

POINTS = "## Key Points\n- A\n  - a\n  - b\n- B\n"
ZH_POINTS = "## 关键点\n- 甲\n  - 一\n  - 二\n- 乙\n"


@pytest.mark.parametrize(
    ("english", "chinese", "message"),
    [
        (POINTS, ZH_POINTS, None),
        (POINTS, "## 关键点\n- 甲\n  - 一\n  - 二\n", "1 key points, but entries/a.en.md has 2"),
        (POINTS, "没有。\n", "0 key points, but entries/a.en.md has 2"),
        (POINTS, ZH_POINTS.replace("  - 二\n", ""), "1 points under key point 1, but entries/a.en.md has 2"),
        (POINTS, ZH_POINTS + "  - 三\n", "1 points under key point 2, but entries/a.en.md has 0"),
        (POINTS, ZH_POINTS.replace("  - 二", "    - 二"), None),  # the same number below, deeper by one
        ("## References\n1. A\n2. B\n", "## 参考文献\n1. 甲\n", "1 references, but entries/a.en.md has 2"),
        ("## References\n1. A\n2. B\n", "## 参考文献\n1. 甲\n2. 乙\n", None),
        ("Only text.\n", "只有文字。\n", None),
    ],
)
def test_languages_have_the_same_points_and_references(
    english: str, chinese: str, message: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_site(Path("entries"), {"a.en.md": post(english), "a.zh-Hans.md": post(chinese, title="夜间列车")})
    problems = [problem for problem in feedpub.lint("entries") if problem.code == "W101"]
    assert [problem.message for problem in problems] == ([message] if message else [])
    assert {problem.path for problem in problems} <= {"entries/a.zh-Hans.md"}


def test_languages_link_to_the_same_addresses(tmp_path: Path) -> None:
    english = post("## References\n1. A <https://a.test/>\n2. B <https://b.test/>\n3. C\n4. D <https://d.test/>\n")
    chinese = post("## 参考文献\n1. 甲 <https://a.test/zh>\n2. 乙\n3. 丙 <https://c.test/>\n4. 丁 <https://d.test/>\n")
    files = {"a.en.md": english, "a.zh-Hans.md": chinese.replace("Night trains", "夜间列车")}
    assert lint_files(tmp_path, files, codes="W102 W101") == [("W102", "a.zh-Hans.md", "1. 甲 <https://a.test/zh>")]


@pytest.mark.parametrize(
    ("language", "text", "runs"),
    [
        ("en", "The word 分工 was left.\n", ["分工"]),
        ("en", "One word is 分工, two are 协作, and then there is Россия.\n", ["分工", "协作", "Россия"]),
        ("en", "A point of 分 and α: single letters.\n", []),
        ("en", "## Key Points\n- The word 分工\n", ["分工"]),
        ("en", "Marked: <i lang=\"zh-Hans\">分工</i>, <span class='x' lang=zh>协作\n平台</span>.\n", []),
        ("en", "Marked <i lang=zh>分工</i> and not marked 分工.\n", ["分工"]),
        ("en", "Code `print('分工')` and ``a `分工` b``.\n", []),
        ("en", "```python\nprint('分工')\n```\n\n~~~\n协作\n~~~\n", []),
        ("en", "Before `code` 分工 `code` after.\n", ["分工"]),
        ("en", "Ends with a fence 分工:\n\n```\n协作\n", ["分工"]),
        ("en", "See <https://zh.wikipedia.test/wiki/分工> and [this](https://zh.wikipedia.test/wiki/分工).\n", []),
        ("en", "<!-- 译者注 -->\n\nText.\n", []),
        ("en", "## References\n1. 分工论 - 商务印书馆\n2. [协作\n   平台](https://a.test/)\n", []),
        ("en", "Café, naïve, Dvořák, Åland, Đà Nẵng.\n", []),
        ("zh-Hans", "DeepSeek 发布了 GPT-OSS 与 LangChain 的 SDK。\n", []),
        ("zh-Hans", "他在会议上说“もちろん”，然后和同事们一起离开了办公室，没有再回来。\n", ["もちろん"]),
        ("zh-Hans", "俄语词 Россия 没有翻译，文章的其他部分都是中文。\n", ["Россия"]),
        ("ja", "東京は大きい。GitHub を使います。\n", []),
        ("ko", "서울은 크다. 漢字 도 있다.\n", []),
        ("ar", "هذا نص عربي عن GitHub وأدواته.\n", []),
        ("ar", "هذا نص عربي عن 分工 وأدواته.\n", ["分工"]),
        ("bn", "এটি একটি বাংলা লেখা।\n", []),
        ("sr", "Ово је текст.\n", []),
        ("el", "Αυτό είναι ένα κείμενο για το GitHub.\n", []),
    ],
)
def test_letters_of_another_script_in_a_translation(language: str, text: str, runs: list[str], tmp_path: Path) -> None:
    other = "fr" if language == "en" else "en"
    files = {f"a.{language}.md": post(text, title="T"), f"a.{other}.md": post("Text.\n")}
    problems = lint_files(tmp_path, files, set_languages(language, other), codes="W103 W104")
    assert problems == [("W103", f"a.{language}.md", run) for run in runs]


def test_letters_of_another_script_are_fine_in_a_single_language(tmp_path: Path) -> None:
    assert lint_files(tmp_path, {"a.en.md": post("The word 分工.\n")}, codes="W103") == []


@pytest.mark.parametrize(
    ("matter", "warned"),
    [
        ({"title": "Open models of 深度求索"}, []),  # no mark can stand there
        ({"title": "夜间列车"}, ["夜间列车"]),
        ({"summary": "夜间列车回来了"}, ["夜间列车回来了"]),
        ({"categories": "[人工智能, AI]"}, []),
        ({"categories": "\n  - 人工智能\n  - 开源软件"}, []),
        ({"authors": "王小明"}, []),
        ({"previous": "夜间列车"}, []),
        ({"rights": "版权所有"}, []),
    ],
)
def test_letters_of_another_script_in_front_matter(matter: dict[str, str], warned: list[str], tmp_path: Path) -> None:
    english = post("A long English text, which shows what language this is, whatever its title may be.\n", **matter)
    files = {"a.en.md": english, "a.zh-Hans.md": CHINESE}
    assert lint_files(tmp_path, files, codes="W103 W104") == [("W103", "a.en.md", text) for text in warned]


def test_many_letters_of_another_script_are_summed_up(tmp_path: Path) -> None:
    english = "This is a longer English paragraph so that its language is beyond any doubt. " * 8
    text = post(english + "\n\n" + " and ".join(["分工"] * (MOST_PROBLEMS_OF_A_CODE + 5)))
    folder = write_site(tmp_path / "entries", {"a.en.md": text, "a.zh-Hans.md": CHINESE})
    problems = [problem for problem in feedpub.lint(folder) if problem.code == "W103"]
    assert len(problems) == MOST_PROBLEMS_OF_A_CODE + 1
    assert problems[-1].message == "… and 5 more of this kind in this file"
    assert "分工" in problems[0].message


@pytest.mark.parametrize("mark", ["<i lang=x>", "`", "```", "<!--", "<a lang=", "https://"])
def test_markup_without_end_takes_little_time(mark: str, tmp_path: Path) -> None:
    files = {"a.en.md": post(mark * 20_000 + " 分工"), "a.zh-Hans.md": CHINESE}
    folder = write_site(tmp_path / "entries", files)
    began = time.perf_counter()
    feedpub.lint(folder)
    assert time.perf_counter() - began < 10


# Language

CHINESE_TEXT = "夜间列车正在重返欧洲，背后的研发主要围绕睡眠展开：更安静的转向架与更柔和的制动。\n"
TRADITIONAL_TEXT = "夜間列車正在重返歐洲，背後的研發主要圍繞睡眠展開：更安靜的轉向架與更柔和的制動。\n"
ENGLISH_TEXT = "Night trains are coming back to Europe, and the research behind them is about sleep.\n"


@pytest.mark.parametrize(
    ("language", "title", "text", "fits"),
    [
        ("en", "Night trains", ENGLISH_TEXT, True),
        ("en", "Night trains", CHINESE_TEXT, False),
        ("en", "夜间列车", ENGLISH_TEXT, True),
        ("en", "2026", "42\n", True),
        ("en", "Code", "```\n打印(一个很长的中文字符串，比英文多得多)\n```\n", True),
        ("en", "Words", 'They are <i lang="zh">分工协作平台与开放模型</i>.\n', True),
        ("en", "Works", "Only their names:\n\n## References\n1. 分工协作平台与开放模型的研究与实践\n", True),
        ("en", "Words", "Division of labour is 分工, together is 协作, platform is 平台, model is 模型.\n", True),
        ("zh-Hans", "夜间列车", CHINESE_TEXT, True),
        ("zh-Hans", "GitHub Copilot CLI 1.0", "发布了 GitHub Copilot Workspace。\n", True),
        ("zh-Hans", "Night trains", ENGLISH_TEXT, False),
        ("zh-Hans", "夜間列車", TRADITIONAL_TEXT, False),
        ("zh-Hant", "夜間列車", TRADITIONAL_TEXT, True),
        ("zh-Hant", "夜间列车", CHINESE_TEXT, False),
        ("zh-TW", "夜間列車", TRADITIONAL_TEXT, True),
        ("zh-CN", "夜間列車", TRADITIONAL_TEXT, False),
        ("zh", "夜間列車", TRADITIONAL_TEXT, True),
        ("zh", "夜间列车", CHINESE_TEXT, True),
        ("zh-Hans", "夜行列車", "夜行列車がヨーロッパに帰ってきました。静かな台車とやわらかいブレーキです。\n", False),
        ("ja", "夜行列車", "夜行列車がヨーロッパに帰ってきました。\n", True),
        ("ja", "夜行列車復活", "新型車両\n", True),
        ("ko", "야간 열차", "유럽에 야간 열차가 돌아옵니다.\n", True),
        ("ru", "Ночные поезда", "Ночные поезда возвращаются в Европу.\n", True),
        ("ru", "Night trains", ENGLISH_TEXT, False),
        ("ru", "GitHub Copilot", "Вышел GitHub Copilot Workspace Preview.\n", True),
        ("fr", "Trains de nuit", "Les trains de nuit reviennent.\n", True),
        ("bn", "রাতের ট্রেন", "GitHub, GitLab এবং অন্যান্য।\n", True),
        ("ta", "இரவு", "GitHub GitLab Codeberg\n", True),
        ("ar", "قطارات الليل", "تعود القطارات الليلية إلى أوروبا.\n", True),
        ("en", "قطارات الليل", "تعود القطارات الليلية إلى أوروبا.\n", False),
    ],
)
def test_text_looks_like_its_language(language: str, title: str, text: str, fits: bool, tmp_path: Path) -> None:
    problems = lint_files(
        tmp_path, {f"a.{language}.md": post(text, title=title)}, set_languages(language), codes="W104"
    )
    assert problems == ([] if fits else [("W104", f"a.{language}.md", title)])


def test_text_in_another_language_is_one_warning(tmp_path: Path) -> None:
    chinese = CHINESE.replace("---\n## ", "published: 2026-02-01\n---\n## ")
    problems = lint_files(tmp_path, {"a.en.md": chinese, "a.zh-Hans.md": CHINESE}, codes="W103 W104")
    assert problems == [("W104", "a.en.md", "夜间列车")]


# Links and HTML


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[A](b.html)\n", [("W105", "b.html")]),
        ("a b.html [A](b.html) c\n", [("W105", "b.html")]),
        ("![A](pictures/b.png)\n", [("W105", "pictures/b.png")]),
        ("[A](/b)\n", [("W105", "/b")]),
        ("[A](//b.test/c)\n", [("W105", "//b.test/c")]),
        ("[A](文.html)\n", [("W105", "文.html")]),
        ("[A](b.html?a=1&b=2)\n", [("W105", "b.html?a=1&b=2")]),
        ("[A][b]\n\n[b]: c.html\n", [("W105", "[A][b]")]),
        ("<a href=\"b.html\">A</a> <img src='c.png'>\n", [("W105", "b.html"), ("W105", "c.png")]),
        ("## Key Points\n- [A](b.html)\n", [("W105", "b.html")]),
        ("[A]()\n", [("W105", "[A]()")]),
        ("[A](#note) <https://b.test/> [C](mailto:a@b.test) [D](tel:+86)\n", []),
        ("[A](HTTPS://b.test/)\n", []),
        ('`<a href="b.html">` and <span data-href="c">C</span>\n', []),
        ("[A](javascript:b)\n", [("W106", "javascript:b")]),
        ("[A](&#106;avascript:b)\n", [("W106", "[A](&#106;avascript:b)")]),
        ("![A](data:image/png;base64,AAAA)\n", [("W106", "data:image/png;base64,AAAA")]),
        ("A <script>b</script>\n", [("W106", "<script")]),
        ('<iframe src="https://b.test/"></iframe>\n', [("W106", "<iframe")]),
        ("<FORM>A</FORM>\n\n<form>B</form>\n", [("W106", "<FORM"), ("W106", "<form")]),
        ("`<script>` and <style>b</style>\n\n```\n<script>\n```\n", [("W106", "<style")]),
        ("## Key Points\n- <svg></svg>\n", [("W106", "<svg")]),
        ("`<script>` only\n", []),
        ("Less &lt;script&gt;\n", []),
    ],
)
def test_links_and_html_that_readers_lose(text: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    problems = lint_files(tmp_path, {"a.en.md": post(text)}, codes="W105 W106")
    assert [(code, mark) for code, _, mark in problems] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. A\n2. <https://b.test/>\n3. C\n", [("N102", "1. A")]),
        ("1. A <https://a.test/>\n2. B\n", [("N102", "2. B")]),
        ("1. A <https://a.test/>\n", []),
        ("1. [A](b.html)\n2. B\n", [("N102", "2. B")]),  # the other has one, which is an error
        ("1. A <https://a.test/>, <https://b.test/>\n", [("W109", "1. A <https://a.test/>, <https://b.test/>")]),
        ("1. A <https://a.test/>\n2.\n3. C <https://c.test/>\n", [("W109", "2.")]),
    ],
)
def test_references(text: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    problems = lint_files(tmp_path, {"a.en.md": post(f"## References\n{text}")}, codes="N102 W109")
    assert [(code, mark) for code, _, mark in problems] == expected


def test_note_on_references_names_them_all(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", {"a.en.md": post("## References\n1. A\n2. B <https://b.test/>\n3. C\n")})
    (note,) = [problem for problem in feedpub.lint(folder) if problem.code == "N102"]
    assert note.message == "references 1, 3 have no address"


# Dates, titles, translations of a site


@pytest.mark.parametrize(
    ("published", "updated", "warned"),
    [
        ("2026-02-01", "2026-01-31", True),
        ("2026-02-01", "2026-02-01", False),
        ("2026-02-01", "", False),
        ("2026-02-01T09:00:00+08:00", "2026-02-01T02:00:00Z", False),
        ("2026-02-01T09:00:00+08:00", "2026-02-01T00:59:00Z", True),
    ],
)
def test_updated_is_not_before_published(published: str, updated: str, warned: bool, tmp_path: Path) -> None:
    problems = lint_files(tmp_path, {"a.en.md": post(published=published, updated=updated)}, codes="W107")
    assert problems == ([("W107", "a.en.md", updated)] if warned else [])


def test_same_moment_is_noted_where_the_date_is_written(tmp_path: Path) -> None:
    files = {
        "a.en.md": post(title="A"),
        "b.en.md": post(title="B"),
        "c.en.md": post(title="C", published="2026-01-01", updated="2026-02-01"),
        "d.en.md": post(title="D", published="2026-02-02"),
        "b.zh-Hans.md": "---\ntitle: 乙\n---\n乙乙乙。\n",
        "a.zh-Hans.md": "---\ntitle: 甲\n---\n甲甲甲。\n",
    }
    expected = [("N103", "b.en.md", "2026-02-01"), ("N103", "c.en.md", "2026-02-01")]
    assert lint_files(tmp_path, files, codes="N103") == expected


def test_same_title_in_one_language_is_noted(tmp_path: Path) -> None:
    files = {
        "a.en.md": post(published="2026-02-01"),
        "b.en.md": post(published="2026-02-02"),
        "c.en.md": "---\npublished: 2026-02-03\n---\n# Night trains\nText.\n",
        "a.zh-Hans.md": "---\ntitle: Night trains\n---\n夜间列车回来了。\n",
    }
    assert lint_files(tmp_path, files, codes="N109") == [("N109", "b.en.md", "Night trains"), ("N109", "c.en.md", "")]


def test_missing_translations_are_noted_at_the_original(tmp_path: Path) -> None:
    files = {
        "a.zh-Hans.md": post(CHINESE_TEXT, title="甲"),
        "b.ja.md": post(title="B"),
        "b.en.md": post(published="2026-02-02"),
        "c.en.md": post("A draft.\n", draft="true"),
        "d.en.md": post(published="2026-02-03", title="D"),
        "d.zh-Hans.md": post("A draft.\n", draft="true"),
        "d.ja.md": "",
    }
    folder = write_site(tmp_path / "entries", files, set_languages("en", "zh-Hans", "ja"))
    notes = [problem for problem in feedpub.lint(folder) if problem.code == "N104"]
    assert [(note.path.rpartition("/")[2], note.message, note.hint) for note in notes] == [
        ("a.zh-Hans.md", "there is no translation into en, ja", "write it in a.en.md"),
        ("b.en.md", "there is no translation into zh-Hans", "write it in b.zh-Hans.md"),
    ]


def test_late_translations_are_noted(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {}
    for month in range(1, 6):
        files[f"a{month}.en.md"] = post(title=f"A {month}", published=f"2026-0{month}-01")
        files[f"a{month}.zh-Hans.md"] = f"---\ntitle: 夜间列车 {month}\n---\n{CHINESE_TEXT}"
    assert lint_files(tmp_path, files, f"{SETTINGS}limit = 5\n", codes="N105") == []
    assert lint_files(tmp_path, files, f"{SETTINGS}limit = 3\n", codes="N105") == [("N105", "a2.zh-Hans.md", "")]
    for limit, others in ((4, ""), (3, " (nor is 1 other)"), (2, " (nor are 2 others)")):
        folder = write_site(tmp_path / "entries", files, f"{SETTINGS}limit = {limit}\n")
        (note,) = (problem for problem in feedpub.lint(folder) if problem.code == "N105")
        assert note.message.endswith(f"is not among the newest {limit}{others}")
    files["a1.zh-Hans.md"] = post(CHINESE_TEXT, title="夜间列车 1", published="2026-06-01")
    files["a2.zh-Hans.md"] = post(CHINESE_TEXT, title="夜间列车 2", published="2026-06-02")
    assert lint_files(tmp_path, files, f"{SETTINGS}limit = 4\n", codes="N105") == [("N105", "a3.zh-Hans.md", "")]


def test_language_without_words_is_noted_once(tmp_path: Path) -> None:
    files = {"a.mt.md": post(), "b.mt.md": post(title="B", published="2026-02-02")}
    assert lint_files(tmp_path, files, set_languages("mt", "en"), codes="N106") == [("N106", "a.mt.md", "")]
    assert lint_files(tmp_path / "pt", {"a.pt-BR.md": post()}, set_languages("pt-BR"), codes="N106") == []


# Good articles

PLAIN_POST = """\
---
published: 2026-02-01
---
# Notes on a café

An ordinary post with *emphasis*, `code`, a [link](https://a.test/), and “quotes”. It names DeepSeek, Qwen and naïveté.

> A quote

| A | B |
| - | - |
| 1 | 2 |

```python
print("分工", "Россия")
```

The word <i lang="zh-Hans">分工</i> is marked.
"""


@pytest.mark.parametrize(
    "files",
    [
        GOOD,
        {"a.en.md": PLAIN_POST, "a.zh-Hans.md": f"---\ntitle: 咖啡馆笔记\n---\n{CHINESE_TEXT}"},
        {"a.en.md": ENGLISH, "a.zh-Hans.md": CHINESE.replace("夜间列车", "DeepSeek-R1、Qwen 与 GPT-OSS")},
        {"a.en.md": ENGLISH.replace("\n", "\r\n"), "a.zh-Hans.md": "\ufeff" + CHINESE},
    ],
    ids=["digest", "post", "names", "line ends"],
)
def test_good_articles_have_no_problems(files: dict[str, str | bytes], tmp_path: Path) -> None:
    assert lint_files(tmp_path, files) == []


def test_entries_of_this_repository_have_notes_only() -> None:
    problems = feedpub.lint(ENTRIES)
    assert {problem.severity for problem in problems} <= {"note"}, [str(problem) for problem in problems]
    assert {problem.code for problem in problems} == {"N001", "N102", "N104"}


def test_lint_writes_nothing(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", {"a.en.md": post("[A](b.html)\n"), "b.en.md": "", **GOOD})
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*.*")}
    feedpub.lint(folder)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*.*")} == before


def test_thousand_articles_in_two_languages(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {}
    for number in range(1000):
        moment = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:{number % 59:02}Z"
        english = ENGLISH.replace("2026-02-01T09:00:00+08:00", moment)
        files[f"trains-{number}.en.md"] = english.replace("Night trains", f"Night trains {number}")
        files[f"trains-{number}.zh-Hans.md"] = CHINESE.replace("title: 夜间列车", f"title: 夜间列车 {number}")
    folder = write_site(tmp_path / "entries", files)
    began = time.perf_counter()
    problems = feedpub.lint(folder, until="2027-01-01")
    print(f"lint of 1,000 articles in 2 languages: {time.perf_counter() - began:.2f} s")
    # Two thousand files are read to the end: nothing to say but on translations beyond the newest 50.
    assert [problem.code for problem in problems] == ["N105"]
