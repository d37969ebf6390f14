"""The same feed is the same bytes: in every thread, time zone, locale and folder, and however often it is written."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import locale
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, NoReturn

import pytest

from feedpub import Feed, Person, Reference, Renderer
from support.sample_feeds import ANN, CASES, WRITERS, digest_en, entry, everything, fallback, feed

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).parent
THREADS = 4
# Prints one digest of all documents; run by other processes.
PROGRAM = """
import hashlib, json, locale, sys
sys.path.insert(0, sys.argv[1])
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass
from support.sample_feeds import CASES, WRITERS
print(json.dumps({
    f"{case}/{name}": hashlib.sha256(write(make())).hexdigest()
    for case, make in CASES.items() for name, write in WRITERS.items()
}))
"""
SURROUNDINGS = {
    "east": {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
    "west": {"TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "1", "PYTHONUTF8": "1"},
    "unknown": {"TZ": "Nowhere/At_All", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4294967295", "LANGUAGE": "ar"},
}


def digests(make: Callable[[], Feed]) -> dict[str, str]:
    given = make()
    return {name: hashlib.sha256(write(given)).hexdigest() for name, write in WRITERS.items()}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("case", CASES)
def test_written_twice(case: str, name: str) -> None:
    given = CASES[case]()

    assert WRITERS[name](given) == WRITERS[name](given) == WRITERS[name](CASES[case]())


@pytest.mark.parametrize("order", [("rss.xml", "feed.json", "atom.xml"), ("feed.json", "atom.xml", "rss.xml")])
@pytest.mark.parametrize("case", CASES)
def test_written_in_another_order(case: str, order: tuple[str, ...]) -> None:
    given = CASES[case]()
    written = {name: WRITERS[name](given) for name in order}

    assert written == {name: write(CASES[case]()) for name, write in WRITERS.items()}


def test_four_threads_at_once() -> None:
    """The threads share the values, and so what is remembered of each entry."""
    expected = {case: digests(make) for case, make in CASES.items()}
    for _ in range(5):
        feeds = {case: make() for case, make in CASES.items()}
        barrier = Barrier(THREADS)

        def write(feeds: dict[str, Feed] = feeds, barrier: Barrier = barrier) -> dict[str, dict[str, str]]:
            barrier.wait()
            return {case: digests(lambda case=case: feeds[case]) for case in feeds}  # type: ignore[misc]

        with ThreadPoolExecutor(THREADS) as pool:
            results = [pool.submit(write) for _ in range(THREADS)]

        assert [result.result() for result in results] == [expected] * THREADS


def test_the_locale_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """feedgen's own dates go through `setlocale`, which changes the whole process."""
    before = locale.setlocale(locale.LC_ALL)

    def refuse(*arguments: object) -> NoReturn:
        raise AssertionError(f"setlocale{arguments}")

    monkeypatch.setattr(locale, "setlocale", refuse)
    for case in CASES.values():
        digests(case)
    monkeypatch.undo()

    assert locale.setlocale(locale.LC_ALL) == before


@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_other_surroundings(surroundings: dict[str, str], tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(TESTS)],
        env={**os.environ, **surroundings},
        cwd=tmp_path,
        capture_output=True,
        check=True,
        timeout=60,
    )

    assert json.loads(finished.stdout) == {
        f"{case}/{name}": digest for case, make in CASES.items() for name, digest in digests(make).items()
    }


@pytest.mark.parametrize("name", WRITERS)
def test_order_of_addresses(name: str) -> None:
    given = everything()
    other = dataclasses.replace(given, addresses=dict(reversed(list(given.addresses.items()))))

    assert WRITERS[name](given) == WRITERS[name](other)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "change",
    [
        {"authors": (Person(name="Other"),)},
        {"authors": (dataclasses.replace(ANN, uri=None),)},
        {"reference_links": "none"},
        {"language": "ar"},
        {"language": "en"},
        {"language": "mul"},
        {"authors": (Person(name="Other"),), "reference_links": "none", "language": "ar"},
    ],
    ids=str,
)
def test_what_is_remembered_of_an_entry_fits_every_feed(name: str, change: dict[str, object]) -> None:
    """An entry that stands in several feeds is written once, but not for feeds that would write it otherwise."""
    write = WRITERS[name]

    def make() -> tuple[Feed, ...]:
        references = (Reference(title="R", url="https://r.example/"),)
        return (
            feed("zh-Hans", entry(references=references), entry("own", authors=(Person(name="Own"),))),
            fallback(),
            digest_en(),
        )

    def changed(given: Feed) -> Feed:
        return dataclasses.replace(given, **change)  # type: ignore[arg-type]

    alone = [write(given) for given in make()]
    alone_changed = [write(changed(given)) for given in make()]
    renderer = Renderer()
    together = [(write(given, renderer), write(changed(given), renderer), write(given, renderer)) for given in make()]

    assert together == list(zip(alone, alone_changed, alone, strict=True))
