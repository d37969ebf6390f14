"""Outbound links: find the links of a site, check them, remember the results, and report them.

Start with `check.LinkCheck`. `outbound` lists the links of a site. `run` probes those that are due: `probe` decides
which requests a URL needs, `scheduler` sends them, `classify` says what the result means. `lifecycle` says when a link
is dead, `history` stores each check, and `reports` has a module per report format.
"""
