"""A folder of entries → a published folder."""

from .add import ImportResult, import_pasted, init
from .building import BuildResult, build
from .loading import lint, load

__all__ = ["BuildResult", "ImportResult", "build", "import_pasted", "init", "lint", "load"]
