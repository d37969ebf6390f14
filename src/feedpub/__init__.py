"""Publish articles in several languages as feeds, one feed set per language.

    site = feedpub.load("entries")        # feedpub.toml and entry files → Site
    feed = site.feed("zh-Hans")           # a Feed of Chinese entries, newest first
    feedpub.to_atom(feed)                 # bytes; also to_rss, to_json
    feedpub.build(site, "public")         # feeds and pages, into a folder
    feedpub.check_links(site)             # each outbound link once → LinkReport

The names in ``__all__`` are the whole public API. Each is imported on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from .building.builder import BuildResult as BuildResult
    from .building.builder import build as build
    from .entries.pasted.reader import parse_pasted as parse_pasted
    from .errors import ConfigError as ConfigError
    from .errors import EntryError as EntryError
    from .errors import FeedpubError as FeedpubError
    from .errors import FieldError as FieldError
    from .errors import HistoryError as HistoryError
    from .errors import LanguageTagError as LanguageTagError
    from .errors import Problem as Problem
    from .errors import explain as explain
    from .errors import problem_codes as problem_codes
    from .feeds import to_atom as to_atom
    from .feeds import to_json as to_json
    from .feeds import to_rss as to_rss
    from .feeds import write_feed as write_feed
    from .formats import FeedFormat as FeedFormat
    from .formats import feed_formats as feed_formats
    from .links.check import LinkCheck as LinkCheck
    from .links.check import accept_link as accept_link
    from .links.check import check_links as check_links
    from .links.check import forget_link as forget_link
    from .links.check import iter_checked_links as iter_checked_links
    from .links.check import report_links as report_links
    from .links.reports import format_link as format_link
    from .links.reports import format_report as format_report
    from .links.reports import report_formats as report_formats
    from .links.reports.base import ReportFormat as ReportFormat
    from .links.result import Incident as Incident
    from .links.result import Link as Link
    from .links.result import LinkReport as LinkReport
    from .model import Archive as Archive
    from .model import Article as Article
    from .model import Category as Category
    from .model import Config as Config
    from .model import Draft as Draft
    from .model import Enclosure as Enclosure
    from .model import Entry as Entry
    from .model import Feed as Feed
    from .model import HostSettings as HostSettings
    from .model import KeyPoint as KeyPoint
    from .model import LinkSettings as LinkSettings
    from .model import Mention as Mention
    from .model import PastedLine as PastedLine
    from .model import PastedText as PastedText
    from .model import Person as Person
    from .model import Reference as Reference
    from .model import Site as Site
    from .model import Translation as Translation
    from .model.extensions import Extension as Extension
    from .rendering.renderer import Renderer as Renderer
    from .rendering.renderer import render as render
    from .serving.preview import PreviewEvent as PreviewEvent
    from .serving.preview import serve as serve
    from .serving.responses import respond as respond
    from .serving.websub import PingResult as PingResult
    from .serving.websub import ping as ping
    from .site.importing import ImportResult as ImportResult
    from .site.importing import import_pasted as import_pasted
    from .site.incidents import make_incident_feed as make_incident_feed
    from .site.incidents import write_incident_feed as write_incident_feed
    from .site.link_fixing import LinkFix as LinkFix
    from .site.link_fixing import fix_links as fix_links
    from .site.link_fixing import write_fixes as write_fixes
    from .site.loading import lint as lint
    from .site.loading import load as load
    from .site.new_site import init as init
    from .site.scheduling import ScheduledEntry as ScheduledEntry
    from .validation.validate import validate as validate

_NAMES_BY_MODULE = {
    "building.builder": ("BuildResult", "build"),
    "entries.pasted.reader": ("parse_pasted",),
    "errors": (
        "ConfigError",
        "EntryError",
        "FeedpubError",
        "FieldError",
        "HistoryError",
        "LanguageTagError",
        "Problem",
        "explain",
        "problem_codes",
    ),
    "feeds": ("to_atom", "to_json", "to_rss", "write_feed"),
    "formats": ("FeedFormat", "feed_formats"),
    "links.check": ("LinkCheck", "accept_link", "check_links", "forget_link", "iter_checked_links", "report_links"),
    "links.reports": ("format_link", "format_report", "report_formats"),
    "links.reports.base": ("ReportFormat",),
    "links.result": ("Incident", "Link", "LinkReport"),
    "model": (
        "Archive",
        "Article",
        "Category",
        "Config",
        "Draft",
        "Enclosure",
        "Entry",
        "Feed",
        "HostSettings",
        "KeyPoint",
        "LinkSettings",
        "Mention",
        "PastedLine",
        "PastedText",
        "Person",
        "Reference",
        "Site",
        "Translation",
    ),
    "model.extensions": ("Extension",),
    "rendering.renderer": ("Renderer", "render"),
    "serving.preview": ("PreviewEvent", "serve"),
    "serving.responses": ("respond",),
    "serving.websub": ("PingResult", "ping"),
    "site.importing": ("ImportResult", "import_pasted"),
    "site.incidents": ("make_incident_feed", "write_incident_feed"),
    "site.link_fixing": ("LinkFix", "fix_links", "write_fixes"),
    "site.loading": ("lint", "load"),
    "site.new_site": ("init",),
    "site.scheduling": ("ScheduledEntry",),
    "validation.validate": ("validate",),
}
_MODULE_OF_NAME = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}

# Type checkers and editors read the imports above, Python reads the table: a test compares them.
__all__ = sorted([*_MODULE_OF_NAME, "__version__"])


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import feedpub` alone does not load any of its modules."""
    module = _MODULE_OF_NAME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
