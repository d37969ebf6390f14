"""Values check themselves: what exists can stand in a feed, and what cannot is refused by value and field."""

import copy
import dataclasses
import pickle
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from types import MappingProxyType
from typing import Any

import pytest
from dateutil import tz
from hypothesis import given
from hypothesis import strategies as st

from feedpub import (
    Article,
    Category,
    Config,
    Draft,
    Enclosure,
    Entry,
    Feed,
    FieldError,
    KeyPoint,
    PastedLine,
    PastedText,
    Person,
    Reference,
    Site,
    Translation,
)
from feedpub.model.checks import XML_ILLEGAL_PATTERN, is_legal_xml, remove_illegal_xml
from feedpub.model.key_points import DEEPEST_LIST_LEVELS, KeyPointList

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
LINK = "https://example.org/en/a/"

# The least that each value needs.
MINIMAL: Mapping[type, dict[str, Any]] = {
    Person: {"name": "Ann"},
    Category: {"term": "ai"},
    Enclosure: {"url": "https://example.org/a.mp3", "type": "audio/mpeg"},
    KeyPoint: {"text": "point"},
    Reference: {"title": "Work"},
    Translation: {"language": "ja", "title": "記事", "link": "https://example.org/ja/a/"},
    Entry: {"id": "tag:example.org,2026:a/en", "language": "en", "title": "Title", "link": LINK, "published": NOON},
    Feed: {"id": "tag:example.org,2026:en", "language": "en", "title": "Feed", "link": "https://example.org/en/"},
}


def make(kind: type, **fields: Any) -> Any:
    return kind(**MINIMAL[kind] | fields)


def entry(**fields: Any) -> Entry:
    return Entry(**MINIMAL[Entry] | fields)


def feed(*entries: Entry, **fields: Any) -> Feed:
    return Feed(**MINIMAL[Feed] | {"entries": entries} | fields)


def nested(levels: int) -> KeyPoint:
    point = KeyPoint(text="deepest")
    for _ in range(levels - 1):
        point = KeyPoint(text="point", children=(point,))
    return point


@pytest.mark.parametrize("kind", MINIMAL)
def test_values_are_frozen_hashable_and_cross_processes(kind: type) -> None:
    value = make(kind)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(kind)[0].name, "x")
    with pytest.raises(TypeError):
        kind(*MINIMAL[kind].values())
    assert make(kind) == value
    assert dataclasses.replace(value) == value
    assert copy.deepcopy(KeyPoint(text="a")) == KeyPoint(text="a")
    assert not hasattr(value, "__dict__")
    if kind is not Feed:  # its addresses are a mapping
        assert hash(make(kind)) == hash(value)
        assert pickle.loads(pickle.dumps(value)) == value


# --- Wrong values: kind, field, value, and a part of the reason -------------------------------------------------------

TEXT_FIELDS = [
    (Person, "name"), (Category, "term"), (KeyPoint, "text"), (Reference, "title"), (Translation, "title"),
    (Entry, "title"), (Entry, "summary"), (Entry, "body"), (Feed, "title"), (Feed, "subtitle"), (Enclosure, "type"),
]  # fmt: skip
OPTIONAL_TEXT_FIELDS = [
    (Person, "email"), (Category, "label"), (Entry, "rights"), (Feed, "rights"), (Feed, "stylesheet"),
]  # fmt: skip
NEEDED = [
    (Person, "name"), (Category, "term"), (Enclosure, "type"), (Reference, "title"), (Translation, "title"),
    (Entry, "title"), (Feed, "title"),
]  # fmt: skip
LINK_FIELDS = [(Enclosure, "url"), (Translation, "link"), (Entry, "link"), (Feed, "link")]
OPTIONAL_LINK_FIELDS = [
    (Person, "uri"), (Reference, "url"), (Entry, "via"), (Entry, "image"), (Feed, "hub"), (Feed, "icon"),
]  # fmt: skip
IRI_FIELDS = [(Entry, "id"), (Feed, "id")]
TUPLE_FIELDS: list[tuple[type, str, Any]] = [
    (KeyPoint, "children", KeyPoint(text="finer")),
    (Reference, "publishers", "Publisher"),
    (Entry, "key_points", KeyPoint(text="point")),
    (Entry, "references", Reference(title="Work")),
    (Entry, "translations", make(Translation)),
    (Entry, "authors", Person(name="Ann")),
    (Entry, "categories", Category(term="ai")),
    (Entry, "enclosures", make(Enclosure)),
    (Feed, "entries", make(Entry)),
    (Feed, "siblings", make(Feed)),
    (Feed, "authors", Person(name="Ann")),
]


def refused(kind: type, field: str, given: object, reason: str) -> None:
    """Make a value with a wrong field; the error must name the value, the field and the reason."""
    with pytest.raises(FieldError) as caught:
        make(kind, **{field: given})
    error = caught.value
    assert error.owner.startswith(kind.__name__)
    assert error.field == field
    assert reason in error.reason
    assert len(str(error)) < 800
    name = next(iter(MINIMAL[kind]))
    if name != field:
        assert error.owner == f"{kind.__name__} {MINIMAL[kind][name]!r}"


@pytest.mark.parametrize(("kind", "field"), TEXT_FIELDS + OPTIONAL_TEXT_FIELDS)
@pytest.mark.parametrize("wrong", [3, b"bytes", ["list"], object()], ids=type)
def test_text_is_text(kind: type, field: str, wrong: object) -> None:
    refused(kind, field, wrong, "not text")


@pytest.mark.parametrize(("kind", "field"), TEXT_FIELDS)
def test_text_is_not_none(kind: type, field: str) -> None:
    refused(kind, field, None, "is None, not text")


@pytest.mark.parametrize(("kind", "field"), OPTIONAL_TEXT_FIELDS + OPTIONAL_LINK_FIELDS)
def test_what_may_be_none(kind: type, field: str) -> None:
    assert getattr(make(kind, **{field: None}), field) is None


@pytest.mark.parametrize(("kind", "field"), NEEDED)
@pytest.mark.parametrize("wrong", ["", " ", "\n\t\u3000"])
def test_what_may_not_be_blank(kind: type, field: str, wrong: str) -> None:
    refused(kind, field, wrong, "is empty")


ILLEGAL = ["\x00", "\x08", "\x0b", "\x1f", "\ud800", "\udfff", "\ufffe", "\uffff"]


@pytest.mark.parametrize(("kind", "field"), TEXT_FIELDS + OPTIONAL_TEXT_FIELDS)
@pytest.mark.parametrize("illegal", ILLEGAL, ids=ascii)
def test_no_text_holds_what_xml_cannot_carry(kind: type, field: str, illegal: str) -> None:
    refused(kind, field, f"中文 {illegal}", f"character 4 is U+{ord(illegal):04X}, which XML cannot carry")
    refused(kind, field, f"ascii{illegal}x", f"U+{ord(illegal):04X}")


@pytest.mark.parametrize("illegal", ILLEGAL, ids=ascii)
def test_no_publisher_holds_what_xml_cannot_carry(illegal: str) -> None:
    refused(Reference, "publishers", ("fine", f"a{illegal}"), f"U+{ord(illegal):04X}")


HARMLESS = [
    "]]>", "<script>alert(1)</script>", "a & b &amp; c", "\t\r\n", "\x7f\x85\xa0", "\u202egnp", "\ufffd\ufdd0", "𝒳🚂",
    "x" * 999, "{braces} %s",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "field"), [pair for pair in TEXT_FIELDS if pair != (Enclosure, "type")])
@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_is_kept_as_it_is(kind: type, field: str, text: str) -> None:
    assert getattr(make(kind, **{field: f"a{text}"}), field) == f"a{text}"


BAD_LINKS = [
    ("", "is empty"),
    ("x.html", "not an absolute http or https address"),
    ("//host/x", "not an absolute http or https address"),
    ("javascript:alert(1)", "not an absolute http or https address"),
    ("https://example.org/\x00", "has '\\x00'"),
    ("https://example.org/\u202e", "has '\\u202e'"),
    ("https://[", "not an address"),
    ("https://ex..ample/", "not a host name"),
    ("x" * 12_000_000, "has 12,000,000 characters"),
    (3, "is 3, not text"),
    (b"https://example.org/", "not text"),
]


@pytest.mark.parametrize(("kind", "field"), LINK_FIELDS + OPTIONAL_LINK_FIELDS)
@pytest.mark.parametrize(("wrong", "reason"), BAD_LINKS, ids=lambda value: ascii(value)[:20])
def test_links_are_absolute(kind: type, field: str, wrong: object, reason: str) -> None:
    refused(kind, field, wrong, reason)


@pytest.mark.parametrize(("kind", "field"), LINK_FIELDS)
def test_links_are_not_none(kind: type, field: str) -> None:
    refused(kind, field, None, "is None, not text")


@pytest.mark.parametrize(("kind", "field"), LINK_FIELDS + OPTIONAL_LINK_FIELDS)
def test_links_are_kept_byte_for_byte(kind: type, field: str) -> None:
    link = "https://例え.jp/道%2f%E9%81%93?q=100%"
    assert getattr(make(kind, **{field: link}), field) == link


@pytest.mark.parametrize(("kind", "field"), [*IRI_FIELDS, (Category, "scheme")])
@pytest.mark.parametrize(
    "wrong", ["", "a/b", "tag:a b", "tag:a\x00", "tag:\ud800", 3, "x" * 12_000_000], ids=lambda v: ascii(v)[:9]
)
def test_ids_are_absolute_iris(kind: type, field: str, wrong: object) -> None:
    refused(kind, field, wrong, "is not an absolute IRI")


@pytest.mark.parametrize(("kind", "field"), IRI_FIELDS)
def test_ids_are_not_none(kind: type, field: str) -> None:
    refused(kind, field, None, "None is not an absolute IRI")


@pytest.mark.parametrize("kind", [Translation, Entry, Feed])
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (None, "is None, not text"),
        (3, "is 3, not text"),
        (["en"], "not text"),
        ("", "'' is not a language tag"),
        ("cn", "did you mean zh-CN or zh-Hans?"),
        ("x" * 12_000_000, "is not a language tag"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_languages_are_tags(kind: type, wrong: object, reason: str) -> None:
    refused(kind, "language", wrong, reason)


@pytest.mark.parametrize("kind", [Translation, Entry, Feed])
@pytest.mark.parametrize(("tag", "expected"), [("zh_cn", "zh-CN"), ("iw", "he"), ("EN", "en")])
def test_languages_are_kept_in_canonical_form(kind: type, tag: str, expected: str) -> None:
    assert make(kind, language=tag).language == expected


@pytest.mark.parametrize(("kind", "field", "item"), TUPLE_FIELDS)
@pytest.mark.parametrize("convert", [list, iter, set, dict.fromkeys])
def test_only_tuples_hold_many_values(kind: type, field: str, item: object, convert: Any) -> None:
    if convert in (set, dict.fromkeys) and isinstance(item, Feed):
        convert = list  # a feed cannot be hashed
    refused(kind, field, convert((item,)), "use a tuple")


@pytest.mark.parametrize(("kind", "field", "item"), TUPLE_FIELDS)
@pytest.mark.parametrize("wrong", [None, "text", 3])
def test_what_is_no_sequence_of_values(kind: type, field: str, item: object, wrong: object) -> None:
    refused(kind, field, wrong, "use a tuple")


@pytest.mark.parametrize(("kind", "field", "item"), TUPLE_FIELDS)
@pytest.mark.parametrize("wrong", [None, 3, ("x",)])
def test_tuples_hold_values_of_one_kind(kind: type, field: str, item: object, wrong: object) -> None:
    refused(kind, field, (item, wrong), f"number 2 is {wrong!r}, not a {type(item).__name__}")


@pytest.mark.parametrize(("kind", "field", "item"), TUPLE_FIELDS)
def test_tuples_take_a_subclass(kind: type, field: str, item: Any) -> None:
    subclass = type("Special", (type(item),), {})
    if isinstance(item, str):
        special = subclass(item)
    else:
        special = subclass(**{one.name: getattr(item, one.name) for one in dataclasses.fields(item) if one.init})
    assert getattr(make(kind, **{field: (item,)}), field) == (item,)
    if kind is not Feed or field != "entries":
        assert getattr(make(kind, **{field: (special, item)}), field)[0] is special


@pytest.mark.parametrize("field", ["previous", "next"])
def test_neighbours_are_references(field: str) -> None:
    refused(Entry, field, "Title", "is 'Title', not a Reference")
    assert getattr(entry(**{field: Reference(title="Before")}), field) == Reference(title="Before")


@pytest.mark.parametrize("wrong", ["ann", "@example.org", "ann@", "a b@example.org", "Ann <ann@example.org>", "a@b@c"])
def test_an_email_address(wrong: str) -> None:
    refused(Person, "email", wrong, f"{wrong!r} is not an e-mail address")


def test_an_author_needs_only_a_name() -> None:
    assert Person(name="王小明") == Person(name="王小明", uri=None, email=None)
    assert Person(name="Ann", uri="https://ann.example/", email="ann@例え.jp").email == "ann@例え.jp"


@pytest.mark.parametrize(
    "wrong", ["mp3", "audio/", "/mpeg", "audio/mpeg/x", "audio/mpeg x", "audio/mpeg;\n", "音/声", "a/b;é"]
)
def test_a_media_type(wrong: str) -> None:
    refused(Enclosure, "type", wrong, "is not a media type such as audio/mpeg")


@pytest.mark.parametrize("given", ["audio/mpeg", "image/svg+xml", 'video/mp4; codecs="avc1.4D401E"'])
def test_media_types_may_have_parameters(given: str) -> None:
    assert make(Enclosure, type=given).type == given


@pytest.mark.parametrize("wrong", [-1, 1.5, "1", None, True])
def test_a_length_is_a_number_of_bytes(wrong: object) -> None:
    refused(Enclosure, "length", wrong, f"is {wrong!r}; use a number of bytes")


def test_a_feed_knows_its_formats_and_choices() -> None:
    refused(Feed, "addresses", {"xml": LINK}, "'xml' is none of atom, rss, json")
    refused(Feed, "addresses", {"atom": "atom.xml"}, "not an absolute http or https address")
    refused(Feed, "addresses", {"atom": None}, "is None, not text")
    refused(Feed, "addresses", None, "is None, not a mapping")
    refused(Feed, "addresses", [("atom", LINK)], "not a mapping")
    refused(Feed, "reference_links", "alternate", "'alternate' is none of related, none")
    refused(Feed, "reference_links", None, "None is none of related, none")


# --- Dates ------------------------------------------------------------------------------------------------------------


def offset(hours: float) -> timezone:
    return timezone(timedelta(hours=hours))


@pytest.mark.parametrize(("kind", "field"), [(Entry, "published"), (Entry, "updated"), (Feed, "updated")])
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (None, "is None, not a datetime"),
        ("2026-02-01", "is '2026-02-01', not a datetime"),
        (date(2026, 2, 1), "not a datetime"),
        (0, "is 0, not a datetime"),
        (datetime(2026, 2, 1, 9, 30), "2026-02-01T09:30:00 has no time zone; use an aware datetime"),
        (datetime(1, 1, 1, 2, tzinfo=offset(8)), "0001-01-01T02:00:00+08:00 is outside the years 1 to 9999 in UTC"),
        (datetime(9999, 12, 31, 23, tzinfo=offset(-5)), "is outside the years 1 to 9999 in UTC"),
    ],
    ids=str,
)
def test_dates_are_aware_and_utc_can_say_them(kind: type, field: str, wrong: object, reason: str) -> None:
    refused(kind, field, wrong, reason)


class _Undecided(tzinfo):
    def utcoffset(self, moment: datetime | None) -> None:
        return None

    dst = utcoffset

    def tzname(self, moment: datetime | None) -> str:
        return "?"


def test_a_time_zone_that_knows_no_offset_is_none() -> None:
    refused(Entry, "published", datetime(2026, 2, 1, tzinfo=_Undecided()), "has no time zone")


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, 8, tzinfo=offset(8)),
        datetime(1, 1, 1, tzinfo=offset(-8)),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(9999, 12, 31, 23, tzinfo=offset(14)),
        datetime(1900, 1, 1, tzinfo=tz.gettz("Asia/Shanghai")),  # local mean time, +08:05:43
        datetime(2026, 2, 1, 9, 0, 0, 123456, tzinfo=offset(5.75)),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=tz.gettz("Europe/Berlin")),
    ],
    ids=str,
)
def test_any_moment_of_the_calendar_can_be_published(moment: datetime) -> None:
    one = entry(published=moment)
    assert one.published is moment
    assert one.updated is moment
    assert feed(one).updated is moment


def test_updated_may_differ_from_published() -> None:
    later = NOON + timedelta(days=1)
    assert entry(updated=later).updated == later
    assert entry(updated=later).published == NOON


def test_a_feed_is_as_new_as_its_newest_entry() -> None:
    old, new = entry(id="tag:a,2026:1"), entry(id="tag:a,2026:2", updated=datetime(2026, 2, 1, 9, tzinfo=offset(-8)))
    assert feed(old, new).updated == feed(new, old).updated == new.updated
    assert feed().updated == datetime(1990, 1, 1, tzinfo=UTC)
    assert feed(old, updated=new.updated).updated == new.updated


# --- Entries, ids, key points -----------------------------------------------------------------------------------------


def test_a_chinese_key_makes_an_id_and_a_link() -> None:
    one = entry(id="tag:example.org,2026:夜车/zh-Hans", link="https://example.org/zh-Hans/夜车/", language="zh-Hans")
    assert one.id == "tag:example.org,2026:夜车/zh-Hans"
    assert one.link == "https://example.org/zh-Hans/夜车/"


def test_an_id_stands_once_in_a_feed() -> None:
    one, two = entry(title="One"), entry(title="Two")
    with pytest.raises(FieldError) as caught:
        feed(one, two)
    assert caught.value.field == "entries"
    assert caught.value.reason == f"two have the id {one.id!r}: 'One' and 'Two'"
    with pytest.raises(FieldError, match="two have the id"):
        feed(entry(), entry())  # equal, yet two
    assert feed(one, entry(id="tag:example.org,2026:b/en")).entries[0] is one


@pytest.mark.parametrize("levels", [1, 2, DEEPEST_LIST_LEVELS])
def test_key_points_nest(levels: int) -> None:
    assert entry(key_points=(nested(levels),)).key_points[0] == nested(levels)
    assert repr(nested(levels)).count("KeyPoint") == levels
    assert dataclasses.replace(nested(levels), text="other").children == nested(levels).children


@pytest.mark.parametrize("levels", [DEEPEST_LIST_LEVELS + 1, 500])
def test_key_points_do_not_nest_without_end(levels: int) -> None:
    with pytest.raises(FieldError) as caught:
        nested(levels)
    assert (caught.value.owner, caught.value.field) == ("KeyPoint 'point'", "children")
    assert "nested more than 100 levels deep" in caught.value.reason


def test_the_deepest_branch_counts() -> None:
    deep, shallow = nested(DEEPEST_LIST_LEVELS - 1), KeyPoint(text="shallow")
    assert KeyPoint(text="top", children=(shallow, deep, shallow)).children[1] is deep
    with pytest.raises(FieldError, match="nested more than"):
        KeyPoint(text="top", children=(shallow, nested(DEEPEST_LIST_LEVELS), shallow))


@pytest.mark.parametrize(
    ("reference", "label"),
    [
        (Reference(title="Work"), "Work"),
        (Reference(title="Work", publishers=("A",)), "Work - A"),
        (Reference(title="«Work»", publishers=("A & B", "C")), "«Work» - A & B / C"),
    ],
)
def test_the_label_of_a_reference(reference: Reference, label: str) -> None:
    assert reference.label == label


def test_twelve_megabytes_of_text() -> None:
    start = time.perf_counter()
    text = "文字 & a text\n" * 1_000_000
    assert entry(summary=text, body=text).body == text
    with pytest.raises(FieldError, match="character 12000001 is U"):
        entry(body=text + "\x00")
    assert time.perf_counter() - start < 10


def test_a_wrong_value_is_not_repeated_in_full() -> None:
    refused(Entry, "title", ["x" * 12_000_000], "not text")
    refused(Entry, "references", ("x" * 12_000_000,), "not a Reference")
    refused(Person, "email", "x" * 12_000_000, "is not an e-mail address")
    refused(Enclosure, "type", "x" * 12_000_000, "is not a media type")


# --- What XML can carry -----------------------------------------------------------------------------------------------


@given(st.text(st.characters() | st.sampled_from("\x00\x0b\t\n\x7f\ud800\ufffe")) | st.text("ab\n\x00\x1f\x7f"))
def test_is_legal_tells_what_the_standard_says(text: str) -> None:
    legal = all(
        character in "\t\n\r"
        or 0x20 <= ord(character) <= 0xD7FF
        or 0xE000 <= ord(character) <= 0xFFFD
        or ord(character) > 0xFFFF
        for character in text
    )
    assert is_legal_xml(text) is legal
    assert (XML_ILLEGAL_PATTERN.search(text) is None) is legal
    clean = remove_illegal_xml(text)
    assert is_legal_xml(clean)
    assert (clean == text) is legal


@given(
    title=st.text(),
    publishers=st.lists(st.text(), max_size=2).map(tuple),
    url=st.none() | st.text() | st.text(max_size=5).map(lambda text: f"https://example.org/{text}"),
)
def test_a_reference_is_legal_or_refused_whatever_the_short_cut(
    title: str, publishers: tuple[str, ...], url: str | None
) -> None:
    try:
        reference = Reference(title=title, publishers=publishers, url=url)
    except FieldError:
        assert not (title.strip() and all(map(is_legal_xml, (title, *publishers))) and url is None)
    else:
        assert reference.title.strip()
        assert all(is_legal_xml(text) for text in (reference.label, reference.url or ""))


# --- Site -------------------------------------------------------------------------------------------------------------


def article(key: str, *languages: str, day: int = 1) -> Article:
    entries = {
        language: entry(
            id=f"tag:example.org,2026:{key}/{language}", language=language, published=datetime(2026, 2, day, tzinfo=UTC)
        )
        for language in languages
    }
    return Article(key=key, entries=MappingProxyType(entries), original=languages[0])


CONFIG = Config(
    base_url="https://example.org/digest/",
    authority="example.org,2026",
    languages=("en", "zh-Hans"),
    author=Person(name="Ann"),
    rights="CC0",
    hub="https://hub.example/",
    icon="https://example.org/icon.png",
    reference_links="none",
    title={"en": "Digest", "zh-Hans": "文摘"},
    subtitle={"en": "News"},
)
SITE = Site(
    config=CONFIG, articles=(article("old", "en", "zh-Hans"), article("new", "en", day=3), article("b", "en", day=3))
)


def keys(entries: tuple[Entry, ...]) -> list[str]:
    return [one.id.partition(":")[2].partition(":")[2] for one in entries]


def test_a_site_gives_a_feed_per_language() -> None:
    english, chinese = SITE.feed("en"), SITE.feed("zh-Hans")
    assert keys(english.entries) == ["new/en", "b/en", "old/en"]  # newest first, then by id
    assert keys(chinese.entries) == ["old/zh-Hans"]
    assert (english.id, english.link) == ("tag:example.org,2026:en", "https://example.org/digest/en/")
    assert (english.title, english.subtitle, chinese.title, chinese.subtitle) == ("Digest", "News", "文摘", "")
    assert dict(english.addresses) == {
        "atom": "https://example.org/digest/en/atom.xml",
        "rss": "https://example.org/digest/en/rss.xml",
        "json": "https://example.org/digest/en/feed.json",
    }
    assert [(sibling.language, sibling.link) for sibling in english.siblings] == [
        ("zh-Hans", "https://example.org/digest/zh-Hans/")
    ]
    assert english.authors == (Person(name="Ann"),)
    assert (english.rights, english.hub, english.icon) == (CONFIG.rights, CONFIG.hub, CONFIG.icon)
    assert english.reference_links == "none"
    assert english.updated == datetime(2026, 2, 3, tzinfo=UTC)


def test_a_site_without_words_still_has_titles() -> None:
    bare = Site(config=Config(base_url="https://example.org/", authority="example.org,2026", languages=("en", "ja")))
    assert (bare.feed("ja").title, bare.feed("ja").authors, bare.feed("ja").entries) == ("https://example.org/", (), ())
    titled = Site(config=dataclasses.replace(bare.config, title={"en": "Digest"}))
    assert titled.feed("ja").title == "Digest"


def test_originals_fill_gaps_if_the_site_wants_them() -> None:
    site = dataclasses.replace(SITE, config=dataclasses.replace(CONFIG, fallback="original"))
    assert keys(site.feed("zh-Hans").entries) == ["new/en", "b/en", "old/zh-Hans"]


def test_a_site_has_no_feed_of_other_languages() -> None:
    with pytest.raises(KeyError, match=r"ja is not one of the site's languages \(en, zh-Hans\)"):
        SITE.feed("ja")


def test_an_article_is_as_old_as_its_first_entry() -> None:
    later, first = article("a", "en", day=5).entries["en"], article("a", "ja", day=2).entries["ja"]
    both = Article(key="a", entries={"en": later, "ja": first}, original="en")
    assert both.published == first.published


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "..",
        "...",
        "a/b",
        "../a",
        "a\\b",
        "a\nb",
        "a\x7f",
        "a\x00",
        "a\ud800",
        "archive",
        "Category",
        "x" * 256,
        "海" * 86,
    ],
)
def test_the_key_of_an_article_is_the_name_of_a_folder(key: str) -> None:
    with pytest.raises(FieldError, match="key: "):
        dataclasses.replace(article("a", "en"), key=key)


@pytest.mark.parametrize("key", ["a", "夜车", "-x", ".x", "a b", "e\u0301", "x" * 255, "海" * 85])
def test_other_keys_are_taken(key: str) -> None:
    assert dataclasses.replace(article("a", "en"), key=key).key == key


def test_the_first_language_is_the_default() -> None:
    assert CONFIG.default_language == "en"
    assert Config(base_url="https://example.org/", authority="example.org,2026").default_language == "en"


def test_pasted_text_needs_nothing() -> None:
    assert PastedText() == PastedText(drafts=(), via=None, previous=None, next=None, lines=())
    assert Draft(language="en").title is None
    assert PastedLine(number=1, text="", fate="dropped", role="blank").number == 1


LIST = "<ul>\n<li>a</li>\n<li>b <em>i</em>\n<ul>\n<li>c</li>\n</ul></li>\n</ul>"


def test_key_points_of_a_list_are_a_field_like_others() -> None:
    points = (KeyPoint(text="a"), KeyPoint(text="b <em>i</em>", children=(KeyPoint(text="c"),)))
    made = Entry(**MINIMAL[Entry], key_points=points)
    read = Entry(**MINIMAL[Entry], key_points=KeyPointList(LIST))

    assert read.key_points == points
    assert points == read.key_points
    assert (len(read.key_points), read.key_points[1], read.key_points[:1]) == (2, points[1], points[:1])
    assert tuple(read.key_points) == points
    assert read == made
    assert hash(read) == hash(made)
    assert repr(read) == repr(made)
    assert dataclasses.replace(read, title="x") == dataclasses.replace(made, title="x")
    assert copy.deepcopy(read) == made
    assert read.key_points != KeyPointList("<ul><li>b</li></ul>")
    assert not KeyPointList("")


@pytest.mark.parametrize("parts", [{"body"}, {"summary", "title"}, "summary", None, ["summary"]])
def test_only_some_parts_can_stand_in_the_body(parts: Any) -> None:
    with pytest.raises(FieldError, match="in_body"):
        Entry(**MINIMAL[Entry], in_body=parts)
