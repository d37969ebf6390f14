"""The HTTP client of the link checker: vetted addresses, one deadline per request, bounded bodies.

Start with `base`, the interface of a transport. `sockets` runs many requests in one thread, each over a `connection`,
whose responses `http1` reads. `sessions` sends requests over a session of the caller instead.
"""
