"""Reading files: encodings, files that cannot be read, and the positions of problems."""

import os
import sys
import time
from pathlib import Path

import pytest

from feedpub.entries.source import LARGEST_ENTRY_BYTES, Source, read_source
from feedpub.errors import MOST_PROBLEMS_OF_A_CODE


def read_bytes(folder: Path, data: bytes) -> Source:
    (folder / "a.md").write_bytes(data)
    return read_source(str(folder / "a.md"), "entries/a.md")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\nb\n", "a\nb\n"),
        (b"\xef\xbb\xbfa\n", "a\n"),
        (b"a\r\nb\rc\n\r\n", "a\nb\nc\n\n"),
        ("中文 😀 e\u0301\u200d".encode(), "中文 😀 e\u0301\u200d"),
        (b"a\x7f\xc2\x85b\tc", "a\x7f\x85b\tc"),
    ],
)
def test_files_are_decoded(tmp_path: Path, data: bytes, text: str) -> None:
    source = read_bytes(tmp_path, data)
    assert (source.path, source.text, source.problems) == ("entries/a.md", text, [])
    assert not source.has_errors


@pytest.mark.parametrize(
    ("data", "code", "line", "column", "excerpt", "message"),
    [
        (b"", "E106", 0, 0, "", "empty"),
        (b"\xef\xbb\xbf", "E106", 0, 0, "", "empty"),
        (b" \r\n\t\n", "E106", 0, 0, "", "empty"),
        (b"\xff\xfea\x00", "E104", 0, 0, "", "UTF-16"),
        (b"\xfe\xff\x00a", "E104", 0, 0, "", "UTF-16"),
        (b"caf\xe9 au lait", "E104", 1, 4, "caf\N{REPLACEMENT CHARACTER}", "byte 0xe9"),
        (b"\xef\xbb\xbfa\r\nb\rc\xa4\xa4", "E104", 3, 2, "c\N{REPLACEMENT CHARACTER}", "byte 0xa4"),
        ("中".encode()[:2], "E104", 1, 1, "\N{REPLACEMENT CHARACTER}", "byte 0xe4"),
        (b"a\x00\r\x00\n\x00b\x00", "E104", 0, 0, "", "UTF-16, or not text"),
        (b"a" * (LARGEST_ENTRY_BYTES + 1), "E117", 0, 0, "", "1,000 KB"),
    ],
)
def test_unreadable_files_are_reported(
    tmp_path: Path, data: bytes, code: str, line: int, column: int, excerpt: str, message: str
) -> None:
    source = read_bytes(tmp_path, data)
    (problem,) = source.problems
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert problem.excerpt == excerpt
    assert message in problem.message
    assert problem.hint
    assert source.has_errors


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    assert not read_bytes(tmp_path, b"a" * LARGEST_ENTRY_BYTES).problems


@pytest.mark.parametrize(
    ("data", "code", "line", "column", "excerpt", "message", "text"),
    [
        (b"a\r\nb\x00c", "W121", 2, 2, "b\x00c", "U+0000", "a\nbc"),
        (b"a\x08", "W121", 1, 2, "a\x08", "U+0008", "a"),
        (b"\x0ca", "W121", 1, 1, "\x0ca", "U+000C", "a"),
        (b"a\x1fb", "W121", 1, 2, "a\x1fb", "U+001F", "ab"),
        ("a\ufffe".encode(), "W121", 1, 2, "a\ufffe", "U+FFFE", "a"),
        ("a\ufffdb".encode(), "W122", 1, 2, "a\ufffdb", "U+FFFD", "a\ufffdb"),
    ],
)
def test_illegal_characters_are_removed(
    tmp_path: Path, data: bytes, code: str, line: int, column: int, excerpt: str, message: str, text: str
) -> None:
    source = read_bytes(tmp_path, data)
    (problem,) = source.problems
    assert (problem.code, problem.line, problem.column, problem.excerpt) == (code, line, column, excerpt)
    assert message in problem.message
    assert problem.hint
    assert source.text == text
    assert not source.has_errors


@pytest.mark.parametrize(
    "written", ["one \x08two\nthree", "\x01\x02one two\x03\n\x04three", "o\x08ne \x08\x08two\nthree\x08"]
)
@pytest.mark.parametrize("word", ["two", "three"])
def test_positions_after_removed_characters_are_those_of_the_file(tmp_path: Path, written: str, word: str) -> None:
    source = read_bytes(tmp_path, written.encode())
    start = source.text.index(word)
    source.add("W105", "message", "", start, start + len(word))
    problem = source.problems[-1]
    line = written.split("\n")[problem.line - 1]
    assert line[problem.column - 1 : problem.end_column - 1].rstrip("\x03\x08") == word
    assert source.find_line(start) == problem.line


def test_thousands_of_replacement_characters_are_counted(tmp_path: Path) -> None:
    problems = read_bytes(tmp_path, ("\ufffd" * 5000).encode()).problems
    assert len(problems) == MOST_PROBLEMS_OF_A_CODE + 1
    assert problems[-1].message == "… and 4,980 more of this kind in this file"


def test_illegal_characters_are_reported_up_to_a_limit(tmp_path: Path) -> None:
    problems = read_bytes(tmp_path, b"a\x01\n\n\x02").problems
    assert [(problem.line, problem.column, problem.message[:6]) for problem in problems] == [
        (1, 2, "U+0001"),
        (3, 1, "U+0002"),
    ]
    problems = read_bytes(tmp_path, b"a" + b"\x01" * 5000).problems
    assert len(problems) == MOST_PROBLEMS_OF_A_CODE + 1
    assert problems[-1].message == "… and 4,980 more of this kind in this file"


def test_paths_that_are_not_files(tmp_path: Path) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "gone.md").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    problems = {name: read_source(str(tmp_path / name), name) for name in ("folder.md", "gone.md", "loop.md")}
    assert [[problem.code for problem in source.problems] for source in problems.values()] == [["E107"]] * 3
    assert "folder" in problems["folder.md"].problems[0].message
    assert "link" in problems["gone.md"].problems[0].message
    assert "cannot be read (" in problems["loop.md"].problems[0].message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes among files")
def test_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert [problem.code for problem in read_source(str(tmp_path / "pipe.md"), "pipe.md").problems] == ["E107"]


TEXT = "one\ntwo 😀 words\n\nlast"


@pytest.mark.parametrize(
    ("start", "end", "line", "column", "end_column", "excerpt"),
    [
        (0, 3, 1, 1, 4, "one"),
        (0, 100, 1, 1, 4, "one"),
        (3, 4, 1, 4, 5, "one"),
        (8, 9, 2, 5, 6, "two 😀 words"),
        (10, -1, 2, 7, 8, "two 😀 words"),
        (16, 17, 3, 1, 2, ""),
        (17, 21, 4, 1, 5, "last"),
        (21, 22, 4, 5, 6, "last"),
        (-1, -1, 0, 0, 0, ""),
    ],
)
def test_problems_have_positions(start: int, end: int, line: int, column: int, end_column: int, excerpt: str) -> None:
    source = Source("a.md", TEXT)
    source.add("W105", "message", "hint", start, end)
    (problem,) = source.problems
    assert (problem.line, problem.column, problem.end_column, problem.excerpt) == (line, column, end_column, excerpt)
    assert (problem.code, problem.path, problem.message, problem.hint) == ("W105", "a.md", "message", "hint")
    assert not source.has_errors


@pytest.mark.parametrize("text", ["a\n" * 100_000, "a" * 200_000])
def test_thousands_of_problems_cost_little(text: str) -> None:
    source = Source("a.md", text)
    start = time.process_time()
    for offset in range(0, len(text), 20):
        source.add("W105", "message", "", offset)
    assert time.process_time() - start < 2
    assert (
        source.problems[-1].message
        == f"… and {len(text) // 20 - MOST_PROBLEMS_OF_A_CODE:,} more of this kind in this file"
    )
    assert sum(len(problem.excerpt) for problem in source.problems) < 5000
