"""The HTTP client of the link checker: vetted addresses, one deadline per request, bounded bodies.

Start with `base`: what a transport is. `sockets` runs many requests in one thread, each over a `connection`, whose
answers `http1` reads. `sessions` sends over a session of the caller instead.
"""
