"""Time grows no faster than what others write: entries, front matter, settings, pasted text, answers, addresses.

Each family makes an input of any size. CPU time is taken at n and 4n, between which it may grow ninefold: a linear one
grows fourfold, a quadratic one sixteenfold. Times below a floor say nothing, so that a family which is done at once
passes: a quadratic one of this size is far above it. `make explore` takes inputs that are four times larger.
"""

from __future__ import annotations

import contextlib
import gc
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

import feedpub
from feedpub import iri
from feedpub.entries.front_matter import reader as front_matter
from feedpub.entries.linting.losses import find_losses
from feedpub.entries.markdown.template_markup import find_template_markup, remove_template_markup
from feedpub.entries.sections.headings import load_heading_table
from feedpub.entries.sections.reader import read_sections
from feedpub.entries.source import Source
from feedpub.entries.summaries import make_excerpt
from feedpub.links.classify import ProbeResult, classify_result
from feedpub.links.fragments import find_fragment_names
from feedpub.links.outbound import find_outbound_links
from feedpub.links.pages import read_refresh
from feedpub.links.redirects import find_redirect_target
from feedpub.links.reports import format_report
from feedpub.links.result import Link, LinkReport
from feedpub.redaction import hide_secrets
from feedpub.rendering.sanitiser import sanitise_html
from feedpub.site.settings import read_config
from feedpub.transport import network_addresses
from feedpub.transport.base import NoResponseError
from feedpub.transport.http1 import ResponseReader
from support.link_pages import read_page_at_once
from support.speed import THOROUGH
from test_link_fixing import remember_moved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FLOOR_SECONDS: Final = 0.02
_SHARE: Final = 1 if THOROUGH else 4  # of the sizes below
_MOST_GROWTH: Final = 9
_TRIES: Final = 4
_FRONT: Final = "---\ntitle: T\npublished: 2026-02-01\n---\n"
_SETTINGS: Final = 'base_url = "https://site.test/"\nauthority = "site.test,2026"\nlanguages = ["en", "zh-Hans"]\n'


def grows_too_fast(run: Callable[[int], object], size: int) -> list[float]:
    """Return the times at n and 4n if they grow faster than the input does, each time they are taken."""
    times: list[float] = []
    for _ in range(_TRIES):
        taken = [_seconds(run, size * factor) for factor in (1, 4)]
        # The best of all tries counts: what else the machine does makes a run slower, never faster.
        times = list(map(min, taken, times or taken))
        if times[1] <= max(_FLOOR_SECONDS, _MOST_GROWTH * max(times[0], _FLOOR_SECONDS / 4)):
            return []
    return times


def _seconds(run: Callable[[int], object], size: int) -> float:
    gc.disable()  # when it runs depends on all objects of the process
    try:
        start = time.process_time()
        run(size)
        return time.process_time() - start
    finally:
        gc.enable()


def repeated(unit: str, size: int, before: str = "", after: str = "") -> str:
    return before + unit * max(1, size // len(unit)) + after


# ---- entry points


def lint_entry(folder: Path, text: str) -> None:
    (folder / "feedpub.toml").write_text(_SETTINGS, encoding="utf-8")
    (folder / "a.en.md").write_text(text, encoding="utf-8")
    (folder / "a.zh-Hans.md").write_text(f"{_FRONT}## 摘要\n\n中文的摘要。\n", encoding="utf-8")
    feedpub.lint(folder)


def read_text(folder: Path, text: str) -> None:
    source = Source("a.md", text)
    read_sections(source, 0, load_heading_table(), has_title=True, title="T")


def clean_html(folder: Path, text: str) -> None:
    sanitise_html(text, "https://a.test/b/")


def compare_html(folder: Path, text: str) -> None:
    find_losses(text, "<p>a</p>")


def compare_many_names(folder: Path, text: str) -> None:
    """Lint as many tags of different names as the text has characters."""
    lint_entry(folder, _FRONT + "".join(f"<x{number}>a</x{number}>\n" for number in range(len(text))))


def open_blocks(folder: Path, text: str) -> None:
    """Lint as many tags that may open a block, behind 5,000 lines, as the text has characters, divided by ten."""
    tags = "".join(f"</p>\n<T{number}>\n" for number in range(len(text) // 10))
    lint_entry(folder, _FRONT + "<div>\n" + "a\n" * 5000 + tags + "</div>\n")


def explode_in_summary(folder: Path, text: str) -> None:
    """Lint a summary with as many elements of formatting that do not end as the text has characters."""
    lint_entry(folder, f"{_FRONT}## Summary\n\na\n\n{_explosion(len(text))}\n## Key Points\n\n- a\n")


def explode_beside_summaries(folder: Path, text: str) -> None:
    """Lint such a text with a summary in the front matter, and another in its section."""
    front = _FRONT.replace("title: T", "title: T\nsummary: b\ndigest: true")
    lint_entry(folder, f"{front}## Summary\n\na\n\n## Key Points\n\n- a\n\n## Other\n\n{_explosion(len(text))}")


def _explosion(count: int) -> str:
    opened = "".join(f"<p><b lang=x{number}></p>" for number in range(count))
    return f"<div>\n{opened}{'<p>x' * 2 * count}\n</div>\n"


def excerpt_html(folder: Path, text: str) -> None:
    make_excerpt(text)


def remove_remains(folder: Path, text: str) -> None:
    remove_template_markup(text, find_template_markup(text))


def read_front_matter(folder: Path, text: str) -> None:
    front_matter.read_front_matter(Source("a.md", text))


def read_settings(folder: Path, text: str) -> None:
    (folder / "feedpub.toml").write_text(text, encoding="utf-8")
    with contextlib.suppress(feedpub.ConfigError):
        read_config(str(folder))


def parse_pasted(folder: Path, text: str) -> None:
    with contextlib.suppress(feedpub.EntryError):
        feedpub.parse_pasted(text)


def classify_page(folder: Path, text: str) -> None:
    page = read_page_at_once(text.encode(), {})
    classify_result(
        ProbeResult(
            url="https://a.test/b", code=200, page=page, soft404_probe=ProbeResult(url="https://a.test/", page=page)
        )
    )


def find_fragment(folder: Path, text: str) -> None:
    read_page_at_once(text.encode(), {}, find_fragment_names("wanted"))


def find_many_fragments(folder: Path, text: str) -> None:
    """Look for as many fragments in a page as it has characters, divided by a hundred."""
    wanted = frozenset().union(*(find_fragment_names(f"wanted{number}") for number in range(len(text) // 100)))
    read_page_at_once(text.encode(), {}, wanted)


def find_fragment_in_charset(folder: Path, text: str) -> None:
    for charset in ("punycode", "idna", "unicode_escape", "utf-7", "hz", "utf-16", "gb18030", "iso-2022-jp"):
        read_page_at_once(
            text.encode(), {"content-type": f"text/html; charset={charset}"}, find_fragment_names("wanted")
        )


def find_refresh(folder: Path, text: str) -> None:
    for start in ("", "0", "0;", "0;url=", "0;url='"):
        read_refresh(start + text)


def read_answer(folder: Path, text: str) -> None:
    """Read an answer that comes in pieces of 64 KiB."""
    reading = ResponseReader("GET", 2 * 1024 * 1024)
    data = text.encode("latin-1")
    with contextlib.suppress(NoResponseError):
        for start in range(0, len(data), 65536):
            reading.feed(data[start : start + 65536])
            if reading.is_done:
                break


def read_answer_by_bytes(folder: Path, text: str) -> None:
    reading = ResponseReader("GET", 2 * 1024 * 1024)
    with contextlib.suppress(NoResponseError):
        for one in text.encode("latin-1"):
            reading.feed(bytes([one]))
            if reading.is_done:
                break


def follow_redirect(folder: Path, text: str) -> None:
    find_redirect_target("https://a.test/b", text)


def check_address(folder: Path, text: str) -> None:
    iri.find_url_fault(text)
    network_addresses.parse_numeric_host(text)


def redact(folder: Path, text: str) -> None:
    hide_secrets(text)


def load_entry(folder: Path, text: str) -> feedpub.Site:
    (folder / "feedpub.toml").write_text(_SETTINGS, encoding="utf-8")
    (folder / "a.en.md").write_text(f"{_FRONT}{text}", encoding="utf-8")
    return feedpub.load(folder, keep_going=True)


def list_outbound_links(folder: Path, text: str) -> None:
    find_outbound_links(load_entry(folder, text))


def fix_links(folder: Path, text: str, new: str = "https://b.test/new") -> None:
    """Rewrite all addresses of a text that are ``https://a.test/``."""
    feedpub.fix_links(load_entry(folder, text), history=remember_moved(folder, {"https://a.test/": new}))


def format_links(folder: Path, text: str) -> None:
    """Report as many dead links, on as many hosts with three each, as the text has lines."""
    links = tuple(
        Link(url=f"https://h{number // 3}.test/{line}", status="dead", state="dead", reason="404 not found")
        for number, line in enumerate(text.splitlines())
    )
    report = LinkReport(links=links, at=datetime(2026, 2, 1, tzinfo=UTC))
    for form in feedpub.report_formats():
        format_report(report, form)


_LATE: Final = "<img data-src=x><noscript><img src=x></noscript>"
_CHUNKED: Final = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_HEAD: Final = "HTTP/1.1 200 OK\r\n"
_NOTE: Final = "a[^1]\n\n[^1]: b\n\n"
_POINTS: Final = "## Key Points\n\n"
_WORKS: Final = "## References\n\n"

# Name → entry point, size in characters, what is repeated, what stands before it and after it.
FAMILIES: Final[dict[str, tuple[Callable[[Path, str], object], int, str, str, str]]] = {
    # entries, by lint: front matter, Markdown, comparison of languages, all that is found in them
    "hyphens in a word": (lint_entry, 50_000, "-", _FRONT + "Hello x", "y\n"),
    "nested quotations": (lint_entry, 25_000, ">", _FRONT, "a\n"),
    "tags that begin tags": (lint_entry, 50_000, "<a ", _FRONT, "\n"),
    "headings of HTML": (lint_entry, 50_000, "<h1>", _FRONT, "\n"),
    "attributes without end": (lint_entry, 50_000, '<a href="', _FRONT, "\n"),
    "languages that are named in one tag": (lint_entry, 50_000, "lang=", f"{_FRONT}中文 <b ", "\n"),
    "tags in a language, not closed": (lint_entry, 50_000, "<b lang=x>", f"{_FRONT}中文 ", "\n"),
    "words of another script": (lint_entry, 50_000, "中文 `a` ", _FRONT, "\n"),
    "relative addresses": (lint_entry, 50_000, "[a](b) ", _FRONT, "\n"),
    "scripts": (lint_entry, 50_000, "<iframe> `a`\n\n", _FRONT, "\n"),
    "misspelled headings": (lint_entry, 20_000, "## Sumary of all\n\n", _FRONT, "a\n"),
    "many references without address": (lint_entry, 50_000, "1. a\n", _FRONT + _WORKS, ""),
    "references with faulty addresses": (lint_entry, 50_000, "1. [a](http:x)\n", _FRONT + _WORKS, ""),
    "comments without end": (lint_entry, 50_000, "<!--", f"{_FRONT}中文 ", "\n"),
    "ticks": (lint_entry, 50_000, "``a ", f"{_FRONT}中文 ", "\n"),
    "illegal characters": (lint_entry, 20_000, "\x01", _FRONT, "\n"),
    # Markdown
    "brackets": (read_text, 50_000, "[", "", "\n"),
    "closed brackets": (read_text, 50_000, "[a", "", "]" * 100 + "\n"),
    "images": (read_text, 50_000, "![a](", "", "\n"),
    "emphasis": (read_text, 50_000, "*a **b _c ", "", "\n"),
    "backticks of many lengths": (read_text, 50_000, "`a``b```c", "", "\n"),
    "nested lists": (read_text, 50_000, "- ", _POINTS, "a\n"),
    "many key points": (read_text, 50_000, "- a\n", _POINTS, ""),
    "entities in one line": (read_text, 50_000, "&#1;", f"{_POINTS}- ", "\n"),
    "soft breaks": (read_text, 50_000, "中\n", f"{_POINTS}- ", "\n"),
    "link definitions": (read_text, 50_000, "[a]: https://x.test/\n", "", "[a]\n"),
    "uses of one definition": (read_text, 50_000, "[a] ", "", "\n\n[a]: https://x.test/" + "b" * 5000 + "\n"),
    "uses of one footnote": (read_text, 10_000, "[^a] ", "", "\n\n[^a]: b\n"),
    "footnotes": (read_text, 10_000, "[^a]: b\n", "[^a] ", "\n"),
    "unused footnotes": (lint_entry, 10_000, "[^a]: b\n\n", f"{_FRONT}a\n\n", "\n"),
    "footnotes of many names": (
        lambda folder, text: read_text(folder, "".join(f"[^{n}] \n\n[^{n}]: b\n\n" for n in range(len(text)))),
        1000,
        "a",
        "",
        "",
    ),
    "a tag with a quote": (lint_entry, 50_000, '<a "', _FRONT, "\n"),
    "tags with many quotes": (lint_entry, 50_000, '<a " " ', _FRONT, "\n"),
    "titles in prose": (lint_entry, 50_000, "<title> ", f"{_FRONT}a ", "\n"),
    "unknown tags": (lint_entry, 50_000, "<T>", f"{_FRONT}a ", "\n"),
    "unknown tags with attributes": (lint_entry, 50_000, "<T a=b> ", f"{_FRONT}a ", "\n"),
    "unclosed comments of blocks": (lint_entry, 50_000, "<!--\n", _FRONT, "\n"),
    "unclosed comments before a comment": (lint_entry, 50_000, "- <!--\n", _FRONT, "\n\n<!-- a -->\n"),
    "unclosed instructions": (lint_entry, 50_000, "<?a\n\n", _FRONT, "\n"),
    "unclosed scripts in code": (lint_entry, 50_000, "<script>\n", f"{_FRONT}```\n", "```\n"),
    "end tags without start": (lint_entry, 50_000, "</b>", f"{_FRONT}a ", "\n"),
    "tags that are not closed": (lint_entry, 50_000, "<b>", f"{_FRONT}a ", "\n"),
    "titles with one end": (lint_entry, 50_000, "<title>", f"{_FRONT}a ", "</title>\n"),
    "single tildes": (read_text, 50_000, "~a~ ", "", "\n"),
    "double tildes": (read_text, 50_000, "~~a~~ ", "", "\n"),
    "dollars": (read_text, 50_000, "$a ", "", "\n"),
    "formulas": (read_text, 50_000, "$a$ ", "", "\n"),
    "alerts": (read_text, 50_000, "> [!NOTE]\n> a\n\n", "", "\n"),
    "alerts in one quotation": (read_text, 50_000, "> [!NOTE]\n", "", "\n"),
    "task boxes": (read_text, 50_000, "- [ ] a\n", "", "\n"),
    "Chinese lines": (read_text, 50_000, "中文\n", "", "\n"),
    "Chinese lines with marks": (read_text, 50_000, "**中**\n", "", "\n"),
    "spans of labels": (read_text, 50_000, "<span>—</span>", f"{_WORKS}1. a", "\n"),
    "escaped characters of labels": (read_text, 50_000, "\\- ", f"{_WORKS}1. a ", "\n"),
    "asterisks that stay": (lint_entry, 50_000, "** a ", f"{_FRONT}a ", "\n"),
    "blocks with asterisks that stay": (lint_entry, 50_000, "**a: **b\n\n", _FRONT, "\n"),
    "references to illegal characters": (lint_entry, 50_000, "&#1;", f"{_FRONT}a ", "\n"),
    "relative addresses of HTML": (lint_entry, 50_000, "<a href='b'>a</a> ", f"{_FRONT}a ", "\n"),
    "encoded hosts": (read_text, 50_000, "[a](http://é.test/) ", "", "\n"),
    "table rows": (read_text, 50_000, "| a | b |\n", "| a | b |\n| - | - |\n", ""),
    "addresses": (read_text, 50_000, "https://x.test/ ", "", "\n"),
    "separators of labels": (read_text, 50_000, " - ", f"{_WORKS}1. a", "\n"),
    "spaces in labels": (read_text, 50_000, " ", f"{_WORKS}1. a", "b\n"),
    "blank lines": (read_text, 50_000, "\n\n \n", "a", "b\n"),
    "tabs": (read_text, 50_000, "\t", "a\n", "b\n"),
    "links of HTML that do not end": (read_text, 50_000, '<a href="https://x.test/">', f"{_WORKS}1. ", "\n"),
    "addresses of one link of HTML": (read_text, 50_000, ' href="a"', f"{_WORKS}1. <a", "> a\n"),
    "classes of one link of HTML": (read_text, 50_000, ' class="footnote-backref"', f"{_NOTE}<p>\n <a", "\n"),
    "a long name of a tag": (lint_entry, 20_000, "0", f"{_FRONT}<div>\n<b", "\n"),
    "a long name of a tag without end": (lint_entry, 20_000, "0", f"{_FRONT}<div>\n<b", ' x="\n'),
    "faulty addresses of HTML": (lint_entry, 50_000, "<a href='http:x'>a</a>\n", f"{_FRONT}<div>\n", "</div>\n"),
    "tags that may open blocks": (open_blocks, 20_000, "a", "", ""),
    "a section for the summary that explodes": (explode_in_summary, 500, "a", "", ""),
    "a text that explodes beside two summaries": (explode_beside_summaries, 500, "a", "", ""),
    # HTML that is rewritten, compared, summed up
    "late pictures": (clean_html, 100_000, "<img data-src=x>", "", ""),
    "pictures for readers without scripts": (clean_html, 100_000, _LATE, "", ""),
    "embeds": (clean_html, 100_000, "<iframe src=x></iframe><video><source src=y></video>", "", ""),
    "an embed with much in it": (clean_html, 100_000, "<b>a</b>", "<object data=x>", "</object>"),
    "formulas of HTML": (clean_html, 100_000, "<math><annotation encoding=TeX>x</annotation></math>", "", ""),
    "a source in many pieces": (clean_html, 100_000, "x<b>", "<math><annotation encoding=TeX>", ""),
    "links of headings": (clean_html, 100_000, "<h2>a<a class=anchor href=#a>#</a></h2>", "", ""),
    "number signs of a link": (clean_html, 200_000, 'href="#', "<s><a ", "></a>"),
    "links in links": (clean_html, 40_000, "<a class=anchor href=#><table><tr><td>", "", ""),
    "struck text": (clean_html, 100_000, "<s>a</s>", "", ""),
    "controls of Latin-1": (clean_html, 100_000, "<p>a\x92", "", ""),
    "odd tags": (compare_html, 100_000, "<x y=z>", "", ""),
    "tags of many names": (compare_many_names, 20_000, "a", "", ""),
    "comments of HTML without end": (compare_html, 200_000, "<!--", "<u>", ""),
    "scripts without end": (compare_html, 200_000, "<script>", "<u>", ""),
    "values without end": (compare_html, 200_000, "<a b='", "<u>", ""),
    "raised text": (excerpt_html, 100_000, "x<sup>1</sup>", "<p>", "</p>"),
    "raised text without end": (excerpt_html, 100_000, "<sup>x", "<p>", "</p>"),
    "empty paragraphs": (excerpt_html, 200_000, "<p> </p>", "", ""),
    "nested paragraphs": (excerpt_html, 100_000, "<ul><p>x</p>", "", ""),
    # remains of templates
    **{
        f"remains of templates: {unit!r}": (remove_remains, 100_000, unit, "{{ x }} ", "")
        for unit in (
            *("{% a ", "{{ a }} ", "{{< a", "{: .a ", "[[a", "[[a]]\n", ":::a\n", "<Ab/>", "<Ab>", "{% raw %}"),
            *("``a", "`a ``b ", "$ a", "$$ a\n", "<pre>", "<!--", "- \n    a\n", "a {#b c", "import a\n", " "),
            *("{/*", "```\n", "[a]: b\n", "{% highlight a %}"),
        )
    },
    # front matter
    "unknown keys": (read_front_matter, 20_000, "keyy: a\n", "---\n", "---\n"),
    "flow sequences": (read_front_matter, 20_000, "[", "---\na: ", "\n---\n"),
    "sequences of one line": (read_front_matter, 20_000, "- ", "---\na:\n ", "\n---\n"),
    "anchors": (read_front_matter, 20_000, "&a [*a, *a]\n", "---\na: ", "\n---\n"),
    "question marks": (read_front_matter, 20_000, "? ", "---\n", "\n---\n"),
    "a list of words": (read_front_matter, 20_000, "a, ", "---\ntags: [", "b]\n---\n"),
    "spaces before a comment": (read_front_matter, 20_000, " ", "---\ntitle: a", "# b\n---\n"),
    "quotation marks": (read_front_matter, 20_000, "'", "---\ntitle: ", "\n---\n"),
    "quotation marks within": (read_front_matter, 20_000, 'a" ', '---\ntitle: "', "\n---\n"),
    "escapes": (read_front_matter, 20_000, '\\"', '---\ntitle: "', "\n---\n"),
    "number signs": (read_front_matter, 20_000, " #a", "---\ntitle: b", "\n---\n"),
    "spaced number signs": (read_front_matter, 20_000, " # ", "---\ntitle: b", "\n---\n"),
    "colons in front matter": (read_front_matter, 20_000, "a:", "---\ntitle: ", "\n---\n"),
    "spaces within a list": (read_front_matter, 20_000, " ", "---\ntags: [a", "b, c\n---\n"),
    "commas": (read_front_matter, 20_000, "a,", "---\ntags: ", "\n---\n"),
    "the same key": (read_front_matter, 20_000, "title: a\n", "---\n", "---\n"),
    "keys of mappings": (read_front_matter, 20_000, "k: {a: b}\n", "---\n", "---\n"),
    "lines of a list": (read_front_matter, 20_000, "- a\n", "---\ntags:\n", "---\n"),
    "comment lines": (read_front_matter, 20_000, " # \n", "---\ntags:\n", "---\n"),
    "blank lines before a fence": (read_front_matter, 20_000, " \n", "", "---\ntitle: a\n"),
    "byte order marks": (read_front_matter, 20_000, "\ufeff", "", "---\ntitle: a\n---\n"),
    "nearly a fence": (read_front_matter, 20_000, "-", "", "\ntitle: a\n"),
    "dashes": (read_front_matter, 20_000, "\u2014", "", "\ntitle: a\n"),
    "lines without fences": (read_front_matter, 20_000, "title: a\n", "", "b\n"),
    "lines that go on": (read_front_matter, 20_000, " a\n", "title: a\n", "\n"),
    "spaces before the end of lines": (read_front_matter, 20_000, "\n" + " " * 50 + "a", "title: a", ""),
    "arrays of TOML": (read_front_matter, 20_000, "[", "+++\na = ", "\n+++\n"),
    "dots of TOML": (read_front_matter, 20_000, "a.", "+++\n", "b = 1\n+++\n"),
    "lines of dots of TOML": (read_front_matter, 20_000, "[a.b.c.d]\n", "+++\n", "+++\n"),
    "numbers of TOML": (read_front_matter, 20_000, "1", "+++\na = ", "\n+++\n"),
    "spaces of TOML": (read_front_matter, 20_000, " ", "+++\n", "a\n+++\n"),
    "brackets of JSON": (read_front_matter, 20_000, "[", '{"a": ', "}\n"),
    "objects of JSON": (read_front_matter, 20_000, '{"a":', "{", "}\n"),
    "pairs of JSON": (read_front_matter, 20_000, '"a": "b",', "{", '"c": 1}\n'),
    "spaces of JSON": (read_front_matter, 20_000, " ", "{", '"c": 1}\n'),
    # settings
    "a bracket and spaces": (read_settings, 1000, " ", f'{_SETTINGS}rights = """\n[', 'a\n"""\nzzz = 1\n'),
    "unknown settings": (read_settings, 20_000, "[x]\na.b = 1\n", f"{_SETTINGS}zzz = 1\n", ""),
    "nested arrays": (read_settings, 200, "[", "a = ", ""),
    "spaces before a sign of equality": (read_settings, 50_000, " ", f"{_SETTINGS}zzz = 1\nlimit", "= 0\n"),
    # pasted text
    "wrapped lines": (parse_pasted, 50_000, "a\n", f"{_POINTS}• b\n", ""),
    "addresses below an item": (parse_pasted, 50_000, "https://x.test/\n", "References\n1. b\n" + "c\n" * 5000, ""),
    "pasted brackets": (parse_pasted, 50_000, "[a", "Summary\n", "](http://x.test/)\n"),
    "pasted tags": (parse_pasted, 50_000, "<http://", "References\n1. ", "\n"),
    "pasted headings": (parse_pasted, 20_000, "Summary\na\n---\n", "", ""),
    "piles of marks": (parse_pasted, 50_000, "\u0301\u0316", "Summary\na", "\n"),
    "pasted numbers": (parse_pasted, 50_000, "1. a\n  (1) b\n", _POINTS, ""),
    "pasted indents": (parse_pasted, 50_000, "- a\n\t- b\n\t\t- c\n", "## Notes\n", "## Summary\na\n"),
    "pasted emoji": (parse_pasted, 50_000, "📌 a\n\n", "Summary\nb\n\n", ""),
    "decoration of a line": (parse_pasted, 50_000, "📌【1.", "Summary\nb\n\n", "\n"),
    "decorated lines": (parse_pasted, 50_000, "📌 **1. 【a】** | b\n\n", "Summary\nb\n\n", ""),
    "words of two languages": (parse_pasted, 50_000, "a 总 b c d e f g h i j k\n\n", "Summary\nb\n\n", ""),
    "labels": (parse_pasted, 50_000, "**a:** b\n\n", "Summary\nb\n\n", ""),
    "lines that look like headings": (parse_pasted, 50_000, "Sumary\n\n", "Summary\nb\n\n", ""),
    "fences that never close": (parse_pasted, 50_000, "```a\n", "Summary\nb\n\n", ""),
    "shorter and shorter fences": (
        lambda folder, text: parse_pasted(folder, "\n".join("`" * count + "a" for count in range(len(text), 3, -1))),
        100,
        "a",
        "",
        "",
    ),
    "pasted tables": (parse_pasted, 50_000, "a | b\n--|--\n", "Summary\nb\n\n", ""),
    "pasted quotes": (parse_pasted, 50_000, "> a\n>\n", "Summary\nb\n\n", ""),
    "pasted definitions": (parse_pasted, 50_000, "[a]: b [a]\n\n", "Summary\nb\n\n", ""),
    "pasted notes": (parse_pasted, 50_000, "[^1]: a [^1]\n", "Summary\nb[^1]\n\nReferences\n", ""),
    "underlined lines": (parse_pasted, 50_000, "a\n---\n\n", "Summary\nb\n\n", ""),
    "furniture": (parse_pasted, 50_000, "Page 1 of 2\n\n", "Summary\nb\n\nReferences\n1. a\n", ""),
    "bylines": (parse_pasted, 50_000, "By Ann · May 3, 2026\n", "", "Summary\nb\n"),
    "parts of a byline": (parse_pasted, 50_000, " · ", "By Ann", "\nSummary\nb\n"),
    "sections of one kind": (parse_pasted, 20_000, "Summary\na\n", "", ""),
    "hard breaks": (parse_pasted, 50_000, "a  \n", "Summary\nb\n\n## c\n", ""),
    "pasted brackets and colons": (parse_pasted, 50_000, "[a]:", "Summary\nb\n\n", "\n"),
    "tabbed marks": (parse_pasted, 50_000, "o\ta\n", _POINTS, ""),
    "pasted bullets": (parse_pasted, 50_000, "• a\n  ◦ b\n", _POINTS, ""),
    # what servers send
    "h1 without end": (classify_page, 200_000, "<h1>", "", ""),
    "titles without end": (classify_page, 200_000, "<title ", "", ""),
    "meta tags": (classify_page, 200_000, "<meta ", "", ""),
    "dashes in a title": (classify_page, 200_000, " — | ", "<title>", "</title>"),
    "long names of pages": (classify_page, 200_000, "a.b ", "<title>", "</title>"),
    "names": (find_fragment, 200_000, ' id="', "", ""),
    "headings": (find_fragment, 100_000, "<h1>", "", ""),
    "headings with text": (find_fragment, 100_000, "<h1>a</h1>", "", ""),
    "opening angle brackets": (find_fragment, 100_000, "<", "", ""),
    "end tags": (find_fragment, 100_000, "</", "", ""),
    "comments of pages": (find_fragment, 200_000, "<!--", "", ""),
    "ends of scripts that are none": (find_fragment, 200_000, "</scrip", "<script>", ""),
    "titles in titles": (find_fragment, 200_000, "<title>", "", ""),
    "raw elements": (find_fragment, 100_000, "<style></style><noscript>", "", ""),
    "attributes of one tag": (find_fragment, 100_000, " a", "<p", ""),
    "quotes of one tag": (find_fragment, 200_000, " a='", "<p", ""),
    "spaces of one tag": (find_fragment, 200_000, " ", "<p", ""),
    "equals signs of one tag": (find_fragment, 200_000, "=", "<p ", ""),
    "character references": (find_fragment, 200_000, "&#1", "<p id='", "'>"),
    "digits of a character reference": (find_fragment, 200_000, "9", "<p id='&#", ";'>"),
    "spaces of a refresh": (find_refresh, 200_000, " ", "", ""),
    "digits of a refresh": (find_refresh, 200_000, "0.", "", ""),
    "names without value": (find_fragment, 200_000, " id ", "", ""),
    "many fragments of one page": (find_many_fragments, 100_000, ' id="a"', "", ""),
    "a charset that is none": (find_fragment_in_charset, 50_000, "a9", "", ""),
    "chunks of one byte": (read_answer, 100_000, "1\r\na\r\n", _CHUNKED, "0\r\n\r\n"),
    "fields of one name": (read_answer, 60_000, "a:\n", _HEAD, "\r\n\r\n"),
    "folded fields": (read_answer, 60_000, " a\n", f"{_HEAD}b: c\n", "\r\n\r\n"),
    "spaces in a field": (read_answer, 60_000, " a ", f"{_HEAD}b: c", "\x80\r\n\r\n"),
    "blanks of a field": (read_answer, 20_000, " \t", f"{_HEAD}b:", "\x80\r\n\r\n"),
    "interim answers": (read_answer, 60_000, "HTTP/1.1 103 x\r\n\r\n", "", _HEAD),
    "a head byte by byte": (read_answer_by_bytes, 60_000, "a", f"{_HEAD}b: ", "\r\n\r\n"),
    "a body byte by byte": (read_answer_by_bytes, 60_000, "1\r\na\r\n", _CHUNKED, "0\r\n\r\n"),
    "steps of a redirect": (follow_redirect, 100_000, "../", "/", ""),
    "percent signs of a redirect": (follow_redirect, 100_000, "%", "/", ""),
    # addresses and reports
    "colons of a host": (check_address, 100_000, ":1", "https://a", "/"),
    "labels of a host": (check_address, 100_000, "ä.", "https://", "/"),
    "at signs": (check_address, 100_000, "@", "https://a", "/"),
    "names of secrets": (redact, 100_000, "token", "https://a.test/?", ""),
    "fields with secrets": (redact, 100_000, "?token=", "https://a.test/", ""),
    "slashes and at signs": (redact, 100_000, "//a@", "https:", ""),
    "links of a body": (list_outbound_links, 50_000, "<a ", "", "\n"),
    "addresses of a body": (
        lambda folder, text: list_outbound_links(
            folder, "".join(f'<a href="https://x.test/{number}">\n' for number in range(len(text)))
        ),
        1500,
        "a",
        "",
        "",
    ),
    "dots behind an address": (list_outbound_links, 50_000, ".", "https://x.test/a", "b\n"),
    "slashes of a body": (list_outbound_links, 100_000, "//", "", "\n"),
    "addresses in an address": (list_outbound_links, 7_000, "https://", "https://x.test/", "\n"),
    "addresses in code": (list_outbound_links, 50_000, "https://x.test/`", "`", "\n"),
    "uses of a definition": (list_outbound_links, 40_000, "[x] ", "[x]: https://x.test/\n\n", "\n"),
    "links that have moved": (fix_links, 20_000, "[a](https://a.test/) b\n\n", "", ""),
    "links that cannot be changed": (
        lambda folder, text: fix_links(folder, text, "https://b.test/new."), 2_000, "See https://a.test/ b\n\n", "", "",
    ),
    "links of which some cannot be changed": (
        lambda folder, text: fix_links(folder, text, "https://b.test/*new*."),
        2_000, "[a](https://a.test/) https://a.test/ *https://a.test/*\n\n", "", "",
    ),
    "dead links of a report": (format_links, 2000, "a\n", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_time_grows_as_the_input_does(name: str, tmp_path: Path) -> None:
    run, size, unit, before, after = FAMILIES[name]
    times = grows_too_fast(lambda count: run(tmp_path, repeated(unit, count, before, after)), size // _SHARE)
    assert not times, f"seconds at n and 4n: {times}"


def test_there_are_enough_families() -> None:
    assert len(FAMILIES) >= 40


def test_a_quadratic_function_is_found() -> None:
    assert grows_too_fast(lambda count: sum(number % 2 for number in range(count * count)), 300)


def test_a_linear_function_is_not() -> None:
    assert not grows_too_fast(lambda count: [str(number) for number in range(count)], 100_000)
