"""The paths of the files that feedpub writes into a published folder."""

from __future__ import annotations

import re
from typing import Final

from ..formats import FORMATS

STATE_FOLDER: Final = ".feedpub"  # holds what the next build needs to know; nothing of it is published
OPML: Final = "feeds.opml"
CATEGORY_OPML: Final = "feeds-categories.opml"
# The files at the top of a published folder; all others are in the folders of languages.
SITE_FILES: Final = ("index.html", "style.css", "feed.css", OPML, CATEGORY_OPML)

_SITE_FILE: Final = "|".join(map(re.escape, SITE_FILES))
_FEED: Final = "|".join(re.escape(feed_format.file_name) for feed_format in FORMATS)
_ARCHIVE_DOCUMENT: Final = "|".join(feed_format.archive_file_name_pattern() for feed_format in FORMATS)
# A name that leads to a folder just below, in every file system.
_FOLDER_NAME: Final = r"(?!\.+/)[^/\\\x00-\x1f\x7f]+"
# Matches the path of every file that a build writes, relative to the published folder, and no other path.
PUBLISHED_PATH: Final = re.compile(
    rf"""
    (?: {_SITE_FILE}
    | [A-Za-z0-9-]+/(?:                         # a language
          {_FOLDER_NAME}/index\.html            # an article, or the list of all articles
        | index\.html | {_FEED} | archive/(?:{_ARCHIVE_DOCUMENT})
        | category/{_FOLDER_NAME}/(?: index\.html | {_FEED} | archive/(?:{_ARCHIVE_DOCUMENT}))
      )
    )""",
    re.VERBOSE,
)
