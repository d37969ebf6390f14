"""The values of feedpub: an Article has one Entry per language, a Feed has the Entries of one language.

They are frozen dataclasses that check themselves: every value that exists can be written to a feed. A field that
cannot raises `FieldError`, which names the value and the field. Start reading with `entry`; `checks` has the checks
that the fields share.
"""

from .entry import Entry as Entry
from .extensions import Extension as Extension
from .feed import Archive as Archive
from .feed import Feed as Feed
from .key_points import KeyPoint as KeyPoint
from .pasted import Draft as Draft
from .pasted import PastedLine as PastedLine
from .pasted import PastedText as PastedText
from .settings import Config as Config
from .settings import HostSettings as HostSettings
from .settings import LinkSettings as LinkSettings
from .site import Article as Article
from .site import Site as Site
from .values import Category as Category
from .values import Enclosure as Enclosure
from .values import Mention as Mention
from .values import Person as Person
from .values import Reference as Reference
from .values import Translation as Translation
