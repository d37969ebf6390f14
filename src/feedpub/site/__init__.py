"""A site: its settings and articles, and the pages and lists that are published besides feeds.

* `settings`, `loading`, `new_site`, `importing` read and write an entries folder.
* `documents`, `entry_index`, `pages`, `theme`, `opml` make the published documents.
* `link_fixing` and `incidents` act on the results of link checks.

Import the modules one by one, so that each command loads only what it needs.
"""
