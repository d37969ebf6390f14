"""Additions of the preview to pages, and the preview's own pages."""

from __future__ import annotations

import itertools
import re
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ..display import escape_for_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

RELOAD_PATH: Final = "/.feedpub/reload"  # no published name starts with a dot
_MOST_MARKED_LINKS: Final = 100  # scheduled articles beyond that are not marked in lists, but on their own pages

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>:root {{ color-scheme: light dark }} body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
font: 1.05rem/1.6 system-ui, sans-serif }} pre {{ overflow-x: auto; font-size: .9rem }}</style></head>
<body><h1>{title}</h1>{body}</body>
</html>
"""
_PANEL: Final = """\
<aside role="alert" lang="en" dir="ltr" style="position:fixed;inset:auto 0 0;max-height:60vh;overflow:auto;padding:1rem;
background:#fff;color:#222;border-top:.3rem solid #c00;font:1rem/1.5 system-ui,sans-serif;text-align:left">
<strong>The site cannot be built after the last change; this is the page before it.</strong>{problems}</aside>
"""
_SCHEDULED_NOTE: Final = """\
<aside role="note" lang="en" dir="ltr" style="padding:.5rem 1rem;background:#fe9;color:#222;font:1rem/1.5 system-ui,\
sans-serif;text-align:left">Scheduled: builds before {published} leave this article out.</aside>
"""
# Set on each element, so that it wins over the style of the site.
_PROBLEM_STYLE: Final = "overflow-x:auto;margin:1rem 0;padding:0;border:0;color:inherit;background:none"
# Hidden pages do not wait: a browser opens six connections to a server at most, for all its tabs.
_RELOAD_SCRIPT: Final = """\
<script>(() => {{
let source;
const watch = () => {{
  source?.close();
  source = document.hidden ? null : new EventSource("{path}?build={number}");
  if (source) source.onmessage = () => location.reload();
}};
document.addEventListener("visibilitychange", watch);
watch();
}})()</script>
"""


def make_page(title: str, body: str) -> bytes:
    """Return a page of the preview itself, such as one for an error."""
    return _PAGE.format(title=title, body=body).encode()


def add_reload(page: bytes, number: int, html: str = "") -> bytes:
    """Return a page that loads itself again after the next build.

    Args:
        page: The page.
        number: The number of the build that it shows.
        html: Also add this at its end.
    """
    before, end, after = page.rpartition(b"</body>")
    added = (html + _RELOAD_SCRIPT.format(path=RELOAD_PATH, number=number)).encode()
    return before + added + end + after if end else page + added


def make_panel(texts: Iterable[str]) -> str:
    """Return a panel over a page with the problems of a build that failed."""
    return _PANEL.format(problems=format_problems(texts))


def format_problems(texts: Iterable[str]) -> str:
    """Return problems as HTML that looks as in the terminal: place, line and fix."""
    return "".join(f"<pre style='{_PROBLEM_STYLE}'>{escape(text)}</pre>" for text in texts)


def format_error(error: str) -> str:
    """Return the text of an unexpected error, without characters that a terminal or a page would interpret."""
    return escape_for_terminal(error)


def mark_scheduled(scheduled: Mapping[str, datetime], name: str) -> str:
    """Return HTML that marks scheduled articles: a rule for links to each, and a note on the page of one.

    Args:
        scheduled: Path of the page of a scheduled article → when it is published.
        name: The path of the page to which the HTML is added.
    """
    rules = [
        f'a[href$="{_escape_for_css(path)}"]::after'
        f'{{content:" ({published.isoformat(" ", "minutes")})";font-style:italic}}'
        for path, published in itertools.islice(scheduled.items(), _MOST_MARKED_LINKS)
    ]
    style = f"<style>{''.join(rules)}</style>" if rules else ""
    moment = scheduled.get(name)
    return style + (_SCHEDULED_NOTE.format(published=moment.isoformat()) if moment else "")


def _escape_for_css(path: str) -> str:
    """Return the end of an address as a string of CSS: special characters are escaped by number."""
    address = quote(path, safe="/")
    return re.sub(r"[^A-Za-z0-9/._-]", lambda match: f"\\{ord(match[0]):x} ", address)
