"""Time writing Atom and RSS against raw feedgen and Django's feedgenerator, side by side in one run.

    python benchmarks/writers.py [--entries 20 1000 10000] [--rounds 5]

Each measurement is a process of its own; the writers take turns, so that a slow moment of the machine hits all of them.
Timed is what a program does that has its articles as plain values: make the writer's objects, write Atom and RSS.
The others are handed HTML that needs no cleaning and references as links, as far as they can take them: feedgen loses
their relation (each becomes one more `alternate`), Django has no place for them at all.
Output: median CPU seconds, and the ratio to each peer pair by pair; peak memory likewise.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ENGLISH = (
    "Open formats outlive the programs that write them, because anyone can build the next reader; what a publisher "
    "owes its subscribers is a stable address, an honest date & a text that arrives whole. "
)
CHINESE = (
    "开放的格式比写出它们的程序活得更久，因为任何人都可以再写一个阅读器；"
    "发布者欠订阅者的，是稳定的地址、真实的日期和完整的正文。"
)
REFERENCES = 10
BODY_BYTES = 3072
START = datetime(2020, 1, 1, 8, tzinfo=UTC)


def articles(count: int) -> list[dict[str, Any]]:
    """Make articles: 3 KB of body, 10 references, every other one in Chinese."""
    made = []
    for number in range(count):
        sentence, language = (CHINESE, "zh-Hans") if number % 2 else (ENGLISH, "en")
        paragraph = f"<p>{number}: {escape(sentence * 4)}</p>\n"
        made.append(
            {
                "id": f"tag:example.org,2026:article-{number}/{language}",
                "language": language,
                "title": f"{number}: {sentence[:40]}",
                "link": f"https://example.org/{language}/article-{number}/",
                "published": START + timedelta(hours=number),
                "summary": sentence,
                "body": paragraph * (BODY_BYTES // len(paragraph.encode())),
                "references": [
                    (f"Work {n} & more", "Publisher", f"https://example.org/works/{number}/{n}")
                    for n in range(REFERENCES)
                ],
            }
        )
    return made


def feedpub_write(given: list[dict[str, Any]], feeds: int = 1) -> list[bytes]:
    """Write with feedpub; the same entries in `feeds` feeds of each format."""
    import feedpub

    entries = tuple(
        feedpub.Entry(
            **{
                **values,
                "references": tuple(
                    feedpub.Reference(title=title, publishers=(publisher,), url=url)
                    for title, publisher, url in values["references"]
                ),
            }
        )
        for values in given
    )
    feed = feedpub.Feed(
        id="tag:example.org,2026:feed",
        language="mul",
        title="Benchmark",
        link="https://example.org/",
        entries=entries,
        subtitle="Many entries",
        addresses={"atom": "https://example.org/atom.xml", "rss": "https://example.org/rss.xml"},
        authors=(feedpub.Person(name="Author", email="author@example.org"),),
    )
    renderer = feedpub.Renderer()
    for _ in range(feeds - 1):  # as a build does: one document after the other, none kept
        feedpub.to_atom(feed, renderer)
        feedpub.to_rss(feed, renderer)
    return [feedpub.to_atom(feed, renderer), feedpub.to_rss(feed, renderer)]


def content(values: dict[str, Any]) -> str:
    """Join what feedpub's content holds, as a program without feedpub would."""
    items = "".join(
        f'<li><a href="{escape(url)}">{escape(title)}</a> - {escape(publisher)}</li>\n'
        for title, publisher, url in values["references"]
    )
    return f"<p>{escape(values['summary'])}</p>\n{values['body']}<h3>References</h3>\n<ol>\n{items}</ol>"


def feedgen_write(given: list[dict[str, Any]]) -> list[bytes]:
    """Write with feedgen, one generator per format, as its README shows."""
    from feedgen.feed import FeedGenerator

    written = []
    for form in ("atom", "rss"):
        feed = FeedGenerator()
        feed.id("tag:example.org,2026:feed")
        feed.title("Benchmark")
        feed.author({"name": "Author", "email": "author@example.org"})
        feed.link(href="https://example.org/", rel="alternate")
        feed.subtitle("Many entries")
        feed.link(href=f"https://example.org/{form}.xml", rel="self")
        feed.language("en")
        for values in given:
            entry = feed.add_entry(order="append")
            entry.id(values["id"])
            entry.title(values["title"])
            entry.link(href=values["link"])
            for title, publisher, url in values["references"]:
                entry.link(href=url, rel="related", title=f"{title} - {publisher}")
            entry.author({"name": "Author", "email": "author@example.org"})
            entry.published(values["published"])
            entry.updated(values["published"])
            entry.summary(values["summary"])
            entry.content(content(values), type="html")
        written.append(feed.atom_str() if form == "atom" else feed.rss_str())
    return written


def django_write(given: list[dict[str, Any]]) -> list[bytes]:
    """Write with Django's feedgenerator as it comes: no references as links, no summary beside the content."""
    from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed

    return _django(given, Atom1Feed, Rss201rev2Feed)


def django_full_write(given: list[dict[str, Any]]) -> list[bytes]:
    """Write with Django's feedgenerator, extended as its documentation shows to write what feedpub writes."""
    from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed

    class Atom(Atom1Feed):  # type: ignore[misc]
        def add_item_elements(self, handler: Any, item: Any) -> None:
            super().add_item_elements(handler, item)
            for title, publisher, url in item["references"]:
                handler.addQuickElement("link", "", {"rel": "related", "title": f"{title} - {publisher}", "href": url})
            handler.addQuickElement("content", item["content"], {"type": "html"})

    class Rss(Rss201rev2Feed):  # type: ignore[misc]
        def rss_attributes(self) -> dict[str, str]:
            return {
                **super().rss_attributes(),
                "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
                "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            }

        def add_item_elements(self, handler: Any, item: Any) -> None:
            super().add_item_elements(handler, item)
            handler.addQuickElement("dc:creator", "Author")
            handler.addQuickElement("dc:language", item["language"])
            for title, publisher, url in item["references"]:
                handler.addQuickElement(
                    "atom:link", "", {"rel": "related", "title": f"{title} - {publisher}", "href": url}
                )
            handler.addQuickElement("content:encoded", item["content"])

    return _django(given, Atom, Rss, full=True)


def _django(given: list[dict[str, Any]], *forms: Any, full: bool = False) -> list[bytes]:
    written = []
    for form in forms:
        feed = form("Benchmark", "https://example.org/", "Many entries", language="en", author_name="Author")
        for values in given:
            html = content(values)
            more = {"references": values["references"], "content": html, "language": values["language"]} if full else {}
            feed.add_item(
                title=values["title"],
                link=values["link"],
                description=values["summary"] if full else html,
                author_name="Author",
                author_email="author@example.org",
                pubdate=values["published"],
                updateddate=values["published"],
                unique_id=values["id"],
                **more,
            )
        written.append(feed.writeString("utf-8").encode())
    return written


def feedpub_ten(given: list[dict[str, Any]]) -> list[bytes]:
    """Write every entry in ten feeds of each format."""
    return feedpub_write(given, feeds=10)


WRITERS: dict[str, Callable[[list[dict[str, Any]]], list[bytes]]] = {
    "feedpub": feedpub_write,
    "feedpub-ten": feedpub_ten,
    "feedgen": feedgen_write,
    "django": django_write,
    "django, extended": django_full_write,
}


def measure(writer: str, count: int) -> None:
    """Run one writer in this process and print what it took."""
    WRITERS[writer](articles(50))  # imports and tables are paid before
    given = articles(count)
    gc.collect()  # or a full collection, due since the imports, falls to whoever allocates next
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    written = WRITERS[writer](given)
    seconds = time.process_time() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {"cpu": seconds, "mib": after / 1024, "grown": (after - before) / 1024, "bytes": sum(map(len, written))}
        )
    )


def run(writer: str, count: int) -> dict[str, float]:
    """Measure one writer in a fresh process."""
    command = [sys.executable, __file__, "--measure", writer, "--entries", str(count)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {name: float(value) for name, value in answer.items()}


def compare(count: int, rounds: int) -> float:
    """Measure all writers in turn, print a table, return feedpub's median CPU seconds."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WRITERS}
    for _ in range(rounds):
        for name in WRITERS:
            found[name].append(run(name, count))
    print(f"\n{count} entries, {rounds} rounds        CPU s     MiB   output MB   feedpub's CPU ratio, memory ratio")
    ours = found["feedpub"]
    for name, runs in found.items():
        cpu, memory, size = (statistics.median(one[what] for one in runs) for what in ("cpu", "mib", "bytes"))
        ratio = statistics.median(a["cpu"] / b["cpu"] for a, b in zip(ours, runs, strict=True))
        memory_ratio = statistics.median(a["mib"] / b["mib"] for a, b in zip(ours, runs, strict=True))
        print(f"  {name:24} {cpu:9.4f} {memory:7.0f} {size / 1e6:11.2f}   {ratio:10.2f}, {memory_ratio:.2f}")
    ten = statistics.median(b["cpu"] / a["cpu"] for a, b in zip(ours, found["feedpub-ten"], strict=True))
    print(f"  the same entries in ten feeds cost {ten:.2f} x one feed")
    return statistics.median(one["cpu"] for one in ours)


def main() -> None:
    """Compare at each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, nargs="+", default=[20, 1000, 10000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", choices=WRITERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure, given.entries[0])
        return
    each = {count: compare(count, given.rounds) / count for count in given.entries}
    last = max(each)
    for count, seconds in each.items():
        print(f"feedpub per entry at {count}: {seconds * 1e6:.0f} us CPU")
    if 1000 in each and last > 1000:
        print(f"growth per entry from 1000 to {last}: {each[last] / each[1000]:.2f} x")


if __name__ == "__main__":
    main()
