"""The templates of pages: ours, and those of a site that stand in for them by name."""

from __future__ import annotations

import contextlib
import functools
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigError, Problem
from .publish import publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import jinja2
    from jinja2.bccache import Bucket

NAMES: Final = (
    "base.html", "landing.html", "language.html", "category.html", "archive.html", "article.html", "neighbours.html",
    "macros.html", "discovery.html", "style.css", "feed.css",
)  # fmt: skip
# `{% extends "feedpub/base.html" %}`: ours, though a site has its own of that name.
_OURS: Final = "feedpub/"


class Theme:
    """Find, read and render templates. Each file is read once, so that what is rendered is what was digested.

    Args:
        folder: The entries folder; its ``templates/`` may hold files with the names of `NAMES`, and others that those
            include. Empty for a site made in memory.
    """

    def __init__(self, folder: str = "") -> None:
        self.folder = Path(folder, "templates").as_posix() if folder else ""

    def sources(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the bytes of every template, in an order that is the same on all machines."""
        ours = ((_OURS + name, _our_source(name)) for name in NAMES)
        yield from sorted((*ours, *self._theirs.items()))

    def source(self, name: str) -> bytes:
        """Return one template's bytes: the site's own, or ours."""
        own = self._theirs.get(name)
        return _our_source(name) if own is None else own

    def render(self, name: str, values: Mapping[str, Any]) -> bytes:
        """Render a template.

        Raises:
            ConfigError: A template of the site cannot be used.
        """
        if not self._theirs:
            return self._rendered(name, values)
        try:
            return self._rendered(name, values)
        except Exception as error:  # whatever an author's template raises
            raise ConfigError([self._problem(error)]) from error

    def _rendered(self, name: str, values: Mapping[str, Any]) -> bytes:
        page = io.BytesIO()  # the pieces of a long list would take ten times more
        for piece in self._environment.get_template(name).generate(values):
            page.write(piece.encode())
        return page.getvalue()

    @functools.cached_property
    def _theirs(self) -> dict[str, bytes]:
        """The site's own templates; also those of other names, which may be included."""
        folder = Path(self.folder)
        if not self.folder or not folder.is_dir():
            return {}
        try:
            return {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in folder.rglob("*")
                if path.suffix in (".html", ".css") and path.is_file()
            }
        except OSError as error:
            message = error.strerror or str(error)
            path = Path(error.filename or folder).as_posix()
            raise ConfigError([Problem(code="E009", path=path, message=message, hint=_HINT)]) from None

    @functools.cached_property
    def _environment(self) -> jinja2.Environment:
        import jinja2  # at the first page: 30 ms that other commands need not wait for

        return jinja2.Environment(
            loader=jinja2.FunctionLoader(self._load),
            autoescape=True,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
            bytecode_cache=None if self._theirs else _compiled(),
        )

    def _load(self, name: str) -> tuple[str, str, None] | None:
        if name in self._theirs:
            return self._theirs[name].decode("utf-8-sig"), f"{self.folder}/{name}", None
        ours = name.removeprefix(_OURS)
        return (_our_source(ours).decode(), _OURS + ours, None) if ours in NAMES else None

    def _problem(self, error: Exception) -> Problem:
        path, line = self._place(error)
        excerpt = ""
        source = self._theirs.get(path.removeprefix(f"{self.folder}/"))
        if source is not None and line:
            lines = source.decode("utf-8-sig", "replace").splitlines()
            excerpt = lines[line - 1].strip() if line <= len(lines) else ""
        return Problem(code="E009", path=path, line=line, excerpt=excerpt, message=_message(error), hint=_HINT)

    def _place(self, error: Exception) -> tuple[str, int]:
        """Return the file and line of the site's own template that is to blame, as well as can be told."""
        import jinja2

        if isinstance(error, jinja2.TemplateSyntaxError):
            return error.filename or self.folder, error.lineno
        found, trace = (self.folder, 0), error.__traceback__
        while trace:  # Jinja2 writes the templates' own lines into it
            name = trace.tb_frame.f_code.co_filename
            if name.startswith(f"{self.folder}/"):
                found = name, trace.tb_lineno
            trace = trace.tb_next
        if isinstance(error, UnicodeDecodeError):
            name = next(name for name, source in sorted(self._theirs.items()) if source == error.object)
            return f"{self.folder}/{name}", error.object.count(b"\n", 0, error.start) + 1
        return found


_HINT = "mend it, or remove it: then feedpub's own template stands in (feedpub explain E009)"


def _message(error: Exception) -> str:
    import jinja2

    if isinstance(error, UnicodeDecodeError):
        return f"byte 0x{error.object[error.start]:02x} is not UTF-8"
    if isinstance(error, jinja2.TemplateNotFound):
        return f"there is no template {error.message}"
    text = " ".join(str(error).split()) or type(error).__name__
    return text if isinstance(error, jinja2.TemplateError) else f"{type(error).__name__}: {text}"


def _compiled() -> jinja2.BytecodeCache:
    """Keep our templates as Python keeps our modules: compiled, beside the source, if one may write there."""
    import jinja2

    class Compiled(jinja2.BytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            try:
                with open(_place(bucket), "rb") as file:
                    bucket.load_bytecode(file)
            except Exception:  # not there, or damaged, which may show in many ways
                bucket.reset()

        def dump_bytecode(self, bucket: Bucket) -> None:
            if not sys.dont_write_bytecode:
                with contextlib.suppress(OSError):
                    publish(_place(bucket), bucket.bytecode_to_string())

    def _place(bucket: Bucket) -> str:
        return f"{_COMPILED}/{bucket.key}.{sys.implementation.cache_tag}.bin"

    return Compiled()


_FOLDER: Final = Path(__file__).with_name("templates").as_posix()
_COMPILED: Final = f"{_FOLDER}/__pycache__"


@functools.cache
def _our_source(name: str) -> bytes:
    return Path(_FOLDER, name).read_bytes()
