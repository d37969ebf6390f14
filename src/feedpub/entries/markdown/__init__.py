"""Markdown → HTML, with the source position of every block and link.

Start at `renderer`, which calls comrak and repairs HTML that feed readers show badly (`bare_tags`, `bare_urls`,
`cjk_lines`).
`template_markup` removes template markup of other programs from the text before it is rendered.
`positions` has the format of source positions, and `code_spans` finds code in Markdown.
`checks` reports Markdown that would be lost: emphasis that does not close, footnotes that nothing refers to.
"""
