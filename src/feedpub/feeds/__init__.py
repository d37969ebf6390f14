"""Feed → bytes: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1."""

from .atom import to_atom
from .jsonfeed import to_json
from .rss import to_rss

__all__ = ["to_atom", "to_json", "to_rss"]
