"""A process for test_killed.py: children write entry files, and are killed each at another line of the program.

Run in `tests/` as `python -m support.killed (import|fix) FOLDER KILLS`;
prints how many children were killed, and how many of them midway.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import feedpub
from feedpub.files import remove_leftovers
from support.interrupting import trace_lines

if TYPE_CHECKING:
    from collections.abc import Callable

PASTED = "Night trains\n\nSummary\nThey are back.\n\n夜间列车\n\n总结\n夜间列车回来了。\n"
TITLES = {"en": "Night trains", "zh-Hans": "夜间列车"}
FOREIGN = {".feedpub-notes": b"mine", "mine.txt": b"mine"}
MODE = 0o640
WRITERS = ("feedpub/files.py", "feedpub/site/importing.py", "feedpub/site/link_fixing.py")


def paste(entries: Path) -> None:
    feedpub.import_pasted(PASTED, entries, published="2026-02-01", key="trains", titles=TITLES)


def fixes(entries: Path) -> list[feedpub.LinkFix]:
    """Return changes of four files that are not written yet."""
    paths = []
    for number in range(4):
        path = entries / f"entry-{number}.en.md"
        before, after = b"before\n" * 5000, b"after\n" * 5000
        if path.read_bytes() != after:
            paths.append(feedpub.LinkFix(path=str(path), before=before, after=after, changes=()))
    return paths


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


def count_lines(act: Callable[[], None], *, kill_at: int = 0) -> int:
    """Do something; return how many lines of the modules that write files it takes, or be killed at one of them."""
    count = 0

    def kill(_: object) -> None:
        nonlocal count
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    trace_lines(act, WRITERS, kill)
    return count


def is_killed(act: Callable[[], None], line: int) -> bool:
    """Do something in a child that is killed at a line; return True if it was killed before it ended."""
    child = os.fork()
    if not child:
        count_lines(act, kill_at=line)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(kind: str, folder: str, kills: int) -> None:
    entries = Path(folder)
    act = prepare(kind, entries)
    before = written(entries)
    act()  # the first time loads modules
    act = prepare(kind, entries)
    lines, after = count_lines(act), written(entries)
    killed = midway = 0
    for number in range(kills):
        act = prepare(kind, entries)
        killed += is_killed(act, 1 + number * lines // kills)
        left = written(entries)
        for name, data in left.items():  # each file is whole, old or new
            assert name.startswith(".feedpub-") or data in (before.get(name), after.get(name)), name
        assert before.keys() <= left.keys()
        midway += left not in (before, after)
        if {name: data for name, data in left.items() if not name.startswith(".feedpub-")} != after:
            act()
        else:  # an import would be refused now, since its files are there
            remove_leftovers(folder)
        assert written(entries) == after
        assert all((entries / name).read_bytes() == data for name, data in FOREIGN.items())
        assert kind == "import" or {path.stat().st_mode & 0o777 for path in entries.glob("*.md")} == {MODE}
    print(killed, midway)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
