"""What a glance sees of an article is what reading its front matter in the general way gives."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedpub import Config
from feedpub.entries import folder
from feedpub.entries.folder import Reader, Reading

CONFIG = Config(
    base_url="https://example.org/",
    authority="example.org,2026",
    languages=("en", "zh-Hans", "pt-BR"),
    timezone="Asia/Shanghai",
    permalink="https://blog.example.org/{language}/{key}/",
    archives=False,
)
texts = st.one_of(
    st.sampled_from(["Open models", "开放模型", "R&D and more", "1984", "null", "Nullius", "no", "a  b", " a", "a "]),
    st.sampled_from(
        ["a: b", "a #b", "#a", "C++", '"a"', "[a]", "a\u200bb", "a\u00a0b", "", "~", "- a", "x" * 3000, "é…!"]
    ),
    st.text(max_size=5),
)
dates = st.sampled_from(
    "2026-02-01 2026-02-01T09:00:00+08:00 2026-02-01T09:00Z 2026-02-30 20260201 soon 0001-01-01 2026-02-01T09:00:00"
    " 1900-01-01 9999-12-31T23:59:59-10:00".split()
)
lines = st.one_of(
    st.builds("title: {}\n".format, texts),
    st.builds("{}: {}\n".format, st.sampled_from(["published", "date", "updated"]), dates),
    st.builds("{}: {}\n".format, st.sampled_from(["author", "summary", "id", "key", "language", "draft", "x"]), texts),
    st.builds(
        "{}: {}\n".format,
        st.sampled_from(["source", "via"]),
        st.sampled_from(["https://x.test/a_b", "https://x.test/?a=1", "http://x", "x", "https://x.test/a b", ""]),
    ),
    st.builds("{}: [{}]\n".format, st.sampled_from(["tags", "categories"]), st.sampled_from(["a", "a, b", "a,b", ""])),
    st.sampled_from(
        ["draft: true\n", "language: zh-Hans\n", "key: b\n", "previous: Other\n", "\n", "# x\n", "date: 2020-01-01\n"]
    ),
)
usual = st.builds("title: {}\npublished: {}\n{}".format, texts, dates, st.just("") | lines)
matter = st.one_of(usual, usual, st.lists(lines, max_size=4).map("".join))
files = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["---\n", "---\n", "---\n", "--- \n", "\ufeff---\n", "", "---\r\n"]),
    matter,
    st.sampled_from(["---\n", "---\n", "---\n", "--- \n", "...\n", "", "---"]),
    st.sampled_from(["", "text", "# Title\n", "## Summary\na\n"]),
)
names = st.sampled_from(["en.md", "zh-Hans.md", "pt-BR.md", "md", "zh.md", "pt.md", "EN.md"])
keys = st.sampled_from(["a", "a", "open-models", "archive", "ä", "a.b", "A_1"])


def read(place: Path) -> list[Reading]:
    found = {path.name: folder.article_key(path.name) for path in sorted(place.iterdir())}
    return list(Reader(str(place), CONFIG, found).read(found.values(), glance=True))


def shown(reading: Reading) -> tuple[object, ...]:
    """Return what a reading says, but for the paths of files, which no list shows."""
    article = reading.article
    entries = dict(article.entries) if article else None
    more = (article.original, article.fallback, list(article.entries)) if article else ()
    return reading.key, reading.files, entries, more, reading.problems, reading.digest


@settings(max_examples=300, deadline=None)
@given(keys, st.dictionaries(names, files, min_size=1, max_size=3))
@example("a", {"en.md": "---\ntitle: A b\npublished: 2026-02-01\nsource: https://x.test/\ntags: [a, b]\n---\n"})
def test_a_glance_sees_what_is_there(key: str, given_files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        for name, text in given_files.items():
            (place / f"{key}.{name}").write_bytes(text.encode("utf-8", "surrogatepass"))
        quick = read(place)
        with mock.patch.object(folder, "usual_glance", return_value=None):
            general = read(place)
    assert list(map(shown, quick)) == list(map(shown, general))


def test_most_articles_are_usual(tmp_path: Path) -> None:
    head = "---\ntitle: Open models in 2026\ndate: 2026-02-01T09:00:00+08:00\ntags: [AI, Open source]\n---\ntext"
    for name in ("a.en.md", "a.zh-Hans.md"):
        (tmp_path / name).write_text(head, encoding="utf-8")
    with mock.patch.object(folder, "read_file", side_effect=AssertionError):
        (reading,) = read(tmp_path)
    assert reading.article
    assert list(reading.article.entries) == ["en", "zh-Hans"]
