"""A site: its settings, its articles, and what is published of them besides feeds.

* `settings`, `loading`, `new_site`, `importing` read and write an entries folder.
* `documents`, `entry_index`, `pages`, `theme`, `opml` say what is published, and how it looks.
* `link_fixing` and `incidents` act on the results of link checks.

Import the modules one by one, so that each command loads only what it needs.
"""
