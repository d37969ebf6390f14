"""What web servers do: the preview of `feedpub serve`, HTTP responses for feeds (RFC 9110), and pings to a WebSub hub.

Start with `preview` (its pages are in `preview_pages`), `responses` or `websub`.
"""
