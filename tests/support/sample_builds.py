"""An author at work: entries folders that change step by step, and what a build makes of them."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from typing import TYPE_CHECKING, NamedTuple

import feedpub
from support.sample_sites import post

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

BASE = "https://site.test/"
# A file that changed this short a time before a build may be read again by the next one.
SETTLED_SECONDS = 0.15
_WORDS = "night trains ferries slow quiet berths winter lines coast bridges signals maps".split()
_ALL = ("en", "zh-Hans", "ar")


class State(NamedTuple):
    """What tells whether anything wrote to a file."""

    mtime_ns: int
    inode: int
    size: int


def published(folder: Path) -> dict[str, bytes]:
    """Return what is published: not what the build remembers."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in paths.items() if not name.startswith(".feedpub/")}


def states(folder: Path) -> dict[str, State]:
    """Return the state of every file, those that the build remembers with included."""
    file_states = {}
    for path in folder.rglob("*"):
        if path.is_file() or path.is_symlink():
            status = path.lstat()
            file_states[path.relative_to(folder).as_posix()] = State(status.st_mtime_ns, status.st_ino, status.st_size)
    return file_states


def settle() -> None:
    """Wait until a file that was just written counts as one that will not change without a trace."""
    time.sleep(SETTLED_SECONDS)


def article(title: str, published: str | None = "2026-01-01", body: str = "Text.", **matter: str) -> str:
    """Make an entry file; keys that are empty are left out."""
    return post(f"{body}\n", title=title, published=published or "", **matter)


def settings(**values: object) -> str:
    """Make a feedpub.toml; text, numbers, truths and lists of text are written as TOML wants them."""
    values_: dict[str, object] = {"base_url": BASE, "authority": "site.test,2026", "languages": ["en", "zh-Hans"]}
    lines = []
    for name, value in (values_ | values).items():
        written = str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
        lines.append(f"{name} = {written}\n")
    return "".join(lines)


class Desk:
    """An entries folder whose files are old when they are written, so that no build needs to look at one twice."""

    _clock = itertools.count(1_700_000_000_000_000_000, 1_000_003)

    def __init__(self, folder: Path, **config: object) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.configure(**config)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the folder; its date is another one each time."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.date(name)

    def date(self, name: str) -> None:
        """Give a file another date."""
        moment = next(self._clock)
        os.utime(self.folder / name, ns=(moment, moment))

    def configure(self, **config: object) -> None:
        """Write feedpub.toml."""
        self.write("feedpub.toml", settings(**config))

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    def fresh(self, output: Path, *, keep_going: bool = False, until: str | None = None) -> dict[str, bytes]:
        """Build into an empty folder."""
        shutil.rmtree(output, ignore_errors=True)
        feedpub.build(self.folder, output, keep_going=keep_going, until=until)
        return published(output)


class RandomAuthor:
    """Changes a folder at random, in the ways that authors do, and some that they had better not."""

    def __init__(self, desk: Desk, random: random.Random, *, careful: bool = False) -> None:
        """Begin.

        Args:
            desk: Where the files are.
            random: Chooses.
            careful: Make no mistakes: every state of the folder can be published.
        """
        self.desk, self.random, self.careful = desk, random, careful
        self.config: dict[str, object] = {"limit": 2}
        self.number = itertools.count()
        desk.configure(**self.config)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.desk.folder.glob("*.md"))

    def change(self) -> str:
        """Do one thing; return its name."""
        actions = [self.add, self.add, self.edit, self.edit, self.retitle, self.redate, self.swap_dates, self.touch]
        actions += [self.remove_article, self.rename_article, self.draft, self.unlist, self.configure, self.template]
        if not self.careful:
            actions += [self.remove_file, self.rename_file, self.move_by_key, self.spoil, self.mend, self.warn]
            actions += [self.same_id, self.other_case, self.same_title]
        action = self.random.choice(actions)
        if action in (self.add, self.configure, self.template) or self.names():
            action()
        return action.__name__

    def add(self) -> None:
        key = f"{self.random.choice(_WORDS)}-{next(self.number)}"
        languages = self.random.choice([("en",), ("en", "zh-Hans"), ("en", "zh-Hans"), ("zh-Hans",)])
        for number, language in enumerate(languages):
            own_date = number == 0 or self.random.random() < 0.2
            self.desk.write(f"{key}.{language}.md", self._article(self._date() if own_date else None))

    def edit(self) -> None:
        self._rewrite(lambda text: f"{text}\n{self._words(5)} <em>{next(self.number)}</em>\n")

    def retitle(self) -> None:
        self._set("title", self._words(3))

    def redate(self) -> None:
        self._set("published", self._date())

    def swap_dates(self) -> None:
        first, second = self.random.choices(self.names(), k=2)
        dates = [self._get(name, "published") for name in (first, second)]
        if all(dates):
            self._set("published", dates[1], first)
            self._set("published", dates[0], second)

    def touch(self) -> None:
        self.desk.date(self._any())

    def remove_file(self) -> None:
        self.desk.remove(self._any())

    def remove_article(self) -> None:
        for name in self._article_of(self._any()):
            self.desk.remove(name)

    def rename_file(self) -> None:
        name = self._any()
        ending = self.random.choice([".en.md", ".zh-Hans.md", ".md", ".ar.md"])
        self._rename(name, f"{name.split('.')[0]}{ending}")

    def rename_article(self) -> None:
        key = f"renamed-{next(self.number)}"
        for name in self._article_of(self._any()):
            self._rename(name, f"{key}.{name.split('.', 1)[1]}")

    def move_by_key(self) -> None:
        key = self._any().split(".")[0]
        self._set("key", self.random.choice([key, f"moved-{next(self.number)}", ""]))

    def draft(self) -> None:
        """Put whole articles aside, or take them up again."""
        draft = self.random.choice(["true", ""])
        for name in self._article_of(self._any()):
            self._set("draft", draft, name)

    def unlist(self) -> None:
        """Take a file out of the feeds, or put it in again."""
        self._set("feed", self.random.choice(["false", "", "true"]))

    def spoil(self) -> None:
        name = self._any()
        self.random.choice(  # type: ignore[no-untyped-call]
            [
                lambda: self._set("published", "01/02/2026", name),
                lambda: self._set("title", "", name),
                lambda: self.desk.write(name, b"---\ntitle: \xff\n---\nx\n"),
                lambda: self.desk.write(name, ""),
                lambda: self._set("source", "no address", name),
                lambda: self._set("draft", "perhaps", name),
            ]
        )()

    def mend(self) -> None:
        self.desk.write(self._any(), self._article(self._date()))

    def warn(self) -> None:
        self._rewrite(lambda text: f"{text}\n[a relative link](../{next(self.number)})\n")

    def same_id(self) -> None:
        self._set("id", "tag:site.test,2026:the-same")

    def same_title(self) -> None:
        """Let articles name neighbours by a title that others may have, too, at the same time."""
        for name in self.random.choices(self.names(), k=3):
            self._set("title", "The same", name)
            self._set("published", "2026-01-15", name)
        self._set("previous", "The same")

    def other_case(self) -> None:
        name = self._any()
        key, ending = name.split(".", 1)
        self.desk.write(f"{key.swapcase()}.{ending}", self._article(self._date()))

    def configure(self) -> None:
        name, choices = self.random.choice(
            [
                ("limit", (1, 2, 3, 50)),
                ("categories", (True, False)),
                ("fallback", ("omit", "original")),
                ("archives", (True, False)),
                ("permalink", (None, "https://blog.test/{language}/{key}/")),
                ("languages", (["en", "zh-Hans"], ["zh-Hans", "en"], list(_ALL))),
                ("title", ("One", "Two")),
                ("author", ("Ann", "Bob")),
                ("timezone", ("UTC", "Asia/Shanghai")),
                ("reference_links", ("related", "none")),
            ]
        )
        self.config[name] = self.random.choice(choices)
        self.desk.configure(**{key: value for key, value in self.config.items() if value is not None})

    def template(self) -> None:
        name, text = self.random.choice(
            [
                ("style.css", f"body {{ margin: {next(self.number)}px }}\n"),
                ("neighbours.html", "{% if next %}<p>{{ next[0] }}</p>{% endif %}\n"),
                ("base.html", '{% extends "feedpub/base.html" %}\n'),
            ]
        )
        if (self.desk.folder / "templates" / name).exists():
            self.desk.remove(f"templates/{name}")
        else:
            self.desk.write(f"templates/{name}", text)

    def _any(self) -> str:
        return self.random.choice(self.names())

    def _article_of(self, name: str) -> list[str]:
        return [other for other in self.names() if other.split(".")[0] == name.split(".")[0]]

    def _words(self, count: int) -> str:
        return " ".join(self.random.choices(_WORDS, k=count)).capitalize()

    def moment(self) -> str:
        """Return a moment for which to build: some of the articles are scheduled then."""
        return self.random.choice(["2026-02-01", self._date(), self._date()])

    def _date(self) -> str:
        day = self.random.randint(1, 28)
        return f"2026-01-{day:02}{self.random.choice(['', 'T09:00:00+08:00', 'T01:00:00Z', 'T23:30:00-09:30'])}"

    def _article(self, date: str | None) -> str:
        categories = self.random.choice(["", "[Sea]", "[sea, Rail]", "[{ term: rail, label: The Railway }]"])
        neighbour = self.random.choice(["", "", "", "The same", self._words(1)])
        body = self.random.choice(
            [self._words(12), f"## Summary\n{self._words(8)}\n\n## References\n1. [One](https://w.test/1) - Two\n"]
        )
        return article(self._words(3), date, body, categories=categories, next=neighbour)

    def _rewrite(self, change: Callable[[str], str], name: str = "") -> None:
        name = name or self._any()
        self.desk.write(name, change((self.desk.folder / name).read_text(encoding="utf-8", errors="replace")))

    def _get(self, name: str, key: str) -> str:
        for line in (self.desk.folder / name).read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(f"{key}: "):
                return line.removeprefix(f"{key}: ")
        return ""

    def _set(self, key: str, value: str, name: str = "") -> None:
        """Set a line of the front matter, or remove it."""

        def change(text: str) -> str:
            lines = [line for line in text.splitlines() if not line.startswith(f"{key}: ")]
            return "\n".join([*lines[:1], *([f"{key}: {value}"] if value else []), *lines[1:]]) + "\n"

        self._rewrite(change, name)

    def _rename(self, name: str, other: str) -> None:
        target = self.desk.folder / other
        if not target.exists():
            (self.desk.folder / name).rename(target)
