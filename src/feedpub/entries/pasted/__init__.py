"""Text copied from a page → drafts in one or several languages.

Start at `reader`. `lines` cleans the lines, `verbatim` finds those that are Markdown already, `splitting` assigns each
line to a section of a draft, and `markdown_writer` writes each section as Markdown, which `..sections` then reads.
`list_marks` recognises bullets and numbers, `bylines` authors and dates, and `joining` undoes hard wraps.
"""
