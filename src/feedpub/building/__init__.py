"""Incremental builds: an entries folder becomes a published folder.

Start with `builder`. `changes` compares the folder with the `manifest` of the last build; if nothing changed, the build
is done. Otherwise `pipeline` reads and renders articles (`ingest`), and writes the files (`published_folder`) that the
`plan` lists.
"""
