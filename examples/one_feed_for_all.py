"""Write an additional feed: the newest articles of a site in all its languages.

python examples/one_feed_for_all.py entries > all.xml
"""

import sys

import feedpub


def all_languages(site: feedpub.Site, newest: int = 20) -> feedpub.Feed:
    """Return a feed of the newest entries in any language; `mul` is BCP 47 for several."""
    entries = [entry for article in site.articles for entry in article.entries.values()]
    entries.sort(key=lambda entry: (entry.published, entry.id), reverse=True)
    return feedpub.Feed(
        id=f"tag:{site.config.authority}:all",
        language="mul",
        title=site.config.title.get(site.config.default_language, "All languages"),
        link=site.config.base_url,
        entries=tuple(entries[:newest]),
        addresses={"atom": f"{site.config.base_url}all.xml"},
    )


if __name__ == "__main__":
    site = feedpub.load(sys.argv[1] if len(sys.argv) > 1 else "entries")
    sys.stdout.buffer.write(feedpub.to_atom(all_languages(site)))
