"""The ids and addresses of entries, made from the key of their article."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from ..model import Config


def make_entry_id(key: str, language: str, config: Config) -> str:
    """Return the id of an entry whose front matter has none: a tag URI (RFC 4151)."""
    return f"tag:{config.authority}:{_quote_key(key)}/{language}"


def make_entry_link(key: str, language: str, config: Config) -> str:
    """Return the address of an entry's page, by the setting `permalink` if there is one."""
    if config.permalink:
        return config.permalink.replace("{key}", _quote_key(key)).replace("{language}", language)
    return f"{config.base_url}{language}/{_quote_key(key)}/"


@functools.lru_cache(maxsize=64)  # an article's languages come one after the other
def _quote_key(key: str) -> str:
    return quote(key, safe="")
