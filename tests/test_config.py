"""feedpub.toml: what it may say, and how each mistake is told, with its place and a fix."""

import dataclasses
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub import Config, ConfigError, HostSettings, Person, Problem
from feedpub.site.settings import FILE_NAME, read_config
from support.case_files import load_cases

NEEDED = 'base_url = "https://digest.example/"\nauthority = "digest.example,2026"\n'


def read(folder: Path, text: str | bytes) -> tuple[Config, tuple[Problem, ...]]:
    (folder / FILE_NAME).write_bytes(text.encode() if isinstance(text, str) else text)
    return read_config(os.fspath(folder))


def config(folder: Path, text: str) -> Config:
    """Read settings that leave nothing to say."""
    settings, problems = read(folder, text)
    assert problems == ()
    return settings


def problems(folder: Path, text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    assert all(problem.path == (folder / FILE_NAME).as_posix() for problem in caught.value.problems)
    return caught.value.problems


def only(folder: Path, text: str | bytes) -> Problem:
    (problem,) = problems(folder, text)
    return problem


def marked(problem: Problem) -> str:
    """Return the text that the carets stand below."""
    return problem.excerpt[problem.column - 1 : problem.end_column - 1]


def test_two_settings_are_enough(tmp_path: Path) -> None:
    assert config(tmp_path, NEEDED) == Config(base_url="https://digest.example/", authority="digest.example,2026")


def test_all_settings(tmp_path: Path) -> None:
    text = """
        base_url = "https://digest.example/news"
        authority = "ann@digest.example,2026-02-01"
        languages = ["zh_cn", "en"]
        timezone = "Asia/Shanghai"
        author = { name = "Ann", url = "https://ann.example/", email = "ann@example.org" }
        fallback = "original"
        pages = false
        permalink = "https://blog.example/{language}/{key}/"
        rights = "CC0"
        hub = "https://hub.example/"
        icon = "https://digest.example/icon.png"
        limit = 20
        categories = true
        untitled = true
        hard_breaks = true
        archives = false
        reference_links = "none"
        [title]
        zh = "文摘"
        en = "Digest"
        [subtitle]
        en = "News"
        [headings.en]
        summary = ["In short"]
        [headings.zh_cn]
        references = ["出处"]
    """
    config_ = config(tmp_path, text)
    assert config_ == Config(
        base_url="https://digest.example/news/",
        authority="ann@digest.example,2026-02-01",
        languages=("zh-CN", "en"),
        timezone="Asia/Shanghai",
        author=Person(name="Ann", uri="https://ann.example/", email="ann@example.org"),
        fallback="original",
        pages=False,
        permalink="https://blog.example/{language}/{key}/",
        rights="CC0",
        hub="https://hub.example/",
        icon="https://digest.example/icon.png",
        limit=20,
        categories=True,
        untitled=True,
        hard_breaks=True,
        archives=False,
        reference_links="none",
        title={"zh-CN": "文摘", "en": "Digest"},
        subtitle={"en": "News"},
        headings={"en": {"summary": ("In short",)}, "zh-CN": {"references": ("出处",)}},
    )
    changed = {field.name for field in dataclasses.fields(Config) if getattr(config_, field.name) != field.default}
    assert changed == {field.name for field in dataclasses.fields(Config)}  # none was forgotten here


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ('author = "Ann"', "author", Person(name="Ann")),
        (
            'author = { name = "Ann", uri = "https://ann.example/" }',
            "author",
            Person(name="Ann", uri="https://ann.example/"),
        ),
        ('author = { name = "Ann", url = "", email = "" }', "author", Person(name="Ann")),
        ('title = "文摘"', "title", {"en": "文摘"}),
        ('title.en = "Digest"', "title", {"en": "Digest"}),
        ('title = { en-GB = "Digest" }', "title", {"en": "Digest"}),
        ("headings = {}", "headings", {}),
        ('headings.en.title = ["Name"]', "headings", {"en": {"title": ("Name",)}}),
        ('permalink = "https://blog.example/{key}"', "permalink", "https://blog.example/{key}"),
        ("pages = true", "pages", True),
        ("limit = 1", "limit", 1),
        ('timezone = "America/Argentina/Buenos_Aires"', "timezone", "America/Argentina/Buenos_Aires"),
        ('timezone = "Etc/GMT+3"', "timezone", "Etc/GMT+3"),
    ],
)
def test_other_ways_to_say_it(tmp_path: Path, line: str, field: str, value: object) -> None:
    assert getattr(config(tmp_path, NEEDED + line), field) == value


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://digest.example", "https://digest.example/"),
        ("https://digest.example/a/b", "https://digest.example/a/b/"),
        ("http://localhost:8000/", "http://localhost:8000/"),
        ("https://例え.jp/文摘", "https://xn--r8jz45g.jp/%E6%96%87%E6%91%98/"),
    ],
)
def test_the_base_url_ends_with_a_slash_and_is_a_uri(tmp_path: Path, given: str, expected: str) -> None:
    assert config(tmp_path, f'base_url = "{given}"\nauthority = "digest.example,2026"').base_url == expected


@pytest.mark.parametrize(
    "authority",
    ["example.org,2026", "a.b-c.example,2026-12", "example.org,2026-01-31", "ann.b@example.org,2026", "localhost,2026"],
)
def test_authorities(tmp_path: Path, authority: str) -> None:
    assert config(tmp_path, f'base_url = "https://digest.example/"\nauthority = "{authority}"').authority == authority


def test_windows_editors_are_welcome(tmp_path: Path) -> None:
    settings, _ = read(tmp_path, b"\xef\xbb\xbf" + NEEDED.replace("\n", "\r\n").encode())
    assert settings.authority == "digest.example,2026"
    problem = only(tmp_path, NEEDED.replace("\n", "\r\n") + 'limit = "many"\r\n')
    assert (problem.line, marked(problem)) == (3, "many")


@pytest.mark.parametrize("host", ["example.org", "www.example.com", "example.net:8000"])
def test_a_sample_address_is_noted(tmp_path: Path, host: str) -> None:
    settings, (note,) = read(tmp_path, f'base_url = "https://{host}/"\nauthority = "digest.example,2026"')
    assert settings.base_url == f"https://{host}/"
    assert (note.code, note.severity, note.line) == ("N001", "note", 1)
    assert marked(note) == f"https://{host}/"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(os.fspath(tmp_path))
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("E001", (tmp_path / FILE_NAME).as_posix())
    assert "feedpub init" in problem.hint


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(os.fspath(tmp_path / "nowhere"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("E001", os.fspath(tmp_path / "nowhere"))
    assert problem.message == "there is no such folder"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ConfigError) as caught:
        read_config(os.fspath(tmp_path))
    (problem,) = caught.value.problems
    assert problem.code == "E002"
    assert problem.message == "is a folder"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        (b"\xff\xfe", 0, 0, "byte 1 is not UTF-8"),
        (NEEDED.encode() + b'rights = "\xe9"', 0, 0, "is not UTF-8"),
        ("base_url = \n", 1, 12, "invalid value"),
        ("limit = 1\nlimit = 2\n", 2, 10, "cannot overwrite a value"),
        ("a = 1\n\nb = https://example.org/\n", 3, 5, "invalid value"),
        ('a = "\u2028"\nb = ?\n', 2, 5, "invalid value"),
        ("languages = [1", 1, 0, "unclosed array"),
        ('title = "', 1, 0, "unterminated string"),
        ('rights = "\x00"', 1, 11, "illegal character"),
    ],
)
def test_what_is_no_toml(tmp_path: Path, text: str | bytes, line: int, column: int, message: str) -> None:
    problem = only(tmp_path, text)
    assert (problem.code, problem.line, problem.column) == ("E002", line, column)
    assert message in problem.message
    if isinstance(text, str):
        assert problem.excerpt == text.split("\n")[line - 1]


def test_missing_settings_are_named_together(tmp_path: Path) -> None:
    first, second = problems(tmp_path, "")
    assert (first.code, first.message) == ("E003", "base_url is missing")
    assert (second.code, second.message) == ("E003", "authority is missing")
    assert 'base_url = "https://' in first.hint


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    all_problems = problems(
        tmp_path, 'authority = "x"\nlimit = 0\nlangauges = ["en"]\nlanguages = ["cn", "en", "en"]\n'
    )
    assert sorted((problem.code, problem.line) for problem in all_problems) == [
        ("E003", 0),
        ("E004", 3),
        ("E005", 1),
        ("E005", 2),
        ("E005", 4),
        ("E006", 4),
    ]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ('langauges = ["en"]', "did you mean languages?"),
        ('baseurl = "x"', "did you mean base_url?"),
        ("zzz = 1", "known settings: base_url, authority, languages"),
    ],
)
def test_unknown_settings(tmp_path: Path, line: str, hint: str) -> None:
    problem = only(tmp_path, NEEDED + line)
    assert (problem.code, problem.line) == ("E004", 3)
    assert hint in problem.hint


WRONG: list[tuple[str, str, str, str]] = [  # line, code, what is marked, message
    ("base_url = 3", "E005", "3", "is not text"),
    ('base_url = ""', "E005", '""', "is not text"),
    ('base_url = "example.org"', "E005", "example.org", "not an absolute http or https address"),
    ('base_url = "https://digest.example/?a"', "E005", "https://digest.example/?a", "has a query or fragment"),
    ('base_url = "https://digest.example/#a"', "E005", "https://digest.example/#a", "has a query or fragment"),
    ('base_url = "javascript:alert(1)"', "E005", "javascript:alert(1)", "not an absolute"),
    ('base_url = "https://a..example/"', "E005", "https://a..example/", "not a host name"),
    ('base_url = "https://digest.example/\\u0000"', "E005", '"https://digest.example/\\u0000"', "is not text"),
    ('authority = "example.org"', "E005", "example.org", "is not an authority of tag URIs (RFC 4151)"),
    ('authority = "example.org,26"', "E005", "example.org,26", "is not an authority"),
    ('authority = "example.org,2026-13"', "E005", "example.org,2026-13", "is not an authority"),
    ('authority = "example.org,٢٠٢٦"', "E005", "example.org,٢٠٢٦", "is not an authority"),
    ('authority = "例え.jp,2026"', "E005", "例え.jp,2026", "is not an authority"),
    ('authority = "\\u0001example.org,2026"', "E005", '"\\u0001example.org,2026"', "is not text"),
    ('languages = "en"', "E005", '"en"', "is not a list of language tags"),
    ("languages = []", "E005", "[]", "is not a list of language tags"),
    ('languages = ["en", 3]', "E005", '["en", 3]', "is not a list of language tags"),
    ('languages = ["en", "cn"]', "E006", "cn", "'cn' is not a language tag"),
    ('languages = ["??"]', "E006", "??", "'??' is not a language tag"),
    ('languages = ["en", "EN"]', "E005", "EN", "lists EN twice"),
    ('timezone = "Shanghai"', "E005", "Shanghai", "is not a known time zone"),
    ('timezone = "UTC+3"', "E005", "UTC+3", "is not a known time zone"),
    ('timezone = "/etc/localtime"', "E005", "/etc/localtime", "is not a known time zone"),
    ('timezone = "../etc/passwd"', "E005", "../etc/passwd", "is not a known time zone"),
    ("timezone = 8", "E005", "8", "is not text"),
    ("author = 3", "E005", "3", "is not an author"),
    ("author = { }", "E005", "{ }", "is not an author"),
    ('author = { name = "A", mail = "x" }', "E005", '{ name = "A", mail = "x" }', "is not an author"),
    ("author = { name = 3 }", "E005", "{ name = 3 }", "name: is 3, not text"),
    ('author = { name = "A", url = "a.example" }', "E005", '{ name = "A", url = "a.example" }', "url: 'a.example'"),
    ('author = { name = "A", email = "a" }', "E005", '{ name = "A", email = "a" }', "email: 'a' is not an e-mail"),
    ('author = " "', "E005", " ", "name: is empty"),
    ('fallback = "none"', "E005", "none", "is not one of omit, original"),
    ("fallback = true", "E005", "true", "is not one of omit, original"),
    ('reference_links = "all"', "E005", "all", "is not one of related, none"),
    ('pages = "yes"', "E005", "yes", "is neither true nor false"),
    ("categories = 1", "E005", "1", "is neither true nor false"),
    ("pages = false", "E005", "false", "every link of the feeds would lead nowhere"),
    ('permalink = "https://b.example/"', "E005", "https://b.example/", "must contain {key}"),
    ('permalink = "https://b.example/{key}/{year}"', "E005", "https://b.example/{key}/{year}", "must contain {key}"),
    ('permalink = "/{key}"', "E005", "/{key}", "not an absolute"),
    ("permalink = 3", "E005", "3", "is not text"),
    ("rights = 3", "E005", "3", "is not text"),
    ('rights = "\\uFFFE"', "E005", '"\\uFFFE"', "is not text"),
    ('hub = "hub.example"', "E005", "hub.example", "not an absolute"),
    ('icon = "icon.png"', "E005", "icon.png", "not an absolute"),
    ("limit = 0", "E005", "0", "is not a number of entries"),
    ("limit = -1", "E005", "-1", "is not a number of entries"),
    ("limit = 1.5", "E005", "1.5", "is not a number of entries"),
    ("limit = true", "E005", "true", "is not a number of entries"),
    ('limit = "many"', "E005", "many", "is not a number of entries"),
    ("title = 3", "E005", "3", "needs a text, or a text per language"),
    ('title = ""', "E005", '""', "needs a text, or a text per language"),
    ("title = { en = 3 }", "E005", "{ en = 3 }", "needs a text, or a text per language"),
    ('title = { en = "\\u0001" }', "E005", '{ en = "\\u0001" }', "needs a text, or a text per language"),
    ('title = { ja = "文摘" }', "E005", '{ ja = "文摘" }', "ja is not one of the site's languages"),
    ('title = { cn = "文摘" }', "E006", "cn", "'cn' is not a language tag"),
    ("[title]\nen = 3", "E005", "[title]", "needs a text, or a text per language"),
    ('[title]\nja = "文摘"', "E005", '"文摘"', "ja is not one of the site's languages"),
    ('["title"]\n"cn" = "文摘"', "E006", "cn", "'cn' is not a language tag"),
    ("headings = 3", "E005", "3", "is not a table of headings per language"),
    ("headings = { en = 3 }", "E005", "{ en = 3 }", "is not a table of headings per language"),
    ('[headings.en]\nsumary = ["x"]', "E005", '["x"]', "is not a section with a list of headings"),
    ('[headings.en]\nsummary = "x"', "E005", '"x"', "is not a section with a list of headings"),
    ('[headings.en]\nsummary = [""]', "E005", '[""]', "is not a section with a list of headings"),
    ('[headings.en]\nsummary = ["x", 3]', "E005", '["x", 3]', "is not a section with a list of headings"),
    ('[headings.cn]\nsummary = ["x"]', "E006", "[headings.cn]", "'cn' is not a language tag"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "code", "shown", "message"), WRONG, ids=[line for line, *_ in WRONG])
def test_each_wrong_value_is_shown_where_it_stands(
    tmp_path: Path, line: str, code: str, shown: str, message: str
) -> None:
    name = line.partition(" ")[0]
    rest = "".join(f"{other}\n" for other in NEEDED.splitlines() if not other.startswith(f"{name} "))
    problem = only(tmp_path, rest + line + "\n")
    assert (problem.code, marked(problem)) == (code, shown)
    assert message in problem.message
    assert problem.hint
    assert problem.excerpt == (rest + line).split("\n")[problem.line - 1]


def test_one_address_for_several_languages(tmp_path: Path) -> None:
    text = NEEDED + 'languages = ["en", "ja"]\npermalink = "https://blog.example/{key}/"\n'
    problem = only(tmp_path, text)
    assert (problem.code, problem.line, marked(problem)) == ("E005", 4, "https://blog.example/{key}/")
    assert "gives all languages the same address" in problem.message


def test_pages_elsewhere_need_no_pages_here(tmp_path: Path) -> None:
    found = config(tmp_path, NEEDED + 'pages = false\npermalink = "https://blog.example/{key}/"')
    assert (found.pages, found.permalink) == (False, "https://blog.example/{key}/")


@pytest.mark.parametrize(
    "table",
    [
        '[title]\nen = "Digest"\n',
        '[subtitle]\nen = "News"\n',
        '[headings]\nen = { summary = ["In short"] }\n',
        '[headings.en]\nsummary = ["In short"]\n',
        '[author]\nname = "Ann"\n',
        "[links]\nper_host = 3\n",
        '[links.hosts."a.example"]\nper_host = 3\n',
    ],
)
def test_a_setting_below_a_table_is_told_there(tmp_path: Path, table: str) -> None:
    problem = only(tmp_path, f'{NEEDED}{table}limit = "20"\n')
    assert (problem.code, problem.line) == ("E004", 5)
    assert "limit is a setting of the whole site" in problem.message
    assert "above the first [table]" in problem.hint
    assert marked(problem) == "limit"


def test_a_tag_in_a_list_of_several_lines_is_told_at_the_setting(tmp_path: Path) -> None:
    problem = only(tmp_path, NEEDED + 'languages = [\n  "en",\n  "cn",\n]\n')
    assert (problem.code, problem.line) == ("E006", 3)
    assert problem.hint == "did you mean zh-CN or zh-Hans?"


def test_a_setting_made_of_dotted_keys(tmp_path: Path) -> None:
    problem = only(tmp_path, NEEDED + 'title.en = ""')
    assert (problem.code, problem.message) == ("E005", "needs a text, or a text per language")


def test_the_error_reads_like_a_compilers(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, NEEDED + 'languages = ["en", "jp"]')
    assert str(caught.value).splitlines() == [
        "error[E006] not a language tag",
        f"  {(tmp_path / FILE_NAME).as_posix()}:3:21",
        '  3 | languages = ["en", "jp"]',
        "                          ^^ 'jp' is not a language tag",
        "  help: did you mean ja?",
    ]


_VALUES = st.recursive(
    st.sampled_from(['"x"', '""', "3", "-1", "true", "1.5", "2026-02-01", '"en"', '"https://x.example/{key}"', "nan"]),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(st.sampled_from(["en", "ja", "cn", "name", "summary"]), inner, max_size=2).map(
            lambda table: "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }"
        )
    ),
    max_leaves=5,
)
_NAMES = st.sampled_from([*(field.name for field in dataclasses.fields(Config)), "unknown"])


@given(settings=st.dictionaries(_NAMES, _VALUES))
def test_any_values_are_settings_or_problems(tmp_path_factory: Any, settings: dict[str, str]) -> None:
    folder = tmp_path_factory.mktemp("entries")
    defaults = {"base_url": '"https://digest.example/"', "authority": '"digest.example,2026"'}
    text = "\n".join(f"{name} = {value}" for name, value in (defaults | settings).items())
    try:
        found, notes = read(folder, text)
    except ConfigError as error:
        caught = error.problems
    else:
        assert notes == ()
        assert "unknown" not in settings
        assert found.base_url.endswith("/")
        return
    assert any(problem.severity == "error" for problem in caught)
    for problem in caught:
        line = text.split("\n")[problem.line - 1]
        assert problem.excerpt
        assert line[problem.excerpt_column - 1 :].startswith(problem.excerpt)
        assert marked(problem)


def test_how_links_are_checked(tmp_path: Path) -> None:
    text = (
        'base_url = "https://digest.example/"\nauthority = "digest.example,2026"\n'
        "[links]\nper_host = 3\ndeadline = 2.5\n"
        'exclude = ["^https://a\\\\.example/"]\nca_bundle = "ca.pem"\nproxy = "http://127.0.0.1:3128"\n'
    )
    (tmp_path / "feedpub.toml").write_text(text, encoding="utf-8")
    links = read_config(str(tmp_path))[0].links
    assert (links.per_host, links.deadline, links.exclude) == (3, 2.5, (r"^https://a\.example/",))
    assert (links.ca_bundle, links.proxy) == (str(tmp_path / "ca.pem"), "http://127.0.0.1:3128")
    assert links.concurrency == 128


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("perhost = 3", "E004", "did you mean per_host?"),
        ("per_host = 0", "E005", "from 1 to 100"),
        ("concurrency = 2.5", "E005", "a whole number"),
        ("deadline = true", "E005", "a number from 1 to 600"),
        ('exclude = ["["]', "E005", "not a regular expression"),
        ("exclude = [1]", "E005", "list of patterns"),
        ('allow_private = "yes"', "E005", "true or false"),
        ('proxy = "https://a.example"', "E005", "HTTP proxy"),
        ("patience = -1", "E005", "a number from 0 to 3600"),
        ("hosts = 1", "E005", "is not a table"),
        ('hosts."a b".spacing = 1', "E005", "is not a host"),
        ('hosts."a.example" = 1', "E005", "is not a host with a table"),
        ('hosts."a.example".spaceing = 1', "E004", "spacing"),
        ('hosts."a.example".spacing = "1"', "E005", "a number from 0 to 600"),
        ('hosts."a.example".accept = [true]', "E005", "status codes"),
        ('hosts."a.example".accept = 99', "E005", "status codes"),
        ('hosts."a.example".headers = { "X Y" = "1" }', "E005", "cannot be sent|is not a header"),
        ('hosts."a.example".headers = { X = 1 }', "E005", "table of headers"),
        ('hosts."a.example".user_agent = "a\\u000ab"', "E005", "is not"),
        ('hosts."a.example".token = "secret"', "E005", "environment variable"),
        ('hosts."a.example".token = { env = "A B" }', "E005", "environment variable"),
        ('hosts."a.example".token = { env = "A", also = "B" }', "E005", "environment variable"),
    ],
)
def test_how_links_cannot_be_checked(line: str, code: str, words: str, tmp_path: Path) -> None:
    text = f'base_url = "https://digest.example/"\nauthority = "digest.example,2026"\n[links]\n{line}\n'
    (tmp_path / "feedpub.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(str(tmp_path))
    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == (code, 4)
    assert re.search(words, f"{problem.message} {problem.hint}")
    assert "secret" not in f"{problem.message} {problem.hint}"


def test_how_one_host_is_asked(tmp_path: Path) -> None:
    text = (
        'base_url = "https://digest.example/"\nauthority = "digest.example,2026"\n'
        "[links]\npatience = 30\n"
        '[links.hosts."A.example"]\nspacing = 1.5\nper_host = 1\naccept = 403\nheaders = { Accept = "text/html" }\n'
        'token = { env = "A_TOKEN" }\n'
        '[links.hosts."*.bücher.example"]\nuser_agent = "Mozilla/5.0"\ndeadline = 60\npatience = 0\n'
    )
    (tmp_path / "feedpub.toml").write_text(text, encoding="utf-8")
    links = read_config(str(tmp_path))[0].links
    assert links.patience == 30
    assert links.hosts == {
        "a.example": HostSettings(
            spacing=1.5, per_host=1, accept=(403,), headers={"Accept": "text/html"}, token_env="A_TOKEN"
        ),
        "*.xn--bcher-kva.example": HostSettings(user_agent="Mozilla/5.0", deadline=60, patience=0),
    }
    assert links.for_host("www.xn--bcher-kva.example").deadline == 60


@pytest.mark.parametrize("case", load_cases("settings"))
def test_every_form_is_told_with_its_place(case: dict[str, Any], tmp_path: Path) -> None:
    text = case.get("whole") or NEEDED + case["text"]
    for name, long in LONG.items():
        text = text.replace(name, long)
    problem = only(tmp_path, text)
    assert (problem.code, problem.line) == (case["code"], case["line"])
    assert problem.message
    assert len(str(problem)) < 1000


LONG = {
    "{deep}": "[" * 3000 + "]" * 3000,
    "{deep_tables}": "{a=" * 3000 + "1" + "}" * 3000,
    "{digits}": "9" * 5000,
    "{parentheses}": "(" * 3000 + ")" * 3000,
}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_other_encodings_are_told(encoding: str, tmp_path: Path) -> None:
    assert {problem.code for problem in problems(tmp_path, (NEEDED + 'title = "é"').encode(encoding))} == {"E002"}


def test_a_byte_order_mark_is_none_of_the_settings(tmp_path: Path) -> None:
    assert config(tmp_path, f"\ufeff{NEEDED}").authority == "digest.example,2026"


@pytest.mark.parametrize("line", [
    'token = "s3cret"', 'tokens = "s3cret"', "token = s3cret", 'headers = "s3cret"', "spacing = 's3cret'",
    'headers = { A = 1, Authorization = "s3cret" }', 'token = "s3cret', 'token = { env = "s3cret !" }',
])  # fmt: skip
@pytest.mark.parametrize("table", ['[links.hosts."a.example"]\n', "[links]\n'hosts'.b.", "links.hosts.c."])
def test_what_may_be_a_secret_is_never_shown(tmp_path: Path, table: str, line: str) -> None:
    found = problems(tmp_path, f"{NEEDED}{table}{line}\n".encode())
    assert found
    for problem in found:
        assert "s3cret" not in f"{problem} {problem.excerpt} {problem.message} {problem.hint}"
