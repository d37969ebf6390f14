"""The feed validator: Atom 1.0, RSS 2.0 and JSON Feed 1.1, one document or a set of them.

Start with `validator`: it finds out what a document is and calls the rules of its format. Tables say what an element
may contain (`schema`, `atom`, `rss`, `extensions`), and functions check values (`values`, `dates`, `addresses`).
``rules/*.toml`` explains each rule under its code, with an example that is its test.
Nothing here knows how feedpub writes feeds.
"""
