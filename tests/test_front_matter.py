"""Front matter: values with their positions, and the messages for bad front matter."""

import time

import pytest

from feedpub.entries.front_matter import fields
from feedpub.entries.front_matter.reader import read_front_matter
from feedpub.entries.front_matter.value import Value, read_items, read_text
from feedpub.entries.source import Source
from feedpub.rendering.text import join_lines


def parse_text(matter: str) -> tuple[Source, dict[str, Value]]:
    source = Source("a.md", f"---\n{matter}\n---\ntext\n")
    return source, read_front_matter(source)[0]


def strip_positions(value: Value) -> object:
    """Return a value without positions."""
    if isinstance(value.content, dict):
        return {key: strip_positions(inner) for key, inner in value.content.items()}
    return [strip_positions(inner) for inner in value.content] if isinstance(value.content, list) else value.content


@pytest.mark.parametrize(
    ("matter", "values"),
    [
        ("", {}),
        ("# only a comment", {}),
        ("title: A b", {"title": "A b"}),
        ("title: 'It''s'", {"title": "It's"}),
        ('title: "a: b # c"', {"title": "a: b # c"}),
        ("published: 2026-02-01 # comment", {"published": "2026-02-01"}),
        ("draft: true #comment", {"draft": "true"}),
        ("title: |\n  a\n  b", {"title": "a\nb\n"}),
        ("title: >\n  a\n  b", {"title": "a b\n"}),
        ("title: a\n  b", {"title": "a b"}),
        ("language: no\nid: 0123\npublished: 2026-02-01", {"language": "no", "id": "0123", "published": "2026-02-01"}),
        ("title: !!int 3", {"title": "3"}),
        ("Title: a\nLANG: b", {"title": "a", "language": "b"}),
        ("date: a\nvia: b\ntags: c", {"published": "a", "source": "b", "categories": "c"}),
        ("author: a\ndescription: b\nprev: c", {"authors": "a", "summary": "b", "previous": "c"}),
        ("tags: [a, 01, {term: x, label: y}]", {"categories": ["a", "01", {"term": "x", "label": "y"}]}),
        ("tags:\n- a\n- - b\n  - c", {"categories": ["a", ["b", "c"]]}),
        ("previous:\n  title: a\n  url: b", {"previous": {"title": "a", "url": "b"}}),
        ("title: ~\nkey: null\nid: NULL\nlanguage: Null\nrights:\nsummary: ''", {}),
        ("title: '~'\nkey: \"null\"", {"title": "~", "key": "null"}),
        ("tags: []\nauthors: {}", {}),
        ("tags: [~, a]", {"categories": ["", "a"]}),
        ("{title: a, key: b}", {"title": "a", "key": "b"}),
        ("title: \"a\u2028b\"\nkey: c", {"title": "a\u2028b", "key": "c"}),
    ],
)  # fmt: skip
def test_values_stay_text(matter: str, values: dict[str, object]) -> None:
    source, read_values = parse_text(matter)
    assert {key: strip_positions(value) for key, value in read_values.items()} == values
    assert not source.problems


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("", ""),
        ("text", "text"),
        ("---\ntitle: a\n---\ntext", "\ntext"),
        ("---  \ntitle: a\n--- \t\ntext", "\ntext"),
        ("---\ntitle: a\n...\ntext", "\ntext"),
        ("---\ntitle: a\n---", ""),
        ("---\n---\ntext", "\ntext"),
        ("---\nsummary: |\n  ---\n---\ntext", "\ntext"),
        ("---", "---"),
        ("----\ntext\n----\n", "----\ntext\n----\n"),
        ("\n---\ntitle: a\n---\n", "\n"),
        ("\n---\ntext\n---\n", "\n---\ntext\n---\n"),
        ("text\n\n---\ntitle: a\n---\n", "text\n\n---\ntitle: a\n---\n"),
        ("```\n---\na: b\n---\n```\n", "```\n---\na: b\n---\n```\n"),
    ],
)
def test_where_the_markdown_begins(text: str, body: str) -> None:
    source = Source("a.md", text)
    assert text[read_front_matter(source)[1] :] == body
    assert not source.problems


@pytest.mark.parametrize(
    ("matter", "key", "marked"),
    [
        ("title: A b  # c", "title", "A b"),
        ("# 😀\ntitle: '中文'", "title", "'中文'"),
        ('key: "a\u2028b\x85c"\ntitle: 中 文', "title", "中 文"),
        ("title: |\n  a\n  b\nkey: c", "title", "|"),
        ("tags: [a, b]  ", "categories", "[a, b]"),
        ("tags:\n  - a\n  - b\n\nkey: c", "categories", "- a"),
        ("previous: {title: a, url: b} # c", "previous", "{title: a, url: b}"),
        ("previous:\n  title: a\n  url: b", "previous", "title: a"),
    ],
)
def test_values_have_positions(matter: str, key: str, marked: str) -> None:
    source, values = parse_text(matter)
    assert source.text[values[key].start : values[key].end] == marked


@pytest.mark.parametrize(
    ("matter", "line", "column", "message"),
    [
        ("a", 2, 1, "is not a list of keys and values"),
        ("- a", 2, 1, "is not a list of keys and values"),
        ("*a", 2, 1, "is not a list of keys and values"),
        ("title: [a\nkey: b", 2, 8, "this bracket is not closed"),
        ("title: {a", 2, 8, "this bracket is not closed"),
        ('key: a\ntitle: "b', 3, 8, "these quotes are not closed"),
        ("title: b: c", 2, 9, 'the value contains ": "'),
        ("title: @b", 2, 8, "a value cannot start with this character"),
        ("title: a\n\tkey: b", 3, 1, "is indented with a tab"),
        ("title：a\nkey: b", 2, 6, "is not the colon that YAML expects"),
        ("title: a\nkey ：b\nid: c", 3, 5, "is not the colon that YAML expects"),
        ("title:a\nkey: b", 2, 6, "has no space after it"),
        ("title: a\n文\nkey: b", 3, 1, 'is not "key: value"'),
        ("title: a\n- b", 3, 1, "did not find expected key (while parsing a block mapping)"),
        ("title: \"\\q\"", 2, 9, "found unknown escape character (while parsing a quoted scalar)"),
        ("%YAML 1.1", 2, 10, "did not find expected <document start>"),
        ("? [a]\n: b", 2, 3, "there is no key before the colon"),
        ("? {a: b}\n: b", 2, 3, "there is no key before the colon"),
        ("'': b", 2, 1, "there is no key before the colon"),
        ("? \n: b", 2, 2, "there is no key before the colon"),
        ("title: &a b", 2, 8, "YAML reads & and * at the start as anchors"),
        ("title: *b* c", 2, 8, "YAML reads & and * at the start as anchors"),
        ("tags: &a [b]", 2, 7, "YAML reads & and * at the start as anchors"),
        ("&a title: b", 2, 1, "YAML reads & and * at the start as anchors"),
        ("title: a\nkey: 中\x7f", 3, 7, "U+007F is not allowed in front matter"),
        ("title: \x9f", 2, 8, "U+009F is not allowed in front matter"),
        ("tags: [[[[[[a]]]]]]", 2, 11, "is nested too deeply"),
        ("author: {name: a, url: b, name: c}", 2, 27, "name appears twice"),
    ],
)  # fmt: skip
def test_bad_front_matter_is_reported(matter: str, line: int, column: int, message: str) -> None:
    source, values = parse_text(matter)
    (problem,) = source.problems
    assert (values, problem.code, problem.line, problem.column) == ({}, "E108", line, column)
    assert message in problem.message
    assert problem.hint


def test_front_matter_without_end() -> None:
    source = Source("a.md", "---\ntitle: a\n\ntext")
    assert read_front_matter(source) == ({}, len(source.text))
    assert [(problem.code, problem.line, problem.column) for problem in source.problems] == [("E109", 1, 1)]


@pytest.mark.parametrize(
    ("matter", "code", "line", "column", "message", "hint"),
    [
        ("title: a\ntitle: b", "E118", 3, 1, "title appears twice", "remove"),
        ("title: a\nTITLE: b", "E118", 3, 1, "TITLE (the same as title) appears twice", "remove"),
        (
            "title: a\ndate: b\npublished: c",
            "N120",
            4,
            1,
            "published means the same as date, which is above",
            "remove",
        ),
        ("pub_date: b\npubDate: c", "E118", 3, 1, "pubDate (the same as pub_date) appears twice", "remove"),
    ],
)
def test_known_keys_and_aliases(matter: str, code: str, line: int, column: int, message: str, hint: str) -> None:
    source, _ = parse_text(matter)
    (problem,) = source.problems
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert message in problem.message
    assert hint in problem.hint


def test_the_first_of_two_keys_is_used() -> None:
    assert strip_positions(parse_text("title: a\ntitle: b")[1]["title"]) == "a"


@pytest.mark.parametrize(
    ("matter", "hint"),
    [
        ("titel: a", "did you mean title?"),
        ("Catagories: a", "did you mean categories?"),
        ("layout: post", f"known keys: {', '.join(row.name for row in fields.TABLE.rows)}"),
    ],
)
def test_unknown_keys(matter: str, hint: str) -> None:
    source, values = parse_text(f"title: a\n{matter}")
    (key,) = fields.find_unknown_keys(values)
    word = matter.partition(":")[0]
    assert source.text[key.start : key.end] == key.content == word
    assert fields.suggest_key(word) == hint
    assert not source.problems


@pytest.mark.parametrize(
    "matter",
    [
        "a: " + "[" * 200_000 + "]" * 200_000,
        "a:\n  " + "- " * 100_000 + "x",
        "[" * 900_000,
        "{" * 900_000,
        "? " * 400_000,
        "a: &a [x, x]\n" + "".join(f"b{number}: &a [{','.join(['*a'] * 300)}]\n" for number in range(5)),
        "a: " + "*b " * 300_000,
        "title: 1\n" * 30_000,
        "".join(f"k{number}: 1\n" for number in range(30_000)),
        "a: [" + "{a: 1}," * 30_000 + "]",
        "a: '" + "''" * 400_000,
        "a" * 900_000 + ": b",
    ],
    ids=lambda matter: matter[:12],
)
def test_hostile_front_matter_does_not_hang_or_crash(matter: str) -> None:
    start = time.process_time()
    source, _ = parse_text(matter)
    assert source.problems
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("written", "text", "message"),
    [
        ("' a '", "a", None),
        ("[a]", None, "title must be text, not a list or a mapping"),
        ("{a: b}", None, "title must be text, not a list or a mapping"),
    ],
)
def test_read_text(written: str, text: str | None, message: str | None) -> None:
    source, values = parse_text(f"title: {written}")
    assert read_text(source, values["title"], "title") == text
    assert [(problem.code, problem.message, problem.column) for problem in source.problems] == (
        [("E110", message, 8)] if message else []
    )


def test_read_items() -> None:
    assert [strip_positions(item) for item in read_items(parse_text("tags: [a, b]")[1]["categories"])] == ["a", "b"]
    assert [strip_positions(item) for item in read_items(parse_text("tags: a")[1]["categories"])] == ["a"]


@pytest.mark.parametrize(
    ("text", "line"), [(" a \t\n b\u2028c ", "a b c"), ("a\u00a0: b", "a\u00a0: b"), ("张\u3000三", "张\u3000三")]
)
def test_titles_become_one_line(text: str, line: str) -> None:
    assert join_lines(text) == line
