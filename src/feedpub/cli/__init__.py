"""The command line. It uses only the public API.

Start reading with `main`, which runs a command and handles its errors. `commands` has the commands for entries and
sites, `links` those for links. Everything is printed through `output`, which makes text of other people harmless;
`summaries` says what is printed about results, and `progress` shows how far a long command is.
"""
