"""Time `feedpub.validate` on feeds of 4 MB, as multiples of what lxml needs to parse them.

    python benchmarks/validate.py [--megabytes 4] [--rounds 7]

The feeds are those of tests/golden/digest-en, with their entries repeated under other ids. Ratios of CPU seconds are
medians of pairs, one right after the other, since other programs use the machine, too. Peak memory is measured in
processes of their own (on Linux): by how much the largest resident set grows. The project's targets: at most
15 times the CPU and 4 times the memory of lxml's parse, and less than a second.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent.parent / "tests" / "golden" / "digest-en"
ENTRY = {"atom.xml": ("<entry", "</entry>"), "rss.xml": ("<item", "</item>"), "feed.json": ('{"id":', "]}")}


def make_feed(name: str, size: int) -> bytes:
    """Return a golden feed with its entries repeated until it has `size` bytes."""
    text = (GOLDEN / name).read_text(encoding="utf-8")
    opening, closing = ENTRY[name]
    start, end = text.index(opening), text.rindex(closing) + (0 if name.endswith("json") else len(closing))
    entries = text[start:end]
    number = size // len(entries.encode()) + 1
    separator = "," if name.endswith("json") else "\n"
    repeated = separator.join(entries.replace("night-trains", f"night-trains-{count}") for count in range(number))
    return f"{text[:start]}{repeated}{text[end:]}".encode()


def parse(data: bytes) -> object:
    """Parse a document with lxml, or with json."""
    if data.startswith(b"{"):
        import json

        return json.loads(data)
    from lxml import etree

    return etree.fromstring(data)


def validate(data: bytes) -> object:
    """Validate a document."""
    import feedpub

    return feedpub.validate(data)


def measure(function: Callable[[bytes], object], data: bytes) -> tuple[float, float]:
    """Return the CPU seconds and the seconds of a call."""
    cpu, wall = time.process_time(), time.perf_counter()
    function(data)
    return time.process_time() - cpu, time.perf_counter() - wall


def measure_memory(function: str, path: str) -> float:
    """Return in MB by how much a call makes the largest resident set of a new process grow."""
    command = [sys.executable, __file__, "--memory", function, path]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def print_memory(function: str, path: str) -> None:
    """Print by how much a call makes the largest resident set of this process grow, in MB."""
    call = {"parse": parse, "validate": validate}[function]
    data = Path(path).read_bytes()
    call((GOLDEN / Path(path).name).read_bytes())  # imports, patterns, tables
    before = read_peak_memory()
    result = call(data)
    assert result is not None
    print((read_peak_memory() - before) / 1024)


def read_peak_memory() -> int:
    """Return the largest resident set of this process in KB; getrusage would return that of its parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--memory", nargs=2, metavar=("FUNCTION", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print_memory(*options.memory)
        return
    print(f"{'feed':10} {'MB':>5} {'parse s':>8} {'validate s':>10} {'wall s':>7} {'CPU ratio':>9} {'memory MB':>15}")
    with tempfile.TemporaryDirectory() as folder:
        for name in ENTRY:
            data = make_feed(name, int(options.megabytes * 1_000_000))
            path = Path(folder, name)
            path.write_bytes(data)
            pairs = [(measure(parse, data), measure(validate, data)) for _ in range(options.rounds)]
            ratio = statistics.median(ours[0] / theirs[0] for theirs, ours in pairs)
            parsed, validated = (min(pair[side][0] for pair in pairs) for side in (0, 1))
            wall = min(ours[1] for _, ours in pairs)
            memory = f"{measure_memory('validate', str(path)):.1f} / {measure_memory('parse', str(path)):.1f}"
            size = len(data) / 1_000_000
            print(f"{name:10} {size:5.1f} {parsed:8.3f} {validated:10.3f} {wall:7.3f} {ratio:9.1f} {memory:>15}")


if __name__ == "__main__":
    main()
