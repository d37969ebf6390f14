"""Incremental builds: an entries folder becomes a published folder.

Start with `builder`: nothing changed → done, else `pipeline`. `manifest` records what the published folder was made of,
`changes` finds what is different now, `ingest` reads and renders it, `published_folder` writes the documents and pages.
"""
