"""Checks of entries that can be read: the problems that `feedpub lint` reports besides errors.

Start at `site_checks`: checks of one file, of the languages of an article, and of all articles.
`html_checks` reports links and HTML that readers will not see (builds run it, too), `losses` finds what the sanitiser
removed, and `script_checks` finds text in the script of another language.
"""
