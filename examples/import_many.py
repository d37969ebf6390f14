"""Import a folder of pasted digests whose names contain the date and the title: ``2026-02-01 Open models.txt``.

    python examples/import_many.py folder-of-texts entries

The title of the first language is taken from the name; digests in several languages need their other titles in the text
(a line "# Title" above the summary), and are refused otherwise. Nothing is overwritten.
"""

import sys
from pathlib import Path

import feedpub


def import_all(texts: Path, entries: Path) -> int:
    """Import every .txt file; return how many were refused."""
    refused = 0
    for path in sorted(texts.glob("*.txt")):
        date, _, title = path.stem.partition(" ")
        text = path.read_text(encoding="utf-8")
        try:
            first = feedpub.parse_pasted(text).drafts[0]
            done = feedpub.import_pasted(text, entries, published=date, titles={first.language: title})
        except feedpub.EntryError as error:
            refused += 1
            print(f"{path.name}:\n{error}", file=sys.stderr)
        else:
            print(f"{path.name}: {', '.join(done.paths)}")
    return refused


if __name__ == "__main__":
    sys.exit(1 if import_all(Path(sys.argv[1]), Path(sys.argv[2])) else 0)
