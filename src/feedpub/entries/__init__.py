"""Text ⇄ Article: entry files, pasted text, and the headings of many languages."""

from .dates import parse_date
from .file import RESERVED_KEYS
from .folder import Reader, Reading, article_key, read_folder, scan
from .headings import SECTIONS, HeadingTable, Section, table
from .pasted import parse_pasted
from .slugs import slug
from .writing import write_entry

__all__ = [
    "RESERVED_KEYS",
    "SECTIONS",
    "HeadingTable",
    "Reader",
    "Reading",
    "Section",
    "article_key",
    "parse_date",
    "parse_pasted",
    "read_folder",
    "scan",
    "slug",
    "table",
    "write_entry",
]
