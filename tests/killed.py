"""A process for test_killed.py: children write entry files, and are killed each at another moment.

Run as `python killed.py (import|fix) FOLDER KILLS`; prints how many children were killed, and how many of them midway.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import feedpub

if TYPE_CHECKING:
    from collections.abc import Callable

PASTED = "Night trains\n\nSummary\nThey are back.\n\n夜间列车\n\n总结\n夜间列车回来了。\n"
TITLES = {"en": "Night trains", "zh-Hans": "夜间列车"}
FOREIGN = {".feedpub-notes": b"mine", "mine.txt": b"mine"}
MODE = 0o640


def paste(entries: Path) -> None:
    feedpub.import_pasted(PASTED, entries, published="2026-02-01", key="trains", titles=TITLES)


def fixes(entries: Path) -> list[feedpub.Fix]:
    """Return changes of four files that are not written yet."""
    found = []
    for number in range(4):
        path = entries / f"entry-{number}.en.md"
        before, after = b"before\n" * 5000, b"after\n" * 5000
        if path.read_bytes() != after:
            found.append(feedpub.Fix(path=str(path), before=before, after=after, changes=()))
    return found


def written(entries: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in entries.iterdir() if path.name not in FOREIGN}


def prepare(kind: str, entries: Path) -> Callable[[], None]:
    """Bring a folder to where it begins; return what is done in it."""
    for path in entries.iterdir():
        path.unlink()
    for name, data in FOREIGN.items():
        (entries / name).write_bytes(data)
    if kind == "import":
        settings = 'base_url = "https://site.test/"\nauthority = "site.test,2026"\nlanguages = ["en", "zh-Hans"]\n'
        (entries / "feedpub.toml").write_text(settings, encoding="utf-8")
        return lambda: paste(entries)
    for number in range(4):
        path = entries / f"entry-{number}.en.md"
        path.write_bytes(b"before\n" * 5000)
        path.chmod(MODE)
    return lambda: feedpub.write_fixes(fixes(entries))


def kill(act: Callable[[], None], seconds: float) -> bool:
    """Do something in a child; return True if it was killed before it ended."""
    child = os.fork()
    if not child:
        act()
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(kind: str, folder: str, kills: int) -> None:
    entries, chance = Path(folder), random.Random(f"{kind} {kills}")
    act = prepare(kind, entries)
    before = written(entries)
    act()  # the first time loads modules
    act = prepare(kind, entries)
    begun = time.monotonic()
    act()
    usual, after = time.monotonic() - begun, written(entries)
    killed = midway = 0
    for _ in range(20 * kills):
        if killed == kills:
            break
        act = prepare(kind, entries)
        if not kill(act, chance.uniform(0, usual * 1.2)):
            continue
        killed += 1
        left = written(entries)
        for name, data in left.items():  # each file is whole, old or new
            assert name.startswith(".feedpub-") or data in (before.get(name), after.get(name)), name
        assert before.keys() <= left.keys()
        midway += left not in (before, after)
        if left != after:
            act()
        else:
            from feedpub.files import remove_leftovers

            remove_leftovers(folder)
        assert written(entries) == after
        assert all((entries / name).read_bytes() == data for name, data in FOREIGN.items())
        assert kind == "import" or {path.stat().st_mode & 0o777 for path in entries.glob("*.md")} == {MODE}
    print(killed, midway)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
