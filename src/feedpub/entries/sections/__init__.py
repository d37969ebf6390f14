"""The HTML of an entry → summary, key points, references, source, neighbours and body.

Start at `reader`, which cuts the HTML at its headings and decides whether the text is a digest or a post.
`headings` knows the words for sections in many languages; the words are in ``headings.toml``.
`blocks` takes HTML apart, `references` reads one reference, and `labels` its title and publishers.
"""
