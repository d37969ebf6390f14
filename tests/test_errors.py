"""Problems read like a compiler's; exceptions name the value and survive pickling."""

import pickle
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import feedpub
from feedpub import ConfigError, EntryError, FeedpubError, FieldError, LanguageTagError, Problem, explain, problem_codes

CODE = "E102"
TITLE = explain(CODE).splitlines()[0].removeprefix(f"{CODE} ")


def test_a_problem_with_everything() -> None:
    problem = Problem(
        code=CODE,
        message="could be 1 February or 2 January",
        hint="write an ISO date",
        path="entries/a.en.md",
        line=3,
        column=12,
        end_column=22,
        excerpt="published: 01/02/2026",
    )
    assert str(problem).splitlines() == [
        f"error[{CODE}] {TITLE}",
        "  entries/a.en.md:3:12",
        "  3 | published: 01/02/2026",
        "                 ^^^^^^^^^^ could be 1 February or 2 January",
        "  help: write an ISO date",
    ]


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({}, ["  broken"]),
        ({"path": "a.md"}, ["  a.md", "  broken"]),
        ({"path": "a.md", "line": 2}, ["  a.md:2", "  broken"]),
        ({"path": "a.md", "line": 2, "excerpt": "text"}, ["  a.md:2", "  2 | text", "  broken"]),
        ({"line": 2, "column": 3, "excerpt": "text"}, ["  2:3", "  2 | text", "        ^ broken"]),
        ({"path": "a.md", "excerpt": "no line"}, ["  a.md", "  broken"]),
        ({"hint": "mend it"}, ["  broken", "  help: mend it"]),
    ],
)
def test_a_problem_says_what_is_known(fields: dict[str, object], lines: list[str]) -> None:
    problem = Problem(code=CODE, message="broken", **fields)  # type: ignore[arg-type]
    assert str(problem).splitlines()[1:] == lines


@pytest.mark.parametrize(("code", "severity"), [("E102", "error"), ("W101", "warning"), ("N001", "note")])
def test_the_letter_is_the_severity(code: str, severity: str) -> None:
    problem = Problem(code=code, message="m")
    assert problem.severity == severity
    assert str(problem).startswith(f"{severity}[{code}] {problem.title}\n")


@pytest.mark.parametrize(
    ("excerpt", "column", "end_column", "indent", "carets"),
    [
        ("日期：昨天", 4, 6, 6, 4),  # a wide character takes two cells
        ("cafe\u0301 bar", 7, 10, 5, 3),  # a combining mark takes none
        ("می\u200cخواهم x", 9, 10, 7, 1),  # nor does a joiner
        ("abc", 2, 0, 1, 1),  # no end known
        ("abc", 4, 4, 3, 1),  # behind the last character
    ],
)
def test_carets_stand_below_the_text(excerpt: str, column: int, end_column: int, indent: int, carets: int) -> None:
    problem = Problem(code=CODE, message="m", line=1, column=column, end_column=end_column, excerpt=excerpt)
    _, _, quoted, marks = str(problem).splitlines()
    assert quoted == f"  1 | {excerpt}"
    assert marks == " " * (len("  1 | ") + indent) + "^" * carets + " m"


def test_a_long_line_is_shown_around_the_column() -> None:
    excerpt = "a" * 6_000_000 + "BAD" + "b" * 6_000_000
    problem = Problem(code=CODE, message="m", line=1, column=6_000_001, end_column=6_000_004, excerpt=excerpt)
    _, _, quoted, marks = str(problem).splitlines()
    assert len(quoted) < 120
    assert quoted[marks.index("^") : marks.rindex("^") + 1] == "BAD"


def test_carets_end_with_the_excerpt() -> None:
    problem = Problem(code=CODE, message="m", line=1, column=1, end_column=5000, excerpt="x" * 6000)
    assert max(map(len, str(problem).splitlines())) < 120


@pytest.mark.parametrize("nasty", ["\x1b[31m", "\x00", "\r", "\n", "\ud800", "\u202e", "\x9b"])
@pytest.mark.parametrize("field", ["message", "hint", "path", "excerpt"])
def test_nothing_in_a_problem_steers_the_terminal(field: str, nasty: str) -> None:
    fields = {"message": "m", "hint": "h", "path": "p", "excerpt": "e"} | {field: f"before{nasty}after"}
    shown = str(Problem(code=CODE, line=1, **fields))  # type: ignore[arg-type]
    assert f"before{nasty.encode('unicode_escape').decode()}" in shown
    assert nasty[0] not in shown.replace("\n", "", 4)
    assert len(shown.splitlines()) == 5
    shown.encode()


@given(st.text(), st.integers(0, 200), st.integers(0, 200))
def test_any_excerpt_is_quoted_on_one_line(excerpt: str, column: int, end_column: int) -> None:
    problem = Problem(code=CODE, message="m", line=1, column=column, end_column=end_column, excerpt=excerpt)
    lines = str(problem).split("\n")
    assert len(lines) == (4 if excerpt else 3)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for line in lines for character in line)


@pytest.mark.parametrize("code", problem_codes())
def test_each_code_has_a_page(code: str) -> None:
    first, blank, *text = explain(code.lower()).splitlines()
    assert first == f"{code} {Problem(code=code, message='m').title}"
    assert blank == ""
    assert "".join(text).strip()


def test_every_code_that_the_source_raises_has_a_page_and_no_page_is_without_use() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(feedpub.__file__).parent.rglob("*.py"))
    assert set(re.findall(r'"([EWN]\d{3})"', source)) == set(problem_codes())


def test_codes_are_in_order() -> None:
    assert list(problem_codes()) == sorted(problem_codes(), key=lambda code: ("EWN".index(code[0]), code))


def test_there_is_no_page_of_an_unknown_code() -> None:
    with pytest.raises(KeyError):
        explain("E999")


PROBLEMS = (Problem(code="E102", message="one", path="a.md", line=1), Problem(code="W101", message="two"))


@pytest.mark.parametrize("kind", [ConfigError, EntryError])
def test_problems_are_raised_together(kind: type[ConfigError | EntryError]) -> None:
    error = kind(iter(PROBLEMS))
    assert error.problems == PROBLEMS
    assert str(error) == f"{PROBLEMS[0]}\n{PROBLEMS[1]}"


@pytest.mark.parametrize(
    "error",
    [
        ConfigError(PROBLEMS),
        EntryError(PROBLEMS),
        FieldError("Entry 'tag:a,2026:b'", "title", "is empty"),
        LanguageTagError("cn", ("zh-CN", "zh-Hans")),
    ],
)
def test_errors_are_value_errors_and_cross_processes(error: FeedpubError) -> None:
    assert isinstance(error, FeedpubError)
    assert isinstance(error, ValueError)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_field_error_names_value_field_and_reason() -> None:
    error = FieldError("Entry 'tag:a,2026:b'", "title", "is empty")
    assert (error.owner, error.field, error.reason) == ("Entry 'tag:a,2026:b'", "title", "is empty")
    assert str(error) == "Entry 'tag:a,2026:b': title: is empty"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (LanguageTagError("xx"), "'xx' is not a language tag (BCP 47)"),
        (LanguageTagError("jp", ("ja",)), "'jp' is not a language tag (BCP 47); did you mean ja?"),
        (
            LanguageTagError("cn", ("zh-CN", "zh-Hans")),
            "'cn' is not a language tag (BCP 47); did you mean zh-CN or zh-Hans?",
        ),
        (LanguageTagError("a\x1b"), r"'a\x1b' is not a language tag (BCP 47)"),
    ],
)
def test_a_language_tag_error_says_what_was_probably_meant(error: LanguageTagError, text: str) -> None:
    assert str(error) == text
