"""A build after any change gives what a build from nothing gives, says what it did, and does no more than it must."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

import feedpub
from support.sample_builds import Desk, RandomAuthor, State, article, published, states
from support.speed import THOROUGH

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = range(int(os.environ.get("FEEDPUB_SEEDS", "20" if THOROUGH else "4")))
STEPS = 12


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Three articles: the middle one in two languages."""
    desk = Desk(tmp_path / "entries")
    desk.write("one.en.md", article("One", "2026-01-01", categories="[Sea]"))
    desk.write("two.en.md", article("Two", "2026-01-02"))
    desk.write("two.zh-Hans.md", article("二", None))
    desk.write("three.en.md", article("Three", "2026-01-03"))
    return desk


class Watched:
    """A published folder, each build of which is compared with one from nothing, and with what it says of itself."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.public, self.fresh = desk, folder / "public", folder / "fresh"
        self.until = "2026-02-01"

    def build(self, *, keep_going: bool = False) -> feedpub.BuildResult | None:
        """Build; None if entries have errors, as they have for a build from nothing, and for `load`."""
        before, bytes_before = states(self.public), published(self.public)
        try:
            result = feedpub.build(self.desk.folder, self.public, until=self.until, keep_going=keep_going)
        except feedpub.EntryError as error:
            assert states(self.public) == before
            with pytest.raises(feedpub.EntryError) as fresh:
                self.desk.fresh(self.fresh, until=self.until)
            assert told(error.problems) == told(fresh.value.problems)  # noqa: PT017
            assert errors(error.problems) == errors(feedpub.lint(self.desk.folder))  # noqa: PT017
            assert not self.fresh.exists()
            return None
        assert published(self.public) == self.desk.fresh(self.fresh, keep_going=keep_going, until=self.until)
        anew = feedpub.build(self.desk.folder, self.fresh, until=self.until, keep_going=keep_going)
        assert result.scheduled == anew.scheduled
        assert errors(result.problems) == errors(feedpub.lint(self.desk.folder))
        self._check(result, before, bytes_before)
        return result

    def _check(self, result: feedpub.BuildResult, before: dict[str, State], bytes_before: dict[str, bytes]) -> None:
        after, bytes_after = states(self.public), published(self.public)
        assert len({*result.written, *result.kept, *result.removed}) == sum(
            map(len, (result.written, result.kept, result.removed))
        )
        assert set(result.written) == {name for name in bytes_after if bytes_after[name] != bytes_before.get(name)}
        assert set(result.kept) == {name for name in bytes_after if before.get(name) == after[name]}
        assert set(result.removed) == bytes_before.keys() - bytes_after.keys()


def told(problems: tuple[feedpub.Problem, ...]) -> list[str]:
    return sorted(map(str, problems))


def errors(problems: tuple[feedpub.Problem, ...]) -> list[str]:
    return sorted(str(problem) for problem in problems if problem.severity == "error")


@pytest.mark.parametrize("seed", SEEDS)
def test_any_edits(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    desk = Desk(tmp_path / "entries")
    author, watched = RandomAuthor(desk, chance), Watched(desk, tmp_path)
    for _ in range(3):
        author.add()
    done = []
    for _ in range(STEPS):
        done.append([author.change() for _ in range(chance.randint(1, 3))])
        if chance.random() < 0.4:
            watched.until = author.moment()
        print(done[-1], watched.until)
        if watched.build(keep_going=chance.random() < 0.7):
            before = states(watched.public)
            again = feedpub.build(desk.folder, watched.public, keep_going=True, until=watched.until)
            assert not again.written
            assert not again.removed
            assert {name: before[name] for name in published(watched.public)} == {
                name: state for name, state in states(watched.public).items() if not name.startswith(".feedpub/")
            }


def test_one_edit_writes_only_its_documents_whatever_became_of_them(desk: Desk, tmp_path: Path) -> None:
    desk.configure(pages=False, permalink="https://x.test/{language}/{key}/", fallback="original")
    desk.write("four.en.md", article("Four", "2026-01-04", id="https://x.test/?a=1&b=2"))
    watched = Watched(desk, tmp_path)
    assert watched.build()
    desk.write("two.zh-Hans.md", article("二", None, body="别的"))

    result = feedpub.build(desk.folder, watched.public)
    assert set(result.written) == {f"zh-Hans/{name}" for name in ("atom.xml", "rss.xml", "feed.json")}
    assert published(watched.public) == desk.fresh(watched.fresh)

    (watched.public / "en" / "rss.xml").write_bytes(b"not ours")
    (watched.public / "en" / "atom.xml").unlink()
    desk.write("one.en.md", article("One", "2026-01-01", body="Other"))
    assert watched.build()
