"""The command line. It uses only the public API.

Start reading with `main`, which runs a command and handles its errors. `commands` has the commands for entries and
sites, `links` those for links. Everything is printed through `output`, which escapes untrusted text; `summaries`
describes results, and `progress` shows the progress of a long command.
"""
