"""The XML namespaces that the validator knows, each with the prefix that its elements have in tables and messages.

An element of Atom is called ``atom:entry`` here whatever prefix the document uses, an RSS element ``item``, and an
element of an unknown namespace ``{http://example.org/ns}name``.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ATOM: Final = "http://www.w3.org/2005/Atom"
XHTML: Final = "http://www.w3.org/1999/xhtml"

PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "http://www.w3.org/XML/1998/namespace": "xml",
        ATOM: "atom",
        XHTML: "xhtml",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
        "http://purl.org/rss/1.0/": "rss1",
        "http://my.netscape.com/rdf/simple/0.9/": "rss090",
        "http://purl.org/dc/elements/1.1/": "dc",
        "http://purl.org/dc/terms/": "dcterms",
        "http://purl.org/rss/1.0/modules/content/": "content",
        "http://purl.org/rss/1.0/modules/slash/": "slash",
        "http://purl.org/rss/1.0/modules/syndication/": "sy",
        "http://search.yahoo.com/mrss/": "media",
        "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
        "http://www.itunes.com/DTDs/Podcast-1.0.dtd": "itunes",  # as Apple wrote it first
        "https://podcastindex.org/namespace/1.0": "podcast",
        "http://www.google.com/schemas/play-podcasts/1.0": "googleplay",
        "http://purl.org/syndication/thread/1.0": "thr",
        "http://purl.org/syndication/history/1.0": "fh",
        "http://www.w3.org/2007/app": "app",
        "http://www.georss.org/georss": "georss",
        "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
        "http://geourl.org/rss/module/": "geourl",
        "http://postneo.com/icbm": "icbm",
        "http://webns.net/mvcb/": "admin",
        "http://web.resource.org/cc/": "cc",
        "http://creativecommons.org/ns#": "cc2",
        "http://backend.userland.com/creativeCommonsRssModule": "creativeCommons",
        "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html": "creativeCommons",
        "http://backend.userland.com/blogChannelModule": "blogChannel",
        "http://madskills.com/public/xml/rss/module/trackback/": "trackback",
        "http://wellformedweb.org/CommentAPI/": "wfw",
        "http://purl.org/rss/1.0/modules/event/": "ev",
        "http://purl.org/rss/1.0/modules/link/": "l",
        "http://purl.org/rss/1.0/modules/wiki/": "wiki",
        "http://www.usemod.com/cgi-bin/mb.pl?ModWiki": "oldwiki",
        "http://xmlns.com/foaf/0.1/": "foaf",
        "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
        "http://purl.org/rss/1.0/modules/taxonomy/": "taxo",
        "http://purl.org/rss/1.0/modules/aggregation/": "ag",
        "http://a9.com/-/spec/opensearch/1.1/": "opensearch",
        "http://www.w3.org/2000/svg": "svg",
        "http://www.w3.org/1998/Math/MathML": "math",
    }
)

# Prefixes that programs which do not read namespaces take for the namespace itself.
WELL_KNOWN_PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        prefix: uri
        for uri, prefix in reversed(tuple(PREFIXES.items()))
        if prefix in ("atom", "xhtml", "rdf", "dc", "dcterms", "content", "slash", "sy", "media", "itunes", "thr", "fh")
    }
)

# Names of namespaces that are wrong or out of date, and what is right; `_simplify` finds the spellings close to these.
OBSOLETE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "http://purl.org/atom/ns#": ATOM,
        "http://example.com/newformat#": ATOM,
        "http://www.usemod.com/cgi-bin/mb.pl?ModWiki": "http://purl.org/rss/1.0/modules/wiki/",
    }
)


def find_similar_namespace(uri: str) -> str:
    """Return the known namespace that was probably meant by an unknown one; empty if there is none."""
    return "" if uri in PREFIXES else OBSOLETE.get(uri) or _SIMPLIFIED.get(_simplify(uri), "")


def _simplify(uri: str) -> str:
    """Return what spellings of a namespace have in common that people confuse."""
    return uri.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/#")


_SIMPLIFIED: Final = {_simplify(uri): uri for uri in reversed(tuple(PREFIXES))}
