"""What several test modules share: sample entries, sites and feeds, servers, and programs that are run and ended.

Start with `sample_sites` (write an entries folder), `sample_feeds` (feeds as values) and `link_farm` (an HTTP server).
"""
