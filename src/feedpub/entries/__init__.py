"""Text ⇄ Article: entry files, pasted text, and the headings of many languages."""

from .dates import parse_date
from .headings import SECTIONS, HeadingTable, Section, table
from .pasted import parse_pasted
from .reader import read_folder
from .slugs import slug
from .writer import write_entry

__all__ = [
    "SECTIONS",
    "HeadingTable",
    "Section",
    "parse_date",
    "parse_pasted",
    "read_folder",
    "slug",
    "table",
    "write_entry",
]
