"""Feeds for tests: each stands in ``tests/golden``, in all three formats, under its name here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import feedpub
from feedpub import Archive, Category, Enclosure, Entry, Feed, KeyPoint, Person, Reference, Translation

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = "https://example.org/digest/"
TITLES = {"en": "The Digest", "zh-Hans": "文摘", "ar": "الموجز"}
WRITERS = {"atom.xml": feedpub.to_atom, "rss.xml": feedpub.to_rss, "feed.json": feedpub.to_json}
SHANGHAI = timezone(timedelta(hours=8))
ANN = Person(name="Ann Author", uri="https://ann.example/", email="ann@example.org")


def feed(language: str, *entries: Entry, **fields: Any) -> Feed:
    """Make a feed of the sample site."""
    home = f"{BASE}{language}/"
    values: dict[str, Any] = {
        "id": f"tag:example.org,2026:{language}",
        "language": language,
        "title": TITLES.get(language, language),
        "link": home,
        "entries": entries,
        "addresses": {"atom": f"{home}atom.xml", "rss": f"{home}rss.xml", "json": f"{home}feed.json"},
        "authors": (ANN,),
    }
    return Feed(**values | fields)


def entry(key: str = "night-trains", language: str = "en", **fields: Any) -> Entry:
    """Make an entry of the sample site."""
    values: dict[str, Any] = {
        "id": f"tag:example.org,2026:{key}/{language}",
        "language": language,
        "title": "Night trains",
        "link": f"{BASE}{language}/{key}/",
        "published": datetime(2026, 2, 1, 9, tzinfo=SHANGHAI),
    }
    return Entry(**values | fields)


def translation(language: str, title: str, key: str = "night-trains") -> Translation:
    """Point to an entry of the sample site in another language."""
    return Translation(language=language, title=title, link=f"{BASE}{language}/{key}/")


def siblings(*languages: str) -> tuple[Feed, ...]:
    """Make the feeds of other languages, as a feed points to them."""
    return tuple(feed(language) for language in languages)


WORKS = (
    Reference(
        title="Nightjet",
        publishers=("ÖBB", "Siemens Mobility"),
        url="https://works.example/nightjet?lang=en&page=2",
    ),
    Reference(title="Sleeper Atlas & Timetables", publishers=("Back-on-Track",)),
    Reference(title="Berths/Seats Study", url="https://works.example/study.pdf"),
    Reference(title="Nightjet, again", url="https://works.example/nightjet?lang=en&page=2"),
)


def digest_en() -> Feed:
    """An article and its translations: summary, key points, references, source."""
    return feed(
        "en",
        entry(
            title="Night trains return",
            updated=datetime(2026, 2, 3, 18, 30, 15, tzinfo=SHANGHAI),
            summary="Night trains are coming back to Europe.\n\nWho pays for the empty berths in winter?",
            key_points=(
                KeyPoint(
                    text="Rolling stock is the <strong>bottleneck</strong>",
                    children=(
                        KeyPoint(text="New cars take four to six years;"),
                        KeyPoint(text="Leasing pools would help.", children=(KeyPoint(text="R&amp;D, too."),)),
                    ),
                ),
                KeyPoint(text="Passengers want a door"),
            ),
            references=WORKS,
            via="https://video.example/watch?v=1&t=60",
            translations=(translation("zh-Hans", "夜间列车重返欧洲"), translation("ar", "عودة قطارات الليل")),
        ),
        entry(
            "ferries",
            title="Ferries",
            published=datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC),
            summary="Ferries go on.",
            body="<p>Ferries go on.</p>\n<h2>Where</h2>\n<p>Across the <a href='../sea/'>sea</a>.</p>",
            in_body=frozenset({"summary"}),
        ),
        subtitle="Articles, summed up",
        siblings=siblings("zh-Hans", "ar"),
    )


def digest_zh_hans() -> Feed:
    """The same article in Chinese."""
    return feed(
        "zh-Hans",
        entry(
            language="zh-Hans",
            title="夜间列车重返欧洲",
            updated=datetime(2026, 2, 3, 18, 30, 15, tzinfo=SHANGHAI),
            summary="夜间列车正在重返欧洲，背后的研发（R&D）主要围绕睡眠展开。",
            key_points=(KeyPoint(text="车辆是瓶颈", children=(KeyPoint(text="新卧铺车需要4到6年；"),)),),
            references=(
                Reference(title="夜间列车", publishers=("奥地利联邦铁路",), url="https://works.example/nightjet"),
                Reference(title="卧铺地图"),
            ),
            via="https://video.example/watch?v=1&t=60",
            translations=(translation("en", "Night trains return"), translation("ar", "عودة قطارات الليل")),
            authors=(Person(name="安"),),
        ),
        subtitle="文章摘要",
        siblings=siblings("en", "ar"),
    )


def right_to_left() -> Feed:
    """Arabic, with words of other scripts within."""
    return feed(
        "ar",
        entry(
            language="ar",
            title="عودة قطارات الليل (Nightjet)",
            summary="تعود قطارات الليل إلى أوروبا.",
            body="<p>قال <bdi lang='en'>ÖBB</bdi> نعم.</p><pre>ls -l</pre><blockquote dir=\"ltr\">Yes.</blockquote>",
            key_points=(KeyPoint(text="العربات هي العائق"),),
            references=(Reference(title="Nightjet", publishers=("ÖBB",), url="https://works.example/nightjet"),),
            translations=(translation("en", "Night trains return"),),
        ),
        subtitle="مقالات موجزة",
    )


def everything() -> Feed:
    """Every field there is."""
    return feed(
        "en",
        entry(
            title="Everything at once",
            updated=datetime(2026, 2, 2, tzinfo=UTC),
            summary="All fields.",
            body="<p>All fields, <em>set</em>.</p>",
            key_points=(KeyPoint(text="One"),),
            references=WORKS,
            via="https://video.example/watch?v=2",
            translations=(translation("zh-Hans", "一切"),),
            authors=(ANN, Person(name="Bob & Co", uri="https://bob.example/"), Person(name="Cem", email="c@d.example")),
            categories=(
                Category(term="ai", scheme="https://example.org/topics", label="Artificial Intelligence"),
                Category(term="R&D"),
            ),
            enclosures=(
                Enclosure(url="https://media.example/talk.mp3?a=1&b=2", type="audio/mpeg", length=123456),
                Enclosure(url="https://media.example/slides.pdf", type="application/pdf"),
            ),
            image="https://media.example/picture.jpg",
            rights="© 2026 Ann, <CC BY 4.0>",
            previous=Reference(title="Before", publishers=("The Digest",)),
            next=Reference(title="After", url="https://example.org/digest/en/after/"),
        ),
        entry(
            "unknown-size",
            title="An enclosure of unknown size",
            summary="Nothing but a file.",
            published=datetime(2026, 1, 30, tzinfo=UTC),
            enclosures=(Enclosure(url="https://media.example/a.ogg", type="audio/ogg; codecs=opus"),),
        ),
        title="The Digest <beta> & more",
        subtitle="Articles, summed up: <b> & all",
        updated=datetime(2026, 2, 4, 12, 0, 0, 999999, tzinfo=UTC),
        siblings=siblings("zh-Hans"),
        authors=(ANN, Person(name="Bob")),
        rights="© 2026 Ann & Bob",
        hub="https://hub.example/?a=1&b=2",
        icon="https://media.example/icon.png",
        stylesheet="../feed.css?v=1&w=2",
    )


def fallback() -> Feed:
    """Entries without translation: shown in feeds of other languages, with a note."""
    english = entry(title="Night trains return", summary="Night trains are coming back.", body="<p>Soon.</p>")
    arabic = entry(
        "ferries",
        "ar",
        title="العبارات",
        summary="العبارات مستمرة.",
        published=datetime(2026, 1, 31, tzinfo=UTC),
    )
    return feed("zh-Hans", english, arabic)


def hard_texts() -> Feed:
    """Titles and texts that look like markup, or turn the text around them."""
    titles = (
        "1 < 2 & 3 > 2",
        "Use <script> & <b>, not <!-- ",
        "What &amp; and &lt; mean",
        "AT&T, R&D; ]]> \"quoted\" 'twice'",
        "\u202eturned",
        "\u2067open \u202btwice",
        "closed \u2068too\u2069 often\u2069",
        "on\n three\tlines\r\n",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩\u200d👩\u200d👧 e\u0301",
    )
    return feed(
        "en",
        *(
            entry(
                f"title-{number}",
                title=title,
                summary=f"{title} (summary)",
                body="<p>1 &lt; 2, <b>bold</b>, ]]&gt;</p>",
                references=(Reference(title=title, publishers=(title,), url="https://works.example/?a=1&b=2"),),
                translations=(translation("zh-Hans", title),),
                rights=title,
                published=datetime(2026, 1, 20 - number, tzinfo=UTC),
                authors=(Person(name=title),),
                categories=(Category(term=title, label=title),),
            )
            for number, title in enumerate(titles)
        ),
        title="AT&amp;T <b>\u202e",
        subtitle="1 < 2 & \n3 > 2",
        rights="<©>",
        icon="https://media.example/icon.png",
        siblings=(feed("zh-Hans", title="<文摘>\u202e"),),
    )


def empty() -> Feed:
    """A feed that has no entries yet."""
    return feed("en", authors=(), updated=datetime(2026, 2, 1, tzinfo=UTC))


def bare() -> Feed:
    """The least that a feed can be made of."""
    return feed("en", entry(), reference_links="none")


def iris() -> Feed:
    """Addresses and ids in other scripts, and with what must be escaped."""
    home = "https://文摘.example/中文/"
    return feed(
        "zh-Hans",
        entry(
            language="zh-Hans",
            id="tag:example.org,2026:夜车/zh-Hans",
            title="夜车",
            link=f"{home}夜车/?页=1&b=[2]#评论",
            body="<p><a href='../渡轮/'>渡轮</a> <img src='图.png' alt='图'></p>",
            references=(
                Reference(title="研究", url="https://bücher.example:8443/研究.pdf?q=a|b&c=%E4%B8%AD%zz"),
                Reference(title="Draft", url="https://user:pa'ss@works.example/a\"b<c>{d}"),
            ),
            via="https://视频.example/看?v=1",
            translations=(Translation(language="en", title="Night trains", link=f"{home}en/夜车/"),),
            authors=(Person(name="安", uri="https://文摘.example/安"),),
            categories=(Category(term="铁路", scheme="https://文摘.example/主题"),),
            enclosures=(Enclosure(url="https://文摘.example/音频.mp3", type="audio/mpeg", length=1),),
            image="https://文摘.example/图.png",
        ),
        link=home,
        addresses={"atom": f"{home}atom.xml", "rss": f"{home}rss.xml", "json": f"{home}feed.json"},
        siblings=(feed("en", addresses={"atom": f"{home}en/atom.xml", "rss": f"{home}en/rss.xml"}),),
        hub="https://文摘.example/hub",
        icon="https://文摘.example/标.png",
    )


def archived(number: int | None, last: int = 3) -> Feed:
    """One of the documents of a feed that has three archive documents, counted from the oldest; None is the newest."""
    newest: dict[str, str] = dict(feed("en").addresses)

    def addresses(page: int) -> dict[str, str]:
        if not 1 <= page <= last:
            return {}
        home = f"{BASE}en/archive/"
        return {"atom": f"{home}atom-{page}.xml", "rss": f"{home}rss-{page}.xml", "json": f"{home}feed-{page}.json"}

    place = last + 1 if number is None else number
    return feed(
        "en",
        *(
            entry(f"{place}-{day}", summary="Trains.", published=datetime(2026, place, day, tzinfo=UTC))
            for day in (2, 1)
        ),
        subtitle="Articles, summed up",
        siblings=siblings("zh-Hans"),
        addresses=newest if number is None else addresses(number),
        archive=Archive(
            current={} if number is None else newest,
            previous=addresses(place - 1),
            next=addresses(place + 1),
        ),
    )


def archive_newest() -> Feed:
    """The document that people subscribe to: it has older ones before it."""
    return archived(None)


def archive_middle() -> Feed:
    """An archive document that has neighbours on both sides."""
    return archived(2)


def archive_oldest() -> Feed:
    """The oldest archive document: nothing is before it."""
    return archived(1)


CASES: dict[str, Callable[[], Feed]] = {
    "digest-en": digest_en,
    "digest-zh-Hans": digest_zh_hans,
    "right-to-left": right_to_left,
    "everything": everything,
    "fallback": fallback,
    "hard-texts": hard_texts,
    "empty": empty,
    "bare": bare,
    "iris": iris,
    "archive-newest": archive_newest,
    "archive-middle": archive_middle,
    "archive-oldest": archive_oldest,
}
