from .model import *
from .feeds import *
from .model import Entry, Feed, Person, Reference
__version__ = "0.1.0"
