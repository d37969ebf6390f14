"""Feed → bytes: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1."""

from .atom import to_atom
from .jsonfeed import to_json
from .markup import FEED_TYPES
from .rss import to_rss

__all__ = ["FEED_TYPES", "to_atom", "to_json", "to_rss"]
