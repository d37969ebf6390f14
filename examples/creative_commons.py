"""Build a site whose feeds name the Creative Commons licence of every entry.

python examples/creative_commons.py entries public
"""

import sys
from dataclasses import replace

import feedpub

LICENCE = feedpub.Extension(
    namespace="http://backend.userland.com/creativeCommonsRssModule",
    prefix="creativeCommons",
    name="license",
    text="https://creativecommons.org/licenses/by/4.0/",
)


def licensed(site: feedpub.Site) -> feedpub.Site:
    """Return a site with the licence in all entries."""
    articles = tuple(
        replace(
            article,
            entries={
                language: replace(entry, extensions=(*entry.extensions, LICENCE))
                for language, entry in article.entries.items()
            },
        )
        for article in site.articles
    )
    return replace(site, articles=articles)


if __name__ == "__main__":
    entries, output = sys.argv[1:] or ("entries", "public")
    feedpub.build(licensed(feedpub.load(entries)), output)
