"""From text to articles: entry files, pasted text, and the checks of `feedpub lint`.

Start reading at `folder` (the entries folder → articles) and `entry_file` (one file); both go through `source` (the
text and its problems), `front_matter`, `markdown` (→ HTML) and `sections` (summary, key points, references).
`pasted` reads text that somebody pastes, and `linting` has the checks of `feedpub lint`.
Import the modules one by one: a build in which nothing changed reads no entry, and must not load them.
"""
