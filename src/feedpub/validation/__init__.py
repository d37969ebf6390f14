"""The feed validator: Atom 1.0, RSS 2.0 and JSON Feed 1.1, one document or a set of them.

Start with `validator`: it finds out what a document is and calls the rules of its format. What may stand in an element
is a table (`schema`, `atom`, `rss`, `extensions`), and values are checked by functions (`values`, `dates`,
`addresses`). What a rule means stands in ``rules/*.toml`` under its code, with an example that is its test.
Nothing here knows how feedpub writes feeds.
"""
