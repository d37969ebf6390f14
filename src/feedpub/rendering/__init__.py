"""Entry → safe HTML, and what is kept while a site is rendered.

Start with `content`, which puts the parts of an entry together. `renderer.Renderer` holds what several formats share;
`text` has what is done to plain text.
"""
