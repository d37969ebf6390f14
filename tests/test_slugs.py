"""Names for files and addresses, made from titles."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedpub.entries.slugs import LONGEST_SLUG_BYTES, LONGEST_SLUG_CHARACTERS, make_slug


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Open Source!", "open-source"),
        ("Open models in 2026", "open-models-in-2026"),
        ("  A -- b_c / d\\e ", "a-b-c-d-e"),
        ("..", "untitled"),
        ("", "untitled"),
        ("🎉", "untitled"),
        ("\ud800", "untitled"),
        ("archive.en", "archive-en"),
        ("开放模型：2026年", "开放模型-2026年"),
        ("Straße", "strasse"),
        ("İstanbul", "i\u0307stanbul"),
        ("cafe\u0301", "café"),
        ("हिन्दी में", "हिन्दी-में"),
        ("ภาษาไทยดีที่สุด", "ภาษาไทยดีที่สุด"),
        ("قطارات الليل", "قطارات-الليل"),
        ("Ελλάδα ΣΑΣ", "ελλάδα-σασ"),
        ("a" * 100, "a" * 80),
        ("word " * 30, "word-" * 15 + "word"),
        ("字" * 100, "字" * 66),
        ("𠀀" * 100, "𠀀" * 50),
    ],
)
def test_make_slug(text: str, name: str) -> None:
    assert make_slug(text) == name


@given(st.text())
@example("ſ\u0323\u0307")
@example("\u0390" * 60)
@example("ff\ufb03" * 30)
def test_slug_is_a_file_name_on_every_system(text: str) -> None:
    name = make_slug(text)
    assert 0 < len(name) <= LONGEST_SLUG_CHARACTERS
    assert len(name.encode()) <= LONGEST_SLUG_BYTES
    assert name == unicodedata.normalize("NFC", name) == Path(name).name
    assert not name.startswith(("-", "."))
    assert not name.endswith("-")
    assert make_slug(name) == name
    assert make_slug(unicodedata.normalize("NFD", text)) == name
