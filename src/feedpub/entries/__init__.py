"""Text ⇄ Article: entry files, pasted text, and the headings of many languages.

Its modules are imported one by one, as they are needed: to see that nothing changed, a build reads no entry.
"""
