"""Ids and addresses that entries have by the name of their article."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from ..model import Config


def automatic_id(key: str, language: str, config: Config) -> str:
    """Return the id of an entry that names none: a tag URI (RFC 4151)."""
    return f"tag:{config.authority}:{quote(key, safe='')}/{language}"


def automatic_link(key: str, language: str, config: Config) -> str:
    """Return where an entry's page is."""
    quoted = quote(key, safe="")
    if config.permalink:
        return config.permalink.replace("{key}", quoted).replace("{language}", language)
    return f"{config.base_url}{language}/{quoted}/"
