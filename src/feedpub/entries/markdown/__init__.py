"""Markdown → HTML, with the source position of every block and link.

Start at `renderer`, which calls comrak and mends what feed readers show badly (`bare_tags`, `bare_urls`, `cjk_lines`).
`template_markup` removes what templates of other programs left in the text, before it is rendered.
`positions` has the format of source positions, and `code_spans` finds code in Markdown.
`checks` reports what would be lost: emphasis that does not close, footnotes that nothing refers to.
"""
