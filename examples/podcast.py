"""Publish a podcast: enclosures, and the elements that podcast directories require (itunes).

python examples/podcast.py > podcast.xml
"""

import sys
from datetime import UTC, datetime
from functools import partial

import feedpub

itunes = partial(feedpub.Extension, namespace="http://www.itunes.com/dtds/podcast-1.0.dtd", prefix="itunes")

episode = feedpub.Entry(
    id="tag:example.org,2026:night-trains/en",
    language="en",
    title="Night trains",
    link="https://example.org/en/night-trains/",
    published=datetime(2026, 2, 1, 9, 0, tzinfo=UTC),
    summary="Why trains run at night again.",
    enclosures=(
        feedpub.Enclosure(url="https://example.org/night-trains.mp3", type="audio/mpeg", length=24_986_239),
    ),
    extensions=(
        itunes(name="duration", text="1795"),
        itunes(name="episode", text="7"),
        itunes(name="explicit", text="false"),
        itunes(name="image", attributes={"href": "https://example.org/night-trains.jpg"}),
    ),
)  # fmt: skip

feed = feedpub.Feed(
    id="tag:example.org,2026:podcast/en",
    language="en",
    title="The night shift",
    link="https://example.org/en/podcast/",
    subtitle="Talks about what runs at night",
    entries=(episode,),
    addresses={"rss": "https://example.org/en/podcast.xml"},
    authors=(feedpub.Person(name="Lin Zhao"),),
    extensions=(
        itunes(name="author", text="Lin Zhao"),
        itunes(name="category", attributes={"text": "Society & Culture"}, children=(
            itunes(name="category", attributes={"text": "Documentary"}),
        )),
        itunes(name="explicit", text="false"),
        itunes(name="image", attributes={"href": "https://example.org/podcast.jpg"}),
        itunes(name="owner", children=(
            itunes(name="name", text="Lin Zhao"),
            itunes(name="email", text="podcast@example.org"),
        )),
    ),
)  # fmt: skip

if __name__ == "__main__":
    sys.stdout.buffer.write(feedpub.to_rss(feed))
