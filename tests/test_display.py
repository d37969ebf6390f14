"""Texts of others in all that feedpub prints: every command, every format, the bytes that reach a terminal or a log."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

import feedpub
from feedpub.cli.main import main
from feedpub.display import escape_for_terminal, format_annotation, format_json
from feedpub.links.classify import Redirect, Verdict
from feedpub.links.history import History
from feedpub.links.lifecycle import Record
from support import http_server
from support.case_files import load_cases
from support.sample_sites import GOOD, post, write_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CASES = load_cases("output")
SETTINGS = 'base_url = "https://site.test/"\nauthority = "site.test,2026"\n'
REPORTS = tuple(feedpub.report_formats())
NOW = datetime(2026, 3, 1, tzinfo=UTC)
# Format characters that belong to words and numbers; they do not act.
HARMLESS = "\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
# Annotations of GitHub Actions that feedpub writes.
MEANT = re.compile(
    r"""::(?:error|warning|notice)
    (?:\ (?:file=[^:,]*,)?(?:line=\d+,)?(?:col=\d+,)?title=
        (?:[EWN]\d{3}\ |(?:dead|moved|failing)\ link::|link\ needs\ review::|ping\ failed::)
    |\ file=[^:,]*,line=\d+::line\ \d+\ was\ taken\ for\b
    |::https?://)""",
    re.VERBOSE,
)


def check_bytes(data: bytes) -> str:
    """Check that what was printed is only shown; return it as text."""
    text = data.decode()
    acting = {
        f"U+{ord(character):04X}"
        for character in text
        if character not in "\n" + HARMLESS
        and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    }
    assert not acting
    assert not re.search(r"##\w*\[", text)
    for line in text.split("\n"):
        assert MEANT.match(line) or not re.match(r"\s*::", line)
    return text


def texts_of(values: Any) -> Iterator[str]:
    """Yield all texts in a value of JSON."""
    if isinstance(values, str):
        yield values
    elif isinstance(values, dict | list):
        for value in values.values() if isinstance(values, dict) else values:
            yield from texts_of(value)


# The functions


@pytest.mark.parametrize("case", CASES)
def test_what_would_act_is_shown_as_an_escape(case: dict[str, str]) -> None:
    shown = escape_for_terminal(case["text"])
    assert shown == case["shown"]
    check_bytes(shown.encode())


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("case", CASES)
def test_parsers_of_json_read_the_text_as_it_was(case: dict[str, str], indent: int | None) -> None:
    values = {"key": [case["text"], case["text"] + "\ud800"], case["text"]: {}}
    text = format_json(values, indent=indent)
    check_bytes(text.encode())
    assert json.loads(text) == values


@given(st.text(), st.text(alphabet=":# \n\r[]abc\u3000\u202e"))
def test_any_text_is_one_line_and_escaping_twice_is_the_same(one: str, other: str) -> None:
    for text in (one, other, one + other, other + one):
        shown = escape_for_terminal(text)
        assert "\n" not in check_bytes(shown.encode())
        assert not shown.lstrip().startswith("::")
        assert escape_for_terminal(shown) == shown


@given(st.text(), st.text(), st.text(alphabet=":,%\n\r=abc0123456789"))
def test_an_annotation_has_the_properties_that_are_meant(message: str, title: str, file: str) -> None:
    line = format_annotation("error", message, title=title, file=file, line=7)
    match = re.fullmatch(r"::error ([^:]*)::(.*)", line)
    assert match
    names = [part.partition("=")[0] for part in match[1].split(",")]
    assert names == [*(["file"] if file else []), "line", *(["title"] if title else [])]


# The commands


class Handler(http_server.Handler):
    """A hub that refuses, and a server whose pages have moved for good: in both, the words of an attacker."""

    text = ""

    def do_POST(self) -> None:
        self.send_answer(400, self.text.encode())

    def do_GET(self) -> None:
        _, moved, number = self.path.partition("/moved/")
        if moved:
            text = CASES[int(number)].values[0]["text"]
            self.send_answer(301, b"", Location=f"/end?{as_header(text)}", Server=as_header(text))
        else:
            self.send_answer(200, b"<title>A page</title><p>Text.")

    do_HEAD = do_GET

    def send_answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send(status, {"Content-Type": "text/html", **headers}, body, as_header(self.text))


def as_header(text: str) -> str:
    """Return text as http.server sends it as UTF-8, on one line."""
    return re.sub(r"[\r\n]", " ", text).encode().decode("latin-1")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http_server.serve(Handler) as address:
        yield address


def quoted(text: str) -> str:
    """Write text as a string of TOML."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'


def as_name(text: str) -> str:
    """Return text that can be a name of a file."""
    return text.replace("/", "⧸")[:80]


Printed = tuple[str, str]


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Printed]:
    """Run a command in this process and check the bytes that it prints."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> Printed:
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        out, err = capfdbinary.readouterr()
        assert stopped.value.code in (0, 1, 2, 3)
        return check_bytes(out), check_bytes(err)

    return command


def write_hostile_site(folder: Path, text: str, settings: str = SETTINGS) -> None:
    """Make entries whose title, words, links, keys and names hold a text; one of them can be published."""
    name = as_name(text)
    write_site(
        folder,
        {
            "one.en.md": f"---\ntitle: {quoted(text)}\npublished: 2026-01-01\n---\n"
            f"[a](https://a.test/) and [relative](nowhere.html), {text}\n",
            f"{name}.en.md": post(f"{text}\n\n## References\n1. [x](relative?{text})\n", title=quoted(text)),
            f"{name}.zz-{name}.md": post(text),
            "two.en.md": f"---\ntitle: {text}\npublished: {text}\n{text}: {text}\nlanguage: {quoted(text)}\n---\n",
        },
        settings,
    )


@pytest.mark.parametrize("case", CASES)
def test_entries_and_settings_are_only_shown(case: dict[str, str], tmp_path: Path, run: Callable[..., Printed]) -> None:
    text, name = case["text"], as_name(case["text"])
    write_hostile_site(tmp_path / "entries", text)
    write_hostile_site(tmp_path / "settings", text, f"{SETTINGS}{quoted(text)} = 1\nlanguages = [{quoted(text)}]\n")
    write_hostile_site(tmp_path / "title", text, f"{SETTINGS}[title]\nen = {quoted(text)}\n")
    write_site(tmp_path / "toml", GOOD, f"{SETTINGS}title = {text}\n")
    write_site(tmp_path / name, GOOD, f"{SETTINGS}languages = ['en', 'zh-Hans']\n")
    digest = f"Summary\n{text}\n\n{text}\n\nReferences\n1. {text}\n"
    (tmp_path / f"{name}.txt").write_text(digest, encoding="utf-8", newline="")
    for form in ("text", "json", "github"):
        imported = ("import", f"{name}.txt", "--format", form, "--published", "2026-01-01", "--title", f"en={text}")
        for command in (
            *(("lint", folder, "--format", form) for folder in ("entries", "settings", "title", "toml", name)),
            *(("build", folder, "--keep-going", "--output", f"out-{name}", "--format", form)
              for folder in ("entries", name)),
            (*imported, "--entries", f"imported-{form}-{name}"),
            ("import", f"{name}.txt", "--published", text, "--key", text, "--format", form),
        ):  # fmt: skip
            out, err = run(*command)
            if form == "json":
                json.loads(out)
            if command[1] == "entries":
                assert "PWNED" in out + err
    problems = json.loads(run("lint", "entries", "--format", "json")[0])
    assert any(name in known for known in texts_of(problems))


@pytest.mark.parametrize("case", CASES)
def test_arguments_are_only_shown(case: dict[str, str], run: Callable[..., Printed]) -> None:
    text, name = case["text"], as_name(case["text"])
    assert "PWNED" in run("init", name)[0]
    for arguments in (
        ("init", "x", "--languages", text), ("lint", name + "x"), ("lint", f"--{name}"), ("lint", "--format", text),
        ("explain", text), (text,), ("build", "--port", text), ("serve", "--port", text), ("serve", name + "x"),
        ("import", name), ("import", name + "x"), ("links", "check", "--exclude", f"({text}"),
        ("links", "check", "--now", text), ("links", "check", "--urls", name + "x"),
        ("links", "check", "--proxy", text),
        ("links", "ack", text, "--until", "2099-01-01", "--why", text), ("links", "ack", text, "--until", text),
        ("links", "forget", text, "--history", name + "x"), ("links", "report", name), ("links", text),
        ("links", "report", "--history", name), ("ping", name), ("ping", f"{name}/entries", "--output", name),
    ):  # fmt: skip
        run(*arguments)
    assert "PWNED" in "".join(run("lint", name + "x"))
    assert "PWNED" in "".join(run("explain", text))


@pytest.mark.parametrize("case", CASES)
def test_answers_of_hubs_are_only_shown(
    case: dict[str, str], tmp_path: Path, run: Callable[..., Printed], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "text", case["text"])
    write_site(tmp_path / "entries", GOOD, f'{SETTINGS}languages = ["en", "zh-Hans"]\nhub = "{server}/hub"\n')
    run("build")
    for form in ("text", "json", "github"):
        out, _ = run("ping", "--format", form)
        assert "PWNED" in out
        if form == "json":
            reasons = {ping["reason"] for ping in json.loads(out)["pings"]}
            assert reasons == {f"the hub responded with 400: {' '.join(case['text'].split())}"}


def test_answers_of_sites_are_only_shown(tmp_path: Path, run: Callable[..., Printed], server: str) -> None:
    texts = [case.values[0]["text"] for case in CASES]
    urls = [f"{server}/moved/{number}" for number in range(len(texts))]
    urls += [f"{server}/{text}" for text in texts]
    (tmp_path / "urls.txt").write_text("\n".join(urls), encoding="utf-8")
    run("links", "check", "--urls", "urls.txt", "--allow-private", "--per-host", "100", "--format", "jsonl")
    for form in REPORTS:
        out, _ = run("links", "report", "--urls", "urls.txt", "--format", form)
        assert "PWNED" in out


@pytest.mark.parametrize("case", CASES)
def test_what_is_remembered_of_links_is_only_shown(
    case: dict[str, str], tmp_path: Path, run: Callable[..., Printed]
) -> None:
    text = case["text"]
    entries = as_name(text)
    links = "[a](https://a.test/old), [b](https://a.test/b), [c](https://a.test/c).\n"
    write_site(tmp_path / entries, {"one.en.md": post(links)}, SETTINGS)
    moved = f"https://a.test/new?{quote(text)}"  # as a check writes it: `links fix` takes nothing else
    with History(tmp_path / ".feedpub" / "links.sqlite") as history:
        for day in (1, 2):
            now = NOW.replace(day=day)
            verdict = Verdict(status="moved", reason=text, code=301, final_url=moved)
            record = Record(url="https://a.test/old", status="moved", reason=text, checked=now)
            history.add_check(record, verdict, now, chain=(Redirect(code=301, url=moved),))
            verdict = Verdict(status="moved", reason=text, code=301, final_url="https://a.test/new-c")
            history.add_check(Record(url="https://a.test/c", status="moved", checked=now), verdict, now)
            verdict = Verdict(status="suspect", reason=text, code=200, final_url=moved)
            history.add_check(Record(url="https://a.test/b", status="suspect", checked=now), verdict, now)
    for form in REPORTS:
        out, _ = run("links", "report", entries, "--format", form)
        assert "PWNED" in out
        if form == "json":
            assert any(text in known for known in texts_of(json.loads(out)))
    out, _ = run("links", "fix", entries)
    assert re.findall("^--- .*PWNED.*", out, re.MULTILINE)


# Processes of their own: what Python and click write themselves


def test_a_preview_only_shows_texts_of_others(tmp_path: Path) -> None:
    text = "".join(case.values[0]["text"] for case in CASES)
    write_hostile_site(tmp_path / "entries", text)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "feedpub", "serve", "entries", "--port", "0"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    told = b""
    while not (match := re.search(rb"^http://127\S+", told, re.MULTILINE)):
        line = process.stdout.readline()
        assert line, "the preview ended"
        told += line
    address = match[0].decode()
    with pytest.raises(OSError, match="503") as refused, urlopen(address):
        raise AssertionError("the site cannot be built")
    page = refused.value.read()  # type: ignore[attr-defined]  # HTTPError
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    check_bytes(told + out)
    check_bytes(err)
    assert b"PWNED" in told
    assert b"PWNED" in page
    check_bytes(page)
    assert b"<script>alert" not in page


def test_names_that_are_no_text_are_told(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", GOOD, SETTINGS)
    (folder / os.fsdecode(b"caf\xe9\x1b.en.md")).write_text("x", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "feedpub", "lint"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert rb"\x1b.en.md" in done.stdout
    check_bytes(done.stdout)
    check_bytes(done.stderr)
    done = subprocess.run(
        [sys.executable, "-m", "feedpub", "lint", b"caf\xe9\x1b"], cwd=tmp_path, capture_output=True, check=False
    )
    assert rb"caf\udce9\x1b" in done.stdout + done.stderr
    check_bytes(done.stdout)
    check_bytes(done.stderr)


UNEXPECTED = """
import sys, threading, warnings
from feedpub.cli import main
text = sys.argv[1]
def fail(*_):
    warnings.warn(text)
    thread = threading.Thread(target=lambda: 1 / int(text))
    thread.start()
    thread.join()
    raise RuntimeError(text)
main.main = fail
sys.argv = ["feedpub", "lint"]
from feedpub.__main__ import main
main()
"""


def test_tracebacks_and_warnings_are_only_shown(tmp_path: Path) -> None:
    text = "".join(case.values[0]["text"] for case in CASES)
    done = subprocess.run([sys.executable, "-c", UNEXPECTED, text], cwd=tmp_path, capture_output=True, check=False)
    said = check_bytes(done.stderr)
    assert done.returncode == 1
    assert "RuntimeError: a\\x1b[31mb" in said
    assert "UserWarning: a\\x1b[31mb" in said
    assert "ValueError: invalid literal" in said
