"""Render an entry to safe HTML.

Start reading with `content`, which joins the parts of an entry. `sanitiser` makes HTML safe, `html_rewriting` prepares
HTML for it, `text` handles plain text, and `addresses` finds the addresses that an entry publishes. A
`renderer.Renderer` keeps what is rendered as `rendered_entry.RenderedEntry` values, which all formats share.
"""
