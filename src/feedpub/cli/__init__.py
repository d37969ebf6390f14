"""The command line. It uses the public API only.

`main` has the group and the commands for entries, `links` those for links. Everything is printed through `output`,
which makes text of others harmless; `progress` shows how far a long command is.
"""
