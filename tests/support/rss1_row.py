"""The row of RSS 1.0 in the table of formats.

Run as `python -m support.rss1_row`, this is the command line of a feedpub that has it.
"""

from __future__ import annotations

import re
from typing import Final

from feedpub import formats

ROW: Final = formats.FeedFormat(
    name="rss1",
    label="RSS 1.0",
    file_name="items.rdf",
    media_type="application/rdf+xml",
    generator_mark=b'<admin:generatorAgent rdf:resource="https://feedpub.example/"/>',
    head_end_pattern=re.compile(rb"<!--|<!\[CDATA\[|<item "),
    module="support.rss1",
)

if __name__ == "__main__":
    formats.FORMATS += (ROW,)  # before anything reads it, as if it stood there
    from feedpub.__main__ import main

    main()
