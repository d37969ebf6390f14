"""A folder of entries → a published folder."""

from .add import ImportResult, import_pasted, init
from .build import BuildResult, build
from .load import lint, load

__all__ = ["BuildResult", "ImportResult", "build", "import_pasted", "init", "lint", "load"]
