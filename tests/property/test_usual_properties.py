"""Articles of the usual form are read as in the general way; so is what a glance sees of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedpub import Config, Site
from feedpub.entries import folder
from feedpub.entries.folder import Reader, Reading
from feedpub.feeds import write_entry
from feedpub.formats import FORMATS

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
summaries = st.sampled_from(["## Summary\nOne & two.\n\nThree\n\n", "## 总结\n中文\n\n", "## Summary\n\n", ""])
points = st.sampled_from(["", "## Key Points\n- a\n  - b\n- c\n\n", "## Key Points\n- **a**\n", "## 要点\n- 中 > 文\n"])
references = st.sampled_from(
    [
        "",
        "## References\n1. [A b](https://x.test/) - C\n2. [D](https://x.test/d) - E / F\n",
        "## References\n1. Without - C\n2. [D](https://x.test/d) - E\n",
        "## References\n1. [A](https://x.test/)\n",
    ]
)
bodies = st.one_of(
    st.sampled_from(
        ["", "text", "# Title\n", "\ntext <b>x</b>\n", "\nText, [a](b).\n", "A [b](https://x.test/)\n\n## Own\n"]
    ),
    st.sampled_from(["\n中文。\n\n1. 一\n2. 二\n", "A\n\n## Sumary\n", "![a](c.png)\n\nb", "[m](mailto:a@b.test) c\n"]),
    st.builds("{}{}{}{}".format, st.sampled_from(["", "\n"]), summaries, points, references),
    st.builds("{}{}{}{}".format, st.sampled_from(["", "\n"]), summaries, points, references),
)
files = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["---\n", "---\n", "---\n", "--- \n", "\ufeff---\n", "", "---\r\n"]),
    matter,
    st.sampled_from(["---\n", "---\n", "---\n", "--- \n", "...\n", "", "---"]),
    bodies,
)
names = st.sampled_from(["en.md", "zh-Hans.md", "pt-BR.md", "md", "zh.md", "pt.md", "EN.md"])
USUAL = """---
title: Open models in 2026
published: 2026-02-01T09:00:00+08:00
author: Ann Author
source: https://video.test/a
categories: [AI, Open source ]
---
"""
SECTIONS = """## Summary

One & two.

## Key Points
- a > b
  - c
- d

## References
1. [A & B](https://x.test/) - C
"""
keys = st.sampled_from(["a", "a", "open-models", "archive", "ä", "a.b", "A_1"])


def read(place: Path, glance: bool) -> list[Reading]:
    found = {path.name: folder.article_key(path.name) for path in sorted(place.iterdir())}
    return list(Reader(str(place), CONFIG, found).read(found.values(), glance=glance))


def shown(reading: Reading) -> tuple[object, ...]:
    """Return what a reading says, and what feeds show of it."""
    article = reading.article
    entries = dict(article.entries) if article else {}
    feed = Site(config=CONFIG).feed("en")
    rendered = [
        b"".join(piece for form in FORMATS for piece in write_entry(one, feed, form))
        for one in entries.values()
        if one.authors
    ]
    for one in entries.values():
        one._rendered.clear()
    more = (article.original, article.fallback, list(article.entries), dict(article.paths)) if article else ()
    return reading.key, reading.files, entries, rendered, more, reading.problems, reading.digest


@settings(max_examples=300, deadline=None)
@given(keys, st.dictionaries(names, files, min_size=1, max_size=3), st.booleans())
@example("a", {"en.md": f"{USUAL}{SECTIONS}", "zh-Hans.md": f"{USUAL}{SECTIONS}"}, False)
@example("a", {"en.md": f"{USUAL}{SECTIONS}", "pt-BR.md": f"---\ntitle: A\ndate: 2026-02-01\n---\n{SECTIONS}"}, False)
@example("a", {"en.md": USUAL}, True)
def test_usual_articles_are_read_as_all_are(key: str, given_files: dict[str, str], glance: bool) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        for name, text in given_files.items():
            (place / f"{key}.{name}").write_bytes(text.encode("utf-8", "surrogatepass"))
        quick = read(place, glance)
        with mock.patch.object(folder, "read_usual", return_value=None):
            general = read(place, glance)
    assert list(map(shown, quick)) == list(map(shown, general))


@pytest.mark.parametrize("glance", [True, False])
def test_most_articles_are_usual(tmp_path: Path, glance: bool) -> None:
    for name in ("a.en.md", "a.zh-Hans.md"):
        (tmp_path / name).write_text(f"{USUAL}{SECTIONS}", encoding="utf-8")
    with mock.patch.object(folder, "read_file", side_effect=AssertionError):
        (reading,) = read(tmp_path, glance)
    assert reading.article
    assert list(reading.article.entries) == ["en", "zh-Hans"]
