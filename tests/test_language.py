"""Language tags, their names and directions, the words of the catalogue, and text that turns its surroundings."""

import re
import string
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import feedpub.language
from feedpub.errors import LanguageTagError
from feedpub.language import (
    KNOWN_LANGUAGES,
    canonicalise_tag,
    get_autonym,
    get_direction,
    get_script,
    get_words,
    has_words,
    isolate_bidi,
    match_language,
)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "en"),
        ("EN-us", "en-US"),
        ("zh_cn", "zh-CN"),
        ("ZH-hANS", "zh-Hans"),
        ("zh_Hans_CN", "zh-Hans-CN"),
        ("iw", "he"),
        ("in", "id"),
        ("ji", "yi"),
        ("en-UK", "en-GB"),
        ("deu", "de"),
        ("zh-cmn-Hans", "zh-Hans"),
        ("zh-min-nan", "nan"),
        ("i-klingon", "tlh"),
        ("en-GB-oed", "en-GB-oxendict"),
        ("en-Latn", "en"),
        ("es-419", "es-419"),
        ("de-DE-1996", "de-DE-1996"),
        ("sl-rozaj-biske-1994", "sl-1994-biske-rozaj"),
        ("uk", "uk"),
        ("mul", "mul"),
        ("und", "und"),
        ("x-house", "x-house"),
        ("en-x-Private", "en-x-private"),
        (" en\n", "en"),
    ],
)
def test_canonical(tag: str, expected: str) -> None:
    assert canonicalise_tag(tag) == expected
    assert canonicalise_tag(expected) == expected


@pytest.mark.parametrize(
    ("tag", "suggestion"),
    [
        ("cn", ("zh-CN", "zh-Hans")),
        ("CN", ("zh-CN", "zh-Hans")),
        (" cn ", ("zh-CN", "zh-Hans")),
        ("jp", ("ja",)),
        ("kr", ("ko",)),
        ("us", ("en-US",)),
        ("cht", ("zh-Hant",)),
        ("English", ("en",)),
        ("chinese", ("zh-Hans", "zh-Hant")),
        ("zh-Hnas", ("zh-Hans", "zh-Hant")),
        ("zh_Hanz", ("zh-Hant", "zh-Hans")),
        ("", ()),
        ("  ", ()),
        ("xx", ()),
        ("en-", ()),
        ("-en", ()),
        ("en--GB", ()),
        ("en GB", ()),
        ("en_US.UTF-8", ()),
        ("C", ()),
        ("x", ()),
        ("de-1996-1996", ()),
        ("中文", ()),
        ("ｅｎ", ()),
        ("enİ", ()),
        ("en\x00", ()),
        ("<script>", ()),
        ("\ud800", ()),
    ],
)
def test_what_is_no_language_tag(tag: str, suggestion: tuple[str, ...]) -> None:
    with pytest.raises(LanguageTagError) as caught:
        canonicalise_tag(tag)
    assert (caught.value.tag, caught.value.suggestion) == (tag, suggestion)


@pytest.mark.parametrize("tag", [None, 3, b"en", ("en",)])
def test_a_tag_is_text(tag: Any) -> None:
    with pytest.raises(LanguageTagError, match="is not a language tag"):
        canonicalise_tag(tag)


@pytest.mark.parametrize("tag", ["a" * 12_000_000, "en-" + "abcd-" * 100_000 + "x", "en-x-" + "a-" * 60 + "b"])
def test_a_very_long_tag_is_refused_at_once_and_not_repeated(tag: str) -> None:
    start = time.perf_counter()
    with pytest.raises(LanguageTagError) as caught:
        canonicalise_tag(tag)
    assert len(str(caught.value)) < 200
    assert time.perf_counter() - start < 2


_SUBTAGS = (
    "en zh cn iw ar sr no nb cmn yue ger zz Hans Hant Latn Cyrl Arab Qaaa US GB UK CN TW 419 999 1996 rozaj biske"
    " valencia u ca buddhist x private a bbb oed min nan i klingon"
).split()


@given(
    st.text(string.ascii_letters + string.digits + "-_ ", max_size=14)
    | st.builds(
        lambda parts, glue: glue.join(parts), st.lists(st.sampled_from(_SUBTAGS), max_size=5), st.sampled_from("-_")
    )
)
@example("en-GB-oed")
def test_canonical_is_idempotent_and_its_result_can_be_used(tag: str) -> None:
    try:
        result = canonicalise_tag(tag)
    except LanguageTagError:
        return
    assert canonicalise_tag(result) == result
    assert canonicalise_tag(result.upper()) == result
    assert re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", result)
    assert get_direction(result) in ("ltr", "rtl")
    assert get_autonym(result)
    assert get_words(result)["key_points"]


@pytest.mark.parametrize(
    ("tag", "supported", "expected"),
    [
        ("en", ("en",), "en"),
        ("en-GB", ("en",), "en"),
        ("en", ("fr", "en-US"), "en-US"),
        ("en-GB", ("en", "en-GB"), "en-GB"),
        ("zh-CN", ("zh-Hant", "zh-Hans"), "zh-Hans"),
        ("zh-TW", ("zh-Hans", "zh-Hant"), "zh-Hant"),
        ("zh", ("zh-Hans",), "zh-Hans"),
        ("zh-CN", ("zh-Hant",), None),
        ("zh-Hant", ("zh-Hans",), None),
        ("pt-PT", ("pt-BR",), "pt-BR"),
        ("yue", ("zh-Hant",), None),
        ("uk", ("ru",), None),
        ("nb", ("da", "en"), None),
        ("mul", ("en",), None),
        ("und", ("en",), None),
        ("en", (), None),
    ],
)
def test_match(tag: str, supported: tuple[str, ...], expected: str | None) -> None:
    assert match_language(tag, supported) == expected


@pytest.mark.parametrize(
    ("tag", "written", "towards"),
    [
        ("en", "Latn", "ltr"),
        ("zh-CN", "Hans", "ltr"),
        ("zh-TW", "Hant", "ltr"),
        ("ja", "Jpan", "ltr"),
        ("hi", "Deva", "ltr"),
        ("sr", "Cyrl", "ltr"),
        ("ar", "Arab", "rtl"),
        ("ar-Latn", "Latn", "ltr"),
        ("he", "Hebr", "rtl"),
        ("fa-IR", "Arab", "rtl"),
        ("ur", "Arab", "rtl"),
        ("az", "Latn", "ltr"),
        ("az-Arab", "Arab", "rtl"),
        ("dv", "Thaa", "rtl"),
        ("nqo", "Nkoo", "rtl"),
        ("ff-Adlm", "Adlm", "rtl"),
        ("mul", "Zyyy", "ltr"),
    ],
)
def test_script_and_direction(tag: str, written: str, towards: str) -> None:
    if tag != "mul":
        assert get_script(tag) == written
    assert get_direction(tag) == towards


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("en", "English"),
        ("en-GB", "English"),
        ("zh-Hans", "简体中文"),
        ("zh-CN", "简体中文"),
        ("zh-TW", "繁體中文"),
        ("ja", "日本語"),
        ("ar", "العربية"),
        ("he", "עברית"),
        ("eo", "eo"),
        ("mul", "mul"),
    ],
)
def test_autonym(tag: str, name: str) -> None:
    assert get_autonym(tag) == name


KEYS_WITH_FIELDS = {
    "source_line": {"link"},
    "translations_line": {"links"},
    "fallback_note": {"language", "original"},
    "feed_link": {"title", "language", "format"},
    "dead_links": {"title"},
    "dead_link": {"url"},
    "link_is_back": {"url"},
    "link_is_removed": {"url"},
    "found_in": {"places"},
}


def test_the_catalogue_has_every_known_language_in_the_same_order() -> None:
    catalogue = tomllib.loads(Path(feedpub.language.__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))
    assert tuple(catalogue) == KNOWN_LANGUAGES
    assert {language: dict(get_words(language)) for language in KNOWN_LANGUAGES} == catalogue  # read one by one
    assert len({get_autonym(language) for language in KNOWN_LANGUAGES}) == len(catalogue)


@pytest.mark.parametrize("language", KNOWN_LANGUAGES)
def test_each_language_has_all_words(language: str) -> None:
    english, found = get_words("en"), get_words(language)
    assert canonicalise_tag(language) == language
    assert has_words(language)
    assert set(found) == set(english)
    for key, text in found.items():
        if isinstance(text, str):
            fields = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            assert fields == KEYS_WITH_FIELDS.get(key, set()), key
            assert text.strip(), key
            assert isolate_bidi(text) == text, key  # it turns nothing around it
            assert not set(text) & set("<>&"), key  # it stands in HTML
            if key != "list_separator":
                assert text == text.strip(), key


@pytest.mark.parametrize("language", KNOWN_LANGUAGES)
def test_each_sample_article_has_the_same_shape(language: str) -> None:
    english, sample = get_words("en")["sample"], get_words(language)["sample"]
    assert set(sample) == set(english)
    assert [len(children) for _, children in sample["points"]] == [len(children) for _, children in english["points"]]
    assert len(sample["reference_titles"]) == len(english["reference_titles"])
    texts = [sample["title"], sample["summary"], *sample["reference_titles"]]
    texts += [text for point, children in sample["points"] for text in (point, *children)]
    assert all(text.strip() for text in texts)
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("language", sorted(set(KNOWN_LANGUAGES) - {"en"}))
def test_no_language_was_left_in_english(language: str) -> None:
    english, found = get_words("en"), get_words(language)
    sentences = ("key_points", "fallback_note", "translations_line", "feed_hint", "no_articles", "all_articles")
    assert not [key for key in sentences if found[key] == english[key]]
    assert not set(map(str, found["sample"].values())) & set(map(str, english["sample"].values()))


@pytest.mark.parametrize("tag", ["eo", "mul", "und", "x-house", "yue"])
def test_other_languages_have_the_english_words(tag: str) -> None:
    assert not has_words(tag)
    assert get_words(tag) == get_words("en")


RLE, LRO, RLO, PDF = "\u202b", "\u202d", "\u202e", "\u202c"
LRI, RLI, FSI, PDI = "\u2066", "\u2067", "\u2068", "\u2069"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "عربي and English",
        "tab\tand\x00control",
        f"a {RLE}b{PDF} c",
        f"{LRI}a{PDI}{FSI}b{RLI}c{PDI}{PDI}",
        f"{LRI}{RLO}a{PDF}{PDI}",
        f"{RLE}{LRI}a{PDI}{PDF}",
        f"\u200e{RLE}\u200fa{PDF}",
    ],
)
def test_balanced_text_is_unchanged(text: str) -> None:
    assert isolate_bidi(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a{RLO}b", f"{FSI}a{RLO}b{PDI}"),
        (f"a{LRI}b", f"{FSI}a{LRI}b{PDI}{PDI}"),
        (f"{LRI}{RLI}b", f"{FSI}{LRI}{RLI}b{PDI}{PDI}{PDI}"),
        (f"a{PDI}b", f"{FSI}ab{PDI}"),
        (f"a{PDI}{RLO}b", f"{FSI}a{RLO}b{PDI}"),
        (f"a{PDF}b", f"{FSI}a{PDF}b{PDI}"),
        (f"{PDF}{RLE}a", f"{FSI}{PDF}{RLE}a{PDI}"),
        (f"{LRI}{RLO}a{PDI}b", f"{FSI}{LRI}{RLO}a{PDI}b{PDI}"),
        (f"{RLO}{LRI}a{PDF}{PDI}b", f"{FSI}{RLO}{LRI}a{PDF}{PDI}b{PDI}"),
    ],
)
def test_unbalanced_text_is_isolated(text: str, expected: str) -> None:
    assert isolate_bidi(text) == expected


def leaks(text: str) -> bool:
    """Tell whether a text leaves something open, or closes what it did not open (UAX #9, rules X1 to X7)."""
    stack: list[str] = []
    for character in text:
        if character in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068":
            stack.append(character)
        elif character == PDF and stack and stack[-1] not in "\u2066\u2067\u2068":
            stack.pop()
        elif character == PDI:
            while stack and stack[-1] not in "\u2066\u2067\u2068":
                stack.pop()
            if not stack:
                return True
            stack.pop()
    return bool(stack)


CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.text("ab\u200f\n" + CONTROLS))
def test_the_result_never_leaks_and_keeps_the_visible_text(text: str) -> None:
    result = isolate_bidi(text)
    assert not leaks(result)
    assert re.sub(f"[{CONTROLS}]", "", result) == re.sub(f"[{CONTROLS}]", "", text)
    if result != text:
        assert result == FSI + result[1:-1] + PDI


_BALANCED = st.recursive(
    st.text("abع "),
    lambda inner: st.builds(
        lambda parts, pair: f"{parts[0]}{pair[0]}{parts[1]}{pair[1]}{parts[2]}",
        st.tuples(inner, inner, inner),
        st.sampled_from([RLE + PDF, RLO + PDF, LRO + PDF, LRI + PDI, RLI + PDI, FSI + PDI]),
    ),
)


@given(_BALANCED)
def test_any_balanced_text_is_unchanged(text: str) -> None:
    assert isolate_bidi(text) == text
