"""Create feeds from your own values, without entry files and settings.

python examples/own_objects.py > atom.xml
"""

import sys
from datetime import UTC, datetime

import feedpub

english = feedpub.Entry(
    id="tag:example.org,2026:open-formats/en",
    language="en",
    title="Open formats outlive programs",
    link="https://example.org/en/open-formats/",
    published=datetime(2026, 2, 1, 9, 0, tzinfo=UTC),
    summary="What can be read without its program stays readable.",
    key_points=(
        feedpub.KeyPoint(
            text="Text is the longest-lived format",
            children=(feedpub.KeyPoint(text="Its encoding must be told: <code>UTF-8</code>"),),
        ),
    ),
    references=(
        feedpub.Reference(
            title="The Atom Syndication Format", publishers=("IETF",), url="https://www.rfc-editor.org/rfc/rfc4287"
        ),
    ),
    translations=(
        feedpub.Translation(language="zh-Hans", title="开放格式", link="https://example.org/zh-Hans/open-formats/"),
    ),
)

feed = feedpub.Feed(
    id="tag:example.org,2026:en",
    language="en",
    title="Digest",
    link="https://example.org/en/",
    entries=(english,),
    addresses={"atom": "https://example.org/en/atom.xml"},
    authors=(feedpub.Person(name="Lin Zhao"),),
)

if __name__ == "__main__":
    sys.stdout.buffer.write(feedpub.to_atom(feed))
